"""Learners who compete while the environment changes: individual, social and critical ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from evo._errors import ProblemError
from evo._spec import Spec
from evo._threads import share
from evo.canonical import point_hash
from evo.kernels.organisations.learners import AGE, COLUMNS, FRESH, PAYOFF, run_learners
from evo.kernels.random import stream_key

if TYPE_CHECKING:
    import pandas as pd

Fraction = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Type = Literal["individual", "social", "critical"]
TYPES: tuple[Type, ...] = ("individual", "social", "critical")


class Learners(Spec):
    """Individuals who inherit how they learn, and learn what to do anew in each generation [Rogers 1988; Enquist, Eriksson
    & Ghirlanda 2007 for critical learners].

    In each generation the environment changes with probability `change`, to what has never been before; then all `size`
    individuals are replaced. A parent is drawn by fitness exp(intensity*payoff), its way of learning is passed on, and
    with probability `mutation` another of those in `start` takes its place. An individual learner finds out what works at
    a `cost`. A social learner copies an elder, drawn uniformly from the last generation, at the cost `copying`. A critical
    learner copies too, sees whether it works, and if not finds out by itself, at the `cost`. What works brings the
    `benefit`. Knowledge has an age in generations since somebody found it out; it works if that was after the last change.

    Theory (expected payoffs, selection slow against the environment): among social learners q = 1 - cost/benefit of what
    is copied works, individual learners are p = change*q/((1-change)(1-q)), and the mean payoff is that of individual
    learners alone: social learning adds nothing (Rogers' paradox). It rests on two time scales: where selection is as fast
    as the environment, shares follow the last change instead of the average, and theory fails [Aoki & Feldman 2014].
    """

    schema_version: Literal[1] = 1
    kind: Literal["learners"] = "learners"
    title: str = ""
    question: str = ""
    note: str = ""
    size: Annotated[int, Field(ge=2, le=10**7)] = 1000
    change: Fraction = 0.1
    benefit: Amount = 1.0
    cost: Amount = 0.4
    copying: Amount = 0.0
    intensity: Amount = 0.02
    mutation: Fraction = 0.0
    start: dict[Type, Fraction] = Field(default_factory=lambda: {"individual": 0.5, "social": 0.5})

    @property
    def begin(self) -> np.ndarray:
        """Individuals of each type at first, int64 (3,), by largest remainder."""
        exact = np.array([self.start.get(name, 0.0) * self.size for name in TYPES])
        counts = np.floor(exact + 1e-9).astype(np.int64)
        for place in np.argsort(counts - exact, kind="stable")[: self.size - counts.sum()]:
            counts[place] += 1
        return counts

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if abs(sum(self.start.values()) - 1) > 1e-9:
            raise ProblemError(("start",), f"shares must sum to 1, sum to {sum(self.start.values()):g}")
        return self

    def simulate(
        self,
        *,
        generations: int,
        replicates: int = 1,
        seed: int = 0,
        record_every: int | None = None,
        workers: int = 1,
    ) -> LearnersPath:
        """Replicates; records are means over `record_every` generations each (by default a hundredth of the run)."""
        every = record_every or max(1, generations // 100)
        if generations < every or min(every, replicates, workers) < 1:
            raise ValueError(
                "generations, record_every, replicates and workers are positive, a record no longer than a run"
            )
        numbers = np.array([self.change, self.benefit, self.cost, self.copying, self.intensity, self.mutation])
        records = np.zeros((replicates, generations // every, COLUMNS))
        ended, flag = np.zeros(replicates, np.int64), np.zeros(1, np.int8)
        asked = numbers, self.begin, every, stream_key(seed), np.uint64(point_hash(self, None))
        workers = min(workers, replicates)

        def rows(worker: int) -> None:
            n = self.size
            scratch = (
                np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64),
                np.zeros(3, np.int64), np.zeros(4, np.uint64),
            )  # fmt: skip
            run_learners(*asked, worker, workers, flag, *scratch, records, ended)

        share(rows, workers=workers, flag=flag)
        return LearnersPath(self, seed, every * np.arange(1, records.shape[1] + 1), records)


@dataclass(frozen=True)
class LearnersPath:
    """Replicates of a population of learners over time; each record is a mean over the generations since the last one."""

    model: Learners
    seed: int
    time: np.ndarray = field(repr=False)  # (time,), in generations
    records: np.ndarray = field(repr=False)  # (replicate, time, column)

    @property
    def mix(self) -> np.ndarray:
        """Shares of individual, social and critical learners, (replicate, time, 3)."""
        return self.records[:, :, : len(TYPES)]

    @property
    def payoff(self) -> np.ndarray:
        """Mean payoff, (replicate, time)."""
        return self.records[:, :, PAYOFF]

    @property
    def fresh(self) -> np.ndarray:
        """Share of what is copied that works, q, (replicate, time); nan where nobody copies."""
        return self.records[:, :, FRESH]

    @property
    def age(self) -> np.ndarray:
        """Mean age of what people know, in generations, (replicate, time)."""
        return self.records[:, :, AGE]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Tidy: replicate, time, the types' shares, fresh, mean_payoff, age."""
        import pandas as pd

        replicates, times, _ = self.records.shape
        frame = pd.DataFrame(self.records.reshape(-1, COLUMNS), columns=[*TYPES, "fresh", "mean_payoff", "age"])
        frame.insert(0, "replicate", np.repeat(np.arange(replicates), times))
        frame.insert(1, "time", np.tile(self.time, replicates))
        return frame

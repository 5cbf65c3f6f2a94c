"""How long a group takes to decide: consensus among members with more and less influence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import Field

from evo._errors import SimulationError
from evo._spec import Spec
from evo._threads import share
from evo.kernels.organisations.consensus import run_consensus
from evo.kernels.random import stream_key

Share = Annotated[float, Field(ge=0, le=1)]


class Consensus(Spec):
    """How opinions move [Perret, Hart & Powers 2020; Perret, Hart & Powers 2019, with the authors' numbers as defaults].

    Every member has an opinion, at first uniform on [0, 1], and an influence: `leader` or `follower`. At each event one
    member speaks, drawn in proportion to influence to the power `weight`; `listeners` different others (all others in a
    smaller group), drawn uniformly, hear it, and each moves towards the speaker's opinion by the share
    max(influence of the speaker - own influence, `least`) of the gap. The group has decided when the standard deviation of
    opinions (divided by N) is at most `agreed`.
    """

    leader: Share = 0.75
    follower: Share = 0.25
    weight: Annotated[float, Field(ge=0, le=100)] = 4.0
    listeners: Annotated[int, Field(ge=1)] = 30
    least: Annotated[float, Field(gt=0, le=1)] = 0.01
    agreed: Annotated[float, Field(gt=0)] = 0.05

    def influences(self, size: int, leaders: int) -> np.ndarray:
        """Influence of each member, (size,), leaders first."""
        return np.r_[np.full(leaders, self.leader), np.full(size - leaders, self.follower)]


@dataclass(frozen=True)
class ConsensusTime:
    """Events until a group has decided: sample mean and standard deviation over replicates, and the mean's error."""

    size: int
    leaders: int
    events: np.ndarray = field(repr=False)  # int64 (replicates,)

    @property
    def mean(self) -> float:
        return float(self.events.mean())

    @property
    def sd(self) -> float:
        return float(self.events.std(ddof=1)) if len(self.events) > 1 else float("nan")

    @property
    def se(self) -> float:
        """Standard error of the mean."""
        return self.sd / len(self.events) ** 0.5


def consensus_time(
    size: int,
    *,
    leaders: int = 0,
    rule: Consensus | None = None,
    replicates: int = 1000,
    seed: int = 0,
    workers: int = 1,
    most: int = 10**7,
) -> ConsensusTime:
    """Events until a group of `size` has decided, this many of its members leaders.

    Exact in the model (no approximation but sampling). Raises SimulationError where a replicate has not decided after
    `most` events, ValueError for sizes that make no group.
    """
    rule = rule or Consensus()
    if size < 2 or not 0 <= leaders <= size or replicates < 1 or workers < 1 or most < 1:
        raise ValueError("size is at least 2, leaders from 0 to size; replicates, workers and most are positive")
    influence = rule.influences(size, leaders)
    weights = np.cumsum(influence**rule.weight)
    if not weights[-1] > 0:
        raise ValueError("nobody has any influence: nobody speaks")
    events, flag = np.zeros(replicates, np.int64), np.zeros(1, np.int8)
    numbers = np.array([rule.least, rule.agreed, rule.listeners], float)
    workers = min(workers, replicates)

    def rows(worker: int) -> None:
        scratch = np.zeros(size), np.zeros(size, np.int64), np.zeros(4, np.uint64)
        run_consensus(influence, weights, numbers, most, stream_key(seed), worker, workers, flag, *scratch, events)

    share(rows, workers=workers, flag=flag)
    if (events < 0).any():
        raise SimulationError(f"replicate {int(np.argmax(events < 0))} had not decided after {most} events")
    return ConsensusTime(size, leaders, events)

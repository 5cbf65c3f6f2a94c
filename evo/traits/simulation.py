"""Simulate a model of continuous traits, individual by individual."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evo import codes
from evo._errors import SimulationError
from evo._threads import share
from evo.canonical import point_hash
from evo.kernels.random import stream_key
from evo.kernels.trait_arrays import (
    EVERYBODY,
    MOMENTS,
    TraitGroups,
    TraitPlan,
    TraitProcess,
    TraitRecording,
    TraitWork,
)
from evo.kernels.trait_groups import run_trait_groups
from evo.kernels.traits import run_traits
from evo.traits.model import TraitModel

if TYPE_CHECKING:
    import pandas as pd

BATCH = 512  # individuals whose payoffs are computed together: their rows stay in the cache
LARGEST = 2**32  # bytes of a recording


@dataclass(frozen=True)
class TraitPath:
    """Replicates of a model of continuous traits over time."""

    model: TraitModel
    seed: int
    recording: TraitRecording = field(repr=False)
    time: np.ndarray = field(repr=False)  # (time,), in generations

    @property
    def histogram(self) -> np.ndarray:
        """Individuals by trait value, (replicate, time, trait, bin); `edges` says where bins end."""
        return self.recording.histogram

    @cached_property
    def edges(self) -> np.ndarray:
        """Ends of the bins of each trait, (trait, bins+1)."""
        low, high = self.model.bounds
        return np.linspace(low, high, self.histogram.shape[-1] + 1).T

    @property
    def mean(self) -> np.ndarray:
        """Population mean of each trait, (replicate, time, trait)."""
        return self.recording.mean

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the traits in the population (divided by Z), (replicate, time, trait, trait)."""
        return self.recording.covariance

    @property
    def between(self) -> np.ndarray:
        """Covariance of the means of groups (divided by M), (replicate, time, trait, trait); 0 in a well-mixed population."""
        return self.recording.between

    @property
    def payoff(self) -> np.ndarray:
        """Mean payoff of the population, (replicate, time); of sampled games where payoffs are sampled."""
        return self.recording.payoff

    @property
    def final(self) -> np.ndarray:
        """Traits of the individuals at the end, (replicate, trait, individual), group by group."""
        return self.recording.final

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Tidy: one row per replicate and time; columns replicate, time, and for each trait its mean, mean_T, and standard
        deviation, sd_T, in groups also that of their means, between_T; mean_payoff."""
        import pandas as pd

        replicates, times, _ = self.mean.shape
        columns: dict[str, Any] = {
            "replicate": np.repeat(np.arange(replicates), times),
            "time": np.tile(self.time, replicates),
        }
        for place, name in enumerate(self.model.traits):
            columns[f"mean_{name}"] = self.mean[:, :, place].ravel()
            columns[f"sd_{name}"] = np.sqrt(self.covariance[:, :, place, place]).ravel()
            if self.model.groups > 1:
                columns[f"between_{name}"] = np.sqrt(self.between[:, :, place, place]).ravel()
        return pd.DataFrame(columns | {"mean_payoff": self.payoff.ravel()})


def simulate(
    model: TraitModel,
    *,
    generations: float,
    replicates: int = 1,
    seed: int = 0,
    record_every: float | None = None,
    bins: int = 200,
    workers: int = 1,
) -> TraitPath:
    """Replicates of a model from a population of equals, recorded every `record_every` generations (200 times by default).

    A replicate depends on the model, the seed and its own number, not on records, other replicates or `workers` (threads).
    Raises SimulationError with the state that broke a run.
    """
    every = max(generations / 200, 1.0) if record_every is None else record_every
    if generations <= 0 or every <= 0 or replicates < 1 or workers < 1 or bins < 2:
        raise ValueError("generations, record_every, replicates and workers are positive, bins at least 2")
    process, groups = model.lowered, model.lowered_groups
    per_generation = 1 if process.rule == codes.WRIGHT_FISHER else model.size
    records = int(np.floor(generations / every + 1e-9)) + 1
    plan = TraitPlan(round(generations * per_generation), per_generation, float(every), records)
    recording = _blank(model, plan, replicates, bins)
    _run(process, groups, plan, seed, point_hash(model, None), replicates, workers, recording)
    for row in range(replicates):
        if message := _trouble(model, recording, row):
            raise SimulationError(f"replicate {row}: {message}")
    return TraitPath(model, seed, recording, every * np.arange(records))


def _run(
    process: TraitProcess,
    groups: TraitGroups | None,
    plan: TraitPlan,
    seed: int,
    point: int,
    replicates: int,
    workers: int,
    recording: TraitRecording,
) -> None:
    flag = np.zeros(1, np.int8)
    workers = min(workers, replicates)

    def rows(worker: int) -> None:
        asked = plan, stream_key(seed), np.uint64(point), 0, worker, replicates, workers, flag
        if groups is None:
            run_traits(process, *asked, _work(process), recording)
        else:
            run_trait_groups(process, groups, *asked, _work(process, (groups.groups,)), recording)

    share(rows, workers=workers, flag=flag)


def _blank(model: TraitModel, plan: TraitPlan, replicates: int, bins: int) -> TraitRecording:
    traits = len(model.traits)
    shape = (replicates, plan.records, traits)
    needed = 8 * replicates * (plan.records * traits * (bins // 2 + 2 * traits + 2) + traits * model.size)
    if needed > LARGEST:
        raise ValueError(
            f"the recording would take {needed / 2**30:.1f} GiB: record less often, or take fewer bins or replicates"
        )
    return TraitRecording(
        histogram=np.zeros((*shape, bins), np.int32),
        mean=np.full(shape, np.nan),
        covariance=np.full((*shape, traits), np.nan),
        between=np.zeros((*shape, traits)),
        payoff=np.full(shape[:2], np.nan),
        final=np.full((replicates, traits, model.size), np.nan),
        ended=np.zeros((replicates, 3), np.int64),
    )


def _work(process: TraitProcess, groups: tuple[int, ...] = ()) -> TraitWork:
    """The scratch of one thread; `groups` is () or how many there are, (M,)."""
    game, whole, traits = process.game, process.whole, len(process.start)
    asked = 2 if process.rule == codes.PAIRWISE_COMPARISON else min(whole, BATCH)
    if game.way == MOMENTS:
        width = asked
    elif game.way == EVERYBODY:
        width = whole * (2 if process.rule == codes.PAIRWISE_COMPARISON else 1)
    else:
        width = game.columns * (2 if asked == 2 else max(1, BATCH // game.columns))
    rows = traits + (game.moments if game.way == MOMENTS else traits)
    sums = len(game.monomials)
    return TraitWork(
        traits=np.zeros((*groups, traits, whole)),
        newborn=np.zeros((*groups, traits, whole)),
        payoffs=np.zeros((*groups, whole)),
        seen=np.zeros((*groups, whole)),
        totals=np.zeros((*groups, whole)),
        sums=np.zeros((*groups, sums)),
        powers=np.zeros((*groups, sums, whole)),
        child=np.zeros(traits),
        normals=np.zeros(traits),
        everybody=np.arange(whole),
        pair=np.zeros(2, np.int64),
        drawn=np.zeros(game.size - 1, np.int64),
        vectors=np.zeros((rows, width)),
        registers=np.zeros((game.program.registers, width)),
        stack=np.zeros((game.program.depth, width)),
        streams=np.zeros((2, 4), np.uint64),
        status=np.zeros((*groups, 3), np.int64),
    )


def _trouble(model: TraitModel, recording: TraitRecording, row: int) -> str | None:
    """What stopped the replicate, with the individual that broke it, or None."""
    reason, step, who = (int(number) for number in recording.ended[row])
    words = {
        codes.NONFINITE_PAYOFF: "a payoff is not finite",
        codes.NEGATIVE_FITNESS: "linear fitness became negative, or 0 for all",
    }
    if reason not in words:
        return None
    generation = step / (1 if model.lowered.rule == codes.WRIGHT_FISHER else model.size)
    mean = model.words(recording.final[row].mean(axis=1))
    return (
        f"{words[reason]} for an individual with {model.words(recording.final[row, :, who])},"
        f" at generation {generation:.6g}, population mean: {mean}"
    )

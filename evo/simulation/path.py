"""Replicates of one model over time, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evo._errors import SimulationError
from evo.canonical import point_hash
from evo.interventions import Intervention, Schedule, check_interventions, schedule_of
from evo.kernels.arrays import RECORDED, Plan, Recording
from evo.lowering import Problems
from evo.populations import Groups
from evo.recording import check_steps, plan_of, start_shares
from evo.series import check_horizons
from evo.simulation.groups import number_of_groups
from evo.simulation.networks import last_graph
from evo.simulation.runs import run_plan
from evo.simulation.trouble import trouble

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment
    from evo.graphs import Graph
    from evo.model import Model

Start = Mapping[str, float] | Literal["random"]


@dataclass(frozen=True)
class Path:
    """Replicates of one model over time; shares per strategy, environment per variable, population mean payoff.

    Records after an early end are nan.
    """

    model: Model
    seed: int
    recording: Recording = field(repr=False)
    time: np.ndarray = field(repr=False)  # (time,), in generations
    first: int = 0  # number of the first replicate

    @property
    def mix(self) -> np.ndarray:
        """Shares, (replicate, time, strategy)."""
        return self.recording.mix

    @property
    def environment(self) -> np.ndarray:
        """Values of the environment, (replicate, time, variable)."""
        return self.recording.environment

    @property
    def groups(self) -> np.ndarray:
        """Counts of every group, (replicate, time, group, strategy); empty unless they were asked for."""
        return self.recording.groups

    @property
    def payoff(self) -> np.ndarray:
        """Mean payoff of the population, (replicate, time)."""
        return self.recording.payoff

    @property
    def nodes(self) -> np.ndarray:
        """On a graph, the number of the strategy that each node plays, (replicate, time, node), uint8; records
        after an early end (see `records`) are 0. Raises ValueError where it was not kept: `simulate(..., nodes=True)`."""
        if self.recording.nodes.shape[1] <= len(self.time):
            raise ValueError("who plays what on which node was not kept: simulate(..., nodes=True) keeps it, on graphs")
        return self.recording.nodes[:, : len(self.time)]

    @property
    def cost(self) -> np.ndarray:
        """What each intervention has cost, in payoff per head, (replicate, intervention)."""
        return self.recording.spent

    @property
    def records(self) -> np.ndarray:
        """How many records there are of each replicate: fewer than times where it ended early, (replicate,)."""
        return self.recording.counts[:, RECORDED]

    def graph(self, replicate: int = 0) -> Graph:
        """The graph that a replicate, numbered from 0 in this path, was played on, at the end where ties come and go; it is
        built again. Raises ValueError where there is none, or its ties were not kept (`simulate(..., nodes=True)`)."""
        if self.model.population.kind != "network":
            raise ValueError(f"a {self.model.population.kind.replace('_', '-')} population has no graph")
        if not 0 <= replicate < len(self.recording.counts):
            raise ValueError(f"replicates are numbered from 0 to {len(self.recording.counts) - 1}, not {replicate}")
        return last_graph(self.model, self.recording, replicate, seed=self.seed, replicate=self.first + replicate)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Tidy: one row per replicate and time; columns time, the strategies, the environment, mean_payoff."""
        import pandas as pd

        replicates, times, _ = self.mix.shape
        columns: dict[str, Any] = {
            "replicate": np.repeat(np.arange(replicates), times),
            "time": np.tile(self.time, replicates),
        }
        columns |= {name: self.mix[:, :, i].ravel() for i, name in enumerate(self.model.strategies)}
        columns |= {name: self.environment[:, :, v].ravel() for v, name in enumerate(self.model.environment)}
        columns["mean_payoff"] = self.payoff.ravel()
        return pd.DataFrame(columns)


def simulate(
    model: Model,
    *,
    generations: float,
    replicates: int = 1,
    seed: int = 0,
    start: Start | None = None,
    record_every: float = 1.0,
    tolerance: float = 1e-8,
    nodes: bool = False,
    workers: int = 1,
    groups: bool = False,
    interventions: Sequence[Intervention] = (),
) -> Path:
    """Replicates of a model from a start (equal shares by default), recorded every `record_every` generations.

    start: shares by name, the remainder split equally over the unnamed, or "random": uniform on the simplex. nodes: keep who
    plays what on every node of a graph at each record, one byte each; groups: keep the counts of every group.
    interventions: what is done to the population on the way (evo.interventions). A model without randomness is run once,
    whatever `replicates`. Raises SimulationError with the state that broke a run.
    """
    start = {} if start is None else start
    if generations <= 0 or record_every <= 0 or replicates < 1 or workers < 1 or not 0 < tolerance < 1:
        raise ValueError(
            "generations, record_every, replicates and workers are positive, tolerance lies between 0 and 1"
        )
    if groups and not isinstance(model.population, Groups):
        raise ValueError(f"groups are recorded where there are some, and the population is {model.population.kind}")
    if nodes and model.population.kind != "network":
        raise ValueError(f"a {model.population.kind.replace('_', '-')} population has no nodes to keep")
    check_horizons(model, generations)
    check_steps(model.lowered, generations)
    shares = [] if start == "random" else start_shares(dict(start), model.strategies)
    plan = plan_of(
        shares,
        generations=generations,
        record_every=record_every,
        burn_in=0.0,
        tolerance=tolerance,
        until="generations",
        rest=0.0,
        averages=False,
        cycles=False,
        watched=[],
        nodes="all" if nodes else "none",
    )
    count = 1 if model.deterministic and start != "random" else replicates
    recording = run_plan(
        model, plan, seed=seed, point=point_hash(model, start), replicates=count, workers=workers,
        groups=number_of_groups(model) if groups else 0, schedule=_scheduled(model, tuple(interventions), generations),
    )  # fmt: skip
    return _path(model, plan, seed, recording, 0)


def simulate_again(experiment: Experiment, *, first: int, replicates: int, record_every: float) -> Path:
    """Replicates first, first+1, ... of an experiment without a sweep, as `evo.run` ran them, with all that can be kept of
    them: the states of a graph's nodes at each record, too."""
    model, seed = experiment.model, experiment.run.seed
    nodes = "all" if model.population.kind == "network" else "none"
    arguments: dict[str, Any] = experiment.plan_arguments | {"nodes": nodes}
    plan = plan_of(**arguments, record_every=record_every)
    recording = run_plan(
        model,
        plan,
        seed=seed,
        point=experiment.stream,
        replicates=replicates,
        first=first,
        schedule=experiment.schedule,
    )
    return _path(model, plan, seed, recording, first)


def _scheduled(model: Model, specs: tuple[Intervention, ...], generations: float) -> Schedule | None:
    """The schedule of these interventions; raises ConfigError where they do not fit."""
    problems = Problems()
    check_interventions(model, specs, generations, problems)
    problems.stop()
    return schedule_of(model, specs) if specs else None


def _path(model: Model, plan: Plan, seed: int, recording: Recording, first: int) -> Path:
    for row in range(len(recording.counts)):
        if message := trouble(model, recording, row):
            raise SimulationError(f"replicate {first + row}: {message}")
    return Path(model, seed, recording, plan.record_every * np.arange(plan.records), first)

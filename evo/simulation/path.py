"""Replicates of one model over time, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evo._errors import SimulationError
from evo.canonical import point_hash
from evo.kernels.arrays import Recording
from evo.populations import Groups
from evo.recording import check_steps, plan_of, start_shares
from evo.series import check_horizons
from evo.simulation.groups import number_of_groups
from evo.simulation.runs import run_plan
from evo.simulation.trouble import trouble

if TYPE_CHECKING:
    import pandas as pd

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
    workers: int = 1,
    groups: bool = False,
) -> Path:
    """Replicates of a model from a start (equal shares by default), recorded every `record_every` generations.

    start: shares by name, the remainder split equally over the unnamed, or "random": uniform on the simplex. A model
    without randomness is run once, whatever `replicates`. `groups` keeps the counts of every group. Raises SimulationError
    with the state that broke a run.
    """
    start = {} if start is None else start
    if generations <= 0 or record_every <= 0 or replicates < 1 or workers < 1 or not 0 < tolerance < 1:
        raise ValueError(
            "generations, record_every, replicates and workers are positive, tolerance lies between 0 and 1"
        )
    if groups and not isinstance(model.population, Groups):
        raise ValueError(f"groups are recorded where there are some, and the population is {model.population.kind}")
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
    )
    count = 1 if model.deterministic and start != "random" else replicates
    recording = run_plan(
        model, plan, seed=seed, point=point_hash(model, start), replicates=count, workers=workers,
        groups=number_of_groups(model) if groups else 0,
    )  # fmt: skip
    for row in range(count):
        if message := trouble(model, recording, row):
            raise SimulationError(f"replicate {row}: {message}")
    return Path(model, seed, recording, plan.record_every * np.arange(plan.records))

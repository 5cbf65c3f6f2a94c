"""Simulate a model: the only module that calls simulation kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evo import codes
from evo._errors import SimulationError
from evo._threads import share
from evo.canonical import point_hash
from evo.kernels.arrays import ENDED, ENDED_WHERE, ENDED_WHO, Plan, Process, Recording
from evo.kernels.meanfield import run_flow
from evo.kernels.random import stream_key
from evo.kernels.stepped import run_steps
from evo.recording import blank_recording, check_steps, is_flow, plan_of, scratch, start_shares
from evo.series import check_horizons

if TYPE_CHECKING:
    import pandas as pd

    from evo.model import Model

Start = Mapping[str, float] | Literal["random"]
TROUBLE = {
    codes.NONFINITE_PAYOFF: "a payoff is not finite",
    codes.NEGATIVE_FITNESS: "fitness is negative, or 0 for everybody",
    codes.NONFINITE_STATE: "the state is not finite",
    codes.OFF_SIMPLEX: "the mix left the simplex",
    codes.IMPROPER_CHANCE: "a copying probability left [0, 1], because payoffs differ by more than largest_difference allows",
    codes.SLIDING: "best replies tie here and the state would slide along the tie, where the next reply is not determined",
    codes.STEP_TOO_SMALL: "the integrator's step became too small: the flow is too steep to follow",
}


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
) -> Path:
    """Replicates of a model from a start (equal shares by default), recorded every `record_every` generations.

    start: shares by name, the remainder split equally over the unnamed, or "random": uniform on the simplex. A model
    without randomness is run once, whatever `replicates`. Raises SimulationError with the state that broke a run.
    """
    start = {} if start is None else start
    if generations <= 0 or record_every <= 0 or replicates < 1 or workers < 1 or not 0 < tolerance < 1:
        raise ValueError(
            "generations, record_every, replicates and workers are positive, tolerance lies between 0 and 1"
        )
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
        model.lowered, plan, seed=seed, point=point_hash(model, start), replicates=count, workers=workers
    )
    for row in range(count):
        if message := trouble(model, recording, row):
            raise SimulationError(f"replicate {row}: {message}")
    return Path(model, seed, recording, plan.record_every * np.arange(plan.records))


def run_plan(
    process: Process,
    plan: Plan,
    *,
    seed: int,
    point: int,
    replicates: int,
    first: int = 0,
    workers: int = 1,
    flag: np.ndarray | None = None,
) -> Recording:
    """Replicates first, first+1, ... of a process; each depends on its own number and nothing else.

    Setting flag[0] (int8) from another thread stops the runs within milliseconds.
    """
    recording = blank_recording(process, plan, replicates)
    flag = np.zeros(1, np.int8) if flag is None else flag
    workers = min(workers, replicates)

    def rows(worker: int) -> None:
        _run_rows(process, plan, seed, point, first, range(worker, replicates, workers), flag, recording)

    share(rows, workers=workers, flag=flag)
    return recording


def _run_rows(
    process: Process,
    plan: Plan,
    seed: int,
    point: int,
    first: int,
    rows: range,
    flag: np.ndarray,
    recording: Recording,
) -> None:
    run = run_flow if is_flow(process) else run_steps
    work, key, hashed = scratch(process, len(plan.watched)), stream_key(seed), np.uint64(point)
    run(process, plan, key, hashed, first, rows.start, rows.stop, rows.step, flag, work, recording)


def interrupted(recording: Recording, row: int) -> bool:
    """Whether the replicate was stopped by its flag."""
    return int(recording.counts[row, ENDED]) == codes.INTERRUPTED


def trouble(model: Model, recording: Recording, row: int) -> str | None:
    """What stopped the replicate, with the state that broke it, or None."""
    reason = int(recording.counts[row, ENDED])
    if reason not in TROUBLE:
        return None
    names = list(model.strategies)
    words = TROUBLE[reason]
    who, where = int(recording.counts[row, ENDED_WHO]), int(recording.counts[row, ENDED_WHERE])
    if who >= 0:
        words += f" for {names[who]}"
    if where >= 0:
        words += f" among co-players {composition_words(model, where)}"
    final = recording.final[row]
    state = ", ".join(f"{name} {final[i]:.6g}" for i, name in enumerate(names))
    variables = [f"{name} {value:.6g}" for name, value in zip(model.environment, final[2 * len(names) :], strict=True)]
    return f"{words}, at generation {recording.numbers[row, 0]:.6g}, mix: {state}" + (
        f"; environment: {', '.join(variables)}" if variables else ""
    )


def composition_words(model: Model, place: int) -> str:
    """The co-players of a place in the payoff table, in words."""
    from evo.games import compositions

    counts = compositions(len(model.strategies), model.lowered.meeting.size - 1)[place]
    return ", ".join(f"{count} {name}" for name, count in zip(model.strategies, counts, strict=True) if count)

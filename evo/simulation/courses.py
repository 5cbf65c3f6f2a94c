"""One replicate under way, of each kind of population: it is run from pause to pause, and individuals are converted between.

What a kernel must carry over a pause lies in its scratch and in the recording. Each stretch has a new scratch, of the
shape that its process asks for, into which streams, environment, state and watches are copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from evo.kernels.arrays import Plan, Process, Recording, Work
from evo.kernels.meanfield import run_flow
from evo.kernels.random import stream_key
from evo.kernels.stepped import run_steps
from evo.recording import is_flow, scratch
from evo.simulation.seeding import seed_mixed

if TYPE_CHECKING:
    from evo.interventions import Seed
    from evo.interventions.regimes import Regime
    from evo.model import Model

CARRIED = ("streams", "events", "states", "shares", "since")


class Course(Protocol):
    """One replicate under way."""

    work: Work

    def go(self, regime: Regime, plan: Plan) -> None:
        """Run from `plan.resume` to the next pause, or to the end."""
        ...

    def seed(self, spec: Seed, size: float, rng: np.random.Generator) -> float:
        """Convert individuals; returns their share of the population."""
        ...


class MixedCourse:
    """A well-mixed population, finite or infinite."""

    def __init__(
        self, model: Model, seed: int, point: int, first: int, row: int, flag: np.ndarray, recording: Recording
    ) -> None:
        self.names = model.strategy_names
        self.asked = (stream_key(seed), np.uint64(point), first, row, row + 1, 1, flag)
        self.recording = recording
        self.process: Process
        self.work: Work

    def go(self, regime: Regime, plan: Plan) -> None:
        self.process = regime.dress(regime.model.lowered)
        self.work = fresh(self.process, plan, getattr(self, "work", None))
        run = run_flow if is_flow(self.process) else run_steps
        run(self.process, plan, *self.asked, self.work, self.recording)

    def seed(self, spec: Seed, size: float, rng: np.random.Generator) -> float:
        return seed_mixed(self.process, self.work, spec, size, self.names)


def fresh(process: Process, plan: Plan, former: Work | None) -> Work:
    """Scratch for the next stretch of a run."""
    work = scratch(process, len(plan.watched), plan.ledger)
    if former is not None:
        for name in CARRIED:
            getattr(work, name)[...] = getattr(former, name)
        work.status[[1, 2]] = -1  # nobody is to blame yet
    return work

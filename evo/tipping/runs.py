"""Runs of a question: when each replicate reaches the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo._errors import ProblemError, SimulationError
from evo.canonical import point_hash
from evo.recording import check_steps, plan_of, start_shares
from evo.series import check_horizons
from evo.simulation import run_plan, trouble
from evo.tipping.question import Target, plainly_refused

if TYPE_CHECKING:
    from evo.experiment import Experiment

TIGHT = 1e-9  # tolerance of a flow: errors of its own must not decide on which side of a separatrix it falls


def reached(
    experiment: Experiment,
    target: Target,
    *,
    replicates: int = 1,
    first: int = 0,
    workers: int = 1,
    settles: bool = False,
) -> np.ndarray:
    """The generation at which each replicate reaches the target, nan where it does not by the horizon, (replicates,).

    Replicates first, first + 1, ... from the experiment's seed; they are the same whatever `workers`. settles: a flow in
    which time plays no part may end once it rests.
    """
    model, run = experiment.model, experiment.run
    start = [] if run.start == "random" else start_shares(run.start, experiment.strategies)
    try:
        check_horizons(model, target.until)
    except ProblemError as error:
        raise plainly_refused(error) from None
    check_steps(model.lowered, target.until)
    place = experiment.strategy_names.index(target.strategy)
    plan = plan_of(
        start,
        generations=target.until,
        record_every=None,
        burn_in=0.0,
        tolerance=min(run.tolerance, TIGHT),
        until="converged" if settles else "generations",
        rest=TIGHT,
        averages=False,
        watched=[(place, target.level, target.hold or 0.0)],
    )
    point = point_hash(model, run.start)
    found = run_plan(model, plan, seed=run.seed, point=point, replicates=replicates, first=first, workers=workers)
    for row in range(replicates):
        if message := trouble(model, found, row):
            raise SimulationError(f"replicate {first + row}: {message}")
    times = found.tipped[:, 0].copy()
    times[times > (target.horizon or 0.0)] = np.nan
    times[found.final[:, place] < target.level * (1 - 1e-12)] = (
        np.nan
    )  # what held for a while and is lost again was no tipping
    return times


def sampled(experiment: Experiment) -> bool:
    """Whether replicates differ, so that the answer is a probability."""
    return not experiment.model.deterministic or experiment.run.start == "random"

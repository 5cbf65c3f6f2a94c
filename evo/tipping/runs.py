"""Runs of a question: when each replicate reaches the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo import codes
from evo._errors import ProblemError, SimulationError
from evo._stretches import stretches
from evo.canonical import point_hash
from evo.interventions import schedule_of
from evo.recording import check_steps, is_flow, plan_of
from evo.series import check_horizons
from evo.simulation import run_plan, trouble
from evo.tipping.question import Target, plainly_refused

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.kernels.arrays import Plan, Recording

TIGHT = 1e-9  # tolerance of a flow: errors of its own must not decide on which side of a separatrix it falls
LOOKS = 2000  # at a set of strategies, in an infinite population; in a finite one every generation, or step


def reached(
    experiment: Experiment,
    target: Target,
    *,
    began: float = 0.0,
    replicates: int = 1,
    first: int = 0,
    workers: int = 1,
    settles: bool = False,
) -> np.ndarray:
    """Generations from `began` until each replicate reaches the target, nan where it does not by the horizon, (replicates,).

    The horizon counts from `began` too, and what was held before does not count. Replicates first, first + 1, ... from the
    experiment's seed; they are the same whatever `workers`. settles: a flow in which time plays no part may end once it rests.
    """
    model, run = experiment.model, experiment.run
    generations = began + target.until
    try:
        check_horizons(model, generations)
    except ProblemError as error:
        raise plainly_refused(error) from None
    check_steps(model.lowered, generations)
    places = target.places(experiment)
    alone = len(places) == 1
    plan = plan_of(
        experiment.start_mix.tolist(),
        generations=generations,
        record_every=None if alone else _interval(experiment, generations),
        burn_in=0.0,
        tolerance=min(run.tolerance, TIGHT),
        until="converged" if settles and alone else "generations",
        rest=TIGHT,
        averages=False,
        watched=[(places[0], target.level, target.hold or 0.0)] if alone else [],
    )
    intervened: dict[str, Any] = {}
    if began > 0 or experiment.interventions:
        intervened = {"schedule": schedule_of(model, experiment.interventions), "watch_from": began}
    point = point_hash(model, run.start)
    found = run_plan(
        model, plan, seed=run.seed, point=point, replicates=replicates, first=first, workers=workers, **intervened
    )
    for row in range(replicates):
        if message := trouble(model, found, row):
            raise SimulationError(f"replicate {first + row}: {message}")
    times = (
        found.tipped[:, 0] if alone else _looked_at(found, plan, target, places, began, is_flow(model.lowered))
    ) - began
    lost = found.final[:, places].sum(axis=1) < target.level * (1 - 1e-12)  # what held for a while was no tipping
    times[(times > (target.horizon or 0.0)) | lost] = np.nan
    return times


def _interval(experiment: Experiment, generations: float) -> float:
    """Generations between looks at a set of strategies."""
    if is_flow(experiment.model.lowered):
        return generations / LOOKS
    rule = experiment.model.lowered.rule
    return 1.0 if rule.pace == codes.SEQUENTIAL else rule.step * max(1, round(1 / rule.step))


def _looked_at(
    found: Recording, plan: Plan, target: Target, places: list[int], began: float, smooth: bool
) -> np.ndarray:
    """When the summed share comes to stand at the level and stays for `hold`, by the records; between two of a flow (smooth) it
    is taken to be a straight line, and the last one stands until the end."""
    times = plan.record_every * np.arange(plan.records)
    looked = times >= began - 1e-9
    times, shares = times[looked], found.mix[:, looked][:, :, places].sum(axis=2)
    return np.array([_first_held(np.r_[times, plan.generations], row, target, smooth) for row in shares])


def _first_held(times: np.ndarray, share: np.ndarray, target: Target, smooth: bool) -> float:
    """The first time from which a share stands at or above the level for `hold`, nan where there is none. The last of the times
    is the end of the run, and has no share."""
    above = share >= target.level * (1 - 1e-12)

    def crossing(k: int) -> float:
        if not smooth or k == 0:
            return float(times[k])
        part = (target.level - share[k - 1]) / (share[k] - share[k - 1])
        return float(times[k - 1] + part * (times[k] - times[k - 1]))

    for begin, end in stretches(above):
        ends = times[-1] if end == len(share) else crossing(end)
        if ends - crossing(begin) >= (target.hold or 0.0) - 1e-9 * times[-1]:
            return crossing(begin)
    return float("nan")


def sampled(experiment: Experiment) -> bool:
    """Whether replicates differ, so that the answer is a probability."""
    return not experiment.model.deterministic or experiment.run.start == "random"

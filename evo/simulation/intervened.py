"""Replicates in whose course something intervenes: each is run to its next pause, changed, and run on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo.interventions import Schedule, Seed, State, Vote
from evo.interventions.schedule import OVER, SOON, UNDER_WAY
from evo.kernels.arrays import END, ENDED, FIXED, FIXED_AT, REASON, Plan, Recording
from evo.kernels.random import stream_key
from evo.lowering import payoff_names, scalar_names
from evo.simulation.courses import Course, MixedCourse
from evo.simulation.structured import GroupCourse, NetworkCourse

if TYPE_CHECKING:
    from evo.model import Model

COURSES: dict[str, Callable[..., Course]] = {"network": NetworkCourse, "groups": GroupCourse}


def run_intervened(
    schedule: Schedule,
    plan: Plan,
    seed: int,
    point: int,
    first: int,
    rows: range,
    flag: np.ndarray,
    recording: Recording,
    watch_from: float | None = None,
) -> None:
    """These rows of a recording, one after another, in this thread; see `run_plan`."""
    model = schedule.model
    course_of = COURSES.get(model.population.kind, MixedCourse)
    for row in rows:
        if flag[0] != 0:
            recording.counts[row, ENDED] = codes.INTERRUPTED
            continue
        course = course_of(model, seed, point, first, row, flag, recording)
        _run(schedule, plan, course, row, recording, _draws(stream_key(seed), first + row, point), watch_from)


def _run(
    schedule: Schedule,
    plan: Plan,
    course: Course,
    row: int,
    recording: Recording,
    draws: Callable[[int], np.random.Generator],
    watch_from: float | None,
) -> None:
    state, resume = schedule.begin(), -1.0
    anew = math.inf if watch_from is None else watch_from
    while True:
        regime = schedule.regime(state)
        if not regime.model.fixes:  # what was lost comes back
            _unfixed(recording, row)
        stretch = plan._replace(
            ledger=schedule.ledger(state),
            pause=min(schedule.next_time(state), anew),
            resume=resume,
            until=plan.until if schedule.settled(state) and anew == math.inf else codes.COMPLETED,
        )
        course.go(regime, stretch)
        if course.work.status[REASON] != codes.PAUSED:
            return
        resume = float(recording.numbers[row, END])
        _intervene(schedule, state, course, row, resume, recording, draws)
        if anew <= resume + SOON:
            course.work.since[:], recording.tipped[row] = math.inf, math.nan
            anew = math.inf


def _intervene(
    schedule: Schedule,
    state: State,
    course: Course,
    row: int,
    t: float,
    recording: Recording,
    draws: Callable[[int], np.random.Generator],
) -> None:
    """Carry out what is due at time t, in order: what ends before what begins."""
    names = _values(schedule.model, course, t)
    held = course.work.entries[: len(schedule.specs), 0] != 0.0
    for k in range(len(schedule.specs)):
        if schedule.finishes(k, t, bool(held[k]), state):
            state.phase[k], state.favour[k], state.ballot[k] = OVER, (), np.inf
    for k, spec in enumerate(schedule.specs):
        if schedule.begins(k, t, bool(held[k]), state):
            state.phase[k], state.began[k] = UNDER_WAY, t
            recording.began[row, k] = t
            converted = 0.0
            if isinstance(spec, Seed):
                state.phase[k] = OVER
                converted = course.seed(spec, schedule.size(k), draws(k))
                _unfixed(recording, row)
            recording.spent[row, k] += schedule.paid_once(k, converted, names)
            if isinstance(spec, Vote):
                state.ballot[k] = t
        if state.phase[k] == UNDER_WAY and state.ballot[k] <= t + 1e-9:
            assert isinstance(spec, Vote)
            state.favour[k] = schedule.in_favour(k, state.began[k], names)
            state.ballot[k] += schedule.value(spec.every)


def _unfixed(recording: Recording, row: int) -> None:
    """Nobody has taken over, whoever had before."""
    recording.counts[row, FIXED], recording.numbers[row, FIXED_AT] = -1, np.nan


def _values(model: Model, course: Course, t: float) -> dict[str, float]:
    """What formulas may read, as it was at the last look."""
    places = scalar_names(model) | payoff_names(model)
    return {name: float(course.work.scalars[place]) for name, place in places.items()} | {"t": t}


def _draws(key: np.ndarray, replicate: int, point: int) -> Callable[[int], np.random.Generator]:
    """A stream of its own for each intervention of a replicate."""

    def of(place: int) -> np.random.Generator:
        counter = np.array([replicate, point, codes.INTERVENTION_STREAM, place], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(counter=counter, key=key))

    return of

"""Paths of x' = f(x) in a box, where a coordinate that reaches a bound is held there while it is drawn outward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Field = Callable[[np.ndarray], np.ndarray]

RELATIVE, ABSOLUTE = 1e-11, 1e-13  # error of a step, in units of the box
OVER = 1e-13  # how far beyond a bound a coordinate counts as out
MOST_TURNS = 1000


def follow(field: Field, start: np.ndarray, *, times: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The path from `start` at times[0], (time, coordinate), by Dormand and Prince's method of order 8.

    Raises ValueError where it cannot be followed.
    """
    width = high - low
    scaled, now = (start - low) / width, times[0]
    path = np.empty((len(times), len(start)))
    path[0] = start

    def pull(scaled: np.ndarray) -> np.ndarray:
        return field(low + width * np.clip(scaled, 0, 1)) / width

    held = _drawn_outward(pull, scaled)
    for _ in range(MOST_TURNS):
        due = np.flatnonzero(times > now)
        if not len(due):
            return path
        solved, turned = _until_a_turn(pull, scaled, held, now, times[due])
        reached = len(solved.t)
        if reached:
            path[due[:reached]] = low + width * np.clip(solved.y.T, 0, 1)
        if solved.status == 0:
            return path
        event = int(np.argmin([at[0] if len(at) else np.inf for at in solved.t_events]))
        now, scaled = solved.t_events[event][0], np.clip(solved.y_events[event][0], 0, 1)
        if event == 0:
            scaled = np.where(scaled < 10 * OVER, 0.0, np.where(scaled > 1 - 10 * OVER, 1.0, scaled))
            held = held | _drawn_outward(pull, scaled)
        else:
            held = held & ~turned(scaled)
    raise ValueError(f"the path turns at a bound more than {MOST_TURNS} times")


def _until_a_turn(
    pull: Field, scaled: np.ndarray, held: np.ndarray, now: float, times: np.ndarray
) -> tuple[Any, Field]:
    """Integrate to the end, or until a coordinate leaves the box, or one that is held is drawn inward again."""
    from scipy.integrate import solve_ivp

    def moves(_: float, scaled: np.ndarray) -> np.ndarray:
        return np.where(held, 0.0, pull(scaled))

    def leaves(_: float, scaled: np.ndarray) -> float:
        return float(np.min(np.where(held, 1.0, np.minimum(scaled, 1 - scaled)))) + OVER

    def outward(scaled: np.ndarray) -> np.ndarray:
        return np.where(held, pull(scaled) * np.where(scaled > 0.5, 1.0, -1.0), np.inf)

    def returns(_: float, scaled: np.ndarray) -> float:
        return float(np.min(outward(scaled))) if held.any() else 1.0

    for event in (leaves, returns):
        event.terminal, event.direction = True, -1  # type: ignore[attr-defined]
    solved = solve_ivp(
        moves, (now, times[-1]), scaled, method="DOP853", t_eval=times, events=(leaves, returns), rtol=RELATIVE,
        atol=ABSOLUTE,
    )  # fmt: skip
    if solved.status < 0:
        raise ValueError(f"the path cannot be followed beyond time {now:.6g}: {solved.message}")
    return solved, lambda scaled: outward(scaled) <= np.min(outward(scaled))


def _drawn_outward(pull: Field, scaled: np.ndarray) -> np.ndarray:
    """Which coordinates are at a bound and drawn outward, or not at all."""
    rates = pull(scaled)
    return ((scaled <= 0) & (rates <= 0)) | ((scaled >= 1) & (rates >= 0))

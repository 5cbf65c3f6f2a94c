"""Many trajectories of a field at once: Runge-Kutta steps over a batch of mixes, each with its own step size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evo.exact.flows.fields import Field

# Dormand & Prince 1980, order 5 with an error estimate of order 4.
NODES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERROR = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])
SMALLEST = 1e-12  # share below which errors are absolute


@dataclass(frozen=True, eq=False)
class Ends:
    """Where trajectories ended, (n, d), when, (n,), and whether by what was waited for or at the end of the time."""

    mix: np.ndarray
    time: np.ndarray
    settled: np.ndarray


def follow(
    field: Field,
    starts: np.ndarray,
    *,
    generations: float,
    settled: Callable[[np.ndarray, np.ndarray], np.ndarray],
    tolerance: float = 1e-6,
) -> Ends:
    """Follow the field from each start until `settled(mixes, velocities)` is true of it, or for so many generations.

    `tolerance` bounds the relative error of each share in each step. Maps are iterated.
    """
    if field.generational:
        return _iterate(field, starts, generations, settled)
    mix, time = starts.astype(float).copy(), np.zeros(len(starts))
    rate = field.velocity(mix)
    step = np.minimum(0.01 / (1e-3 + np.abs(rate).max(axis=1)), generations)
    done = settled(mix, rate)
    active = np.flatnonzero(~done)
    while len(active):
        here, h = mix[active], np.minimum(step[active], generations - time[active])
        ahead, slope, error = _step(field, here, rate[active], h, tolerance)
        good = error <= 1
        moved = active[good]
        mix[moved], rate[moved], time[moved] = ahead[good], slope[good], time[moved] + h[good]
        step[active] = h * np.clip(0.9 * np.maximum(error, 1e-10) ** -0.2, 0.2, 5.0)
        done[moved] = settled(mix[moved], rate[moved])
        stuck = step[active] < 1e-12
        active = active[~(done[active] | stuck | (time[active] >= generations * (1 - 1e-12)))]
    return Ends(mix, time, done)


def _step(
    field: Field, mix: np.ndarray, rate: np.ndarray, h: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of each: where it leads, the field there, and the error as a multiple of what is allowed."""
    stages = [rate]
    ahead = mix
    for weights in NODES:
        ahead = mix + h[:, None] * sum(weight * stage for weight, stage in zip(weights, stages, strict=True) if weight)
        stages.append(field.velocity(ahead))
    error = h[:, None] * np.abs(np.tensordot(ERROR, np.array(stages), axes=1))
    allowed = tolerance * np.maximum(np.abs(mix), np.abs(ahead)) + SMALLEST
    outside = ahead.min(axis=1) < -1e-9
    scaled = np.where(outside | ~np.isfinite(ahead).all(axis=1), 1e3, (error / allowed).max(axis=1))
    inside = np.clip(ahead, 0, None)
    for block in field.blocks:
        inside[:, block] /= inside[:, block].sum(axis=1, keepdims=True)
    return inside, stages[-1], scaled


def _iterate(
    field: Field,
    starts: np.ndarray,
    generations: float,
    settled: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Ends:
    mix, time = starts.astype(float).copy(), np.zeros(len(starts))
    done = np.zeros(len(starts), dtype=bool)
    active = np.arange(len(starts))
    for generation in range(int(generations)):
        rate = field.velocity(mix[active])
        done[active] = settled(mix[active], rate)
        time[active] = generation
        active, rate = active[~done[active]], rate[~done[active]]
        if not len(active):
            break
        mix[active] = np.clip(mix[active] + rate, 0, None)
        for block in field.blocks:
            mix[active, block] /= mix[active, block].sum(axis=1, keepdims=True)
    return Ends(mix, time, done)

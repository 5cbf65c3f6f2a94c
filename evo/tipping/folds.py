"""Folds beside a separatrix: where its saddle meets the state that it bounds, and derivatives of the critical dose diverge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evo._errors import ConfigError
from evo.exact.flows.fields import Field
from evo.tipping.sensitivity import STEP, Lever

NEAR = 0.1  # of a number's scale: a fold further away is none of its business


def fold_beside(field: Field, lever: Lever, near: np.ndarray, scale: float, at: Callable[[float], Field]) -> float:
    """The value of the lever at which the saddle by which a trajectory passed ends in a fold, nan where it is far or there is
    no saddle. Near a fold the rate by which a saddle repels is proportional to the root of the distance from it, so the
    distance is half the rate over its derivative; that the saddle is there half-way and gone beyond is looked at in the
    fields `at` those values."""
    saddle = rest_near(field, near)
    if saddle is None or not lever.fields:
        return float("nan")
    rate = _growth(field, saddle)
    if rate <= 0:
        return float("nan")
    slope = 0.0
    for beside, weight in lever.fields:
        moved = rest_near(beside, saddle)
        if moved is None:  # so close that the saddle is gone beside it
            return lever.value
        slope += weight * _growth(beside, moved)
    if slope == 0 or abs(0.5 * rate / slope) > max(NEAR, 2 * STEP) * scale:
        return float("nan")
    distance = -0.5 * rate / slope
    try:
        there, beyond = (rest_near(at(lever.value + part * distance), saddle) for part in (0.5, 2.0))
    except ConfigError:
        return float("nan")
    return lever.value + distance if there is not None and beyond is None else float("nan")


def rest_near(field: Field, near: np.ndarray) -> np.ndarray | None:
    """The rest point that Newton's method finds from a mix, None where it finds none close to it."""
    basis, mix = field.tangent(), near.copy()
    for _ in range(60):
        slope = basis.T @ field.jacobian(mix) @ basis
        try:
            step = basis @ np.linalg.solve(slope, basis.T @ field.velocity(mix))
        except np.linalg.LinAlgError:
            return None
        mix = mix - step * min(1.0, 0.05 / max(np.abs(step).max(), 1e-300))
        if not np.isfinite(mix).all() or np.abs(mix - near).max() > 0.2:
            return None
        if np.abs(step).max() < 1e-13:
            return mix if mix.min() > -1e-9 else None
    return None


def _growth(field: Field, mix: np.ndarray) -> float:
    return float(np.real(field.eigenvalues(mix)[0]))

"""Thresholds: the values of one parameter at which a quantity of the model changes sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.model import Model


def thresholds(
    experiment: Experiment, path: str, quantity: Callable[[Model], float], *, low: float, high: float, scan: int = 101
) -> list[float]:
    """Every value of `path` between low and high at which `quantity(model)` crosses zero, ascending.

    Sign changes are looked for on `scan` evenly spaced values and refined to 1e-12 by Brent's method; two crossings
    between neighbours are missed, so a fine scan is the statement of completeness.

        thresholds(experiment, "parameters.chi", lambda model: homogeneous(model)[1] - homogeneous(model)[0], low=0, high=1)
    """
    if not low < high or scan < 2:
        raise ValueError("low lies below high, and a scan has at least two values")

    def value(number: float) -> float:
        return quantity(experiment.replace({path: float(number)}).model)

    grid = np.linspace(low, high, scan)
    values = np.array([value(number) for number in grid])
    found = [float(number) for number, at in zip(grid, values, strict=True) if at == 0]
    for k in np.flatnonzero(values[:-1] * values[1:] < 0):
        found.append(crossing(value, float(grid[k]), float(grid[k + 1])))
    return sorted(found)


def crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """The root between two values of opposite sign, to 1e-13, by Brent's method."""
    from scipy.optimize import root_scalar

    return float(root_scalar(function, bracket=(low, high), method="brentq", xtol=1e-13, rtol=1e-13).root)

"""How a trajectory of a flow moves with the numbers of its config: x' = f(x; p) together with S' = J S + df/dp, S = dx/dp.

J is exact (complex steps); df/dp is a difference of fourth order in p of fields at the same mix, exact to about 1e-10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._errors import ConfigError
from evo.exact.flows.fields import Field, field_of
from evo.kernels.arrays import BIAS
from evo.tipping.question import number_at

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.model import Model

STEP = 1e-3  # of a number's scale
CENTRAL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
FORWARD = ((0, -25 / 12), (1, 4.0), (2, -3.0), (3, 4 / 3), (4, -1 / 4))
ERRORS = (1e-9, 1e-12)  # relative and absolute, of the integration


def scale_of(experiment: Experiment, path: str) -> float:
    """What counts as a large change of a number: its size, else the width of the range that its parameter states, else 1."""
    value = abs(number_at(experiment, path))
    if value > 0:
        return value
    parameter = experiment.parameters.get(path.removeprefix("parameters.")) if path.startswith("parameters.") else None
    return parameter.range[1] - parameter.range[0] if parameter is not None and parameter.range is not None else 1.0


@dataclass(frozen=True, eq=False)
class Lever:
    """A number of a config, with the models beside it: (model, weight) whose weighted sum is a derivative."""

    path: str
    value: float
    beside: tuple[tuple[Model, float], ...]

    @cached_property
    def fields(self) -> tuple[tuple[Field, float], ...]:
        return tuple((field_of(model), weight) for model, weight in self.beside)

    def slope(self, mix: np.ndarray) -> np.ndarray:
        """df/dp at a mix."""
        return sum((weight * field.velocity(mix) for field, weight in self.fields), np.zeros(len(mix)))

    def payoff_slope(self, mix: np.ndarray) -> float:
        """Derivative of the population's mean payoff, the mix held."""
        return sum(
            weight * mean_payoff(model, field, mix)
            for (model, weight), (field, _) in zip(self.beside, self.fields, strict=True)
        )


def lever_of(experiment: Experiment, path: str) -> Lever:
    """A lever; differences are central, or to one side where the other is refused. Raises ConfigError where both are."""
    value, step = number_at(experiment, path), STEP * scale_of(experiment, path)
    ways = (CENTRAL, FORWARD, tuple((-shift, -weight) for shift, weight in FORWARD))
    for number, weights in enumerate(ways):
        try:
            return Lever(
                path,
                value,
                tuple(
                    (experiment.replace({path: value + shift * step}).model, weight / step) for shift, weight in weights
                ),
            )
        except ConfigError:
            if number == len(ways) - 1:
                raise
    raise AssertionError


def mean_payoff(model: Model, field: Field, mix: np.ndarray) -> float:
    """Mean payoff of a population, trait bias not counted."""
    earned = field.payoffs(mix) - model.lowered.strategy[BIAS]
    return float(mix @ earned) / (len(field.landscape.roles) - 1)


@dataclass(frozen=True, eq=False)
class Moved:
    """Where a trajectory came: time, mix (d,), its derivatives by each number (d, n), and its slowest place (d,) on the way."""

    time: float
    mix: np.ndarray
    by: np.ndarray
    slowest: np.ndarray


def follow(
    field: Field,
    levers: Sequence[Lever],
    start: np.ndarray,
    by: np.ndarray,
    *,
    generations: float,
    until: tuple[list[int], float, int] | None = None,
) -> Moved:
    """Follow the field from a start that itself moves by `by` (d, n) with each lever, for so many generations, or until the
    share of some strategies (their numbers, and the sum of their shares) rises (1) or falls (-1) to a value."""
    from scipy.integrate import solve_ivp

    size, count = len(start), len(levers)

    def rate(_: float, state: np.ndarray) -> np.ndarray:
        mix, moved = state[:size], state[size:].reshape(size, count)
        slopes = np.array([lever.slope(mix) for lever in levers]).reshape(count, size).T
        return np.r_[field.velocity(mix), (field.jacobian(mix) @ moved + slopes).ravel()]

    events = None
    if until is not None:

        def arrives(_: float, state: np.ndarray) -> float:
            return float(state[until[0]].sum() - until[1])

        arrives.terminal, arrives.direction = True, until[2]  # type: ignore[attr-defined]
        events = [arrives]
    found = solve_ivp(
        rate, (0.0, generations), np.r_[start, by.ravel()], method="DOP853", rtol=ERRORS[0],
        atol=np.r_[np.full(size, ERRORS[1]), np.full(size * count, 1e-9)], events=events,
    )  # fmt: skip
    end = found.y[:, -1]
    speed = [float(np.abs(field.velocity(mix)).max()) for mix in found.y[:size].T]
    slowest = found.y[:size, int(np.argmin(speed))]
    return Moved(float(found.t[-1]), end[:size], end[size:].reshape(size, count), slowest)

"""Levers: how the critical dose, and what happens without it, move with each number of the config.

Of a flow in a still environment they are exact: at the critical dose D the share of the target comes to its level at a time T,
x(T; D, p) = level, so dD/dp = -(dx/dp)/(dx/dD), both from the trajectory's own sensitivity. Far from the horizon this is the
derivative of the separatrix, and at a fold that of the fold [Dobson 1992]. Other systems without chance: differences of two
searches. With chance: `regression`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._errors import ConfigError, ConfigProblem
from evo.exact.flows.fields import Field, field_of
from evo.recording import is_flow
from evo.tipping.differences import by_differences
from evo.tipping.effects import Effect, by_sensitivity
from evo.tipping.regression import by_regression
from evo.tipping.results import FOUND, Critical, Response

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

FAINT = 0.01  # a change of the mean payoff smaller than this part of the largest moves nobody
NOTHING = 1e-7  # effects smaller than this, relative to the largest, are none


@dataclass(frozen=True, eq=False)
class Levers:
    """Effects in order of rank, the critical dose that they move, how they were found."""

    critical: Critical
    response: Response
    dose: float
    effects: tuple[Effect, ...]
    method: str

    @property
    def way(self) -> int:
        """1 where a larger value of the dose is more of it, -1 where a smaller one is."""
        return getattr(self.response.question.done, "way", 1)

    def elasticity(self, effect: Effect) -> float:
        """Per cent of the critical dose for one per cent of the number; nan where either is 0, or at a fold."""
        if effect.value == 0 or self.dose == 0 or not np.isfinite(effect.critical):
            return float("nan")
        return effect.critical * effect.value / self.dose

    def easier(self, effect: Effect) -> str:
        """Which way of moving the number makes the shift easier."""
        if self._none(effect):
            return "neither"
        return "up" if effect.critical * self.way < 0 else "down"

    def perverse(self, effect: Effect) -> bool:
        """Whether the way that raises the mean payoff before the shift is the one that makes the shift harder."""
        if self._none(effect) or not np.isfinite(effect.welfare) or effect.welfare == 0:
            return False
        largest = max(abs(one.welfare * _step(one)) for one in self.effects if np.isfinite(one.welfare))
        if abs(effect.welfare * _step(effect)) < FAINT * largest:
            return False
        return self.easier(effect) != ("up" if effect.welfare > 0 else "down")

    def _none(self, effect: Effect) -> bool:
        largest = max(abs(one.critical * _step(one)) for one in self.effects)
        return abs(effect.critical * _step(effect)) <= max(NOTHING * largest, 1.96 * effect.se * _step(effect))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per number, in order of rank."""
        import pandas as pd

        rows = [
            {
                "rank": place + 1,
                "lever": effect.path,
                "value": effect.value,
                "easier": self.easier(effect),
                "critical per unit": effect.critical,
                "se": effect.se,
                "elasticity": self.elasticity(effect),
                "outcome per unit": effect.outcome,
                "payoff per unit": effect.welfare,
                "perverse": self.perverse(effect),
                "price": effect.price,
                "critical per price": effect.critical / effect.price,
                "fold at": effect.fold,
            }
            for place, effect in enumerate(self.effects)
        ]
        return pd.DataFrame(rows)


def _step(effect: Effect) -> float:
    return abs(effect.value) or 1.0


def levers(
    found: Critical, *, paths: Sequence[str] = (), prices: Mapping[str, float] | None = None, runs: int = 2000
) -> Levers:
    """The levers of the critical dose that was found: `paths` of numbers, by default all parameters but the one that is dosed.

    prices: of one unit of a number, paid once by whoever moves it. Ranked by effect per price where all have one, else by
    elasticity, those without one last. runs: of the regression, where there is chance. Raises ConfigError where no dose tips.
    """
    response, experiment = found.least, found.experiment
    if response.middle.outcome != FOUND:
        raise ConfigError([ConfigProblem((), None, f"there is no critical dose to move: {found.statement}")])
    paths = list(paths) or _parameters(found)
    prices = dict(prices or {})
    for path in prices:
        if path not in paths:
            raise ConfigError(
                [ConfigProblem(("price", path), None, "is the price of no lever", f"levers: {', '.join(paths)}")]
            )
        if not prices[path] > 0:
            raise ConfigError([ConfigProblem(("price", path), None, f"must be greater than 0, is {prices[path]:g}")])
    dose = response.value(response.middle.amount)
    if response.curve is not None:
        effects, method = by_regression(response, paths, prices, runs)
    elif (field := _still_field(experiment)) is not None:
        effects, method = (
            by_sensitivity(response, field, paths, prices),
            "exact: sensitivity of the critical trajectory",
        )
    else:
        effects, method = by_differences(response, paths, prices), "differences of searches at two values beside each"
    made = Levers(found, response, dose, tuple(effects), method)
    return Levers(
        found, response, dose, tuple(sorted(effects, key=lambda one: _rank(made, one, prices, paths))), method
    )


def _rank(made: Levers, effect: Effect, prices: Mapping[str, float], paths: Sequence[str]) -> tuple[bool, float]:
    if all(path in prices for path in paths):
        return False, -abs(effect.critical / effect.price)
    elasticity = made.elasticity(effect)
    return (False, -abs(elasticity)) if np.isfinite(elasticity) else (True, -abs(effect.critical))


def _parameters(found: Critical) -> list[str]:
    dosed = getattr(found.least.question.done, "path", "")
    names = [name for name in found.experiment.parameters if name not in found.experiment.environment]
    return [path for path in (f"parameters.{name}" for name in names) if path != dosed]


def _still_field(experiment: Experiment) -> Field | None:
    """The field of a flow whose environment stands still, None where there is none or it has no derivative."""
    model = experiment.model
    if not is_flow(model.lowered) or not model.lowered.autonomous or not model.deterministic:
        return None
    try:
        field = field_of(model)
    except ValueError:
        return None
    return field if field.differentiable and not field.generational else None

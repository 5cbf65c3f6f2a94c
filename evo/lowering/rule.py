"""The update rule, lowered: its code, its own number and how its steps are taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from evo import codes
from evo._spec import ProblemError
from evo.dynamics import AggregateShocks, Langevin
from evo.kernels.arrays import Rule
from evo.populations import WellMixed
from evo.quantities import number
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.model import Model

EXACT = 10**6  # individuals up to which events are taken one by one, unless asked otherwise
LARGEST = 10**6  # steps in a generation
LEAP = 0.05  # generations that a step takes beyond


def acting(model: Model) -> Any:
    """The rule whose rates are used: the dynamics, or the finite rule that a langevin equation is of."""
    return model.dynamics.of if isinstance(model.dynamics, Langevin) else model.dynamics


def pace(model: Model) -> int:
    """How steps are taken."""
    dynamics = model.dynamics
    if isinstance(dynamics, Langevin | AggregateShocks):
        return codes.DIFFUSION
    if dynamics.facts.generational or getattr(dynamics, "update", "sequential") == "synchronous":
        return codes.SYNCHRONOUS
    return codes.LEAP if _leap(model) > 0 else codes.SEQUENTIAL


def part_of_generation(step: float, key: str) -> float:
    """The step, refused where it is not 1/n of a generation, n up to 10^6."""
    parts = round(1 / step)
    if parts > LARGEST or abs(parts * step - 1) > 1e-6:
        raise ProblemError((key,), f"must be 1/n generations with a whole number n up to {LARGEST:,}, is {step:g}")
    return 1 / parts


def _leap(model: Model) -> float:
    if not isinstance(model.population, WellMixed):
        return 0.0
    if model.population.leap is not None:
        return model.population.leap
    return LEAP if sum(sizes_of(model.population, model).values()) > EXACT else 0.0


def sizes_of(population: WellMixed, model: Model) -> dict[str, float]:
    """The size that is given to each role, one of no name where there are none."""
    given = population.size
    if not isinstance(given, dict):
        given = dict.fromkeys(roles(model.strategies) or [""], given)
    return {role: number(size, model.parameter_values) for role, size in given.items()}


def lower_rule(model: Model, values: Mapping[str, float]) -> Rule:
    """The rule without selection and mutation, which stand at what is neutral."""
    how = pace(model)
    dynamics, rule = model.dynamics, acting(model)
    step = 1.0
    if isinstance(dynamics, Langevin | AggregateShocks):
        step = part_of_generation(dynamics.step, "step")
        if dynamics.kind == "langevin" and getattr(rule, "update", "sequential") == "synchronous":
            raise ProblemError(("of", "update"), "a diffusion has no synchronous update")
    elif how == codes.LEAP:
        step = 1 / round(1 / _leap(model))  # checked with the population
    own = getattr(rule, "number", None)
    return Rule(
        code=rule.facts.rule,
        option=getattr(rule, "option", 0),
        intensity=1.0,
        fitness=0,
        conformity=1.0,
        prestige=0.0,
        indicated=False,
        mutation=0.0,
        after=False,
        number=number(own, values) if own is not None else 0.0,
        pace=how,
        step=step,
    )


def sigma(model: Model, values: Mapping[str, float]) -> np.ndarray:
    """Strength of the aggregate shocks of each strategy, zeros where there are none."""
    dynamics = model.dynamics
    if not isinstance(dynamics, AggregateShocks):
        return np.zeros(len(model.strategies))
    if isinstance(dynamics.sigma, dict):
        for name in dynamics.sigma:
            if name not in model.strategies:
                raise ProblemError(("sigma", name), "is not a strategy", f"strategies: {', '.join(model.strategies)}")
        found = [number(dynamics.sigma.get(name, 0.0), values) for name in model.strategies]
    else:
        found = [number(dynamics.sigma, values)] * len(model.strategies)
    if min(found) < 0:
        raise ProblemError(("sigma",), "cannot be negative")
    return np.array(found)

"""Rules of a sweep: values that follow from others, and conditions on points; formulas of what a point sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from evo._spec import ProblemError, parse_path
from evo.formulas import FormulaError, evaluate
from evo.sweeps.ranges import Scene
from evo.sweeps.values import Settings, rounded


def completed(settings: Settings, derive: Mapping[str, str], only: tuple[str, ...], scene: Scene) -> Settings | None:
    """The settings with what follows from them, None where a condition does not hold."""
    names = names_of(settings, scene)
    for path, formula in derive.items():
        value = _value(("derive", path), formula, names)
        if value != value or abs(value) == float("inf"):
            raise ProblemError(("derive", path), f"must be a finite number, is {value}")
        number = int(value) if value.is_integer() and abs(value) < 2**53 else rounded(value)  # an int does for a float
        settings = settings | {path: number}
        names = names_of(settings, scene)
    for place, condition in enumerate(only):
        value = _value(("only", place), condition, names)
        if value == 0 or value != value:
            return None
    return settings


def names_of(settings: Mapping[str, Any], scene: Scene) -> dict[str, float]:
    """What formulas may name: every parameter; every number that is set, by its path with underscores and, unless that
    is ambiguous, by the last part of its path."""
    keys = {path: parse_path(path) for path in settings}
    numbers = {path: number for path, value in settings.items() if (number := _number(value)) is not None}
    names = dict(scene.parameters)
    last = Counter(keys[path][-1] for path in settings)
    for path, number in numbers.items():
        own = keys[path]
        names["_".join(own)] = number
        if (own[0] == "parameters" and len(own) == 2) or (last[own[-1]] == 1 and own[-1] not in scene.parameters):
            names[own[-1]] = number
    return names


def _number(value: object) -> float | None:
    if isinstance(value, Mapping):  # a parameter written out
        value = cast("Mapping[str, object]", value).get("value")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _value(path: tuple[str | int, ...], formula: str, names: Mapping[str, float]) -> float:
    try:
        return float(evaluate(formula, names))
    except FormulaError as error:
        raise ProblemError(path, str(error)) from None

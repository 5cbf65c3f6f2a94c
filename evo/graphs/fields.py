"""Fields of graphs: whole numbers and quantities that may still be formulas of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from evo._spec import ProblemError, Spec, refuse
from evo.quantities import number, parameter_formulas

Kind = TypeVar("Kind", bound=Spec)


def resolved(spec: Kind, parameters: Mapping[str, float]) -> Kind:
    """The spec with every formula as the number it has at these parameters, checked again.

    Raises ProblemError or ConfigError, paths within the spec.
    """
    formulas = list(parameter_formulas(spec))
    if not formulas:
        return spec
    data: dict[str, Any] = spec.model_dump()
    for path, formula in formulas:
        try:
            value = number(formula, parameters)
        except ValueError as error:
            raise ProblemError(path, str(error)) from None
        here: Any = data
        for place, key in enumerate(path[:-1]):
            if isinstance(here[key], tuple):
                here[key] = list(here[key])
            here = here[path[place]]
        here[path[-1]] = int(value) if value.is_integer() else value
    try:
        return type(spec).model_validate(data)
    except ValidationError as error:
        raise refuse(error, model=type(spec), data=data) from None


def known(*values: float | str | None) -> bool:
    """Whether all are numbers already, none of them a formula of the parameters or left out."""
    return not any(isinstance(value, str) or value is None for value in values)


def whole(value: int | str | None) -> int:
    """A whole number that is known; raises ValueError where it is still a formula."""
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is not a number yet: give the parameters")
    return value


def real(value: float | str | None) -> float:
    """A number that is known; raises ValueError where it is still a formula."""
    if value is None or isinstance(value, str):
        raise ValueError(f"{value!r} is not a number yet: give the parameters")
    return float(value)


def at_least(least: float, key: str, value: float | str | None, why: str) -> None:
    """Refuse a known number below the least; raises ProblemError."""
    if not isinstance(value, str) and value is not None and value < least:
        raise ProblemError(key, f"must be at least {least:g}, is {value:g}", why)


def between(least: float, most: float, key: str, value: float | str | None, why: str | None = None) -> None:
    """Refuse a known number outside [least, most]; raises ProblemError."""
    if not isinstance(value, str) and value is not None and not least <= value <= most:
        raise ProblemError(key, f"must be from {least:g} to {most:g}, is {value:g}", why)

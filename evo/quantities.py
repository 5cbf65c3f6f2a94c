"""Quantities: numbers in a config that may be written as formulas of the parameters, and formulas that run in kernels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field

from evo._spec import Spec
from evo.formulas import evaluate, parse

Path = tuple[str | int, ...]


class ParameterFormula(str):
    """Text of a formula whose names are parameters; it is a plain number once they are known."""

    __slots__ = ()


class RunningFormula(str):
    """Text of a formula that is evaluated while a model runs."""

    __slots__ = ()


def _parameter_formula(text: str) -> str:
    parse(text)
    return ParameterFormula(text)


def _running_formula(text: str) -> str:
    parse(text)
    return RunningFormula(text)


Quantity = Annotated[
    float | Annotated[str, AfterValidator(_parameter_formula)],
    Field(description="a number, or a formula of the parameters"),
]
Size = Annotated[
    int | Annotated[str, AfterValidator(_parameter_formula)],
    Field(description="a whole number, or a formula of the parameters"),
]
NEIGHBOURHOOD = "neighbourhood"
GroupSize = Annotated[
    Literal["neighbourhood"] | int | Annotated[str, AfterValidator(_parameter_formula)],
    Field(
        description="members of a group: a whole number, a formula of the parameters, or on a graph the neighbourhood"
    ),
]
Formula = Annotated[
    str, AfterValidator(_running_formula), Field(description="a formula, evaluated while the model runs")
]
Cell = Annotated[
    float | Annotated[str, AfterValidator(_running_formula)],
    Field(description="a number, or a formula, evaluated while the model runs"),
]


def number(quantity: float | str, parameters: Mapping[str, float]) -> float:
    """The value of a quantity at these parameters; raises ValueError where it is not finite."""
    value = float(evaluate(quantity, parameters)) if isinstance(quantity, str) else float(quantity)
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, is {value}")
    return value


def parameter_formulas(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every formula of the parameters in a spec, with its path."""
    if isinstance(value, ParameterFormula):
        yield path, value
    elif isinstance(value, Spec):
        for name in type(value).model_fields:
            yield from parameter_formulas(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for name, item in cast("Mapping[str, object]", value).items():
            yield from parameter_formulas(item, (*path, name))
    elif isinstance(value, tuple):
        for place, item in enumerate(cast("tuple[object, ...]", value)):
            yield from parameter_formulas(item, (*path, place))

"""The numbers of named games: what each may be, and how they enter formulas."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator

from evo.quantities import Cell, Size


def _not_negative(cell: float | str) -> float | str:
    if not isinstance(cell, str) and cell < 0:
        raise ValueError(f"must not be negative, is {cell:g}")
    return cell


def _fraction(cell: float | str) -> float | str:
    if not isinstance(cell, str) and not 0 <= cell <= 1:
        raise ValueError(f"must be from 0 to 1, is {cell:g}")
    return cell


def _positive(size: int | str) -> int | str:
    if not isinstance(size, str) and size < 1:
        raise ValueError(f"must be at least 1, is {size}")
    return size


# A formula stands as it is: what it comes to is known only while the model runs.
Amount = Annotated[Cell, AfterValidator(_not_negative)]
Fraction = Annotated[Cell, AfterValidator(_fraction)]
Threshold = Annotated[Size, AfterValidator(_positive)]


def term(cell: float | str) -> str:
    """A number or a formula as an operand of a longer formula.

    Formulas are written into one another, in brackets, instead of through lines under `let`: no name can then clash with
    the config's, and what occurs twice is computed once anyhow.
    """
    if isinstance(cell, str):
        return f"({cell.strip()})"
    return f"({cell!r})" if cell < 0 else repr(cell)


def numbers(value: Any) -> Any:
    """An array, or a dict of arrays, as the tuples that a field takes; anything else as it is."""
    if isinstance(value, np.ndarray):
        return _tuples(value.tolist())  # pyright: ignore[reportUnknownMemberType]
    if type(value) is dict:
        return {key: numbers(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value  # pyright: ignore

"""Values written out: a list of them, or numbers evenly spaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from evo._spec import ProblemError, Spec

Settings = dict[str, Any]
MOST_VALUES = 10**6


class Spaced(Spec):
    """Evenly spaced numbers from a to b, both included: linspace [a, b, count], or geomspace for equal ratios.

    `whole` rounds them to whole numbers, each of them once.
    """

    linspace: tuple[float, float, int] | None = None
    geomspace: tuple[float, float, int] | None = None
    whole: bool = False

    @model_validator(mode="after")
    def _one(self) -> Spaced:
        if (self.linspace is None) == (self.geomspace is None):
            raise ValueError("needs one of linspace and geomspace: [from, to, count]")
        first, last, count = self.linspace or self.geomspace or (0, 0, 0)
        key = "linspace" if self.linspace else "geomspace"
        if not 1 <= count <= MOST_VALUES:
            raise ProblemError((key, 2), f"is a number of values, 1 to {MOST_VALUES}, not {count}")
        if self.geomspace and first * last <= 0:
            raise ProblemError((key,), f"from and to need the same sign and may not be 0: {first:g}, {last:g}")
        return self

    @property
    def values(self) -> tuple[Any, ...]:
        """The numbers, rounded to 12 digits so that 0.1 steps read as such."""
        if self.linspace:
            numbers = np.linspace(*self.linspace)
        else:
            first, last, count = self.geomspace or (1, 1, 1)
            numbers = np.geomspace(first, last, count)
        if self.whole:
            return tuple(dict.fromkeys(int(number) for number in np.rint(numbers)))
        return tuple(rounded(float(number)) for number in numbers)


Values = Annotated[Spaced | tuple[Any, ...], Field(description="a list of values, or {linspace: [from, to, count]}")]


def listed_values(values: Spaced | tuple[Any, ...]) -> tuple[Any, ...]:
    """The values written out."""
    return values.values if isinstance(values, Spaced) else values


def ends_of(values: Mapping[str, Values]) -> dict[str, Values]:
    """The first and the last value of each path alone."""
    listed = {path: listed_values(chosen) for path, chosen in values.items()}
    return {path: (chosen[0], chosen[-1]) if len(chosen) > 1 else chosen for path, chosen in listed.items()}


def rounded(number: float) -> float:
    """To 12 digits, which is what a person reads and a file keeps."""
    return float(f"{number:.12g}")

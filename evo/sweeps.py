"""Sweeps: what varies, as lists of settings (path of the config -> value)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, cast

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from evo._spec import ProblemError, Spec

Settings = dict[str, Any]
MOST_VALUES = 10**6


class Spaced(Spec):
    """Evenly spaced numbers from a to b, both included: linspace [a, b, count], or geomspace for equal ratios."""

    linspace: tuple[float, float, int] | None = None
    geomspace: tuple[float, float, int] | None = None

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
        return tuple(float(f"{number:.12g}") for number in numbers)


Values = Annotated[Spaced | tuple[Any, ...], Field(description="a list of values, or {linspace: [from, to, count]}")]


class Sweep(Spec):
    """Points of one part of an experiment: grid x zip x points, on top of what `set` changes for all of them.

    grid: every combination of the values of each path; zip: paths whose values go together, one by one; points: a list
    of settings written out.
    """

    name: str | None = None
    set: Settings = Field(default_factory=dict)
    grid: dict[str, Values] = Field(default_factory=dict)
    zip: dict[str, Values] = Field(default_factory=dict)
    points: tuple[Settings, ...] = ()

    @model_validator(mode="after")
    def _agree(self) -> Sweep:
        lengths = {path: len(listed_values(values)) for path, values in self.zip.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{path} has {length}" for path, length in lengths.items())
            raise ProblemError(("zip",), f"values that go together are equally many: {told}")
        for key in ("grid", "zip"):
            for path, values in getattr(self, key).items():
                if not listed_values(values):
                    raise ProblemError((key, path), "has no values")
        paths = [*self.grid, *self.zip, *{path for point in self.points for path in point}]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise ProblemError((), f"{twice[0]!r} varies in two places")
        return self

    @property
    def size(self) -> int:
        """Number of points."""
        count = int(np.prod([len(listed_values(values)) for values in self.grid.values()], dtype=float))
        count *= len(listed_values(next(iter(self.zip.values())))) if self.zip else 1
        return count * max(1, len(self.points))

    @property
    def paths(self) -> tuple[str, ...]:
        """What varies, in the order in which it is written."""
        return tuple(dict.fromkeys([*self.grid, *self.zip, *(path for point in self.points for path in point)]))

    @property
    def ends(self) -> Sweep:
        """The same with the first and the last value of each path alone."""
        return Sweep(set=self.set, grid=_ends(self.grid), zip=_ends(self.zip), points=self.points)

    def settings(self) -> Iterator[Settings]:
        """The settings of each point, the last path of the grid varying fastest; those of `set` not included."""
        grids = itertools.product(*(listed_values(values) for values in self.grid.values()))
        zips = list(zip(*(listed_values(values) for values in self.zip.values()), strict=True)) if self.zip else [()]
        for chosen in grids:
            for together in zips:
                for point in self.points or ({},):
                    yield dict(zip(self.grid, chosen, strict=True)) | dict(zip(self.zip, together, strict=True)) | point


def listed_values(values: Spaced | tuple[Any, ...]) -> tuple[Any, ...]:
    """The values written out."""
    return values.values if isinstance(values, Spaced) else values


def _ends(values: Mapping[str, Values]) -> dict[str, Values]:
    listed = {path: listed_values(chosen) for path, chosen in values.items()}
    return {path: (chosen[0], chosen[-1]) if len(chosen) > 1 else chosen for path, chosen in listed.items()}


def _as_parts(value: object) -> object:
    return cast("tuple[object, ...]", value) if isinstance(value, list | tuple) else (value,)


Sweeps = Annotated[tuple[Sweep, ...], BeforeValidator(_as_parts, json_schema_input_type=Sweep | tuple[Sweep, ...])]

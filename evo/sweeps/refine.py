"""Refine: a coarse grid whose cells are split, again and again, where the answer changes."""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import Annotated

from pydantic import Field, model_validator

from evo._spec import ProblemError, Spec
from evo.sweeps.lattice import Lattice, Node
from evo.sweeps.ranges import Over, Scene, resolved
from evo.sweeps.values import Settings

MOST_AXES = 4
MOST_LINES = 2**20  # of the finest grid, along a path


class Refine(Spec):
    """Points where the answer changes: a grid of `start` points along each path, and its cells halved along every path
    where the corners disagree, up to `depth` times.

    The answer is the column `measure` of the outcomes. Of words (prevailing) corners disagree where it is likelier than
    `doubt` that not all have the same most frequent outcome, given their replicates; of numbers where they are more than
    `change` apart. `budget` bounds the points of all; coarse cells go first. What lies between points of the first grid
    that agree is not looked at.
    """

    over: Over
    start: int | tuple[int, ...] = 9
    depth: Annotated[int, Field(ge=1, le=16)] = 5
    measure: str = "prevailing"
    change: Annotated[float, Field(gt=0)] | None = None
    doubt: Annotated[float, Field(gt=0, lt=1)] = 0.05
    budget: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Refine:
        if len(self.over) > MOST_AXES:
            raise ProblemError(("over",), f"has {len(self.over)} paths; {MOST_AXES} at most can be refined together")
        for path, chosen in self.over.items():
            if chosen.choice is not None or chosen.whole:
                what = "a choice" if chosen.choice is not None else "a range of whole numbers"
                raise ProblemError(("over", path), f"{what} cannot be halved", "put it under grid")
        if isinstance(self.start, tuple) and len(self.start) != len(self.over):
            raise ProblemError(("start",), f"is one number, or one for each of the {len(self.over)} paths")
        for lines in self.starts:
            if lines < 2 or (lines - 1) * 2**self.depth > MOST_LINES:
                raise ProblemError(("start",), f"is at least 2, and (start - 1)*2**depth at most {MOST_LINES:,}")
        if self.budget is not None and self.budget < self.count:
            raise ProblemError(("budget",), f"is less than the {self.count:,} points of the first grid")
        return self

    @property
    def starts(self) -> tuple[int, ...]:
        """Points of the first grid along each path."""
        return self.start if isinstance(self.start, tuple) else (self.start,) * len(self.over)

    @property
    def count(self) -> int:
        """Points of the first grid."""
        found = 1
        for lines in self.starts:
            found *= lines
        return found

    @cached_property
    def lattice(self) -> Lattice:
        """The grid that is reached where every cell is split."""
        return Lattice(tuple(lines - 1 for lines in self.starts), self.depth)

    def values(self, scene: Scene) -> dict[str, list[float]]:
        """Values of each path on the finest grid."""
        ranges = resolved(self.over, scene)
        return {
            path: [chosen.at(place / last) for place in range(last + 1)]
            for (path, chosen), last in zip(ranges.items(), self.lattice.last, strict=True)
        }

    def first(self, scene: Scene) -> list[Settings]:
        """Settings of the first grid, the last path varying fastest."""
        values = self.values(scene)
        return [at(values, node) for node in itertools.product(*self.lattice.first_lines)]

    def ends(self, scene: Scene) -> list[Settings]:
        """The settings at the corners."""
        values = self.values(scene)
        return [at(values, node) for node in itertools.product(*((0, last) for last in self.lattice.last))]


def at(values: dict[str, list[float]], node: Node) -> Settings:
    """The settings of a node."""
    return {path: listed[place] for (path, listed), place in zip(values.items(), node, strict=True)}

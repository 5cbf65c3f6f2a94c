"""Graphs of given degrees: the configuration model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from evo._spec import ProblemError, Spec
from evo.graphs.assembly import adjacency_of
from evo.graphs.degrees import of_degrees
from evo.graphs.facts import EXCHANGED, Facts
from evo.graphs.fields import at_least, known, real, whole
from evo.graphs.graph import Graph
from evo.quantities import Quantity, Size

if TYPE_CHECKING:
    from evo.graphs.chance import Chance
    from evo.kernels.adjacency import Array

TRIES = 1000  # draws of degrees, each of which fits about every other time


class Configuration(Spec):
    """A graph of given degrees, otherwise at random: all such graphs are nearly as likely. One of them is made, then ten times
    as many pairs of ties as there are ties exchange ends, unless that makes a loop or a double tie [Milo et al. 2003].

    Either `degrees`, one for each node, or degrees drawn for `size` nodes from a power law, P(k) proportional to
    k**-exponent for k from `least` (default 1) to `most` (default the square root of the size, below which degrees of
    neighbours are uncorrelated [Catanzaro, Boguñá & Pastor-Satorras 2005]), all drawn again until a graph has them.
    """

    kind: Literal["configuration"] = "configuration"
    degrees: Annotated[tuple[Size, ...], Field(min_length=2)] | None = None
    size: Size | None = None
    exponent: Quantity | None = None
    least: Size | None = None
    most: Size | None = None
    facts: ClassVar[Facts] = Facts(random=True, tie=EXCHANGED)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        law = ("size", "exponent", "least", "most")
        if self.degrees is None:
            for key in ("size", "exponent"):
                if getattr(self, key) is None:
                    raise ProblemError(key, "is missing", "give degrees, or size and exponent of a power law")
            self._check_law()
            return self
        for key in law:
            if getattr(self, key) is not None:
                raise ProblemError(key, "belongs to a power law, and the degrees are given")
        if known(*self.degrees):
            _check_degrees(np.array(self.degrees, dtype=np.int64))
        return self

    def _check_law(self) -> None:
        at_least(2, "size", self.size, "two nodes make a tie")
        at_least(1, "least", self.least, "a power law has no degree 0")
        if not known(self.size):
            return
        if known(self.most) and whole(self.most) >= whole(self.size):
            raise ProblemError("most", f"must be less than the {self.size} nodes, is {self.most}")
        if not isinstance(self.least, str) and not isinstance(self.most, str):
            least, most = self._range()
            if least > most:
                key = "least" if self.most is None else "most"
                raise ProblemError(key, f"no degree is at least {least} and at most {most}")
            if least == most and least * whole(self.size) % 2:
                raise ProblemError("least", f"{self.size} nodes of degree {least} have an odd number of ends of ties")

    def _range(self) -> tuple[int, int]:
        most = math.isqrt(whole(self.size)) if self.most is None else whole(self.most)
        return 1 if self.least is None else whole(self.least), most

    @property
    def nodes(self) -> int:
        return whole(self.size) if self.degrees is None else len(self.degrees)

    @property
    def expected_ties(self) -> float:
        if self.degrees is not None:
            return sum(map(whole, self.degrees)) / 2
        values, chances = self._law()
        return self.nodes * float(values @ chances) / 2

    def graph(self, chance: Chance) -> Graph:
        """A graph by this chance; raises ProblemError where no draw of degrees fits."""
        return Graph(adjacency_of(self.nodes, *of_degrees(self._degrees(chance.generator()), chance)))

    def _degrees(self, generator: np.random.Generator) -> Array:
        if self.degrees is not None:
            return np.array([whole(degree) for degree in self.degrees])
        values, chances = self._law()
        for _ in range(TRIES):
            drawn: Array = generator.choice(values, size=self.nodes, p=chances)
            if drawn.sum() % 2 == 0 and unfit(drawn) is None:
                return drawn
        raise ProblemError("exponent", f"no graph has the degrees of any of {TRIES} draws", "lower `most`")

    def _law(self) -> tuple[Array, Array]:
        """Degrees and their probabilities."""
        least, most = self._range()
        values = np.arange(least, most + 1)
        logs = -real(self.exponent) * np.log(values)
        weights = np.exp(logs - logs.max())
        return values, weights / weights.sum()


def unfit(degrees: Array) -> int | None:
    """How many of the largest degrees, of an even sum, are too large together for a simple graph; None if none are
    [Erdős & Gallai 1960].
    """
    falling = np.sort(degrees)[::-1].astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(falling)])
    first = np.arange(1, len(falling) + 1)
    above = np.maximum(first, np.searchsorted(-falling, -first, side="right"))  # so many are among the first or >= k
    most = first * (first - 1) + first * (above - first) + sums[-1] - sums[above]
    broken = np.flatnonzero(sums[1:] > most)
    return int(first[broken[0]]) if broken.size else None


def _check_degrees(degrees: Array) -> None:
    outside = (degrees < 0) | (degrees >= len(degrees))
    if outside.any():
        place = int(np.argmax(outside))
        raise ProblemError(("degrees", place), f"must be from 0 to {len(degrees) - 1}, is {degrees[place]}")
    if degrees.sum() % 2:
        raise ProblemError("degrees", f"sum to {degrees.sum()}, and every tie has two ends", "make the sum even")
    if (count := unfit(degrees)) is not None:
        raise ProblemError("degrees", f"no graph has them: the {count} largest are too large for the others")

"""Trees and hierarchies: everybody but the one on top has a boss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from evo._spec import ProblemError, Spec
from evo.graphs.assembly import adjacency_of
from evo.graphs.facts import Facts
from evo.graphs.fields import at_least, between, known, real, whole
from evo.graphs.graph import MOST_NODES, Graph
from evo.quantities import Quantity, Size

if TYPE_CHECKING:
    from evo.graphs.chance import Chance
    from evo.kernels.adjacency import Array

Lateral = Literal["none", "siblings", "ring", "level"]


class Tree(Spec):
    """A full tree: each node down to level `depth`-1 is tied to `branching` nodes on the next level; node 0, on level 0, is
    the root, and the nodes of each level follow those of the one above.
    """

    kind: Literal["tree"] = "tree"
    branching: Size
    depth: Size
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        between(1, MOST_NODES, "branching", self.branching)
        _check_depth(self.branching, self.depth)
        return self

    @property
    def nodes(self) -> int:
        return _full(whole(self.branching), whole(self.depth))

    @property
    def expected_ties(self) -> float:
        return self.nodes - 1

    def graph(self, chance: Chance) -> Graph:
        """The graph, each level above the next in a unit square."""
        levels = _levels(whole(self.branching), self.nodes)
        below, above = _reports(whole(self.branching), self.nodes)
        adjacency = adjacency_of(self.nodes, above, below)
        positions = _layout(whole(self.branching), levels)
        return Graph(adjacency, levels=_depths(levels), positions=positions)


class Hierarchy(Spec):
    """A hierarchy with a span of control: node 0 is at the top, everybody has `span` reports, level by level, until the
    levels are full down to `depth` (the top is level 0) or, by `size`, until there is nobody left.

    Ties between boss and report have weight `vertical_weight`. `lateral` ties have weight `lateral_weight`: none,
    `siblings` (all who report to the same boss are tied), `ring` (those are tied in a ring, in their order), or `level` (a
    ring over each whole level); a ring of two is one tie. Ties of weight 0 are left out.
    """

    kind: Literal["hierarchy"] = "hierarchy"
    span: Size
    depth: Size | None = None
    size: Size | None = None
    lateral: Lateral = "none"
    vertical_weight: Quantity = 1.0
    lateral_weight: Quantity = 1.0
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        between(1, MOST_NODES, "span", self.span)
        if (self.depth is None) == (self.size is None):
            raise ProblemError("depth", "needs either depth or size", "give one of them")
        if self.depth is not None:
            _check_depth(self.span, self.depth)
        at_least(2, "size", self.size, "a boss and a report")
        for key in ("vertical_weight", "lateral_weight"):
            at_least(0, key, getattr(self, key), "0 leaves these ties out")
        if self.lateral == "none" and self.lateral_weight != 1.0:
            raise ProblemError("lateral_weight", "weighs ties that are not there", "say which `lateral` ties there are")
        if self.vertical_weight == 0 and (self.lateral == "none" or self.lateral_weight == 0):
            raise ProblemError("vertical_weight", "is 0, and there are no other ties")
        return self

    @property
    def nodes(self) -> int:
        return _full(whole(self.span), whole(self.depth)) if self.size is None else whole(self.size)

    @property
    def expected_ties(self) -> float:
        span, size = whole(self.span), self.nodes
        full, rest = divmod(size - 1, span)
        lateral = 0
        if self.lateral == "siblings":
            lateral = full * (span * (span - 1) // 2) + rest * (rest - 1) // 2
        elif self.lateral == "ring":
            lateral = full * _ring(span) + _ring(rest)
        elif self.lateral == "level":
            lateral = sum(map(_ring, _levels(span, size)))
        return (self.nodes - 1) * (self.vertical_weight != 0) + lateral * (self.lateral_weight != 0)

    def graph(self, chance: Chance) -> Graph:
        """The graph, each level above the next in a unit square."""
        span, size = whole(self.span), self.nodes
        vertical, lateral = real(self.vertical_weight), real(self.lateral_weight)
        levels = _levels(span, size)
        parts = [(*_reports(span, size if vertical else 1), vertical)]
        if lateral:
            parts += [(*ends, lateral) for ends in _lateral(self.lateral, span, size, levels)]
        below, above = (np.concatenate([part[end] for part in parts]) for end in (0, 1))
        weights = None
        if any(weight != 1.0 for ends, _, weight in parts if len(ends)):
            weights = np.concatenate([np.full(len(ends), weight) for ends, _, weight in parts])
        adjacency = adjacency_of(size, above, below, weights=weights)
        return Graph(adjacency, levels=_depths(levels), positions=_layout(span, levels))


def _check_depth(span: int | str, depth: int | str) -> None:
    at_least(1, "depth", depth, "there is a level below the top")
    if known(span, depth) and (whole(depth) >= MOST_NODES or (whole(span) > 1 and whole(depth) > 31)):
        raise ProblemError("depth", f"{depth} levels below the top have more than {MOST_NODES} nodes")


def _full(span: int, depth: int) -> int:
    return depth + 1 if span == 1 else (span ** (depth + 1) - 1) // (span - 1)


def _levels(span: int, size: int) -> list[int]:
    """How many nodes are on each level."""
    if span == 1:
        return [1] * size
    counts: list[int] = []
    left, width = size, 1
    while left > 0:
        counts.append(min(width, left))
        left -= width
        width *= span
    return counts


def _depths(levels: list[int]) -> Array:
    return np.repeat(np.arange(len(levels), dtype=np.int32), levels)


def _ring(count: int) -> int:
    """Ties of a ring of so many."""
    return count if count > 2 else max(count - 1, 0)


def _reports(span: int, size: int) -> tuple[Array, Array]:
    """Everybody but the top, and their bosses."""
    below = np.arange(1, size, dtype=np.int32)
    return below, (below - 1) // np.int32(span)


def _lateral(lateral: Lateral, span: int, size: int, levels: list[int]) -> list[tuple[Array, Array]]:
    """Both ends of ties between those of one boss or one level, in parts."""
    everybody = np.arange(1, size, dtype=np.int32)
    if lateral == "siblings":
        seat = (everybody - 1) % np.int32(span)
        kept = [everybody[: size - 1 - step][seat[step:] >= step] for step in range(1, min(span, size - 1))]
        return [(here, here + np.int32(step)) for step, here in enumerate(kept, start=1)]
    if lateral == "ring":
        firsts = np.arange(1, size, span, dtype=np.int64)
        counts = np.minimum(span, size - firsts)
    elif lateral == "level":
        counts = np.array(levels[1:], dtype=np.int64)
        firsts = 1 + np.cumsum(counts) - counts
    else:
        return []
    is_last = np.zeros(size - 1, dtype=np.bool_)
    is_last[firsts + counts - 2] = True
    here = everybody[~is_last]
    closing = counts > 2
    return [
        (here, here + np.int32(1)),
        ((firsts + counts - 1)[closing].astype(np.int32), firsts[closing].astype(np.int32)),
    ]


def _layout(span: int, levels: list[int]) -> Array:
    """Coordinates in a unit square, the top above: each node over the middle of those below it, (N, 2)."""
    size, deepest = sum(levels), max(len(levels) - 1, 1)
    positions = np.empty((size, 2))
    if span == 1:
        return np.column_stack([np.full(size, 0.5), 1 - np.arange(size) / deepest])
    first = 0
    for level, count in enumerate(levels):
        positions[first : first + count, 0] = (np.arange(count) + 0.5) / float(span) ** level
        positions[first : first + count, 1] = 1 - level / deepest
        first += count
    return positions

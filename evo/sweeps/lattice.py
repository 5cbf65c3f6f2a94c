"""A grid refined where its answers differ: which nodes are wanted next, from what is known at those there are.

A node is a tuple of places on the finest grid. A cell of level l spans 2**(depth - l) of these along each axis; it is
split by the nodes in the middle of its edges, faces and inside, and counts as split when all of these are there. So the
known nodes alone say how far the refinement is: it may be taken up anywhere, and takes the same course.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

Node = tuple[int, ...]
Cell = tuple[int, Node]  # level, lowest corner
Differ = Callable[[list[Node]], float]  # how much the answers at these nodes differ; 0 where not enough to split
Allowed = Callable[[Node], bool]


@dataclass(frozen=True)
class Lattice:
    """cells: of the first grid along each axis; depth: how often a cell may be halved."""

    cells: tuple[int, ...]
    depth: int

    @cached_property
    def last(self) -> tuple[int, ...]:
        """The last place along each axis."""
        return tuple(count * 2**self.depth for count in self.cells)

    @property
    def first_lines(self) -> tuple[range, ...]:
        """Places of the first grid along each axis."""
        return tuple(range(0, last + 1, 2**self.depth) for last in self.last)

    @cached_property
    def _corners(self) -> tuple[Node, ...]:
        return tuple(itertools.product((0, 1), repeat=len(self.cells)))

    @cached_property
    def _thirds(self) -> tuple[Node, ...]:
        return tuple(itertools.product((0, 1, 2), repeat=len(self.cells)))

    def span(self, level: int) -> int:
        """Places that a cell of this level spans along each axis."""
        return 2 ** (self.depth - level)

    def corners(self, cell: Cell) -> list[Node]:
        """The corners of a cell."""
        span = self.span(cell[0])
        return [tuple(low + span * step for low, step in zip(cell[1], steps, strict=True)) for steps in self._corners]

    def nodes_within(self, cell: Cell) -> list[Node]:
        """The nodes that a cell has once it is split: its corners, and the middle of every edge, of every face and of itself."""
        half = self.span(cell[0] + 1)
        return [tuple(low + half * step for low, step in zip(cell[1], steps, strict=True)) for steps in self._thirds]

    def children(self, cell: Cell) -> list[Cell]:
        """The cells that a cell falls into."""
        level, half = cell[0] + 1, self.span(cell[0] + 1)
        return [
            (level, tuple(low + half * step for low, step in zip(cell[1], steps, strict=True)))
            for steps in self._corners
        ]

    def leaves(self, known: Collection[Node], allowed: Allowed = lambda node: True) -> Iterator[Cell]:
        """The cells that are not split, in order; those without a node that is allowed are left out."""
        span = self.span(0)
        stack = [(0, node) for node in itertools.product(*(range(0, last, span) for last in self.last))][::-1]
        while stack:
            cell = stack.pop()
            if cell[0] < self.depth:
                within = [node for node in self.nodes_within(cell) if allowed(node)]
                if not within:
                    continue
                if all(node in known for node in within):
                    stack += self.children(cell)[::-1]
                    continue
            yield cell

    def around(self, leaves: Collection[Cell], known: Collection[Node]) -> dict[Cell, list[Node]]:
        """The known nodes on the rim of each leaf, those that finer neighbours left there included."""
        there = set(leaves)
        found: dict[Cell, list[Node]] = {cell: [] for cell in leaves}
        for node in sorted(known):
            touched: set[Cell] = set()
            for sides in self._corners:
                cell = self._leaf_beside(node, sides, there)
                if cell is not None and cell not in touched:
                    touched.add(cell)
                    found[cell].append(node)
        return found

    def _leaf_beside(self, node: Node, sides: Node, leaves: set[Cell]) -> Cell | None:
        """The leaf that a node touches towards these sides (0 below it, 1 above), None beyond the rim."""
        inner = [place - 1 + side for place, side in zip(node, sides, strict=True)]  # a place just within that leaf
        if any(place < 0 or place >= last for place, last in zip(inner, self.last, strict=True)):
            return None
        for level in range(self.depth + 1):
            span = self.span(level)
            cell = (level, tuple(place // span * span for place in inner))
            if cell in leaves:
                return cell
        return None

    def wanted(
        self, known: Collection[Node], differ: Differ, allowed: Allowed = lambda node: True
    ) -> list[tuple[int, float, list[Node]]]:
        """The cells to split: level, how much their nodes differ, and the nodes that splitting them needs; coarse cells
        first, then those that differ most, then in order."""
        leaves = [cell for cell in self.leaves(known, allowed) if cell[0] < self.depth]
        rim = self.around(leaves, known)
        found: list[tuple[int, float, list[Node]]] = []
        for cell in leaves:
            gap = differ(rim[cell])
            if gap > 0:
                needed = [node for node in self.nodes_within(cell) if node not in known and allowed(node)]
                found.append((cell[0], gap, needed))
        return sorted(found, key=lambda cell: (cell[0], -cell[1], cell[2]))

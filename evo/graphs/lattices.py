"""Lattices: square, triangular, hexagonal and cubic."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from evo._spec import ProblemError, Spec
from evo.graphs.assembly import adjacency_of
from evo.graphs.facts import Facts
from evo.graphs.fields import at_least, known, whole
from evo.graphs.graph import Graph
from evo.kernels.adjacency import MOORE, VON_NEUMANN, Adjacency, Lattice
from evo.quantities import Size

if TYPE_CHECKING:
    from evo.graphs.chance import Chance
    from evo.kernels.adjacency import Array

AROUND = "a lattice that wraps around in fewer would tie a node twice to the same; or say `periodic: false`"
STEPS = {"von_neumann": ((0, 1), (1, 0)), "moore": ((0, 1), (1, 0), (1, 1), (1, -1))}  # one of each opposite pair


class Square(Spec):
    """A square lattice of rows times columns: 4 neighbours (von_neumann) or 8 (moore), a torus if periodic
    [Nowak & May 1992]. Node row*columns + column.
    """

    kind: Literal["square"] = "square"
    rows: Size
    columns: Size
    neighbourhood: Literal["von_neumann", "moore"] = "von_neumann"
    periodic: bool = True
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_sides(self, ("rows", "columns"))
        return self

    @property
    def nodes(self) -> int:
        return whole(self.rows) * whole(self.columns)

    @property
    def expected_ties(self) -> float:
        return _ties(self, STEPS[self.neighbourhood])

    def graph(self, chance: Chance) -> Graph:
        """The graph, with its lattice."""
        rows, columns = whole(self.rows), whole(self.columns)
        around = MOORE if self.neighbourhood == "moore" else VON_NEUMANN
        adjacency = _translated((rows, columns), STEPS[self.neighbourhood], self.periodic)
        positions = _grid(rows, columns)
        return Graph(adjacency, positions=positions, lattice=Lattice(rows, columns, around, self.periodic))


class Triangular(Spec):
    """A triangular lattice: 6 neighbours. The square lattice with one diagonal, sheared; a torus if periodic."""

    kind: Literal["triangular"] = "triangular"
    rows: Size
    columns: Size
    periodic: bool = True
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_sides(self, ("rows", "columns"))
        return self

    @property
    def nodes(self) -> int:
        return whole(self.rows) * whole(self.columns)

    @property
    def expected_ties(self) -> float:
        return _ties(self, ((0, 1), (1, 0), (1, 1)))

    def graph(self, chance: Chance) -> Graph:
        """The graph, each row half a step further left."""
        rows, columns = whole(self.rows), whole(self.columns)
        adjacency = _translated((rows, columns), ((0, 1), (1, 0), (1, 1)), self.periodic)
        positions = _grid(rows, columns) * (1, np.sqrt(3) / 2)
        positions[:, 0] -= np.repeat(np.arange(rows), columns) / 2
        return Graph(adjacency, positions=positions)


class Hexagonal(Spec):
    """A honeycomb: 3 neighbours. A brick wall of rows times columns, each node tied along its row and to the next row on
    even, to the previous one on odd places (row + column); a torus if periodic, where both sides are even.
    """

    kind: Literal["hexagonal"] = "hexagonal"
    rows: Size
    columns: Size
    periodic: bool = True
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for key, least in (("rows", 2 if self.periodic else 1), ("columns", 4 if self.periodic else 1)):
            side = getattr(self, key)
            at_least(least, key, side, AROUND if self.periodic else "one is the least")
            if self.periodic and known(side) and whole(side) % 2:
                raise ProblemError(key, f"must be even where a honeycomb wraps around, is {side}")
        _check_two(self.rows, self.columns)
        return self

    @property
    def nodes(self) -> int:
        return whole(self.rows) * whole(self.columns)

    @property
    def expected_ties(self) -> float:
        rows, columns = whole(self.rows), whole(self.columns)
        if self.periodic:
            return 1.5 * rows * columns
        return rows * (columns - 1) + ((rows - 1) * columns + 1) // 2

    def graph(self, chance: Chance) -> Graph:
        """The graph, its nodes on the corners of regular hexagons with sides of length 1."""
        rows, columns = whole(self.rows), whole(self.columns)
        node = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
        even = np.add.outer(np.arange(rows), np.arange(columns)) % 2 == 0
        if self.periodic:
            along, down, here = np.roll(node, -1, axis=1).ravel(), np.roll(node, -1, axis=0)[even], node[even]
            sources = np.concatenate([node.ravel(), here])
        else:
            along, down = node[:, 1:].ravel(), node[1:][even[:-1]]
            sources = np.concatenate([node[:, :-1].ravel(), node[:-1][even[:-1]]])
        adjacency = adjacency_of(node.size, sources, np.concatenate([along, down]))
        positions = _grid(rows, columns) * (np.sqrt(3) / 2, 1.5)
        positions[:, 1] += np.where(even, -0.25, 0.25).ravel()
        return Graph(adjacency, positions=positions)


class Cubic(Spec):
    """A cubic lattice in three dimensions: 6 neighbours, a torus if periodic.

    Node (layer*rows + row)*columns + column.
    """

    kind: Literal["cubic"] = "cubic"
    layers: Size
    rows: Size
    columns: Size
    periodic: bool = True
    facts: ClassVar[Facts] = Facts(places=3)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_sides(self, ("layers", "rows", "columns"))
        return self

    @property
    def nodes(self) -> int:
        return whole(self.layers) * whole(self.rows) * whole(self.columns)

    @property
    def expected_ties(self) -> float:
        sides = whole(self.layers), whole(self.rows), whole(self.columns)
        return sum(self.nodes if self.periodic else self.nodes // side * (side - 1) for side in sides)

    def graph(self, chance: Chance) -> Graph:
        """The graph, with positions (column, -row, layer)."""
        sides = whole(self.layers), whole(self.rows), whole(self.columns)
        adjacency = _translated(sides, ((0, 0, 1), (0, 1, 0), (1, 0, 0)), self.periodic)
        layer, row, column = np.unravel_index(np.arange(self.nodes), sides)
        return Graph(adjacency, positions=np.column_stack([column, -row, layer]).astype(np.float64))


def _check_sides(lattice: Square | Triangular | Cubic, keys: tuple[str, ...]) -> None:
    sides = [getattr(lattice, key) for key in keys]
    for key, side in zip(keys, sides, strict=True):
        at_least(3 if lattice.periodic else 1, key, side, AROUND if lattice.periodic else "one is the least")
    _check_two(*sides)


def _check_two(*sides: int | str) -> None:
    if known(*sides) and all(side == 1 for side in sides):
        raise ProblemError((), "has a single node, and two nodes make a tie")


def _ties(lattice: Square | Triangular, steps: tuple[tuple[int, int], ...]) -> int:
    rows, columns = whole(lattice.rows), whole(lattice.columns)
    if lattice.periodic:
        return rows * columns * len(steps)
    return sum((rows - abs(down)) * (columns - abs(right)) for down, right in steps)


def _translated(sides: tuple[int, ...], steps: tuple[tuple[int, ...], ...], periodic: bool) -> Adjacency:
    """Every node tied to those a step away, each of an opposite pair of steps given once."""
    node = np.arange(np.prod(sides), dtype=np.int32).reshape(sides)
    pairs: list[tuple[Array, Array]] = []
    for step in steps:
        if periodic:
            pairs.append((node.ravel(), np.roll(node, [-move for move in step], axis=range(len(sides))).ravel()))
        else:
            here = tuple(slice(max(0, -move), min(side, side - move)) for move, side in zip(step, sides, strict=True))
            there = tuple(slice(max(0, move), min(side, side + move)) for move, side in zip(step, sides, strict=True))
            pairs.append((node[here].ravel(), node[there].ravel()))
    sources, targets = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    return adjacency_of(node.size, sources, targets)


def _grid(rows: int, columns: int) -> Array:
    """Coordinates (column, -row), (rows*columns, 2)."""
    return np.column_stack([np.tile(np.arange(columns, dtype=np.float64), rows), -np.repeat(np.arange(rows), columns)])

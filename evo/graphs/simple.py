"""Graphs without chance or geometry: complete, cycle, path, star, wheel, core and periphery."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from evo._spec import ProblemError, Spec
from evo.graphs.assembly import adjacency_of
from evo.graphs.facts import Facts
from evo.graphs.fields import at_least, known, whole
from evo.graphs.graph import Graph
from evo.kernels.adjacency import Adjacency
from evo.quantities import Size

if TYPE_CHECKING:
    from evo.graphs.chance import Chance
    from evo.kernels.adjacency import Array


class Complete(Spec):
    """Everybody is tied to everybody else: the well-mixed population as a graph."""

    kind: Literal["complete"] = "complete"
    size: Size
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(2, "size", self.size, "two nodes make a tie")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        return self.nodes * (self.nodes - 1) / 2

    def graph(self, chance: Chance) -> Graph:
        """The graph, its nodes on a circle."""
        n = self.nodes
        starts = np.arange(n + 1, dtype=np.int64) * (n - 1)
        others = np.tile(np.arange(n - 1, dtype=np.int32), n).reshape(n, n - 1)
        others += others >= np.arange(n, dtype=np.int32)[:, None]
        return Graph(Adjacency(starts, others.ravel(), np.empty(0)), positions=circle(n))


class Cycle(Spec):
    """A ring: each node has two neighbours."""

    kind: Literal["cycle"] = "cycle"
    size: Size
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(3, "size", self.size, "three nodes make a ring")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        return self.nodes

    def graph(self, chance: Chance) -> Graph:
        """The graph, its nodes on a circle."""
        here = np.arange(self.nodes, dtype=np.int32)
        return Graph(adjacency_of(self.nodes, here, np.roll(here, -1)), positions=circle(self.nodes))


class Path(Spec):
    """A line of nodes; the two at its ends have one neighbour."""

    kind: Literal["path"] = "path"
    size: Size
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(2, "size", self.size, "two nodes make a tie")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        return self.nodes - 1

    def graph(self, chance: Chance) -> Graph:
        """The graph, its nodes from left to right."""
        here = np.arange(self.nodes, dtype=np.int32)
        line = np.column_stack([here, np.zeros(self.nodes)])
        return Graph(adjacency_of(self.nodes, here[:-1], here[1:]), positions=line)


class Star(Spec):
    """A hub, node 0, tied to size-1 leaves that are tied to nobody else; amplifies selection under birth-death
    [Lieberman, Hauert & Nowak 2005].
    """

    kind: Literal["star"] = "star"
    size: Size
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(2, "size", self.size, "a hub and a leaf")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        return self.nodes - 1

    def graph(self, chance: Chance) -> Graph:
        """The graph, its leaves on a circle around the hub."""
        leaves = np.arange(1, self.nodes, dtype=np.int32)
        return Graph(adjacency_of(self.nodes, np.zeros_like(leaves), leaves), positions=_around_hub(self.nodes))


class Wheel(Spec):
    """A star whose size-1 leaves form a ring; the hub is node 0."""

    kind: Literal["wheel"] = "wheel"
    size: Size
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(4, "size", self.size, "a hub and a ring of three")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        return 2 * (self.nodes - 1)

    def graph(self, chance: Chance) -> Graph:
        """The graph, its ring on a circle around the hub."""
        leaves = np.arange(1, self.nodes, dtype=np.int32)
        sources = np.concatenate([np.zeros_like(leaves), leaves])
        targets = np.concatenate([leaves, np.roll(leaves, -1)])
        return Graph(adjacency_of(self.nodes, sources, targets), positions=_around_hub(self.nodes))


class CorePeriphery(Spec):
    """A core whose `core` members are all tied to each other, and a periphery of which each is tied to `ties` of the core
    and to nobody else [Borgatti & Everett 2000]. The core are the first nodes; the periphery's ties go around it in turn,
    so that all of the core have as many, give or take one.
    """

    kind: Literal["core_periphery"] = "core_periphery"
    size: Size
    core: Size
    ties: Size = 1
    facts: ClassVar[Facts] = Facts(places=2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(1, "core", self.core, "one node is the smallest core")
        at_least(1, "ties", self.ties, "each of the periphery is tied to the core")
        for key, most, what in (("core", self.size, "nodes"), ("ties", self.core, "nodes of the core")):
            value = getattr(self, key)
            if known(value, most) and whole(value) > whole(most):
                raise ProblemError(key, f"must be at most the {most} {what}, is {value}")
        if known(self.size) and whole(self.size) < 2:
            raise ProblemError("size", f"must be at least 2, is {self.size}")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        core = whole(self.core)
        return core * (core - 1) / 2 + (self.nodes - core) * whole(self.ties)

    def graph(self, chance: Chance) -> Graph:
        """The graph, core and periphery on two circles."""
        core, each, n = whole(self.core), whole(self.ties), self.nodes
        first, second = np.triu_indices(core, 1)
        outside = np.repeat(np.arange(core, n, dtype=np.int32), each)
        inside = np.arange(len(outside)) % core
        sources = np.concatenate([first, inside]).astype(np.int32)
        targets = np.concatenate([second.astype(np.int32), outside])
        positions = np.concatenate([circle(core) * (0.4 if core > 1 else 0.0), circle(n - core)])
        return Graph(adjacency_of(n, sources, targets), positions=positions)


def circle(count: int) -> Array:
    """So many points on the unit circle, clockwise from the top, (count, 2)."""
    angle = 2 * np.pi * np.arange(count) / max(count, 1)
    return np.column_stack([np.sin(angle), np.cos(angle)])


def _around_hub(size: int) -> Array:
    return np.concatenate([np.zeros((1, 2)), circle(size - 1)])

"""A graph that was built: who meets whom, and what is known of its nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._spec import ProblemError
from evo.graphs.assembly import adjacency_of, fault_of, unit_weights
from evo.kernels.adjacency import Adjacency, Lattice

if TYPE_CHECKING:
    import networkx

    from evo.kernels.adjacency import Array

MOST_NODES = 2**31 - 1  # neighbours are 32-bit integers


def _no_levels() -> Array:
    return np.empty(0, dtype=np.int32)


def _no_positions() -> Array:
    return np.empty((0, 2))


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph of N nodes, without loops and double ties; arrays are not to be written to.

    Row i of `adjacency` holds those whom i meets and learns from: in a directed graph the sources of the edges into i.
    `levels`: depth of each node below the top, int32 (N,), of trees and hierarchies; `positions`: coordinates (N, 2) or
    (N, 3) where the graph has natural ones; `names` of nodes, where they have some; each else empty. `lattice`: rows,
    columns, neighbourhood and whether it wraps around, of a square lattice, else None.
    """

    adjacency: Adjacency
    directed: bool = False
    levels: Array = field(default_factory=_no_levels)
    positions: Array = field(default_factory=_no_positions)
    names: tuple[str, ...] = ()
    lattice: Lattice | None = None

    @classmethod
    def from_edges(
        cls,
        size: int,
        sources: Sequence[int] | Array,
        targets: Sequence[int] | Array,
        *,
        weights: Sequence[float] | Array | None = None,
        directed: bool = False,
        names: tuple[str, ...] = (),
        positions: Array | None = None,
    ) -> Graph:
        """The graph of nodes 0 to size-1 with an edge from each source to its target: the target learns from the source,
        and both from each other unless `directed`.

        Raises ProblemError, path `("edges", place)`, at the first loop, edge that is there before (in either direction
        unless directed), unknown node, or weight that is not positive and finite; and where `size` is below 1.
        """
        if not 1 <= size <= MOST_NODES:
            raise ProblemError(("size",), f"must be a number of nodes from 1 to {MOST_NODES}, is {size}")
        if names and len(names) != size:
            raise ProblemError(("names",), f"needs {size} names, has {len(names)}")
        fault = fault_of(size, sources, targets, weights=weights, directed=directed)
        if fault is not None:
            raise ProblemError(("edges", fault.place), fault.words, fault.hint)
        return cls.of_edges(
            size, sources, targets, weights=weights, directed=directed, names=names, positions=positions
        )

    @classmethod
    def of_edges(
        cls,
        size: int,
        sources: Sequence[int] | Array,
        targets: Sequence[int] | Array,
        *,
        weights: Sequence[float] | Array | None = None,
        directed: bool = False,
        names: tuple[str, ...] = (),
        positions: Array | None = None,
    ) -> Graph:
        """`from_edges` of edges that are known to be right."""
        given = None if weights is None else unit_weights(np.asarray(weights, dtype=np.float64))
        first, second = (np.asarray(ends, dtype=np.int32) for ends in (sources, targets))
        adjacency = adjacency_of(size, first, second, weights=given, directed=directed)
        return cls(adjacency, directed, names=names, positions=_no_positions() if positions is None else positions)

    @property
    def size(self) -> int:
        """Nodes, N."""
        return len(self.adjacency.starts) - 1

    @property
    def edges(self) -> int:
        """Ties; edges of a directed graph."""
        entries = len(self.adjacency.neighbours)
        return entries if self.directed else entries // 2

    @cached_property
    def degrees(self) -> Array:
        """Neighbours of each node, int64 (N,); in a directed graph those whom it learns from."""
        return np.diff(self.adjacency.starts)

    @cached_property
    def component_of(self) -> Array:
        """Number of the component of each node, int32 (N,); directions of edges do not count."""
        from scipy.sparse.csgraph import connected_components

        return connected_components(self.to_matrix(), directed=self.directed, connection="weak")[1]

    @property
    def components(self) -> int:
        """Parts without a tie between them; an isolated node is one."""
        return int(self.component_of.max()) + 1

    @property
    def isolated(self) -> Array:
        """The nodes that no edge leads to and none leads from, int64."""
        alone = self.degrees == 0
        if self.directed:
            alone &= np.diff(self.transposed.starts) == 0
        return np.flatnonzero(alone)

    @cached_property
    def transposed(self) -> Adjacency:
        """Those who learn from each node; the adjacency itself unless directed."""
        if not self.directed:
            return self.adjacency
        turned = self.to_matrix().tocsc()
        weights = turned.data if len(self.adjacency.weights) else self.adjacency.weights
        return Adjacency(turned.indptr.astype(np.int64), turned.indices.astype(np.int32), weights)

    def to_matrix(self) -> Any:
        """A scipy sparse matrix (N, N) of float64 weights: row i holds those whom i learns from."""
        from scipy.sparse import csr_matrix

        starts, neighbours, weights = self.adjacency
        given = weights if len(weights) else np.ones(len(neighbours))
        return csr_matrix((given, neighbours, starts), shape=(self.size, self.size))

    def to_networkx(self) -> networkx.Graph[Any]:
        """A networkx graph of nodes 0 to N-1, edges from source to target, with `weight`, `name`, `level` and `position`
        where they are known.
        """
        import networkx as nx

        graph = nx.DiGraph() if self.directed else nx.Graph()
        known = {
            "name": self.names,
            "level": self.levels.tolist(),
            "position": list(map(tuple, self.positions.tolist())),
        }
        graph.add_nodes_from(range(self.size))
        for key, values in known.items():
            nx.set_node_attributes(graph, dict(enumerate(values)), key)
        targets = np.repeat(np.arange(self.size), self.degrees).tolist()
        sources = self.adjacency.neighbours.tolist()
        if len(self.adjacency.weights):
            graph.add_weighted_edges_from(zip(sources, targets, self.adjacency.weights.tolist(), strict=True))
        else:
            graph.add_edges_from(zip(sources, targets, strict=True))
        return graph

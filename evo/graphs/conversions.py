"""Graphs of other libraries and matrices to graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo._spec import ProblemError
from evo.graphs.graph import Graph

if TYPE_CHECKING:
    import igraph
    import networkx


def from_networkx(graph: networkx.Graph[Any], *, weight: str | None = "weight") -> Graph:
    """A networkx graph, nodes in its order and named by their text; edges without the attribute `weight` weigh 1.

    Along an edge u, v of a directed graph v learns from u. Raises ProblemError for a multigraph and what `Graph.from_edges`
    refuses.
    """
    if graph.is_multigraph():
        raise ProblemError((), "may tie nodes twice", "turn the multigraph into a Graph or DiGraph")
    place = {node: number for number, node in enumerate(graph)}
    edges = list(graph.edges(data=weight, default=1.0)) if weight else [(*ends, 1.0) for ends in graph.edges()]
    return Graph.from_edges(
        len(place),
        np.array([place[source] for source, _, _ in edges], dtype=np.int64),
        np.array([place[target] for _, target, _ in edges], dtype=np.int64),
        weights=np.array([value for _, _, value in edges], dtype=np.float64),
        directed=graph.is_directed(),
        names=tuple(map(str, place)),
    )


def from_igraph(graph: igraph.Graph, *, weight: str = "weight") -> Graph:
    """An igraph graph, with its vertices' `name` and its edges' `weight` where it has them.

    Along an edge from u to v of a directed graph v learns from u. Raises ProblemError for what `Graph.from_edges` refuses.
    """
    ends = np.array(graph.get_edgelist(), dtype=np.int64).reshape(-1, 2)
    return Graph.from_edges(
        graph.vcount(),
        ends[:, 0],
        ends[:, 1],
        weights=graph.es[weight] if weight in graph.es.attributes() else None,
        directed=graph.is_directed(),
        names=tuple(map(str, graph.vs["name"])) if "name" in graph.vs.attributes() else (),
    )


def from_matrix(matrix: Any, *, directed: bool = False) -> Graph:
    """A square matrix of weights, scipy sparse or dense: row i holds those whom i meets and learns from, 0 for no tie.

    That is the transpose of the adjacency matrix of networkx and igraph, whose rows are sources. Raises ProblemError for a
    matrix that is not square, not symmetric unless `directed`, and what `Graph.from_edges` refuses.
    """
    from scipy.sparse import coo_matrix, triu

    table: Any = coo_matrix(matrix, dtype=np.float64)
    if table.shape[0] != table.shape[1]:
        raise ProblemError((), f"must be square, has shape {table.shape}")
    table.sum_duplicates()
    table.eliminate_zeros()
    if not directed:
        uneven = (table != table.T).tocoo()
        if uneven.nnz:
            row, column = int(uneven.row[0]), int(uneven.col[0])
            raise ProblemError(
                (), f"is not symmetric at row {row}, column {column}", "say directed=True if it is meant"
            )
        table = triu(table, format="coo")
    return Graph.from_edges(table.shape[0], table.col, table.row, weights=table.data, directed=directed)

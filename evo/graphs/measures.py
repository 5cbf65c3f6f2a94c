"""What strategies on the nodes of a graph look like: their ties, their clusters, and the hierarchy that is left.

`strategies` is the number of each node's strategy, (N,), of d in all. Ties are edges where the graph is directed; whatever
is a share of ties counts them by weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evo.graphs.graph import Graph
from evo.kernels.adjacency import Array


def ends_of(graph: Graph) -> tuple[Array, Array, Array]:
    """Both ends of all ties, and their weights: (E,) each; the second learns from the first. Each tie of an undirected
    graph stands here once, the smaller number first."""
    starts, neighbours, weights = graph.adjacency
    rows = np.repeat(np.arange(graph.size, dtype=np.int32), np.diff(starts))
    once = np.ones(len(rows), np.bool_) if graph.directed else neighbours < rows
    given = weights if len(weights) else np.ones(len(rows))
    return neighbours[once], rows[once], given[once]


def tie_matrix(graph: Graph, strategies: Array, count: int) -> Array:
    """Share of the ties that lead from strategy i to j, (d, d): e_ij of Newman (2003), symmetric unless the graph is
    directed, where a tie between two strategies counts half each way; nan where there are no ties."""
    sources, targets, weights = ends_of(graph)
    places = strategies[sources].astype(np.int64) * count + strategies[targets]
    shares = np.bincount(places, weights, minlength=count * count).reshape(count, count)
    shares = shares if graph.directed else (shares + shares.T) / 2
    total = shares.sum()
    return shares / total if total > 0 else np.full((count, count), np.nan)


def assortativity(ties: Array) -> float:
    """Newman's coefficient r = (sum_i e_ii - sum_i a_i b_i) / (1 - sum_i a_i b_i), where a_i and b_i are the sums of row and
    column i: 1 where like is tied to like only, 0 for ties by chance; nan where all ends are of one strategy
    [Newman 2003, Phys. Rev. E 67:026126, eq. 2]."""
    by_chance = float((ties.sum(axis=1) * ties.sum(axis=0)).sum())
    if not by_chance < 1 - 1e-12:
        return float("nan")
    return (float(np.trace(ties)) - by_chance) / (1 - by_chance)


def share_alike(graph: Graph, strategies: Array) -> float:
    """Mean over the nodes that have neighbours of the share, by weight, of these that play as the node does; nan where no
    node has any."""
    starts, neighbours, weights = graph.adjacency
    rows = np.repeat(np.arange(graph.size), np.diff(starts))
    given = weights if len(weights) else np.ones(len(rows))
    alike = np.bincount(rows, given * (strategies[neighbours] == strategies[rows]), minlength=graph.size)
    whole = np.bincount(rows, given, minlength=graph.size)
    tied = whole > 0
    return float((alike[tied] / whole[tied]).mean()) if tied.any() else float("nan")


def interface(graph: Graph, strategies: Array) -> tuple[int, float]:
    """Ties between different strategies: how many, and which share of all by weight (nan where there are none)."""
    sources, targets, weights = ends_of(graph)
    across = strategies[sources] != strategies[targets]
    total = weights.sum()
    return int(across.sum()), float(weights[across].sum() / total) if total > 0 else float("nan")


def clusters(graph: Graph, strategies: Array) -> tuple[Array, Array]:
    """Connected sets of nodes of one strategy, as large as they can be; directions of edges do not count.

    The number of each node's cluster, (N,), and the size of each cluster.
    """
    sources, targets, _ = ends_of(graph)
    alike = strategies[sources] == strategies[targets]
    cluster_of = _parts(graph.size, sources[alike], targets[alike])
    return cluster_of, np.bincount(cluster_of)


@dataclass(frozen=True)
class HierarchyLeft:
    """The largest part of a hierarchy whose members all play one strategy: members, the level of its top, levels below
    that, and how many members those with any below them have directly below, on average (nan where nobody has)."""

    members: int
    top: float
    depth: float
    span: float


def hierarchy_left(graph: Graph, strategies: Array, strategy: int) -> HierarchyLeft:
    """What is left of a hierarchy to a strategy: the largest set of its players that ties from one level to the next
    connect; of several equally large the one whose top is highest."""
    plays = strategies == strategy
    if not plays.any():
        return HierarchyLeft(0, np.nan, np.nan, np.nan)
    sources, targets, _ = ends_of(graph)
    levels = graph.levels
    held = plays[sources] & plays[targets] & (np.abs(levels[sources] - levels[targets]) == 1)
    sources, targets = sources[held], targets[held]
    part_of = _parts(graph.size, sources, targets)
    sizes = np.bincount(part_of, plays)
    tops = np.full(len(sizes), np.iinfo(np.int32).max, np.int32)
    np.minimum.at(tops, part_of, levels)
    chosen = np.lexsort((tops, -sizes))[0]
    inside = part_of[sources] == chosen
    above = np.where(levels[sources] < levels[targets], sources, targets)[inside]
    bosses = len(np.unique(above))
    members = int(sizes[chosen])
    depth = int(levels[part_of == chosen].max() - tops[chosen])
    return HierarchyLeft(members, int(tops[chosen]), depth, len(above) / bosses if bosses else float("nan"))


def level_shares(graph: Graph, strategies: Array, count: int) -> Array:
    """Share of each strategy on each level from the top down, (levels, d)."""
    levels = int(graph.levels.max()) + 1
    found = np.bincount(graph.levels.astype(np.int64) * count + strategies, minlength=levels * count)
    shares = found.reshape(levels, count).astype(np.float64)
    return shares / shares.sum(axis=1, keepdims=True)


def _parts(size: int, sources: Array, targets: Array) -> Array:
    """Number of the connected part of each node, int32 (N,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ties = coo_matrix((np.ones(len(sources), np.int8), (sources, targets)), shape=(size, size))
    return connected_components(ties, directed=False)[1]

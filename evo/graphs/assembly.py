"""Edges into the rows of an adjacency, and what is wrong with edges that somebody gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evo.kernels.adjacency import Adjacency

if TYPE_CHECKING:
    from evo.kernels.adjacency import Array


class Fault(NamedTuple):
    """The first edge that is wrong."""

    place: int
    words: str
    earlier: int | None = None  # the edge that it repeats
    hint: str | None = None


def adjacency_of(
    size: int, sources: Array, targets: Array, *, weights: Array | None = None, directed: bool = False
) -> Adjacency:
    """Rows of targets that hold their sources, and the reverse unless directed; edges are taken as right.

    Counting sort, O(N + E); at its peak 23 bytes for each entry of the result, 48 with weights, beside the edges given.
    """
    from scipy.sparse import coo_matrix

    rows, columns = targets.astype(np.int32, copy=False), sources.astype(np.int32, copy=False)
    given = np.ones(len(rows), dtype=np.bool_) if weights is None else weights
    if not directed:
        rows, columns = np.concatenate([rows, columns]), np.concatenate([columns, rows])
        given = np.concatenate([given, given])
    matrix: Any = coo_matrix((given, (rows, columns)), shape=(size, size)).tocsr()
    del rows, columns, given
    matrix.sort_indices()
    kept = np.empty(0) if weights is None else matrix.data
    return Adjacency(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False), kept)


def unit_weights(weights: Array) -> Array | None:
    """The weights, or None where all are 1."""
    return None if np.all(weights == 1.0) else weights


def fault_of(
    size: int,
    sources: Sequence[int] | Array,
    targets: Sequence[int] | Array,
    *,
    weights: Sequence[float] | Array | None = None,
    directed: bool = False,
) -> Fault | None:
    """What is wrong first, by the order of the edges, None if nothing is; raises ValueError for arrays of other shapes."""
    ends = [_whole(sources, "sources"), _whole(targets, "targets")]
    given = None if weights is None else np.asarray(weights, dtype=np.float64)
    if ends[0].shape != ends[1].shape or (given is not None and given.shape != ends[0].shape):
        raise ValueError("sources, targets and weights need the same length")
    found: list[Fault] = []
    for end in ends:
        if (unknown := np.flatnonzero((end < 0) | (end >= size))).size:
            found.append(Fault(int(unknown[0]), f"unknown node {end[unknown[0]]}: nodes are 0 to {size - 1}"))
    if (loops := np.flatnonzero(ends[0] == ends[1])).size:
        found.append(Fault(int(loops[0]), "ties a node to itself"))
    if given is not None and (bad := np.flatnonzero(~(np.isfinite(given) & (given > 0)))).size:
        found.append(Fault(int(bad[0]), f"weight must be positive and finite, is {given[bad[0]]:g}"))
    if not found and (again := _again(size, ends[0], ends[1], directed)) is not None:
        found.append(again)
    return min(found, key=lambda fault: fault.place, default=None)


def _whole(ends: Sequence[int] | Array, which: str) -> Array:
    nodes = np.asarray(ends)
    if nodes.ndim != 1 or not (nodes.size == 0 or np.issubdtype(nodes.dtype, np.integer)):
        raise ValueError(f"{which} must be a list of whole numbers")
    return nodes


def _again(size: int, sources: Array, targets: Array, directed: bool) -> Fault | None:
    """The first edge that repeats an earlier one, in either direction unless directed."""
    first, second = sources.astype(np.int64), targets.astype(np.int64)
    if not directed:
        first, second = np.minimum(first, second), np.maximum(first, second)
    keys = first * size + second
    order = np.argsort(keys, kind="stable")
    repeats = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
    if not repeats.size:
        return None
    at = repeats[np.argmin(order[repeats + 1])]
    place, earlier = int(order[at + 1]), int(order[at])
    if sources[place] == sources[earlier]:
        return Fault(place, f"repeats edge {earlier}", earlier)
    hint = "give each tie once, or say that the graph is directed"
    return Fault(place, f"repeats edge {earlier}, turned round", earlier, hint)

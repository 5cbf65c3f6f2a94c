"""Who is whose neighbour, as matrices of weights: checks, temperatures, and vertices that nothing tells apart.

Row i of a matrix of weights holds those whom vertex i meets and learns from: w[i, j] > 0 is an edge from j to i, along
which the strategy of j may spread to i. A graph is undirected where the matrix is symmetric.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import sparray, spmatrix

Weights: TypeAlias = "np.ndarray | Sequence[Sequence[float]] | sparray | spmatrix"
Payoff = Literal["average", "accumulate"]


@dataclass(frozen=True, eq=False)
class Structure:
    """A population on the vertices of a graph: `weights` (N, N), dense or sparse, along which strategies spread.

    interaction (N, N): whom a vertex plays with, by default `weights` without its loops (nobody meets itself; a loop of
    an interaction that is given is a meeting with oneself). payoff: the mean over the neighbours, weighted by the edges,
    or the sum (`accumulate`). A vertex without neighbours earns 0. ValueError: matrices that are not square, not of one
    size, or have negative or non-finite weights.
    """

    weights: Weights
    interaction: Weights | None = None
    payoff: Payoff = "average"

    def __post_init__(self) -> None:
        if self.payoff not in ("average", "accumulate"):
            raise ValueError(f"payoff is average or accumulate, not {self.payoff!r}")
        if self.meetings.shape != self.spread.shape:
            raise ValueError(f"interaction has {self.meetings.shape[0]} vertices, weights {self.size}")

    @cached_property
    def spread(self) -> np.ndarray:
        """The weights, dense."""
        return checked_weights(self.weights, "weights")

    @cached_property
    def meetings(self) -> np.ndarray:
        """The weights of the game, dense, not yet divided by their sums."""
        if self.interaction is not None:
            return checked_weights(self.interaction, "interaction")
        found = self.spread.copy()
        np.fill_diagonal(found, 0.0)
        return found

    @cached_property
    def shares(self) -> np.ndarray:
        """What one unit of payoff with each neighbour adds to the payoff of each vertex, (N, N)."""
        return self.meetings if self.payoff == "accumulate" else rows_to_one(self.meetings)

    @property
    def size(self) -> int:
        return len(self.spread)


def structure_of(graph: Structure | Weights) -> Structure:
    """A graph that may be given by its weights alone."""
    return graph if isinstance(graph, Structure) else Structure(graph)


def checked_weights(weights: Weights, name: str) -> np.ndarray:
    """A square matrix of weights that are finite and not negative, as a new dense array; ValueError says what is wrong."""
    dense = np.array(weights.toarray() if hasattr(weights, "toarray") else weights, float)  # type: ignore[union-attr]
    if dense.ndim != 2 or dense.shape[0] != dense.shape[1] or not len(dense):
        raise ValueError(f"{name} is a square matrix with a row for each vertex, not of shape {dense.shape}")
    wrong = np.argwhere(~(np.isfinite(dense) & (dense >= 0)))
    if len(wrong):
        i, j = wrong[0]
        raise ValueError(f"{name}[{i}, {j}] is {dense[i, j]:g}; weights are finite and not negative")
    return dense


def weights_of_edges(
    edges: Iterable[Sequence[float]], *, size: int | None = None, directed: bool = False
) -> np.ndarray:
    """The matrix (N, N) of edges (i, j) or (i, j, weight); a directed one leads from i to j, so it fills row j.

    `size` is one more than the largest vertex unless given. ValueError: vertices that are not in 0..size-1, edges that
    are there twice.
    """
    rows = [(int(edge[0]), int(edge[1]), float(edge[2]) if len(edge) > 2 else 1.0) for edge in edges]
    number = 1 + max((max(i, j) for i, j, _ in rows), default=-1) if size is None else size
    found = np.zeros((number, number))
    seen: set[tuple[int, int]] = set()
    for i, j, weight in rows:
        if not (0 <= i < number and 0 <= j < number):
            raise ValueError(f"edge ({i}, {j}) names a vertex that is not in 0..{number - 1}")
        key = (i, j) if directed else (min(i, j), max(i, j))
        if key in seen:
            raise ValueError(f"edge ({i}, {j}) is there twice")
        seen.add(key)
        found[j, i] = weight
        if not directed:
            found[i, j] = weight
    return found


def rows_to_one(weights: np.ndarray) -> np.ndarray:
    """Each row divided by its sum; rows of zeros stay."""
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def columns_to_one(weights: np.ndarray) -> np.ndarray:
    """Each column divided by its sum; columns of zeros stay."""
    return rows_to_one(weights.T).T


def over_neighbours(matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    """sum_j matrix[i, j] values[s, j, t], (states, N, d), as one product of matrices."""
    return np.einsum("ij,sjt->sit", matrix, values, optimize=True)


def twin_classes(*matrices: np.ndarray, most: int) -> list[np.ndarray]:
    """The vertices in classes within which any two can change places without changing any of the matrices.

    Leaves of a star, vertices of a complete graph or of the sides of a complete bipartite one: only how many of a class
    play a strategy matters, so that 2^N states become products of (class size + 1). Gives up with the first most + 1.
    """
    classes: list[list[int]] = []
    alike: dict[bytes, list[list[int]]] = defaultdict(list)
    for i in range(len(matrices[0])):
        key = b"".join(np.sort(line).tobytes() for matrix in matrices for line in (matrix[i], matrix[:, i]))
        for members in alike[key]:
            if all(_exchangeable(matrix, members[0], i) for matrix in matrices):
                members.append(i)
                break
        else:
            classes.append([i])
            alike[key].append(classes[-1])
            if len(classes) > most:
                break
    return [np.array(members) for members in classes]


def _exchangeable(matrix: np.ndarray, i: int, j: int) -> bool:
    if matrix[i, i] != matrix[j, j] or matrix[i, j] != matrix[j, i]:
        return False
    others = np.ones(len(matrix), bool)
    others[[i, j]] = False
    return np.array_equal(matrix[i, others], matrix[j, others]) and np.array_equal(matrix[others, i], matrix[others, j])

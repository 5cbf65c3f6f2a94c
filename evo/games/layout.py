"""The layout of a payoff table: compositions of a group and of its co-players, in descending lexicographic order."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

LARGEST_TABLE = 2**28  # bytes
LARGEST_GROUP = 500  # beyond it multinomial coefficients leave the range of doubles


class Layout(NamedTuple):
    """How the compositions of n-1 co-players of d strategies lie in a table; descending lexicographic order."""

    groups: np.ndarray  # float64 (d, G): compositions of whole groups, the columns of the program
    column: np.ndarray  # int64 (d, C): where the group of strategy i and co-players c stands among `groups`
    coefficient: np.ndarray  # float64 (C,): multinomial coefficients
    prefix: np.ndarray  # int64 (rows, d-1): counts of all but the last two strategies; co-players left for those two


def table_bytes(strategies: int, size: int) -> int:
    """Memory of the table over compositions, in bytes."""
    return 8 * strategies * math.comb(size - 1 + strategies - 1, strategies - 1)


@lru_cache(maxsize=64)
def layout(strategies: int, size: int) -> Layout:
    """Compositions of a group of `size` and of its co-players, shared by all games of that shape."""
    groups = compositions(strategies, size)
    others = compositions(strategies, size - 1)
    column = np.empty((strategies, len(others)), np.int64)
    for own in range(strategies):
        whole = others.copy()
        whole[:, own] += 1
        column[own] = _rank(whole, size)
    logarithm = np.array([math.lgamma(k + 1) for k in range(size + 1)])
    coefficient = np.exp(logarithm[size - 1] - logarithm[others].sum(axis=1))
    if size <= 2**5:
        coefficient = np.rint(coefficient)
    heads = others[:, :-2]
    first = np.flatnonzero(np.r_[True, np.any(np.diff(heads, axis=0) != 0, axis=1)])
    prefix = np.hstack([heads[first], size - 1 - heads[first].sum(axis=1, keepdims=True)])
    return Layout(np.ascontiguousarray(groups.T.astype(np.float64)), column, coefficient, prefix)


@lru_cache(maxsize=64)
def compositions(strategies: int, size: int) -> np.ndarray:
    """All ways to share `size` places among strategies, (ways, strategies), in descending lexicographic order."""
    count = math.comb(size + strategies - 1, strategies - 1)
    counts = np.zeros((count, strategies), np.int64)
    if size:
        members = np.fromiter(
            (who for group in combinations_with_replacement(range(strategies), size) for who in group),
            np.int64,
            count * size,
        ).reshape(count, size)
        np.add.at(counts, (np.repeat(np.arange(count), size), members.ravel()), 1)
    counts.flags.writeable = False  # shared by all who ask
    return counts


def _rank(counts: np.ndarray, size: int) -> np.ndarray:
    """Place of each composition (rows) in descending lexicographic order."""
    strategies = counts.shape[1]
    rank = np.zeros(len(counts), np.int64)
    left = np.full(len(counts), size)
    for place in range(strategies - 1):
        rest = strategies - 1 - place
        ways = np.array([0] + [math.comb(more + rest, rest) for more in range(size)], np.int64)
        left = left - counts[:, place]
        rank += ways[left]  # compositions whose count here is larger leave at most left-1
    return rank

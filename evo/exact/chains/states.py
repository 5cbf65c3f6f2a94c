"""The states of a finite population: all compositions of it, of both roles where there are two, in one order.

A composition's index is its rank in descending lexicographic order (as in `evo.games.compositions`); with two roles the
index is that of the first role times the number of compositions of the second, plus that of the second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo._errors import listed

if TYPE_CHECKING:
    from evo.model import Model


@dataclass(frozen=True)
class States:
    """The states of populations of these sizes, one per role, with so many strategies each."""

    sizes: tuple[int, ...]
    strategies: tuple[int, ...]

    @property
    def ways(self) -> tuple[int, ...]:
        """The number of compositions of each role."""
        return tuple(ways(strategies, size) for strategies, size in zip(self.strategies, self.sizes, strict=True))

    @property
    def number(self) -> int:
        return math.prod(self.ways)

    @property
    def whole(self) -> int:
        """Individuals of all roles together."""
        return sum(self.sizes)

    @property
    def roles(self) -> list[tuple[int, int]]:
        """First strategy of each role and the one after its last."""
        return list(pairwise([0, *np.cumsum(self.strategies).tolist()]))

    @cached_property
    def counts(self) -> np.ndarray:
        """Counts per strategy in each state, int64 (states, strategies)."""
        parts = [compositions_of(size, few) for few, size in zip(self.strategies, self.sizes, strict=True)]
        before, after = 1, self.number
        columns: list[np.ndarray] = []
        for part in parts:
            after //= len(part)
            columns.append(np.tile(np.repeat(part, after, axis=0), (before, 1)))
            before *= len(part)
        return np.ascontiguousarray(np.hstack(columns))

    def index(self, counts: np.ndarray) -> np.ndarray:
        """Index of each state, given as rows of counts that sum to the sizes."""
        counts = np.asarray(counts, dtype=np.int64)
        place = np.zeros(len(counts), np.int64)
        for (first, last), size, number in zip(self.roles, self.sizes, self.ways, strict=True):
            place = place * number + rank(counts[:, first:last], size)
        return place

    def place(self, counts: Sequence[int] | np.ndarray) -> int:
        """Index of one state; refused where its counts do not sum to the sizes."""
        row = np.asarray(counts)
        if row.shape != (sum(self.strategies),) or (row < 0).any() or (row != np.rint(row)).any():
            raise ValueError(f"a state is {sum(self.strategies)} counts, not {counts}")
        sums = tuple(int(row[first:last].sum()) for first, last in self.roles)
        if sums != self.sizes:
            raise ValueError(f"counts sum to the size of the population, {listed(self.sizes)}, not {listed(sums)}")
        return int(self.index(row[None])[0])

    def moved(self, i: int, j: int) -> np.ndarray:
        """Index of the state in which one i has become a j; -1 where there is no i."""
        found = np.full(self.number, -1)
        some = np.flatnonzero(self.counts[:, i])
        after = self.counts[some]
        after[:, i] -= 1
        after[:, j] += 1
        found[some] = self.index(after)
        return found

    @cached_property
    def shares(self) -> np.ndarray:
        """The mix in each state, normalised per role, (states, strategies)."""
        return self.counts / np.repeat(self.sizes, self.strategies)


def states_of(model: Model) -> States:
    """The states of a model's population; refused where it is not finite and well-mixed."""
    process = model.lowered
    if model.population.kind != "well_mixed" or process.meeting.whole == 0:
        raise ValueError(
            "these chains are of counts in a finite well-mixed population, and here it is "
            f"{model.population.kind} with {model.dynamics.kind}"
        )
    return States(tuple(int(size) for size in process.wholes), tuple(int(number) for number in np.diff(process.roles)))


def ways(strategies: int, size: int) -> int:
    """The number of compositions of `size` individuals."""
    return math.comb(size + strategies - 1, strategies - 1)


def compositions_of(size: int, strategies: int) -> np.ndarray:
    """All compositions in descending lexicographic order, int64 (ways, strategies)."""
    left = np.array([size], np.int64)
    columns: list[np.ndarray] = []
    for _ in range(strategies - 1):
        times = left + 1
        given = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)  # left for those that follow
        columns = [*(np.repeat(column, times) for column in columns), np.repeat(left, times) - given]
        left = given
    return np.ascontiguousarray(np.column_stack([*columns, left]))


def rank(counts: np.ndarray, size: int) -> np.ndarray:
    """Place of each composition (row) of `size` in descending lexicographic order."""
    strategies = counts.shape[1]
    found = np.zeros(len(counts), np.int64)
    left = np.full(len(counts), size)
    for place in range(strategies - 1):
        left = left - counts[:, place]
        later = strategies - 1 - place
        # whose count here is larger leave at most left-1 to the later places: as many ways as to share left-1 among one more
        before = np.array([0, *(math.comb(more + later, later) for more in range(size))], np.int64)
        found += before[left]
    return found

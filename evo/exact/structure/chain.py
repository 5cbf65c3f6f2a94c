"""The chain of a population on a graph over all its states, 2^N for two strategies on a graph without twins.

Vertices that can change places (`twin_classes`) are counted instead of listed: a state says how many of each class play
which strategy. A star has 2N states then, a complete graph N + 1. This is exact, not an approximation: the full chain is
lumpable by any symmetry of its graph.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo.exact.chains.states import compositions_of, ways
from evo.exact.structure.games import Payoffs, largest_difference, number_of_strategies, one_hot, what_if
from evo.exact.structure.rules import VertexRule, chances
from evo.exact.structure.weights import Structure, twin_classes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LARGEST = 2**16 + 2  # states
CHUNK = 2**21  # numbers of one kind held at a time


@dataclass(frozen=True, eq=False)
class Occupation:
    """States of a graph: counts per twin class and strategy. `classes` are the vertices of each, `d` the strategies."""

    classes: tuple[np.ndarray, ...]
    d: int

    @cached_property
    def within(self) -> list[np.ndarray]:
        """The compositions of each class, (ways, d)."""
        return [compositions_of(len(members), self.d) for members in self.classes]

    @cached_property
    def strides(self) -> np.ndarray:
        sizes = [len(rows) for rows in self.within]
        return np.array([math.prod(sizes[c + 1 :]) for c in range(len(sizes))], np.int64)

    @cached_property
    def number(self) -> int:
        return math.prod(ways(self.d, len(members)) for members in self.classes)

    @property
    def size(self) -> int:
        return sum(map(len, self.classes))

    @cached_property
    def places(self) -> np.ndarray:
        """Place of each class's composition, (states, classes)."""
        sizes = [len(rows) for rows in self.within]
        return np.column_stack(np.unravel_index(np.arange(self.number), sizes))

    @cached_property
    def counts(self) -> np.ndarray:
        """How many play each strategy, (states, d)."""
        return sum(rows[self.places[:, c]] for c, rows in enumerate(self.within))  # type: ignore[return-value]

    @cached_property
    def shares(self) -> np.ndarray:
        """Chance that each vertex plays each strategy, those of a class being alike, (states, N, d)."""
        found = np.empty((self.number, self.size, self.d))
        for c, members in enumerate(self.classes):
            found[:, members] = (self.within[c][self.places[:, c]] / len(members))[:, None]
        return found

    def strategies(self, states: np.ndarray) -> np.ndarray:
        """One assignment of strategies to vertices for each state, (states, N)."""
        found = np.empty((len(states), self.size), np.int64)
        for c, members in enumerate(self.classes):
            bounds = np.cumsum(self.within[c][self.places[states, c]], axis=1)[:, :-1]
            found[:, members] = (np.arange(len(members))[:, None] >= bounds[:, None, :]).sum(axis=2)
        return found

    def moved(self, c: int, states: np.ndarray, source: int, target: int) -> np.ndarray:
        """The states after one of class c went from one strategy to another; meaningless where none plays `source`."""
        rows = self.within[c]
        after = rows.copy()
        after[:, source] -= 1
        after[:, target] += 1
        table = {tuple(row): place for place, row in enumerate(rows.tolist())}
        step = np.array([table.get(tuple(row), place) - place for place, row in enumerate(after.tolist())])
        return states + self.strides[c] * step[self.places[states, c]]

    def homogeneous(self, strategy: int) -> int:
        """The state in which all play one strategy."""
        return int(np.flatnonzero(self.counts[:, strategy] == self.size)[0])


@dataclass(frozen=True, eq=False)
class GraphChain:
    """The states, and the probabilities (states, states) of going from one to another in one event; the diagonal is 0
    (what is missing to 1 stays)."""

    structure: Structure
    occupation: Occupation = field(repr=False)
    matrix: csr_array = field(repr=False)


def graph_chain(structure: Structure, payoffs: Payoffs, rule: VertexRule) -> GraphChain:
    """The chain of one game and rule; ValueError where it has too many states, with their number."""
    from scipy.sparse import coo_array

    d = number_of_strategies(payoffs)
    most = int(math.log(LARGEST, d))
    occupation = Occupation(tuple(twin_classes(structure.spread, structure.meetings, most=most)), d)
    if occupation.number > LARGEST:
        raise ValueError(
            f"the chain has {'at least ' if len(occupation.classes) > most else ''}{occupation.number:,} states, and at "
            f"most {LARGEST:,} are solved: {most} vertices, or more where some can change places"
        )
    scale = rule.largest_difference or largest_difference(payoffs)
    step = max(1, CHUNK // (structure.size * d * (structure.size if rule.looks_at_pairs else 1)))
    nothing, rates = np.zeros(0, np.int64), np.zeros(0)
    rows, columns, values = [nothing], [nothing], [rates]  # on a graph without edges nothing happens
    for first in range(0, occupation.number, step):
        states = np.arange(first, min(first + step, occupation.number))
        for source, target, probability in _moves(structure, payoffs, rule, occupation, states, scale):
            rows.append(source)
            columns.append(target)
            values.append(probability)
    shape = (occupation.number, occupation.number)
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return GraphChain(structure, occupation, coo_array(entries, shape=shape).tocsr())


def _moves(
    structure: Structure,
    payoffs: Payoffs,
    rule: VertexRule,
    occupation: Occupation,
    states: np.ndarray,
    scale: float | None,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """From, to and probability of what may happen in some states."""
    strategies = occupation.strategies(states)
    chance = chances(rule, structure, strategies, what_if(structure, payoffs, strategies), scale)
    plays = one_hot(strategies, occupation.d)
    for c, members in enumerate(occupation.classes):
        flow = np.einsum("svi,svj->sij", plays[:, members], chance[:, members])
        for source in range(occupation.d):
            for target in range(occupation.d):
                some = np.flatnonzero(flow[:, source, target] > 0) if source != target else []
                if len(some):
                    yield states[some], occupation.moved(c, states[some], source, target), flow[some, source, target]


def words_on(chain: GraphChain) -> str:
    """How many states, of what, for a result's method."""
    occupation = chain.occupation
    lumped = len(occupation.classes) < occupation.size
    what = f"classes of alike vertices, {len(occupation.classes)}" if lumped else f"vertices, {occupation.size}"
    return f"chain of {occupation.number:,} states ({what})"

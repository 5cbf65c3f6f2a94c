"""Selection among groups that split: one event of Traulsen & Nowak (2006), exactly, and the limit of rare splitting.

An individual is drawn from the whole population in proportion to fitness, which follows from the game within its group;
its offspring joins the group (or, with probability `migration`, another drawn uniformly). A group that thereby has
`capacity` members splits with probability `splitting`: each member goes to one of two daughters by a fair coin, given that
neither stays empty; one daughter keeps the place, the other takes that of another group drawn uniformly. Otherwise one of
the `capacity` members, drawn uniformly, dies. Between events groups have 1 to capacity - 1 members.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from evo._reprs import shown
from evo.exact.chains.chain import closed_classes
from evo.exact.structure.fitness import Fitness, deme_fitness
from evo.exact.structure.solving import solve_absorption

LARGEST = 20_000  # states

Group = tuple[int, int]  # members who play strategy 0, members who play strategy 1


@shown
@dataclass(frozen=True)
class GroupFixation:
    """What becomes of one of strategy 0 when all groups have capacity - 1 members and all others play strategy 1.

    probability: that it takes over, extinction: that it is lost; mixed: that both stay for ever. reverse: that one of
    strategy 1 takes over among strategy 0. steps: mean number of events until nothing can change any more, inf where
    both may stay; conditional_steps: given that strategy 0 takes over, nan where it cannot.
    """

    groups: int
    capacity: int
    probability: float
    extinction: float
    mixed: float
    reverse: float
    steps: float
    conditional_steps: float
    method: str
    error: str


@shown
@dataclass(frozen=True)
class RareSplitting:
    """The limit of rare splitting: a mutant takes over its group, then its kind of group takes over the population.

    within: chance of the first, one among `size` by a Moran process; between: of the second, one among `groups` groups
    whose rates of splitting are the fitnesses in uniform groups. reverse: the product for strategy 1 among strategy 0.
    """

    groups: int
    size: int
    within: float
    between: float
    reverse: float
    method: str
    error: str

    @property
    def probability(self) -> float:
        return self.within * self.between

    @property
    def neutral(self) -> float:
        """What it would be without selection."""
        return 1 / (self.size * self.groups)


def group_fixation(
    payoffs: np.ndarray,
    *,
    groups: int,
    capacity: int,
    splitting: float,
    fitness: Fitness = "exponential",
    intensity: float | None = None,
    migration: float = 0.0,
) -> GroupFixation:
    """Fixation by the chain over all multisets of groups.

    payoffs (2, 2): the mean over the other members of the group, 0 for who is alone; or two constants. ValueError: more
    than 20,000 states (with their number; see `rare_splitting`), fewer than 2 groups or a capacity below 2, chances that
    are none, fitness that is not above 0.
    """
    if groups < 2 or capacity < 2:
        raise ValueError(f"there are at least 2 groups of a capacity of at least 2, not {groups} of {capacity}")
    for name, value in (("splitting", splitting), ("migration", migration)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is a probability, not {value}")
    kinds = [(size - others, others) for size in range(1, capacity) for others in range(size + 1)]
    number = math.comb(len(kinds) + groups - 1, groups)
    if number > LARGEST:
        raise ValueError(
            f"{groups} groups of up to {capacity} have {number:,} states, and at most {LARGEST:,} are solved"
        )
    fit = {}
    for size in range(1, capacity):
        rows = deme_fitness(payoffs, size, fitness=fitness, intensity=intensity)
        fit.update({(k, size - k): (rows[k, 0], rows[k, 1]) for k in range(size + 1)})
    event = _Event(capacity, splitting, migration, fit)
    return _solved(event, groups, kinds)


@dataclass(frozen=True)
class _Event:
    capacity: int
    splitting: float
    migration: float
    fit: dict[Group, tuple[float, float]]

    def outcomes(self, state: tuple[Group, ...]) -> Iterator[tuple[tuple[Group, ...], float]]:
        """States that may follow, with their probabilities."""
        births: defaultdict[tuple[Group, int], float] = defaultdict(float)
        for group in state:
            for own in (0, 1):
                if group[own]:
                    births[group, own] += group[own] * self.fit[group][own]
        total = sum(births.values())
        for (group, own), weight in births.items():
            rest = list(state)
            rest.remove(group)
            if self.migration < 1:
                for after, chance in self._joined(group, own, rest):
                    yield after, weight / total * (1 - self.migration) * chance
            for k in range(len(rest) if self.migration > 0 else 0):
                others = [*rest[:k], *rest[k + 1 :], group]
                for after, chance in self._joined(rest[k], own, others):
                    yield after, weight / total * self.migration / len(rest) * chance

    def _joined(self, group: Group, own: int, rest: list[Group]) -> Iterator[tuple[tuple[Group, ...], float]]:
        """What follows when one more joins a group."""
        zeros, ones = group[0] + (own == 0), group[1] + (own == 1)
        if zeros + ones < self.capacity:
            yield tuple(sorted([*rest, (zeros, ones)])), 1.0
            return
        for dies, left in ((zeros, (zeros - 1, ones)), (ones, (zeros, ones - 1))):
            if dies and self.splitting < 1:
                yield tuple(sorted([*rest, left])), (1 - self.splitting) * dies / self.capacity
        if self.splitting == 0:
            return
        for first, second, chance in _daughters(zeros, ones):
            for k in range(len(rest)):
                after = tuple(sorted([*rest[:k], *rest[k + 1 :], first, second]))
                yield after, self.splitting * chance / len(rest)


def _daughters(zeros: int, ones: int) -> Iterator[tuple[Group, Group, float]]:
    ways = 2 ** (zeros + ones) - 2
    for a in range(zeros + 1):
        for b in range(ones + 1):
            if 0 < a + b < zeros + ones:
                yield (a, b), (zeros - a, ones - b), math.comb(zeros, a) * math.comb(ones, b) / ways


def _solved(event: _Event, groups: int, kinds: list[Group]) -> GroupFixation:
    from scipy.sparse import coo_array

    states = list(combinations_with_replacement(sorted(kinds), groups))
    place = {state: s for s, state in enumerate(states)}
    moves: list[tuple[int, int, float]] = []
    for s, state in enumerate(states):
        moves.extend((s, place[after], chance) for after, chance in event.outcomes(state) if after != state)
    rows, columns, values = (np.array(part) for part in zip(*moves, strict=True))
    matrix = coo_array((values, (rows, columns)), shape=(len(states), len(states))).tocsr()
    end = _ends(states, closed_classes(matrix))
    moving = np.flatnonzero(end == -1)
    exits = (end[:, None] == np.arange(3)).astype(float)
    inner, out, level = matrix[moving][:, moving], matrix[moving] @ exits, np.zeros(len(moving), int)
    found, words, error = solve_absorption(inner, level, out, np.ones((len(moving), 1)))
    waits = solve_absorption(inner, level, out, found[:, :1])[0][:, 3]
    full = event.capacity - 1
    one = tuple(sorted([(1, full - 1)] + [(0, full)] * (groups - 1)))
    other = tuple(sorted([(full - 1, 1)] + [(full, 0)] * (groups - 1)))
    at = int(np.searchsorted(moving, place[one]))
    back = int(np.searchsorted(moving, place[other]))
    probability, extinction, mixed, steps = found[at]
    return GroupFixation(
        groups=groups,
        capacity=event.capacity,
        probability=float(probability),
        extinction=float(extinction),
        mixed=float(mixed),
        reverse=float(found[back, 1]),
        steps=float("inf") if mixed > 0 else float(steps),
        conditional_steps=float(waits[at] / probability) if probability > 0 else float("nan"),
        method=f"chain of {len(states):,} multisets of groups: {words}",
        error=error,
    )


def _ends(states: list[tuple[Group, ...]], closed: np.ndarray) -> np.ndarray:
    """0 where all play strategy 0, 1 where all play strategy 1, 2 in other states that are never left, -1 elsewhere."""
    zeros = np.array([sum(group[0] for group in state) for state in states])
    ones = np.array([sum(group[1] for group in state) for state in states])
    return np.where(ones == 0, 0, np.where(zeros == 0, 1, np.where(closed >= 0, 2, -1)))


def rare_splitting(
    payoffs: np.ndarray,
    *,
    groups: int,
    size: int,
    fitness: Fitness = "exponential",
    intensity: float | None = None,
) -> RareSplitting:
    """Fixation in the limit of splitting that is rare, phi * Phi [Traulsen & Nowak 2006].

    `size` is that of a group at rest: capacity - 1 in `group_fixation`; the paper's n. ValueError as there.
    """
    if groups < 1 or size < 1:
        raise ValueError(f"there is at least 1 group of at least 1, not {groups} of {size}")
    fit = deme_fitness(payoffs, size, fitness=fitness, intensity=intensity)
    gains = np.log(fit[1:-1, 0]) - np.log(fit[1:-1, 1])  # at k = 1..size-1 of strategy 0
    lead = float(np.log(fit[size, 0]) - np.log(fit[0, 1]))
    return RareSplitting(
        groups=groups,
        size=size,
        within=_takeover(gains),
        between=_takeover(np.full(groups - 1, lead)),
        reverse=_takeover(-gains[::-1]) * _takeover(np.full(groups - 1, -lead)),
        method="products of two fixation probabilities of birth-death chains",
        error="relative, rounding; the limit itself is exact where splitting -> 0",
    )


def splitting_critical_ratio(*, groups: int, size: int) -> float:
    """b/c above which weak selection favours cooperators in the limit of rare splitting: 1 + size/(groups - 2), inf for two
    groups; 1 + size/groups for many [Traulsen & Nowak 2006, where size is n; n - 1 in `group_fixation`]."""
    if groups < 2 or size < 2:
        raise ValueError(f"there are at least 2 groups of at least 2, not {groups} of {size}")
    return 1 + size / (groups - 2) if groups > 2 else float("inf")


def _takeover(log_gains: np.ndarray) -> float:
    """1/(1 + sum_m prod_{k<=m} T-/T+) from log(T+/T-) at k = 1..Z-1."""
    levels = np.r_[0.0, np.cumsum(-log_gains)]
    top = levels.max()
    return float(np.exp(-top) / np.exp(levels - top).sum())

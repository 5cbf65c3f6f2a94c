"""Absorption: which strategy takes over a finite population without mutation, and when; any number of strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.exact.chains.chain import Chain, chain, closed_classes, in_layers
from evo.exact.chains.elimination import absorbed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from evo.exact.payoff.infinite import Values
    from evo.model import Model

Start = Mapping[str, int] | Sequence[int] | np.ndarray


@shown
@dataclass(frozen=True)
class Absorption:
    """Takeovers from every state at once; ask for one start by names or by counts, {"rock": 7, "paper": 7, ...}.

    probabilities[s, i]: strategy i takes over from state s (two roles: within its own). stuck[s]: nobody does, because
    the population comes to a set of states with several strategies that it never leaves. steps[s]: mean steps until a
    strategy has taken over, inf where the population may get stuck.
    """

    chain: Chain = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    stuck: np.ndarray = field(repr=False)
    steps: np.ndarray = field(repr=False)
    method: str
    error: str

    @property
    def states(self) -> np.ndarray:
        """Counts per strategy, (states, strategies), in descending lexicographic order."""
        return self.chain.states.counts

    @cached_property
    def conditional_steps(self) -> np.ndarray:
        """Mean steps until a strategy has taken over, among the cases in which it does, (states, strategies); nan where
        it never does. (By a second elimination: the mean number of steps in which it is still to take over.)"""
        end = _ends(self.chain)
        waits = np.zeros(self.probabilities.shape)
        moving = np.flatnonzero(end == -1)
        if len(moving):
            waits[moving] = _solved(self.chain, self.chain.matrix, end, self.probabilities[moving])[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.probabilities > 0, waits / self.probabilities, np.nan)

    @cached_property
    def extinction_steps(self) -> np.ndarray:
        """Mean steps until the first of the strategies present at the start is extinct, (states,); 0 where a role has but
        one and no other is left to lose, inf where that may never be."""
        return _extinction(self.chain)

    def probability(self, start: Start) -> dict[str, float]:
        """Probability that each strategy takes over."""
        return dict(zip(self.chain.model.strategy_names, self.probabilities[self._at(start)].tolist(), strict=True))

    def mean_steps(self, start: Start) -> float:
        """Mean steps until a strategy has taken over."""
        return float(self.steps[self._at(start)])

    def mean_generations(self, start: Start) -> float:
        return self.mean_steps(start) / self.chain.steps_per_generation

    def mean_steps_to_extinction(self, start: Start) -> float:
        """Mean steps until the first strategy of those present at the start is extinct."""
        return float(self.extinction_steps[self._at(start)])

    def _at(self, start: Start) -> int:
        names = self.chain.model.strategy_names
        if isinstance(start, Mapping):
            unknown = [name for name in start if name not in names]
            if unknown:
                raise ValueError(f"{unknown[0]!r} is not a strategy; strategies: {', '.join(names)}")
            start = [start.get(name, 0) for name in names]
        return self.chain.states.place(start)


def absorption(model: Model, *, environment: Values = None, memory: float = 2.0) -> Absorption:
    """Probabilities and mean times of takeover from every state of a finite model without mutation.

    Every rule that brings nothing back, sequential or synchronous. The environment is constant, or has the values given
    by `environment`. Computed without subtraction: each number, however small, is right to a relative error of rounding.
    Raises ValueError where mutation or an innovative rule brings back what is extinct; where the environment moves; and
    where the chain would take more than `memory` GiB. A probability below 1e-308 counts as 0.
    """
    if model.lowered.rule.mutation > 0 or model.dynamics.facts.innovative:
        why = "mutation" if model.lowered.rule.mutation > 0 else f"the rule, {model.dynamics.kind},"
        raise ValueError(f"nothing is absorbing: {why} brings back strategies that are absent; ask for stationary")
    found = chain(model, environment=environment, memory=memory)
    end = _ends(found)
    exits, steps = _takeover(found, found.matrix, end)
    corner = _kinds(found).sum(axis=1) == len(found.states.sizes)
    winners = _kinds(found)[corner].astype(float)
    stuck = exits[:, len(winners) :].sum(axis=1)
    return Absorption(
        found,
        exits[:, : len(winners)] @ winners,
        stuck,
        np.where(stuck > 0, np.inf, steps),
        "elimination without subtraction (GTH), " + ("dense" if found.synchronous else "by layers"),
        "each number has a relative error of rounding only, about 1e-13",
    )


def _kinds(found: Chain) -> np.ndarray:
    """Which strategies are present, (states, strategies)."""
    return found.states.counts > 0


def _ends(found: Chain) -> np.ndarray:
    """-1 for transient states; else which end they are: first the corners, one strategy in each role, then `stuck`."""
    corner = _kinds(found).sum(axis=1) == len(found.states.sizes)
    numbers = np.cumsum(corner) - 1
    return np.where(corner, numbers, np.where(closed_classes(found.matrix) >= 0, corner.sum(), -1))


def _extinction(found: Chain) -> np.ndarray:
    """The chain in which all moves that change the set of strategies present lead to one more state, the last."""
    from scipy.sparse import coo_array

    kinds = _kinds(found) @ (1 << np.arange(found.states.counts.shape[1]))
    moves, number = found.matrix.tocoo(), found.states.number
    rows, columns = moves.coords
    columns = np.where(kinds[rows] == kinds[columns], columns, number)
    entries = np.r_[moves.data, 1.0], (np.r_[rows, number], np.r_[columns, number])
    matrix = coo_array(entries, shape=(number + 1, number + 1)).tocsr()
    end = np.where(closed_classes(matrix) >= 0, 1, -1)
    end[number] = 0
    exits, steps = _takeover(found, matrix, end)
    never = exits[:number, 1:].sum(axis=1) > 0
    alone = _kinds(found).sum(axis=1) == len(found.states.sizes)
    return np.where(alone, 0.0, np.where(never, np.inf, steps[:number]))


def _takeover(found: Chain, matrix: csr_array, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each end, (states, ends), and mean steps to any, (states,)."""
    exits = (end[:, None] == np.arange(end.max() + 1)).astype(float)
    steps = np.zeros(len(end))
    moving = np.flatnonzero(end == -1)
    if len(moving):
        times, exits[moving] = _solved(found, matrix, end, np.ones((len(moving), 1)))
        steps[moving] = times[:, 0]
    return exits, steps


def _solved(found: Chain, matrix: csr_array, end: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From each transient state the mean sum of gains per step on the way, and the probability of each end."""
    moving = np.flatnonzero(end == -1)
    order, bounds = in_layers(found, moving)
    exits = matrix[order] @ (end[:, None] == np.arange(end.max() + 1)).astype(float)
    place = np.searchsorted(moving, order)
    out = np.empty((len(moving), exits.shape[1] + gains.shape[1]))
    out[place] = absorbed(matrix[order][:, order], bounds, exits, gains[place])
    return out[:, exits.shape[1] :], out[:, : exits.shape[1]]

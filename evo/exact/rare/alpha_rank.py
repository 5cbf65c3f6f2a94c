"""Alpha-rank: strategies, or profiles of them, by the time that a population under rare mutations spends at each
[Omidshafiei et al. 2019].

K populations of `size` individuals play a game of K roles; a mutant's payoff depends on the others' (monomorphic)
strategies alone, so that its fixation probability is (1-exp(-u))/(1-exp(-m*u)) with u = alpha times the payoff difference,
1/m where it is 0. One population plays a symmetric game with itself: payoffs change while a mutant spreads, and the
probability is that of pairwise comparison with beta = alpha (evo.exact.rare.small_mutation of the matrix game).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from evo._reprs import shown
from evo.exact.rare.gth import leading_stationary, log_stationary
from evo.exact.rare.strong_selection import TIE, leading_fixation
from evo.exact.takeover.loops import fill_log_rho

CHAIN_TIE = 1e-9  # exponents along ways between profiles that differ by less, relative to the largest, are equal
BLOCK = 2**20  # numbers in the arrays of a block of moves
MOST = 2000  # profiles: the chain is dense, and its elimination takes seconds at 1,000


@shown
@dataclass(frozen=True)
class AlphaRank:
    """masses: the share of the time at each profile, (S,); profiles: a strategy per population, int (S, K)."""

    profiles: np.ndarray = field(repr=False)
    log_masses: np.ndarray = field(repr=False)  # -inf for what vanishes in the limit
    log_transition: np.ndarray = field(repr=False)  # (S, S), -inf on the diagonal

    @property
    def method(self) -> str:
        """What was computed, and how."""
        return f"the chain of {len(self.profiles):,} profiles, one mutation a step, by elimination without subtraction (GTH)"

    @property
    def error(self) -> str:
        """How far the masses may be off."""
        return "relative, about 1e-12; in the limit of infinite alpha exponents within 1e-9 (relative) are ties"

    @property
    def masses(self) -> np.ndarray:
        return np.exp(self.log_masses)

    @property
    def transition(self) -> np.ndarray:
        """The chain, row-stochastic, (S, S); one step is one mutation."""
        found = np.exp(self.log_transition)
        return found + np.diag(1 - found.sum(axis=1))

    @property
    def ranking(self) -> tuple[tuple[int, ...], ...]:
        """Places of the profiles, the highest mass first; those whose masses agree to 1e-9 share a rank."""
        order = np.argsort(-self.log_masses, kind="stable")
        ranks: list[list[int]] = []
        for place in order:
            mass = self.log_masses[place]
            if ranks and (mass == self.log_masses[ranks[-1][0]] or mass >= self.log_masses[ranks[-1][0]] - 1e-9):
                ranks[-1].append(int(place))
            else:
                ranks.append([int(place)])
        return tuple(tuple(sorted(rank)) for rank in ranks)


def alpha_rank(
    payoffs: np.ndarray | Sequence[np.ndarray],
    *,
    alpha: float = math.inf,
    size: int = 50,
    epsilon: float | None = None,
) -> AlphaRank:
    """Alpha-rank of a symmetric game of one population, or of a game of K >= 2 populations.

    payoffs: a matrix (n, n), payoffs[i, j] to i against j; or a sequence of K arrays, each of shape (n_1, ..., n_K), the
    k-th the payoffs to population k. alpha: the intensity of selection. size: individuals of each population, m.

    alpha = inf is the exact limit of the masses (ties that agree to about 1e-12 are ties). With `epsilon` it is the
    perturbed chain of the paper instead: a mutant takes over with probability 1-epsilon if it earns more, epsilon if
    less, 1/2 if the same; of one population, what counts is payoffs[mutant, resident] against payoffs[resident, mutant].
    Raises ValueError for payoffs of another shape and for more than 2,000 profiles.
    """
    if not alpha >= 0 or (epsilon is not None and not (alpha == math.inf and 0 < epsilon < 0.5)):
        raise ValueError("alpha is not negative, and epsilon, between 0 and 1/2, goes with alpha=inf")
    if size < 2 or size != int(size):
        raise ValueError(f"a population has 2 or more individuals, not {size}")
    tensors = _tensors(payoffs)
    moves = _moves(tensors)
    if epsilon is not None:
        better = np.stack([moves.lead, -moves.lead], axis=1)
        won = np.select([better > 0, better < 0], [math.log1p(-epsilon), math.log(epsilon)], math.log(0.5))
        return _ranked(moves, np.zeros(won.shape), won)
    if len(tensors) == 1:
        return _ranked(moves, *_within(tensors[0], moves, alpha, size))
    return _ranked(moves, *_between(moves.lead, alpha, size))


class _Moves(NamedTuple):
    """Pairs of profiles that differ in one population's strategy, each pair once."""

    profiles: np.ndarray  # int (S, K)
    first: np.ndarray  # int (E,): places of profiles
    second: np.ndarray  # int (E,)
    lead: np.ndarray  # (E,): what that population's mutant gains from first to second
    arrival: float  # the probability that a mutation is one particular of these


def _tensors(payoffs: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
    """One array of payoffs per population; the matrix itself where there is one."""
    single = np.ndim(payoffs[0]) == 1
    tensors = [np.asarray(part, dtype=float) for part in ([payoffs] if single else payoffs)]
    shape = tensors[0].shape
    if any(part.shape != shape or len(shape) != (2 if single else len(tensors)) for part in tensors):
        raise ValueError("give a matrix (n, n), or for each of K populations an array of shape (n_1, ..., n_K)")
    if single and shape[0] != shape[1]:
        raise ValueError(f"one population plays a symmetric game: the matrix is square, not of shape {shape}")
    if not all(np.isfinite(part).all() for part in tensors):
        raise ValueError("a payoff is not finite")
    profiles = shape[0] if single else math.prod(shape)
    if not 2 <= profiles <= MOST:
        raise ValueError(f"{profiles} profiles: a chain of 2 to {MOST} of them is solved")
    return tensors


def _moves(tensors: list[np.ndarray]) -> _Moves:
    shape = tensors[0].shape[:1] if len(tensors) == 1 else tensors[0].shape
    profiles = np.stack(np.unravel_index(np.arange(math.prod(shape)), shape), axis=1)
    first, second, lead = [], [], []
    for k, number in enumerate(shape):
        stride = math.prod(shape[k + 1 :])
        low, high = np.triu_indices(number, 1)
        others = np.flatnonzero(profiles[:, k] == 0)[:, None]
        here, there = (others + low * stride).ravel(), (others + high * stride).ravel()
        first.append(here)
        second.append(there)
        if len(tensors) == 1:
            lead.append(tensors[0][there, here] - tensors[0][here, there])
        else:
            lead.append(tensors[k].ravel()[there] - tensors[k].ravel()[here])
    gains, largest = np.concatenate(lead), max(np.abs(part).max() for part in tensors)
    gains = np.where(np.abs(gains) > TIE * largest, gains, 0.0)
    return _Moves(profiles, np.concatenate(first), np.concatenate(second), gains, 1 / sum(n - 1 for n in shape))


def _between(lead: np.ndarray, alpha: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Exponent and log coefficient of the fixation probability there and back, (E, 2) each, at a constant lead."""
    behind = (size - 1) * np.stack([np.maximum(-lead, 0.0), np.maximum(lead, 0.0)], axis=1)
    if alpha == math.inf:
        return behind, np.repeat(np.where(lead == 0, -math.log(size), 0.0)[:, None], 2, axis=1)
    ahead = np.full(lead.shape, -math.log(size))
    steps = alpha * np.abs(lead)
    moved = steps > 0
    ahead[moved] = np.log(-np.expm1(-steps[moved])) - np.log(-np.expm1(-size * steps[moved]))
    return np.zeros(behind.shape), ahead[:, None] - alpha * behind


def _within(matrix: np.ndarray, moves: _Moves, alpha: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The same in one population, where the lead changes with the number of mutants."""
    exponents, factors = np.zeros((2, len(moves.first), 2))
    rows = max(1, BLOCK // size)
    k = np.arange(1, size)
    for start in range(0, len(moves.first), rows):
        part = slice(start, start + rows)
        own, new = moves.first[part, None], moves.second[part, None]
        mutant = ((k - 1) * matrix[new, new] + (size - k) * matrix[new, own]) / (size - 1)
        resident = (k * matrix[own, new] + (size - k - 1) * matrix[own, own]) / (size - 1)
        lead = mutant - resident
        if alpha == math.inf:
            lead = np.where(np.abs(lead) > TIE * np.abs(matrix).max(), lead, 0.0)
            exponents[part], factors[part] = leading_fixation(lead, np.zeros(lead.shape))
        else:
            fill_log_rho(-alpha * lead, factors[part])
    return exponents, factors


def _ranked(moves: _Moves, exponents: np.ndarray, factors: np.ndarray) -> AlphaRank:
    """The chain with rates exp(factor - alpha*exponent) there and back, (E, 2), in the limit of alpha."""
    number = len(moves.profiles)
    powers, log_rates = np.full((2, number, number), [[[np.inf]], [[-np.inf]]])
    for direction, (start, end) in enumerate(((moves.first, moves.second), (moves.second, moves.first))):
        powers[start, end] = exponents[:, direction]
        log_rates[start, end] = math.log(moves.arrival) + factors[:, direction]
    if not exponents.any():
        return AlphaRank(moves.profiles, log_stationary(log_rates), log_rates)
    leading = leading_stationary(powers, log_rates, tolerance=CHAIN_TIE * exponents.max())
    masses = np.where(leading.exponent == 0, leading.log_coefficient, -np.inf)
    return AlphaRank(moves.profiles, masses, np.where(powers > 0, -np.inf, log_rates))

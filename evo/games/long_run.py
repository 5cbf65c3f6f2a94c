"""How often a Markov chain is in each of its states in the long run, to full relative precision."""

from __future__ import annotations

import numpy as np


def long_run(chains: np.ndarray, start: np.ndarray, *, discount: float = 1.0) -> np.ndarray:
    """Weights of the states, (b, s), of b chains from these distributions, (b, s), over s states, (b, s, s).

    With discount d < 1 the visit t counts (1-d) d^t. With d = 1 it is the limit of averages over time from the start,
    which exists for every chain: cycles are averaged, and where the chain may end in several places each has the
    probability of ending there. Matrices are row-stochastic (row: from). Small probabilities, such as an error of 1e-12,
    lose no digits, for nothing is ever subtracted [Grassmann, Taksar & Heyman 1985].
    """
    # A discounted play is one that starts afresh with probability 1-d after every round.
    again = discount * chains + (1 - discount) * start[:, None, :]
    weights = np.empty_like(start)
    patterns, which = np.unique((again > 0).reshape(len(again), -1), axis=0, return_inverse=True)
    for place, pattern in enumerate(patterns):
        alike = np.flatnonzero(which.ravel() == place)
        weights[alike] = _alike(again[alike], start[alike], pattern.reshape(again.shape[1:]))
    return weights


def _alike(chains: np.ndarray, start: np.ndarray, possible: np.ndarray) -> np.ndarray:
    """The weights for chains in which the same moves are possible."""
    states = len(possible)
    reached = possible | np.eye(states, dtype=bool)
    for _ in range(states.bit_length()):
        reached = reached.astype(int) @ reached.astype(int) > 0
    mutual = reached & reached.T
    closed = ~np.any(reached & ~mutual, axis=1)
    chains, begin = chains.copy(), start.copy()
    for state in np.flatnonzero(~closed).tolist():
        _leave(chains, begin, state)
    weights = np.zeros_like(start)
    left = closed.copy()
    while left.any():
        members = np.flatnonzero(mutual[left.argmax()])
        left[members] = False
        inside = _stationary(chains[:, members[:, None], members])
        weights[:, members] = begin[:, members].sum(axis=1, keepdims=True) * inside
    return weights


def _leave(chains: np.ndarray, begin: np.ndarray, state: int) -> None:
    """Pass over a state that is left for good some day: whoever comes there goes on at once to where it leads."""
    onward = chains[:, state].copy()
    onward[:, state] = 0
    onward /= onward.sum(axis=1, keepdims=True)
    chains += chains[:, :, state, None] * onward[:, None, :]
    chains[:, :, state] = 0
    begin += begin[:, state, None] * onward
    begin[:, state] = 0


def _stationary(chains: np.ndarray) -> np.ndarray:
    """The stationary distributions of irreducible chains, (b, m), by elimination of one state after another."""
    chains = chains.copy()
    states = chains.shape[1]
    for last in range(states - 1, 0, -1):
        chains[:, :last, last] /= chains[:, last, :last].sum(axis=1, keepdims=True)
        chains[:, :last, :last] += chains[:, :last, last, None] * chains[:, None, last, :last]
    weights = np.ones(chains.shape[:2])
    for last in range(1, states):
        weights[:, last] = np.einsum("bi,bi->b", weights[:, :last], chains[:, :last, last])
    return weights / weights.sum(axis=1, keepdims=True)

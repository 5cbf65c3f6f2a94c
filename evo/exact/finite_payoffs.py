"""Expected payoffs in every state of a finite population, straight from definitions.md: co-players are drawn without
replacement, so that a group's composition is multivariate hypergeometric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo.environments import Constant
from evo.exact.payoffs import Values, payoff_table
from evo.exact.states import States, compositions_of, rank, states_of
from evo.kernels.arrays import BIAS, TIME

if TYPE_CHECKING:
    from evo.kernels.arrays import Meeting
    from evo.model import Model

CHUNK = 2**22  # numbers that are held at once


def finite_payoffs(
    model: Model, counts: np.ndarray, *, mixes: np.ndarray | None = None, environment: Values = None
) -> np.ndarray:
    """Effective payoff (trait bias included) of a player of each strategy in these states, (states, strategies).

    counts: rows of counts per strategy. An absent strategy has no payoff: nan. A game that reads the population's mix
    reads that of the counts, or of the rows of `mixes`. Raises ValueError, with the state, where a payoff that is used is
    not finite, and where payoffs move with time.
    """
    still(model, environment)
    counts = np.asarray(counts, dtype=np.int64)
    states = states_of(model)
    mixes = counts / np.repeat(states.sizes, states.strategies) if mixes is None else mixes
    fixed = None if model.lowered.game.reads_mix else payoff_table(model, environment=environment)[None]
    found = np.full(counts.shape, np.nan)
    rows = max(1, CHUNK // (model.lowered.game.source.shape[2] * counts.shape[1]))
    for first in range(0, len(counts), rows):
        part = slice(first, first + rows)
        tables = _tables(model, mixes[part], environment) if fixed is None else fixed
        found[part] = _payoffs(model.lowered.meeting, states, counts[part], tables)
    found += model.lowered.strategy[BIAS]
    wrong = np.argwhere((counts > 0) & ~np.isfinite(found))
    if len(wrong):
        state, i = wrong[0]
        names = model.strategy_names
        raise ValueError(f"the payoff of {names[i]} is not finite in the state {state_words(names, counts[state])}")
    return found


def still(model: Model, environment: Values) -> None:
    """Refuse payoffs that move during a run: by time, or by variables for which no value is given."""
    given: Mapping[str, float] = environment or {}
    for name in given:
        if name not in model.environment:
            raise ValueError(f"{name!r} is not a variable of the environment: {', '.join(model.environment) or 'none'}")
    moving = [name for name, law in model.environment.items() if name not in given and not isinstance(law, Constant)]
    if moving:
        raise ValueError(
            f"{moving[0]} moves ({model.environment[moving[0]].kind}), and these chains are those of a constant "
            f"environment: give its value, environment={{{moving[0]!r}: ...}}"
        )
    program = model.lowered.game.program
    code = np.vstack([program.static_code, program.moving_code])
    if ((code[:, 0] == codes.SCALAR) & (code[:, 1] == TIME)).any():
        raise ValueError("the payoffs depend on the time t, and these chains are those of constant payoffs")


def state_words(names: tuple[str, ...], counts: np.ndarray) -> str:
    """A state in words: the counts of those present."""
    return ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True) if count)


def hypergeometric(pool: np.ndarray, slots: int) -> np.ndarray:
    """Probability of each composition of `slots` draws without replacement from each pool (rows), (pools, ways)."""
    total = pool.sum(axis=1)
    if slots == 1:
        return pool / total[:, None]
    strategies = pool.shape[1]
    log_ways = _log_binomials(int(total.max()), slots)
    logarithm = np.zeros((len(pool), 1)) - log_ways[total, slots][:, None]
    for j, taken in enumerate(compositions_of(slots, strategies).T):
        logarithm = logarithm + log_ways[pool[:, j]][:, taken]
    return np.exp(logarithm)


def _log_binomials(most: int, slots: int) -> np.ndarray:
    """log C(p, c), by sums of logarithms of p, p-1, ... (which keep all digits for large p); -inf where c > p."""
    p = np.arange(most + 1)[:, None] - np.arange(slots)
    with np.errstate(divide="ignore"):
        falling = np.log(np.maximum(p, 0))
    factorial = np.array([math.lgamma(c + 1) for c in range(slots + 1)])
    return np.hstack([np.zeros((most + 1, 1)), np.cumsum(falling, axis=1)]) - factorial


def _tables(model: Model, shares: np.ndarray, environment: Values) -> np.ndarray:
    """Payoff table in each state, (states, strategies, compositions)."""
    return np.array([payoff_table(model, mix=mix, environment=environment) for mix in shares])


def _payoffs(meeting: Meeting, states: States, counts: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """Payoffs (states, strategies); tables (1 or states, strategies, compositions)."""
    found = np.full(counts.shape, np.nan)
    for role, (first, last) in enumerate(states.roles):
        for i in range(first, last):
            some = counts[:, i] > 0
            table = tables[:, i] if len(tables) == 1 else tables[some, i]
            pool = counts[some]
            if len(states.sizes) > 1:
                others, other = states.roles[1 - role], states.sizes[1 - role]
                weights = np.zeros(pool.shape)
                weights[:, slice(*others)] = pool[:, slice(*others)] / other
                found[some, i] = _weighted(weights, table)
            else:
                pool[:, i] -= not meeting.self_interaction
                found[some, i] = _expected(meeting, i, pool, table)
    return found


def _expected(meeting: Meeting, own: int, pool: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Mean payoff to a player of strategy `own` whose co-players are drawn from each pool, or copied."""
    a = meeting.assortment
    if a == 0 or meeting.alike == codes.FOCAL:
        return _with_copies(a, own, meeting.size - 1, pool, table)
    s = math.sqrt(a)
    founders = (1 - s) * pool / pool.sum(axis=1, keepdims=True)
    founders[:, own] += s
    by_founder = [_with_copies(s, f, meeting.size - 1, pool, table) for f in range(pool.shape[1])]
    return _weighted(founders, np.column_stack(by_founder))


def _with_copies(copying: float, copied: int, slots: int, pool: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Mean of the table where each slot is a copy of one strategy with probability `copying`, else drawn."""
    if copying == 0:
        return _weighted(hypergeometric(pool, slots), table)
    total = np.zeros(len(pool))
    for copies in range(slots + 1):
        chance = math.comb(slots, copies) * copying**copies * (1 - copying) ** (slots - copies)
        if chance > 0:
            drawn = slots - copies
            company = compositions_of(drawn, pool.shape[1]).copy()
            company[:, copied] += copies
            weights = hypergeometric(pool, drawn) if drawn else np.ones((len(pool), 1))
            total += chance * _weighted(weights, table[:, rank(company, slots)])
    return total


def _weighted(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum over columns; a value without weight may be infinite."""
    if np.isfinite(values).all():
        return weights @ values[0] if len(values) == 1 else (weights * values).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(weights > 0, weights * values, 0.0).sum(axis=1)

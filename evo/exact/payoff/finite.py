"""Who meets whom in every state of a finite population, and what it earns in expectation, straight from definitions.md.

Co-players are drawn without replacement, so that the composition of a group is multivariate hypergeometric, or each anew
from all, so that it is multinomial; slots that assortment fills with copies consume nobody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo.environments import Constant
from evo.exact.chains.states import States, compositions_of, rank, states_of, ways
from evo.exact.payoff.infinite import Values, payoff_table
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
    found = np.full(counts.shape, np.nan)
    rows = max(1, CHUNK // (model.lowered.game.source.shape[2] * counts.shape[1]))
    for first in range(0, len(counts), rows):
        part = slice(first, first + rows)
        tables = payoff_tables(model, mixes[part], environment)
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


def company(meeting: Meeting, own: int, counts: np.ndarray) -> np.ndarray:
    """Probability of each composition of the co-players of a player of strategy `own`, (states, compositions), in states
    in which there is one (rows of counts); one role."""
    pool = counts.copy()
    pool[:, own] -= not meeting.self_interaction
    a, slots = meeting.assortment, meeting.size - 1
    if a == 0 or meeting.alike == codes.FOCAL:
        return _with_copies(meeting, a, own, slots, pool)
    s = math.sqrt(a)
    founders = (1 - s) * pool / pool.sum(axis=1, keepdims=True)
    founders[:, own] += s
    return sum(founders[:, [f]] * _with_copies(meeting, s, f, slots, pool) for f in range(pool.shape[1]))  # pyright: ignore[reportReturnType]


def hypergeometric(pool: np.ndarray, slots: int) -> np.ndarray:
    """Probability of each composition of `slots` draws without replacement from each pool (rows), (pools, ways)."""
    total = pool.sum(axis=1)
    if slots == 1:
        return pool / total[:, None]
    log_ways = _log_binomials(int(total.max()), slots)
    logarithm = -log_ways[total, slots][:, None]
    for j, taken in enumerate(compositions_of(slots, pool.shape[1]).T):
        logarithm = logarithm + log_ways[pool[:, j]][:, taken]
    return np.exp(logarithm)


def multinomial(pool: np.ndarray, slots: int) -> np.ndarray:
    """Probability of each composition of `slots` draws with replacement from each pool (rows), (pools, ways)."""
    taken = compositions_of(slots, pool.shape[1])
    ways = np.array([math.factorial(slots) // math.prod(map(math.factorial, row)) for row in taken.tolist()], float)
    return ways * np.prod((pool / pool.sum(axis=1, keepdims=True))[:, None, :] ** taken, axis=2)


def _log_binomials(most: int, slots: int) -> np.ndarray:
    """log C(p, c), by sums of logarithms of p, p-1, ... (which keep all digits for large p); -inf where c > p."""
    p = np.arange(most + 1)[:, None] - np.arange(slots)
    with np.errstate(divide="ignore"):
        falling = np.log(np.maximum(p, 0))
    factorial = np.array([math.lgamma(c + 1) for c in range(slots + 1)])
    return np.hstack([np.zeros((most + 1, 1)), np.cumsum(falling, axis=1)]) - factorial


def _with_copies(meeting: Meeting, copying: float, copied: int, slots: int, pool: np.ndarray) -> np.ndarray:
    """The same where each slot is a copy of one strategy with probability `copying`, else drawn from the pool."""
    draw = multinomial if meeting.replaced else hypergeometric
    if copying == 0:
        return draw(pool, slots)
    found = np.zeros((len(pool), ways(pool.shape[1], slots)))
    for copies in range(slots + 1):
        chance = math.comb(slots, copies) * copying**copies * (1 - copying) ** (slots - copies)
        if chance > 0:
            others = compositions_of(slots - copies, pool.shape[1])
            others[:, copied] += copies
            drawn = draw(pool, slots - copies) if copies < slots else np.ones((len(pool), 1))
            found[:, rank(others, slots)] += chance * drawn
    return found


def payoff_tables(model: Model, mixes: np.ndarray, environment: Values) -> np.ndarray:
    """The payoff table at each mix, (mixes, strategies, compositions); one for all where the game does not read the mix."""
    if not model.lowered.game.reads_mix:
        return payoff_table(model, environment=environment)[None]
    return np.array([payoff_table(model, mix=mix, environment=environment) for mix in mixes])


def _payoffs(meeting: Meeting, states: States, counts: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """Payoffs (states, strategies); tables (1 or states, strategies, compositions)."""
    found = np.full(counts.shape, np.nan)
    for role, (first, last) in enumerate(states.roles):
        for i in range(first, last):
            some = counts[:, i] > 0
            table = tables[:, i] if len(tables) == 1 else tables[some, i]
            if len(states.sizes) > 1:
                others = slice(*states.roles[1 - role])
                weights = np.zeros((some.sum(), counts.shape[1]))
                weights[:, others] = counts[some, others] / states.sizes[1 - role]
            else:
                weights = company(meeting, i, counts[some])
            found[some, i] = _weighted(weights, table)
    return found


def _weighted(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum over columns; a value without weight may be infinite."""
    if np.isfinite(values).all():
        return weights @ values[0] if len(values) == 1 else (weights * values).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(weights > 0, weights * values, 0.0).sum(axis=1)

"""Payoffs in an infinite population: the table over co-player compositions, and its mean by the multinomial formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo.environments import Constant
from evo.games import compositions
from evo.kernels.program import prepare, refresh

if TYPE_CHECKING:
    from evo.model import Model

Values = Mapping[str, float] | None
Mix = Mapping[str, float] | Sequence[float] | np.ndarray


def payoff_table(model: Model, *, mix: Mix | None = None, environment: Values = None, time: float = 0.0) -> np.ndarray:
    """P[i, c], the payoff to strategy i among co-players of composition c (descending lexicographic order), (d, C).

    Trait bias is not included. The values of environment variables that move are given by `environment`; a game that
    reads the population's mix needs `mix`. Raises ValueError where one of them is missing.
    """
    process = model.lowered
    program = process.game.program
    scalars = process.scalars.copy()
    scalars[0] = time
    for place, (name, law) in enumerate(model.environment.items()):
        if environment is not None and name in environment:
            scalars[process.environment + place] = environment[name]
        elif isinstance(law, Constant):
            scalars[process.environment + place] = law.numbers(lambda quantity: _number(model, quantity))[0]
        else:
            raise ValueError(f"{name} moves: say at which value, environment={{{name!r}: ...}}")
    if process.game.reads_mix:
        if mix is None:
            raise ValueError("the payoffs depend on the population's mix: give it")
        scalars[process.mix : process.mix + len(model.strategies)] = mix
    columns = process.game.vectors.shape[1]
    registers = np.zeros((program.registers, columns))
    stack = np.zeros((program.depth, columns))
    prepare(program, scalars, process.game.vectors, registers, stack)
    refresh(program, scalars, process.game.vectors, registers, stack)
    return registers[process.game.source[0], process.game.source[1]]


def shares_of(model: Model, mix: Mix) -> np.ndarray:
    """A mix as an array, (d,): by name (who is not named has share 0), or in the order of the strategies.

    Raises ValueError where a name is unknown, a share negative, or the shares of a role do not sum to 1.
    """
    if isinstance(mix, Mapping):
        for name in mix:
            if name not in model.strategies:
                raise ValueError(f"{name!r} is not a strategy; strategies: {', '.join(model.strategies)}")
        mix = [mix.get(name, 0.0) for name in model.strategies]
    shares = np.asarray(mix, dtype=float)
    if shares.shape != (len(model.strategies),) or (shares < 0).any():
        raise ValueError(f"a mix is {len(model.strategies)} shares, none negative, not {shares}")
    for first, stop in pairwise(model.lowered.roles):
        if not np.isclose(shares[first:stop].sum(), 1):
            raise ValueError(f"the shares of a mix sum to 1, in each role, not {shares}")
    return shares


def payoffs(model: Model, mix: Mix, *, environment: Values = None, time: float = 0.0) -> np.ndarray:
    """Effective payoff of each strategy (trait bias included) in an infinite population of this mix, (d,).

    An absent strategy has the payoff of an infinitely rare invader. Assortment of both kinds as in definitions.md.
    """
    shares = shares_of(model, mix)
    meeting = model.lowered.meeting
    if meeting.whole:
        raise ValueError(
            "this is the payoff in an infinite population; the model's is finite: population: {kind: infinite}"
        )
    table = payoff_table(model, mix=shares, environment=environment, time=time)
    a = meeting.assortment
    identity = np.eye(len(shares))
    expected = np.empty(len(shares))
    for i in range(len(shares)):
        if meeting.alike and a > 0:
            copying = np.sqrt(a)
            founders = (1 - copying) * shares + copying * identity[i]
            by_founder = [
                _mean(table[i], (1 - copying) * shares + copying * identity[f], meeting.size)
                for f in range(len(shares))
            ]
            expected[i] = sum(weight * value for weight, value in zip(founders, by_founder, strict=True) if weight > 0)
        else:
            expected[i] = _mean(table[i], (1 - a) * shares + a * identity[i], meeting.size)
    return expected + model.lowered.strategy[3]


def _mean(row: np.ndarray, co_players: np.ndarray, size: int) -> float:
    """Mean of P[i, c] over c drawn from Multinomial(n-1, co_players); a payoff without weight may be infinite."""
    counts = compositions(len(co_players), size - 1)
    weight = _ways(len(co_players), size - 1) * np.prod(co_players**counts, axis=1)
    used = weight > 0
    return float(weight[used] @ row[used])


@lru_cache(maxsize=64)
def _ways(strategies: int, size: int) -> np.ndarray:
    """Multinomial coefficient of each composition."""
    from scipy.special import gammaln

    return np.exp(gammaln(size + 1) - gammaln(compositions(strategies, size) + 1).sum(axis=1))


def _number(model: Model, quantity: float | str) -> float:
    from evo.quantities import number

    return number(quantity, model.parameter_values)

"""Payoffs of an infinite population as functions of the mix: polynomials where the game allows, with derivatives.

A game that does not read the population's mix has payoffs sum_c Multinomial(c; m, x) T[i, c]: T is the payoff table,
with assortment and trait bias worked into it, m = n-1 (n where groups have a founder). One that does has such a table
at every mix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from evo.codes import FOCAL
from evo.exact.payoff import simplex
from evo.exact.payoff.infinite import Values, payoff_table
from evo.games import compositions

if TYPE_CHECKING:
    from evo.model import Model

LARGEST_MATRIX = 1000
STEP = 1e-3  # of the differences by which a table follows the mix it reads: fourth order, so an error near 1e-12


@dataclass(frozen=True, eq=False)
class Landscape:
    """Effective payoffs at a mix. `table` (d, C) of degree m, or `read`: the table at a mix, where the game reads it.

    `roles`: where the strategies of each role begin, and their number.
    """

    degree: int
    roles: tuple[int, ...]
    table: np.ndarray | None = None
    read: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def strategies(self) -> int:
        return self.roles[-1]

    @property
    def polynomial(self) -> bool:
        return self.table is not None

    @cached_property
    def matrix(self) -> np.ndarray | None:
        """The effective payoff matrix, None where payoffs are not linear in the mix."""
        return self.table if self.table is not None and self.degree == 1 else None

    def payoffs(self, mix: np.ndarray) -> np.ndarray:
        """Effective payoff of every strategy at these mixes, (..., d) to (..., d); real, or complex for derivatives."""
        if self.table is not None:
            return simplex.values(self.table, mix, self.degree)
        rows = mix.reshape(-1, mix.shape[-1])
        found = [simplex.values(self._table_at(row), row[None], self.degree)[0] for row in rows]
        return np.array(found).reshape(mix.shape)

    def derivative(self, mix: np.ndarray) -> np.ndarray:
        """d payoff_i / d x_k at one mix, (d, d), by complex steps (exact but for a game's own reading of the mix)."""
        step = 1e-30
        return np.imag(self.payoffs(mix + 1j * step * np.eye(len(mix)))).T / step

    def _table_at(self, mix: np.ndarray) -> np.ndarray:
        assert self.read is not None
        real, direction = np.real(mix), np.imag(mix)
        length = np.abs(direction).max()
        table = self.read(real)
        if length == 0:
            return table
        return table + 1j * length * _slope(self.read, real, direction / length)


def _slope(read: Callable[[np.ndarray], np.ndarray], mix: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Derivative of the table along a direction: central where the shares allow, else from the inside."""
    near = [mix + number * STEP * direction for number in (-2, -1, 1, 2)]
    if all((point >= 0).all() for point in near):
        back2, back1, ahead1, ahead2 = map(read, near)
        return (back2 - 8 * back1 + 8 * ahead1 - ahead2) / (12 * STEP)
    side = 1.0 if (near[3] >= 0).all() else -1.0
    weights = (-25 / 12, 4.0, -3.0, 4 / 3, -1 / 4)
    values = [weight * read(mix + side * k * STEP * direction) for k, weight in enumerate(weights)]
    return side * np.sum(values, axis=0) / STEP


def landscape(model: Model, *, environment: Values = None, time: float = 0.0) -> Landscape:
    """The payoffs of a model in an infinite population. Raises ValueError where it is finite, or a payoff is not finite."""
    process = model.lowered
    if process.meeting.whole:
        raise ValueError("this is about infinite populations; the model's is finite: population: {kind: infinite}")
    roles = tuple(int(place) for place in process.roles)
    bias = process.strategy[3][:, None]
    meeting = process.meeting

    def table_at(mix: np.ndarray | None) -> np.ndarray:
        table = payoff_table(model, mix=mix, environment=environment, time=time)
        if not np.isfinite(table).all():
            i, c = np.argwhere(~np.isfinite(table))[0]
            raise ValueError(f"the payoff to {model.strategy_names[i]} is {table[i, c]} at composition number {c}")
        return with_assortment(table, meeting.size, meeting.assortment, meeting.alike == FOCAL) + bias

    founded = meeting.assortment > 0 and meeting.alike != FOCAL and meeting.size > 2
    degree = meeting.size if founded else meeting.size - 1
    if process.game.reads_mix:
        return Landscape(degree, roles, read=table_at)
    return Landscape(degree, roles, table=table_at(None))


def with_assortment(table: np.ndarray, size: int, assortment: float, focal: bool) -> np.ndarray:
    """The table (d, C) of a game in groups of `size` with assortment worked in (definitions.md, Payoffs)."""
    if assortment == 0:
        return table
    strategies, slots = len(table), size - 1
    if focal or size == 2:
        return np.array([_copied(table[i], i, strategies, slots, assortment) for i in range(strategies)])
    copying = np.sqrt(assortment)
    by_founder = np.array(
        [[_copied(row, founder, strategies, slots, copying) for row in table] for founder in range(strategies)]
    )
    own = np.array([by_founder[i, i] for i in range(strategies)])
    founders = (1 - copying) * by_founder + copying * own
    return simplex.elevated(founders, strategies, slots)


def _copied(row: np.ndarray, strategy: int, strategies: int, slots: int, probability: float) -> np.ndarray:
    """Each co-player is with this probability replaced by one of `strategy`."""
    if len(row) <= LARGEST_MATRIX:
        return _copying(strategy, strategies, slots, probability) @ row
    return _replaced(row, strategy, strategies, slots, probability)


@lru_cache(maxsize=32)
def _copying(strategy: int, strategies: int, slots: int, probability: float) -> np.ndarray:
    """What `_replaced` does, as a matrix (C, C): models that differ in a parameter share it."""
    size = len(compositions(strategies, slots))
    return _replaced(np.eye(size), strategy, strategies, slots, probability).T


def _replaced(row: np.ndarray, strategy: int, strategies: int, slots: int, probability: float) -> np.ndarray:
    for other in range(strategies):
        if other != strategy:
            row = simplex.blended(row, strategies, slots, source=other, target=strategy, part=probability)
    return row

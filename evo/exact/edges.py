"""Edges of the simplex: rest points between two strategies, their stability along the edge, and the critical seed.

On an edge the payoff difference of the two strategies is a polynomial of the share in Bernstein form, of degree n-1 (n
where groups have a founder): all its sign changes are found, unless the game reads the population's mix and is no
polynomial, in which case roots are looked for between the sign changes on a fine grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.codes import FOCAL
from evo.exact.payoff.bernstein import sign_changes_of
from evo.exact.payoff.edge import check_counted
from evo.exact.payoff.infinite import Values, payoff_table, payoffs
from evo.exact.payoff.landscape import with_assortment
from evo.exact.thresholds import crossing
from evo.games import compositions

if TYPE_CHECKING:
    from evo.model import Model

GRID = 2001


@shown
@dataclass(frozen=True)
class EdgePoint:
    """A rest point on an edge: share of the first strategy, and whether it attracts along the edge."""

    share: float
    stable: bool


def edge_points(
    model: Model, first: str, second: str, *, environment: Values = None, time: float = 0.0
) -> tuple[EdgePoint, ...]:
    """Interior rest points, without mutation, of a population of `first` and `second`, in ascending share of `first`."""
    advantage = _advantage(model, first, second, environment, time)
    if model.lowered.game.reads_mix:
        return tuple(_scanned(advantage))
    return tuple(
        EdgePoint(change.place, change.falling)
        for change in sign_changes_of(_coefficients(model, first, second, environment, time))
    )


def critical_seed(model: Model, resident: str, invader: str, *, environment: Values = None, time: float = 0.0) -> float:
    """The least share of `invader` from which it grows in a population of `resident`, on the edge between them.

    0 where it invades from rarity, nan where it grows from no share: the first unstable rest point otherwise.
    """
    advantage = _advantage(model, invader, resident, environment, time)
    points = edge_points(model, invader, resident, environment=environment, time=time)
    grows = advantage(0.0) if abs(advantage(0.0)) > 1e-14 else advantage(1e-6)
    if grows > 0:
        return 0.0
    return next((point.share for point in points if not point.stable), float("nan"))


def _advantage(model: Model, first: str, second: str, environment: Values, time: float) -> Callable[[float], float]:
    check_counted(model)
    names = model.strategy_names
    for name in (first, second):
        if name not in names:
            raise ValueError(f"{name!r} is not a strategy; strategies: {', '.join(names)}")
    i, j = names.index(first), names.index(second)

    def difference(share: float) -> float:
        mix = np.zeros(len(names))
        mix[i], mix[j] = share, 1 - share
        found = payoffs(model, mix, environment=environment, time=time)
        return float(found[i] - found[j])

    return difference


def _coefficients(model: Model, first: str, second: str, environment: Values, time: float) -> np.ndarray:
    """The payoff difference on the edge in Bernstein form, by rising share of `first`."""
    i, j = (model.strategy_names.index(name) for name in (first, second))
    meeting, bias = model.lowered.meeting, model.lowered.strategy[3]
    counts = compositions(len(model.strategies), meeting.size - 1)
    alone = counts[:, i] + counts[:, j] == meeting.size - 1
    order = np.argsort(-counts[alone, i])  # as in the table of a game between these two
    table = payoff_table(model, environment=environment, time=time)[[i, j]][:, alone][:, order]
    met = with_assortment(table, meeting.size, meeting.assortment, meeting.alike == FOCAL)
    return (met[0] - met[1] + bias[i] - bias[j])[::-1]


def _scanned(function: Callable[[float], float]) -> list[EdgePoint]:
    shares = np.linspace(0, 1, GRID)[1:-1]
    values = np.array([function(share) for share in shares])
    changes = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    return [EdgePoint(crossing(function, shares[k], shares[k + 1]), bool(values[k] > 0)) for k in changes]

"""What every vertex of a graph would earn with each strategy: games between two, constant fitness, neighbourhood groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from evo.exact.chains.states import rank, ways
from evo.exact.structure.weights import Structure, over_neighbours


@dataclass(frozen=True)
class NeighbourhoodGame:
    """A game in groups, each a vertex and its neighbours; a vertex plays in all groups that it is in (`scope: all`) or in
    that around itself (`own`) [Santos, Santos & Pacheco 2008].

    value(own, counts, size, total, degree): payoff of a member with so many neighbours (`degree`) who plays strategy `own`
    in a group of `size`, of whom counts[s, i] play i, itself included, and who bring in total[s] together; what it brings
    itself is for `value` to take off. It is called for all states s at once and gives an array over them.
    contribution(strategy, degree): what a member brings into each of its groups; None: 0. The structure's payoff is the
    sum over a vertex's groups (`accumulate`) or their mean (`average`).
    """

    value: Callable[[int, np.ndarray, int, np.ndarray, int], np.ndarray]
    contribution: Callable[[int, int], float] | None = None
    scope: Literal["all", "own"] = "all"
    strategies: int = 2

    def __post_init__(self) -> None:
        if self.scope not in ("all", "own"):
            raise ValueError(f"scope is all or own, not {self.scope!r}")


Payoffs: TypeAlias = "np.ndarray | Sequence[Sequence[float]] | Sequence[float] | NeighbourhoodGame"


def public_goods(
    *,
    factor: float,
    cost: float = 1.0,
    per: Literal["game", "individual"] = "game",
    scope: Literal["all", "own"] = "all",
) -> NeighbourhoodGame:
    """Public goods on a graph: strategy 0 contributes, the pot times `factor` is shared by all members of the group.

    per: a cooperator brings `cost` into each group (`game`), or `cost` in all, in equal parts (`individual`) [Santos,
    Santos & Pacheco 2008]. With scope `own` as well, the parts are those of degree + 1 groups.
    """
    if per not in ("game", "individual"):
        raise ValueError(f"per is game or individual, not {per!r}")

    def brings(strategy: int, degree: int) -> float:
        return 0.0 if strategy else cost / (degree + 1 if per == "individual" else 1)

    def value(own: int, counts: np.ndarray, size: int, total: np.ndarray, degree: int) -> np.ndarray:
        return factor * total / size - brings(own, degree)

    return NeighbourhoodGame(value, brings, scope)


def neighbourhood_tables(
    tables: Mapping[int, Sequence[Sequence[float]] | np.ndarray], *, scope: Literal["all", "own"] = "all"
) -> NeighbourhoodGame:
    """A game in groups from a payoff table for each size n of group: P[i, c], i's payoff with composition c of its n - 1
    co-players, compositions in descending lexicographic order (of two strategies: all of strategy 0 first).

    ValueError: no table, tables of different numbers of strategies or the wrong number of compositions; later, a group for
    whose size there is none.
    """
    given = {size: np.asarray(table, float) for size, table in tables.items()}
    strategies = len(next(iter(given.values()), []))
    for size, table in given.items():
        if table.shape != (strategies, ways(strategies, size - 1)) or strategies < 2:
            raise ValueError(
                f"the table for groups of {size} has shape {table.shape}, not "
                f"({strategies}, {ways(strategies, size - 1)}): a row for each strategy"
            )
    if not given:
        raise ValueError("there is a table for at least one size of group")

    def value(own: int, counts: np.ndarray, size: int, total: np.ndarray, degree: int) -> np.ndarray:
        if size not in given:
            raise ValueError(f"there is no table for a group of {size}")
        others = counts.astype(np.int64)
        others[:, own] -= 1
        return given[size][own, rank(others, size - 1)]

    return NeighbourhoodGame(value, scope=scope, strategies=strategies)


def number_of_strategies(payoffs: Payoffs) -> int:
    """How many strategies a game has; ValueError where the payoffs have no such shape or are not finite."""
    if isinstance(payoffs, NeighbourhoodGame):
        return payoffs.strategies
    matrix = np.asarray(payoffs, float)
    if matrix.ndim not in (1, 2) or len(set(matrix.shape)) > 1 or len(matrix) < 2:
        raise ValueError(f"payoffs are a square matrix, or one constant for each strategy, not of shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError("payoffs must be finite")
    return len(matrix)


def largest_difference(payoffs: Payoffs) -> float | None:
    """The largest payoff less the smallest; None for a game that is not a table."""
    return None if isinstance(payoffs, NeighbourhoodGame) else float(np.ptp(np.asarray(payoffs, float)))


def what_if(structure: Structure, payoffs: Payoffs, strategies: np.ndarray) -> np.ndarray:
    """Payoff of every vertex if it played each strategy and the others went on, (states, N, d), from the strategies of
    the vertices, an int array (states, N)."""
    d = number_of_strategies(payoffs)
    if isinstance(payoffs, NeighbourhoodGame):
        found = _of_groups(structure, payoffs, strategies)
    else:
        matrix = np.asarray(payoffs, float)
        if matrix.ndim == 1:
            return np.broadcast_to(matrix, (*strategies.shape, d)).copy()
        found = _of_pairs(structure, matrix, strategies)
    if not np.isfinite(found).all():
        state, vertex, own = np.argwhere(~np.isfinite(found))[0]
        raise ValueError(
            f"payoff of vertex {vertex} with strategy {own} is {found[state, vertex, own]} "
            f"where the vertices play {strategies[state].tolist()}"
        )
    return found


def _of_pairs(structure: Structure, matrix: np.ndarray, strategies: np.ndarray) -> np.ndarray:
    plays = one_hot(strategies, len(matrix))
    loops = np.diag(structure.shares)
    others = structure.shares - np.diag(loops)
    found = over_neighbours(others, plays) @ matrix.T
    if loops.any():  # who meets itself would meet its new strategy
        found += loops[:, None] * np.diag(matrix)
    return found


def _of_groups(structure: Structure, game: NeighbourhoodGame, strategies: np.ndarray) -> np.ndarray:
    near = structure.meetings > 0
    np.fill_diagonal(near, False)
    degrees = near.sum(axis=1)
    member = near | np.eye(len(near), dtype=bool)  # member[g, v]: v is in the group around g
    brings = np.zeros((len(near), game.strategies))
    if game.contribution is not None:
        brings[:] = [[game.contribution(i, int(k)) for i in range(game.strategies)] for k in degrees]
    plays = one_hot(strategies, game.strategies)
    brought = np.take_along_axis(brings[None], strategies[:, :, None], axis=2)[:, :, 0]
    counts, totals = over_neighbours(member.astype(float), plays), brought @ member.T.astype(float)
    found = np.zeros((*strategies.shape, game.strategies))
    for v in range(len(near)):
        groups = [v] if game.scope == "own" else np.flatnonzero(member[:, v]).tolist()
        for g in groups:
            for own in range(game.strategies):
                mixed = np.rint(counts[:, g] - plays[:, v])
                mixed[:, own] += 1
                total = totals[:, g] - brought[:, v] + brings[v, own]
                found[:, v, own] += game.value(own, mixed, int(member[g].sum()), total, int(degrees[v]))
        if structure.payoff == "average":
            found[:, v] /= len(groups)
    return found


def one_hot(strategies: np.ndarray, number: int) -> np.ndarray:
    """1 where a vertex plays a strategy, (states, N, d)."""
    return (strategies[:, :, None] == np.arange(number)).astype(float)

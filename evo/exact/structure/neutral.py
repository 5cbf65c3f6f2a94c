"""Neutral replacement on a graph, and how selection tilts it to first order [Allen & McAvoy 2019]."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evo.exact.structure.rules import BIRTHS
from evo.exact.structure.weights import Structure, columns_to_one, rows_to_one


@dataclass(frozen=True, eq=False)
class Replacement:
    """e[i, j]: chance per neutral event that j's strategy comes to i; with weak selection it becomes
    e[i, j] * (1 + tilt * beta * (payoffs of `gaining`[j] - payoffs of `losing`[i])), rows over all vertices.

    None stands for a vertex itself (the identity).
    """

    chance: np.ndarray
    gaining: np.ndarray | None
    losing: np.ndarray | None
    tilt: float

    @property
    def moves(self) -> np.ndarray:
        """The chances without those to come to itself."""
        found = self.chance.copy()
        np.fill_diagonal(found, 0.0)
        return found

    @cached_property
    def replaced(self) -> np.ndarray:
        """Chance per event that a vertex is replaced by another, (N,)."""
        return self.moves.sum(axis=1)


def neutral_replacement(structure: Structure, kind: str, selection: str | None = None) -> Replacement:
    """Of one event of a rule; ValueError for rules in which payoffs that differ little do not act little."""
    spread, size = structure.spread, structure.size
    mean = np.full((size, size), 1 / size)
    if kind in BIRTHS and selection == "death":
        if kind == "death_birth":
            return Replacement(rows_to_one(spread) / size, mean, None, 1.0)
        led = columns_to_one(spread)
        return Replacement(led / size, led.T, None, 1.0)
    if kind == "birth_death":
        return Replacement(columns_to_one(spread) / size, None, mean, 1.0)
    if kind == "death_birth":
        met = rows_to_one(spread)
        return Replacement(met / size, None, met, 1.0)
    if kind == "imitation":
        met = rows_to_one(spread + np.eye(size))
        return Replacement(met / size, None, met, 1.0)
    if kind in ("pairwise_comparison", "local_update"):
        return Replacement(rows_to_one(spread) / (2 * size), None, None, 0.5 if kind == "pairwise_comparison" else 1.0)
    raise ValueError(f"{kind} has no neutral limit in which neighbours replace each other, hence no temperatures")

"""Demes of fixed sizes with migration, exactly: soft selection within demes, hard selection among all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from evo._reprs import shown
from evo.exact.chains.chain import closed_classes
from evo.exact.structure.fitness import Fitness, deme_fitness
from evo.exact.structure.solving import solve_absorption

LARGEST = 2**16
Selection = Literal["soft", "hard"]


@shown
@dataclass(frozen=True)
class IslandFixation:
    """What becomes of one of strategy 0 that arises in each deme, (K,), all others playing strategy 1.

    probability: that it takes over everywhere; mixed: that both stay for ever (no migration); steps: mean number of events
    until nothing can change any more, inf where both may stay; conditional_steps: given that it takes over; reverse: one of
    strategy 1 among strategy 0. uniform: probability for a mutant that may be any individual.
    """

    sizes: tuple[int, ...]
    probability: np.ndarray
    mixed: np.ndarray = field(repr=False)
    steps: np.ndarray
    conditional_steps: np.ndarray = field(repr=False)
    reverse: np.ndarray
    method: str
    error: str

    @property
    def uniform(self) -> float:
        return float(np.average(self.probability, weights=self.sizes))


def island_fixation(
    payoffs: np.ndarray,
    *,
    sizes: Sequence[int],
    migration: float | Sequence[float] | np.ndarray,
    selection: Selection,
    fitness: Fitness = "exponential",
    intensity: float | None = None,
) -> IslandFixation:
    """Fixation in K demes by the chain over the numbers of strategy 0 in each.

    soft: one drawn uniformly from all dies; its place goes to the offspring of a parent from its own deme, or with the
    deme's chance of migration from another one, drawn within that deme in proportion to fitness (the one who dies
    included). hard: a parent is drawn from all in proportion to fitness; its offspring stays in the deme, or migrates with
    its chance, and takes the place of one drawn uniformly there. migration: one chance, one for each deme (the others being
    equally likely), or a row-stochastic matrix (K, K): where parents come from (soft), where offspring goes (hard).
    payoffs (2, 2): the mean over the other members of the deme, 0 for who is alone; or two constants (r and 1, with fitness
    `payoff`). ValueError: sizes below 1, chances that are none, fitness not above 0, more than 65,536 states.
    """
    from scipy.sparse import coo_array

    demes = tuple(int(size) for size in sizes)
    if not demes or min(demes) < 1 or list(demes) != [float(size) for size in sizes]:
        raise ValueError(f"sizes are whole numbers of at least 1, not {list(sizes)}")
    if selection not in ("soft", "hard"):
        raise ValueError(f"selection is soft or hard, not {selection!r}")
    number = int(np.prod([size + 1.0 for size in demes]))
    if number > LARGEST:
        raise ValueError(f"demes of {list(demes)} have {number:,} states, and at most {LARGEST:,} are solved")
    moves = _migration(migration, len(demes))
    counts = np.column_stack(np.unravel_index(np.arange(number), [size + 1 for size in demes]))
    weights = _weights(payoffs, demes, counts, fitness, intensity)
    up, down = (_soft if selection == "soft" else _hard)(np.array(demes), counts, weights, moves)
    strides = np.array([np.prod([size + 1 for size in demes[k + 1 :]], dtype=int) for k in range(len(demes))])
    rows, columns, values = [], [], []
    for step, rates in ((1, up), (-1, down)):
        s, k = np.nonzero(rates > 0)
        rows.append(s)
        columns.append(s + step * strides[k])
        values.append(rates[s, k])
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    matrix = coo_array(entries, shape=(number, number)).tocsr()
    return _solved(matrix, demes, counts, strides)


def _solved(matrix, demes: tuple[int, ...], counts: np.ndarray, strides: np.ndarray) -> IslandFixation:
    end = np.where(closed_classes(matrix) >= 0, 2, -1)
    end[[-1, 0]] = 0, 1
    exits = (end[:, None] == np.arange(3)).astype(float)
    steps, waits = np.zeros((2, len(end)))
    moving = np.flatnonzero(end == -1)
    words, error = "nothing to solve", "none"
    if len(moving):
        inner, out, level = matrix[moving][:, moving], matrix[moving] @ exits, counts[moving].sum(axis=1)
        found, words, error = solve_absorption(inner, level, out, np.ones((len(moving), 1)))
        exits[moving], steps[moving] = found[:, :3], found[:, 3]
        waits[moving] = solve_absorption(inner, level, out, found[:, :1])[0][:, 3]
    one, other = strides, len(end) - 1 - strides
    taken = exits[one, 0]
    return IslandFixation(
        sizes=demes,
        probability=taken,
        mixed=exits[one, 2],
        steps=np.where(exits[one, 2] > 0, np.inf, steps[one]),
        conditional_steps=np.divide(waits[one], taken, out=np.full(len(one), np.nan), where=taken > 0),
        reverse=exits[other, 1],
        method=f"chain of {len(end):,} states: {words}",
        error=error,
    )


def _migration(migration: float | Sequence[float] | np.ndarray, demes: int) -> np.ndarray:
    given = np.array(migration, float)
    if given.ndim == 2:
        if (
            given.shape != (demes, demes)
            or not np.allclose(given.sum(axis=1), 1, rtol=0, atol=1e-12)
            or given.min() < 0
        ):
            raise ValueError(f"a matrix of migration is row-stochastic and of shape ({demes}, {demes})")
        return given
    if given.ndim == 1 and len(given) != demes:
        raise ValueError(f"migration is one chance, or one for each of {demes} demes, not {len(given)}")
    chance = np.broadcast_to(given, (demes,))
    if not ((chance >= 0) & (chance <= 1)).all() or (demes == 1 and chance.any()):
        raise ValueError("chances of migration are from 0 to 1, and 0 where there is but one deme")
    found = np.repeat(chance[:, None] / max(1, demes - 1), demes, axis=1)
    np.fill_diagonal(found, 1 - chance)
    return found


def _weights(payoffs, demes, counts, fitness, intensity) -> np.ndarray:
    """Total fitness of each strategy in each deme, (states, K, 2)."""
    found = np.empty((*counts.shape, 2))
    for k, size in enumerate(demes):
        rows = deme_fitness(payoffs, size, fitness=fitness, intensity=intensity)
        number = np.column_stack([np.arange(size + 1), size - np.arange(size + 1)])
        found[:, k] = np.where(number > 0, number * rows, 0.0)[counts[:, k]]
    return found


def _soft(sizes, counts, weights, moves) -> tuple[np.ndarray, np.ndarray]:
    chance = (weights / weights.sum(axis=2, keepdims=True)).transpose(2, 0, 1) @ moves.T  # (2, states, K)
    whole = sizes.sum()
    return (sizes - counts) / whole * chance[0], counts / whole * chance[1]


def _hard(sizes, counts, weights, moves) -> tuple[np.ndarray, np.ndarray]:
    arrives = (weights / weights.sum(axis=(1, 2), keepdims=True)).transpose(2, 0, 1) @ moves
    return (sizes - counts) / sizes * arrives[0], counts / sizes * arrives[1]

"""Watts and Strogatz's rewiring of a ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evo.kernels.adjacency import Array

ROUNDS = 200  # draws for a tie before it stays where it is: it does only where almost all places are taken


def rewired(size: int, each_side: int, probability: float, chance: np.random.Generator) -> tuple[Array, Array]:
    """Ends of the ties of a ring, int32 each; those that are rewired have kept their first end.

    All draw at once and those whose draw is refused draw again; a tie that waits still holds its place, as in the
    original, which goes through them one by one.
    """
    here = np.tile(np.arange(size, dtype=np.int64), each_side)
    there = (here + np.repeat(np.arange(1, each_side + 1), size)) % size
    waiting = np.flatnonzero(chance.random(len(here)) < probability)
    for _ in range(ROUNDS):
        if not waiting.size:
            break
        drawn = chance.integers(size, size=len(waiting))
        taken = np.sort(_pair(size, here, there))
        wanted = _pair(size, here[waiting], drawn)
        place = np.minimum(np.searchsorted(taken, wanted), len(taken) - 1)
        free = (drawn != here[waiting]) & (taken[place] != wanted)
        first = np.zeros(len(wanted), dtype=np.bool_)
        first[np.unique(wanted, return_index=True)[1]] = True
        moves = free & first
        there[waiting[moves]] = drawn[moves]
        waiting = waiting[~moves]
    return here.astype(np.int32), there.astype(np.int32)


def _pair(size: int, first: Array, second: Array) -> Array:
    """One number for each unordered pair."""
    return np.minimum(first, second) * size + np.maximum(first, second)

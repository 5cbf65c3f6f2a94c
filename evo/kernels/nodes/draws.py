"""Focal nodes and role models drawn some updates ahead, so that what these read is fetched together, not one by one."""

from evo.kernels._cache import inline, inner
from evo.kernels.nodes.net import BLOCK
from evo.kernels.random import below

NEAR = 20_000  # nodes whose arrays the nearer caches hold


@inline
def row_of(starts, stops, even, i):
    """Where row i of the ties begins and ends."""
    if even > 0:
        return i * even, (i + 1) * even
    return starts[i], stops[i]


@inner
def draw_ahead(starts, stops, neighbours, even, around, count, ahead, models, rng):
    """Draw the focal nodes of the next updates, and where `models` one of those that each learns from, -1 for nobody."""
    for slot in range(BLOCK):
        ahead[0, slot] = below(count, rng)
    if models:
        for slot in range(BLOCK):
            first, stop = row_of(starts, stops, even, ahead[0, slot])
            ahead[1, slot] = first + below(stop - first, rng) if stop > first else -1
        for slot in range(BLOCK):
            if ahead[1, slot] >= 0:
                ahead[1, slot] = neighbours[ahead[1, slot]]
    elif count > NEAR:
        for slot in range(BLOCK):  # the sum keeps the reading from being left out
            first, stop = row_of(starts, stops, even, ahead[0, slot])
            seen = 0.0
            for e in range(first, stop):
                seen += around[neighbours[e], 0]
            ahead[1, slot] = int(seen)

"""Where groups and units lie: who is next to whom, and where somebody who crosses comes from or goes to."""

import math

import numpy as np

from evo.codes import ISLAND, RING, TORUS
from evo.kernels._cache import inline, inner
from evo.kernels.demes.arrays import FIRST_ROW, NUMBER, PATTERN, SPAN
from evo.kernels.random import below, uniform


@inline
def home(demes, rng):
    """A group drawn in proportion to its places."""
    if len(demes.ends) == 0:
        return below(len(demes.places), rng)
    low, high = 0, len(demes.ends) - 1
    r = below(demes.ends[high], rng)
    while low < high:
        middle = (low + high) // 2
        if r < demes.ends[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@inner
def next_to(shape, rows, level, unit, rng):
    """A unit of this level next to this one, in the same unit of the level above."""
    number = shape[level, NUMBER]
    place = unit % number
    pattern = shape[level, PATTERN]
    if pattern == ISLAND:
        other = below(number - 1, rng)
        other += other >= place
    elif pattern == RING:
        other = (place + (1 if below(2, rng) == 0 else number - 1)) % number
    elif pattern == TORUS:
        side = int(math.sqrt(number) + 0.5)
        way = below(4, rng)
        row, column = place // side, place % side
        if way < 2:
            row = (row + (1 if way == 0 else side - 1)) % side
        else:
            column = (column + (1 if way == 2 else side - 1)) % side
        other = row * side + column
    else:
        first = shape[level, FIRST_ROW] + place * number
        u = uniform(rng) * rows[first + number - 1]
        other = np.int64(0)
        while u >= rows[first + other]:
            other += 1
    return unit - place + other


@inner
def across(demes, group, rng):
    """The group that a crossing ends in, or the same group where nobody crosses: looked at from the highest level down."""
    for level in range(demes.shape.shape[0] - 1, -1, -1):
        chance = demes.migration[level, group]
        if chance > 0.0 and uniform(rng) < chance:
            span = demes.shape[level, SPAN]
            unit = next_to(demes.shape, demes.rows, level, group // span, rng)
            return unit * span if span == 1 else unit * span + below(span, rng)
    return group

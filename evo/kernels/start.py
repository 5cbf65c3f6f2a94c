"""How a replicate begins: its streams, from key, point and number alone, and its first mix."""

import numpy as np

from evo.codes import START_STREAM
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import REASON, RESTING, WHERE, WHO
from evo.kernels.random import seed_stream, simplex


@apart
def begin_replicate(process, plan, key, point, number, rng, work, mix):
    """Reset the scratch and fill `mix`: the plan's start, or a draw uniform on the simplex of each role.

    key: uint64 (2,) from the seed; point: uint64 hash of the model and its start; number: of the replicate.
    """
    work.status[REASON] = 0
    work.status[WHO] = -1
    work.status[WHERE] = -1
    work.status[RESTING] = 0
    for place in range(len(work.scalars)):
        work.scalars[place] = process.scalars[place]
    for row in range(work.strategy.shape[0]):
        for i in range(len(mix)):
            work.strategy[row, i] = process.strategy[row, i]
    if len(plan.start) > 0:
        for i in range(len(mix)):
            mix[i] = plan.start[i]
    else:
        seed_stream(key, np.uint64(number), point, np.uint64(START_STREAM), rng)
        for role in range(len(process.wholes)):
            simplex(rng, mix[process.roles[role] : process.roles[role + 1]])


@inner
def whole_counts(roles, sizes, mix, counts):
    """Counts nearest to the shares of each role, by largest remainder (the first of equals)."""
    for role in range(len(sizes)):
        first, stop, size = roles[role], roles[role + 1], sizes[role]
        left = int(size)
        for i in range(first, stop):
            counts[i] = np.floor(mix[i] * size + 1e-9)
            left -= int(counts[i])
        for _ in range(left):
            best = first
            for i in range(first + 1, stop):
                if mix[i] * size - counts[i] > mix[best] * size - counts[best] + 1e-9:
                    best = i
            counts[best] += 1.0

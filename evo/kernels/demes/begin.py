"""How a replicate begins: the individuals of the start, dealt to groups."""

import numpy as np

from evo.codes import EVEN, SCATTERED, START_STREAM
from evo.kernels._cache import apart
from evo.kernels.random import below, seed_stream
from evo.kernels.start import whole_counts


@apart
def deal(process, demes, plan, key, point, number, rng, mix, amounts, groups):
    """Fill the counts of all groups, and `amounts` with those of all together, from the shares that the run starts with."""
    groups.everybody[0] = process.wholes[0]
    for group in range(len(demes.places)):
        groups.members[group] = demes.places[group]
    if demes.arrangement == EVEN:
        for i in range(len(amounts)):
            amounts[i] = 0.0
        for group in range(len(demes.places)):
            groups.within[0] = demes.places[group]
            whole_counts(process.roles, groups.within, mix, groups.counts[group])
            for i in range(len(amounts)):
                amounts[i] += groups.counts[group, i]
        return
    whole_counts(process.roles, process.wholes, mix, amounts)
    if len(plan.start) > 0:  # else the stream has given the mix already
        seed_stream(key, np.uint64(number), point, np.uint64(START_STREAM), rng)
    left = groups.pool[0]
    for i in range(len(amounts)):
        left[i] = amounts[i]
    there = int(process.wholes[0])
    for group in range(len(demes.places)):
        for i in range(len(amounts)):
            groups.counts[group, i] = 0.0
        for _ in range(int(demes.places[group])):
            r = float(below(there, rng)) if demes.arrangement == SCATTERED else 0.0
            chosen = 0
            while r >= left[chosen]:
                r -= left[chosen]
                chosen += 1
            left[chosen] -= 1.0
            groups.counts[group, chosen] += 1.0
            there -= 1

"""Individual, social and critical learners with explicit ages of what they know, in an environment that changes."""

import math

import numpy as np

from evo.codes import COMPLETED, INTERRUPTED
from evo.kernels._cache import entry, inner
from evo.kernels.random import below, seed_stream, uniform

INDIVIDUAL, SOCIAL, CRITICAL = 0, 1, 2
TYPES = 3

# Numbers of the model.
CHANGE, BENEFIT, COST, COPYING, INTENSITY, MUTATION = 0, 1, 2, 3, 4, 5

# Columns of a record, after the shares of the types.
FRESH, PAYOFF, AGE = 3, 4, 5
COLUMNS = 6

PURPOSE = 13  # of the stream


@entry
def run_learners(
    numbers, begin, every, key, point, start, stride, flag, kinds, ages, totals, born, aged, chosen, rng, records, ended
):
    """Replicates start, start+stride, ...: records (R, T, COLUMNS) are means over the `every` generations that end there.

    begin: (3,) counts of each type, 0 for one that is not there and never comes. Scratch for N: kinds and born (types,
    int8), ages and aged (int64), totals (fitness, summed up), chosen (3,) the types that there are.
    """
    present = np.int64(0)
    for kind in range(TYPES):
        if begin[kind] > 0:
            chosen[present] = kind
            present += 1
    for row in range(start, len(records), stride):
        seed_stream(key, np.uint64(row), point, np.uint64(PURPOSE), rng)
        i = np.int64(0)
        for kind in range(TYPES):
            for _ in range(begin[kind]):
                kinds[i], ages[i], totals[i] = kind, 0, i + 1.0
                i += 1
        since, generation = np.int64(0), np.int64(0)
        ended[row] = COMPLETED
        while generation < records.shape[1] * every and ended[row] == COMPLETED:
            record = records[row, generation // every]
            since = 0 if uniform(rng) < numbers[CHANGE] else since + 1
            renew(numbers, chosen[:present], since, every, kinds, ages, totals, born, aged, rng, record)
            generation += 1
            if flag[0] != 0:
                ended[row] = INTERRUPTED


@inner
def renew(numbers, present, since, every, kinds, ages, totals, born, aged, rng, record):
    """One generation: a parent drawn by fitness gives the type, an elder drawn uniformly what is copied."""
    size = len(kinds)
    share = 1.0 / (size * every)
    copied, fresh = np.int64(0), np.int64(0)
    for i in range(size):
        born[i] = kinds[drawn(totals, rng)]
        if numbers[MUTATION] > 0.0 and len(present) > 1 and uniform(rng) < numbers[MUTATION]:
            born[i] = another_type(born[i], present, rng)
        aged[i] = 0
        if born[i] != INDIVIDUAL:
            aged[i] = ages[below(size, rng)] + 1
            copied += 1
            fresh += aged[i] <= since
    total = 0.0
    for i in range(size):
        payoff = learn(numbers, i, since, born, aged)
        kinds[i], ages[i] = born[i], aged[i]
        total += math.exp(numbers[INTENSITY] * payoff)
        totals[i] = total
        record[kinds[i]] += share
        record[PAYOFF] += payoff * share
        record[AGE] += ages[i] * share
    record[FRESH] += (fresh / copied if copied > 0 else math.nan) / every


@inner
def learn(numbers, i, since, born, aged):
    """Payoff of one who has copied knowledge of this age, or none; a critical learner mends what is out of date."""
    stale = aged[i] > since
    if born[i] == INDIVIDUAL:
        return numbers[BENEFIT] - numbers[COST]
    if born[i] == SOCIAL:
        return (0.0 if stale else numbers[BENEFIT]) - numbers[COPYING]
    if stale:
        aged[i] = 0
        return numbers[BENEFIT] - numbers[COPYING] - numbers[COST]
    return numbers[BENEFIT] - numbers[COPYING]


@inner
def another_type(kind, present, rng):
    place = below(len(present) - 1, rng)
    return present[place] if present[place] < kind else present[place + 1]


@inner
def drawn(totals, rng):
    """An individual drawn by fitness, from fitness summed up."""
    target = uniform(rng) * totals[-1]
    low, high = 0, len(totals) - 1
    while low < high:
        middle = (low + high) // 2
        if totals[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low

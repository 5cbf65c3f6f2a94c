"""How long a group takes to agree: speakers with influence, listeners who move towards them.

Source: [Perret, Hart & Powers 2020], as evo.organisations.consensus states it.
"""

import numpy as np

from evo.kernels._cache import entry, inner
from evo.kernels.random import below, seed_stream, uniform

PURPOSE = 11  # of the stream


@entry
def run_consensus(influence, weights, rule, most, key, start, stride, flag, opinions, order, rng, events):
    """Events until agreement, -1 where `most` are not enough, into events[start::stride]; a flag other than 0 stops.

    influence, weights: (N,), the latter (the chance to speak) summed up. rule: the least share of the gap that a listener
    moves, the standard deviation at which a group agrees, the number of listeners. Scratch: opinions, order, both (N,).
    """
    listeners = min(np.int64(rule[2]), len(influence) - 1)
    agreed = rule[1] * rule[1]
    for row in range(start, len(events), stride):
        if flag[0] != 0:
            return
        seed_stream(key, np.uint64(row), np.uint64(0), np.uint64(PURPOSE), rng)
        for i in range(len(opinions)):
            opinions[i] = uniform(rng)
            order[i] = i
        event = np.int64(0)
        # The variance anew each time: N additions are little beside the listeners' draws, and no rounding builds up.
        while event < most and variance_of(opinions) > agreed:
            speaker = who_speaks(weights, rng)
            hear(influence, rule[0], speaker, listeners, rng, opinions, order)
            event += 1
        events[row] = event if event < most or variance_of(opinions) <= agreed else -1


@inner
def variance_of(opinions):
    mean = 0.0
    for opinion in opinions:
        mean += opinion
    mean /= len(opinions)
    total = 0.0
    for opinion in opinions:
        total += (opinion - mean) * (opinion - mean)
    return total / len(opinions)


@inner
def who_speaks(weights, rng):
    """A member drawn by weight, from weights summed up."""
    target = uniform(rng) * weights[-1]
    low, high = 0, len(weights) - 1
    while low < high:
        middle = (low + high) // 2
        if weights[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


@inner
def hear(influence, least, speaker, listeners, rng, opinions, order):
    """Different members but the speaker move by their lack of influence, or the least; the first of `order` are they."""
    last = len(order) - 1
    for place in range(len(order)):
        if order[place] == speaker:
            order[place], order[last] = order[last], speaker
            break
    for k in range(listeners):
        chosen = k + below(last - k, rng)
        order[k], order[chosen] = order[chosen], order[k]
        listener = order[k]
        gap = influence[speaker] - influence[listener]
        opinions[listener] += (gap if gap > least else least) * (opinions[speaker] - opinions[listener])

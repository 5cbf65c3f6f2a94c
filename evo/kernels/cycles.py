"""Finding cycles of a flow: returns of the lead to one strategy, as a Poincare section.

A run cycles where the lead (largest share) passes to the same strategy three times at mixes that agree within 1 % of
the amplitude of the turn, itself above 0.01. The section is chosen anew at 1/64, 1/32, ... 1/2 of the horizon, so that
transients are left behind; the last half decides.
"""

import math

from evo.kernels._cache import apart, inline, inner

AGREE, AMPLITUDE = 0.01, 0.01
LEADER, PASSED, GOOD, PERIOD, RENEW = 0, 1, 2, 3, 4  # places in `turn`


@inner
def begin_cycle(generations, mix, turn, low, high):
    for i in range(len(mix)):
        low[i] = mix[i]
        high[i] = mix[i]
    turn[LEADER] = -1.0
    turn[PASSED] = math.nan
    turn[GOOD] = 0.0
    turn[PERIOD] = math.nan
    turn[RENEW] = generations / 64.0


@inline
def leader(mix):
    """The strategy with the largest share (the first of equals)."""
    best = 0
    for i in range(1, len(mix)):
        if mix[i] > mix[best]:
            best = i
    return best


@inline
def widen(mix, low, high):
    for i in range(len(mix)):
        low[i] = min(low[i], mix[i])
        high[i] = max(high[i], mix[i])


@inline
def widest(low, high):
    """The largest range of a share since the last passage."""
    most = 0.0
    for i in range(len(low)):
        most = max(most, high[i] - low[i])
    return most


@apart
def passage(generations, t, taker, mix, turn, section, low, high):
    """The lead passed to `taker` at time t and this mix."""
    if t >= turn[RENEW] and turn[RENEW] < generations:
        while turn[RENEW] <= t and turn[RENEW] < generations:
            turn[RENEW] *= 2.0
        turn[LEADER] = taker
        turn[PASSED] = math.nan
        turn[GOOD] = 0.0
        turn[PERIOD] = math.nan
    if taker != int(turn[LEADER]):
        return
    if not math.isnan(turn[PASSED]):
        distance = 0.0
        amplitude = 0.0
        for i in range(len(mix)):
            distance = max(distance, abs(mix[i] - section[i]))
            amplitude = max(amplitude, high[i] - low[i])
        if distance <= AGREE * amplitude and amplitude > AMPLITUDE:
            turn[GOOD] += 1.0
            turn[PERIOD] = t - turn[PASSED]
        else:
            turn[GOOD] = 0.0
            turn[PERIOD] = math.nan
    turn[PASSED] = t
    for i in range(len(mix)):
        section[i] = mix[i]
        low[i] = mix[i]
        high[i] = mix[i]


@inner
def period_found(turn):
    """The period, or nan where no cycle was found."""
    return turn[PERIOD] if turn[GOOD] >= 2.0 else math.nan

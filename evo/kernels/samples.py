"""Payoffs of one group each: the mean probability of copying over what focal and role model may have met.

Given the state, the group of one is drawn apart from that of the other, so the probability of an event is the mean over
both: exact, and the same for counts and for shares.
"""

import math

from evo.codes import ASPIRATION, FOCAL
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import BIAS
from evo.kernels.imitation import chance
from evo.kernels.payoffs import copied, depletes, fill_factors, report, which_factor


@apart
def fill_chances(process, amounts, work):
    """chances[i, j]: of a focal i to copy a model j; of an i to be discontent, chances[i, i], where it aspires."""
    meeting, rule = process.meeting, process.rule
    fill_factors(meeting, copied(meeting), amounts, work.factors)
    for i in range(len(amounts)):
        if amounts[i] > 0:
            fill_weights(process, i, amounts, work)
    for i in range(len(amounts)):
        for j in range(len(amounts)):
            work.chances[i, j] = 0.0
            if rule.code == ASPIRATION and i == j and amounts[i] > 0:
                work.chances[i, i] = mean_chance(process, i, -1, work)
            elif rule.code != ASPIRATION and i != j and amounts[i] > 0 and amounts[j] > 0:
                work.chances[i, j] = mean_chance(process, i, j, work)


@apart
def fill_weights(process, i, amounts, work):
    """Probability of each composition of the co-players of a strategy i."""
    meeting, weights = process.meeting, work.weights[i]
    for c in range(len(weights)):
        weights[c] = 0.0
    copying = copied(meeting)
    if meeting.alike == FOCAL or copying == 0.0:
        add_weights(process, 1.0, i, i, work)
        return
    focal = 1.0 if depletes(meeting) and not meeting.self_interaction else 0.0
    pool = meeting.whole - focal if meeting.whole > 0 else 1.0
    for f in range(len(amounts)):
        part = (1.0 - copying) * (amounts[f] - (focal if f == i else 0.0)) / pool + (copying if f == i else 0.0)
        if part > 0.0:
            add_weights(process, part, i, f, work)


@inner
def add_weights(process, part, focal, founder, work):
    """Add part * probability of each composition where `founder` is copied."""
    prefix, factors, weights = process.game.prefix, work.factors, work.weights[focal]
    strategies = work.table.shape[0]
    finite = depletes(process.meeting)
    place = 0
    for row in range(prefix.shape[0]):
        left = prefix[row, strategies - 2]
        weight = part
        for j in range(strategies - 2):
            weight *= factors[which_factor(finite, j, focal, founder), j, prefix[row, j]]
        first = factors[which_factor(finite, strategies - 2, focal, founder), strategies - 2]
        last = factors[which_factor(finite, strategies - 1, focal, founder), strategies - 1]
        for c in range(left + 1):
            weights[place + c] += weight * first[left - c] * last[c] * process.game.coefficient[place + c]
        place += left + 1


@inner
def mean_chance(process, i, j, work):
    """Mean of the probability to copy over both groups; j -1: to be discontent with one's own."""
    coefficient, status = process.game.coefficient, work.status
    total = 0.0
    for c in range(len(coefficient)):
        if work.weights[i, c] > 0.0:
            own = work.table[i, c] / coefficient[c] + work.strategy[BIAS, i]
            if not math.isfinite(own):
                report(i, c, status)
            if j < 0:
                odds = math.exp(-abs(process.rule.intensity * (process.rule.number - own)))
                discontent = (odds if process.rule.number < own else 1.0) / (1.0 + odds)
                total += work.weights[i, c] * discontent
                continue
            for k in range(len(coefficient)):
                if work.weights[j, k] > 0.0:
                    gain = work.table[j, k] / coefficient[k] + work.strategy[BIAS, j] - own
                    total += work.weights[i, c] * work.weights[j, k] * chance(process.rule, gain, i, status)
    return total

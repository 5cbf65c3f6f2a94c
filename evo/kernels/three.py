"""Events of three strategies that compare their payoffs in pairs: `events.advance` written out, with all numbers at hand.

Pairwise comparison in a two-player game is linear in the counts up to the exponent: what one earns more than another is a
number per individual of each strategy, worked out once, times the counts.
"""

import math

import numpy as np

from evo.codes import ABSORBED, NONFINITE_STATE, PAIRWISE_COMPARISON
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import BIAS, EFFECTIVE, REASON, SCALE
from evo.kernels.events import LISTEN, add_counts, draw_at_hand, patience
from evo.kernels.imitation import MOST, plain
from evo.kernels.observe import note_fixation, watch
from evo.kernels.payoffs import pair_payoffs

# What each event does to the counts; the events lie in the order of the loser, then of the winner.
CHANGES = np.array(
    [[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [1.0, -1.0, 0.0], [0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]
)


@inner
def by_threes(process, broken):
    """Whether this process is one of three strategies under plain pairwise comparison in a two-player game."""
    game = process.meeting.size == 2 and not process.game.reads_mix and not process.meeting.sampled and broken == 0
    everybody = len(process.to) == 3 and len(process.wholes) == 1 and process.meeting.whole > 1
    return game and everybody and process.rule.code == PAIRWISE_COMPARISON and plain(process.rule)


@inline
def lead(intensity, meeting, whole, i, j, table, strategy):
    """intensity * (payoff of j - payoff of i) as a + b*n_0 + c*n_1 of the counts of the first two strategies."""
    focal = 0.0 if meeting.self_interaction else 1.0
    scale_i = (1.0 - meeting.assortment) * strategy[SCALE, i]
    scale_j = (1.0 - meeting.assortment) * strategy[SCALE, j]
    own_i = (meeting.assortment - scale_i * focal) * table[i, i] + strategy[BIAS, i]
    own_j = (meeting.assortment - scale_j * focal) * table[j, j] + strategy[BIAS, j]
    last = scale_j * table[j, 2] - scale_i * table[i, 2]
    first = scale_j * table[j, 0] - scale_i * table[i, 0] - last
    second = scale_j * table[j, 1] - scale_i * table[i, 1] - last
    return intensity * (own_j - own_i + last * whole), intensity * first, intensity * second


@inline
def odds_against(gain):
    """exp(-gain), which is the chance not to copy over the chance to copy, held within the range of doubles."""
    return math.exp(-min(max(gain, -MOST), MOST))


@apart
def advance_three(
    rule, meeting, to, roles, wholes, plan, fixing, flag, step, pending, boundary, unit, burnt, rng, amounts, since, tipped,
    table, status, strategy, means, numbers, counts,
):  # fmt: skip
    """`events.advance` where `by_threes`; leaves the payoffs up to date."""
    averaging = step >= burnt
    watching = len(since) > 0
    counted = step
    events = 0
    whole = wholes[0]
    met = whole - 1.0 if rule.option == 0 else whole
    meet, exploring = (1.0 - rule.mutation) / (whole * met), rule.mutation / whole
    to_01, to_02, to_10 = exploring * to[0, 1], exploring * to[0, 2], exploring * to[1, 0]
    to_12, to_20, to_21 = exploring * to[1, 2], exploring * to[2, 0], exploring * to[2, 1]
    a_01, b_01, c_01 = lead(rule.intensity, meeting, whole, 0, 1, table, strategy)
    a_02, b_02, c_02 = lead(rule.intensity, meeting, whole, 0, 2, table, strategy)
    a_12, b_12, c_12 = lead(rule.intensity, meeting, whole, 1, 2, table, strategy)
    s0, s1, s2, s3 = rng[0], rng[1], rng[2], rng[3]
    n_0, n_1, n_2 = amounts[0], amounts[1], amounts[2]
    while step < boundary:
        odds_01 = odds_against(a_01 + b_01 * n_0 + c_01 * n_1)
        odds_02 = odds_against(a_02 + b_02 * n_0 + c_02 * n_1)
        odds_12 = odds_against(a_12 + b_12 * n_0 + c_12 * n_1)
        up_01 = meet * n_0 * n_1 / (1.0 + odds_01)
        up_02 = meet * n_0 * n_2 / (1.0 + odds_02)
        up_12 = meet * n_1 * n_2 / (1.0 + odds_12)
        upto_01 = up_01 + to_01 * n_0
        upto_02 = upto_01 + (up_02 + to_02 * n_0)
        upto_10 = upto_02 + (odds_01 * up_01 + to_10 * n_1)
        upto_12 = upto_10 + (up_12 + to_12 * n_1)
        upto_20 = upto_12 + (odds_02 * up_02 + to_20 * n_2)
        leaves = upto_20 + (odds_12 * up_12 + to_21 * n_2)
        if not math.isfinite(leaves):
            status[REASON] = NONFINITE_STATE
            break
        step, u, pending, s0, s1, s2, s3 = draw_at_hand(
            boundary, leaves, patience(leaves), pending, step, s0, s1, s2, s3
        )
        if u < 0.0:
            break
        if averaging:  # the state before this step's event stood for the steps since `counted`, and for this one
            amounts[0], amounts[1], amounts[2] = n_0, n_1, n_2
            pair_payoffs(meeting, amounts, table, status, strategy)
            add_counts(float(step - counted), roles, wholes, amounts, strategy, means, numbers)
            counted = step
        event = int(u >= upto_01) + int(u >= upto_02) + int(u >= upto_10) + int(u >= upto_12) + int(u >= upto_20)
        n_0 += CHANGES[event, 0]
        n_1 += CHANGES[event, 1]
        n_2 += CHANGES[event, 2]
        events += 1
        if watching:
            amounts[0], amounts[1], amounts[2] = n_0, n_1, n_2
            watch(plan, step * unit, roles, wholes, amounts, since, tipped)
        if fixing and (n_0 == whole or n_1 == whole or n_2 == whole):
            amounts[0], amounts[1], amounts[2] = n_0, n_1, n_2
            note_fixation(step * unit, roles, wholes, amounts, counts, numbers)
            if plan.until == ABSORBED:
                break
        if events % LISTEN == 0 and flag[0] != 0:
            break
    rng[0], rng[1], rng[2], rng[3] = s0, s1, s2, s3
    amounts[0], amounts[1], amounts[2] = n_0, n_1, n_2
    pair_payoffs(meeting, amounts, table, status, strategy)
    if averaging:
        add_counts(float(step - counted), roles, wholes, amounts, strategy, means, numbers)
    counts[EFFECTIVE] += events
    return step, pending

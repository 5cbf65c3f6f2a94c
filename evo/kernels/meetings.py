"""Comparisons one by one: with many strategies it is cheaper to draw focal and role model than to keep all rates.

A step costs O(d) instead of O(d^2), and payoffs are looked up from sums that each change moves.
"""

from evo.codes import ABSORBED
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import BIAS, EFFECTIVE, FIXED, PAYOFF, PULL, REASON, SCALE
from evo.kernels.events import LISTEN, add_counts, draw_event
from evo.kernels.imitation import chance, compares
from evo.kernels.observe import note_fixation, watch, whole_of
from evo.kernels.random import uniform

MANY = 8  # strategies from which this pays
RENEW = 4096  # changes after which sums are computed anew, so that no rounding piles up


@inner
def by_meetings(process, broken):
    """Whether this process runs by meetings: comparison in pairs, role models met uniformly, many strategies."""
    unbiased = process.rule.conformity == 1.0 and process.rule.prestige == 0.0
    pairs = process.meeting.size == 2 and not process.game.reads_mix and not process.meeting.sampled and broken == 0
    return compares(process.rule) and unbiased and pairs and process.to.shape[0] >= MANY


@inline
def who(place, first, stop, spared, less, amounts):
    """The strategy of the individual at this place, in [0, sum of amounts), one of `spared` being left out if less is 1."""
    chosen = first
    for j in range(first, stop):
        there = amounts[j] - less if j == spared else amounts[j]
        if there > 0.0:
            chosen = j
            if place < there:
                break
            place -= there
    return chosen


@inline
def what(u, row, but):
    """The outcome whose interval of the cumulated row holds u, `but` one of them."""
    chosen = -1
    for j in range(len(row)):
        if row[j] > 0.0 and j != but:
            chosen = j
            if u < row[j]:
                break
            u -= row[j]
    return chosen


@inline
def earned(meeting, i, table, strategy):
    """The effective payoff of a present strategy, from its sum over all others' amounts in row PULL."""
    focal = 0.0 if meeting.self_interaction else 1.0
    met = (1.0 - meeting.assortment) * strategy[SCALE, i] * (strategy[PULL, i] - focal * table[i, i])
    return met + meeting.assortment * table[i, i] + strategy[BIAS, i]


@inner
def sum_up(amounts, table, strategy):
    for i in range(len(amounts)):
        strategy[PULL, i] = 0.0
        for j in range(len(amounts)):
            strategy[PULL, i] += amounts[j] * table[i, j]


@inner
def pay(meeting, amounts, table, strategy):
    """Effective payoffs of all who are present."""
    for i in range(len(amounts)):
        strategy[PAYOFF, i] = earned(meeting, i, table, strategy) if amounts[i] > 0.0 else strategy[BIAS, i]


@apart
def compare_pairs(
    rule, meeting, to, roles, wholes, plan, flag, step, pending, boundary, unit,
    burnt, rng, amounts, since, tipped, table, status, strategy,
    means, numbers, counts,
):  # fmt: skip
    """`events.advance` by meetings; returns the step reached and the waiting time left."""
    averaging = step >= burnt
    counted = step
    events, spins = 0, 0
    sum_up(amounts, table, strategy)
    while step < boundary and status[REASON] == 0:
        spins += 1
        if spins % LISTEN == 0 and flag[0] != 0:
            break
        alone = who(0.0, roles[0], roles[1], -1, 0.0, amounts)
        if len(wholes) == 1 and amounts[alone] == wholes[0]:
            leaving = rule.mutation * (1.0 - to[alone, alone])
            if leaving <= 0.0:
                step = boundary
                break
            step, u, pending = draw_event(boundary, leaving, pending, rng, step)
            if u < 0.0:
                break
            loser, winner = alone, what(u / rule.mutation, to[alone], alone)
        else:
            step += 1
            loser, winner = encounter(rule, meeting, to, roles, wholes, amounts, table, status, strategy, rng)
            if winner == loser:
                continue
        if averaging:  # the state before this step's event stood for the steps since `counted`, and for this one
            pay(meeting, amounts, table, strategy)
            add_counts(float(step - counted), roles, wholes, amounts, strategy, means, numbers)
            counted = step
        amounts[loser] -= 1.0
        amounts[winner] += 1.0
        events += 1
        for i in range(len(amounts)):
            strategy[PULL, i] += table[i, winner] - table[i, loser]
        if events % RENEW == 0:
            sum_up(amounts, table, strategy)
        if len(since) > 0:
            watch(plan, step * unit, roles, wholes, amounts, since, tipped)
        if rule.mutation == 0.0 and amounts[winner] == whole_of(roles, wholes, winner):
            note_fixation(step * unit, roles, wholes, amounts, counts, numbers)
            if plan.until == ABSORBED and counts[FIXED] >= 0:
                break
    pay(meeting, amounts, table, strategy)
    if averaging:
        add_counts(float(step - counted), roles, wholes, amounts, strategy, means, numbers)
    counts[EFFECTIVE] += events
    return step, pending


@inner
def encounter(rule, meeting, to, roles, wholes, amounts, table, status, strategy, rng):
    """One event: a focal, and what it takes; returns what it was and what it became."""
    everybody = 0.0
    for role in range(len(wholes)):
        everybody += wholes[role]
    focal = who(uniform(rng) * everybody, roles[0], roles[len(wholes)], -1, 0.0, amounts)
    exploring = rule.mutation > 0.0 and uniform(rng) < rule.mutation
    taken = focal
    if rule.after or not exploring:
        role = 0
        while focal >= roles[role + 1]:
            role += 1
        left_out = 1.0 if rule.option == 0 else 0.0
        if wholes[role] > left_out:
            place = uniform(rng) * (wholes[role] - left_out)
            model = who(place, roles[role], roles[role + 1], focal, left_out, amounts)
            gain = earned(meeting, model, table, strategy) - earned(meeting, focal, table, strategy)
            if model != focal and uniform(rng) < chance(rule, gain, focal, status):
                taken = model
    if exploring:
        found = what(uniform(rng), to[taken], -1)
        taken = found if found >= 0 else taken
    return focal, taken

"""Payoffs and fitness group by group, brought up to date where they are needed."""

import math

from evo.codes import EXPONENTIAL, NEGATIVE_FITNESS
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import BIAS, PAYOFF, REASON, SCALE, WAYS, WHO, Meeting
from evo.kernels.demes.arrays import AVERAGING, BY_TREE, EARNED, MOST, REFERENCE, VERSION
from evo.kernels.demes.tree import put, sum_all
from evo.kernels.payoffs import fill_table, fill_ways, group_payoffs, pair_payoffs

HIGH = 30.0  # beta*payoff above the reference from which fitness is measured anew
LOW = 1e-100  # total fitness below which it is
LIKELY = 0.25  # chance to be accepted from which drawing by acceptance is faster than the tree


@inline
def meeting_of(meeting, size):
    """Who meets whom in a group of this size."""
    return Meeting(meeting.size, int(size), 0.0, meeting.alike, False, False, False, False)


@inner
def settle(
    group, meeting, prefix, alone, counts, members, earned, paid, fresh, marks, table, factors, status, strategy
):
    """Effective payoffs of a group's members into row PAYOFF and its row of `earned`, and what else its size decides."""
    row, size = counts[group], members[group]
    for i in range(len(row)):
        strategy[SCALE, i] = 1.0 / (size - 1.0) if size > 1.0 else 0.0
    local = meeting_of(meeting, size)
    if meeting.size > 2:
        fill_ways(local, factors[WAYS, 0])
    if fresh[group] == marks[VERSION]:
        for i in range(len(row)):
            strategy[PAYOFF, i] = earned[group, i]
        return
    if size > 1.0:
        if meeting.size == 2:
            pair_payoffs(local, row, table, status, strategy)
        else:
            group_payoffs(local, prefix, row, table, factors, status, strategy)
    else:
        for i in range(len(row)):
            strategy[PAYOFF, i] = strategy[BIAS, i] + (alone if row[i] > 0.0 else 0.0)
    total = 0.0
    for i in range(len(row)):
        earned[group, i] = strategy[PAYOFF, i]
        if row[i] > 0.0:
            total += row[i] * (strategy[PAYOFF, i] - strategy[BIAS, i])
    paid[group] = total
    fresh[group] = marks[VERSION]


@inline
def pair_earning(alone, i, row, size, table, strategy):
    """Effective payoff of one member in a game of pairs."""
    total = 0.0
    for j in range(len(row)):
        total += (row[j] - 1.0 if i == j else row[j]) * table[i, j]
    return (total / (size - 1.0) if size > 1.0 else alone) + strategy[BIAS, i]


@inline
def fitness_of(rule, i, payoff, sums, status):
    """Fitness of a strategy with this payoff, exponential relative to the reference; infinite where that is far below."""
    if rule.fitness == EXPONENTIAL:
        above = rule.intensity * (payoff - sums[REFERENCE])
        return math.exp(above) if above < HIGH else math.inf
    fitness = 1.0 - rule.intensity + rule.intensity * payoff
    if fitness < 0.0 and status[REASON] == 0:
        status[REASON] = NEGATIVE_FITNESS
        status[WHO] = i
    return fitness


@inline
def weigh(group, rule, counts, earned, fit, sums, status):
    """Fitness of a group's members, and of all together, which it returns; infinite where it must be measured anew."""
    total = 0.0
    for i in range(counts.shape[1]):
        fit[group, i] = 0.0
        if counts[group, i] > 0.0:
            fit[group, i] = fitness_of(rule, i, earned[group, i], sums, status)
            total += counts[group, i] * fit[group, i]
    return total


@inner
def touch(
    group, rule, meeting, prefix, alone, counts, members, earned, paid, fresh, fit, fitted, tree, sums, marks,
    table, factors, status, strategy,
):  # fmt: skip
    """After a change of a group: its payoffs and fitness are out of date, and are renewed where they are kept up to date."""
    fresh[group] = -1
    fitted[group] = -1
    if marks[AVERAGING] == 0 and marks[BY_TREE] == 0:
        return
    sums[EARNED] -= paid[group]
    settle(group, meeting, prefix, alone, counts, members, earned, paid, fresh, marks, table, factors, status, strategy)
    sums[EARNED] += paid[group]
    if marks[BY_TREE] == 1:
        total = weigh(group, rule, counts, earned, fit, sums, status)
        put(tree, group, total)
        if not (total < math.inf and tree[1] > LOW):
            measure(rule, counts, earned, fit, tree, sums, status)


@inner
def measure(rule, counts, earned, fit, tree, sums, status):
    """Fitness of everybody, relative to the best who is there, into the tree."""
    best = -math.inf
    for group in range(counts.shape[0]):
        for i in range(counts.shape[1]):
            if counts[group, i] > 0.0:
                best = max(best, earned[group, i])
    sums[REFERENCE] = best
    half = len(tree) // 2
    for group in range(counts.shape[0]):
        tree[half + group] = weigh(group, rule, counts, earned, fit, sums, status)
    sum_all(tree)
    if not tree[1] > 0.0 and status[REASON] == 0:  # nobody can have offspring
        status[REASON] = NEGATIVE_FITNESS


@apart
def settle_all(process, demes, work, groups):
    """Payoffs of all groups. Fitness stays as it was measured: a record changes nothing of what is drawn."""
    groups.sums[EARNED] = 0.0
    for group in range(len(groups.members)):
        settle(
            group, process.meeting, process.game.prefix, demes.alone, groups.counts, groups.members, groups.earned,
            groups.paid, groups.fresh, groups.marks, work.table, work.factors, work.status, work.strategy,
        )  # fmt: skip
        groups.sums[EARNED] += groups.paid[group]


@inner
def bound(process, demes, work, sums):
    """The most that anybody can earn, trait bias included: the largest entry of the payoff table, or that of one alone."""
    most = -math.inf
    for i in range(work.table.shape[0]):
        most = max(most, demes.alone + work.strategy[BIAS, i])
        for c in range(work.table.shape[1]):
            if math.isfinite(work.table[i, c]):
                most = max(most, work.table[i, c] / process.game.coefficient[c] + work.strategy[BIAS, i])
    sums[MOST] = most


@apart
def renew(process, demes, work, groups):
    """After the payoffs of all groups have moved."""
    groups.marks[VERSION] += 1
    if demes.everywhere:
        bound(process, demes, work, groups.sums)
        if groups.marks[BY_TREE] == 1:
            by_tree(process, demes, work, groups)
        else:
            groups.sums[REFERENCE] = groups.sums[MOST]


@inner
def by_tree(process, demes, work, groups):
    """Draw parents by the tree from now on: acceptance has become rare."""
    groups.marks[BY_TREE] = 1
    settle_all(process, demes, work, groups)
    measure(process.rule, groups.counts, groups.earned, groups.fit, groups.tree, groups.sums, work.status)


@inner
def by_acceptance(process, groups):
    """Draw parents by acceptance again, where that has become likely enough."""
    lower = process.rule.intensity * (groups.sums[REFERENCE] - groups.sums[MOST])
    largest = 1.0 - process.rule.intensity + process.rule.intensity * groups.sums[MOST]
    scale = math.exp(lower) if process.rule.fitness == EXPONENTIAL else 1.0 / largest
    if groups.tree[1] * scale > LIKELY * groups.everybody[0]:
        groups.marks[BY_TREE] = 0
        groups.sums[REFERENCE] = groups.sums[MOST]
        for group in range(len(groups.fitted)):
            groups.fitted[group] = -1


@apart
def remix(process, demes, amounts, mix, work, groups):
    """The mix of the whole population, and the table where it reads the mix: then payoffs of all groups are out of date."""
    for i in range(len(amounts)):
        mix[i] = amounts[i] / groups.everybody[0]
    if process.game.reads_mix:
        for i in range(len(amounts)):
            work.scalars[process.mix + i] = mix[i]
        fill_table(process.game, work)
        renew(process, demes, work, groups)


@apart
def meet_all(process, demes, amounts, mix, work, groups):
    """Bring mix, table and payoffs of all groups up to date; row PAYOFF then holds the mean of each strategy's individuals.
    Returns the population's mean payoff."""
    remix(process, demes, amounts, mix, work, groups)
    settle_all(process, demes, work, groups)
    for i in range(len(amounts)):
        total = 0.0
        for group in range(len(groups.members)):
            if groups.counts[group, i] > 0.0:
                total += groups.counts[group, i] * groups.earned[group, i]
        work.strategy[PAYOFF, i] = total / amounts[i] if amounts[i] > 0.0 else work.strategy[BIAS, i]
    return groups.sums[EARNED] / groups.everybody[0]

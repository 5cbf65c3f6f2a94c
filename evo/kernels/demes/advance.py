"""Updates one by one, and what happens to groups as wholes between them, from one boundary to the next."""

import math

import numpy as np

from evo.codes import ABSORBED, EXPONENTIAL, NONFINITE_STATE
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import BIAS, BROKEN, EFFECTIVE, FIXED, MEAN, PAYOFF, REASON, SCALE
from evo.kernels.demes.arrays import AVERAGING, BY_TREE, CHANCE, CHANGES, COUNTED, EARNED, MOST, VERSION
from evo.kernels.demes.pay import (
    by_acceptance,
    by_tree,
    fitness_of,
    meeting_of,
    pair_earning,
    remix,
    settle,
    settle_all,
    touch,
    weigh,
)
from evo.kernels.demes.places import across, home
from evo.kernels.demes.splitting import split
from evo.kernels.demes.tree import pick
from evo.kernels.demes.units import earliest, happen
from evo.kernels.demes.updates import born, change_in, rests, taken
from evo.kernels.encounter import rated
from evo.kernels.events import LISTEN
from evo.kernels.innovation import innovates
from evo.kernels.meetings import who
from evo.kernels.observe import note_fixation, watch
from evo.kernels.random import uniform

TRIES = 64  # candidates for a parent, before the tree is taken
NOTHING = -1  # nobody changes
GROWS = -2  # somebody more, and nobody less


@apart
def advance_groups(
    process, demes, plan, flag, step, boundary, unit, burnt, rng, amounts, mix, since, tipped, work, groups,
    means, numbers, counts,
):  # fmt: skip
    """Updates from `step` to `boundary`, during which the environment stands still; returns the step reached."""
    averaging = step >= burnt
    groups.marks[AVERAGING] = averaging
    if averaging:
        settle_all(process, demes, work, groups)
    groups.marks[COUNTED] = step
    coming = earliest(groups.due)
    everybody = groups.everybody
    while step < boundary and work.status[REASON] == 0:
        if counts[FIXED] >= 0 and not demes.splits:  # nothing can change any more; groups that split still grow
            step = boundary
            break
        step += 1
        if demes.everywhere:
            home_group, parent = accepted(
                process.rule, process.meeting, process.game.prefix, demes.alone, demes.most, groups.counts,
                groups.members, groups.earned, groups.paid, groups.fresh, groups.fit, groups.fitted, groups.sums,
                groups.marks, work.table, work.factors, work.status, work.strategy, rng,
            )  # fmt: skip
            if parent < 0:
                if groups.marks[BY_TREE] == 0:
                    by_tree(process, demes, work, groups)
                if work.status[REASON] != 0:
                    step -= 1  # nobody can have offspring
                    break
                home_group = pick(groups.tree, uniform(rng) * groups.tree[1])
                parent = parent_of(groups.counts[home_group], groups.fit[home_group], rng)
            group, loser, winner = place_offspring(
                process.rule, process.to, demes, home_group, parent, groups.counts, groups.members, rng
            )
        else:
            group, loser, winner = update_at_home(
                process.rule, process.meeting, process.game.prefix, process.to, process.roles, demes, groups.counts,
                groups.members, groups.earned, groups.paid, groups.fresh, groups.within, groups.marks, work.table,
                work.factors, work.status, work.strategy, work.chances, work.rates, rng,
            )  # fmt: skip
        if loser != NOTHING:
            if averaging:
                stand(step, amounts, everybody, groups.sums, groups.marks, means, numbers)
            if loser >= 0:
                groups.counts[group, loser] -= 1.0
                amounts[loser] -= 1.0
            else:
                groups.members[group] += 1.0
                everybody[0] += 1.0
            groups.counts[group, winner] += 1.0
            amounts[winner] += 1.0
            groups.marks[CHANGES] += 1
            groups.fresh[group] = -1
            groups.fitted[group] = -1
            if averaging or groups.marks[BY_TREE] == 1:
                touch(
                    group, process.rule, process.meeting, process.game.prefix, demes.alone, groups.counts,
                    groups.members, groups.earned, groups.paid, groups.fresh, groups.fit, groups.fitted, groups.tree,
                    groups.sums, groups.marks, work.table, work.factors, work.status, work.strategy,
                )  # fmt: skip
            if demes.splits and groups.members[group] > demes.places[group]:
                split(process, demes, group, amounts, work, groups, rng)
            if process.game.reads_mix:
                remix(process, demes, amounts, mix, work, groups)
                if averaging:
                    settle_all(process, demes, work, groups)
            seen(process.rule, process.roles, plan, step * unit, amounts, everybody, since, tipped, counts, numbers)
        if coming <= step * unit + 1e-12:
            if averaging:
                stand(step, amounts, everybody, groups.sums, groups.marks, means, numbers)
            happen(process, demes, step * unit + 1e-12, amounts, mix, work, groups, rng)
            if averaging and process.game.reads_mix:
                settle_all(process, demes, work, groups)
            coming = earliest(groups.due)
            seen(process.rule, process.roles, plan, step * unit, amounts, everybody, since, tipped, counts, numbers)
        if plan.until == ABSORBED and counts[FIXED] >= 0:
            break
        if step % LISTEN == 0:
            if averaging:
                settle_all(process, demes, work, groups)  # so that no rounding piles up
            if groups.marks[BY_TREE] == 1:
                by_acceptance(process, groups)
            if flag[0] != 0:
                break
    if averaging:
        stand(step, amounts, everybody, groups.sums, groups.marks, means, numbers)
    counts[EFFECTIVE] += groups.marks[CHANGES]
    groups.marks[CHANGES] = 0
    return step


@inner
def stand(step, amounts, everybody, sums, marks, means, numbers):
    """Before a change: let the present state stand for the steps since it was counted last, and for this one."""
    weight = float(step - marks[COUNTED])
    for i in range(len(amounts)):
        means[i] += weight * amounts[i] / everybody[0]
    numbers[MEAN] += weight * sums[EARNED] / everybody[0]
    marks[COUNTED] = step


@inline
def seen(rule, roles, plan, t, amounts, everybody, since, tipped, counts, numbers):
    """After a change: watchers, and whether a strategy has taken over."""
    if len(since) > 0:
        watch(plan, t, roles, everybody, amounts, since, tipped)
    if rule.mutation == 0.0 and not innovates(rule):
        for i in range(len(amounts)):
            if amounts[i] == everybody[0]:
                note_fixation(t, roles, everybody, amounts, counts, numbers)


@inline
def look(
    group, meeting, prefix, alone, counts, members, earned, paid, fresh, marks, table, factors, status, strategy
):  # fmt: skip
    """Payoffs of a group's members into row PAYOFF: in a game of pairs sooner worked out than looked up."""
    if meeting.size > 2 or status[BROKEN] > 0:
        settle(
            group, meeting, prefix, alone, counts, members, earned, paid, fresh, marks, table, factors, status, strategy
        )
        return
    row, size = counts[group], members[group]
    for i in range(len(row)):
        strategy[SCALE, i] = 1.0 / (size - 1.0) if size > 1.0 else 0.0
        strategy[PAYOFF, i] = strategy[BIAS, i]
        if row[i] > 0.0:
            strategy[PAYOFF, i] = pair_earning(alone, i, row, size, table, strategy)


@inline
def update_at_home(
    rule, meeting, prefix, to, roles, demes, counts, members, earned, paid, fresh, within, marks, table, factors, status,
    strategy, chances, rates, rng,
):  # fmt: skip
    """One update of an individual drawn from all: in its group by the rule's rates there, or by a look at another group."""
    group = home(demes, rng)
    row = counts[group]
    other = across(demes, group, rng) if demes.crossing else group
    if other != group:
        focal = who(uniform(rng) * members[group], 0, len(row), -1, 0.0, row)
        look(
            group, meeting, prefix, demes.alone, counts, members, earned, paid, fresh, marks, table, factors, status, strategy
        )  # fmt: skip
        own = strategy[PAYOFF, focal]
        look(
            other, meeting, prefix, demes.alone, counts, members, earned, paid, fresh, marks, table, factors, status, strategy
        )  # fmt: skip
        found = taken(rule, to, focal, own, counts[other], status, strategy, rates, rng)
        return group, NOTHING if found == focal else focal, found
    if rests(rule, row, members[group]):
        return group, NOTHING, NOTHING
    look(
        group, meeting, prefix, demes.alone, counts, members, earned, paid, fresh, marks, table, factors, status, strategy
    )  # fmt: skip
    within[0] = members[group]
    local = meeting_of(meeting, members[group])
    effective = rated(rule, local, prefix, to, roles, within, row, table, factors, status, strategy, chances, rates)
    if not math.isfinite(effective) and status[REASON] == 0:
        status[REASON] = NONFINITE_STATE
    u = uniform(rng)
    if not u < effective:
        return group, NOTHING, NOTHING
    loser, winner = change_in(u, rates)
    return group, loser, winner


@inline
def accepted(
    rule, meeting, prefix, alone, most, counts, members, earned, paid, fresh, fit, fitted, sums, marks, table,
    factors, status, strategy, rng,
):  # fmt: skip
    """Group and strategy of a parent in proportion to fitness: somebody drawn uniformly is taken with probability fitness
    over the most that is possible, else one draws again. -1 after many rejections, or where the tree is in use: what was
    rejected says nothing of who is drawn next."""
    largest = 1.0
    if rule.fitness != EXPONENTIAL:
        largest = 1.0 - rule.intensity + rule.intensity * sums[MOST]
    quick = meeting.size == 2 and status[BROKEN] == 0  # then one payoff is sooner worked out than looked up
    for _ in range(TRIES if marks[BY_TREE] == 0 else 0):
        x = uniform(rng) * len(members)
        group = int(x)
        place = (x - group) * most
        if place < members[group]:
            row = counts[group]
            parent = who(place, 0, len(row), -1, 0.0, row)
            if quick:
                earning = pair_earning(alone, parent, row, members[group], table, strategy)
                chance = fitness_of(rule, parent, earning, sums, status)
            else:
                if fitted[group] != marks[VERSION]:
                    settle(
                        group, meeting, prefix, alone, counts, members, earned, paid, fresh, marks, table, factors, status,
                        strategy,
                    )  # fmt: skip
                    weigh(group, rule, counts, earned, fit, sums, status)
                    fitted[group] = marks[VERSION]
                chance = fit[group, parent]
            if uniform(rng) * largest < chance:
                return group, parent
    return np.int64(-1), np.int64(-1)


@inline
def place_offspring(rule, to, demes, home_group, parent, counts, members, rng):
    """Where the offspring goes, what it is, and whom it replaces."""
    winner = born(rule, to, parent, rng)
    group = across(demes, home_group, rng) if demes.crossing else home_group
    row, size = counts[group], members[group]
    if demes.splits:
        if size < demes.places[group] or uniform(rng) < demes.numbers[0, CHANCE]:
            return group, GROWS, winner
        place = uniform(rng) * (size + 1.0)
        if place >= size:  # the newborn itself
            return group, NOTHING, NOTHING
        loser = who(place, 0, len(row), -1, 0.0, row)
    else:
        spared = 1.0 if rule.option == 1 and group == home_group else 0.0
        if size <= spared:
            return group, NOTHING, NOTHING
        loser = who(uniform(rng) * (size - spared), 0, len(row), parent, spared, row)
    return group, NOTHING if loser == winner else loser, winner


@inline
def parent_of(row, fit, rng):
    """The strategy of a member drawn in proportion to fitness."""
    total = 0.0
    for i in range(len(row)):
        total += row[i] * fit[i]
    u = uniform(rng) * total
    chosen = 0
    for i in range(len(row)):
        if row[i] * fit[i] > 0.0:
            chosen = i
            u -= row[i] * fit[i]
            if u < 0.0:
                break
    return chosen

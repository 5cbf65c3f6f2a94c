"""A generation at once: every individual updates by the state as it was, in its group or by a look at another one."""

from evo.codes import WRIGHT_FISHER
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import MEAN, PAYOFF, PULL, REASON
from evo.kernels.births import fill_births
from evo.kernels.demes.advance import seen
from evo.kernels.demes.arrays import CHANGES
from evo.kernels.demes.pay import meet_all, meeting_of, renew, settle
from evo.kernels.demes.places import across
from evo.kernels.demes.units import happen
from evo.kernels.demes.updates import taken
from evo.kernels.encounter import rated
from evo.kernels.random import multinomial


@apart
def all_at_once(
    process, demes, plan, step, burnt, rng, amounts, mix, since, tipped, work, groups, means, numbers, counts
):
    """One generation; returns the step reached."""
    if step >= burnt:
        mean = meet_all(process, demes, amounts, mix, work, groups)
        for i in range(len(amounts)):
            means[i] += mix[i]
        numbers[MEAN] += mean
    before = groups.counts
    for group in range(len(groups.members)):
        for i in range(len(amounts)):
            groups.next[group, i] = 0.0
        if process.rule.code == WRIGHT_FISHER:
            reborn(process, demes, group, before, work, groups, rng)
        else:
            for i in range(len(amounts)):
                if before[group, i] > 0.0:
                    revise(process, demes, group, i, before, work, groups, rng)
    for i in range(len(amounts)):
        amounts[i] = 0.0
        for group in range(len(groups.members)):
            before[group, i] = groups.next[group, i]
            amounts[i] += before[group, i]
    groups.marks[CHANGES] += len(groups.members)
    renew(process, demes, work, groups)
    step += 1
    if work.status[REASON] == 0:
        happen(process, demes, step + 1e-12, amounts, mix, work, groups, rng)
    seen(process.rule, process.roles, plan, float(step), amounts, groups.everybody, since, tipped, counts, numbers)
    return step


@inner
def ready(process, demes, group, work, groups):
    settle(
        group, process.meeting, process.game.prefix, demes.alone, groups.counts, groups.members, groups.earned,
        groups.paid, groups.fresh, groups.marks, work.table, work.factors, work.status, work.strategy,
    )  # fmt: skip


@apart
def reborn(process, demes, group, before, work, groups, rng):
    """All places of a group, each to an offspring of a parent in it, or in another group where it comes from there."""
    staying = 0
    for _ in range(int(groups.members[group])):
        other = across(demes, group, rng) if demes.crossing else group
        if other == group:
            staying += 1
        else:
            ready(process, demes, other, work, groups)
            groups.next[group, taken(
                process.rule, process.to, 0, 0.0, before[other], work.status, work.strategy, work.rates, rng
            )] += 1.0  # fmt: skip
    ready(process, demes, group, work, groups)
    fill_births(process.rule, process.to, 0, before.shape[1], before[group], work.status, work.strategy)
    multinomial(int(staying), work.strategy[PULL], rng, groups.drawn)
    for i in range(before.shape[1]):
        groups.next[group, i] += groups.drawn[i]


@inner
def revise(process, demes, group, focal, before, work, groups, rng):
    """All individuals of one strategy in a group."""
    ready(process, demes, group, work, groups)
    own = work.strategy[PAYOFF, focal]
    groups.within[0] = groups.members[group]
    local = meeting_of(process.meeting, groups.members[group])
    rated(
        process.rule, local, process.game.prefix, process.to, process.roles, groups.within, before[group], work.table,
        work.factors, work.status, work.strategy, work.chances, work.rates,
    )  # fmt: skip
    chances = groups.pool[1]
    chances[focal] = 1.0
    for j in range(len(chances)):
        if j != focal:
            chances[j] = work.rates[focal, j] * groups.members[group] / before[group, focal]
            chances[focal] -= chances[j]
    chances[focal] = max(chances[focal], 0.0)
    staying = 0
    for _ in range(int(before[group, focal])):
        other = across(demes, group, rng) if demes.crossing else group
        if other == group:
            staying += 1
        else:
            ready(process, demes, other, work, groups)
            groups.next[group, taken(
                process.rule, process.to, focal, own, before[other], work.status, work.strategy, work.rates, rng
            )] += 1.0  # fmt: skip
    multinomial(int(staying), chances, rng, groups.drawn)
    for j in range(len(chances)):
        groups.next[group, j] += groups.drawn[j]

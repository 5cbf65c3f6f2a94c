"""What happens to groups, and to what groups are nested in, as wholes: contests, extinction and settlement."""

import math

from evo.codes import CONTESTS, EXTINCTION, NONFINITE_STATE
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import MEAN_PAYOFF, REASON
from evo.kernels.demes.arrays import BOTTOM, CHANGES, DYNAMICS, INTENSITY, NUMBER, OPTION, RATE, SPAN
from evo.kernels.demes.pay import remix, settle, touch
from evo.kernels.demes.places import next_to
from evo.kernels.environment import waiting
from evo.kernels.program import prepare, refresh
from evo.kernels.random import below, multinomial, uniform


@inner
def earliest(due):
    """Generation of the next event of any level; infinite where there is none."""
    first = math.inf
    for level in range(len(due)):
        first = min(first, due[level])
    return first


@inner
def await_event(demes, level, t, rng):
    """Generation of the level's next event after t."""
    units = len(demes.places) // demes.shape[level, SPAN]
    return t + waiting(demes.numbers[level, RATE] * units, rng)


@apart
def begin_units(process, demes, work, groups, rng):
    for level in range(demes.shape.shape[0]):
        events = demes.shape[level, DYNAMICS] == CONTESTS or demes.shape[level, DYNAMICS] == EXTINCTION
        groups.due[level] = await_event(demes, level, 0.0, rng) if events else math.inf
    prepare(demes.fitness, work.scalars, groups.registers, groups.registers, groups.stack)


@apart
def happen(process, demes, t, amounts, mix, work, groups, rng):
    """All events due at or before t, in order of time."""
    while earliest(groups.due) <= t and work.status[REASON] == 0:
        level = 0
        for higher in range(len(groups.due)):
            if groups.due[higher] < groups.due[level]:
                level = higher
        if demes.shape[level, DYNAMICS] == CONTESTS:
            contest(process, demes, level, amounts, work, groups, rng)
        else:
            endanger(process, demes, level, amounts, work, groups, rng)
        groups.due[level] = await_event(demes, level, groups.due[level], rng)
        if process.game.reads_mix:
            remix(process, demes, amounts, mix, work, groups)


@inner
def success(process, demes, level, unit, work, groups):
    """The level's formula of a unit's mean payoff and mix, and the level's bias for its mean traits."""
    span, pool = demes.shape[level, SPAN], groups.pool[0]
    earned, size = 0.0, 0.0
    for i in range(len(pool)):
        pool[i] = 0.0
    for group in range(unit * span, (unit + 1) * span):
        settle(
            group, process.meeting, process.game.prefix, demes.alone, groups.counts, groups.members, groups.earned,
            groups.paid, groups.fresh, groups.marks, work.table, work.factors, work.status, work.strategy,
        )  # fmt: skip
        earned += groups.paid[group]
        size += groups.members[group]
        for i in range(len(pool)):
            pool[i] += groups.counts[group, i]
    for place in range(len(work.scalars)):
        groups.scalars[place] = work.scalars[place]
    groups.scalars[MEAN_PAYOFF] = earned / size
    favoured = 0.0
    for i in range(len(pool)):
        groups.scalars[process.mix + i] = pool[i] / size
        favoured += demes.favour[level, i] * pool[i] / size
    refresh(demes.fitness, groups.scalars, groups.registers, groups.registers, groups.stack)
    value = groups.registers[level, 0] + favoured
    if not math.isfinite(value) and work.status[REASON] == 0:
        work.status[REASON] = NONFINITE_STATE
    return value


@inner
def odds_for(intensity, gain):
    """1/(1+exp(-intensity*gain))."""
    odds = math.exp(-abs(intensity * gain))
    return (odds if gain < 0.0 else 1.0) / (1.0 + odds)


@apart
def contest(process, demes, level, amounts, work, groups, rng):
    """A unit meets one next to it; the winner is copied onto the loser, group by group."""
    span = demes.shape[level, SPAN]
    unit = below(len(demes.places) // span, rng)
    other = next_to(demes.shape, demes.rows, level, unit, rng)
    gain = success(process, demes, level, unit, work, groups) - success(process, demes, level, other, work, groups)
    won = uniform(rng) < odds_for(demes.numbers[level, INTENSITY], gain)
    winner, loser = (unit, other) if won else (other, unit)
    for place in range(span):
        for i in range(len(amounts)):
            groups.pool[1, i] = groups.counts[winner * span + place, i]
        become(process, demes, loser * span + place, amounts, work, groups)


@apart
def endanger(process, demes, level, amounts, work, groups, rng):
    """A unit may die, the likelier the less successful it is; its places go to copies of individuals of other units."""
    span, pool = demes.shape[level, SPAN], groups.pool
    unit = below(len(demes.places) // span, rng)
    ahead = success(process, demes, level, unit, work, groups) - demes.numbers[level, BOTTOM]
    if uniform(rng) >= odds_for(demes.numbers[level, INTENSITY], -ahead):
        return
    first, last = unit, unit
    if demes.shape[level, OPTION] == 0:
        first = next_to(demes.shape, demes.rows, level, unit, rng)
        last = first
    else:
        first = unit - unit % demes.shape[level, NUMBER]
        last = first + demes.shape[level, NUMBER] - 1
    for i in range(len(amounts)):
        pool[0, i] = 0.0
        for group in range(first * span, (last + 1) * span):
            if group // span != unit:
                pool[0, i] += groups.counts[group, i]
    for group in range(unit * span, (unit + 1) * span):
        multinomial(int(groups.members[group]), pool[0], rng, groups.drawn)
        for i in range(len(amounts)):
            pool[1, i] = groups.drawn[i]
        become(process, demes, group, amounts, work, groups)


@inner
def become(process, demes, group, amounts, work, groups):
    """Let the counts of a group be those in the second row of the pool."""
    differs, size = False, 0.0
    for i in range(len(amounts)):
        there = groups.pool[1, i]
        differs |= there != groups.counts[group, i]
        amounts[i] += there - groups.counts[group, i]
        groups.counts[group, i] = there
        size += there
    if not differs:
        return
    groups.everybody[0] += size - groups.members[group]
    groups.members[group] = size
    groups.marks[CHANGES] += 1
    touch(
        group, process.rule, process.meeting, process.game.prefix, demes.alone, groups.counts, groups.members,
        groups.earned, groups.paid, groups.fresh, groups.fit, groups.fitted, groups.tree, groups.sums, groups.marks,
        work.table, work.factors, work.status, work.strategy,
    )  # fmt: skip

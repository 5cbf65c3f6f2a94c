"""Continuous traits in groups: the rules of evo.kernels.traits within each group, migration and contests between them.

With one group every number is drawn as in a well-mixed population, in the same order.
"""

import math

import numpy as np

from evo.codes import COMPLETED, INTERRUPTED, MORAN, STRATEGY_STREAM, WRIGHT_FISHER
from evo.kernels._cache import apart, entry, inner
from evo.kernels.program import prepare
from evo.kernels.random import below, seed_stream, uniform
from evo.kernels.trait_arrays import EVERYBODY, LOOKING_STREAM, REASON, STALE, WHO, TraitWork
from evo.kernels.trait_payoffs import fill_payoffs, fill_sums
from evo.kernels.traits import (
    add_fitness,
    copy_all,
    copy_child,
    draw,
    exchange,
    give_birth,
    is_child,
    mutate,
    take_place,
)


@entry
def run_trait_groups(process, groups, plan, key, point, first, start, stop, stride, flag, work, recording):
    """Rows start, start+stride, ... of the recording: replicates first+row. A flag other than 0 stops them."""
    prepare(process.game.program, process.game.scalars, work.vectors, work.registers, work.stack)
    for row in range(start, stop, stride):
        for stream, purpose in enumerate((STRATEGY_STREAM, LOOKING_STREAM)):
            seed_stream(key, np.uint64(first + row), point, np.uint64(purpose), work.streams[stream])
        run_groups(process, groups, plan, row, flag, work, recording)


@inner
def one_group(work, g):
    """The scratch of one group: what is its own, and what all share."""
    return TraitWork(
        work.traits[g], work.newborn[g], work.payoffs[g], work.seen[g], work.totals[g], work.sums[g], work.powers[g],
        work.child, work.normals, work.everybody, work.pair, work.drawn, work.vectors, work.registers, work.stack,
        work.streams, work.status[g],
    )  # fmt: skip


@apart
def run_groups(process, groups, plan, row, flag, work, recording):
    """One replicate, from all alike."""
    for i in range(process.whole):
        work.everybody[i] = i
    for g in range(groups.groups):
        for trait in range(len(process.start)):
            for i in range(process.whole):
                work.traits[g, trait, i] = process.start[trait]
        work.status[g, REASON], work.status[g, WHO], work.status[g, STALE] = COMPLETED, -1, 1
        fill_sums(process.game, one_group(work, g))
    keep_groups(process, groups, row, 0, work, recording)
    step, record = np.int64(0), 1
    while step < plan.steps and troubled(groups, work) < 0:
        due = plan.steps
        if record < plan.records:
            due = min(due, np.int64(math.floor(plan.every * record * plan.per_generation + 1e-6)))
        step = advance_groups(process, groups, step, due, plan.per_generation, flag, work)
        if troubled(groups, work) < 0 and record < plan.records:
            keep_groups(process, groups, row, record, work, recording)
            record += 1
    g = max(troubled(groups, work), 0)
    recording.ended[row, 0], recording.ended[row, 1] = work.status[g, REASON], step
    recording.ended[row, 2] = g * process.whole + work.status[g, WHO]
    for g in range(groups.groups):
        copy_all(work.traits[g], recording.final[row][:, g * process.whole : (g + 1) * process.whole])


@inner
def troubled(groups, work):
    """A group that something stopped, -1 if there is none."""
    for g in range(groups.groups):
        if work.status[g, REASON] != COMPLETED:
            return g
    return -1


@apart
def advance_groups(process, groups, step, due, per_generation, flag, work):
    """Steps from `step` to `due`, or until something stops them; gives the step that was reached."""
    rng = work.streams[0]
    while step < due:
        if step % per_generation == 0:
            for g in range(groups.groups):
                fill_sums(process.game, one_group(work, g))
                work.status[g, STALE] = 1
            if flag[0] != 0:
                work.status[0, REASON] = INTERRUPTED
        if process.rule == WRIGHT_FISHER:
            redraw_groups(process, groups, rng, work)
        else:
            g = below(groups.groups, rng) if groups.groups > 1 else 0
            if process.rule == MORAN:
                bear_in(process, groups, g, rng, work)
            else:
                compare_in(process, groups, g, rng, work)
        step += 1
        if groups.contests > 0.0 and step % per_generation == 0 and troubled(groups, work) < 0:
            contest(process, groups, rng, work)
        if troubled(groups, work) >= 0:
            return step
    return step


@inner
def origin(groups, g, rng):
    """The group that a parent or a role model comes from."""
    if groups.migration > 0.0 and uniform(rng) < groups.migration:
        return another(groups, g, rng)
    return g


@inner
def another(groups, g, rng):
    other = below(groups.groups - 1, rng)
    return other + (other >= g)


# ---- update rules


@inner
def weigh(process, rng, work):
    """Payoffs and fitness of a group's members."""
    fill_payoffs(process.game, work.everybody, process.whole, rng, work, work.payoffs)
    add_fitness(process, work)
    work.status[STALE] = 0


@apart
def redraw_groups(process, groups, rng, work):
    """Wright-Fisher: every newborn has a parent drawn by fitness within the group that it comes from."""
    for g in range(groups.groups):
        weigh(process, rng, one_group(work, g))
    if troubled(groups, work) >= 0:
        return
    for g in range(groups.groups):
        for i in range(process.whole):
            source = origin(groups, g, rng)
            give_birth(process, draw(work.totals[source], rng), rng, one_group(work, source))
            for trait in range(len(work.child)):
                work.newborn[g, trait, i] = work.child[trait]
    for g in range(groups.groups):
        replace_all(process, g, work)


@apart
def replace_all(process, g, work):
    """A group's newborn take its places."""
    copy_all(work.newborn[g], work.traits[g])
    fill_sums(process.game, one_group(work, g))
    work.status[g, STALE] = 1


@inner
def bear_in(process, groups, g, rng, work):
    """Moran: one of this group dies, drawn uniformly; the newborn has a parent drawn by fitness where it comes from."""
    source = origin(groups, g, rng)
    if work.status[source, STALE] != 0:
        weigh(process, rng, one_group(work, source))
        if work.status[source, REASON] != COMPLETED:
            return
    give_birth(process, draw(work.totals[source], rng), rng, one_group(work, source))
    dead = below(process.whole, rng)
    here = one_group(work, g)
    if not is_child(dead, here):
        if process.game.way == EVERYBODY and work.status[g, STALE] == 0:
            exchange(process, dead, rng, here)
            add_fitness(process, here)
        else:
            take_place(process.game, dead, here)
            work.status[g, STALE] = 1


@inner
def compare_in(process, groups, g, rng, work):
    """Pairwise comparison: a focal of this group mutates, or compares itself with a model of the group it comes from."""
    here = one_group(work, g)
    focal = below(process.whole, rng)
    if uniform(rng) < process.mutation:
        copy_child(focal, here)
        mutate(process, rng, here)
        take_place(process.game, focal, here)
        return
    source = origin(groups, g, rng)
    there = one_group(work, source)
    if source == g:
        model = below(process.whole - 1, rng)
        model += model >= focal
    else:
        model = below(process.whole, rng)
    copy_child(model, there)
    if is_child(focal, here):
        return
    if source == g:
        work.pair[0], work.pair[1] = focal, model
        fill_payoffs(process.game, work.pair, 2, rng, here, here.payoffs)
    else:
        work.pair[0] = focal
        fill_payoffs(process.game, work.pair, 1, rng, here, here.payoffs)
        work.pair[0] = model
        fill_payoffs(process.game, work.pair, 1, rng, there, there.payoffs)
    if here.status[REASON] == COMPLETED and there.status[REASON] == COMPLETED:
        lead = process.intensity * (there.payoffs[model] - here.payoffs[focal])
        if uniform(rng) < 1.0 / (1.0 + math.exp(-lead)):
            copy_child(model, there)
            take_place(process.game, focal, here)


# ---- between groups


@inner
def contest(process, groups, rng, work):
    """Each group may be challenged by another; who loses is replaced by a copy of the challenger as it was."""
    for g in range(groups.groups):
        here = one_group(work, g)
        fill_payoffs(process.game, work.everybody, process.whole, rng, here, here.payoffs)
    if troubled(groups, work) >= 0:
        return
    for g in range(groups.groups):
        winner = np.int64(g)
        if uniform(rng) < groups.contests:
            challenger = another(groups, g, rng)
            lead = groups.intensity * (mean_of(work.payoffs[challenger]) - mean_of(work.payoffs[g]))
            if uniform(rng) < 1.0 / (1.0 + math.exp(-lead)):
                winner = challenger
        copy_all(work.traits[winner], work.newborn[g])
    for g in range(groups.groups):
        replace_all(process, g, work)


@inner
def mean_of(values):
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


# ---- records


@apart
def keep_groups(process, groups, row, record, work, recording):
    """Histograms, moments among all and among the means of groups, and the mean payoff; draws nothing from the stream."""
    histogram = recording.histogram[row, record]
    bins, members, mean = histogram.shape[1], process.whole, recording.mean[row, record]
    for trait in range(len(process.start)):
        low, width = process.low[trait], process.high[trait] - process.low[trait]
        total = 0.0
        for g in range(groups.groups):
            for i in range(members):
                value = work.traits[g, trait, i]
                histogram[trait, min(bins - 1, int((value - low) / width * bins))] += 1
                total += value - process.start[trait]
        mean[trait] = process.start[trait] + total / (groups.groups * members)
    for one in range(len(process.start)):
        for other in range(len(process.start)):
            among, between = 0.0, 0.0
            for g in range(groups.groups):
                first, second = 0.0, 0.0
                for i in range(members):
                    a, b = work.traits[g, one, i] - mean[one], work.traits[g, other, i] - mean[other]
                    among += a * b
                    first += a
                    second += b
                between += first * second / (members * members)
            recording.covariance[row, record, one, other] = among / (groups.groups * members)
            recording.between[row, record, one, other] = between / groups.groups
    total = 0.0
    for g in range(groups.groups):
        here = one_group(work, g)
        fill_payoffs(process.game, work.everybody, members, work.streams[1], here, here.seen)
        total += mean_of(here.seen)
    recording.payoff[row, record] = total / groups.groups

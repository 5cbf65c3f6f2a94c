"""Continuous traits, individual by individual: payoffs among all, one of three update rules, normal mutations.

A change of no consequence (an individual replaced by one with the same traits) costs no payoffs.
"""

import math

import numpy as np

from evo.codes import COMPLETED, INTERRUPTED, MORAN, NEGATIVE_FITNESS, NONFINITE_PAYOFF, STRATEGY_STREAM, WRIGHT_FISHER
from evo.kernels._cache import apart, entry, inner
from evo.kernels.program import prepare, refresh
from evo.kernels.random import below, normal, seed_stream, uniform
from evo.kernels.trait_arrays import EVERYBODY, LOOKING_STREAM, REASON, STALE, WHO
from evo.kernels.trait_payoffs import add_powers, fill_payoffs, fill_sums


@entry
def run_traits(process, plan, key, point, first, start, stop, stride, flag, work, recording):
    """Rows start, start+stride, ... of the recording: replicates first+row. A flag other than 0 stops them."""
    prepare(process.game.program, process.game.scalars, work.vectors, work.registers, work.stack)
    for row in range(start, stop, stride):
        for stream, purpose in enumerate((STRATEGY_STREAM, LOOKING_STREAM)):
            seed_stream(key, np.uint64(first + row), point, np.uint64(purpose), work.streams[stream])
        run_replicate(process, plan, row, flag, work, recording)


@apart
def run_replicate(process, plan, row, flag, work, recording):
    """One replicate, from all alike."""
    for i in range(process.whole):
        work.everybody[i] = i
        for trait in range(len(process.start)):
            work.traits[trait, i] = process.start[trait]
    work.status[REASON], work.status[WHO], work.status[STALE] = COMPLETED, -1, 1
    fill_sums(process.game, work)
    keep_record(process, row, 0, work, recording)
    step, record = np.int64(0), 1
    while step < plan.steps and work.status[REASON] == COMPLETED:
        due = plan.steps
        if record < plan.records:
            due = min(due, np.int64(math.floor(plan.every * record * plan.per_generation + 1e-6)))
        step = advance(process, step, due, plan.per_generation, flag, work)
        if work.status[REASON] == COMPLETED and record < plan.records:
            keep_record(process, row, record, work, recording)
            record += 1
    recording.ended[row, 0], recording.ended[row, 1] = work.status[REASON], step
    recording.ended[row, 2] = work.status[WHO]
    copy_all(work.traits, recording.final[row])


@apart
def advance(process, step, due, per_generation, flag, work):
    """Steps from `step` to `due`, or until something stops them; gives the step that was reached."""
    rng = work.streams[0]
    while step < due:
        if step % per_generation == 0:  # power sums and payoffs that were kept up to date start afresh
            fill_sums(process.game, work)
            work.status[STALE] = 1
            if flag[0] != 0:
                work.status[REASON] = INTERRUPTED
        if work.status[REASON] != COMPLETED:
            return step
        if process.rule == WRIGHT_FISHER:
            redraw(process, rng, work)
        elif process.rule == MORAN:
            bear(process, rng, work)
        else:
            compare(process, rng, work)
        step += 1
    return step


# ---- update rules


@apart
def redraw(process, rng, work):
    """Wright-Fisher: every newborn has a parent drawn by fitness, and may mutate."""
    fill_payoffs(process.game, work.everybody, process.whole, rng, work, work.payoffs)
    add_fitness(process, work)
    if work.status[REASON] != COMPLETED:
        return
    for i in range(process.whole):
        give_birth(process, draw(work.totals, rng), rng, work)
        for trait in range(len(work.child)):
            work.newborn[trait, i] = work.child[trait]
    copy_all(work.newborn, work.traits)
    fill_sums(process.game, work)


@inner
def bear(process, rng, work):
    """Moran: the newborn of a parent drawn by fitness takes the place of one drawn uniformly among all."""
    if work.status[STALE] != 0:
        fill_payoffs(process.game, work.everybody, process.whole, rng, work, work.payoffs)
        add_fitness(process, work)
        work.status[STALE] = 0
        if work.status[REASON] != COMPLETED:
            return
    give_birth(process, draw(work.totals, rng), rng, work)
    dead = below(process.whole, rng)
    if not is_child(dead, work):
        if process.game.way == EVERYBODY:
            exchange(process, dead, rng, work)
            add_fitness(process, work)
        else:
            take_place(process.game, dead, work)
            work.status[STALE] = 1


@inner
def compare(process, rng, work):
    """Pairwise comparison: the focal mutates, or copies a model among the others with the Fermi probability."""
    focal = below(process.whole, rng)
    if uniform(rng) < process.mutation:
        copy_child(focal, work)
        mutate(process, rng, work)
        take_place(process.game, focal, work)
        return
    model = below(process.whole - 1, rng)
    model += model >= focal
    copy_child(model, work)
    if is_child(focal, work):
        return
    work.pair[0], work.pair[1] = focal, model
    fill_payoffs(process.game, work.pair, 2, rng, work, work.payoffs)
    if work.status[REASON] == COMPLETED:
        lead = process.intensity * (work.payoffs[model] - work.payoffs[focal])
        if uniform(rng) < 1.0 / (1.0 + math.exp(-lead)):
            take_place(process.game, focal, work)


@inner
def give_birth(process, parent, rng, work):
    """The traits of the parent's newborn, in `work.child`."""
    copy_child(parent, work)
    if process.mutation > 0.0 and uniform(rng) < process.mutation:
        mutate(process, rng, work)


@inner
def copy_all(traits, into):
    for trait in range(len(traits)):
        for i in range(traits.shape[1]):
            into[trait, i] = traits[trait, i]


@inner
def copy_child(parent, work):
    for trait in range(len(work.child)):
        work.child[trait] = work.traits[trait, parent]


@inner
def is_child(who, work):
    """Whether this individual has the traits of `work.child`."""
    for trait in range(len(work.child)):
        if work.traits[trait, who] != work.child[trait]:
            return False
    return True


@inner
def take_place(game, who, work):
    """Give this individual the traits of `work.child`; the power sums follow."""
    for k in range(len(work.sums)):
        work.sums[k] -= work.powers[k, who]
    for trait in range(len(work.child)):
        work.traits[trait, who] = work.child[trait]
    add_powers(game, who, work)


@inner
def mutate(process, rng, work):
    """A normal step of all traits at once; what would pass a bound is reflected there or stops at it."""
    for trait in range(len(work.child)):
        work.normals[trait] = normal(rng)
    for trait in range(len(work.child)):
        value = work.child[trait]
        for other in range(trait + 1):
            value += process.root[trait, other] * work.normals[other]
        low, high = process.low[trait], process.high[trait]
        if value < low or value > high:
            if process.clips:
                value = low if value < low else high
            else:
                width = high - low
                turned = (value - low) - 2.0 * width * math.floor((value - low) / (2.0 * width))
                value = min(max(low + (turned if turned <= width else 2.0 * width - turned), low), high)
        work.child[trait] = value


# ---- fitness


@inner
def exchange(process, who, rng, work):
    """`take_place` where payoffs are sums over everybody: each changes by one partner, and one's own is summed anew."""
    game, traits = process.game, work.traits
    for sign in (-1.0, 1.0):
        if sign > 0.0:
            take_place(game, who, work)
        for trait in range(len(traits)):
            for i in range(process.whole):
                work.vectors[trait, i] = traits[trait, i]
                work.vectors[len(traits) + trait, i] = traits[trait, who]
        refresh(game.program, game.scalars, work.vectors, work.registers, work.stack)
        for i in range(process.whole):
            if i != who:
                work.payoffs[i] += sign * work.registers[0, i] / (process.whole - 1)
                if not math.isfinite(work.payoffs[i]):
                    work.status[REASON], work.status[WHO] = NONFINITE_PAYOFF, i
    work.pair[0] = who
    fill_payoffs(game, work.pair, 1, rng, work, work.payoffs)


@inner
def add_fitness(process, work):
    """Fitness from payoffs, summed up. Exponential fitness is relative to the best, so that nothing overflows."""
    best = -math.inf
    for payoff in work.payoffs:
        best = max(best, payoff)
    total = 0.0
    for i in range(process.whole):
        if process.linear:
            fitness = 1.0 - process.intensity + process.intensity * work.payoffs[i]
            if fitness < 0.0:
                work.status[REASON], work.status[WHO] = NEGATIVE_FITNESS, i
        else:
            fitness = math.exp(process.intensity * (work.payoffs[i] - best))
        total += fitness
        work.totals[i] = total
    if not total > 0.0 and work.status[REASON] == COMPLETED:  # linear fitness of 0 for all: nobody can be a parent
        work.status[REASON], work.status[WHO] = NEGATIVE_FITNESS, 0


@inner
def draw(totals, rng):
    """An individual drawn by fitness, from fitness summed up."""
    target = uniform(rng) * totals[-1]
    low, high = 0, len(totals) - 1
    while low < high:
        middle = (low + high) // 2
        if totals[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


# ---- records


@inner
def keep_record(process, row, record, work, recording):
    """Histograms, moments and the mean payoff of the population as it stands; draws nothing from its stream."""
    traits, whole = work.traits, process.whole
    histogram = recording.histogram[row, record]
    bins = histogram.shape[1]
    for trait in range(len(traits)):
        low, width = process.low[trait], process.high[trait] - process.low[trait]
        total = 0.0
        for i in range(whole):
            histogram[trait, min(bins - 1, int((traits[trait, i] - low) / width * bins))] += 1
            total += traits[trait, i] - process.start[trait]
        recording.mean[row, record, trait] = process.start[trait] + total / whole
    for one in range(len(traits)):
        for other in range(len(traits)):
            total = 0.0
            for i in range(whole):
                total += (traits[one, i] - recording.mean[row, record, one]) * (
                    traits[other, i] - recording.mean[row, record, other]
                )
            recording.covariance[row, record, one, other] = total / whole
    fill_payoffs(process.game, work.everybody, whole, work.streams[1], work, work.seen)
    total = 0.0
    for payoff in work.seen:
        total += payoff
    recording.payoff[row, record] = total / whole

"""Steps in which all move at once: generations, synchronous updates, leaps, maps, and a mix with noise."""

import math

from evo.codes import (
    ABSORBED,
    AGGREGATE_SHOCKS,
    DIFFUSION,
    DISCRETE_REPLICATOR,
    LEAP,
    NEGATIVE_FITNESS,
    NONFINITE_STATE,
    WRIGHT_FISHER,
)
from evo.kernels._cache import apart
from evo.kernels.arrays import EFFECTIVE, FIXED, PAYOFF, PULL, REASON, WHO
from evo.kernels.births import fill_births
from evo.kernels.diffusion import diffuse, shake
from evo.kernels.encounter import meet, rate
from evo.kernels.innovation import innovates
from evo.kernels.observe import add_average, note_fixation, watch
from evo.kernels.payoffs import mean_success
from evo.kernels.random import multinomial

TERMS = 24  # of the series of a transition matrix; the sum of probabilities that are left out is below 1e-16


@apart
def step_together(
    process, plan, flag, step, boundary, unit, burnt, rng, amounts, mix, drawn, since, tipped, work,
    means, numbers, counts,
):  # fmt: skip
    """Steps from `step` to `boundary`; returns the step reached."""
    absorbs = process.rule.mutation == 0.0 and not innovates(process.rule) and process.sizes[0] < math.inf
    mean = meet(process, amounts, mix, work)
    while step < boundary and work.status[REASON] == 0:
        if step >= burnt:
            add_average(1.0, mix, mean, means, numbers)
        take(process, rng, amounts, drawn, work)
        if work.status[REASON] != 0:
            break
        step += 1
        counts[EFFECTIVE] += 1
        mean = meet(process, amounts, mix, work)
        watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
        if absorbs:
            note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
        if flag[0] != 0 or (plan.until == ABSORBED and counts[FIXED] >= 0):
            break
    return step


@apart
def take(process, rng, amounts, drawn, work):
    """One step, from payoffs that are up to date."""
    rule = process.rule
    if rule.code == AGGREGATE_SHOCKS:
        shake(process, rng, amounts, work)
    elif rule.pace == DIFFUSION:
        rate(process, amounts, work)
        if work.status[REASON] != 0:
            return
        diffuse(process, rng, amounts, work.rates, work.status)
    elif rule.code == WRIGHT_FISHER:
        redraw(process, rng, amounts, drawn, work)
    elif rule.code == DISCRETE_REPLICATOR:
        multiply(process, amounts, work)
    elif process.meeting.whole == 0:
        change(process, amounts, work)
    else:
        rate(process, amounts, work)
        if work.status[REASON] != 0:
            return
        if rule.pace == LEAP:
            leap(process, rng, amounts, drawn, work)
        else:
            scatter(process, rng, amounts, drawn, work)


@apart
def redraw(process, rng, amounts, drawn, work):
    """A generation of Wright-Fisher: all of a role are redrawn (finite), or the mix is mapped (infinite)."""
    for role in range(len(process.wholes)):
        first, stop = process.roles[role], process.roles[role + 1]
        fill_births(process.rule, process.to, first, stop, amounts, work.status, work.strategy)
        if work.status[REASON] != 0:
            return
        born = work.strategy[PULL, first:stop]
        total = 0.0
        for i in range(len(born)):
            total += born[i]
        if not math.isfinite(total):
            work.status[REASON] = NONFINITE_STATE if work.status[REASON] == 0 else work.status[REASON]
            return
        if process.meeting.whole > 0:
            multinomial(int(process.wholes[role]), born, rng, drawn[first:stop])
        for i in range(len(born)):
            amounts[first + i] = float(drawn[first + i]) if process.meeting.whole > 0 else born[i] / total


@apart
def multiply(process, amounts, work):
    """Maynard Smith's map: shares grow by w0 + beta*payoff over its mean."""
    rule = process.rule
    for i in range(len(amounts)):
        if amounts[i] > 0.0 and rule.number + rule.intensity * work.strategy[PAYOFF, i] < 0.0:
            work.status[REASON] = NEGATIVE_FITNESS
            work.status[WHO] = i
            return
    for role in range(len(process.wholes)):
        first, stop = process.roles[role], process.roles[role + 1]
        mean = rule.number + rule.intensity * mean_success(first, stop, amounts, work.strategy)
        total = 0.0
        for i in range(first, stop):
            if amounts[i] > 0.0:
                amounts[i] *= (rule.number + rule.intensity * work.strategy[PAYOFF, i]) / mean
                total += amounts[i]
        if not (math.isfinite(total) and total > 0.0):
            work.status[REASON] = NONFINITE_STATE if work.status[REASON] == 0 else work.status[REASON]
            return
        for i in range(first, stop):
            amounts[i] /= total


@apart
def change(process, amounts, work):
    """A synchronous update of an infinite population: everybody by the same probabilities."""
    rate(process, amounts, work)
    if work.status[REASON] != 0:
        return
    after = work.shares[2]
    for j in range(len(amounts)):
        after[j] = amounts[j]
        for i in range(len(amounts)):
            if i != j:
                after[j] += work.rates[i, j] - work.rates[j, i]
    for role in range(len(process.wholes)):
        total = 0.0
        for i in range(process.roles[role], process.roles[role + 1]):
            after[i] = max(after[i], 0.0)
            total += after[i]
        for i in range(process.roles[role], process.roles[role + 1]):
            amounts[i] = after[i] / total


@apart
def leap(process, rng, amounts, drawn, work):
    """A leap in two halves: the first with the rates r at its start, the second, from where that led, with twice the rates
    there less r, so that drift and noise of the leap are felt within it [weak trapezoidal rule: Anderson & Koyama 2012]."""
    half, strategies = 0.5 * process.rule.step, len(amounts)
    before = work.leap[2]
    for i in range(strategies):
        for j in range(strategies):
            before[i, j] = work.rates[i, j] * process.meeting.whole / amounts[i] if amounts[i] > 0 and i != j else -1.0
            work.rates[i, j] = max(before[i, j], 0.0)
    transitions(half, work.rates, work.shares[2], work.leap)
    scatter(process, rng, amounts, drawn, work)
    meet(process, amounts, work.shares[4], work)
    rate(process, amounts, work)
    if work.status[REASON] != 0:
        return
    for i in range(strategies):
        for j in range(strategies):
            there = work.rates[i, j] * process.meeting.whole / amounts[i] if amounts[i] > 0 and i != j else 0.0
            # who came only now has no rates at the start
            work.rates[i, j] = max(2.0 * there - before[i, j], 0.0) if before[i, j] >= 0.0 else there
    transitions(half, work.rates, work.shares[2], work.leap)
    scatter(process, rng, amounts, drawn, work)


@apart
def transitions(time, rates, row, chances):
    """chances = exp(time * generator) for individual rates (diagonal ignored), by uniformisation: no entry is negative."""
    strategies = rates.shape[0]
    fastest = 0.0
    for i in range(strategies):
        total = 0.0
        for j in range(strategies):
            if j != i:
                total += rates[i, j]
        rates[i, i] = total
        fastest = max(fastest, total)
    for i in range(strategies):
        power, following = chances[1, i], row
        for j in range(strategies):
            power[j] = 1.0 if i == j else 0.0
            chances[0, i, j] = 0.0
        weight = math.exp(-fastest * time)
        for term in range(TERMS):
            for j in range(strategies):
                chances[0, i, j] += weight * power[j]
            if fastest == 0.0:
                break
            weight *= fastest * time / (term + 1)
            for j in range(strategies):
                following[j] = power[j] * (1.0 - rates[j, j] / fastest)
                for k in range(strategies):
                    if k != j:
                        following[j] += power[k] * rates[k, j] / fastest
            for j in range(strategies):
                power[j] = following[j]


@apart
def scatter(process, rng, amounts, drawn, work):
    """Each individual changes on its own: the counts become a sum of multinomials, one per strategy."""
    after, chances = work.shares[2], work.shares[3]
    leaping = process.rule.pace == LEAP
    for j in range(len(amounts)):
        after[j] = 0.0
    for i in range(len(amounts)):
        if amounts[i] > 0:
            stays = 1.0
            for j in range(len(amounts)):
                if j != i:
                    part = work.leap[0, i, j] if leaping else work.rates[i, j] * process.meeting.whole / amounts[i]
                    chances[j] = part
                    stays -= part
            stays = stays if stays > 1e-12 else 0.0  # rounding of a sum that is 1
            chances[i] = work.leap[0, i, i] if leaping else stays
            multinomial(int(amounts[i]), chances, rng, drawn)
            for j in range(len(amounts)):
                after[j] += drawn[j]
    for j in range(len(amounts)):
        amounts[j] = after[j]

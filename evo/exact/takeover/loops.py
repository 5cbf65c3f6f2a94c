"""Compiled loops of the exact answers: chains on 0..Z that move by one, in the log domain, and dense absorbing chains.

No loop subtracts: hitting probabilities are sums of positive terms, and linear systems are solved by eliminating one
state after the other, the diagonal being the sum of what leads away [Grassmann, Taksar & Heyman 1985]. So every
probability and every mean time is accurate relative to itself, however small or large.
"""

import math

from evo.kernels._cache import entry, inner

HEADROOM = 30.0  # how far a term may stand above the scale before the sum is scaled anew


@entry
def are_pairs(pairs, number):
    """Whether each row is two different ones of 0..number-1."""
    for p in range(len(pairs)):
        i, j = pairs[p]
        if i == j or min(i, j) < 0 or max(i, j) >= number:
            return False
    return True


@entry
def fill_log_rho(ratios, log_rho):
    """log_rho[p] = (log fixation probability of one mutant, of one resident) from ratios[p, k-1] = log(T-/T+) at k
    mutants, (P, Z-1); nan where a ratio is not finite.

    One pass for both, as their quotient is the product of all T+/T-.
    """
    for p in range(ratios.shape[0]):
        level, lost, scale, total, missed = 0.0, 0.0, 0.0, 1.0, 0.0
        for k in range(ratios.shape[1]):
            term = ratios[p, k] - lost
            height = level + term
            lost = (height - level) - term
            level = height
            if level - scale > HEADROOM:
                shrink = math.exp(scale - level)
                total *= shrink
                missed *= shrink
                scale = level
            term = math.exp(level - scale) - missed
            more = total + term
            missed = (more - total) - term
            total = more
        if math.isfinite(level):
            log_rho[p, 0] = -scale - math.log(total)
            log_rho[p, 1] = level + log_rho[p, 0]
        else:
            log_rho[p, 0] = math.nan
            log_rho[p, 1] = math.nan


@entry
def fill_fates(ratios, log_fixed, log_lost):
    """Log probability that the mutant takes over, and that it is lost, from each of k = 0..Z mutants, (Z+1,) each.

    ratios[k-1] = log(T-/T+) at k; inf where only losses are possible, -inf where only gains are, nan in a state that
    cannot be left. What is missing to 1 stays mixed for ever.
    """
    size = len(ratios) + 1
    floor, ceiling = size, 0  # the first state that cannot lose, the last one that cannot gain
    for k in range(size - 1, 0, -1):
        if not ratios[k - 1] > -math.inf:
            floor = k
    for k in range(1, size):
        if not ratios[k - 1] < math.inf:
            ceiling = k
    for k in range(size + 1):
        log_fixed[k] = -math.inf
        log_lost[k] = -math.inf
    log_lost[0] = 0.0
    log_fixed[size] = 0.0
    start = 0
    for stop in range(1, size + 1):
        if stop < size and math.isfinite(ratios[stop - 1]):
            continue
        falls = start == 0 or not ratios[start - 1] < math.inf  # who comes to `start` does not come back up
        rises = stop == size or not ratios[stop - 1] > -math.inf
        if falls and rises:
            between(ratios, start, stop, stop > ceiling, start < floor, log_fixed, log_lost)
        else:
            for k in range(start + 1, stop):
                log_fixed[k] = 0.0 if rises and stop > ceiling else -math.inf
                log_lost[k] = 0.0 if falls and start < floor else -math.inf
        if stop < size:
            if ratios[stop - 1] == -math.inf and stop > ceiling:
                log_fixed[stop] = 0.0
            if ratios[stop - 1] == math.inf and stop < floor:
                log_lost[stop] = 0.0
        start = stop


@inner
def between(ratios, start, stop, fixes, loses, log_fixed, log_lost):
    """Chances to come to `stop` before `start`, and the reverse, from the states between them."""
    level, lost, scale, total, missed = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(start, stop):  # from the bottom: sum of exp(level) over start..k
        if k > start:
            term = ratios[k - 1] - lost
            height = level + term
            lost = (height - level) - term
            level = height
        if level - scale > HEADROOM:
            shrink = math.exp(scale - level)
            total *= shrink
            missed *= shrink
            scale = level
        term = math.exp(level - scale) - missed
        more = total + term
        missed = (more - total) - term
        total = more
        if k + 1 < stop:
            log_fixed[k + 1] = scale + math.log(total)
        if k > start:
            log_lost[k] = level
    whole = scale + math.log(total)
    scale, total, missed = -math.inf, 0.0, 0.0
    for k in range(stop - 1, start, -1):  # from the top
        if log_lost[k] - scale > HEADROOM:
            shrink = math.exp(scale - log_lost[k])
            total *= shrink
            missed *= shrink
            scale = log_lost[k]
        term = math.exp(log_lost[k] - scale) - missed
        more = total + term
        missed = (more - total) - term
        total = more
        log_lost[k] = scale + math.log(total) - whole if loses else -math.inf
        log_fixed[k] = log_fixed[k] - whole if fixes else -math.inf


@entry
def fill_binomial(size, chance, rest, weights):
    """weights[j], j = 0..size: chance of j successes; `rest` is 1 - chance. From the mode outwards, then normalised."""
    mode = min(int((size + 1) * chance), size)
    weights[mode] = 1.0
    total = 1.0
    for j in range(mode, size):
        weights[j + 1] = weights[j] * (size - j) / (j + 1.0) * (chance / rest) if rest > 0.0 else 0.0
        total += weights[j + 1]
    for j in range(mode, 0, -1):
        weights[j - 1] = weights[j] * j / (size - j + 1.0) * (rest / chance) if chance > 0.0 else 0.0
        total += weights[j - 1]
    for j in range(size + 1):
        weights[j] /= total


@entry
def eliminate(chain, leaves, pivots):
    """Factorise 1 - chain, (n, n), in place; leaves[i] is the probability to leave the n states from i (it is used up).

    pivots[i] is 0 where no way leads out.
    """
    for last in range(len(leaves) - 1, -1, -1):
        pivot = leaves[last]
        for j in range(last):
            pivot += chain[last, j]
        pivots[last] = pivot
        if pivot > 0.0:
            for i in range(last):
                factor = chain[i, last] / pivot
                chain[i, last] = factor
                if factor > 0.0:
                    leaves[i] += factor * leaves[last]
                    for j in range(last):
                        chain[i, j] += factor * chain[last, j]


@entry
def solve(chain, pivots, source):
    """source <- (1 - chain)^-1 source, from what `eliminate` left; the source is not negative."""
    for last in range(len(source) - 1, 0, -1):
        if source[last] > 0.0:
            for i in range(last):
                source[i] += chain[i, last] * source[last]
    for i in range(len(source)):
        total = source[i]
        for j in range(i):
            total += chain[i, j] * source[j]
        source[i] = total / pivots[i]


@entry
def fill_log_weights(log_up, log_down, first, last, log_weight):
    """log_weight[k] = sum over first < l <= k of log_up[l-1] - log_down[l], for k = first..last: detailed balance."""
    level, lost = 0.0, 0.0
    log_weight[first] = 0.0
    for k in range(first + 1, last + 1):
        term = (log_up[k - 1] - log_down[k]) - lost
        height = level + term
        lost = (height - level) - term
        level = height
        log_weight[k] = level


@entry
def sweep_back(up, down, schedule, fixed, spent):
    """Backwards through a schedule of environments, from one-step probabilities up and down (m, Z+1).

    fixed (Z+1,), the chance that the mutant takes over from the state at the end of the schedule, becomes that at its
    beginning; spent, the expected number of steps of runs in which it does, likewise.
    """
    size = len(fixed) - 1
    for s in range(len(schedule) - 1, -1, -1):
        e = schedule[s]
        fixed_below, spent_below = fixed[0], spent[0]
        for k in range(1, size):
            stay = max(0.0, 1.0 - up[e, k] - down[e, k])
            now = up[e, k] * fixed[k + 1] + stay * fixed[k] + down[e, k] * fixed_below
            more = up[e, k] * spent[k + 1] + stay * spent[k] + down[e, k] * spent_below
            fixed_below, spent_below = fixed[k], spent[k]
            fixed[k] = now
            spent[k] = now + more

"""Equilibria by their supports: compiled loops over all pairs of equally large sets of strategies.

Payoffs are read from the side of who earns them: payoff[own, other].
"""

import numpy as np

from evo.kernels._cache import entry, inner, kernel

TIE = 1e-9  # payoffs that differ by less, relative to the largest and to 1, are equal
POSITIVE = 1e-12  # a share above
REGULAR = 1e-11  # a pivot above, payoffs being scaled so that the largest is at most 1


@kernel
def pairs_by_support(row, column):
    """The equilibria whose supports are equally large and determine them, first mix and second mix, (found, m + n), by
    the size of the supports and then in lexicographic order.

    Supports with a strategy that another one beats against each strategy of the opponent's support are not solved.
    """
    m, n = row.shape
    theirs = np.ascontiguousarray(column.T)
    limit = min(m, n)
    tie, their_tie = tie_of(row), tie_of(theirs)
    first, second = np.empty(m, np.int64), np.empty(n, np.int64)
    left, place = np.empty(n, np.int64), np.empty(n, np.int64)
    x, y = np.empty(limit), np.empty(limit)
    system, order = np.empty((limit + 1, limit + 2)), np.empty(limit + 1, np.int64)
    found, count = np.zeros((8, m + n)), 0
    for size in range(1, limit + 1):
        begin(first, size)
        while True:
            rest = 0
            for j in range(n):
                if not is_beaten(theirs, j, first, size, 2 * their_tie):
                    left[rest] = j
                    rest += 1
            begin(place, size)
            while rest >= size:
                for s in range(size):
                    second[s] = left[place[s]]
                if (
                    not any_beaten(row, first, second, size, 2 * tie)
                    and fill_indifferent(theirs, second, first, size, system, order, x)
                    and fill_indifferent(row, first, second, size, system, order, y)
                    and is_best_reply(row, first, size, second, size, y, tie)
                    and is_best_reply(theirs, second, size, first, size, x, their_tie)
                ):
                    if count == len(found):
                        longer = np.zeros((2 * count, m + n))
                        longer[:count] = found
                        found = longer
                    for s in range(size):
                        found[count, first[s]] = x[s]
                        found[count, m + second[s]] = y[s]
                    count += 1
                if not advance(place, size, rest):
                    break
            if not advance(first, size, m):
                break
    return found[:count].copy()


@kernel
def mixes_by_support(payoff):
    """The symmetric equilibria of a symmetric game that their support determines, (found, d)."""
    d = len(payoff)
    tie = tie_of(payoff)
    support, share = np.empty(d, np.int64), np.empty(d)
    system, order = np.empty((d + 1, d + 2)), np.empty(d + 1, np.int64)
    found, count = np.zeros((8, d)), 0
    for size in range(1, d + 1):
        begin(support, size)
        while True:
            if (
                not any_beaten(payoff, support, support, size, 2 * tie)
                and fill_indifferent(payoff, support, support, size, system, order, share)
                and is_best_reply(payoff, support, size, support, size, share, tie)
            ):
                if count == len(found):
                    longer = np.zeros((2 * count, d))
                    longer[:count] = found
                    found = longer
                for s in range(size):
                    found[count, support[s]] = share[s]
                count += 1
            if not advance(support, size, d):
                break
    return found[:count].copy()


@entry
def is_finite(payoff):
    for i in range(payoff.shape[0]):
        for j in range(payoff.shape[1]):
            if not np.isfinite(payoff[i, j]):
                return False
    return True


@inner
def tie_of(payoff):
    """Difference below which payoffs are equal."""
    largest = 1.0
    for i in range(payoff.shape[0]):
        for j in range(payoff.shape[1]):
            largest = max(largest, abs(payoff[i, j]))
    return TIE * largest


@inner
def begin(chosen, size):
    """The first set of this size."""
    for s in range(size):
        chosen[s] = s


@inner
def advance(chosen, size, number):
    """The next set of this size of 0..number-1 in lexicographic order; False after the last."""
    s = size - 1
    while s >= 0 and chosen[s] == number - size + s:
        s -= 1
    if s < 0:
        return False
    chosen[s] += 1
    for later in range(s + 1, size):
        chosen[later] = chosen[later - 1] + 1
    return True


@inner
def is_beaten(payoff, own, others, size, margin):
    """Whether one strategy earns more, by the margin, than `own` against each of the others: then `own` is no best reply
    to any mix of them."""
    for better in range(len(payoff)):
        s = 0
        while s < size and payoff[better, others[s]] > payoff[own, others[s]] + margin:
            s += 1
        if s == size:
            return True
    return False


@inner
def any_beaten(payoff, support, others, size, margin):
    """`is_beaten` for any strategy of the support."""
    s = 0
    while s < size and not is_beaten(payoff, support[s], others, size, margin):
        s += 1
    return s < size


@inner
def is_best_reply(payoff, support, size, others, other_size, share, tie):
    """Whether nobody earns more than any of the support against this mix of the others."""
    best, least = -np.inf, np.inf
    for own in range(len(payoff)):
        earned = 0.0
        for s in range(other_size):
            earned += payoff[own, others[s]] * share[s]
        best = max(best, earned)
        for s in range(size):
            if support[s] == own:
                least = min(least, earned)
    return best - least <= tie


@inner
def fill_indifferent(payoff, rows, columns, size, system, order, share):
    """share: the positive mix of the columns at which all rows earn the same; False where there is none, or more than one.

    Complete pivoting, which shows the rank: the unknowns are the shares and what everybody earns, in units of the largest
    payoff (or of 1).
    """
    if size == 1:
        share[0] = 1.0
        return True
    largest = 1.0
    for i in range(size):
        for j in range(size):
            value = payoff[rows[i], columns[j]]
            system[i, j] = value
            largest = max(largest, abs(value))
    for i in range(size):
        for j in range(size):
            system[i, j] /= largest
        system[i, size] = -1.0
        system[i, size + 1] = 0.0
        system[size, i] = 1.0
    system[size, size] = 0.0
    system[size, size + 1] = 1.0
    for j in range(size + 1):
        order[j] = j
    for step in range(size + 1):
        top, row, column = 0.0, step, step
        for i in range(step, size + 1):
            for j in range(step, size + 1):
                if abs(system[i, j]) > top:
                    top, row, column = abs(system[i, j]), i, j
        if not top > REGULAR:
            return False
        if row != step:
            for j in range(step, size + 2):
                system[step, j], system[row, j] = system[row, j], system[step, j]
        if column != step:
            order[step], order[column] = order[column], order[step]
            for i in range(size + 1):
                system[i, step], system[i, column] = system[i, column], system[i, step]
        for i in range(step + 1, size + 1):
            factor = system[i, step] / system[step, step]
            if factor != 0.0:
                for j in range(step + 1, size + 2):
                    system[i, j] -= factor * system[step, j]
    for step in range(size, -1, -1):
        value = system[step, size + 1]
        for j in range(step + 1, size + 1):
            value -= system[step, j] * system[j, size + 1]
        value /= system[step, step]
        system[step, size + 1] = value
        if order[step] < size:
            if not value > POSITIVE:
                return False
            share[order[step]] = value
    return True

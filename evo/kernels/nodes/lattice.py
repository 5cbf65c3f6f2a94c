"""Imitating the best of two strategies on a square lattice, all at once, without lists of neighbours.

What a node earns follows from its strategy and the number of neighbours that play strategy 1. So payoffs become whole
levels once, and what a generation does is sums and maxima of bytes along rows, which the compiler turns into vector
instructions. `sheets`: the strategies, and the level of those who play 0 and 1 (0 where they don't), each with a margin
that wraps around, or holds NOBODY.
"""

import math

from evo.codes import ABSORBED, NONFINITE_PAYOFF
from evo.kernels._cache import apart, inner, kernel
from evo.kernels.adjacency import MOORE
from evo.kernels.arrays import BIAS, EFFECTIVE, FIXED, REASON, WHO
from evo.kernels.imitation import TIE
from evo.kernels.nodes.walk import add_shares
from evo.kernels.observe import note_fixation, watch

NOBODY = 2
MOST = 9  # neighbours that count, the player itself included


@apart
def sweep(
    process, net, nodes, plan, flag, step, boundary, unit, burnt, amounts, since, tipped, work, means, counts, numbers
):
    """Generations from `step` to `boundary`; returns the step reached."""
    lattice, strategies, sheets = net.lattice, nodes.strategies, nodes.sheets
    rows, columns, count = lattice.rows, lattice.columns, len(strategies)
    fill_levels(net, work.table, work.strategy, work.status, nodes.payoffs, nodes.levels)
    if work.status[REASON] != 0:
        return step
    for r in range(rows):
        for c in range(columns):
            sheets[0, r + 1, c + 1] = strategies[r * columns + c]
    while step < boundary and flag[0] == 0:
        if step >= burnt:
            add_shares(1.0, count, amounts, means)
        margins(sheets[0], lattice.periodic, NOBODY)
        rate(sheets, rows, columns, lattice.neighbourhood == MOORE, net.selfish, nodes.levels)
        margins(sheets[1], lattice.periodic, 0)
        margins(sheets[2], lattice.periodic, 0)
        changed, ones = adopt(sheets, rows, columns, lattice.neighbourhood == MOORE)
        step += 1
        counts[EFFECTIVE] += changed
        amounts[0] = count - ones
        amounts[1] = ones
        watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
        note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
        if plan.until == ABSORBED and counts[FIXED] >= 0:
            break
        if changed == 0 and not process.eventful:  # and so for ever
            if burnt < boundary:
                add_shares(float(boundary - max(step, burnt)), count, amounts, means)
            step = boundary
    for r in range(rows):
        for c in range(columns):
            strategies[r * columns + c] = sheets[0, r + 1, c + 1]
    return step


@inner
def fill_levels(net, table, strategy, status, payoffs, levels):
    """levels[s, m, k]: place from 1 on, among all payoffs that there can be, of a player of s with m neighbours of whom k
    play 1; equal payoffs have one place."""
    lattice = net.lattice
    most = lattice.neighbourhood + net.selfish
    for s in range(2):
        for m in range(most + 1):
            for k in range(m + 1):
                payoff = (m - k) * table[s, 0] + k * table[s, 1]
                if net.averaged and m > 0:
                    payoff /= m
                payoffs[s, m, k] = payoff + strategy[BIAS, s]
                if not math.isfinite(payoff) and status[REASON] == 0:
                    status[REASON] = NONFINITE_PAYOFF
                    status[WHO] = s
    last, level = -math.inf, 0
    while True:  # from the lowest payoff on
        lowest = math.inf
        for s in range(2):
            for m in range(most + 1):
                for k in range(m + 1):
                    if last < payoffs[s, m, k] < lowest and possible(lattice, net.selfish, m):
                        lowest = payoffs[s, m, k]
        if lowest == math.inf:
            return
        level += 1
        last = lowest + TIE * (1.0 + abs(lowest))
        for s in range(2):
            for m in range(most + 1):
                for k in range(m + 1):
                    if lowest <= payoffs[s, m, k] <= last:
                        levels[s, m, k] = level


@inner
def possible(lattice, selfish, m):
    """Whether a node can have m neighbours, itself counted where it meets itself."""
    m -= selfish
    if lattice.periodic or m == lattice.neighbourhood:
        return m == lattice.neighbourhood
    return m == 3 or m == 5 if lattice.neighbourhood == MOORE else m == 2 or m == 3


@kernel
def margins(sheet, periodic, nobody):
    """Fill the margin of a sheet."""
    rows, columns = sheet.shape[0] - 2, sheet.shape[1] - 2
    for c in range(1, columns + 1):
        sheet[0, c] = sheet[rows, c] if periodic else nobody
        sheet[rows + 1, c] = sheet[1, c] if periodic else nobody
    for r in range(rows + 2):
        sheet[r, 0] = sheet[r, columns] if periodic else nobody
        sheet[r, columns + 1] = sheet[r, 1] if periodic else nobody


@kernel
def rate(sheets, rows, columns, moore, selfish, levels):
    """The level of every node, into the sheet of its strategy."""
    grid, zeros, ones = sheets[0], sheets[1], sheets[2]
    full = (8 if moore else 4) + selfish
    for r in range(1, rows + 1):
        above, here, below = grid[r - 1], grid[r], grid[r + 1]
        number, member = zeros[r], ones[r]  # scratch, until they are what they are called
        if r == 1 or r == rows:
            for c in range(1, columns + 1):
                rate_one(grid, r, c, moore, selfish, levels, zeros[r], ones[r])
            continue
        if moore:
            for c in range(columns + 2):
                member[c] = above[c] + here[c] + below[c]
            for c in range(1, columns + 1):
                number[c] = member[c - 1] + member[c] + member[c + 1]
            if not selfish:
                for c in range(1, columns + 1):
                    number[c] -= here[c]
        else:
            for c in range(1, columns + 1):
                number[c] = above[c] + below[c] + here[c - 1] + here[c + 1] + (here[c] if selfish else 0)
        for c in range(2, columns):
            s = here[c]
            level = levels[s, full, number[c]]
            number[c] = 0 if s else level
            member[c] = level if s else 0
        rate_one(grid, r, 1, moore, selfish, levels, zeros[r], ones[r])
        rate_one(grid, r, columns, moore, selfish, levels, zeros[r], ones[r])


@kernel
def rate_one(grid, r, c, moore, selfish, levels, zeros, ones):
    """`rate` for a node that may stand at the edge."""
    m, k = 0, 0
    for down in range(-1, 2):
        for right in range(-1, 2):
            s = grid[r + down, c + right]
            counts = selfish if down == 0 and right == 0 else moore or down == 0 or right == 0
            if s != NOBODY and counts:
                m += 1
                k += s
    s = grid[r, c]
    level = levels[s, m, k]
    zeros[c] = 0 if s else level
    ones[c] = level if s else 0


@kernel
def adopt(sheets, rows, columns, moore):
    """Every node takes the strategy of the best around it and itself, its own where both are; returns how many changed and
    how many play 1."""
    grid, zeros, ones = sheets[0], sheets[1], sheets[2]
    changed, total = 0, 0
    for r in range(1, rows + 1):
        here = grid[r]
        changed_here, total_here = 0, 0
        for c in range(1, columns + 1):
            best, rival = zeros[r, c], ones[r, c]
            best, rival = larger(best, zeros[r - 1, c]), larger(rival, ones[r - 1, c])
            best, rival = larger(best, zeros[r + 1, c]), larger(rival, ones[r + 1, c])
            best, rival = larger(best, zeros[r, c - 1]), larger(rival, ones[r, c - 1])
            best, rival = larger(best, zeros[r, c + 1]), larger(rival, ones[r, c + 1])
            if moore:
                best, rival = larger(best, zeros[r - 1, c - 1]), larger(rival, ones[r - 1, c - 1])
                best, rival = larger(best, zeros[r - 1, c + 1]), larger(rival, ones[r - 1, c + 1])
                best, rival = larger(best, zeros[r + 1, c - 1]), larger(rival, ones[r + 1, c - 1])
                best, rival = larger(best, zeros[r + 1, c + 1]), larger(rival, ones[r + 1, c + 1])
            own = here[c]
            taken = (rival > best) | ((rival == best) & (own == 1))
            changed_here += taken != own
            total_here += taken
            here[c] = taken
        changed += changed_here
        total += total_here
    return changed, total


@kernel
def larger(a, b):
    return a if a > b else b

"""Compiled loops of chains on levels 1..L with m states each, that move by one level a step: block elimination.

Level by level, from the bottom: how the next level is reached for the first time, or the bottom. Within a level one
state is eliminated after the other without differences [Grassmann, Taksar & Heyman 1985], so that what is small is
accurate relative to itself.
"""

import math

from evo.kernels._cache import entry, inner


@entry
def climb(local, up, down, source, reach, lost, spent, matrix, right, leaves):
    """First passages upwards, from one-step probabilities local, up and down (L, m, m) and a source (L, m).

    Fills reach[k, e, f]: from state e of level k, the next level is first reached in f; lost[k, e]: the bottom is
    reached before; spent[k, e]: the expected sum of the source until either, infinite where neither may ever happen.
    matrix (m, m), right (m, m+2) and leaves (m,) are scratch.
    """
    levels, states = source.shape
    for k in range(levels):
        for e in range(states):
            falls, before = 0.0, source[k, e]
            for g in range(states):
                if down[k, e, g] > 0.0:
                    falls += down[k, e, g] * (lost[k - 1, g] if k > 0 else 1.0)
                    if k > 0:
                        before += down[k, e, g] * spent[k - 1, g]
            leaves[e] = falls
            right[e, states] = falls
            right[e, states + 1] = before
            for f in range(states):
                right[e, f] = up[k, e, f]
                leaves[e] += up[k, e, f]
                matrix[e, f] = local[k, e, f]
                if k > 0:
                    for g in range(states):
                        matrix[e, f] += down[k, e, g] * reach[k - 1, g, f]
        solve_level(matrix, right, leaves)
        for e in range(states):
            for f in range(states):
                reach[k, e, f] = right[e, f]
            lost[k, e] = right[e, states]
            spent[k, e] = right[e, states + 1]


@inner
def solve_level(matrix, right, leaves):
    """right <- (1 - matrix)^-1 right, the rows of `matrix` and `leaves` summing to 1."""
    states, columns = right.shape
    for last in range(states - 1, -1, -1):
        pivot = leaves[last]
        for j in range(last):
            pivot += matrix[last, j]
        if pivot == 0.0:  # no way leads out: it stays here for ever
            pivot, leaves[last] = 1.0, 1.0
            right[last, columns - 1] = math.inf
        for c in range(columns):
            right[last, c] /= pivot
        for j in range(last):
            matrix[last, j] /= pivot
        leaves[last] /= pivot
        for i in range(last):
            factor = matrix[i, last]
            if factor > 0.0:
                leaves[i] += factor * leaves[last]
                for j in range(last):
                    matrix[i, j] += factor * matrix[last, j]
                for c in range(columns):
                    right[i, c] += factor * right[last, c]
    for e in range(1, states):
        for j in range(e):
            if matrix[e, j] > 0.0:
                for c in range(columns):
                    right[e, c] += matrix[e, j] * right[j, c]


@entry
def descend(reach, spent, log_chance, total, above, here):
    """From first passages to the top: log_chance[k, e] that it is reached, and total[k, e], the sum of the source until
    top or bottom; both (L, m). above and here (m,) are scratch."""
    levels, states = spent.shape
    scale = 0.0
    for e in range(states):
        above[e] = 1.0
    for k in range(levels - 1, -1, -1):
        top = 0.0
        for e in range(states):
            here[e] = 0.0
            total[k, e] = spent[k, e]
            for f in range(states):
                here[e] += reach[k, e, f] * above[f]
                if k + 1 < levels and reach[k, e, f] > 0.0:
                    total[k, e] += reach[k, e, f] * total[k + 1, f]
            top = max(top, here[e])
        if top > 0.0:
            scale += math.log(top)
        for e in range(states):
            above[e] = here[e] / top if top > 0.0 else 0.0
            log_chance[k, e] = math.log(above[e]) + scale if above[e] > 0.0 else -math.inf

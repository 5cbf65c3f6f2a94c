"""Compiled sweeps over sparse chains that are too large to eliminate."""

from evo.kernels._cache import entry


@entry
def sweep(starts, columns, values, leaving, source, found, forward):
    """One Gauss-Seidel sweep for leaving_i x_i = source_i + sum_j values_ij x_j, in place in `found`."""
    size = len(found)
    for k in range(size):
        i = k if forward else size - 1 - k
        total = source[i]
        for e in range(starts[i], starts[i + 1]):
            total += values[e] * found[columns[e]]
        found[i] = total / leaving[i]


@entry
def flows(starts, columns, values, level, weight, up, down):
    """up[l], down[l]: probability flow from layer l to the next and to the one before, of the weights of the states."""
    for i in range(len(level)):
        for e in range(starts[i], starts[i + 1]):
            other = level[columns[e]]
            if other > level[i]:
                up[level[i]] += weight[i] * values[e]
            elif other < level[i]:
                down[level[i]] += weight[i] * values[e]

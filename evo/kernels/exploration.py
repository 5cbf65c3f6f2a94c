"""Mutation of rules that look around: the focal explores instead of what it would do, or after it."""

from evo.kernels._cache import inner
from evo.kernels.arrays import PULL


@inner
def explore(rule, to, first, stop, whole, amounts, strategy, rates):
    """Add mutation to rates that on entry hold the rule alone."""
    mu = rule.mutation
    for i in range(first, stop):
        if amounts[i] <= 0:
            continue
        share = amounts[i] / whole
        if not rule.after:
            for j in range(first, stop):
                rates[i, j] = (1.0 - mu) * rates[i, j] + mu * share * to[i, j]
        else:
            for j in range(first, stop):
                strategy[PULL, j] = rates[i, j]
            strategy[PULL, i] = share
            for j in range(first, stop):
                if j != i:
                    strategy[PULL, i] -= rates[i, j]
            for j in range(first, stop):
                mutated = 0.0
                for l in range(first, stop):
                    mutated += strategy[PULL, l] * to[l, j]
                rates[i, j] = (1.0 - mu) * strategy[PULL, j] + mu * mutated
        rates[i, i] = 0.0

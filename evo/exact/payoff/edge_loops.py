"""Payoffs on an edge where players meet in pairs: a compiled loop, and what a payoff program reads."""

import numpy as np

from evo.kernels._cache import entry


@entry
def fill_pair_payoffs(table, bias, pairs, whole, itself, assortment, mutant, resident):
    """Payoffs (P, Z+1) of mutants and residents for k = 0..Z mutants, from the table (d, d) and the trait bias (d,); nan
    where there is none of a kind. `itself` is 1 where nobody meets itself. False where one is not finite."""
    finite = True
    for p in range(len(pairs)):
        i, j = pairs[p]
        mutant[p, 0] = np.nan
        resident[p, whole] = np.nan
        for own in range(1, whole + 1):
            alike = (1 - assortment) * (own - itself) / (whole - itself) + assortment
            of_mutant = table[i, j] + (table[i, i] - table[i, j]) * alike + bias[i]
            of_resident = table[j, i] + (table[j, j] - table[j, i]) * alike + bias[j]
            mutant[p, own] = of_mutant
            resident[p, whole - own] = of_resident
            finite = finite and np.isfinite(of_mutant) and np.isfinite(of_resident)
    return finite


@entry
def is_loaded(code, operation, argument):
    """Whether an instruction (operation, argument, wide) of the program, (m, 3), is this one."""
    m = 0
    while m < len(code) and not (code[m, 0] == operation and code[m, 1] == argument):
        m += 1
    return m < len(code)

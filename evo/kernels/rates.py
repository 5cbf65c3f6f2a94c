"""Update rules as rates: the probability that one update event turns an individual of strategy i into one of j.

The same lines serve a finite population (amounts are counts that sum to the size of their role, the focal is left out)
and the rule's mean field (amounts are shares, which sum to 1, nobody is left out): x_j' = sum_i rates[i, j] - rates[j, i],
one generation being as many events as there are individuals. Of two roles, an event is about one in proportion to its
size; rates between strategies of different roles stay 0.
"""

from evo.codes import IMITATE_BEST, IMITATION, PAIRWISE_COMPARISON
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import PAYOFF
from evo.kernels.births import moran_rates
from evo.kernels.exploration import explore
from evo.kernels.imitation import best_present_rates, compares, comparison_rates, fermi_rates, imitation_rates, plain
from evo.kernels.innovation import imagines, innovates, innovation_rates
from evo.kernels.payoffs import fill_hypothetical


@inline
def prepare_rates(rule, meeting, prefix, roles, amounts, table, factors, status, strategy, rates):
    """What some rules need beside the payoffs: what an individual would earn with another strategy."""
    if imagines(rule):
        if meeting.whole > 0:
            fill_hypothetical(meeting, prefix, roles, amounts, table, factors, status, strategy, rates)
        else:
            for i in range(len(amounts)):
                for j in range(len(amounts)):
                    rates[i, j] = strategy[PAYOFF, j]


@inline
def fill_rates(rule, to, roles, wholes, finite, amounts, status, strategy, chances, rates):
    """Fill `rates` from row PAYOFF, and from `prepare_rates` or `chances` (of sampled payoffs); returns the probability that
    an event changes anything."""
    if len(wholes) == 1:
        return role_rates(rule, to, roles[0], roles[1], wholes[0], finite, amounts, status, strategy, chances, rates)
    total, everybody = 0.0, 0.0
    for role in range(len(wholes)):
        everybody += wholes[role]
    for role in range(len(wholes)):
        first, stop = roles[role], roles[role + 1]
        part = role_rates(rule, to, first, stop, wholes[role], finite, amounts, status, strategy, chances, rates)
        if finite:
            about = wholes[role] / everybody
            part *= about
            for i in range(first, stop):
                for j in range(first, stop):
                    rates[i, j] *= about
        total += part
        for i in range(first, stop):  # the other role may have left payoffs there
            for j in range(len(amounts)):
                if j < first or j >= stop:
                    rates[i, j] = 0.0
    return total


@inline
def role_rates(rule, to, first, stop, whole, finite, amounts, status, strategy, chances, rates):
    """The rates of one role."""
    if rule.code == PAIRWISE_COMPARISON and plain(rule) and chances.shape[0] == 0:
        return fermi_rates(rule, to, first, stop, whole, finite, amounts, strategy, rates)
    if compares(rule):
        comparison_rates(rule, first, stop, whole, finite, amounts, status, strategy, chances, rates)
    elif innovates(rule):
        innovation_rates(rule, first, stop, whole, amounts, strategy, chances, rates)
    elif rule.code == IMITATION:
        imitation_rates(rule, first, stop, whole, finite, amounts, status, strategy, rates)
    elif rule.code == IMITATE_BEST:
        best_present_rates(first, stop, whole, amounts, strategy, rates)
    else:
        moran_rates(rule, to, first, stop, whole, finite, amounts, status, strategy, rates)
        return off_diagonal(first, stop, rates)
    if rule.mutation > 0.0:
        explore(rule, to, first, stop, whole, amounts, strategy, rates)
    return off_diagonal(first, stop, rates)


@inner
def off_diagonal(first, stop, rates):
    """The probability that an event changes anything."""
    total = 0.0
    for i in range(first, stop):
        for j in range(first, stop):
            if i != j:
                total += rates[i, j]
    return total

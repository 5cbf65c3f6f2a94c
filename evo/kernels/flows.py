"""Flows that are no mean field of a finite rule, in shares, role by role (definitions.md, Deterministic)."""

from evo.codes import BNN
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import PAYOFF, PULL


@inline
def mutator_flow(rule, to, first, stop, mean, mix, strategy, derivative):
    """x' = x (beta*pi - mean) with mutation added to the shares, or at birth (option 1)."""
    whole = 0.0
    for i in range(first, stop):
        whole += mix[i]
    for i in range(first, stop):
        gain = rule.intensity * strategy[PAYOFF, i] * mix[i] if mix[i] > 0.0 else 0.0
        strategy[PULL, i] = gain if rule.option == 1 else mix[i]
        # over the sum of shares, so that it stays what it is also where it is not exactly 1, within a step
        derivative[i] = gain - mix[i] * rule.intensity * mean / whole - rule.mutation * strategy[PULL, i]
    if rule.mutation > 0.0:
        for i in range(first, stop):
            for j in range(first, stop):
                derivative[j] += rule.mutation * strategy[PULL, i] * to[i, j]


@inner
def excess_flow(rule, to, first, stop, mean, mix, strategy, derivative):
    """BNN: by how much a payoff exceeds the mean draws everybody; Smith: by how much it exceeds another's draws those."""
    beta = rule.intensity
    for i in range(first, stop):
        derivative[i] = 0.0
    if rule.code == BNN:
        excess = 0.0
        for i in range(first, stop):
            derivative[i] = max(0.0, beta * (strategy[PAYOFF, i] - mean))
            excess += derivative[i]
        for i in range(first, stop):
            derivative[i] -= excess * mix[i]
    else:
        for i in range(first, stop):
            for j in range(first, stop):
                gain = beta * (strategy[PAYOFF, i] - strategy[PAYOFF, j])
                if gain > 0.0:
                    derivative[i] += mix[j] * gain
                    derivative[j] -= mix[j] * gain
    if rule.mutation > 0.0:
        for i in range(first, stop):
            derivative[i] -= rule.mutation * mix[i]
            for j in range(first, stop):
                derivative[j] += rule.mutation * mix[i] * to[i, j]


@inner
def projection_flow(rule, first, stop, strategy, derivative):
    """The payoffs less their mean, of the strategies in use (1 in row PULL) alone: smooth while these stay the same."""
    mean = mean_used(first, stop, strategy)
    for i in range(first, stop):
        derivative[i] = rule.intensity * (strategy[PAYOFF, i] - mean) if strategy[PULL, i] > 0.0 else 0.0


@inner
def mean_used(first, stop, strategy):
    """The mean payoff of the strategies in use, 0 where none is yet."""
    members, total = 0, 0.0
    for i in range(first, stop):
        if strategy[PULL, i] > 0.0:
            members += 1
            total += strategy[PAYOFF, i]
    return total / members if members > 0 else 0.0


@inner
def choose_used(rule, first, stop, least, mix, strategy):
    """Which strategies the projection moves, as 1 in row PULL; the others are held at 0.

    Those with a share; and of those without, the best first, who gain over the mean of all so far, by `least` and by more
    than their payoff is rounded. Then the payoffs less their mean are the closest vector that points into the simplex
    [Lahkar & Sandholm 2008].
    """
    members, total = 0, 0.0
    for i in range(first, stop):
        strategy[PULL, i] = 1.0 if mix[i] > 0.0 else 0.0
        if mix[i] > 0.0:
            members += 1
            total += strategy[PAYOFF, i]
    while True:
        best = -1
        for i in range(first, stop):
            if strategy[PULL, i] == 0.0 and (best < 0 or strategy[PAYOFF, i] > strategy[PAYOFF, best]):
                best = i
        if best < 0 or shortfall(rule, total / members, strategy[PAYOFF, best]) >= -least:
            return
        strategy[PULL, best] = 1.0
        members += 1
        total += strategy[PAYOFF, best]


@inner
def shortfall(rule, mean, payoff):
    """By how much a payoff lies below the mean of those in use, per generation and relative to its own size where that is
    above 1: negative for a strategy that the projection lets in."""
    return rule.intensity * (mean - payoff) / (1.0 + rule.intensity * abs(payoff))

"""Fields that are polynomials of the mix, in Bernstein form, so that all their zeros can be found with a certificate."""

from __future__ import annotations

import numpy as np

from evo.exact.flows.fields import Field
from evo.exact.payoff import simplex
from evo.games import compositions

NETS = ("replicator", "replicator_mutator", "local_update", "proportional_imitation", "moran", "wright_fisher")


def polynomial_field(field: Field) -> tuple[np.ndarray, int] | None:
    """Coefficients (d, C) and degree of a field with the same zeros, or None where the rule makes it no polynomial.

    Polynomial: the replicator flows, local update, proportional imitation, and births by linear fitness (whose field is
    multiplied by the mean fitness), with mutation of any kind, in one role, where payoffs are polynomials.
    """
    numbers, landscape = field.numbers[0], field.landscape
    unbiased = numbers.conformity == 1 and numbers.prestige == 0
    if len(field.numbers) > 1 or landscape.table is None or field.kind not in NETS or not unbiased:
        return None
    births = field.kind in ("moran", "wright_fisher")
    if births and not numbers.linear:
        return None
    strategies, low = field.strategies, landscape.degree
    degree = low + 2
    payoff = landscape.table * _factor(field)
    if births:
        payoff = payoff + 1 - numbers.intensity  # fitness
    own = np.eye(strategies)
    earned = np.array([_times_share(payoff[i], i, strategies, low) for i in range(strategies)])
    mean = earned.sum(axis=0)
    gain = simplex.elevated(np.array([earned] * strategies), strategies, low + 1)
    loss = np.array([_times_share(mean, i, strategies, low + 1) for i in range(strategies)])
    net, mu = gain - loss, numbers.mutation
    if mu == 0:
        return net, degree
    assert numbers.to is not None
    away = numbers.to.T - own
    shares = compositions(strategies, degree).T / degree
    if births or numbers.offspring:
        return net + mu * away @ gain, degree
    if field.kind == "replicator_mutator":
        return net + mu * away @ shares, degree
    if numbers.after:
        return net + mu * away @ (shares + net), degree
    return (1 - mu) * net + mu * away @ shares, degree


def _factor(field: Field) -> float:
    """What payoffs are multiplied by."""
    numbers = field.numbers[0]
    if field.kind == "local_update":
        return numbers.intensity / numbers.number
    return 1 / numbers.number if field.kind == "proportional_imitation" else numbers.intensity


def _times_share(coefficient: np.ndarray, strategy: int, strategies: int, degree: int) -> np.ndarray:
    """x_i times a polynomial."""
    by_vertex = np.zeros((strategies, *coefficient.shape))
    by_vertex[strategy] = coefficient
    return simplex.elevated(by_vertex, strategies, degree)

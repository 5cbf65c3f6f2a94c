"""Compiled loops of gth.py: elimination of states with numbers of any size, and with leading terms.

A number is mantissa * BASE^power, the mantissa 0 or within [LOW, HIGH): sums and products of such numbers have the
relative error of doubles and cannot leave the range. A leading term is coefficient * exp(order*beta), beta to infinity.
"""

import math

from evo.kernels._cache import entry, inline, inner

BASE, UNIT = 2.0**512, 2.0**-512
HIGH, LOW = 2.0**256, 2.0**-256


@inline
def settle(mantissa, power):
    """The same number, its mantissa within bounds."""
    if mantissa >= HIGH:
        return mantissa * UNIT, power + 1
    if mantissa < LOW and mantissa != 0.0:
        return mantissa * BASE, power - 1
    return mantissa, power


@inline
def plus(a, at, b, of):
    """a*BASE^at + b*BASE^of, neither 0."""
    if at == of:
        return settle(a + b, at)
    if at == of + 1:
        return settle(a + b * UNIT, at)
    if of == at + 1:
        return settle(a * UNIT + b, of)
    if at > of:
        return a, at
    return b, of


@entry
def scaled_weights(mantissa, power, weight, height):
    """Stationary weights weight*BASE^height, (n,) each, of the chain with rates mantissa*BASE^power, (n, n), which are
    used up. Diagonals are not read."""
    states = len(weight)
    for k in range(states - 1, 0, -1):
        out, level = 0.0, 0
        for j in range(k):
            if mantissa[k, j] != 0.0:
                if out == 0.0:
                    out, level = mantissa[k, j], power[k, j]
                else:
                    out, level = plus(out, level, mantissa[k, j], power[k, j])
        for i in range(k):
            if mantissa[i, k] != 0.0:
                part, scale = settle(mantissa[i, k] / out, power[i, k] - level)
                mantissa[i, k], power[i, k] = part, scale
                for j in range(k):
                    if mantissa[k, j] != 0.0:
                        more, place = settle(part * mantissa[k, j], scale + power[k, j])
                        if mantissa[i, j] == 0.0:
                            mantissa[i, j], power[i, j] = more, place
                        else:
                            mantissa[i, j], power[i, j] = plus(mantissa[i, j], power[i, j], more, place)
    weight[0], height[0] = 1.0, 0
    for k in range(1, states):
        total, level = 0.0, 0
        for i in range(k):
            if mantissa[i, k] != 0.0 and weight[i] != 0.0:
                more, place = settle(weight[i] * mantissa[i, k], height[i] + power[i, k])
                if total == 0.0:
                    total, level = more, place
                else:
                    total, level = plus(total, level, more, place)
        weight[k], height[k] = total, level


@inner
def join(order, factor, more, other, tolerance):
    """Sum of two leading terms: the larger order, and the log coefficients of all that tie with it."""
    if order > more + tolerance:
        return order, factor
    if more > order + tolerance:
        return more, other
    high, low = max(factor, other), min(factor, other)
    return max(order, more), high if low == -math.inf else high + math.log1p(math.exp(low - high))


@entry
def leading_weights(orders, factors, tolerance, order, factor):
    """Leading terms of the stationary weights, (n,) each, of the chain with rates exp(factors + orders*beta), (n, n),
    which are used up; an order of -inf is no rate. Diagonals are not read."""
    states = len(order)
    for k in range(states - 1, 0, -1):
        out, level = -math.inf, -math.inf
        for j in range(k):
            if orders[k, j] > -math.inf:
                out, level = join(out, level, orders[k, j], factors[k, j], tolerance)
        for i in range(k):
            if orders[i, k] > -math.inf:
                orders[i, k] -= out
                factors[i, k] -= level
                for j in range(k):
                    if orders[k, j] > -math.inf:
                        orders[i, j], factors[i, j] = join(
                            orders[i, j],
                            factors[i, j],
                            orders[i, k] + orders[k, j],
                            factors[i, k] + factors[k, j],
                            tolerance,
                        )
    order[0], factor[0] = 0.0, 0.0
    for k in range(1, states):
        order[k], factor[k] = -math.inf, -math.inf
        for i in range(k):
            if orders[i, k] > -math.inf:
                order[k], factor[k] = join(
                    order[k], factor[k], order[i] + orders[i, k], factor[i] + factors[i, k], tolerance
                )

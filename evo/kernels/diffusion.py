"""Steps of stochastic differential equations of the mix (evo/dynamics/noise.py states the schemes and their orders)."""

import math

from evo.codes import NONFINITE_STATE
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import PAYOFF, REASON, SIGMA
from evo.kernels.random import normal, uniform

FAR = 4.5  # standard deviations at which the normal law is cut off, where the boundary lies beyond
SPREAD = 1.0 / math.sqrt(
    1.0 - 2.0 * FAR * math.exp(-0.5 * FAR * FAR) / (math.sqrt(2.0 * math.pi) * math.erf(FAR / math.sqrt(2.0)))
)


@apart
def diffuse(process, rng, shares, rates, status):
    """Demographic noise: for every two strategies of a role, what one gains from the other in a step."""
    h = process.rule.step
    for role in range(len(process.wholes)):
        first, stop = process.roles[role], process.roles[role + 1]
        for i in range(first, stop):
            for j in range(i + 1, stop):
                mean = h * (rates[j, i] - rates[i, j])
                variance = h * (rates[j, i] + rates[i, j]) / process.sizes[role]
                gain = mean + bounded(variance, -(shares[i] + mean), shares[j] - mean, rng)
                shares[i] = max(shares[i] + gain, 0.0)
                shares[j] = max(shares[j] - gain, 0.0)
        total = 0.0
        for i in range(first, stop):
            total += shares[i]
        if not (math.isfinite(total) and total > 0.0):
            status[REASON] = NONFINITE_STATE if status[REASON] == 0 else status[REASON]
            return
        for i in range(first, stop):
            shares[i] /= total


@inner
def bounded(variance, low, high, rng):
    """A draw of mean 0 and this variance from low (below 0) to high (above 0): normal where both are far, else from two
    points, of which the nearer bound is one; where even these cannot spread so far, from the bounds."""
    if not variance > 0.0 or low >= 0.0 or high <= 0.0:
        return 0.0
    deviation = math.sqrt(variance)
    if -low > FAR * SPREAD * deviation and high > FAR * SPREAD * deviation:
        while True:
            z = normal(rng)
            if abs(z) < FAR:
                return z * SPREAD * deviation
    down, up = -deviation, deviation
    if variance > -low * high:
        down, up = low, high
    elif -low < deviation:
        down, up = low, -variance / low
    elif high < deviation:
        down, up = -variance / high, high
    return up if uniform(rng) * (up - down) < -down else down


@apart
def shake(process, rng, shares, work):
    """Aggregate shocks: logarithms of sizes move by payoff less half the variance, and by a normal draw each."""
    h, beta = process.rule.step, process.rule.intensity
    strategy = work.strategy
    for role in range(len(process.wholes)):
        first, stop = process.roles[role], process.roles[role + 1]
        top = -math.inf
        for i in range(first, stop):
            sigma = strategy[SIGMA, i]
            moved = (beta * strategy[PAYOFF, i] - 0.5 * sigma * sigma) * h
            if sigma > 0.0:
                moved += sigma * math.sqrt(h) * normal(rng)
            work.states[0, i] += moved
            top = max(top, work.states[0, i])
        total = 0.0
        for i in range(first, stop):
            work.states[0, i] -= top
            shares[i] = math.exp(work.states[0, i])
            total += shares[i]
        if not math.isfinite(total):
            work.status[REASON] = NONFINITE_STATE if work.status[REASON] == 0 else work.status[REASON]
            return
        for i in range(first, stop):
            shares[i] /= total

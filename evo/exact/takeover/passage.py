"""How long a chain on 0..Z that moves by one takes: compiled loops.

States are eliminated one after the other and nothing is subtracted, so that a mean is accurate relative to itself. In
plain numbers where all of them are doubles, else in logarithms.
"""

import math

import numpy as np

from evo.kernels._cache import inner, kernel

LEAST_LOG = -650.0  # of a probability that is far from the smallest double
GREATEST_LOG = 709.78  # of the largest double
LEAST, MOST = 1e-290, 1e150  # numbers between them, and their squares, are doubles


@kernel
def fill_times(log_up, log_down, log_fixed, times):
    """times (4, Z+1): mean and standard deviation of the number of steps until nothing can happen any more, from k = 0..Z,
    and those given that Z is reached, which has the log probability log_fixed[k]; nan where it cannot be.

    The second pair is of the chain that is known to reach Z (Doob's transform).
    """
    size = len(log_up) - 1
    work = np.empty((5, size + 1))
    fill_moments(log_up, log_down, work, times[0], times[1])
    up, down = np.full(size + 1, -np.inf), np.full(size + 1, -np.inf)
    for k in range(size + 1):
        if log_fixed[k] == -math.inf:
            continue
        if k < size:
            up[k] = log_up[k] + log_fixed[k + 1] - log_fixed[k]
        if k > 0:
            down[k] = log_down[k] + log_fixed[k - 1] - log_fixed[k]
    fill_moments(up, down, work, times[2], times[3])
    for k in range(size + 1):
        if log_fixed[k] == -math.inf:
            times[2, k] = math.nan
            times[3, k] = math.nan


@inner
def fill_moments(log_up, log_down, work, mean, deviation):
    """Mean and standard deviation of the number of steps until nothing can happen any more, from k = 0..Z.

    The mean of the square solves the same equations with the source 2 E[T] - 1. `work` (5, Z+1) is scratch.
    """
    up, share, inverse, source, square = work
    if is_factorised(log_up, log_down, up, share, inverse):
        for k in range(len(mean)):
            source[k] = 1.0
        fill_sums(up, share, inverse, source, mean)
        least = 0.0
        for k in range(len(mean)):
            source[k] = 2 * mean[k] - 1 if mean[k] > 0.0 else 0.0
            least = max(least, mean[k])
        if least < MOST:
            fill_sums(up, share, inverse, source, square)
            for k in range(len(mean)):
                excess = square[k] / (mean[k] * mean[k]) - 1 if mean[k] > 0.0 else 0.0
                deviation[k] = mean[k] * math.sqrt(max(excess, 0.0))
            return
    fill_log_moments(log_up, log_down, work, mean, deviation)


@inner
def is_factorised(log_up, log_down, up, share, inverse):
    """Eliminates the states from below: `up`; share[k], what k sends down over what leaves k-1 for good; `inverse` of what
    leaves k. False where a number comes near the ends of the doubles, or some state is never left for good."""
    size = len(log_up) - 1
    leave = 0.0  # chance to go below k, and not back, in one step
    still = True  # the state below cannot be left
    for k in range(size + 1):
        share[k] = 0.0
        inverse[k] = 0.0
        up[k] = 0.0
        if k == 0 or k == size or (log_up[k] == -math.inf and log_down[k] == -math.inf):
            still = True
            continue
        if -math.inf < log_up[k] < LEAST_LOG or -math.inf < log_down[k] < LEAST_LOG:
            return False
        up[k] = math.exp(log_up[k])
        down = math.exp(log_down[k])
        if still or down == 0.0:
            leave = down
        else:
            share[k] = down * inverse[k - 1]
            before = leave
            leave = share[k] * before
            if before > 0.0 and leave < LEAST:
                return False
        inverse[k] = 1 / (leave + up[k])
        if not inverse[k] < MOST:
            return False
        still = False
    return True


@inner
def fill_sums(up, share, inverse, source, total):
    """`fill_log_sums` from what `is_factorised` left."""
    size = len(up) - 1
    total[0], total[size] = 0.0, 0.0
    for k in range(1, size):
        total[k] = source[k] + share[k] * total[k - 1]
    for k in range(size - 1, 0, -1):
        total[k] = (total[k] + up[k] * total[k + 1]) * inverse[k]


@inner
def fill_log_moments(log_up, log_down, work, log_mean, deviation):
    """`fill_moments` in logarithms; `log_mean` is the mean in the end."""
    source, leave, square = work[0], work[1], work[2]
    for k in range(len(log_mean)):
        source[k] = 0.0
    fill_log_sums(log_up, log_down, source, leave, log_mean)
    for k in range(len(log_mean)):
        source[k] = -math.inf
        if log_mean[k] > -math.inf:
            source[k] = log_mean[k] + math.log1p(-math.expm1(-log_mean[k]))
    fill_log_sums(log_up, log_down, source, leave, square)
    for k in range(len(log_mean)):
        mean = math.exp(log_mean[k]) if log_mean[k] < GREATEST_LOG else math.inf
        deviation[k] = mean
        if mean < math.inf:
            excess = math.expm1(square[k] - 2 * log_mean[k]) if mean > 0.0 else 0.0
            deviation[k] = mean * math.sqrt(max(excess, 0.0))
        log_mean[k] = mean


@inner
def fill_log_sums(log_up, log_down, log_source, log_leave, log_sum):
    """log_sum[k]: log of the expected sum of a source over the steps until nothing can happen any more, from k = 0..Z.

    With a source of 1 that is the mean number of steps; all arrays (Z+1,). States that cannot be left add nothing, and
    a sum that goes on for ever is infinite. `log_leave` is scratch.
    """
    size = len(log_up) - 1
    log_sum[0] = -math.inf
    still = True  # the state below cannot be left
    for k in range(1, size):
        if log_up[k] == -math.inf and log_down[k] == -math.inf:
            log_leave[k] = -math.inf
            log_sum[k] = -math.inf
            still = True
            continue
        log_leave[k] = log_down[k]  # so far: goes below k, and not back
        log_sum[k] = log_source[k]
        if not still and log_down[k] > -math.inf:
            away = log_add(log_leave[k - 1], log_up[k - 1])
            if away == -math.inf:
                log_sum[k] = math.inf
            else:
                log_leave[k] = log_down[k] + log_leave[k - 1] - away
                log_sum[k] = log_add(log_source[k], log_down[k] + log_sum[k - 1] - away)
        still = False
    log_sum[size] = -math.inf
    for k in range(size - 1, 0, -1):
        if log_up[k] == -math.inf and log_down[k] == -math.inf:
            continue
        away = log_add(log_leave[k], log_up[k])
        if log_up[k] > -math.inf and log_sum[k + 1] > -math.inf:
            log_sum[k] = log_add(log_sum[k], log_up[k] + log_sum[k + 1])
        log_sum[k] = math.inf if away == -math.inf else log_sum[k] - away


@inner
def log_add(a, b):
    """log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    if b == -math.inf or a == math.inf:
        return a
    return a + math.log1p(math.exp(b - a))

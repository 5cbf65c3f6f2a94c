"""One step of the Dormand-Prince 5(4) pair, with its error and its dense output [Dormand & Prince 1980; Hairer,
Norsett & Wanner 1993, II.4-6]."""

import math

import numpy as np

from evo.kernels._cache import inner
from evo.kernels.field import fill_field, fill_mix_field

NODES = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
TABLEAU = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0],
        [3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0],
        [44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0],
        [35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
)
ORDER = 5
GROWS, SHRINKS, SAFETY = 5.0, 0.2, 0.9
TINY = 1e-14  # shares below this carry no relative precision


@inner
def attempt(process, t, h, moving, logarithmic, state, stages, mix, work, trial):
    """Try a step of h from `state`; stages[0] holds the derivative there. Fills trial, stages[1:7] (the last is the
    derivative at t+h) and leaves the mix at t+h in `mix`. `moving`: something beside the mix depends on time or state."""
    size = len(state)
    for stage in range(1, 7):
        for i in range(size):
            slope = 0.0
            for earlier in range(stage):
                slope += TABLEAU[stage, earlier] * stages[earlier, i]
            trial[i] = state[i] + h * slope
        if moving:
            fill_field(process, t + NODES[stage] * h, logarithmic, trial, mix, work, stages[stage])
        else:
            fill_mix_field(
                process.rule, process.meeting, process.game.prefix, process.to, logarithmic, trial,
                mix, work.table, work.factors, work.status, work.strategy, work.rates, stages[stage],
            )  # fmt: skip


@inner
def scaled_error(strategies, h, logarithmic, tolerance, state, trial, stages):
    """Largest error of a component over what it may be (1 is just accepted); infinite where a share turned negative.

    Shares carry a relative error, a logarithm an absolute one; environment variables are relative to 1e-6 or more.
    """
    worst = 0.0
    for i in range(len(state)):
        if i < strategies and (trial[i] < 0.0 and not logarithmic):
            return math.inf
        if trial[i] == -math.inf:
            continue
        error = h * (
            71.0 / 57600.0 * stages[0, i]
            - 71.0 / 16695.0 * stages[2, i]
            + 71.0 / 1920.0 * stages[3, i]
            - 17253.0 / 339200.0 * stages[4, i]
            + 22.0 / 525.0 * stages[5, i]
            - 1.0 / 40.0 * stages[6, i]
        )
        size = max(abs(state[i]), abs(trial[i]))
        if i >= strategies:
            allowed = tolerance * (size + 1e-6)
        elif logarithmic:
            allowed = tolerance
        else:
            allowed = tolerance * size + TINY * tolerance
        ratio = abs(error) / allowed
        if not ratio <= worst:  # also where it is nan
            worst = ratio
    return worst if worst == worst else math.inf


@inner
def next_size(h, error):
    """The step that should make the error 1."""
    if error == 0.0:
        return h * GROWS
    if error == math.inf:
        return h * SHRINKS
    return h * min(GROWS, max(SHRINKS, SAFETY * error ** (-1.0 / ORDER)))


@inner
def dense_output(h, state, trial, stages, dense):
    """Coefficients of the fourth-order interpolant over the step, for `between`."""
    for i in range(len(state)):
        change = trial[i] - state[i]
        bend = h * stages[0, i] - change
        dense[0, i] = change
        dense[1, i] = bend
        dense[2, i] = change - h * stages[6, i] - bend
        dense[3, i] = h * (
            -12715105075.0 / 11282082432.0 * stages[0, i]
            + 87487479700.0 / 32700410799.0 * stages[2, i]
            - 10690763975.0 / 1880347072.0 * stages[3, i]
            + 701980252875.0 / 199316789632.0 * stages[4, i]
            - 1453857185.0 / 822651844.0 * stages[5, i]
            + 69997945.0 / 29380423.0 * stages[6, i]
        )


@inner
def between(theta, state, dense, out):
    """The state a fraction theta into the step."""
    rest = 1.0 - theta
    for i in range(len(state)):
        if state[i] == -math.inf:
            out[i] = state[i]
        else:
            out[i] = state[i] + theta * (
                dense[0, i] + rest * (dense[1, i] + theta * (dense[2, i] + rest * dense[3, i]))
            )

"""One step of the Dormand-Prince pair of order 8(5,3), with its error and its dense output [Hairer, Norsett & Wanner
1993].

Of order 8 rather than 5: at the errors asked of a flow (1e-6 and less) it needs a fifth of the steps and 0.55 to 0.7 of
the evaluations of the 5(4) pair, on which benchmarks/flows.py was measured first.
"""

import math

from evo.kernels._cache import apart, inline, inner
from evo.kernels.field import fill_field, fill_mix_field
from evo.kernels.tableau import DENSE, ERRORS, EXTRA, NODES, STAGES, WEIGHTS

ORDER = 8
GROWS, SHRINKS, SAFETY = 6.0, 0.2, 0.9
SQUARED = 1e150  # the square of a number beyond it is none
TINY = 1e-14  # shares below this carry no relative precision


@apart
def fill_stages(first, last, process, t, h, moving, logarithmic, state, stages, mix, work, trial):
    """Derivatives at stages first to last-1 of a step of h from `state`, stages[0] holding that at its start.

    After stage 12 `trial` holds the state at t+h, `mix` its shares. Stages 13 to 15 serve the interpolant. `moving`:
    something beside the mix depends on time or state.
    """
    for stage in range(first, last):
        for i in range(len(state)):
            slope = 0.0
            for earlier in range(stage):
                slope += WEIGHTS[stage, earlier] * stages[earlier, i]
            trial[i] = state[i] + h * slope
        if moving:
            fill_field(process, t + NODES[stage] * h, logarithmic, trial, mix, work, stages[stage])
        else:
            fill_mix_field(
                process.rule, process.meeting, process.game.prefix, process.to, process.roles, process.wholes, logarithmic,
                trial, mix, work.table, work.factors, work.status, work.strategy, work.chances,
                work.rates, stages[stage],
            )  # fmt: skip


@inline
def scaled_error(strategies, h, logarithmic, clamped, least, tolerance, state, trial, stages):
    """Largest error of a component over what it may be (1 is just accepted); infinite where a share fell below
    `least`.

    Shares carry a relative error, a logarithm an absolute one, and so does a share that is `clamped` at 0; environment
    variables are relative to 1e-6 or more.
    """
    fifth, third = 0.0, 0.0
    for i in range(len(state)):
        if i < strategies and trial[i] < least:
            return math.inf
        if logarithmic and trial[i] == -math.inf:
            continue
        size = max(abs(state[i]), abs(trial[i]))
        if i >= strategies:
            allowed = tolerance * (size + 1e-6)
        elif logarithmic or clamped:
            allowed = tolerance
        else:
            allowed = tolerance * size + TINY * tolerance
        high, low = 0.0, 0.0
        for stage in range(STAGES + 1):
            high += ERRORS[0, stage] * stages[stage, i]
            low += ERRORS[1, stage] * stages[stage, i]
        if not (math.isfinite(high) and math.isfinite(low)):
            return math.inf
        fifth = max(fifth, abs(high) / allowed)
        third = max(third, abs(low) / allowed)
    if fifth < 1.0 / SQUARED:  # the error of a share of 1e-180, whose square would be 0 and the quotient no number
        return 0.0
    if max(fifth, third) > SQUARED:
        return math.inf
    return h * fifth * fifth / math.sqrt(fifth * fifth + 0.01 * third * third)


@inline
def next_size(h, error):
    """The step that should make the error 1."""
    if error == 0.0:
        return h * GROWS
    if error == math.inf:
        return h * SHRINKS
    return h * min(GROWS, max(SHRINKS, SAFETY * error ** (-1.0 / ORDER)))


@inner
def dense_output(h, state, trial, stages, dense):
    """Coefficients of the interpolant of order 7 over the step, for `between`, once stages 13 to 15 are filled."""
    for i in range(len(state)):
        change = trial[i] - state[i]
        dense[0, i] = change
        dense[1, i] = h * stages[0, i] - change
        dense[2, i] = 2.0 * change - h * (stages[STAGES, i] + stages[0, i])
        for row in range(4):
            total = 0.0
            for stage in range(STAGES + 1 + EXTRA):
                total += DENSE[row, stage] * stages[stage, i]
            dense[3 + row, i] = h * total


@inner
def between(theta, state, dense, out):
    """The state a fraction theta into the step."""
    for i in range(len(state)):
        if state[i] == -math.inf:
            out[i] = state[i]
        else:
            value = 0.0
            for row in range(6, -1, -1):
                value = (value + dense[row, i]) * (theta if row % 2 == 0 else 1.0 - theta)
            out[i] = state[i] + value

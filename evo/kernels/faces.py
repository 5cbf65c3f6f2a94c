"""The projection dynamics from face to face: its field jumps where a share reaches 0 and where one that was held there gains.

Between two such events a fixed set of strategies is in use, the others are held at 0, and the field is smooth. A step is
taken as if the set stayed the same; where it does not, the moment is found on the dense output and the step taken anew as
far as that. There the set is chosen again: the solution slides along the face, or leaves it.
"""

from evo.codes import PROJECTION
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import PAYOFF, PULL
from evo.kernels.field import fill_field, settle
from evo.kernels.flows import choose_used, mean_used, projection_flow, shortfall
from evo.kernels.integrator import between

TOUCH = 1e-12  # share, or gain per generation, by which a step may pass an event
PLACES = 4  # of a step at which its events are looked for
MARGINS, FORMER = 6, 10  # rows of `shares`: the first of four of margins; who was in use before
NONE = 2.0  # where in a step an event lies that does not


@inner
def take_up(process, t, logarithmic, state, mix, work, derivative):
    """`fill_field` at the start of a step, where who is in use is chosen anew; returns whether somebody else is."""
    fill_field(process, t, logarithmic, state, mix, work, derivative)
    if process.rule.code != PROJECTION:
        return False
    news, former = False, work.shares[FORMER]
    for i in range(len(mix)):
        former[i] = work.strategy[PULL, i]
    for role in range(len(process.roles) - 1):
        first, stop = process.roles[role], process.roles[role + 1]
        choose_used(process.rule, first, stop, TOUCH, mix, work.strategy)
        projection_flow(process.rule, first, stop, work.strategy, derivative)
    for i in range(len(mix)):
        news = news or former[i] != work.strategy[PULL, i]
    return news


@apart
def first_event(process, t, step, state, dense, middle, shares, margins, work):
    """The part of the step after which a share passes 0 or a strategy held there gains; NONE if none does.

    Looked for at equally distant places, and where a parabola through three of them says that a margin is least.
    """
    fill_margins(process, t, step, 0.0, state, dense, middle, shares, work, margins[0])
    for place in range(1, PLACES + 1):
        theta = place / PLACES
        here = margins[place % 3]
        fill_margins(process, t, step, theta, state, dense, middle, shares, work, here)
        if lowest(here) < -TOUCH:
            return close_in(process, t, step, theta - 1.0 / PLACES, theta, state, dense, middle, shares, work, here)
        if place > 1:
            start = theta - 2.0 / PLACES
            for i in range(len(here)):
                left, centre = margins[(place - 2) % 3, i], margins[(place - 1) % 3, i]
                bend, lean = left - 2.0 * centre + here[i], here[i] - left
                if abs(lean) < 2.0 * bend and centre - lean * lean / (8.0 * bend) < -TOUCH:
                    bottom = start + (1.0 - lean / (2.0 * bend)) / PLACES
                    fill_margins(process, t, step, bottom, state, dense, middle, shares, work, margins[3])
                    if lowest(margins[3]) < -TOUCH:
                        return close_in(process, t, step, start, bottom, state, dense, middle, shares, work, margins[3])
    return NONE


@apart
def close_in(process, t, step, low, high, state, dense, middle, shares, work, margins):
    """Where between two parts of the step the least margin passes 0: between -TOUCH and 0, or as near as numbers go."""
    for _ in range(60):
        theta = 0.5 * (low + high)
        fill_margins(process, t, step, theta, state, dense, middle, shares, work, margins)
        least = lowest(margins)
        if least >= 0.0:
            low = theta
        elif least < -TOUCH:
            high = theta
        else:
            return theta
    return high


@apart
def fill_margins(process, t, step, theta, state, dense, middle, shares, work, margins):
    """How far each strategy is from its event: the share of one in use, what one held at 0 lacks to gain."""
    between(theta, state, dense, middle)
    held = False
    for i in range(len(margins)):
        margins[i] = middle[i]
        held = held or work.strategy[PULL, i] == 0.0
    if not held:
        return
    settle(process, t + theta * step, False, middle, shares, work)
    for role in range(len(process.roles) - 1):
        first, stop = process.roles[role], process.roles[role + 1]
        mean = mean_used(first, stop, work.strategy)
        for i in range(first, stop):
            if work.strategy[PULL, i] == 0.0:
                margins[i] = shortfall(process.rule, mean, work.strategy[PAYOFF, i]) + TOUCH


@inner
def lowest(margins):
    least = margins[0]
    for margin in margins:
        least = min(least, margin)
    return least

"""The mean field of every rule: the right-hand side for mix and feedback environment together.

The state holds d places for the mix, then one per feedback variable. Where a rule only imitates (no mutation), the mix
is carried as logarithms, u_i' = growth_i(x) = x_i'/x_i: shares stay positive, and times spent near a corner of the
simplex (heteroclinic cycles) come out right however small a share gets. Elsewhere it is carried as shares.
"""

import math

import numpy as np

from evo.codes import (
    ALL,
    BEST_RESPONSE,
    BNN,
    EXPONENTIAL,
    IMITATE_BEST,
    IMITATION,
    IMPROPER_CHANCE,
    LOCAL_UPDATE,
    MORAN,
    PAIRWISE_COMPARISON,
    PROJECTION,
    PROPORTIONAL_IMITATION,
    REPLICATOR,
    REPLICATOR_MUTATOR,
    SMITH,
)
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import FITNESS, PAYOFF, REASON, RESTING, WHO
from evo.kernels.births import fill_fitness
from evo.kernels.environment import evaluate, fill_feedback
from evo.kernels.feedback import tell_mix
from evo.kernels.flows import excess_flow, mutator_flow, projection_flow
from evo.kernels.payoffs import fill_payoffs, fill_table, group_payoffs, mean_payoff, mean_success, pair_payoffs, shield
from evo.kernels.rates import fill_rates, prepare_rates
from evo.kernels.samples import fill_chances


@inner
def imitates_only(rule, meeting):
    """Whether the flow is x_i * growth_i in closed form: no mutation, role models met uniformly, expected payoffs."""
    unbiased = rule.conformity == 1.0 and rule.prestige == 0.0
    flow = rule.code == REPLICATOR or rule.code == REPLICATOR_MUTATOR or rule.code == MORAN
    compares = rule.code == PAIRWISE_COMPARISON or rule.code == LOCAL_UPDATE or rule.code == PROPORTIONAL_IMITATION
    return (
        rule.mutation == 0.0 and not meeting.sampled and (flow or (unbiased and (compares or rule.code == IMITATION)))
    )


@inner
def jumps(rule):
    """Whether the field jumps where the lead of one strategy passes to another: a differential inclusion."""
    return rule.code == BEST_RESPONSE or rule.code == IMITATE_BEST


@inline
def read_mix(roles, state, logarithmic, mix):
    """The mix, normalised role by role, from the state."""
    if not logarithmic:
        for i in range(len(mix)):
            mix[i] = max(state[i], 0.0)
        return
    for role in range(len(roles) - 1):
        top = -math.inf
        for i in range(roles[role], roles[role + 1]):
            top = max(top, state[i])
        total = 0.0
        for i in range(roles[role], roles[role + 1]):
            mix[i] = math.exp(state[i] - top)
            total += mix[i]
        for i in range(roles[role], roles[role + 1]):
            mix[i] /= total


@inner
def write_mix(mix, logarithmic, state):
    """The opposite of `read_mix`."""
    for i in range(len(mix)):
        state[i] = mix[i]
        if logarithmic:
            state[i] = math.log(mix[i]) if mix[i] > 0.0 else -math.inf


@inner
def still(process):
    """Whether the payoff table never changes, so that the field depends on the mix alone."""
    return not (process.eventful or process.game.moves or process.meeting.sampled or len(process.laws.moved) > 0)


@apart
def surround(process, t, mix, state, work):
    """Bring environment and table up to date with time and state."""
    if process.eventful:
        evaluate(process, t, np.int64(ALL), np.bool_(True), work)
        for place in range(len(process.laws.moved)):
            work.scalars[process.environment + process.laws.moved[place]] = state[len(mix) + place]
    if process.game.moves:
        if process.game.reads_mix:
            for i in range(len(mix)):
                work.scalars[process.mix + i] = mix[i]
        fill_table(process.game, work)


@apart
def settle(process, t, logarithmic, state, mix, work):
    """Mix, environment, table and payoffs of this state; returns the population's mean payoff."""
    read_mix(process.roles, state, logarithmic, mix)
    surround(process, t, mix, state, work)
    fill_payoffs(process.meeting, process.game.prefix, mix, work.table, work.factors, work.status, work.strategy)
    return mean_payoff(mix, work.strategy)


@inner
def fill_field(process, t, logarithmic, state, mix, work, derivative):
    """The derivative of the state at time t; `mix` receives the shares, row PAYOFF the payoffs."""
    read_mix(process.roles, state, logarithmic, mix)
    surround(process, t, mix, state, work)
    if process.meeting.sampled:
        fill_chances(process, mix, work)
    fill_mix_field(
        process.rule, process.meeting, process.game.prefix, process.to, process.roles, process.wholes, logarithmic, state,
        mix, work.table, work.factors, work.status, work.strategy, work.chances, work.rates,
        derivative,
    )  # fmt: skip
    if len(process.laws.moved) > 0:
        tell_mix(process, mix, mean_payoff(mix, work.strategy), work)
        fill_feedback(process, work, derivative[len(mix) :])


@apart
def fill_mix_field(
    rule, meeting, prefix, to, roles, wholes, logarithmic, state, mix, table, factors, status, strategy, chances, rates,
    derivative,
):  # fmt: skip
    """The derivative of the mix (or of its logarithm) in the environment as it stands."""
    read_mix(roles, state, logarithmic, mix)
    if meeting.size == 2:
        pair_payoffs(meeting, mix, table, status, strategy)
    else:
        group_payoffs(meeting, prefix, mix, table, factors, status, strategy)
    shield(mix, strategy)
    if not (logarithmic or flows(rule)):
        prepare_rates(rule, meeting, prefix, roles, mix, table, factors, status, strategy, rates)
        fill_rates(rule, to, roles, wholes, meeting.whole > 0, mix, status, strategy, chances, rates)
        for i in range(len(mix)):
            derivative[i] = 0.0
            if status[RESTING] == 0:
                for j in range(len(mix)):
                    if i != j:
                        derivative[i] += rates[j, i] - rates[i, j]
        return
    for role in range(len(roles) - 1):
        first, stop = roles[role], roles[role + 1]
        mean = mean_success(first, stop, mix, strategy)
        if logarithmic:
            growth(rule, first, stop, mean, mix, status, strategy, derivative)
            for i in range(first, stop):
                if state[i] == -math.inf:
                    derivative[i] = 0.0
        elif rule.code == PROJECTION:
            projection_flow(rule, first, stop, strategy, derivative)
        elif rule.code == BNN or rule.code == SMITH:
            excess_flow(rule, to, first, stop, mean, mix, strategy, derivative)
        else:
            mutator_flow(rule, to, first, stop, mean, mix, strategy, derivative)


@inner
def flows(rule):
    """Whether the rule is a flow by its own equation, not the mean field of rates."""
    known = rule.code == REPLICATOR or rule.code == REPLICATOR_MUTATOR
    return known or rule.code == BNN or rule.code == SMITH or rule.code == PROJECTION


@inline
def growth(rule, first, stop, mean, mix, status, strategy, derivative):
    """Per-capita growth x_i'/x_i without mutation."""
    beta = rule.intensity
    if rule.code == PAIRWISE_COMPARISON:
        for i in range(first, stop):
            derivative[i] = 0.0
            for j in range(first, stop):
                if j != i and mix[j] > 0.0:
                    derivative[i] += mix[j] * math.tanh(0.5 * beta * (strategy[PAYOFF, i] - strategy[PAYOFF, j]))
    elif rule.code == MORAN or rule.code == IMITATION:
        whole = fill_fitness(rule, first, stop, mix, status, strategy)
        for i in range(first, stop):
            derivative[i] = strategy[FITNESS, i] / whole - 1.0
            if mix[i] == 0.0 and rule.fitness == EXPONENTIAL:  # a share too small for a double still grows
                derivative[i] = (
                    math.exp(beta * (strategy[PAYOFF, i] - mean))
                    / exponential_mean(rule, first, stop, mean, mix, strategy)
                    - 1.0
                )
            elif mix[i] == 0.0:
                derivative[i] = beta * (strategy[PAYOFF, i] - mean) / whole
    else:
        if rule.code == LOCAL_UPDATE or rule.code == PROPORTIONAL_IMITATION:
            beta = (beta if rule.code == LOCAL_UPDATE else 1.0) / rule.number
            check_spread(first, stop, beta, mix, status, strategy)
        for i in range(first, stop):
            derivative[i] = beta * (strategy[PAYOFF, i] - mean)


@inner
def check_spread(first, stop, slope, mix, status, strategy):
    """Refuse payoffs of which the probability to copy would leave [0, 1]."""
    best, least = first, first
    for i in range(first, stop):
        if mix[i] > 0.0 and (strategy[PAYOFF, i] > strategy[PAYOFF, best] or mix[best] == 0.0):
            best = i
        if mix[i] > 0.0 and (strategy[PAYOFF, i] < strategy[PAYOFF, least] or mix[least] == 0.0):
            least = i
    if slope * (strategy[PAYOFF, best] - strategy[PAYOFF, least]) > 1.0 + 1e-12 and status[REASON] == 0:
        status[REASON] = IMPROPER_CHANCE
        status[WHO] = least


@inner
def exponential_mean(rule, first, stop, mean, mix, strategy):
    """Mean of exp(beta*(payoff - mean payoff)) over a role."""
    total = 0.0
    for j in range(first, stop):
        if mix[j] > 0.0:
            total += mix[j] * math.exp(rule.intensity * (strategy[PAYOFF, j] - mean))
    return total

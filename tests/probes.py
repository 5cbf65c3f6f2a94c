"""What kernels make of one state: payoffs, rates of one event, births, and the right-hand side of flows."""

import numpy as np

from evo.codes import ALL
from evo.kernels._cache import kernel
from evo.kernels.arrays import PAYOFF, PULL
from evo.kernels.births import fill_births
from evo.kernels.encounter import meet, rate
from evo.kernels.environment import begin_environment, evaluate
from evo.kernels.faces import take_up
from evo.kernels.field import imitates_only, write_mix
from evo.kernels.payoffs import begin_table
from evo.model import Model
from evo.recording import scratch


@kernel
def probe(process, amounts, mix, rng, work, births):
    """Payoffs, rates and (where there is fitness) births at these amounts and time 0."""
    begin_environment(process.laws, 1.0, rng, work)
    evaluate(process, 0.0, np.int64(ALL), np.bool_(False), work)
    begin_table(process.game, process.meeting, work)
    meet(process, amounts, mix, work)
    rate(process, amounts, work)
    for role in range(len(process.wholes)):
        first, stop = process.roles[role], process.roles[role + 1]
        fill_births(process.rule, process.to, first, stop, amounts, work.status, work.strategy)
        for i in range(first, stop):
            births[i] = work.strategy[PULL, i]


@kernel
def probe_field(process, t, mix, rng, state, work, derivative):
    """x' at this mix and time t, which must come before the first event."""
    logarithmic = imitates_only(process.rule, process.meeting)
    write_mix(mix, logarithmic, state)
    begin_environment(process.laws, 0.0, rng, work)
    evaluate(process, 0.0, np.int64(ALL), np.bool_(True), work)
    begin_table(process.game, process.meeting, work)
    take_up(process, t, logarithmic, state, mix, work, derivative)
    if logarithmic:
        for i in range(len(mix)):
            derivative[i] *= mix[i]


def probed(config, amounts):
    """The scratch after `probe`, and the births."""
    process = Model.model_validate(config).lowered
    work, births, amounts = scratch(process), np.zeros(len(amounts)), np.array(amounts, float)
    probe(process, amounts, np.zeros(len(amounts)), np.ones(4, np.uint64), work, births)
    return work, births


def evo_payoffs(config, amounts):
    return probed(config, amounts)[0].strategy[PAYOFF]


def evo_field(config, mix, t=0.0):
    process = Model.model_validate(config).lowered
    mix = np.array(mix)
    state, derivative = np.zeros(len(mix)), np.zeros(len(mix))
    probe_field(process, t, mix, np.ones(4, np.uint64), state, scratch(process), derivative)
    return derivative

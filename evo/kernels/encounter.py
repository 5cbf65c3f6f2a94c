"""Bringing mix, payoff table, payoffs and rates up to date with the amounts."""

from evo.kernels._cache import inline, inner
from evo.kernels.payoffs import fill_payoffs, fill_table, mean_payoff
from evo.kernels.rates import fill_rates, prepare_rates
from evo.kernels.samples import fill_chances


@inner
def meet(process, amounts, mix, work):
    """Bring mix, table and payoffs up to date with the amounts; returns the population's mean payoff."""
    share_out(process.roles, process.wholes, amounts, mix)
    if process.game.reads_mix:
        for i in range(len(amounts)):
            work.scalars[process.mix + i] = mix[i]
        fill_table(process.game, work)
    fill_payoffs(process.meeting, process.game.prefix, amounts, work.table, work.factors, work.status, work.strategy)
    return mean_payoff(amounts, work.strategy)


@inline
def share_out(roles, wholes, amounts, mix):
    """Bring the mix alone up to date."""
    for role in range(len(wholes)):
        for i in range(roles[role], roles[role + 1]):
            mix[i] = amounts[i] / wholes[role]


@inner
def rate(process, amounts, work):
    """Rates from payoffs that are up to date; returns the probability that an event changes anything."""
    if process.meeting.sampled:
        fill_chances(process, amounts, work)
    return rated(
        process.rule, process.meeting, process.game.prefix, process.to, process.roles, process.wholes, amounts,
        work.table, work.factors, work.status, work.strategy, work.chances, work.rates,
    )  # fmt: skip


@inline
def rated(rule, meeting, prefix, to, roles, wholes, amounts, table, factors, status, strategy, chances, rates):
    """`rate`, from the few arrays that it touches."""
    prepare_rates(rule, meeting, prefix, roles, amounts, table, factors, status, strategy, rates)
    return fill_rates(rule, to, roles, wholes, meeting.whole > 0, amounts, status, strategy, chances, rates)

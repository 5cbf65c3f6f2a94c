"""What all nodes earn at present: the mean payoff of each strategy and of the population."""

from evo.kernels._cache import apart
from evo.kernels.arrays import BIAS, PAYOFF
from evo.kernels.nodes.earn import effective_payoff


@apart
def survey(net, nodes, amounts, table, strategy, status):
    """Fill row PAYOFF with the mean effective payoff of those who play each strategy, 0 for the absent; returns the mean
    payoff of all, trait bias not counted."""
    total = 0.0
    for s in range(len(amounts)):
        strategy[PAYOFF, s] = 0.0
    for i in range(len(nodes.strategies)):
        s = nodes.strategies[i]
        strategy[PAYOFF, s] += effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, i, s)
    for s in range(len(amounts)):
        if amounts[s] > 0.0:
            total += strategy[PAYOFF, s] - amounts[s] * strategy[BIAS, s]
            strategy[PAYOFF, s] /= amounts[s]
        else:
            strategy[PAYOFF, s] = strategy[BIAS, s]
    return total / len(nodes.strategies)


@apart
def keep_nodes(replicate, place, net, nodes, table, strategy, status, recording):
    """The strategy of every node into the record at `place`; at the end what each earns, too."""
    kept = recording.nodes.shape[1]
    if kept == 0:
        return
    if place < kept:
        for i in range(len(nodes.strategies)):
            recording.nodes[replicate, place, i] = nodes.strategies[i]
    if place == kept - 1 and recording.earned.shape[1] > 0:
        for i in range(len(nodes.strategies)):
            s = nodes.strategies[i]
            payoff = effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, i, s)
            recording.earned[replicate, i] = payoff - strategy[BIAS, s]

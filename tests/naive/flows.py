"""Mean fields and flows: x' in an infinite population, time in generations; of maps the next mix."""

from __future__ import annotations

from itertools import combinations

from naive.config import mates, said, strategies, value_of, world_of
from naive.events import REVISIONS, births, next_strategy
from naive.payoffs import mean_of_role, mean_payoff, payoffs, without_bias
from naive.success import intensity, mutants, mutated, mutation_rate


def drift(config, mix):
    """mu (xQ - x)."""
    q, places = mutants(config), strategies(config)
    return [mutation_rate(config) * (sum(mix[i] * q[i][j] for i in places) - mix[j]) for j in places]


def added(some, others):
    return [a + b for a, b in zip(some, others, strict=True)]


def over_mean(config, mix, earned):
    """beta*(pi_i - mean pi), the mean within the role."""
    return [intensity(config) * (earned[i] - mean_of_role(config, i, mix, earned)) for i in strategies(config)]


def replicator(config, mix, earned):
    """x_i (beta*pi_i - beta*mean pi)."""
    return [x * excess for x, excess in zip(mix, over_mean(config, mix, earned), strict=True)]


def replicator_mutator(config, mix, earned):
    """Additive: replicator + mu (xQ - x). Offspring: sum_i x_i beta*pi_i M_ij - x_j beta*mean pi."""
    if said(config, "dynamics.form", "additive") == "additive":
        return added(replicator(config, mix, earned), drift(config, mix))
    beta = intensity(config)
    born = mutated(config, [x * beta * pay for x, pay in zip(mix, earned, strict=True)])
    return [born[i] - mix[i] * beta * mean_of_role(config, i, mix, earned) for i in strategies(config)]


def bnn(config, mix, earned):
    """k_i - x_i sum_j k_j with k_i = max(0, beta*(pi_i - mean pi)), and drift."""
    k = [max(0.0, excess) for excess in over_mean(config, mix, earned)]
    moved = [k[i] - mix[i] * sum(k[j] for j in mates(config, i)) for i in strategies(config)]
    return added(moved, drift(config, mix))


def smith(config, mix, earned):
    """sum_j x_j [beta*(pi_i - pi_j)]+ - x_i sum_j [beta*(pi_j - pi_i)]+, and drift."""

    def flow(i, j):
        return mix[i] * max(0.0, intensity(config) * (earned[j] - earned[i]))

    moved = [sum(flow(j, i) - flow(i, j) for j in mates(config, i)) for i in strategies(config)]
    return added(moved, drift(config, mix))


def projection(config, mix, earned):
    """The vector closest to beta*pi of those that sum to 0 and do not leave the simplex: in every role, of the vectors
    that are beta*(pi - mean) on a set of strategies with everybody who is present, and elsewhere 0."""
    push, result = [intensity(config) * pay for pay in earned], [0.0 for _ in mix]
    for first in strategies(config):
        members = mates(config, first)
        if members[0] == first:
            present = [i for i in members if mix[i] > 0]
            absent = [i for i in members if mix[i] <= 0]
            sets = [present + list(more) for n in range(len(absent) + 1) for more in combinations(absent, n)]
            steps = [{i: push[i] - sum(push[j] for j in used) / len(used) for i in used} for used in sets]
            within = [step for step in steps if all(step.get(i, 0.0) >= 0 for i in absent)]
            nearest = min(within, key=lambda step: sum((push[i] - step.get(i, 0.0)) ** 2 for i in members))
            for i, moved in nearest.items():
                result[i] = moved
    return result


def discrete_replicator(config, mix, earned):
    """x_i (w0 + beta*pi_i) / (w0 + beta*mean pi)."""
    base, beta = said(config, "dynamics.background", 1.0), intensity(config)
    return [
        mix[i] * (base + beta * earned[i]) / (base + beta * mean_of_role(config, i, mix, earned))
        for i in strategies(config)
    ]


def moran(config, mix, earned):
    """s M - x with s_i = x_i F_i / mean F."""
    return [born - x for born, x in zip(births(config, mix, earned), mix, strict=True)]


def revised(config, mix, earned, world):
    """Everybody after one update each: the mix to which a revision protocol pulls."""
    after = {i: next_strategy(config, i, mix, earned, world) for i in strategies(config) if mix[i] > 0}
    return [sum(mix[i] * after[i][j] for i in after) for j in strategies(config)]


FLOWS = {
    "replicator": replicator,
    "replicator_mutator": replicator_mutator,
    "bnn": bnn,
    "smith": smith,
    "projection": projection,
    "moran": moran,
    "wright_fisher": births,
    "discrete_replicator": discrete_replicator,
}


def is_map(config):
    """Whether one step is a generation."""
    generational = config["dynamics"]["kind"] in ("wright_fisher", "discrete_replicator")
    return generational or said(config, "dynamics.update", "sequential") == "synchronous"


def field(config, t, environment, mix):
    """x' at time t in this environment; of a map, the next mix."""
    world = world_of(config, t, environment, mix)
    earned = payoffs(config, mix, world)
    if config["dynamics"]["kind"] not in REVISIONS:
        return FLOWS[config["dynamics"]["kind"]](config, mix, earned)
    pull = revised(config, mix, earned, world)
    return pull if is_map(config) else [p - x for p, x in zip(pull, mix, strict=True)]


def feedback_rate(config, name, t, environment, amounts, effective):
    """de/dt of a feedback variable: a formula that may use payoffs too."""
    world, earned = world_of(config, t, environment, amounts), without_bias(config, effective)
    world |= {f"payoff_{who}": pay for who, pay in zip(config["strategies"], earned, strict=True)}
    return value_of(config["environment"][name]["rate"], world | {"mean_payoff": mean_payoff(amounts, earned)})

"""One update of one individual, and one update event of a finite population, as probabilities."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

from naive.config import is_finite, mates, said, size, strategies, within_role
from naive.payoffs import expected_payoff, largest_difference, payoffs
from naive.success import attention, fermi, fitness, intensity, mutants, mutated, mutation_rate, role_models

# ---- what a focal of some strategy becomes. `looked_at`: those who can be its models; `earned`: effective payoffs


def certain(config, i):
    return [float(j == i) for j in strategies(config)]


def copying(config, focal, models, chance):
    """The focal's next strategy when it meets models with these probabilities and copies a j with chance(j)."""
    result = certain(config, focal)
    for j, met in enumerate(models):
        if met > 0:
            result[j] += met * chance(j)
            result[focal] -= met * chance(j)
    return result


def pairwise_comparison(config, focal, looked_at, earned, world):
    models = role_models(config, looked_at, earned)
    return copying(config, focal, models, lambda j: fermi(config, earned[j], earned[focal]))


def local_update(config, focal, looked_at, earned, world):
    """1/2 + (beta/2) (pi_model - pi_focal)/D."""
    models, scale = role_models(config, looked_at, earned), intensity(config) / largest_difference(config, world)
    return copying(config, focal, models, lambda j: 0.5 + scale / 2 * (earned[j] - earned[focal]))


def proportional_imitation(config, focal, looked_at, earned, world):
    """max(0, pi_model - pi_focal)/D."""
    models, largest = role_models(config, looked_at, earned), largest_difference(config, world)
    return copying(config, focal, models, lambda j: max(0.0, earned[j] - earned[focal]) / largest)


def imitation(config, focal, looked_at, earned, world):
    """In proportion to fitness, times the weights of conformity and prestige."""
    weights = [
        a * fitness(config, pay) if a > 0 else 0.0
        for a, pay in zip(attention(config, looked_at, earned), earned, strict=True)
    ]
    return [w / sum(weights) for w in weights]


def best(values):
    """The places of the largest of these, with what differs from it by rounding alone; None is no value."""
    most = max(value for value in values if value is not None)
    return [
        i
        for i, value in enumerate(values)
        if value is not None and math.isclose(value, most, rel_tol=1e-11, abs_tol=1e-11)
    ]


def kept_or_uniform(config, focal, ties):
    """The focal's own strategy if it is among the ties, else any of them."""
    if focal in ties:
        return certain(config, focal)
    return [(i in ties) / len(ties) for i in strategies(config)]


def imitate_best(config, focal, looked_at, earned, world):
    present = [pay if seen > 0 else None for seen, pay in zip(looked_at, earned, strict=True)]
    return kept_or_uniform(config, focal, best(present))


def imagined(config, focal, amounts, world):
    """What a focal of this strategy would earn as each of its role, against the others as they are; None elsewhere."""
    earned = []
    for j in strategies(config):
        as_j = list(amounts)
        if is_finite(config):
            as_j[focal] -= 1
            as_j[j] += 1
        earned.append(expected_payoff(config, j, as_j, world) if j in mates(config, focal) else None)
    return earned


def best_response(config, focal, amounts, earned, world):
    return kept_or_uniform(config, focal, best(imagined(config, focal, amounts, world)))


def logit(config, focal, amounts, earned, world):
    """exp(beta*pi_j) over the sum of all."""
    would = imagined(config, focal, amounts, world)
    weights = [0.0 if pay is None else math.exp(intensity(config) * pay) for pay in would]
    return [w / sum(weights) for w in weights]


def elsewhere(config, focal):
    """The probability that each is the other strategy, drawn uniformly from those of the focal's role."""
    others = [j for j in mates(config, focal) if j != focal]
    return [1 / len(others) if j in others else 0.0 for j in strategies(config)]


def aspiration(config, focal, amounts, earned, world):
    level = config["dynamics"]["level"]
    return copying(config, focal, elsewhere(config, focal), lambda j: fermi(config, level, earned[focal]))


def introspection(config, focal, amounts, earned, world):
    would = imagined(config, focal, amounts, world)
    return copying(config, focal, elsewhere(config, focal), lambda j: fermi(config, would[j], earned[focal]))


COMPARING = {
    "pairwise_comparison": pairwise_comparison,
    "local_update": local_update,
    "proportional_imitation": proportional_imitation,
}
REVISIONS = COMPARING | {
    "imitation": imitation,
    "imitate_best": imitate_best,
    "best_response": best_response,
    "logit": logit,
    "aspiration": aspiration,
    "introspection": introspection,
}


def models_of(config, focal, amounts):
    """Who can be the focal's model: its own role without itself, or with it where the rule says so."""
    kind, seen = config["dynamics"]["kind"], within_role(config, focal, amounts)
    alone = kind in COMPARING and said(config, "dynamics.role_models", "others") == "others"
    alone |= kind == "imitation" and said(config, "dynamics.own", "competes") == "excluded"
    if alone and is_finite(config):
        seen[focal] -= 1
    return seen


def next_strategy(config, focal, amounts, earned, world):
    """What an individual of strategy `focal` is after it was drawn to revise; it explores instead (default), or after."""
    kind = config["dynamics"]["kind"]
    imitates = kind in COMPARING or kind in ("imitation", "imitate_best")
    seen = models_of(config, focal, amounts) if imitates else amounts
    revised = REVISIONS[kind](config, focal, seen, earned, world) if sum(seen) > 0 else certain(config, focal)
    if said(config, "mutation.when", "instead") == "after":
        return mutated(config, revised)
    mu = mutation_rate(config)
    return [(1 - mu) * copied + mu * new for copied, new in zip(revised, mutants(config)[focal], strict=True)]


# ---- one update event of a finite population: {(i, j): probability that an i becomes a j}


def parents(config, role_of, amounts, earned):
    """Probability that a parent drawn in proportion to fitness, in the role of this strategy, is of each strategy."""
    amounts = within_role(config, role_of, amounts)
    fit = [amount * fitness(config, pay) if amount > 0 else 0.0 for amount, pay in zip(amounts, earned, strict=True)]
    return [f / sum(fit) for f in fit]


def births(config, amounts, earned):
    """What each newborn is, in every role: s M with s_i = n_i F_i / sum n_j F_j."""
    firsts = [i for i in strategies(config) if mates(config, i)[0] == i]
    chances = [parents(config, first, amounts, earned) for first in firsts]
    return mutated(config, [sum(of_role) for of_role in zip(*chances, strict=True)])


def wright_fisher(config, amounts, earned):
    """What each of the next generation is."""
    return births(config, amounts, earned)


def moran(config, counts, earned):
    """A parent in proportion to fitness; its offspring, mutated perhaps, replaces one of all Z, or of the other Z-1."""
    spare, chances = said(config, "dynamics.death", "all") == "others", Counter()
    for parent in strategies(config):
        of_role = mates(config, parent)
        whole = sum(counts[i] for i in of_role)
        chance = whole / sum(counts) * parents(config, parent, counts, earned)[parent]
        born = mutated(config, certain(config, parent))
        for dead, child in product(of_role, repeat=2):
            if chance > 0 and dead != child:
                dies = (counts[dead] - (spare and dead == parent)) / (whole - spare)
                chances[dead, child] += chance * born[child] * dies
    return dict(chances)


def transitions(config, counts, world):
    """Probabilities of one update event of the config's rule; the focal is uniform over everybody of all roles."""
    earned = payoffs(config, counts, world)
    if config["dynamics"]["kind"] == "moran":
        return moran(config, counts, earned)
    chances = {}
    for i in strategies(config):
        if counts[i] > 0:
            result = next_strategy(config, i, counts, earned, world)
            chances |= {(i, j): counts[i] / sum(counts) * result[j] for j in strategies(config) if j != i}
    return chances


def everybody(config):
    """How many individuals there are, over all roles."""
    return sum(size(config, i) for i in strategies(config) if mates(config, i)[0] == i)

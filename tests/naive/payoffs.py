"""Payoffs by enumeration of all companies, and what is made of them."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations_with_replacement, product

from naive.config import is_finite, role, said, strategies, trait, value_of, within_role


def payoff(config, own, company, world):
    """P[own, c]: to one who plays `own` with this company."""
    game, names = config["game"], list(config["strategies"])
    group = Counter([own, *company])
    known = {**world, **({f"k_{names[i]}": group[i] for i in strategies(config)} if game["kind"] == "group" else {})}
    for name, line in game.get("let", {}).items():
        known[name] = value_of(line, known)
    if game["kind"] == "group":
        return value_of(game["payoffs"][names[own]], known)
    return value_of(game["payoffs"][own][company[0]] if game["kind"] == "matrix" else met(game, own, company[0]), known)


def met(game, own, other):
    """The cell of a bimatrix game: row[i][j] to i of the first role, column[i][j] to j of the second."""
    rows = len(game["row"])
    return game["row"][own][other - rows] if own < rows else game["column"][other][own - rows]


def infinite_focal(company, own, mix, a):
    """Each slot is of the focal's own strategy with probability a, else drawn from the mix."""
    return math.prod(a * (j == own) + (1 - a) * mix[j] for j in company)


def infinite_founder(company, own, mix, a):
    """A founder is drawn from the mix; every member, the focal too, copies it with probability sqrt(a), else draws from
    the mix. The chance of the company, given the focal (which must not be absent), by Bayes."""
    s = math.sqrt(a)

    def chance(members, founder):
        return mix[founder] * math.prod(s * (j == founder) + (1 - s) * mix[j] for j in members)

    founders = range(len(mix))
    return sum(chance([own, *company], f) for f in founders) / sum(chance([own], f) for f in founders)


def drawn(company, pool):
    """The chance to draw these one after the other, without replacement, from a pool of so many of each strategy."""
    pool, chance = list(pool), 1.0
    for j in company:
        if pool[j] == 0:
            return 0.0
        chance *= pool[j] / sum(pool)
        pool[j] -= 1
    return chance


def drawn_or_copied(company, copied, pool, a):
    """Each slot is with probability a a copy of `copied`, which consumes nobody; the others are drawn from the pool."""
    total = 0.0
    for copies in product([True, False], repeat=len(company)):
        if all(j == copied for j, copy in zip(company, copies, strict=True) if copy):
            others = [j for j, copy in zip(company, copies, strict=True) if not copy]
            total += a ** sum(copies) * (1 - a) ** len(others) * drawn(others, pool)
    return total


def finite_founder(company, own, pool, a):
    """The founder is with probability sqrt(a) of the focal's strategy, else drawn; its copies as above."""
    s = math.sqrt(a)
    drawn_founder = sum(
        pool[f] / sum(pool) * drawn_or_copied(company, f, pool, s) for f in range(len(pool)) if pool[f] > 0
    )
    return s * drawn_or_copied(company, own, pool, s) + (1 - s) * drawn_founder


def others(config, counts, own):
    """Those whom a player of strategy `own` may meet: all but itself, or all where it may meet itself."""
    alone = not said(config, "population.self_interaction", False)
    return [count - (alone and i == own) for i, count in enumerate(counts)]


def company_chance(config, company, own, amounts):
    """The chance that a player of strategy `own` meets this company, in this order."""
    a = said(config, "population.assortment", 0.0)
    founder = said(config, "population.assortment_kind", "focal") == "founder"
    if not is_finite(config):
        return (infinite_founder if founder else infinite_focal)(company, own, amounts, a)
    return (finite_founder if founder else drawn_or_copied)(company, own, others(config, amounts, own), a)


def bias(config, own):
    """B * sum_j w_j T_ij."""
    weights = said(config, "selection.bias.weights", {})
    strength = said(config, "selection.bias.strength", 0.0)
    return strength * sum(weight * trait(config, own, name) for name, weight in weights.items())


def expected_payoff(config, own, amounts, world):
    """The effective payoff of a strategy: the mean over all companies, and the bias."""
    if role(config, own) is not None:
        return bias(config, own) + across(config, own, amounts, world)
    size = said(config, "game.size", 2)
    worth = {c: payoff(config, own, c, world) for c in combinations_with_replacement(strategies(config), size - 1)}
    return bias(config, own) + math.fsum(
        company_chance(config, company, own, amounts) * worth[tuple(sorted(company))]
        for company in product(strategies(config), repeat=size - 1)
    )


def across(config, own, amounts, world):
    """The mean over the whole other population, for a player of one of two roles."""
    met = [0 if role(config, j) == role(config, own) else amount for j, amount in enumerate(amounts)]
    return math.fsum(n * payoff(config, own, (j,), world) for j, n in enumerate(met) if n > 0) / sum(met)


def payoffs(config, amounts, world):
    """The effective payoff of every strategy; None for the absent of a finite population, who have none."""
    return [
        expected_payoff(config, i, amounts, world) if amounts[i] > 0 or not is_finite(config) else None
        for i in strategies(config)
    ]


def without_bias(config, effective):
    """Payoffs alone, as formulas and records have them; 0 for the absent of a finite population."""
    return [0.0 if pay is None else pay - bias(config, i) for i, pay in enumerate(effective)]


def mean_payoff(amounts, earned):
    """The mean over everybody; of two roles without number, each counts for half."""
    return sum(amount * pay for amount, pay in zip(amounts, earned, strict=True) if amount > 0) / sum(amounts)


def mean_of_role(config, i, amounts, earned):
    """The mean payoff in the role of strategy i."""
    return mean_payoff(within_role(config, i, amounts), earned)


def table(config, world):
    """Every payoff that somebody can have, bias not counted: {(own, company): payoff}."""
    size = said(config, "game.size", 2)
    return {
        (own, company): payoff(config, own, company, world)
        for own in strategies(config)
        for company in combinations_with_replacement(strategies(config), size - 1)
        if role(config, own) is None or role(config, own) != role(config, company[0])
    }


def largest_difference(config, world):
    """The largest less the smallest payoff of the table, or as given."""
    given = said(config, "dynamics.largest_difference", None)
    if given is not None:
        return given
    entries = table(config, world).values()
    return max(entries) - min(entries)

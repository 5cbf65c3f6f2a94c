"""From payoff to success: fitness, who is looked at, what a mutant becomes."""

from __future__ import annotations

import math

from naive.config import mates, said, strategies, trait


def intensity(config):
    return said(config, "selection.intensity", 1.0)


def fitness(config, pay):
    """F = exp(beta*pi), or 1 - beta + beta*pi."""
    beta, linear = intensity(config), said(config, "selection.fitness", "exponential") == "linear"
    return 1 - beta + beta * pay if linear else math.exp(beta * pay)


def fermi(config, model, focal):
    """Probability to copy a model with this payoff."""
    return 1 / (1 + math.exp(-intensity(config) * (model - focal)))


def mutation_rate(config):
    return said(config, "mutation.rate", 0.0)


def mutants(config):
    """Q[i][j]: what a mutant of strategy i is. `others`: uniform over the others of its role, or itself where it is alone;
    `any`: over all of its role; or a matrix."""
    to = said(config, "mutation.to", "others")
    if not isinstance(to, str):
        return to
    rows = []
    for i in strategies(config):
        whom = [j for j in mates(config, i) if j != i or to == "any"] or [i]
        rows.append([1 / len(whom) if j in whom else 0.0 for j in strategies(config)])
    return rows


def mutated(config, mix):
    """x M with M = (1-mu) I + mu Q."""
    mu, q = mutation_rate(config), mutants(config)
    return [(1 - mu) * mix[j] + mu * sum(mix[i] * q[i][j] for i in strategies(config)) for j in strategies(config)]


def role_models(config, frequencies, earned):
    """Probability to meet a model of each strategy."""
    weights = attention(config, frequencies, earned)
    return [w / sum(weights) for w in weights]


def attention(config, frequencies, earned):
    """x_j^conformity * exp(prestige * indicator_j), for the absent 0."""
    conformity, prestige = said(config, "selection.conformity", 1.0), said(config, "selection.prestige", 0.0)
    looked_at = said(config, "selection.indicator", "payoff")

    def weight(j):
        if frequencies[j] <= 0:
            return 0.0
        indicator = earned[j] if looked_at == "payoff" else trait(config, j, looked_at)
        return frequencies[j] ** conformity * math.exp(prestige * indicator)

    return [weight(j) for j in strategies(config)]

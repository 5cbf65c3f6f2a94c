"""The mean field of every rule, from its definition (definitions.md, Update rules and Deterministic), one role at a time.

Written for real mixes and for complex ones, whose imaginary part carries a derivative (complex steps: exact to rounding,
where a real difference would not be). A rule of imitation or innovation is given by its chances S[i, j], that a focal of
i is a j afterwards; a birth rule and logit by the strategy that is taken whoever takes it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Numbers(NamedTuple):
    """The numbers of a rule, for the strategies of one role."""

    intensity: float = 1.0
    linear: bool = False  # fitness 1 - beta + beta*pi instead of exp(beta*pi)
    conformity: float = 1.0
    prestige: float = 0.0
    indicator: np.ndarray | None = None  # the trait that prestige looks at; None: the payoff
    mutation: float = 0.0
    to: np.ndarray | None = None  # what a strategy mutates to, row-stochastic
    after: bool = False  # mutation after imitation, or at birth, not instead
    offspring: bool = False  # replicator_mutator: mutation of the offspring
    number: float = 0.0  # largest payoff difference, aspiration level or background fitness


EXCHANGES = ("pairwise_comparison", "local_update", "proportional_imitation", "aspiration", "introspection")
TAKEN = ("moran", "wright_fisher", "imitation", "logit", "best_response", "imitate_best")
FLOWS = ("replicator", "replicator_mutator", "discrete_replicator", "bnn", "smith", "projection")


def velocity(kind: str, numbers: Numbers, mix: np.ndarray, payoff: np.ndarray) -> np.ndarray:
    """Rate of change of the mix (of one role), per generation; of a map, its change in one generation. (..., d)."""
    if kind in EXCHANGES:
        moved = mix[..., :, None] * chances(kind, numbers, mix, payoff)
        net = moved.sum(axis=-2) - moved.sum(axis=-1)
    elif kind in TAKEN:
        net = taken(kind, numbers, mix, payoff) - mix
    else:
        net = flow(kind, numbers, mix, payoff)
    if numbers.mutation == 0:
        return net
    mu, to = numbers.mutation, np.asarray(numbers.to)
    if numbers.offspring:
        born = numbers.intensity * mix * payoff
        return net + mu * (born @ to - born)
    if kind in FLOWS:
        return net + mu * (mix @ to - mix)
    if numbers.after:
        return net + mu * ((mix + net) @ to - (mix + net))
    return (1 - mu) * net + mu * (mix @ to - mix)


def chances(kind: str, numbers: Numbers, mix: np.ndarray, payoff: np.ndarray) -> np.ndarray:
    """S[..., i, j], j other than i: the chance that a focal of i is a j after its event, mutation apart."""
    strategies = mix.shape[-1]
    gain = payoff[..., None, :] - payoff[..., :, None]  # of j over i
    if kind in ("aspiration", "introspection"):
        unhappy = (numbers.number - payoff)[..., :, None] if kind == "aspiration" else gain
        switch = fermi(numbers.intensity * unhappy) / max(strategies - 1, 1)
    else:
        if kind == "pairwise_comparison":
            copied = fermi(numbers.intensity * gain)
        elif kind == "local_update":
            copied = 0.5 + 0.5 * numbers.intensity * gain / numbers.number
        else:
            copied = positive(gain) / numbers.number
        switch = role_models(numbers, mix, payoff)[..., None, :] * copied
    return np.where(np.eye(strategies, dtype=bool), 0.0, switch)


def taken(kind: str, numbers: Numbers, mix: np.ndarray, payoff: np.ndarray) -> np.ndarray:
    """The distribution of the strategy that is taken (inherited, chosen), whoever takes it."""
    if kind == "logit":
        return proportions(np.exp(numbers.intensity * (payoff - np.real(payoff).max(axis=-1, keepdims=True))))
    if kind in ("best_response", "imitate_best"):
        seen = payoff if kind == "best_response" else np.where(mix > 0, payoff, -np.inf)
        return proportions((seen == seen.max(axis=-1, keepdims=True)).astype(float))
    if numbers.linear:
        fitness = 1 - numbers.intensity + numbers.intensity * payoff
    else:
        fitness = np.exp(numbers.intensity * (payoff - np.real(payoff).max(axis=-1, keepdims=True)))
    weight = met(numbers, mix, payoff) if kind == "imitation" else mix
    return proportions(weight * fitness)


def flow(kind: str, numbers: Numbers, mix: np.ndarray, payoff: np.ndarray) -> np.ndarray:
    """The flows (and the map) that are the mean field of no finite rule here."""
    pay = numbers.intensity * payoff
    ahead = pay - (mix * pay).sum(axis=-1, keepdims=True)
    if kind in ("replicator", "replicator_mutator"):
        return mix * ahead
    if kind == "discrete_replicator":
        return mix * ahead / (numbers.number + (mix * pay).sum(axis=-1, keepdims=True))
    if kind == "bnn":
        excess = positive(ahead)
        return excess - mix * excess.sum(axis=-1, keepdims=True)
    if kind == "smith":
        gain = positive(pay[..., None, :] - pay[..., :, None])  # of j over i
        moved = mix[..., :, None] * gain
        return moved.sum(axis=-2) - moved.sum(axis=-1)
    return projected(mix, pay)


def projected(mix: np.ndarray, payoff: np.ndarray) -> np.ndarray:
    """The vector closest to the payoffs among those that point into the simplex: pi - level, 0 for the absent below it."""
    used = np.ones(mix.shape, dtype=bool)
    for _ in range(mix.shape[-1]):  # leaving out whom it would push below 0 raises the level for the others only
        level = (payoff * used).sum(axis=-1, keepdims=True) / used.sum(axis=-1, keepdims=True)
        used &= (np.real(mix) > 0) | (np.real(payoff) >= np.real(level))
    level = (payoff * used).sum(axis=-1, keepdims=True) / used.sum(axis=-1, keepdims=True)
    return np.where(used, payoff - level, 0.0)


def role_models(numbers: Numbers, mix: np.ndarray, payoff: np.ndarray) -> np.ndarray:
    """The distribution of the role model's strategy: the mix, unless conformity or prestige lean."""
    if numbers.conformity == 1 and numbers.prestige == 0:
        return mix
    return proportions(met(numbers, mix, payoff))


def met(numbers: Numbers, mix: np.ndarray, payoff: np.ndarray) -> np.ndarray:
    """Weights x^conformity exp(prestige*indicator), up to a common factor; 0 for the absent."""
    weight = mix if numbers.conformity == 1 else np.where(mix == 0, 0.0, np.power(mix, numbers.conformity))
    if numbers.prestige == 0:
        return weight
    looked_at = payoff if numbers.indicator is None else np.broadcast_to(numbers.indicator, payoff.shape)
    pull = numbers.prestige * looked_at
    return weight * np.exp(pull - np.real(pull).max(axis=-1, keepdims=True))


def fermi(gain: np.ndarray) -> np.ndarray:
    """1/(1+exp(-gain)), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * gain))


def positive(number: np.ndarray) -> np.ndarray:
    """max(0, number); a complex one goes by its real part, and at 0 by the way that it is moving."""
    if np.iscomplexobj(number):
        real, moving = np.real(number), np.imag(number)
        return np.where((real > 0) | ((real == 0) & (moving > 0)), number, 0.0)
    return np.maximum(number, 0.0)


def proportions(weight: np.ndarray) -> np.ndarray:
    return weight / weight.sum(axis=-1, keepdims=True)

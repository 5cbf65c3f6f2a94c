"""From payoff to fitness, as arrays."""

from __future__ import annotations

from typing import Literal

import numpy as np

Fitness = Literal["exponential", "linear", "one_plus", "payoff"]
MAPS = ("exponential", "linear", "one_plus", "payoff")


def check_fitness(fitness: str, intensity: float | None) -> None:
    """ValueError unless the map is known and has the intensity that it needs, and `payoff` none."""
    if fitness not in MAPS:
        raise ValueError(f"fitness is exponential, linear, one_plus or payoff, not {fitness!r}")
    if (fitness == "payoff") != (intensity is None):
        raise ValueError(f"fitness {fitness} {'has no' if fitness == 'payoff' else 'needs an'} intensity of selection")
    if intensity is not None and not 0 <= intensity < np.inf:
        raise ValueError(f"the intensity of selection is finite and not negative, not {intensity}")
    if fitness == "linear" and intensity is not None and intensity > 1:
        raise ValueError(f"linear fitness takes an intensity of at most 1, not {intensity}")


def fitness_of(payoffs: np.ndarray, *, fitness: Fitness, intensity: float | None) -> np.ndarray:
    """exp(beta pi), 1 - beta + beta pi, 1 + beta pi, or pi itself; it may come out negative, which is the caller's to refuse."""
    beta = 0.0 if intensity is None else intensity
    if fitness == "exponential":
        return np.exp(beta * payoffs)
    if fitness == "payoff":
        return payoffs
    return (1 - beta if fitness == "linear" else 1.0) + beta * payoffs


def deme_fitness(payoffs: np.ndarray, size: int, *, fitness: Fitness, intensity: float | None) -> np.ndarray:
    """Fitness of a member of either strategy where k of a deme's `size` play strategy 0, (size+1, 2); nan for who is absent.

    The payoff is the mean over the other members, 0 for who is alone; or one constant for each strategy. ValueError names
    the state in which a fitness is not above 0.
    """
    table = np.asarray(payoffs, float)
    if table.shape not in ((2,), (2, 2)) or not np.isfinite(table).all():
        raise ValueError("payoffs are a finite matrix (2, 2), or one constant for each of two strategies")
    earned = np.full((size + 1, 2), np.nan)
    for k in range(size + 1):
        for own, others in ((0, (k - 1, size - k)), (1, (k, size - k - 1))):
            if min(others) >= 0:
                earned[k, own] = table[own] if table.ndim == 1 else table[own] @ others / max(1, size - 1)
    found = fitness_of(earned, fitness=fitness, intensity=intensity)
    wrong = np.argwhere(~(found > 0) & np.isfinite(earned))
    if len(wrong) or np.isinf(found).any():
        k, own = wrong[0] if len(wrong) else np.argwhere(np.isinf(found))[0]
        raise ValueError(
            f"fitness of strategy {own} is {found[k, own]:g} where {k} of {size} play strategy 0: it must be above 0 and finite"
        )
    return found

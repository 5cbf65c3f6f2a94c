"""Invasion: who grows when rare, and what a population of one strategy earns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo.exact.payoff.infinite import Values, payoffs

if TYPE_CHECKING:
    from evo.model import Model


def payoffs_at(model: Model, resident: str, *, environment: Values = None, time: float = 0.0) -> np.ndarray:
    """Effective payoff of each strategy as an infinitely rare invader among all-`resident` (the resident's own included), (d,)."""
    if resident not in model.strategies:
        raise ValueError(f"{resident!r} is not a strategy; strategies: {', '.join(model.strategies)}")
    return payoffs(
        model, np.eye(len(model.strategies))[model.strategy_names.index(resident)], environment=environment, time=time
    )


def invasion(model: Model, *, environment: Values = None, time: float = 0.0) -> np.ndarray:
    """advantage[r, i]: payoff of a rare i among all-r less the payoff of r; i invades where it is positive, (d, d)."""
    rows = np.array([payoffs_at(model, resident, environment=environment, time=time) for resident in model.strategies])
    return rows - np.diag(rows)[:, None]


def homogeneous(model: Model, *, environment: Values = None, time: float = 0.0) -> np.ndarray:
    """Effective payoff of each strategy in a population of itself, (d,): the largest is payoff-dominant."""
    return np.array(
        [payoffs_at(model, name, environment=environment, time=time)[i] for i, name in enumerate(model.strategies)]
    )

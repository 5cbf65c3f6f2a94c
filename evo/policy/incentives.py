"""What an incentive costs until one strategy has taken over: expected visits to each state, each at its price.

[Han & Tran-Thanh 2018; Duong & Han 2021]: E = sum over states of n_i * price_i, where n_i, the expected number of visits from
the start, is a row of the fundamental matrix (1 - Q)^-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from evo._spec import ConfigError, ConfigProblem
from evo.exact.chains.chain import chain
from evo.policy.control import Control

if TYPE_CHECKING:
    from evo.exact.chains.chain import Chain


def incentive_cost(control: Control, *, size: float, start: Mapping[str, int]) -> float:
    """Expected cost per head, paid generation by generation, of the intervention at a constant size from these counts until a
    strategy has taken over. Costs of a step are those of a generation over the steps in it.

    Raises ConfigError where mutation, or a rule that innovates, lets nobody take over for good.
    """
    model = control.of(control.model, size)
    if not model.fixes:
        raise ConfigError(
            [
                ConfigProblem(
                    ("mutation",), None, "nobody takes over for good, so the cost has no end", "mutation.rate: 0"
                )
            ]
        )
    found = chain(model)
    visits = expected_visits(found, start)
    prices = control.price(control.model, size, found.states.shares)
    return float(visits @ prices) / found.steps_per_generation


def expected_visits(found: Chain, start: Mapping[str, int]) -> np.ndarray:
    """Expected number of steps spent in each state before a strategy has taken over, (states,)."""
    from scipy.sparse import identity
    from scipy.sparse.linalg import spsolve

    names = found.model.strategy_names
    moving = np.flatnonzero((found.states.counts > 0).sum(axis=1) > 1)
    visits = np.zeros(found.states.number)
    first = np.zeros(len(found.states.counts))
    first[found.states.place([start.get(name, 0) for name in names])] = 1.0
    within = found.matrix[moving][:, moving]
    visits[moving] = np.asarray(spsolve((identity(len(moving)) - within).T.tocsc(), first[moving]))
    return visits

"""Contests: from each monomorphic state, the mutants that may take over, with what both sides earn on the way.

Without mutation a population ends monomorphic, one strategy per role. A contest leads from one such state to another that
differs in one role's strategy: the states between are k = 0..Z mutants among that role's Z individuals.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo import codes
from evo.exact.payoff.edge import edge_payoffs
from evo.exact.payoff.infinite import Values, payoff_table
from evo.exact.takeover.edge_rates import Side, checked_pairs, log_ratios, sides
from evo.kernels.arrays import BIAS, INDICATOR
from evo.lowering.names import reads

if TYPE_CHECKING:
    from evo.kernels.arrays import Rule
    from evo.model import Model

BLOCK = 2**20  # numbers in the arrays of a block of contests


class Contests(NamedTuple):
    """P contests of one role, each both ways: `second` arises in the state `first`, and the reverse."""

    first: np.ndarray  # int (P,): states, see `monomorphic_states`
    second: np.ndarray  # int (P,)
    pairs: np.ndarray  # int (P, 2): the strategies, that of `second` (the mutant) and that of `first` (the resident)
    mutant: Side
    resident: Side


def monomorphic_states(model: Model) -> np.ndarray:
    """The strategy that each role plays, int (S, r), by state: one role's strategies in order, or all pairs of two roles'."""
    bounds = model.lowered.roles
    grids = np.meshgrid(*[np.arange(first, stop) for first, stop in pairwise(bounds)], indexing="ij")
    return np.stack([grid.ravel() for grid in grids], axis=1)


def monomorphic_payoffs(model: Model, *, environment: Values = None) -> np.ndarray:
    """Effective payoff (trait bias included) of each role's individuals in each monomorphic state, (S, r)."""
    states = monomorphic_states(model)
    game, bias, size = model.lowered.game, model.lowered.strategy[BIAS], model.lowered.meeting.size
    met = states[:, ::-1]  # by the first role the strategy of the second; by one's own kind where there is one role
    still = None if game.reads_mix else payoff_table(model, environment=environment)
    found = np.empty(states.shape)
    for s, state in enumerate(states):
        table = still
        if table is None:
            mix = np.zeros(len(bias))
            mix[state] = 1
            table = payoff_table(model, mix=mix, environment=environment)
        found[s] = [table[own, _all_of(len(bias), other, size)] for own, other in zip(state, met[s], strict=True)]
    return found + bias[states]


def mutant_arrivals(model: Model, states: np.ndarray) -> np.ndarray:
    """Probability that a mutation, in a monomorphic state (row), is one that could lead to another (column), (S, S)."""
    process = model.lowered
    differ = states[:, None, :] != states[None, :, :]
    found = np.zeros((len(states), len(states)))
    for role, size in enumerate(process.sizes):
        own = states[:, role]
        only = differ[:, :, role] & (differ.sum(axis=2) == 1)
        found += np.where(only, size / process.sizes.sum() * process.to[own[:, None], own[None, :]], 0.0)
    return found


def contests(model: Model, *, environment: Values = None) -> Iterator[Contests]:
    """All contests, each pair of states once, in blocks. Raises ValueError where strategies do not fight it out."""
    process = model.lowered
    if len(process.wholes) > 1:
        yield from _of_roles(model, environment)
        return
    strategies = len(model.strategies)
    low, high = np.triu_indices(strategies, 1)
    pairs = checked_pairs(model, np.stack([high, low], axis=1))
    step = max(1, BLOCK // process.meeting.whole)
    for start in range(0, len(pairs), step):
        block = pairs[start : start + step]
        mutant, resident = sides(model, block, edge_payoffs(model, block, environment=environment))
        yield Contests(block[:, 1], block[:, 0], block, mutant, resident)


def contest_ratios(rule: Rule, block: Contests) -> np.ndarray:
    """log(T-/T+) of the mutants at k = 1..Z-1, (P, Z-1); inf, -inf and nan as in `edge_log_ratios`."""
    found = log_ratios(rule, block.mutant, block.resident)
    return np.broadcast_to(found, (len(block.first), len(block.mutant.count)))


def _of_roles(model: Model, environment: Values) -> Iterator[Contests]:
    """Contests within one role while the other role is monomorphic."""
    process, facts = model.lowered, model.dynamics.facts
    if not np.isfinite(process.sizes).all() or process.meeting.whole == 0:
        raise ValueError("fixation is a matter of finite populations of whole individuals: `population: well_mixed`")
    if facts.innovative:
        raise ValueError(f"{model.dynamics.kind} brings back absent strategies, so nothing is ever fixed")
    if process.rule.pace == codes.SYNCHRONOUS:
        raise ValueError("for two roles fixation is computed where one individual changes in a step, not many")
    if reads(model, "t"):
        raise ValueError("the payoffs read t, so the chain is not the same at all times")
    states = monomorphic_states(model)
    for role, (first, stop) in enumerate(pairwise(process.roles)):
        low, high = np.triu_indices(stop - first, 1)
        for other in np.unique(states[:, 1 - role]):
            place = np.flatnonzero(states[:, 1 - role] == other)  # of the states, by the strategy of this role
            pairs = np.stack([high, low], axis=1) + first
            mutant, resident = _role_sides(model, role, pairs, int(other), environment)
            yield Contests(place[low], place[high], pairs, mutant, resident)


def _role_sides(model: Model, role: int, pairs: np.ndarray, other: int, environment: Values) -> tuple[Side, Side]:
    process = model.lowered
    whole = int(process.sizes[role])
    bias, seen = process.strategy[BIAS], process.strategy[INDICATOR]
    count = np.arange(1.0, whole)
    earned = np.empty((2, len(pairs), whole - 1))
    if process.game.reads_mix:
        for p, (mutant, resident) in enumerate(pairs):
            for k in range(1, whole):
                mix = np.zeros(len(bias))
                mix[[mutant, resident, other]] = k / whole, (whole - k) / whole, 1
                earned[:, p, k - 1] = payoff_table(model, mix=mix, environment=environment)[pairs[p], other]
    else:
        earned[:] = payoff_table(model, environment=environment)[pairs.T, other][:, :, None]
    if not np.isfinite(earned).all():
        raise ValueError(f"a payoff of role {role + 1} against {model.strategy_names[other]} is not finite")
    earned += bias[pairs.T][:, :, None]
    shown = np.broadcast_to(seen[pairs.T][:, :, None], earned.shape) if process.rule.indicated else earned
    return Side(count, earned[0], shown[0]), Side(count[::-1], earned[1], shown[1])


def _all_of(strategies: int, kind: int, size: int) -> int:
    """Place of the composition of size-1 co-players who are all of one kind."""
    if size == 2:
        return kind
    from evo.games import compositions

    return int(np.flatnonzero(compositions(strategies, size - 1)[:, kind] == size - 1)[0])

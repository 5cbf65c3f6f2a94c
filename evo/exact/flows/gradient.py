"""Gradient of selection: which way the mix is driven between two strategies, and the drift at every mix of several.

Finite populations [Traulsen, Claussen & Hauert 2005; Pacheco et al. 2009]: G(k) = T+ - T-, the probabilities that one
update adds or removes an individual of the first strategy; it is the expected change of its share in a generation, and is
that for rules that update everyone at once too. Infinite populations: x', per generation. Nothing is rescaled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.exact.chains.choices import choices
from evo.exact.chains.states import compositions_of, states_of
from evo.exact.flows.fields import Field, field_of
from evo.exact.payoff import simplex
from evo.exact.payoff.bernstein import sign_changes_of
from evo.exact.payoff.edge import edge_payoffs
from evo.exact.payoff.infinite import Values, payoffs
from evo.exact.rare.variants import variant
from evo.exact.takeover.edge_rates import checked_pairs, log_gain, sides
from evo.exact.thresholds import crossing

if TYPE_CHECKING:
    from evo.model import Model

GRID = 2001  # shares at which an infinite population's gradient is given and its sign changes are looked for
ROUNDING = 1e-13  # a gradient that is smaller, relative to T+ + T-, is a rounding error
LARGEST = 500_000  # states


@dataclass(frozen=True)
class GradientRoot:
    """Where the gradient changes sign: the share of the first strategy; stable where it changes from plus to minus.

    In a finite population the share is interpolated, and `between` are the counts k next to it with opposite signs; at
    the counts strictly between these the gradient is 0.
    """

    share: float
    stable: bool
    between: tuple[int, int] | None = None


@shown
@dataclass(frozen=True)
class Gradient:
    """Gradient at these shares of the first of two strategies, ascending from 0 to 1; `up` and `down` are T+ and T- of a
    finite population (per update of an individual), None in an infinite one. `method` says how roots were found."""

    strategies: tuple[str, str]
    shares: np.ndarray = field(repr=False)
    gradient: np.ndarray = field(repr=False)
    up: np.ndarray | None = field(repr=False)
    down: np.ndarray | None = field(repr=False)
    roots: tuple[GradientRoot, ...]
    method: str

    @property
    def error(self) -> str:
        """How far roots and signs may be off."""
        if self.up is None:
            return "shares are right to about 1e-12"
        return "signs are right where the gradient is above 1e-13 of T+ + T-"


@dataclass(frozen=True)
class Drift:
    """Expected change of the mix in a generation: mixes (K, d), drift (K, d); counts (K, d) in a finite population."""

    strategies: tuple[str, ...]
    mixes: np.ndarray = field(repr=False)
    drift: np.ndarray = field(repr=False)
    counts: np.ndarray | None = field(repr=False)


def gradient_of_selection(
    model: Model,
    first: str | None = None,
    second: str | None = None,
    *,
    mutation: bool = False,
    environment: Values = None,
) -> Gradient:
    """The gradient of selection in a population of `first` and `second`, by default the two that the model has.

    Without mutation, as is usual, or with the model's own (for models of two strategies). Environment variables that
    move are held at the values given by `environment`. Raises ValueError where more strategies than two cannot be left
    out: with mutation, and for rules that bring back the absent.
    """
    i, j = _pair(model, first, second)
    if not mutation and model.lowered.rule.mutation > 0:
        model = variant(model, mutation=model.mutation.model_copy(update={"rate": 0.0}))
    alone = len(model.strategies) == 2
    if not alone and mutation and model.lowered.rule.mutation > 0:
        raise ValueError("with mutation the other strategies come in too: the gradient is then that of `drift`")
    if not alone and model.dynamics.facts.innovative:
        raise ValueError(
            f"{model.dynamics.kind} brings back the other strategies: the gradient is then that of `drift`"
        )
    if model.lowered.meeting.whole == 0:
        return _infinite(model, i, j, environment)
    up, down = (
        _rates(model, i, environment)
        if alone and (mutation or model.dynamics.facts.innovative)
        else _edge_rates(model, i, j, environment)
    )
    difference = up - down
    difference = np.where(np.abs(difference) <= ROUNDING * (up + down), 0.0, difference)
    names = model.strategy_names[i], model.strategy_names[j]
    shares = np.linspace(0, 1, len(up))
    return Gradient(names, shares, difference, up, down, sign_changes(difference, up + down), "signs at all counts")


def sign_changes(gradient: np.ndarray, motion: np.ndarray) -> tuple[GradientRoot, ...]:
    """Where a gradient over k = 0..Z changes sign; states without motion (T+ + T- = 0) at either end do not count."""
    whole = len(gradient) - 1
    places = np.flatnonzero((gradient != 0) & (motion > 0))
    roots = list[GradientRoot]()
    for before, after in pairwise(places):
        low, high = gradient[before], gradient[after]
        if low * high < 0:
            if after == before + 1:
                place = before + low / (low - high)
            else:
                place = (before + after) / 2
            roots.append(GradientRoot(float(place / whole), bool(low > 0), (int(before), int(after))))
    return tuple(roots)


def drift(model: Model, *, resolution: int = 40, environment: Values = None) -> Drift:
    """The drift at all states of a finite population, or of an infinite one at all mixes in steps of 1/resolution.

    With the model's mutation, any number of strategies; two roles have one mix each. Raises ValueError for more than
    500,000 states.
    """
    if model.lowered.meeting.whole == 0:
        return _field_drift(model, field_of(model, environment=environment), resolution)
    states = states_of(model)
    if states.number > LARGEST:
        raise ValueError(f"the population has {states.number:,} states; the drift is computed for up to {LARGEST:,}")
    chosen = choices(model, states, environment=environment)
    moved = np.einsum("si,sij->sj", states.shares, chosen)
    return Drift(model.strategy_names, states.shares, moved - states.shares, states.counts)


def largest_advantage(model: Model, first: str, second: str, *, environment: Values = None, time: float = 0.0) -> float:
    """The largest payoff difference, first less second, over all mixes of the two in an infinite population.

    Where it changes sign with a parameter, interior rest points appear or vanish: give it to `thresholds` for critical
    risks, returns and costs. To about 1e-13 of the payoffs.
    """
    from scipy.optimize import minimize_scalar

    i, j = _pair(model, first, second)

    def disadvantage(share: float) -> float:
        mix = np.zeros(len(model.strategies))
        mix[i], mix[j] = share, 1 - share
        found = payoffs(model, mix, environment=environment, time=time)
        return float(found[j] - found[i])

    grid = np.linspace(0, 1, 257)
    values = [disadvantage(share) for share in grid]
    best = int(np.argmin(values))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    refined = minimize_scalar(disadvantage, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return -min(values[best], float(refined.fun))


def _pair(model: Model, first: str | None, second: str | None) -> tuple[int, int]:
    names = model.strategy_names
    if first is None and second is None and len(names) == 2:
        first, second = names
    if len(model.lowered.wholes) > 1:
        raise ValueError("with two roles there is a mix for each: see `drift`")
    for name in (first, second):
        if name not in names:
            raise ValueError(f"say which two strategies, first and second, of: {', '.join(names)}")
    if first == second:
        raise ValueError(f"first and second are both {first}")
    return names.index(str(first)), names.index(str(second))


def _edge_rates(model: Model, i: int, j: int, environment: Values) -> tuple[np.ndarray, np.ndarray]:
    """T+ and T- without mutation, (Z+1,) each."""
    pairs = checked_pairs(model, np.array([[i, j]]))
    mutant, resident = sides(model, pairs, edge_payoffs(model, pairs, environment=environment))
    up, down = np.zeros((2, model.lowered.meeting.whole + 1))
    up[1:-1] = np.exp(log_gain(model.lowered.rule, mutant, resident))[0]
    down[1:-1] = np.exp(log_gain(model.lowered.rule, resident, mutant))[0]
    return up, down


def _rates(model: Model, i: int, environment: Values) -> tuple[np.ndarray, np.ndarray]:
    """T+ and T- of a model of two strategies, with its mutation and for every rule, (Z+1,) each."""
    states = states_of(model)
    chosen = choices(model, states, environment=environment)
    order = np.argsort(states.counts[:, i])
    shares, chosen = states.shares[order], chosen[order]
    return shares[:, 1 - i] * chosen[:, 1 - i, i], shares[:, i] * chosen[:, i, 1 - i]


def _infinite(model: Model, i: int, j: int, environment: Values) -> Gradient:
    motion = field_of(model, environment=environment)
    shares = np.linspace(0, 1, GRID)
    names = model.strategy_names[i], model.strategy_names[j]

    def velocity(share: np.ndarray) -> np.ndarray:
        mixes = np.zeros((len(share), len(model.strategies)))
        mixes[:, i], mixes[:, j] = share, 1 - share
        return motion.velocity(mixes)[:, i]

    values = velocity(shares)
    table = motion.landscape.table
    if motion.copies_success and table is not None:
        lead = simplex.face(table[i] - table[j], (min(i, j), max(i, j)), len(table), motion.landscape.degree)
        by_first = lead[::-1] if i < j else lead
        roots = tuple(GradientRoot(place, falling) for place, falling in sign_changes_of(by_first))
        method = "all sign changes of the payoff difference, a polynomial in Bernstein form"
        return Gradient(names, shares, values, None, None, roots, method)
    signs = np.sign(values)
    inner = np.flatnonzero(signs[1:-1]) + 1 if motion.keeps_faces else np.flatnonzero(signs)
    roots = []
    for before, after in pairwise(inner):
        if signs[before] * signs[after] < 0:
            at = crossing(lambda share: float(velocity(np.array([share]))[0]), shares[before], shares[after])
            roots.append(GradientRoot(at, bool(signs[before] > 0)))
    method = f"sign changes between {GRID} shares, refined to 1e-13; two roots between neighbours are missed"
    return Gradient(names, shares, values, None, None, tuple(roots), method)


def _field_drift(model: Model, motion: Field, resolution: int) -> Drift:
    parts = [compositions_of(resolution, block.stop - block.start) / resolution for block in motion.blocks]
    if np.prod([float(len(part)) for part in parts]) > LARGEST:
        raise ValueError(f"that grid has more than {LARGEST:,} mixes: lower `resolution`")
    mixes = parts[0]
    for part in parts[1:]:
        mixes = np.hstack([np.repeat(mixes, len(part), axis=0), np.tile(part, (len(mixes), 1))])
    return Drift(model.strategy_names, mixes, motion.velocity(mixes), None)

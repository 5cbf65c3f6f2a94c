"""Adaptive dynamics: rare mutants with other trait values in an infinite population of equals.

A mutant m among residents r earns P(m, r), with all co-players resident. Whether it can invade, and which way a
population moves by small mutations, follow from P and its derivatives, which are taken of the formula itself by the rules
of calculus. Sources: [Geritz et al. 1998] for what singular points can be; [Dieckmann & Law 1996] for the canonical
equation; [Leimar 2009] for several traits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from evo.exact.traits.bounded import follow
from evo.formulas import Expression, evaluate
from evo.traits import trees

if TYPE_CHECKING:
    from evo.traits.model import TraitModel

Traits = float | Sequence[float] | np.ndarray


def advantage(model: TraitModel, mutant: Traits, resident: Traits) -> np.ndarray:
    """P(m, r) - P(r, r): what a rare mutant earns more than the residents among whom it lives.

    Traits: a number or an array of any shape where there is one trait; (..., traits) where there are several, in their
    order. The two broadcast.
    """
    own, others = as_points(model, mutant), as_points(model, resident)
    return model.payoffs(own, others) - model.payoffs(others, others)


def invasion_fitness(model: TraitModel, mutant: Traits, resident: Traits) -> np.ndarray:
    """Growth rate s(m, r) per generation of a rare mutant in an infinite population of residents; 0 for m = r.

    With d the advantage: F(m)/F(r) - 1 for moran and wright_fisher, that is exp(beta*d) - 1, or beta*d/(1 - beta +
    beta*P(r, r)) with linear fitness; tanh(beta*d/2) for pairwise_comparison. Traits as in `advantage`.
    """
    lead = model.intensity * advantage(model, mutant, resident)
    if model.dynamics.kind == "pairwise_comparison":
        return np.tanh(lead / 2)
    if model.selection.fitness == "exponential":
        return np.expm1(lead)
    return lead / _linear_fitness(model, as_points(model, resident))


def mutually_invasible(model: TraitModel, one: Traits, other: Traits) -> np.ndarray:
    """Whether each of two can invade the other, so that both stay. Traits as in `advantage`."""
    return (advantage(model, one, other) > 0) & (advantage(model, other, one) > 0)


def selection_gradient(model: TraitModel, traits: Traits) -> np.ndarray:
    """Derivative of P(m, r) in the mutant at m = r: where a population with these traits is drawn. Shape of the traits.

    In units of payoff; the invasion fitness has this times a positive factor (`canonical_rate`).
    """
    points = as_points(model, traits)
    return _as_given(model, slopes_at(model, points, "own"))


def canonical_rate(model: TraitModel, traits: Traits, *, finite: bool = False) -> np.ndarray:
    """dx/dt of the canonical equation, per generation: (1/2) mu Z k C D(x) [Dieckmann & Law 1996].

    C is the covariance of mutations, mu their rate, D the selection gradient, and k beta for moran and
    pairwise_comparison, 2 beta for wright_fisher, where a mutant is twice as likely to take over; divided by linear
    fitness. It holds for small, symmetric mutations that are rare, or selected so weakly that drift sets the variance.

    finite: the exact first order of weak selection in a population of Z: ((Z-1) D - dP/dr)/Z in place of D, since a mutant
    does not meet itself but all others meet it [Wild & Taylor 2004]. Shape of the traits.
    """
    points = as_points(model, traits)
    pull = slopes_at(model, points, "own")
    if finite:
        pull = ((model.size - 1) * pull - slopes_at(model, points, model.partner)) / model.size
    factor = 0.5 * model.value(model.mutation.rate) * model.size * model.intensity
    if model.dynamics.kind == "wright_fisher":
        factor *= 2
    if model.selection.fitness == "linear":
        pull = pull / _linear_fitness(model, points)[..., None]
    return _as_given(model, factor * pull @ model.covariance)


def canonical_path(
    model: TraitModel,
    times: Sequence[float] | np.ndarray,
    *,
    start: Traits | None = None,
    scale: Literal["generations", "gradient"] = "generations",
    finite: bool = False,
) -> np.ndarray:
    """Traits of a population that moves by the canonical equation, (time, trait), from `start` (the model's own) at times[0].

    scale: `generations`, x' = canonical_rate (`finite` as there), or `gradient`, x' = selection_gradient, whose time has
    no unit. A trait that reaches a bound stays there while it is drawn outward. Error under 1e-10 of each trait's range.
    """
    times = np.asarray(times, float)
    if times.ndim != 1 or len(times) < 1 or (np.diff(times) <= 0).any():
        raise ValueError("times are a list of ascending numbers")
    if scale == "gradient" and finite:
        raise ValueError("the gradient is that of an infinite population: finite belongs to scale='generations'")
    low, high = model.bounds
    begin = model.start if start is None else as_points(model, start).reshape(-1)
    if begin.shape != low.shape or (begin < low).any() or (begin > high).any():
        raise ValueError(f"a start is {len(low)} numbers within the bounds of the traits, not {begin}")

    def pull(traits: np.ndarray) -> np.ndarray:
        if scale == "gradient":
            return slopes_at(model, traits, "own")
        return canonical_rate(model, traits if len(low) > 1 else traits[0], finite=finite).reshape(-1)

    return follow(pull, begin, times=times, low=low, high=high)


# ---- derivatives of the payoff


def as_points(model: TraitModel, traits: Traits) -> np.ndarray:
    """Traits as (..., traits). Raises ValueError where the population is one of groups."""
    check_mixed(model)
    points = np.asarray(traits, float)
    if len(model.traits) == 1:
        return points[..., None]
    if points.ndim == 0 or points.shape[-1] != len(model.traits):
        raise ValueError(f"the last axis holds the {len(model.traits)} traits: {', '.join(model.traits)}")
    return points


def check_mixed(model: TraitModel) -> None:
    """Raise ValueError where the population is one of groups, whose members are related."""
    if model.population.kind == "groups":
        raise ValueError(
            "adaptive dynamics is that of a well-mixed population: relatedness within groups is left out of it"
        )


def slopes_at(model: TraitModel, points: np.ndarray, side: str) -> np.ndarray:
    """First derivatives of P(m, r) at m = r = points (..., traits), in the mutant's traits (`own`) or the residents'."""
    formulas = [_derived(model.payoff_tree, (f"{side}_{name}",)) for name in model.traits]
    return np.stack([_at_residents(model, formula, points) for formula in formulas], axis=-1)


def curvature_at(model: TraitModel, points: np.ndarray, side: str) -> np.ndarray:
    """Second derivatives of P(m, r) at m = r = points (..., traits): [i, j] in the mutant's trait i and, of the mutant
    (`own`) or the residents, trait j."""
    rows = [
        [
            _at_residents(model, _derived(model.payoff_tree, (f"own_{one}", f"{side}_{other}")), points)
            for other in model.traits
        ]
        for one in model.traits
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


@lru_cache(maxsize=256)
def _derived(tree: trees.Node, names: tuple[str, ...]) -> Expression:
    for name in names:
        tree = trees.derivative(tree, name)
    return trees.expression(tree)


def _at_residents(model: TraitModel, formula: Expression, points: np.ndarray) -> np.ndarray:
    """A formula of own and partners' traits where all are the residents'."""
    values = {
        f"{side}_{name}": points[..., place]
        for side in ("own", model.partner)
        for place, name in enumerate(model.traits)
    }
    return np.broadcast_to(evaluate(formula, values), points.shape[:-1])


def _linear_fitness(model: TraitModel, points: np.ndarray) -> np.ndarray:
    return 1 - model.intensity + model.intensity * model.payoffs(points, points)


def _as_given(model: TraitModel, points: np.ndarray) -> np.ndarray:
    """Points in the shape in which traits are given."""
    return points[..., 0] if len(model.traits) == 1 else points

"""Pairwise invasibility: which rare mutants invade which residents, on a grid of one trait [Geritz et al. 1998]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo._errors import suggest
from evo.exact.traits.adaptive import invasion_fitness, selection_gradient
from evo.exact.traits.singular import SingularPoint, singular_points

if TYPE_CHECKING:
    from evo.traits.model import TraitModel


@dataclass(frozen=True, eq=False)
class Invasibility:
    """Invasion fitness over a grid of residents and mutants of one trait.

    values: trait values, (fine,). fitness[m, r]: growth rate per generation of mutant m among residents r, 0 on the
    diagonal. slope[m, r]: fitness[m, r]/(m - r), on the diagonal its limit, the gradient of fitness: its zeros are the
    line, other than the diagonal, on which the fitness changes sign, without the loss of digits near the diagonal.
    """

    model: TraitModel
    trait: str
    values: np.ndarray
    fitness: np.ndarray
    slope: np.ndarray
    singular: tuple[SingularPoint, ...]

    @property
    def invades(self) -> np.ndarray:
        """Where the mutant invades, (mutant, resident)."""
        return self.fitness > 0

    @property
    def mutual(self) -> np.ndarray:
        """Where each invades the other, so that both stay (protected dimorphisms); symmetric."""
        return self.invades & self.invades.T


def invasibility(
    model: TraitModel, *, trait: str | None = None, at: Mapping[str, float] | None = None, fine: int = 201
) -> Invasibility:
    """Invasion fitness on `fine` by `fine` values of a trait between its bounds.

    Of several traits say which one varies; the others are fixed, for mutants and residents, at `at` (by default at the
    model's start), and singular points are then not looked for.
    """
    names = model.trait_names
    if trait is None and len(names) > 1:
        raise ValueError(f"say which trait varies: {', '.join(names)}")
    trait = next(iter(names)) if trait is None else trait
    for name in (trait, *(at or {})):
        if name not in names:
            raise ValueError(f"{name!r} is not a trait; {suggest(name, names) or 'traits: ' + ', '.join(names)}")
    if at and trait in at:
        raise ValueError(f"{trait} varies: it cannot be fixed too")
    if fine < 3:
        raise ValueError("fine is at least 3")
    place = names.index(trait)
    low, high = model.bounds[:, place]
    values = np.linspace(low, high, fine)
    points = np.tile(model.start, (fine, 1))
    for name, value in (at or {}).items():
        points[:, names.index(name)] = value
    points[:, place] = values
    line = points[:, 0] if len(names) == 1 else points
    mutants, residents = (line[:, None], line[None, :])
    fitness = np.array(invasion_fitness(model, mutants, residents))
    np.fill_diagonal(fitness, 0.0)
    apart = values[:, None] - values[None, :]
    np.fill_diagonal(apart, 1.0)
    slope = fitness / apart
    np.fill_diagonal(slope, _fitness_gradient(model, line, place))
    return Invasibility(model, trait, values, fitness, slope, singular_points(model) if len(names) == 1 else ())


def _fitness_gradient(model: TraitModel, line: np.ndarray, place: int) -> np.ndarray:
    """The derivative of the invasion fitness in the mutant where it is the resident."""
    pull = selection_gradient(model, line)
    pull = model.intensity * (pull if len(model.traits) == 1 else pull[:, place])
    if model.dynamics.kind == "pairwise_comparison":
        return pull / 2
    if model.selection.fitness == "exponential":
        return pull
    points = line[:, None] if len(model.traits) == 1 else line
    return pull / (1 - model.intensity + model.intensity * model.payoffs(points, points))

"""The Price equation: how the mean of a trait changes by selection, among and within groups [Price 1970, 1972]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evo._reprs import shown


@shown
@dataclass(frozen=True)
class Price:
    """Change of the mean: `selection`, the covariance of fitness with the trait over mean fitness, and `transmission`."""

    selection: float
    transmission: float

    @property
    def total(self) -> float:
        return self.selection + self.transmission


@shown
@dataclass(frozen=True)
class MultilevelPrice:
    """The selection term in two parts: `between` groups, by their means, and `within` them."""

    between: float
    within: float

    @property
    def total(self) -> float:
        return self.between + self.within


def price(trait: Sequence[float], *, fitness: Sequence[float], change: Sequence[float] | float = 0.0) -> Price:
    """The Price equation of individuals with a trait z, fitness w, and offspring that differ from them by `change`.

    cov(w, z)/mean w + E(w change)/mean w. ValueError: shapes that differ, a mean fitness that is not above 0.
    """
    z, w = _checked(trait, fitness)
    mean = w.mean()
    return Price(
        selection=float(np.mean(w * (z - z.mean())) / mean),
        transmission=float(np.mean(w * np.broadcast_to(np.asarray(change, float), z.shape)) / mean),
    )


def multilevel_price(groups: Sequence[Sequence[float]], *, fitness: Sequence[Sequence[float]]) -> MultilevelPrice:
    """The selection term for individuals in groups of any sizes, each a list of traits and one of fitness."""
    if len(groups) != len(fitness) or not groups:
        raise ValueError(f"{len(groups)} groups have {len(fitness)} lists of fitness")
    pairs = [_checked(z, w) for z, w in zip(groups, fitness, strict=True)]
    z, w = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
    mean_z, mean_w = _checked(z, w)[0].mean(), w.mean()
    between = sum(len(z) * w.mean() * (z.mean() - mean_z) for z, w in pairs) / len(w) / mean_w
    within = sum(np.sum(w * (z - z.mean())) for z, w in pairs) / len(w) / mean_w
    return MultilevelPrice(between=float(between), within=float(within))


def _checked(
    trait: Sequence[float] | np.ndarray, fitness: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    z, w = np.asarray(trait, float), np.asarray(fitness, float)
    if z.ndim != 1 or z.shape != w.shape or not len(z):
        raise ValueError(f"each trait has a fitness: not {z.shape} and {w.shape}")
    if not (np.isfinite(z).all() and np.isfinite(w).all() and (w >= 0).all() and w.mean() > 0):
        raise ValueError("traits are finite, fitness is finite, not negative and not 0 for all")
    return z, w

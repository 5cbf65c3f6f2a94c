"""What the replicates of each point say of a column: how often each outcome, or a mean; and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from evo.precision import Precise, quantile, student, wilson

NODES = 64  # of the quadrature
MISSING = "(none)"  # an outcome that is null


@dataclass(frozen=True)
class Interval:
    """An estimate and its confidence interval; outcome: of which outcome of a column of words it is the share."""

    estimate: float
    low: float
    high: float
    outcome: str | None = None

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True)
class Counts:
    """Of a column of words: how often each outcome, (points, outcomes)."""

    outcomes: tuple[str, ...]
    counts: np.ndarray

    def interval(self, point: int, rule: Precise) -> Interval:
        """The widest of Wilson's intervals of the shares of the outcomes."""
        counts, z = self.counts[point], quantile(rule.each)
        of = float(counts.sum())
        found = [
            Interval(count / of, *wilson(count, of, z), outcome)
            for outcome, count in zip(self.outcomes, counts.tolist(), strict=True)
            if count
        ]
        return max(found, key=lambda interval: interval.width, default=Interval(math.nan, -math.inf, math.inf))


@dataclass(frozen=True)
class Means:
    """Of a column of numbers: how many values each point has, their mean and standard deviation, (points,)."""

    of: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    def interval(self, point: int, rule: Precise) -> Interval:
        """Student's interval of the mean."""
        mean = float(self.mean[point])
        return Interval(mean, *student(mean, float(self.deviation[point]), int(self.of[point]), rule.each))


def columns_of(measure: str, names: Sequence[str]) -> list[str]:
    """The columns that a measure means: that of its name, or all that begin with it."""
    return [measure] if measure in names else [name for name in names if name.startswith(f"{measure}.")]


def estimates(table: pa.Table, column: str, points: int) -> Counts | Means:
    """Estimates at points 0 to `points` - 1, from outcomes of these alone."""
    at = table["point"].to_numpy()
    if table.schema.field(column).type in (pa.string(), pa.large_string()):
        coded = table[column].fill_null(MISSING).combine_chunks().dictionary_encode()
        words = coded.dictionary.to_pylist()
        counts = np.zeros((points, len(words)))
        np.add.at(counts, (at, coded.indices.to_numpy()), 1)
        order = np.argsort(words)
        return Counts(tuple(words[place] for place in order), counts[:, order])
    values = table[column].to_numpy().astype(float)
    sound = np.isfinite(values)
    at, values = at[sound], values[sound]
    of = np.bincount(at, minlength=points)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(at, values, minlength=points) / of
        squares = np.bincount(at, (values - mean[at]) ** 2, minlength=points)
        return Means(of, mean, np.sqrt(squares / (of - 1)))


def leading(counts: Sequence[float]) -> np.ndarray:
    """The probability that each outcome is the most frequent one, given how often it came out.

    The posterior of the shares is Dirichlet's with Jeffreys' prior, 1/2 for each outcome: shares of independent Gamma
    variables G_i, so P(i leads) is the mean of the product of P(G_j < x) over x from G_i, by quadrature.
    """
    from scipy.special import gammainc, gammaincinv

    shapes = np.asarray(counts, float) + 0.5
    points, weights = _quadrature()
    chances = np.empty(len(shapes))
    for i, shape in enumerate(shapes):
        others = np.delete(shapes, i)
        chances[i] = weights @ gammainc(others, gammaincinv(shape, points)[:, None]).prod(axis=1)
    return chances / chances.sum()


@cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre on [0, 1]."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return (points + 1) / 2, weights / 2

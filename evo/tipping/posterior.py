"""What runs at some doses say of the doses at which a probability crosses 10, 50 and 90 %, and where to run next.

The probability is F((dose - m)/w), F rising from 0 to 1: logistic, or skewed one way or the other (complementary log-log and
log-log), m its middle and w the distance between 10 and 90 %. The three shapes count by what the runs say of them, so that an
interval does not rest on a symmetry that nobody has seen. The posterior is held on a grid that narrows around it; the next
runs go where they are expected to leave the least variance of each of the three doses in turn [Kontsevich & Tyler 1999;
King-Smith et al. 1994, minimum variance instead of entropy]: in the long run of a logistic at its middle and where the
probability is 13 and 87 %. Doses here run from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = (0.1, 0.5, 0.9)
SHAPES = ("logistic", "steep at the top", "steep at the bottom")
BELIEF = np.array([0.6, 0.2, 0.2])  # in the shapes, before any run
MIDDLES = (-0.5, 1.5)
WIDTHS = (2e-3, 4.0)
GRID = (49, 41)
REACH = 5.5  # standard deviations that the grid covers
SMALLEST = 1e-12  # a probability that is taken for 0


@dataclass(frozen=True, eq=False)
class Data:
    """Runs so far: doses (n,), runs at each and how many reached the target (n,)."""

    doses: np.ndarray
    runs: np.ndarray
    tipped: np.ndarray

    def with_more(self, doses: np.ndarray, tipped: np.ndarray) -> Data:
        """With one more run at each of these doses (n,), and whether each reached the target (n,)."""
        every = np.concatenate([self.doses, doses])
        places, where = np.unique(every, return_inverse=True)
        runs = np.bincount(where, np.concatenate([self.runs, np.ones(len(doses))]), len(places))
        hits = np.bincount(where, np.concatenate([self.tipped, tipped]), len(places))
        return Data(places, runs.astype(int), hits.astype(int))


NO_DATA = Data(np.zeros(0), np.zeros(0, int), np.zeros(0, int))


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weights of shapes, middles and widths: weight (3 * m * w,), and what each says: middle, width (the same,), shape."""

    weight: np.ndarray
    middle: np.ndarray
    width: np.ndarray
    shape: np.ndarray

    def dose(self, level: float) -> np.ndarray:
        """The dose at this level by every member, (members,)."""
        steps = np.array([_quantile(shape, level) - _quantile(shape, 0.5) for shape in range(3)])
        return self.middle + self.width * (steps / _spreads())[self.shape]

    def interval(self, level: float, mass: float = 0.95) -> tuple[float, float, float]:
        """Median and the ends of the central interval of a dose."""
        doses = self.dose(level)
        order = np.argsort(doses)
        below = np.cumsum(self.weight[order]) - 0.5 * self.weight[order]
        low, middle, high = np.interp([0.5 - mass / 2, 0.5, 0.5 + mass / 2], below, doses[order])
        return float(middle), float(low), float(high)

    def chance(self, level: float, *, below: float) -> float:
        """Probability that a dose lies below a value."""
        return float(self.weight[self.dose(level) < below].sum())

    def probabilities(self, doses: np.ndarray) -> np.ndarray:
        """Probability of the target at doses (n,), by every member, (members, n)."""
        return _curve(self.shape[:, None], (doses - self.middle[:, None]) / self.width[:, None])

    def band(self, doses: np.ndarray, mass: float = 0.95) -> np.ndarray:
        """Mean, and ends of the central interval, of the probability at doses (n,): (n, 3)."""
        values = self.probabilities(doses)
        rows = []
        for column in values.T:
            order = np.argsort(column)
            below = np.cumsum(self.weight[order]) - 0.5 * self.weight[order]
            low, high = np.interp([0.5 - mass / 2, 0.5 + mass / 2], below, column[order])
            rows.append((float(self.weight @ column), low, high))
        return np.array(rows)

    @property
    def shapes(self) -> dict[str, float]:
        """How probable each shape is."""
        found = np.bincount(self.shape, self.weight, 3)
        return dict(zip(SHAPES, found.tolist(), strict=True))


def posterior(data: Data) -> Posterior:
    """The posterior of uniform middles and log-uniform widths, on a grid that narrows until it fits."""
    middles, logs = MIDDLES, (np.log(WIDTHS[0]), np.log(WIDTHS[1]))
    found = _on_grid(data, middles, logs)
    for _ in range(6):
        near = _narrowed(found, found.middle, middles), _narrowed(found, np.log(found.width), logs)
        if all(high - low > 0.6 * (b - a) for (low, high), (a, b) in zip(near, (middles, logs), strict=True)):
            break
        middles, logs = near
        found = _on_grid(data, middles, logs)
    return found


def next_doses(found: Posterior, candidates: np.ndarray, levels: tuple[float, ...], number: int) -> np.ndarray:
    """Where to run next: so many of the candidates (n,), for each level in turn the one that is expected to leave the least
    variance of its dose."""
    keep = found.weight > 1e-7 * found.weight.max()
    weight = found.weight[keep] / found.weight[keep].sum()
    small = Posterior(weight, found.middle[keep], found.width[keep], found.shape[keep])
    hit = small.probabilities(candidates)
    chance = np.clip(weight @ hit, SMALLEST, 1 - SMALLEST)
    best = []
    for level in levels:
        dose = small.dose(level)
        dose = np.clip(dose, -1.0, 2.0)  # where it lies far outside does not matter
        gained = _variance(weight, dose, hit, chance), _variance(weight, dose, 1 - hit, 1 - chance)
        best.append(int(np.argmin(chance * gained[0] + (1 - chance) * gained[1])))
    return candidates[[best[k % len(best)] for k in range(number)]]


def _variance(weight: np.ndarray, dose: np.ndarray, hit: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Variance of a dose after an outcome, at every candidate."""
    first = (weight * dose) @ hit / chance
    return (weight * dose**2) @ hit / chance - first**2


def _on_grid(data: Data, middles: tuple[float, float], logs: tuple[float, float]) -> Posterior:
    shape, middle, log = np.meshgrid(
        np.arange(3), np.linspace(*middles, GRID[0]), np.linspace(*logs, GRID[1]), indexing="ij"
    )
    shape, middle, width = shape.ravel(), middle.ravel(), np.exp(log.ravel())
    likely = np.log(BELIEF)[shape]
    for dose, runs, tipped in zip(data.doses, data.runs, data.tipped, strict=True):
        chance = np.clip(_curve(shape, (dose - middle) / width), SMALLEST, 1 - SMALLEST)
        likely += tipped * np.log(chance) + (runs - tipped) * np.log1p(-chance)
    weight = np.exp(likely - likely.max())
    return Posterior(weight / weight.sum(), middle, width, shape)


def _narrowed(found: Posterior, values: np.ndarray, ends: tuple[float, float]) -> tuple[float, float]:
    """The part of a range that the posterior covers."""
    mean = float(found.weight @ values)
    sd = float(np.sqrt(found.weight @ (values - mean) ** 2))
    spacing = (ends[1] - ends[0]) / 40
    reach = max(REACH * sd, 2 * spacing)
    return max(ends[0], mean - reach), min(ends[1], mean + reach)


def _curve(shape: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """F at (dose - middle)/width, by shape."""
    from scipy.special import expit

    shape, steps = np.broadcast_arrays(shape, steps)
    scaled = np.clip(steps * _spreads()[shape], -60.0, 60.0)
    found = np.empty(scaled.shape)
    for number in range(3):
        at = shape == number
        x = scaled[at] + _quantile(number, 0.5)
        found[at] = expit(x) if number == 0 else (-np.expm1(-_exp(x)) if number == 1 else np.exp(-_exp(-x)))
    return found


def _exp(x: np.ndarray) -> np.ndarray:
    return np.exp(np.clip(x, -60.0, 60.0))


def _quantile(shape: int, level: float) -> float:
    """The inverse of a shape in its own units."""
    if shape == 0:
        return float(np.log(level / (1 - level)))
    return float(np.log(-np.log1p(-level))) if shape == 1 else float(-np.log(-np.log(level)))


def _spreads() -> np.ndarray:
    return np.array([_quantile(shape, 0.9) - _quantile(shape, 0.1) for shape in range(3)])

"""Early warnings: does a finite population that is led towards a fold say so before, in what it can be told apart by?

Near a fold the slowest rate at which deviations die out goes to 0 (critical slowing down), so that along its eigenvector the
fluctuations grow in variance and memory [Scheffer et al. 2009; Dakos et al. 2012]. Each replicate's deviation from the frozen rest
point is projected on that direction; over a sliding window its variance, lag-1 autocorrelation and return time are taken, and
the trend of each is Kendall's tau. Trends count as warnings only as far as they tell ramps to the fold from ramps without one
[Boettiger & Hastings 2012]: the ROC curve and the area below it, 1/2 for a coin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._errors import ConfigError, ConfigProblem
from evo._spec import parse_path
from evo.tipping.leading import lead
from evo.tipping.pace import frozen_states
from evo.tipping.question import check_nothing_intervenes, mean_field_of

if TYPE_CHECKING:
    import pandas as pd

    from evo.exact.flows.fields import Field
    from evo.experiment import Experiment

RECORDS = 400
WINDOW = 0.5  # of the records before the fold
LEFT = 0.25  # a share further than this from the frozen state has left it
MEASURES = ("variance", "autocorrelation", "return time")


@dataclass(frozen=True, eq=False)
class Warnings:
    """How well each measure tells ramps to a fold from ramps without one.

    fold: the value at which the frozen state ends. trends, controls: Kendall's tau of each measure, (replicates, 3). left: parts
    of the replicates, on either ramp, that had left the frozen state by chance before half of the way and are not counted.
    slowing: value, and return time by theory, 1/abs(slowest rate) (n, 2).
    """

    path: str
    fold: float
    trends: np.ndarray
    controls: np.ndarray
    left: tuple[float, float]
    slowing: np.ndarray

    def area(self, measure: str) -> tuple[float, float]:
        """Area below the ROC curve and its standard error [Hanley & McNeil 1982]."""
        place = MEASURES.index(measure)
        warned, quiet = self.trends[:, place], self.controls[:, place]
        gap = warned[:, None] - quiet[None, :]
        area = float((gap > 0).mean() + 0.5 * (gap == 0).mean())
        first, second = area / (2 - area), 2 * area**2 / (1 + area)
        more = (len(warned) - 1) * (first - area**2) + (len(quiet) - 1) * (second - area**2)
        return area, float(np.sqrt(max(area * (1 - area) + more, 0) / (len(warned) * len(quiet))))

    def roc(self, measure: str) -> np.ndarray:
        """False and true alarms for every threshold of the trend, (n, 2)."""
        place = MEASURES.index(measure)
        thresholds = np.unique(np.r_[self.trends[:, place], self.controls[:, place]])[::-1]
        rows = [((self.controls[:, place] >= one).mean(), (self.trends[:, place] >= one).mean()) for one in thresholds]
        return np.array([(0.0, 0.0), *rows])

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per measure: area, its standard error, mean trends."""
        import pandas as pd

        rows = [
            dict(zip(("measure", "area", "se"), (name, *self.area(name)), strict=True))
            | {"trend": self.trends[:, k].mean(), "trend without fold": self.controls[:, k].mean()}
            for k, name in enumerate(MEASURES)
        ]
        return pd.DataFrame(rows)

    @property
    def statement(self) -> str:
        told = ", ".join(f"{name} {self.area(name)[0]:.2f} (se {self.area(name)[1]:.2f})" for name in MEASURES)
        return f"{self.path}: fold at {self.fold:.4g}; area below the ROC curve: {told}"


def early_warnings(
    experiment: Experiment,
    path: str,
    *,
    first: float,
    last: float,
    without: float | None = None,
    generations: float | None = None,
    replicates: int = 50,
    workers: int = 1,
) -> Warnings:
    """Lead a finite, well-mixed population from `first` over the fold on the way to `last`, and as often from `first` to `without`
    (by default nowhere), where there must be no fold; both in so many generations (by default those of the run).

    Raises ConfigError where the mean field has no fold on the way to `last`, or one on the way to `without`.
    """
    lasts = experiment.run.generations if generations is None else generations
    without = first if without is None else without
    check_nothing_intervenes(experiment)
    if experiment.population.kind != "well_mixed":
        raise _refused(path, "needs a finite, well-mixed population", "population: {kind: well_mixed, size: 500}")
    flow = mean_field_of(experiment)
    states, fold, fields = frozen_states(flow, path, first, last)
    if np.isnan(fold) or len(states) < 3:
        raise _refused(path, f"has no fold between {first:g} and {last:g}", "lead it further")
    still, lost, others = frozen_states(flow, path, first, without)
    if not np.isnan(lost):
        raise _refused(path, f"has a fold at {lost:.4g} on the way to {without:g}", "choose another `without`")
    end = float(states[-1, 0])
    trends, away = _trends(experiment, path, states, fields, (first, end), lasts, replicates, workers)
    controls, strayed = _trends(experiment, path, still, others, (first, without), lasts, replicates, workers)
    if min(len(trends), len(controls)) < 5:
        raise _refused(path, "fewer than five replicates stay near the frozen state", "take a larger population")
    rates = np.array([-1 / np.real(field.eigenvalues(row[1:])[0]) for field, row in zip(fields, states, strict=True)])
    return Warnings(path, fold, trends, controls, (away, strayed), np.column_stack([states[:, 0], rates]))


def _trends(
    experiment: Experiment,
    path: str,
    states: np.ndarray,
    fields: list[Field],
    way: tuple[float, float],
    lasts: float,
    replicates: int,
    workers: int,
) -> tuple[np.ndarray, float]:
    """Kendall's tau of each measure for each replicate that stays (n, 3), and the part that does not."""
    from scipy.stats import kendalltau

    rest = 0.2 * lasts
    start = dict(zip(experiment.strategy_names, states[0, 1:].tolist(), strict=True))
    schedule = [(0.0, way[0]), (rest, way[0]), (rest + lasts, way[1])]
    found = lead(
        experiment, path, schedule, generations=rest + lasts, records=int(1.2 * RECORDS), start=start,
        replicates=replicates, workers=workers,
    )  # fmt: skip
    chosen = found.time >= rest - 1e-9
    value, mix = found.value[chosen], found.mix[:, chosen]
    place = np.clip((value - way[0]) / ((way[1] - way[0]) or 1.0), 0, 1) * (len(states) - 1)
    frozen = np.array([np.interp(place, np.arange(len(states)), column) for column in states[:, 1:].T]).T
    weights = _slowest(fields, states)[np.round(place).astype(int)]
    deviation = mix - frozen
    projected = (deviation * weights).sum(axis=2)
    rows = []
    for one, far in zip(projected, np.abs(deviation).max(axis=2) > LEFT, strict=True):
        stays = int(np.argmax(far)) if far.any() else len(one)
        if stays < RECORDS / 2:
            continue
        measured = _measures(one[:stays], float(found.time[1] - found.time[0]))
        when = np.arange(len(measured))
        rows.append([_trend(kendalltau(when, column)) for column in measured.T])
    return np.array(rows).reshape(-1, len(MEASURES)), 1 - len(rows) / len(projected)


def _trend(found: Any) -> float:
    """Kendall's tau, 0 where nothing varies."""
    return float(np.nan_to_num(found.statistic))


def _slowest(fields: list[Field], states: np.ndarray) -> np.ndarray:
    """The left eigenvector of the slowest rate at each frozen state, of one sign and unit length, (n, d)."""
    found = np.zeros((len(states), states.shape[1] - 1))
    for k, (field, row) in enumerate(zip(fields, states, strict=True)):
        basis = field.tangent()
        values, vectors = np.linalg.eig((basis.T @ field.jacobian(row[1:]) @ basis).T)
        vector = basis @ np.real(vectors[:, np.argmax(np.real(values))])
        vector /= np.linalg.norm(vector)
        found[k] = -vector if k and vector @ found[k - 1] < 0 else vector
    return found


def _measures(series: np.ndarray, every: float) -> np.ndarray:
    """Variance, lag-1 autocorrelation and return time in a sliding window, (windows, 3)."""
    width = int(WINDOW * len(series))
    windows = np.lib.stride_tricks.sliding_window_view(series, width)
    centred = windows - windows.mean(axis=1, keepdims=True)
    variance = (centred**2).mean(axis=1)
    memory = (centred[:, 1:] * centred[:, :-1]).mean(axis=1) / np.where(variance > 0, variance, 1.0)
    back = -every / np.log(np.clip(memory, 1e-3, 1 - 1e-9))
    return np.column_stack([variance, memory, back])


def _refused(path: str, message: str, hint: str) -> ConfigError:
    return ConfigError([ConfigProblem(parse_path(path), None, message, hint)])

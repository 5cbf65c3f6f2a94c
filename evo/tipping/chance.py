"""With chance: the doses at which the probability to reach the target crosses 10, 50 and 90 %, by adaptive sampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evo.precision import wilson
from evo.tipping.posterior import LEVELS, NO_DATA, Data, Posterior, next_doses, posterior
from evo.tipping.question import Question
from evo.tipping.results import ALREADY, FOUND, NOT_REACHED, Baseline, Crossing, Response
from evo.tipping.runs import reached

CANDIDATES = 101
SURE = 0.975  # that a dose lies outside what can be done
MISFIT = 1e-3  # chance of a worse fit, below which the shape is doubted

Sampler = Callable[[np.ndarray], np.ndarray]  # doses from 0 to 1, one run at each, to whether each reached the target


@dataclass(frozen=True)
class Budget:
    """When to stop: intervals no wider than this part of the largest amount, or so many runs; and runs of the baseline."""

    width: float = 0.05
    most: int = 4000
    baseline: int = 40


def sample(sampler: Sampler, candidates: np.ndarray, budget: Budget, known: Data = NO_DATA) -> tuple[Data, Posterior]:
    """Runs where they tell most, until every level's interval is narrow enough or lies outside 0 to 1."""
    data = known
    found = posterior(data)
    while data.runs.sum() < budget.most:
        open_ = [level for level in LEVELS if not _settled(found, level, budget.width)]
        if not open_:
            break
        number = min(max(3, int(data.runs.sum()) // 12), budget.most - int(data.runs.sum()))
        doses = next_doses(found, candidates, tuple(open_), number)
        data = data.with_more(doses, sampler(doses))
        found = posterior(data)
    return data, found


def _settled(found: Posterior, level: float, width: float) -> bool:
    below, within = found.chance(level, below=0.0), found.chance(level, below=1.0)
    if below >= SURE or 1 - within >= SURE:
        return True
    _, low, high = found.interval(level)
    return high - low <= width


def search(question: Question, budget: Budget, workers: int) -> Response:
    """The response to an intervention, way and amounts as the question says."""
    most = question.done.most
    runs = _Runs(question, workers)
    none = np.zeros(budget.baseline)
    data = NO_DATA.with_more(none, runs(none))
    low, high = wilson(int(data.tipped[0]), budget.baseline)
    baseline = Baseline(data.tipped[0] / budget.baseline, low, high, budget.baseline)
    data, found = sample(runs, _candidates(question), budget, data)
    times = np.array([runs.mean_time(dose) for dose in data.doses])
    line = np.linspace(0, 1, 101)
    return Response(
        question,
        baseline,
        tuple(_crossing(found, level, most) for level in LEVELS),
        most * data.doses,
        data.runs,
        data.tipped,
        times,
        "runs where they are expected to tell most of the doses at 10, 50 and 90 % (posterior over logistic and skewed curves)",
        tuple(_notes(data, found, budget)),
        curve=np.column_stack([most * line, found.band(line)]),
    )


class _Runs:
    """Runs at doses; each has the next replicate's number at its dose, or at a moment, where the runs of one number share their
    stream whatever the dose, among all."""

    def __init__(self, question: Question, workers: int) -> None:
        self.question, self.workers = question, workers
        self.times: dict[float, list[float]] = {}
        self.spent = 0

    def __call__(self, doses: np.ndarray) -> np.ndarray:
        tipped = np.zeros(len(doses))
        for dose in np.unique(doses):
            places = np.flatnonzero(doses == dose)
            before = self.times.setdefault(float(dose), [])
            experiment = self.question.at(self.question.done.most * float(dose))
            times = reached(
                experiment,
                self.question.target,
                replicates=len(places),
                began=self.question.began,
                first=len(before) if self.question.moment is None else self.spent,
                workers=self.workers,
            )
            before += times.tolist()
            self.spent += len(places)
            tipped[places] = ~np.isnan(times)
        return tipped

    def mean_time(self, dose: float) -> float:
        times = [time for time in self.times[float(dose)] if not math.isnan(time)]
        return float(np.mean(times)) if times else math.nan


def _candidates(question: Question) -> np.ndarray:
    """Doses that may be tried: even ones, or whole individuals."""
    grain = question.done.grain / question.done.most
    line = np.linspace(0, 1, CANDIDATES)
    if not grain:
        return line
    return np.unique(np.clip(np.round(line / grain) * grain, 0, 1))


def _crossing(found: Posterior, level: float, most: float) -> Crossing:
    middle, low, high = found.interval(level)
    if found.chance(level, below=0.0) > 0.5:
        return Crossing(level, math.nan, math.nan, most * max(high, 0.0), ALREADY)
    if found.chance(level, below=1.0) < 0.5:
        return Crossing(level, math.nan, most * min(low, 1.0), math.nan, NOT_REACHED)
    return Crossing(level, most * middle, most * max(low, 0.0), most * high, FOUND)


def _notes(data: Data, found: Posterior, budget: Budget) -> list[str]:
    from scipy.stats import chi2

    notes = []
    wide = [level for level in LEVELS if not _settled(found, level, budget.width)]
    if wide:
        told = ", ".join(f"{level:.0%}" for level in wide)
        notes.append(f"the intervals at {told} are wider than asked: {budget.most} runs were not enough")
    misfit, free = deviance(data, found)
    if free > 0 and chi2.sf(misfit, free) < MISFIT:
        notes.append(
            f"the runs do not follow a rising curve of these shapes (chi-squared {misfit:.0f} on {free}): the response may "
            "not be monotone, see the table of doses"
        )
    likeliest = max(found.shapes, key=lambda name: found.shapes[name])
    notes.append(f"likeliest shape: {likeliest} ({found.shapes[likeliest]:.0%})")
    return notes


def deviance(data: Data, found: Posterior) -> tuple[float, int]:
    """Pearson's chi-squared of the mean curve, neighbouring doses put together until five of either outcome are expected in
    each group, and its degrees of freedom."""
    expected = np.clip(found.weight @ found.probabilities(data.doses), 1e-9, 1 - 1e-9)
    groups: list[np.ndarray] = []
    sums = np.zeros(4)
    for p, runs, tipped in zip(expected, data.runs, data.tipped, strict=True):
        sums = sums + np.array([runs, tipped, runs * p, runs * p * (1 - p)])
        if min(sums[2], sums[0] - sums[2]) >= 5:
            groups.append(sums)
            sums = np.zeros(4)
    if groups:
        groups[-1] = groups[-1] + sums
    misfit = sum((one[1] - one[2]) ** 2 / one[3] for one in groups)
    return float(misfit), len(groups) - 3

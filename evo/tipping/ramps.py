"""Ramps: a number is led from one value to another and back at a stated rate; does the system come back, and by which way?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._errors import ConfigError, ConfigProblem, suggest
from evo._spec import parse_path
from evo.tipping.leading import Led, lead
from evo.tipping.question import number_at

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

RECORDS = 400  # along the whole schedule
BACK = 0.05  # a share that has come back differs by less
PAYOFF = "mean_payoff"


@dataclass(frozen=True, eq=False)
class Loop:
    """There and back: rows of value, observable and shares (n, 2 + d) on either way, means over replicates.

    rate: change per generation. begin, end: the observable before and after, the number at rest at `first`. closed: whether every
    share (its mean, with chance) ends within 0.05 of where it began; returned: the part of the replicates of which that holds.
    area: integral of the observable back minus there, over the value from low to high. slower: the same at a quarter of the
    rate, nan where not asked: what is left of it there is no mere lag.
    """

    experiment: Experiment
    path: str
    first: float
    last: float
    rate: float
    observable: str
    there: np.ndarray
    back: np.ndarray
    begin: float
    end: float
    closed: bool
    returned: float
    area: float
    slower: float

    @property
    def statement(self) -> str:
        led = f"{self.path} from {self.first:g} to {self.last:g} and back, {self.rate:g} per generation"
        if not self.closed:
            told = f"open: {self.observable} begins at {self.begin:.3g} and ends at {self.end:.3g}"
        else:
            told = f"closed, area {self.area:.4g}"
            told += "" if np.isnan(self.slower) else f" ({self.slower:.4g} at a quarter of the rate)"
            told += "" if abs(self.back[-1, 1] - self.begin) <= BACK else f", by resting at {self.first:g}"
        turns = [
            f"{way} it passes one half at {value:.4g}"
            for way, value in (("there", self.turn(self.there)), ("back", self.turn(self.back)))
            if value is not None
        ]
        return "; ".join([f"{led}: {told}", *turns])

    def turn(self, way: np.ndarray) -> float | None:
        """The value at which a share first passes one half on a way, None where it does not or no share is observed."""
        if self.observable == PAYOFF:
            return None
        above = way[:, 1] >= 0.5
        changes = np.flatnonzero(above[1:] != above[:-1])
        if not len(changes):
            return None
        k = int(changes[0])
        (v0, y0), (v1, y1) = way[k, :2], way[k + 1, :2]
        return float(v0 + (0.5 - y0) * (v1 - v0) / (y1 - y0))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per record on the ramps: way, value, observable, shares."""
        import pandas as pd

        names = self.experiment.strategy_names
        parts = []
        for way, rows in (("there", self.there), ("back", self.back)):
            columns = {"way": way, self.path: rows[:, 0], "observable": rows[:, 1]}
            parts.append(pd.DataFrame(columns | {name: rows[:, 2 + k] for k, name in enumerate(names)}))
        return pd.concat(parts, ignore_index=True)


def ramp(
    experiment: Experiment,
    path: str,
    *,
    first: float,
    last: float,
    rate: float,
    observable: str | None = None,
    rest: float | None = None,
    replicates: int | None = None,
    slower: bool = True,
    workers: int = 1,
) -> Loop:
    """Lead the number at `path` from `first` to `last` and back, at `rate` per generation, resting `rest` generations (by default
    those of the run) before, between and after.

    observable: the share of a strategy (by default the one that changes most on the way), or mean_payoff. slower: do it again
    at a quarter of the rate. Raises ConfigError where the number cannot be led.

        ramp(experiment, "parameters.omega", first=0.05, last=1.2, rate=0.001, observable="collaborate").closed
    """
    number_at(experiment, path)
    rest = experiment.run.generations if rest is None else rest
    if not (rate > 0 and rest > 0 and np.isfinite([first, last, rate, rest]).all() and first != last):
        raise ConfigError([ConfigProblem(parse_path(path), None, "needs two values, a rate and a rest above 0", None)])
    number = replicates or experiment.run.fewest
    led, lasts = _there_and_back(experiment, path, first, last, rate, rest, number, workers)
    name = observable or _telling(experiment, led)
    place = _place(experiment, name)
    there, back = _ways(led, place, rest, lasts)
    area = _area(there, back)
    begin, end = _index(led, rest), len(led.time) - 1
    apart = np.abs(led.mix[:, end] - led.mix[:, begin]).max(axis=1)
    mean_apart = np.abs(led.mix[:, end].mean(axis=0) - led.mix[:, begin].mean(axis=0)).max()
    seen = led.observed(place)
    quarter = float("nan")
    if slower:
        slow, longer = _there_and_back(experiment, path, first, last, rate / 4, rest, number, workers)
        quarter = _area(*_ways(slow, place, rest, longer))
    return Loop(
        experiment, path, first, last, rate, name, there, back, float(seen[begin]), float(seen[end]),
        bool(mean_apart <= BACK), float((apart <= BACK).mean()), area, quarter,
    )  # fmt: skip


def _there_and_back(
    experiment: Experiment, path: str, first: float, last: float, rate: float, rest: float, number: int, workers: int
) -> tuple[Led, float]:
    lasts = abs(last - first) / rate
    nodes = [(0.0, first), (rest, first), (rest + lasts, last), (2 * rest + lasts, last), (2 * rest + 2 * lasts, first)]
    whole = 3 * rest + 2 * lasts
    records = int(np.ceil(RECORDS * whole / (2 * lasts)))
    found = lead(
        experiment,
        path,
        nodes,
        generations=whole,
        records=min(records, 20 * RECORDS),
        replicates=number,
        workers=workers,
    )
    return found, lasts


def _index(led: Led, time: float) -> int:
    return int(np.argmin(np.abs(led.time - time)))


def _ways(led: Led, place: int | None, rest: float, lasts: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows of value, observable and shares on the way there and back."""
    rows = np.column_stack([led.value, led.observed(place), led.mix.mean(axis=0)])
    return tuple(  # type: ignore[return-value]
        rows[_index(led, begin) : _index(led, begin + lasts) + 1] for begin in (rest, 2 * rest + lasts)
    )


def _area(there: np.ndarray, back: np.ndarray) -> float:
    low, high = min(there[0, 0], there[-1, 0]), max(there[0, 0], there[-1, 0])
    line = np.linspace(low, high, 2001)
    up, down = there[np.argsort(there[:, 0])], back[np.argsort(back[:, 0])]
    gap = np.interp(line, down[:, 0], down[:, 1]) - np.interp(line, up[:, 0], up[:, 1])
    return float(np.trapezoid(gap, line))


def _telling(experiment: Experiment, led: Led) -> str:
    """The strategy whose share changes most on the way."""
    mix = led.mix.mean(axis=0)
    return experiment.strategy_names[int(np.argmax(np.ptp(mix, axis=0)))]


def _place(experiment: Experiment, name: str) -> int | None:
    if name == PAYOFF:
        return None
    names = experiment.strategy_names
    if name not in names:
        hint = suggest(name, [*names, PAYOFF]) or f"one of {', '.join([*names, PAYOFF])}"
        raise ConfigError([ConfigProblem(("observe",), None, f"{name!r} is no strategy", hint)])
    return names.index(name)

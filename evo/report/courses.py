"""The course of each point over time, thinned to what a page can hold: for pictures, and as data for the page's script."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evo.environments import Periodic, Series, Switching
from evo.plots.swept import Swept
from evo.plots.words import variable_label
from evo.report.text import number, unset
from evo.results import Result
from evo.strategies import roles

FEW = 4  # so few replicates are shown one by one
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
BYTES = 1_800_000  # of courses on a page
MOMENTS = (101, 61, 41, 21)  # times of each course, as many as fit
ONE = 250  # a share of 1 as a byte; 255 is none


@dataclass(frozen=True)
class Course:
    """Replicates of one point over time: shares (replicate, time, strategy), environment (replicate, time, variable)."""

    time: np.ndarray
    mix: np.ndarray
    environment: np.ndarray

    @property
    def single(self) -> bool:
        """Whether replicates are shown one by one."""
        return len(self.mix) <= FEW

    def shown(self, values: np.ndarray) -> np.ndarray:
        """What is drawn of values (replicate, time, ...): each replicate, or quantiles in their place."""
        if self.single:
            return values
        if not np.isnan(values).any():
            return np.quantile(values, QUANTILES, axis=0)
        with warnings.catch_warnings():  # times that no replicate came to stay nan
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.nanquantile(values, QUANTILES, axis=0)

    @property
    def middle(self) -> np.ndarray:
        """The median mix, or the first replicate's where there are few, (time, strategy)."""
        shown = self.shown(self.mix)
        return shown[0] if self.single else shown[2]

    def lead(self) -> tuple[np.ndarray, np.ndarray]:
        """Which strategy leads in most replicates at each time, -1 for none, and its mean share, (time,)."""
        known: Any = np.isfinite(self.mix).all(axis=2)  # (replicate, time)
        first = np.where(known, np.nan_to_num(self.mix, nan=-1.0).argmax(axis=2), -1)
        mean = np.where(known[:, :, None], self.mix, 0.0).sum(axis=0) / np.maximum(1, known.sum(axis=0))[:, None]
        votes = np.stack([(first == k).sum(axis=0) for k in range(self.mix.shape[2])], axis=1)  # (time, strategy)
        winner = (votes + 1e-6 * mean).argmax(axis=1)
        share = mean[np.arange(len(winner)), winner]
        return np.where(votes.sum(axis=1) > 0, winner, -1), share


class Courses:
    """The courses that a result kept."""

    def __init__(self, result: Result) -> None:
        self.result = result
        model = result.experiment
        self.strategies, self.variables = list(model.strategies), list(model.environment)
        self.first: dict[int, slice] = {}
        if result.paths is None or result.paths.empty:
            return
        table: Any = result.paths
        points, first = np.unique(table["point"].to_numpy(), return_index=True)
        stops = [*first[1:].tolist(), len(table)]
        self.first = {int(p): slice(a, b) for p, a, b in zip(points, first.tolist(), stops, strict=True)}
        self.values = table[[*self.strategies, *self.variables]].to_numpy(float)
        self.times, self.replicates = table["time"].to_numpy(float), table["replicate"].to_numpy()

    def __contains__(self, point: int) -> bool:
        return point in self.first

    def of(self, point: int, moments: int) -> Course:
        """The course of a point, at so many of its times."""
        rows = self.first[point]
        time, replicates = np.unique(self.times[rows]), np.unique(self.replicates[rows])
        values = np.full((len(replicates), len(time), self.values.shape[1]), np.nan)
        values[np.searchsorted(replicates, self.replicates[rows]), np.searchsorted(time, self.times[rows])] = (
            self.values[rows]
        )
        if self.result.experiment.run.until in ("fixed", "converged"):  # what ended early stays where it is
            for place in range(1, len(time)):
                gone = np.isnan(values[:, place]).all(axis=1)
                values[gone, place] = values[gone, place - 1]
        kept = np.unique(np.linspace(0, len(time) - 1, min(moments, len(time))).round().astype(int))
        count = len(self.strategies)
        return Course(time[kept], values[:, kept, :count], values[:, kept, count:])


def data_of(courses: Courses, swept: Swept, points: Sequence[int], moments: int) -> dict[str, Any]:
    """Courses of a part as plain data for the script: bytes in base64, clocks that points share."""
    found = {point: courses.of(point, moments) for point in points}
    clocks: list[list[float]] = []
    bounds = _bounds(found)
    rolled = bool(roles(swept.experiment.strategies))
    data: dict[str, Any] = {}
    for point, course in found.items():
        clock = [float(f"{time:.6g}") for time in course.time]
        if clock not in clocks:
            clocks.append(clock)
        entry: dict[str, Any] = {
            "c": clocks.index(clock),
            "n": len(course.mix),
            "q": packed(course.shown(course.mix)),
        }
        if not rolled:
            winner, share = course.lead()
            entry |= {"w": _bytes(np.where(winner < 0, 255, winner)), "s": packed(share)}
        if bounds is not None:
            low, high = bounds
            wide = np.where(high > low, high - low, 1.0)
            entry["e"] = packed((_environment(course) - low) / wide)
        data[str(point)] = entry
    return {"clocks": clocks, "points": data, "variables": _variables(swept, bounds), "calendar": calendar(swept)}


def moments_for(courses: Courses, points: int, replicates: int) -> int:
    """How many times of each course a page can hold; 0 where not even the fewest fit."""
    drawn = replicates if replicates <= FEW else len(QUANTILES)
    each = drawn * len(courses.strategies) + 2 + min(3, drawn) * len(courses.variables)
    return next((moments for moments in MOMENTS if points * moments * each * 4 / 3 <= BYTES), 0)


def packed(shares: np.ndarray) -> str:
    """Numbers from 0 to 1 as bytes; only 0 is none and only 1 is all."""
    known = np.nan_to_num(shares)
    whole = np.clip(np.round(known * ONE), np.where(known > 0, 1, 0), np.where(known < 1, ONE - 1, ONE))
    return _bytes(np.where(np.isfinite(shares), whole, 255))


def _bytes(values: np.ndarray) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def _environment(course: Course) -> np.ndarray:
    """Each replicate; or the first one between the bounds of the middle 80 %, (line, time, variable)."""
    if course.single:
        return course.environment
    shown = course.shown(course.environment)
    return np.stack([shown[0], course.environment[0], shown[4]])


def _bounds(found: Mapping[int, Course]) -> tuple[np.ndarray, np.ndarray] | None:
    """The least and the greatest value of each variable."""
    if not found or next(iter(found.values())).environment.shape[2] == 0:
        return None
    low = np.min([np.nanmin(course.environment, axis=(0, 1)) for course in found.values()], axis=0)
    high = np.max([np.nanmax(course.environment, axis=(0, 1)) for course in found.values()], axis=0)
    return low, high


def _variables(swept: Swept, bounds: tuple[np.ndarray, np.ndarray] | None) -> list[dict[str, Any]]:
    if bounds is None:
        return []
    model = swept.experiment
    return [
        {"label": unset(variable_label(name, model)), "low": float(low), "high": float(high), "steps": jumps(law)}
        for (name, law), low, high in zip(model.environment.items(), *bounds, strict=True)
    ]


def jumps(law: object) -> bool:
    """Whether a variable stays where it is between its jumps."""
    return isinstance(law, Switching) or (isinstance(law, Periodic) and law.shape == "square")


def calendar(swept: Swept) -> str:
    """How generations count dates, where a measured series drives the environment."""
    law = next((law for law in swept.experiment.environment.values() if isinstance(law, Series)), None)
    if law is None:
        return ""
    unit = (law.time or "unit of the series").replace("_", " ")
    return f"0 is {unit} {number(law.start)}, {number(law.generations_per_unit)} generations are 1"

"""Shares and environment over time as arrays, from a result or a path, one bundle of replicates per panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evo.environments import Series
from evo.model import Model
from evo.plots.page import PictureError
from evo.plots.swept import MOST_PANELS, Swept, choose_part, swept_parts
from evo.results import Result
from evo.simulation import Path
from evo.sweeps import Settings

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

UNASKED = 6  # panels where nobody chose points


@dataclass(frozen=True)
class Track:
    """Replicates of one point."""

    settings: Settings = field(repr=False)  # what varies, at this point
    model: Model
    time: np.ndarray = field(repr=False)  # (time,), in generations
    mix: np.ndarray = field(repr=False)  # (replicate, time, strategy)
    environment: np.ndarray = field(repr=False)  # (replicate, time, variable)

    @property
    def replicates(self) -> int:
        return len(self.mix)

    @property
    def calendar(self) -> Series | None:
        """The measured series that gives generations their dates, if there is one."""
        return next((law for law in self.model.environment.values() if isinstance(law, Series)), None)


def tracks_of(source: Result | Path, part: str | None, points: Sequence[int] | None) -> tuple[list[Track], str]:
    """A track per point that is asked for, or per point of the sweep if they are few; and a note on the choice."""
    if isinstance(source, Path):
        if part is not None or points is not None:
            raise PictureError("a path has no sweep: part and points choose from a result")
        return [Track({}, source.model, source.time, source.mix, source.environment)], ""
    if source.paths is None or source.paths.empty:
        raise PictureError("no paths were kept: set run.record, or ask for this picture under `plots` before the run")
    parts = [choose_part(source, part)] if part is not None else swept_parts(source)
    kept = set(source.paths["point"].unique().tolist())
    there = [point for swept in parts for point in swept.points if point in kept]
    chosen, note = there, ""
    if points is not None:
        missing = [point for point in points if point not in there]
        if missing:
            raise PictureError(f"no path of point {missing[0]}: points with paths: {_range_words(there)}")
        chosen = list(points)
    elif len(there) > UNASKED + 3:
        chosen = [there[round(place)] for place in np.linspace(0, len(there) - 1, UNASKED)]
        note = f"{UNASKED} of {len(there)} points, evenly through the sweep."
    if len(chosen) > MOST_PANELS:
        raise PictureError(f"{len(chosen)} points are too many panels: choose up to {MOST_PANELS} of them")
    if not chosen:
        raise PictureError("no paths were kept of these points")
    return list(_tracks(source, parts, chosen)), note


def _tracks(result: Result, parts: Sequence[Swept], chosen: Sequence[int]) -> Iterator[Track]:
    assert result.paths is not None
    for point in chosen:
        swept = next(each for each in parts if point in each.points)
        experiment = result.at(point)
        varied = {path: value for path, value in swept.points[point].items() if path in swept.paths}
        if len([each for each in parts if each.points]) > 1 and swept.fixed:
            varied = swept.fixed | varied
        rows: Any = result.paths[result.paths["point"] == point]
        yield _track(rows, experiment, varied)


def _track(rows: pd.DataFrame, experiment: Experiment, settings: Settings) -> Track:
    model = experiment.model
    names = [*model.strategies, *model.environment]
    time = np.unique(rows["time"].to_numpy(float))
    replicates, replicate = np.unique(rows["replicate"].to_numpy(), return_inverse=True)
    values = np.full((len(replicates), len(time), len(names)), np.nan)
    values[replicate, np.searchsorted(time, rows["time"].to_numpy(float))] = rows[names].to_numpy(float)
    if experiment.run.until in ("fixed", "converged"):  # what ended early stays where it is
        _carry_forward(values)
    count = len(model.strategies)
    return Track(settings, model, time, values[:, :, :count], values[:, :, count:])


def _carry_forward(values: np.ndarray) -> None:
    for place in range(1, values.shape[1]):
        gone = np.isnan(values[:, place]).all(axis=1)
        values[gone, place] = values[gone, place - 1]


def _range_words(points: Sequence[int]) -> str:
    if not points:
        return "none"
    whole = list(points) == list(range(points[0], points[-1] + 1)) and len(points) > 3
    return (
        f"{points[0]} to {points[-1]}"
        if whole
        else ", ".join(map(str, points[:12])) + (" ..." if len(points) > 12 else "")
    )

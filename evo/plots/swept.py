"""The points of one part of a sweep as a table: which paths vary, over which values, and what makes which panel."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from evo._errors import listed, suggest
from evo.experiment import Bench, Experiment
from evo.plots.page import PictureError
from evo.results import Result
from evo.sweeps import Settings
from evo.sweeps.ranges import resolved

MOST_PANELS = 20
PLACES = 257  # along an axis whose points lie anywhere


@dataclass(frozen=True)
class Swept:
    """Points of a part, in order, each with what is set there."""

    experiment: Experiment  # of the whole sweep
    part: str
    fixed: Settings  # what the part sets for all its points
    points: Mapping[int, Settings]
    listed: tuple[str, ...] = ()  # paths whose points are written out one by one
    spread: Mapping[str, list[float]] = field(
        default_factory=dict
    )  # paths whose points lie anywhere, and places to show
    derived: tuple[str, ...] = ()  # paths that follow from others by a formula

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths that take more than one value, in the order in which the config names them."""
        named = dict.fromkeys(path for settings in self.points.values() for path in settings)
        return tuple(path for path in named if len(self.values(path)) > 1)

    def value(self, point: int, path: str) -> Any:
        """What a path is at a point: what the point sets, else what the experiment has; None where it has nothing."""
        settings = self.points[point]
        return settings[path] if path in settings else _look(self.experiment.data | {}, path)

    def values(self, path: str) -> list[Any]:
        """The values that a path takes: numbers in ascending order, all else in order of appearance."""
        found = {key(self.value(point, path)): self.value(point, path) for point in self.points}
        return sorted(found.values()) if all(map(_is_number, found.values())) else list(found.values())

    def numeric(self, path: str) -> bool:
        """Whether a path takes numbers only."""
        return all(map(_is_number, self.values(path)))

    def check(self, path: str) -> str:
        """The path, if it varies."""
        if path not in self.paths:
            raise PictureError(
                f"{path!r} does not vary in {self.name}: "
                + (suggest(path, self.paths) or f"what varies: {listed(self.paths)}")
            )
        return path

    @property
    def name(self) -> str:
        return f"part {self.part!r} of the sweep" if self.part else "this sweep"

    def panels(self, axes: Sequence[str]) -> list[tuple[Settings, list[int]]]:
        """The points of each panel, and what is set there, for a picture with these paths along its axes.

        A path that follows from those on the axes (their values go together) does not make panels, nor does one whose
        points are spread over a range.
        """
        beyond = [path for path in self.beyond(axes) if path not in self.spread]
        panels = _grouped(self.points, lambda point: tuple(key(self.value(point, path)) for path in beyond))
        if len(panels) > MOST_PANELS:
            raise PictureError(
                f"{len(panels)} panels, one for each value of {listed(beyond, last=' and ')}, are too many "
                f"({MOST_PANELS} at most): put another path on an axis, or name a part of the sweep with fewer values"
            )
        return [({path: self.value(panel[0], path) for path in beyond}, panel) for panel in panels]

    def beyond(self, axes: Sequence[str]) -> list[str]:
        """What varies besides."""
        return [path for path in self.paths if path not in axes and not self.follows(path, axes)]

    def follows(self, path: str, axes: Sequence[str]) -> bool:
        """Whether what is on the axes says what this path is; of points that lie anywhere none stands for others."""
        if any(axis in self.spread for axis in axes):
            return path in self.derived
        cells = _grouped(self.points, lambda point: tuple(key(self.value(point, axis)) for axis in axes))
        return bool(axes) and all(len({key(self.value(point, path)) for point in cell}) == 1 for cell in cells)


def swept_parts(result: Result) -> list[Swept]:
    """The parts of the sweep that the result holds points of; one without settings where nothing varies."""
    held = set(result.points["point"].tolist())
    experiment = result.experiment
    if not experiment.sweep:
        return [Swept(experiment, "", {}, {point: {} for point in sorted(held)})]
    parts, index, added = [], 0, result.added
    for bench in experiment.benches:
        part, name = bench.part, bench.part.name or ""
        settings = {index + place: each for place, each in enumerate(bench.settings())}
        index += len(settings)
        settings |= {point: each for point, (of, each) in added.items() if of == name}
        kept = {point: each for point, each in settings.items() if point in held}
        if kept:
            written_out = tuple(dict.fromkeys(path for point in part.points for path in point))
            parts.append(Swept(experiment, name, part.set, kept, written_out, _spread(bench), tuple(part.derive)))
    return parts


def _spread(bench: Bench) -> dict[str, list[float]]:
    """Places to show of each path whose points lie anywhere: the finest grid of a refinement, or evenly over a range."""
    part, scene = bench.part, bench.fixed.scene
    found: dict[str, list[float]] = {}
    for over in (part.sample.over if part.sample else {}, part.refine.over if part.refine else {}):
        for path, chosen in resolved(over, scene).items():
            if chosen.choice is None:
                found[path] = list(dict.fromkeys(chosen.at(share) for share in np.linspace(0, 1, PLACES)))
    if part.refine:
        finest = part.refine.values(scene)
        found |= {path: values for path, values in finest.items() if len(values) <= 2 * PLACES}
    return found


def choose_part(result: Result, part: str | None, fits: Callable[[Swept], bool] = lambda swept: True) -> Swept:
    """The part of that name; without a name the first that fits the picture, else the first."""
    parts = swept_parts(result)
    if not parts:
        raise PictureError("the result holds no points")
    if part is None:
        return next((swept for swept in parts if fits(swept)), parts[0])
    for swept in parts:
        if swept.part == part:
            return swept
    names = [swept.part for swept in parts if swept.part]
    raise PictureError(f"the sweep has no part {part!r}: " + (suggest(part, names) or f"parts: {listed(names)}"))


def key(value: Any) -> Hashable:
    """What makes two values of a setting the same."""
    return float(value) if _is_number(value) else json.dumps(value, default=str)


def is_geometric(values: Sequence[float]) -> bool:
    """Whether values stand in equal ratios rather than at equal distances, and a logarithmic axis shows them best."""
    numbers = np.asarray(values, float)
    if len(numbers) < 3 or numbers.min() <= 0 or numbers.max() < 8 * numbers.min():
        return False
    ratios, steps = np.diff(np.log(numbers)), np.diff(numbers)
    return bool(np.ptp(ratios) / ratios.mean() < np.ptp(steps) / steps.mean())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _grouped(points: Iterable[int], by: Callable[[int], Hashable]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for point in points:
        groups.setdefault(by(point), []).append(point)
    return list(groups.values())


def _look(data: Any, path: str) -> Any:
    from evo._spec import parse_path

    for part in parse_path(path):
        if not isinstance(data, Mapping) or part not in data:
            return None
        data = data[part]
    return data["value"] if isinstance(data, Mapping) and path.startswith("parameters.") else data

"""The plan of a run: every point built and checked, its replicates, its size, and the tasks that it falls into."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from evo.batch.tables import outcome_schema, outcome_types, path_schema, path_types, points_table
from evo.experiment import Experiment, Point
from evo.lowering import parts_apart
from evo.measures import shape_of
from evo.recording import plan_of, recording_bytes
from evo.sweeps import Settings

KEPT_POINTS = 4096  # built points that stay in memory (50 kB each); where there are more, they are built again
MANY_POINTS = 100_000  # a point takes a millisecond to build
MANY_ROWS = 20_000_000
SHARE_OF_MEMORY = 0.5
STRIDE = 2**24  # more than the replicates a point may have: point * STRIDE + replicate numbers every row

Building = Callable[[int, int], None]


class LargePlanError(ValueError):
    """A plan so large that it is run only where that is confirmed; says what is large."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Plan:
    """All that a run will do.

    parts, settings: of each point in order, its part of the sweep and what is set there. replicates: of each point.
    records: of each point, rows of one replicate's path (0 where none is kept). random: which points have randomness.
    recording: bytes of the largest recording of one replicate. kept: the built points, where they are not too many.
    """

    experiment: Experiment
    parts: tuple[str, ...]
    settings: tuple[Settings, ...]
    replicates: np.ndarray
    records: np.ndarray
    random: np.ndarray
    recording: int
    outcomes: pa.Schema
    paths: pa.Schema | None
    kept: tuple[Point, ...] | None

    def __iter__(self) -> Iterator[Point]:
        return iter(self.kept) if self.kept is not None else self.experiment.points()

    @cached_property
    def points(self) -> pa.Table:
        """One row per point; made when asked for, because Arrow imports pandas to make arrays."""
        paths = tuple(dict.fromkeys(path for part in self.experiment.sweep for path in part.paths))
        return points_table(self.parts, self.settings, paths)

    @property
    def rows(self) -> int:
        """Replicates in all, each a row of the outcomes."""
        return int(self.replicates.sum())

    @property
    def path_rows(self) -> int:
        """Rows of the paths in all."""
        return int((self.replicates * self.records).sum())

    @cached_property
    def bytes(self) -> dict[str, int]:
        """What the tables take at most, in memory: outcomes and paths."""
        return {
            "outcomes": self.rows * _width(self.outcomes),
            "paths": self.path_rows * _width(self.paths) if self.paths else 0,
        }

    @property
    def memory(self) -> int:
        """Memory that the run needs at most: its tables as Arrow and as pandas, and recordings under way."""
        return 2 * sum(self.bytes.values()) + 4 * self.recording

    @property
    def notices(self) -> list[str]:
        """What a reader of the results should know beforehand."""
        model = self.experiment.model
        parts = parts_apart(model) if model.population.kind == "network" else 1
        if parts > 1 and model.fixes:
            return [
                f"the graph is in {parts:,} parts without a tie between them: no strategy can spread from one to another"
            ]
        once, points = int((~self.random).sum()), len(self.replicates)
        wanted = self.experiment.run.replicates
        if wanted == 1 or not once:
            return []
        if once == points:
            return [f"nothing is random here: each point is run once, not {wanted:,} times"]
        return [f"nothing is random at {once:,} of {points:,} points: these are run once each, not {wanted:,} times"]

    def large(self, folder: Path | None = None) -> list[str]:
        """Reasons to ask before this is run."""
        reasons: list[str] = []
        available = available_memory()
        if available is not None and self.memory > SHARE_OF_MEMORY * available:
            reasons.append(
                f"it may need {in_bytes(self.memory)} of memory and {in_bytes(available)} are free"
                + (", most of it for paths (run.record, and pictures of paths)" if self.path_rows > self.rows else "")
            )
        if folder is not None and (room := free_space(folder)) < 2 * sum(self.bytes.values()):
            size = in_bytes(2 * sum(self.bytes.values()))
            reasons.append(f"it may write {size} and {in_bytes(room)} are free on the disk of {folder}")
        if self.rows > MANY_ROWS:
            reasons.append(f"it has {self.rows:,} replicates in all")
        return reasons


def make_plan(experiment: Experiment, *, allow_large: bool = False, building: Building | None = None) -> Plan:
    """Build and check every point of the experiment; `building` hears of progress (points so far, points in all).

    Raises ConfigError where a point is refused, LargePlanError where there are very many and that is not allowed.
    """
    total = sum(part.size for part in experiment.sweep) if experiment.sweep else 1
    if total > MANY_POINTS and not allow_large:
        minutes = total // 60_000
        raise LargePlanError([f"it has {total:,} points: to check them alone takes about {minutes:,} minutes"])
    survey = _Survey(experiment)
    for point in experiment.points():
        survey.add(point)
        if building is not None and (point.index % 50 == 49 or point.index + 1 == total):
            building(point.index + 1, total)
    return survey.plan()


class _Survey:
    """Gathers what a plan says of its points."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.parts: list[str] = []
        self.settings: list[Settings] = []
        self.replicates: list[int] = []
        self.records: list[int] = []
        self.random: list[bool] = []
        self.recording = 0
        self.outcome_types: dict[str, pa.DataType] = {}
        self.path_types: dict[str, pa.DataType] = {}
        self.seen: set[object] = set()
        self.kept: list[Point] | None = []

    def add(self, point: Point) -> None:
        chosen = point.experiment
        self.parts.append(point.part)
        self.settings.append(point.settings)
        self.replicates.append(chosen.replicates)
        self.random.append(not chosen.model.deterministic or chosen.run.start == "random")
        plan = plan_of(**chosen.plan_arguments, record_every=chosen.record_every)
        self.records.append(0 if chosen.record_every is None else plan.records)
        self.recording = max(self.recording, recording_bytes(chosen.model.lowered, plan, 1))
        shape = shape_of(chosen.measure, chosen.model, chosen.intervention_names)
        if shape not in self.seen:
            self.seen.add(shape)
            self.outcome_types |= outcome_types(chosen)
            self.path_types |= path_types(chosen)
        if self.kept is not None:
            self.kept.append(point)
            self.kept = self.kept if len(self.kept) <= KEPT_POINTS else None

    def plan(self) -> Plan:
        records = np.array(self.records, np.int64)
        return Plan(
            experiment=self.experiment,
            parts=tuple(self.parts),
            settings=tuple(self.settings),
            replicates=np.array(self.replicates, np.int64),
            records=records,
            random=np.array(self.random),
            recording=self.recording,
            outcomes=outcome_schema(self.outcome_types),
            paths=path_schema(self.path_types) if records.any() else None,
            kept=None if self.kept is None else tuple(self.kept),
        )


def config_hash(experiment: Experiment) -> str:
    """Names what a run computes: everything but words, colours, pictures and the number of replicates.

    Two runs of equal hash give the same rows; one with more replicates gives more of them.
    """
    data = {key: item for key, item in experiment.data.items() if key not in ("title", "question", "note", "plots")}
    data["run"] = {key: item for key, item in data["run"].items() if key not in ("replicates", "record")}
    data["record_every"] = experiment.record_every
    data["strategies"] = {
        name: {key: item for key, item in strategy.items() if key not in ("label", "color")}
        for name, strategy in data["strategies"].items()
    }
    data["parameters"] = {name: parameter.value for name, parameter in experiment.parameters.items()}
    return hashlib.sha256(json.dumps(_floats(data)).encode()).hexdigest()


def available_memory() -> int | None:
    """Bytes that this process may still take, where the system says so."""
    found: list[int] = []
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            found += [int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:")]
    except OSError:
        if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
            found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    try:  # a container's own limit
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii").strip()
        found += [int(limit) - int(used)] if limit != "max" else []
    except (OSError, ValueError):
        pass
    return max(0, min(found)) if found else None


def free_space(folder: Path) -> int:
    """Bytes free on the disk of a folder that need not exist yet."""
    import shutil

    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def in_bytes(count: float) -> str:
    """`3.2 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.2g} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def _width(schema: pa.Schema) -> int:
    return sum(16 if pa.types.is_string(field.type) else 8 for field in schema)


def _floats(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _floats(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [_floats(item) for item in data]
    return float(data) if type(data) is int and abs(data) < 2**53 else data

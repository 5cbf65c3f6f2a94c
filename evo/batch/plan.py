"""The plan of a run: every point built and checked, its replicates, its size, and the tasks that it falls into."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from evo._errors import ConfigError, ConfigProblem, listed, suggest
from evo.batch.progress import duration
from evo.batch.room import available_memory, free_space, in_bytes
from evo.batch.shards import WHOLE, Shard
from evo.batch.tables import outcome_schema, outcome_types, path_schema, path_types, points_table
from evo.canonical import plain
from evo.estimates import columns_of
from evo.experiment import PATH_KEYS, Bench, Experiment, Point
from evo.lowering import Problems, parts_apart
from evo.measures import shape_of
from evo.precision import Precise
from evo.recording import plan_of, recording_bytes
from evo.runfolder import Numbering
from evo.sweeps import Settings

KEPT_POINTS = 4096  # built points that stay in memory (50 kB each); where there are more, they are built again
MANY_POINTS = 100_000  # from these on it is asked first: a point takes 0.1 to 1 ms to build
FEW_POINTS = 50  # of which is seen how long all of them would take
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
    addresses: of each point, what is computed there; points of equal address are computed once, as the first of them.
    precise: of each point, the rule by which more replicates follow, or None. Of what is decided as the run goes on the
    plan holds what is decided so far (`evo.batch.rounds`).
    recording: bytes of the largest recording of one replicate. kept: the built points, where they are not too many.
    shard: what this run does of it, where several share the work.
    """

    experiment: Experiment
    parts: tuple[str, ...]
    settings: tuple[Settings, ...]
    replicates: np.ndarray
    records: np.ndarray
    random: np.ndarray
    addresses: np.ndarray
    precise: tuple[Precise | None, ...]
    recording: int
    outcomes: pa.Schema
    paths: pa.Schema | None
    kept: tuple[Point, ...] | None
    shard: Shard = WHOLE

    def __iter__(self) -> Iterator[Point]:
        if self.kept is not None:
            return iter(self.kept)
        return itertools.chain(self.experiment.points(), self._added())

    def _added(self) -> Iterator[Point]:
        """The points that refinement added to those of the config."""
        benches = {bench.part.name or "": bench for bench in self.experiment.benches if bench.part.refine}
        for number in range(sum(self.experiment.sizes), len(self.parts) if benches else 0):
            part, settings = self.parts[number], self.settings[number]
            yield Point(number, part, settings, benches[part].at(settings))

    def grown(self, replicates: np.ndarray, added: Sequence[tuple[Bench, Settings]]) -> Plan:
        """The plan with these replicates of the points that it has, and with more points."""
        if not added:
            return dataclasses.replace(self, replicates=replicates)
        survey = _Survey.of(dataclasses.replace(self, replicates=replicates))
        for number, (bench, settings) in enumerate(added, len(self.parts)):
            survey.add(Point(number, bench.part.name or "", settings, bench.at(settings)))
        grown = survey.plan()
        if not (grown.outcomes.equals(self.outcomes) and grown.paths == self.paths):
            place = next(bench.place for bench, _ in added)
            problem = "changes which columns the outcomes have from point to point: such a path goes under grid"
            raise ConfigError([ConfigProblem(("sweep", place, "refine"), None, problem)])
        return grown

    @property
    def adaptive(self) -> bool:
        """Whether more points or replicates may follow from what comes out."""
        return any(part.refine for part in self.experiment.sweep) or any(self.precise)

    @cached_property
    def points(self) -> pa.Table:
        """One row per point; made when asked for, because Arrow imports pandas to make arrays."""
        paths = tuple(dict.fromkeys(path for part in self.experiment.sweep for path in part.paths))
        return points_table(self.parts, self.settings, paths)

    @property
    def rows(self) -> int:
        """Replicates in all, each a row of the outcomes."""
        return int(self.replicates.sum())

    @cached_property
    def numbering(self) -> Numbering:
        """The numbers of points by their addresses."""
        return Numbering(self.addresses)

    @cached_property
    def _found(self) -> tuple[np.ndarray, np.ndarray]:
        """Addresses in order, each once, and the first point that each is of."""
        return np.unique(self.addresses, return_index=True)

    @cached_property
    def first(self) -> np.ndarray:
        """Which points are the first of their address: those that are run."""
        first = np.zeros(len(self.addresses), bool)
        first[self._found[1]] = True
        return first

    @cached_property
    def computed(self) -> np.ndarray:
        """Of each point, the most replicates of any point of its address: so many are computed there."""
        _, place = np.unique(self.addresses, return_inverse=True)
        most = np.zeros(len(self.addresses), np.int64)
        np.maximum.at(most, place, self.replicates)
        return most[place]

    @cached_property
    def jobs(self) -> int:
        """Replicates that are run for these rows: points that are the same are run once, and of a shard only its share."""
        if self.shard.whole:
            return int(self.computed[self.first].sum())
        return sum(b - a for point in range(len(self.replicates)) for a, b in self.wanted(point))

    def places(self, addresses: np.ndarray) -> np.ndarray:
        """The first point of each address, -1 where the plan has none."""
        known, points = self._found
        at = np.minimum(np.searchsorted(known, addresses), len(known) - 1)
        return np.where(known[at] == addresses, points[at], -1)

    def wanted(self, point: int) -> list[tuple[int, int]]:
        """Ranges (first, after the last) of the point's replicates that this run is to compute."""
        count = int(self.computed[point])
        return self.shard.ranges(point, count, len(self.replicates)) if self.first[point] else []

    def asked(self, points: np.ndarray, replicates: np.ndarray) -> np.ndarray:
        """Which of these replicates this run is to compute; points: the first ones of their addresses, or -1."""
        found = (points >= 0) & (points < len(self.computed))
        found[found] = replicates[found] < self.computed[points[found]]
        if self.shard.whole:
            return found
        ranges = {point: self.wanted(point) for point in np.unique(points[found]).tolist()}
        pairs = zip(points[found].tolist(), replicates[found].tolist(), strict=True)
        found[found] = [any(a <= number < b for a, b in ranges[point]) for point, number in pairs]
        return found

    def rows_of(self, table: pa.Table) -> pa.Table:
        """The rows of a table, its points numbered, that this plan has: the same may have been run more often elsewhere."""
        return table.filter(pa.array(table["replicate"].to_numpy() < self.replicates[table["point"].to_numpy()]))

    @property
    def most_rows(self) -> int:
        """Replicates in all where every point that runs until it is precise needs as many as it may have."""
        pairs = zip(self.precise, self.replicates.tolist(), strict=True)
        return sum(count if rule is None else rule.at_most for rule, count in pairs)

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
        wanted = self.experiment.run.most
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
        if self.most_rows > MANY_ROWS:
            has = "has" if self.rows == self.most_rows else "may have"
            reasons.append(f"it {has} {self.most_rows:,} replicates in all")
        return reasons


def make_plan(
    experiment: Experiment, *, allow_large: bool = False, building: Building | None = None, shard: Shard = WHOLE
) -> Plan:
    """Build and check every point of the experiment; `building` hears of progress (points so far, points in all).

    Raises ConfigError where a point is refused, LargePlanError where there are very many and that is not allowed.
    """
    total = sum(part.size for part in experiment.sweep) if experiment.sweep else 1
    if total <= MANY_POINTS or allow_large:
        total = sum(experiment.sizes) if experiment.sweep else 1
    if total > MANY_POINTS and not allow_large:
        raise LargePlanError(
            [f"it has {total:,} points: to check them alone takes about {_time_to_build(experiment, total)}"]
        )
    survey = _Survey(experiment, shard)
    for point in experiment.points():
        survey.add(point)
        if building is not None and (point.index % 50 == 49 or point.index + 1 == total):
            building(point.index + 1, total)
    plan = survey.plan()
    _check_asked(plan)
    return plan


def _time_to_build(experiment: Experiment, points: int) -> str:
    """In words, from how long the first few take."""
    survey, times = _Survey(experiment, WHOLE), [time.perf_counter()]
    for point in itertools.islice(experiment.points(), FEW_POINTS):
        survey.add(point)
        times.append(time.perf_counter())
    return duration(points * float(np.median(np.diff(times))))  # before the first of them all values are listed


def _check_asked(plan: Plan) -> None:
    """Refuse a rule that looks at what is not measured."""
    experiment, problems = plan.experiment, Problems()
    asked: list[tuple[tuple[str | int, ...], str]] = [
        (("sweep", place, "refine", "measure"), part.refine.measure)
        for place, part in enumerate(experiment.sweep)
        if part.refine
    ]
    asked += [(("run", "replicates", "measure"), rule.measure) for rule in dict.fromkeys(plan.precise) if rule]
    for path, measure in asked:
        if not (found := columns_of(measure, plan.outcomes.names)):
            names = plan.outcomes.names[2:]
            hint = suggest(measure, names) or f"columns: {listed(names)}"
            problems.add(path, f"{measure!r} is no column of the outcomes: it must be measured", hint)
        elif len(found) > 1 and path[0] == "sweep":
            problems.add(path, f"{measure!r} is several columns: {listed(found)}", f"choose one, such as {found[0]}")
    for place, part in enumerate(experiment.sweep):
        if part.refine and part.refine.measure in plan.outcomes.names:
            words = plan.outcomes.field(part.refine.measure).type == pa.string()
            at = ("sweep", place, "refine", "change")
            if words and part.refine.change is not None:
                problems.add(at, f"is for numbers, and {part.refine.measure} is a word", "use doubt")
            if not words and part.refine.change is None:
                problems.add(at, f"says by how much {part.refine.measure} must change for a cell to be split")
    problems.stop()


class _Survey:
    """Gathers what a plan says of its points."""

    def __init__(self, experiment: Experiment, shard: Shard) -> None:
        self.experiment = experiment
        self.shard = shard
        self.parts: list[str] = []
        self.settings: list[Settings] = []
        self.replicates: list[int] = []
        self.records: list[int] = []
        self.random: list[bool] = []
        self.addresses: list[int] = []
        self.recording = 0
        self.outcome_types: dict[str, pa.DataType] = {}
        self.path_types: dict[str, pa.DataType] = {}
        self.seen: set[object] = set()
        self.precise: list[Precise | None] = []
        self.kept: list[Point] | None = []

    @classmethod
    def of(cls, plan: Plan) -> _Survey:
        """One that goes on from a plan."""
        survey = cls(plan.experiment, plan.shard)
        survey.parts, survey.settings = list(plan.parts), list(plan.settings)
        survey.replicates, survey.records = plan.replicates.tolist(), plan.records.tolist()
        survey.random, survey.precise = plan.random.tolist(), list(plan.precise)
        survey.addresses, survey.recording = plan.addresses.tolist(), plan.recording
        survey.outcome_types = {field.name: field.type for field in plan.outcomes if field.name not in PATH_KEYS}
        for field in plan.paths or ():
            survey.path_types |= {} if field.name in PATH_KEYS else {field.name: field.type}
        survey.kept = None if plan.kept is None else list(plan.kept)
        return survey

    def add(self, point: Point) -> None:
        chosen = point.experiment
        self.parts.append(point.part)
        self.settings.append(point.settings)
        self.replicates.append(chosen.replicates)
        self.random.append(chosen.random)
        self.addresses.append(chosen.address)
        self.precise.append(chosen.precise)
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
            addresses=np.array(self.addresses, np.int64),
            precise=tuple(self.precise),
            recording=self.recording,
            outcomes=outcome_schema(self.outcome_types),
            paths=path_schema(self.path_types) if records.any() else None,
            kept=None if self.kept is None else tuple(self.kept),
            shard=self.shard,
        )


def config_hash(experiment: Experiment) -> str:
    """Names what a run computes: everything but words, colours, pictures, clusters and the number of replicates.

    Two runs of equal hash give the same rows; one with more replicates gives more of them.
    """
    data = {
        key: item
        for key, item in experiment.data.items()
        if key not in ("title", "question", "note", "plots", "cluster")
    }
    data["run"] = {key: item for key, item in data["run"].items() if key not in ("replicates", "record")}
    if isinstance(rule := experiment.run.replicates, Precise):  # but for its last look, for more may follow
        data["run"]["replicates"] = plain(rule) | {"at_most": None}
    data["record_every"] = experiment.record_every
    data["strategies"] = {
        name: {key: item for key, item in strategy.items() if key not in ("label", "color")}
        for name, strategy in data["strategies"].items()
    }
    data["parameters"] = {name: parameter.value for name, parameter in experiment.parameters.items()}
    if lent := {
        path: plain(found) for part in experiment.sweep for path, found in part.borrowed(experiment.scene).items()
    }:
        data["ranges"] = lent
    return hashlib.sha256(json.dumps(_floats(data)).encode()).hexdigest()


def _width(schema: pa.Schema) -> int:
    return sum(16 if pa.types.is_string(field.type) else 8 for field in schema)


def _floats(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _floats(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [_floats(item) for item in data]
    return float(data) if type(data) is int and abs(data) < 2**53 else data

"""Tasks: some replicates of some points, computed by one worker into rows; what a thread is handed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evo.batch.plan import STRIDE, Plan
from evo.batch.store import Rows
from evo.batch.tables import part_schema, path_rows, rows
from evo.experiment import Experiment, Point
from evo.graphs import Graph
from evo.kernels.arrays import Recording
from evo.measures import outcomes
from evo.model import Model
from evo.recording import plan_of, recording_bytes
from evo.runfolder import FAILURE
from evo.simulation import interrupted, last_graph, run_plan, trouble

SECONDS = 0.4  # that a task should take
MOST_BYTES = 2**26  # of recordings in a task, where one replicate does not take more


@dataclass(frozen=True)
class Job:
    """Replicates first, first+1, ... of one point."""

    point: Point
    first: int
    count: int


@dataclass(frozen=True)
class Errors:
    """Replicates of a job that an unexpected error left without an outcome."""

    job: Job
    message: str

    @property
    def rows(self) -> list[dict[str, object]]:
        """As the table of failures has them."""
        place = {"point": self.job.point.index, "seed": self.job.point.experiment.run.seed, "message": self.message}
        return [{**place, "replicate": self.job.first + number} for number in range(self.job.count)]


@dataclass(frozen=True)
class Answer:
    """What a task gave: its rows, and how long it took."""

    rows: Rows
    errors: list[Errors]
    seconds: float


@dataclass
class Pace:
    """How many replicates make a task, from how long the last ones took."""

    seconds: float | None = None  # a replicate

    def heard(self, seconds: float, replicates: int) -> None:
        if replicates:
            fresh = seconds / replicates
            self.seconds = fresh if self.seconds is None else min(0.5 * (self.seconds + fresh), 4 * fresh)

    def replicates(self) -> int:
        """Replicates that fill a task; one while nothing is known."""
        return 1 if self.seconds is None else max(1, min(10**5, int(SECONDS / max(self.seconds, 1e-9))))


def tasks(plan: Plan, done: np.ndarray, pace: Pace) -> Iterator[list[Job]]:
    """Tasks for all replicates of the plan that are not done, in order of points; their size follows the pace."""
    task: list[Job] = []
    room, memory = pace.replicates(), MOST_BYTES
    for point in plan:
        cost = 0
        for first, last in missing(done, point.index, int(plan.replicates[point.index])):
            cost = cost or _recording_bytes(point.experiment)
            while first < last:
                count = min(last - first, room, max(1, memory // cost))
                task.append(Job(point, first, count))
                first, room, memory = first + count, room - count, memory - count * cost
                if room <= 0 or memory < cost:
                    yield task
                    task, room, memory = [], pace.replicates(), MOST_BYTES
    if task:
        yield task


def missing(done: np.ndarray, point: int, replicates: int) -> list[tuple[int, int]]:
    """Ranges (first, after the last) of a point's replicates that are not among the sorted keys `done`."""
    low, high = np.searchsorted(done, (point * STRIDE, point * STRIDE + replicates))
    if low == high:
        return [(0, replicates)]
    edges = np.concatenate([[-1], done[low:high] - point * STRIDE, [replicates]])
    gaps = np.flatnonzero(np.diff(edges) > 1)
    return [(int(edges[gap]) + 1, int(edges[gap + 1])) for gap in gaps]


def compute(task: list[Job], outcome_schema: pa.Schema, path_schema: pa.Schema | None, flag: np.ndarray) -> Answer:
    """Run a task. Replicates that the flag stopped are left out; one that breaks is a failure and stops no other."""
    began = time.perf_counter()
    blocks: list[Rows] = []
    errors: list[Errors] = []
    for job in task:
        if flag[0]:
            break
        try:
            blocks.append(_rows(job, outcome_schema, path_schema, flag))
        except Exception as error:  # of one point: the others go on, and all are told of it at the end
            errors.append(Errors(job, f"{type(error).__name__}: {error}"))
    empty = Rows(part_schema(outcome_schema).empty_table(), path_schema.empty_table() if path_schema else None)
    return Answer(Rows.together([empty, *blocks]), errors, time.perf_counter() - began)


def _rows(job: Job, outcome_schema: pa.Schema, path_schema: pa.Schema | None, flag: np.ndarray) -> Rows:
    chosen = job.point.experiment
    run, model = chosen.run, chosen.model
    recording = run_plan(
        model,
        plan_of(**chosen.plan_arguments, record_every=chosen.record_every),
        seed=run.seed,
        point=chosen.stream,
        replicates=job.count,
        first=job.first,
        flag=flag,
        schedule=chosen.schedule,
    )
    messages = [trouble(model, recording, row) for row in range(job.count)]
    stopped = [interrupted(recording, row) for row in range(job.count)]
    sound = np.array([message is None for message in messages]) & ~np.array(stopped)
    failed = np.array([message is not None for message in messages])
    healthy = _select(recording, sound)
    numbers = job.first + np.arange(job.count)
    schema = part_schema(outcome_schema)
    measured = (
        outcomes(
            chosen.measure,
            model,
            healthy,
            _graphs(model, healthy, run.seed, numbers[sound]),
            chosen.intervention_names,
        )
        if sound.any()
        else {}
    )
    found = rows(schema, _key(job, numbers[sound]), measured)
    if failed.any():
        words = {"seed": np.full(failed.sum(), run.seed), FAILURE: [message for message in messages if message]}
        found = pa.concat_tables([found, rows(schema, _key(job, numbers[failed]), words)])
    if path_schema is None:
        return Rows(found, None)
    if chosen.record_every is None:
        return Rows(found, path_schema.empty_table())
    return Rows(found, path_rows(path_schema, chosen, job.point.index, numbers[sound], chosen.record_every, healthy))


def _graphs(model: Model, recording: Recording, seed: int, replicates: np.ndarray) -> Callable[[int], Graph]:
    """The graph that each row, a replicate, was played on at the end."""
    return lambda row: last_graph(model, recording, row, seed=seed, replicate=int(replicates[row]))


def _key(job: Job, replicates: np.ndarray) -> dict[str, np.ndarray]:
    return {"point": np.full(len(replicates), job.point.index), "replicate": replicates}


def _select(recording: Recording, chosen: np.ndarray) -> Recording:
    return recording if chosen.all() else Recording(*(values[chosen] for values in recording))


def _recording_bytes(experiment: Experiment) -> int:
    plan = plan_of(**experiment.plan_arguments, record_every=experiment.record_every)
    return recording_bytes(experiment.model.lowered, plan, 1)

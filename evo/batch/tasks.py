"""Tasks: some replicates of some points, computed by one worker into rows; what a thread is handed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evo.batch.limits import Limit
from evo.batch.plan import STRIDE, Plan
from evo.batch.store import Rows
from evo.batch.tables import by_address, part_schema, path_columns, rows
from evo.batch.tally import Tally
from evo.experiment import Experiment, Point
from evo.graphs import Graph
from evo.kernels.arrays import Recording
from evo.measures import outcomes
from evo.model import Model
from evo.recording import plan_of, recording_bytes
from evo.runfolder import ADDRESS, FAILURE
from evo.simulation import interrupted, last_graph, run_plan, trouble

SECONDS = 0.4  # that a task should take
MOST_BYTES = 2**26  # of recordings in a task, where one replicate does not take more
Columns = dict[str, np.ndarray]


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
    def words(self) -> str:
        """`point 3, replicates 5 to 9: ValueError: ...`."""
        first, last = self.job.first, self.job.first + self.job.count - 1
        which = f"replicate {first}" if first == last else f"replicates {first:,} to {last:,}"
        return f"point {self.job.point.index}, {which}: {self.message}"

    @property
    def rows(self) -> list[dict[str, object]]:
        """As the table of failures has them."""
        place = {"point": self.job.point.index, "seed": self.job.point.experiment.run.seed, "message": self.message}
        numbers = range(self.job.first, self.job.first + self.job.count)
        command = f"evo rerun . --point {self.job.point.index} --replicate "
        return [{**place, "replicate": number, "command": f"{command}{number}"} for number in numbers]


@dataclass(frozen=True)
class Answer:
    """What a task gave: its rows (None where the worker itself has written them), their tally, how long it took."""

    rows: Rows | None
    tally: Tally
    errors: list[Errors]
    seconds: float


@dataclass
class Pace:
    """How many replicates make a task, from how long the last ones took; `target`: seconds that a task should take."""

    seconds: float | None = None  # a replicate
    target: float | None = None

    def heard(self, seconds: float, replicates: int) -> None:
        if replicates:
            fresh = seconds / replicates
            self.seconds = fresh if self.seconds is None else min(0.5 * (self.seconds + fresh), 4 * fresh)

    def replicates(self) -> int:
        """Replicates that fill a task; one while nothing is known."""
        target = SECONDS if self.target is None else self.target
        return 1 if self.seconds is None else max(1, min(10**5, int(target / max(self.seconds, 1e-9))))


def tasks(plan: Plan, done: np.ndarray, pace: Pace) -> Iterator[list[Job]]:
    """Tasks for all replicates of the plan that are not done, in order of points; their size follows the pace."""
    task: list[Job] = []
    room, memory = pace.replicates(), MOST_BYTES
    for point in plan:
        cost = 0
        for first, last in left(plan, done, point.index):
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


def left(plan: Plan, done: np.ndarray, point: int) -> list[tuple[int, int]]:
    """Ranges (first, after the last) of a point's replicates that the plan wants and that are not done."""
    return [gap for first, last in plan.wanted(point) for gap in missing(done, point, first, last)]


def missing(done: np.ndarray, point: int, first: int, last: int) -> list[tuple[int, int]]:
    """Ranges of a point's replicates, first to before last, that are not among the sorted keys `done`."""
    low, high = done.searchsorted((point * STRIDE + first, point * STRIDE + last)) if len(done) else (0, 0)
    if low == high:
        return [(first, last)] if first < last else []
    edges = np.concatenate([[first - 1], done[low:high] - point * STRIDE, [last]])
    gaps = np.flatnonzero(np.diff(edges) > 1)
    return [(int(edges[gap]) + 1, int(edges[gap + 1])) for gap in gaps]


def compute(
    task: list[Job],
    outcome_schema: pa.Schema,
    path_schema: pa.Schema | None,
    flag: np.ndarray,
    limit: Limit | None = None,
) -> Answer:
    """Run a task. Replicates that the flag stopped are left out; one that breaks is a failure and stops no other."""
    began = time.perf_counter()
    blocks: list[Columns] = []
    paths: list[Columns] = []
    counts: Counter[int] = Counter()
    errors: list[Errors] = []
    for job in task:
        if flag[0]:
            break
        try:
            if limit is None:
                found, path = _columns(job, flag)
            elif limit.passed(job.point.index):
                errors.append(Errors(job, str(limit)))
                continue
            else:
                with limit.watching(job.point.index, flag) as own:
                    found, path = _columns(job, own)
                if not flag[0]:
                    there = np.sort(np.concatenate([block["replicate"] for block in found]))
                    gaps = missing(there, 0, job.first, job.first + job.count)
                    errors += [Errors(Job(job.point, first, last - first), str(limit)) for first, last in gaps]
            blocks += found
            paths += [] if path is None else [path]
            counts[job.point.index] += sum(len(block["replicate"]) for block in found)
        except Exception as error:  # of one point: the others go on, and all are told of it at the end
            errors.append(Errors(job, f"{type(error).__name__}: {error}"))
    table = rows(part_schema(outcome_schema), blocks)
    kept = Rows(table, rows(by_address(path_schema), paths) if path_schema else None)
    return Answer(kept, Tally.of(+counts, table), errors, time.perf_counter() - began)


def _columns(job: Job, flag: np.ndarray) -> tuple[list[Columns], Columns | None]:
    """Columns of the replicates that are sound, and of those that failed; and of the paths of those that are sound."""
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
    found = [_key(job, numbers[sound])]
    if sound.any():
        graphs = _graphs(model, healthy, run.seed, numbers[sound])
        found[0] |= outcomes(chosen.measure, model, healthy, graphs, chosen.intervention_names)
    if failed.any():
        told = np.array([message for message in messages if message], dtype=object)
        found.append(_key(job, numbers[failed]) | {"seed": np.full(len(told), run.seed), FAILURE: told})
    if chosen.record_every is None:
        return found, None
    return found, path_columns(chosen, numbers[sound], chosen.record_every, healthy)


def _graphs(model: Model, recording: Recording, seed: int, replicates: np.ndarray) -> Callable[[int], Graph]:
    """The graph that each row, a replicate, was played on at the end."""
    return lambda row: last_graph(model, recording, row, seed=seed, replicate=int(replicates[row]))


def _key(job: Job, replicates: np.ndarray) -> Columns:
    return {ADDRESS: np.full(len(replicates), job.point.experiment.address), "replicate": replicates}


def _select(recording: Recording, chosen: np.ndarray) -> Recording:
    return recording if chosen.all() else Recording(*(values[chosen] for values in recording))


def _recording_bytes(experiment: Experiment) -> int:
    plan = plan_of(**experiment.plan_arguments, record_every=experiment.record_every)
    return recording_bytes(experiment.model.lowered, plan, 1)

"""Run an experiment over threads: kernels release the interpreter's lock, and every replicate has its own stream."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from evo.batch.interrupts import Interrupted, stopping
from evo.batch.manifest import finish, first_manifest, take_over
from evo.batch.plan import LargePlanError, Plan, make_plan
from evo.batch.progress import Progress, Reporter, reporter
from evo.batch.rounds import next_round, told, within
from evo.batch.store import Folder, Memory, Rows, opened
from evo.batch.tables import failure_schema
from evo.batch.tasks import Answer, Errors, Job, Pace, compute, missing, tasks
from evo.experiment import Experiment
from evo.results import Result, result_of
from evo.runfolder import FAILURE, FAILURES, OUTCOMES, PATHS, read_table

PART_ROWS = 1000
PART_SECONDS = 5.0
PART_BYTES = 2**26
GRACE = 2.0  # seconds that a stopped run waits for its threads; only a kernel that is being compiled takes longer


def run(
    experiment: Experiment,
    *,
    out: str | Path | None = None,
    workers: int | Literal["auto"] = "auto",
    resume: bool = False,
    seed: int | None = None,
    replicates: int | None = None,
    progress: bool | Literal["auto"] | Reporter = "auto",
    allow_large: bool = False,
) -> Result:
    """Run every point and replicate of an experiment.

    With `out` everything finished is kept in that folder as the run goes on, and a run that was stopped goes on from
    there with `resume`; without, nothing is written. `seed` and `replicates` replace those of the experiment. Results
    depend on the experiment and its seed alone, not on workers, order or interruptions.

    A replicate that breaks is recorded in `failures` and stops nothing. Raises ConfigError where a point cannot run,
    FolderError where `out` belongs to something else, LargePlanError where the plan is very large and `allow_large`
    is not set, KeyboardInterrupt (Interrupted) on Ctrl-C, with what was finished kept.
    """
    changes = {"run.seed": seed, "run.replicates": replicates}
    if changes := {path: value for path, value in changes.items() if value is not None}:
        experiment = experiment.replace(changes)
    teller = reporter(progress)
    try:
        plan = make_plan(experiment, allow_large=allow_large, building=teller.checking)
        return carry_out(plan, out=out, workers=workers, resume=resume, progress=teller, allow_large=allow_large)
    finally:
        teller.close()


def carry_out(
    plan: Plan,
    *,
    out: str | Path | None = None,
    workers: int | Literal["auto"] = "auto",
    resume: bool = False,
    progress: bool | Literal["auto"] | Reporter = "auto",
    allow_large: bool = False,
) -> Result:
    """`run` for a plan that is made already."""
    place = None if out is None else Path(out)
    if not allow_large and (reasons := plan.large(place)):
        raise LargePlanError(reasons)
    threads = available_cpus() if workers == "auto" else workers
    if threads < 1:
        raise ValueError(f"workers must be at least 1, is {workers}")
    teller = reporter(progress)
    manifest = first_manifest(plan, threads)
    try:
        if place is None:
            return _in_memory(plan, threads, teller, manifest)
        if warning := take_over(manifest, place):
            teller.note(warning)
        with opened(place, plan, manifest, resume=resume) as (folder, done):
            return _into_folder(plan, folder, done, threads, teller, manifest)
    finally:
        teller.close()


def _in_memory(plan: Plan, threads: int, teller: Reporter, manifest: dict[str, Any]) -> Result:
    store = Memory(plan)
    plan, errors = _work(plan, store, np.empty(0, np.int64), threads, teller, manifest)
    tables = store.tables()
    outcomes, failures, paths = tables[OUTCOMES], tables[FAILURES], tables[PATHS]
    assert outcomes is not None and failures is not None
    finish(manifest, errors, len(outcomes), len(failures))
    return _result(plan, outcomes, paths, failures, errors, manifest, None)


def _into_folder(
    plan: Plan, folder: Folder, done: np.ndarray, threads: int, teller: Reporter, manifest: dict[str, Any]
) -> Result:
    try:
        plan, errors = _work(plan, folder, done, threads, teller, manifest)
        folder.compact()
    except KeyboardInterrupt as stop:
        folder.describe(manifest | {"status": "interrupted"})
        raise stop if isinstance(stop, Interrupted) else Interrupted(signal.SIGINT, folder.place) from None
    outcomes = read_table(folder.place / f"{OUTCOMES}.parquet")
    failures = read_table(folder.place / f"{FAILURES}.parquet")
    paths = read_table(folder.place / f"{PATHS}.parquet") if plan.paths is not None else None
    finish(manifest, errors, len(outcomes), len(failures))
    folder.describe(manifest)
    return _result(plan, outcomes, paths, failures, errors, manifest, folder.place)


def _work(
    plan: Plan, store: Memory | Folder, done: np.ndarray, threads: int, teller: Reporter, manifest: dict[str, Any]
) -> tuple[Plan, list[Errors]]:
    """Round after round, until nothing more follows from what came out; the plan as it is then."""
    while True:
        errors = _Shift(plan, store, threads, teller, within(plan, done)).work()
        grown = next_round(plan, store.so_far) if plan.adaptive else None
        if grown is None:
            return plan, errors
        teller.note(told(plan, grown))
        plan = store.plan = grown
        manifest |= {"points": len(plan.parts), "rows": plan.rows}
        done = store.done()


def _result(
    plan: Plan,
    outcomes: pa.Table,
    paths: pa.Table | None,
    failures: pa.Table,
    errors: list[Errors],
    manifest: dict[str, Any],
    folder: Path | None,
) -> Result:
    if errors:
        more = pa.Table.from_pylist([row for error in errors for row in error.rows], schema=failure_schema())
        failures = pa.concat_tables([failures.cast(failure_schema()), more])
    return result_of(
        plan.experiment,
        points=plan.points,
        outcomes=outcomes,
        paths=paths,
        failures=failures,
        manifest=manifest,
        folder=folder,
    )


class _Shift:
    """One run's work: tasks to threads, a bounded number of them under way, and their rows to the store."""

    def __init__(self, plan: Plan, store: Memory | Folder, threads: int, teller: Reporter, done: np.ndarray) -> None:
        self.plan, self.store, self.threads, self.teller, self.done = plan, store, threads, teller, done
        self.flag = np.zeros(1, np.int8)
        self.pace = Pace()
        self.pending: list[Rows] = []
        self.pending_since = time.monotonic()
        self.errors: list[Errors] = []
        self.begun = False
        self.left: dict[int, int] = {}  # replicates that are still to come, of each point under way
        self.progress = Progress(len(plan.replicates), plan.rows, replicates_done=len(done), kept=len(done))
        if len(done):
            whole = [not missing(done, point, int(count)) for point, count in enumerate(plan.replicates)]
            self.progress.points_done = sum(whole)

    def work(self) -> list[Errors]:
        """Do all that is not done; raises Interrupted, with what was finished in the store."""
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="evo")
        under_way: set[Future[Answer]] = set()
        with stopping(self.flag) as stop:
            try:
                self.teller.running(self.progress)
                for task in tasks(self.plan, self.done, self.pace):
                    if stop.signal:
                        break
                    self._note(task)
                    under_way.add(pool.submit(compute, task, self.plan.outcomes, self.plan.paths, self.flag))
                    while len(under_way) >= 2 * self.threads and not stop.signal:
                        self._collect(under_way)
                self._begin()
                while under_way and not stop.signal:
                    self._collect(under_way)
                if stop.signal:
                    self._wind_up(pool, under_way)
            except BaseException:
                self.flag[0] = 1
                raise
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                self._flush()
            if stop.signal:
                raise Interrupted(stop.signal, getattr(self.store, "place", None))
        return self.errors

    def _begin(self) -> None:
        """Once kernels are at work, for it takes a while to import what writes tables."""
        if not self.begun:
            self.begun = True
            self.store.begin()

    def _note(self, task: list[Job]) -> None:
        for job in task:
            index = job.point.index
            if index not in self.left:
                self.left[index] = sum(b - a for a, b in missing(self.done, index, int(self.plan.replicates[index])))

    def _collect(self, under_way: set[Future[Answer]], timeout: float = 0.2) -> None:
        self._begin()
        finished, _ = wait(under_way, timeout=timeout, return_when=FIRST_COMPLETED)
        for job in finished:
            under_way.remove(job)
            self._take(job.result())
        if time.monotonic() - self.pending_since > PART_SECONDS:
            self._flush()
        self.teller.running(self.progress)

    def _take(self, answer: Answer) -> None:
        rows = answer.rows
        self.pace.heard(answer.seconds, len(rows))
        self.errors += answer.errors
        if not len(rows):
            return
        points, counts = np.unique(rows.outcomes["point"].to_numpy(), return_counts=True)
        for point, count in zip(points.tolist(), counts.tolist(), strict=True):
            self.left[point] -= count
            if not self.left[point]:
                self.progress.points_done += 1
                del self.left[point]
        self.progress.replicates_done += len(rows)
        self.progress.failed += len(rows) - rows.outcomes[FAILURE].null_count
        self.progress.prevailing += _prevailing(rows.outcomes)
        if not self.pending:
            self.pending_since = time.monotonic()
        self.pending.append(rows)
        held = sum(len(block) for block in self.pending)
        size = sum(block.paths.nbytes for block in self.pending if block.paths is not None)
        if held >= PART_ROWS or size >= PART_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self.pending:
            self.store.write(Rows.together(self.pending))
        self.pending, self.pending_since = [], time.monotonic()

    def _wind_up(self, pool: ThreadPoolExecutor, under_way: set[Future[Answer]]) -> None:
        """The flag is set: what is under way ends within milliseconds, and what of it is finished is kept."""
        for job in list(under_way):
            if job.cancel():
                under_way.remove(job)
        deadline = time.monotonic() + GRACE
        while under_way and time.monotonic() < deadline:
            self._collect(under_way, timeout=0.05)


def _prevailing(outcomes: pa.Table) -> Counter[str]:
    if "prevailing" not in outcomes.column_names:
        return Counter()
    counts = outcomes["prevailing"].drop_null().value_counts().to_pylist()
    return Counter({item["values"]: item["counts"] for item in counts})


def available_cpus() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""Run an experiment: a crew works through its tasks, and every replicate has its own stream of random numbers."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from evo._errors import ClusterError, ClusterLostError
from evo.batch.adoption import adopt
from evo.batch.cluster import DaskLike, hired
from evo.batch.crew import Crew
from evo.batch.interrupts import Interrupted, resumable, stopping
from evo.batch.manifest import changes, finish, first_manifest, take_over
from evo.batch.opening import opened
from evo.batch.plan import STRIDE, LargePlanError, Plan, make_plan
from evo.batch.progress import Progress, Reporter, reporter
from evo.batch.progress_file import written_down
from evo.batch.rounds import next_round, told, within
from evo.batch.shards import WHOLE, Shard
from evo.batch.status import prevailing
from evo.batch.store import Folder, Memory, Rows
from evo.batch.tables import failure_schema
from evo.batch.tasks import Answer, Errors, Job, Pace, left, tasks
from evo.experiment import Experiment
from evo.places import place_of
from evo.results import Result, in_folder, result_of
from evo.runfolder import FAILURES, OUTCOMES, PATHS, SORTED_BY, count_rows, read_manifest, read_table, sorted_rows

PART_ROWS = 1000
PART_SECONDS = 5.0
PART_BYTES = 2**26
GRACE = 2.0  # seconds that a stopped run waits for its threads; only a kernel that is being compiled takes longer


def run(
    experiment: Experiment,
    *,
    out: str | Path | None = None,
    workers: int | Literal["auto"] = "auto",
    dask: DaskLike | None = None,
    resume: bool = False,
    seed: int | None = None,
    replicates: int | None = None,
    progress: bool | Literal["auto"] | Reporter = "auto",
    allow_large: bool = False,
    shard: str | None = None,
    reuse: Sequence[str | Path] = (),
    limit: float | None = None,
) -> Result:
    """Run every point and replicate of an experiment.

    With `out` everything finished is kept in that folder as the run goes on, and a run that was stopped goes on from
    there with `resume`, also where its sweep has more points now, or more replicates; without, nothing is written. `out`
    is a folder or a URL of a store that fsspec knows (`s3://...`). `seed` and `replicates` replace those of the
    experiment. Results depend on the experiment and its seed alone, not on workers, order or interruptions.

    shard: `3/64` runs the third of 64 shares, for `evo.merge` to join. reuse: run folders of which rows of the same
    points are taken over. limit: seconds that a point may take, all its replicates together; those left out are told as
    failures, and run when the run is resumed.

    `workers` are threads. With `dask` they are workers of a Dask cluster: an address, `local` (processes here), `slurm`
    or `kubernetes` (as the experiment's section `cluster` has it), or a `distributed.Client`; docs/cluster.md.

    A replicate that breaks is recorded in `failures` and stops nothing. Raises ConfigError where a point cannot run,
    FolderError where `out` belongs to something else, LargePlanError where the plan is very large and `allow_large`
    is not set, KeyboardInterrupt (Interrupted) on Ctrl-C and ClusterError where a cluster cannot be had or is lost, with
    what was finished kept.
    """
    changes = {"run.seed": seed, "run.replicates": replicates}
    if changes := {path: value for path, value in changes.items() if value is not None}:
        experiment = experiment.replace(changes)
    teller = reporter(progress)
    try:
        share = WHOLE if shard is None else Shard.parse(shard)
        plan = make_plan(experiment, allow_large=allow_large, building=teller.checking, shard=share)
        return carry_out(
            plan, out=out, workers=workers, dask=dask, resume=resume, progress=teller, allow_large=allow_large, reuse=reuse,
            limit=limit,
        )  # fmt: skip
    finally:
        teller.close()


def carry_out(
    plan: Plan,
    *,
    out: str | Path | None = None,
    workers: int | Literal["auto"] = "auto",
    dask: DaskLike | None = None,
    resume: bool = False,
    progress: bool | Literal["auto"] | Reporter = "auto",
    allow_large: bool = False,
    reuse: Sequence[str | Path] = (),
    limit: float | None = None,
) -> Result:
    """`run` for a plan that is made already."""
    place = None if out is None else place_of(out)
    if not allow_large and (reasons := plan.large(place)):
        raise LargePlanError(reasons)
    if limit is not None and not limit > 0:
        raise ValueError(f"limit must be a positive number of seconds, is {limit}")
    if limit is not None and dask is not None:
        raise ValueError("a limit is for threads, which share a clock: not together with dask")
    if plan.adaptive and not plan.shard.whole:
        raise ValueError("a sweep that decides as it goes, from all that came out, cannot be shared out")
    if reuse and place is None:
        raise ValueError("rows are reused by a run that has a folder: out is missing")
    teller = reporter(progress)
    try:
        with hired(dask, workers, plan.experiment.cluster, limit=limit, note=teller.note) as crew:
            manifest = first_manifest(plan, crew.facts())
            if place is None:
                return _in_memory(plan, crew, teller, manifest)
            if warning := take_over(manifest, place):
                teller.note(warning)
            with opened(place, plan, manifest, resume=resume) as (folder, done):
                sources = [place_of(other) for other in reuse]
                if sources:
                    manifest["reused"] = [str(other) for other in sources]
                for other in sources:
                    if changed := changes(read_manifest(other)):
                        teller.note(
                            f"{other} was run elsewhere ({'; '.join(changed)}): rows may differ in their last digits."
                        )
                return _into_folder(plan, folder, done, crew, teller, manifest, sources)
    finally:
        teller.close()


def _in_memory(plan: Plan, crew: Crew, teller: Reporter, manifest: dict[str, Any]) -> Result:
    store = Memory(plan)
    plan, errors = _work(plan, store, np.empty(0, np.int64), crew, teller, manifest)
    manifest |= crew.facts()
    tables = store.tables()
    outcomes, failures, paths = tables[OUTCOMES], tables[FAILURES], tables[PATHS]
    assert outcomes is not None and failures is not None
    finish(manifest, errors, len(outcomes), len(failures))
    return result_of(
        plan.experiment,
        points=plan.points,
        outcomes=outcomes,
        paths=paths,
        failures=_with_errors(failures, errors),
        manifest=manifest,
    )


def _into_folder(
    plan: Plan,
    folder: Folder,
    done: np.ndarray,
    crew: Crew,
    teller: Reporter,
    manifest: dict[str, Any],
    reuse: Sequence[Path],
) -> Result:
    try:
        with written_down(folder.place, teller) as listener:
            plan, errors = _work(plan, folder, done, crew, listener, manifest, reuse)
            manifest |= crew.facts()
            folder.compact()
    except KeyboardInterrupt as stop:
        folder.describe(manifest | {"status": "interrupted"})
        raise stop if isinstance(stop, Interrupted) else Interrupted(signal.SIGINT, folder.place) from None
    except ClusterError as lost:
        folder.describe(manifest | {"status": "interrupted"})
        raise ClusterLostError(f"{lost}. {resumable(folder.place)}") from None
    except OSError as error:
        kept = f"{error.strerror or error}; what is finished is kept, and --resume goes on from there"
        raise OSError(error.errno or 0, kept, str(folder.place)) from error
    finish(manifest, errors, *(count_rows(folder.place / f"{name}.parquet") for name in (OUTCOMES, FAILURES)))
    folder.describe(manifest)
    failures = None
    if errors:
        failures = _with_errors(read_table(folder.place / f"{FAILURES}.parquet"), errors).to_pandas()
    return in_folder(folder.place, plan.experiment, manifest, failures=failures)


def _with_errors(failures: pa.Table, errors: list[Errors]) -> pa.Table:
    """Replicates that failed and those that were left out, which a folder does not keep: they are run again."""
    more = pa.Table.from_pylist([row for error in errors for row in error.rows], schema=failure_schema())
    return sorted_rows(pa.concat_tables([failures.cast(failure_schema()), more]), SORTED_BY[FAILURES])


def _work(
    plan: Plan,
    store: Memory | Folder,
    done: np.ndarray,
    crew: Crew,
    teller: Reporter,
    manifest: dict[str, Any],
    reuse: Sequence[Path] = (),
) -> tuple[Plan, list[Errors]]:
    """Round after round, until nothing more follows from what came out; the plan as it is then."""
    progress: Progress | None = None
    while True:
        if reuse:
            store.begin()
        for other in reuse:
            assert isinstance(store, Folder)
            before, done = len(done), adopt(store.place, plan, other, done)
            teller.note(f"{len(done) - before:,} of {plan.jobs:,} replicates were taken over from {other}")
        shift = _Shift(plan, store, crew, teller, within(plan, done), progress)
        errors, progress = shift.work(), shift.progress
        grown = next_round(plan, store.so_far) if plan.adaptive else None
        if grown is None:
            return plan, errors
        teller.note(told(plan, grown))
        plan = store.plan = grown
        manifest |= {"points": len(plan.parts), "rows": plan.rows}
        if isinstance(store, Folder):
            store.describe(manifest)
        done = store.done()


class _Shift:
    """One run's work: tasks to the crew, a bounded number of them under way, and their rows to the store."""

    def __init__(
        self,
        plan: Plan,
        store: Memory | Folder,
        crew: Crew,
        teller: Reporter,
        done: np.ndarray,
        former: Progress | None = None,
    ) -> None:
        self.plan, self.store, self.crew, self.teller, self.done = plan, store, crew, teller, done
        self.flag = np.zeros(1, np.int8)
        self.pace = Pace(target=crew.seconds)
        self.pending: list[Rows] = []
        self.pending_since = time.monotonic()
        self.errors: list[Errors] = []
        self.begun = False
        self.to_come: dict[int, int] = {}  # replicates that are still to come, of each point under way
        points = int(plan.first.sum()) if plan.shard.whole else sum(map(bool, map(plan.wanted, range(len(plan.first)))))
        self.progress = Progress(points, plan.jobs, replicates_done=len(done), kept=len(done))
        if former is not None:  # the round before this one
            self.progress.prevailing, self.progress.failed = former.prevailing, former.failed
            self.progress.began = former.began
        elif len(done) and isinstance(store, Folder):
            self.progress.prevailing = prevailing(store.place)
        if len(done):
            kept = np.unique(done // STRIDE).tolist()
            self.progress.points_done = sum(not left(plan, done, point) for point in kept)

    def work(self) -> list[Errors]:
        """Do all that is not done; raises Interrupted, with what was finished in the store."""
        under_way: set[Future[Answer]] = set()
        self.crew.begin(self.plan, getattr(self.store, "place", None), self.flag)
        with stopping(self.flag) as stop:
            try:
                self.teller.running(self.progress)
                for task in tasks(self.plan, self.done, self.pace):
                    if stop.signal:
                        break
                    self._note(task)
                    under_way.add(self.crew.submit(task))
                    while len(under_way) >= 2 * max(1, self.crew.size) and not stop.signal:
                        self._collect(under_way)
                self._begin()
                while under_way and not stop.signal:
                    self._collect(under_way)
                if stop.signal:
                    self._wind_up(under_way)
                else:
                    self.crew.settle()
            except BaseException:
                self.flag[0] = 1
                raise
            finally:
                self.crew.rest()
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
            if index not in self.to_come:
                self.to_come[index] = sum(b - a for a, b in left(self.plan, self.done, index))

    def _collect(self, under_way: set[Future[Answer]], timeout: float = 0.2) -> None:
        self._begin()
        finished, _ = wait(under_way, timeout=timeout, return_when=FIRST_COMPLETED)
        self.crew.pulse()
        self.progress.crew = self._crew()
        for job in finished:
            under_way.remove(job)
            self._take(job.result())
        if time.monotonic() - self.pending_since > PART_SECONDS:
            self._flush()
        self.teller.running(self.progress)

    def _take(self, answer: Answer) -> None:
        tally = answer.tally
        self.pace.heard(answer.seconds, tally.replicates)
        self.errors += answer.errors
        for point, count in tally.points.items():
            self.to_come[point] -= count
            if not self.to_come[point]:
                self.progress.points_done += 1
                del self.to_come[point]
        self.progress.heard(tally)
        if answer.rows is not None and len(answer.rows):
            self._keep(answer.rows)

    def _keep(self, rows: Rows) -> None:
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

    def _crew(self) -> str:
        return f"{self.crew.size:,} {self.crew.kind}{'' if self.crew.size == 1 else 's'}"

    def _wind_up(self, under_way: set[Future[Answer]]) -> None:
        """The flag is set: what is under way ends within milliseconds, and what of it is finished is kept."""
        under_way &= self.crew.stop(under_way)
        deadline = time.monotonic() + GRACE
        while under_way and time.monotonic() < deadline:
            self._collect(under_way, timeout=0.05)

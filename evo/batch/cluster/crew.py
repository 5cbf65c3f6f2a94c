"""The workers of a Dask cluster as a crew: a chunk that is lost with its worker is computed again, a lost scheduler is told."""

from __future__ import annotations

import platform
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from evo._errors import ClusterError
from evo.batch.cluster import worker
from evo.batch.cluster.connect import Connection
from evo.batch.manifest import processor
from evo.batch.plan import Plan
from evo.batch.tally import Tally
from evo.batch.tasks import Answer, Errors, Job
from evo.runfolder import OUTCOMES, PATHS, read_manifest

SECONDS = 2.0  # that a chunk should take: what Dask adds to each is a few milliseconds
TRIES = 4  # of a chunk whose workers die, each of them as often as the scheduler allows
COUNTED = 2.0  # seconds between two looks at how many workers there are
HALT_SECONDS = 2.0
SETTLE_SECONDS = 120.0  # for which parts may stay unseen on a shared file system


@dataclass(eq=False)
class _Chunk:
    """A task under way: its answer to come, and what Dask knows of it."""

    task: list[Job]
    answer: Future[Answer] = field(default_factory=Future)
    handle: Any = None
    tries: int = 0


class Workers:
    """A crew of Dask workers. Answers arrive in a thread of Dask; all else is called by the thread that runs the shift."""

    kind = "Dask worker"

    def __init__(self, connection: Connection, note: Callable[[str], None]) -> None:
        self.connection, self.client, self.note = connection, connection.client, note
        self.order: Any = None
        self.chunks: set[_Chunk] = set()  # under way
        self.lost: list[_Chunk] = []
        self.lock = threading.Lock()
        self.parts: set[str] = set()
        self.place: Path | None = None
        self.stopped = False
        self.counted = 0.0
        self.count = 0
        self.processors: list[str] = []
        self._meet()

    @property
    def size(self) -> int:
        if time.monotonic() - self.counted > COUNTED and self.client.status == "running":
            self.counted = time.monotonic()
            with suppress(OSError):  # the connection breaks just now; `pulse` will tell
                self.count = sum(self.client.nthreads().values())
        return self.count

    @property
    def seconds(self) -> float:
        return SECONDS

    def _meet(self) -> None:
        """Wait for the first worker, and look whether all that are there are like this machine."""
        said = False
        while not self.size:
            self.pulse()
            if not said and self.connection.local is None:
                self.note(f"waiting for the first worker of {self.connection.words}")
                said = True
            time.sleep(0.05)
            self.counted = 0.0
        here = worker.likeness()
        try:
            told = self.client.run(worker.introduce)
        except ModuleNotFoundError as error:
            raise ClusterError(f"evo is not installed on the workers of {self.connection.words}: {error}") from None
        except Exception as error:
            raise ClusterError(f"the workers of {self.connection.words} do not answer: {error}") from error
        for address, (likeness, _) in told.items():
            if unlike := worker.differences(likeness, here):
                raise ClusterError(
                    f"the worker {address} differs from this machine ({unlike}): install the same on both"
                )
        self.processors = sorted({kind for _, kind in told.values()})
        if self.processors != [processor()]:
            kinds = ", ".join(self.processors)
            self.note(
                f"workers have other processors ({kinds}) than this machine: rows may differ in their last digits"
            )

    def begin(self, plan: Plan, place: Path | None, flag: np.ndarray) -> None:
        self.place = None if place is None else place.absolute()
        self.stopped = False
        self.base = {key: value for key, value in plan.experiment.data.items() if key != "sweep"}
        self.what = worker.Order(
            run=uuid.uuid4().hex,
            base=self.base,
            outcomes=plan.outcomes,
            paths=plan.paths,
            place=None if self.place is None else str(self.place),
            started=None if self.place is None else read_manifest(self.place)["started"],
            likeness=worker.likeness(),
        )
        self._send_order()

    def _send_order(self) -> None:
        """A task of its own, on which chunks depend: sent once, and computed again where its worker is lost."""
        self.order = self.client.submit(worker.accept, self.what, pure=False)

    def submit(self, task: list[Job]) -> Future[Answer]:
        chunk = _Chunk(task)
        self.chunks.add(chunk)
        chunk.answer.add_done_callback(lambda _: self.chunks.discard(chunk))
        self._send(chunk)
        return chunk.answer

    def _send(self, chunk: _Chunk) -> None:
        pieces = [
            worker.Piece(job.point.index, _difference(self.base, job.point.experiment.data), job.first, job.count)
            for job in chunk.task
        ]
        later = -chunk.tries  # after others, so that one which kills its workers takes none along
        chunk.tries += 1
        try:
            chunk.handle = self.client.submit(worker.work, self.order, pieces, pure=False, priority=later)
        except Exception:
            self.pulse()  # which says so where the client is closed
            raise
        chunk.handle.add_done_callback(lambda handle: self._heard(chunk, handle))

    def _heard(self, chunk: _Chunk, handle: Any) -> None:
        """An answer, in a thread of Dask's."""
        if chunk not in self.chunks:  # of a run that is over
            return
        try:
            self._judge(chunk, handle)
        except Exception as error:  # or nobody would hear of it
            chunk.answer.set_exception(error)

    def _judge(self, chunk: _Chunk, handle: Any) -> None:
        """The answer of a chunk that ended; one without an answer is lost, and sent again by `pulse`."""
        from distributed import KilledWorker

        if handle.status == "finished":
            self._report(chunk, handle)
            return
        error = handle.exception() if handle.status == "error" else None
        killed = isinstance(error, KilledWorker)
        if killed and chunk.tries >= TRIES:
            words = f"its workers died, {TRIES} times over (KilledWorker); out of memory?"
            chunk.answer.set_result(Answer(None, Tally(), [Errors(job, words) for job in chunk.task], 0.0))
        elif killed or error is None:
            self._lose(chunk)
        else:
            chunk.answer.set_exception(error)

    def _report(self, chunk: _Chunk, handle: Any) -> None:
        try:
            report: worker.Report = handle.result()
        except Exception:  # its worker died before it was fetched
            self._lose(chunk)
            return
        if report.part is not None:
            self.parts.add(report.part)
        errors = [Errors(chunk.task[place], message) for place, message in report.broken]
        chunk.answer.set_result(Answer(report.rows, report.tally, errors, report.seconds))

    def _lose(self, chunk: _Chunk) -> None:
        with self.lock:
            self.lost.append(chunk)

    def pulse(self) -> None:
        if self.connection.local is not None:
            self.connection.local.check()
        if self.client.status in ("closed", "closing"):
            raise ClusterError(f"the connection to {self.connection.words} is lost")
        if self.client.status != "running":
            return
        with self.lock:
            lost, self.lost = self.lost, []
        if lost and self.order.status in ("cancelled", "lost"):
            self._send_order()
        for chunk in lost:
            if not self.stopped:
                self._send(chunk)

    def stop(self, under_way: set[Future[Answer]]) -> set[Future[Answer]]:
        self.stopped = True
        self._halt()
        return under_way

    def _halt(self) -> None:
        if self.client.status == "running":
            halted = threading.Thread(target=self._halt_all, daemon=True)
            halted.start()
            halted.join(HALT_SECONDS)

    def _halt_all(self) -> None:
        with suppress(Exception):  # a cluster that is gone computes nothing
            self.client.run(worker.halt, self.what.run, on_error="ignore")

    def settle(self) -> None:
        """Wait until the parts of all workers are seen: entries of a shared file system may come late."""
        if self.place is None:
            return
        deadline = time.monotonic() + SETTLE_SECONDS
        folders = [OUTCOMES, *([PATHS] if self.what.paths is not None else [])]
        while unseen := [name for folder in folders for name in self.parts - _entries(self.place / folder)]:
            if time.monotonic() > deadline:
                raise ClusterError(f"{len(unseen)} parts that workers wrote do not appear in {self.place}")
            time.sleep(0.2)

    def rest(self) -> None:
        handles = [chunk.handle for chunk in tuple(self.chunks)]
        self.chunks.clear()
        if handles and self.client.status == "running":
            if not self.stopped:
                self._halt()
            with suppress(OSError):
                self.client.cancel(handles, force=True)
        self.lost.clear()
        self.parts.clear()
        self.order = None

    def facts(self) -> dict[str, Any]:
        seen = {"dask": version("distributed"), "processors": self.processors, "client": platform.node()}
        return {"workers": self.size, "cluster": seen}


def _difference(base: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The sections of a point's data that are not those of the experiment; None where it has no such section."""
    changed = {key: value for key, value in data.items() if key not in base or base[key] != value}
    return changed | {key: None for key in base if key not in data}


def _entries(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return set()

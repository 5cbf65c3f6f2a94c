"""A Dask cluster of this machine: a scheduler and workers as processes that listen on 127.0.0.1 alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import evo
from evo._errors import ClusterError

START_SECONDS = 120.0
LAST_WORDS = 15  # lines of the log that an error shows


class Local:
    """A scheduler and `workers` workers of one thread each. Nothing is forked: kernels may have run here already."""

    def __init__(self, workers: int, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        common = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(self.file)]
        count = ["--nthreads", "1", "--nworkers", str(workers), "--local-directory", str(folder)]
        guard = "evo.batch.cluster.guard"
        self.scheduler = self._start(
            "scheduler", [*common, "--port", "0", "--dashboard-address", "127.0.0.1:0", "--preload", guard]
        )
        self.workers = self._start("worker", [*common, *count, "--death-timeout", "60", "--preload-nanny", guard])

    def _start(self, what: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, [str(Path(evo.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
        with open(self.folder / f"{what}.log", "wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments],
                stdin=subprocess.PIPE,  # what the guard watches
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": path, "DASK_TEMPORARY_DIRECTORY": str(self.folder)},
                start_new_session=True,  # Ctrl-C is for the client, which lets them finish what is in hand
            )

    def wait(self) -> None:
        """Until the scheduler can be reached. Raises ClusterError where it does not come."""
        deadline = time.monotonic() + START_SECONDS
        while not self.file.exists():
            self.check()
            if time.monotonic() > deadline:
                raise ClusterError(f"the scheduler of the local cluster did not start; {self.last_words()}")
            time.sleep(0.02)

    def check(self) -> None:
        """Raises ClusterError where a process has ended."""
        for what, process in (("scheduler", self.scheduler), ("workers", self.workers)):
            if process.poll() is not None:
                raise ClusterError(f"the {what} of the local cluster ended; {self.last_words()}")

    def last_words(self) -> str:
        """The end of the logs."""
        lines = [line for path in sorted(self.folder.glob("*.log")) for line in path.read_text().splitlines()]
        return "the last it said:\n" + "\n".join(f"    {line}" for line in lines[-LAST_WORDS:])

    def close(self) -> None:
        """End both processes, as their guards do it."""
        for process in (self.workers, self.scheduler):
            assert process.stdin is not None
            process.stdin.close()
        for process in (self.workers, self.scheduler):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def local(workers: int) -> Iterator[Local]:
    """A local cluster while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="evo-dask-"))
    cluster = Local(workers, folder)
    try:
        cluster.wait()
        yield cluster
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)

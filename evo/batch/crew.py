"""Who does a run's work: a crew takes tasks and answers each; threads of this process, or Dask (evo.batch.cluster)."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from evo.batch import tasks
from evo.batch.limits import Limit
from evo.batch.plan import Plan
from evo.batch.tasks import Answer, Job


class Crew(Protocol):
    """Works through the tasks of a run, from `begin` to `rest`, and perhaps of another one after it."""

    kind: str  # one of them is called: thread, worker

    @property
    def size(self) -> int:
        """Tasks that are worked on at a time; it may change."""
        ...

    @property
    def seconds(self) -> float:
        """That a task should take."""
        ...

    def begin(self, plan: Plan, place: Path | None, flag: np.ndarray) -> None:
        """What the run is of, the folder it goes to, and the flag that is set where it is to stop."""
        ...

    def submit(self, task: list[Job]) -> Future[Answer]:
        """Hand over a task."""
        ...

    def pulse(self) -> None:
        """Called several times a second while the run waits. Raises ClusterError where no answer will come any more."""
        ...

    def stop(self, under_way: set[Future[Answer]]) -> set[Future[Answer]]:
        """End what is under way within milliseconds; those of which an answer, perhaps in part, still comes."""
        ...

    def settle(self) -> None:
        """All is answered: see to it that whatever the crew wrote can be read here."""
        ...

    def rest(self) -> None:
        """Nothing more of this run is wanted, answered or not."""
        ...

    def facts(self) -> dict[str, Any]:
        """What a manifest says of the crew."""
        ...


class Threads:
    """Threads of this process: kernels release the interpreter's lock."""

    kind = "thread"

    def __init__(self, count: int, limit: float | None = None) -> None:
        if count < 1:
            raise ValueError(f"workers must be at least 1, is {count}")
        self.size = count
        self.limit = None if limit is None else Limit(limit)

    @property
    def seconds(self) -> float:
        return tasks.SECONDS

    def begin(self, plan: Plan, place: Path | None, flag: np.ndarray) -> None:
        self.plan, self.flag = plan, flag
        self.pool = ThreadPoolExecutor(self.size, thread_name_prefix="evo")

    def submit(self, task: list[Job]) -> Future[Answer]:
        return self.pool.submit(tasks.compute, task, self.plan.outcomes, self.plan.paths, self.flag, self.limit)

    def pulse(self) -> None: ...

    def stop(self, under_way: set[Future[Answer]]) -> set[Future[Answer]]:
        """Threads poll the flag of the run themselves."""
        return {job for job in under_way if not job.cancel()}

    def settle(self) -> None: ...

    def rest(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)

    def facts(self) -> dict[str, Any]:
        return {"workers": self.size}


def available_cpus() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

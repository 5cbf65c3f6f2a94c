"""Work beside the widgets: one course of replicates at a time, stopped when something else is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

Task = Callable[[np.ndarray], None]


class Work:
    """Threads that a picture does not wait for. `lock` is held while widgets change from one."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.flag = np.zeros(1, np.int8)
        self.thread: threading.Thread | None = None

    def start(self, task: Task) -> None:
        """Begin a task in the place of the one before; it ends soon after flag[0] is set, which kernels poll."""
        self.stop()
        self.flag = np.zeros(1, np.int8)
        self.thread = self.aside(task, self.flag)

    def stop(self) -> None:
        """Tell the task to end, without waiting for it."""
        with self.lock:
            self.flag[0] = 1

    def aside(self, task: Task, flag: np.ndarray | None = None) -> threading.Thread:
        """A task that nothing stops."""
        given = np.zeros(1, np.int8) if flag is None else flag
        thread = threading.Thread(target=task, args=(given,), daemon=True, name="evo-explorer")
        thread.start()
        return thread

    def wait(self) -> None:
        """Until the task has ended: for scripts and tests."""
        if self.thread is not None:
            self.thread.join()

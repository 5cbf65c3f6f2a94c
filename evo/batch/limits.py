"""A limit on the time that a point may take."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

TICK = 0.02  # seconds between looks at the clock


class Limit:
    """Seconds that a point may take, all its replicates together, and what each has taken; threads share it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.taken: dict[int, float] = defaultdict(float)
        self.lock = threading.Lock()

    def __str__(self) -> str:
        return f"the point took longer than the {self.seconds:g} s that a point may take (--limit)"

    def passed(self, point: int) -> bool:
        """Whether the point has taken its time."""
        return self.taken[point] >= self.seconds

    @contextmanager
    def watching(self, point: int, flag: np.ndarray) -> Iterator[np.ndarray]:
        """A flag for the kernel, set when the point has taken its time, or when the run's own flag is."""
        own, over, began = np.zeros(1, np.int8), threading.Event(), time.monotonic()
        left = self.seconds - self.taken[point]

        def watch() -> None:
            while not over.wait(TICK):
                if flag[0] or time.monotonic() - began >= left:
                    own[0] = 1
                    return

        watcher = threading.Thread(target=watch, name="evo-limit", daemon=True)
        watcher.start()
        try:
            yield own
        finally:
            over.set()
            watcher.join()
            with self.lock:
                self.taken[point] += time.monotonic() - began

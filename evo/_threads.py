"""Threads that share the rows of a recording, and stop together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def share(rows: Callable[[int], None], *, workers: int, flag: np.ndarray) -> None:
    """Call rows(0), ..., rows(workers-1), each in a thread of its own; one alone runs in the caller's.

    Where one fails, or the caller is interrupted, flag[0] (int8) tells the others to stop.
    """
    if workers == 1:
        rows(0)
        return
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(rows, worker) for worker in range(workers)]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            flag[0] = 1
            raise

"""Loaded by the processes of a local cluster: they end when the process that started them has ended, however it did."""

from __future__ import annotations

import os
import threading
from typing import Any


def dask_setup(server: Any) -> None:
    """Watch standard input, a pipe whose other end goes with the parent."""
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)

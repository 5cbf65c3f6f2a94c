"""Ctrl-C and a polite kill: a run stops within milliseconds and keeps what is finished."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np


class Interrupted(KeyboardInterrupt):
    """A run that was stopped; what was finished is in `folder`, if there is one."""

    def __init__(self, number: int, folder: Path | None) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal = number
        self.folder = folder


def resumable(folder: Path) -> str:
    """How to go on with a run that was stopped."""
    return f"What is finished is kept in {folder}; the same command with --resume goes on from there."


@dataclass
class Stop:
    """The signal that asked a run to stop, or 0."""

    signal: int = 0


@contextmanager
def stopping(flag: np.ndarray) -> Iterator[Stop]:
    """Ctrl-C and a polite kill set the flag that kernels poll; a second one acts as ever."""
    stop = Stop()
    former: dict[int, Any] = {}

    def asked(number: int, frame: FrameType | None) -> None:
        stop.signal = number
        flag[0] = 1
        restore()

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    if threading.current_thread() is threading.main_thread():
        former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in former:
            signal.signal(number, asked)
    try:
        yield stop
    finally:
        restore()

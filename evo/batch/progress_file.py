"""How far a run is, in a small file of its folder, for `evo status` in another terminal."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evo.batch.progress import Progress, Reporter
from evo.places import is_local

PROGRESS = ".progress.json"
SECONDS = 2.0  # between two writings


class ProgressFile:
    """Passes on what it is told, and writes it down now and then; a run does not wait or fail for it."""

    def __init__(self, place: Path, listener: Reporter) -> None:
        self.path, self.listener = place / PROGRESS, listener
        self.written = -SECONDS

    def checking(self, points: int, total: int) -> None:
        self.listener.checking(points, total)

    def running(self, progress: Progress) -> None:
        self.listener.running(progress)
        if time.monotonic() - self.written >= SECONDS or progress.share == 1:
            self.written = time.monotonic()
            with suppress(OSError):
                new = self.path.with_name(f"{PROGRESS}.new")
                new.write_text(json.dumps(told(progress)), encoding="utf-8")
                os.replace(new, self.path)

    def note(self, text: str) -> None:
        self.listener.note(text)

    def close(self) -> None:
        self.listener.close()


@contextmanager
def written_down(place: Path, listener: Reporter) -> Iterator[Reporter]:
    """A reporter that keeps the file of this folder while the block lasts; one that stays there tells of a killed run."""
    if not is_local(place):
        yield listener
        return
    file = ProgressFile(place, listener)
    try:
        yield file
    finally:
        with suppress(OSError):
            os.unlink(file.path)


def told(progress: Progress) -> dict[str, Any]:
    """What the file says."""
    return {
        "points": progress.points,
        "points_done": progress.points_done,
        "replicates": progress.replicates,
        "replicates_done": progress.replicates_done,
        "kept": progress.kept,
        "failed": progress.failed,
        "prevailing": dict(progress.prevailing),
        "rate": progress.rate,
        "left": progress.left,
        "seconds": progress.seconds,
        "crew": progress.crew,
        "host": platform.node(),
        "pid": os.getpid(),
    }

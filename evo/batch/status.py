"""How a run is, from its folder alone: while it is under way, after it, or after something ended it."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evo.batch.progress_file import PROGRESS
from evo.places import is_locked
from evo.runfolder import FAILURE, FAILURES, OUTCOMES, count_rows, files, parts, read_column, read_manifest

FRESH_SECONDS = 15.0  # since the file of progress was written, within which its writer is taken to be alive

State = Literal["running", "complete", "incomplete", "interrupted", "dead"]


@dataclass(frozen=True)
class Status:
    """A run as its folder shows it.

    state: incomplete where errors left replicates without an outcome, interrupted where it was stopped, dead where it
    says that it is running and nobody writes to it. replicates: in all. rate (replicates a second), left (seconds),
    heard (seconds since it was last written) and what is told of its process are None where it is not running.
    """

    title: str
    state: State
    points: int
    replicates: int
    replicates_done: int
    failed: int
    prevailing: dict[str, int]
    seconds: float | None
    crew: str | None
    points_done: int | None = None
    rate: float | None = None
    left: float | None = None
    heard: float | None = None
    host: str | None = None
    pid: int | None = None


def status_of(folder: Path) -> Status:
    """The status of a run folder; FolderError where it is not one. Nothing is written, and no run is disturbed."""
    manifest = read_manifest(folder)
    file = folder / PROGRESS
    try:
        heard = max(0.0, time.time() - file.stat().st_mtime)
        progress: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        heard, progress = None, {}
    state: State = manifest["status"]
    if state == "running" and not (heard is not None and heard < FRESH_SECONDS) and not is_locked(folder):
        state = "dead"
    alive = state == "running" and bool(progress)
    done, failed = (progress["replicates_done"], progress["failed"]) if alive else counted(folder)
    total = progress["replicates"] if alive else manifest["rows"]
    return Status(
        title=manifest["title"],
        state=state,
        points=progress["points"] if alive else manifest["points"],
        points_done=progress["points_done"] if alive else None,
        replicates=total,
        replicates_done=min(done, total),  # a run killed as it compacted has rows twice
        failed=failed,
        prevailing=progress["prevailing"] if alive else dict(prevailing(folder)),
        seconds=progress["seconds"] if alive else manifest.get("seconds"),
        crew=progress.get("crew"),
        rate=progress["rate"] if alive else None,
        left=progress["left"] if alive else None,
        heard=heard,
        host=progress.get("host"),
        pid=progress.get("pid"),
    )


def counted(folder: Path) -> tuple[int, int]:
    """Replicates that are finished, and how many of them failed; from the footers of files, so quickly."""
    whole = folder / f"{FAILURES}.parquet"
    failed = count_rows(whole) if whole.exists() else 0
    done = failed + sum(count_rows(path) for path in files(folder, OUTCOMES))
    for path in parts(folder, OUTCOMES):
        column = read_column(path, FAILURE)
        failed += 0 if column is None else len(column) - column.null_count
    return done, failed


def prevailing(folder: Path) -> Counter[str]:
    """Who prevails in how many of the replicates that are finished."""
    found: Counter[str] = Counter()
    for path in files(folder, OUTCOMES):
        if (column := read_column(path, "prevailing")) is not None:
            found += Counter({item["values"]: item["counts"] for item in column.drop_null().value_counts().to_pylist()})
    return found

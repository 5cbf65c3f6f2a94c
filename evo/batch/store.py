"""Where finished rows go: a run folder, part by part, compacted at the end; or memory."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evo.batch.plan import STRIDE, Plan
from evo.batch.tables import failure_schema, part_schema
from evo.experiment import dump
from evo.runfolder import (
    EXPERIMENT,
    FAILURE,
    FAILURES,
    MANIFEST,
    OUTCOMES,
    PATHS,
    POINTS,
    SORTED_BY,
    FolderError,
    damaged,
    failures_of,
    files,
    parts,
    read_manifest,
    read_rows,
    read_table,
    sorted_rows,
)

if TYPE_CHECKING:
    import pyarrow.dataset as ds  # imports pandas, so only where it is used

try:
    import fcntl
except ModuleNotFoundError:  # Windows: two writers are not told apart there
    fcntl = None

ROW_GROUP = 2**16
LOCK = ".lock"
WINDOW = 2**20  # rows that are sorted at a time


@dataclass(frozen=True)
class Rows:
    """Rows of some finished replicates: outcomes with failures (as a part has them), and their paths."""

    outcomes: pa.Table
    paths: pa.Table | None

    def __len__(self) -> int:
        return len(self.outcomes)

    @staticmethod
    def together(blocks: list[Rows]) -> Rows:
        paths = [block.paths for block in blocks if block.paths is not None]
        return Rows(pa.concat_tables([block.outcomes for block in blocks]), pa.concat_tables(paths) if paths else None)


def keys(table: pa.Table) -> np.ndarray:
    """One number for each row: point * STRIDE + replicate."""
    return table["point"].to_numpy() * STRIDE + table["replicate"].to_numpy()


class Memory:
    """Rows kept in memory."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.blocks = [Rows(part_schema(plan.outcomes).empty_table(), plan.paths.empty_table() if plan.paths else None)]

    def begin(self) -> None: ...

    def done(self) -> np.ndarray:
        """Keys of the replicates that need not run again, sorted."""
        return np.unique(np.concatenate([keys(block.outcomes) for block in self.blocks]))

    def so_far(self) -> pa.Table | None:
        """The outcomes that there are, sorted."""
        return self.tables()[OUTCOMES]

    def write(self, rows: Rows) -> None:
        self.blocks.append(rows)

    def tables(self) -> dict[str, pa.Table | None]:
        """Outcomes, failures and paths, sorted."""
        rows = Rows.together(self.blocks)
        outcomes = rows.outcomes.filter(rows.outcomes[FAILURE].is_null()).select(self.plan.outcomes.names)
        return {
            OUTCOMES: sorted_rows(outcomes, SORTED_BY[OUTCOMES]),
            FAILURES: sorted_rows(failures_of(rows.outcomes), SORTED_BY[FAILURES]),
            PATHS: None if rows.paths is None else sorted_rows(rows.paths, SORTED_BY[PATHS]),
        }


class Folder:
    """A run folder that this process alone writes to, while the `with` block of `opened` lasts."""

    def __init__(self, place: Path, plan: Plan, label: dict[str, Any]) -> None:
        self.place = place
        self.plan = plan
        self.label = {"evo": json.dumps(label, sort_keys=True)}  # into each compacted table

    def begin(self) -> None:
        """Write down which points there are; in a run that is taken up again, later rounds may have added some."""
        there = self.place / POINTS
        if not (self.plan.adaptive and there.exists() and len(read_table(there)) > len(self.plan.parts)):
            self._put(there, self.plan.points)

    def so_far(self) -> pa.Table | None:
        """The outcomes that there are, sorted."""
        return read_rows(self.place, OUTCOMES)

    def write(self, rows: Rows) -> None:
        """Keep rows for good: what `write` returned from survives a crash."""
        name = f"part-{part_name(keys(rows.outcomes))}.parquet"
        if rows.paths is not None:  # first, for a part of the outcomes says that all of it is there
            self._put(self.place / PATHS / name, rows.paths)
        self._put(self.place / OUTCOMES / name, rows.outcomes)

    def describe(self, manifest: dict[str, Any]) -> None:
        """Write the manifest."""
        write_text(self.place / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")

    def _put(self, path: Path, table: pa.Table) -> None:
        with renamed(path) as file, parquet(file, table.schema) as writer:
            writer.write_table(table)

    def done(self) -> np.ndarray:
        """Keys of the replicates that need not run, sorted. Raises FolderError where a file is damaged."""
        found = [keys(self._checked(path)) for path in files(self.place, OUTCOMES)]
        if (whole := self.place / f"{FAILURES}.parquet").exists():
            found.append(keys(read_table(whole)))
        for path in files(self.place, PATHS):
            read_table(path)
        return np.unique(np.concatenate([np.empty(0, np.int64), *found]))

    def clear(self) -> None:
        """Remove what a killed run left half done: files without their name, paths that no outcomes acknowledge."""
        acknowledged = {path.name for path in parts(self.place, OUTCOMES)}
        stray = [path for path in parts(self.place, PATHS) if path.name not in acknowledged]
        for path in [*stray, *self.place.glob(".*.new"), *self.place.glob("*/.part-*.new")]:
            path.unlink()

    def _checked(self, path: Path) -> pa.Table:
        table = read_table(path)
        wanted = part_schema(self.plan.outcomes) if path.parent != self.place else self.plan.outcomes
        if not table.schema.equals(wanted):
            raise FolderError(damaged(path, "its columns are not those of this experiment"))
        return table

    def compact(self) -> None:
        """All parts into one sorted file for each table, the same bytes however the rows came about."""
        if not parts(self.place, OUTCOMES) and (self.place / f"{OUTCOMES}.parquet").exists():
            return
        if self.plan.paths is not None:
            self._compact(PATHS, self.plan.paths, self.plan.replicates * self.plan.records)
        self._compact(FAILURES, failure_schema(), self.plan.replicates)
        self._compact(OUTCOMES, self.plan.outcomes, self.plan.replicates)
        for name in (PATHS, OUTCOMES):
            for path in parts(self.place, name):
                path.unlink()
            with suppress(OSError):
                (self.place / name).rmdir()

    def _compact(self, name: str, schema: pa.Schema, sizes: np.ndarray) -> None:
        source = self._rows(name, schema)
        with renamed(self.place / f"{name}.parquet") as file, parquet(file, schema) as writer:
            for window in windows(sizes, self.plan.replicates):
                table = sorted_rows(source(window), SORTED_BY[name])
                if len(table):  # in one piece, for pages end where pieces do
                    writer.write_table(table.combine_chunks(), row_group_size=ROW_GROUP)
            writer.add_key_value_metadata(self.label)

    def _rows(self, name: str, schema: pa.Schema) -> Callable[[ds.Expression], pa.Table]:
        """What reads the rows of a table for which a condition on point and replicate holds, from all its files."""
        import pyarrow.dataset as ds

        options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
        form = ds.ParquetFileFormat(default_fragment_scan_options=options)
        whole = [path for path in files(self.place, name) if path.parent == self.place]
        parted = parts(self.place, OUTCOMES if name == FAILURES else name)
        old = ds.dataset([str(path) for path in whole], schema=schema, format=form) if whole else None
        source = part_schema(self.plan.outcomes) if name in (OUTCOMES, FAILURES) else schema
        new = ds.dataset([str(path) for path in parted], schema=source, format=form) if parted else None

        def read(condition: ds.Expression) -> pa.Table:
            tables = [old.to_table(filter=condition)] if old is not None else []
            if new is not None and name == FAILURES:
                tables.append(failures_of(new.to_table(filter=condition)))
            elif new is not None:
                healthy = condition & ds.field(FAILURE).is_null() if name == OUTCOMES else condition
                tables.append(new.to_table(columns=schema.names, filter=healthy))
            return pa.concat_tables(table.cast(schema) for table in tables) if tables else schema.empty_table()

        return read


def windows(sizes: np.ndarray, replicates: np.ndarray) -> Iterator[ds.Expression]:
    """Conditions that cut the rows of all points, in order, into windows to be sorted one at a time.

    sizes: rows of each point; a point with more rows than a window is cut between its replicates.
    """
    import pyarrow.dataset as ds

    point, replicate = ds.field("point"), ds.field("replicate")
    first = 0
    while first < len(sizes):
        last = first + max(1, int(np.searchsorted(np.cumsum(sizes[first : first + WINDOW]), WINDOW, side="right")))
        whole = (point >= first) & (point < last)
        count = int(replicates[first])
        step = count if last - first > 1 else max(1, count * WINDOW // max(1, int(sizes[first])))
        for low in range(0, count, step):
            yield whole & (replicate >= low) & (replicate < low + step) if step < count else whole
        first = last


def part_name(rows: np.ndarray) -> str:
    """A part's name: the hash of which replicates of which points it holds."""
    return hashlib.sha256(np.sort(rows).astype("<i8").tobytes()).hexdigest()[:16]


@contextmanager
def renamed(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name only when it is whole and on the disk."""
    path.parent.mkdir(exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with open(new, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    if hasattr(os, "O_DIRECTORY"):
        entries = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(entries)
        finally:
            os.close(entries)


@contextmanager
def parquet(file: BinaryIO, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file whose bytes depend on rows and schema alone."""
    with pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True, store_schema=False) as writer:
        yield writer


def write_text(path: Path, text: str) -> None:
    with renamed(path) as file:
        file.write(text.encode())


@contextmanager
def opened(place: Path, plan: Plan, manifest: dict[str, Any], *, resume: bool) -> Iterator[tuple[Folder, np.ndarray]]:
    """The run folder of this plan, new or resumed, locked against other writers, and what is done in it.

    Raises FolderError where the folder belongs to something else; then nothing in it has changed.
    """
    if place.exists():
        _check_ours(place, plan, manifest, resume=resume)
    place.mkdir(parents=True, exist_ok=True)
    with locked(place):
        folder = Folder(place, plan, {key: manifest[key] for key in ("config_hash", "seed", "versions")})
        done = folder.done()
        folder.clear()
        folder.describe(manifest)
        write_text(place / EXPERIMENT, dump(plan.experiment))
        yield folder, done


def _check_ours(place: Path, plan: Plan, manifest: dict[str, Any], *, resume: bool) -> None:
    if place.is_dir() and all(entry.name == LOCK or entry.suffix == ".new" for entry in place.iterdir()):
        return
    if place.is_dir() and not (place / MANIFEST).exists():
        raise FolderError(f"{place} is not empty and holds no run: choose another folder (--out)")
    there = read_manifest(place)
    if there.get("config_hash") != manifest["config_hash"]:
        title = f" ({there['title']})" if there.get("title") else ""
        raise FolderError(
            f"{place} holds the run of another experiment{title}, or of this one before its config changed: "
            "choose another folder (--out), or remove it"
        )
    if not resume:
        state = "a finished" if there.get("status") == "complete" else "an unfinished"
        raise FolderError(
            f"{place} holds {state} run of this experiment: add --resume to go on from what is there, "
            "or choose another folder (--out)"
        )
    if there.get("replicates", 0) > manifest["replicates"]:
        raise FolderError(
            f"{place} has {there['replicates']:,} replicates of each point, this run asks for "
            f"{manifest['replicates']:,}: ask for as many or more, or choose another folder (--out)"
        )


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """Refuses a folder that another process writes to; the lock goes with the process, however it ends."""
    with open(place / LOCK, "ab") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderError(f"another evo is writing to {place}: wait for it, or choose another folder") from None
        yield

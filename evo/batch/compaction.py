"""Compaction: all parts of a run into one sorted file for each table, in memory that does not grow with the run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evo.batch.files import fitted, parquet
from evo.batch.plan import STRIDE, Plan
from evo.batch.tables import failure_schema
from evo.places import UNNAMED, is_local, put
from evo.runfolder import (
    FAILURE,
    FAILURES,
    OUTCOMES,
    PATHS,
    SORTED_BY,
    failures_of,
    parts,
    read_table,
    sorted_rows,
)

ROW_GROUP = 2**16
WINDOW = 2**20  # rows that are sorted at a time
MOST_WINDOWS = 256  # each is an open file while rows are dealt to them


def compact(place: Path, plan: Plan, label: dict[str, str]) -> None:
    """Write the tables of a run folder, then remove its parts; `label` goes into each table's metadata."""
    if not parts(place, OUTCOMES) and (place / f"{OUTCOMES}.parquet").exists():
        return
    if plan.paths is not None:
        _compact(place, PATHS, plan.paths, plan, plan.replicates * plan.records, label)
    _compact(place, FAILURES, failure_schema(), plan, plan.replicates, label)
    _compact(place, OUTCOMES, plan.outcomes, plan, plan.replicates, label)
    for name in (PATHS, OUTCOMES):
        for path in parts(place, name):
            path.unlink()
        if is_local(place):
            with suppress(OSError):
                (place / name).rmdir()


def _compact(place: Path, name: str, schema: pa.Schema, plan: Plan, sizes: np.ndarray, label: dict[str, str]) -> None:
    edges = windows(sizes, plan.replicates)
    with (
        put(place / f"{name}.parquet") as file,
        parquet(file, schema) as writer,
        _dealt(_pieces(place, name, schema, plan), schema, edges, place) as dealt,
    ):
        for window in dealt:
            table = sorted_rows(window, SORTED_BY[name])
            if len(table):  # in one piece, for pages end where pieces do
                writer.write_table(table.combine_chunks(), row_group_size=ROW_GROUP)
        writer.add_key_value_metadata(label)


def _pieces(place: Path, name: str, schema: pa.Schema, plan: Plan) -> Iterator[pa.Table]:
    """The rows of a table from all files that hold some, a few at a time."""
    whole = place / f"{name}.parquet"
    if whole.exists():
        with whole.open("rb") as stream:
            file = pq.ParquetFile(stream, page_checksum_verification=True)
            for group in range(file.num_row_groups):
                yield plan.rows_of(fitted(file.read_row_group(group), schema))
    for path in parts(place, OUTCOMES if name == FAILURES else name):
        table = plan.rows_of(plan.numbering.numbered(read_table(path)))
        if name == FAILURES:
            table = failures_of(table)
        elif name == OUTCOMES:
            table = table.filter(table[FAILURE].is_null())
        yield fitted(table, schema)


@contextmanager
def _dealt(
    pieces: Iterator[pa.Table], schema: pa.Schema, edges: np.ndarray, place: Path
) -> Iterator[Iterator[pa.Table]]:
    """The rows window by window: those of one in memory, those of several by way of a file for each."""
    if len(edges) == 1:
        yield iter([pa.concat_tables([schema.empty_table(), *pieces])])
        return
    here = place if is_local(place) else None  # where there is room for as much again
    with tempfile.TemporaryDirectory(dir=here, prefix=".", suffix=UNNAMED) as spill:
        files = [Path(spill) / str(window) for window in range(len(edges))]
        with ExitStack() as open_files:
            writers = [open_files.enter_context(pa.ipc.new_file(str(file), schema)) for file in files]
            for piece in pieces:
                keys = piece["point"].to_numpy() * STRIDE + piece["replicate"].to_numpy()
                window = np.searchsorted(edges, keys, side="right") - 1
                for chosen in np.unique(window).tolist():
                    writers[chosen].write_table(piece.filter(pa.array(window == chosen)))
        yield (pa.ipc.open_file(pa.memory_map(str(file))).read_all() for file in files)


def windows(sizes: np.ndarray, replicates: np.ndarray) -> np.ndarray:
    """Cuts the rows of all points, in order, into windows to be sorted one at a time; the key at which each begins.

    sizes: rows of each point; a point with more rows than a window is cut between its replicates.
    """
    most = max(WINDOW, int(sizes.sum()) // MOST_WINDOWS)
    ends = np.cumsum(sizes)
    edges: list[int] = []
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + most, side="right")))
        count = int(replicates[first])
        step = count if last - first > 1 else max(1, count * most // max(1, int(sizes[first])))
        edges += range(first * STRIDE, first * STRIDE + (count if step < count else 1), step)
        first = last
    return np.array(edges)

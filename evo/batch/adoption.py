"""Rows that exist already: taken over from another run, or from this one as it was before its sweep was widened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evo.batch.files import fitted
from evo.batch.plan import STRIDE, Plan
from evo.batch.store import Rows, write_part
from evo.batch.tables import by_address, part_schema
from evo.runfolder import (
    ADDRESS,
    FAILURE,
    FAILURES,
    OUTCOMES,
    PATHS,
    POINTS,
    parts,
    read_addresses,
    read_manifest,
    read_table,
)

BLOCK = 2**18  # rows that are held at a time


def unpack(place: Path, plan: Plan) -> None:
    """Make parts, which name points by address, of tables that number them otherwise than this plan does.

    Whatever moment this is cut off at, every row is there; when it was, it is done again.
    """
    tables = [place / f"{name}.parquet" for name in (OUTCOMES, FAILURES, PATHS)]
    if not any(table.exists() for table in tables) or not (place / POINTS).exists():
        return
    if np.array_equal(read_addresses(place), plan.addresses):
        return
    for rows in _finished(place):
        write_part(place, rows)
    for table in tables:
        table.unlink(missing_ok=True)


def adopt(place: Path, plan: Plan, other: Path, done: np.ndarray) -> np.ndarray:
    """Write into a run folder all rows of another that the plan wants and that are not done; what is done then.

    done: sorted keys, as `Folder.done` gives them.
    """
    read_manifest(other)
    for rows in _blocks(other):
        points = plan.places(rows.outcomes[ADDRESS].to_numpy())
        replicates = rows.outcomes["replicate"].to_numpy()
        keys = points * STRIDE + replicates
        wanted = plan.asked(points, replicates) & ~np.isin(keys, done)
        if rows.paths is None:
            wanted &= plan.records[points] == 0
        once = np.zeros(len(keys), bool)
        once[np.unique(keys, return_index=True)[1]] = True
        wanted &= once
        if wanted.any():
            write_part(place, _chosen(rows, plan, wanted, keys[wanted]))
            done = np.union1d(done, keys[wanted])
    return done


def _chosen(rows: Rows, plan: Plan, wanted: np.ndarray, keys: np.ndarray) -> Rows:
    outcomes = fitted(rows.outcomes.filter(pa.array(wanted)), part_schema(plan.outcomes))
    if plan.paths is None:
        return Rows(outcomes, None)
    schema = by_address(plan.paths)
    if rows.paths is None:
        return Rows(outcomes, schema.empty_table())
    points = plan.places(rows.paths[ADDRESS].to_numpy())
    theirs = np.isin(points * STRIDE + rows.paths["replicate"].to_numpy(), keys) & (points >= 0)
    return Rows(outcomes, fitted(rows.paths.filter(pa.array(theirs)), schema))


def _blocks(place: Path) -> Iterator[Rows]:
    """All rows of a run folder, some at a time."""
    for path in parts(place, OUTCOMES):
        paths = place / PATHS / path.name
        yield Rows(read_table(path), read_table(paths) if paths.exists() else None)
    yield from _finished(place)


def _finished(place: Path) -> Iterator[Rows]:
    """The rows of a folder's compacted tables, some at a time, in order."""
    whole, failed, paths = (place / f"{name}.parquet" for name in (OUTCOMES, FAILURES, PATHS))
    if not whole.exists():
        return
    addresses = read_addresses(place)
    outcomes = read_table(whole).replace_schema_metadata(None)
    schema = outcomes.schema.append(pa.field("seed", pa.int64())).append(pa.field(FAILURE, pa.string()))
    tables = [fitted(outcomes, schema)]
    if failed.exists():
        failures = read_table(failed).drop_columns(["command"])
        tables.append(fitted(failures.rename_columns(["point", "replicate", "seed", FAILURE]), schema))
    table = pa.concat_tables(tables).sort_by([("point", "ascending"), ("replicate", "ascending")])
    if not paths.exists():
        for low in range(0, len(table), BLOCK):
            yield Rows(_addressed(table.slice(low, BLOCK), addresses), None)
        return
    with paths.open("rb") as stream:
        file = pq.ParquetFile(stream, page_checksum_verification=True)
        count = max(1, BLOCK * len(table) // max(len(table), file.metadata.num_rows))
        groups = (file.read_row_group(group).replace_schema_metadata(None) for group in range(file.num_row_groups))
        rest = file.schema_arrow.remove_metadata().empty_table()
        for low in range(0, len(table), count):
            rows = table.slice(low, count)
            theirs, rest = _until(int(_keys(rows)[-1]), rest, groups)
            yield Rows(_addressed(rows, addresses), _addressed(theirs, addresses))


def _until(last: int, rest: pa.Table, groups: Iterator[pa.Table]) -> tuple[pa.Table, pa.Table]:
    """Rows of paths, which come in order, up to the key `last`; and those that were read beyond."""
    while not len(rest) or _keys(rest)[-1] <= last:
        more = next(groups, None)
        if more is None:
            break
        rest = pa.concat_tables([rest, more])
    cut = int(np.searchsorted(_keys(rest), last, side="right"))
    return rest.slice(0, cut), rest.slice(cut)


def _keys(table: pa.Table) -> np.ndarray:
    return table["point"].to_numpy() * STRIDE + table["replicate"].to_numpy()


def _addressed(table: pa.Table, addresses: np.ndarray) -> pa.Table:
    """Rows that number their points, by address."""
    named = pa.array(addresses[table["point"].to_numpy()], pa.int64())
    return table.set_column(0, pa.field(ADDRESS, pa.int64(), nullable=False), named)

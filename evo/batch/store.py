"""Where finished rows go: a run folder, part by part, compacted at the end; or memory."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from evo.batch.compaction import compact
from evo.batch.files import write_table, write_text
from evo.batch.plan import STRIDE, Plan
from evo.batch.tables import by_address, part_schema
from evo.places import UNNAMED
from evo.runfolder import (
    ADDRESS,
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
    parts,
    read_addresses,
    read_rows,
    read_table,
    sorted_rows,
)


@dataclass(frozen=True)
class Rows:
    """Rows of some finished replicates: outcomes with failures, as a part has them, and their paths; by address."""

    outcomes: pa.Table
    paths: pa.Table | None

    def __len__(self) -> int:
        return len(self.outcomes)

    @staticmethod
    def together(blocks: list[Rows]) -> Rows:
        paths = [block.paths for block in blocks if block.paths is not None]
        return Rows(pa.concat_tables([block.outcomes for block in blocks]), pa.concat_tables(paths) if paths else None)


class Memory:
    """Rows kept in memory."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        paths = by_address(plan.paths).empty_table() if plan.paths else None
        self.blocks = [Rows(part_schema(plan.outcomes).empty_table(), paths)]

    def begin(self) -> None: ...

    def done(self) -> np.ndarray:
        """Keys of the replicates that need not run again, sorted."""
        return np.unique(
            np.concatenate(
                [keys(self.plan, block.outcomes[ADDRESS].to_numpy(), block.outcomes) for block in self.blocks]
            )
        )

    def so_far(self) -> pa.Table | None:
        """The outcomes that there are, sorted."""
        return self.tables()[OUTCOMES]

    def write(self, rows: Rows) -> None:
        self.blocks.append(rows)

    def tables(self) -> dict[str, pa.Table | None]:
        """Outcomes, failures and paths, sorted."""
        rows = Rows.together(self.blocks)
        outcomes = self.plan.rows_of(self.plan.numbering.numbered(rows.outcomes))
        healthy = outcomes.filter(outcomes[FAILURE].is_null()).select(self.plan.outcomes.names)
        paths = None if rows.paths is None else self.plan.rows_of(self.plan.numbering.numbered(rows.paths))
        return {
            OUTCOMES: sorted_rows(healthy, SORTED_BY[OUTCOMES]),
            FAILURES: sorted_rows(failures_of(outcomes), SORTED_BY[FAILURES]),
            PATHS: None if paths is None else sorted_rows(paths, SORTED_BY[PATHS]),
        }


def keys(plan: Plan, addresses: np.ndarray, table: pa.Table) -> np.ndarray:
    """point * STRIDE + replicate of the rows of these addresses, by the first point of each; none of points that the plan
    lacks."""
    points = plan.places(addresses)
    return (points * STRIDE + table["replicate"].to_numpy())[points >= 0]


def write_part(place: Path, rows: Rows) -> str:
    """Keep rows in a run folder for good, as a part of this name: what this returned from survives a crash.

    Parts are named by what they hold, so any number of processes may write at once, and the same rows twice.
    """
    name = f"part-{part_name(rows.outcomes)}.parquet"
    if rows.paths is not None:  # first, for a part of the outcomes says that all of it is there
        write_table(place / PATHS / name, rows.paths)
    write_table(place / OUTCOMES / name, rows.outcomes)
    return name


class Folder:
    """A run folder that this process alone describes and compacts, while the `with` block of `opened` lasts."""

    def __init__(self, place: Path, plan: Plan, label: dict[str, Any]) -> None:
        self.place = place
        self.plan = plan
        self.label = {"evo": json.dumps(label, sort_keys=True)}  # into each compacted table

    def begin(self) -> None:
        """Write down which points there are; in a run that is taken up again, later rounds may have added some."""
        mine = self.plan.addresses
        if self.plan.adaptive and (self.place / POINTS).exists():
            known = read_addresses(self.place)
            if len(known) > len(mine) and np.array_equal(known[: len(mine)], mine):
                return
        self._write_points()

    def _write_points(self) -> None:
        addresses = pa.array(self.plan.addresses, pa.int64())
        write_table(self.place / POINTS, self.plan.points.append_column(ADDRESS, addresses))

    def so_far(self) -> pa.Table | None:
        """The outcomes that there are, sorted."""
        return read_rows(self.place, OUTCOMES)

    def write(self, rows: Rows) -> None:
        """Keep rows for good."""
        write_part(self.place, rows)

    def describe(self, manifest: dict[str, Any]) -> None:
        """Write the manifest."""
        write_text(self.place / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")

    def done(self) -> np.ndarray:
        """Keys (point * STRIDE + replicate, of the first point of an address) of the replicates that need not run, sorted.

        Raises FolderError where a file is damaged. Outcomes whose paths are missing count as not there.
        """
        found = [np.empty(0, np.int64)]
        with_paths = {path.name for path in parts(self.place, PATHS)}
        for path in parts(self.place, OUTCOMES):
            table = self._checked(path, part_schema(self.plan.outcomes))
            if self.plan.paths is None or path.name in with_paths:
                found.append(keys(self.plan, table[ADDRESS].to_numpy(), table))
        for path in parts(self.place, PATHS):
            read_table(path)
        whole = {name: self.place / f"{name}.parquet" for name in (OUTCOMES, FAILURES, PATHS)}
        if whole[OUTCOMES].exists() and (self.plan.paths is None or whole[PATHS].exists()):
            addresses = read_addresses(self.place)
            tables = [self._checked(whole[OUTCOMES], self.plan.outcomes)]
            tables += [read_table(whole[FAILURES])] if whole[FAILURES].exists() else []
            found += [keys(self.plan, addresses[table["point"].to_numpy()], table) for table in tables]
        if whole[PATHS].exists():
            read_table(whole[PATHS])
        return np.unique(np.concatenate(found))

    def _checked(self, path: Path, wanted: pa.Schema) -> pa.Table:
        """A table of which each column is one of the wanted: where the sweep was widened there may be more of these."""
        table = read_table(path)
        types = {field.name: field.type for field in wanted}
        known = all(types.get(field.name) == field.type for field in table.schema)
        if not known or table.schema.names[:2] != wanted.names[:2]:
            raise FolderError(damaged(path, "its columns are not those of this experiment"))
        return table

    def clear(self) -> None:
        """Remove what a killed run left half done: files without their name, paths that no outcomes acknowledge."""
        acknowledged = {path.name for path in parts(self.place, OUTCOMES)}
        stray = [path for path in parts(self.place, PATHS) if path.name not in acknowledged]
        for path in [*stray, *self.place.glob(f".*{UNNAMED}"), *self.place.glob(f"*/.part-*{UNNAMED}")]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def compact(self) -> None:
        """All parts into one sorted file for each table, the same bytes however the rows came about."""
        self._write_points()  # rounds of another course may have left others
        compact(self.place, self.plan, self.label)


def part_name(outcomes: pa.Table) -> str:
    """A part's name: the hash of which replicates of which addresses it holds."""
    addresses, replicates = outcomes[ADDRESS].to_numpy(), outcomes["replicate"].to_numpy()
    order = np.lexsort((replicates, addresses))
    named = np.stack([addresses[order], replicates[order]]).astype("<i8")
    return hashlib.sha256(named.tobytes()).hexdigest()[:16]

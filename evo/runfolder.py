"""What a run folder holds and how it is read; evo.batch.store writes it.

experiment.yaml                 the experiment, resolved: data files embedded, settings of the command line made
manifest.json                   versions, seed, hash of the config, machine, timing, counts
points.parquet                  one row per point, with its address
outcomes.parquet                one row per point and replicate, sorted, once the run is finished
paths.parquet, failures.parquet likewise
outcomes/part-*.parquet         what is finished so far, while it is not; also who failed (seed, failure)
paths/part-*.parquet

A part names points by address, the hash of what is computed there, so that it stays right when points are added to the
sweep; the finished tables name them by number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evo.places import FolderError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FOLDER_VERSION = 2
MANIFEST, EXPERIMENT, POINTS = "manifest.json", "experiment.yaml", "points.parquet"
OUTCOMES, PATHS, FAILURES = "outcomes", "paths", "failures"
ADDRESS = "address"  # column of parts and points
FAILURE = "failure"  # column of a part that says why a replicate has no outcome
SORTED_BY = {OUTCOMES: ("point", "replicate"), PATHS: ("point", "replicate", "time"), FAILURES: ("point", "replicate")}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder that this evo can read."""
    place = folder / MANIFEST
    try:
        manifest = json.loads(place.read_bytes())
        version = manifest["schema_version"]
        if type(version) is not int:
            raise TypeError
    except FileNotFoundError:
        what = "is not a run folder: it has no manifest.json" if folder.is_dir() else "does not exist"
        raise FolderError(f"{folder} {what}") from None
    except NotADirectoryError:
        raise FolderError(f"{folder} is a file, not a run folder") from None
    except (ValueError, KeyError, TypeError):
        raise FolderError(f"{place} is damaged: it does not read as the manifest of a run") from None
    if version > FOLDER_VERSION:
        raise FolderError(
            f"{folder} was written by a newer evo (folder version {version}, this evo reads {FOLDER_VERSION}): "
            "use that one, or choose another folder"
        )
    if version < FOLDER_VERSION:
        raise FolderError(
            f"{folder} was written by an earlier evo (folder version {version}, this evo reads {FOLDER_VERSION}): "
            "run the experiment again, into another folder"
        )
    return manifest


def read_bytes(path: Path) -> bytes:
    """A file of a run folder."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FolderError(f"{path} is missing: the run was cut off as it began, or the file was removed") from None


def parts(folder: Path, name: str) -> list[Path]:
    """The parts of a table that are finished, in order of their names."""
    return sorted((folder / name).glob("part-*.parquet"))


def files(folder: Path, name: str) -> list[Path]:
    """All files that hold rows of a table: the compacted one, if there is one, and parts."""
    whole = folder / f"{name}.parquet"
    return [*([whole] if whole.exists() else []), *parts(folder, name)]


def read_table(path: Path) -> pa.Table:
    """A Parquet file, its checksums verified."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            return pq.ParquetFile(file, page_checksum_verification=True).read()
    except FileNotFoundError:
        raise FolderError(f"{path} is missing") from None
    except (pa.ArrowException, OSError) as error:
        raise FolderError(damaged(path, error)) from None


def read_column(path: Path, name: str) -> pa.ChunkedArray | None:
    """One column of a Parquet file, None where it has none of this name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            source = pq.ParquetFile(file)
            return source.read([name])[name] if name in source.schema_arrow.names else None
    except (pa.ArrowException, OSError) as error:
        raise FolderError(damaged(path, error)) from None


def count_rows(path: Path) -> int:
    """How many rows a Parquet file has, from its footer."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            return pq.ParquetFile(file).metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise FolderError(damaged(path, error)) from None


def damaged(path: Path, error: object) -> str:
    """What to say of a file that cannot be read."""
    what = str(error).splitlines()[0][:200] if str(error) else "it cannot be read"
    remedy = "remove the file and run with --resume: what it held is computed again"
    return f"{path} is damaged ({what}). Nothing was changed. To go on, {remedy}."


def read_points(folder: Path) -> pa.Table:
    """One row per point: point, part, and what the sweep varies."""
    return read_table(folder / POINTS).drop_columns([ADDRESS])


def read_addresses(folder: Path) -> np.ndarray:
    """The address of each point, by its number."""
    return read_table(folder / POINTS)[ADDRESS].to_numpy()


def read_rows(folder: Path, name: str) -> pa.Table | None:
    """Outcomes or paths as far as they are finished, sorted; None where there are none yet."""
    import pyarrow as pa

    whole = folder / f"{name}.parquet"
    tables = [read_table(whole).replace_schema_metadata(None)] if whole.exists() else []
    if found := parts(folder, name):
        numbering = Numbering(read_addresses(folder))
        tables += [numbering.numbered(_outcomes_only(read_table(path))) for path in found]
    if not tables:
        return None
    return sorted_rows(pa.concat_tables(tables, promote_options="default"), SORTED_BY[name])


def read_failures(folder: Path) -> pa.Table | None:
    """Replicates that failed: point, replicate, seed, message, command; None where nothing is finished yet."""
    import pyarrow as pa

    whole = folder / f"{FAILURES}.parquet"
    tables = [read_table(whole).replace_schema_metadata(None)] if whole.exists() else []
    if found := parts(folder, OUTCOMES):
        numbering = Numbering(read_addresses(folder))
        tables += [failures_of(numbering.numbered(read_table(path))) for path in found]
    return sorted_rows(pa.concat_tables(tables, promote_options="default"), SORTED_BY[FAILURES]) if tables else None


class Numbering:
    """The number of each point, by its address; sorted once, for there may be a million."""

    def __init__(self, addresses: np.ndarray) -> None:
        """addresses: of each point."""
        self.order = addresses.argsort(kind="stable")
        self.known = addresses[self.order]

    def numbered(self, part: pa.Table) -> pa.Table:
        """A part with the number of each row's point instead of its address; a row of several points stands at each of
        them, one of none at none."""
        import numpy as np
        import pyarrow as pa

        wanted = part[ADDRESS].to_numpy()
        low, high = self.known.searchsorted(wanted, "left"), self.known.searchsorted(wanted, "right")
        counts = high - low
        points = pa.array(_ranges(low, counts, self.order), pa.int64())
        if not (counts == 1).all():
            part = part.take(pa.array(np.repeat(np.arange(len(part)), counts)))
        return part.set_column(0, pa.field("point", pa.int64(), nullable=False), points)


def _ranges(low: np.ndarray, counts: np.ndarray, order: np.ndarray) -> np.ndarray:
    """order[low[0]], ..., order[low[0] + counts[0] - 1], order[low[1]], ..."""
    import numpy as np

    starts = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return order[starts + np.arange(counts.sum())] if len(low) else low.astype(np.int64)


def failures_of(part: pa.Table) -> pa.Table:
    """The rows of a part, its points numbered, that are failures, as the table of failures has them."""
    failed = part.filter(part[FAILURE].is_valid()).select(["point", "replicate", "seed", FAILURE])
    return with_commands(failed.rename_columns(["point", "replicate", "seed", "message"]))


def with_commands(failures: pa.Table) -> pa.Table:
    """Failures, each with the command that, called in the folder, runs this replicate alone."""
    import pyarrow as pa

    rows = zip(failures["point"].to_pylist(), failures["replicate"].to_pylist(), strict=True)
    commands = [f"evo rerun . --point {point} --replicate {replicate}" for point, replicate in rows]
    return failures.append_column("command", pa.array(commands, pa.string()))


def _outcomes_only(table: pa.Table) -> pa.Table:
    if FAILURE not in table.column_names:
        return table
    return table.filter(table[FAILURE].is_null()).drop_columns(["seed", FAILURE])


def sorted_rows(table: pa.Table, by: Sequence[str]) -> pa.Table:
    """Sorted, and each row once: a row may stand in a part and in the compacted file if a run was killed in between."""
    import numpy as np

    table = table.sort_by([(name, "ascending") for name in by])
    if not len(table):
        return table
    fresh = np.zeros(len(table), bool)
    fresh[0] = True
    for name in by:
        values = table[name].to_numpy()
        fresh[1:] |= values[1:] != values[:-1]
    return table if fresh.all() else table.filter(fresh)

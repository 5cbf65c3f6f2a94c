"""Run again: a replicate of a run folder alone, and a random sample of them against what the folder holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from evo.batch.manifest import changes
from evo.batch.tables import outcome_schema, outcome_types, path_schema, path_types
from evo.batch.tasks import Job, compute
from evo.experiment import Point
from evo.results import Result
from evo.runfolder import FAILURE, OUTCOMES, PATHS, FolderError, failures_of, read_failures, read_rows


@dataclass(frozen=True)
class Replicate:
    """One replicate, run again: its row of the outcomes (None where it failed), why it failed, and its path."""

    point: Point
    number: int
    outcome: pa.Table | None
    message: str | None
    path: pa.Table | None


@dataclass
class Verification:
    """What a check found.

    checked: replicates that were run again, of so many that the folder holds. differing: point, replicate and what differs.
    changes: what is another now than when the folder was made, and on which last digits may depend.
    """

    held: int
    changes: list[str]
    checked: int = 0
    differing: list[tuple[int, int, str]] = field(default_factory=list)


def rerun(place: Point, replicate: int, *, every: float | None = None) -> Replicate:
    """A replicate of a point as `evo.run` runs it; its path is recorded as the experiment says, or at `every` so many
    generations.

    Raises KeyError where there is no such replicate.
    """
    chosen = place.experiment if every is None else place.experiment.replace({"run.record": {"every": every}})
    most = chosen.run.most if chosen.random else 1
    if not 0 <= replicate < most:
        raise KeyError(f"point {place.index} has no replicate {replicate}: they are numbered from 0 to {most - 1}")
    outcomes = outcome_schema(outcome_types(chosen))
    paths = path_schema(path_types(chosen)) if chosen.record_every is not None else None
    there = Point(place.index, place.part, place.settings, chosen)
    answer = compute([Job(there, replicate, 1)], outcomes, paths, np.zeros(1, np.int8))
    if answer.errors:
        return Replicate(there, replicate, None, answer.errors[0].message, None)
    assert answer.rows is not None  # computed here
    named = _named(answer.rows.outcomes, place.index)
    failed = failures_of(named)
    path = None if answer.rows.paths is None else _named(answer.rows.paths, place.index)
    if len(failed):
        return Replicate(there, replicate, None, failed["message"][0].as_py(), path)
    return Replicate(there, replicate, named.drop_columns(["seed", FAILURE]), None, path)


def _named(rows: pa.Table, point: int) -> pa.Table:
    return rows.set_column(0, pa.field("point", pa.int64(), nullable=False), pa.array([point] * len(rows), pa.int64()))


def verify(
    result: Result, *, sample: int, seed: int | None = None, heard: Callable[[int, int], None] | None = None
) -> Verification:
    """Run a random sample of the replicates of a folder again and compare every number bit by bit, paths too."""
    assert result.folder is not None
    outcomes, failures = read_rows(result.folder, OUTCOMES), read_failures(result.folder)
    if outcomes is None or failures is None:
        raise FolderError(f"{result.folder} holds no replicate yet")
    paths = read_rows(result.folder, PATHS)
    keys = [(table["point"].to_numpy(), table["replicate"].to_numpy()) for table in (outcomes, failures)]
    held = len(outcomes) + len(failures)
    chosen = np.sort(np.random.default_rng(seed).choice(held, min(sample, held), replace=False))
    found = Verification(held, changes(result.manifest))
    for place in chosen.tolist():
        table, row = (0, place) if place < len(outcomes) else (1, place - len(outcomes))
        point, replicate = int(keys[table][0][row]), int(keys[table][1][row])
        again = rerun(result.point(point), replicate)
        kept = (outcomes if table == 0 else failures).slice(row, 1)
        words = _failure(kept, again) if table else _differing(kept, again.outcome, again.message)
        if not words and not table and paths is not None and again.path is not None:
            words = _differing(_of(paths, point, replicate), again.path, None)
        found.checked += 1
        if words:
            found.differing.append((point, replicate, words))
        if heard is not None:
            heard(found.checked, len(chosen))
    return found


def _failure(kept: pa.Table, again: Replicate) -> str:
    message = kept["message"][0].as_py()
    if again.message == message:
        return ""
    return (
        f"failed with {message!r}, now {again.message!r}" if again.message else f"failed with {message!r}, now does not"
    )


def _differing(kept: pa.Table, again: pa.Table | None, message: str | None) -> str:
    """The first column that differs, and how; empty where none does."""
    if again is None:
        return f"had an outcome, fails now: {message}"
    if len(kept) != len(again):
        return f"had {len(kept):,} rows of its path, has {len(again):,} now"
    for name in kept.column_names:
        one, other = kept[name], again[name] if name in again.column_names else pa.nulls(len(kept))
        if bits(one) != bits(other):
            places = [row for row in range(len(kept)) if bits(one.slice(row, 1)) != bits(other.slice(row, 1))]
            return f"{name} was {one[places[0]].as_py()!r}, is {other[places[0]].as_py()!r}"
    return ""


def bits(column: pa.ChunkedArray | pa.Array) -> list[object]:
    """Values that are equal only where all their bits are."""
    values = column.to_pylist()
    return [value.hex() if isinstance(value, float) else value for value in values]


def _of(paths: pa.Table, point: int, replicate: int) -> pa.Table:
    points = paths["point"].to_numpy()
    low, high = np.searchsorted(points, point, "left"), np.searchsorted(points, point, "right")
    inside = paths.slice(int(low), int(high - low))
    return inside.filter(pa.array(inside["replicate"].to_numpy() == replicate))

"""Measured series: a CSV text to (generation, value) nodes."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._spec import ProblemError, Spec
from evo.environments import Series
from evo.formulas import FormulaError, evaluate

if TYPE_CHECKING:
    from evo.model import Model

Table = tuple[dict[str, str], ...]


class File(Spec):
    """A data file that the experiment reads, embedded when it was loaded."""

    sha256: str
    text: str


def embed(text: str) -> File:
    """The file's text with its digest."""
    return File(sha256=digest(text), text=text)


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def series_numbers(law: Series, files: Mapping[str, File]) -> list[float]:
    """The law's numbers for the kernel: kind of interpolation, outside, count, times in generations, values."""
    times, values = series_nodes(law, files)
    held = codes.HELD if law.interpolation == "held" else codes.INTERPOLATED
    return [held, float(law.outside == "extrapolate"), float(len(times)), *times, *values]


def series_nodes(law: Series, files: Mapping[str, File]) -> tuple[list[float], list[float]]:
    """Times (in generations, ascending) and transformed values of the nodes."""
    rows = list(law.values) if law.values is not None else _from_file(law, files)
    if not rows:
        raise ProblemError(("rows",), "no row of the table matches")
    rows.sort()
    times = [(time - law.start) * law.generations_per_unit for time, _ in rows]
    if any(later == earlier for earlier, later in pairwise(times)):
        raise ProblemError(("rows",), "two rows of the series have the same time", "narrow `rows` down to one series")
    try:
        values = np.broadcast_to(
            evaluate(law.transform, {"value": np.array([value for _, value in rows])}), (len(rows),)
        ).tolist()
    except FormulaError as error:
        raise ProblemError(("transform",), str(error)) from None
    for (time, _), value in zip(rows, values, strict=True):
        if not math.isfinite(value):
            raise ProblemError(("transform",), f"gives {value} at time {time:g}")
    return times, values


def check_horizon(law: Series, files: Mapping[str, File], generations: float) -> None:
    """Refuse a run that outlasts its series where the law says that this is an error."""
    if law.outside != "error":
        return
    times, _ = series_nodes(law, files)
    if times[0] > 1e-9 or times[-1] < generations - 1e-9:
        first, last = (law.start + time / law.generations_per_unit for time in (times[0], times[-1]))
        asked = law.start + generations / law.generations_per_unit
        raise ProblemError(
            ("outside",),
            f"the run asks for {law.start:g} to {asked:g}, the series has {first:g} to {last:g}",
            "set `outside: hold` or `outside: extrapolate`, or shorten the run",
        )


def check_horizons(model: Model, generations: float) -> None:
    """`check_horizon` for every series of a model."""
    for name, law in model.environment.items():
        if isinstance(law, Series):
            try:
                check_horizon(law, model.files, generations)
            except ProblemError as error:
                raise ProblemError(("environment", name, *error.path), error.message, error.hint) from None


def _from_file(law: Series, files: Mapping[str, File]) -> list[tuple[float, float]]:
    for key in ("file", "column", "time"):
        if getattr(law, key) is None:
            raise ProblemError((key,), "is missing", "a series needs file, column and time, or values")
    assert law.file is not None and law.column is not None and law.time is not None
    if law.file not in files:
        raise ProblemError(
            ("file",), f"{law.file!r} was not read", "load the experiment from its file, or give `values`"
        )
    if digest(files[law.file].text) != files[law.file].sha256:
        raise ProblemError(("file",), f"the embedded text of {law.file!r} does not have its sha256")
    table = _table(files[law.file].text)
    columns = list(table[0]) if table else []
    for key, column in (("column", law.column), ("time", law.time), *((f"rows.{name}", name) for name in law.rows)):
        if column not in columns:
            raise ProblemError(
                tuple(key.split(".")), f"{law.file} has no column {column!r}", f"columns: {', '.join(columns)}"
            )
    chosen = [row for row in table if all(_same(row[column], wanted) for column, wanted in law.rows.items())]
    return [(_read(row, law.time, law), _read(row, law.column, law)) for row in chosen if row[law.column] != ""]


@lru_cache(maxsize=16)
def _table(text: str) -> Table:
    return tuple(csv.DictReader(io.StringIO(text)))


def _same(cell: str, wanted: str | int | float) -> bool:
    if isinstance(wanted, str):
        return cell == wanted
    try:
        return float(cell) == wanted
    except ValueError:
        return False


def _read(row: dict[str, str], column: str, law: Series) -> float:
    try:
        return float(row[column])
    except (TypeError, ValueError):
        raise ProblemError(("file",), f"{law.file}: {row[column]!r} in column {column!r} is not a number") from None

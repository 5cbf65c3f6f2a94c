"""Results: tables and the experiment that made them, in memory or from a run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from evo._reprs import MOST_ROWS, table
from evo._scalars import NumberError, resolve
from evo._yaml import load_value
from evo.experiment import Experiment, Point
from evo.loading import loads
from evo.places import place_of
from evo.precision import Precise
from evo.runfolder import (
    EXPERIMENT,
    OUTCOMES,
    PATHS,
    read_bytes,
    read_failures,
    read_manifest,
    read_points,
    read_rows,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import xarray as xr

T = TypeVar("T")


class Table(Generic[T]):
    """A field that holds a table, or what reads it when it is first looked at."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, result: object | None, owner: type | None = None) -> T:
        if result is None:
            raise AttributeError(self.name)  # so that a dataclass sees no default
        held = result.__dict__[self.name]
        if callable(held):
            held = result.__dict__[self.name] = held()
        return cast("T", held)

    def __set__(self, result: object, table: T | Callable[[], T]) -> None:
        result.__dict__[self.name] = table


@dataclass(frozen=True, repr=False)
class Result:
    """What a run left. Tables of a run folder are read when they are first looked at.

    points: one row per point; columns point, part, and one per path that the sweep varies (values that are not a
        number or a word stand as compact YAML, such as `{command: 0.97}`; `-` where the point's part does not vary it).
    outcomes: one row per point and replicate; columns point, replicate, then the measures.
    paths: tidy paths, or None where none were kept; columns point, replicate, time, the strategies, the environment
        variables, mean_payoff.
    failures: replicates that stopped; columns point, replicate, seed, message, command (which runs it alone).
    manifest: versions, seeds, hash of the config, machine, timing.
    """

    experiment: Experiment
    points: Table[pd.DataFrame] = Table()
    outcomes: Table[pd.DataFrame] = Table()
    paths: Table[pd.DataFrame | None] = Table()
    failures: Table[pd.DataFrame] = Table()
    manifest: dict[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    @classmethod
    def load(cls, folder: str | Path) -> Result:
        """A result from its folder or URL, finished or not. Raises FolderError where it cannot be read."""
        folder = place_of(folder)
        manifest = read_manifest(folder)
        experiment = loads(read_bytes(folder / EXPERIMENT), source=str(folder / EXPERIMENT))
        return in_folder(folder, experiment, manifest)

    def __repr__(self) -> str:
        words = [f"{len(self.points):,} points", f"{len(self.outcomes):,} outcomes"]
        words += [f"{len(self.paths):,} rows of paths"] if self.paths is not None else []
        words += [f"{len(self.failures):,} failures"] if len(self.failures) else []
        title = f"{self.experiment.title}: " if self.experiment.title else ""
        place = f", in {self.folder}" if self.folder else ""
        state = "" if self.complete else ", not finished"
        return f"<Result {title}{', '.join(words)}{place}{state}>"

    def _repr_html_(self) -> str:
        """Who prevails, for notebooks."""
        found = self.who_prevails()
        below = found.head(MOST_ROWS).to_html(index=False, float_format="{:.3g}".format) if len(found) else ""
        if len(found) > MOST_ROWS:
            below += f"<p>{len(found) - MOST_ROWS:,} more rows in <code>.who_prevails()</code></p>"
        rows = [("points", f"{len(self.points):,}"), ("outcomes", f"{len(self.outcomes):,}")]
        rows += [("rows of paths", f"{len(self.paths):,}")] if self.paths is not None else []
        rows += [("failures", f"{len(self.failures):,}")] if len(self.failures) else []
        rows += [("folder", str(self.folder))] if self.folder else []
        rows += [] if self.complete else [("status", "not finished")]
        return table(self.experiment.title or "Result", rows, below=below)

    @property
    def complete(self) -> bool:
        """Whether every replicate was run."""
        return self.manifest["status"] == "complete" and not self.manifest.get("shard")

    def point(self, number: int) -> Point:
        """One point, of the config or added by refinement; raises KeyError where there is none of this number."""
        if number < sum(self.experiment.sizes or (1,)) or number not in self.added:
            return self.experiment.point(number)
        part, settings = self.added[number]
        bench = next(bench for bench in self.experiment.benches if (bench.part.name or "") == part)
        return Point(number, part, settings, bench.at(settings))

    def at(self, point: int) -> Experiment:
        """The experiment of one point."""
        return self.point(point).experiment

    def _experiments(self) -> Iterator[tuple[int, Experiment]]:
        yield from ((point.index, point.experiment) for point in self.experiment.points())
        yield from ((point, self.at(point)) for point in self.added)

    @cached_property
    def added(self) -> dict[int, tuple[str, dict[str, Any]]]:
        """Part and settings of each point that refinement added to those of the config."""
        later = self.points[self.points["point"] >= sum(self.experiment.sizes or (1,))]
        rows: list[dict[str, Any]] = later.to_dict("records") if len(later) else []  # pyright: ignore
        return {row.pop("point"): (row.pop("part"), settings_of(row)) for row in rows}

    def precision(self) -> pd.DataFrame:
        """How precise each point is that runs until it is (run.replicates.width): one row per point and column that its rule
        looks at.

        Columns: point, column, replicates, outcome (of words: that of the widest interval), estimate, low, high, width, and
        whether the point is precise. All looks together miss with at most 1 - confidence; see `evo.precision.Precise`.
        """
        import pandas as pd
        import pyarrow as pa

        from evo.estimates import columns_of, estimates

        table = pa.Table.from_pandas(self.outcomes, preserve_index=False)
        known = cache(lambda column: estimates(table, column, len(self.points)))
        ran = self.outcomes["point"].value_counts().to_dict()
        rows: list[dict[str, Any]] = []
        asks = isinstance(self.experiment.run.replicates, Precise) or any(
            path.startswith("run.replicates") for part in self.experiment.sweep for path in (*part.paths, *part.set)
        )
        for point, experiment in self._experiments() if asks else ():
            if (rule := experiment.precise) is None:
                continue
            for column in columns_of(rule.measure, table.column_names):
                found = known(column).interval(point, rule)
                place = {"point": point, "column": column, "replicates": ran.get(point, 0)}
                width = {"width": found.width, "precise": found.width <= rule.width}
                rows.append(place | vars(found) | width)
        names = ["point", "column", "replicates", "outcome", "estimate", "low", "high", "width", "precise"]
        return pd.DataFrame(rows, columns=names)

    def who_prevails(self) -> pd.DataFrame:
        """How often each strategy prevails: one row per part of the sweep, group of points in it, and strategy.

        Columns: part; the swept paths that tell groups apart (those with few values; over the others the points are
        pooled; `-` where the part does not vary it); strategy (also `none` and `cycle`); count; of, out of how many;
        unit, `replicates`, or `points` where nothing is random; share; low and high, Wilson's 95 % interval, null
        where nothing is random; mean_share, the strategy's mean share at the end.
        Empty where neither `prevailing` nor `final_mix` is measured.
        """
        from evo.prevalence import prevalence

        return prevalence(self)

    def query(self, sql: str) -> pd.DataFrame:
        """What DuckDB answers about the tables `points`, `outcomes`, `paths`, `failures` and `joined` (the outcomes, each
        with what its point sets), which are read as far as the question needs. Raises QueryError where it cannot."""
        from evo.queries import query

        return query(self, sql).to_pandas()

    def to_xarray(self, part: str | None = None, *, paths: bool = False) -> xr.Dataset:
        """The outcomes as an xarray Dataset with a dimension for each path of a grid (or `point`, where the points are no
        grid), and `replicate`; with `paths` also the paths, over `time`. Of one part of the sweep, or of all."""
        from evo.exports import dataset

        return dataset(self, part, paths=paths)


def in_folder(
    folder: Path, experiment: Experiment, manifest: dict[str, Any], *, failures: pd.DataFrame | None = None
) -> Result:
    """The result of a run folder, nothing of its tables read yet; `failures` in place of those that the folder holds."""
    return Result(
        experiment=experiment,
        points=partial(_points, folder),
        outcomes=partial(_outcomes, folder),
        paths=partial(_paths, folder),
        failures=partial(_failures, folder) if failures is None else failures,
        manifest=manifest,
        folder=folder,
    )


def result_of(
    experiment: Experiment,
    *,
    points: pa.Table,
    outcomes: pa.Table,
    paths: pa.Table | None,
    failures: pa.Table,
    manifest: dict[str, Any],
) -> Result:
    """A result from Arrow tables; paths are None where none were kept."""
    return Result(
        experiment=experiment,
        points=points_frame(points),
        outcomes=outcomes.to_pandas(),
        paths=None if paths is None else paths.to_pandas(),
        failures=failures.to_pandas(),
        manifest=manifest,
    )


def _points(folder: Path) -> pd.DataFrame:
    return points_frame(read_points(folder))


def _outcomes(folder: Path) -> pd.DataFrame:
    return _frame(read_rows(folder, OUTCOMES), "point", "replicate")


def _paths(folder: Path) -> pd.DataFrame | None:
    table = read_rows(folder, PATHS)
    return None if table is None else table.to_pandas()


def _failures(folder: Path) -> pd.DataFrame:
    return _frame(read_failures(folder), "point", "replicate", "seed", "message", "command")


def points_frame(table: pa.Table) -> pd.DataFrame:
    """The table of points for people: numbers stay numbers in a column that also holds words, or `-`."""
    frame = table.to_pandas()
    for name in table.column_names[2:]:
        if table.schema.field(name).type == "string":
            frame[name] = frame[name].astype(object).map(_value)
    return frame


def settings_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is set at a point, from its row in the table of points, part and number left out."""
    return {path: load_value(value) if isinstance(value, str) else value for path, value in row.items() if value != "-"}


def _value(text: str) -> object:
    try:
        value = resolve(text)
    except NumberError:
        return text
    return value if type(value) in (int, float) else text


def _frame(table: pa.Table | None, *columns: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=list(columns)) if table is None else table.to_pandas()

"""Results: tables and the experiment that made them, in memory or from a run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evo._scalars import NumberError, resolve
from evo._yaml import load_value
from evo.experiment import Experiment, loads
from evo.runfolder import (
    EXPERIMENT,
    OUTCOMES,
    PATHS,
    POINTS,
    read_bytes,
    read_failures,
    read_manifest,
    read_rows,
    read_table,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, repr=False)
class Result:
    """What a run left.

    points: one row per point; columns point, part, and one per path that the sweep varies (values that are not a
        number or a word stand as compact YAML, such as `{command: 0.97}`; `-` where the point's part does not vary it).
    outcomes: one row per point and replicate; columns point, replicate, then the measures.
    paths: tidy paths, or None where none were kept; columns point, replicate, time, the strategies, the environment
        variables, mean_payoff.
    failures: replicates that stopped; columns point, replicate, seed, message.
    manifest: versions, seeds, hash of the config, platform, timing.
    """

    experiment: Experiment
    points: pd.DataFrame
    outcomes: pd.DataFrame
    paths: pd.DataFrame | None
    failures: pd.DataFrame
    manifest: dict[str, Any]
    folder: Path | None = None

    @classmethod
    def load(cls, folder: str | Path) -> Result:
        """A result from its folder, finished or not. Raises FolderError where it cannot be read."""
        folder = Path(folder)
        manifest = read_manifest(folder)
        experiment = loads(read_bytes(folder / EXPERIMENT), source=str(folder / EXPERIMENT))
        return result_of(
            experiment,
            points=read_table(folder / POINTS),
            outcomes=read_rows(folder, OUTCOMES),
            paths=read_rows(folder, PATHS),
            failures=read_failures(folder),
            manifest=manifest,
            folder=folder,
        )

    def __repr__(self) -> str:
        words = [f"{len(self.points):,} points", f"{len(self.outcomes):,} outcomes"]
        words += [f"{len(self.paths):,} rows of paths"] if self.paths is not None else []
        words += [f"{len(self.failures):,} failures"] if len(self.failures) else []
        title = f"{self.experiment.title}: " if self.experiment.title else ""
        place = f", in {self.folder}" if self.folder else ""
        state = "" if self.complete else ", not finished"
        return f"<Result {title}{', '.join(words)}{place}{state}>"

    @property
    def complete(self) -> bool:
        """Whether every replicate was run."""
        return self.manifest["status"] == "complete"

    def at(self, point: int) -> Experiment:
        """The experiment of one point."""
        if point < sum(self.experiment.sizes or (1,)):
            return self.experiment.point(point).experiment
        part, settings = self.added[point]  # by refinement
        bench = next(bench for bench in self.experiment.benches if (bench.part.name or "") == part)
        return bench.at(settings)

    def _experiments(self) -> Iterator[tuple[int, Experiment]]:
        yield from ((point.index, point.experiment) for point in self.experiment.points())
        yield from ((point, self.at(point)) for point in self.added)

    @property
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
        for point, experiment in self._experiments():
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


def result_of(
    experiment: Experiment,
    *,
    points: pa.Table,
    outcomes: pa.Table | None,
    paths: pa.Table | None,
    failures: pa.Table | None,
    manifest: dict[str, Any],
    folder: Path | None = None,
) -> Result:
    """A result from Arrow tables; what is None has no rows yet, or, for paths, was not kept."""
    return Result(
        experiment=experiment,
        points=points_frame(points),
        outcomes=_frame(outcomes, "point", "replicate"),
        paths=None if paths is None else _frame(paths),
        failures=_frame(failures, "point", "replicate", "seed", "message"),
        manifest=manifest,
        folder=folder,
    )


def points_frame(table: pa.Table) -> pd.DataFrame:
    """The table of points for people: numbers stay numbers in a column that also holds words, or `-`."""
    frame = _frame(table)
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

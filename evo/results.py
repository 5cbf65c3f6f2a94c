"""Results: tables and the experiment that made them, in memory or from a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evo._reprs import MOST_ROWS, table
from evo._scalars import NumberError, resolve
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
        return self.manifest["status"] == "complete"

    def at(self, point: int) -> Experiment:
        """The experiment of one point."""
        return self.experiment.point(point).experiment

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


def _value(text: str) -> object:
    try:
        value = resolve(text)
    except NumberError:
        return text
    return value if type(value) in (int, float) else text


def _frame(table: pa.Table | None, *columns: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=list(columns)) if table is None else table.to_pandas()

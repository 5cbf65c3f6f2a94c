"""Who prevails: shares of points or replicates per strategy, group by group, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from evo.precision import Z95, quantile, wilson
from evo.strategies import roles

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment
    from evo.results import Result

MOST_GROUPS = 30
COLUMNS = ("strategy", "count", "of", "unit", "share", "low", "high", "mean_share")

Frame = Any  # pandas', whose types say little


def prevalence(result: Result) -> pd.DataFrame:
    """The table of `Result.who_prevails`. Of a refined grid it counts the first points alone: those that refinement added
    gather where outcomes change, and their shares would say nothing."""
    import pandas as pd

    paths = list(result.points.columns[2:])
    rows: list[dict[str, Any]] = []
    if (winners := _winners(result.outcomes)) is not None:
        table: Frame = result.outcomes.assign(_winner=winners).merge(result.points, on="point")
        table = table[table["point"] < points_named(result.experiment)]
        others = sorted(set(winners.dropna()) - set(result.experiment.strategy_names))
        alone = [] if roles(result.experiment.strategies) else result.experiment.strategy_names
        names = [*alone, *others]  # two roles prevail together
        for part, inside in table.groupby("part", sort=False):
            points: Frame = result.points
            told = telling_paths(points.loc[points["part"] == part, paths])
            for values, group in _groups(inside, told):
                place = {"part": part, **dict.fromkeys(paths, "-"), **values}
                rows += [place | row for row in _shares(result, group, names)]
    used = [path for path in paths if any(row[path] != "-" for row in rows)]
    return pd.DataFrame(rows, columns=["part", *used, *COLUMNS])


def points_named(experiment: Experiment) -> int:
    """How many points the config names; those that refinement added have the numbers from here on."""
    return sum(experiment.sizes or (1,))


def z_of(experiment: Experiment) -> float:
    """Standard normal quantile of the 95 % intervals of who prevails: where replicates run until they are precise, of the
    last of several looks, one of which may miss in 5 % of runs."""
    rule = experiment.run.replicates
    return Z95 if isinstance(rule, int) else quantile(1 - 0.05 / len(rule.looks))


def telling_paths(values: Frame) -> list[str]:
    """The paths by which points are told apart: those with fewest values, as long as the groups stay few."""
    words: Frame = values.astype(str)
    counts = {path: words[path].nunique() for path in values.columns}
    told: list[str] = []
    for path in sorted(counts, key=lambda path: counts[path]):
        if counts[path] > 1 and len(words[[*told, path]].drop_duplicates()) <= MOST_GROUPS:
            told.append(path)
    return [path for path in counts if path in told]


def _groups(table: Frame, told: list[str]) -> Iterator[tuple[dict[str, Any], Frame]]:
    if not told:
        yield {}, table
        return
    for values, group in table.groupby(told, sort=False):
        yield dict(zip(told, values, strict=True)), group


def _winners(outcomes: Frame) -> Frame | None:
    """Who prevails in each row, None where there are no rows or that was not measured."""
    if not len(outcomes):
        return None
    if "prevailing" in outcomes:
        return outcomes["prevailing"]
    shares = [name for name in outcomes.columns if name.startswith("final_mix.")]
    return outcomes[shares].idxmax(axis=1).str.removeprefix("final_mix.") if shares else None


def _shares(result: Result, group: Frame, names: list[str]) -> Iterator[dict[str, Any]]:
    """One row per strategy, and per other outcome."""
    random = _is_random(result, group)
    counts = group["_winner"].value_counts()
    total = int(counts.sum())
    z = z_of(result.experiment)
    for name in names:
        count = int(counts.get(name, 0))
        low, high = wilson(count, total, z) if random else (math.nan, math.nan)
        mean = f"final_mix.{name}"
        yield {
            "strategy": name,
            "count": count,
            "of": total,
            "unit": "replicates" if random else "points",
            "share": count / total,
            "low": low,
            "high": high,
            "mean_share": float(group[mean].mean()) if mean in group else math.nan,
        }


def _is_random(result: Result, group: Frame) -> bool:
    """Whether anything is random at the group's first point; a point that is run more than once always has."""
    if group["replicate"].max() > 0:
        return True
    experiment = result.at(int(group["point"].iloc[0]))
    return not experiment.model.deterministic or experiment.run.start == "random"

"""The answer in words: who prevails where, without selection bias first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from evo.formulas import parse
from evo.plots.swept import Swept, key, swept_parts
from evo.prevalence import COLUMNS, telling_paths
from evo.quantities import number as value_of
from evo.report.look import Kind
from evo.report.text import counted, number, path_name, place_words
from evo.report.verdicts import Contender, Group, alike, verdict, verdict_of_run
from evo.results import Result

MOST_TOLD = 8  # sentences of one part; more stand in the table
MANY = 4  # values of one path, beyond which neighbours are told together


@dataclass(frozen=True)
class Told:
    """Sentences on one part of the sweep at one side of the question of bias."""

    part: str
    heading: str
    sentences: tuple[str, ...]
    left_out: int
    groups: tuple[Group, ...]


def answers(result: Result, kinds: Sequence[Kind]) -> list[Told]:
    """Who prevails in each part, at selection bias 0 first; empty where that was not measured."""
    biased = bias_by_point(result)
    if not biased or len(set(biased.values())) == 1:
        return _told(result, kinds, "" if not biased else bias_words(next(iter(biased.values()))))
    found: list[Told] = []
    for zero in (True, False):
        points = [point for point, bias in biased.items() if (bias == 0) is zero]
        side = replace(
            result,
            points=result.points[result.points["point"].isin(points)],
            outcomes=result.outcomes[result.outcomes["point"].isin(points)],
        )
        if len(side.outcomes):
            found += _told(side, kinds, "without selection bias (B = 0)" if zero else "with selection bias")
    return found


def bias_words(bias: float) -> str:
    """How a bias that is the same everywhere is told."""
    return "" if bias == 0 else f"with a selection bias of {number(bias)}, an intervention"


def bias_by_point(result: Result) -> dict[int, float]:
    """Strength of the selection bias at each point; empty where the experiment has none anywhere."""
    experiment = result.experiment
    found: dict[int, float] = {}
    for swept in swept_parts(result):
        bases = {f"parameters.{name}" for name in _names(experiment.selection.bias.strength)}
        matters = [path for path in swept.paths if path in bases or path.startswith("selection")]
        if any(path.startswith("selection") for path in swept.fixed):
            matters = matters or [""]
        by: dict[Any, float] = {}
        for point in swept.points:
            here = tuple(key(swept.value(point, path)) for path in matters if path)
            if here not in by:
                by[here] = _bias(result.at(point))
            found[point] = by[here]
    bias = experiment.selection.bias
    return found if bias.weights or any(found.values()) else {}


def _names(strength: float | str) -> frozenset[str]:
    return parse(strength).names if isinstance(strength, str) else frozenset()


def _bias(experiment: Any) -> float:
    bias = experiment.selection.bias
    weighed = any(value_of(weight, experiment.parameter_values) for weight in bias.weights.values())
    return value_of(bias.strength, experiment.parameter_values) if weighed else 0.0


def _told(result: Result, kinds: Sequence[Kind], heading: str) -> list[Told]:
    told = []
    for part, groups in groups_of(result, kinds).items():
        sentences, left_out = _sentences(groups, result)
        told.append(Told(part, heading, tuple(sentences), left_out, tuple(groups)))
    return told


def groups_of(result: Result, kinds: Sequence[Kind]) -> dict[str, list[Group]]:
    """The groups of `Result.who_prevails`, by part of the sweep."""
    table = result.who_prevails()
    places = [name for name in table.columns[1:] if name not in COLUMNS]
    labels = {kind.name: kind.label for kind in kinds}
    sweeps = {swept.part: swept for swept in swept_parts(result)}
    found: dict[str, list[Group]] = {}
    rows: list[Any] = table.to_dict("records")
    for (part, *_), members in groupby(rows, key=lambda row: [row["part"], *(str(row[name]) for name in places)]):
        each = list(members)
        swept = sweeps[part]
        of_part: Any = result.points[result.points["part"] == part]
        place = {path: each[0][path] for path in telling_paths(of_part[of_part.columns[2:]])}
        points = _points_at(of_part, place)
        settings = {path: swept.value(points[0], path) for path in place}
        contenders = tuple(
            Contender(row["strategy"], labels.get(row["strategy"], row["strategy"]), row["count"], row["share"], row["low"], row["high"], row["mean_share"])
            for row in each
        )
        spans = _spans(result, swept, points, [path for path in swept.paths if path not in place])
        group = Group(settings, contenders, each[0]["of"], each[0]["unit"], len(points), spans)
        found.setdefault(part, []).append(group)
    return found


def _points_at(points: Any, place: Mapping[str, Any]) -> list[int]:
    for path, value in place.items():
        points = points[[key(there) == key(value) for there in points[path].tolist()]]
    return points["point"].tolist()


def _spans(result: Result, swept: Swept, points: Sequence[int], paths: Sequence[str]) -> dict[str, str]:
    """Within which values of these numeric paths each contender prevails, in words; nothing is said of a whole range."""
    numeric = [path for path in paths if swept.numeric(path) and len(swept.values(path)) > 2]
    if not numeric or len(numeric) > 2 or "prevailing" not in result.outcomes:
        return {}
    inside = result.outcomes[result.outcomes["point"].isin(points)]
    said: dict[str, str] = {}
    for name, rows in inside.groupby("prevailing"):
        words = []
        for path in numeric:
            values = np.array([swept.value(point, path) for point in rows["point"].unique()], float)
            all_values = swept.values(path)
            if values.min() > all_values[0] or values.max() < all_values[-1]:
                words.append(f"{path_name(path, swept.experiment)} {_from_to(values.min(), values.max())}")
        said[str(name)] = " and ".join(words)
    return said


def _from_to(low: float, high: float) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _sentences(groups: Sequence[Group], result: Result) -> tuple[list[str], int]:
    model = result.experiment
    runs = [[group] for group in groups]
    paths = {path for group in groups for path in group.place}
    if len(groups) > MANY and len(paths) == 1:
        runs = alike(groups)
    told = []
    for run in runs[:MOST_TOLD]:
        words = verdict_of_run(run)
        where = _where(run, model)
        told.append(f"{where}: {words}" if where else words[0].upper() + words[1:])
    return told, len(runs) - len(told)


def _where(run: Sequence[Group], model: Any) -> str:
    first, last = run[0], run[-1]
    if len(run) == 1:
        return _capital(place_words(first.place, model))
    [path] = first.place
    ends = [group.place[path] for group in (first, last)]
    if all(isinstance(end, int | float) for end in ends):
        return _capital(f"{path_name(path, model)} from {number(ends[0])} to {number(ends[1])} ({counted(len(run), 'value')})")
    return _capital("; ".join(place_words(group.place, model) for group in run))


def _capital(words: str) -> str:
    """A first letter that is not a symbol, in upper case."""
    return words[:1].upper() + words[1:] if len(words.split(" ")[0]) > 1 and words[:1].isascii() else words


__all__ = ["Told", "answers", "bias_by_point", "bias_words", "groups_of", "verdict"]

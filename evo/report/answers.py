"""The answer in words: who prevails where, without selection bias first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from evo.plots.cells import axes_of
from evo.plots.page import PictureError
from evo.plots.swept import Swept, key, swept_parts
from evo.prevalence import COLUMNS, points_named, telling_paths, wilson, z_of
from evo.report.bias import NONE, Bias, bias_words
from evo.report.look import Kind
from evo.report.text import counted, number, path_name, place_words
from evo.report.verdicts import Contender, Group, alike, verdict_of_run
from evo.results import Result

Groups = dict[str, list[Group]]  # by part of the sweep
MANY_GROUPS = 6  # of a map, beyond which its points are counted instead of told one by one
MANY = 4  # values of one path, beyond which neighbours are told together


@dataclass(frozen=True)
class Told:
    """Sentences on one part of the sweep at one side of the question of bias."""

    part: str
    heading: str
    sentences: tuple[tuple[str, str], ...]  # where, and what
    groups: tuple[Group, ...]


def answers(
    result: Result, kinds: Sequence[Kind], groups: Groups, biased: Mapping[int, Bias], moving: Container[int] = ()
) -> list[Told]:
    """Who prevails in each part, at selection bias 0 first; empty where that was not measured.

    groups: those of the whole result; biased: the bias at each point; moving: points whose mix was still moving.
    """
    if not biased or len(set(biased.values())) == 1:
        return _told(result, groups, "" if not biased else bias_words(next(iter(biased.values()))))
    found: list[Told] = []
    for zero in (True, False):
        points = [point for point, bias in biased.items() if (bias == NONE) is zero]
        side = replace(
            result,
            points=result.points[result.points["point"].isin(points)],
            outcomes=result.outcomes[result.outcomes["point"].isin(points)],
        )
        if len(side.outcomes):
            found += _told(
                side,
                groups_of(side, kinds, moving),
                "without selection bias (B = 0)" if zero else "with selection bias",
            )
    return found


def _told(result: Result, groups: Groups, heading: str) -> list[Told]:
    told = []
    sweeps = {swept.part: swept for swept in swept_parts(result)}
    for part, here in groups.items():
        many = len(here) > MANY_GROUPS or any(group.points > 1 for group in here)
        mapped = point_by_point(result, sweeps[part], here) if many and here[0].random else []
        sentences = mapped or _sentences(here, result)
        told.append(Told(part, heading, tuple(sentences), tuple(here)))
    return told


def groups_of(result: Result, kinds: Sequence[Kind], moving: Container[int] = ()) -> Groups:
    """The groups of `Result.who_prevails`, by part of the sweep, without points that refinement added; `moving`: points
    whose mix was still moving at the end."""
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
        points = _points_at(of_part[of_part["point"] < points_named(result.experiment)], place)
        settings = {path: swept.value(points[0], path) for path in place}
        contenders = tuple(
            Contender(
                row["strategy"],
                str(labels.get(row["strategy"], row["strategy"])),
                row["count"],
                row["share"],
                row["low"],
                row["high"],
                row["mean_share"],
            )
            for row in each
        )
        spans = _spans(result, swept, points, [path for path in swept.paths if path not in place])
        group = Group(
            settings,
            contenders,
            each[0]["of"],
            each[0]["unit"],
            len(points),
            spans,
            len(points) == 1 and points[0] in moving,
        )
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
    inside: Any = result.outcomes[result.outcomes["point"].isin(points)]
    ends = {path: swept.values(path) for path in numeric}
    said: dict[str, str] = {}
    for name, rows in inside.groupby("prevailing"):
        words = []
        for path in numeric:
            values = np.array([swept.value(point, path) for point in rows["point"].unique()], float)
            if values.min() > ends[path][0] or values.max() < ends[path][-1]:
                words.append(_range(path_name(path, swept.experiment), values.min(), values.max()))
        said[str(name)] = " and ".join(words)
    return said


def _range(name: str, low: float, high: float) -> str:
    words = f"= {low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
    return f"{name} " + words.replace("-", "\N{MINUS SIGN}")


def _sentences(groups: Sequence[Group], result: Result) -> list[tuple[str, str]]:
    model = result.experiment
    runs = [[group] for group in groups]
    paths = {path for group in groups for path in group.place}
    if len(groups) > MANY and len(paths) == 1:
        runs = alike(groups)
    told = []
    for run in runs:
        words = verdict_of_run(run)
        where = _where(run, model)
        told.append((where, words if where else words[0].upper() + words[1:]))
    return told


def point_by_point(result: Result, swept: Swept, groups: Sequence[Group]) -> list[tuple[str, str]]:
    """Of points with two numbers that vary: at how many of them each clearly prevails; a sentence per panel of the map."""
    try:
        x, y = axes_of(swept, None, None)
        panels = swept.panels([axis.path for axis in (x, y) if axis.path])
    except PictureError:
        return []
    if not (x.numeric and y.path and y.numeric):
        return []
    labels = {each.name: each.label for group in groups for each in group.contenders}
    found, told = contests(result.outcomes), []
    for place, points in panels:
        named = [point for point in points if point < points_named(result.experiment)]
        words = _clearly(swept, named, found, labels, (str(x.path), str(y.path)))
        told.append(
            (_capital(place_words(place, result.experiment)), words) if place else ("", words[0].upper() + words[1:])
        )
    return told


def contests(outcomes: Any) -> dict[int, Counter[str]]:
    """How often each prevails, by point."""
    found: dict[int, Counter[str]] = {}
    if "prevailing" in outcomes:
        for point, name in zip(outcomes["point"].tolist(), outcomes["prevailing"].tolist(), strict=True):
            if isinstance(name, str):
                found.setdefault(point, Counter())[name] += 1
    return found


def _clearly(
    swept: Swept,
    points: Sequence[int],
    found: Mapping[int, Counter[str]],
    labels: Mapping[str, str],
    paths: tuple[str, str],
) -> str:
    clear: dict[str, list[int]] = {}
    there, z = [point for point in points if point in found], z_of(swept.experiment)
    for point in there:
        [(name, count)], total = found[point].most_common(1), found[point].total()
        if wilson(count, total, z)[0] > 0.5:
            clear.setdefault(name, []).append(point)
    told = [
        f"{labels.get(name, name)} {'clearly prevails ' if not place else ''}at {len(where):,}"
        + (f" of {len(there):,} points" if not place else "")
        + _within(swept, where, paths)
        for place, (name, where) in enumerate(sorted(clear.items(), key=lambda each: -len(each[1])))
    ]
    open_points = len(there) - sum(map(len, clear.values()))
    if open_points:
        told.append(f"no clear answer at {open_points:,}" + ("" if told else f" of {len(there):,} points"))
    sizes = sorted({found[point].total() for point in there})
    replicates = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return f"{'; '.join(told)} (clearly: in more than half of all runs, by the 95\u00a0% interval over {replicates} replicates)."


def _within(swept: Swept, points: Sequence[int], paths: tuple[str, str]) -> str:
    words = []
    for path in paths:
        values, all_values = [swept.value(point, path) for point in points], swept.values(path)
        if min(values) > all_values[0] or max(values) < all_values[-1]:
            words.append(_range(path_name(path, swept.experiment), min(values), max(values)))
    return f", within {' and '.join(words)}" if words else ""


def _where(run: Sequence[Group], model: Any) -> str:
    first, last = run[0], run[-1]
    if len(run) == 1:
        return _capital(place_words(first.place, model, short=len(first.place) > 2))
    [path] = first.place
    ends = [group.place[path] for group in (first, last)]
    if all(isinstance(end, int | float) for end in ends):
        return _capital(
            f"{path_name(path, model)} from {number(ends[0])} to {number(ends[1])} ({counted(len(run), 'value')})"
        )
    return _capital("; ".join(place_words(group.place, model) for group in run))


def _capital(words: str) -> str:
    """A first letter that is not a symbol, in upper case."""
    return words[:1].upper() + words[1:] if re.match("[a-z]{2}", words) else words

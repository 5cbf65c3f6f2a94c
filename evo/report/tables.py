"""Tables of the page: who prevails, and what else was measured, group by group."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from evo.experiment import Experiment
from evo.measures import TimeToTip
from evo.plots.swept import Swept, key
from evo.prevalence import points_named
from evo.report.look import Kind
from evo.report.svg import tag, together
from evo.report.text import axis_words, between, counted, number, percent, tick
from evo.report.verdicts import Contender, Group
from evo.results import Result

MANY = 6  # strategies, beyond which those that prevail nowhere have no column


@dataclass(frozen=True)
class Table:
    """A table as markup, with how many rows it has."""

    markup: Markup
    rows: int


def who_prevails(groups: Sequence[Group], kinds: Sequence[Kind], model: Experiment) -> Table:
    """A row per group, a column per strategy: share with interval, and the mean share at the end."""
    numbers = {kind.name: place for place, kind in enumerate(kinds)}
    names = [each.name for each in groups[0].contenders] if groups else []
    for group in groups[1:]:
        names += [each.name for each in group.contenders if each.name not in names]
    found = {each.name for group in groups for each in group.found}
    names = [name for name in names if len(names) <= MANY or name in found]
    labels = {kind.name: kind.label for kind in kinds} | {"none": "nobody", "cycle": "cycle"}
    paths = list(groups[0].place) if groups else []
    head = [tag("th", axis_words(path, model), scope="col") for path in paths]
    head += [tag("th", _swatch(numbers[name]), labels[name], scope="col", class_="number") for name in names]
    head.append(tag("th", "of", scope="col", class_="number"))
    rows = []
    for group in groups:
        by = {each.name: each for each in group.contenders}
        most = max(each.count for each in group.contenders)
        cells = _place(group.place, paths, model)
        cells += [_cell(by.get(name), most, numbers[name]) for name in names]
        unit = counted(group.of, group.unit.removesuffix("s"))
        rows.append(tag("tr", *cells, tag("td", unit, class_="number quiet")))
    return Table(table_of(head, rows), len(rows))


def _swatch(place: int) -> Markup:
    return tag("span", class_=f"swatch s{place}", aria_hidden="true")


def _place(place: Mapping[str, Any], paths: Sequence[str], model: Experiment) -> list[Markup]:
    return [tag("th", tick(path, place[path], model), scope="row") for path in paths]


def _cell(each: Contender | None, most: int, place: int) -> Markup:
    if each is None:
        return tag("td", "–", class_="number quiet")
    inside: list[str | Markup] = [tag("strong" if each.count == most else "span", percent(each.share))]
    if not math.isnan(each.low):
        inside += [" ", tag("span", f"({between(each.low, each.high)})", class_="quiet")]
    if not math.isnan(each.mean):
        inside += [tag("br"), tag("span", f"mean share {percent(each.mean)}", class_="quiet small")]
    bar = tag("span", class_=f"share s{place}", style=f"width:{100 * each.share:.1f}%", aria_hidden="true")
    return tag("td", together(*inside), bar, class_="number")


def table_of(head: Sequence[Markup], rows: Sequence[Markup]) -> Markup:
    """A table that scrolls sideways where it is wider than the page."""
    body = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows))
    return tag("div", body, class_="scroll", tabindex="0", role="region", aria_label="table")


def measured(result: Result, swept: Swept, groups: Sequence[Group]) -> Table | None:
    """What else was measured, a row per group: means with 95 % intervals over replicates, or ranges over points; without
    points that refinement added."""
    model, outcomes = result.experiment, result.outcomes
    columns = [name for name in outcomes.columns[2:] if not name.startswith("final_mix.") and name != "prevailing"]
    columns = [name for name in columns if outcomes[name].dtype.kind in "fiu"]
    if not columns or not groups:
        return None
    paths = list(groups[0].place)
    heads = [tag("th", axis_words(path, model), scope="col") for path in paths]
    heads += [tag("th", column_words(name, model), scope="col", class_="number") for name in columns]
    rows = []
    for group in groups:
        points = [
            point
            for point in swept.points
            if point < points_named(model)
            and all(key(swept.value(point, path)) == key(value) for path, value in group.place.items())
        ]
        here: Any = outcomes[outcomes["point"].isin(points)]
        cells = [tag("td", *_number(here[name].to_numpy(float), group, name), class_="number") for name in columns]
        rows.append(tag("tr", *_place(group.place, paths, model), *cells))
    return Table(table_of(heads, rows), len(rows))


def column_words(name: str, model: Experiment) -> str:
    """A column of the outcomes in words."""
    first, *rest = name.split(".", 1)
    labels = {strategy: spec.label or strategy.replace("_", " ") for strategy, spec in model.strategies.items()}
    words = first.replace("_", " ")
    if not rest:
        return words
    which = rest[0].split(".")[0]
    more = rest[0][len(which) :].replace(".", " ").replace("_", " ")
    return f"{words}: {labels.get(which, which.replace('_', ' '))}{more}"


def _number(values: np.ndarray, group: Group, name: str) -> list[str | Markup]:
    """Mean and interval; of times that may never come the median of those that did, and how many."""
    known = values[np.isfinite(values)]
    if name.startswith(TimeToTip.model_fields["kind"].default) or len(known) < len(values):
        reached = tag("span", f"reached in {len(known):,} of {len(values):,}", class_="quiet small")
        if not len(known):
            return [reached]
        return [f"median {number(float(np.median(known)))}", tag("br"), reached]
    if not group.random and len(known) > 1:
        return [
            number(known.mean()),
            tag("br"),
            tag("span", f"{number(known.min())} to {number(known.max())}", class_="quiet small"),
        ]
    if len(known) < 2:
        return [number(known[0])]
    from scipy.special import stdtrit

    half = float(stdtrit(len(known) - 1, 0.975) * known.std(ddof=1) / math.sqrt(len(known)))
    return [number(known.mean()), " ", tag("span", f"± {half:.2g}" if half else "in all", class_="quiet small")]

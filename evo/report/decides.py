"""What decides: indices of sensitivity, of the run itself or of one beside it that asked for the same model."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from evo.canonical import canonical
from evo.places import FolderError
from evo.plots.page import PictureError
from evo.report.stills import Still, drawn, size_of
from evo.report.svg import tag
from evo.report.tables import table_of
from evo.report.text import axis_words, listed, path_name
from evo.results import Result
from evo.sensitivity import designs, indices, named

BESIDE = "-sensitivity"  # ends the name of the folder that `evo sensitivity` writes
INDICES = {"S1": "alone (S1)", "ST": "with all others (ST)", "mu_star": "effect of the whole range (μ*)"}
TOLD = 3  # paths that are named in words


@dataclass(frozen=True)
class Decides:
    """A sentence, the picture, and the numbers of it."""

    words: str
    still: Still | None
    markup: Markup
    source: str


def decides(result: Result) -> Decides | None:
    """Sensitivity where the run is a design for it, or has one beside it; None where there is none, or nothing varied."""
    own = bool(designs(result))
    found = result if own else _beside(result)
    if found is None:
        return None
    table: Any = indices(found)
    if not len(table):
        return None
    table = table.assign(called=named(table))
    there = list(dict.fromkeys(table["called"]))
    about = "prevailing" if "prevailing" in there else there[0]
    table = table[table["called"] == about]
    model = found.experiment
    values = {(row["path"], row["index"]): row for row in table.to_dict("records")}
    shown = [index for index in INDICES if any(index == each for _, each in values)]
    first = "ST" if "ST" in shown else "mu_star"
    paths = sorted(dict.fromkeys(table["path"]), key=lambda path: -values[path, first]["value"])
    what = "who prevails" if about == "prevailing" else f"`{about}`"
    words = _words(what, paths, values, first, found)
    head = [tag("th", "number", scope="col")]
    head += [tag("th", INDICES[index], scope="col", class_="number") for index in shown]
    rows = []
    for path in paths:
        cells = [_cell(values.get((path, index))) for index in shown]
        rows.append(tag("tr", tag("th", axis_words(path, model), scope="row"), *cells))
    return Decides(words, _still(found, words), table_of(head, rows), "" if own else str(found.folder))


def _beside(result: Result) -> Result | None:
    """The run of `evo sensitivity` in the folder beside, if it is of the same model."""
    if not isinstance(result.folder, Path):
        return None
    folder = result.folder.with_name(result.folder.name + BESIDE)
    if not folder.is_dir():
        return None
    try:
        found = Result.load(folder)
    except FolderError:
        return None
    same = canonical(found.experiment.model) == canonical(result.experiment.model)
    return found if same and designs(found) else None


def _words(what: str, paths: list[str], values: Mapping[Any, Any], index: str, found: Result) -> str:
    told = [f"{path_name(path, found.experiment)} {_number(values[path, index])}" for path in paths[:TOLD]]
    meaning = (
        "the share of the variance in which it has a part"
        if index == "ST"
        else "the mean effect of going through its whole range"
    )
    more = f", of {len(paths)} numbers that were varied" if len(paths) > TOLD else ""
    return f"Of {what}, most is decided by {listed(told)}{more}: {meaning}, with its 95 % interval."


def _number(row: Mapping[str, Any]) -> str:
    return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _cell(row: Mapping[str, Any] | None) -> Markup:
    return tag("td", "–" if row is None else _number(row), class_="number")


def _still(found: Result, words: str) -> Still | None:
    from evo.plots import sensitivity

    try:
        image = drawn(sensitivity(found))
    except PictureError:
        return None
    source = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    return Still("Indices of sensitivity, with 95 % intervals by bootstrap.", source, words, *size_of(image))

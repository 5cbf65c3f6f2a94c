"""Which swept path decides: indices of sensitivity as bars with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evo._errors import listed, suggest
from evo.model import Parts
from evo.plots.page import (
    COLUMN,
    INK,
    PAGE,
    PictureError,
    add_legend,
    add_note,
    close_page,
    open_page,
    settings,
    wrap,
)
from evo.plots.words import SPACE, axis_label, plain
from evo.results import Result
from evo.sensitivity import indices, named

MOST_MEASURES = 6
ROW = 0.26  # inches of a path
DARK, PALE, OTHER = "#3b5b7d", "#a9bccf", "#7d8f69"
METHODS = {"sobol": "share of the variance", "morris": "effect of a whole range"}
BARS = {"sobol": (("S1", DARK, -0.2, 0.36), ("ST", PALE, 0.2, 0.36)), "morris": (("mu_star", OTHER, 0.0, 0.5),)}
WORDS = {
    "S1": "alone ($S_1$)",
    "ST": "with all others ($S_T$)",
    "mu_star": "mean effect (Morris's $\\mu^*$)",
}


def sensitivity(result: Result, *, part: str | None = None, measure: Sequence[str] = ()) -> Figure:
    """Sobol's indices of each measure (a column of the outcomes; `prevailing: NAME` of one outcome), beside them Morris's
    mean effects, a bar for each path, those that decide most on top; bars with 95 % intervals."""
    table: Any = indices(result)
    if part is not None:
        table = table[table["part"] == part]
    if not len(table):
        raise PictureError("no part of the sweep is a design of sensitivity: see `evo sensitivity`, or nothing varies")
    table = table.assign(called=named(table))
    asked = _asked(table, measure)
    methods = [method for method in METHODS if (table["method"] == method).any()]
    paths = list(dict.fromkeys(table["path"]))
    width = PAGE if len(methods) > 1 else COLUMN
    with settings():
        body = len(asked) * (ROW * len(paths) + 0.5)
        page = open_page(result, width=width, height=body)
        grid = page.body.subplots(len(asked), len(methods), squeeze=False)
        for row, called in enumerate(asked):
            here = table[table["called"] == called]
            order = _order(here, paths)
            for column, method in enumerate(methods):
                ax: Axes = grid[row, column]
                _draw(ax, here[here["method"] == method], order, method)
                labels = [wrap(axis_label(path, result.experiment), inches=1.6, size=7) for path in order]
                ax.set_yticks(range(len(order)), labels if not column else [""] * len(order))
                if len(asked) > 1 or called != "prevailing":
                    ax.set_title(plain(called) if not column else "")
                ax.set_xlabel(METHODS[method] if row + 1 == len(asked) else "")
        shown = [index for method in methods for index in BARS[method]]
        handles = [Patch(facecolor=color, linewidth=0) for _, color, _, _ in shown]
        add_legend(page, handles, [WORDS[index] for index, _, _, _ in shown])
        add_note(page, f"95{SPACE}% intervals by bootstrap.{_meaning(result.experiment, asked)}")
        return close_page(page, list(grid.flat), aspect=body / len(asked) / (width / len(methods)) * 0.9)


def _draw(ax: Axes, table: Any, order: Sequence[str], method: str) -> None:
    highest = 0.0
    for index, color, beside, height in BARS[method]:
        rows = table[table["index"] == index].set_index("path").reindex(order)
        value, low, high = (rows[name].to_numpy(float) for name in ("value", "low", "high"))
        places = np.arange(len(order)) + beside
        ax.barh(places, np.maximum(np.nan_to_num(value), 0), height=height, color=color, linewidth=0, gid=index)
        reach = np.abs(np.stack([value - low, high - value]))
        ax.errorbar(
            value, places, xerr=np.nan_to_num(np.maximum(reach, 0)), fmt="none", ecolor=INK, elinewidth=0.7, capsize=1.5
        )
        highest = max(highest, float(np.nanmax(high, initial=0.0)))
    ax.set(ylim=(len(order) - 0.4, -0.6))
    ax.set_xlim(left=min(0.0, ax.get_xlim()[0]) if method == "sobol" else 0.0, right=1.04 * highest or 1.0)
    ax.axvline(0, color=INK, linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def _order(table: Any, paths: Sequence[str]) -> list[str]:
    """Paths by how much they decide: by ST, or by mu_star where there is none."""
    for index in ("ST", "mu_star"):
        rows = table[table["index"] == index]
        if len(rows):
            worth = dict(zip(rows["path"], rows["value"], strict=True))
            return sorted(paths, key=lambda path: -worth.get(path, 0.0))
    return list(paths)


def _asked(table: Any, measure: Sequence[str]) -> list[str]:
    there = list(dict.fromkeys(table["called"]))
    for name in measure:
        if name not in there:
            words = suggest(name, there) or f"there are: {listed(there)}"
            raise PictureError(f"{name!r} was not measured, or does not vary: {words}")
    if measure:
        return list(measure)
    return ["prevailing"] if "prevailing" in there else [name for name in there if ": " not in name][:MOST_MEASURES]


def _meaning(model: Parts, asked: Sequence[str]) -> str:
    return " Of who prevails: all outcomes together." if "prevailing" in asked else ""

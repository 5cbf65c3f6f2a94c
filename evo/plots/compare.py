"""Final mixes for each value of a swept path, with intervals over replicates."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.model import Parts
from evo.plots.intervals import interval_note, mean_interval
from evo.plots.labels import label_ends, settle_ends
from evo.plots.page import (
    COLUMN,
    PAGE,
    PictureError,
    add_legend,
    add_note,
    close_page,
    label_body,
    open_page,
    settings,
    wrap,
)
from evo.plots.panels import columns_for, mark, names_fit, number_ticks, title_panels
from evo.plots.swept import Swept, choose_part, is_geometric, key
from evo.plots.words import axis_label, settings_words, strategy_labels, symbol_words, tick_words
from evo.results import Result
from evo.strategies import colors


@dataclass(frozen=True)
class Along:
    """The places along the horizontal axis: values of a path, or whole points where several paths vary together."""

    points: list[list[int]]
    words: list[str]
    at: np.ndarray
    numeric: bool


def compare(result: Result, *, part: str | None = None, x: str | None = None, ax: Axes | None = None) -> Figure:
    """Share of each strategy at the end against a swept path, one panel per value of what else varies.

    Numbers on the axis: lines with bands; else: dots with bars. Means over replicates with their 95 % intervals, and
    neither where there is one replicate.
    """
    swept = choose_part(result, part, lambda each: bool(each.paths))
    shares = final_shares(result)
    paths = paths_along(swept, x)
    panels = swept.panels(paths)
    model = result.experiment
    numeric = len(paths) == 1 and swept.numeric(paths[0]) and len(swept.values(paths[0])) > 2
    with settings():
        columns = columns_for(len(panels))
        rows = -(-len(panels) // columns)
        width = COLUMN if columns == 1 and len(swept.values(paths[0])) * len(model.strategies) < 60 else PAGE
        aspect = 0.62 if columns < 3 else 0.85 if rows == 1 else 0.7
        aspect *= 0.75 if width == PAGE and columns == 1 else 1
        page = open_page(result, width=width, height=rows * width / columns * aspect + 0.3, ax=ax)
        grid = page.body.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        axes: list[Axes] = list(grid.flat)[: len(panels)]
        for spare in list(grid.flat)[len(panels) :]:
            spare.remove()
        direct = numeric and names_fit(model, columns)
        ends, most = [], 1
        for place, (ax, (_, points)) in enumerate(zip(axes, panels, strict=True)):
            along = places_along(swept, paths, points, model, numeric=numeric)
            ends.append(_draw(ax, along, shares, model, direct))
            most = max(most, *(len(shares[point]) for point in points if point in shares))
            _dress(ax, along, wide=width / columns)
            ax.tick_params(labelbottom=place + columns >= len(panels), labelleft=place % columns == 0)
            ax.set_ylabel("final share" if place % columns == 0 else "")
        if numeric:
            values = swept.values(paths[0])
            axes[0].set_xscale("log" if is_geometric(values) else "linear")
            length = width / columns - (1.3 if direct else 0.5)
            number_ticks(axes[0].xaxis, values, logarithmic=is_geometric(values), inches=length)
        title_panels(page, axes, [set_here for set_here, _ in panels], model)
        if len(paths) == 1 and paths[0] != "run.start":
            label_body(page, axis_label(paths[0], model), "x")
        if not direct:
            _legend(page, model, lines=numeric)
        symbols = symbol_words(paths, model) if len(paths) > 1 else ""
        add_note(page, f"{symbols}." if symbols else "")
        along_with = [
            axis_label(path, model) for path in swept.paths if path not in paths and swept.follows(path, paths)
        ]
        add_note(page, f"Varies along with it: {', '.join(along_with)}." if along_with else "")
        add_note(page, interval_note(most) if most > 1 else "")
        figure = close_page(page, axes, aspect=aspect)
        for ax, labels in zip(axes, ends, strict=True):
            settle_ends(ax, labels)
        return figure


def final_shares(result: Result) -> dict[int, np.ndarray]:
    """Final mixes of each point, (replicate, strategy)."""
    columns = [f"final_mix.{name}" for name in result.experiment.strategies]
    if any(column not in result.outcomes for column in columns):
        raise PictureError("the final mix was not measured: add `final_mix` to the config's `measure`")
    table = result.outcomes.dropna(subset=columns).sort_values("point", kind="stable")
    points, first = np.unique(table["point"].to_numpy(), return_index=True)
    groups = np.split(table[columns].to_numpy(float), first[1:])
    return dict(zip(points.tolist(), groups, strict=True))


def paths_along(swept: Swept, x: str | None) -> list[str]:
    """The path along the axis: the one asked for, else the numeric one with most values; all that listed points set."""
    if not swept.paths:
        raise PictureError(f"nothing varies in {swept.name}: paths or mix show a single point")
    if x is not None:
        return [swept.check(x)]
    listed = [path for path in swept.paths if path in swept.listed]
    if len(listed) > 1:
        return listed
    numeric = [path for path in swept.paths if swept.numeric(path) and len(swept.values(path)) > 2]
    return [max(numeric or swept.paths, key=lambda path: len(swept.values(path)))]


def places_along(swept: Swept, paths: Sequence[str], points: Sequence[int], model: Parts, *, numeric: bool) -> Along:
    """The places at which the points of a panel stand."""
    places: dict[Hashable, list[int]] = {}
    for point in points:
        places.setdefault(tuple(key(swept.value(point, path)) for path in paths), []).append(point)
    if len(paths) > 1:
        words = [
            settings_words({path: swept.value(point, path) for path in paths}, model, short=True).replace(", ", "\n")
            for point, *_ in places.values()
        ]
        return Along(list(places.values()), words, np.arange(len(places), dtype=float), False)
    values = swept.values(paths[0])
    at = values if numeric else range(len(values))
    held = [place for place, value in enumerate(values) if (key(value),) in places]
    return Along(
        [places[(key(values[place]),)] for place in held],
        [tick_words(paths[0], values[place], model) for place in held],
        np.array([at[place] for place in held], float),
        numeric,
    )


def _draw(ax: Axes, along: Along, shares: dict[int, np.ndarray], model: Parts, direct: bool) -> list[Any]:
    own, called = colors(model.strategies), strategy_labels(model)
    found = [[shares[point] for point in points if point in shares] for points in along.points]
    there = np.array([bool(each) for each in found])
    if not there.any():
        return []
    mean, low, high = map(np.array, zip(*(mean_interval(np.concatenate(each)) for each in found if each), strict=True))
    at = along.at[there]
    for place, (name, color) in enumerate(own.items()):
        spot = at if along.numeric else at + (place - (len(own) - 1) / 2) * 0.64 / len(own)
        if along.numeric and (high > low).any():
            ax.fill_between(
                spot, low[:, place], high[:, place], color=color, alpha=0.2, linewidth=0, gid=f"interval: {name}"
            )
        elif not along.numeric:
            ax.vlines(spot, low[:, place], high[:, place], color=color, linewidth=1, gid=f"interval: {name}")
        line = {"linestyle": "-" if along.numeric else "", "markevery": max(1, len(spot) // 15)}
        ax.plot(spot, mean[:, place], color=color, gid=f"mean: {name}", clip_on=False, **line, **mark(place, color))
    return label_ends(ax, mean[-1].tolist(), list(called.values()), list(own.values())) if direct else []


def _dress(ax: Axes, along: Along, *, wide: float) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_ylim(-0.02, 1.02)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    if along.numeric:
        ax.set_xlim(along.at[0], along.at[-1])
        return
    inches = (wide - 0.5) / len(along.words)
    words = ["\n".join(wrap(line, inches=inches, size=7) for line in text.split("\n")) for text in along.words]
    ax.set_xticks(along.at, words)
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(along.at[0] - 0.5, along.at[-1] + 0.5)
    for edge in along.at[:-1] + 0.5:
        ax.axvline(edge, color="#e3e3e3", linewidth=0.6, zorder=0)


def _legend(page: Any, model: Parts, *, lines: bool) -> None:
    own, called = colors(model.strategies), strategy_labels(model)
    handles = [
        Line2D([], [], color=color, linestyle="-" if lines else "", **mark(place, color))
        for place, color in enumerate(own.values())
    ]
    add_legend(page, handles, list(called.values()))

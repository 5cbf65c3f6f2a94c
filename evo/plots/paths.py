"""Shares over time, with the environment below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.environments import Periodic, Switching
from evo.model import Model
from evo.plots.labels import label_ends, settle_ends
from evo.plots.page import add_legend, add_note, close_page, settings
from evo.plots.panels import date_axis, mark, open_panels
from evo.plots.tracks import Track, tracks_of
from evo.plots.words import SPACE, strategy_labels, variable_label
from evo.results import Result
from evo.simulation import Path
from evo.strategies import colors

FEW = 4  # so few replicates are drawn one by one
ENVIRONMENT = "#3d3d3d"


def paths(
    source: Result | Path, *, part: str | None = None, points: Sequence[int] | None = None, ax: Axes | None = None
) -> Figure:
    """Share of each strategy over time, one panel per point, and below it each variable of the environment.

    Many replicates: the median, and bands that hold the middle 50 and 80 % of them; up to four: each as a thin line.
    Of a variable that moves at random the line is one replicate's. In `ax` the environment is left out.
    """
    tracks, note = tracks_of(source, part, points)
    with settings():
        page, blocks = open_panels(source, tracks, environment=ax is None, ax=ax)
        ends = []
        for (main, below), track in zip(blocks.panels, tracks, strict=True):
            ends.append(_draw_mix(main, track, blocks.direct))
            for variable, under in enumerate(below):
                _draw_variable(under, track, variable)
            date_axis(main, track)
        blocks.panels[0][0].set_ylim(-0.02, 1.02)
        if not blocks.direct:
            _legend(page, tracks[0].model)
        _notes(page, tracks, note)
        figure = close_page(page, [main for main, _ in blocks.panels], aspect=blocks.aspect)
        for (main, _), names in zip(blocks.panels, ends, strict=True):
            settle_ends(main, names)
        return figure


def _draw_mix(ax: Axes, track: Track, direct: bool) -> list[Any]:
    own, called = colors(track.model.strategies), strategy_labels(track.model)
    last = []
    for place, name in enumerate(track.model.strategies):
        values = track.mix[:, :, place]
        if len(values) > FEW:
            _draw_bands(ax, track.time, values, own[name], gid=f"mix: {name}")
            values = np.nanmedian(values, axis=0, keepdims=True)
        for each in values:
            ax.plot(track.time, each, color=own[name], linewidth=1.3 if len(values) == 1 else 0.7, gid=f"mix: {name}")
        last.append(_last(values[0]))
        if not direct:
            _draw_markers(ax, track.time, values[0], place, len(own), own[name])
    return label_ends(ax, last, list(called.values()), list(own.values())) if direct else []


def _draw_bands(ax: Axes, time: np.ndarray, values: np.ndarray, color: str, *, gid: str, **options: Any) -> None:
    """Bands that hold the middle 80 and 50 % of the replicates (first axis)."""
    quantile = np.nanquantile if np.isnan(values).any() else np.quantile  # the former is far slower
    low, lower, upper, high = quantile(values, [0.1, 0.25, 0.75, 0.9], axis=0)
    for bottom, top, name in ((low, high, "80 %"), (lower, upper, "50 %")):
        ax.fill_between(time, bottom, top, color=color, alpha=0.14, linewidth=0, gid=f"{gid}: {name}", **options)


def _draw_markers(ax: Axes, time: np.ndarray, middle: np.ndarray, place: int, count: int, color: str) -> None:
    """Few marks along a line, shifted from strategy to strategy, so that lines can be told apart in grey."""
    at = (np.arange(5) + (place + 0.5) / count) / 5 * (len(time) - 1)
    at = np.unique(at.round().astype(int))
    ax.plot(time[at], middle[at], linestyle="", **mark(place, color))


def _draw_variable(ax: Axes, track: Track, variable: int) -> None:
    name = list(track.model.environment)[variable]
    law, values = track.model.environment[name], track.environment[:, :, variable]
    jumps = isinstance(law, Switching) or (isinstance(law, Periodic) and law.shape == "square")
    if len(values) > FEW and np.nanmax(np.nanmax(values, axis=0) - np.nanmin(values, axis=0)) > 1e-9:
        _draw_bands(ax, track.time, values, ENVIRONMENT, gid=f"environment: {name}", step="post" if jumps else None)
        values = values[:1] if law.random else np.nanmedian(values, axis=0, keepdims=True)
    for each in values[:FEW]:
        ax.plot(track.time, each, color=ENVIRONMENT, linewidth=0.8, drawstyle="steps-post" if jumps else "default",
                gid=f"environment: {name}")  # fmt: skip
    ax.margins(y=0.12)
    ax.set_title(variable_label(name, track.model), fontsize=7, pad=2)


def _last(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else 0.0


def _legend(page: Any, model: Model) -> None:
    own, called = colors(model.strategies), strategy_labels(model)
    handles = [Line2D([], [], color=color, **mark(place, color)) for place, color in enumerate(own.values())]
    add_legend(page, handles, list(called.values()))


def _notes(page: Any, tracks: Sequence[Track], note: str) -> None:
    counts = sorted({track.replicates for track in tracks})
    if counts[-1] > FEW:
        numbers = f"{counts[-1]}" if len(counts) == 1 else f"up to {counts[-1]}"
        add_note(page, f"Lines: median of {numbers} replicates; bands: the middle 50 and 80{SPACE}% of them.")
        if any(law.random for track in tracks for law in track.model.environment.values()):
            add_note(page, "Lines of a random environment: one replicate.")
    elif counts[-1] > 1:
        add_note(page, "Each line is a replicate.")
    add_note(page, note)

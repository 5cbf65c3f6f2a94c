"""Panels: how many stand in a row, what they are called, and the axes of pictures over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from evo.model import Parts
from evo.plots.letters import text_width
from evo.plots.page import COLUMN, PAGE, Page, add_note, open_page, wrap
from evo.plots.tracks import Track
from evo.plots.words import number, plain, settings_words, strategy_labels, symbol_words
from evo.results import Result
from evo.simulation import Path
from evo.sweeps import Settings

LETTERS = "abcdefghijklmnopqrstuvwxyz"
BELOW = 0.27  # height of a small panel over that of the main one
FEW_VALUES, SHORT = 7, 5  # so few values, of so few letters, have a tick each
LONGEST_LABEL = 15  # letters of a strategy's name that fit beside a line


@dataclass
class Blocks:
    """Per point its main axes and those below; `direct`: lines are named at their ends rather than in a legend."""

    panels: list[tuple[Axes, list[Axes]]]
    direct: bool
    aspect: float


def columns_for(panels: int) -> int:
    """Columns that this many panels stand in."""
    return panels if panels <= 3 else 2 if panels == 4 else 3 if panels <= 9 else 4


def mark(place: int, color: str, *, size: float = 3.4) -> dict[str, Any]:
    """The marker of a strategy, for readers who see no colours: four shapes, filled for the first four strategies."""
    filled = place % 8 < 4
    return {
        "marker": "os^D"[place % 4],
        "markersize": size if filled else size - 0.4,
        "markerfacecolor": color if filled else "white",
        "markeredgecolor": "white" if filled else color,
        "markeredgewidth": 0.4 if filled else 0.8,
    }


def names_fit(model: Parts, columns: int) -> bool:
    """Whether strategies can be named beside the axes; else a legend does it."""
    names = strategy_labels(model).values()
    return columns < 3 and len(names) <= 8 and max(map(len, names)) <= LONGEST_LABEL


def title_panels(page: Page, axes: Sequence[Axes], settings: Sequence[Settings], model: Parts) -> None:
    """A letter and the settings above each panel; symbols alone, explained below, where words would not fit a line."""
    if not any(settings) and len(axes) == 1:
        return
    inches = page.width / columns_for(len(axes)) - 0.35
    settings = told_once(page, settings, model)
    titles = [settings_words(each, model) for each in settings]
    if any(wrap(f"a  {title}", inches=inches, size=8).count("\n") for title in titles):
        short = [settings_words(each, model, short=True) for each in settings]
        words = symbol_words(list(dict.fromkeys(path for each in settings for path in each)), model)
        if words:
            titles = short
            add_note(page, f"{words}.")
    for letter, ax, title in zip(LETTERS, axes, titles, strict=False):
        ax.set_title(wrap(f"$\\bf{{{letter}}}$  {title}" if len(axes) > 1 else title, inches=inches, size=8))


def told_once(page: Page, settings: Sequence[Settings], model: Parts) -> list[Settings]:
    """The settings without those that are the same in all panels, which a note tells, and without how long each runs."""
    if len(settings) == 1:
        return list(settings)
    first = settings[0]
    same = {
        path: value for path, value in first.items() if all(path in each and each[path] == value for each in settings)
    }
    add_note(page, f"In all panels: {settings_words(same, model)}." if same else "")
    rest = [{path: value for path, value in each.items() if path not in same} for each in settings]
    if all(set(each) - {"run.generations"} for each in rest):
        rest = [{path: value for path, value in each.items() if path != "run.generations"} for each in rest]
    return rest


def number_ticks(axis: Axis, values: Sequence[float], *, logarithmic: bool, inches: float) -> None:
    """Ticks at the values that were swept if they fit on an axis of this length, else at as many round numbers as fit."""
    words = [number(value) for value in values]
    along = np.log(values) if logarithmic else np.asarray(values, float)
    at = (along - along[0]) / (along[-1] - along[0]) * inches
    if isinstance(axis, XAxis):
        sizes = np.array([text_width(text, 7) for text in words])
        room = (sizes[1:] + sizes[:-1]) / 2 + 0.05
    else:
        room = np.full(len(words) - 1, 0.14)
    if len(words) <= FEW_VALUES and max(map(len, words)) <= SHORT and (np.diff(at) >= room).all():
        axis.set_ticks(values, words)
        axis.set_minor_locator(NullLocator())
    elif not logarithmic:
        axis.set_major_locator(MaxNLocator(max(2, int(inches / 0.45)), steps=[1, 2, 2.5, 5, 10]))
    elif along[-1] - along[0] < np.log(30):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axis.set_minor_formatter(NullFormatter())
    else:
        axis.set_minor_formatter(NullFormatter())


def open_panels(
    source: Result | Path, tracks: Sequence[Track], *, environment: bool, ax: Axes | None = None
) -> tuple[Page, Blocks]:
    """A page with axes for each track, those of its environment below, all on the same axes of time and share."""
    columns = columns_for(len(tracks))
    rows = -(-len(tracks) // columns)
    width = COLUMN if columns == 1 else PAGE
    variables = max(len(track.model.environment) for track in tracks) if environment else 0
    page = open_page(source, width=width, height=rows * width / columns * (0.6 + 0.3 * variables), ax=ax)
    grid = page.body.add_gridspec(rows * (1 + variables), columns, height_ratios=[1, *[BELOW] * variables] * rows)
    panels: list[tuple[Axes, list[Axes]]] = []
    for place, track in enumerate(tracks):
        row, column = place // columns * (1 + variables), place % columns
        first = panels[0] if panels else (None, [None] * variables)
        main = page.body.add_subplot(grid[row, column], sharey=first[0])
        below = [
            page.body.add_subplot(grid[row + 1 + v, column], sharex=main, sharey=first[1][v])
            for v in range(len(track.model.environment) if environment else 0)
        ]
        panels.append((main, below))
        for each in (main, *below):
            each.spines[["top", "right"]].set_visible(False)
            each.set_xlim(track.time[0], track.time[-1])
            each.tick_params(labelleft=column == 0, labelbottom=each is (main, *below)[-1])
        main.set_ylim(0, 1)
        main.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
        whole = "its population" if len(track.model.lowered.wholes) > 1 else "population"
        main.set_ylabel(f"share of {whole}" if column == 0 else "")
        (main, *below)[-1].set_xlabel("generations" if place + columns >= len(tracks) else "")
    title_panels(page, [main for main, _ in panels], [track.settings for track in tracks], tracks[0].model)
    aspect = 0.6 if columns == 2 else 0.8 if rows == 1 and columns > 1 else 0.62
    return page, Blocks(panels, names_fit(tracks[0].model, columns), aspect)


def date_axis(ax: Axes, track: Track) -> None:
    """Dates along the top where a measured series drives the environment."""
    law = track.calendar
    if law is None:
        return
    start, pace = law.start, law.generations_per_unit

    def date_of(time: Any) -> Any:
        return start + time / pace

    def time_of(date: Any) -> Any:
        return (date - start) * pace

    dates = ax.secondary_xaxis("top", functions=(date_of, time_of))
    dates.set_xlabel(plain((law.time or "time of the series").replace("_", " ")), fontsize=7)
    dates.spines["top"].set_visible(True)

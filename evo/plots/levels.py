"""Shares on each level of a hierarchy over time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evo.graphs import Graph
from evo.graphs.measures import level_shares
from evo.plots.page import COLUMN, PAGE, PictureError, add_legend, add_note, close_page, open_page, settings
from evo.plots.panels import title_panels
from evo.plots.replays import Replay, evenly, replays_of
from evo.plots.words import strategy_labels
from evo.results import Result
from evo.simulation import Path
from evo.strategies import colors

COLUMNS = 4  # points that are shown where nobody chose
MOST_LEVELS = 14


def levels(
    source: Result | Path, *, part: str | None = None, points: Sequence[int] | None = None, replicates: int = 8
) -> Figure:
    """Share of each strategy over time on each level of a tree or hierarchy, stacked, the top level above; a column for each
    point of the sweep. The mean of the first `replicates` of a result, which are run again, or of all of a path."""
    replays, note = replays_of(source, part, points, most=COLUMNS, every=evenly, replicates=replicates)
    sizes = [_sizes(replay) for replay in replays]
    rows, columns = max(map(len, sizes)), len(replays)
    with settings():
        width = COLUMN if columns == 1 else PAGE
        page = open_page(source, width=width, height=0.42 * rows + 0.4)
        grid = page.body.subplots(rows, columns, sharex="col", sharey=True, squeeze=False)
        for column, (replay, counts) in enumerate(zip(replays, sizes, strict=True)):
            shares = replay.mean(partial(_shares, len(replay.path.model.strategies)))
            for level, ax in enumerate(grid[:, column]):
                if level >= len(counts):
                    ax.set_visible(False)
                    continue
                _draw(ax, replay, shares[:, level])
                last = level == len(counts) - 1
                ax.tick_params(labelbottom=last, labelleft=False, left=False)
                ax.set_xlabel("generations" if last else "")
                same = sizes.count(counts) == columns
                if column == 0 or not same:
                    ax.set_ylabel(_level_words(level, int(counts[level])), rotation=0, ha="right", va="center")
        shown = [ax for ax in grid.flat if ax.get_visible()]
        title_panels(page, list(grid[0]), [replay.settings for replay in replays], replays[0].path.model)
        own = colors(replays[0].path.model.strategies)
        names = list(strategy_labels(replays[0].path.model).values())
        add_legend(page, [Patch(color=color) for color in own.values()], names)
        add_note(page, "Share of each level that plays a strategy, stacked; in brackets the nodes on the level.")
        most = max(len(replay.path.mix) for replay in replays)
        add_note(page, f"Mean over {most} replicates." if most > 1 else "")
        add_note(page, note)
        wide = (width - 0.7) / columns
        return close_page(page, shown, aspect=0.36 / wide)


def _sizes(replay: Replay) -> list[int]:
    found = replay.graph(0).levels
    if not len(found):
        raise PictureError("shows trees and hierarchies, which have levels")
    counts = np.bincount(found).tolist()
    if len(counts) > MOST_LEVELS:
        raise PictureError(f"{len(counts)} levels are too many to show ({MOST_LEVELS} at most)")
    return counts


def _shares(strategies: int, graph: Graph, states: np.ndarray) -> np.ndarray:
    return np.array([level_shares(graph, state, strategies) for state in states])


def _draw(ax: Axes, replay: Replay, shares: np.ndarray) -> None:
    own = colors(replay.path.model.strategies)
    areas = ax.stackplot(replay.path.time, shares.T, colors=list(own.values()), linewidth=0)
    for area, name in zip(areas, own, strict=True):
        area.set_gid(f"level: {name}")
    ax.set_xlim(replay.path.time[0], replay.path.time[-1])
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _level_words(level: int, count: int) -> str:
    return f"top ({count})" if level == 0 else f"level {level} ({count:,})"

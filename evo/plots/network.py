"""A graph with the strategies on its nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.experiment import Experiment
from evo.plots.nodes import Layout, bare, draw_nodes, draw_ties, is_periodic, layout_of
from evo.plots.page import COLUMN, PAGE, PictureError, add_legend, add_note, close_page, open_page, settings
from evo.plots.panels import columns_for, title_panels
from evo.plots.replays import Replay, replays_of
from evo.plots.words import number, strategy_labels
from evo.results import Result
from evo.simulation import Path
from evo.strategies import colors

PANELS = 4  # points that are shown where nobody chose
ASPECT = {"levels": 0.52, "radial": 1.0, "places": 1.0, "spring": 1.0}
HOW = {
    "levels": "Levels from the top down.",
    "radial": "Levels from the top in the middle outwards.",
    "places": "",
    "spring": "Nodes stand near those they are tied to.",
}


def network(
    source: Result | Path,
    *,
    part: str | None = None,
    points: Sequence[int] | None = None,
    time: float | None = None,
    layout: Layout = "auto",
    replicate: int = 0,
) -> Figure:
    """Who plays what on the nodes of a graph at a time, by default at the end; a panel for each point of the sweep.

    A disc is a node, its area in proportion to its degree. layout: by default a hierarchy stands level by level from the
    top down, or radially where its levels are wide, a graph with coordinates at these, any other as springs would draw it
    together. Of a result one replicate is run again; of a path the record nearest to the time is shown.
    """
    if isinstance(source, Path) and not 0 <= replicate < len(source.mix):
        raise PictureError(f"there is no replicate {replicate}: the path has {len(source.mix)}")

    def every(experiment: Experiment) -> float:
        return time if time is not None and 0 < time <= experiment.run.generations else experiment.run.generations

    replays, note = replays_of(source, part, points, most=PANELS, every=every, first=replicate)
    row = replicate if isinstance(source, Path) else 0
    graphs = [replay.graph(row) for replay in replays]
    laid = [layout_of(graph, layout) for graph in graphs]
    columns = columns_for(len(replays)) if len(replays) > 1 else 1
    rows = -(-len(replays) // columns)
    levelled = all(how == "levels" for _, how in laid)
    aspect = ASPECT["levels" if levelled else "spring"]
    with settings():
        width = COLUMN if columns == 1 and not levelled else PAGE
        page = open_page(source, width=width, height=rows * width / columns * aspect)
        axes = list(page.body.subplots(rows, columns, squeeze=False).flat)
        for ax in axes[len(replays) :]:
            ax.remove()
        axes = axes[: len(replays)]
        left_out = False
        for ax, replay, graph, (places, how) in zip(axes, replays, graphs, laid, strict=True):
            left_out |= draw_ties(ax, graph, places, how, periodic=is_periodic(replay.path.model))
            state = _state(replay, row, time)
            fills = list(colors(replay.path.model.strategies).values())
            draw_nodes(ax, graph, places, state, fills, inches=(0.9 * width / columns, 0.9 * width / columns * aspect))
            _frame(ax, places, how)
        title_panels(page, axes, [replay.settings for replay in replays], replays[0].path.model)
        _legend(page, replays[0])
        add_note(page, _when(replays, row, time))
        for words in dict.fromkeys(HOW[how] for _, how in laid):
            add_note(page, words)
        if any(np.ptp(graph.degrees) > 0 for graph in graphs):
            add_note(page, "The area of a disc grows with its number of ties.")
        add_note(page, "Ties that lead around the edges are not drawn." if left_out else "")
        add_note(page, note)
        return close_page(page, axes, aspect=aspect)


def _record(replay: Replay, row: int, time: float | None) -> int:
    """The record nearest to a time, the last without one."""
    held = replay.path.time[: replay.path.records[row]]
    return len(held) - 1 if time is None else int(np.abs(held - time).argmin())


def _state(replay: Replay, row: int, time: float | None) -> np.ndarray:
    """Who plays what, (N,): at the end of the run without a time."""
    return replay.path.recording.nodes[row, -1] if time is None else replay.states(row)[_record(replay, row, time)]


def _when(replays: Sequence[Replay], row: int, time: float | None) -> str:
    if time is None:
        ends = sorted({float(replay.path.recording.numbers[row, 0]) for replay in replays})
        return f"After {number(ends[0])} generations." if len(ends) == 1 else "At the end of each run."
    return f"After {number(float(replays[0].path.time[_record(replays[0], row, time)]))} generations."


def _frame(ax: Axes, places: np.ndarray, how: str) -> None:
    """Limits around the nodes, in equal units both ways but for levels from the top down."""
    bare(ax)
    low, high = places.min(axis=0), places.max(axis=0)
    half = np.maximum((high - low) / 2, 0.05)
    half = half if how == "levels" else np.full(2, half.max())
    (left, bottom), (right, top) = (low + high) / 2 - 1.1 * half, (low + high) / 2 + 1.1 * half
    ax.set(xlim=(left, right), ylim=(bottom, top))


def _legend(page: object, replay: Replay) -> None:
    own = colors(replay.path.model.strategies)
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=5, markeredgecolor="white", color=color)
        for color in own.values()
    ]
    add_legend(page, handles, list(strategy_labels(replay.path.model).values()))  # type: ignore[arg-type]

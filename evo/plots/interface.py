"""Ties between different strategies over time: how an interface grows, or domains coarsen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.graphs import Graph
from evo.graphs.measures import ends_of
from evo.plots.labels import label_ends, settle_ends
from evo.plots.letters import text_width
from evo.plots.page import (
    PAGE,
    PictureError,
    add_legend,
    add_note,
    close_page,
    open_page,
    settings,
)
from evo.plots.panels import told_once
from evo.plots.replays import evenly, replays_of
from evo.plots.words import SPACE, number, settings_words
from evo.results import Result
from evo.simulation import Path
from evo.strategies import PALETTE

LINES = 6  # points that are shown where nobody chose
LATE = 8.0  # slopes are those of the last part of the run, from this fraction of its end on
LEAST = 5  # records that make a slope
LONGEST = 1.5  # inches of a label that fit beside the axes
GOOD = 0.8  # share of the variance that a slope must explain


def interface(
    source: Result | Path, *, part: str | None = None, points: Sequence[int] | None = None, replicates: int = 8
) -> Figure:
    """Share of the ties that lead between different strategies over time, both axes logarithmic; a line for each point of
    the sweep, with its late slope: the least-squares exponent from an eighth of the time on, where a power explains 80 % of it.

    The mean of the first `replicates` of a result, which are run again, or of all of a path.
    """
    replays, note = replays_of(source, part, points, most=LINES, every=evenly, replicates=replicates)
    with settings():
        page = open_page(source, width=PAGE * 0.75, height=3)
        ax = page.panel()
        said = told_once(page, [replay.settings for replay in replays], replays[0].path.model)
        last, words, hues = [], [], []
        for replay, settings_here, color in zip(replays, said, PALETTE * 2, strict=False):
            shares, time = replay.mean(_across), replay.path.time
            held = (shares > 0) & (time > 0)
            if held.sum() < 2:
                continue
            ax.plot(time[held], shares[held], color=color, gid="interface")
            slope = _slope(time[held], shares[held])
            if np.isfinite(slope[0]):
                late = time[held][time[held] >= time[held][-1] / LATE]
                ax.plot(late, np.exp(slope[1]) * late ** slope[0], color=color, linestyle=":", linewidth=0.9)
            named = settings_words(settings_here, replay.path.model, short=True)
            exponent = f"slope{SPACE}{number(round(slope[0], 2))}" if np.isfinite(slope[0]) else ""
            words.append(", ".join(filter(None, [named, exponent])))
            last.append(float(shares[held][-1]))
            hues.append(color)
        if not last:
            raise PictureError("no ties between different strategies at any record after the start")
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.margins(x=0)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_xlabel("generations")
        ax.set_ylabel("share of ties between strategies")
        direct = max(text_width(text, 7) for text in words) <= LONGEST
        ends = label_ends(ax, last, words, hues) if direct else []
        if not direct:
            add_legend(page, [Line2D([], [], color=color) for color in hues], words)
        if any("slope" in text for text in words):
            add_note(
                page, f"Dotted: the slope from 1/{number(LATE)} of the time on, by least squares of the logarithms."
            )
        most = max(len(replay.path.mix) for replay in replays)
        add_note(page, f"Mean over {most} replicates." if most > 1 else "")
        add_note(page, note)
        figure = close_page(page, [ax], aspect=0.62)
        settle_ends(ax, ends)
        return figure


def _across(graph: Graph, states: np.ndarray) -> np.ndarray:
    """Share of ties between different strategies at each record, (time,)."""
    sources, targets, weights = ends_of(graph)
    return np.array([weights[state[sources] != state[targets]].sum() for state in states]) / weights.sum()


def _slope(time: np.ndarray, shares: np.ndarray) -> tuple[float, float]:
    """Exponent and logarithm of the factor of a power of time, over the late part; nan where it has too few records, or
    where a power describes it badly."""
    late = time >= time[-1] / LATE
    along, up = np.log(time[late]), np.log(shares[late])
    if late.sum() < LEAST or np.ptp(up) == 0 or np.corrcoef(along, up)[0, 1] ** 2 < GOOD:
        return float("nan"), float("nan")
    slope, level = np.polyfit(along, up, 1)
    return float(slope), float(level)

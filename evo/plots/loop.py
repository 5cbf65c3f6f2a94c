"""A loop: an observable over the number that is led there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.plots.labels import darkened
from evo.plots.page import COLUMN, GREY, INK, add_legend, add_note, blank_page, close_page, derived_from, settings, wrap
from evo.plots.words import axis_label, number, strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.tipping import Loop


def loop(found: Loop, *, ax: Axes | None = None) -> Figure:
    """The way there solid, the way back dashed, arrows along both; the area between is shaded where the loop closes."""
    experiment = found.experiment
    observed = strategy_labels(experiment).get(found.observable)
    hue: Any = INK if observed is None else darkened(colors(experiment.strategies)[found.observable])
    with settings():
        seed = None if experiment.model.deterministic else experiment.run.seed
        made_by = derived_from(experiment.model, title=experiment.title, seed=seed)
        page = blank_page(made_by, width=COLUMN, height=0.62 * COLUMN, ax=ax)
        ax = page.panel()
        ax.spines[["top", "right"]].set_visible(False)
        if found.closed:
            line = np.linspace(min(found.first, found.last), max(found.first, found.last), 500)
            ways = [np.interp(line, *np.array(sorted(map(tuple, way[:, :2]))).T) for way in (found.there, found.back)]
            ax.fill_between(line, *ways, color=GREY, alpha=0.15, linewidth=0, gid="area")
        for way, dashes, name in ((found.there, (1, 0), "there"), (found.back, (4, 1.6), "back")):
            ax.plot(way[:, 0], way[:, 1], color=hue, linewidth=1.4, dashes=dashes, clip_on=False, gid=name)
            _arrow(ax, way, hue)
        low, high = sorted((found.first, found.last))
        ax.set_xlim(low, high)
        if observed is not None:
            ax.set_ylim(-0.02, 1.02)
        ax.set_xlabel(wrap(axis_label(found.path, experiment), inches=0.72 * COLUMN, size=8))
        ax.set_ylabel(wrap("mean payoff" if observed is None else f"share of {observed}", inches=1.7, size=8))
        ends = f"{number(found.first)} to {number(found.last)}"
        handles = [
            Line2D([], [], color=hue, linewidth=1.4),
            Line2D([], [], color=hue, linewidth=1.4, dashes=(4, 1.6)),
        ]
        add_legend(page, handles, [f"there, {ends}", "back"])
        told = f"Closed, area {number(found.area)}" if found.closed else "Open: it does not come back"
        add_note(page, f"{told}. {number(found.rate)} per generation, at rest before, between and after.")
        return close_page(page, [ax], aspect=0.62)


def _arrow(ax: Any, way: np.ndarray, hue: Any) -> None:
    """An arrow head half-way along a way."""
    k = len(way) // 2
    ax.annotate(
        "", xy=way[k + 1, :2], xytext=way[k - 1, :2], gid="arrow",
        arrowprops={"arrowstyle": "-|>", "color": hue, "linewidth": 0, "mutation_scale": 10, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip

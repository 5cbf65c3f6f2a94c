"""Stationary distribution of a finite population: over the triangle of three strategies, else of each one's share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from evo.plots.labels import darkened
from evo.plots.model_page import Source, model_of, open_model_page
from evo.plots.page import COLUMN, INK, PictureError, add_legend, add_note, close_page, settings, wrap
from evo.plots.plane import open_plane, plane_of
from evo.plots.words import strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.exact.chains.stationary import Stationary

SHADES = "mako_r"  # of seaborn, which `settings` imports
LEAST = 1e-12  # of the largest probability: below, a logarithmic scale ends
MOST_LINES = 8


def stationary(source: Source, found: Stationary, *, logarithmic: bool = False, ax: Axes | None = None) -> Figure:
    """Probabilities of the states in the long run. Three strategies: a triangle, the darker the likelier, with the mean mix
    marked; else a line per strategy. logarithmic: shades or lines on a logarithmic scale."""
    model = model_of(source)
    if len(model.strategies) == 3 and len(found.space.sizes) == 1:
        return _triangle(source, found, logarithmic, ax)
    if len(model.strategies) > MOST_LINES:
        raise PictureError(f"a picture has room for {MOST_LINES} strategies, and here are {len(model.strategies)}")
    return _lines(source, found, logarithmic, ax)


def _triangle(source: Source, found: Stationary, logarithmic: bool, ax: Axes | None) -> Figure:
    model = model_of(source)
    plane, size = plane_of(model), found.space.whole
    chance = found.probabilities
    with settings():
        page = open_model_page(source, width=COLUMN, height=COLUMN * plane.height, ax=ax)
        ax = open_plane(page, plane, model)
        tiles = _hexagons(plane.at(found.space.shares), size)
        top = float(chance.max())
        norm: Normalize = (
            LogNorm(max(float(chance[chance > 0].min()), LEAST * top), top) if logarithmic else PowerNorm(0.5, 0, top)
        )
        shown = np.maximum(chance, norm.vmin) if logarithmic else chance  # type: ignore[type-var]
        faces = PolyCollection(
            list(tiles), array=shown, cmap=SHADES, norm=norm, linewidths=0.3, rasterized=True, gid="states"
        )
        faces.set_edgecolor("face")
        faces.set_clip_path(Polygon(plane.outline, closed=True, transform=ax.transData))
        ax.add_collection(faces, autolim=False)
        mark: dict[str, Any] = {"marker": "P", "markersize": 6, "markerfacecolor": "white", "markeredgecolor": INK}
        ax.plot(*plane.at(found.mean), linestyle="", markeredgewidth=0.8, zorder=6, gid="mean", **mark)
        bar = page.figure.colorbar(faces, ax=ax, fraction=0.05, pad=0.02, aspect=24, shrink=0.8)
        bar.set_label("probability of a state")
        bar.outline.set_linewidth(0.5)
        add_legend(page, [Line2D([], [], linestyle="", markeredgewidth=0.8, **mark)], ["mean mix"])
        add_note(page, f"{len(chance):,} states of {size} individuals.")
        return close_page(page, [ax], aspect=plane.height)


def _hexagons(places: np.ndarray, size: int) -> np.ndarray:
    """A tile around each state, (states, 6, 2)."""
    turn = np.pi / 6 + np.arange(6) * np.pi / 3
    corners = np.column_stack([np.cos(turn), np.sin(turn)]) / (np.sqrt(3) * size)
    return places[:, None] + corners


def _lines(source: Source, found: Stationary, logarithmic: bool, ax: Axes | None) -> Figure:
    model = model_of(source)
    names, hues = strategy_labels(model), colors(model.strategies)
    two = len(names) == 2
    spans = [(first, last - 1 if last - first == 2 else last) for first, last in found.space.roles]
    drawn = [name for first, last in spans for name in list(names)[first:last]]  # of two strategies one says it all
    with settings():
        page = open_model_page(source, width=COLUMN, height=0.62 * COLUMN, ax=ax)
        ax = page.panel()
        ax.spines[["top", "right"]].set_visible(False)
        handles, words = [], []
        for name in drawn:
            chance = found.marginal(name)
            shares, hue = np.linspace(0, 1, len(chance)), darkened(hues[name])
            ax.plot(shares, chance, color=hue, linewidth=1.2, gid=f"probability: {name}")
            if two:
                ax.fill_between(shares, chance, color=hues[name], alpha=0.25, linewidth=0)
            mean = float(found.mean[model.strategy_names.index(name)])
            ax.axvline(mean, color=hue, linewidth=0.8, dashes=(2, 2), gid=f"mean: {name}")
            handles.append(Line2D([], [], color=hue, linewidth=1.2))
            words.append(f"mean: {mean:.3g}" if two else f"{names[name]} (mean: {mean:.3g})")
        ax.set_xlim(0, 1)
        if logarithmic:
            top = max(float(found.marginal(name).max()) for name in drawn)
            ax.set(yscale="log", ylim=(LEAST * top, 2 * top))
        else:
            ax.set_ylim(bottom=0)
        where = f"share of {names[drawn[0]]}" if two else "share of a strategy" + " in its role" * (len(spans) > 1)
        ax.set_xlabel(wrap(where, inches=0.78 * page.width, size=8))
        ax.set_ylabel("probability of a count")
        if two:
            handles = [Line2D([], [], color=INK, linewidth=0.8, dashes=(2, 2))]
        add_legend(page, handles, words)
        return close_page(page, [ax], aspect=0.62)

"""Pairwise invasibility plot: which rare mutants can invade which residents."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.patheffects import withStroke

from evo.exact.traits.pip import Invasibility
from evo.plots.page import COLUMN, INK, add_legend, add_note, close_page, settings
from evo.plots.trait_page import open_trait_page, trait_label

SHADE, WHITE = "#c9c9c9", "#ffffff"
HATCH = "////"
# Filled: attracts; square: cannot be invaded. Each kind differs in shape or filling, for readers who see no colours.
MARKS = {
    "continuously stable": ("s", INK),
    "branching point": ("o", INK),
    "garden of Eden": ("s", WHITE),
    "repeller": ("o", WHITE),
    "degenerate": ("X", WHITE),
}


def pairwise_invasibility(source: Invasibility, *, mutual: bool = False) -> Figure:
    """Residents along x, mutants along y; shaded where the mutant invades, with singular points marked by kind.

    mutual: hatch where each can invade the other, so that both stay.
    """
    label = trait_label(source.model, source.trait)
    with settings():
        page = open_trait_page(source.model, seed=None, width=COLUMN, height=COLUMN)
        ax = page.panel()
        _draw_signs(ax, source)
        if mutual:
            _draw_mutual(ax, source)
        _draw_lines(ax, source)
        _draw_points(ax, source)
        _draw_names(ax, source)
        ends = source.values[0], source.values[-1]
        ax.set(xlim=ends, ylim=ends, xlabel=f"resident: {label}", ylabel=f"mutant: {label}")
        handles: list[Any] = [Patch(facecolor=SHADE, edgecolor=INK, linewidth=0.5)]
        words = ["mutant invades"]
        if mutual:
            handles.append(Patch(facecolor=WHITE, edgecolor=INK, hatch=HATCH, linewidth=0.5))
            words.append("each invades the other")
        for kind in dict.fromkeys(point.kind for point in source.singular):
            handles.append(Line2D([], [], linestyle="", **_mark(kind)))
            words.append(kind)
        add_legend(page, handles, words)
        add_note(page, _note(source))
        return close_page(page, [ax], aspect=1.0)


def _draw_signs(ax: Axes, source: Invasibility) -> None:
    """Shade where the fitness is positive: the slope above the diagonal, its negative below. Each is drawn on its side of
    the diagonal, on which the fitness itself is 0 and would leave its sign to rounding."""
    low, high = source.values[0], source.values[-1]
    for corner, field in (((low, high), source.slope), ((high, low), -source.slope)):
        half = Polygon([(low, low), (high, high), corner], transform=ax.transData)
        shown = ax.contourf(source.values, source.values, field, levels=[0, float("inf")], colors=[SHADE], zorder=0)
        shown.set_clip_path(half)
        shown.set_gid("invades")


def _draw_mutual(ax: Axes, source: Invasibility) -> None:
    """Above the diagonal mutant and resident invade each other where the slopes at (m, r) and (r, m) are positive and
    negative, below it the reverse: the smaller of the two tells."""
    above = source.values[:, None] >= source.values[None, :]
    field = np.where(above, np.minimum(source.slope, -source.slope.T), np.minimum(-source.slope, source.slope.T))
    shown = ax.contourf(
        source.values, source.values, field, levels=[0, float("inf")], colors="none", hatches=[HATCH], zorder=0.5
    )
    shown.set(edgecolor=INK, linewidth=0, gid="mutual")


def _draw_lines(ax: Axes, source: Invasibility) -> None:
    ends = [source.values[0], source.values[-1]]
    ax.plot(ends, ends, color=INK, linewidth=0.9, gid="diagonal")
    if source.slope.min() < 0 < source.slope.max():
        line = ax.contour(source.values, source.values, source.slope, levels=[0], colors=[INK], linewidths=0.9)
        line.set_gid("zero")


def _draw_points(ax: Axes, source: Invasibility) -> None:
    for point in source.singular:
        at = float(point.traits[0])
        ax.plot([at], [at], linestyle="", clip_on=False, zorder=5, gid=f"singular: {point.kind}", **_mark(point.kind))


def _draw_names(ax: Axes, source: Invasibility) -> None:
    """A plus or a minus in the middle of each region that has room for one."""
    for sign, where, ground in (("+", source.fitness > 0, SHADE), ("\N{MINUS SIGN}", source.fitness < 0, WHITE)):
        for row, column in _middles(where):
            ax.text(
                source.values[column], source.values[row], sign, ha="center", va="center", fontsize=10,
                path_effects=[withStroke(linewidth=2, foreground=ground)],
            )  # fmt: skip


def _middles(where: np.ndarray) -> list[tuple[int, int]]:
    """The place farthest from the edge of each connected region, of those with room for a sign."""
    from scipy.ndimage import distance_transform_edt, label

    labelled: Any = label(where)
    regions, count = labelled
    found = []
    for region in range(1, count + 1):
        depth = np.asarray(distance_transform_edt(np.pad(regions == region, 1)))[1:-1, 1:-1]
        if depth.max() > 0.035 * len(where):
            row, column = np.unravel_index(depth.argmax(), depth.shape)
            found.append((int(row), int(column)))
    return found


def _mark(kind: str) -> dict[str, Any]:
    shape, fill = MARKS[kind]
    return {"marker": shape, "markersize": 5.5, "markerfacecolor": fill, "markeredgecolor": INK, "markeredgewidth": 0.9}


def _note(source: Invasibility) -> str:
    points = ", ".join(f"{point.traits[0]:.4g}" for point in source.singular)
    if not source.singular:
        return ""
    uncertain = any(not point.certified for point in source.singular)
    word = "Singular point" if len(source.singular) == 1 else "Singular points"
    return f"{word} at {points}" + (", not certified to be all." if uncertain else ".")

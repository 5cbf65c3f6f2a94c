"""Gradient of selection between two strategies: its curve, and along the axis where it leads."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.plots.labels import darkened
from evo.plots.model_page import Source, model_of, open_model_page
from evo.plots.page import COLUMN, GREY, INK, add_legend, add_note, close_page, settings, wrap
from evo.plots.plane import draw_arrow
from evo.plots.restmarks import rest_legend, rest_mark
from evo.plots.words import strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.exact.flows.gradient import Gradient

FEW = 60  # individuals up to which counts are drawn as dots


def gradient(source: Source, found: Gradient, *, mutation: Gradient | None = None, ax: Axes | None = None) -> Figure:
    """The gradient over the share of the first strategy, zero crossings marked by stability; mutation: the same with it."""
    model = model_of(source)
    first, second = (strategy_labels(model)[name] for name in found.strategies)
    hue = colors(model.strategies)[found.strategies[0]]
    finite = found.up is not None
    with settings():
        page = open_model_page(source, width=COLUMN, height=0.62 * COLUMN, ax=ax)
        ax = page.panel()
        ax.spines[["top", "right"]].set_visible(False)
        ax.axhline(0, color=GREY, linewidth=0.6, zorder=1)
        _draw_curve(ax, found, hue, label="gradient")
        handles: list[Any] = []
        words: list[str] = []
        if mutation is not None:
            ax.plot(
                mutation.shares,
                mutation.gradient,
                color=GREY,
                linewidth=1,
                dashes=(4, 2),
                gid="with mutation",
                zorder=2,
            )
            handles = [Line2D([], [], color=hue, linewidth=1.3), Line2D([], [], color=GREY, linewidth=1, dashes=(4, 2))]
            words = ["without mutation", "with mutation"]
        marks = rest_shares(found)
        _draw_arrows(ax, found, [share for share, _ in marks])
        for share, stable in marks:
            kind = "stable" if stable else "unstable"
            ax.plot([share], [0], linestyle="", clip_on=False, zorder=6, gid=f"root: {kind}", **rest_mark(kind))
        for root in mutation.roots if mutation is not None else ():
            kind = "stable" if root.stable else "unstable"
            mark: dict[str, Any] = rest_mark(kind, size=4) | {
                "markeredgecolor": GREY,
                "markerfacecolor": GREY if root.stable else "white",
            }
            ax.plot([root.share], [0], linestyle="", clip_on=False, zorder=5, gid=f"root with mutation: {kind}", **mark)
        ax.set_xlim(0, 1)
        ax.set_xlabel(wrap(f"share of {first} (the others: {second})", inches=0.78 * page.width, size=8))
        ax.set_ylabel("$T^+ - T^-$ per update" if finite else "change per generation")
        ax.margins(y=0.12)
        also, names = rest_legend(["stable" if stable else "unstable" for _, stable in marks])
        add_legend(page, [*handles, *also], [*words, *names])
        add_note(page, _note(found))
        return close_page(page, [ax], aspect=0.62)


def rest_shares(found: Gradient) -> list[tuple[float, bool]]:
    """Where the share comes to rest, ascending, and whether it is drawn there: sign changes, and ends that are left alone."""
    signs = np.sign(found.gradient[1:-1])
    moving = signs[signs != 0]
    marks = [(root.share, root.stable) for root in found.roots]
    if len(moving) and found.gradient[0] == 0:
        marks.insert(0, (0.0, bool(moving[0] < 0)))
    if len(moving) and found.gradient[-1] == 0:
        marks.append((1.0, bool(moving[-1] > 0)))
    return marks


def _draw_curve(ax: Axes, found: Gradient, hue: str, *, label: str) -> None:
    dots: dict[str, Any] = {}
    if found.up is not None and len(found.shares) <= FEW + 1:
        dots = {"marker": "o", "markersize": 2.2, "markeredgewidth": 0}
    ax.plot(
        found.shares, found.gradient, color=darkened(hue), linewidth=1.3, zorder=3, gid=label, clip_on=False, **dots
    )


def _draw_arrows(ax: Axes, found: Gradient, rest: list[float]) -> None:
    """A head on the axis between each two places of rest."""
    for low, high in pairwise(sorted({0.0, *rest, 1.0})):
        middle = 0.5 * (low + high)
        sign = np.sign(np.interp(middle, found.shares, found.gradient))
        if sign and high - low > 0.06:
            draw_arrow(ax, np.array([[middle - 0.012 * sign, 0], [middle + 0.012 * sign, 0]]), color=INK, zorder=5)


def _note(found: Gradient) -> str:
    if not found.roots:
        return ""
    places = ", ".join(f"{root.share:.4g}" for root in found.roots)
    return f"Sign change{'s' if len(found.roots) > 1 else ''} at {places}."

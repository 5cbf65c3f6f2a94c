"""Invasion graph: strategies under rare mutations, with arrows to mutants that take over more often than by drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch

from evo.model import Model
from evo.plots.labels import darkened
from evo.plots.model_page import Source, model_of, open_model_page
from evo.plots.page import COLUMN, GREY, INK, PAGE, Page, PictureError, add_legend, add_note, close_page, settings, wrap
from evo.plots.words import SPACE, number, strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.exact.rare.invasion_graph import InvasionEdge, InvasionGraph

MOST_NODES, LABELLED = 24, 5  # states; up to so many, arrows have numbers
LARGE = 8  # states beyond which the picture is as wide as a page
EVEN = 3.0  # Z*rho from which an arrow is drawn in full strength, and below paler
LEAST_SHARE = 1e-4
REACH, MARGIN = 1.55, 0.45  # half the width of the picture, and room above and below, in radii of the circle


def invasion(source: Source, found: InvasionGraph, *, ax: Axes | None = None) -> Figure:
    """States around a circle, their size by the share of the time; solid arrows where a mutant is favoured, with Z*rho,
    dashed lines where it drifts. PictureError for more than 24 states."""
    model, names = model_of(source), found.chain.names
    if len(names) > MOST_NODES:
        raise PictureError(f"a picture has room for {MOST_NODES} states, and here are {len(names)}: see the table")
    shares = found.chain.stationary if len(found.chain.classes) == 1 else None
    turn = np.pi / 2 - 2 * np.pi * np.arange(len(names)) / len(names)
    turn = turn + (np.pi / 2 if len(names) == 2 else 0)
    places = dict(zip(names, np.column_stack([np.cos(turn), np.sin(turn)]), strict=True))
    radii = dict(zip(names, _radii(shares, len(names)), strict=True))
    with settings():
        width = PAGE * 0.75 if len(names) > LARGE else COLUMN
        low, high = (float(bound) for bound in (min(p[1] for p in places.values()), max(p[1] for p in places.values())))
        low, high = low - MARGIN, high + MARGIN
        aspect = (high - low) / (2 * REACH)
        page = open_model_page(source, width=width, height=width * aspect, ax=ax)
        ax = page.panel()
        ax.axis("off")
        ax.set(xlim=(-REACH, REACH), ylim=(low, high), aspect="equal")
        _draw_edges(ax, found, places, radii)
        _draw_states(ax, page, model, names, places, radii, shares)
        _add_words(page, found, shares is not None)
        return close_page(page, [ax], aspect=aspect)


def _radii(shares: np.ndarray | None, number_: int) -> np.ndarray:
    """Areas by share, with a least size that can be seen."""
    largest = min(0.24, 1.3 / number_)
    if shares is None:
        return np.full(number_, 0.5 * largest)
    return np.maximum(largest * np.sqrt(shares), 0.16 * largest + 0.012)


def _draw_edges(ax: Axes, found: InvasionGraph, places: dict[str, np.ndarray], radii: dict[str, float]) -> None:
    favoured = {(edge.resident, edge.mutant) for edge in found.edges if edge.kind == "favoured"}
    labelled = len(places) <= LABELLED
    for edge in found.edges:
        pair = edge.resident, edge.mutant
        if edge.kind == "opposed" or (edge.kind == "neutral" and pair[::-1] > pair):
            continue
        both = edge.kind == "favoured" and pair[::-1] in favoured
        bend = 0.18 if both else 0.0
        start, end = _ends(places, radii, pair, bend)
        neutral = edge.kind == "neutral"
        strength = 1.0 if neutral or labelled else min(1.0, 0.35 + 0.65 * (edge.relative - 1) / (EVEN - 1))
        ax.add_patch(
            FancyArrowPatch(
                tuple(start),
                tuple(end),
                connectionstyle=f"arc3,rad={bend}",
                arrowstyle="-" if neutral else "-|>,head_length=0.45,head_width=0.22",
                mutation_scale=9 if labelled else 7,
                linewidth=0.9 if labelled else 0.7,
                linestyle=(0, (4, 2.5)) if neutral else "-",
                color=GREY if neutral else INK,
                alpha=strength,
                shrinkA=0,
                shrinkB=0,
                zorder=2,
                gid=f"{edge.kind}: {edge.resident} to {edge.mutant}",
            )
        )
        if labelled and not neutral:
            _label_edge(ax, edge, start, end, bend)


def _ends(
    places: dict[str, np.ndarray], radii: dict[str, float], pair: tuple[str, str], bend: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where an arrow leaves one state and reaches the other, at the rims of their circles."""
    first, last = places[pair[0]], places[pair[1]]
    way = (last - first) / np.linalg.norm(last - first)
    tilt = np.arctan(2 * bend)
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    return first + (radii[pair[0]] + 0.03) * turn @ way, last - (radii[pair[1]] + 0.03) * turn.T @ way


def _label_edge(ax: Axes, edge: InvasionEdge, start: np.ndarray, end: np.ndarray, bend: float) -> None:
    """Z*rho beside the middle of an arrow."""
    way = end - start
    aside = np.array([way[1], -way[0]])
    middle = start + 0.42 * way + 0.5 * bend * aside
    text = number(float(f"{edge.relative:.2g}"))
    ax.text(
        middle[0], middle[1], text, fontsize=6.5, ha="center", va="center", zorder=4, gid="relative",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip


def _draw_states(
    ax: Axes,
    page: Page,
    model: Model,
    names: tuple[str, ...],
    places: dict[str, np.ndarray],
    radii: dict[str, float],
    shares: np.ndarray | None,
) -> None:
    labels, hues = strategy_labels(model), colors(model.strategies)
    room = 0.3 * page.width
    for place, name in enumerate(names):
        parts = name.split(", ")
        color = hues[parts[-1]]
        ax.add_patch(
            Circle(
                tuple(places[name]),
                radii[name],
                facecolor=color,
                edgecolor="white",
                linewidth=0.8,
                zorder=3,
                gid="state",
            )
        )
        words = wrap(", ".join(labels[part] for part in parts), inches=room, size=7)
        if shares is not None:
            words += f"\n{_percent(float(shares[place]))}"
        x, y = places[name]
        out = places[name] * (1 + (radii[name] + 0.06) / np.hypot(x, y))
        if len(names) == 2:
            out = np.array([x, -radii[name] - 0.05])
        across = "center" if abs(x) < 0.3 or len(names) == 2 else "left" if x > 0 else "right"
        along = "top" if len(names) == 2 else "center" if abs(y) < 0.3 else "bottom" if y > 0 else "top"
        ax.text(
            out[0],
            out[1],
            words,
            ha=across,
            va=along,
            fontsize=7,
            color=darkened(color),
            zorder=5,
            linespacing=1.1,
            gid=f"state: {name}",
        )


def _percent(share: float) -> str:
    if share < LEAST_SHARE:
        return f"< {100 * LEAST_SHARE:g} %"
    return f"{float(f'{100 * share:.2g}'):g} %" if share < 0.995 or share == 1 else f"{100 * share:.4g} %"


def _add_words(page: Page, found: InvasionGraph, shares: bool) -> None:
    kinds = {edge.kind for edge in found.edges}
    handles: list[Any] = []
    words: list[str] = []
    if "favoured" in kinds:
        handles.append(Line2D([], [], color=INK, linewidth=0.9, marker=">", markersize=3.5, markevery=[-1]))
        words.append(f"mutant favoured (Zρ{SPACE}>{SPACE}1)")
    if "neutral" in kinds:
        handles.append(Line2D([], [], color=GREY, linewidth=0.9, dashes=(4, 2.5)))
        words.append(f"neutral drift (Zρ{SPACE}={SPACE}1)")
    add_legend(page, handles, words)
    labelled = len(found.chain.names) <= LABELLED and "favoured" in kinds
    said = "Areas and percentages: share of the time. " if shares else "The start decides which states remain. "
    add_note(page, said + ("Numbers: Zρ." if labelled else ""))

"""Bifurcation diagram: shares at rest points over a parameter, stable ones solid, with the places where they change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.experiment import Experiment
from evo.plots.labels import darkened
from evo.plots.model_page import open_model_page
from evo.plots.page import COLUMN, INK, PAGE, PictureError, add_legend, add_note, close_page, settings, wrap
from evo.plots.panels import LETTERS, columns_for
from evo.plots.words import axis_label, number, parameter_words, strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.exact.flows.continuation import Branch, Continuation, Event

MOST = 9  # panels
EVENTS = {  # each kind differs in shape or filling, for readers who see no colours
    "fold": ("o", INK),
    "branch point": ("D", INK),
    "transcritical": ("D", "white"),
    "Hopf": ("s", INK),
    "Neimark-Sacker": ("s", "white"),
    "flip": ("^", INK),
}


def bifurcation(
    source: Experiment, found: Continuation, *, strategies: Sequence[str] = (), ax: Axes | None = None
) -> Figure:
    """Branches of rest points, a panel per strategy (of two strategies the first alone says it all).

    Solid where deviations die out, dashed where they grow. PictureError for more than nine panels or unknown names.
    """
    names = list(strategies) or list(found.strategies[:1] if len(found.strategies) == 2 else found.strategies)
    for name in names:
        if name not in found.strategies:
            raise PictureError(f"{name!r} is not a strategy: {', '.join(found.strategies)}")
    if len(names) > MOST:
        raise PictureError(f"a picture has room for {MOST} panels, and here are {len(names)}: choose some `strategies`")
    columns = columns_for(len(names))
    rows, width = -(-len(names) // columns), COLUMN if columns == 1 else PAGE
    labels, hues = strategy_labels(source), colors(source.strategies)
    with settings():
        page = open_model_page(source, width=width, height=0.65 * rows * width / columns, ax=ax)
        grid = page.body.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        axes: list[Axes] = list(grid.flat[: len(names)])
        for spare in grid.flat[len(names) :]:
            spare.set_visible(False)
        for place, (ax, name) in enumerate(zip(axes, names, strict=True)):
            _draw(ax, found, found.strategies.index(name), darkened(hues[name]))
            if len(names) > 1:
                ax.set_title(wrap(f"$\\bf{{{LETTERS[place]}}}$  {labels[name]}", inches=width / columns - 0.35, size=8))
            last = place + columns >= len(names)
            along = wrap(axis_label(found.path, source), inches=width / columns - 0.35, size=8)
            ax.set_xlabel(along if last else "")
            ax.tick_params(labelbottom=last)
            first = place % columns == 0
            alone = wrap(f"share of {labels[name]}", inches=0.6 * width, size=8)
            ax.set_ylabel((alone if len(names) == 1 else "share at rest") if first else "")
        _add_words(page, found, source)
        return close_page(page, axes, aspect=0.65)


def _draw(ax: Axes, found: Continuation, place: int, color: Any) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    for branch in found.branches:
        for stable, part in pieces(branch):
            style: dict[str, Any] = {"linewidth": 1.6} if stable else {"linewidth": 1.0, "dashes": (3, 1.8)}
            ax.plot(
                branch.value[part], branch.mix[part, place], color=color, clip_on=False, zorder=2 + stable,
                gid=f"branch: {'stable' if stable else 'unstable'}", **style,
            )  # fmt: skip
    for event in found.events:
        at = [event.value], [event.mix[place]]
        ax.plot(*at, linestyle="", clip_on=False, zorder=5, gid=f"event: {event.kind}", **_mark(event.kind))
    values = np.concatenate([branch.value for branch in found.branches]) if found.branches else np.array([0.0, 1.0])
    ax.set(xlim=(values.min(), values.max()), ylim=(-0.02, 1.02))


def pieces(branch: Branch) -> Iterator[tuple[bool, slice]]:
    """Stretches of a branch along which it attracts, or does not; the latter reach into their neighbours, so no gap is left."""
    stable = np.array([words.startswith("stable") for words in branch.stability])
    changes = np.flatnonzero(stable[1:] != stable[:-1]) + 1
    for low, high in pairwise([0, *changes.tolist(), len(stable)]):
        attracts = bool(stable[low])
        yield attracts, slice(low, high) if attracts else slice(max(low - 1, 0), high + 1)


def _mark(kind: str) -> dict[str, Any]:
    shape, fill = EVENTS.get(kind, ("X", "white"))
    return {"marker": shape, "markersize": 4.8, "markerfacecolor": fill, "markeredgecolor": INK, "markeredgewidth": 0.9}


def _add_words(page: Any, found: Continuation, source: Experiment) -> None:
    shown = {stable for branch in found.branches for stable, _ in pieces(branch)}
    handles: list[Any] = [
        Line2D([], [], color=INK, linewidth=1.6)
        if stable
        else Line2D([], [], color=INK, linewidth=1.0, dashes=(3, 1.8))
        for stable in sorted(shown, reverse=True)
    ]
    words = ["stable" if stable else "unstable" for stable in sorted(shown, reverse=True)]
    for kind in dict.fromkeys(event.kind for event in found.events):
        handles.append(Line2D([], [], linestyle="", **_mark(kind)))
        words.append(
            f"{kind} ({', '.join(dict.fromkeys(_told(event) for event in found.events if event.kind == kind))})"
        )
    add_legend(page, handles, words)
    if found.events:
        name = found.path.split(".")[-1]
        known = found.path.startswith("parameters.")
        add_note(
            page, f"In brackets: at which {parameter_words(name, source) if known else axis_label(found.path, source)}."
        )


def _told(event: Event) -> str:
    return number(float(f"{event.value:.4g}"))

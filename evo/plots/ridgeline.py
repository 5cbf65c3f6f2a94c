"""How the outcomes of replicates are distributed, a ridge for each value of a swept path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evo.plots.compare import Along, final_shares, paths_along, places_along
from evo.plots.labels import darkened
from evo.plots.page import COLUMN, PAGE, PictureError, add_note, close_page, label_body, open_page, settings, wrap
from evo.plots.panels import title_panels
from evo.plots.swept import choose_part
from evo.plots.words import axis_label, strategy_labels
from evo.results import Result
from evo.strategies import colors

BINS = 25
RISE = 0.9  # of the highest ridge, in distances between two ridges
MOST_ROWS, MOST_RIDGES, MOST_STRATEGIES = 4, 16, 6


def ridgeline(result: Result, *, part: str | None = None, x: str | None = None) -> Figure:
    """Histograms of each strategy's final share over replicates, one above the other along a swept path: a mean of one half may
    be a population in balance, or one that ends at either end. A column for each strategy, a row for each value of what else
    varies. The highest bar is the same in all; of two strategies the first says it all.
    """
    swept = choose_part(result, part, lambda each: bool(each.paths))
    shares = final_shares(result)
    paths = paths_along(swept, x)
    panels = swept.panels(paths)
    model = result.experiment
    numeric = len(paths) == 1 and swept.numeric(paths[0])
    rows = [(set_here, places_along(swept, paths, points, model, numeric=numeric)) for set_here, points in panels]
    shown = [0] if len(model.strategies) == 2 else range(len(model.strategies))
    _check(rows, shown)
    with settings():
        most = max(len(along.points) for _, along in rows)
        width = COLUMN if len(shown) == 1 else PAGE
        page = open_page(result, width=width, height=len(rows) * (0.28 * (most + RISE) + 0.3) + 0.3)
        grid = page.body.subplots(len(rows), len(shown), sharex=True, sharey="row", squeeze=False)
        counted = [_histograms(along, shares, shown) for _, along in rows]
        highest = max((bars.max(initial=0.0) for bars in counted), default=0.0) or 1.0
        own, called = list(colors(model.strategies).values()), list(strategy_labels(model).values())
        for axes, (_, along), bars in zip(grid, rows, counted, strict=True):
            for place, (ax, strategy) in enumerate(zip(axes, shown, strict=True)):
                _draw(ax, bars[:, place] / highest * RISE, own[strategy])
                _dress(ax, along, first=place == 0)
        for ax, strategy in zip(grid[-1], shown, strict=True):
            words = wrap(f"final share: {called[strategy]}", inches=(width - 0.6) / len(shown) - 0.15, size=8)
            ax.set_xlabel(words)
        title_panels(page, list(grid[:, 0]), [set_here for set_here, _ in rows], model)
        if len(paths) == 1 and paths[0] != "run.start":
            label_body(page, axis_label(paths[0], model), "y")
        fewest = min(len(shares.get(point, ())) for _, along in rows for points in along.points for point in points)
        add_note(page, f"Bars: how many of the replicates ({fewest} a point) end there; at most {highest:.0%} of them.")
        return close_page(page, list(grid.flat), aspect=0.28 * (most + RISE) * len(shown) / width)


def _check(rows: Sequence[tuple[object, Along]], shown: Sequence[int]) -> None:
    if len(rows) > MOST_ROWS:
        raise PictureError(
            f"{len(rows)} rows, one for each value of what else varies: at most {MOST_ROWS}; choose a part"
        )
    if any(len(along.points) > MOST_RIDGES for _, along in rows):
        raise PictureError(f"more than {MOST_RIDGES} values along the path: compare shows so many")
    if len(shown) > MOST_STRATEGIES:
        raise PictureError(f"more than {MOST_STRATEGIES} strategies: compare shows so many")


def _histograms(along: Along, shares: dict[int, np.ndarray], shown: Sequence[int]) -> np.ndarray:
    """Part of the replicates in each bin, (value, strategy, bin); 0 where none is finished."""
    found = np.zeros((len(along.points), len(shown), BINS))
    for place, points in enumerate(along.points):
        ends = [shares[point] for point in points if point in shares]
        if not ends:
            continue
        for column, strategy in enumerate(shown):
            share = np.concatenate(ends)[:, strategy]
            found[place, column] = np.histogram(share, bins=BINS, range=(0, 1))[0] / len(share)
    return found


def _draw(ax: Axes, ridges: np.ndarray, color: str) -> None:
    edges = np.linspace(0, 1, BINS + 1)
    for place, ridge in enumerate(ridges):
        ax.stairs(place + ridge, edges, baseline=place, fill=True, color=color, alpha=0.75)
        ax.stairs(place + ridge, edges, baseline=place, color=darkened(color), linewidth=0.7, gid=f"ridge: {place}")


def _dress(ax: Axes, along: Along, *, first: bool) -> None:
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set_xlim(-0.01, 1.01)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_ylim(-0.1, len(along.words) - 1 + RISE + 0.05)
    ax.set_yticks(range(len(along.words)), [words.replace("\n", ", ") for words in along.words])
    ax.tick_params(axis="y", length=0, labelleft=first)

"""Shares over time as stacked areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evo.kernels.arrays import WEIGHT
from evo.plots.labels import label_ends, name_regions, settle_ends
from evo.plots.page import add_legend, add_note, close_page, settings
from evo.plots.panels import date_axis, open_panels
from evo.plots.tracks import Track, tracks_of
from evo.plots.words import strategy_labels
from evo.results import Result
from evo.simulation import Path
from evo.strategies import colors


def mix(
    source: Result | Path, *, part: str | None = None, points: Sequence[int] | None = None, ax: Axes | None = None
) -> Figure:
    """Shares over time, stacked, one panel per point; the mean over replicates."""
    tracks, note = tracks_of(source, part, points)
    with settings():
        page, blocks = open_panels(source, tracks, environment=False, ax=ax)
        means = [np.nanmean(track.mix, axis=0) * _parts(track) for track in tracks]
        ends = []
        for (ax, _), track, mean in zip(blocks.panels, tracks, means, strict=True):
            own, called = colors(track.model.strategies), strategy_labels(track.model)
            areas = ax.stackplot(track.time, mean.T, colors=list(own.values()), linewidth=0.5, edgecolor="white")
            for area, name in zip(areas, own, strict=True):
                area.set_gid(f"mix: {name}")
            if blocks.direct:
                final = mean[np.isfinite(mean).all(axis=1)][-1]
                ends.append(label_ends(ax, np.cumsum(final) - final / 2, list(called.values()), list(own.values())))
            date_axis(ax, track)
            if ax.get_ylabel() and len(track.model.lowered.wholes) > 1:
                ax.set_ylabel("share of all individuals")
        if not blocks.direct:
            own, called = colors(tracks[0].model.strategies), strategy_labels(tracks[0].model)
            add_legend(page, [Patch(color=color) for color in own.values()], list(called.values()))
        most = max(track.replicates for track in tracks)
        add_note(page, f"Mean over {most} replicates." if most > 1 else "")
        add_note(page, note)
        figure = close_page(page, [ax for ax, _ in blocks.panels], aspect=blocks.aspect)
        for (ax, _), names in zip(blocks.panels, ends, strict=False):
            settle_ends(ax, names)
        for (ax, _), track, mean in zip(blocks.panels, tracks, means, strict=True):
            if not blocks.direct:
                _name_areas(ax, track, mean)
        return figure


def _parts(track: Track) -> np.ndarray:
    """Which part of all individuals the role of each strategy is, (strategy,)."""
    process = track.model.lowered
    return process.strategy[WEIGHT] * np.repeat(process.wholes, np.diff(process.roles))


def _name_areas(ax: Axes, track: Track, mean: np.ndarray) -> None:
    """Write the name of each strategy into its area, where it fits: pictures are read in grey, too."""
    tops = np.cumsum(mean, axis=1)
    fills = list(colors(track.model.strategies).values())

    def area_at(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        upper = np.array([np.interp(xs, track.time, top) for top in tops.T])  # (strategy, xs)
        return (ys[:, None, None] > upper.T[None]).sum(axis=2)

    names = list(strategy_labels(track.model).values())
    name_regions(ax, area_at, names, lambda number, x, y: fills[number])

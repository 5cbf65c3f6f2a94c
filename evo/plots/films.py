"""Frames of a mix that moves: through a plane, or as lines over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from evo.plots.labels import darkened, label_ends, settle_ends
from evo.plots.page import INK, PictureError
from evo.plots.plane import Plane, dress_plane, plane_of
from evo.plots.runs import RUN
from evo.plots.words import strategy_labels
from evo.simulation import Path
from evo.strategies import colors

TAIL = 40  # records
Show = Callable[[int], list[Any]]


def film_of_mix(ax: Axes, path: Path, mixes: np.ndarray) -> Show:
    """What shows a record of a replicate's mixes (time, strategy)."""
    try:
        plane = plane_of(path.model)
    except PictureError:
        return _over_time(ax, path, mixes)
    return _in_plane(ax, plane, path, mixes)


def _in_plane(ax: Axes, plane: Plane, path: Path, mixes: np.ndarray) -> Show:
    """A dot with a tail; the way so far is pale."""
    dress_plane(ax, plane, path.model, inches=3.6)
    ax.set_position((0.08, 0.06, 0.84, 0.84))
    ax.set_aspect("equal")
    places = plane.at(mixes)
    [way] = ax.plot([], [], color=RUN, linewidth=0.7, alpha=0.35, gid="way")
    [tail] = ax.plot([], [], color=RUN, linewidth=1.8, solid_capstyle="round", gid="tail")
    [dot] = ax.plot([], [], "o", color=INK, markersize=6, clip_on=False, zorder=6, gid="mix")

    def show(place: int) -> list[Any]:
        way.set_data(*places[: place + 1].T)
        tail.set_data(*places[max(0, place - TAIL) : place + 1].T)
        dot.set_data(*places[place : place + 1].T)
        return [way, tail, dot]

    return show


def _over_time(ax: Axes, path: Path, mixes: np.ndarray) -> Show:
    """Shares as lines that grow, named where they end."""
    hues = list(colors(path.model.strategies).values())
    time = path.time[: len(mixes)]
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xlim=(time[0], max(time[-1], time[0] + 1e-9)), ylim=(0, 1), xlabel="generations", ylabel="share")
    lines = [ax.plot([], [], color=darkened(hue), linewidth=1.6, gid="share")[0] for hue in hues]
    names = list(strategy_labels(path.model).values())
    settle_ends(ax, label_ends(ax, mixes[-1].tolist(), names, hues))

    def show(place: int) -> list[Any]:
        for line, share in zip(lines, mixes.T, strict=True):
            line.set_data(time[: place + 1], share[: place + 1])
        return lines

    return show

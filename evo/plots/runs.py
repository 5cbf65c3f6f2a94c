"""Simulated mixes as lines in a phase portrait."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

RUN = "#7d3c66"


def draw_runs(ax: Axes, lines: Sequence[np.ndarray]) -> None:
    """A thin line for each run (n, 2), a ring where it begins and a dot where it ends."""
    for line in lines:
        ax.plot(*line.T, color=RUN, linewidth=0.8, alpha=0.75, solid_joinstyle="round", zorder=4, gid="run")
        ends = ((line[0], "white", 5.1), (line[-1], RUN, 5.2))
        for place, fill, order in ends:
            ax.plot(
                *place,
                "o",
                markersize=2.8,
                markerfacecolor=fill,
                markeredgecolor=RUN,
                markeredgewidth=0.7,
                zorder=order,
            )

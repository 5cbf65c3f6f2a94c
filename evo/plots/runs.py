"""Simulated mixes as lines in a phase portrait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from evo.model import Model
from evo.plots.page import PictureError
from evo.plots.streamlines import flow_handle
from evo.simulation import Path

RUN = "#7d3c66"
MOST = 12


def shown_runs(model: Model, runs: Path | None) -> list[np.ndarray]:
    """The mixes of the first replicates, (time, strategy) each."""
    if runs is not None and runs.model.strategy_names != model.strategy_names:
        raise PictureError("the runs have other strategies than the model")
    return [] if runs is None else list(runs.mix[:MOST])


def note_of(runs: Path) -> str:
    """How many replicates there are, and how to read them."""
    shown = f"{MOST} of {len(runs.mix)} replicates. " if len(runs.mix) > MOST else ""
    return f"{shown}Simulated: from the ring to the dot."


def course_legend(*, runs: bool, flows: bool) -> tuple[list[Any], list[str]]:
    """Handles and labels of simulated lines and of the flow, where there are any."""
    told = [(Line2D([], [], color=RUN, linewidth=0.8), "simulated")] if runs else []
    told += [(flow_handle(), "flow, slow to fast")] if flows else []
    return [handle for handle, _ in told], [words for _, words in told]


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

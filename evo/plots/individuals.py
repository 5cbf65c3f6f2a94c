"""What individuals do over time: a panel for each thing that is recorded, a line for each point."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.organisations.study import StudyResult
from evo.plots.page import PAGE, PictureError, add_legend, add_note, blank_page, close_page, derived_from, settings
from evo.plots.panels import columns_for
from evo.strategies import PALETTE

KEYS = ("point", "replicate", "time")
MOST = 8  # lines that colours tell apart


def over_time(result: StudyResult) -> Figure:
    """Means over replicates of every recorded number, with a band of one standard deviation where there are several."""
    told = [column for column in result.paths.columns if column not in KEYS]
    there = result.paths["point"].unique().tolist()
    if not told or not there:
        raise PictureError("nothing was recorded")
    points = there[:MOST]
    columns = columns_for(len(told))
    rows = -(-len(told) // columns)
    model, asked = result.study.model, result.study.asked.run
    with settings():
        page = blank_page(
            derived_from(model, title=model.title, seed=asked.seed), width=PAGE, height=0.75 * rows * PAGE / columns
        )
        grid = page.body.subplots(rows, columns, sharex=True, squeeze=False)
        axes = list(grid.flat)
        for place, point in enumerate(points):
            mean, sd = _moments(result.paths, point)
            for ax, column in zip(axes, told, strict=False):
                (line,) = ax.plot(mean.index, mean[column], color=PALETTE[place], linewidth=1.0)
                line.set_gid(f"{column}: {point}")
                if asked.replicates > 1:
                    low, high = mean[column] - sd[column], mean[column] + sd[column]
                    ax.fill_between(mean.index, low, high, color=PALETTE[place], alpha=0.2, linewidth=0)
        for ax, column in zip(axes, told, strict=False):
            ax.set_title(column.replace("_", " "))
            ax.spines[["top", "right"]].set_visible(False)
        for ax in axes[len(told) :]:
            ax.remove()
        for ax in axes[max(0, len(told) - columns) : len(told)]:
            ax.set_xlabel("generations")
            ax.tick_params(labelbottom=True)
        if len(points) > 1:
            handles = [Line2D([], [], color=PALETTE[place], linewidth=1.0) for place in range(len(points))]
            add_legend(page, handles, [_words(result, point) for point in points])
        if asked.replicates > 1:
            add_note(page, f"Mean over {asked.replicates} replicates; bands: one standard deviation.")
        if len(there) > MOST:
            add_note(page, f"The first {MOST} of {len(there)} points.")
        return close_page(page, axes[: len(told)], aspect=0.62)


def _moments(paths: Any, point: int) -> tuple[Any, Any]:
    """Means and standard deviations over replicates, a row per time."""
    by_time = paths[paths["point"] == point].drop(columns=["point", "replicate"]).groupby("time")
    return by_time.mean(), by_time.std()


def _words(result: StudyResult, point: int) -> str:
    """What varies at a point, in words."""
    points: Any = result.points
    row = points.set_index("point").loc[point].drop("part")
    said = [f"{path.split('.')[-1]} {value}" for path, value in row.items() if not _missing(value)]
    return ", ".join(said) or f"point {point}"


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and bool(np.isnan(value)))

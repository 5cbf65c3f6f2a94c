"""Snapshots of a square lattice."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evo.experiment import Experiment
from evo.kernels.adjacency import Lattice
from evo.plots.nodes import pixels
from evo.plots.page import GREY, PAGE, Page, PictureError, add_legend, add_note, close_page, open_page, settings, wrap
from evo.plots.panels import LETTERS, told_once
from evo.plots.replays import Replay, replays_of
from evo.plots.words import SPACE, number, settings_words, strategy_labels
from evo.results import Result
from evo.simulation import Path
from evo.strategies import colors

ROWS = 4  # points that are shown where nobody chose
PARTS = (0, 0.02, 0.1, 1)  # of the run, where nobody chose times
UNITS = 10**6  # in which times are told apart, to a generation
MOST_COLUMNS = 8


def lattice(
    source: Result | Path,
    *,
    part: str | None = None,
    points: Sequence[int] | None = None,
    times: Sequence[float] = (),
    replicate: int = 0,
) -> Figure:
    """Who plays what on a square lattice at these times, in generations; a row of snapshots for each point of the sweep.

    A pixel is a node. Of a result one replicate is run again; of a path (`simulate(..., nodes=True)`) the records nearest to
    the times are shown. Times after the end are left out.
    """
    if len(times) > MOST_COLUMNS:
        raise PictureError(f"{len(times)} times are too many panels in a row: choose up to {MOST_COLUMNS} of them")
    if isinstance(source, Path) and not 0 <= replicate < len(source.mix):
        raise PictureError(f"there is no replicate {replicate}: the path has {len(source.mix)}")

    def every(experiment: Experiment) -> float:
        wanted = [round(time * UNITS) for time in _times(times, experiment.run.generations)]
        return float(Fraction(gcd(*wanted) or round(experiment.run.generations * UNITS), UNITS))

    replays, note = replays_of(source, part, points, most=ROWS, every=every, first=replicate)
    row = replicate if isinstance(source, Path) else 0
    grids = [_lattice_of(replay, row) for replay in replays]
    shown = [_records(replay, row, times) for replay in replays]
    columns = max(len(each) for each in shown)
    aspect = grids[0].rows / grids[0].columns
    with settings():
        wide = min(PAGE, 1.9 * columns + 0.4)
        page = open_page(source, width=wide, height=len(replays) * wide / columns * aspect)
        grid = page.body.subplots(len(replays), columns, squeeze=False)
        said = told_once(page, [replay.settings for replay in replays], replays[0].path.model)
        for place, (replay, here, at) in enumerate(zip(replays, grids, shown, strict=True)):
            for column, ax in enumerate(grid[place]):
                if column >= len(at):
                    ax.remove()
                    continue
                _draw(ax, replay, row, here, at[column])
            words = settings_words(said[place], replay.path.model)
            grid[place, 0].set_ylabel(wrap(words, inches=0.9 * wide / columns * aspect, size=7), fontsize=7)
        axes = [ax for ax in grid.flat if ax.figure is not None]
        if len(axes) > 1:
            for letter, ax in zip(LETTERS, axes, strict=False):
                ax.set_title(f"$\\bf{{{letter}}}$  {ax.get_title('left')}")
        _legend(page, replays[0])
        add_note(page, note)
        return close_page(page, axes, aspect=aspect)


def _times(times: Sequence[float], generations: float) -> list[float]:
    """The times that are shown of a run of this length."""
    chosen = times or [round(share * generations) if share * generations >= 1 else 0 for share in PARTS]
    return sorted({time for time in (*chosen, *([] if times else [generations])) if time <= generations})


def _records(replay: Replay, row: int, times: Sequence[float]) -> list[int]:
    """The records nearest to the times, of those before the end."""
    time = replay.path.time[: replay.path.records[row]]
    wanted = _times(times, float(replay.path.time[-1]))
    return sorted({int(np.abs(time - each).argmin()) for each in wanted if each <= time[-1] + 1e-9} or {len(time) - 1})


def _lattice_of(replay: Replay, row: int) -> Lattice:
    found = replay.graph(row).lattice
    if found is None:
        raise PictureError("shows square lattices; the picture `network` shows other graphs")
    return found


def _draw(ax: Axes, replay: Replay, row: int, lattice: Lattice, record: int) -> None:
    model = replay.path.model
    image = pixels(replay.states(row)[record], lattice, list(colors(model.strategies).values()))
    ax.imshow(image, interpolation="none" if max(image.shape) <= 400 else "auto", aspect="auto", gid="lattice")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set(color=GREY, linewidth=0.4)
    ax.set_title(f"generation{SPACE}{number(float(replay.path.time[record]))}")
    share = float(replay.path.mix[row, record, 0])
    percent = f"{100 * share:.1f}".removesuffix(".0")
    ax.set_xlabel(f"{percent}{SPACE}% {next(iter(strategy_labels(model).values()))}", fontsize=7)


def _legend(page: Page, replay: Replay) -> None:
    own = colors(replay.path.model.strategies)
    handles = [Patch(facecolor=color, edgecolor=GREY, linewidth=0.4) for color in own.values()]
    add_legend(page, handles, list(strategy_labels(replay.path.model).values()))

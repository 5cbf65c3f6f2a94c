"""Traits over time: the distribution in the population as shades of grey, branches and all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.plots.page import COLUMN, PAGE, PictureError, add_legend, add_note, close_page, settings
from evo.plots.panels import columns_for
from evo.plots.trait_page import open_trait_page, trait_label
from evo.traits.simulation import TraitPath

LINE = "#b84a62"


def density(path: TraitPath, *, replicates: Sequence[int] = (0,), canonical: bool = False) -> Figure:
    """Distribution of each trait over time, a row of panels per trait and a panel per replicate in it.

    The darker, the more individuals (relative to the fullest bin of the time; a root, so that few can be seen, too).
    canonical: the path of the canonical equation from the same start, which holds until a population branches.
    """
    model = path.model
    for replicate in replicates:
        if not 0 <= replicate < len(path.histogram):
            raise PictureError(f"there is no replicate {replicate}: there are {len(path.histogram)}")
    columns, rows = len(replicates), len(model.traits)
    if not columns or columns > 4:
        raise PictureError("choose one to four replicates")
    expected = _expected(path) if canonical else None
    with settings():
        width = COLUMN if columns_for(columns) == 1 else PAGE
        page = open_trait_page(model, seed=path.seed, width=width, height=0.62 * rows * width / columns)
        grid = page.body.subplots(rows, columns, sharex=True, sharey="row", squeeze=False)
        for row, name in enumerate(model.traits):
            for column, replicate in enumerate(replicates):
                _draw(grid[row, column], path, replicate, row)
                if expected is not None:
                    grid[row, column].plot(path.time, expected[:, row], color=LINE, linewidth=1.1, gid="canonical")
            grid[row, 0].set_ylabel(trait_label(model, name))
        for ax in grid[-1]:
            ax.set_xlabel("generations")
        if columns > 1:
            for ax, replicate in zip(grid[0], replicates, strict=True):
                ax.set_title(f"replicate {replicate}")
        if canonical:
            add_legend(page, [Line2D([], [], color=LINE, linewidth=1.1)], ["canonical equation"])
        add_note(page, f"Shade: individuals by trait value, of {model.size}.")
        return close_page(page, list(grid.flat), aspect=0.62)


def _draw(ax: Axes, path: TraitPath, replicate: int, trait: int) -> None:
    counts = path.histogram[replicate, :, trait].T.astype(float)
    counts /= np.maximum(counts.max(axis=0, keepdims=True), 1)
    step = path.time[1] - path.time[0] if len(path.time) > 1 else 1.0
    ends = np.r_[path.time - step / 2, path.time[-1] + step / 2]
    # Rasterised, since viewers show hairlines between the cells of a vector mesh.
    mesh = ax.pcolormesh(ends, path.edges[trait], counts, cmap="Greys", norm=PowerNorm(0.4, 0, 1), rasterized=True)
    mesh.set_gid(f"density: {replicate}")
    low, high = path.model.bounds[:, trait]
    ax.set(xlim=(path.time[0], path.time[-1]), ylim=(low, high))


def _expected(path: TraitPath) -> np.ndarray:
    from evo.exact.traits.adaptive import canonical_path

    return canonical_path(path.model, path.time)

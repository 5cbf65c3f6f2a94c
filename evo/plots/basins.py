"""Basins of attraction in pictures: tints of a triangle, and of cuts through a tetrahedron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch, Polygon

from evo.plots.labels import darkened
from evo.plots.page import INK, PictureError, wrap
from evo.plots.plane import HEIGHT, TRIANGLE, blended
from evo.plots.words import strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.exact.flows.basins import Basins
    from evo.model import Model

TINT, FULLER = 0.72, 0.5  # how far towards white: below lines, and where nothing else is drawn
MOST = 8  # cuts that a picture has room for
BETWEEN = 0.2  # between cuts, in sides of the tetrahedron
NAMES = 0.16  # below and above them


@dataclass(frozen=True, eq=False)
class Basin:
    """number: of the rest point in the basins; color: full, of its mix; share: of the simplex."""

    number: int
    mix: np.ndarray
    color: tuple[float, float, float]
    tint: tuple[float, float, float]
    share: float


def shown_basins(regions: Basins | None, model: Model) -> list[Basin]:
    """The basins that a picture shows: none where all comes to one end."""
    if regions is None:
        return []
    reached = np.flatnonzero(regions.volume > 0)
    if len(reached) + (regions.elsewhere > 0) < 2:
        return []
    hues = list(colors(model.strategies).values())
    mixes = [regions.points[k].mix for k in reached]
    tint = TINT if len(hues) == 3 else FULLER
    return [
        Basin(int(k), mix, blended(mix, hues), blended(mix, hues, tint=tint), float(regions.volume[k]))
        for k, mix in zip(reached, mixes, strict=True)
    ]


def draw_basins(ax: Axes, corners: np.ndarray, shares: np.ndarray, ends: np.ndarray, shown: list[Basin]) -> None:
    """Tints of a triangle with these corners (3, 2) that divides into equal triangles, those that point up first, of which
    `shares` (n, 3) are the middles and `ends` the basins."""
    side = 1 / np.sqrt(len(shares))
    upward = np.arange(len(shares)) < len(shares) // 2 + np.sqrt(len(shares)) / 2
    own = side * (corners - corners.mean(axis=0))
    triangles = (shares @ corners)[:, None] + np.where(upward[:, None, None], own, -own)
    for basin in shown:
        ax.add_collection(
            PolyCollection(
                triangles[ends == basin.number],
                facecolors=[basin.tint],
                edgecolors=[basin.tint],
                linewidths=0.5,
                zorder=1,
                rasterized=True,
                gid="basin",
            ),
            autolim=False,
        )


def basin_legend(shown: list[Basin], labels: dict[str, str]) -> tuple[list[Patch], list[str]]:
    """Handles and labels: where to, and how much of the simplex."""
    words = [f"to {mix_label(basin.mix, labels)} ({100 * basin.share:.0f} %)" for basin in shown]
    return [Patch(facecolor=basin.tint) for basin in shown], words


def mix_label(mix: np.ndarray, labels: dict[str, str]) -> str:
    """A mix in the words of the strategies: a pure one is its strategy."""
    names = list(labels.values())
    if mix.max() > 0.995:
        return names[int(mix.argmax())]
    return " + ".join(f"{100 * share:.0f} % {name}" for share, name in zip(mix, names, strict=True) if share >= 0.005)


@dataclass(frozen=True, eq=False)
class Cut:
    """share: of the first strategy, on all of the cut; shares (n, 3): parts of the rest that the others have."""

    share: float
    shares: np.ndarray
    ends: np.ndarray


def cuts_of(regions: Basins) -> list[Cut]:
    """The cuts on which a grid of four strategies lies, that with the least of the first one first."""
    levels = np.unique(regions.starts[:, 0])
    numbers = [int((regions.starts[:, 0] == level).sum()) for level in levels[: MOST + 1]]
    if len(levels) > MOST or any(round(np.sqrt(number)) ** 2 != number for number in numbers):
        raise PictureError("basins of four strategies are drawn on cuts, those of `exact.basin_grid`")
    cuts = []
    for level in levels:
        on = regions.starts[:, 0] == level
        cuts.append(Cut(float(level), regions.starts[on][:, 1:] / (1 - level), regions.ends[on]))
    return cuts


def strip_height(cuts: list[Cut]) -> float:
    """How high the cuts are side by side, with names, in sides of the tetrahedron."""
    return HEIGHT * (1 - cuts[0].share) + 2 * NAMES


def draw_cuts(ax: Axes, model: Model, cuts: list[Cut], shown: list[Basin], *, across: float, inches: float) -> None:
    """Cuts side by side, seen from above, in axes that are `across` sides of the tetrahedron and so many inches wide; with
    names at the corners of the first."""
    width, unit = sum(1 - cut.share + BETWEEN for cut in cuts), inches / across
    left = (across - width) / 2
    ax.axis("off")
    ax.set(xlim=(0, across), ylim=(-NAMES, strip_height(cuts) - NAMES))
    ax.set_aspect("equal")
    first, *others = strategy_labels(model).values()
    for number, cut in enumerate(cuts):
        side = 1 - cut.share
        corners = side * TRIANGLE[[1, 2, 0]] + [left, 0]
        draw_basins(ax, corners, cut.shares, cut.ends, shown)
        ax.add_patch(Polygon(corners, closed=True, fill=False, edgecolor=INK, linewidth=0.9, zorder=3, gid="cut"))
        words = f"{100 * cut.share:.4g} % {first}" if number == 0 else f"{100 * cut.share:.4g} %"
        ax.text(
            corners[2, 0] + 0.06 + 0.04 * side,
            corners[2, 1],
            wrap(words, inches=0.45 * side * unit + 0.35, size=7),
            ha="left",
            va="top",
            fontsize=7,
            gid="share of a cut",
        )
        if number == 0:
            _name_corners(ax, model, others, corners, inches=side * unit)
        left += side + BETWEEN


def _name_corners(ax: Axes, model: Model, names: list[str], corners: np.ndarray, *, inches: float) -> None:
    hues = list(colors(model.strategies).values())[1:]
    sides = (("left", "top", -0.04), ("right", "top", -0.04), ("center", "bottom", 0.04))
    for name, hue, corner, (across, along, shift) in zip(names, hues, corners, sides, strict=True):
        ax.text(
            corner[0],
            corner[1] + shift,
            wrap(name, inches=0.48 * inches, size=8),
            ha=across,
            va=along,
            fontsize=8,
            color=darkened(hue),
            gid=f"corner: {name}",
        )

"""Labels that stand at what they name: at line ends, and inside regions of a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from evo.plots.letters import text_width
from evo.plots.page import wrap


def spread(targets: Sequence[float], *, gap: float, low: float, high: float) -> np.ndarray:
    """Positions nearest to the targets (least squares) in the same order, `gap` apart, from low to high if they fit."""
    wanted = np.asarray(targets, float)
    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(len(wanted))
    blocks: list[tuple[float, int]] = []  # mean and size: pool adjacent violators
    for target in wanted[order] - steps:
        mean, size = target, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    placed = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
    placed = np.clip(placed, low, max(low, high - steps[-1])) + steps
    return placed[np.argsort(order)]


def label_ends(
    ax: Axes, ends: Sequence[float], texts: Sequence[str], colors: Sequence[str], *, size: float = 7
) -> list:
    """Name the right ends of lines, at the right of the axes; `settle_ends` puts them where they do not overlap."""
    return [
        ax.annotate(
            text,
            xy=(1, end),
            xycoords=("axes fraction", "data"),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            fontsize=size,
            color=darkened(color),
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.7,
                "shrinkA": 0.5,
                "shrinkB": 1,
                "relpos": (0, 0.5),
            },
            annotation_clip=False,
        )
        for text, end, color in zip(texts, ends, colors, strict=True)
    ]


def settle_ends(ax: Axes, notes: Sequence) -> None:
    """Move labels of line ends apart, once the layout is known."""
    if not notes:
        return
    scale = 72 / ax.figure.dpi  # points per pixel
    box = ax.get_window_extent()
    at = [ax.transData.transform((0, note.xy[1]))[1] for note in notes]
    heights = [note.get_window_extent().height for note in notes]
    gap = max(note.get_fontsize() for note in notes) * 1.2 / scale
    half = max(heights) / 2
    places = spread(at, gap=gap, low=box.y0 - half, high=max(box.y1 + half, box.y0 + gap * (len(notes) - 1)))
    for note, place, target in zip(notes, places, at, strict=True):
        note.set_position((9, (place - target) * scale))


def name_regions(
    ax: Axes,
    region_at: Callable[[np.ndarray, np.ndarray], np.ndarray],
    names: Sequence[str],
    fill_at: Callable[[int, float, float], Any],
    *,
    avoid: Callable[[Raster], np.ndarray] | None = None,
) -> None:
    """Write the name of each region of the axes into it, where there is most room; regions without room stay unnamed.

    region_at(xs, ys): numbers of regions over a grid of data coordinates, (ys, xs), -1 for none; fill_at(number, x, y):
    the colour there; avoid: what of the raster is better left free.
    """
    raster = Raster(ax)
    numbers = region_at(raster.xs, raster.ys)
    taken = np.zeros(numbers.shape, bool) if avoid is None else avoid(raster)
    for number, name in enumerate(names):
        half = wrap(name, inches=0.6 * text_width(name, 7), size=7)
        for words in dict.fromkeys((name, half)):
            text = ax.text(0, 0, words, fontsize=7, ha="center", va="center", zorder=4, gid="region")
            extent = text.get_window_extent()
            size = int(extent.height / raster.pixel) + 3, int(extent.width / raster.pixel) + 4
            place = _roomiest(numbers == number, taken, size)
            if place is not None:
                x, y = raster.xs[place[1]], raster.ys[place[0]]
                fill = fill_at(number, x, y)
                text.set(position=(x, y), color=ink_on(fill), path_effects=[withStroke(linewidth=2, foreground=fill)])
                break
            text.remove()


class Raster:
    """The axes as a grid of points, 1.5 pt apart: their data coordinates, and where something drawn lies on it."""

    def __init__(self, ax: Axes) -> None:
        self.ax, self.pixel = ax, ax.figure.dpi * 1.5 / 72
        self.box = ax.get_window_extent()
        wide, high = max(2, int(self.box.width / self.pixel)), max(2, int(self.box.height / self.pixel))
        along = np.column_stack([self.box.x0 + (np.arange(wide) + 0.5) * self.pixel, np.full(wide, self.box.y0)])
        up = np.column_stack([np.full(high, self.box.x0), self.box.y0 + (np.arange(high) + 0.5) * self.pixel])
        back = ax.transData.inverted()
        self.xs, self.ys = back.transform(along)[:, 0], back.transform(up)[:, 1]

    def under(self, path: Outline) -> np.ndarray:
        """The places that a path in data coordinates runs through, (ys, xs)."""
        hit = np.zeros((len(self.ys), len(self.xs)), bool)
        for piece in path.to_polygons(closed_only=False):
            at = (self.ax.transData.transform(piece) - (self.box.x0, self.box.y0)) / self.pixel
            along = np.linspace(0, len(at) - 1, 2 + int(np.abs(np.diff(at, axis=0)).sum()))
            x, y = (np.interp(along, np.arange(len(at)), at[:, axis]).astype(int) for axis in (0, 1))
            inside = (x >= 0) & (x < len(self.xs)) & (y >= 0) & (y < len(self.ys))
            hit[y[inside], x[inside]] = True
        return hit


def _roomiest(region: np.ndarray, taken: np.ndarray, size: tuple[int, int]) -> tuple[int, int] | None:
    """The middle of the roomiest place for a box of this size (rows, columns) in a region, clear of what is taken."""
    from scipy import ndimage

    for mask in (region & ~taken, region):
        padded = np.pad(mask, 1)
        fits = ndimage.binary_erosion(padded, np.ones((size[0] | 1, size[1] | 1)))
        if fits.any():
            middle = np.argwhere(fits).mean(axis=0)
            away = np.hypot(*(np.indices(fits.shape) - middle[:, None, None]))
            depth = np.asarray(ndimage.distance_transform_edt(padded)) - 1e-3 * away
            row, column = np.unravel_index(np.argmax(np.where(fits, depth, -np.inf)), depth.shape)
            return int(row) - 1, int(column) - 1
    return None


def ink_on(color: Any) -> str:
    """Black or white, whichever reads better on a colour."""
    return "white" if _luminance(color) < 0.28 else "#1a1a1a"


def darkened(color: str) -> tuple[float, float, float]:
    """A colour dark enough for text on white, in its own hue."""
    rgb = np.array(to_rgb(color))
    while _luminance(tuple(rgb)) > 0.25:
        rgb = rgb * 0.93
    return tuple(float(channel) for channel in rgb)  # type: ignore[return-value]


def _luminance(color: Any) -> float:
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]

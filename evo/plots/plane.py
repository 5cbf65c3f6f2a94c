"""The spaces in which mixes are drawn: the triangle of three strategies, the square of two roles with two each, the
tetrahedron of four."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Polygon

from evo.model import Model
from evo.plots.labels import darkened
from evo.plots.page import INK, Page, PictureError, wrap
from evo.plots.words import plain, strategy_labels
from evo.strategies import colors, roles

HEIGHT = np.sqrt(3) / 2
TRIANGLE = np.array([[0.5, HEIGHT], [0.0, 0.0], [1.0, 0.0]])  # corners of the strategies, in order
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
TETRAHEDRON = np.array(
    [[0.5, np.sqrt(3) / 6, np.sqrt(2 / 3)], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, HEIGHT, 0.0]]
)  # the first strategy at the top
HEAD = 7.0  # points


@dataclass(frozen=True, eq=False)
class Plane:
    """Mixes as points: at = mix @ forth, mix = (x, y, 1) @ back; outline (k, 2)."""

    forth: np.ndarray
    back: np.ndarray
    outline: np.ndarray

    @property
    def height(self) -> float:
        return float(self.outline[:, 1].max())

    @property
    def triangular(self) -> bool:
        return len(self.outline) == 3

    def at(self, mixes: np.ndarray) -> np.ndarray:
        """Points of mixes, (..., 2)."""
        return np.asarray(mixes) @ self.forth

    def mixes(self, places: np.ndarray) -> np.ndarray:
        """Mixes at points, (..., d); not clipped."""
        places = np.asarray(places)
        return np.concatenate([places, np.ones((*places.shape[:-1], 1))], axis=-1) @ self.back


@dataclass(frozen=True, eq=False)
class Solid:
    """Mixes of four strategies as points of a tetrahedron: at = mix @ forth, mix = (x, y, z, 1) @ back."""

    forth: np.ndarray
    back: np.ndarray

    def at(self, mixes: np.ndarray) -> np.ndarray:
        """Points of mixes, (..., 3)."""
        return np.asarray(mixes) @ self.forth

    def mixes(self, places: np.ndarray) -> np.ndarray:
        """Mixes at points, (..., 4); not clipped."""
        places = np.asarray(places)
        return np.concatenate([places, np.ones((*places.shape[:-1], 1))], axis=-1) @ self.back


def solid() -> Solid:
    """The tetrahedron."""
    return Solid(TETRAHEDRON, np.linalg.inv(np.column_stack([TETRAHEDRON, np.ones(4)])))


def plane_of(model: Model) -> Plane:
    """The plane of a model's mixes; PictureError where they fill none."""
    number = len(model.strategies)
    by_role = [len(names) for names in roles(model.strategies).values()]
    if by_role == [2, 2]:
        forth = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
        back = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0], [0.0, 1.0, 0.0, 1.0]])
        return Plane(forth, back, SQUARE)
    if number == 3 and not by_role:
        return Plane(TRIANGLE, np.linalg.inv(np.column_stack([TRIANGLE, np.ones(3)])), TRIANGLE)
    raise PictureError(
        f"mixes of {number} strategies{' in two roles' if by_role else ''} are no plane: a triangle needs three strategies, "
        "a square two roles of two"
    )


def open_plane(page: Page, plane: Plane, model: Model) -> Axes:
    """Axes with the outline of the plane, and the names of the strategies at its corners or along its sides."""
    ax = page.panel()
    dress_plane(ax, plane, model, inches=page.width)
    return ax


def dress_plane(ax: Axes, plane: Plane, model: Model, *, inches: float) -> None:
    """The outline of a plane and its names, in axes that are so wide."""
    ax.set(xlim=(0, 1), ylim=(0, plane.height))
    names = strategy_labels(model)
    if not plane.triangular:
        first, second = (
            [plain(role.replace("_", " ")), names[members[0]]] for role, members in roles(model.strategies).items()
        )
        ax.set_xlabel(wrap(f"share of {first[1]} ({first[0]})", inches=0.8 * inches, size=8))
        ax.set_ylabel(wrap(f"share of {second[1]} ({second[0]})", inches=0.8 * inches, size=8))
        return
    ax.axis("off")
    ax.add_patch(Polygon(plane.outline, closed=True, fill=False, edgecolor=INK, linewidth=0.9, clip_on=False, zorder=3))
    hues = colors(model.strategies)
    sides = (("center", "bottom", 0.035), ("left", "top", -0.035), ("right", "top", -0.035))
    rooms = (0.9, 0.44, 0.44)
    for name, corner, (across, along, shift), room in zip(names, plane.outline, sides, rooms, strict=True):
        ax.text(
            corner[0],
            corner[1] + shift,
            wrap(names[name], inches=room * inches, size=8),
            ha=across,
            va=along,
            fontsize=8,
            color=darkened(hues[name]),
            clip_on=False,
            gid=f"corner: {name}",
        )


def draw_arrow(ax: Axes, places: np.ndarray, **options: Any) -> None:
    """A head on the way from the first of two points to the second."""
    ax.add_patch(
        FancyArrowPatch(
            tuple(places[0]),
            tuple(places[1]),
            arrowstyle="-|>,head_length=0.45,head_width=0.22",
            mutation_scale=HEAD,
            shrinkA=0,
            shrinkB=0,
            linewidth=0,
            **options,
        )
    )


def blended(mix: np.ndarray, hues: Sequence[str], *, tint: float = 0.0) -> tuple[float, float, float]:
    """The colour of a mix: of its strategies' colours by their shares; tint: how far towards white."""
    from matplotlib.colors import to_rgb

    shares = np.asarray(mix) / np.sum(mix)
    color = shares @ np.array([to_rgb(hue) for hue in hues])
    red, green, blue = (1 - tint) * color + tint
    return float(red), float(green), float(blue)

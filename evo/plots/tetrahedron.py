"""The tetrahedron of four strategies, drawn as two projections: from the side and from above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from evo.plots.basins import Basin, Cut, draw_cuts, strip_height
from evo.plots.labels import darkened
from evo.plots.page import INK, Page, wrap
from evo.plots.plane import Solid, solid
from evo.plots.restmarks import rest_mark
from evo.plots.runs import draw_runs
from evo.plots.streamlines import SHADES, draw_flow, shades_of, streamlines
from evo.plots.words import strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

    from evo.exact.flows.basins import Basins
    from evo.exact.flows.fields import Field
    from evo.exact.flows.rest_points import RestPoints
    from evo.model import Model

VIEWS = {"from the side": (17.0, 13.0), "from above": (90.0, 0.0)}  # elevation and turn, in degrees
CELLS = 10
ACROSS, UP = (-0.62, 0.62), (-0.46, 0.7)  # what a panel shows, in sides of the tetrahedron from its middle
CUT_SCALE = 0.72  # of cuts, to that of the tetrahedron
ASPECT = (UP[1] - UP[0]) / (ACROSS[1] - ACROSS[0])
View = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def draw_tetrahedron(
    page: Page,
    model: Model,
    field: Field,
    found: RestPoints,
    runs: Sequence[np.ndarray],
    regions: Basins | None,
    cuts: list[Cut],
    shown: list[Basin],
) -> tuple[list[Axes], bool]:
    """Both views on a page, with the flow, rest points and simulated mixes; whether anything flows. Where there are basins
    lines have their colours, and below stand cuts."""
    space = solid()
    lines = streamlines(space, field.velocity, cells=CELLS)
    shades = _shades(space, field, lines, regions, shown) if regions is not None and shown else []
    if cuts:
        places = page.body.add_gridspec(2, 2, height_ratios=[UP[1] - UP[0], CUT_SCALE * strip_height(cuts)])
        axes = [page.body.add_subplot(places[0, k]) for k in (0, 1)]
        below = page.body.add_subplot(places[1, :])
        across = 2 * (ACROSS[1] - ACROSS[0]) / CUT_SCALE
        draw_cuts(below, model, cuts, shown, across=across, inches=0.95 * page.width)
    else:
        axes = list(page.body.subplots(1, 2))
    for ax, (title, (elevation, turn)) in zip(axes, VIEWS.items(), strict=True):
        view = view_of(space, elevation, turn)
        ax.axis("off")
        ax.set(xlim=ACROSS, ylim=UP)
        ax.set_aspect("equal")
        ax.set_title(title, loc="center", fontsize=8)
        _draw_edges(ax, space, view)
        for cut in cuts if elevation < 90 else ():
            _draw_outline(ax, space, view, cut)
        flows = draw_flow(ax, space, lines, field.velocity, view, shades)
        draw_runs(ax, [view(space.at(mix))[0] for mix in runs])
        _draw_points(ax, space, view, found)
        _name_corners(ax, space, view, model, inches=page.width / 2)
    return axes, flows


def _shades(
    space: Solid, field: Field, lines: Sequence[np.ndarray], regions: Basins, shown: list[Basin]
) -> list[Colormap]:
    """Of each line, by where its middle goes."""
    from evo.exact.flows.basins import ends_of

    middles = np.clip(space.mixes(np.array([line[len(line) // 2] for line in lines])), 0, 1)
    hues = {basin.number: shades_of(basin.color) for basin in shown}
    return [hues.get(int(end), SHADES) for end in ends_of(field, middles, regions.points)]


def view_of(space: Solid, elevation: float, turn: float) -> View:
    """Parallel projection: of points (n, 3) their places (n, 2) on the page, and how near they are, 0 to 1."""
    up, around = np.radians(elevation), np.radians(turn)
    turned = np.array([[np.cos(around), -np.sin(around), 0], [np.sin(around), np.cos(around), 0], [0, 0, 1]])
    raised = np.array([[1, 0, 0], [0, np.sin(up), np.cos(up)], [0, -np.cos(up), np.sin(up)]])
    middle, way = space.forth.mean(axis=0), raised @ turned
    depth = (space.forth - middle) @ way[2]

    def view(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen = (points - middle) @ way.T
        return seen[..., :2], np.clip((seen[..., 2] - depth.min()) / np.ptp(depth), 0, 1)

    return view


def hidden(places: np.ndarray, depth: np.ndarray, first: int, second: int) -> bool:
    """Whether the edge between two corners runs behind the face, or the edge, that the other two corners help to span."""
    middle, far = places[[first, second]].mean(axis=0), depth[[first, second]].mean()
    for face in combinations(range(4), 3):
        if {first, second} <= set(face):
            continue
        spanned = np.vstack([places[list(face)].T, np.ones(3)])
        if abs(np.linalg.det(spanned)) < 1e-9:
            continue
        weights = np.linalg.solve(spanned, np.array([*middle, 1.0]))
        if weights.min() > 1e-6 and weights @ depth[list(face)] > far + 1e-9:
            return True
    return False


def _draw_edges(ax: Axes, space: Solid, view: View) -> None:
    places, depth = view(space.forth)
    for first, second in combinations(range(4), 2):
        behind = hidden(places, depth, first, second)
        ax.plot(
            *places[[first, second]].T,
            color=INK,
            linewidth=0.5 if behind else 0.9,
            dashes=(3, 2) if behind else (1, 0),
            zorder=1 if behind else 3,
            gid="edge, hidden" if behind else "edge",
        )


def _draw_outline(ax: Axes, space: Solid, view: View, cut: Cut) -> None:
    """Where a cut lies."""
    corners = np.insert((1 - cut.share) * np.eye(3), 0, cut.share, axis=1)
    ax.add_patch(
        Polygon(view(space.at(corners))[0], fill=False, edgecolor="#b4b4b4", linewidth=0.5, zorder=1, gid="cut")
    )


def _draw_points(ax: Axes, space: Solid, view: View, found: RestPoints) -> None:
    for continuum in found.continua:
        corners, _ = view(space.at(continuum.vertices))
        for ends in combinations(range(len(corners)), 2):
            ax.plot(*corners[list(ends)].T, color=INK, linewidth=2.2, solid_capstyle="butt", zorder=5, gid="continuum")
    isolated = [point for point in found.points if point.isolated]
    if not isolated:
        return
    places, near = view(space.at(np.array([point.mix for point in isolated])))
    for k in np.argsort(near, kind="stable"):
        kind = isolated[k].stability
        mark = rest_mark(kind, size=4.2 + 1.8 * float(near[k]))
        ax.plot(*places[k], linestyle="", clip_on=False, zorder=6 + float(near[k]), gid=f"rest: {kind}", **mark)


def _name_corners(ax: Axes, space: Solid, view: View, model: Model, *, inches: float) -> None:
    """Names outside the corners; of one in the middle, beside it."""
    hues, names = colors(model.strategies), strategy_labels(model)
    places, _ = view(space.forth)
    for name, place in zip(names, places, strict=True):
        x, y = place
        inside = np.hypot(x, y) < 0.25
        middle = abs(x) < 0.2 and not inside
        ax.text(
            x + (0.05 if inside else 0),
            y + (0.05 if inside or y > 0 else -0.04),
            wrap(names[name], inches=(0.25 if inside else 0.8 if middle else 0.42) * inches, size=8),
            ha="left" if inside else "center" if middle else "left" if x < 0 else "right",
            va="bottom" if inside or y > 0 else "top",
            fontsize=8,
            color=darkened(hues[name]),
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8} if inside else None,
            zorder=8,
            gid=f"corner: {name}",
        )

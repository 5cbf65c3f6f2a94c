"""Phase portrait: the flow between three strategies, or between two roles of two, with rest points and basins."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patches import Polygon as Area

from evo.plots.model_page import Source, model_of, open_model_page
from evo.plots.page import COLUMN, INK, Page, add_legend, add_note, close_page, settings
from evo.plots.plane import Plane, blended, draw_arrow, open_plane, plane_of
from evo.plots.restmarks import rest_legend, rest_mark
from evo.plots.streamlines import STEP, streamlines
from evo.plots.words import strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.exact.flows.basins import Basins
    from evo.exact.flows.fields import Field
    from evo.exact.flows.rest_points import RestPoints
    from evo.exact.flows.separatrices import Separatrices
    from evo.exact.payoff.infinite import Values

FLOW = "#8c8c8c"
TINT = 0.72
FAR = 0.5  # length from which a line has two heads


def simplex(
    source: Source,
    *,
    points: RestPoints | None = None,
    regions: Basins | None = None,
    curves: Separatrices | None = None,
    environment: Values = None,
) -> Figure:
    """Streamlines of the flow with rest points by stability; regions: basins (`basin_grid`) as tints; curves: separatrices.

    simplex(model, regions=basin_grid(model), curves=separatrices(model))

    Rest points are found unless they are given. PictureError unless mixes fill a plane: three strategies in one role, or
    two roles of two. Raises as `rest_points` does.
    """
    from evo.exact.flows.fields import field_of
    from evo.exact.flows.rest_points import rest_points_of

    model = model_of(source)
    plane, field = plane_of(model), field_of(model, environment=environment)
    found = points or rest_points_of(field, model.strategy_names, number=400, seed=0, pieces=20_000)
    with settings():
        page = open_model_page(source, width=COLUMN, height=COLUMN * plane.height)
        ax = open_plane(page, plane, model)
        tints = _draw_basins(ax, plane, regions, list(colors(model.strategies).values())) if regions else []
        _draw_flow(ax, plane, field)
        if field.keeps_faces:
            _draw_sides(ax, plane, field, found)
        if curves is not None:
            for curve in curves.curves:
                ax.plot(*plane.at(curve.curve).T, color=INK, linewidth=1.3, dashes=(3, 1.5), gid="separatrix", zorder=4)
        _draw_points(ax, plane, found)
        _add_legends(page, found, curves, tints, strategy_labels(model))
        add_note(page, _note(field, found))
        return close_page(page, [ax], aspect=plane.height)


def _draw_flow(ax: Axes, plane: Plane, field: Field) -> None:
    """Streamlines with heads in their middle, the long ones with two."""
    lines = streamlines(plane, field.velocity)
    ax.add_collection(LineCollection(lines, colors=FLOW, linewidths=0.6, zorder=2, gid="flow"), autolim=False)
    for line in lines:
        parts = (0.3, 0.75) if STEP * len(line) > FAR else (0.55,)
        for part in parts:
            middle = int(part * (len(line) - 2))
            draw_arrow(ax, line[[middle, middle + 1]], color=FLOW, zorder=2)


def _draw_sides(ax: Axes, plane: Plane, field: Field, found: RestPoints) -> None:
    """Heads along the boundary, one between each two rest points."""
    rest = plane.at(np.array([point.mix for point in found.points]).reshape(-1, field.strategies))
    for start, end in zip(plane.outline, np.roll(plane.outline, -1, axis=0), strict=True):
        side = end - start
        across, along = (rest - start) @ np.array([-side[1], side[0]]), (rest - start) @ side
        stops = np.sort(along[(np.abs(across) < 1e-9) & (along > 1e-9) & (along < 1 - 1e-9)])
        for low, high in pairwise([0.0, *stops, 1.0]):
            middle = start + 0.5 * (low + high) * side
            moved = field.velocity(plane.mixes(middle)) @ plane.forth @ side
            if abs(moved) > 1e-12 and high - low > 0.1:
                step = 0.01 * np.sign(moved) * side
                draw_arrow(ax, np.array([middle - step, middle + step]), color=INK, zorder=5)


def _draw_points(ax: Axes, plane: Plane, found: RestPoints) -> None:
    for continuum in found.continua:
        corners = plane.at(continuum.vertices)
        if continuum.dimension == 1:
            ax.plot(
                *corners.T, color=INK, linewidth=2.6, solid_capstyle="butt", zorder=5, clip_on=False, gid="continuum"
            )
        else:
            middle = corners.mean(axis=0)
            order = np.argsort(np.arctan2(*(corners - middle).T))
            ax.add_patch(
                Area(
                    corners[order],
                    facecolor="none",
                    edgecolor=INK,
                    hatch="....",
                    linewidth=1,
                    zorder=3,
                    gid="continuum",
                )
            )
    for point in found.points:
        if point.isolated:
            place = plane.at(point.mix)
            ax.plot(
                *place,
                linestyle="",
                clip_on=False,
                zorder=6,
                gid=f"rest: {point.stability}",
                **rest_mark(point.stability),
            )


def _draw_basins(ax: Axes, plane: Plane, regions: Basins, hues: list[str]) -> list[tuple[Patch, np.ndarray, float]]:
    """Tints of the basins, as small triangles; handles with the mix they flow to and their share. None of one basin alone."""
    reached = [k for k in range(len(regions.points)) if (regions.ends == k).any()]
    whole = float((regions.ends < 0).mean())
    if len(reached) + (whole > 0) < 2:
        return []
    handles = []
    places, side = plane.at(regions.starts), 1 / np.sqrt(len(regions.starts))
    upward = np.arange(len(places)) < len(places) // 2 + np.sqrt(len(places)) / 2
    corners = side * np.array([[0.0, 2 / 3 * plane.height], [-0.5, -plane.height / 3], [0.5, -plane.height / 3]])
    triangles = places[:, None] + np.where(upward[:, None, None], corners, -corners)
    for k in reached:
        mix = regions.points[k].mix
        color = blended(mix, hues, tint=TINT)
        here = regions.ends == k
        ax.add_collection(
            PolyCollection(
                triangles[here],
                facecolors=[color],
                edgecolors=[color],
                linewidths=0.5,
                zorder=1,
                rasterized=True,
                gid="basin",
            ),
            autolim=False,
        )
        handles.append((Patch(facecolor=color), mix, float(here.mean())))
    return handles


def _add_legends(
    page: Page,
    found: RestPoints,
    curves: Separatrices | None,
    tints: list[tuple[Patch, np.ndarray, float]],
    labels: dict[str, str],
) -> None:
    handles: list[Any]
    handles, words = rest_legend(point.stability for point in found.points if point.isolated)  # type: ignore[assignment]
    if found.continua:
        handles.append(Line2D([], [], color=INK, linewidth=2.6))
        words.append("all at rest")
    if curves is not None and curves.curves:
        handles.append(Line2D([], [], color=INK, linewidth=1.3, dashes=(3, 1.5)))
        words.append("separatrix")
    add_legend(page, handles, words)
    if tints:
        names = [f"to {mix_label(mix, labels)} ({100 * share:.0f} %)" for _, mix, share in tints]
        add_legend(page, [patch for patch, _, _ in tints], names)


def mix_label(mix: np.ndarray, labels: dict[str, str]) -> str:
    """A mix in the words of the strategies: a pure one is its strategy."""
    names = list(labels.values())
    if mix.max() > 0.995:
        return names[int(mix.argmax())]
    return " + ".join(f"{100 * share:.0f} % {name}" for share, name in zip(mix, names, strict=True) if share >= 0.005)


def _note(field: Field, found: RestPoints) -> str:
    said = "" if found.complete else "There may be more rest points than these."
    return f"{said} Arrows: direction of a generation's step.".strip() if field.generational else said

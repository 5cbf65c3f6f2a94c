"""Phase portrait: the flow between three or four strategies, or two roles of two, with rest points, basins and paths."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon as Area

from evo.plots.basins import Basin, basin_legend, cuts_of, draw_basins, shown_basins
from evo.plots.model_page import Source, model_of, open_model_page
from evo.plots.page import COLUMN, INK, PAGE, Page, PictureError, add_legend, add_note, close_page, settings
from evo.plots.plane import Plane, draw_arrow, open_plane, plane_of
from evo.plots.restmarks import rest_legend, rest_mark
from evo.plots.runs import course_legend, draw_runs, note_of, shown_runs
from evo.plots.streamlines import draw_flow, streamlines
from evo.plots.tetrahedron import ASPECT, draw_tetrahedron
from evo.plots.words import strategy_labels
from evo.simulation import Path
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.exact.flows.basins import Basins
    from evo.exact.flows.fields import Field
    from evo.exact.flows.rest_points import RestPoints
    from evo.exact.flows.separatrices import Separatrices
    from evo.exact.payoff.infinite import Values


def simplex(
    source: Source,
    *,
    points: RestPoints | None = None,
    regions: Basins | None = None,
    curves: Separatrices | None = None,
    runs: Path | None = None,
    environment: Values = None,
    ax: Axes | None = None,
) -> Figure:
    """Streamlines of the flow, the darker the faster, with rest points by stability; regions: basins (`basin_grid`) as tints,
    if there are several; curves: separatrices; runs: the first replicates of a simulation, of this model or of its finite
    population.

    simplex(model, regions=basin_grid(model), curves=separatrices(model))

    Four strategies make a tetrahedron, seen from the side and from above; lines then have the colours of their basins, and
    basins are drawn as cuts through it. Rest points are found unless they are given. PictureError unless there are three
    or four strategies in one role, or two roles of two, and for separatrices of four. Raises as `rest_points` does.
    """
    from evo.exact.flows.fields import field_of
    from evo.exact.flows.rest_points import rest_points_of

    model = model_of(source)
    four = len(model.strategies) == 4 and not roles(model.strategies)
    plane = None if four else plane_of(model)
    if four and curves is not None:
        raise PictureError("separatrices of four strategies are surfaces: leave them out")
    field = field_of(model, environment=environment)
    found = points or rest_points_of(field, model.strategy_names, number=400, seed=0, pieces=20_000)
    labels = strategy_labels(model)
    several, shown = shown_runs(model, runs), shown_basins(regions, model)
    with settings():
        if plane is None:
            cuts = cuts_of(regions) if regions is not None and shown else []
            page = open_model_page(source, width=PAGE, height=ASPECT * PAGE / 2, ax=ax)
            axes, flows = draw_tetrahedron(page, model, field, found, several, regions, cuts, shown)
            aspect = ASPECT
        else:
            page = open_model_page(source, width=COLUMN, height=COLUMN * plane.height, ax=ax)
            ax = open_plane(page, plane, model)
            axes, aspect = [ax], plane.height
            if regions is not None:
                draw_basins(ax, plane.outline, regions.starts, regions.ends, shown)
            flows = draw_flow(ax, plane, streamlines(plane, field.velocity), field.velocity)
            if field.keeps_faces:
                _draw_sides(ax, plane, field, found)
            for curve in curves.curves if curves is not None else ():
                ax.plot(*plane.at(curve.curve).T, color=INK, linewidth=1.3, dashes=(3, 1.5), gid="separatrix", zorder=4)
            draw_runs(ax, [plane.at(mix) for mix in several])
            _draw_points(ax, plane, found)
        _add_legends(page, found, curves, shown, labels, flows=flows, runs=bool(several))
        add_note(page, _note(field, found))
        if four and shown:
            top = next(iter(labels.values()))
            add_note(
                page,
                f"Lines have the colour of where they lead. Each cut has the same share of {top} everywhere; seen from above.",
            )
        if runs is not None:
            add_note(page, note_of(runs))
        return close_page(page, axes, aspect=aspect)


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


def _add_legends(
    page: Page,
    found: RestPoints,
    curves: Separatrices | None,
    shown: list[Basin],
    labels: dict[str, str],
    *,
    flows: bool,
    runs: bool,
) -> None:
    handles, words = rest_legend(point.stability for point in found.points if point.isolated)
    if found.continua:
        handles.append(Line2D([], [], color=INK, linewidth=2.6))
        words.append("all at rest")
    if curves is not None and curves.curves:
        handles.append(Line2D([], [], color=INK, linewidth=1.3, dashes=(3, 1.5)))
        words.append("separatrix")
    courses, called = course_legend(runs=runs, flows=flows)
    add_legend(page, [*handles, *courses], [*words, *called])
    add_legend(page, *basin_legend(shown, labels))


def _note(field: Field, found: RestPoints) -> str:
    said = "" if found.complete else "There may be more rest points than these."
    return f"{said} Arrows: direction of a generation's step.".strip() if field.generational else said

"""Phase diagram: which strategy prevails over two swept paths, how clearly, and what theory says."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import Normal, Stroke, TickedStroke

from evo._stretches import stretches
from evo.experiment import Experiment
from evo.model import Parts
from evo.plots.cells import FAILED, Axis, Cells, Dots, axes_of, cells_of, winners_of
from evo.plots.labels import Raster, name_regions
from evo.plots.page import (
    COLUMN,
    INK,
    PAGE,
    Page,
    PictureError,
    add_legend,
    add_note,
    close_page,
    label_body,
    open_page,
    settings,
    wrap,
)
from evo.plots.panels import columns_for, number_ticks, title_panels
from evo.plots.swept import Swept, choose_part
from evo.plots.theory import Pair, Question, margins, questions
from evo.plots.words import SPACE, axis_label, strategy_labels, tick_words
from evo.results import Result
from evo.strategies import colors
from evo.sweeps import Settings

PALEST = 0.3  # how much of its colour a strategy keeps at the smallest share with which it can prevail
NOBODY = {"cycle": "#5c5c5c", "none": "#d4d4d4"}
NOBODY_WORDS = {"cycle": "cycle: the lead passes on", "none": "none: a tie"}
STYLES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (7, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
LINE = 1.1  # points
HATCH = "/////"
CROSS: dict[str, Any] = {"linestyle": "", "marker": "x", "markersize": 3, "markeredgewidth": 0.6, "color": INK}


def prevail(
    result: Result,
    *,
    part: str | None = None,
    x: str | None = None,
    y: str | None = None,
    invasion: Sequence[Pair] = (),
    dominance: Sequence[Pair] = (),
    agreement: float = 0.95,
    fine: int = 31,
    ax: Axes | None = None,
) -> Figure:
    """Phase diagram over two swept paths, one panel per value of what else varies; over one path, a strip.

    Colour: the strategy that prevails in most replicates; shade: its share, mean over replicates; hatched where fewer
    than `agreement` of them agree. `invasion` and `dominance` overlay where strategy i invades all-j and where all-i
    earns more than all-j, found on `fine` by `fine` values of the axes; ticks point to where the statement holds.
    """
    swept = choose_part(result, part, lambda each: bool(each.paths) and not each.listed)
    model = result.experiment
    asked = questions(invasion, dominance, model.strategy_names)
    horizontal, vertical = axes_of(swept, x, y)
    panels = swept.panels([axis.path for axis in (horizontal, vertical) if axis.path])
    winners = winners_of(result)
    cells = [cells_of(winners, swept, points, horizontal, vertical, agreement) for _, points in panels]
    with settings():
        columns = columns_for(len(panels))
        rows = -(-len(panels) // columns)
        width = COLUMN if columns == 1 else PAGE
        page = open_page(result, width=width, height=rows * width / columns, ax=ax)
        grid = page.body.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        axes: list[Axes] = list(grid.flat)[: len(panels)]
        for spare in list(grid.flat)[len(panels) :]:
            spare.remove()
        for place, (ax, here) in enumerate(zip(axes, cells, strict=True)):
            _draw_cells(ax, here, model)
            _draw_hatch(ax, here)
            _draw_dots(ax, here, model)
            _draw_missing(ax, here)
            ax.tick_params(labelbottom=place + columns >= len(panels), labelleft=place % columns == 0)
        title_panels(page, axes, [set_here for set_here, _ in panels], model)
        _label_axes(page, axes, horizontal, vertical, model, inches=width / columns)
        _legend(page, model, cells)
        if asked:
            drawn = _draw_lines(axes, cells, [set_here for set_here, _ in panels], asked, base_of(swept), fine)
            _line_legend(page, drawn, strategy_labels(model))
        _notes(page, cells, swept, model)
        figure = close_page(page, axes, aspect=_aspect(vertical, rows, columns))
        for ax, here in zip(axes, cells, strict=True):
            _name_regions(ax, here, model)
        return figure


def shade(color: str, share: Any, strategies: int) -> tuple[float, float, float]:
    """A colour at full strength for a share of 1, pale for the smallest share that can prevail, 1/strategies."""
    kept = strength(share, strategies)
    red, green, blue = (float(1 - kept * (1 - channel)) for channel in to_rgb(color))
    return red, green, blue


def strength(share: Any, strategies: int) -> float:
    """How much of its colour a strategy keeps at this share: 1 at a share of 1 and where it is not known."""
    least = 1 / strategies
    return 1.0 if np.isnan(share) else float(PALEST + (1 - PALEST) * np.clip((share - least) / (1 - least), 0, 1))


def _draw_cells(ax: Axes, cells: Cells, model: Parts) -> None:
    own = colors(model.strategies) | NOBODY
    picture = np.ones((*cells.winner.shape, 3))
    if not (cells.dots and cells.dots.alone):
        for cell, name in np.ndenumerate(cells.winner):
            if name in own:
                share = np.nan if name in NOBODY else cells.share[cell]
                picture[cell] = shade(own[name], share, len(model.strategies))
    # Rasterised, since viewers show hairlines between the cells of a vector mesh.
    ax.pcolormesh(cells.x.edges, cells.y.edges, picture, rasterized=True, zorder=0)
    for axis, set_scale in ((cells.x, ax.set_xscale), (cells.y, ax.set_yscale)):
        if axis.logarithmic:
            set_scale("log")
    ax.set(xlim=cells.x.edges[[0, -1]], ylim=cells.y.edges[[0, -1] if cells.y.numeric else [-1, 0]])


def _draw_dots(ax: Axes, cells: Cells, model: Parts) -> None:
    """Points that lie anywhere: where they are, or, where there is no map between them, who prevails at each."""
    dots = cells.dots
    if dots is None:
        return
    if not dots.alone:
        size = 3 if len(dots.x) < 600 else 1.2 if len(dots.x) < 2000 else 0.7
        ax.scatter(dots.x, dots.y, s=size, color=INK, alpha=0.45, linewidths=0, zorder=2, gid="points", rasterized=True)
        return
    own, count = colors(model.strategies) | NOBODY, len(model.strategies)
    there = [place for place, name in enumerate(dots.winner) if name in own]
    hues = [shade(own[name], np.nan if name in NOBODY else share, count) for name, share in _pairs(dots, there)]
    ax.scatter(dots.x[there], dots.y[there], s=7, c=hues, linewidths=0.2, edgecolors=INK, zorder=2, gid="points")


def _pairs(dots: Dots, there: Sequence[int]) -> list[tuple[str, float]]:
    return [(dots.winner[place], dots.share[place]) for place in there]


def _draw_hatch(ax: Axes, cells: Cells) -> None:
    """Hatch the cells in which too few replicates agree."""
    boxes = [_box(cells, row, *run) for row, apart in enumerate(cells.apart) for run in stretches(apart)]
    if boxes:
        outline = Outline.make_compound_path(*boxes)
        ax.add_patch(
            PathPatch(outline, facecolor="none", edgecolor=INK, linewidth=0, hatch=HATCH, zorder=1, gid="disagreement")
        )


def _box(cells: Cells, row: int, first: int, stop: int) -> Outline:
    left, right, (low, high) = cells.x.edges[first], cells.x.edges[stop], cells.y.edges[row : row + 2]
    return Outline([(left, low), (right, low), (right, high), (left, high), (left, low)], closed=True)


def _draw_missing(ax: Axes, cells: Cells) -> None:
    if cells.dots is not None:
        failed = cells.dots.winner == FAILED
        if failed.any():
            ax.plot(cells.dots.x[failed], cells.dots.y[failed], **CROSS, zorder=2, gid="failed")
        return
    rows, columns = np.nonzero(cells.winner == FAILED)
    if len(rows):
        ax.plot(cells.x.at[columns], cells.y.at[rows], **CROSS, zorder=1, gid="failed")


def base_of(swept: Swept) -> Experiment:
    """The experiment that all points of a part share."""
    return swept.experiment.replace(swept.fixed) if swept.fixed else swept.experiment


def _draw_lines(
    axes: Sequence[Axes],
    cells: Sequence[Cells],
    panels: Sequence[Settings],
    asked: Sequence[Question],
    base: Experiment,
    fine: int,
) -> dict[Question, str]:
    """Draw the line of each question in each panel; where its statement holds: beside a line, everywhere or nowhere."""
    x, y = cells[0].x, cells[0].y
    if x.path is None or y.path is None or not (x.numeric and y.numeric):
        raise PictureError("lines of invasion and dominance need two numeric paths, on x and y")
    xs, ys = refined(x, fine), refined(y, fine)
    known: dict[str, np.ndarray] = {}
    found: dict[Question, set[str]] = {question: set() for question in asked}
    for ax, set_here in zip(axes, panels, strict=True):
        matters = {path: value for path, value in set_here.items() if not path.startswith("run.")}
        if repr(matters) not in known:
            at = base.replace(matters) if matters else base
            known[repr(matters)] = margins(asked, at, x.path, y.path, xs, ys)
        for question, margin, style in zip(asked, known[repr(matters)], itertools.cycle(STYLES), strict=False):
            where = held(margin)
            found[question].add(where)
            if where == "line":
                _contour(ax, xs, ys, margin, question, style)
    return {question: "line" if "line" in where else " or ".join(sorted(where)) for question, where in found.items()}


def held(margin: np.ndarray) -> str:
    """Where a statement holds: beside a line, everywhere or nowhere."""
    if np.nanmin(margin) < 0 < np.nanmax(margin):
        return "line"
    return "everywhere" if np.nanmin(margin) >= 0 else "nowhere"


def refined(axis: Axis, fine: int) -> np.ndarray:
    """So many values along an axis, as it is shown."""
    first, last = axis.at[0], axis.at[-1]
    return np.geomspace(first, last, fine) if axis.logarithmic else np.linspace(first, last, fine)


def _contour(ax: Axes, xs: Any, ys: Any, margin: np.ndarray, question: Question, style: Any) -> None:
    lines = ax.contour(xs, ys, margin, levels=[0.0], colors=[INK], linewidths=LINE, linestyles=[style], zorder=3)
    lines.set_path_effects(_effects())
    lines.set_gid(f"{question.kind}: {', '.join(question.pair)}")


def _effects() -> list[Any]:
    return [
        Stroke(linewidth=2.6, foreground="white", alpha=0.75),
        TickedStroke(spacing=10, angle=90, length=0.32, linewidth=0.7, foreground=INK),
        Normal(),
    ]


def _label_axes(page: Page, axes: Sequence[Axes], x: Axis, y: Axis, model: Parts, *, inches: float) -> None:
    sides: tuple[tuple[Literal["x", "y"], Axis], ...] = (("x", x), ("y", y))
    for name, axis in sides:
        ticks = axes[0].xaxis if name == "x" else axes[0].yaxis
        if axis.path is None:
            ticks.set_ticks([])
            continue
        if not axis.numeric:
            room = (inches - 0.5) / len(axis.values) if name == "x" else 0.3 * inches
            words = [wrap(tick_words(axis.path, value, model), inches=room, size=7) for value in axis.values]
            ticks.set_ticks(axis.at, words)
            for ax in axes:
                ax.tick_params(axis=name, length=0)
        else:
            length = (inches - 0.5) * (1 if name == "x" else _aspect(y, 1, 1))
            number_ticks(ticks, axis.values, logarithmic=axis.logarithmic, inches=length)
        if axis.path != "run.start":
            label_body(page, axis_label(axis.path, model), name)


def _legend(page: Page, model: Parts, cells: Sequence[Cells]) -> None:
    called, own, count = strategy_labels(model), colors(model.strategies), len(model.strategies)
    seen = {name for each in cells for name in each.winner.flat}
    entries: list[tuple[Any, str]] = []
    for name in model.strategies:
        if name in seen:
            shades = [shade(own[name], share, count) for share in np.linspace(1 / count, 1, 4)]
            entries.append((tuple(Patch(facecolor=color, linewidth=0) for color in shades), called[name]))
    entries += [
        (Patch(facecolor=grey, linewidth=0), NOBODY_WORDS[name]) for name, grey in NOBODY.items() if name in seen
    ]
    if any(each.apart.any() for each in cells):
        entries.append((Patch(facecolor="white", edgecolor=INK, hatch=HATCH, linewidth=0.4), "replicates disagree"))
    if FAILED in seen:
        entries.append((Line2D([], [], **CROSS), "failed"))
    title = "prevailing strategy"
    if any(np.isfinite(each.share).any() for each in cells):
        title += f" (shade: its share, {100 / count:.3g} to 100{SPACE}%)"
    add_legend(page, [handle for handle, _ in entries], [words for _, words in entries], title=title)


def _line_legend(page: Page, drawn: Mapping[Question, str], called: Mapping[str, str]) -> None:
    styles = dict(zip(drawn, itertools.cycle(STYLES), strict=False))
    lines = [question for question, where in drawn.items() if where == "line"]
    handles = [
        Line2D([], [], color=INK, linewidth=LINE, linestyle=styles[question], path_effects=_effects()[1:])
        for question in lines
    ]
    add_legend(
        page,
        handles,
        [question.words(called) for question in lines],
        title="theory, infinite population (ticks: the side on which it holds)",
    )
    for question, where in drawn.items():
        if where != "line":
            add_note(page, f"Theory: {question.words(called)} {where} here.")


def _notes(page: Page, cells: Sequence[Cells], swept: Swept, model: Parts) -> None:
    if any(each.apart.any() for each in cells):
        add_note(page, f"Hatched: fewer than {100 * cells[0].agreed:g}{SPACE}% of the replicates have the same winner.")
    axes = [axis.path for axis in (cells[0].x, cells[0].y) if axis.path]
    along = [axis_label(path, model) for path in swept.paths if path not in axes and swept.follows(path, axes)]
    add_note(page, f"Varies along with the axes: {', '.join(along)}." if along else "")
    dots = [each.dots for each in cells if each.dots is not None]
    if not dots:
        return
    number = sum(len(each.x) for each in dots)
    besides = [axis_label(path, model) for path in swept.paths if path not in axes and path in swept.spread]
    if besides:
        add_note(page, f"{number:,} points, which differ in {', '.join(besides)} too.")
    else:
        add_note(page, f"{number:,} points (dots); in between, the colour is that of the nearest.")


def _aspect(y: Axis, rows: int, columns: int) -> float:
    """Height over width of a panel: maps nearly square, rows of categories as high as their words need."""
    most = 0.8 if columns == 1 or rows > 1 else 0.95
    return most if y.numeric else min(most, 0.14 * len(y.values))


def _name_regions(ax: Axes, cells: Cells, model: Parts) -> None:
    """Write each winner's name into its largest region; lines and hatches are left free if possible."""
    own, count = colors(model.strategies) | NOBODY, len(model.strategies)
    called = strategy_labels(model) | {name: name for name in NOBODY}
    if cells.dots is not None and cells.dots.alone:
        return
    numbers = np.vectorize(lambda name: cells.present.index(name) if name in cells.present else -1)(cells.winner)

    def winner_at(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        return numbers[np.ix_(cells.y.cell(ys), cells.x.cell(xs))]

    def shade_at(number: int, x: float, y: float) -> Any:
        name, cell = cells.present[number], (cells.y.cell(y), cells.x.cell(x))
        return shade(own[name], np.nan if name in NOBODY else cells.share[cell], count)

    def avoid(raster: Raster) -> np.ndarray:
        rows, columns = cells.y.cell(raster.ys), cells.x.cell(raster.xs)
        taken = cells.apart[np.ix_(rows, columns)]
        for collection in ax.collections:
            if str(collection.get_gid() or "").startswith(("invasion", "dominance")):
                for path in collection.get_paths():
                    taken |= raster.under(path)
        return taken

    name_regions(ax, winner_at, [called[name] for name in cells.present], shade_at, avoid=avoid)

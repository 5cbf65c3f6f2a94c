"""The phase diagram of one part of a sweep: who prevails where, with lines of theory, axes, legend and notes."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from evo.experiment import Experiment
from evo.pictures import Prevail
from evo.plots.cells import FAILED, Axis, Cells, axes_of, cells_of, winners_of
from evo.plots.page import PictureError
from evo.plots.prevail import base_of, held, refined
from evo.plots.swept import Swept
from evo.plots.theory import Question, margins, questions
from evo.report.look import Kind
from evo.report.maps import Frame, dotted, each_cell, hatch, names
from evo.report.svg import LETTER, Scale, lines_of, polyline, stacked, tag, text_at, together
from evo.report.text import axis_words, counted, listed, percent, place_words, tick
from evo.report.tips import Tips
from evo.results import Result
from evo.strategies import roles
from evo.sweeps import Settings

WIDTH, HEIGHT = 380, 330
MOST_CELLS = 10_000  # of all panels
AGREEMENT = 0.95
FINE = 31
DASHES = (None, "7 3", "2 2.5", "9 3 2 3", "4 2 1 2 1 2")


@dataclass(frozen=True)
class Phases:
    """The diagram as markup, its lines of theory as legend entries, and what is noted below it."""

    markup: Markup
    lines: tuple[Markup, ...]
    notes: tuple[str, ...]
    shown: frozenset[str]


def asked_of(result: Result, swept: Swept) -> Prevail:
    """The phase diagram that the config asks for of this part, else the plain one."""
    asked = [each for each in result.experiment.plots if isinstance(each, Prevail)]
    return next(
        (each for each in asked if each.part == swept.part or (each.part is None and not swept.part)), Prevail()
    )


def is_map(swept: Swept, asked: Prevail, cells: int) -> bool:
    """Whether this part is best seen as a map: two axes, at least one of them numbers; few enough cells to stand on a page.

    Two roles prevail in pairs, which have no colour in a map."""
    if roles(swept.experiment.strategies):
        return False
    try:
        x, y = axes_of(swept, asked.x, asked.y)
        swept.panels([axis.path for axis in (x, y) if axis.path])
    except PictureError:
        return False
    return bool(x.path and y.path) and (x.numeric or y.numeric) and cells <= MOST_CELLS


def phases(result: Result, swept: Swept, asked: Prevail, kinds: Sequence[Kind], tips: Tips) -> Phases:
    """The diagram of a part."""
    model = result.experiment
    x, y = axes_of(swept, asked.x, asked.y)
    paths = [axis.path for axis in (x, y) if axis.path]
    panels = swept.panels(paths)
    winners = winners_of(result)
    frame = _frame(x, y, model)
    all_cells = [cells_of(winners, swept, points, x, y, AGREEMENT) for _, points in panels]
    lines, legend, notes = _theory(all_cells, [place for place, _ in panels], swept, asked, frame, model, kinds)
    figures = []
    for place, ((settings, points), cells) in enumerate(zip(panels, all_cells, strict=True)):
        drawn = together(
            (dotted if cells.dots else each_cell)(cells, swept, points, frame, kinds, tips),
            hatch(cells, frame),
            lines[place],
            names(cells, frame, kinds),
            _axes(frame, model),
        )
        title = place_words(settings, model) if settings else ""
        label = f"Map of who prevails{', ' + title if title else ''}. {_shares(cells, kinds)}"
        picture = tag(
            "svg", drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label, tabindex="0", class_="map"
        )
        figures.append(tag("figure", tag("figcaption", title) if title else "", picture, class_="panel"))
    notes += _notes(all_cells, swept, model)
    present = frozenset(name for cells in all_cells for name in _winners(cells).tolist())
    return Phases(tag("div", *figures, class_="panels"), tuple(legend), tuple(notes), present)


def _winners(cells: Cells) -> np.ndarray:
    """Who prevails in each cell, or at each dot where there is no map between them."""
    return cells.dots.winner if cells.dots is not None and cells.dots.alone else cells.winner.ravel()


def _notes(all_cells: Sequence[Cells], swept: Swept, model: Experiment) -> list[str]:
    """What hatches, crosses and dots mean, and what can be done with them."""
    notes = []
    if any(each.apart.any() for each in all_cells):
        notes.append(f"Hatched: fewer than {percent(AGREEMENT)} of the replicates agree.")
    dots = [each.dots for each in all_cells if each.dots is not None]
    if any((each.winner == FAILED).any() for each in dots or all_cells):
        notes.append("Crossed: every replicate failed.")
    if not dots:
        return [*notes, _hint("cell", "go from cell to cell")]
    axes = [axis.path for axis in (all_cells[0].x, all_cells[0].y)]
    besides = [axis_words(path, model) for path in swept.paths if path not in axes and path in swept.spread]
    between = f"they differ in {listed(besides)} too" if besides else "in between, the colour is that of the nearest"
    notes.append(f"{counted(sum(len(each.x) for each in dots), 'point')}; {between}.")
    return [*notes, _hint("dot", "go to the nearest dot on that side")]


def _hint(what: str, keys: str) -> Markup:
    """What can be done on a screen, where scripts run."""
    return tag(
        "span", f"Point at a {what} for its numbers, click it to look closely; arrow keys {keys}.", class_="hint"
    )


def _frame(x: Axis, y: Axis, model: Experiment) -> Frame:
    words = [] if y.numeric or not y.path else [tick(y.path, value, model) for value in y.values]
    left = 46.0 if not words else min(150.0, 16 + LETTER * max(min(len(each), 20) for each in words))
    bottom = 46.0 if x.numeric else 58.0
    across = Scale(x.edges[0], x.edges[-1], left, WIDTH - 8, x.logarithmic)
    up = Scale(y.edges[0], y.edges[-1], HEIGHT - bottom, 20, y.logarithmic)
    if not y.numeric:
        up = Scale(y.edges[0], y.edges[-1], 20, HEIGHT - bottom)
    return Frame(x, y, across, up, left, bottom)


def _axes(frame: Frame, model: Experiment) -> Markup:
    drawn = [
        tag("rect", x=frame.left, y=20, width=WIDTH - 8 - frame.left, height=HEIGHT - frame.bottom - 20, class_="frame")
    ]
    floor = HEIGHT - frame.bottom
    if frame.x.path:
        if frame.x.numeric:
            for at, words in frame.across.ticks():
                drawn += [tag("path", d=f"M{at:.1f} {floor}v4", class_="tick"), text_at(at, floor + 17, words)]
        else:
            room = float(frame.across(1.0) - frame.across(0.0))
            for at, value in zip(frame.x.at, frame.x.values, strict=True):
                drawn.append(
                    stacked(float(frame.across(at)), floor + 15, lines_of(tick(frame.x.path, value, model), room)[:3])
                )
        drawn.append(text_at((frame.left + WIDTH - 8) / 2, HEIGHT - 8, axis_words(frame.x.path, model), class_="axis"))
    if frame.y.path:
        if frame.y.numeric:
            for at, words in frame.up.ticks():
                drawn += [
                    tag("path", d=f"M{frame.left} {at:.1f}h-4", class_="tick"),
                    text_at(frame.left - 7, at + 4, words, anchor="end"),
                ]
        else:
            for at, value in zip(frame.y.at, frame.y.values, strict=True):
                lines = lines_of(tick(frame.y.path, value, model), frame.left - 14)[:3]
                drawn.append(
                    stacked(frame.left - 7, float(frame.up(at)) + 4 - 7 * (len(lines) - 1), lines, anchor="end")
                )
        drawn.append(text_at(8, 12, axis_words(frame.y.path, model), anchor="start", class_="axis"))
    return tag("g", *drawn, aria_hidden="true", class_="axes")


def _theory(
    cells: Sequence[Cells],
    places: Sequence[Settings],
    swept: Swept,
    asked: Prevail,
    frame: Frame,
    model: Experiment,
    kinds: Sequence[Kind],
) -> tuple[list[Markup], list[Markup], list[str]]:
    """Lines in each panel, entries of the legend, notes on statements that hold everywhere or nowhere."""
    asked_of_theory = questions(asked.invasion, asked.dominance, model.strategy_names)
    empty = [Markup("")] * len(cells)
    if not asked_of_theory or not (frame.x.numeric and frame.y.numeric and frame.x.path and frame.y.path):
        return empty, [], []
    xs, ys = refined(frame.x, FINE), refined(frame.y, FINE)
    known: dict[str, np.ndarray] = {}
    drawn: list[list[Markup]] = []
    where: dict[Question, set[str]] = {question: set() for question in asked_of_theory}
    for settings in places:
        matters = {path: value for path, value in settings.items() if not path.startswith("run.")}
        if repr(matters) not in known:
            base = base_of(swept)
            at = base.replace(matters) if matters else base
            try:
                known[repr(matters)] = margins(asked_of_theory, at, frame.x.path, frame.y.path, xs, ys)
            except PictureError as error:
                return empty, [], [f"Lines of theory: {error}."]
        here = []
        for question, margin, dash in zip(asked_of_theory, known[repr(matters)], itertools.cycle(DASHES), strict=False):
            where[question].add(held(margin))
            if held(margin) == "line":
                here.append(_line(frame, xs, ys, margin, dash))
        drawn.append(here)
    labels = {kind.name: kind.label for kind in kinds}
    legend, notes = [], []
    for question, dash in zip(asked_of_theory, itertools.cycle(DASHES), strict=False):
        words = question.words(labels)
        if "line" in where[question]:
            sample = tag(
                "svg",
                tag("path", d="M1 6H29", class_="theory", stroke_dasharray=dash),
                viewBox="0 0 30 12",
                class_="sample",
                aria_hidden="true",
            )
            legend.append(tag("li", sample, " ", words))
        else:
            notes.append(f"Theory: {words} {' or '.join(sorted(where[question]))} here.")
    return [tag("g", *each, class_="lines") for each in drawn], legend, notes


def _line(frame: Frame, xs: np.ndarray, ys: np.ndarray, margin: np.ndarray, dash: str | None) -> Markup:
    """Where a margin is 0, with ticks on the side on which it is positive."""
    from contourpy import contour_generator

    px, py = frame.across(xs), frame.up(ys)
    found: Any = contour_generator(px, py, margin, quad_as_tri=False).lines(0.0)
    drawn = []
    for line in found:
        d = polyline(line[:, 0], line[:, 1])
        ticks = _ticks(line, px, py, margin)
        drawn += [tag("path", d=d, class_="halo"), tag("path", d=d, class_="theory", stroke_dasharray=dash)]
        drawn.append(tag("path", d=ticks, class_="theory thin"))
    return together(*drawn)


def _ticks(
    line: np.ndarray, px: np.ndarray, py: np.ndarray, margin: np.ndarray, spacing: float = 16.0, long: float = 5.0
) -> str:
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.r_[0.0, np.cumsum(steps)]
    words = []
    for at in np.arange(spacing / 2, along[-1], spacing):
        k = min(int(np.searchsorted(along, at, side="right")) - 1, len(steps) - 1)
        if steps[k] == 0:
            continue
        spot = line[k] + (line[k + 1] - line[k]) * (at - along[k]) / steps[k]
        normal = np.array([line[k, 1] - line[k + 1, 1], line[k + 1, 0] - line[k, 0]]) / steps[k]
        sides = [_margin_at(spot + sign * 3 * normal, px, py, margin) for sign in (1, -1)]
        end = spot + (normal if sides[0] >= sides[1] else -normal) * long
        words.append(f"M{spot[0]:.1f} {spot[1]:.1f}L{end[0]:.1f} {end[1]:.1f}")
    return "".join(words)


def _margin_at(spot: np.ndarray, px: np.ndarray, py: np.ndarray, margin: np.ndarray) -> float:
    """Bilinear; beyond the edge as on it."""
    column = np.interp(spot[0], px, np.arange(len(px)))
    order = np.argsort(py)
    row = np.interp(spot[1], py[order], np.arange(len(py))[order])
    c, r = min(int(column), len(px) - 2), min(int(row), len(py) - 2)
    u, v = column - c, row - r
    corner = margin[r : r + 2, c : c + 2]
    return float((corner * np.outer([1 - v, v], [1 - u, u])).sum())


def _shares(cells: Cells, kinds: Sequence[Kind]) -> str:
    """In how many cells each prevails, or at how many dots where there is no map between them."""
    labels: Mapping[str, str] = {kind.name: kind.label for kind in kinds}
    winners = _winners(cells).tolist()
    counts = Counter(name for name in winners if name in labels)
    told = ", ".join(f"{labels[name]} {percent(count / len(winners))}" for name, count in counts.most_common())
    return f"{told} of the {'dots' if cells.dots is not None and cells.dots.alone else 'cells'}."

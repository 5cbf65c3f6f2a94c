"""What stands in a map: a cell for each point of a grid, or, where points lie anywhere, dots on the ground of the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from evo._stretches import stretches
from evo.plots.cells import FAILED, Axis, Cells
from evo.plots.prevail import strength
from evo.plots.swept import Swept
from evo.report.look import Kind
from evo.report.svg import LETTER, Scale, lines_of, stacked, tag
from evo.report.tips import Tips

GROUND = 0.6  # opacity of what lies between dots
SIZES = ((600, 3.4), (2_000, 2.4), (10**9, 1.6))  # radius of dots, in px, up to so many of them
CROSSED = 4.0  # radius of a dot in which a cross can be seen


@dataclass(frozen=True)
class Frame:
    """The axes of a map, their scales to px, and where the frame begins and ends."""

    x: Axis
    y: Axis
    across: Scale
    up: Scale
    left: float
    bottom: float


def each_cell(
    cells: Cells, swept: Swept, points: Sequence[int], frame: Frame, kinds: Sequence[Kind], tips: Tips
) -> Markup:
    """A rectangle for each point of a grid."""
    numbers = {kind.name: place for place, kind in enumerate(kinds)}
    xs, ys = frame.across(cells.x.edges), frame.up(cells.y.edges)
    drawn = []
    for point in points:
        row, column = (axis.place(swept.value(point, axis.path)) if axis.path else 0 for axis in (cells.y, cells.x))
        low, high = sorted((ys[row], ys[row + 1]))
        box = {
            "x": float(xs[column]),
            "y": float(low),
            "width": float(xs[column + 1] - xs[column]),
            "height": float(high - low),
        }
        look = _look(cells.winner[row, column], cells.share[row, column], numbers, swept)
        own = {"data_p": str(point), "data_x": str(column), "data_y": str(row)}
        drawn.append(tag("rect", tag("title", tips.of(point)), **box, **look, **own))
    return tag("g", *drawn, class_="cells")


def dotted(
    cells: Cells, swept: Swept, points: Sequence[int], frame: Frame, kinds: Sequence[Kind], tips: Tips
) -> Markup:
    """A dot for each point, where it is; below them, unless points differ in more than the axes, the colour of the nearest."""
    dots = cells.dots
    assert dots is not None
    numbers = {kind.name: place for place, kind in enumerate(kinds)}
    radius = next(radius for most, radius in SIZES if len(points) <= most)
    drawn = []
    at = zip(points, frame.across(dots.x), frame.up(dots.y), dots.winner, dots.share, strict=True)
    for point, x, y, winner, share in at:
        look = _look(winner, share, numbers, swept)
        size = max(radius, CROSSED) if winner == FAILED else radius
        words = tag("title", tips.of(point))
        drawn.append(tag("circle", words, cx=float(x), cy=float(y), r=size, **look, data_p=str(point)))
    ground = "" if dots.alone else _ground(cells, frame, numbers)
    return Markup("").join([ground, tag("g", *drawn, class_="cells")])


def _look(winner: str, share: float, numbers: dict[str, int], swept: Swept) -> dict[str, object]:
    """Class and strength of the colour of who prevails at a point."""
    if winner == FAILED:
        return {"class_": "failed"}
    strategies = swept.experiment.strategies
    opacity = strength(share if winner in strategies else np.nan, len(strategies))
    return {"class_": f"k{numbers[winner]}", "fill_opacity": float(opacity)}


def _ground(cells: Cells, frame: Frame, numbers: dict[str, int]) -> Markup:
    drawn = [
        tag("path", d=_outlines(cells.winner == name, frame), class_=f"k{numbers[name]}", fill_opacity=GROUND)
        for name in cells.present
    ]
    return tag("g", *drawn, class_="ground")


def hatch(cells: Cells, frame: Frame) -> Markup:
    """Where replicates disagree."""
    if not cells.apart.any():
        return Markup("")
    return tag("path", d=_outlines(cells.apart, frame), class_="hatch", fill="url(#hatch)")


def _outlines(there: np.ndarray, frame: Frame) -> str:
    """The `d` of the rectangles that cover cells."""
    xs, ys = frame.across(frame.x.edges), frame.up(frame.y.edges)
    return "".join(
        f"M{xs[left]:.1f} {ys[first]:.1f}H{xs[right]:.1f}V{ys[stop]:.1f}H{xs[left]:.1f}Z"
        for first, stop, left, right in boxes(there)
    )


def boxes(there: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Rectangles (first row, row after the last, first column, column after the last) that cover what is true: the runs of
    each row, equal ones of neighbouring rows together."""
    found: list[tuple[int, int, int, int]] = []
    under_way: dict[tuple[int, int], int] = {}
    for row, line in enumerate([*there, np.zeros(there.shape[1], bool)]):
        runs = stretches(line)
        for run in [run for run in under_way if run not in runs]:
            found.append((under_way.pop(run), row, *run))
        for run in runs:
            under_way.setdefault(run, row)
    return found


def names(cells: Cells, frame: Frame, kinds: Sequence[Kind]) -> Markup:
    """Each winner's name where its region is widest, if it fits; none where there are no regions."""
    if cells.dots is not None and cells.dots.alone:
        return Markup("")
    labels = {kind.name: (place, kind.label) for place, kind in enumerate(kinds)}
    xs, ys = frame.across(cells.x.edges), frame.up(cells.y.edges)
    drawn = []
    for name in cells.present:
        place, label = labels[name]
        row, left, right, high = _room(cells.winner == name, xs, ys)
        lines = lines_of(label, right - left)
        if max(map(len, lines)) * LETTER < right - left and 14 * len(lines) < high:
            middle = float(ys[row] + ys[row + 1]) / 2 - 7 * (len(lines) - 1) + 4
            drawn.append(stacked(float(left + right) / 2, middle, lines, class_=f"name n{place}"))
    return tag("g", *drawn, aria_hidden="true", class_="names")


def _room(there: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> tuple[int, float, float, float]:
    """The row and the run of cells in which a name has most room: width and height both count."""
    best, found = 0.0, (0, 0.0, 0.0, 0.0)
    for row in range(there.shape[0]):
        for first, stop in stretches(there[row]):
            tall = [row]
            for step in (1, -1):
                other = row + step
                while 0 <= other < there.shape[0] and there[other, first:stop].mean() > 0.8:
                    tall.append(other)
                    other += step
            wide = float(xs[stop] - xs[first])
            high = float(abs(ys[max(tall) + 1] - ys[min(tall)]))
            room = min(wide, 110) * min(high, 60) + 0.01 * wide * high
            centred = 1 - abs(row - np.mean(tall)) / max(1, len(tall))
            if room * centred > best:
                best, found = room * centred, (row, float(xs[first]), float(xs[stop]), high)
    return found

"""Final shares of one part of a sweep: lines with bands over numbers, rows of dots with bars over all else; replicates faint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from evo.plots.compare import Along, final_shares, paths_along, places_along
from evo.plots.intervals import interval_note, mean_interval
from evo.plots.page import PictureError
from evo.plots.swept import Swept, is_geometric
from evo.report.look import Kind
from evo.report.svg import Scale, band, lines_of, polyline, stacked, tag, text_at, together
from evo.report.text import axis_words, percent, place_words, unset
from evo.report.tips import Tips
from evo.results import Result

WIDTH, HEIGHT = 380, 270
LEFT, RIGHT, TOP, BOTTOM = 42, 12, 12, 44
ROW, GAP, LINE = 13, 12, 15
MOST_DOTS = 64  # replicates that are drawn one by one
MOST_PLACES = 60
MOST_PANELS = 12


@dataclass(frozen=True)
class Comparison:
    """The picture as markup, what is noted below it, and what it shows in words."""

    markup: Markup
    notes: tuple[str, ...]


def comparison(result: Result, swept: Swept, x: str | None, kinds: Sequence[Kind], tips: Tips) -> Comparison:
    """Final shares of a part; raises PictureError where there is nothing to compare or too much for a page."""
    shares = final_shares(result)
    model = result.experiment
    if not swept.paths:
        points = list(swept.points)
        along = Along([points], [""], np.zeros(1), False)
        return Comparison(tag("div", _rows(along, shares, kinds, tips, ""), class_="panels"), _notes(shares, points))
    paths = paths_along(swept, x)
    panels = swept.panels(paths)
    numeric = len(paths) == 1 and swept.numeric(paths[0]) and len(swept.values(paths[0])) > 2
    if len(panels) > MOST_PANELS or (not numeric and len(swept.points) > MOST_PLACES):
        raise PictureError(f"{len(swept.points):,} points are too many to be compared on a page")
    drawn = []
    for settings, points in panels:
        along = places_along(swept, paths, points, model, numeric=numeric)
        title = place_words(settings, model) if settings else ""
        if numeric:
            picture = _lines(along, shares, kinds, tips, axis_words(paths[0], model), swept.values(paths[0]), title)
        else:
            picture = _rows(along, shares, kinds, tips, title)
        drawn.append(tag("figure", tag("figcaption", title) if title else "", picture, class_="panel"))
    return Comparison(tag("div", *drawn, class_="panels"), _notes(shares, list(swept.points)))


def _notes(shares: dict[int, np.ndarray], points: Sequence[int]) -> tuple[str, ...]:
    most = max((len(shares[point]) for point in points if point in shares), default=0)
    if most < 2:
        return ()
    return (interval_note(most), "Faint marks: replicates.")


def _pooled(along: Along, shares: dict[int, np.ndarray]) -> list[np.ndarray]:
    """Final mixes at each place, (replicate, strategy); of no rows where all failed."""
    width = next(iter(shares.values())).shape[1] if shares else 0
    return [
        np.concatenate([np.empty((0, width)), *(shares[point] for point in points if point in shares)])
        for points in along.points
    ]


def _rows(along: Along, shares: dict[int, np.ndarray], kinds: Sequence[Kind], tips: Tips, title: str) -> Markup:
    found = _pooled(along, shares)
    across = Scale(0, 1, 10, WIDTH - 46)
    drawn, top, said = [], 6.0, []
    count = next((each.shape[1] for each in found if len(each)), 0)
    for points, words, mixes in zip(along.points, along.words, found, strict=True):
        lines = [line for text in unset(words).split("\n") for line in lines_of(text, WIDTH - 20)] if words else []
        head = LINE * len(lines)
        high = head + ROW * (count if len(mixes) else 1) + GAP / 2
        inside = [stacked(8, top + 11, lines, anchor="start", class_="place")] if lines else []
        if len(mixes):
            mean, low, high_share = mean_interval(mixes)
            inside += [
                _dot(across, top + head + ROW * (k + 0.5) + 2, k, mixes[:, k], mean[k], low[k], high_share[k])
                for k in range(count)
            ]
            said.append(
                f"{unset(words).replace(chr(10), ', ')}: "
                + ", ".join(f"{kinds[k].label} {percent(float(mean[k]))}" for k in np.argsort(-mean))
            )
        else:
            inside.append(text_at(12, top + head + ROW, "failed", anchor="start"))
        box = tag("rect", x=0, y=top - 2, width=WIDTH, height=high + 4, class_="hit", rx=4)
        drawn.append(tag("g", tag("title", tips.of(points[0])), box, *inside, class_="place-of", data_p=str(points[0])))
        top += high + GAP
    floor = top
    grid = [tag("path", d=f"M{across(at):.1f} 4V{floor - 4:.1f}", class_="grid") for at in (0, 0.25, 0.5, 0.75, 1)]
    ticks = [text_at(float(across(at)), floor + 10, percent(at)) for at in (0, 0.25, 0.5, 0.75, 1)]
    label = f"Final shares{', ' + title if title else ''}. " + "; ".join(said) + "."
    name = text_at(float(across(0.5)), floor + 27, "share at the end", class_="axis")
    axes = tag("g", *grid, *ticks, name, aria_hidden="true")
    return tag(
        "svg", axes, *drawn, viewBox=f"0 0 {WIDTH} {floor + 34:.0f}", role="img", aria_label=label, class_="rows"
    )


def _dot(across: Scale, y: float, place: int, values: np.ndarray, mean: float, low: float, high: float) -> Markup:
    rug = ""
    if 1 < len(values) <= MOST_DOTS:
        rug = tag("path", d="".join(f"M{across(value):.1f} {y - 4:.1f}v8" for value in values), class_=f"rug l{place}")
    bar = tag("path", d=f"M{across(low):.1f} {y:.1f}H{across(high):.1f}", class_=f"bar l{place}") if high > low else ""
    mark = marker(float(across(mean)), y, place, 4.2)
    words = text_at(WIDTH - 40, y + 4, percent(mean), anchor="start", class_="small")
    return together(rug, bar, mark, words)


def marker(x: float, y: float, place: int, size: float) -> Markup:
    """The mark of a strategy for readers who see no colours: four shapes, filled for the first four strategies."""
    class_ = f"mark m{place}" + ("" if place % 8 < 4 else " open")
    if place % 4 == 0:
        return tag("circle", cx=x, cy=y, r=size * 0.9, class_=class_)
    s = size
    d = {
        1: f"M{x - s * 0.8:.1f} {y - s * 0.8:.1f}h{1.6 * s:.1f}v{1.6 * s:.1f}h{-1.6 * s:.1f}Z",
        2: f"M{x:.1f} {y - s * 1.05:.1f}l{s:.1f} {1.9 * s:.1f}h{-2 * s:.1f}Z",
        3: f"M{x:.1f} {y - 1.2 * s:.1f}l{1.1 * s:.1f} {1.2 * s:.1f}l{-1.1 * s:.1f} {1.2 * s:.1f}l{-1.1 * s:.1f} {-1.2 * s:.1f}Z",
    }[place % 4]
    return tag("path", d=d, class_=class_)


def _lines(
    along: Along,
    shares: dict[int, np.ndarray],
    kinds: Sequence[Kind],
    tips: Tips,
    axis: str,
    values: Sequence[float],
    title: str,
) -> Markup:
    found = _pooled(along, shares)
    there = np.array([len(each) > 0 for each in found])
    across = Scale(min(values), max(values), LEFT + 6, WIDTH - RIGHT - 6, is_geometric(values))
    up = Scale(0, 1, HEIGHT - BOTTOM, TOP)
    px = across(along.at)
    floor = HEIGHT - BOTTOM
    drawn, said = [_frame(across, up, axis, floor)], ""
    if there.any():
        mean, low, high = map(np.array, zip(*(mean_interval(each) for each in found if len(each)), strict=True))
        count = mean.shape[1]
        for k in range(count):
            if (high > low).any():
                drawn.append(tag("path", d=band(px[there], up(low[:, k]), up(high[:, k])), class_=f"band k{k}"))
        for k in range(count):
            if max(map(len, found)) <= MOST_DOTS and max(map(len, found)) > 1:
                dots = [
                    f"M{x:.1f} {up(value):.1f}h0" for x, mixes in zip(px, found, strict=True) for value in mixes[:, k]
                ]
                drawn.append(tag("path", d="".join(dots), class_=f"dots l{k}"))
            drawn.append(tag("path", d=polyline(px[there], up(mean[:, k])), class_=f"line l{k}"))
            every = max(1, int(there.sum()) // 12)
            drawn += [
                marker(float(x), float(y), k, 3.6)
                for x, y in list(zip(px[there], up(mean[:, k]), strict=True))[::every]
            ]
        said = "; ".join(f"{kinds[k].label} from {percent(mean[0, k])} to {percent(mean[-1, k])}" for k in range(count))
    edges = np.r_[LEFT, (px[1:] + px[:-1]) / 2, WIDTH - RIGHT] if len(px) else px
    for place, points in enumerate(along.points):
        box = tag(
            "rect", tag("title", tips.of(points[0])), x=float(edges[place]), y=TOP, width=float(edges[place + 1] - edges[place]),
            height=floor - TOP, class_="hit", data_p=str(points[0]),
        )  # fmt: skip
        drawn.append(box)
    label = f"Final shares against {axis}{', ' + title if title else ''}: {said}."
    return tag("svg", *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label, class_="lines-of")


def _frame(across: Scale, up: Scale, axis: str, floor: float) -> Markup:
    drawn = []
    for at in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = float(up(at))
        drawn.append(tag("path", d=f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", class_="grid"))
        drawn.append(text_at(LEFT - 6, y + 4, percent(at), anchor="end"))
    for x, words in across.ticks():
        drawn += [tag("path", d=f"M{x:.1f} {floor}v4", class_="tick"), text_at(x, floor + 17, words)]
    drawn.append(text_at((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, axis, class_="axis"))
    return tag("g", *drawn, aria_hidden="true", class_="axes")

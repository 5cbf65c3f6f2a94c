"""Scenes as SVG: shares over time, and beside (or below) them where selection leads. Drawn in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from evo.explorer.portrait import SHARES, Gradient, Plan
from evo.explorer.session import Course, Scene
from evo.plots.labels import spread
from evo.report.courses import jumps
from evo.report.look import LIGHT, TEXT_CONTRAST, kinds_of, seen
from evo.report.svg import Scale, band, lines_of, polyline, tag, text_at, together
from evo.report.text import axis_words, number
from evo.strategies import roles

INK, GREY, RULE, FLOW, WAY = "#262626", "#737373", "#dedede", "#9a9a9a", "#c2410c"
FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
FEW = 4  # so few replicates are drawn one by one
WIDTH, HEIGHT, GAP = 860, 390, 24
LEFT, RIGHT, TOP, BOTTOM = 46, 112, 34, 58
STRIP = 54  # height of a variable of the environment


@dataclass(frozen=True)
class Box:
    """Where a panel stands, in px."""

    x: float
    y: float
    width: float
    height: float


def picture(scenes: Sequence[Scene], titles: Sequence[str] = ()) -> Markup:
    """One scene with its portrait beside it, or several side by side, each with its portrait below."""
    several = len(scenes) > 1
    portraits = any(scene.portrait is not None for scene in scenes)
    wide = (WIDTH - GAP * (len(scenes) - 1)) / len(scenes)
    high = HEIGHT + (HEIGHT - 20 if several and portraits else 0)
    parts: list[Markup] = []
    for place, scene in enumerate(scenes):
        x = place * (wide + GAP)
        main = 0.64 * wide if portraits and not several else wide
        parts.append(_shares(scene, Box(x, 0, main, HEIGHT), titles[place] if titles else ""))
        if scene.portrait is not None:
            box = Box(x, HEIGHT, wide, HEIGHT - 20) if several else Box(x + main, 0, wide - main, HEIGHT)
            parts.append(_portrait(scene, box))
    ground = tag("rect", width=WIDTH, height=high, fill=LIGHT)
    return tag(
        "svg",
        ground,
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {high}",
        width="100%",
        style=f"max-width:{WIDTH}px;font-family:{FONT};font-size:12px",
        role="img",
        aria_label="Shares over time, and where selection leads",
    )


def _shares(scene: Scene, box: Box, title: str) -> Markup:
    strips = len(scene.experiment.environment)
    bottom = box.y + box.height - BOTTOM - STRIP * strips
    shown = scene.replicates or scene.flow
    until = float(scene.experiment.run.generations) if shown is None else float(shown.time[-1])
    across = Scale(0.0, until, box.x + LEFT, box.x + box.width - RIGHT)
    up = Scale(0.0, 1.0, bottom, box.y + TOP)
    kinds = kinds_of(scene.experiment, set())[: len(scene.experiment.strategies)]
    parts = [_frame(across, up, "share", [(float(up(s)), f"{s:g}") for s in (0, 0.25, 0.5, 0.75, 1)])]
    parts += [_ticks(across, bottom + strips * STRIP, "generations")]
    parts.append(text_at(box.x + 4, box.y + box.height - 6, _key(scene), anchor="start", fill=GREY, font_size=11))
    if title:
        parts.append(text_at(box.x + LEFT, box.y + 16, title, anchor="start", fill=INK, font_weight="bold"))
    for place, kind in enumerate(kinds):
        hue = seen(kind.color, LIGHT, 2.0)
        if scene.replicates is not None:
            parts.append(_spread(scene.replicates, scene.replicates.mix[:, :, place], across, up, hue))
        if scene.flow is not None:
            d = polyline(across(scene.flow.time), up(scene.flow.mix[0, :, place]))
            parts.append(tag("path", d=d, fill="none", stroke=hue, stroke_width=2.2, class_="flow"))
    if shown is not None:
        ends = np.nan_to_num((scene.flow or shown).mix[:, -1].mean(axis=0))
        at = spread([float(up(end)) for end in ends], gap=14, low=box.y + TOP, high=bottom)
        for kind, y, end in zip(kinds, at, ends, strict=True):
            label = lines_of(kind.label, RIGHT - 34)[0]
            words = f"{label} {100 * end:.0f} %"
            color = seen(kind.color, LIGHT, TEXT_CONTRAST)
            parts.append(text_at(across.stop + 6, float(y) + 4, words, anchor="start", fill=color, font_size=11))
        for place in range(strips):
            y = bottom + place * STRIP
            parts.append(_variable(scene, shown, place, across, Box(box.x, y, box.width, STRIP)))
    return tag("g", together(*parts), class_="shares")


def _key(scene: Scene) -> str:
    """What lines and bands are."""
    if scene.replicates is None:
        return "" if scene.experiment.model.deterministic else "line: mean field"
    count = len(scene.replicates.mix)
    bands = "thin: replicates" if count <= FEW else f"bands: middle 50 and 80 % of {count} replicates; dashed: median"
    return f"line: mean field; {bands}" if scene.flow is not None else bands


def _spread(course: Course, values: np.ndarray, across: Scale, up: Scale, hue: str) -> Markup:
    """Few replicates one by one; else bands that hold the middle 50 and 80 % of them, and their median, dashed."""
    xs = across(course.time)
    if len(values) <= FEW:
        lines = [
            tag("path", d=polyline(xs, up(each)), fill="none", stroke=hue, stroke_width=0.9, stroke_opacity=0.7)
            for each in values
        ]
        return tag("g", together(*lines), class_="replicates")
    low, lower, middle, upper, high = np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9], axis=0)
    return tag(
        "g",
        tag("path", d=band(xs, up(low), up(high)), fill=hue, fill_opacity=0.15),
        tag("path", d=band(xs, up(lower), up(upper)), fill=hue, fill_opacity=0.2),
        tag("path", d=polyline(xs, up(middle)), fill="none", stroke=hue, stroke_width=1.2, stroke_dasharray="4 3"),
        class_="replicates",
    )


def _variable(scene: Scene, shown: Course, place: int, across: Scale, box: Box) -> Markup:
    name = list(scene.experiment.environment)[place]
    law = scene.experiment.environment[name]
    values = shown.environment[:1, :, place]
    low, high = float(values.min()), float(values.max())
    pad = 0.05 * (high - low) or 0.5
    up = Scale(low - pad, high + pad, box.y + box.height - 4, box.y + 20)
    xs, ys = across(shown.time), up(values[0])
    if jumps(law):
        xs, ys = np.repeat(xs, 2)[1:], np.repeat(ys, 2)[:-1]
    line = tag("path", d=polyline(xs, ys), fill="none", stroke=INK, stroke_width=0.9)
    label = axis_words(f"parameters.{name}", scene.experiment) + (" (one replicate)" if law.random else "")
    return together(
        _frame(across, up, "", [(float(up(end)), number(end)) for end in {low, high}]),
        text_at(box.x + LEFT, box.y + 15, label, anchor="start", fill=GREY, font_size=11),
        line,
    )


def _portrait(scene: Scene, box: Box) -> Markup:
    if isinstance(scene.portrait, Gradient):
        drawn = _gradient(scene, scene.portrait, box)
    else:
        assert isinstance(scene.portrait, Plan)
        drawn = _plane(scene, scene.portrait, box)
    if not scene.experiment.interventions:
        return tag("g", drawn, class_="portrait")
    middle, below = box.x + box.width / 2, box.y + box.height - 6
    return tag(
        "g", drawn, text_at(middle, below, "without the interventions", fill=GREY, font_size=11), class_="portrait"
    )


def _gradient(scene: Scene, found: Gradient, box: Box) -> Markup:
    kind = kinds_of(scene.experiment, set())[0]
    most = float(np.abs(found.change).max()) or 1.0
    across = Scale(0.0, 1.0, box.x + 64, box.x + box.width - 14)
    up = Scale(-1.15 * most, 1.15 * most, box.y + box.height - BOTTOM, box.y + TOP)
    zero = float(up(0.0))
    parts = [
        _frame(across, up, "change per generation", up.ticks(5)),
        _ticks(across, up.start, f"share of {kind.label}"),
        tag("line", x1=across.start, x2=across.stop, y1=zero, y2=zero, stroke=GREY),
        tag(
            "path",
            d=polyline(across(SHARES), up(found.change)),
            fill="none",
            stroke=seen(kind.color, LIGHT, 2.0),
            stroke_width=2.2,
        ),
    ]
    bounds = sorted({0.0, 1.0, *(share for share, _ in found.roots)})
    for low, high in pairwise(bounds):
        sign = np.sign(np.interp(0.5 * (low + high), SHARES, found.change))
        if sign and high - low > 0.05:
            parts.append(_head(float(across(0.5 * (low + high))), zero, float(sign), 0.0, INK, 6))
    parts += [_mark(float(across(share)), zero, "stable" if stable else "unstable") for share, stable in found.roots]
    return together(*parts)


def _plane(scene: Scene, plan: Plan, box: Box) -> Markup:
    plane = plan.plane
    room = 44
    side = min(box.width - 2 * room, (box.height - 2 * room) / plane.height)
    left, top = box.x + (box.width - side) / 2, box.y + room

    def at(places: np.ndarray) -> np.ndarray:
        return np.stack([left + side * places[..., 0], top + side * (plane.height - places[..., 1])], axis=-1)

    corners = at(plane.outline)
    parts = [tag("path", d=polyline(*corners.T) + "Z", fill="none", stroke=INK)]
    for way in at(plan.ways):
        known = way[np.isfinite(way).all(axis=1)]
        if len(known) < 3:
            continue
        parts.append(tag("path", d=polyline(*known.T), fill="none", stroke=FLOW, stroke_width=0.9, class_="way"))
        (x, y), (across, down) = known[-1], known[-1] - known[-2]
        parts.append(_head(float(x), float(y), float(across), float(down), FLOW, 5))
    if scene.flow is not None:
        way = at(plane.at(scene.flow.mix[0]))
        parts.append(tag("path", d=polyline(*way.T), fill="none", stroke=WAY, stroke_width=1.3, class_="flow"))
        parts.append(tag("circle", cx=float(way[0, 0]), cy=float(way[0, 1]), r=3, fill=WAY))
    for point in scene.rest.points if scene.rest is not None else ():
        x, y = at(plane.at(point.mix))
        parts.append(_mark(float(x), float(y), point.stability))
    return together(*parts, *_names(scene, plan, corners))


def _names(scene: Scene, plan: Plan, corners: np.ndarray) -> list[Markup]:
    """Who stands at the corners of a triangle, or along the sides of a square."""
    kinds = kinds_of(scene.experiment, set())
    if plan.plane.triangular:
        spots = ((0, -12, "middle"), (0, 20, "middle"), (0, 20, "middle"))
        return [
            text_at(
                float(x) + dx,
                float(y) + dy,
                kind.label,
                anchor=anchor,
                fill=seen(kind.color, LIGHT, TEXT_CONTRAST),
                font_size=11,
            )
            for kind, (x, y), (dx, dy, anchor) in zip(kinds, corners, spots, strict=False)
        ]
    (first, (one, *_)), (second, (two, *_)) = roles(scene.experiment.strategies).items()
    called = {kind.name: kind.label for kind in kinds}
    (x0, y0), (x1, _), _, (_, y1) = corners
    turn = f"translate({x0 - 14:.1f} {(y0 + y1) / 2:.1f}) rotate(-90)"
    return [
        text_at(float(x0 + x1) / 2, float(y0) + 20, f"share of {called[one]} ({first})", fill=INK, font_size=11),
        text_at(0, 0, f"share of {called[two]} ({second})", fill=INK, font_size=11, transform=turn),
    ]


def _frame(across: Scale, up: Scale, label: str, ticks: Sequence[tuple[float, str]]) -> Markup:
    """Rules and numbers of the upright axis, with its label above."""
    parts = [tag("line", x1=across.start, x2=across.stop, y1=y, y2=y, stroke=RULE, stroke_width=0.8) for y, _ in ticks]
    parts += [text_at(across.start - 6, y + 4, words, anchor="end", fill=GREY, font_size=11) for y, words in ticks]
    if label:
        parts.append(text_at(across.start - 6, up.stop - 12, label, anchor="start", fill=GREY, font_size=11))
    return together(*parts)


def _ticks(across: Scale, y: float, label: str) -> Markup:
    """The level axis."""
    parts = [tag("line", x1=across.start, x2=across.stop, y1=y, y2=y, stroke=INK, stroke_width=0.8)]
    for x, words in across.ticks(5):
        parts.append(tag("line", x1=x, x2=x, y1=y, y2=y + 4, stroke=INK, stroke_width=0.8))
        parts.append(text_at(x, y + 16, words, fill=GREY, font_size=11))
    parts.append(text_at((across.start + across.stop) / 2, y + 32, label, fill=INK))
    return together(*parts)


def _head(x: float, y: float, across: float, down: float, color: str, size: float) -> Markup:
    """An arrow's head that ends a way in this direction."""
    long = float(np.hypot(across, down)) or 1.0
    ahead, aside = np.array([across, down]) / long, np.array([-down, across]) / long
    tip = np.array([x, y]) + 0.5 * size * ahead
    base = tip - size * ahead
    corners = np.array([tip, base + 0.45 * size * aside, base - 0.45 * size * aside])
    return tag("path", d=polyline(*corners.T) + "Z", fill=color)


def _mark(x: float, y: float, stability: str) -> Markup:
    """A rest point: filled where it is stable, a diamond where it is a saddle, open elsewhere."""
    words = tag("title", f"rest point: {stability}")
    look = {"fill": INK if stability.startswith("stable") else LIGHT, "stroke": INK, "stroke_width": 1.3}
    if stability == "saddle":
        corners = np.array([[x, y - 6], [x + 6, y], [x, y + 6], [x - 6, y]])
        return tag("path", words, d=polyline(*corners.T) + "Z", class_="rest", **look)
    return tag("circle", words, cx=x, cy=y, r=5, class_="rest", **look)

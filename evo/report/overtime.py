"""Shares over time: a panel per point, its environment below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from evo.pictures import Mix, Paths
from evo.plots.labels import spread
from evo.plots.swept import Swept
from evo.plots.words import variable_label
from evo.report.courses import Course, Courses, calendar, jumps
from evo.report.look import Kind
from evo.report.svg import LETTER, Scale, band, polyline, tag, text_at
from evo.report.text import percent, unset
from evo.report.tips import Tips
from evo.results import Result

WIDTH, SHARES, VARIABLE = 380, 230, 74
LEFT, TOP, BOTTOM = 42, 10, 40
MOST_PANELS = 6


def chosen_points(result: Result, swept: Swept, courses: Courses) -> list[int]:
    """The points that the config asks for; else all of a few, or those of many at which the lead changed last."""
    there = [point for point in swept.points if point in courses]
    asked = [point for point in _asked(result, swept) if point in there]
    if asked:
        return asked[:12]
    return there if len(there) <= MOST_PANELS + 3 else _last_to_settle(there, courses)


def chosen_how(result: Result, swept: Swept) -> str:
    """How a few of many were chosen, in words."""
    return "" if _asked(result, swept) else ", those at which the lead changed last"


def _asked(result: Result, swept: Swept) -> list[int]:
    pictures = [
        each for each in result.experiment.plots if isinstance(each, Paths | Mix) and each.part in (swept.part, None)
    ]
    return list(dict.fromkeys(point for each in pictures for point in each.points or () if point in swept.points))


def _last_to_settle(points: Sequence[int], courses: Courses) -> list[int]:
    """The points at which the lead changed last, in order."""

    def settled(point: int) -> float:
        course = courses.of(point, 41)
        winner, _ = course.lead()
        changes = np.flatnonzero(np.diff(winner))
        return float(course.time[changes[-1] + 1]) if len(changes) else 0.0

    return sorted(sorted(points, key=settled, reverse=True)[:MOST_PANELS])


def over_time(
    swept: Swept, points: Sequence[int], courses: Courses, moments: int, kinds: Sequence[Kind], tips: Tips
) -> Markup:
    """The panels."""
    drawn = []
    for point in points:
        course, place = courses.of(point, moments), tips.place(point)
        title = tag("figcaption", place[:1].upper() + place[1:]) if place else ""
        drawn.append(
            tag("figure", title, panel(swept, point, course, kinds, place), tag("p", class_="readout"), class_="panel")
        )
    return tag("div", *drawn, class_="panels")


def notes_of(course: Course) -> str:
    """What lines and bands mean."""
    if course.single:
        return "Each line is a replicate." if len(course.mix) > 1 else ""
    return f"Lines: median of {len(course.mix)} replicates; bands: the middle 50 and 80\u00a0% of them."


def panel(swept: Swept, point: int, course: Course, kinds: Sequence[Kind], place: str) -> Markup:
    """The picture of one point."""
    variables = list(swept.experiment.environment.items())
    longest = max(len(kind.label) for kind in kinds[: course.mix.shape[2]])
    direct = longest <= 14
    right = 12 + (LETTER * longest + 8 if direct else 0)
    across = Scale(course.time[0], course.time[-1], LEFT, WIDTH - right)
    up = Scale(0, 1, SHARES - BOTTOM, TOP)
    drawn = [_frame(across, up, swept)]
    shown, px = course.shown(course.mix), across(course.time)
    for k in range(course.mix.shape[2]):
        if not course.single:
            drawn.append(tag("path", d=band(px, up(shown[0, :, k]), up(shown[4, :, k])), class_=f"band k{k}"))
            drawn.append(tag("path", d=band(px, up(shown[1, :, k]), up(shown[3, :, k])), class_=f"band k{k}"))
        lines = shown[:, :, k] if course.single else shown[2:3, :, k]
        drawn += [
            tag("path", d=polyline(px, up(line)), class_=f"line l{k}" + (" thin" if len(lines) > 1 else ""))
            for line in lines
        ]
    if direct:
        drawn.append(_ends(course, up, kinds, WIDTH - right))
    for number, (name, law) in enumerate(variables):
        top = SHARES + number * VARIABLE
        drawn.append(_variable(course, number, jumps(law), across, top, unset(variable_label(name, swept.experiment))))
    label = f"Shares over time{', ' + place if place else ''}. {_said(course, kinds)}"
    return tag(
        "svg", *drawn, viewBox=f"0 0 {WIDTH} {SHARES + VARIABLE * len(variables)}", role="img", aria_label=label, class_="course",
        data_p=str(point), data_left=LEFT, data_right=float(WIDTH - right), data_top=TOP, data_floor=SHARES - BOTTOM,
        data_from=str(course.time[0]), data_to=str(course.time[-1]),
    )  # fmt: skip


def _frame(across: Scale, up: Scale, swept: Swept) -> Markup:
    drawn = []
    for at in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = float(up(at))
        drawn.append(tag("path", d=f"M{LEFT} {y:.1f}H{across.stop:.1f}", class_="grid"))
        drawn.append(text_at(LEFT - 6, y + 4, percent(at), anchor="end"))
    floor = SHARES - BOTTOM
    for x, words in across.ticks(4):
        drawn += [tag("path", d=f"M{x:.1f} {floor}v4", class_="tick"), text_at(x, floor + 17, words)]
    dates = calendar(swept)
    drawn.append(
        text_at((LEFT + across.stop) / 2, SHARES - 7, "generations" + (f" ({dates})" if dates else ""), class_="axis")
    )
    return tag("g", *drawn, aria_hidden="true", class_="axes")


def _ends(course: Course, up: Scale, kinds: Sequence[Kind], x: float) -> Markup:
    ends = []
    for k in range(course.mix.shape[2]):
        known = course.middle[:, k][np.isfinite(course.middle[:, k])]
        ends.append(float(up(known[-1])) if len(known) else up.start)
    places = spread(ends, gap=14, low=TOP + 4, high=SHARES - BOTTOM)
    names = [
        text_at(x + 6, float(at) + 4, kinds[k].label, anchor="start", class_=f"end e{k}") for k, at in enumerate(places)
    ]
    return tag("g", *names, aria_hidden="true")


def _variable(course: Course, number: int, steps: bool, across: Scale, top: float, words: str) -> Markup:
    values: Any = course.environment[:, :, number]
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    spare = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    up = Scale(low - spare, high + spare, top + VARIABLE - 10, top + 18)
    px = across(course.time)
    drawn = [text_at(LEFT, top + 11, words, anchor="start", class_="small")]
    for y, label in up.ticks(2):
        drawn += [
            tag("path", d=f"M{LEFT} {y:.1f}H{across.stop:.1f}", class_="grid"),
            text_at(LEFT - 6, y + 4, label, anchor="end", class_="small"),
        ]
    if not course.single and np.nanmax(np.ptp(values, axis=0)) > 1e-9:
        shown = course.shown(values)
        drawn.append(tag("path", d=band(px, up(shown[0]), up(shown[4])), class_="band environment"))
    for line in values if course.single else values[:1]:
        x, y = (np.repeat(px, 2)[1:], np.repeat(up(line), 2)[:-1]) if steps else (px, up(line))
        drawn.append(tag("path", d=polyline(x, y), class_="line environment"))
    return tag("g", *drawn, aria_hidden="true")


def _said(course: Course, kinds: Sequence[Kind]) -> str:
    first, last = course.middle[0], course.middle[-1]
    which = "" if len(course.mix) == 1 else "Of the first replicate: " if course.single else "Medians: "
    return (
        which
        + "; ".join(
            f"{kinds[k].label} from {percent(a)} to {percent(b)}"
            for k, (a, b) in enumerate(zip(first, last, strict=True))
        )
        + "."
    )

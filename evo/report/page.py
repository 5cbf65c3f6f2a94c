"""The page: everything on it gathered from a result, then set into the template."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from evo.loading import dump
from evo.pictures import Compare, Prices
from evo.plots.page import PictureError
from evo.plots.prevail import PALEST
from evo.plots.swept import Swept, swept_parts
from evo.report.agreement import compared
from evo.report.answers import Told, answers, groups_of
from evo.report.bias import bias_by_point, bias_of_all, done_in
from evo.report.cautions import cautions, gravest, still_moving
from evo.report.comparison import comparison, marker
from evo.report.courses import FEW, Courses, data_of, moments_for
from evo.report.decides import decides
from evo.report.facts import facts, footer, provenance, version
from evo.report.look import DARK, LIGHT, Kind, kinds_of
from evo.report.overtime import chosen_how, chosen_points, notes_of, over_time
from evo.report.phases import asked_of, is_map, phases
from evo.report.shifts import shifts
from evo.report.stills import stills
from evo.report.svg import tag
from evo.report.tables import measured, who_prevails
from evo.report.text import counted, place_words, symbols
from evo.report.tips import Tips
from evo.results import Result

MAP, ENDS, WAY = "Who prevails where", "Shares at the end", "The way there"
TOLD = 6  # sentences on a part that are not folded away
OPEN = 12  # rows of a table that is not folded away


@dataclass(frozen=True)
class Picture:
    """A picture with what stands around it."""

    title: str
    markup: Markup
    legend: Sequence[Markup] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Folded:
    """A table that may be folded away."""

    title: str
    markup: Markup
    open: bool
    note: str = ""


@dataclass
class Part:
    """One part of the sweep on the page."""

    id: str
    title: str
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Folded] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    here: str = ""
    lines: Sequence[Markup] = ()
    courses: dict[str, Any] | None = None

    @property
    def narrow(self) -> bool:
        """Whether the first picture leaves room beside it."""
        return bool(self.pictures) and self.pictures[0].markup.count("<figure") < 2

    @property
    def timed(self) -> str:
        """The picture above which the slider through time stands: the map if there is one; empty without courses."""
        if self.courses is None:
            return ""
        titles = [picture.title for picture in self.pictures]
        return MAP if MAP in titles else WAY


def page(result: Result, *, draw: bool) -> str:
    """The report of a result as one HTML page that loads nothing; `draw` pictures of graphs that are in no file yet."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_text("page.html"))
    return template.render(**_content(result, draw))


def _text(name: str) -> str:
    return files("evo.report").joinpath(name).read_text(encoding="utf-8")


def _content(result: Result, draw: bool) -> dict[str, Any]:
    experiment = result.experiment
    found = set(result.outcomes["prevailing"].dropna()) if "prevailing" in result.outcomes else set()
    kinds = kinds_of(experiment, found)
    sweeps = swept_parts(result)
    tips, courses = Tips(result, sweeps, kinds), Courses(result)
    moving = still_moving(result, courses)
    groups, biased = groups_of(result, kinds, moving), bias_by_point(result)
    told = answers(result, kinds, groups, biased, moving)
    parts = [
        _part(place, swept, result, kinds, tips, courses, groups.get(swept.part, []))
        for place, swept in enumerate(sweeps)
    ]
    images, refused = stills(result, tips, draw=draw)
    if parts:
        parts[-1].refused += refused
    warned = cautions(result, courses, tips, moving)
    script = _text("script.js")
    return {
        "title": experiment.title or "Results",
        "question": experiment.question.strip(),
        "note": experiment.note.strip(),
        "answers": [_headed(each, len(sweeps)) for each in told],
        "how": _how(result, told),
        "shifts": shifts(result),
        "bias": bias_of_all(biased.values()),
        "grave": gravest(warned),
        "cautions": warned,
        "facts": facts(result),
        "parts": parts,
        "stills": images,
        "priced": any(isinstance(picture, Prices) for picture in experiment.plots),
        "decides": decides(result),
        "compared": compared(result, kinds, tips),
        "config": dump(experiment),
        "folder": str(result.folder) if result.folder else "runs/NAME",
        "provenance": provenance(result),
        "papers": sorted(file.name for file in result.folder.glob("*.pdf")) if result.folder else [],
        "footer": footer(result),
        "version": version(result),
        "style": Markup(_text("style.css")),
        "colours": Markup(_colours(kinds)),
        "script": Markup(script),
        "script_hash": Markup(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()),
        "data": _json(kinds, len(experiment.strategies), parts),
    }


def _json(kinds: Sequence[Kind], strategies: int, parts: Sequence[Part]) -> Markup:
    """What the script reads, safe inside an element of HTML."""
    data = {
        "strategies": [kind.label for kind in kinds[:strategies]],
        "few": FEW,
        "palest": PALEST,
        "parts": {part.id: part.courses for part in parts if part.courses is not None},
    }
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _colours(kinds: Sequence[Kind]) -> str:
    light = ";".join(kind.variables(place, LIGHT) for place, kind in enumerate(kinds))
    dark = ";".join(kind.variables(place, DARK) for place, kind in enumerate(kinds))
    rules = [f":root{{{light}}}", f"@media screen and (prefers-color-scheme: dark){{:root{{{dark}}}}}"]
    for k in range(len(kinds)):
        rules.append(
            f".k{k}{{fill:var(--k{k})}}.l{k}{{stroke:var(--l{k})}}.m{k}{{fill:var(--l{k})}}.m{k}.open{{stroke:var(--l{k})}}"
        )
        rules.append(f"svg .e{k}{{fill:var(--e{k})}}.s{k}{{background:var(--k{k})}}")
    return "\n".join(rules)


def _headed(told: Told, parts: int) -> dict[str, Any]:
    title = ", ".join(filter(None, [told.part.replace("_", " ") if parts > 1 else "", told.heading]))
    return {
        "title": title[:1].upper() + title[1:],
        "part": title,
        "heading": told.heading,
        "sentences": told.sentences[:TOLD],
        "more": told.sentences[TOLD:],
    }


def _how(result: Result, told: Sequence[Told]) -> str:
    """What was counted."""
    random = {group.random for each in told for group in each.groups}
    words = [
        "To prevail is to have the largest share at the end"
        + (" (or, where a flow cycles, nobody does)." if told else ".")
    ]
    if True in random:
        wider = (
            "" if isinstance(result.experiment.run.replicates, int) else " (wider, since replicates ran until precise)"
        )
        words.append(
            f"Counted are replicates, with Wilson's 95\u00a0% intervals{wider}; where points are pooled, their chances may differ."
        )
    if False in random:
        words.append(
            "Where nothing is random points of the sweep are counted: a count says how much of what was swept, not how likely."
        )
    if result.added:
        words.append(
            f"{counted(len(result.added), 'point')} that refinement added are not counted: they gather where outcomes change."
        )
    if len(result.failures):
        words.append(f"{counted(len(result.failures), 'replicate')} that failed are left out.")
    return " ".join(words)


def _part(
    place: int,
    swept: Swept,
    result: Result,
    kinds: Sequence[Kind],
    tips: Tips,
    courses: Courses,
    groups: Sequence[Any],
) -> Part:
    model = result.experiment
    title = swept.part.replace("_", " ") or ("Results" if place == 0 else f"Part {place + 1}")
    part = Part(f"part-{place}", title[:1].upper() + title[1:])
    part.here = place_words(swept.fixed, model)
    part.lines = _lines(kinds, len(model.strategies))
    _add_ends(part, swept, result, kinds, tips)
    _add_courses(part, swept, result, kinds, tips, courses)
    if groups:
        table = who_prevails(groups, kinds, model)
        note = symbols(swept.paths, model)
        part.tables.append(
            Folded("Who prevails, in numbers", table.markup, table.rows <= OPEN, note + "." if note else "")
        )
        if (more := measured(result, swept, groups)) is not None:
            words = "Means, ± half of their 95\u00a0% interval over replicates; where nothing is random, the range over points."
            part.tables.append(Folded("What else was measured", more.markup, False, words))
    return part


def _add_ends(part: Part, swept: Swept, result: Result, kinds: Sequence[Kind], tips: Tips) -> None:
    """Who prevails where, as a map if there are two axes for it, else final shares side by side."""
    asked = asked_of(result, swept)
    try:
        if is_map(swept, asked, len(swept.points)) and ("prevailing" in result.outcomes or tips.means):
            drawn = phases(result, swept, asked, kinds, tips)
            legend = [_entry(place, kind.label) for place, kind in enumerate(kinds) if kind.name in drawn.shown]
            legend.append(tag("li", "fainter: a smaller share", class_="quiet"))
            of = "infinite population" + (", without the interventions" if done_in(swept, result) else "")
            theory = [tag("li", f"theory, {of} (ticks: the side on which it holds):", class_="quiet"), *drawn.lines]
            part.pictures.append(Picture(MAP, drawn.markup, [*legend, *(theory if drawn.lines else [])], drawn.notes))
            return
        picture = next(
            (
                each
                for each in result.experiment.plots
                if isinstance(each, Compare) and each.part == (swept.part or None)
            ),
            None,
        )
        shown = comparison(result, swept, picture.x if picture else None, kinds, tips)
        part.pictures.append(Picture(ENDS, shown.markup, part.lines, shown.notes))
    except PictureError as error:
        part.refused.append(f"{str(error)[:1].upper()}{str(error)[1:]}.")


def _add_courses(part: Part, swept: Swept, result: Result, kinds: Sequence[Kind], tips: Tips, courses: Courses) -> None:
    """The way there, where it was kept."""
    points = [point for point in swept.points if point in courses]
    if not points:
        return
    replicates = max(result.outcomes["replicate"].tolist(), default=0) + 1
    moments = moments_for(courses, len(courses.first), replicates)
    chosen = chosen_points(result, swept, courses)
    notes = [notes_of(courses.of(chosen[0], 2))] if chosen else []
    if len(chosen) < len(points):
        notes.append(f"{len(chosen)} of {len(points):,} points{chosen_how(result, swept)}.")
    drawn = over_time(swept, chosen, courses, 201, kinds, tips)
    part.pictures.append(Picture(WAY, drawn, part.lines, [note for note in notes if note]))
    if moments:
        part.courses = data_of(courses, swept, points, moments)


def _entry(place: int, label: str) -> Markup:
    return tag("li", tag("span", class_=f"swatch s{place}", aria_hidden="true"), label)


def _lines(kinds: Sequence[Kind], strategies: int) -> list[Markup]:
    """Legend of lines and marks."""
    found = []
    for place, kind in enumerate(kinds[:strategies]):
        line = tag("path", d="M1 6H29", class_=f"line l{place}")
        sample = tag(
            "svg", line, marker(15.0, 6.0, place, 3.8), viewBox="0 0 30 12", class_="sample", aria_hidden="true"
        )
        found.append(tag("li", sample, " ", kind.label))
    return found

"""The critical dose over the moment at which it comes, above the environment that the population lives through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.plots.dose_response import dose_label, target_words
from evo.plots.labels import darkened
from evo.plots.page import GREY, INK, Page, add_legend, add_note, blank_page, close_page, derived_from, settings, wrap
from evo.plots.words import number, variable_label
from evo.strategies import colors
from evo.tipping.question import Seed
from evo.tipping.results import ALREADY, FOUND, NOT_REACHED

if TYPE_CHECKING:
    from evo.tipping import Response, Windows

WIDTH = 5.0
NONE, NOTHING = "v", "x"


def windows(found: Windows) -> Figure:
    """A row for each way in which the dose may go: the critical dose at each moment, of probability one half with its 95 % interval
    where there is chance; moments that need none stand at the bottom, those at which nothing tips at the top. Below, the
    environment, or where nothing moves in it the share of the target without any."""
    experiment, target = found.experiment, found.target
    hue = darkened(colors(experiment.strategies)[target.strategies[0]])
    seed = experiment.run.seed if found.ways[0][0].curve is not None else None
    moving = [name for name, law in experiment.environment.items() if law.kind != "constant"]
    rows = len(found.ways) + max(len(moving), 1)
    with settings():
        made_by = derived_from(experiment.model, title=experiment.title, seed=seed)
        page = blank_page(made_by, width=WIDTH, height=1.5 * rows)
        axes: list[Axes] = list(page.body.subplots(rows, 1, sharex=True))
        for ax, way in zip(axes, found.ways, strict=False):
            _doses(ax, found.moments, way, hue)
            ax.set_ylabel(wrap(dose_label(way[0]), inches=1.2, size=8))
        below = axes[len(found.ways) :]
        for ax, name in zip(below, moving or [None], strict=True):
            _course(ax, found, name, hue)
        for ax in axes:
            ax.spines[["top", "right"]].set_visible(False)
        axes[-1].set_xlim(0, float(found.course.time[-1]))
        axes[-1].set_xlabel("generation")
        _explain(page, found, hue)
        return close_page(page, axes, aspect=0.3)


def _doses(ax: Axes, moments: Sequence[float], way: Sequence[Response], hue: Any) -> None:
    shown = [(moment, one.middle, one) for moment, one in zip(moments, way, strict=True)]
    found = [(m, one.value(c.amount), one.value(c.low), one.value(c.high)) for m, c, one in shown if c.outcome == FOUND]
    if found:
        at, value, low, high = np.array(found).T
        ends = np.sort(np.stack([low, high]), axis=0)
        line = np.full(len(moments), np.nan)
        line[[moments.index(m) for m in at]] = value
        ax.plot(moments, line, color=hue, linewidth=1.0, gid="critical")
        if way[0].curve is not None:
            ax.errorbar(
                at, value, yerr=np.maximum(np.abs(ends - value), 0), fmt="none", ecolor=hue, elinewidth=1.0, capsize=1.5
            )
        ax.plot(at, value, "o", color=hue, markersize=3.2, clip_on=False, zorder=3, gid="doses")
    done = way[0].question.done
    low, high = sorted((done.value(0.0), max((one.value(one.question.done.most) for one in way), key=abs)))
    top = max([*(f[3] for f in found), *(f[1] for f in found)], default=high)
    bottom = min([f[2] for f in found], default=low)
    seed = isinstance(done, Seed)
    low, high = (0.0, 1.12 * top) if seed else (min(low, bottom), max(high, top))
    room = 0.06 * (high - low)
    nothing = high if seed or done.way > 0 else low
    for outcome, mark, place in ((ALREADY, NONE, done.value(0.0)), (NOT_REACHED, NOTHING, nothing)):
        at = [m for m, crossing, _ in shown if crossing.outcome == outcome]
        if at:  # a line without points has no place, which no layout survives
            ax.plot(
                at, [place] * len(at), mark, color=GREY, markersize=4, markeredgewidth=0.9, clip_on=False, gid=outcome
            )
    ax.set_ylim(low - (0 if seed else room), high + room)


def _course(ax: Axes, found: Windows, name: str | None, hue: Any) -> None:
    course = found.course
    if name is None:
        places = found.target.places(found.experiment)
        values, color = course.mix[:, :, places].sum(axis=2), hue
        label = f"share of {target_words(found.experiment, found.target)} without any"
        ax.set_ylim(-0.03, 1.03)
    else:
        values, color = course.environment[:, :, list(course.model.environment).index(name)], INK
        label = variable_label(name, found.experiment)
    jumps = name is not None and _jumps(found.experiment.environment[name])
    style = "steps-post" if jumps else "default"
    for row in values[1:4]:
        ax.plot(course.time, row, drawstyle=style, color=GREY, linewidth=0.5, alpha=0.6, gid="another course")
    ax.plot(course.time, values[0], drawstyle=style, color=color, linewidth=1.0, gid="course")
    ax.set_ylabel(wrap(label, inches=1.2, size=8))


def _jumps(law: Any) -> bool:
    return (
        law.kind == "switching" or getattr(law, "shape", "") == "square" or getattr(law, "interpolation", "") == "held"
    )


def _explain(page: Page, found: Windows, hue: Any) -> None:
    outcomes = {one.middle.outcome for way in found.ways for one in way}
    marks = {FOUND: ({"marker": "o", "color": hue, "markersize": 3.2, "linewidth": 1.0}, "least dose that tips")}
    marks[ALREADY] = ({"marker": NONE, "color": GREY, "markersize": 4, "linestyle": ""}, "none is needed")
    marks[NOT_REACHED] = ({"marker": NOTHING, "color": GREY, "markersize": 4, "linestyle": ""}, "nothing tips")
    shown = [marks[outcome] for outcome in marks if outcome in outcomes]
    add_legend(page, [Line2D([], [], **style) for style, _ in shown], [words for _, words in shown])
    experiment, target = found.experiment, found.target
    verb = "holds" if len(target.strategies) == 1 else "together hold"
    add_note(
        page,
        f"Tips: {target_words(experiment, target)} {verb} {number(100 * target.level)} % within "
        f"{number(target.horizon or 0)} generations of the moment and for {number(target.hold or 0)} more.",
    )
    if found.ways[0][0].curve is not None:
        add_note(page, "With probability one half; bars: 95 % intervals. Below: four of the courses.")
    if found.lasts is not None:
        add_note(page, f"It lasts {number(found.lasts)} generations.")

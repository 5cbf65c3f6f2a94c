"""The critical dose as a curve: how much of an intervention it takes, over a number of the config."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from evo.plots.dose_response import dose_label, target_words
from evo.plots.labels import darkened
from evo.plots.page import (
    COLUMN,
    GREY,
    INK,
    PictureError,
    add_legend,
    add_note,
    blank_page,
    close_page,
    derived_from,
    settings,
    wrap,
)
from evo.plots.swept import Swept, is_geometric
from evo.plots.words import SPACE, axis_label, number
from evo.strategies import colors
from evo.tipping.question import Seed
from evo.tipping.results import ALREADY, FOUND, NOT_REACHED

if TYPE_CHECKING:
    from evo.tipping import Critical, Crossing, Response


def critical_curve(found: Sequence[Critical], path: str, *, ax: Axes | None = None) -> Figure:
    """The dose of each search over the value of `path` in its experiment: at least two, alike in all else.

    With chance: the dose at which half of the runs tip with its 95 % interval, in a band from 10 to 90 %. Without: the
    critical dose. Dashed: theory. Grey: no dose does that; rings at the bottom: none is needed. PictureError where `path` is no
    number in them, or the searches ask for different things.

        doses = [tipping.critical(hunt.replace({"parameters.hare": hare}), by="seed") for hare in (1, 2, 3)]
        critical_curve(doses, "parameters.hare")
    """
    along = _values(found, path)
    order = np.argsort(along, kind="stable")
    values, found = along[order], [found[k] for k in order]
    experiment, target = found[0].experiment, found[0].target
    hue = darkened(colors(experiment.strategies)[target.strategies[0]])
    chance = found[0].least.curve is not None
    with settings():
        made_by = derived_from(experiment.model, title=experiment.title, seed=experiment.run.seed if chance else None)
        page = blank_page(made_by, width=COLUMN, height=0.62 * COLUMN, ax=ax)
        ax = page.panel()
        ax.spines[["top", "right"]].set_visible(False)
        handles, words = _draw(ax, values, found, hue)
        ax.set(xlim=(values[0], values[-1]), xscale="log" if is_geometric(values.tolist()) else "linear")
        ax.set_xlabel(wrap(axis_label(path, experiment), inches=0.72 * COLUMN, size=8))
        label = target_words(experiment, target)
        ax.set_ylabel(wrap(dose_label(found[0].least), inches=1.6, size=8))
        add_legend(page, handles, words)
        add_note(
            page,
            f"Tips: {label} holds {number(100 * target.level)}{SPACE}% by generation {number(target.horizon or 0)} and for "
            f"{number(target.hold or 0)} more.",
        )
        if chance:
            add_note(page, f"Bars: 95{SPACE}% intervals. {sum(one.spent for one in found):,} runs in all.")
        return close_page(page, [ax], aspect=0.62)


def _values(found: Sequence[Critical], path: str) -> np.ndarray:
    """Where each search stands along the axis."""
    if len(found) < 2:
        raise PictureError(f"a curve needs searches at two values or more, and here are {len(found)}")
    asked = {(one.target, one.least.question.done.name, one.least.curve is None) for one in found}
    if len(asked) > 1:
        raise PictureError("the searches ask for different things: one target, and one intervention, for all")
    values = [_value(one, path) for one in found]
    if len(set(values)) < len(values):
        raise PictureError(f"{path} has the same value in two of the searches: one for each value")
    return np.array(values)


def _value(one: Critical, path: str) -> float:
    value = Swept(one.experiment, "", {}, {0: {}}).value(0, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PictureError(f"{path} is no number in the config of the searches")
    return float(value)


def _draw(ax: Axes, values: np.ndarray, found: Sequence[Critical], hue: Any) -> tuple[list[Any], list[str]]:
    ways = [one.least for one in found]
    middle = np.array([_dose(way.value, way.middle) for way in ways])
    handles: list[Any] = [Line2D([], [], color=hue, linewidth=1.3, marker="o", markersize=3)]
    words = ["half of the runs tip" if ways[0].curve is not None else "critical dose"]
    if ways[0].curve is not None:
        ends = np.array([[_end(way, each) for each in (way.crossings[0], way.crossings[-1])] for way in ways])
        ax.fill_between(values, *ends.T, color=hue, alpha=0.16, linewidth=0, gid="band")
        handles.append(Patch(facecolor=hue, alpha=0.16, linewidth=0))
        words.append(f"10 to 90{SPACE}% do")
        low, high = np.array([[way.value(way.middle.low), way.value(way.middle.high)] for way in ways]).T
        ax.vlines(values, low, high, color=hue, linewidth=0.9, zorder=3).set_gid("interval")
    ax.plot(values, middle, color=hue, linewidth=1.3, marker="o", markersize=3, zorder=4, clip_on=False, gid="dose")
    theory = np.array([_theory(one) for one in found])
    if np.isfinite(theory).any():
        style: dict[str, Any] = {"color": INK, "linewidth": 1.0, "dashes": (4, 2)}
        ax.plot(values, theory, zorder=2, gid="theory", **style)
        handles.append(Line2D([], [], **style))
        words.append("theory, without horizon")
    needless = np.array([way.middle.outcome == ALREADY for way in ways])
    if needless.any():
        ring: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4, "markerfacecolor": "white"}
        ax.plot(
            values[needless],
            [way.value(0.0) for way, none in zip(ways, needless, strict=True) if none],
            markeredgecolor=hue, clip_on=False, zorder=5, gid="none needed", **ring,
        )  # fmt: skip
        handles.append(Line2D([], [], markeredgecolor=hue, **ring))
        words.append("none is needed")
    if _shade(ax, values, np.array([way.middle.outcome == NOT_REACHED for way in ways])):
        handles.append(Patch(facecolor=GREY, alpha=0.15, linewidth=0))
        words.append("no dose does")
    shown = np.concatenate([middle, theory, [ways[0].value(0.0)]])
    low, high = np.nanmin(shown), np.nanmax(shown)
    ax.set_ylim(low, high + 0.08 * (high - low or 1.0))
    return handles, words


def _dose(value: Any, crossing: Crossing) -> float:
    """What is moved at a crossing, nan where there is none."""
    return float(value(crossing.amount)) if crossing.outcome == FOUND else np.nan


def _theory(one: Critical) -> float:
    """What theory gives as a dose, nan where it gives none: its critical share is a dose where nobody plays the target yet."""
    beside, done = one.least.beside, one.least.question.done
    if beside is None or (isinstance(done, Seed) and one.target.share(one.experiment.start_mix, one.experiment) > 0):
        return np.nan
    return beside.value


def _end(way: Response, crossing: Crossing) -> float:
    """What is moved at an edge of the band: nothing where none is needed, the most there is where that is not enough."""
    if crossing.outcome == FOUND:
        return way.value(crossing.amount)
    return way.value(0.0 if crossing.outcome == ALREADY else way.question.done.most)


def _shade(ax: Axes, values: np.ndarray, out: np.ndarray) -> bool:
    """Grey where no dose tips, up to half-way to the neighbours that do."""
    edges = np.concatenate([values[:1], [(a + b) / 2 for a, b in pairwise(values)], values[-1:]])
    for k in np.flatnonzero(out):
        ax.axvspan(edges[k], edges[k + 1], color=GREY, alpha=0.15, linewidth=0, gid=NOT_REACHED)
    return bool(out.any())

"""Levers: elasticities of the critical dose, ranked, with those that pull the wrong way marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evo.plots.letters import text_width
from evo.plots.page import (
    COLUMN,
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
from evo.plots.words import number, parameter_words, plain

if TYPE_CHECKING:
    from evo.tipping import Effect, Levers

MOST = 20
EASIER, HARDER = "#5b9279", "#b84a62"


def levers(found: Levers, *, ax: Axes | None = None) -> Figure:
    """A bar for each lever, in order of rank: per cent of the critical dose for one per cent of the number (per unit of price
    where all have prices). Perverse levers, which make the shift harder where they raise the mean payoff before it, are hatched.
    PictureError where no lever has an elasticity."""
    experiment = found.critical.experiment
    priced = all(np.isfinite(effect.price) for effect in found.effects)
    shown = [(effect, _length(found, effect, priced)) for effect in found.effects]
    shown = [(effect, length) for effect, length in shown if np.isfinite(length)][:MOST]
    if not shown:
        raise PictureError("no lever has an elasticity: the critical dose or all numbers are 0")
    labels = [wrap(_words(effect, experiment), inches=1.35, size=7) for effect, _ in shown]
    lines = [label.split("\n") for label in labels]
    height = len(shown) * max(0.17, max(0.12 * len(each) + 0.06 for each in lines))
    width = COLUMN - max(text_width(line, 7) for each in lines for line in each) - 0.2
    with settings():
        seed = None if found.response.curve is None else experiment.run.seed
        made_by = derived_from(experiment.model, title=experiment.title, seed=seed)
        page = blank_page(made_by, width=COLUMN, height=0.5 + height, ax=ax)
        ax = page.panel()
        ax.spines[["top", "right", "left"]].set_visible(False)
        for place, (effect, length) in enumerate(shown):
            hard = length * found.way > 0
            ax.barh(
                place, length, height=0.66, color=HARDER if hard else EASIER, edgecolor="white", linewidth=0,
                hatch="////" if found.perverse(effect) else None, gid=f"lever: {effect.path}",
            )  # fmt: skip
        ax.axvline(0, color=INK, linewidth=0.6)
        ax.set_yticks(range(len(shown)), labels)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        unit = "unit of price" if priced else "1 % of the number"
        ax.set_xlabel(f"critical dose,\nper {unit}" + ("" if priced else ", in %"))
        handles: list[Any] = [Patch(color=EASIER), Patch(color=HARDER)]
        words = ["more of it makes the shift easier", "harder"]
        if any(found.perverse(effect) for effect, _ in shown):
            handles.append(Patch(facecolor="#999999", hatch="////", edgecolor="white", linewidth=0))
            words.append("perverse: what raises payoffs before the shift makes it harder")
        add_legend(page, handles, words)
        done = found.response.question.done
        add_note(page, f"Critical dose: {plain(done.name)} at {number(found.dose)}.")
        return close_page(page, [ax], aspect=max(0.3, 0.09 * len(shown), height / width))


def _length(found: Levers, effect: Effect, priced: bool) -> float:
    return effect.critical / effect.price if priced else found.elasticity(effect)


def _words(effect: Effect, experiment: Any) -> str:
    name = effect.path.removeprefix("parameters.")
    known = effect.path.startswith("parameters.")
    return parameter_words(name, experiment) if known else plain(effect.path)

"""How the long run of a finite population depends on a parameter: shares, and who takes over from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.experiment import Experiment
from evo.plots.labels import darkened
from evo.plots.model_page import open_model_page
from evo.plots.page import COLUMN, GREY, INK, PAGE, PictureError, add_legend, close_page, settings, wrap
from evo.plots.words import axis_label, strategy_labels
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.analysis.over import Dependence

MOST_STATES, MOST_CONTESTS = 12, 6
LOWEST = -8.0  # power of ten of Z*rho at which the axis ends
STYLES: tuple[Any, ...] = ((), (4, 1.5), (1.2, 1.2), (6, 1.5, 1.2, 1.5))


def dependence(source: Experiment, found: Dependence) -> Figure:
    """Left: share of the time under rare mutations (solid) and mean share with the model's mutation (dashed). Right, of up
    to six contests: Z times the chance that a mutant takes over, 1 for drift. PictureError for more than 12 states."""
    if len(found.states) > MOST_STATES:
        raise PictureError(
            f"a picture has room for {MOST_STATES} states, and here are {len(found.states)}: see the table"
        )
    contests = len(found.contests) <= MOST_CONTESTS
    with settings():
        width = PAGE if contests else COLUMN
        page = open_model_page(source, width=width, height=0.62 * width / (1 + contests))
        axes: list[Axes] = list(page.body.subplots(1, 1 + contests, squeeze=False)[0])
        for ax in axes:
            ax.spines[["top", "right"]].set_visible(False)
            ax.set(
                xlim=(found.values[0], found.values[-1]),
                xlabel=wrap(axis_label(found.path, source), inches=0.38 * PAGE, size=8),
            )
        _draw_shares(axes[0], page, found, source)
        if contests:
            _draw_contests(axes[1], page, found, source)
            for letter, ax in zip("ab", axes, strict=True):
                ax.set_title(f"$\\bf{{{letter}}}$")
        return close_page(page, axes, aspect=0.62)


def _draw_shares(ax: Axes, page: Any, found: Dependence, source: Experiment) -> None:
    labels, hues = strategy_labels(source), colors(source.strategies)
    handles: list[Any] = []
    words: list[str] = []
    for place, state in enumerate(found.states):
        parts = state.split(", ")
        color = darkened(hues[parts[-1]])
        style = STYLES[place // len(hues) % len(STYLES)] if len(parts) == 1 else STYLES[place % len(STYLES)]
        ax.plot(
            found.values,
            found.rare[:, place],
            color=color,
            linewidth=1.3,
            dashes=style or (1, 0),
            gid=f"rare: {state}",
            clip_on=False,
        )
        handles.append(Line2D([], [], color=color, linewidth=1.3, dashes=style or (1, 0)))
        words.append(", ".join(labels[part] for part in parts))
    if found.mean is not None:
        for place, name in enumerate(found.strategies):
            ax.plot(
                found.values, found.mean[:, place], color=darkened(hues[name]), linewidth=1, dashes=(3, 1.8),
                gid=f"mean: {name}", clip_on=False,
            )  # fmt: skip
        handles.append(Line2D([], [], color=INK, linewidth=1, dashes=(3, 1.8)))
        words.append("mean, with mutation")
    ax.set(ylim=(0, 1), ylabel="share of the time")
    add_legend(
        page,
        handles,
        words,
        title="Rare mutations: all of one strategy" if len(found.strategies) == len(found.states) else "",
    )


def _draw_contests(ax: Axes, page: Any, found: Dependence, source: Experiment) -> None:
    labels, hues = strategy_labels(source), colors(source.strategies)
    ax.axhline(1, color=GREY, linewidth=0.6, zorder=1)
    handles, words, seen = [], [], dict[str, int]()
    low = max(LOWEST, float(found.log_relative.min()) / np.log(10))
    for place, (resident, mutant) in enumerate(found.contests):
        name = mutant.split(", ")[-1]
        style = STYLES[seen.setdefault(mutant, 0) % len(STYLES)] or (1, 0)
        seen[mutant] += 1
        relative = 10 ** np.maximum(found.log_relative[:, place] / np.log(10), LOWEST - 2)
        ax.plot(
            found.values,
            relative,
            color=darkened(hues[name]),
            linewidth=1.3,
            dashes=style,
            gid=f"contest: {mutant} among {resident}",
        )
        handles.append(Line2D([], [], color=darkened(hues[name]), linewidth=1.3, dashes=style))
        first, second = (", ".join(labels[part] for part in state.split(", ")) for state in (mutant, resident))
        words.append(f"{first} among {second}")
    ax.set(yscale="log", ylabel="Zρ of one mutant")
    ax.set_ylim(bottom=10 ** (low - 0.2))
    add_legend(page, handles, words, title="One mutant takes over")

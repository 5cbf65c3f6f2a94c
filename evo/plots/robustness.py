"""Robustness: in what share of the space each conclusion holds, and how far which parameter must move to break it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evo.plots.page import (
    GREY,
    INK,
    PAGE,
    PictureError,
    add_legend,
    add_note,
    blank_page,
    close_page,
    derived_from,
    settings,
    wrap,
)
from evo.plots.words import plain, setting_words, strategy_labels, symbol
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.robustness import Break, Finding, Study

ROW = 0.42  # inches of a conclusion
NAMED = 2  # breaks of each conclusion that are named
OTHER = "#c9c9c9"  # of nobody's own colour: a cycle, or none


def robustness(study: Study, found: Sequence[Finding]) -> Figure:
    """A row for each conclusion. Left, who prevails in which share of the space, the conclusion first, with its 95 % interval.
    Right, how far a parameter must move, as a part of its range, before another prevails, all others as in the config: a dot
    of the colour of who prevails then, the nearest named."""
    if not found:
        raise PictureError("there is no conclusion to draw")
    experiment = study.experiment
    own, called = colors(experiment.strategies), strategy_labels(experiment)
    with settings():
        height = ROW * len(found) + 0.5
        page = blank_page(
            derived_from(experiment.model, title=experiment.title, seed=experiment.run.seed), width=PAGE, height=height
        )
        axes: list[Axes] = list(page.body.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [1, 1.15]}))
        shown: dict[str, None] = {}
        for row, one in enumerate(found):
            shown |= dict.fromkeys([one.winner, *one.elsewhere])
            _share(axes[0], row, one, own)
            shown |= _breaks(axes[1], row, one, own, experiment)
        labels = [wrap(_words(one, experiment), inches=1.7, size=7) for one in found]
        axes[0].set_yticks(range(len(found)), labels)
        for ax in axes:
            ax.tick_params(axis="y", length=0)
            ax.spines[["top", "right"]].set_visible(False)
        axes[0].set(ylim=(len(found) - 0.45, -0.55), xlim=(0, 100), xlabel="share of the space,\nin %")
        axes[1].set(xlim=(0, 1), xlabel="moved alone,\nas a part of its range")
        handles = [Patch(facecolor=own.get(name, OTHER), linewidth=0) for name in shown]
        add_legend(page, handles, [f"{called.get(name, plain(name))} prevails" for name in shown])
        sizes = sorted({one.of for one in found})
        points = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        add_note(
            page,
            f"{points} points of the space for each; bars: 95 % intervals of the share in which the conclusion holds. "
            "Right: the nearest value at which it no longer does, all else as in the config; no dot: nothing breaks it alone.",
        )
        return close_page(page, axes, aspect=height / (0.4 * PAGE))


def _share(ax: Axes, row: int, one: Finding, own: Mapping[str, str]) -> None:
    left = 0.0
    for name, count in [(one.winner, one.holds), *one.elsewhere.items()]:
        width = 100 * count / one.of
        alpha = 1.0 if name == one.winner else 0.45
        ax.barh(
            row, width, left=left, height=0.56, color=own.get(name, OTHER), alpha=alpha, linewidth=0, gid=f"share: {name}"
        )  # fmt: skip
        left += width
    low, high = (100 * end for end in one.interval)
    ax.errorbar(
        100 * one.holds / one.of, row, xerr=[[100 * one.holds / one.of - low], [high - 100 * one.holds / one.of]],
        fmt="none", ecolor=INK, elinewidth=0.9, capsize=2,
    )  # fmt: skip


def _breaks(ax: Axes, row: int, one: Finding, own: Mapping[str, str], experiment: Any) -> dict[str, None]:
    """Dots where the conclusion breaks, the nearest of each parameter; who prevails there."""
    nearest: dict[str, Break] = {}
    for each in one.breaks:
        nearest.setdefault(each.axis.path, each)
    ax.axhline(row, color=GREY, linewidth=0.4, zorder=0)
    if not nearest:
        ax.annotate("no parameter alone", (0, row), xytext=(4, 3), textcoords="offset points", fontsize=6.5, color=GREY)
    for place, each in enumerate(nearest.values()):
        color = own.get(each.winner, OTHER)
        ax.plot(
            each.away,
            row,
            "o",
            color=color,
            markersize=4.5 if place == 0 else 3,
            clip_on=False,
            gid=f"break: {each.axis.path}",
        )
    first = list(nearest.values())[:NAMED]
    if first:
        told = ", ".join(_break_words(each, experiment) for each in first)
        right = first[0].away > 0.5
        ax.annotate(
            told, (first[0].away, row), xytext=(2 if right else -2, 4), textcoords="offset points", fontsize=6.5,
            ha="right" if right else "left", color=INK,
        )  # fmt: skip
    return dict.fromkeys(each.winner for each in nearest.values())


def _break_words(each: Break, experiment: Any) -> str:
    path = each.axis.path
    name = path.removeprefix("parameters.")
    called = (symbol(name) or name.replace("_", " ")) if path.startswith("parameters.") else plain(path.split(".")[-1])
    if each.axis.words:
        return f"{called}: {each.value}"
    way = "above" if each.value > each.axis.base else "below"
    return f"{called} {way} {each.last:.3g}"


def _words(one: Finding, experiment: Any) -> str:
    settings_ = {path: value for path, value in one.conclusion.settings.items() if value is not None}
    words = [plain(one.conclusion.part.replace("_", " "))] if one.conclusion.part else []
    words += [setting_words(path, value, experiment, short=True) for path, value in settings_.items()]
    return ", ".join(words) or "the config as it is"

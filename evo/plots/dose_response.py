"""Dose and response: how reaching the target depends on the amount of an intervention, with the critical doses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evo._stretches import stretches
from evo.plots.labels import darkened
from evo.plots.page import COLUMN, GREY, INK, PAGE, add_note, blank_page, close_page, derived_from, settings, wrap
from evo.plots.words import axis_label, number, strategy_labels
from evo.strategies import colors
from evo.tipping.question import Seed, Target
from evo.tipping.results import FOUND, NOT_REACHED

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.tipping import Critical, Response


def dose_response(found: Critical, *, ax: Axes | None = None) -> Figure:
    """A panel for each way in which the dose may go. With chance: the share of runs that reached the target at each dose (larger
    dots for more runs), the fitted curve with its 95 % band, and the doses at 10, 50 and 90 % with their intervals. Without:
    the time at which the target is reached, the critical dose, and where it is not reached."""
    experiment, ways = found.experiment, found.responses
    hue = darkened(colors(experiment.strategies)[found.target.strategies[0]])
    label = target_words(experiment, found.target)
    with settings():
        width = COLUMN if len(ways) == 1 else PAGE
        seed = experiment.run.seed if ways[0].curve is not None else None
        page = blank_page(
            derived_from(experiment.model, title=experiment.title, seed=seed), width=width, height=0.62 * COLUMN, ax=ax
        )
        axes: list[Axes] = list(page.body.subplots(1, len(ways), squeeze=False)[0])
        for ax, one in zip(axes, ways, strict=True):
            ax.spines[["top", "right"]].set_visible(False)
            (_chance if one.curve is not None else _certain)(ax, one, hue)
            ax.set_xlabel(wrap(dose_label(one), inches=0.85 * width / len(ways), size=8))
        axes[0].set_ylabel("probability" if ways[0].curve is not None else "generation at which it is reached")
        for sentence in _notes(found, label, "holds" if len(found.target.strategies) == 1 else "together hold"):
            add_note(page, sentence)
        return close_page(page, axes, aspect=0.62)


def target_words(experiment: Experiment, target: Target) -> str:
    """The strategies of a target, as they are called."""
    called = strategy_labels(experiment)
    *others, last = (called[name] for name in target.strategies)
    return f"{', '.join(others)} and {last}" if others else last


def dose_label(one: Response) -> str:
    """What is moved, as the label of an axis."""
    done = one.question.done
    if isinstance(done, Seed):
        called = strategy_labels(one.question.experiment)
        return f"share converted to {called[done.strategy]}, out of {called.get(done.source, done.source)}"
    return axis_label(done.path, one.question.experiment)


def _values(one: Response, amounts: np.ndarray) -> np.ndarray:
    return np.array([one.value(float(amount)) for amount in amounts])


def _chance(ax: Axes, one: Response, hue: Any) -> None:
    assert one.curve is not None
    amounts, middle, low, high = one.curve.T
    line = _values(one, amounts)
    ax.fill_between(line, low, high, color=hue, alpha=0.18, linewidth=0, gid="band")
    ax.plot(line, middle, color=hue, linewidth=1.3, gid="curve")
    sizes = 5 + 40 * np.sqrt(one.runs / one.runs.max())
    dots = ax.scatter(
        _values(one, one.amounts), one.tipped / one.runs, s=sizes, facecolor="white", edgecolor=hue, linewidth=0.8, zorder=3,
        clip_on=False,
    )  # fmt: skip
    dots.set_gid("runs")
    ax.axhline(one.baseline.probability, color=GREY, linewidth=0.7, linestyle=(0, (3, 2)), gid="baseline")
    for crossing in one.crossings:
        if crossing.outcome == FOUND:
            ends = _values(one, np.array([crossing.low, crossing.high]))
            ax.plot(ends, [crossing.probability] * 2, color=INK, linewidth=2.2, solid_capstyle="butt", gid="interval")
            ax.plot(one.value(crossing.amount), crossing.probability, "o", color=INK, markersize=3.5, gid="critical")
    ax.set(xlim=sorted((line[0], line[-1])), ylim=(-0.02, 1.02))


def _certain(ax: Axes, one: Response, hue: Any) -> None:
    tips = one.tipped > 0
    values = _values(one, one.amounts)
    target = one.question.target
    times = np.where(tips, one.times, np.nan)
    ax.plot(values, times, color=hue, linewidth=1.3, marker="o", markersize=2, gid="time")
    for crossing in one.crossings:
        if crossing.outcome == FOUND:
            ax.axvline(one.value(crossing.amount), color=INK, linewidth=0.9, linestyle=(0, (3, 2)), gid="critical")
    for low, high in stretches(~tips):
        edges = values[low], values[min(high, len(values) - 1)]
        ax.axvspan(*sorted(edges), color=GREY, alpha=0.15, linewidth=0, gid=NOT_REACHED)
    ends = one.value(0.0), one.value(one.question.done.most)
    latest = float(np.nanmax(times)) if tips.any() else 0.0
    ax.set(xlim=sorted(ends), ylim=(0, 1.08 * (latest or target.horizon or 1.0)))


def _notes(found: Critical, label: str, verb: str) -> list[str]:
    target = found.target
    notes = [
        f"Reached: {label} {verb} {number(100 * target.level)} % by generation {number(target.horizon or 0)} and for "
        f"{number(target.hold or 0)} more."
    ]
    if found.responses[0].curve is None:
        return [*notes, "Grey: not reached. Dashed: the critical dose."]
    runs = sum(one.spent for one in found.responses)
    return [*notes, f"Bars: 95 % intervals at 10, 50 and 90 %. Dashed: without any. {runs:,} runs in all."]

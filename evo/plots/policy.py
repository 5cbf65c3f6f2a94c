"""Policies: how much of an intervention in which state and when, beside the constant that does the same; a push over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.plots.labels import darkened
from evo.plots.page import GREY, INK, PAGE, add_legend, add_note, blank_page, close_page, derived_from, settings
from evo.plots.words import number, strategy_labels
from evo.policy import Policy
from evo.simulation import simulate
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.policy import Plan, Steered

MOMENTS = 4  # generations whose decisions are drawn
WIDTH = 5.0
RECORDS = 300
REPLICATES = 40
RARE = 1e-3  # probability below which a count is drawn in grey
DASHED, DOTTED = (0, (4, 2)), (0, (1, 1.5))


def policy(found: Policy | Steered) -> Figure:
    """Of a policy: the size at each count of the target, at some generations, beside the constant size that reaches the aim, and
    what each costs. Of a push: its size over time, and the target's share in the mean field and in the finite population."""
    return _decided(found) if isinstance(found, Policy) else _pushed(found)


def _decided(found: Policy) -> Figure:
    experiment = found.control.experiment
    hue = darkened(colors(experiment.strategies)[found.aim.target])
    called = strategy_labels(experiment)[found.aim.target]
    with settings():
        page = blank_page(derived_from(experiment.model, title=experiment.title), width=PAGE, height=0.36 * PAGE)
        axes: list[Axes] = list(page.body.subplots(1, 2, gridspec_kw={"width_ratios": [1.5, 1]}))
        handles, words = _sizes(axes[0], found, hue)
        axes[0].set_xlabel(f"{called}: how many of {int(found.counts[0].sum())}")
        axes[0].set_ylabel(f"size of {found.control.name}")
        plans = [found.best, *(plan for plan in (found.until, found.constant) if plan is not None)]
        _costs(axes[1], plans, hue)
        for ax in axes:
            ax.spines[["top", "right"]].set_visible(False)
        add_legend(page, handles, words)
        aim = found.aim
        add_note(
            page,
            f"Aim: {called} has {number(100 * aim.level)} % at generation {aim.by + aim.hold}, with probability "
            f"{number(aim.probability)}; without any it is {number(found.without.probability)}. "
            f"Paid until generation {aim.by}. In grey: counts that are reached with probability below {RARE:g} then.",
        )
        return close_page(page, axes[:1], aspect=0.6)


def _sizes(ax: Axes, found: Policy, hue: Any) -> tuple[list[Any], list[str]]:
    """The size at each count of the target, averaged over states of one count by how likely they are."""
    place = found.control.model.strategy_names.index(found.aim.target)
    count = found.counts[:, place].astype(int)
    top = int(count.max())
    moments = np.unique(np.linspace(0, len(found.sizes) - 1, MOMENTS).round().astype(int))
    handles: list[Any] = []
    for k, moment in enumerate(moments):
        paler = 1 - 0.75 * k / max(len(moments) - 1, 1)
        color = tuple(1 - paler * (1 - channel) for channel in hue)
        likely = np.bincount(count, found.visits[moment], minlength=top + 1)
        weight = found.visits[moment] + 1e-12
        weight_of = np.bincount(count, weight, minlength=top + 1)
        size = np.bincount(count, weight * found.sizes[moment], minlength=top + 1) / weight_of
        line = {"drawstyle": "steps-mid", "linewidth": 1.3}
        ax.plot(np.arange(top + 1), size, color=GREY, alpha=0.35, **{**line, "linewidth": 0.7}, gid="unlikely")
        ax.plot(
            np.arange(top + 1), np.where(likely >= RARE, size, np.nan), color=color, gid=f"generation {moment}", **line
        )
        if k == 0:
            ax.plot([int(np.argmax(likely))], [size[np.argmax(likely)]], "o", color=color, markersize=3.5, gid="start")
        handles.append(Line2D([], [], color=color, linewidth=1.3, marker="o" if k == 0 else "", markersize=3.5))
    words = [f"generation {moment}" + (", the start" if moment == 0 else "") for moment in moments]
    for plan, dashes, name in (
        (found.constant, DASHED, "constant"),
        (found.until, DOTTED, "constant until it is there"),
    ):
        if plan is None or plan is found.best:
            continue
        stop = found.aim.level * top if plan is found.until else top
        ax.plot([0, stop], [plan.size, plan.size], color=INK, linewidth=0.9, linestyle=dashes, gid=name)
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=dashes))
        words.append(name)
    ax.set(xlim=(0, top), ylim=(-0.03 * found.control.most, 1.05 * found.control.most))
    return handles, words


def _costs(ax: Axes, plans: list[Plan], hue: Any) -> None:
    for place, plan in enumerate(plans):
        ax.barh(place, plan.cost, height=0.5, color=hue if place == 0 else GREY, linewidth=0, gid=f"cost: {plan.words}")
        told = f"{number(plan.cost)}  (P = {plan.probability:.2f})"
        ax.annotate(told, (plan.cost, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7)
    ax.set_yticks(range(len(plans)), [_broken(plan.words) for plan in plans])
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(len(plans) - 0.4, -0.6), xlim=(0, 1.75 * max(plan.cost for plan in plans) or 1.0))
    ax.set_xlabel("expected cost per head")


def _broken(words: str) -> str:
    return words.replace(", size", ",\nsize").replace(" until", "\nuntil")


def _pushed(found: Steered) -> Figure:
    from evo.tipping.question import mean_field_of

    experiment, aim = found.control.experiment, found.aim
    hue = darkened(colors(experiment.strategies)[aim.target])
    called = strategy_labels(experiment)[aim.target]
    chosen = found.optimum if found.safe is None else found.safe
    end = float(aim.by + aim.hold)
    with settings():
        made_by = derived_from(experiment.model, title=experiment.title, seed=experiment.run.seed)
        page = blank_page(made_by, width=WIDTH, height=0.8 * WIDTH)
        axes: list[Axes] = list(page.body.subplots(2, 1, sharex=True))
        for push, color, dashes in ((chosen, hue, "-"), (found.optimum, INK, DASHED)):
            axes[0].plot(
                [0, push.lasts, push.lasts, end], [push.size, push.size, 0, 0], color=color, linestyle=dashes, linewidth=1.3,
                gid=f"push: {push.lasts:.4g}", clip_on=False,
            )  # fmt: skip
        field = _course(found, mean_field_of(experiment).model, found.optimum.lasts, end, 1)
        few = _course(found, experiment.model, chosen.lasts, end, REPLICATES)
        for row in few[1]:
            axes[1].plot(few[0], row, color=hue, linewidth=0.5, alpha=0.35, gid="run")
        axes[1].plot(few[0], np.median(few[1], axis=0), color=hue, linewidth=1.5, gid="median")
        axes[1].plot(field[0], field[1][0], color=INK, linestyle=DASHED, linewidth=1.3, gid="mean field")
        axes[1].axhline(aim.level, color=GREY, linewidth=0.7, linestyle=DOTTED, gid="level")
        axes[0].set(ylabel=f"size of {found.control.name}", ylim=(0, 1.15 * found.optimum.size), xlim=(0, end))
        axes[1].set(ylabel=f"share of {called}", ylim=(-0.02, 1.02), xlabel="generation")
        for ax in axes:
            ax.spines[["top", "right"]].set_visible(False)
        handles: list[Any] = [Line2D([], [], color=INK, linestyle=DASHED, linewidth=1.3), Line2D([], [], color=hue)]
        add_legend(page, handles, ["cheapest for the mean field", "in the finite population"])
        low_chance, high_chance = chosen.interval
        add_note(
            page,
            f"Aim: {called} has {number(100 * aim.level)} % at generation {number(end)}, with probability "
            f"{number(aim.probability)}. Mean field: {number(found.cost)} per head. Finite: {number(chosen.cost)} per head, "
            f"there in {chosen.succeeded} of {chosen.runs} runs ({100 * low_chance:.0f} to {100 * high_chance:.0f} %). "
            f"Thin: {REPLICATES} runs; thick: their median.",
        )
        return close_page(page, axes, aspect=0.34)


def _course(found: Steered, model: Any, lasts: float, end: float, replicates: int) -> tuple[np.ndarray, np.ndarray]:
    """Times, and the share of the target in each replicate."""
    run = found.control.experiment.run
    every = max(1.0, round(end / RECORDS)) if model.population.finite else end / RECORDS
    path = simulate(
        model, generations=end, start=run.start, seed=run.seed + 1, replicates=replicates, record_every=every,
        interventions=[found.control.sized(found.optimum.size, lasts=lasts)],
    )  # fmt: skip
    return path.time, path.mix[:, :, model.strategy_names.index(found.aim.target)]

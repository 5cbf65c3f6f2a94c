"""Phase plane: the mix of two strategies against the environment that it moves, with nullclines and rest points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evo.environments import Feedback
from evo.plots.labels import darkened
from evo.plots.model_page import Source, model_of, open_model_page
from evo.plots.page import COLUMN, PictureError, add_legend, add_note, close_page, settings, wrap
from evo.plots.plane import SQUARE, Plane
from evo.plots.restmarks import rest_legend, rest_mark
from evo.plots.runs import course_legend, draw_runs, note_of, shown_runs
from evo.plots.streamlines import draw_flow, streamlines
from evo.plots.words import strategy_labels, variable_label
from evo.simulation import Path
from evo.strategies import colors

if TYPE_CHECKING:
    from evo.exact.flows.coupled import CoupledPoints
    from evo.model import Model

FINE = 61  # values along each axis at which the rates are computed
ENVIRONMENT = "#3d3d3d"
UNIT = Plane(np.eye(2), np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), SQUARE)  # points as they are


def phase_plane(
    source: Source,
    *,
    between: tuple[float, float] | None = None,
    points: CoupledPoints | None = None,
    runs: Path | None = None,
    environment: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Share of the first of two strategies against the variable that has a feedback law: the flow, the darker the faster,
    where the share stands still (in the strategy's colour) and where the environment does (dashed), rest points of both
    together by stability; runs: replicates of a simulation.

    between: values of the variable, by default the range of the parameter that it shadows; environment: values of the
    other moving variables; points: `coupled_rest_points`, found unless given. PictureError unless there are two strategies
    and one such variable.
    """
    from evo.exact.flows.coupled import Together, coupled_rest_points

    model = model_of(source)
    name = _variable(model)
    low, high = between or _range(model, name)
    bounds = {name: (low, high)}
    system = Together(model, [name], np.array([[low, high]]), environment, 0.0)
    shares, values = np.linspace(0, 1, FINE), np.linspace(low, high, FINE)
    mixes = np.column_stack([shares, 1 - shares])
    rates = np.array([system.rates(mixes, np.array([value])) for value in values])[..., [0, 2]]  # (value, share, 2)
    found = points or coupled_rest_points(model, between=bounds, environment=environment)
    with settings():
        page = open_model_page(source, width=COLUMN, height=0.8 * COLUMN, ax=ax)
        ax = page.panel()
        ax.set(xlim=(0, 1), ylim=(low, high))
        flows = _draw_flow(ax, rates, low, high)
        hue = darkened(next(iter(colors(model.strategies).values())))
        lines = _draw_nullclines(ax, shares, values, rates, hue)
        several = shown_runs(model, runs)
        if runs is not None:
            place = list(model.environment).index(name)
            draw_runs(
                ax,
                [np.column_stack([runs.mix[k, :, 0], runs.environment[k, :, place]]) for k in range(len(several))],
            )
            add_note(page, note_of(runs))
        for point in found.points:
            at = point.mix[0], point.environment[name]
            mark = rest_mark(point.stability)
            ax.plot(*at, linestyle="", clip_on=False, zorder=6, gid=f"rest: {point.stability}", **mark)
        first, second = strategy_labels(model).values()
        ax.set_xlabel(wrap(f"share of {first} (the others: {second})", inches=0.78 * page.width, size=8))
        ax.set_ylabel(wrap(variable_label(name, model), inches=0.6 * page.width, size=8))
        handles, words = rest_legend(point.stability for point in found.points)
        told = {
            "mix": (Line2D([], [], color=hue, linewidth=1.5), "the share stands still"),
            "environment": (
                Line2D([], [], color=ENVIRONMENT, linewidth=1.2, dashes=(3, 1.5)),
                "the environment stands still",
            ),
        }
        courses, called = course_legend(runs=bool(several), flows=flows)
        handles += [*(told[line][0] for line in lines), *courses]
        words += [*(told[line][1] for line in lines), *called]
        add_legend(page, handles, words)
        add_note(page, f"Rest points: {found.statement}.")
        return close_page(page, [ax], aspect=0.8)


def _variable(model: Model) -> str:
    """The variable of the plane."""
    moved = [name for name, law in model.environment.items() if isinstance(law, Feedback)]
    if len(model.strategies) != 2 or len(moved) != 1:
        raise PictureError(
            f"a phase plane is of two strategies and one variable with a feedback law, and here are "
            f"{len(model.strategies)} and {len(moved)}"
        )
    return moved[0]


def _range(model: Model, name: str) -> tuple[float, float]:
    shadowed = model.parameters.get(name)
    if shadowed is None or shadowed.range is None:
        raise PictureError(f"say between which values of {name}: between=(low, high)")
    return shadowed.range


def _draw_flow(ax: Axes, rates: np.ndarray, low: float, high: float) -> bool:
    """Lines between the computed rates, followed in shares of both axes."""
    from scipy.interpolate import RegularGridInterpolator

    along = np.linspace(0, 1, FINE)
    scaled = rates / np.array([1.0, high - low])
    between = RegularGridInterpolator((along, along), scaled)

    def velocity(places: np.ndarray) -> np.ndarray:
        return between(np.clip(places[:, ::-1], 0, 1))

    def seen(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.column_stack([places[:, 0], low + (high - low) * places[:, 1]]), np.full(len(places), 0.5)

    return draw_flow(ax, UNIT, streamlines(UNIT, velocity, cells=16), velocity, seen)


def _draw_nullclines(ax: Axes, shares: np.ndarray, values: np.ndarray, rates: np.ndarray, hue: Any) -> list[str]:
    """Where the share, and where the variable stands still; which of the two lines there are."""
    drawn = []
    for place, (gid, color, width, style) in enumerate(
        (("mix", hue, 1.5, "solid"), ("environment", ENVIRONMENT, 1.2, (0, (3, 1.5))))
    ):
        rate = rates[..., place]
        rows, columns = (_between(np.abs(rate).max(axis=side)) for side in (1, 0))
        inner = rate[rows, columns]
        if inner.min() < 0 < inner.max():
            lines = ax.contour(
                shares[columns], values[rows], inner, levels=[0.0], colors=[color], linewidths=width, linestyles=[style],
                zorder=4,
            )  # fmt: skip
            lines.set_gid(f"nullcline: {gid}")
            drawn.append(gid)
    return drawn


def _between(largest: np.ndarray) -> slice:
    """Without the ends at which nothing moves anyway, whatever the other coordinate: sides are no nullclines."""
    still = largest < 1e-9 * largest.max()
    return slice(int(still[0]), len(largest) - int(still[-1]))

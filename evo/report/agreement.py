"""Exact answers beside simulated ones, at points where both exist and the exact one is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from evo.environments import Constant
from evo.exact import absorption, rest_points, stationary
from evo.exact.chains.states import states_of
from evo.experiment import Experiment
from evo.plots.intervals import mean_interval
from evo.prevalence import wilson, z_of
from evo.report.look import Kind
from evo.report.svg import tag, together
from evo.report.text import between, percent
from evo.report.tips import Tips
from evo.results import Result
from evo.strategies import roles

MOST_POINTS = 8
MOST_STATES = 3_000
MOST_STRATEGIES = 3  # of an infinite population, whose rest points are searched for


@dataclass(frozen=True)
class Row:
    """One strategy at one point: what theory gives and what was seen, as words, and whether they agree."""

    place: str
    label: str
    exact: str
    seen: str
    agrees: bool


@dataclass(frozen=True)
class Compared:
    """Rows of one question, what it asks, and how many intervals hold the exact value."""

    title: str
    words: str
    rows: tuple[Row, ...]
    method: str

    @property
    def markup(self) -> Markup:
        head = together(*(tag("th", words, scope="col", class_=class_) for words, class_ in (
            ("where", None), ("strategy", None), ("exact", "number"), ("simulated", "number"), ("", None)
        )))  # fmt: skip
        rows = [
            tag(
                "tr",
                tag("th", row.place, scope="row"),
                tag("td", row.label),
                tag("td", row.exact, class_="number"),
                tag("td", row.seen, class_="number"),
                tag("td", "✓", class_="agrees") if row.agrees else tag("td", "outside", class_="differs"),
            )
            for row in self.rows
        ]
        table = tag("table", tag("thead", tag("tr", head)), tag("tbody", *rows))
        return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=self.title)


def compared(result: Result, kinds: Sequence[Kind], tips: Tips) -> list[Compared]:
    """Every comparison that makes sense, over a few points evenly through the sweep."""
    table: Any = result.outcomes
    points = table["point"].unique().tolist() if len(table) else []
    if len(points) > MOST_POINTS:
        points = [points[round(place)] for place in np.linspace(0, len(points) - 1, MOST_POINTS)]
    found: dict[str, list[Row]] = {"stationary": [], "absorption": [], "rest": []}
    methods: dict[str, str] = {}
    for point in points:
        experiment = result.at(point)
        question = question_of(experiment)
        if question is None:
            continue
        try:
            rows, method = ASKED[question](experiment, table[table["point"] == point], kinds, tips.place(point))
        except (ValueError, ArithmeticError, MemoryError):  # what has no exact answer here
            continue
        found[question] += rows
        if rows:
            methods[question] = method
    return [_told(question, rows, methods[question]) for question, rows in found.items() if rows]


def question_of(experiment: Experiment) -> str | None:
    """Which exact answer there is beside a simulated one; none knows of interventions."""
    model, kind = experiment.model, experiment.population.kind
    still = all(isinstance(law, Constant) for law in experiment.environment.values())
    if not still or experiment.interventions or roles(experiment.strategies):
        return None
    if kind == "infinite":
        cheap = model.deterministic and len(experiment.strategies) <= MOST_STRATEGIES
        return "rest" if cheap and model.dynamics.kind not in ("best_response", "imitate_best") else None
    if kind != "well_mixed":
        return None
    if states_of(model).number > MOST_STATES:
        return None
    return "absorption" if model.fixes else "stationary"


def _stationary(experiment: Experiment, rows: Any, kinds: Sequence[Kind], place: str) -> tuple[list[Row], str]:
    names = [f"mean_mix.{name}" for name in experiment.strategies]
    if any(name not in rows for name in names) or len(rows) < 2:
        return [], ""
    found = stationary(experiment.model)
    mean, low, high = mean_interval(rows[names].to_numpy(float))
    told = [
        Row(
            place,
            kinds[k].label,
            _digits(float(exact)),
            f"{_digits(mean[k])} ({_digits(low[k])}–{_digits(high[k])})",
            bool(low[k] - 1e-9 <= exact <= high[k] + 1e-9),
        )
        for k, exact in enumerate(found.mean)
    ]
    return told[:1] if len(told) == 2 else told, found.method


def _absorption(experiment: Experiment, rows: Any, kinds: Sequence[Kind], place: str) -> tuple[list[Row], str]:
    if experiment.run.start == "random" or "prevailing" not in rows:
        return [], ""
    whole = experiment.model.lowered.meeting.whole
    counts = experiment.start_mix * whole
    if np.abs(counts - counts.round()).max() > 1e-9:
        return [], ""
    finals = rows[[f"final_mix.{name}" for name in experiment.strategies]].to_numpy(float)
    if (finals.max(axis=1) < 1).any():  # some are not fixed yet
        return [], ""
    found = absorption(experiment.model)
    told = []
    for k, (name, exact) in enumerate(found.probability(counts.round().astype(int)).items()):
        count = int((rows["prevailing"] == name).sum())
        low, high = wilson(count, len(rows), z_of(experiment))
        seen = f"{count} of {len(rows)} ({between(low, high)})"
        told.append(Row(place, kinds[k].label, percent(exact), seen, low - 1e-9 <= exact <= high + 1e-9))
    return told, found.method


def _rest(experiment: Experiment, rows: Any, kinds: Sequence[Kind], place: str) -> tuple[list[Row], str]:
    names = [f"final_mix.{name}" for name in experiment.strategies]
    if any(name not in rows for name in names):
        return [], ""
    found = rest_points(experiment.model)
    end = rows[names].to_numpy(float)[0]
    stable = [point.mix for point in found.attractors]
    seen = _mix(end, kinds)
    if not stable:
        return [Row(place, "mix", "no rest point attracts", seen, True)], found.statement
    nearest = min(stable, key=lambda mix: float(np.abs(mix - end).max()))
    gap = float(np.abs(nearest - end).max())
    return [Row(place, "mix", _mix(nearest, kinds), f"{seen}, {_small(gap)} away", gap < 1e-3)], found.statement


ASKED = {"stationary": _stationary, "absorption": _absorption, "rest": _rest}


def _told(question: str, rows: list[Row], method: str) -> Compared:
    hits = sum(row.agrees for row in rows)
    if question == "stationary":
        words = (
            f"{hits} of {len(rows)} intervals (95\u00a0%) hold the exact long-run share. A run that is short, or starts "
            "far away, may lie outside although nothing is wrong: its average then holds the way there."
        )
        return Compared("Mean shares over time", words, tuple(rows), method)
    if question == "absorption":
        words = f"{hits} of {len(rows)} intervals (95\u00a0%) hold the exact probability to take over."
        return Compared("Takeover", words, tuple(rows), method)
    words = f"{hits} of {len(rows)} runs end within 0.001 of the rest point that attracts nearby, or go round where none does."
    return Compared("Where the flow comes to rest", words, tuple(rows), method)


def _digits(value: float) -> str:
    return f"{value:.3f}"


def _small(value: float) -> str:
    return f"{value:.0e}" if value < 1e-3 else f"{value:.2g}"


def _mix(mix: np.ndarray, kinds: Sequence[Kind]) -> str:
    there = [(kind.label, share) for kind, share in zip(kinds, mix, strict=False) if share >= 5e-4]
    return ", ".join(f"{label} {share:.3f}" for label, share in there)

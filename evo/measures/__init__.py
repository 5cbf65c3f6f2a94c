"""Measures: what a run is asked, as columns of its outcomes, one value per replicate; those of graphs in networks.py."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from evo._spec import ProblemError, Spec
from evo.kernels.arrays import END, FIXED, FIXED_AT, MEAN, PERIOD, WEIGHT, Recording
from evo.measures.networks import (
    GraphOf,
    Levels,
    OfGraphs,
    check_of_graphs,
    columns_of_graphs,
    gini_of,
    level_count,
)
from evo.model import Model
from evo.recording import is_flow

TIE = 1e-9
Columns = Mapping[str, np.ndarray]


class FinalMix(Spec):
    """Share of each strategy at the end: columns final_mix.NAME."""

    kind: Literal["final_mix"] = "final_mix"

    def columns(self, model: Model, recording: Recording) -> Columns:
        return {f"final_mix.{name}": recording.final[:, i] for i, name in enumerate(model.strategies)}


class MeanMix(Spec):
    """Time average of each share after run.burn_in, every step counted: columns mean_mix.NAME."""

    kind: Literal["mean_mix"] = "mean_mix"

    def columns(self, model: Model, recording: Recording) -> Columns:
        return {f"mean_mix.{name}": recording.means[:, i] for i, name in enumerate(model.strategies)}


class Prevailing(Spec):
    """The strategy with the largest final share; `none` on a tie within 1e-9; `cycle` where a flow is found to cycle,
    the lead passing from strategy to strategy. Of two roles, the largest of each, joined by a plus sign."""

    kind: Literal["prevailing"] = "prevailing"

    def columns(self, model: Model, recording: Recording) -> Columns:
        found = [self._leading(recording, first, stop, model) for first, stop in pairwise(model.lowered.roles)]
        leading = found[0] if len(found) == 1 else found[0] + "+" + found[1]
        leading[np.isfinite(recording.numbers[:, PERIOD])] = "cycle"
        return {"prevailing": leading}

    def _leading(self, recording: Recording, first: int, stop: int, model: Model) -> np.ndarray:
        shares = recording.final[:, first:stop]
        names = np.array([*model.strategy_names[first:stop], "none"], dtype=object)
        place = shares.argmax(axis=1)
        if stop - first > 1:
            ordered = np.sort(shares, axis=1)
            place[ordered[:, -1] - ordered[:, -2] <= TIE] = stop - first
        return names[place]


class TimeToTip(Spec):
    """First time, in generations, at which the share of `strategy` reaches `level` and stays there for `hold`
    generations; null if it never does (censored). Looked at in every step; 0 if it starts there."""

    kind: Literal["time_to_tip"] = "time_to_tip"
    strategy: str
    level: Annotated[float, Field(ge=0, le=1)] = 0.5
    hold: Annotated[float, Field(ge=0)] = 0.0

    @property
    def column(self) -> str:
        marks = [f"time_to_tip.{self.strategy}"]
        marks += [f"level_{self.level:g}"] if self.level != 0.5 else []
        marks += [f"hold_{self.hold:g}"] if self.hold else []
        return ".".join(marks)


class Fixed(Spec):
    """The strategy that took over a finite population without mutation, null if none; of two roles, one of each, joined by
    a plus sign."""

    kind: Literal["fixed"] = "fixed"

    def columns(self, model: Model, recording: Recording) -> Columns:
        names = np.array([*model.strategies, None], dtype=object)
        winner = recording.counts[:, FIXED]
        if len(model.lowered.wholes) == 1:
            return {"fixed": names[winner]}
        second, first = np.divmod(winner, len(model.strategies))
        both = names[:-1][first] + "+" + names[:-1][second]
        both[winner < 0] = None
        return {"fixed": both}


class TimeToFixation(Spec):
    """Generations until one strategy had taken over, null if none did."""

    kind: Literal["time_to_fixation"] = "time_to_fixation"

    def columns(self, model: Model, recording: Recording) -> Columns:
        return {"time_to_fixation": recording.numbers[:, FIXED_AT]}


class MeanPayoff(Spec):
    """Mean payoff of the population (trait bias not counted): at the end (final_payoff) and averaged over time after
    run.burn_in (mean_payoff)."""

    kind: Literal["mean_payoff"] = "mean_payoff"

    def columns(self, model: Model, recording: Recording) -> Columns:
        shares, payoffs = _finals(model, recording)
        return {"final_payoff": _weighted(shares, payoffs), "mean_payoff": recording.numbers[:, MEAN]}


class Gini(Spec):
    """Gini coefficient of individual payoffs at the end: on a graph of what each node earned, else each individual with the
    expected payoff of its strategy.

    Where a payoff is negative all are shifted by the minimum; `gini_shift` says by how much.
    """

    kind: Literal["gini"] = "gini"

    def columns(self, model: Model, recording: Recording) -> Columns:
        if model.population.kind == "network":
            gini, shift = gini_of(recording.earned)
            return {"gini": gini, "gini_shift": shift}
        shares, payoffs = _finals(model, recording)
        lowest = np.where(shares > 0, payoffs, np.inf).min(axis=1)
        shift = np.maximum(0.0, -lowest)
        shifted = np.where(shares > 0, payoffs + shift[:, None], 0.0)
        gaps = np.abs(shifted[:, :, None] - shifted[:, None, :])
        # no product of matrices: the last digit of one depends on how many replicates are measured together
        spread = (shares[:, :, None] * shares[:, None, :] * gaps).reshape(len(gaps), -1).sum(axis=1)
        mean = _weighted(shares, shifted)
        return {"gini": np.where(mean > 0, spread / (2 * np.where(mean > 0, mean, 1.0)), 0.0), "gini_shift": shift}


class Diversity(Spec):
    """exp of the Shannon entropy of the final mix: the effective number of strategies (Hill number of order 1)."""

    kind: Literal["diversity"] = "diversity"

    def columns(self, model: Model, recording: Recording) -> Columns:
        shares, _ = _finals(model, recording)
        safe = np.where(shares > 0, shares, 1.0)
        return {"diversity": np.exp(-(shares * np.log(safe)).sum(axis=1))}


class EnvironmentValues(Spec):
    """Each environment variable at the end (final_environment.NAME) and averaged after run.burn_in (mean_environment.NAME)."""

    kind: Literal["environment"] = "environment"

    def columns(self, model: Model, recording: Recording) -> Columns:
        strategies = len(model.strategies)
        found: dict[str, np.ndarray] = {}
        for v, name in enumerate(model.environment):
            found[f"final_environment.{name}"] = recording.final[:, 2 * strategies + v]
            found[f"mean_environment.{name}"] = recording.means[:, strategies + v]
        return found


class Duration(Spec):
    """Generations that the run took: run.generations, or fewer where run.until ended it early."""

    kind: Literal["duration"] = "duration"

    def columns(self, model: Model, recording: Recording) -> Columns:
        return {"duration": recording.numbers[:, END]}


class Cost(Spec):
    """What the interventions of a run have cost, in payoff per head of the population: `cost` in all, cost.NAME of each, and
    began.NAME, the time at which it began, null if it never did."""

    kind: Literal["cost"] = "cost"

    def columns_of(self, names: tuple[str, ...], recording: Recording) -> Columns:
        """The columns, for interventions of these names."""
        found: dict[str, np.ndarray] = {"cost": recording.spent.sum(axis=1)}
        for k, name in enumerate(names):
            found[f"cost.{name}"] = recording.spent[:, k]
            found[f"began.{name}"] = recording.began[:, k]
        return found


class Period(Spec):
    """Period of the cycle that a flow was found on, in generations, null if none."""

    kind: Literal["period"] = "period"

    def columns(self, model: Model, recording: Recording) -> Columns:
        return {"period": recording.numbers[:, PERIOD]}


def _by_name(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


_Kinds = Annotated[
    FinalMix
    | MeanMix
    | Prevailing
    | TimeToTip
    | Fixed
    | TimeToFixation
    | MeanPayoff
    | Gini
    | Diversity
    | EnvironmentValues
    | Duration
    | Period
    | Cost
    | OfGraphs,
    Field(discriminator="kind"),
]
Measure = Annotated[_Kinds, BeforeValidator(_by_name, json_schema_input_type=str | _Kinds)]


def watched(measures: tuple[Any, ...], model: Model) -> list[tuple[int, float, float]]:
    """The shares that a run must watch: strategy, level and hold of each time_to_tip."""
    names = model.strategy_names
    return [(names.index(m.strategy), m.level, m.hold) for m in measures if isinstance(m, TimeToTip)]


def needs_averages(measures: tuple[Any, ...]) -> bool:
    """Whether a run must keep time averages."""
    return any(isinstance(m, MeanMix | MeanPayoff | EnvironmentValues) for m in measures)


def needs_nodes(measures: tuple[Any, ...], model: Model) -> bool:
    """Whether a run must keep how every node of its graph ends."""
    return model.population.kind == "network" and any(isinstance(m, Gini | OfGraphs) for m in measures)


def shape_of(measures: tuple[Any, ...], model: Model, interventions: tuple[str, ...] = ()) -> tuple[object, ...]:
    """What the columns of the outcomes depend on: equal for two models whose outcomes have the same columns."""
    levels = level_count(model) if any(isinstance(m, Levels) for m in measures) else 0
    return (measures, model.strategy_names, tuple(model.environment), levels, interventions)


def check_measure(measure: object, model: Model, interventions: tuple[str, ...] = ()) -> None:
    """Refuse a measure that this model, or a run with interventions of these names, cannot have."""
    if isinstance(measure, OfGraphs):
        check_of_graphs(measure, model)
    if isinstance(measure, TimeToTip) and measure.strategy not in model.strategies:
        raise ProblemError(
            ("strategy",), f"{measure.strategy!r} is not a strategy", f"strategies: {', '.join(model.strategies)}"
        )
    if isinstance(measure, Fixed | TimeToFixation):
        if not model.population.finite:
            raise ProblemError(
                (), "an infinite population never fixes a strategy", "use prevailing, or a finite population"
            )
        if model.lowered.rule.mutation > 0:
            raise ProblemError(
                (), "with mutation no strategy is ever fixed", "use prevailing, or set mutation.rate to 0"
            )
        if not model.fixes:
            raise ProblemError(
                (), f"{model.dynamics.kind} brings strategies back, so that none is ever fixed", "use prevailing"
            )
    if isinstance(measure, Cost) and not interventions:
        raise ProblemError((), "there are no interventions that cost anything", "list some under `interventions`")
    if isinstance(measure, EnvironmentValues) and not model.environment:
        raise ProblemError((), "the model has no environment variables")
    if isinstance(measure, Period) and not (is_flow(model.lowered) and model.deterministic):
        raise ProblemError((), "cycles are looked for in flows without noise only")


def outcomes(
    measures: tuple[Any, ...],
    model: Model,
    recording: Recording,
    graph_of: GraphOf | None = None,
    interventions: tuple[str, ...] = (),
) -> dict[str, np.ndarray]:
    """All measures of a recording, of a run with interventions of these names: columns by name, one value per replicate.

    graph_of: the graph that a row was played on, for measures of graphs; without it these are null.
    """
    found: dict[str, np.ndarray] = {}
    tip = 0
    of_graphs = columns_of_graphs((m for m in measures if isinstance(m, OfGraphs)), model, recording, graph_of)
    for measure in measures:
        if isinstance(measure, OfGraphs):
            found |= {name: of_graphs[name] for name in measure.names(model)}
        elif isinstance(measure, TimeToTip):
            found[measure.column] = recording.tipped[:, tip]
            tip += 1
        elif isinstance(measure, Cost):
            found |= measure.columns_of(interventions, recording)
        else:
            found |= measure.columns(model, recording)
    return found


def _finals(model: Model, recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Share of all individuals, of both roles together, and payoff of each strategy at the end."""
    strategies = len(model.strategies)
    process = model.lowered
    part = process.strategy[WEIGHT] * np.repeat(process.wholes, np.diff(process.roles))
    return recording.final[:, :strategies] * part, recording.final[:, strategies : 2 * strategies]


def _weighted(shares: np.ndarray, payoffs: np.ndarray) -> np.ndarray:
    return np.where(shares > 0, shares * payoffs, 0.0).sum(axis=1)

"""Leading a number of a config along a schedule while the model runs.

A parameter that only running formulas read becomes a variable of the environment that follows the schedule exactly. Any other
number (assortment, the strength of a bias, a mutation rate) goes in small steps, the run taken up at each with the mix so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._errors import ConfigError, ConfigProblem
from evo._spec import parse_path
from evo.environments import Constant
from evo.simulation import simulate
from evo.tipping.question import check_nothing_intervenes, number_at

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.model import Model

STEPS = 200  # of a schedule that cannot be followed exactly, for each of its legs
TIGHT = 1e-9

Schedule = Sequence[tuple[float, float]]  # generation and value, linear between, held at the end; equal times jump


@dataclass(frozen=True, eq=False)
class Led:
    """A run along a schedule: time (n,), value (n,), mix (replicates, n, d), mean payoff (replicates, n)."""

    time: np.ndarray
    value: np.ndarray
    mix: np.ndarray
    payoff: np.ndarray

    def observed(self, place: int | None) -> np.ndarray:
        """Mean over replicates of a strategy's share, or of the mean payoff, (n,)."""
        return (self.payoff if place is None else self.mix[:, :, place]).mean(axis=0)


def value_along(schedule: Schedule, time: np.ndarray) -> np.ndarray:
    """The value of the schedule at times; of a jump the value after it."""
    times, values = np.array(schedule, float).T
    leg = np.clip(np.searchsorted(times, time, side="right") - 1, 0, len(times) - 1)
    ahead = np.minimum(leg + 1, len(times) - 1)
    length = times[ahead] - times[leg]
    part = np.where(length > 0, (time - times[leg]) / np.where(length > 0, length, 1.0), 0.0)
    return values[leg] + np.clip(part, 0, 1) * (values[ahead] - values[leg])


def lead(
    experiment: Experiment,
    path: str,
    schedule: Schedule,
    *,
    generations: float,
    records: int,
    start: Any = None,
    replicates: int = 1,
    workers: int = 1,
) -> Led:
    """Run the experiment's model along a schedule, with so many records at even times after the first."""
    check_nothing_intervenes(experiment)
    start = experiment.run.start if start is None else start
    every = generations / records
    model = _moving(experiment, path, schedule)
    if model is None:
        return _in_steps(experiment, path, schedule, generations, every, start, replicates)
    found = simulate(
        model, generations=generations, replicates=replicates, seed=experiment.run.seed, start=start,
        record_every=every, tolerance=TIGHT, workers=workers,
    )  # fmt: skip
    return Led(found.time, value_along(schedule, found.time), found.mix, np.asarray(found.payoff))


def _moving(experiment: Experiment, path: str, schedule: Schedule) -> Model | None:
    """The model with the number as a variable, None where it must stay a number."""
    keys = parse_path(path)
    if keys[0] != "parameters" or len(keys) != 2:
        return None
    law = {"kind": "series", "values": [list(node) for node in _apart(schedule)], "outside": "hold"}
    try:  # to its end: what moves never lets a run converge
        return experiment.replace({f"environment.{keys[1]}": law, "run.until": "generations"}).model
    except ConfigError:
        return None


def _apart(schedule: Schedule) -> list[tuple[float, float]]:
    """Jumps take a millionth of a generation: a series has one value at a time."""
    nodes: list[tuple[float, float]] = []
    for time, value in schedule:
        nodes.append((max(float(time), nodes[-1][0] + 1e-6) if nodes else float(time), float(value)))
    return nodes if len(nodes) > 1 else [*nodes, (nodes[0][0] + 1.0, nodes[0][1])]


def _in_steps(
    experiment: Experiment, path: str, schedule: Schedule, generations: float, every: float, start: Any, replicates: int
) -> Led:
    """Small steps, each from the mix that the one before left; so nothing else may remember."""
    moving = [name for name, law in experiment.environment.items() if not isinstance(law, Constant)]
    if moving:
        raise ConfigError(
            [ConfigProblem(parse_path(path), None, f"cannot be led in steps while {moving[0]} moves too", None)]
        )
    edges = _edges(schedule, generations, every)
    middles = value_along(schedule, 0.5 * (edges[1:] + edges[:-1]))
    models: dict[float, Model] = {}
    count = 1 if experiment.model.deterministic and start != "random" else replicates
    mix, payoff = [], []
    for replicate in range(count):
        now, mixes, earned = start, [], []
        for low, high, value in zip(edges[:-1], edges[1:], middles, strict=True):
            number = float(value)
            if number not in models:
                models[number] = experiment.replace({path: number}).model
            part = simulate(
                models[number], generations=high - low, seed=experiment.run.seed + replicate, start=now,
                record_every=high - low, tolerance=TIGHT,
            )  # fmt: skip
            if not mixes:
                mixes, earned = [part.mix[0, 0]], [part.payoff[0, 0]]
            mixes.append(part.mix[0, -1])
            earned.append(part.payoff[0, -1])
            now = dict(zip(experiment.strategy_names, mixes[-1].tolist(), strict=True))
        mix.append(mixes)
        payoff.append(earned)
    return Led(edges, value_along(schedule, edges), np.array(mix), np.array(payoff))


def _edges(schedule: Schedule, generations: float, every: float) -> np.ndarray:
    """Where steps meet: legs along which the value moves in STEPS parts, and the times of records."""
    edges = list(np.arange(0, generations + every / 2, every))
    for (begin, low), (end, high) in pairwise(schedule):
        if low != high and end > begin:
            edges += np.linspace(begin, end, STEPS + 1).tolist()
        edges += [begin, end]
    inside = np.unique(np.round([edge for edge in edges if 0 <= edge <= generations], 9))
    return inside[np.r_[True, np.diff(inside) > 1e-6 * generations]]


def settled(experiment: Experiment, path: str, value: float, *, generations: float) -> np.ndarray:
    """The mix to which the model comes from its start, the number held, (d,)."""
    check_nothing_intervenes(experiment)
    number_at(experiment, path)
    found = simulate(
        experiment.replace({path: value}).model, generations=generations, start=experiment.run.start,
        record_every=generations, tolerance=TIGHT, seed=experiment.run.seed,
    )  # fmt: skip
    return found.mix[0, -1]

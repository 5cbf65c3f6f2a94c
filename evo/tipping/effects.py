"""The effect of a number on the critical dose, and the exact one of a flow in a still environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo.exact.flows.fields import Field, field_of
from evo.tipping.folds import fold_beside
from evo.tipping.question import Seed, number_at
from evo.tipping.results import Response
from evo.tipping.sensitivity import Lever, follow, lever_of, mean_payoff, scale_of

if TYPE_CHECKING:
    from evo.experiment import Experiment


@dataclass(frozen=True)
class Effect:
    """What one number does.

    critical: change of the critical dose per unit (se: its standard error, 0 where exact). outcome: change of the target's share at
    the horizon (of its probability at the critical dose, with chance) per unit. welfare: change of the mean payoff at the horizon
    without the intervention, per unit, nan where unknown. price: of one unit. fold: the value at which the critical dose ends in
    a fold, near which its derivative diverges, else nan.
    """

    path: str
    value: float
    critical: float
    se: float
    outcome: float
    welfare: float
    price: float
    fold: float


def by_sensitivity(response: Response, field: Field, paths: Sequence[str], prices: Mapping[str, float]) -> list[Effect]:
    """Effects by the sensitivity of the critical trajectory, and of the one without the intervention (`field`)."""
    question, crossing = response.question, response.middle
    experiment, target = question.experiment, question.target
    places = target.places(experiment)
    at, way = question.at(crossing.high), 1
    if target.share(at.start_mix, at) >= target.level:
        at, way = question.at(crossing.low), -1  # it starts in the target, and the question is whether it stays
    handles = [lever_of(at, path) for path in paths]
    start = at.start_mix
    none = np.zeros((len(start), len(paths)))
    if isinstance(question.done, Seed):
        still = Lever("", 0.0, ())
        first, by = still, question.done.direction(experiment)
    else:
        first, by = lever_of(at, question.done.path), np.zeros(len(start))
    moved = follow(
        field_of(at.model), [first, *handles], start, np.column_stack([by, none]), generations=target.until,
        until=(places, target.level, way),
    )  # fmt: skip
    base = [lever_of(experiment, path) for path in paths]
    without = follow(field, base, experiment.start_mix, none, generations=target.horizon or 0.0)
    welfare = _welfare(experiment, field, base, without.mix, without.by)
    here = field_of(at.model)
    folds = [
        fold_beside(
            here,
            handle,
            moved.slowest,
            scale_of(at, handle.path),
            lambda value, path=handle.path: field_of(at.replace({path: value}).model),
        )
        for handle in handles
    ]
    return [
        Effect(
            path,
            number_at(experiment, path),
            float(-moved.by[places, k + 1].sum() / moved.by[places, 0].sum()),
            0.0,
            float(without.by[places, k].sum()),
            float(welfare[k]),
            prices.get(path, float("nan")),
            folds[k],
        )
        for k, path in enumerate(paths)
    ]


def _welfare(experiment: Experiment, field: Field, base: list[Lever], mix: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Derivative of the mean payoff at a mix that itself moves by `by` (d, n)."""
    step = 1e-6
    along = np.array(
        [
            (
                mean_payoff(experiment.model, field, mix + step * column)
                - mean_payoff(experiment.model, field, mix - step * column)
            )
            / (2 * step)
            for column in by.T
        ]
    )
    return along + np.array([lever.payoff_slope(mix) for lever in base])

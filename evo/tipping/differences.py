"""Levers of systems without chance that are no flow in a still environment: by searching again beside each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evo.simulation import simulate
from evo.tipping import certain
from evo.tipping.effects import Effect
from evo.tipping.question import Question, number_at
from evo.tipping.results import FOUND, Response
from evo.tipping.sensitivity import scale_of

STEP = 1e-3
AROUND = 41


def by_differences(response: Response, paths: Sequence[str], prices: Mapping[str, float]) -> list[Effect]:
    """Central differences of the critical dose and of the outcome, nan where a dose is not found beside."""
    question = response.question
    found = []
    for path in paths:
        value, step = number_at(question.experiment, path), STEP * scale_of(question.experiment, path)
        sides = [
            Question(question.experiment.replace({path: value + way * step}), question.done, question.target)
            for way in (1, -1)
        ]
        up, down = (_critical(side) for side in sides)
        (share_up, paid_up), (share_down, paid_down) = (_outcome(side) for side in sides)
        found.append(
            Effect(
                path,
                value,
                (up - down) / (2 * step),
                0.0,
                (share_up - share_down) / (2 * step),
                (paid_up - paid_down) / (2 * step),
                prices.get(path, float("nan")),
                float("nan"),
            )
        )
    return found


def _critical(question: Question) -> float:
    found = certain.search(question, scan=AROUND, alone=True).middle
    return question.done.value(found.amount) if found.outcome == FOUND else float("nan")


def _outcome(question: Question) -> tuple[float, float]:
    """Share of the target and mean payoff at the horizon, without the intervention."""
    experiment, target = question.experiment, question.target
    assert target.horizon is not None
    path = simulate(
        experiment.model,
        generations=target.horizon,
        start=experiment.run.start,
        record_every=target.horizon,
        tolerance=1e-10,
    )
    return target.share(path.mix[0, -1], experiment), float(np.asarray(path.payoff)[0, -1])

"""Levers of systems with chance: a logistic regression over a design in which the dose and all numbers vary together.

logit P = a + s D + sum_k c_k (p_k - p_k0), one run at each point of a Sobol sequence: doses between those at 10 and 90 %,
numbers within a few per cent of where they are. Then dD/dp_k = -c_k/s at any fixed probability, with a standard error by the
delta method, and dP/dp_k = c_k/4 at the dose of one half.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from evo._errors import ConfigError, ConfigProblem
from evo.tipping.effects import Effect
from evo.tipping.question import Question, number_at
from evo.tipping.results import FOUND, Response
from evo.tipping.runs import reached
from evo.tipping.sensitivity import scale_of

AROUND = 0.05  # of a number's scale


def by_regression(
    response: Response, paths: Sequence[str], prices: Mapping[str, float], runs: int
) -> tuple[list[Effect], str]:
    """Effects of these numbers, and how they were found."""
    question = response.question
    experiment = question.experiment
    low, high = _doses(response)
    values = np.array([number_at(experiment, path) for path in paths])
    reach = np.array([AROUND * scale_of(experiment, path) for path in paths])
    design = _sobol(1 + len(paths), runs, experiment.run.seed)
    doses = low + 0.5 * (design[:, 0] + 1) * (high - low)
    grain = question.done.grain
    doses = np.round(doses / grain) * grain if grain else doses
    tipped = np.array(
        [
            _tips(question, dict(zip(paths, (values + reach * row[1:]).tolist(), strict=True)), float(dose))
            for dose, row in zip(doses, design, strict=True)
        ]
    )
    middle = 0.5 * (low + high)
    steps = np.column_stack([(doses - middle) / (high - low), design[:, 1:]])
    found, spread = logistic(steps, tipped)
    per_dose = found[1] / (high - low)
    way = getattr(question.done, "way", 1)
    effects = []
    for k, path in enumerate(paths):
        slope = found[k + 2] / reach[k]
        gradient = np.zeros(len(found))
        gradient[1], gradient[k + 2] = slope * (high - low) / found[1] ** 2, -(high - low) / (reach[k] * found[1])
        effects.append(
            Effect(
                path,
                float(values[k]),
                float(-way * slope / per_dose),
                float(np.sqrt(gradient @ spread @ gradient)),
                float(slope / 4),
                float("nan"),
                prices.get(path, float("nan")),
                float("nan"),
            )
        )
    return effects, f"logistic regression over {runs:,} runs of a design, numbers within {AROUND:.0%}"


def logistic(design: np.ndarray, tipped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (constant first) and their covariance, by Newton's method; a ridge of one thousandth keeps them finite where
    a design separates the outcomes."""
    from scipy.special import expit

    full = np.column_stack([np.ones(len(design)), design])
    found = np.zeros(full.shape[1])
    for _ in range(100):
        chance = expit(full @ found)
        information = full.T @ ((chance * (1 - chance))[:, None] * full) + 1e-3 * np.eye(len(found))
        move = np.linalg.solve(information, full.T @ (tipped - chance) - 1e-3 * found)
        found = found + move * min(1.0, 4.0 / max(np.abs(move).max(), 1e-12))
        if np.abs(move).max() < 1e-9:
            break
    return found, np.linalg.inv(information)


def _doses(response: Response) -> tuple[float, float]:
    """The amounts at 10 and 90 %, as far as they can be given."""
    ends = {crossing.probability: crossing for crossing in response.crossings}
    low = ends[0.1].amount if ends[0.1].outcome == FOUND else 0.0
    high = ends[0.9].amount if ends[0.9].outcome == FOUND else response.question.done.most
    return max(low, 0.0), min(high, response.question.done.most)


def _tips(question: Question, numbers: Mapping[str, float], dose: float) -> bool:
    try:
        moved = question.experiment.replace(numbers)
    except ConfigError as error:
        problem = error.problems[0]
        raise ConfigError(
            [
                ConfigProblem(
                    problem.path, None, f"cannot be varied by {AROUND:.0%}: {problem.message}", "choose --lever"
                )
            ]
        ) from None
    (time,) = reached(Question(moved, question.done, question.target).at(dose), question.target)
    return not np.isnan(time)


def _sobol(dimensions: int, number: int, seed: int) -> np.ndarray:
    """Points from -1 to 1, (number, dimensions)."""
    from scipy.stats import qmc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # balance needs a power of two; a regression does not
        return 2 * qmc.Sobol(dimensions, rng=np.random.default_rng(seed)).random(number) - 1

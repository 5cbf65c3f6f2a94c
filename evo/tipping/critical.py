"""The least intervention after which the target is reached by the horizon and held."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evo.tipping import certain, chance
from evo.tipping.chance import Budget
from evo.tipping.question import Target, questions, target_of
from evo.tipping.results import Critical
from evo.tipping.runs import sampled

if TYPE_CHECKING:
    from evo.experiment import Experiment

SCAN = 41


def critical(
    experiment: Experiment,
    *,
    by: str = "seed",
    target: Target | None = None,
    source: str | None = None,
    between: tuple[float, float] | None = None,
    scan: int = SCAN,
    budget: Budget | None = None,
    workers: int = 1,
) -> Critical:
    """The least dose of `by` that tips the experiment (its sweep apart) into the target.

    by: `seed` (a share of the population converted at generation 0, from `source`: the most frequent strategy, or
    `everybody`), `bias` (the strength of the trait bias) or the path of a number, moved from generation 0 on within
    `between` (or the range that its parameter states), both ways. Where nothing is random: a scan of so many amounts and
    bisection. Else the doses at which the probability crosses 10, 50 and 90 %, by sampling within a budget; the same for the
    same seed, whatever `workers`. Raises ConfigError where the question does not fit the config.

        critical(experiment, by="parameters.omega", target=Target("collaborate", horizon=400)).value
    """
    experiment = experiment.replace({"run.until": "generations"})
    target = target_of(experiment, target)
    asked = list(questions(experiment, by, target, source=source, between=between))
    if sampled(experiment):
        budget = budget or Budget()
        if len(asked) > 1:
            budget = replace(budget, most=budget.most // len(asked))
        return Critical(experiment, target, tuple(chance.search(one, budget, workers) for one in asked))
    return Critical(experiment, target, tuple(certain.search(one, scan=scan) for one in asked))

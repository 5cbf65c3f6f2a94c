"""What theory says beside a search: the critical seed between two strategies alone, and where a rare invader earns more."""

from __future__ import annotations

import numpy as np

from evo.exact import critical_seed, invasion, thresholds
from evo.tipping.question import EVERYBODY, Question, Seed
from evo.tipping.results import Beside

SCAN = 41


def beside(question: Question) -> Beside | None:
    """Of a seed: the unstable rest point on the edge between source and target, without mutation. Of a number: its value nearest to
    where it is at which a rare target earns as much as a population of the most frequent strategy. None where that has no
    answer: finite populations, moving environments, no such value."""
    experiment, done = question.experiment, question.done
    names, target = experiment.strategy_names, question.target.strategies[0]
    if experiment.model.population.finite or experiment.run.start == "random" or question.moment is not None:
        return None
    resident = names[int(np.argmax(experiment.start_mix))]
    if (
        resident in question.target.strategies
        or len(question.target.strategies) > 1
        or experiment.strategies[resident].role != experiment.strategies[target].role
    ):
        return None
    try:
        if isinstance(done, Seed):
            if done.source == EVERYBODY:
                return None
            share = critical_seed(experiment.model, done.source, target)
            words = f"between {done.source} and {target} alone, without mutation, {target} grows from a share of"
            return None if np.isnan(share) else Beside(share, words)
        i, j = names.index(resident), names.index(target)
        ends = sorted((done.value(0.0), done.value(done.most)))
        found = thresholds(
            experiment, done.path, lambda model: float(invasion(model)[i, j]), low=ends[0], high=ends[1], scan=SCAN
        )
    except ValueError:
        return None
    if not found:
        return None
    nearest = min(found, key=lambda value: abs(value - done.base))
    return Beside(nearest, f"a rare {target} earns as much as a population of {resident} at")

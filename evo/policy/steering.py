"""The mean field steered at least cost by one push, a size held for a while, found by scipy and scored in the finite population.

Of each size the least time after which the flow alone goes on to the aim is bisected: the push then ends on the separatrix.
The size of least cost is that of the mean-field optimum, on which chance decides in a finite population. So the push is
made longer there until it succeeds with the probability asked. The first of many pushes that seems likely enough owes some of
that to luck, so the one chosen is scored once more, by other runs, and that score is what is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._spec import ConfigError, ConfigProblem
from evo.policy.aim import Aim, check_aim
from evo.policy.control import Control, control_of
from evo.precision import wilson
from evo.simulation import simulate
from evo.tipping.question import mean_field_of

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment
    from evo.model import Model

HALVINGS = 24  # of the time of a push
LONGER = 20  # steps from the optimum's time to all the time there is, each longer by the same factor


@dataclass(frozen=True, eq=False)
class Push:
    """A size held from generation 0 for a time, and of the finite population how many of the runs succeeded, at which mean cost."""

    size: float
    lasts: float
    cost: float
    succeeded: int
    runs: int

    @property
    def probability(self) -> float:
        return self.succeeded / self.runs

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, 95 %."""
        return wilson(self.succeeded, self.runs)

    def __str__(self) -> str:
        low, high = self.interval
        chance = f"{self.probability:.3g} ({low:.2g} to {high:.2g}) of {self.runs} runs"
        return f"{self.size:.4g} for {self.lasts:.4g} generations: {chance}, at {self.cost:.4g} per head"


@dataclass(frozen=True, eq=False)
class Steered:
    """The push that is cheapest for the mean field, with its cost there; and the shortest of its size that was likely enough in
    the finite population, as scored by other runs than those that chose it, None where none of those tried was."""

    control: Control = field(repr=False)
    aim: Aim
    cost: float
    optimum: Push
    safe: Push | None
    tried: tuple[Push, ...] = field(repr=False)

    @property
    def statement(self) -> str:
        """The answer in words."""
        told = (
            f"{self.control}: the mean field tips for {self.cost:.4g} per head; in the finite population {self.optimum}"
        )
        if self.safe is None:
            return f"{told}; no longer push of this size is likely enough"
        return f"{told}; with {self.safe.lasts - self.optimum.lasts:.3g} generations more, {self.safe}, others than chose it"

    @property
    def table(self) -> pd.DataFrame:
        """One row per push that was scored, in the order tried; last the one chosen, by other runs."""
        import pandas as pd

        names = ("size", "lasts", "cost", "runs", "succeeded")
        scored = [(one, "to choose") for one in self.tried]
        if self.safe is not None:
            scored.append((self.safe, "the chosen"))
        rows = [{name: getattr(one, name) for name in names} | {"scored": why} for one, why in scored]
        return pd.DataFrame(rows)


def steer(
    experiment: Experiment,
    aim: Aim,
    *,
    most: float | None = None,
    runs: int = 200,
    workers: int = 1,
) -> Steered:
    """The cheapest push of the mean field of a finite, well-mixed experiment, and what it comes to there in so many `runs`.

    Raises ConfigError where the population is another, and where the largest size all the time does not tip the mean field.
    """
    from scipy.optimize import minimize_scalar

    check_aim(aim, experiment)
    control = control_of(experiment, most=most)
    if experiment.population.kind != "well_mixed" or experiment.run.start == "random":
        raise ConfigError([ConfigProblem(("population",), None, "a push is of a well-mixed population from one start")])
    model = mean_field_of(experiment).model

    def costs(size: float) -> float:
        return _least(control, model, aim, float(size))[1]

    if not np.isfinite(costs(control.most)):
        message = f"{control.most:g} all the time does not tip the mean field"
        raise ConfigError([ConfigProblem(("interventions", 0, "size"), None, message, "allow more, or more time")])
    low, high = 0.0, control.most  # the least size that tips at all
    for _ in range(10):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if np.isfinite(costs(middle)) else (middle, high)
    found = minimize_scalar(
        costs, bounds=(high, control.most), method="bounded", options={"xatol": 1e-3 * control.most}
    )
    size = min((float(found.x), high, control.most), key=costs)
    lasts, cost = _least(control, model, aim, size)
    tried = []
    safe = None
    for time in np.geomspace(lasts, aim.by, LONGER + 1):
        tried.append(_scored(control, aim, size, float(time), runs, workers))
        if tried[-1].probability >= aim.probability:
            safe = _scored(control, aim, size, float(time), runs, workers, other=1)
            break
    return Steered(control, aim, cost, tried[0], safe, tuple(tried))


def _least(control: Control, model: Model, aim: Aim, size: float) -> tuple[float, float]:
    """The least time for which a size must be held, and what that costs; inf where none is enough."""
    low, high = 0.0, float(aim.by)
    share, cost = _pushed(control, model, aim, size, high)
    if share[0] < aim.level:
        return np.inf, np.inf
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        share, spent = _pushed(control, model, aim, size, middle)
        if share[0] >= aim.level:
            high, cost = middle, spent
        else:
            low = middle
    return high, float(cost.mean())


def _scored(control: Control, aim: Aim, size: float, lasts: float, runs: int, workers: int, *, other: int = 0) -> Push:
    """The push in the finite population, by runs of the config's seed or of another."""
    share, cost = _pushed(control, control.model, aim, size, lasts, runs, workers, other)
    return Push(size, lasts, float(cost.mean()), int((share >= aim.level - 1e-9).sum()), runs)


def _pushed(
    control: Control,
    model: Model,
    aim: Aim,
    size: float,
    lasts: float,
    runs: int = 1,
    workers: int = 1,
    other: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """The target's share at the end and what was paid, of each run."""
    run: Any = control.experiment.run
    end = float(aim.by + aim.hold)
    path = simulate(
        model, generations=end, start=run.start, seed=run.seed + other, replicates=runs, workers=workers, record_every=end,
        interventions=[control.sized(size, lasts=lasts)],
    )  # fmt: skip
    return path.mix[:, -1, model.strategy_names.index(aim.target)], path.cost.sum(axis=1)

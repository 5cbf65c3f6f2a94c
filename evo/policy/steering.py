"""The mean field steered at least cost: sizes that change in steps, found by scipy, and scored in the finite population.

The flow x' = f(x, u) under a control u in [0, most] is integrated with its cost; SLSQP [Kraft 1988] finds the u(t) of least
cost after which the target has a share `goal` at generation `by`. The least goal from which the flow alone goes on to the aim
is that of the mean-field optimum: its end lies on the separatrix, where chance decides half of the time. So the
goal is raised until the finite population, under the same u(t), succeeds with the probability asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._spec import ConfigError, ConfigProblem
from evo.exact.flows.fields import field_of
from evo.policy.aim import Aim, check_aim
from evo.policy.control import Control, control_of
from evo.prevalence import wilson
from evo.recording import start_shares
from evo.simulation import simulate

if TYPE_CHECKING:
    import pandas as pd

    from evo.exact.flows.fields import Field
    from evo.experiment import Experiment

SEGMENTS = 6
NODES = 3  # sizes at which the field is known; between them a polynomial of their degree
STEPS = 4  # of Runge and Kutta's fourth order a segment, at least; and no longer than a generation
HALVINGS = 6  # of the least goal
MARGINS = 6  # goals from the separatrix to the level that are scored


@dataclass(frozen=True, eq=False)
class Scored:
    """A plan `sizes` (segments,), the goal it was made for, its cost per head in the mean field, and how many of the runs of the
    finite population succeeded."""

    goal: float
    sizes: np.ndarray
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


@dataclass(frozen=True, eq=False)
class Steered:
    """What steering gives: the mean-field optimum and what it comes to in the finite population, the cheapest plan that is likely
    enough there (None where none of those tried is), and the cheapest constant size that is (None likewise)."""

    control: Control = field(repr=False)
    aim: Aim
    optimum: Scored
    robust: Scored | None
    constant: Scored | None
    tried: tuple[Scored, ...] = field(repr=False)

    @property
    def margin(self) -> float:
        """How far beyond the separatrix the finite population must be led, as a share of all; nan where that was not found."""
        return np.nan if self.robust is None else self.robust.goal - self.optimum.goal

    @property
    def statement(self) -> str:
        """The answer in words."""
        best = self.optimum
        low, high = best.interval
        told = (
            f"{self.control}: the mean field is tipped for {best.cost:.4g} per head by leading {self.aim.target} to "
            f"{best.goal:.4g}, which is the separatrix; in the finite population that succeeds in {best.probability:.3g} "
            f"({low:.2g} to {high:.2g}) of {best.runs} runs"
        )
        if self.robust is None:
            return f"{told}; no plan tried reaches {self.aim.probability:g}"
        low, high = self.robust.interval
        told += (
            f"; {self.aim.probability:g} needs a margin of {self.margin:.3g} (to {self.robust.goal:.4g}), for {self.robust.cost:.4g} "
            f"per head: {self.robust.probability:.3g} ({low:.2g} to {high:.2g})"
        )
        if self.constant is None:
            return f"{told}; no constant size does it"
        times = self.constant.cost / self.robust.cost
        return f"{told}; the cheapest constant size, {self.constant.sizes[0]:.4g}, costs {self.constant.cost:.4g}, {times:.3g} times as much"

    @property
    def table(self) -> pd.DataFrame:
        """One row per plan that was scored."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"goal": one.goal, "cost": one.cost, "runs": one.runs, "succeeded": one.succeeded}
                | {"low": one.interval[0], "high": one.interval[1]}
                | {f"size {k}": size for k, size in enumerate(one.sizes.tolist())}
                for one in self.tried
            ]
        )


@dataclass(frozen=True, eq=False)
class Flow:
    """A controlled flow: the fields at `nodes` sizes, their weights in between, the price per generation, and a start."""

    control: Control
    fields: tuple[Field, ...]
    nodes: np.ndarray
    start: np.ndarray
    by: float
    segments: int

    def velocity(self, x: np.ndarray, u: np.ndarray) -> np.ndarray:
        """f(x, u) of many mixes (k, d), each under its own size (k,)."""
        weights = _lagrange(self.nodes, u)
        return sum((w[:, None] * one.velocity(x) for w, one in zip(weights, self.fields, strict=True)), np.zeros(x.shape))

    def price(self, x: np.ndarray, u: np.ndarray) -> np.ndarray:
        return self.control.price(self.control.model, u, x)

    def follow(self, plans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mixes at the end (k, d) and costs (k,) of plans (k, segments)."""
        x, cost = np.repeat(self.start[None], len(plans), axis=0), np.zeros(len(plans))
        span = self.by / self.segments
        steps = max(STEPS, int(np.ceil(span)))
        h = span / steps
        for u in plans.T:
            for _ in range(steps):
                k1 = self.velocity(x, u)
                k2 = self.velocity(x + 0.5 * h * k1, u)
                k3 = self.velocity(x + 0.5 * h * k2, u)
                k4 = self.velocity(x + h * k3, u)
                middle = x + 0.25 * h * (k1 + k2)
                after = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
                cost = cost + h / 6 * (self.price(x, u) + 4 * self.price(middle, u) + self.price(after, u))
                x = np.clip(after, 0.0, 1.0)
        return x, cost


def steer(
    experiment: Experiment,
    aim: Aim,
    *,
    which: str | None = None,
    most: float | None = None,
    segments: int = SEGMENTS,
    runs: int = 200,
    workers: int = 1,
) -> Steered:
    """Steer the mean field of a finite, well-mixed experiment, and score what comes of it with so many `runs`.

    Raises ConfigError where the population is another, where its mean field is not known, or where the largest size does not tip it.
    """
    check_aim(aim, experiment)
    control = control_of(experiment, which=which, most=most)
    if experiment.population.kind != "well_mixed" or experiment.run.start == "random":
        raise ConfigError([ConfigProblem(("population",), None, "steering is of a well-mixed population from one start")])
    flow = _flow(control, aim, segments)
    place = experiment.strategy_names.index(aim.target)
    full = np.full(segments, control.most)
    reach = float(flow.follow(full[None])[0][0, place])
    if not _tips(flow, aim, full, place):
        message = f"even {control.most:g} all the time leads {aim.target} to {reach:.3g} only, and the mean field does not tip from there"
        raise ConfigError([ConfigProblem(("interventions", control.place, "size"), None, message, "--most, or more time")])
    optimum, plan = _least_goal(flow, aim, place, reach)
    tried = [_scored(control, aim, optimum, plan, flow, runs, workers)]
    robust = None
    for goal in np.linspace(optimum, min(reach, max(aim.level, optimum) + 0.25), MARGINS + 1)[1:]:
        plan = _steered(flow, float(goal), place, plan)
        tried.append(_scored(control, aim, float(goal), plan, flow, runs, workers))
        if tried[-1].probability >= aim.probability:
            robust = tried[-1]
            break
    constant = None
    for size in np.linspace(0, control.most, 11)[1:]:
        same = np.full(segments, size)
        if not _tips(flow, aim, same, place):
            continue
        found = _scored(control, aim, float(flow.follow(same[None])[0][0, place]), same, flow, runs, workers)
        tried.append(found)
        if found.probability >= aim.probability:
            constant = found
            break
    return Steered(control, aim, tried[0], robust, constant, tuple(tried))


def _flow(control: Control, aim: Aim, segments: int) -> Flow:
    experiment = control.experiment
    population: Any = experiment.population
    infinite = {"kind": "infinite", "assortment": population.assortment, "assortment_kind": population.assortment_kind}
    try:
        model = experiment.replace({"population": infinite, "interventions": []}).model
        nodes = 0.5 * control.most * (1 - np.cos(np.pi * np.arange(NODES) / (NODES - 1)))  # of Chebyshev
        fields = tuple(field_of(control.of(model, float(size))) for size in nodes)
    except ValueError as error:
        raise ConfigError([ConfigProblem(("dynamics",), None, str(error))]) from None
    start = np.array(start_shares(dict(experiment.run.start), experiment.strategies))  # pyright: ignore
    return Flow(control, fields, nodes, start, float(aim.by), segments)


def _lagrange(nodes: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Weights of the nodes' fields at each size, (nodes, k)."""
    gaps = (u[None, :] - nodes[:, None])
    weights = np.ones((len(nodes), len(u)))
    for i in range(len(nodes)):
        for j in range(len(nodes)):
            if i != j:
                weights[i] *= gaps[j] / (nodes[i] - nodes[j])
    return weights


def _tips(flow: Flow, aim: Aim, plan: np.ndarray, place: int) -> bool:
    """Whether the flow alone goes on to the aim from where the plan leads."""
    x = flow.follow(plan[None])[0]
    for _ in range(max(4 * aim.hold, 2000)):
        x = np.clip(x + 0.25 * flow.velocity(x, np.zeros(1)), 0.0, 1.0)
    return bool(x[0, place] >= aim.level)


def _steered(flow: Flow, goal: float, place: int, guess: np.ndarray) -> np.ndarray:
    """The plan of least cost that leads the target to a goal."""
    from scipy.optimize import minimize

    most, step = flow.control.most, 1e-5 * flow.control.most

    def both(plan: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
        moved = np.clip(plan, 0, most) + step * np.vstack([np.zeros(len(plan)), np.eye(len(plan))])
        x, cost = flow.follow(moved)
        return cost[0], x[0, place], (cost[1:] - cost[0]) / step, (x[1:, place] - x[0, place]) / step

    last: dict[bytes, tuple[float, float, np.ndarray, np.ndarray]] = {}

    def known(plan: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
        key = plan.tobytes()
        if key not in last:
            last.clear()
            last[key] = both(plan)
        return last[key]

    found = minimize(
        lambda plan: known(plan)[0],
        guess,
        jac=lambda plan: known(plan)[2],
        bounds=[(0.0, most)] * len(guess),
        constraints={"type": "ineq", "fun": lambda plan: known(plan)[1] - goal, "jac": lambda plan: known(plan)[3]},
        method="SLSQP",
        options={"maxiter": 25, "ftol": 1e-7},
    )
    return np.clip(found.x, 0.0, most)


def _least_goal(flow: Flow, aim: Aim, place: int, reach: float) -> tuple[float, np.ndarray]:
    """The least goal from which the flow alone goes on to the aim, and the plan that leads there."""
    low, high = float(flow.start[place]), reach
    plan = np.full(flow.segments, flow.control.most)
    guess = plan
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        guess = _steered(flow, middle, place, guess)
        if _tips(flow, aim, guess, place):
            high, plan = middle, guess
        else:
            low = middle
    return high, plan


def _scored(
    control: Control, aim: Aim, goal: float, plan: np.ndarray, flow: Flow, runs: int, workers: int
) -> Scored:
    """A plan in the finite population: each segment an intervention of its own."""
    span, end = aim.by / len(plan), float(aim.by + aim.hold)
    done = [control.sized(float(u), at=k * span, lasts=span) for k, u in enumerate(plan) if u > 1e-9]
    run: Any = control.experiment.run
    path = simulate(
        control.model, generations=end, start=run.start, seed=run.seed, replicates=runs, workers=workers,
        record_every=end, interventions=done,
    )  # fmt: skip
    share = path.mix[:, -1, control.model.strategy_names.index(aim.target)]
    return Scored(goal, plan, float(flow.follow(plan[None])[1][0]), int((share >= aim.level - 1e-9).sum()), runs)

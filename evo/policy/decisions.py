"""The Markov decision process of a finite population: how much of an intervention in which state and when.

min E[cost] subject to P(target) >= p, by Lagrange: for a worth of success V backward induction gives the policy that is best
for cost - V*P [Puterman 1994], and the least V that reaches p gives the least cost, exactly where a coin may choose
between two policies; without one, an upper and a lower bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evo._spec import ConfigError, ConfigProblem
from evo.exact.chains.chain import chain
from evo.exact.chains.states import states_of
from evo.policy.aim import Aim, check_aim
from evo.policy.control import Control, control_of

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

MOST_STATES = 1500
LEVELS = 11
ROUNDS = 60  # halvings of the worth of success


@dataclass(frozen=True, eq=False)
class Plan:
    """A way to act, what it costs per head and how likely it succeeds, both in expectation from the start; size: nan unless it
    is one."""

    words: str
    cost: float
    probability: float
    size: float = math.nan


@dataclass(frozen=True, eq=False)
class Policy:
    """The least-cost policy: `sizes[t, state]` is how much is done in generation t, `counts` (states, d) are the states, and
    `visits[t, state]` is how likely the population is there then.

    bound: the least cost of all policies over the grid of sizes, those included that begin with a coin. constant, until: the
    cheapest constant size of the grid that reaches the probability, for all the time or until the target is there first; None
    where none does.
    """

    control: Control = field(repr=False)
    aim: Aim
    best: Plan
    bound: float
    without: Plan
    constant: Plan | None
    until: Plan | None
    sizes: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    visits: np.ndarray = field(repr=False)

    @property
    def cost(self) -> float:
        return self.best.cost

    @property
    def statement(self) -> str:
        """The answer in words."""
        best = self.best
        told = (
            f"{self.control}: the least-cost policy pays {best.cost:.4g} per head for a probability of "
            f"{best.probability:.4g} (no policy of these sizes pays less than {self.bound:.4g}); "
            f"without any it is {self.without.probability:.3g}"
        )
        for plan in (self.constant, self.until):
            if plan is not None:
                times = f", {plan.cost / best.cost:.3g} times as much" if best.cost > 0 else ""
                told += f"; {plan.words}: {plan.cost:.4g} for {plan.probability:.4g}{times}"
        return told + ("" if self.constant is not None else "; no constant size reaches it")

    @property
    def frame(self) -> pd.DataFrame:
        """One row per generation and state: counts, and how much is done."""
        import pandas as pd

        times, states = self.sizes.shape
        table = pd.DataFrame({"generation": np.repeat(np.arange(times), states)})
        for k, name in enumerate(self.control.model.strategy_names):
            table[name] = np.tile(self.counts[:, k], times)
        table["size"] = self.sizes.ravel()
        return table

    @property
    def table(self) -> pd.DataFrame:
        """Plans side by side."""
        import pandas as pd

        rows = [self.best, self.without, *(plan for plan in (self.constant, self.until) if plan is not None)]
        return pd.DataFrame([{"plan": one.words, "cost": one.cost, "probability": one.probability} for one in rows])


@dataclass(frozen=True, eq=False)
class World:
    """One generation under each size, (levels, states, states), what it costs in each state, (levels, states), where the
    start lies, which states are the target, and the chance of success at the last decision, (states,)."""

    matrices: np.ndarray
    prices: np.ndarray
    start: int
    there: np.ndarray
    ends: np.ndarray
    times: int

    def follow(self, act: np.ndarray) -> tuple[float, float]:
        """Expected cost and chance of success of a policy, act (times, states) of levels."""
        cost, mix = 0.0, self.first
        for row in act:
            cost += float(mix @ self.prices[row, np.arange(len(row))])
            mix = self.after(mix, row)
        return cost, float(mix @ self.ends)

    @property
    def first(self) -> np.ndarray:
        """The probability of each state at the start, (states,)."""
        mix = np.zeros(len(self.ends))
        mix[self.start] = 1.0
        return mix

    def after(self, mix: np.ndarray, row: np.ndarray) -> np.ndarray:
        """The probability of each state a generation later, with these levels in each."""
        return sum(((mix * (row == level)) @ self.matrices[level] for level in np.unique(row)), np.zeros(len(mix)))

    def visits(self, act: np.ndarray) -> np.ndarray:
        """The probability of each state in each generation of a policy, (times, states)."""
        found, mix = [], self.first
        for row in act:
            found.append(mix)
            mix = self.after(mix, row)
        return np.array(found)

    def best(self, worth: float) -> np.ndarray:
        """The policy that is best for cost - worth*P, of equals the one that does least."""
        value, act = -worth * self.ends, np.zeros((self.times, len(self.ends)), np.int64)
        for t in range(self.times - 1, -1, -1):
            options = self.prices + self.matrices @ value
            act[t] = (options <= options.min(axis=0) + 1e-13 * max(worth, 1.0)).argmax(axis=0)
            value = np.take_along_axis(options, act[t][None], axis=0)[0]
        return act


def least_cost(experiment: Experiment, aim: Aim, *, most: float | None = None, levels: int = LEVELS) -> Policy:
    """The policy of least expected cost that reaches the aim, over `levels` even sizes of the intervention from 0 to `most`.

    Raises ConfigError where the population is not finite and well mixed, where it has too many states, where payoffs move
    with time, or where no policy is likely enough to succeed.
    """
    check_aim(aim, experiment)
    control = control_of(experiment, most=most)
    sizes = control.sizes(levels)
    world, counts = world_of(control, aim, sizes)
    nothing = np.zeros((world.times, len(counts)), np.int64)
    without = Plan("nothing done", *world.follow(nothing))
    if without.probability >= aim.probability:
        return Policy(
            control, aim, without, 0.0, without, without, without, sizes[nothing], counts, world.visits(nothing)
        )
    act, best, bound = _constrained(world, aim)
    tried = [(float(size), np.full_like(nothing, level)) for level, size in enumerate(sizes)]
    there = world.there[None, :]
    constant = _least(world, aim, "constant", tried)
    until = _least(world, aim, "constant until it is there", [(s, np.where(there, 0, a)) for s, a in tried])
    return Policy(
        control, aim, Plan("least cost", *best), bound, without, constant, until, sizes[act], counts, world.visits(act)
    )


def world_of(control: Control, aim: Aim, sizes: np.ndarray) -> tuple[World, np.ndarray]:
    """The decision process, and the counts of its states."""
    experiment, model = control.experiment, control.model
    try:
        states = states_of(model)
        if states.number > MOST_STATES:
            raise ValueError(
                f"there are {states.number:,} states, of which {MOST_STATES:,} can be decided upon one by one: use a smaller "
                "population, or the mean field"
            )
        matrices = np.stack([_generation(control.of(model, float(size))) for size in sizes])
    except ValueError as error:
        raise ConfigError([ConfigProblem(("population",), None, str(error))]) from None
    prices = np.stack([control.price(model, float(size), states.shares) for size in sizes])
    there = states.counts[:, model.strategy_names.index(aim.target)] >= aim.level * states.whole - 1e-9
    ends = there.astype(float)
    for _ in range(aim.hold):
        ends = matrices[0] @ ends
    return World(matrices, prices, states.place(_start(experiment, states.whole)), there, ends, aim.by), states.counts


def _generation(model: object) -> np.ndarray:
    """Transition probabilities of one generation, dense."""
    found = chain(model)  # pyright: ignore[reportArgumentType]
    return np.linalg.matrix_power(found.matrix.toarray(), found.steps_per_generation)


def _start(experiment: Experiment, whole: int) -> np.ndarray:
    if experiment.run.start == "random":
        raise ConfigError(
            [ConfigProblem(("run", "start"), None, "is random: a policy begins somewhere", "give shares")]
        )
    counts = experiment.start_mix * whole
    rounded = np.floor(counts).astype(int)
    rounded[np.argsort(rounded - counts, kind="stable")[: whole - rounded.sum()]] += 1
    return rounded


def _constrained(world: World, aim: Aim) -> tuple[np.ndarray, tuple[float, float], float]:
    """The policy at the least worth of success that reaches the probability, its cost and probability, and the least cost
    of all policies (a coin between this one and the one just below)."""
    low, high = 0.0, 1.0
    below = world.follow(world.best(low))
    while (above := world.follow(world.best(high)))[1] < aim.probability:
        below, low, high = above, high, 8 * high
        if high > 1e9:
            message = f"no policy makes it likelier than {above[1]:.4g} by generation {aim.by}"
            hint = "give it more time, a larger size, or ask for less"
            raise ConfigError([ConfigProblem(("probability",), None, message, hint)])
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        if not low < middle < high or high - low < 1e-12 * high:
            break
        found = world.follow(world.best(middle))
        if found[1] >= aim.probability:
            above, high = found, middle
        else:
            below, low = found, middle
    act = world.best(high)
    gap = above[1] - below[1]
    weight = (above[1] - aim.probability) / gap if gap > 0 else 0.0
    return act, above, above[0] - weight * (above[0] - below[0])


def _least(world: World, aim: Aim, words: str, tried: list[tuple[float, np.ndarray]]) -> Plan | None:
    """The cheapest of these that reaches the probability."""
    found = [Plan(f"{words}, size {size:.4g}", *world.follow(act), size) for size, act in tried]
    good = [plan for plan in found if plan.probability >= aim.probability]
    return min(good, key=lambda plan: plan.cost, default=None)

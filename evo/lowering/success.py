"""Selection and mutation, lowered: what success is made of, which way copying leans, what a strategy mutates to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._spec import ProblemError
from evo.games import compositions
from evo.kernels.arrays import Process
from evo.kernels.program import prepare  # pyright: ignore[reportUnknownVariableType]  (kernels have no types)
from evo.quantities import number

if TYPE_CHECKING:
    from evo.model import Model


def selection(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    """What the rule's numbers say of selection, by name."""
    chosen = model.selection
    rule = model.dynamics
    intensity = number(chosen.intensity, values)
    if intensity < 0:
        raise ProblemError(("intensity",), f"cannot be negative, is {intensity:g}")
    conformity, prestige = number(chosen.conformity, values), number(chosen.prestige, values)
    if not rule.fitness and chosen.fitness != "exponential":
        raise ProblemError(("fitness",), f"{rule.kind} has no fitness map: payoffs enter it directly")
    if chosen.fitness == "linear" and intensity > 1:
        raise ProblemError(("intensity",), f"linear fitness needs an intensity from 0 to 1, not {intensity:g}")
    for key, neutral, value in (("conformity", 1.0, conformity), ("prestige", 0.0, prestige)):
        if not rule.role_model and value != neutral:
            raise ProblemError((key,), f"{rule.kind} draws no role model, so {key} has nothing to act on")
    if conformity < 0:
        raise ProblemError(("conformity",), f"cannot be negative, is {conformity:g}")
    return {
        "intensity": intensity,
        "fitness": codes.LINEAR if chosen.fitness == "linear" else codes.EXPONENTIAL,
        "conformity": conformity,
        "prestige": prestige,
        "indicated": chosen.indicator != "payoff",
    }


def bias(model: Model, values: Mapping[str, float]) -> np.ndarray:
    """What trait bias adds to the payoff of each strategy."""
    chosen, traits = model.selection.bias, model.trait_names
    for trait in chosen.weights:
        if trait not in traits:
            raise ProblemError(("bias", "weights", trait), "no strategy has this trait", f"traits: {', '.join(traits)}")
    strength = number(chosen.strength, values)
    if strength != 0 and not chosen.weights:
        raise ProblemError(("bias", "weights"), "is missing: a bias needs the traits that it favours")
    scores = np.zeros(len(model.strategies))
    for trait, weight in chosen.weights.items():
        scores += number(weight, values) * model.trait_values(trait)
    return strength * scores


def indicator(model: Model) -> np.ndarray:
    """The trait that prestige looks at, per strategy; zeros where it looks at the payoff."""
    trait = model.selection.indicator
    if trait == "payoff":
        return np.zeros(len(model.strategies))
    if trait not in model.trait_names:
        known = ", ".join(("payoff", *model.trait_names))
        raise ProblemError(("indicator",), f"must be payoff or a trait, is {trait!r}", f"known: {known}")
    return model.trait_values(trait)


def mutation(model: Model, values: Mapping[str, float]) -> tuple[float, np.ndarray]:
    """Rate, and what a strategy mutates to."""
    chosen, ways = model.mutation, model.dynamics.mutates
    strategies = len(model.strategies)
    rate = number(chosen.rate, values)
    if rate != 0 and not ways:
        raise ProblemError(("rate",), f"{model.dynamics.kind} has no mutation", "use replicator_mutator")
    if ways == ("additive",):
        if rate < 0:
            raise ProblemError(("rate",), f"cannot be negative, is {rate:g}")
    else:
        within(rate, 0, 1, "rate")
    if chosen.when is not None and chosen.when not in ways:
        raise ProblemError(
            ("when",), f"{model.dynamics.kind} mutates {' or '.join(w.replace('_', ' ') for w in ways) or 'never'}"
        )
    if chosen.to == "any":
        to = np.full((strategies, strategies), 1 / strategies)
    elif chosen.to == "others":
        to = (1 - np.eye(strategies)) / (strategies - 1)
    else:
        if len(chosen.to) != strategies or any(len(row) != strategies for row in chosen.to):
            raise ProblemError(("to",), f"needs {strategies} rows of {strategies} probabilities")
        to = np.array(chosen.to, dtype=float)
        for i, total in enumerate(to.sum(axis=1)):
            if abs(total - 1) > 1e-9:
                raise ProblemError(("to", i), f"must sum to 1, sums to {total:g}")
    return rate, to


def check_linear_fitness(model: Model, process: Process) -> None:
    """Refuse linear fitness that is negative for a rare strategy among all-others, where payoffs do not move."""
    pairs = process.meeting.size == 2
    if process.rule.fitness != codes.LINEAR or process.game.moves or not (pairs or process.meeting.assortment == 0):
        return  # elsewhere the run stops at the state
    program = process.game.program
    registers = np.zeros((program.registers, process.game.vectors.shape[1]))
    stack = np.zeros((program.depth, process.game.vectors.shape[1]))
    prepare(program, process.scalars, process.game.vectors, registers, stack)
    table = registers[process.game.source[0], process.game.source[1]]
    co_players = compositions(len(model.strategies), process.meeting.size - 1)
    beta, a = process.rule.intensity, process.meeting.assortment
    for i, name in enumerate(model.strategies):
        for j, resident in enumerate(model.strategies):
            alike = [table[i, np.flatnonzero(co_players[:, k] == process.meeting.size - 1)[0]] for k in (i, j)]
            payoff = a * alike[0] + (1 - a) * alike[1] + process.strategy[3, i]
            if 1 - beta + beta * payoff < 0:
                raise ValueError(
                    f"linear fitness of {name} among all {resident} is {1 - beta + beta * payoff:.3g}, which is negative: "
                    "lower the intensity, raise the payoffs, or use exponential fitness"
                )


def within(value: float, low: float, high: float, key: str) -> float:
    """The value, refused where it is not from low to high."""
    if not low <= value <= high:
        raise ProblemError((key,), f"must be from {low:g} to {high:g}, is {value:g}")
    return value

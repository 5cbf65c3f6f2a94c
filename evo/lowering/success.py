"""Selection and mutation, lowered: what success is made of, which way copying leans, what a strategy mutates to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._kin import shared
from evo._spec import ProblemError
from evo.dynamics import DiscreteReplicator, LocalUpdate, ProportionalImitation
from evo.games import compositions
from evo.kernels.arrays import Process
from evo.kernels.program import prepare  # pyright: ignore[reportUnknownVariableType]  (kernels have no types)
from evo.lowering.payoffs import unsized
from evo.lowering.rule import acting
from evo.populations import Network
from evo.quantities import number

if TYPE_CHECKING:
    from evo.model import Model


def selection(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    """What the rule's numbers say of selection, by name."""
    chosen = model.selection
    rule = acting(model)
    facts = rule.facts
    intensity = number(chosen.intensity, values)
    if intensity < 0:
        raise ProblemError(("intensity",), f"cannot be negative, is {intensity:g}")
    conformity, prestige = number(chosen.conformity, values), number(chosen.prestige, values)
    if not facts.intensity and intensity != 1:
        raise ProblemError(
            ("intensity",), f"{rule.kind} compares payoffs as they are, so intensity has nothing to act on"
        )
    if facts.rule == codes.LOCAL_UPDATE and intensity > 1:
        raise ProblemError(("intensity",), f"local_update needs an intensity from 0 to 1, not {intensity:g}")
    if not facts.fitness and chosen.fitness != "exponential":
        raise ProblemError(("fitness",), f"{rule.kind} has no fitness map: payoffs enter it directly")
    if chosen.fitness == "linear" and intensity > 1:
        raise ProblemError(("intensity",), f"linear fitness needs an intensity from 0 to 1, not {intensity:g}")
    for key, neutral, value in (("conformity", 1.0, conformity), ("prestige", 0.0, prestige)):
        if not facts.role_model and value != neutral:
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
    """The trait that prestige looks at, per strategy; zeros where it looks at the payoff, or on a graph at the degree."""
    trait = model.selection.indicator
    if trait == "payoff" or (trait == "degree" and isinstance(model.population, Network)):
        return np.zeros(len(model.strategies))
    if trait not in model.trait_names:
        known = ", ".join(("payoff", *model.trait_names))
        raise ProblemError(("indicator",), f"must be payoff or a trait, is {trait!r}", f"known: {known}")
    return model.trait_values(trait)


def mutation(model: Model, values: Mapping[str, float], bounds: np.ndarray | None) -> tuple[float, np.ndarray]:
    """Rate, and what a strategy mutates to: one of its own role, whose strategies lie between `bounds`."""
    rule = acting(model)
    chosen, ways = model.mutation, rule.facts.mutates
    rate = number(chosen.rate, values)
    if rate != 0 and not ways:
        hint = "use replicator_mutator" if rule.kind == "replicator" else None
        raise ProblemError(("rate",), f"{model.dynamics.kind} has no mutation", hint)
    if ways == ("additive",) and getattr(rule, "form", "additive") == "additive":
        if rate < 0:
            raise ProblemError(("rate",), f"cannot be negative, is {rate:g}")
    else:
        within(rate, 0, 1, "rate")
    if chosen.when is not None and chosen.when not in ways:
        how = {"additive": "adds mutation to its flow", "at_birth": "mutates at birth"}
        words = next((how[way] for way in ways if way in how), "has no mutation")
        raise ProblemError(("when",), f"{model.dynamics.kind} {words}", "leave `when` out")
    return rate, _targets(model, *([0, len(model.strategies)] if bounds is None else bounds.tolist()))


@shared
def _targets(model: Model, *bounds: int) -> np.ndarray:
    """What each strategy mutates to, probabilities (d, d)."""
    to, strategies = model.mutation.to, len(model.strategies)
    if isinstance(to, str):
        return _uniform(bounds, own=to == "any")
    if len(to) != strategies or any(len(row) != strategies for row in to):
        raise ProblemError(("to",), f"needs {strategies} rows of {strategies} probabilities")
    found = np.array(to, dtype=float)
    for i, total in enumerate(found.sum(axis=1)):
        if abs(total - 1) > 1e-9:
            raise ProblemError(("to", i), f"must sum to 1, sums to {total:g}")
    if (found[_uniform(bounds, own=True) == 0] != 0).any():
        raise ProblemError(("to",), "a strategy mutates to one of its own role only")
    return found


def _uniform(bounds: Sequence[int], own: bool) -> np.ndarray:
    """Uniform over the strategies of a role, the own included or not; a strategy that is alone stays what it is."""
    to = np.zeros((bounds[-1], bounds[-1]))
    for first, stop in pairwise(bounds):
        count = stop - first
        alone = own or count == 1
        to[first:stop, first:stop] = (np.ones((count, count)) - (0 if alone else np.eye(count))) / (
            count if alone else count - 1
        )
    return to


def still_table(process: Process) -> np.ndarray | None:
    """The payoff table, (d, C), where it does not move during a run."""
    if process.game.moves:
        return None
    program = process.game.program
    registers = np.zeros((program.registers, process.game.vectors.shape[1]))
    stack = np.zeros((program.depth, process.game.vectors.shape[1]))
    prepare(program, process.scalars, process.game.vectors, registers, stack)
    return registers[process.game.source[0], process.game.source[1]]


def own_number(model: Model, process: Process) -> float:
    """The rule's own number, checked; a largest payoff difference that is not given is taken from the payoff table."""
    chosen, given = acting(model), process.rule.number
    if isinstance(chosen, DiscreteReplicator) and given <= 0:
        raise ProblemError(("background",), f"must be positive, is {given:g}")
    if not isinstance(chosen, LocalUpdate | ProportionalImitation):
        return given
    if chosen.largest_difference is not None:
        if given <= 0:
            raise ProblemError(("largest_difference",), f"must be positive, is {given:g}")
        return given
    table = None if unsized(model, process.meeting.size) else still_table(process)
    if table is None:
        raise ProblemError(
            ("largest_difference",),
            "is missing: these payoffs move or depend on the graph, so that their largest difference is not known",
            "give the largest payoff difference that can occur",
        )
    met = table[_meets(process)]
    used = met[np.isfinite(met)]  # compositions that no group can have may be anything
    spread = float(used.max() - used.min()) if used.size else 0.0
    return spread if spread > 0 else 1.0


def _meets(process: Process) -> np.ndarray:
    """Which entries of the payoff table are of players who can meet, (d, C)."""
    if len(process.wholes) == 1:
        return np.ones(process.game.source.shape[1:], dtype=bool)
    role = np.repeat([0, 1], np.diff(process.roles))
    return role[:, None] != role[None, :]


def check_linear_fitness(model: Model, process: Process) -> None:
    """Refuse linear fitness that is negative for a rare strategy among all-others, where payoffs do not move."""
    pairs = process.meeting.size == 2
    table = still_table(process) if process.rule.fitness == codes.LINEAR else None
    if unsized(model, process.meeting.size):
        return
    if table is None or len(process.wholes) > 1 or not (pairs or process.meeting.assortment == 0):
        return  # elsewhere the run stops at the state
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

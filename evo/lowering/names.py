"""Names that formulas may use, where they stand in `scalars`, and formulas compiled for them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from evo._kin import shared
from evo.environments import Constant, Feedback
from evo.formulas import compile_program, parse
from evo.games import GroupGame
from evo.games.written import payoff_formulas
from evo.kernels.arrays import PARAMETERS
from evo.kernels.program import Program
from evo.populations import Network
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.model import Model

DEGREE, LEVEL = "degree", "level"
Names = tuple[tuple[str, int], ...]


@shared
def scalar_names(model: Model) -> dict[str, int]:
    """Where each name that formulas may use stands in `scalars`: t, n, parameters, environment, shares."""
    names = {"t": 0, "n": 1}
    place = PARAMETERS
    for name in model.parameters:
        names[name] = place
        place += 1
    for name in model.environment:
        names[name] = place  # a variable shadows the parameter of its name
        place += 1
    for name in model.strategies:
        names[f"x_{name}"] = place
        place += 1
    return names


@shared
def payoff_names(model: Model) -> dict[str, int]:
    """What feedback laws may use besides: mean_payoff and the payoff of each strategy."""
    first = PARAMETERS + len(model.parameters) + len(model.environment) + len(model.strategies)
    return {"mean_payoff": 2} | {f"payoff_{name}": first + place for place, name in enumerate(model.strategies)}


@shared
def attributes(model: Model) -> dict[str, int]:
    """What payoffs and contributions may read besides of a node on a graph, and where it stands in `scalars` once they do.
    What the config itself calls so (a parameter, a variable, a line under `let`) means that instead."""
    if not isinstance(model.population, Network):
        return {}
    taken = {*model.parameters, *model.environment, *getattr(model.game, "let", {})}
    first = scalars_end(model) + 1  # after the size of the group
    return {name: first + place for place, name in enumerate((DEGREE, LEVEL)) if name not in taken}


def scalars_end(model: Model) -> int:
    """How many `scalars` there are where payoffs read nothing of a node; there the first of those begins."""
    return PARAMETERS + len(model.parameters) + len(model.environment) + 2 * len(model.strategies)


@shared
def lines(model: Model) -> dict[str, str]:
    """The lines under `let`, what players put into the pot of a group among them."""
    game = model.form
    return dict(game.pooled().let if isinstance(game, GroupGame) else game.let)


@shared
def outputs(model: Model) -> dict[str, str]:
    """The outputs of the payoff program by name, in order."""
    game = model.form
    named = roles(model.strategies)
    rows = len(next(iter(named.values()))) if named else 0
    return payoff_formulas(game.pooled() if isinstance(game, GroupGame) else game, model.strategy_names, rows)


@shared
def reads(model: Model, *names: str) -> bool:
    """Whether a payoff reads one of these names."""
    return _read(names, [*lines(model).values(), *outputs(model).values()])


@shared
def law_reads(model: Model, *names: str) -> bool:
    """Whether a feedback law reads one of these names."""
    return _read(names, [law.rate for law in model.environment.values() if isinstance(law, Feedback)])


def _read(names: tuple[str, ...], texts: list[str]) -> bool:
    return any(not parse(text).names.isdisjoint(names) for text in texts)


@shared
def moving(model: Model) -> frozenset[str]:
    """Names whose values may change during a run, whatever node reads them."""
    still = {name for name, law in model.environment.items() if isinstance(law, Constant)}
    names = {"t"} | (set(model.environment) - still) | {f"x_{name}" for name in model.strategies}
    return frozenset(names)


@lru_cache(maxsize=256)
def compiled(
    let: tuple[tuple[str, str], ...],
    outputs: tuple[tuple[str, str], ...],
    scalars: Names,
    vectors: Names,
    moves: frozenset[str],
) -> Program:
    """The program of these formulas; the same formulas are compiled once."""
    return compile_program(
        let=dict(let), outputs=dict(outputs), scalars=dict(scalars), vectors=dict(vectors), moving=moves
    )

"""What players put into the pots of their groups: checked against the rest of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evo._errors import suggest
from evo._spec import ProblemError
from evo.formulas import parse
from evo.games import GroupGame, PublicGoods
from evo.games.group import OWN, POT, text
from evo.lowering.names import DEGREE, attributes
from evo.lowering.problems import Problems
from evo.populations import Network

if TYPE_CHECKING:
    from evo.model import Model


def check_contributions(model: Model, game: GroupGame) -> None:
    """Refuse contributions that are missing, unread or read what they may not; raises ProblemError, path within the game."""
    _check_division(model)
    if not game.contributions:
        return
    problems = Problems()
    names = model.strategy_names
    for name in names:
        if name not in game.contributions:
            problems.add(("contributions", name), "is missing: what does it put in? (0 is nothing)")
    for name in game.contributions:
        if name not in names:
            problems.add(("contributions", name), "is not a strategy", f"strategies: {', '.join(names)}")
    known = {"t", *model.parameters, *model.environment, *attributes(model)}
    for name, cell in game.contributions.items():
        for read in sorted(parse(text(cell)).names - known):
            problems.add(("contributions", name), *_stranger(model, read, known))
    for line, formula in game.let.items():
        if OWN in parse(formula).names:
            problems.add(("let", line), f"{OWN!r} differs between strategies", f"read {OWN} in `payoffs`")
    for part in (model.parameters, model.environment, game.let):
        for taken in {POT, OWN} & set(part):
            problems.add(("contributions",), f"the name {taken!r} is taken, which is what contributions come to")
    problems.stop()
    formulas = [*game.let.values(), *(text(cell) for cell in game.payoffs.values())]
    if not any({POT, OWN} & parse(formula).names for formula in formulas):
        raise ProblemError(("contributions",), "are read by no payoff", f"payoffs may use {POT} and {OWN}")


def _stranger(model: Model, name: str, known: set[str]) -> tuple[str, str | None]:
    if name in (DEGREE, "level") and not isinstance(model.population, Network):
        return f"{name!r} is of nodes on a graph", "use `population: {kind: network, graph: ...}`"
    if name.startswith(("k_", "x_")) or name == "n":
        return f"cannot read {name!r}: a contribution is made before the group is known", "read it in `payoffs`"
    return f"unknown name {name!r}", suggest(name, known)


def _check_division(model: Model) -> None:
    """A contribution that is divided among the groups of a player needs to know how many they are."""
    game = model.game
    if not isinstance(game, PublicGoods) or game.contribution == "per_group":
        return
    if not isinstance(model.population, Network):
        raise ProblemError(
            ("contribution",),
            "is divided among the groups around a player and its neighbours, and so needs a graph",
            "use `population: {kind: network, graph: ...}`",
        )
    if model.population.scope != "all":
        raise ProblemError(
            ("contribution",), "is divided among all groups of a player, which plays in its own only here"
        )
    if DEGREE not in attributes(model):
        raise ProblemError(("contribution",), f"reads the degree, and {DEGREE!r} is the name of something else here")

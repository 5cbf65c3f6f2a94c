"""Games: payoff programs over the composition of a group, written out or by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationError

from evo._spec import ProblemError, refuse
from evo.games.bimatrix import BimatrixGame
from evo.games.circle import RockPaperScissors
from evo.games.collective_risk import CollectiveRisk
from evo.games.group import GroupGame
from evo.games.layout import compositions
from evo.games.matrix import MatrixGame
from evo.games.optional import OptionalPublicGoods
from evo.games.pairs import (
    Coordination,
    Donation,
    HawkDove,
    LeaderFollower,
    PrisonersDilemma,
    Snowdrift,
    StagHunt,
)
from evo.games.public_goods import PublicGoods
from evo.games.repeated import RepeatedGame
from evo.games.stochastic import StochasticGame
from evo.games.supervision import SupervisedProduction
from evo.games.table import Embedded, TableGame, from_function
from evo.games.thresholds import NPersonSnowdrift, NPersonStagHunt, VolunteersDilemma
from evo.games.two_roles import BattleOfSexes, MatchingPennies, Ultimatum
from evo.games.written import Written, unknown_names

__all__ = [
    "BattleOfSexes",
    "BimatrixGame",
    "Calculated",
    "CollectiveRisk",
    "Coordination",
    "Donation",
    "Game",
    "GroupGame",
    "HawkDove",
    "LeaderFollower",
    "MatchingPennies",
    "MatrixGame",
    "NPersonSnowdrift",
    "NPersonStagHunt",
    "OptionalPublicGoods",
    "PrisonersDilemma",
    "PublicGoods",
    "RepeatedGame",
    "RockPaperScissors",
    "Snowdrift",
    "StagHunt",
    "StochasticGame",
    "SupervisedProduction",
    "TableGame",
    "Ultimatum",
    "VolunteersDilemma",
    "Written",
    "compositions",
    "from_function",
    "unknown_names",
    "written",
]

Game = Annotated[
    MatrixGame
    | GroupGame
    | BimatrixGame
    | TableGame
    | Donation
    | PrisonersDilemma
    | Snowdrift
    | HawkDove
    | StagHunt
    | Coordination
    | LeaderFollower
    | RockPaperScissors
    | MatchingPennies
    | BattleOfSexes
    | Ultimatum
    | PublicGoods
    | OptionalPublicGoods
    | CollectiveRisk
    | NPersonSnowdrift
    | NPersonStagHunt
    | VolunteersDilemma
    | SupervisedProduction
    | RepeatedGame
    | StochasticGame,
    Field(discriminator="kind"),
]

Calculated = RepeatedGame | StochasticGame  # written out by the values of parameters


def written(
    game: Game,
    strategies: tuple[str, ...],
    *,
    parameters: Mapping[str, float] | None = None,
    files: Mapping[str, Embedded] | None = None,
) -> Written:
    """The game written out for these strategies: itself, or what its name stands for.

    `parameters` are those that stay as they are (none that a variable of the environment shadows), for games that are
    calculated when they are written out; `files` are the config's data files. Raises ProblemError or ConfigError, paths
    within the game, where it does not fit.
    """
    if isinstance(game, Written):
        return game
    try:
        if isinstance(game, Calculated):
            return game.written(strategies, parameters or {})
        if isinstance(game, TableGame):
            return game.written(strategies, files or {})
        return game.written(strategies)
    except ValidationError as error:  # formulas that are right by themselves and too long together
        (first, *_) = refuse(error).problems
        raise ProblemError((), f"cannot be written out: {first.message}", first.hint) from None

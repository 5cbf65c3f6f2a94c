"""Games: payoff programs over the composition of a group, written out or by name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evo.games.bimatrix import BimatrixGame
from evo.games.group import GroupGame
from evo.games.layout import compositions
from evo.games.matrix import MatrixGame
from evo.games.written import Written

__all__ = ["BimatrixGame", "Game", "GroupGame", "MatrixGame", "Written", "compositions", "written"]

Game = Annotated[MatrixGame | GroupGame | BimatrixGame, Field(discriminator="kind")]


def written(game: Game, strategies: tuple[str, ...]) -> Written:
    """The game written out for these strategies: itself, or what its name stands for.

    Raises ProblemError where it does not fit the strategies.
    """
    return game

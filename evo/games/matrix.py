"""Two-player games by their matrix."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from evo._spec import Spec
from evo.games.cells import numbers
from evo.quantities import Cell, Formula
from evo.strategies import Name

Matrix = Annotated[tuple[tuple[Cell, ...], ...], BeforeValidator(numbers)]


class MatrixGame(Spec):
    """Two-player game: payoffs[i][j] is the payoff to strategy i (row) against strategy j (column).

    An entry is a number or a formula of parameters, environment variables, t, the mix x_NAME and the lines under `let`.
    In Python an array of numbers does as well.
    """

    kind: Literal["matrix"] = "matrix"
    let: dict[Name, Formula] = Field(default_factory=dict)
    payoffs: Matrix

"""Two-player games by their matrix."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import Spec
from evo.quantities import Cell, Formula
from evo.strategies import Name


class MatrixGame(Spec):
    """Two-player game: payoffs[i][j] is the payoff to strategy i (row) against strategy j (column).

    An entry is a number or a formula of parameters, environment variables, t, the mix x_NAME and the lines under `let`.
    """

    kind: Literal["matrix"] = "matrix"
    let: dict[Name, Formula] = Field(default_factory=dict)
    payoffs: tuple[tuple[Cell, ...], ...]

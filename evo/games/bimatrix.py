"""Games between two roles by their two matrices."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import Spec
from evo.games.matrix import Matrix
from evo.quantities import Formula
from evo.strategies import Name


class BimatrixGame(Spec):
    """Two-player game between two roles, by their two matrices.

    row[i][j] is the payoff to strategy i of the first role and column[i][j] that to strategy j of the second role when
    these two meet.

    Which strategies belong to which role is said in `strategies` (`role`); the first role is the first that is named
    there. Entries are numbers or formulas, as in a matrix game; a share x_NAME is that within its role.
    """

    kind: Literal["bimatrix"] = "bimatrix"
    let: dict[Name, Formula] = Field(default_factory=dict)
    row: Matrix
    column: Matrix

"""Games in groups by one formula per strategy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import Spec
from evo.quantities import Cell, Formula, GroupSize
from evo.strategies import Name


class GroupGame(Spec):
    """Game in groups of `size`: one formula per strategy for the payoff to a member who plays it.

    Formulas may use parameters, environment variables, t, n (the group size), k_NAME (members of the group who play
    NAME, the focal included), the population's mix x_NAME and the lines under `let`. A payoff is used only where the
    group holds at least one such member.
    """

    kind: Literal["group"] = "group"
    size: GroupSize
    let: dict[Name, Formula] = Field(default_factory=dict)
    payoffs: dict[Name, Cell]

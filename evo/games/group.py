"""Games in groups by one formula per strategy."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from evo._spec import Spec
from evo.games.cells import term
from evo.quantities import Cell, Formula, GroupSize
from evo.strategies import Name

POT, OWN = "pot", "own"


class GroupGame(Spec):
    """Game in groups of `size`: one formula per strategy for the payoff to a member who plays it.

    Formulas may use parameters, environment variables, t, n (the group size), k_NAME (members of the group who play
    NAME, the focal included), the population's mix x_NAME and the lines under `let`; on a graph also the focal's `degree`
    (the number of those it plays with) and, in a tree or hierarchy, its `level` (0 at the top). A payoff is used only
    where the group holds at least one such member.

    contributions: what a member who plays each strategy puts into its group, a number or a formula of parameters,
    environment variables, t and, on a graph, the member's own degree and level [Santos, Santos & Pacheco 2008]. Payoffs
    and `let` may then read `pot`, the sum over all members, and payoffs also `own`, what the focal itself puts in.
    """

    kind: Literal["group"] = "group"
    size: GroupSize
    let: dict[Name, Formula] = Field(default_factory=dict)
    contributions: dict[Name, Cell] = Field(default_factory=dict)
    payoffs: dict[Name, Cell]

    def pooled(self) -> GroupGame:
        """The same game with pot and own written out, where who plays a strategy contributes the same everywhere."""
        if not self.contributions:
            return self
        pot = " + ".join(f"k_{name}*{term(cell)}" for name, cell in self.contributions.items())
        payoffs: dict[Name, Cell] = {
            name: re.sub(rf"\b{OWN}\b", term(self.contributions.get(name, 0.0)), text(cell))
            for name, cell in self.payoffs.items()
        }
        return GroupGame(size=self.size, let={POT: pot, **self.let}, payoffs=payoffs)


def text(cell: float | str) -> str:
    """A cell as a formula."""
    return cell if isinstance(cell, str) else repr(cell)

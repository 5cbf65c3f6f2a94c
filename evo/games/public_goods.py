"""The public goods game in groups of a fixed size, by how the good grows with contributions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evo._spec import ProblemError, Spec
from evo.games.cells import Amount, Threshold, term
from evo.games.group import GroupGame
from evo.games.parts import in_order
from evo.quantities import Cell, GroupSize


class Linear(Spec):
    """Every contribution is worth the same: contributions are multiplied and divided equally."""

    kind: Literal["linear"] = "linear"
    multiplier: Amount = 3.0

    def share(self, contributions: str, sharers: str, cost: str) -> str:
        """Formula for what each of the sharers has of so many contributions."""
        return f"{term(self.multiplier)}*{cost}*{contributions}/{sharers}"


class Synergy(Spec):
    """The j-th contribution is worth `synergy`**(j-1) times the first: below 1 discounted, above 1 in synergy; the sum is
    divided equally [Hauert, Michor, Nowak & Doebeli 2006].
    """

    kind: Literal["synergy"] = "synergy"
    multiplier: Amount = 3.0
    synergy: Amount = 1.0

    def share(self, contributions: str, sharers: str, cost: str) -> str:
        """Formula for what each of the sharers has of so many contributions."""
        r, w, k = term(self.multiplier), term(self.synergy), contributions
        return f"{r}*{cost}/{sharers}*where({w} == 1, {k}, (1 - {w}**{k})/(1 - {w}))"


class Step(Spec):
    """A threshold: every member has the `benefit` where contributions reach the threshold, nothing below; a contribution
    is spent either way [Bach, Helvik & Christiansen 2006; Archetti & Scheuring 2011].
    """

    kind: Literal["threshold"] = "threshold"
    benefit: Cell = 1.0
    threshold: Threshold = 3

    def share(self, contributions: str, sharers: str, cost: str) -> str:
        """Formula for what each member has of so many contributions."""
        return f"where({contributions} >= {term(self.threshold)}, {term(self.benefit)}, 0)"


class Sigmoid(Spec):
    """A sigmoid: every member has benefit*(V(k) - V(0))/(V(n) - V(0)) of k contributions, V(k) = 1/(1 + exp(-steepness*
    (k - inflection))), so that none bring nothing and all bring the benefit [Archetti & Scheuring 2012].
    """

    kind: Literal["sigmoid"] = "sigmoid"
    benefit: Cell = 1.0
    steepness: Amount = 2.0
    inflection: Amount = 2.5

    def share(self, contributions: str, sharers: str, cost: str) -> str:
        """Formula for what each member has of so many contributions."""
        none, some, all_ = (self._level(k) for k in ("0", contributions, sharers))
        return f"{term(self.benefit)}*({some} - {none})/({all_} - {none})"

    def _level(self, contributions: str) -> str:
        return f"1/(1 + exp(-{term(self.steepness)}*({contributions} - {term(self.inflection)})))"


Good = Annotated[Linear | Synergy | Step | Sigmoid, Field(discriminator="kind")]


class PublicGoods(Spec):
    """Public goods game in groups of `size`: cooperators contribute `cost`, defectors nothing, and all have of the good.

    The first strategy cooperates, the second defects. `good` says what k contributions bring to each member: linear
    (multiplier*cost*k/n), synergy, threshold or sigmoid. `returns: shared`: all n members have of all contributions, a
    contributor of its own too. `returns: others`: a contribution goes to the n-1 others alone, so that each has of the
    others' contributions, divided by n-1 where they are divided (and n-1 are all, for a sigmoid). Groups are always
    full: nobody is ever alone [Hauert, Michor, Nowak & Doebeli 2006].

    `contribution: per_group`: a cooperator contributes `cost` to each of its groups. `per_player`, on a graph: it has
    one `cost` for all the groups that it is in, its own and those around its neighbours, and gives an equal part of it to
    each; k then counts parts of contributions [Santos, Santos & Pacheco 2008].
    """

    kind: Literal["public_goods"] = "public_goods"
    size: GroupSize = 5
    cost: Amount = 1.0
    good: Good = Linear()
    returns: Literal["shared", "others"] = "shared"
    contribution: Literal["per_group", "per_player"] = "per_group"

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """The two formulas; raises ProblemError where there are not two strategies."""
        cooperate, defect = in_order(strategies, "cooperate", "defect")
        check_threshold(self.good.threshold if isinstance(self.good, Step) else 1, self.size, ("good", "threshold"))
        cost = term(self.cost)
        if self.contribution == "per_player":
            return self._divided(cooperate, defect, cost)
        sharers, own = ("n", f"k_{cooperate}") if self.returns == "shared" else ("(n - 1)", f"(k_{cooperate} - 1)")
        return GroupGame(
            size=self.size,
            payoffs={
                cooperate: f"{self.good.share(own, sharers, cost)} - {cost}",
                defect: self.good.share(f"k_{cooperate}", sharers, cost),
            },
        )

    def _divided(self, cooperate: str, defect: str, cost: str) -> GroupGame:
        """The game of cooperators who divide one contribution among their groups; contributions are in units of the cost."""
        sharers, others = ("n", "pot") if self.returns == "shared" else ("(n - 1)", "(pot - own)")
        return GroupGame(
            size=self.size,
            contributions={cooperate: "1/(degree + 1)", defect: 0.0},
            payoffs={
                cooperate: f"{self.good.share(others, sharers, cost)} - {cost}*own",
                defect: self.good.share("pot", sharers, cost),
            },
        )


def check_threshold(threshold: int | str, size: int | str, path: tuple[str, ...] = ("threshold",)) -> None:
    """Refuse a threshold that no group can reach, where both are numbers; raises ProblemError."""
    if not isinstance(threshold, str) and not isinstance(size, str) and threshold > size:
        raise ProblemError(path, f"no group of {size} reaches a threshold of {threshold}")

"""The collective-risk dilemma, without an institution and with local or global ones."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evo._spec import ProblemError, Spec
from evo.games.cells import Amount, Fraction, Threshold, term
from evo.games.group import GroupGame
from evo.games.parts import members, share
from evo.games.public_goods import check_threshold
from evo.quantities import GroupSize

_WITHIN = 1e-9  # shares of a finite population are rounded


class NoInstitution(Spec):
    """Nobody is fined; punishers, where there are any, pay their `tax` for nothing."""

    kind: Literal["none"] = "none"
    tax: Amount = 0.03

    def stands(self, punishers: str, share: str) -> str:
        """Formula for whether there is an institution."""
        return "0"

    @property
    def fined(self) -> float | str:
        return 0.0


class LocalInstitution(Spec):
    """Each group has its own: defectors lose `fine` in groups with at least `punishers` who pay the `tax`."""

    kind: Literal["local"] = "local"
    tax: Amount = 0.03
    fine: Amount = 0.3
    punishers: Threshold = 1

    def stands(self, punishers: str, share: str) -> str:
        """Formula for whether there is an institution."""
        return f"{punishers} >= {term(self.punishers)}"

    @property
    def fined(self) -> float | str:
        return self.fine


class GlobalInstitution(Spec):
    """One for all: defectors lose `fine` everywhere while at least the share `punishers` of the population pays the
    `tax`.
    """

    kind: Literal["global"] = "global"
    tax: Amount = 0.03
    fine: Amount = 0.3
    punishers: Fraction = 0.25

    def stands(self, punishers: str, share: str) -> str:
        """Formula for whether there is an institution."""
        return f"{share} >= {term(self.punishers)} - {_WITHIN!r}"

    @property
    def fined(self) -> float | str:
        return self.fine


Institution = Annotated[NoInstitution | LocalInstitution | GlobalInstitution, Field(discriminator="kind")]


class CollectiveRisk(Spec):
    """Collective-risk dilemma in groups of `size`: where fewer than `threshold` contribute, all lose what is at stake with
    probability `risk` (the payoff is the expected one).

    The first strategy cooperates: it gives the fraction `cost` of its `endowment`. The second defects. A third, if there
    is one, contributes like the first and pays the tax of an institution that fines defectors: `institution` is none,
    local or global. `at_stake: endowment`: a contributor has lost cost*endowment and with probability risk the whole
    endowment besides, so that it is always worse off than a defector by the same amount [Santos & Pacheco 2011];
    `at_stake: rest`: with probability risk everybody loses what is left to them [Milinski et al. 2008]
    [institutions: Vasconcelos, Santos & Pacheco 2013, their numbers reconstructed]. Groups are always full.
    """

    kind: Literal["collective_risk"] = "collective_risk"
    size: GroupSize = 6
    threshold: Threshold = 3
    endowment: Amount = 1.0
    cost: Fraction = 0.1
    risk: Fraction = 0.5
    at_stake: Literal["endowment", "rest"] = "endowment"
    institution: Institution = NoInstitution()

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """Two or three formulas; raises ProblemError for another number of strategies."""
        if len(strategies) not in (2, 3):
            raise ProblemError(
                ("kind",),
                f"needs 2 or 3 strategies, there are {len(strategies)}",
                "in this order: cooperate, defect, punish",
            )
        if len(strategies) == 2 and self.institution.kind != "none":
            raise ProblemError(("institution",), "needs a third strategy that punishes")
        check_threshold(self.threshold, self.size)
        if isinstance(self.institution, LocalInstitution):
            check_threshold(self.institution.punishers, self.size, ("institution", "punishers"))
        cooperate, defect, *punish = strategies
        b, given = term(self.endowment), f"{term(self.cost)}*{term(self.endowment)}"
        reached = f"{members((cooperate, *punish))} >= {term(self.threshold)}"
        kept = f"where({reached}, 1, 1 - {term(self.risk)})"
        left = f"{b}*{kept} - {given}" if self.at_stake == "endowment" else f"({b} - {given})*{kept}"
        stands = self.institution.stands(members(tuple(punish)), share(tuple(punish)))
        payoffs = {cooperate: left, defect: f"{b}*{kept} - where({stands}, {term(self.institution.fined)}, 0)"}
        for name in punish:
            payoffs[name] = f"{left} - {term(self.institution.tax)}"
        return GroupGame(size=self.size, payoffs={name: payoffs[name] for name in strategies})

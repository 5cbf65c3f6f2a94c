"""Snowdrift, stag hunt and volunteering in groups."""

from __future__ import annotations

from typing import Literal

from evo._spec import Spec
from evo.games.cells import Amount, Threshold, term
from evo.games.group import GroupGame
from evo.games.parts import in_order
from evo.games.public_goods import check_threshold
from evo.quantities import GroupSize


class NPersonSnowdrift(Spec):
    """Snowdrift in groups of `size`: all have the `benefit` where at least `threshold` cooperate, who share the `cost`.

    The first strategy cooperates, the second defects. Of k cooperators each pays cost/k where k >= threshold, and
    cost/threshold in vain below [Souza, Pacheco & Santos 2009; at threshold 1 Zheng et al. 2007].
    """

    kind: Literal["n_person_snowdrift"] = "n_person_snowdrift"
    size: GroupSize = 5
    threshold: Threshold = 1
    benefit: Amount = 1.0
    cost: Amount = 0.5

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """The two formulas; raises ProblemError where there are not two strategies."""
        cooperate, defect = in_order(strategies, "cooperate", "defect")
        check_threshold(self.threshold, self.size)
        k, enough = f"k_{cooperate}", term(self.threshold)
        had = f"where({k} >= {enough}, {term(self.benefit)}, 0)"
        paid = f"{term(self.cost)}/max({k}, {enough})"
        return GroupGame(size=self.size, payoffs={cooperate: f"{had} - {paid}", defect: had})


class NPersonStagHunt(Spec):
    """Stag hunt in groups of `size`: contributions are multiplied and shared by all, but only where at least `threshold`
    hunt.

    The first strategy hunts at a `cost`, the second gathers: of k >= threshold hunters each member has
    multiplier*cost*k/n, of fewer nothing; a hunter pays its cost either way [Pacheco, Santos, Souza & Skyrms 2009].
    """

    kind: Literal["n_person_stag_hunt"] = "n_person_stag_hunt"
    size: GroupSize = 6
    threshold: Threshold = 3
    multiplier: Amount = 5.5
    cost: Amount = 1.0

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """The two formulas; raises ProblemError where there are not two strategies."""
        hunt, gather = in_order(strategies, "hunt", "gather")
        check_threshold(self.threshold, self.size)
        k, cost = f"k_{hunt}", term(self.cost)
        had = f"where({k} >= {term(self.threshold)}, {term(self.multiplier)}*{cost}*{k}/n, 0)"
        return GroupGame(size=self.size, payoffs={hunt: f"{had} - {cost}", gather: had})


class VolunteersDilemma(Spec):
    """Volunteer's dilemma in groups of `size`: one volunteer is enough for all to have the `benefit`; each one pays.

    The first strategy volunteers at a `cost`, the second waits; the share of volunteers rests at
    1 - (cost/benefit)^(1/(n-1)) [Diekmann 1985].
    """

    kind: Literal["volunteers_dilemma"] = "volunteers_dilemma"
    size: GroupSize = 5
    benefit: Amount = 1.0
    cost: Amount = 0.2

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """The two formulas; raises ProblemError where there are not two strategies."""
        volunteer, wait = in_order(strategies, "volunteer", "wait")
        b, c = term(self.benefit), term(self.cost)
        return GroupGame(size=self.size, payoffs={volunteer: f"{b} - {c}", wait: f"where(k_{volunteer} > 0, {b}, 0)"})

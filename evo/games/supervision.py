"""Production under a supervisor or among producers who watch each other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import Spec
from evo.games.cells import Amount, Fraction, term
from evo.games.deciding import Decision, consensus_formula
from evo.games.group import GroupGame
from evo.games.parts import assigned, members
from evo.quantities import GroupSize
from evo.strategies import Name

Part = Literal["producer_mutual", "producer_supervised", "cheat", "leader"]
PARTS = ("producer_mutual", "producer_supervised", "cheat", "leader")


class Mutual(Spec):
    """Mutual monitoring: what it costs a mutual producer for each cheat in its group, and what each of them takes of a
    cheat.
    """

    cost: Amount = 0.02
    fine: Amount = 0.0


class Control(Spec):
    """What it takes to control from above: for each producer `cost` times `details` times the depth of the hierarchy,
    1 + ln k/ln span of k producers, each supervisor seeing to `span` of them (the pi_H of the Big Shift)."""

    span: Amount = 7.0
    details: Amount = 10.0
    cost: Amount = 0.03


class SupervisedProduction(Spec):
    """Production in groups of `size` where a leader watches over producers for a tax, or producers watch each other.

    Reconstructed after [Hooper, Kaplan & Boone 2010]; not the paper's own equations or numbers. Parts, any of them:
    producer_mutual, producer_supervised, cheat, leader. All but leaders produce, and each has benefit*(1 - q), q the
    share of cheats among those who produce; honest ones pay `cost`. In a group with a leader every producer hands over
    the fraction `tax` of this, and a cheat is detected with probability `detection` and fined. Leaders divide the
    tribute and the cost of `supervision`, so much for each producer. Mutual producers pay for monitoring each cheat,
    with a leader or without (`mutual`). A leader without producers earns 0; producers without a leader keep all.
    `control` adds to the cost of supervision what a span of control and details take. `decision` is what every member
    loses while the group decides: long among equals, short with one leader, longer again with several who disagree.
    A strategy that is called like a part plays it, others say so: `plays: {boss: leader}`.
    """

    kind: Literal["supervised_production"] = "supervised_production"
    size: GroupSize = 8
    benefit: Amount = 3.0
    cost: Amount = 1.0
    tax: Fraction = 0.1
    detection: Fraction = 0.8
    fine: Amount = 2.0
    supervision: Amount = 0.05
    mutual: Mutual = Mutual()
    control: Control | None = None
    decision: Decision | None = None
    plays: dict[Name, Part] = Field(default_factory=dict)

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """One formula per strategy; raises ConfigError where strategies and parts do not fit."""
        who = assigned(self.plays, strategies, PARTS)
        monitors, _, cheats, leaders = (members(who[part]) for part in PARTS)
        producers = members(tuple(name for name in strategies if name not in who["leader"]))
        made = f"{term(self.benefit)}*(1 - {cheats}/{producers})"
        led = f"{leaders} > 0"
        share = f"{made}*where({led}, 1 - {term(self.tax)}, 1)"
        tribute = f"{term(self.tax)}*{made} - {self._supervision(producers)}"
        caught = f"where({led}, {term(self.detection)}*{term(self.fine)}, 0) + {term(self.mutual.fine)}*{monitors}"
        payoffs = {
            "producer_mutual": f"{share} - {term(self.cost)} - {term(self.mutual.cost)}*{cheats}",
            "producer_supervised": f"{share} - {term(self.cost)}",
            "cheat": f"{share} - ({caught})",
            "leader": f"where({producers} > 0, ({tribute})*{producers}/{leaders}, 0)",
        }
        lost = self._lost(leaders)
        return GroupGame(
            size=self.size, payoffs={name: payoffs[part] + lost for part, names in who.items() for name in names}
        )

    def _supervision(self, producers: str) -> str:
        """Formula for the cost of supervision of one producer."""
        if self.control is None:
            return term(self.supervision)
        span, details, cost = (term(each) for each in (self.control.span, self.control.details, self.control.cost))
        return f"({term(self.supervision)} + {cost}*{details}*(1 + log({producers})/log({span})))"

    def _lost(self, leaders: str) -> str:
        """Formula for what a decision takes of each member's payoff, to be appended."""
        if self.decision is None:
            return ""
        return f" - {term(self.decision.cost)}*{consensus_formula(leaders=leaders)}"

"""Production under a supervisor or among producers who watch each other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import Spec
from evo.games.cells import Amount, Fraction, term
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


class SupervisedProduction(Spec):
    """Production in groups of `size` where a leader watches over producers for a tax, or producers watch each other.

    Reconstructed after [Hooper, Kaplan & Boone 2010]; not the paper's own equations or numbers. Parts, any of them:
    producer_mutual, producer_supervised, cheat, leader. All but leaders produce, and each has benefit*(1 - q), q the
    share of cheats among those who produce; honest ones pay `cost`. In a group with a leader every producer hands over
    the fraction `tax` of this, and a cheat is detected with probability `detection` and fined. Leaders divide the
    tribute and the cost of `supervision`, so much for each producer. Mutual producers pay for monitoring each cheat,
    with a leader or without (`mutual`). A leader without producers earns 0; producers without a leader keep all.
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
    plays: dict[Name, Part] = Field(default_factory=dict)

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """One formula per strategy; raises ConfigError where strategies and parts do not fit."""
        who = assigned(self.plays, strategies, PARTS)
        monitors, _, cheats, leaders = (members(who[part]) for part in PARTS)
        producers = members(tuple(name for name in strategies if name not in who["leader"]))
        made = f"{term(self.benefit)}*(1 - {cheats}/{producers})"
        led = f"{leaders} > 0"
        share = f"{made}*where({led}, 1 - {term(self.tax)}, 1)"
        tribute = f"{term(self.tax)}*{made} - {term(self.supervision)}"
        caught = f"where({led}, {term(self.detection)}*{term(self.fine)}, 0) + {term(self.mutual.fine)}*{monitors}"
        payoffs = {
            "producer_mutual": f"{share} - {term(self.cost)} - {term(self.mutual.cost)}*{cheats}",
            "producer_supervised": f"{share} - {term(self.cost)}",
            "cheat": f"{share} - ({caught})",
            "leader": f"where({producers} > 0, ({tribute})*{producers}/{leaders}, 0)",
        }
        return GroupGame(size=self.size, payoffs={name: payoffs[part] for part, names in who.items() for name in names})

"""The optional public goods game: loners, punishers and the institutions that punishers form."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import ProblemError, Spec
from evo.games.cells import Amount, term
from evo.games.group import GroupGame
from evo.games.parts import assigned, members
from evo.quantities import Cell, GroupSize
from evo.strategies import Name

Part = Literal["cooperate", "defect", "loner", "peer", "pool"]
PARTS = ("cooperate", "defect", "loner", "peer", "pool")


class Peer(Spec):
    """Peer punishment: each peer takes `fine` of each defector in its group, at a `cost` to itself for each.

    With `second_order` peers treat cooperators, who do not punish, likewise, in groups with a defector, where it shows;
    reconstructed.
    """

    fine: Amount = 0.7
    cost: Amount = 0.7
    second_order: bool = False


class Pool(Spec):
    """Pool punishment: each pool punisher pays the `fee` up front, and each defector in its group loses `fine` for each of
    them.

    With `second_order` cooperators and peers, who do not pay the fee, are fined like defectors.
    """

    fine: Amount = 0.7
    fee: Amount = 0.7
    second_order: bool = False


class OptionalPublicGoods(Spec):
    """Optional public goods game in groups of `size`: who takes part shares the good, loners stay out for an income.

    Parts, any of them: cooperate (contributes `cost`), defect, loner (earns the income `loner`), peer and pool
    (contribute and punish: see there). Contributions are multiplied by `multiplier`. `returns: others` (the default):
    each contribution is divided among the other participants; `returns: shared`: among all of them, its contributor
    included. A lone participant has no game: it earns `loner` like a loner, neither contributing nor punishing nor
    paying a fee. A strategy that is called like a part plays it, others say so: `plays: {free_ride: defect}`
    [Hauert, Traulsen, Brandt, Nowak & Sigmund 2007 with shared; Sigmund, De Silva, Traulsen & Hauert 2010 with others;
    the default numbers are a reconstruction of the latter's].
    """

    kind: Literal["optional_public_goods"] = "optional_public_goods"
    size: GroupSize = 5
    multiplier: Amount = 3.0
    cost: Amount = 1.0
    loner: Cell = 1.0
    returns: Literal["others", "shared"] = "others"
    peer: Peer = Peer()
    pool: Pool = Pool()
    plays: dict[Name, Part] = Field(default_factory=dict)

    def written(self, strategies: tuple[str, ...]) -> GroupGame:
        """One formula per strategy; raises ProblemError or ConfigError where strategies and parts do not fit."""
        who = assigned(self.plays, strategies, PARTS)
        if strategies == who["loner"]:
            raise ProblemError(("plays",), "leaves nobody to take part")
        earned = self._earned({part: members(names) for part, names in who.items()})
        taking_part = members(tuple(name for name in strategies if name not in who["loner"]))
        income = term(self.loner)
        return GroupGame(
            size=self.size,
            payoffs={
                name: income if part == "loner" else f"where({taking_part} > 1, {earned[part]}, {income})"
                for part, names in who.items()
                for name in names
            },
        )

    def _earned(self, count: dict[str, str]) -> dict[str, str]:
        """What each part earns in a game that takes place, by how many of the group play each."""
        cooperate, defect, peer, pool = (count[part] for part in ("cooperate", "defect", "peer", "pool"))
        contributors = f"({cooperate} + {peer} + {pool})"
        players = f"({contributors} + {defect})"
        made, cost = f"{term(self.multiplier)}*{term(self.cost)}", term(self.cost)
        if self.returns == "shared":
            own = others = f"{made}*{contributors}/{players}"
        else:
            own, others = f"{made}*({contributors} - 1)/({players} - 1)", f"{made}*{contributors}/({players} - 1)"
        fine, punishing = term(self.peer.fine), term(self.peer.cost)
        by_pool = f" - {term(self.pool.fine)}*{pool}"
        free_riding = by_pool if self.pool.second_order else ""
        seen = f"where({defect} > 0, {{}}, 0)" if self.peer.second_order else ""
        by_peers = f" - {fine}*{seen.format(peer)}" if seen else ""
        idle = f" - {punishing}*{seen.format(cooperate)}" if seen else ""
        return {
            "cooperate": f"{own} - {cost}{free_riding}{by_peers}",
            "defect": f"{others} - {fine}*{peer}{by_pool}",
            "peer": f"{own} - {cost} - {punishing}*{defect}{idle}{free_riding}",
            "pool": f"{own} - {cost} - {term(self.pool.fee)}",
        }

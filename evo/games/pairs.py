"""Two-player games of two strategies by their names, and coordination among any number."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from evo._spec import ProblemError, Spec
from evo.games.cells import Amount, term
from evo.games.matrix import MatrixGame
from evo.games.parts import in_order
from evo.quantities import Cell


class Donation(Spec):
    """Donation game: to cooperate costs the donor `cost` and gives the other `benefit`.

    The first strategy cooperates, the second defects: [[b-c, -c], [b, 0]] [Nowak 2006].
    """

    kind: Literal["donation"] = "donation"
    benefit: Amount = 3.0
    cost: Amount = 1.0

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError where there are not two strategies."""
        in_order(strategies, "cooperate", "defect")
        b, c = term(self.benefit), term(self.cost)
        return MatrixGame(payoffs=((f"{b} - {c}", f"-{c}"), (b, 0.0)))


class PrisonersDilemma(Spec):
    """Prisoner's dilemma by its four payoffs: R for mutual cooperation, S to the cooperator whom the other exploits, T for
    exploiting, P for mutual defection.

    The first strategy cooperates, the second defects: [[R, S], [T, P]]; T >= R > P >= S where all are numbers.
    Axelrod's numbers unless given [Axelrod & Hamilton 1981].
    """

    kind: Literal["prisoners_dilemma"] = "prisoners_dilemma"
    R: Cell = 3.0
    S: Cell = 0.0
    T: Cell = 5.0
    P: Cell = 1.0

    @model_validator(mode="after")
    def _is_a_dilemma(self) -> Self:
        payoffs = (self.T, self.R, self.P, self.S)
        if any(isinstance(payoff, str) for payoff in payoffs):
            return self
        temptation, reward, punishment, sucker = (float(payoff) for payoff in payoffs)
        if not temptation >= reward > punishment >= sucker:
            raise ProblemError(
                (),
                f"is no prisoner's dilemma: T >= R > P >= S fails at "
                f"{temptation:g}, {reward:g}, {punishment:g}, {sucker:g}",
                "`kind: matrix` takes any payoffs",
            )
        return self

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError where there are not two strategies."""
        in_order(strategies, "cooperate", "defect")
        return MatrixGame(payoffs=((self.R, self.S), (self.T, self.P)))


class Snowdrift(Spec):
    """Snowdrift game: whoever cooperates clears the drift, and cooperators share its `cost`; both have the `benefit`.

    The first strategy cooperates, the second defects: [[b - c/2, b - c], [b, 0]] [Hauert & Doebeli 2004].
    """

    kind: Literal["snowdrift"] = "snowdrift"
    benefit: Amount = 1.0
    cost: Amount = 0.5

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError where there are not two strategies."""
        in_order(strategies, "cooperate", "defect")
        b, c = term(self.benefit), term(self.cost)
        return MatrixGame(payoffs=((f"{b} - {c}/2", f"{b} - {c}"), (b, 0.0)))


class HawkDove(Spec):
    """Hawk and dove: hawks fight for a resource of this `value` and the loser bears the `cost` of injury; doves share.

    The first strategy is hawk, the second dove: [[(V-C)/2, V], [0, V/2]]; where C > V the share of hawks rests at V/C
    [Maynard Smith & Price 1973].
    """

    kind: Literal["hawk_dove"] = "hawk_dove"
    value: Amount = 2.0
    cost: Amount = 4.0

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError where there are not two strategies."""
        in_order(strategies, "hawk", "dove")
        v, c = term(self.value), term(self.cost)
        return MatrixGame(payoffs=((f"({v} - {c})/2", v), (0.0, f"{v}/2")))


class StagHunt(Spec):
    """Stag hunt: together two hunters get a `stag` each, alone nothing; a `hare` is certain.

    The first strategy hunts, the second gathers: [[stag, 0], [hare, hare]]; hunters spread above the share hare/stag
    [Skyrms 2004].
    """

    kind: Literal["stag_hunt"] = "stag_hunt"
    stag: Amount = 4.0
    hare: Amount = 3.0

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError where there are not two strategies."""
        in_order(strategies, "hunt", "gather")
        return MatrixGame(payoffs=((self.stag, 0.0), (self.hare, self.hare)))


class Coordination(Spec):
    """Pure coordination of any number of strategies: two of a kind earn `match`, two different ones `mismatch`.

    `match` is one number for all, or one for each strategy in order [Lewis 1969].
    """

    kind: Literal["coordination"] = "coordination"
    match: Cell | tuple[Cell, ...] = 1.0
    mismatch: Cell = 0.0

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError where `match` has another number of entries than there are strategies."""
        given = self.match if isinstance(self.match, tuple) else (self.match,) * len(strategies)
        if len(given) != len(strategies):
            raise ProblemError(("match",), f"needs {len(strategies)} numbers, one per strategy, has {len(given)}")
        places = range(len(strategies))
        return MatrixGame(payoffs=tuple(tuple(given[i] if i == j else self.mismatch for j in places) for i in places))


class LeaderFollower(Spec):
    """Leading and following: a pair that has one leader is coordinated; two of a kind are not and earn `alike`.

    The first strategy leads, the second follows: [[alike, leader], [follower, alike]]; at alike = 0 the share of leaders
    rests at leader/(leader + follower) [van Vugt 2006; King, Johnson & van Vugt 2009; payoffs reconstructed].
    """

    kind: Literal["leader_follower"] = "leader_follower"
    leader: Cell = 1.0
    follower: Cell = 0.6
    alike: Cell = 0.0

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError where there are not two strategies."""
        in_order(strategies, "lead", "follow")
        return MatrixGame(payoffs=((self.alike, self.leader), (self.follower, self.alike)))

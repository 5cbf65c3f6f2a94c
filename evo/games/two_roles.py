"""Games between two roles by their names."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from evo._spec import ProblemError, Spec
from evo.games.bimatrix import BimatrixGame
from evo.games.cells import Amount, Fraction, term
from evo.games.matrix import MatrixGame
from evo.games.parts import in_order
from evo.quantities import Cell

_ACCEPT, _REJECT = "accept whatever is offered", "reject a low offer"


class MatchingPennies(Spec):
    """Matching pennies: the first role wins the `stake` of the second where both show the same side, and loses its own
    where they do not.

    Two strategies for each role, in the same order of sides [Hofbauer & Sigmund 1998].
    """

    kind: Literal["matching_pennies"] = "matching_pennies"
    stake: Amount = 1.0

    def written(self, strategies: tuple[str, ...]) -> BimatrixGame:
        """The two matrices; raises ProblemError where there are not four strategies."""
        in_order(strategies, "heads of the first role", "tails", "heads of the second role", "tails")
        won, lost = self.stake, f"-{term(self.stake)}"
        return BimatrixGame(row=((won, lost), (lost, won)), column=((lost, won), (won, lost)))


class BattleOfSexes(Spec):
    """Battle of the sexes: both roles would rather be together, each at its own favourite place.

    Two strategies for each role, in the same order of places; the first role favours the first place, the second role
    the second. Together one earns `favourite`, the other `together`; both earn `apart` where they miss each other
    [Luce & Raiffa 1957]. (The game of coy females and philanderers has the same name; write it as a `bimatrix`.)
    """

    kind: Literal["battle_of_sexes"] = "battle_of_sexes"
    favourite: Cell = 3.0
    together: Cell = 2.0
    apart: Cell = 0.0

    def written(self, strategies: tuple[str, ...]) -> BimatrixGame:
        """The two matrices; raises ProblemError where there are not four strategies."""
        in_order(
            strategies, "first place of the first role", "second place", "first place of the second role", "second"
        )
        more, less, none = self.favourite, self.together, self.apart
        return BimatrixGame(row=((more, none), (none, less)), column=((less, none), (none, more)))


class Ultimatum(Spec):
    """Mini ultimatum game: a pie of 1 is divided by an offer, `high` or `low`, that the responder may turn down, and then
    nobody has anything.

    `parts: roles`: two roles. The proposer's strategies offer high, offer low; the responder's accept whatever is
    offered, reject a low offer. `parts: both`: everybody is once proposer and once responder, and a payoff is the sum
    of the two. Four strategies: offer low and accept whatever is offered (reasonable), offer high and accept whatever
    is offered, offer high and reject low (fair), offer low and reject low. The order is that of G1 to G4 in
    [Nowak, Page & Sigmund 2000]; the two offers are evo's own.
    """

    kind: Literal["ultimatum"] = "ultimatum"
    high: Fraction = 0.5
    low: Fraction = 0.2
    parts: Literal["roles", "both"] = "roles"

    @model_validator(mode="after")
    def _offers_differ(self) -> Self:
        if not isinstance(self.high, str) and not isinstance(self.low, str) and self.low >= self.high:
            raise ProblemError(("low",), f"must be below the high offer: {self.low:g} is not below {self.high:g}")
        return self

    def written(self, strategies: tuple[str, ...]) -> BimatrixGame | MatrixGame:
        """The matrix or the two matrices; raises ProblemError where there are not four strategies."""
        high, low = term(self.high), term(self.low)
        if self.parts == "roles":
            in_order(strategies, "offer high", "offer low", _ACCEPT, _REJECT)
            kept = ((f"1 - {high}", f"1 - {high}"), (f"1 - {low}", 0.0))
            return BimatrixGame(row=kept, column=((high, high), (low, 0.0)))
        in_order(strategies, *(f"{offer} and {reply}" for offer, reply in _FOUR))
        return MatrixGame(payoffs=tuple(tuple(_exchange(own, other, high, low) for other in _FOUR) for own in _FOUR))


_FOUR = (("offer low", _ACCEPT), ("offer high", _ACCEPT), ("offer high", _REJECT), ("offer low", _REJECT))


def _exchange(own: tuple[str, str], other: tuple[str, str], high: str, low: str) -> str:
    """What one earns with the other, once as proposer and once as responder."""
    terms: list[str] = []
    for (offer, _), (_, reply), payoff in ((own, other, "1 - {}"), (other, own, "{}")):
        refused = offer == "offer low" and reply == _REJECT
        terms.append("0" if refused else payoff.format(low if offer == "offer low" else high))
    return " + ".join(terms)

"""Rock, paper, scissors and its larger circles."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import ProblemError, Spec
from evo.games.matrix import MatrixGame
from evo.quantities import Cell
from evo.strategies import Name

Pairs = dict[Name, dict[Name, Cell]]


class RockPaperScissors(Spec):
    """Rock, paper, scissors, and circles of any odd number: each strategy beats the (d-1)/2 before it, the last being
    before the first.

    So list rock, paper, scissors; or rock, spock, paper, lizard, scissors. The winner earns `win`, the loser `loss` (a
    payoff, so negative where it hurts), two of a kind `tie`. `wins: {rock: {scissors: 2}}` is what rock earns where it
    beats scissors instead, `losses: {scissors: {rock: -3}}` what scissors earns there [Hofbauer & Sigmund 1998].
    """

    kind: Literal["rock_paper_scissors"] = "rock_paper_scissors"
    win: Cell = 1.0
    loss: Cell = -1.0
    tie: Cell = 0.0
    wins: Pairs = Field(default_factory=dict)
    losses: Pairs = Field(default_factory=dict)

    def written(self, strategies: tuple[str, ...]) -> MatrixGame:
        """The matrix; raises ProblemError for an even number of strategies or for pairs that are not so decided."""
        count = len(strategies)
        if count % 2 == 0 or count < 3:
            raise ProblemError(("kind",), f"needs an odd number of strategies, at least 3; there are {count}")
        places = range(count)
        beats = {(a, b) for a in places for b in places if 1 <= (a - b) % count <= count // 2}
        payoffs: list[list[float | str]] = [
            [self.tie if a == b else self.win if (a, b) in beats else self.loss for b in places] for a in places
        ]
        for key, given in (("wins", self.wins), ("losses", self.losses)):
            for own, others in given.items():
                for other, payoff in others.items():
                    a, b = _place(own, strategies, (key, own)), _place(other, strategies, (key, own, other))
                    if ((a, b) if key == "wins" else (b, a)) not in beats:
                        verb = "beat" if key == "wins" else "lose against"
                        raise ProblemError((key, own, other), f"{own} does not {verb} {other}")
                    payoffs[a][b] = payoff
        return MatrixGame(payoffs=tuple(tuple(row) for row in payoffs))


def _place(name: str, strategies: tuple[str, ...], path: tuple[str, ...]) -> int:
    if name not in strategies:
        raise ProblemError(path, f"{name!r} is not a strategy", f"strategies: {', '.join(strategies)}")
    return strategies.index(name)

"""Which of two strategies is favoured: risk dominance, payoff dominance and the one-third law, for groups of any size.

All three are averages of the payoff difference delta = pi_first - pi_second over the edge between the two. In an infinite
population of n-player groups without assortment, with a_j and b_j the payoffs to either with j co-players of the first
strategy, they come to [Kurokawa & Ihara 2009; Gokhale & Traulsen 2010]

    risk       integral of delta           = sum_j (a_j - b_j)/n
    one third  integral of 2(1-x)*delta    = sum_j 2(n-j)(a_j - b_j)/(n(n+1))

that is a + b > c + d and a + 2b > c + 2d for pairs [Harsanyi & Selten 1988; Nowak, Sasaki, Taylor & Fudenberg 2004]. In a
finite population they are the sums over k = 1..Z-1 of delta_k and of (Z-k)*delta_k. Where log(T-/T+) = -beta*delta (Fermi,
and moran with exponential fitness) the first has the sign of rho_first - rho_second at any beta, and the second that of
rho_first - 1/Z for weak selection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.exact.payoff.edge import edge_payoffs
from evo.exact.payoff.infinite import Values, payoffs
from evo.exact.takeover.edge_rates import checked_pairs

if TYPE_CHECKING:
    from evo.model import Model

NODES = 512  # of Gauss-Legendre quadrature where the game reads the mix; elsewhere as many as make it exact
TIE = 1e-12  # an average that is smaller, relative to the largest payoff difference, is 0


@shown
@dataclass(frozen=True)
class Dominance:
    """Averages of the payoff difference, first less second, in units of payoff; 0 is a tie.

    risk: plain average over the edge; one_third: average with weight 2(1-x), what a rare first strategy meets; payoff:
    of a population of the first strategy over one of the second.
    """

    first: str
    second: str
    risk: float
    one_third: float
    payoff: float
    finite: bool  # sums over counts, not integrals over shares

    @property
    def method(self) -> str:
        """What was computed, and how."""
        return (
            "averages of the payoff difference (first less second) over the edge: plain, with weight 2(1-x), and of all "
            "against all; " + ("sums over the counts 1..Z-1" if self.finite else "Gauss-Legendre quadrature")
        )

    @property
    def error(self) -> str:
        """How far the numbers may be off, and what counts as a tie."""
        return "rounding; an average below 1e-12 of the largest difference counts as a tie"

    @property
    def risk_dominant(self) -> str | None:
        """The strategy that earns more on average over the edge: of pairs the one with the larger basin, and under Fermi and
        Moran with exponential fitness the one more likely to take over; None on a tie."""
        return self._winner(self.risk)

    @property
    def payoff_dominant(self) -> str | None:
        """The strategy that is better to be all in; None on a tie."""
        return self._winner(self.payoff)

    @property
    def favoured_when_rare(self) -> bool:
        """Whether weak selection favours one `first` among all-`second` over neutral drift: rho > 1/Z."""
        return self.one_third > 0

    def _winner(self, difference: float) -> str | None:
        return None if difference == 0 else self.first if difference > 0 else self.second


def dominance(model: Model, first: str, second: str, *, environment: Values = None) -> Dominance:
    """Risk dominance, the one-third law and payoff dominance of two strategies, by effective payoffs.

    Of a finite population in its exact finite form. Environment variables that move are held at the values given by
    `environment`. Raises ValueError for two roles and unknown names.
    """
    i, j = _places(model, first, second)
    if model.lowered.meeting.whole == 0:
        game, size = model.lowered.game, model.lowered.meeting.size
        nodes, weights = np.polynomial.legendre.leggauss(NODES if game.reads_mix else size // 2 + 2)
        shares, weights = (nodes + 1) / 2, weights / 2
        mixes = np.zeros((len(nodes) + 2, len(model.strategies)))
        mixes[:, i] = np.concatenate([[0.0], shares, [1.0]])
        mixes[:, j] = 1 - mixes[:, i]
        earned = np.array([payoffs(model, mix, environment=environment) for mix in mixes])[:, [i, j]]
        lead, alone = earned[1:-1, 0] - earned[1:-1, 1], earned[-1, 0] - earned[0, 1]
    else:
        found = edge_payoffs(model, checked_pairs(model, np.array([[i, j]])), environment=environment)
        lead = (found.mutant - found.resident)[0, 1:-1]
        alone = found.mutant[0, -1] - found.resident[0, 0]
        shares = np.arange(1, len(lead) + 1) / (len(lead) + 1)
        weights = np.full(len(lead), 1 / len(lead))
    scale = max(np.abs(lead).max(), abs(alone))
    risk, third = weights @ lead, weights @ (2 * (1 - shares) * lead)
    values = (0.0 if abs(x) <= TIE * scale else float(x) for x in (risk, third, alone))
    return Dominance(first, second, *values, finite=model.lowered.meeting.whole > 0)


def _places(model: Model, first: str, second: str) -> tuple[int, int]:
    names = model.strategy_names
    for name in (first, second):
        if name not in names:
            raise ValueError(f"{name!r} is not a strategy; strategies: {', '.join(names)}")
    if first == second:
        raise ValueError(f"first and second are both {first}")
    if len(model.lowered.wholes) > 1:
        raise ValueError("two roles have no edge between two strategies that each would meet")
    return names.index(first), names.index(second)

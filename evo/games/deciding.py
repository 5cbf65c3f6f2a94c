"""Time to decide as a formula of group size and leaders, for payoffs: scalar stress."""

from __future__ import annotations

from math import log

from evo._spec import Spec
from evo.games.cells import Amount

# ln of the variance of uniform opinions, 1/12, over that of agreement, 0.05 squared.
FALL = log((1 / 12) / 0.05**2)


class Decision(Spec):
    """What a group's decision costs each member: `cost` for each event until its members agree (`consensus_formula`)."""

    cost: Amount


def consensus_formula(*, members: str = "n", leaders: str = "0") -> str:
    """Formula for the expected events until a group agrees, of formulas for its `members` and `leaders` among them.

    Of the model in evo.organisations.Consensus with its default numbers. With s = min(30, n-1)/(n-1) the share that hears
    a speaker and ln(33.3) the fall of the variance: among equals t0 = (1 - 1/(2n)) ln(33.3)/(0.02 s); with one leader, who
    speaks with probability P = 81/(80+n), ln(33.3)/(-ln(1 - 3 s P/4)); both follow from second moments, nothing is fitted.
    With k > 1 leaders, who agree among themselves as slowly as equals, t0 ln(1+(33.3 v)^q)/ln(1+33.3^q) where
    v = (1 - 1.27/k)(k/n + g(1-k/n)), g = 0.286(1-s)/(1 + 1.77 s), q = 1.53: four numbers fitted to simulated means for
    6 to 400 members with 0 to n leaders. There its error is 5 % (root mean square), at most 15 % (2 or 3 leaders of 50 to
    100); 1 % without leaders and at most 8 % with one. Outside of that range, or for other numbers, simulate.
    """
    n, k = f"({members})", f"({leaders})"
    heard = f"(min(30, {n} - 1)/({n} - 1))"
    equals = f"(1 - 0.5/{n})*{FALL!r}/(0.02*{heard})"
    one = f"{FALL!r}/(-log(1 - 0.75*{heard}*81/(80 + {n})))"
    apart = f"(1 - 1.27/max({k}, 2))*({k}/{n} + 0.286*(1 - {heard})/(1 + 1.77*{heard})*(1 - {k}/{n}))"
    several = f"{equals}*log(1 + ({1 / 12 / 0.05**2!r}*{apart})**1.53)/{log(1 + (1 / 12 / 0.05**2) ** 1.53)!r}"
    return f"where({k} == 0, {equals}, where({k} == 1, {one}, {several}))"

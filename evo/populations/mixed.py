"""Well-mixed populations, in which everybody may meet everybody: infinite ones as a mix, finite ones as counts."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from evo._spec import Spec
from evo.quantities import Quantity, Size
from evo.strategies import Name

Alike = Literal["focal", "founder"]
Payoff = Literal["expected", "sampled"]


class Infinite(Spec):
    """An infinite well-mixed population: the mix moves by the mean field of its rule.

    With assortment a, `focal`: each co-player's slot is independently of the focal's own strategy with probability a;
    `founder`: each group has one founder drawn from the mix whom every member copies with probability sqrt(a), so that
    pairs are related by a. For groups of two both are the same.

    payoff: `sampled` compares what focal and role model earned in one group each, drawn at random, instead of what they
    earn in expectation: another process, since copying is no linear function of payoffs.
    """

    kind: Literal["infinite"] = "infinite"
    assortment: Quantity = 0.0
    assortment_kind: Alike = "focal"
    payoff: Payoff = "expected"
    finite: ClassVar[bool] = False


class WellMixed(Spec):
    """A well-mixed population of `size` individuals (Z), as counts per strategy.

    Co-players are drawn without replacement from the other Z-1; a player never meets itself unless
    `self_interaction`, which draws them from all Z. With assortment a, each slot is with probability a a copy of the
    focal's strategy (focal) or, with probability sqrt(a), of the group's founder (founder: an individual drawn from
    the other Z-1, or with probability sqrt(a) of the focal's own strategy); a copy consumes nobody.

    `sampling: with_replacement` draws the co-players of a group from all Z, each anew, so that their number is binomial.
    payoff: expected, or `sampled` as in an infinite population.

    With two roles `size` is one number for each, or gives them by role; one meets the whole other population.

    `leap`: steps of so many generations are drawn at once, each individual changing on its own, in two halves (weak
    trapezoidal tau-leap, weak order 2 in the leap); by default none up to 10^6 individuals and 0.05 beyond. 0: never.
    """

    kind: Literal["well_mixed"] = "well_mixed"
    size: Size | dict[Name, Size]
    assortment: Quantity = 0.0
    assortment_kind: Alike = "focal"
    self_interaction: bool = False
    sampling: Literal["without_replacement", "with_replacement"] = "without_replacement"
    payoff: Payoff = "expected"
    leap: Annotated[float, Field(ge=0, le=1)] | None = None
    finite: ClassVar[bool] = True

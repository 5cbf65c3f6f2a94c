"""Ties that come and go beside strategies: who leaves whom, who meets anew, and trust that grows with use."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evo._spec import Spec
from evo.quantities import Quantity
from evo.strategies import Name


class Trust(Spec):
    """Weights of ties, from 0 to 1: a new tie has `start`; at the end of each generation the weight w of a tie that neither
    wants to leave moves to w + growth (1 - w), that of another to w (1 - decay). Payoffs, and whom one learns from, go by
    the weights."""

    start: Quantity = 0.5
    growth: Quantity = 0.1
    decay: Quantity = 0.1


class Rewiring(Spec):
    """Ties that are turned elsewhere [Santos, Pacheco & Lenaerts 2006]: an individual A drawn uniformly looks at a tie of its
    own, to B. Who plays s wants to leave who plays one of `leaves[s]`; by default who pays it less than the best that
    anybody's strategy pays it. If one of them wants to, it gets its way with probability 1/(1+exp(-beta(own payoff - the
    other's))) and turns the tie to another neighbour of the other, drawn uniformly among those that it is not tied to;
    where both do, A gets its way with that probability, else B. The last tie of an individual is never cut.

    pace: such events for each update of a strategy, on average (the paper's W; after each update their number is geometric).
    intensity: beta, by default that of selection.
    """

    kind: Literal["rewiring"] = "rewiring"
    pace: Quantity
    intensity: Quantity | None = None
    leaves: dict[Name, tuple[Name, ...]] | None = None
    trust: Trust | None = None


class Linking(Spec):
    """Ties that form and break [Pacheco, Traulsen & Nowak 2006]: of two individuals drawn uniformly, who play s and t, a tie
    breaks with probability `breaks[s][t]`, and where there is none one forms with probability propensity_s * propensity_t.
    Left alone, a pair is tied with probability p/(p + breaks), p being the product. The paper draws role models from the
    whole population; here ties carry learning too.

    pace: such events for each update of a strategy, on average.
    """

    kind: Literal["linking"] = "linking"
    pace: Quantity
    propensity: dict[Name, Quantity]
    breaks: tuple[tuple[Annotated[float, Field(ge=0, le=1)], ...], ...]
    trust: Trust | None = None


TieDynamics = Annotated[Rewiring | Linking, Field(discriminator="kind")]

"""Selection: what success is made of, and which way copying leans."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evo._spec import Spec
from evo.quantities import Quantity
from evo.strategies import Name


class Bias(Spec):
    """Trait bias: adds strength * sum_j weights_j * trait_ij to the payoff of strategy i (definitions: From payoff to success).

    Strength 0 is no bias; conclusions are given at strength 0 first, and any other is an intervention.
    """

    strength: Quantity = 0.0
    weights: dict[Name, Quantity] = Field(default_factory=dict)


class Selection(Spec):
    """How payoff becomes success.

    `intensity` is beta: strength of selection for fitness maps (F = exp(beta*pi), or F = 1 - beta + beta*pi when
    linear, 0 <= beta <= 1), of the Fermi function for pairwise comparison, a factor on payoffs for flows. A role model
    of strategy j is met with weight x_j^conformity * exp(prestige * indicator_j): conformity 1 is unbiased, above 1
    conformist, below 1 anticonformist (Boyd & Richerson 1985: near 1/2, D = 2*(conformity - 1)); prestige 0 is
    unbiased; the indicator is the (effective) payoff or a trait.
    """

    intensity: Quantity = 1.0
    fitness: Literal["exponential", "linear"] = "exponential"
    bias: Bias = Bias()
    conformity: Quantity = 1.0
    prestige: Quantity = 0.0
    indicator: str = Field(default="payoff", description="what prestige looks at: payoff, or the name of a trait")

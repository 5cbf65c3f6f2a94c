"""The kinds of interventions, one class each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from evo._spec import ProblemError
from evo.interventions.timing import During, Lasting, Timed
from evo.quantities import Quantity
from evo.strategies import Name


class Seed(Timed):
    """Converts a share `size` of the population to the strategy `to`, at once: of its role, where there are roles. They are
    taken from the strategy `from`, or else from all others in proportion; no more than there are.

    where: anywhere, at random on a graph or among groups; in populations of groups, whole `groups`, drawn at random until
    the share is reached; on graphs the `hubs`, those with most neighbours first, or a `region`, from a node drawn at random
    outwards. Finite populations convert a whole number of individuals. The price is paid once; by default it is the share
    that was converted.
    """

    kind: Literal["seed"] = "seed"
    size: Quantity
    to: Name
    source: Annotated[Name | None, Field(alias="from")] = None
    where: Literal["anywhere", "groups", "hubs", "region"] = "anywhere"


class Subsidy(Lasting):
    """Adds `size` to the payoff of everybody who plays `to`; a negative size is a tax. The price is by default what is paid
    out, size * x_NAME per generation, negative for a tax. Payoffs that are reported are those of the game, before this.
    """

    kind: Literal["subsidy"] = "subsidy"
    size: Quantity
    to: Name


class TraitBias(Lasting):
    """Adds size * sum_j weights_j * trait_ij to the payoff of strategy i, as `selection.bias` does, and beside it; the
    weights are by default those of `selection.bias`. The price is 0 unless given."""

    kind: Literal["bias"] = "bias"
    size: Quantity
    weights: dict[Name, Quantity] = Field(default_factory=dict)


class Change(Lasting):
    """Sets values of the config, by their paths as in sweeps, to numbers or to formulas of the parameters and `size`:
    `parameters.chi: chi*(1 - size)` cuts friction. On graphs, `population.graph` may become another of as many nodes: a
    hierarchy with lateral ties, or with a wider span and so with fewer levels. The price is 0 unless given.
    """

    kind: Literal["change"] = "change"
    size: Quantity = 1.0
    set: Annotated[dict[str, Any], Field(min_length=1)]


class Sandbox(Lasting):
    """Protects the strategy `to` from selection: what it earns is taken for no less than the mean success of those who are
    not protected. For populations that are well mixed. The price is 0 unless given."""

    kind: Literal["sandbox"] = "sandbox"
    to: Name


class Vote(During):
    """A bias that those who gain by it vote for, and pay for. Every so many generations there is a vote: a strategy is in
    favour if size * (its score - the mean score) exceeds what each of those above the mean would pay; score is
    sum_j weights_j * trait_j. With more than `quorum` of the population in favour the bias is in force until the next
    vote. While it is, those in favour pay the price, which must be given, per generation, from their payoffs.
    """

    kind: Literal["vote"] = "vote"
    size: Quantity
    weights: dict[Name, Quantity] = Field(default_factory=dict)
    every: Quantity = 1.0
    quorum: Annotated[float, Field(ge=0, lt=1)] = 0.5

    @model_validator(mode="after")
    def _has_a_price(self) -> Vote:
        if self.price is None:
            raise ProblemError(("price",), "is missing: who votes for a bias pays for it")
        return self

"""What a model of continuous traits is made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from evo._spec import Spec
from evo.quantities import Formula, Quantity, Size
from evo.strategies import Name


class Trait(Spec):
    """A heritable number between `low` and `high`. Everybody begins with `start`; mutations have standard deviation `step`."""

    low: Quantity
    high: Quantity
    start: Quantity
    step: Quantity
    label: str | None = None


class PairGame(Spec):
    """Game of two: the payoff to an individual with traits own_T against one with traits other_T.

    The formula may use parameters, own_T and other_T of every trait T, and the lines under `let`.
    """

    kind: Literal["pair"] = "pair"
    let: dict[Name, Formula] = Field(default_factory=dict)
    payoff: Formula


class GroupGame(Spec):
    """Game in groups of `size`: the payoff to a member with traits own_T whose n-1 co-players have the means mean_T.

    The formula may use parameters, own_T and mean_T of every trait T, the group size n, and the lines under `let`.
    """

    kind: Literal["group"] = "group"
    size: Size
    let: dict[Name, Formula] = Field(default_factory=dict)
    payoff: Formula


Game = Annotated[PairGame | GroupGame, Field(discriminator="kind")]


class Selection(Spec):
    """How payoff becomes success: `intensity` beta of fitness F = exp(beta*pi) (exponential) or F = 1 - beta + beta*pi
    (linear, 0 <= beta <= 1) for birth rules, of the Fermi function for pairwise comparison."""

    intensity: Quantity = 1.0
    fitness: Literal["exponential", "linear"] = "exponential"


class Mutation(Spec):
    """With probability `rate` per update all traits of an individual mutate at once, by normal steps of the traits'
    standard deviations and this `correlation` (a row per trait, in their order; by default none).

    Birth rules mutate the newborn, pairwise comparison the focal, instead of imitation. What would pass a bound is
    reflected there (`reflect`), or stops at it (`clip`).
    """

    rate: Quantity
    correlation: tuple[tuple[float, ...], ...] | None = None
    at_bounds: Literal["reflect", "clip"] = "reflect"


class WellMixed(Spec):
    """A well-mixed population of `size` individuals (Z); co-players are drawn without replacement from the other Z-1.

    Payoffs are `expected`, the mean over all ways to meet, or `sampled`: the mean over `games` games with co-players
    drawn anew whenever a payoff is needed. The expected payoff costs O(1) per individual where the formula is a polynomial
    of the co-players' traits (by power sums, exactly) or all play together, O(Z) in other games of two; in other groups it
    has to be sampled, at O(games * n).
    """

    kind: Literal["well_mixed"] = "well_mixed"
    size: Size
    payoff: Literal["expected", "sampled"] = "expected"
    games: Annotated[int, Field(ge=1, le=100_000)] | None = None


class Contests(Spec):
    """Contests between groups, after each generation, all at once: each group is challenged with probability `rate` by
    another, drawn uniformly, and with probability 1/(1+exp(-intensity*(its mean payoff - one's own))) the members of the
    challenger put their like in the places of its members, one for one (no mutation)."""

    rate: Quantity
    intensity: Quantity = 1.0


class Groups(Spec):
    """`groups` groups (M) of `size` members each; whoever plays meets members of the own group only.

    The update rule runs among the members of a group. With probability `migration`, for each newborn (birth rules) or role
    model (pairwise comparison), it comes from another group, drawn uniformly: a parent drawn by fitness within that group,
    a role model uniformly among its members. A focal, or the one who dies, is drawn uniformly among all. One group is a
    well-mixed population; without migration and contests groups are independent of each other. `payoff` and `games` as in
    a well-mixed population, of the members of a group.
    """

    kind: Literal["groups"]
    groups: Size
    size: Size
    migration: Quantity = 0.0
    contests: Contests | None = None
    payoff: Literal["expected", "sampled"] = "expected"
    games: Annotated[int, Field(ge=1, le=100_000)] | None = None


def _mixed_unless_said(data: Any) -> Any:
    return {"kind": "well_mixed", **cast("dict[str, Any]", data)} if isinstance(data, dict) else data


Population = Annotated[
    Annotated[WellMixed | Groups, Field(discriminator="kind")],
    BeforeValidator(_mixed_unless_said),
]


class Dynamics(Spec):
    """The update rule (definitions: Update rules).

    moran: one parent, drawn by fitness, one newborn in the place of one drawn uniformly among all, a step; Z steps are a
    generation; O(Z) a step whenever somebody changed. pairwise_comparison: a focal copies a model among the other Z-1 with
    the Fermi probability, two payoffs a step. wright_fisher: all are redrawn by fitness, one step a generation. In groups
    all this happens within them.
    """

    kind: Literal["moran", "wright_fisher", "pairwise_comparison"]

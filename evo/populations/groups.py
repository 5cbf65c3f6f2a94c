"""Populations in groups: who meets whom is a matter of the group, and groups win, split and die out as wholes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from evo import codes
from evo._spec import Spec
from evo.quantities import Formula, Quantity, Size
from evo.strategies import Name

Weights = tuple[tuple[Annotated[float, Field(ge=0)], ...], ...]
Pattern = Annotated[
    Literal["island", "ring", "square"] | Weights,
    Field(description="who is next to whom: island, ring, square (a torus), or rows of weights"),
]


class LevelBias(Spec):
    """Adds strength * sum_j weights_j * mean trait_j of the members to the success of a unit; strength 0 is no bias."""

    strength: Quantity = 0.0
    weights: dict[Name, Quantity] = Field(default_factory=dict)


class Splitting(Spec):
    """Groups grow and split [Traulsen & Nowak 2006]: a parent is drawn in proportion to fitness from the whole population
    (moran with `competition: global`), its offspring joins the group.

    A group that so comes to `size` members splits with probability `chance`: each goes to one of two daughters by a fair
    coin, anew until neither is empty; one stays, the other replaces a group next to it (by `pattern`: island means any
    other). Otherwise one of the `size` members, drawn uniformly, dies. So a group has at most size-1 members between
    events (`resident: one_less`, as in the paper), or, with `resident: full`, splits at size+1 and stays at `size`.
    """

    kind: Literal["splitting"] = "splitting"
    chance: Quantity
    resident: Literal["one_less", "full"] = "one_less"
    code: ClassVar[int] = codes.SPLITTING


class Contests(Spec):
    """Units meet in pairs: each goes out at `rate` per generation to meet one next to it (by `pattern`), and wins with
    probability 1/(1+exp(-intensity(own success - other's))). The winner is copied onto the loser, member by member.

    Success is `fitness`, a formula of the unit's own mean_payoff and mix x_NAME and of whatever else formulas may use,
    plus the level's bias.
    """

    kind: Literal["contests"] = "contests"
    rate: Quantity
    intensity: Quantity = 1.0
    fitness: Formula = "mean_payoff"
    bias: LevelBias = LevelBias()
    code: ClassVar[int] = codes.CONTESTS


class Extinction(Spec):
    """Units die out and are settled anew: each is in danger at `rate` per generation, and then dies with probability
    1/(1+exp(intensity(success - level))), success as in contests.

    Each place of a dead unit goes to a copy of an individual drawn with replacement: from one unit next to it
    (`colonists: one`), or from all others of its kind together (`all`) [Slatkin 1977: propagule and migrant pool].
    """

    kind: Literal["extinction"] = "extinction"
    rate: Quantity
    intensity: Quantity = 1.0
    level: Quantity = 0.0
    fitness: Formula = "mean_payoff"
    bias: LevelBias = LevelBias()
    colonists: Literal["one", "all"] = "one"
    code: ClassVar[int] = codes.EXTINCTION


LevelDynamics = Annotated[Splitting | Contests | Extinction, Field(discriminator="kind")]


class Level(Spec):
    """A level above the groups: `number` units, each made of all the units of the level below.

    Migration is the probability that a role model or an offspring crosses to a unit next to its own, any group of it.
    `dynamics` is what happens to units as wholes.
    """

    number: Size
    migration: Quantity = 0.0
    pattern: Pattern = "island"
    dynamics: Annotated[Contests | Extinction, Field(discriminator="kind")] | None = None


class Groups(Spec):
    """A population of `groups` groups (demes) of `size` individuals, as counts per group and strategy.

    Payoffs are earned within the group, from its other members without replacement; who is alone earns `alone`.
    `size` and `migration` are one number for all groups, or one for each.

    `competition: local` (soft selection): the focal, or the one who dies, is uniform over all individuals; with
    probability 1 - migration (of its group) what follows is the rule in its group as if that were all, else the role
    models or parents are the members of a group next to it (by `pattern`), and its own strategy does not compete.
    `global` (hard selection, moran): the parent is drawn in proportion to fitness from the whole population; its
    offspring stays with probability 1 - migration, else goes to a group next to it, and replaces one drawn uniformly
    there (the parent, too, may be; with `death: others` not).

    `dynamics` is what happens to groups as wholes; `levels` are what groups are nested in, from below, each with its own
    (groups is then their number in one unit of the lowest). Rates of units are per unit and generation.

    arrangement: individuals of the start are dealt to groups at random (`scattered`), every group has the mix of the
    whole (`even`), or groups are filled one after another in order of the strategies (`clustered`).
    """

    kind: Literal["groups"] = "groups"
    groups: Size
    size: Size | tuple[Size, ...]
    migration: Quantity | tuple[Quantity, ...] = 0.0
    pattern: Pattern = "island"
    competition: Literal["local", "global"] = "local"
    alone: Quantity = 0.0
    dynamics: LevelDynamics | None = None
    levels: tuple[Level, ...] = ()
    arrangement: Literal["scattered", "even", "clustered"] = "scattered"
    finite: ClassVar[bool] = True

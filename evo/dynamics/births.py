"""Birth rules: a parent is drawn in proportion to fitness; offspring may mutate."""

from __future__ import annotations

from typing import ClassVar, Literal

from evo import codes
from evo._spec import Spec
from evo.dynamics.facts import Facts


class Moran(Spec):
    """A parent drawn in proportion to fitness among all Z; its offspring replaces one drawn uniformly among all Z, the
    parent included (`death: all`), or among the other Z-1 (`death: others`) [Moran 1958; Nowak et al. 2004].

    Mean field: x_j' = sum_i x_i F_i M_ij / mean F - x_j, the adjusted replicator flow. Of two roles, the one that an
    event is about is drawn by its size; parent and dead are of that role.
    """

    kind: Literal["moran"] = "moran"
    death: Literal["all", "others"] = "all"
    facts: ClassVar[Facts] = Facts(codes.MORAN, finite=True, fitness=True, mutates=("at_birth",))

    @property
    def option(self) -> int:
        return int(self.death == "others")


class WrightFisher(Spec):
    """All Z are redrawn at once, Multinomial(Z, n_i F_i / sum n_j F_j), each offspring mutated with probability mu
    [Imhof & Nowak 2006].

    Mean field: the map x <- sM once a generation, with s_i = x_i F_i / mean F.
    """

    kind: Literal["wright_fisher"] = "wright_fisher"
    facts: ClassVar[Facts] = Facts(
        codes.WRIGHT_FISHER, finite=True, fitness=True, generational=True, mutates=("at_birth",)
    )


class BirthDeath(Spec):
    """On a graph: a parent is drawn in proportion to fitness among all; its offspring takes the place of one of those who
    learn from it, drawn by weight of the tie [Lieberman, Hauert & Nowak 2005; Ohtsuki et al. 2006]."""

    kind: Literal["birth_death"] = "birth_death"
    facts: ClassVar[Facts] = Facts(codes.BIRTH_DEATH, infinite=False, network=True, fitness=True, mutates=("at_birth",))


class DeathBirth(Spec):
    """On a graph: one drawn uniformly dies; those that it learnt from compete for its place, in proportion to fitness and
    weight of the tie [Ohtsuki et al. 2006]."""

    kind: Literal["death_birth"] = "death_birth"
    facts: ClassVar[Facts] = Facts(codes.DEATH_BIRTH, infinite=False, network=True, fitness=True, mutates=("at_birth",))

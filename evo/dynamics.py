"""Update rules of finite populations and flows of infinite ones; each class states the facts that cross-checks use."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from evo import codes
from evo._spec import Spec


class Replicator(Spec):
    """Replicator flow x_i' = x_i (beta*pi_i - beta*mean pi) [Taylor & Jonker 1978]."""

    kind: Literal["replicator"] = "replicator"
    rule: ClassVar[int] = codes.REPLICATOR
    finite: ClassVar[bool] = False
    fitness: ClassVar[bool] = False
    role_model: ClassVar[bool] = False
    mutates: ClassVar[tuple[str, ...]] = ()

    @property
    def option(self) -> int:
        return 0


class ReplicatorMutator(Spec):
    """Replicator flow with mutation at rate mu.

    additive: x' = x (beta*pi - mean) + mu (xQ - x), that is mu (1/d - x) for `to: any` and mu d/(d-1) (1/d - x) for
    `to: others`. offspring: x_j' = sum_i x_i beta*pi_i M_ij - x_j mean, with M = (1-mu) I + mu Q; payoffs should be
    positive [Hofbauer 1985; Page & Nowak 2002].
    """

    kind: Literal["replicator_mutator"] = "replicator_mutator"
    form: Literal["additive", "offspring"] = "additive"
    rule: ClassVar[int] = codes.REPLICATOR_MUTATOR
    finite: ClassVar[bool] = False
    fitness: ClassVar[bool] = False
    role_model: ClassVar[bool] = False
    mutates: ClassVar[tuple[str, ...]] = ("additive",)

    @property
    def option(self) -> int:
        return int(self.form == "offspring")


class PairwiseComparison(Spec):
    """A focal drawn uniformly copies a role model with probability 1/(1+exp(-beta(pi_model-pi_focal)))
    [Traulsen, Nowak & Pacheco 2006, eq. 1].

    The role model is drawn from the other Z-1 (`others`), or from all Z (`all`), which changes times but no fixation
    probability. Mean field: x_i' = x_i sum_j x_j tanh(beta(pi_i-pi_j)/2), one unit of time being a generation of Z steps.
    """

    kind: Literal["pairwise_comparison"] = "pairwise_comparison"
    role_models: Literal["others", "all"] = "others"
    rule: ClassVar[int] = codes.PAIRWISE_COMPARISON
    finite: ClassVar[bool] = True
    fitness: ClassVar[bool] = False
    role_model: ClassVar[bool] = True
    mutates: ClassVar[tuple[str, ...]] = ("instead", "after")

    @property
    def option(self) -> int:
        return int(self.role_models == "all")


class Moran(Spec):
    """A parent drawn in proportion to fitness among all Z; its offspring replaces one drawn uniformly among all Z, the
    parent included (`death: all`), or among the other Z-1 (`death: others`) [Moran 1958; Nowak et al. 2004].

    Mean field: x_j' = sum_i x_i F_i M_ij / mean F - x_j, the adjusted replicator flow.
    """

    kind: Literal["moran"] = "moran"
    death: Literal["all", "others"] = "all"
    rule: ClassVar[int] = codes.MORAN
    finite: ClassVar[bool] = True
    fitness: ClassVar[bool] = True
    role_model: ClassVar[bool] = False
    mutates: ClassVar[tuple[str, ...]] = ("at_birth",)

    @property
    def option(self) -> int:
        return int(self.death == "others")


class WrightFisher(Spec):
    """All Z are redrawn at once, Multinomial(Z, n_i F_i / sum n_j F_j), each offspring mutated with probability mu
    [Imhof & Nowak 2006].

    Mean field: the map x <- sM once a generation, with s_i = x_i F_i / mean F.
    """

    kind: Literal["wright_fisher"] = "wright_fisher"
    rule: ClassVar[int] = codes.WRIGHT_FISHER
    finite: ClassVar[bool] = True
    fitness: ClassVar[bool] = True
    role_model: ClassVar[bool] = False
    mutates: ClassVar[tuple[str, ...]] = ("at_birth",)

    @property
    def option(self) -> int:
        return 0


Dynamics = Annotated[
    Replicator | ReplicatorMutator | PairwiseComparison | Moran | WrightFisher, Field(discriminator="kind")
]

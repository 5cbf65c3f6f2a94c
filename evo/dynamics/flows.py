"""Flows of infinite populations that no finite rule here has as its mean field, and Maynard Smith's map."""

from __future__ import annotations

from typing import ClassVar, Literal

from evo import codes
from evo._spec import Spec
from evo.dynamics.facts import Facts
from evo.quantities import Quantity


class Replicator(Spec):
    """Replicator flow x_i' = x_i (beta*pi_i - beta*mean pi) [Taylor & Jonker 1978]."""

    kind: Literal["replicator"] = "replicator"
    facts: ClassVar[Facts] = Facts(codes.REPLICATOR)


class ReplicatorMutator(Spec):
    """Replicator flow with mutation at rate mu.

    additive: x' = x (beta*pi - mean) + mu (xQ - x), that is mu (1/d - x) for `to: any` and mu d/(d-1) (1/d - x) for
    `to: others`. offspring: x_j' = sum_i x_i beta*pi_i M_ij - x_j mean, with M = (1-mu) I + mu Q; payoffs should be
    positive [Hofbauer 1985; Page & Nowak 2002].
    """

    kind: Literal["replicator_mutator"] = "replicator_mutator"
    form: Literal["additive", "offspring"] = "additive"
    facts: ClassVar[Facts] = Facts(codes.REPLICATOR_MUTATOR, mutates=("additive",))

    @property
    def option(self) -> int:
        return int(self.form == "offspring")


class DiscreteReplicator(Spec):
    """Map of one generation x_i <- x_i (w0 + beta*pi_i) / (w0 + beta*mean pi), with background fitness w0 > 0
    [Maynard Smith 1982]. A run in which w0 + beta*pi becomes negative stops at the state."""

    kind: Literal["discrete_replicator"] = "discrete_replicator"
    background: Quantity = 1.0
    facts: ClassVar[Facts] = Facts(codes.DISCRETE_REPLICATOR, generational=True)

    @property
    def number(self) -> Quantity:
        return self.background


class BrownVonNeumannNash(Spec):
    """Excess payoff flow x_i' = k_i - x_i sum_j k_j with k_i = max(0, beta*(pi_i - mean pi)), plus additive mutation
    [Brown & von Neumann 1950; Hofbauer 2000]. Absent strategies come in where they earn more than the mean."""

    kind: Literal["bnn"] = "bnn"
    facts: ClassVar[Facts] = Facts(codes.BNN, innovative=True, mutates=("additive",))


class Smith(Spec):
    """Pairwise comparison flow x_i' = sum_j x_j max(0, beta*(pi_i-pi_j)) - x_i sum_j max(0, beta*(pi_j-pi_i)), plus
    additive mutation [Smith 1984; Sandholm 2010]. Absent strategies come in where they earn more than somebody."""

    kind: Literal["smith"] = "smith"
    facts: ClassVar[Facts] = Facts(codes.SMITH, innovative=True, mutates=("additive",))


class Projection(Spec):
    """x' is the closest vector to beta*pi among those that point into the simplex at x: x_i' = beta*(pi_i - mean of pi)
    over the strategies in use and those at 0 that gain [Lahkar & Sandholm 2008]. The field jumps where a
    share reaches 0: the flow runs into the face, stays on it while it must, and leaves it again."""

    kind: Literal["projection"] = "projection"
    facts: ClassVar[Facts] = Facts(codes.PROJECTION, innovative=True)

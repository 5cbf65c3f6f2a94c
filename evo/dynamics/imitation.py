"""Imitation: a focal drawn uniformly looks at others and may copy one.

`update: sequential` (one focal a step) or `synchronous` (all Z at once, each by the same probabilities, once a
generation). Of two roles, the focal is uniform over both populations together and looks at its own role.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from evo import codes
from evo._spec import Spec
from evo.dynamics.facts import Facts
from evo.quantities import Quantity

Update = Literal["sequential", "synchronous"]
WAYS = ("instead", "after")


class PairwiseComparison(Spec):
    """A focal drawn uniformly copies a role model with probability 1/(1+exp(-beta(pi_model-pi_focal)))
    [Traulsen, Nowak & Pacheco 2006].

    The role model is drawn from the other Z-1 (`others`), or from all Z (`all`), which changes times but no fixation
    probability. Mean field: x_i' = x_i sum_j x_j tanh(beta(pi_i-pi_j)/2), one unit of time being a generation of Z steps.
    """

    kind: Literal["pairwise_comparison"] = "pairwise_comparison"
    role_models: Literal["others", "all"] = "others"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(codes.PAIRWISE_COMPARISON, finite=True, network=True, role_model=True, mutates=WAYS)

    @property
    def option(self) -> int:
        return int(self.role_models == "all")


class LocalUpdate(Spec):
    """A focal drawn uniformly copies a role model with probability 1/2 + (beta/2)(pi_model-pi_focal)/D, 0 <= beta <= 1
    [Traulsen, Claussen & Hauert 2005].

    D is `largest_difference`, by default the largest less the smallest entry of the payoff table (trait bias not
    counted); it must be given where the payoffs move. A run in which the probability leaves [0, 1] stops at the state.
    Mean field: x_i' = (beta/D) x_i (pi_i - mean pi).
    """

    kind: Literal["local_update"] = "local_update"
    largest_difference: Quantity | None = None
    role_models: Literal["others", "all"] = "others"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(codes.LOCAL_UPDATE, finite=True, network=True, role_model=True, mutates=WAYS)

    @property
    def option(self) -> int:
        return int(self.role_models == "all")

    @property
    def number(self) -> Quantity | None:
        return self.largest_difference


class ProportionalImitation(Spec):
    """A focal drawn uniformly copies a role model that earns more, with probability (pi_model-pi_focal)/D
    [Helbing 1992; Schlag 1998].

    D is `largest_difference`, as in local_update; the intensity of selection has nothing to act on. Mean field:
    x_i' = x_i (pi_i - mean pi)/D.
    """

    kind: Literal["proportional_imitation"] = "proportional_imitation"
    largest_difference: Quantity | None = None
    role_models: Literal["others", "all"] = "others"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(
        codes.PROPORTIONAL_IMITATION, finite=True, network=True, intensity=False, role_model=True, mutates=WAYS
    )

    @property
    def option(self) -> int:
        return int(self.role_models == "all")

    @property
    def number(self) -> Quantity | None:
        return self.largest_difference


class Imitation(Spec):
    """A focal drawn uniformly takes the strategy of an individual drawn in proportion to fitness, from all Z, itself
    included (`own: competes`; then the same as moran), or from the other Z-1 (`own: excluded`; death-birth on the
    complete graph) [Ohtsuki et al. 2006].

    Conformity and prestige multiply the weights: strategy j is taken with weight n_j^conformity * F_j *
    exp(prestige * indicator_j), n_j being its number among those drawn from.
    """

    kind: Literal["imitation"] = "imitation"
    own: Literal["competes", "excluded"] = "competes"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(
        codes.IMITATION, finite=True, network=True, fitness=True, role_model=True, mutates=WAYS
    )

    @property
    def option(self) -> int:
        return int(self.own == "competes")


class ImitateBest(Spec):
    """A focal drawn uniformly takes the strategy that earns most among all that are present; ties keep the own strategy
    if it is among the best, else are drawn uniformly among the best strategies [Nowak & May 1992; Kandori, Mailath & Rob
    1993 with `update: synchronous` and mutation after].

    In an infinite population x' = e_best - x jumps where the lead passes; a run that would slide along such a tie stops
    there and says so.
    """

    kind: Literal["imitate_best"] = "imitate_best"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(codes.IMITATE_BEST, finite=True, network=True, intensity=False, mutates=WAYS)

"""Stochastic differential equations of the mix."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from evo import codes
from evo._spec import Spec
from evo.dynamics.births import Moran
from evo.dynamics.facts import Facts
from evo.dynamics.imitation import Imitation, LocalUpdate, PairwiseComparison, ProportionalImitation
from evo.dynamics.innovation import Aspiration, Introspection, Logit
from evo.quantities import Quantity
from evo.strategies import Name

Step = Annotated[float, Field(gt=0, le=1)]
Stepped = Annotated[
    PairwiseComparison | LocalUpdate | ProportionalImitation | Imitation | Moran | Logit | Aspiration | Introspection,
    Field(discriminator="kind"),
]


class Langevin(Spec):
    """Demographic noise: the diffusion approximation of the finite rule `of` in a population of size Z
    [Traulsen, Claussen & Hauert 2005; for more than two strategies Traulsen, Claussen & Hauert 2012].

    dx_j = sum_i (T_ij - T_ji) dt + sum_i sqrt((T_ij + T_ji)/Z) dW_ij, the noise of i and j being antisymmetric, and T
    the rates of the finite rule. Scheme: Euler-Maruyama (strong order 1/2, weak order 1) with `step` generations; where
    a step could leave the simplex, each exchange is drawn from the two-point law that has the step's mean and variance
    and stays inside, so the boundary adds no bias, and 0 absorbs where the rule absorbs.

    Payoffs and rates are those of an infinite population: options of the rule that differ by 1/Z (death, role_models, own)
    make no difference here.
    """

    kind: Literal["langevin"] = "langevin"
    of: Stepped
    step: Step = 0.01
    facts: ClassVar[Facts] = Facts(codes.LANGEVIN, finite=True, infinite=False)


class AggregateShocks(Spec):
    """Replicator dynamics with aggregate shocks [Fudenberg & Harris 1992]: sizes dX_i = X_i (beta*pi_i dt + sigma_i dW_i)
    with independent Wiener processes, x the shares (Ito).

    Scheme: Euler-Maruyama in log X_i, where the noise is additive: strong order 1, and shares stay inside the simplex
    whatever the step. sigma: one number, or one per strategy, 0 for those not named.
    """

    kind: Literal["aggregate_shocks"] = "aggregate_shocks"
    sigma: Quantity | dict[Name, Quantity]
    step: Step = 0.01
    facts: ClassVar[Facts] = Facts(codes.AGGREGATE_SHOCKS, noisy=True)

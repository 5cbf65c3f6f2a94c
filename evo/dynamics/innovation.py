"""Innovative rules: a focal drawn uniformly may take a strategy that nobody plays, so that nothing is ever fixed.

Payoffs of strategies it does not play are hypothetical: what it would earn against the other Z-1 as they are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from evo import codes
from evo._spec import Spec
from evo.dynamics.facts import Facts
from evo.dynamics.imitation import WAYS, Update
from evo.quantities import Quantity


class BestResponse(Spec):
    """A focal drawn uniformly takes the best reply to the others as they are; it keeps its own if that is one, else ties
    are drawn uniformly [Gilboa & Matsui 1991].

    In an infinite population x' = b - x with b a best reply to x, a differential inclusion: between ties it is solved as
    it stands, a tie that is crossed is crossed, and a run that would slide along a tie stops there and says so.
    """

    kind: Literal["best_response"] = "best_response"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(
        codes.BEST_RESPONSE, finite=True, network=True, intensity=False, innovative=True, mutates=WAYS
    )


class Logit(Spec):
    """A focal drawn uniformly takes strategy i with probability proportional to exp(beta*pi_i) [Blume 1993].

    Mean field: x_i' = exp(beta*pi_i)/sum_j exp(beta*pi_j) - x_i [Fudenberg & Levine 1998], beta = 1/eta.
    """

    kind: Literal["logit"] = "logit"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(codes.LOGIT, finite=True, network=True, innovative=True, mutates=WAYS)


class Aspiration(Spec):
    """A focal drawn uniformly switches, to another strategy drawn uniformly, with probability
    1/(1+exp(-beta(level - pi_focal))): the less its payoff reaches what it aspires to [Du, Wu, Altrock & Wang 2014]."""

    kind: Literal["aspiration"] = "aspiration"
    level: Quantity
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(codes.ASPIRATION, finite=True, network=True, innovative=True, mutates=WAYS)

    @property
    def number(self) -> Quantity:
        return self.level


class Introspection(Spec):
    """A focal drawn uniformly compares its payoff with what one other strategy, drawn uniformly, would have earned, and
    takes it with probability 1/(1+exp(-beta*difference)) [Couto, Giaimo & Hilbe 2022]."""

    kind: Literal["introspection"] = "introspection"
    update: Update = "sequential"
    facts: ClassVar[Facts] = Facts(codes.INTROSPECTION, finite=True, network=True, innovative=True, mutates=WAYS)

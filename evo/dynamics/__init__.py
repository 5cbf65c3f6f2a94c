"""Update rules of finite populations and flows of infinite ones: one class per rule, its facts in `facts`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evo.dynamics.births import BirthDeath, DeathBirth, Moran, WrightFisher
from evo.dynamics.facts import Facts
from evo.dynamics.flows import (
    BrownVonNeumannNash,
    DiscreteReplicator,
    Projection,
    Replicator,
    ReplicatorMutator,
    Smith,
)
from evo.dynamics.imitation import ImitateBest, Imitation, LocalUpdate, PairwiseComparison, ProportionalImitation
from evo.dynamics.innovation import Aspiration, BestResponse, Introspection, Logit
from evo.dynamics.noise import AggregateShocks, Langevin

__all__ = [
    "AggregateShocks",
    "Aspiration",
    "BestResponse",
    "BirthDeath",
    "BrownVonNeumannNash",
    "DeathBirth",
    "DiscreteReplicator",
    "Dynamics",
    "Facts",
    "ImitateBest",
    "Imitation",
    "Introspection",
    "Langevin",
    "LocalUpdate",
    "Logit",
    "Moran",
    "PairwiseComparison",
    "Projection",
    "ProportionalImitation",
    "Replicator",
    "ReplicatorMutator",
    "Smith",
    "WrightFisher",
]

Dynamics = Annotated[
    Replicator
    | ReplicatorMutator
    | DiscreteReplicator
    | BrownVonNeumannNash
    | Smith
    | Projection
    | PairwiseComparison
    | LocalUpdate
    | ProportionalImitation
    | Imitation
    | ImitateBest
    | Moran
    | WrightFisher
    | BirthDeath
    | DeathBirth
    | BestResponse
    | Logit
    | Aspiration
    | Introspection
    | Langevin
    | AggregateShocks,
    Field(discriminator="kind"),
]

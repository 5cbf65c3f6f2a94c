"""Interventions: what is done to a population during a run, when, for how long, and what it costs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evo.interventions.checks import changes_graph, check_interventions
from evo.interventions.kinds import Change, Sandbox, Seed, Subsidy, TraitBias, Vote
from evo.interventions.schedule import Schedule, State, names_of, schedule_of
from evo.interventions.timing import Lasting

__all__ = [
    "Change", "Intervention", "Interventions", "Lasting", "Sandbox", "Schedule", "Seed", "State", "Subsidy", "TraitBias", "Vote",
    "changes_graph", "check_interventions", "names_of", "schedule_of",
]  # fmt: skip

Intervention = Annotated[Seed | Subsidy | TraitBias | Change | Sandbox | Vote, Field(discriminator="kind")]
Interventions = tuple[Intervention, ...]

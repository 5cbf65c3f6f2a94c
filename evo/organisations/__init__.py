"""Organisations that decide: how long agreement takes, who learns from whom, who leads and who leaves.

`consensus_time` simulates a decision, `consensus_formula` is its fit for payoffs; `Learners` are individual, social and
critical learners in a changing environment; `Patches` are groups whose members choose a leader, stay or leave.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evo.organisations.consensus import Consensus, ConsensusTime, consensus_time
    from evo.organisations.learners import Learners, LearnersPath
    from evo.organisations.patches import Patches, PatchesPath
    from evo.organisations.stress import consensus_formula

_PLACES = {
    "Consensus": "consensus",
    "ConsensusTime": "consensus",
    "Learners": "learners",
    "LearnersPath": "learners",
    "Patches": "patches",
    "PatchesPath": "patches",
    "consensus_formula": "stress",
    "consensus_time": "consensus",
}

__all__ = [
    "Consensus",
    "ConsensusTime",
    "Learners",
    "LearnersPath",
    "Patches",
    "PatchesPath",
    "consensus_formula",
    "consensus_time",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"evo.organisations.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'evo.organisations' has no attribute {name!r}")

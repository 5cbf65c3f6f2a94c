"""Organisations that decide: how long agreement takes, who learns from whom, who leads and who leaves.

`consensus_time` simulates a decision, `consensus_formula` is its fit for payoffs; `Learners` are individual, social and
critical learners in a changing environment; `Patches` are groups whose members choose a leader, stay or leave.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evo.games.deciding import consensus_formula
    from evo.organisations.consensus import Consensus, ConsensusTime, consensus_time
    from evo.organisations.learners import Learners, LearnersPath
    from evo.organisations.patches import Patches, PatchesPath

_PLACES = {
    "Consensus": "evo.organisations.consensus",
    "ConsensusTime": "evo.organisations.consensus",
    "Learners": "evo.organisations.learners",
    "LearnersPath": "evo.organisations.learners",
    "Patches": "evo.organisations.patches",
    "PatchesPath": "evo.organisations.patches",
    "consensus_formula": "evo.games.deciding",
    "consensus_time": "evo.organisations.consensus",
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
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'evo.organisations' has no attribute {name!r}")

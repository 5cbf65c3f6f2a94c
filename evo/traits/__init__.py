"""Continuous traits: individuals with heritable numbers instead of a list of strategies.

A `TraitModel` says what the traits are, how they pay, and how they are copied and mutate. `simulate` runs it individual
by individual; `evo.exact.traits.adaptive` and `evo.exact.traits.pip` are its theory in an infinite population.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evo.traits.model import TraitModel, dump, load, loads
    from evo.traits.simulation import TraitPath, simulate

# Imported when first used: theory must not reach the kernels' random numbers through this package.
_PLACES = {
    "TraitModel": "model",
    "TraitPath": "simulation",
    "dump": "model",
    "load": "model",
    "loads": "model",
    "simulate": "simulation",
}

__all__ = ["TraitModel", "TraitPath", "dump", "load", "loads", "simulate"]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"evo.traits.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'evo.traits' has no attribute {name!r}")

"""evo: which mind-sets prevail, under which environment and selection, and what tips the balance."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PLACES = {
    "Model": "evo.model",
    "Path": "evo.simulation",
    "SimulationError": "evo.simulation",
    "simulate": "evo.simulation",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    try:
        return import_module(f"evo.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"evo.{name}":
            raise
        raise AttributeError(f"module 'evo' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])

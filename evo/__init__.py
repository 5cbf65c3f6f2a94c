"""evo: which mind-sets prevail, under which environment and selection, and what tips the balance."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evo import exact, plots, report, sensitivity, tipping, traits
    from evo._errors import ClusterError, ConfigError, SimulationError
    from evo.batch.merging import merge
    from evo.batch.plan import LargePlanError
    from evo.batch.runner import run
    from evo.experiment import Experiment
    from evo.explorer import explore
    from evo.loading import dump, load, loads, schema
    from evo.model import Model
    from evo.results import Result
    from evo.runfolder import FolderError
    from evo.simulation import Path, simulate

    __version__: str

# Each name is imported when it is first used: `import evo` costs nothing.
_PLACES = {
    "ClusterError": "evo._errors",
    "ConfigError": "evo._errors",
    "Experiment": "evo.experiment",
    "FolderError": "evo.runfolder",
    "LargePlanError": "evo.batch.plan",
    "Model": "evo.model",
    "Path": "evo.simulation",
    "Result": "evo.results",
    "SimulationError": "evo._errors",
    "dump": "evo.loading",
    "explore": "evo.explorer",
    "load": "evo.loading",
    "loads": "evo.loading",
    "merge": "evo.batch.merging",
    "run": "evo.batch.runner",
    "schema": "evo.loading",
    "simulate": "evo.simulation",
}
_MODULES = ("exact", "plots", "report", "sensitivity", "tipping", "traits")

__all__ = [
    "ClusterError",
    "ConfigError",
    "Experiment",
    "FolderError",
    "LargePlanError",
    "Model",
    "Path",
    "Result",
    "SimulationError",
    "dump",
    "exact",
    "explore",
    "load",
    "loads",
    "merge",
    "plots",
    "report",
    "run",
    "schema",
    "sensitivity",
    "simulate",
    "tipping",
    "traits",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    if name in _MODULES:
        return import_module(f"evo.{name}")
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'evo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES, *_MODULES, "__version__"])


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("evo-games")
    except PackageNotFoundError:
        return "unknown"

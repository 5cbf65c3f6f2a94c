"""Sweeps: what varies, as points of settings (path of the config -> value); one file per way to vary."""

from evo.sweeps.ranges import Range, Scene
from evo.sweeps.refine import Refine
from evo.sweeps.samples import Sample
from evo.sweeps.sweep import NOTHING_KNOWN, Sweep, Sweeps
from evo.sweeps.values import Settings, Spaced, listed_values

__all__ = [
    "NOTHING_KNOWN",
    "Range",
    "Refine",
    "Sample",
    "Scene",
    "Settings",
    "Spaced",
    "Sweep",
    "Sweeps",
    "listed_values",
]

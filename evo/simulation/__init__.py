"""Simulate a model: the only package that calls simulation kernels."""

from evo.simulation.path import Path, Start, simulate
from evo.simulation.runs import run_plan
from evo.simulation.trouble import TROUBLE, composition_words, interrupted, trouble

__all__ = ["TROUBLE", "Path", "Start", "composition_words", "interrupted", "run_plan", "simulate", "trouble"]

"""Simulate a model: the only package that calls simulation kernels."""

from evo.simulation.networks import graphs_of, last_graph
from evo.simulation.path import Path, Start, simulate, simulate_again
from evo.simulation.runs import run_plan
from evo.simulation.trouble import TROUBLE, composition_words, interrupted, trouble

__all__ = [
    "TROUBLE",
    "Path",
    "Start",
    "composition_words",
    "graphs_of",
    "interrupted",
    "last_graph",
    "run_plan",
    "simulate",
    "simulate_again",
    "trouble",
]

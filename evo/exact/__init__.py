"""Exact answers: what follows from a model without simulation. Textbook mathematics in NumPy, apart from the kernels'
transition and sampling code, so that each can check the other."""

from evo.exact.edges import EdgePoint, critical_seed, edge_points
from evo.exact.invasion import homogeneous, invasion, payoffs_at
from evo.exact.payoffs import payoff_table, payoffs
from evo.exact.thresholds import thresholds

__all__ = [
    "EdgePoint",
    "critical_seed",
    "edge_points",
    "homogeneous",
    "invasion",
    "payoff_table",
    "payoffs",
    "payoffs_at",
    "thresholds",
]

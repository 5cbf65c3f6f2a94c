"""Lowering: the parts of a model, checked against each other, to the arrays that kernels read."""

from evo.lowering.problems import Problems
from evo.lowering.process import lower, scalar_names

__all__ = ["Problems", "lower", "scalar_names"]

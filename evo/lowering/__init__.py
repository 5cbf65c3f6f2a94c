"""Lowering: the parts of a model, checked against each other, to the arrays that kernels read."""

from evo.lowering.names import scalar_names
from evo.lowering.problems import Problems
from evo.lowering.process import lower
from evo.lowering.rule import acting

__all__ = ["Problems", "acting", "lower", "scalar_names"]

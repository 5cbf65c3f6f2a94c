"""Lowering: the parts of a model, checked against each other, to the arrays that kernels read."""

from evo.lowering.names import scalar_names
from evo.lowering.network import blank_nodes, graph_specs, lower_net, network_process, parts_apart, shared_graph
from evo.lowering.problems import Problems
from evo.lowering.process import lower
from evo.lowering.rule import acting
from evo.lowering.success import still_table
from evo.lowering.ties import lower_bonds

__all__ = [
    "Problems",
    "acting",
    "blank_nodes",
    "graph_specs",
    "lower",
    "lower_bonds",
    "lower_net",
    "network_process",
    "parts_apart",
    "scalar_names",
    "shared_graph",
    "still_table",
]

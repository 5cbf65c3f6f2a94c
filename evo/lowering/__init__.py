"""Lowering: the parts of a model, checked against each other, to the arrays that kernels read."""

from evo.lowering.direct import directly, lower_direct
from evo.lowering.names import attributes, compiled, payoff_names, scalar_names
from evo.lowering.network import blank_nodes, graph_specs, lower_net, network_process, parts_apart, shared_graph
from evo.lowering.problems import Problems
from evo.lowering.process import lower, lower_kin
from evo.lowering.regions import lower_regions, region_of
from evo.lowering.rule import acting
from evo.lowering.success import still_table
from evo.lowering.ties import lower_bonds
from evo.lowering.transfers import with_transfers

__all__ = [
    "Problems",
    "acting",
    "attributes",
    "blank_nodes",
    "compiled",
    "directly",
    "graph_specs",
    "lower",
    "lower_bonds",
    "lower_direct",
    "lower_kin",
    "lower_net",
    "lower_regions",
    "network_process",
    "parts_apart",
    "payoff_names",
    "region_of",
    "scalar_names",
    "shared_graph",
    "still_table",
    "with_transfers",
]

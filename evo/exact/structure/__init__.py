"""Exact answers for structured populations: on the vertices of a graph, in groups that split, in demes with migration."""

from evo.exact.structure.critical import CriticalRatio, critical_ratio
from evo.exact.structure.fixation import GraphFixation, graph_fixation
from evo.exact.structure.games import NeighbourhoodGame, neighbourhood_tables, public_goods
from evo.exact.structure.islands import IslandFixation, island_fixation
from evo.exact.structure.price import MultilevelPrice, Price, multilevel_price, price
from evo.exact.structure.rules import VertexRule
from evo.exact.structure.splitting import (
    GroupFixation,
    RareSplitting,
    group_fixation,
    rare_splitting,
    splitting_critical_ratio,
)
from evo.exact.structure.stationary import GraphStationary, graph_stationary
from evo.exact.structure.weights import Structure, weights_of_edges

__all__ = [
    "CriticalRatio",
    "GraphFixation",
    "GraphStationary",
    "GroupFixation",
    "IslandFixation",
    "MultilevelPrice",
    "NeighbourhoodGame",
    "Price",
    "RareSplitting",
    "Structure",
    "VertexRule",
    "critical_ratio",
    "graph_fixation",
    "graph_stationary",
    "group_fixation",
    "island_fixation",
    "multilevel_price",
    "neighbourhood_tables",
    "price",
    "public_goods",
    "rare_splitting",
    "splitting_critical_ratio",
    "weights_of_edges",
]

"""Graphs by name, of files and of other libraries: who meets whom and learns from whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from evo.graphs.building import build, check_scale, memory_bytes
from evo.graphs.configuration import Configuration
from evo.graphs.conversions import from_igraph, from_matrix, from_networkx
from evo.graphs.files import FileGraph
from evo.graphs.graph import Graph
from evo.graphs.lattices import Cubic, Hexagonal, Square, Triangular
from evo.graphs.random_graphs import BarabasiAlbert, ErdosRenyi, RandomRegular, StochasticBlock, WattsStrogatz
from evo.graphs.simple import Complete, CorePeriphery, Cycle, Path, Star, Wheel
from evo.graphs.trees import Hierarchy, Tree

__all__ = [
    "BarabasiAlbert",
    "Complete",
    "Configuration",
    "CorePeriphery",
    "Cubic",
    "Cycle",
    "ErdosRenyi",
    "FileGraph",
    "Graph",
    "GraphSpec",
    "Hexagonal",
    "Hierarchy",
    "Path",
    "RandomRegular",
    "Square",
    "Star",
    "StochasticBlock",
    "Tree",
    "Triangular",
    "WattsStrogatz",
    "Wheel",
    "build",
    "from_igraph",
    "from_matrix",
    "from_networkx",
    "memory_bytes",
]


def _held(spec: GraphSpec) -> GraphSpec:
    check_scale(spec)
    return spec


GraphSpec = Annotated[
    Complete
    | Cycle
    | Path
    | Star
    | Wheel
    | Square
    | Triangular
    | Hexagonal
    | Cubic
    | RandomRegular
    | ErdosRenyi
    | WattsStrogatz
    | BarabasiAlbert
    | Configuration
    | StochasticBlock
    | Tree
    | Hierarchy
    | CorePeriphery
    | FileGraph,
    Field(discriminator="kind"),
    AfterValidator(_held),
]

"""Measures of populations on graphs: how strategies, payoffs and ties go together at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from evo._spec import ProblemError, Spec
from evo.graphs import measures
from evo.lowering import graph_specs, shared_graph
from evo.lowering.network import LEVELLED

if TYPE_CHECKING:
    from evo.graphs import Graph
    from evo.kernels.arrays import Recording
    from evo.model import Model

GraphOf = Callable[[int], "Graph"]  # the graph that a row of a recording was played on
Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Ends:
    """How a replicate ended: the graph that is played on, the number of each node's strategy and its payoff, (N,)."""

    graph: Graph
    strategies: np.ndarray
    earned: np.ndarray
    names: tuple[str, ...]


class Clusters(Spec):
    """Clusters of each strategy: connected sets of nodes that play it.

    Their number (clusters.NAME), the nodes of the largest (largest_cluster.NAME), and players over clusters
    (mean_cluster.NAME, null where nobody plays it). Directions of edges do not count.
    """

    kind: Literal["clusters"] = "clusters"
    levelled: ClassVar[bool] = False

    def names(self, model: Model) -> list[str]:
        return [
            f"{what}.{name}" for name in model.strategies for what in ("clusters", "largest_cluster", "mean_cluster")
        ]

    def numbers(self, ends: Ends) -> Numbers:
        cluster_of, sizes = measures.clusters(ends.graph, ends.strategies)
        played = np.zeros(len(sizes), np.int64)
        played[cluster_of] = ends.strategies
        found: dict[str, float] = {}
        for place, name in enumerate(ends.names):
            own = sizes[played == place]
            found[f"clusters.{name}"] = len(own)
            found[f"largest_cluster.{name}"] = own.max() if len(own) else 0
            found[f"mean_cluster.{name}"] = own.mean() if len(own) else np.nan
        return found


class Assortment(Spec):
    """Whether like is tied to like: Newman's coefficient, and how many of a node's neighbours play as it does.

    assortment: r = (sum_i e_ii - sum_i a_i b_i) / (1 - sum_i a_i b_i), with e_ij the share of ties from strategy i to j
    and a_i, b_i its sums over rows and columns; null where all play the same [Newman 2003, Phys. Rev. E 67:026126, eq. 2].
    alike: the share of its neighbours that play as a node does, averaged over the nodes that have any. Ties count by
    weight.
    """

    kind: Literal["assortment"] = "assortment"
    levelled: ClassVar[bool] = False

    def names(self, model: Model) -> list[str]:
        return ["assortment", "alike"]

    def numbers(self, ends: Ends) -> Numbers:
        ties = measures.tie_matrix(ends.graph, ends.strategies, len(ends.names))
        alike = measures.share_alike(ends.graph, ends.strategies)
        return {"assortment": measures.assortativity(ties), "alike": alike}


class DegreePayoff(Spec):
    """Whether those with more neighbours earn more: Pearson's correlation over nodes of degree and payoff at the end.

    Null where all degrees or all payoffs are the same. Trait bias is not counted; in a directed graph the degree counts
    those whom a node meets.
    """

    kind: Literal["degree_payoff"] = "degree_payoff"
    levelled: ClassVar[bool] = False

    def names(self, model: Model) -> list[str]:
        return ["degree_payoff"]

    def numbers(self, ends: Ends) -> Numbers:
        degrees, earned = ends.graph.degrees, ends.earned
        varies = np.ptp(degrees) > 0 and np.ptp(earned) > 1e-12 * np.abs(earned).max()
        return {"degree_payoff": np.corrcoef(degrees, earned)[0, 1] if varies else np.nan}


class Interface(Spec):
    """Ties between different strategies: their number (interface) and their share of all ties by weight
    (interface_share)."""

    kind: Literal["interface"] = "interface"
    levelled: ClassVar[bool] = False

    def names(self, model: Model) -> list[str]:
        return ["interface", "interface_share"]

    def numbers(self, ends: Ends) -> Numbers:
        count, share = measures.interface(ends.graph, ends.strategies)
        return {"interface": count, "interface_share": share}


class TieDensity(Spec):
    """Share of ties, by weight, between each two strategies and within each: columns tie_density.NAME.NAME.

    In the order of the config, a tie between two strategies counted once, so that they sum to 1: the variables of pair
    approximation.
    """

    kind: Literal["tie_density"] = "tie_density"
    levelled: ClassVar[bool] = False

    def names(self, model: Model) -> list[str]:
        return [name for name, _, _ in _pairs(tuple(model.strategies))]

    def numbers(self, ends: Ends) -> Numbers:
        ties = measures.tie_matrix(ends.graph, ends.strategies, len(ends.names))
        return {name: ties[i, j] + (ties[j, i] if i != j else 0.0) for name, i, j in _pairs(ends.names)}


class HierarchyLeft(Spec):
    """The hierarchy that is left to a strategy, of a tree or hierarchy: its largest connected part.

    That is the largest set of its players whom ties from one level to the next connect, of several the one whose top
    is highest. How many they are (hierarchy.NAME.members), levels below its top (depth), how many members those with any
    below them have directly below, on average (span), and the level of its top (top); the last three are null where
    nobody plays it, the span also where nobody has anyone below.
    """

    kind: Literal["hierarchy"] = "hierarchy"
    strategy: str
    levelled: ClassVar[bool] = True

    def names(self, model: Model) -> list[str]:
        return [f"hierarchy.{self.strategy}.{what}" for what in ("members", "depth", "span", "top")]

    def numbers(self, ends: Ends) -> Numbers:
        left = measures.hierarchy_left(ends.graph, ends.strategies, ends.names.index(self.strategy))
        return {
            f"hierarchy.{self.strategy}.{what}": getattr(left, what) for what in ("members", "depth", "span", "top")
        }


class Levels(Spec):
    """Share of each strategy on each level of a tree or hierarchy at the end: columns level_0.NAME, the top, and on."""

    kind: Literal["levels"] = "levels"
    levelled: ClassVar[bool] = True

    def names(self, model: Model) -> list[str]:
        return [f"level_{level}.{name}" for level in range(level_count(model)) for name in model.strategies]

    def numbers(self, ends: Ends) -> Numbers:
        shares = measures.level_shares(ends.graph, ends.strategies, len(ends.names))
        return {
            f"level_{level}.{name}": shares[level, place]
            for level in range(len(shares))
            for place, name in enumerate(ends.names)
        }


OfGraphs = Clusters | Assortment | DegreePayoff | Interface | TieDensity | HierarchyLeft | Levels


def level_count(model: Model) -> int:
    """Levels of the tree or hierarchy that the model is played on, 0 where it is another graph."""
    population: Any = model.population
    if population.kind != "network" or population.graph.kind not in LEVELLED:
        return 0
    return int(shared_graph(graph_specs(model)[0], 0, model).levels.max()) + 1


def check_of_graphs(measure: OfGraphs, model: Model) -> None:
    """Refuse a measure of graphs where the population is on none, or of levels where the graph has none."""
    population: Any = model.population
    if population.kind != "network":
        raise ProblemError((), f"is of populations on graphs, and this one is {population.kind.replace('_', '-')}")
    if measure.levelled and population.graph.kind not in LEVELLED:
        raise ProblemError((), f"a {population.graph.kind} graph has no levels", f"use a {' or '.join(LEVELLED)}")
    if isinstance(measure, HierarchyLeft) and measure.strategy not in model.strategies:
        raise ProblemError(
            ("strategy",), f"{measure.strategy!r} is not a strategy", f"strategies: {', '.join(model.strategies)}"
        )


def columns_of_graphs(
    asked: Iterable[OfGraphs], model: Model, recording: Recording, graph_of: GraphOf | None
) -> dict[str, np.ndarray]:
    """Columns of these measures, one value per replicate, nan without `graph_of`; each graph is asked for once."""
    asked = tuple(asked)
    count, names = len(recording.nodes), tuple(model.strategies)
    found = {name: np.full(count, np.nan) for measure in asked for name in measure.names(model)}
    if graph_of is None or not asked:
        return found
    for row in range(count):
        ends = Ends(graph_of(row), recording.nodes[row, -1], recording.earned[row], names)
        for measure in asked:
            for name, value in measure.numbers(ends).items():
                found[name][row] = value
    return found


def gini_of(earned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gini coefficient of payoffs, (R, N), of each replicate, and by how much they were shifted: by the least where that is
    negative. G = sum_i (2i - N - 1) p_(i) / (N sum_i p_i), payoffs in ascending order: half the relative mean difference."""
    ordered = np.sort(earned, axis=1)
    shift = np.maximum(0.0, -ordered[:, :1])
    ordered = ordered + shift
    count = ordered.shape[1]
    ranks = np.arange(1 - count, count, 2, dtype=np.float64)  # 2i - N - 1
    total = ordered.sum(axis=1)
    gini = np.divide((ordered * ranks).sum(axis=1), count * total, out=np.zeros(len(total)), where=total > 0)
    return gini, shift[:, 0]


def _pairs(names: tuple[str, ...]) -> list[tuple[str, int, int]]:
    return [
        (f"tie_density.{first}.{second}", i, j)
        for i, first in enumerate(names)
        for j, second in enumerate(names)
        if i <= j
    ]

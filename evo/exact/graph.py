"""Exact answers of a model on a graph: its parts handed to `evo.exact.structure`, which knows arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evo import codes
from evo.exact.chains.states import rank, ways
from evo.exact.structure.fixation import GraphFixation, Method, Start, graph_fixation
from evo.exact.structure.games import NeighbourhoodGame, Payoffs
from evo.exact.structure.rules import BIRTHS, VertexRule
from evo.exact.structure.stationary import GraphStationary, graph_stationary
from evo.exact.structure.weights import Structure
from evo.games import GroupGame
from evo.graphs import Graph, build
from evo.lowering import graph_specs, network_process, still_table

if TYPE_CHECKING:
    from evo.model import Model
    from evo.populations import Network

PER_DEGREE = {"pair": "pair", "graph": "largest", "none": None}
MOST = 2000  # vertices: matrices are dense here


def fixation(
    model: Model,
    *,
    mutant: str,
    resident: str,
    start: Start = "uniform",
    seed: int = 0,
    replicate: int = 0,
    method: Method = "auto",
) -> GraphFixation:
    """Fixation of one mutant among residents on the model's graph; see `evo.exact.graph_fixation`.

    Of a random graph it is that of this seed and replicate. ValueError: a model that is not on a graph, payoffs that move,
    and what the chain of all states does not hold (conformity, prestige, ties that come and go, updates all at once).
    """
    names = list(model.strategies)
    for name in (mutant, resident):
        if name not in names:
            raise ValueError(f"{name!r} is not a strategy; strategies: {', '.join(names)}")
    if mutant == resident:
        raise ValueError("mutant and resident are two strategies")
    chosen = [names.index(mutant), names.index(resident)]
    structure, payoffs, rule = parts(model, seed=seed, replicate=replicate, chosen=chosen)
    return graph_fixation(structure, payoffs, rule=rule, start=start, method=method)


def stationary(model: Model, *, seed: int = 0, replicate: int = 0, method: Method = "auto") -> GraphStationary:
    """Long-run probabilities of a model on its graph; see `evo.exact.graph_stationary` and `fixation`."""
    structure, payoffs, rule = parts(model, seed=seed, replicate=replicate, chosen=list(range(len(model.strategies))))
    return graph_stationary(structure, payoffs, rule=rule, method=method)


def parts(model: Model, *, seed: int, replicate: int, chosen: list[int]) -> tuple[Structure, Payoffs, VertexRule]:
    """Structure, payoffs of the chosen strategies and rule of a model on a graph."""
    if model.population.kind != "network":
        raise ValueError(f"the population is {model.population.kind}, not on a graph")
    population = cast("Network", model.population)
    if population.ties is not None or population.tie_cost != 0:
        raise ValueError("ties that come and go, or cost something, are not part of these chains")
    plays, learns = graph_specs(model)
    number = replicate if population.graphs == "fresh" else 0
    graph = build(plays, seed=seed, number=number, files=model.files)
    if graph.size > MOST:
        raise ValueError(f"a graph of {graph.size:,} nodes has too many states")
    process = network_process(model, graph)
    table = still_table(process)
    if table is None:
        raise ValueError("payoffs that move with time, the environment or the mix have no such chain")
    spread = _dense(graph if learns is plays else build(learns, seed=seed + 1, number=number, files=model.files))
    meetings = _dense(graph)
    if population.self_interaction:
        meetings = meetings + np.eye(graph.size)
    structure = Structure(spread, meetings, population.payoff)
    table = table + process.strategy[3][:, None]  # the trait bias, once per pair or group
    if population.payoff == "accumulate" and process.strategy[3].any():
        raise ValueError("a trait bias is added once, which sums of payoffs do not show")
    if isinstance(model.form, GroupGame):
        payoffs: Payoffs = _groups(table, graph, chosen, population.scope)
    else:
        payoffs = table[np.ix_(chosen, chosen)]
    return structure, payoffs, _rule(model, population, chosen)


def _dense(graph: Graph) -> np.ndarray:
    return graph.to_matrix().toarray()


def _groups(table: np.ndarray, graph: Graph, chosen: list[int], scope: Any) -> NeighbourhoodGame:
    """A game in groups by its table over compositions of all sizes, one block of columns after the other."""
    strategies = len(table)
    sizes = np.unique(graph.degrees + 1)
    begin = dict(
        zip(sizes.tolist(), np.cumsum([0, *(ways(strategies, int(size)) for size in sizes)])[:-1], strict=True)
    )

    def value(own: int, counts: np.ndarray, size: int, total: np.ndarray, degree: int) -> np.ndarray:
        members = np.zeros((len(counts), strategies), np.int64)
        members[:, chosen] = counts
        return table[chosen[own], begin[size] + rank(members, size)]

    return NeighbourhoodGame(value, scope=scope, strategies=len(chosen))


def _rule(model: Model, population: Network, chosen: list[int]) -> VertexRule:
    """The update rule."""
    rule, kind = model.lowered.rule, model.dynamics.kind
    if rule.pace != codes.SEQUENTIAL:
        raise ValueError("updates all at once have no such chain here: use a sequential update")
    if rule.conformity != 1 or rule.prestige != 0:
        raise ValueError("conformity and prestige are not part of these chains")
    default = "pair" if population.payoff == "accumulate" else "none"
    per_degree = population.per_degree or default
    grouped = isinstance(model.form, GroupGame)
    if per_degree != "none" and (kind == "local_update" or (kind == "proportional_imitation" and grouped)):
        which = "in games in groups " if kind == "proportional_imitation" else ""
        raise ValueError(f"{kind} {which}by degree is not part of these chains: say `per_degree: none`")
    own: dict[str, Any] = {}
    births = kind in (*BIRTHS, "imitation")
    if kind == "imitation" and rule.option == 0:
        kind = "death_birth"
    if births:
        own["fitness"] = "linear" if rule.fitness == codes.LINEAR else "exponential"
    if kind not in ("proportional_imitation", "imitate_best", "best_response"):
        own["intensity"] = rule.intensity
    if kind in ("proportional_imitation", "local_update"):
        own["largest_difference"] = rule.number
    if kind == "proportional_imitation":
        own["degrees"] = PER_DEGREE[per_degree]
    if kind == "aspiration":
        own["level"] = rule.number
    if rule.mutation > 0:
        own |= {"mutation": rule.mutation, "to": model.lowered.to[np.ix_(chosen, chosen)].tolist()}
        if kind not in BIRTHS:
            own["when"] = "after" if rule.after else "instead"
    return VertexRule(cast(Any, kind), **own)

"""Replicates on graphs: each is built, lowered and run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo import codes
from evo.graphs import Graph, build
from evo.kernels.arrays import ENDED, Plan, Recording
from evo.kernels.nodes.run import run_nodes
from evo.kernels.random import stream_key
from evo.lowering import (
    blank_nodes,
    directly,
    graph_specs,
    lower_bonds,
    lower_direct,
    lower_net,
    lower_regions,
    network_process,
    region_of,
    shared_graph,
)
from evo.populations import Network
from evo.recording import scratch

if TYPE_CHECKING:
    from evo.model import Model

LEARNING = 1  # added to the seed of the graph to learn from, which is another


def run_network(
    model: Model, plan: Plan, seed: int, point: int, first: int, rows: range, flag: np.ndarray, recording: Recording
) -> None:
    """These rows of a recording; see `run_plan`."""
    plays, learns = graph_specs(model)
    fresh = _fresh(model) and (plays.facts.random or learns.facts.random)
    each = fresh or model.lowered.meeting.loose  # a replicate changes its ties
    parts = [range(row, row + 1) for row in rows] if each else [rows]
    for part in parts:
        if flag[0] != 0:
            recording.counts[list(part), ENDED] = codes.INTERRUPTED
            continue
        number = first + part.start if fresh else 0
        graph, learning = graphs_of(model, seed, number)
        process = network_process(model, graph)
        work = scratch(process, len(plan.watched))
        net, bonds = lower_bonds(model, lower_net(model, graph, learning))
        region = region_of(model, plays, graph.size)
        regions = lower_regions(model, region)
        if directly(model, graph):
            net = net._replace(direct=lower_direct(model, graph, work.scalars, region, regions.values))
        nodes = blank_nodes(process, net)
        run_nodes(
            process, net, bonds, regions, nodes, plan, stream_key(seed), np.uint64(point), first, part.start, part.stop,
            part.step, flag, work, recording,
        )  # fmt: skip


def graphs_of(model: Model, seed: int, replicate: int) -> tuple[Graph, Graph]:
    """The graphs of a replicate, to play on and to learn from: the same one where no other is given."""
    plays, learns = graph_specs(model)
    graph = _built(plays, seed, replicate, model)
    return graph, graph if learns is plays else _built(learns, seed + LEARNING, replicate, model)


def last_graph(model: Model, recording: Recording, row: int, *, seed: int, replicate: int) -> Graph:
    """The graph that a replicate was played on at the end: another than at the start where ties come and go.

    Raises ValueError where those ties were not kept."""
    graph, _ = graphs_of(model, seed, replicate)
    if not model.lowered.meeting.loose:
        return graph
    if recording.ties.shape[1] == 0:
        raise ValueError("ties come and go, and those at the end were not kept")
    tied = np.unpackbits(recording.ties[row], axis=1, count=graph.size, bitorder="little")
    sources, targets = np.nonzero(np.triu(tied, 1))
    return Graph.from_edges(graph.size, sources, targets, names=graph.names, positions=graph.positions)


def _built(spec: Any, seed: int, replicate: int, model: Model) -> Graph:
    if spec.facts.random and _fresh(model):
        return build(spec, seed=seed, number=replicate, files=model.files)
    return shared_graph(spec, seed, model)


def _fresh(model: Model) -> bool:
    """Whether each replicate has a random graph of its own."""
    assert isinstance(model.population, Network)
    return model.population.graphs == "fresh"

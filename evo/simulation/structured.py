"""One replicate under way of a population on a graph, or in groups; see courses.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo.kernels.arrays import Plan, Process, Recording, Work
from evo.kernels.demes.arrays import DemeWork
from evo.kernels.demes.run import run_groups
from evo.kernels.nodes.net import Bonds, Net, Nodes, Regions
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
)
from evo.lowering.groups import lower_groups
from evo.simulation.courses import fresh
from evo.simulation.groups import group_scratch
from evo.simulation.networks import graphs_of
from evo.simulation.seeding import seed_groups, seed_nodes

if TYPE_CHECKING:
    from evo.interventions import Seed
    from evo.interventions.regimes import Regime
    from evo.model import Model


class NetworkCourse:
    """A population on a graph, which may become another one of as many nodes."""

    def __init__(
        self, model: Model, seed: int, point: int, first: int, row: int, flag: np.ndarray, recording: Recording
    ) -> None:
        self.names = model.strategy_names
        self.chosen = (seed, first + row if model.population.graphs == "fresh" else 0)  # pyright: ignore
        self.asked = (stream_key(seed), np.uint64(point), first, row, row + 1, 1, flag)
        self.recording = recording
        self.region: np.ndarray
        self.regions: Regions
        self.net: Net
        self.bonds: Bonds
        self.nodes: Nodes | None = None
        self.work: Work

    def go(self, regime: Regime, plan: Plan) -> None:
        model, former = regime.model, self.nodes
        graph, learning = graphs_of(model, *self.chosen)
        process = regime.dress(network_process(model, graph))
        self.work = fresh(process, plan, getattr(self, "work", None))
        if former is None:
            self.region = region_of(model, graph_specs(model)[0], graph.size)
            self.regions = lower_regions(model, self.region)
        if former is None or not process.meeting.loose:  # ties that come and go stay as they have become
            self.net, self.bonds = lower_bonds(model, lower_net(model, graph, learning))
        if directly(model, graph):
            direct = lower_direct(model, graph, self.work.scalars, self.region, self.regions.values)
            self.net = self.net._replace(direct=direct)
        self.nodes = blank_nodes(process, self.net)
        if former is not None:
            self.nodes.strategies[:] = former.strategies
        run_nodes(
            process, self.net, self.bonds, self.regions, self.nodes, plan, *self.asked, self.work, self.recording
        )  # fmt: skip

    def seed(self, spec: Seed, size: float, rng: np.random.Generator) -> float:
        assert self.nodes is not None
        return seed_nodes(self.net, self.nodes.strategies, spec, size, self.names, rng)


class GroupCourse:
    """A population in groups."""

    def __init__(
        self, model: Model, seed: int, point: int, first: int, row: int, flag: np.ndarray, recording: Recording
    ) -> None:
        self.names = model.strategy_names
        self.asked = (stream_key(seed), np.uint64(point), first, row, row + 1, 1, flag)
        self.recording = recording
        self.process: Process
        self.groups: DemeWork | None = None
        self.work: Work

    def go(self, regime: Regime, plan: Plan) -> None:
        self.process = regime.dress(regime.model.lowered)
        demes = lower_groups(regime.model, self.process.meeting.size)
        self.work = fresh(self.process, plan, getattr(self, "work", None))
        groups = group_scratch(self.process, demes)
        if self.groups is not None:
            for name in ("counts", "members", "due", "everybody"):
                getattr(groups, name)[...] = getattr(self.groups, name)
        self.groups = groups
        key, point, first, start, stop, stride, flag = self.asked
        run_groups(
            self.process, demes, plan, key, point, first, start, stop, stride, flag, self.work, groups, self.recording
        )  # fmt: skip

    def seed(self, spec: Seed, size: float, rng: np.random.Generator) -> float:
        assert self.groups is not None
        return seed_groups(self.groups.counts, spec, size, self.names, rng)

"""Measures of populations on graphs, against networkx and against their definitions written out."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
import yaml

import evo
from evo.graphs import Graph, Hierarchy, Tree, build
from evo.graphs.measures import (
    assortativity,
    clusters,
    hierarchy_left,
    interface,
    level_shares,
    share_alike,
    tie_matrix,
)
from evo.measures.networks import gini_of

NAMES = ("a", "b", "c")
ALL_OF_GRAPHS = ["clusters", "assortment", "degree_payoff", "interface", "tie_density"]


def some_graph(seed: int, *, directed: bool = False, weighted: bool = False) -> Graph:
    """Forty nodes, tied at random, some to nobody."""
    drawn = nx.gnp_random_graph(40, 0.06, seed=seed, directed=directed)
    sources, targets = (np.array(ends) for ends in zip(*drawn.edges, strict=True))
    weights = np.random.default_rng(seed).uniform(0.2, 3, len(sources)) if weighted else None
    return Graph.from_edges(40, sources, targets, weights=weights, directed=directed)


def some_strategies(seed: int, size: int = 40) -> np.ndarray:
    return np.random.default_rng(seed + 100).integers(0, 3, size).astype(np.uint8)


KINDS = [(False, False), (True, False), (False, True), (True, True)]


@pytest.mark.parametrize("directed, weighted", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_ties_are_those_of_networkx(seed: int, directed: bool, weighted: bool) -> None:
    graph, strategies = some_graph(seed, directed=directed, weighted=weighted), some_strategies(seed)
    peer = graph.to_networkx()
    shares = np.zeros((3, 3))
    across = 0
    for source, target, data in peer.edges(data=True):
        weight = data.get("weight", 1.0)
        shares[strategies[source], strategies[target]] += weight
        across += strategies[source] != strategies[target]
    shares = shares / shares.sum() if directed else (shares + shares.T) / (2 * shares.sum())
    found = tie_matrix(graph, strategies, 3)
    np.testing.assert_allclose(found, shares, atol=1e-14)
    count, share = interface(graph, strategies)
    assert count == across
    assert share == pytest.approx(1 - np.trace(shares))
    if not weighted:
        nx.set_node_attributes(peer, dict(enumerate(strategies.tolist())), "plays")
        assert assortativity(found) == pytest.approx(nx.attribute_assortativity_coefficient(peer, "plays"))


@pytest.mark.parametrize("directed, weighted", KINDS)
def test_alike_looks_at_whom_a_node_meets(directed: bool, weighted: bool) -> None:
    graph, strategies = some_graph(5, directed=directed, weighted=weighted), some_strategies(5)
    matrix = graph.to_matrix().toarray()
    shares = [
        sum(matrix[i, j] for j in range(40) if strategies[j] == strategies[i]) / matrix[i].sum()
        for i in range(40)
        if matrix[i].any()
    ]
    assert share_alike(graph, strategies) == pytest.approx(np.mean(shares))


@pytest.mark.parametrize("directed", [False, True])
def test_clusters_are_components_of_those_who_play_the_same(directed: bool) -> None:
    for seed in range(4):
        graph, strategies = some_graph(seed, directed=directed), some_strategies(seed)
        cluster_of, sizes = clusters(graph, strategies)
        peer = graph.to_networkx().to_undirected()
        expected: list[frozenset[int]] = []
        for s in range(3):
            expected += map(frozenset, nx.connected_components(peer.subgraph(np.flatnonzero(strategies == s).tolist())))
        found = [frozenset(np.flatnonzero(cluster_of == c).tolist()) for c in range(len(sizes))]
        assert set(found) == set(expected) and sizes.tolist() == [len(each) for each in found]


def test_no_ties_and_a_single_strategy_have_no_assortment() -> None:
    lonely = Graph.from_edges(4, [], [])
    assert np.isnan(tie_matrix(lonely, np.zeros(4, np.uint8), 2)).all()
    assert np.isnan(interface(lonely, np.zeros(4, np.uint8))[1]) and np.isnan(
        share_alike(lonely, np.zeros(4, np.uint8))
    )
    graph = some_graph(1)
    alone = np.ones(40, np.uint8)
    assert np.isnan(assortativity(tie_matrix(graph, alone, 3))) and share_alike(graph, alone) == 1


def test_the_hierarchy_that_is_left() -> None:
    """A tree of 1 + 2 + 4 + 8; node n stands above 2n + 1 and 2n + 2."""
    tree = build(Tree(branching=2, depth=3), seed=0)
    plays = np.zeros(15, np.uint8)
    plays[[1, 3, 4, 7, 8, 9]] = 1  # below the top: 1 above 3 (7 and 8) and 4 (9)
    plays[[6, 13]] = 1
    left = hierarchy_left(tree, plays, 1)
    assert (left.members, left.top, left.depth) == (6, 1, 2)
    assert left.span == pytest.approx(5 / 3)  # 1 has two, 3 two and 4 one
    rest = hierarchy_left(tree, plays, 0)
    assert (rest.members, rest.top, rest.depth, rest.span) == (5, 0, 3, 4 / 3)  # 0 above 2 above 5 above 11 and 12
    nobody = hierarchy_left(tree, plays, 2)
    assert nobody.members == 0 and np.isnan([nobody.top, nobody.depth, nobody.span]).all()
    plays[:] = 0
    plays[[3, 10, 14]] = 1  # three parts of one: the one that stands highest
    alone = hierarchy_left(tree, plays, 1)
    assert (alone.members, alone.top, alone.depth) == (1, 2, 0) and np.isnan(alone.span)


def test_ties_within_a_level_hold_no_hierarchy_together() -> None:
    ring = build(Hierarchy(span=3, depth=2, lateral="siblings"), seed=0)
    plays = np.ones(13, np.uint8)
    plays[0] = 0
    left = hierarchy_left(ring, plays, 1)
    assert (left.members, left.top, left.depth, left.span) == (4, 1, 1, 3)
    assert level_shares(ring, plays, 2).tolist() == [[1, 0], [0, 1], [0, 1]]


def test_gini_is_half_the_relative_mean_difference() -> None:
    earned = np.random.default_rng(1).gamma(2.0, size=(3, 30))
    earned[1] -= 2.0
    earned[2] = 0.0
    found, shift = gini_of(earned)
    for row in range(2):
        lifted = earned[row] + max(0.0, -earned[row].min())
        gaps = np.abs(lifted[:, None] - lifted[None, :]).mean()
        assert found[row] == pytest.approx(gaps / (2 * lifted.mean()))
    assert shift == pytest.approx([0, -earned[1].min(), 0]) and found[2] == 0


# in a run


def experiment(**changes: Any) -> evo.Experiment:
    data: dict[str, Any] = {
        "strategies": list(NAMES),
        "game": {"kind": "matrix", "payoffs": [[1, -0.5, 2], [3, 0, 0.5], [0, 1, 1]]},
        "population": {"kind": "network", "graph": {"kind": "erdos_renyi", "size": 60, "degree": 3}},
        "dynamics": {"kind": "pairwise_comparison"},
        "run": {"generations": 5, "replicates": 3, "seed": 9},
        "measure": ["final_mix", *ALL_OF_GRAPHS, "gini"],
    }
    return evo.loads(yaml.safe_dump(data | changes))


def earned_by_hand(graph: Graph, strategies: np.ndarray, payoffs: np.ndarray, *, average: bool) -> np.ndarray:
    sums = [
        sum(payoffs[strategies[i], strategies[j]] for j in np.flatnonzero(row))
        for i, row in enumerate(graph.to_matrix().toarray())
    ]
    return np.array(sums) / (np.maximum(graph.degrees, 1) if average else 1)


@pytest.mark.pure
@pytest.mark.parametrize("payoff", ["average", "accumulate"])
def test_outcomes_are_of_the_graph_that_each_replicate_had(payoff: str) -> None:
    asked = experiment(
        population={"kind": "network", "graph": {"kind": "erdos_renyi", "size": 60, "degree": 3}, "payoff": payoff}
    )
    rows = evo.run(asked, progress=False, workers=2).outcomes
    path = evo.simulate(asked.model, generations=5, replicates=3, seed=9, nodes=True)
    payoffs = np.array([[1, -0.5, 2], [3, 0, 0.5], [0, 1, 1]])
    assert len({path.graph(r).edges for r in range(3)}) > 1
    for r in range(3):
        graph, last, row = path.graph(r), path.nodes[r, -1], rows.iloc[r]
        peer = graph.to_networkx()
        assert row["final_mix.a"] == pytest.approx((last == 0).mean())
        assert row["interface"] == sum(last[i] != last[j] for i, j in peer.edges)
        assert row["interface_share"] == pytest.approx(row["interface"] / graph.edges)
        assert row["tie_density.a.c"] == pytest.approx(
            sum({last[i], last[j]} == {0, 2} for i, j in peer.edges) / graph.edges
        )
        assert row[[name for name in rows if name.startswith("tie_density")]].sum() == pytest.approx(1)
        pieces = list(map(len, nx.connected_components(peer.subgraph(np.flatnonzero(last == 1).tolist()))))
        assert (row["clusters.b"], row["largest_cluster.b"]) == (len(pieces), max(pieces))
        assert row["mean_cluster.b"] == pytest.approx(np.mean(pieces))
        earned = earned_by_hand(graph, last, payoffs, average=payoff == "average")
        np.testing.assert_allclose(path.recording.earned[r], earned, atol=1e-12)
        assert row["degree_payoff"] == pytest.approx(np.corrcoef(graph.degrees, earned)[0, 1])
        assert row["gini"] == pytest.approx(gini_of(earned[None])[0][0]) and row["gini_shift"] == pytest.approx(
            -earned.min()
        )


@pytest.mark.pure
def test_measures_of_levels_grow_with_the_levels_that_are_swept() -> None:
    asked = experiment(
        population={"kind": "network", "graph": {"kind": "tree", "branching": 3, "depth": 1}},
        sweep={"grid": {"population.graph.depth": [1, 3]}},
        measure=["levels", {"kind": "hierarchy", "strategy": "b"}],
    )
    rows = evo.run(asked, progress=False, workers=1).outcomes
    flat, deep = rows[rows["point"] == 0], rows[rows["point"] == 1]
    assert flat["level_3.a"].isna().all() and deep["level_3.a"].notna().all()
    np.testing.assert_allclose(deep[[f"level_2.{name}" for name in NAMES]].sum(axis=1), 1)
    assert set(deep["level_0.b"]) <= {0.0, 1.0}
    assert (deep["hierarchy.b.members"] <= 40).all()


@pytest.mark.pure
def test_a_path_keeps_its_nodes_where_it_is_asked_to() -> None:
    model = experiment().model
    path = evo.simulate(model, generations=4, replicates=2, seed=2, nodes=True)
    assert path.nodes.shape == (2, 5, 60) and path.nodes.dtype == np.uint8 and path.records.tolist() == [5, 5]
    shares = np.stack([(path.nodes == s).mean(axis=2) for s in range(3)], axis=2)
    np.testing.assert_allclose(shares, path.mix, atol=1e-12)
    bare = evo.simulate(model, generations=4, replicates=2, seed=2)
    np.testing.assert_array_equal(bare.mix, path.mix)
    with pytest.raises(ValueError, match="nodes=True"):
        _ = bare.nodes
    with pytest.raises(ValueError, match="numbered from 0 to 1"):
        bare.graph(2)
    mixed = experiment(population={"kind": "well_mixed", "size": 10}, measure=["final_mix"]).model
    with pytest.raises(ValueError, match="no nodes to keep"):
        evo.simulate(mixed, generations=1, nodes=True)
    with pytest.raises(ValueError, match="has no graph"):
        evo.simulate(mixed, generations=1).graph()


@pytest.mark.parametrize("measure", [*ALL_OF_GRAPHS, "levels"])
def test_measures_of_graphs_are_refused_elsewhere(measure: str) -> None:
    with pytest.raises(evo.ConfigError, match=r"measure\.0: is of populations on graphs, and this one is well-mixed"):
        experiment(population={"kind": "well_mixed", "size": 10}, measure=[measure])


def test_measures_of_levels_are_refused_where_there_are_none() -> None:
    for measure in ("levels", {"kind": "hierarchy", "strategy": "a"}):
        with pytest.raises(evo.ConfigError, match="a erdos_renyi graph has no levels; use a tree or hierarchy"):
            experiment(measure=[measure])
    tree = {"kind": "network", "graph": {"kind": "tree", "branching": 3, "depth": 1}}
    with pytest.raises(evo.ConfigError, match="'x' is not a strategy"):
        experiment(population=tree, measure=[{"kind": "hierarchy", "strategy": "x"}])


def test_pictures_of_graphs_are_refused_elsewhere() -> None:
    mixed: dict[str, Any] = {
        "population": {"kind": "well_mixed", "size": 10},
        "measure": ["final_mix"],
        "plots": ["network"],
    }
    with pytest.raises(evo.ConfigError, match=r"plots\.0: network shows populations on graphs, and there is none here"):
        experiment(**mixed, sweep={"grid": {"population.size": [10, 20]}})
    on_some = [{"kind": "network", "graph": {"kind": "cycle", "size": 10}}, {"kind": "well_mixed", "size": 10}]
    assert experiment(**mixed, sweep={"grid": {"population": on_some}}).plots

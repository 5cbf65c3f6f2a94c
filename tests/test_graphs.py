"""Graphs against networkx, theory and themselves; what is refused, and in which words."""

from __future__ import annotations

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from evo import graphs
from evo._spec import ConfigError, ProblemError, refuse
from evo.graphs import (
    BarabasiAlbert,
    Complete,
    Configuration,
    CorePeriphery,
    Cubic,
    Cycle,
    ErdosRenyi,
    FileGraph,
    Graph,
    Hexagonal,
    Hierarchy,
    Path,
    RandomRegular,
    Square,
    Star,
    StochasticBlock,
    Tree,
    Triangular,
    WattsStrogatz,
    Wheel,
    build,
    memory_bytes,
)
from evo.graphs.configuration import unfit
from evo.series import embed

ADAPTER = TypeAdapter(graphs.GraphSpec)

EVERY = [
    Complete(size=6),
    Cycle(size=7),
    Path(size=5),
    Star(size=6),
    Wheel(size=7),
    Square(rows=4, columns=5),
    Square(rows=3, columns=3, neighbourhood="moore"),
    Square(rows=4, columns=5, neighbourhood="moore", periodic=False),
    Square(rows=1, columns=5, periodic=False),
    Triangular(rows=3, columns=3),
    Triangular(rows=4, columns=5, periodic=False),
    Hexagonal(rows=2, columns=4),
    Hexagonal(rows=4, columns=6),
    *(Hexagonal(rows=rows, columns=columns, periodic=False) for rows in (1, 2, 3, 4) for columns in (2, 3, 4, 5)),
    Cubic(layers=3, rows=4, columns=5),
    Cubic(layers=2, rows=1, columns=4, periodic=False),
    RandomRegular(size=20, degree=3),
    RandomRegular(size=20, degree=16),
    RandomRegular(size=7, degree=6),
    ErdosRenyi(size=60, degree=4),
    ErdosRenyi(size=60, probability=0.1),
    ErdosRenyi(size=60, edges=90),
    WattsStrogatz(size=40, neighbours=4, rewiring=0.3),
    WattsStrogatz(size=6, neighbours=4, rewiring=1),
    WattsStrogatz(size=5, neighbours=4, rewiring=1),
    BarabasiAlbert(size=50, edges=3),
    BarabasiAlbert(size=4, edges=3),
    Configuration(degrees=(3, 2, 2, 1, 0)),
    Configuration(size=200, exponent=2.5, least=2),
    StochasticBlock(sizes=(10, 20), probabilities=((0.5, 0.1), (0.1, 0.3))),
    Tree(branching=3, depth=3),
    Tree(branching=1, depth=4),
    Hierarchy(span=3, depth=2),
    Hierarchy(span=3, size=12, lateral="siblings"),
    Hierarchy(span=3, size=12, lateral="ring"),
    Hierarchy(span=2, size=11, lateral="level", lateral_weight=0.5),
    Hierarchy(span=9, size=5, lateral="siblings", vertical_weight=0),
    CorePeriphery(size=12, core=4, ties=3),
    CorePeriphery(size=5, core=1),
]


def edge_set(graph):
    """Ties as pairs of nodes, the smaller first."""
    return {frozenset(edge) for edge in graph.to_networkx().edges}


def refused(data):
    """The one problem of a graph's config: path, message and hint."""
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(data)
    (problem,) = refuse(caught.value).problems
    return problem


def a_file(text, **fields):
    return build(FileGraph(file="net.txt", **fields), seed=0, files={"net.txt": embed(text)})


def refused_file(text, name="net.txt", **fields):
    with pytest.raises(ProblemError) as caught:
        build(FileGraph(file=name, **fields), seed=0, files={name: embed(text)})
    assert caught.value.path == ("file",)
    return str(caught.value)


# Contracts of every kind.


@pytest.mark.pure
@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.kind)
def test_rows_are_sorted_symmetric_and_without_loops(spec):
    graph = build(spec, seed=3)
    starts, neighbours, weights = graph.adjacency
    assert (starts.dtype, neighbours.dtype, weights.dtype) == (np.int64, np.int32, np.float64)
    assert len(starts) == graph.size + 1 == spec.nodes + 1
    assert starts[0] == 0
    assert starts[-1] == len(neighbours) == 2 * graph.edges
    assert len(weights) in (0, len(neighbours))
    pairs = [(i, j) for i in range(graph.size) for j in neighbours[starts[i] : starts[i + 1]].tolist()]
    assert pairs == sorted(set(pairs))  # ascending in each row, and none twice
    assert {(j, i) for i, j in pairs} == set(pairs)
    assert all(i != j for i, j in pairs)
    table = graph.to_matrix()
    assert abs(table - table.T).nnz == 0
    assert graph.transposed is graph.adjacency
    assert graph.degrees.sum() == 2 * graph.edges
    assert graph.components == nx.number_connected_components(graph.to_networkx())
    assert graph.isolated.tolist() == list(nx.isolates(graph.to_networkx()))
    assert graph.positions.shape[0] in (0, graph.size)
    assert graph.positions.shape[1] == (spec.facts.places or 2)
    assert bool(graph.positions.size) == bool(spec.facts.places)
    if graph.positions.size:
        assert len(np.unique(graph.positions.round(9), axis=0)) == graph.size


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.kind)
def test_ties_are_as_many_as_is_said_beforehand(spec):
    graph = build(spec, seed=3)
    if isinstance(spec, ErdosRenyi | StochasticBlock | Configuration):
        many = [build(spec, seed=3, number=number).edges for number in range(100)]
        deviation = max(np.std(many), 1e-9) / 10
        assert abs(np.mean(many) - spec.expected_ties) < 4 * deviation + 1e-9 * spec.expected_ties
    else:
        assert graph.edges == spec.expected_ties
    assert memory_bytes(spec) > graph.adjacency.neighbours.nbytes


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.kind)
def test_seed_and_number_choose_the_graph(spec):
    first, again = build(spec, seed=5, number=2), build(spec, seed=5, number=2)
    for one, other in zip(first.adjacency, again.adjacency, strict=True):
        np.testing.assert_array_equal(one, other)
    others = [build(spec, seed=5, number=3), build(spec, seed=6, number=2)]
    if spec.nodes <= 7:  # so small that others may be the same
        return
    changed = [not np.array_equal(first.to_matrix().toarray(), other.to_matrix().toarray()) for other in others]
    assert changed == [spec.facts.random] * 2


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.kind)
def test_what_is_written_down_is_read_again(spec):
    assert ADAPTER.validate_python(spec.model_dump(mode="json")) == spec


def test_every_kind_of_the_union_is_tried():
    tried = {spec.kind for spec in EVERY} | {"file"}
    assert set(ADAPTER.json_schema()["discriminator"]["mapping"]) == tried


def test_threads_and_other_users_of_igraph_change_nothing():
    import igraph

    specs = [spec for spec in EVERY if spec.facts.random] * 5
    alone = [build(spec, seed=9).adjacency.neighbours.tolist() for spec in specs]
    random.seed(1)
    before = igraph.Graph.Erdos_Renyi(n=20, m=40).get_edgelist()
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(build, spec, seed=9) for spec in specs]
        noise = [pool.submit(igraph.Graph.Barabasi, 300, 2) for _ in specs]
        together = [job.result().adjacency.neighbours.tolist() for job in jobs]
        assert len([job.result() for job in noise]) == len(specs)
    assert together == alone
    random.seed(1)
    assert igraph.Graph.Erdos_Renyi(n=20, m=40).get_edgelist() == before


# Graphs without chance, against networkx.


@pytest.mark.parametrize(
    "spec, other",
    [
        (Complete(size=6), nx.complete_graph(6)),
        (Cycle(size=7), nx.cycle_graph(7)),
        (Path(size=5), nx.path_graph(5)),
        (Star(size=6), nx.star_graph(5)),
        (Wheel(size=7), nx.wheel_graph(7)),
        (Tree(branching=3, depth=3), nx.balanced_tree(3, 3)),
        (Hierarchy(span=3, size=12), nx.full_rary_tree(3, 12)),
    ],
)
def test_same_nodes_and_ties_as_networkx(spec, other):
    assert edge_set(build(spec, seed=0)) == {frozenset(edge) for edge in other.edges}


@pytest.mark.parametrize("periodic", [True, False])
def test_square_and_cubic_lattices_are_those_of_networkx(periodic):
    other = nx.grid_2d_graph(4, 5, periodic=periodic)
    found = edge_set(build(Square(rows=4, columns=5, periodic=periodic), seed=0))
    assert found == {frozenset(5 * row + column for row, column in edge) for edge in other.edges}
    other = nx.grid_graph([5, 4, 3], periodic=periodic)  # networkx names the last dimension first
    found = edge_set(build(Cubic(layers=3, rows=4, columns=5, periodic=periodic), seed=0))
    assert found == {frozenset(20 * a + 5 * b + c for a, b, c in edge) for edge in other.edges}


def test_a_moore_neighbourhood_is_a_king_on_a_torus():
    graph = build(Square(rows=5, columns=6, neighbourhood="moore"), seed=0)
    assert graph.lattice == (5, 6, 8, True)
    for row in range(5):
        for column in range(6):
            steps = [(up, right) for up in (-1, 0, 1) for right in (-1, 0, 1) if (up, right) != (0, 0)]
            around = sorted((row + up) % 5 * 6 + (column + right) % 6 for up, right in steps)
            assert neighbours_of(graph, 6 * row + column) == around


def neighbours_of(graph, node):
    starts, neighbours, _ = graph.adjacency
    return neighbours[starts[node] : starts[node + 1]].tolist()


def test_triangular_and_hexagonal_lattices_are_those_of_networkx():
    graph = build(Triangular(rows=6, columns=7), seed=0)
    assert set(graph.degrees) == {6}
    shared = [len(set(neighbours_of(graph, i)) & set(neighbours_of(graph, j))) for i, j in map(tuple, edge_set(graph))]
    assert set(shared) == {2}  # every tie is a side of two triangles
    honeycomb = build(Hexagonal(rows=8, columns=6), seed=0).to_networkx()
    assert nx.is_isomorphic(honeycomb, nx.hexagonal_lattice_graph(3, 8, periodic=True))
    assert nx.is_bipartite(honeycomb)
    assert nx.girth(honeycomb) == 6


@pytest.mark.parametrize(
    "spec, length",
    [
        (Square(rows=4, columns=5, periodic=False), 1),
        (Triangular(rows=4, columns=5, periodic=False), 1),
        (Hexagonal(rows=4, columns=5, periodic=False), 1),
        (Cubic(layers=3, rows=4, columns=5, periodic=False), 1),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_ties_of_a_lattice_have_the_same_length_and_nobody_is_nearer(spec, length):
    graph = build(spec, seed=0)
    apart = np.linalg.norm(graph.positions[:, None] - graph.positions[None], axis=2)
    assert {frozenset(map(int, pair)) for pair in np.argwhere(np.isclose(apart, length))} == edge_set(graph)
    assert apart[~np.eye(graph.size, dtype=bool)].min() > length - 1e-9


def test_a_core_is_complete_and_has_the_periphery_in_equal_parts():
    graph = build(CorePeriphery(size=23, core=5, ties=2), seed=0)
    core = set(range(5))
    assert all(frozenset(pair) in edge_set(graph) for pair in combinations(core, 2))
    assert all(
        len(neighbours_of(graph, node)) == 2 and set(neighbours_of(graph, node)) <= core for node in range(5, 23)
    )
    assert set(graph.degrees[:5]) == {4 + 7, 4 + 8}  # 36 ties to the periphery


# Hierarchies.


def of_boss(size, span):
    """Reports of each boss, by hand."""
    return [[node for node in range(1, size) if (node - 1) // span == boss] for boss in range(size)]


def of_level(size, span):
    levels, first, width = [], 0, 1
    while first < size:
        levels.append(list(range(first, min(first + width, size))))
        first, width = first + width, width * span
    return levels


def ring(nodes):
    ties = {frozenset(pair) for pair in zip(nodes, nodes[1:] + nodes[:1], strict=True)}
    return {tie for tie in ties if len(tie) == 2}


@pytest.mark.parametrize("span, size", [(1, 5), (2, 2), (2, 3), (2, 12), (3, 5), (3, 13), (4, 30), (7, 6)])
def test_lateral_ties(span, size):
    vertical = {frozenset((boss, report)) for boss, reports in enumerate(of_boss(size, span)) for report in reports}
    expected = {
        "none": set(),
        "siblings": {frozenset(pair) for reports in of_boss(size, span) for pair in combinations(reports, 2)},
        "ring": set().union(*(ring(reports) for reports in of_boss(size, span))),
        "level": set().union(*(ring(level) for level in of_level(size, span))),
    }
    for lateral, ties in expected.items():
        graph = build(Hierarchy(span=span, size=size, lateral=lateral), seed=0)
        assert edge_set(graph) == vertical | ties, lateral
        assert graph.levels.tolist() == [depth for depth, level in enumerate(of_level(size, span)) for _ in level]
        assert len(graph.adjacency.weights) == 0
        if lateral != "none":
            weighted = Hierarchy(span=span, size=size, lateral=lateral, lateral_weight=0.25, vertical_weight=2)
            given = nx.get_edge_attributes(build(weighted, seed=0).to_networkx(), "weight")
            assert {frozenset(edge) for edge, weight in given.items() if weight == 2} == vertical
            assert {frozenset(edge) for edge, weight in given.items() if weight == 0.25} == ties
            alone = Hierarchy(span=span, size=size, lateral=lateral, vertical_weight=0)
            assert edge_set(build(alone, seed=0)) == ties


def test_depth_counts_levels_below_the_top_and_bosses_stand_above_their_reports():
    graph = build(Hierarchy(span=4, depth=3), seed=0)
    assert graph.size == 1 + 4 + 16 + 64
    assert np.bincount(graph.levels).tolist() == [1, 4, 16, 64]
    for boss, reports in enumerate(of_boss(graph.size, 4)):
        if reports:
            np.testing.assert_allclose(graph.positions[reports, 0].mean(), graph.positions[boss, 0])
            assert (graph.positions[reports, 1] < graph.positions[boss, 1]).all()


# Random graphs, against what they should be.


@pytest.mark.parametrize("degree, many", [(3, 70), (2, 70), (1, 15)])
def test_regular_graphs_are_each_as_likely(degree, many):
    """Of 6 nodes: 10 times K3,3 and 60 times the prism; their complements, 10 pairs of triangles and 60 rings; 15 matchings."""
    counts: dict[tuple[int, ...], int] = {}
    for number in range(60 * many):
        graph = build(RandomRegular(size=6, degree=degree), seed=1, number=number)
        assert (graph.degrees == degree).all()
        key = tuple(graph.adjacency.neighbours.tolist())
        counts[key] = counts.get(key, 0) + 1
    assert len(counts) == many
    chi = sum((count - 60) ** 2 / 60 for count in counts.values())
    assert chi < many - 1 + 4 * np.sqrt(2 * (many - 1))


def test_large_regular_graphs_have_few_triangles():
    large = build(RandomRegular(size=2000, degree=4), seed=1)
    assert (large.degrees == 4).all()
    assert large.components == 1
    triangles = sum(nx.triangles(large.to_networkx()).values()) // 3
    assert triangles < 20  # Poisson, mean (4-1)**3/6 = 4.5


def test_erdos_renyi_degrees_are_binomial():
    graph = build(ErdosRenyi(size=20000, degree=5), seed=2)
    assert abs(graph.degrees.mean() - 5) < 4 * np.sqrt(2 * 5 / 20000)
    assert abs(graph.degrees.var() - 5) < 4 * 5 * np.sqrt(2 / 20000) * 1.5
    assert abs(len(graph.isolated) / 20000 - np.exp(-5)) < 4 * np.sqrt(np.exp(-5) / 20000)
    assert build(ErdosRenyi(size=5, probability=1), seed=2).edges == 10
    empty = build(ErdosRenyi(size=5, probability=0), seed=2)
    assert (empty.edges, empty.components, empty.isolated.tolist()) == (0, 5, [0, 1, 2, 3, 4])


@pytest.mark.parametrize("neighbours", [2, 4, 10])
def test_a_small_world_without_rewiring_is_a_ring(neighbours):
    graph = build(WattsStrogatz(size=30, neighbours=neighbours, rewiring=0), seed=0)
    assert edge_set(graph) == {frozenset(edge) for edge in nx.watts_strogatz_graph(30, neighbours, 0).edges}
    clustering = 3 * (neighbours - 2) / (4 * (neighbours - 1))  # Barrat & Weigt 2000, at p = 0
    assert nx.average_clustering(graph.to_networkx()) == pytest.approx(clustering)


def test_rewired_ties_are_as_many_as_asked_and_go_anywhere():
    size, probability = 20000, 0.2
    graph = build(WattsStrogatz(size=size, neighbours=6, rewiring=probability), seed=4)
    matrix = graph.to_matrix().tocoo()
    apart = np.abs(matrix.row - matrix.col)
    apart = np.minimum(apart, size - apart)[matrix.row < matrix.col]
    share = (apart > 3).mean()
    assert abs(share - probability) < 4 * np.sqrt(probability * 0.8 / (3 * size)) + 1e-3
    far = apart[apart > 3]
    assert abs(far.mean() - size / 4) < 4 * size / np.sqrt(48 * len(far))  # uniform on 4 to size/2
    assert graph.degrees.min() >= 3  # the first end of a tie stays
    clustering = nx.average_clustering(graph.to_networkx())
    assert clustering == pytest.approx(0.6 * (1 - probability) ** 3, rel=0.05)  # Barrat & Weigt 2000


def test_a_tie_that_finds_no_place_stays():
    graph = build(WattsStrogatz(size=5, neighbours=4, rewiring=1), seed=0)
    assert graph.edges == 10


def test_preferential_attachment_has_its_degrees():
    """Dorogovtsev, Mendes & Samukhin 2000; Bollobás et al. 2001: P(k) = 2m(m+1)/(k(k+1)(k+2))."""
    m, size = 3, 60000
    graph = build(BarabasiAlbert(size=size, edges=m), seed=6)
    assert graph.components == 1
    assert graph.degrees.min() == m
    counts = np.bincount(graph.degrees) / size
    for k in range(m, 12):
        expected = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
        assert abs(counts[k] - expected) < 5 * np.sqrt(expected / size) + 1e-3, k
    large = graph.degrees[graph.degrees >= 12]
    exponent = 1 + len(large) / np.log(large / 11.5).sum()  # Clauset, Shalizi & Newman 2009
    assert abs(exponent - 3) < 0.25
    assert all(tie <= set(range(4)) for tie in map(set, edge_set(graph)) if max(tie) < 4)
    new = [sum(other < node for other in neighbours_of(graph, node)) for node in range(4, 200)]
    assert set(new) == {m}


def test_given_degrees_are_had_and_graphs_of_them_are_equally_likely():
    degrees = (3, 2, 2, 2, 1)
    possible = [
        edges for edges in combinations(combinations(range(5), 2), 5)
        if tuple(sum(node in edge for edge in edges) for node in range(5)) == degrees
    ]  # fmt: skip
    counts = dict.fromkeys((frozenset(map(frozenset, edges)) for edges in possible), 0)
    draws = 300 * len(possible)
    for number in range(draws):
        graph = build(Configuration(degrees=degrees), seed=8, number=number)
        assert graph.degrees.tolist() == list(degrees)
        counts[frozenset(edge_set(graph))] += 1
    chi = sum((count - 300) ** 2 / 300 for count in counts.values())
    spread = len(possible) - 1
    assert chi < spread + 4 * np.sqrt(2 * spread) + 4


def test_a_power_law_has_its_degrees():
    spec = Configuration(size=20000, exponent=2.5, least=2, most=100)
    graph = build(spec, seed=3)
    k = np.arange(2, 101)
    law = k**-2.5 / (k**-2.5).sum()
    found = np.bincount(graph.degrees, minlength=101)[2:] / 20000
    assert graph.degrees.max() <= 100
    np.testing.assert_allclose(found[:8], law[:8], atol=4 * np.sqrt(0.25 / 20000))
    assert build(Configuration(size=400, exponent=2.1), seed=3).degrees.max() <= 20


@pytest.mark.parametrize("seed", range(5))
def test_degrees_that_no_graph_has_are_known(seed):
    chance = np.random.default_rng(seed)
    outcomes = set()
    for _ in range(200):
        degrees = chance.integers(0, 7, size=7)
        if degrees.sum() % 2 == 0:
            fits = nx.is_graphical(degrees.tolist())
            assert (unfit(degrees) is None) == fits
            outcomes.add(fits)
    assert outcomes == {True, False}


def test_blocks_have_their_probabilities():
    chances = ((0.3, 0.02), (0.02, 0.1))
    graph = build(StochasticBlock(sizes=(200, 300), probabilities=chances), seed=1)
    table = graph.to_matrix().toarray()
    first, second = slice(0, 200), slice(200, 500)
    for rows, columns, pairs, chance in (
        (first, first, 199 * 100, 0.3), (second, second, 299 * 150, 0.1), (first, second, 60000, 0.02)
    ):  # fmt: skip
        ties = table[rows, columns].sum() / (2 if rows == columns else 1)
        assert abs(ties - pairs * chance) < 4 * np.sqrt(pairs * chance)


# Formulas.


def test_formulas_are_numbers_once_parameters_are_known():
    spec = Hierarchy(span="S", size="N", lateral="ring", lateral_weight="w/2")
    graph = build(spec, seed=0, parameters={"S": 3, "N": 13, "w": 0.5})
    plain = build(Hierarchy(span=3, size=13, lateral="ring", lateral_weight=0.25), seed=0)
    np.testing.assert_array_equal(graph.adjacency.weights, plain.adjacency.weights)
    blocks = StochasticBlock(sizes=("n", 5), probabilities=((1, "p"), ("p", 1)))
    assert build(blocks, seed=0, parameters={"n": 4, "p": 0}).edges == 6 + 10
    assert memory_bytes(blocks, parameters={"n": 4, "p": 0}) > 0
    with pytest.raises(ConfigError, match=r"size: needs a whole number or a formula, not 2\.5"):
        build(Cycle(size="n"), seed=0, parameters={"n": 2.5})
    with pytest.raises(ConfigError, match="size: must be at least 3, is 2"):
        build(Cycle(size="n"), seed=0, parameters={"n": 2})
    with pytest.raises(ProblemError, match="'n'"):
        build(Cycle(size="n"), seed=0)


# What is refused.


@pytest.mark.parametrize(
    "data, path, message",
    [
        ({"kind": "complete", "size": 1}, ("size",), "must be at least 2, is 1"),
        ({"kind": "complete", "size": 0}, ("size",), "must be at least 2, is 0"),
        ({"kind": "complete", "size": 10**5}, (), "has 5e+09 ties; at most 1e+09 are held"),
        ({"kind": "cycle", "size": 2}, ("size",), "must be at least 3, is 2"),
        ({"kind": "cycle", "size": 10**10}, (), "has 1e+10 nodes; at most 2.15e+09 are held"),
        ({"kind": "path", "size": 1}, ("size",), "must be at least 2, is 1"),
        ({"kind": "star", "size": -3}, ("size",), "must be at least 2, is -3"),
        ({"kind": "wheel", "size": 3}, ("size",), "must be at least 4, is 3"),
        ({"kind": "square", "rows": 2, "columns": 5}, ("rows",), "must be at least 3, is 2"),
        ({"kind": "square", "rows": 1, "columns": 1, "periodic": False}, (), "has a single node"),
        ({"kind": "square", "rows": 5, "columns": 0, "periodic": False}, ("columns",), "must be at least 1, is 0"),
        ({"kind": "triangular", "rows": 5, "columns": 2}, ("columns",), "must be at least 3, is 2"),
        ({"kind": "hexagonal", "rows": 5, "columns": 6}, ("rows",), "must be even where a honeycomb wraps around, is 5"),
        ({"kind": "hexagonal", "rows": 4, "columns": 2}, ("columns",), "must be at least 4, is 2"),
        ({"kind": "cubic", "layers": 2, "rows": 4, "columns": 4}, ("layers",), "must be at least 3, is 2"),
        ({"kind": "random_regular", "size": 7, "degree": 3}, ("degree",), "7 nodes of degree 3 have 21 ends of ties"),
        ({"kind": "random_regular", "size": 4, "degree": 4}, ("degree",), "must be less than the 4 nodes, is 4"),
        ({"kind": "random_regular", "size": 4, "degree": 0}, ("degree",), "must be at least 1, is 0"),
        ({"kind": "erdos_renyi", "size": 5}, (), "needs one of degree, probability and edges; none of them is there"),
        ({"kind": "erdos_renyi", "size": 5, "edges": 3, "degree": 1}, (), "degree and edges are there"),
        ({"kind": "erdos_renyi", "size": 5, "probability": 1.5}, ("probability",), "must be from 0 to 1, is 1.5"),
        ({"kind": "erdos_renyi", "size": 5, "degree": 5}, ("degree",), "must be from 0 to 4, is 5"),
        ({"kind": "erdos_renyi", "size": 5, "edges": 11}, ("edges",), "must be from 0 to 10, is 11"),
        ({"kind": "watts_strogatz", "size": 9, "neighbours": 3, "rewiring": 0}, ("neighbours",), "must be even"),
        ({"kind": "watts_strogatz", "size": 4, "neighbours": 4, "rewiring": 0}, ("neighbours",), "must be less than"),
        ({"kind": "watts_strogatz", "size": 9, "neighbours": 2, "rewiring": 2}, ("rewiring",), "must be from 0 to 1"),
        ({"kind": "barabasi_albert", "size": 3, "edges": 3}, ("size",), "must be above the 3 edges of each new node"),
        ({"kind": "barabasi_albert", "size": 3, "edges": 0}, ("edges",), "must be at least 1, is 0"),
        ({"kind": "configuration", "degrees": [3, 1, 1]}, ("degrees", 0), "must be from 0 to 2, is 3"),
        ({"kind": "configuration", "degrees": [2, -1, 1]}, ("degrees", 1), "must be from 0 to 2, is -1"),
        ({"kind": "configuration", "degrees": [2, 2, 1]}, ("degrees",), "sum to 5, and every tie has two ends"),
        ({"kind": "configuration", "degrees": [3, 3, 1, 1]}, ("degrees",), "no graph has them: the 2 largest"),
        ({"kind": "configuration", "degrees": [1, 1], "least": 1}, ("least",), "belongs to a power law"),
        ({"kind": "configuration", "size": 9}, ("exponent",), "is missing"),
        ({"kind": "configuration", "size": 9, "exponent": 2, "least": 4}, ("least",), "no degree is at least 4 and at"),
        ({"kind": "configuration", "size": 9, "exponent": 2, "most": 9}, ("most",), "must be less than the 9 nodes"),
        ({"kind": "configuration", "size": 9, "exponent": 2, "least": 3}, ("least",), "have an odd number of ends"),
        ({"kind": "stochastic_block", "sizes": [2, 3], "probabilities": [[1, 1]]}, ("probabilities",), "needs a row for"),
        ({"kind": "stochastic_block", "sizes": [2], "probabilities": [[1, 0]]}, ("probabilities", 0), "needs 1 numbers"),
        ({"kind": "stochastic_block", "sizes": [2, 0], "probabilities": [[1, 1], [1, 1]]}, ("sizes", 1), "at least 1"),
        ({"kind": "stochastic_block", "sizes": [2, 2], "probabilities": [[1, 0.1], [0.2, 1]]}, ("probabilities", 0, 1),
         "is 0.1, and 0.2 the other way"),
        ({"kind": "stochastic_block", "sizes": [2], "probabilities": [[1.1]]}, ("probabilities", 0, 0), "from 0 to 1"),
        ({"kind": "tree", "branching": 0, "depth": 2}, ("branching",), "must be from 1 to"),
        ({"kind": "tree", "branching": 2, "depth": 0}, ("depth",), "must be at least 1, is 0"),
        ({"kind": "tree", "branching": 2, "depth": 10**6}, ("depth",), "1000000 levels below the top have more than"),
        ({"kind": "tree", "branching": 10, "depth": 12}, (), "has 1.11e+12 nodes"),
        ({"kind": "hierarchy", "span": 3}, ("depth",), "needs either depth or size"),
        ({"kind": "hierarchy", "span": 3, "size": 4, "depth": 1}, ("depth",), "needs either depth or size"),
        ({"kind": "hierarchy", "span": 3, "size": 4, "lateral_weight": 2}, ("lateral_weight",), "are not there"),
        ({"kind": "hierarchy", "span": 3, "size": 4, "vertical_weight": -1}, ("vertical_weight",), "must be at least 0"),
        ({"kind": "hierarchy", "span": 3, "size": 4, "vertical_weight": 0}, ("vertical_weight",), "no other ties"),
        ({"kind": "core_periphery", "size": 5, "core": 6}, ("core",), "must be at most the 5 nodes, is 6"),
        ({"kind": "core_periphery", "size": 5, "core": 2, "ties": 3}, ("ties",), "must be at most the 2 nodes of the core"),
        ({"kind": "file", "file": "a.graphml", "header": True}, ("header",), "is for lists of edges"),
        ({"kind": "file", "file": "a.txt", "size": 0}, ("size",), "must be at least 1, is 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_load(data, path, message):
    problem = refused(data)
    assert message in problem.message
    assert problem.path[-len(path) or len(problem.path) :] == path


@pytest.mark.parametrize(
    "size, sources, targets, given, path, message",
    [
        (0, [], [], {}, ("size",), "must be a number of nodes from 1"),
        (3, [0, 1], [1, 1], {}, ("edges", 1), "ties a node to itself"),
        (3, [0, 1, 0], [1, 2, 1], {}, ("edges", 2), "repeats edge 0"),
        (
            3,
            [0, 1],
            [1, 0],
            {},
            ("edges", 1),
            "repeats edge 0, turned round; give each tie once, or say that the graph",
        ),
        (3, [0, 3], [1, 0], {}, ("edges", 1), "unknown node 3: nodes are 0 to 2"),
        (3, [0, 1], [1, -1], {}, ("edges", 1), "unknown node -1: nodes are 0 to 2"),
        (3, [0, 1], [1, 2], {"weights": [1, -1]}, ("edges", 1), "weight must be positive and finite, is -1"),
        (3, [0, 1], [1, 2], {"weights": [np.nan, 1]}, ("edges", 0), "weight must be positive and finite, is nan"),
        (3, [0, 1], [1, 2], {"weights": [1, 0]}, ("edges", 1), "weight must be positive and finite, is 0"),
        (3, [0, 1], [1, 2], {"names": ("a",)}, ("names",), "needs 3 names, has 1"),
    ],
)
def test_wrong_edges_are_refused(size, sources, targets, given, path, message):
    with pytest.raises(ProblemError) as caught:
        Graph.from_edges(size, sources, targets, **given)
    assert caught.value.path == path
    assert str(caught.value).startswith(message)


# Directed graphs and other libraries.


def test_a_target_learns_from_its_source():
    graph = Graph.from_edges(4, [0, 1, 1], [1, 0, 2], weights=[1, 2, 3], directed=True)
    assert graph.edges == 3
    assert [neighbours_of(graph, node) for node in range(4)] == [[1], [0], [1], []]
    assert graph.adjacency.weights.tolist() == [2, 1, 3]
    assert graph.transposed.starts.tolist() == [0, 1, 3, 3, 3]
    assert graph.transposed.neighbours.tolist() == [1, 0, 2]
    assert graph.transposed.weights.tolist() == [1, 2, 3]
    assert graph.degrees.tolist() == [1, 1, 1, 0]
    assert graph.components == 2
    assert graph.isolated.tolist() == [3]
    assert set(graph.to_networkx().edges(data="weight")) == {(0, 1, 1), (1, 0, 2), (1, 2, 3)}


def test_graphs_of_other_libraries_come_and_go():
    import igraph

    club = nx.karate_club_graph()
    graph = graphs.from_networkx(club)
    assert (graph.size, graph.edges, graph.components) == (34, 78, 1)
    assert nx.utils.graphs_equal(nx.Graph(graph.to_networkx().edges(data=True)), nx.Graph(club.edges(data=True)))
    assert len(graphs.from_networkx(club, weight=None).adjacency.weights) == 0
    web = nx.DiGraph([("a", "b"), ("b", "a"), ("b", "c")])
    web.add_node("alone")
    graph = graphs.from_networkx(web)
    assert graph.names == ("a", "b", "c", "alone")
    assert [neighbours_of(graph, node) for node in range(4)] == [[1], [0], [1], []]
    other = igraph.Graph(n=4, edges=[(0, 1), (1, 0), (1, 2)], directed=True, vertex_attrs={"name": list("abcd")})
    other.es["weight"] = [1.0, 1.0, 1.0]
    assert graphs.from_igraph(other).names == ("a", "b", "c", "d")
    same = graphs.from_matrix(graph.to_matrix(), directed=True)
    for found in (graphs.from_igraph(other), same):
        for one, another in zip(found.adjacency, graph.adjacency, strict=True):
            np.testing.assert_array_equal(one, another)
    weights = np.array([[0, 2, 0], [2, 0, 0.5], [0, 0.5, 0]])
    np.testing.assert_array_equal(graphs.from_matrix(weights).to_matrix().toarray(), weights)
    with pytest.raises(ProblemError, match="not symmetric at row 0, column 1"):
        graphs.from_matrix([[0, 1], [0, 0]])
    with pytest.raises(ProblemError, match="must be square"):
        graphs.from_matrix(np.ones((2, 3)))
    with pytest.raises(ProblemError, match="ties a node to itself"):
        graphs.from_matrix(np.eye(2))
    with pytest.raises(ProblemError, match="may tie nodes twice"):
        graphs.from_networkx(nx.MultiGraph([(0, 1), (0, 1)]))
    with pytest.raises(ProblemError, match="must be a number of nodes"):
        graphs.from_networkx(nx.Graph())


# Files.


@pytest.mark.parametrize(
    "text",
    ["a b\nb c\nc d\n", "a,b\nb,c\nc,d", "a;b\nb;c\nc;d\n", "a\tb\r\nb\tc\r\nc\td\r\n",
     "# who knows whom\n\na  b\n \nb   c\n% more\nc d\n\n", "  a, b\n b ,c\nc,  d\n"],
)  # fmt: skip
def test_lists_of_edges(text):
    graph = a_file(text)
    assert graph.names == ("a", "b", "c", "d")
    assert edge_set(graph) == {frozenset(edge) for edge in [(0, 1), (1, 2), (2, 3)]}
    headed = a_file("from" + ("," if "," in text else ";" if ";" in text else "\t" if "\t" in text else " ") + "to\n" + text,
                    header=True)  # fmt: skip
    np.testing.assert_array_equal(headed.adjacency.neighbours, graph.adjacency.neighbours)


def test_nodes_are_numbered_by_number_else_by_appearance():
    assert a_file("10 9\n9 100\n").names == ("9", "10", "100")
    assert a_file("z y\ny 100\n").names == ("z", "y", "100")
    assert a_file("b a\nc a\n").names == ("b", "a", "c")
    assert a_file("1.0 1.00\n1.00 True\nTrue true\ntrue NA\n").names == ("1.0", "1.00", "True", "true", "NA")
    graph = a_file("1 3\n3 2\n", size=6)
    assert (graph.size, graph.edges, graph.isolated.tolist(), graph.names) == (6, 2, [0, 4, 5], ())
    assert a_file('"Ann, A.",Bob\nBob,"Cy"\n').names == ("Ann, A.", "Bob", "Cy")


def test_weights_and_directions_of_a_file():
    graph = a_file("source,target,weight\n1,2,0.1\n2,1,3\n2,3,1e-3\n", header=True, weights=True, directed=True)
    assert set(graph.to_networkx().edges(data="weight")) == {(0, 1, 0.1), (1, 0, 3), (1, 2, 1e-3)}
    assert len(a_file("1 2 1\n2 3 1.0\n", weights=True).adjacency.weights) == 0  # all are 1


@pytest.mark.parametrize(
    "text, fields, message",
    [
        ("", {}, "net.txt: holds no edges"),
        ("# nothing\n\n", {}, "net.txt: holds no edges"),
        ("a b\n", {"header": True}, "net.txt: holds no edges"),
        ("a b\nb b\n", {}, "net.txt, line 2: ties a node to itself"),
        (
            "a b\n\n# x\nb c\nb a\n",
            {},
            "net.txt, line 5: repeats line 1, turned round; give each tie once, or say that",
        ),
        ("from to\na b\nb c\na b\n", {"header": True}, "net.txt, line 4: repeats line 2"),
        ("a b\nb a\na b\n", {"directed": True}, "net.txt, line 3: repeats line 1"),
        ("a b\nb c d\n", {}, "net.txt, line 2: has 3 columns, needs 2: source and target; say `weights: true` if"),
        ("a b\nb\n", {}, "net.txt, line 2: has 1 columns, needs 2"),
        ("a,b\nb,\n", {}, "net.txt, line 2: has an empty cell"),
        ("a,b\n,c\n", {}, "net.txt, line 2: has an empty cell"),
        ("a b 1\nb c\n", {"weights": True}, "net.txt, line 2: has 2 columns, needs 3: source, target and weight"),
        ("a b 1\nb c x\n", {"weights": True}, "net.txt, line 2: weight 'x' is not a number"),
        ("a b 1\n\nb c -2\n", {"weights": True}, "net.txt, line 3: weight must be positive and finite, is -2"),
        ("a b 1\nb c nan\n", {"weights": True}, "net.txt, line 2: weight must be positive and finite, is nan"),
        ("a b inf\nb c 1\n", {"weights": True}, "net.txt, line 1: weight must be positive and finite, is inf"),
        ("0 1\n1 5\n", {"size": 5}, "net.txt, line 2: unknown node '5': with `size` nodes are 0 to 4"),
        ("0 1\n1 x\n", {"size": 5}, "net.txt, line 2: unknown node 'x'"),
        ("0 1\n1 -1\n", {"size": 5}, "net.txt, line 2: unknown node '-1'"),
        ("0 1\n01 2\n", {"size": 5}, "net.txt: writes a node's number in two ways"),
    ],
)
def test_wrong_lists_are_refused_with_their_line(text, fields, message):
    assert refused_file(text, **fields).startswith(message)


GRAPHML = """<?xml version="1.0"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="w" for="edge" attr.name="weight" attr.type="double"><default>2</default></key>
<graph edgedefault="undirected">
<node id="x"/><node id="y"/>
<node id="z"/><node id="alone"/>
<edge source="x" target="y"><data key="w">0.5</data></edge>
<edge source="z" target="y"/>
</graph></graphml>
"""


def graphml(text, **fields):
    return build(FileGraph(file="g.graphml", **fields), seed=0, files={"g.graphml": embed(text)})


def test_graphml():
    graph = graphml(GRAPHML, weights=True)
    assert graph.names == ("x", "y", "z", "alone")
    assert set(graph.to_networkx().edges(data="weight")) == {(0, 1, 0.5), (1, 2, 2.0)}
    assert graph.isolated.tolist() == [3]
    assert len(graphml(GRAPHML).adjacency.weights) == 0
    for other in (nx.karate_club_graph(), nx.gn_graph(30, seed=1)):
        text = "\n".join(nx.generate_graphml(other))
        directed = other.is_directed()
        graph = graphml(text, weights=not directed, directed=directed)
        assert nx.is_isomorphic(graph.to_networkx(), other)
        assert graph.to_networkx().size(weight="weight") == other.size(weight="weight")


@pytest.mark.parametrize(
    "old, new, fields, message",
    [
        ('target="y"/>', 'target="q"/>', {}, "line 8: unknown node 'q'"),
        ('source="z"', 'source="y"', {}, "line 8: ties a node to itself"),
        ('source="z"', 'source="x"', {}, "line 8: repeats the edge of line 7"),
        ('<node id="z"/>', '<node id="x"/>', {}, "line 6: has node 'x' twice"),
        ("0.5", "-0.5", {"weights": True}, "line 7: weight must be positive and finite, is -0.5"),
        ("0.5", "half", {"weights": True}, "line 7: weight 'half' is not a number"),
        ("<default>2</default>", "", {"weights": True}, "line 8: the edge has no weight"),
        ("</graph>", "", {}, "line 9: is no XML"),
        ("</graph>", "</graph><graph/>", {}, "line 9: has a second graph"),
        ("", "", {"directed": True}, "line 4: the graph is undirected; say `directed: false`"),
        ('"undirected"', '"directed"', {}, "line 4: the graph is directed; say `directed: true`"),
        ("<graphml", '<!DOCTYPE a [<!ENTITY b "c">]><graphml', {}, "line 2: has a DOCTYPE"),
    ],
)
def test_wrong_graphml_is_refused_with_its_line(old, new, fields, message):
    assert refused_file(GRAPHML.replace(old, new), "g.graphml", **fields).startswith(f"g.graphml, {message}")


def test_a_file_is_the_one_that_was_read():
    spec = FileGraph(file="net.txt")
    with pytest.raises(ProblemError, match="was not read"):
        build(spec, seed=0)
    changed = embed("a b\n").model_copy(update={"text": "a c\n"})
    with pytest.raises(ProblemError, match="sha256"):
        build(spec, seed=0, files={"net.txt": changed})


# Sizes.

LARGE = """
import resource, time
from evo import graphs
from evo.graphs import *
import scipy.sparse
spec = {spec}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
graph = build(spec, seed=1)
taken = time.process_time() - start
peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
print(taken, peak, memory_bytes(spec), graph.edges, spec.expected_ties)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "spec, gibibytes",
    [
        ("BarabasiAlbert(size=10**6, edges=4)", 1.5),
        ("Square(rows=1000, columns=1000, neighbourhood='moore')", 0.5),
        ("Hierarchy(span=10, depth=7)", 2.0),
        ("Hierarchy(span=10, depth=7, lateral='ring', lateral_weight=0.5)", 2.0),
        ("RandomRegular(size=10**5, degree=4)", 0.5),
        ("RandomRegular(size=10**6, degree=4)", 1.5),
        ("WattsStrogatz(size=10**6, neighbours=8, rewiring=0.1)", 0.5),
    ],
)
def test_large_graphs_take_no_more_memory_than_they_say(spec, gibibytes):
    run = subprocess.run([sys.executable, "-c", LARGE.format(spec=spec)], capture_output=True, text=True, check=True)
    _, peak, said, edges, expected = map(float, run.stdout.split())
    assert edges == expected
    assert peak < gibibytes * 2**30
    assert peak < 1.3 * said + 80e6
    assert said < 2 * peak + 80e6


@pytest.mark.slow
def test_a_million_lines_are_read():
    chance = np.random.default_rng(0)
    lines = np.unique(np.sort(chance.integers(0, 500_000, size=(1_000_000, 2)), axis=1), axis=0)
    lines = lines[lines[:, 0] != lines[:, 1]]
    graph = a_file("\n".join(f"{source},{target}" for source, target in lines.tolist()))
    assert graph.edges == len(lines)
    found = np.array([int(name) for name in graph.names])
    matrix = graph.to_matrix().tocoo()
    upper = matrix.row < matrix.col
    np.testing.assert_array_equal(
        np.unique(np.column_stack([found[matrix.row[upper]], found[matrix.col[upper]]]), axis=0), lines
    )

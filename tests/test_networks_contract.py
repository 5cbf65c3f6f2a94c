"""What holds of every rule on every graph: conservation, absorption, independence of company, threads and records."""

import itertools

import naive
import numpy as np
import pytest
from examples import LAWS, LETTERS, MUTATIONS, changing, rule_of
from networks import AT_ONCE, IMITATING, ON_GRAPHS, WEIGHTED, on_graph, recorded

from evo.canonical import point_hash
from evo.kernels.arrays import END, ENDED, FIXED, FIXED_AT, MEAN
from evo.model import Model

GRAPHS = {
    "pair": {"kind": "path", "size": 2},
    "path": {"kind": "path", "size": 6},
    "star": {"kind": "star", "size": 7},
    "torus": {"kind": "square", "rows": 3, "columns": 4},
    "patch": {"kind": "square", "rows": 3, "columns": 4, "periodic": False, "neighbourhood": "moore"},
    "regular": {"kind": "random_regular", "size": 10, "degree": 3},
    "scale-free": {"kind": "barabasi_albert", "size": 12, "edges": 2},
    "tree": {"kind": "tree", "branching": 2, "depth": 3},
}


def config_on(kind, graph, law="constant", **parts):
    """Three strategies that chase each other; the graph by name, or a population."""
    config = changing(LAWS[law], dynamics=rule_of(kind))
    if "largest_difference" in config["dynamics"]:
        config["dynamics"]["largest_difference"] = 6.0
    population = {"kind": "network", "graph": GRAPHS[graph]} if isinstance(graph, str) else graph
    return config | {"population": population, "mutation": {"rate": 0.1}} | parts


def same(one, other, rows=slice(None)):
    """Whether two recordings, or rows of one, hold the same."""
    return all(np.array_equal(a[rows], b, equal_nan=True) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("kind", ON_GRAPHS)
@pytest.mark.rota
def test_mixes_are_counts_of_nodes(kind, graph):
    config = config_on(kind, graph, "sine")
    found = recorded(config, generations=5, replicates=3, record_every=0.5)
    size = found.nodes.shape[2]
    counts = np.stack([(found.nodes == s).sum(axis=2) for s in range(3)], axis=2)
    assert (counts.sum(axis=2) == size).all()
    assert np.allclose(found.mix * size, counts[:, :-1], atol=1e-9)
    assert np.allclose(found.final[:, :3] * size, counts[:, -1], atol=1e-9)
    assert np.isfinite(found.payoff).all() and (found.counts[:, ENDED] == 0).all()


@pytest.mark.parametrize("kind", ON_GRAPHS)
@pytest.mark.parametrize("graph", ["torus", "scale-free"])
def test_a_replicate_does_not_depend_on_its_company_or_on_threads(kind, graph):
    config = config_on(kind, graph, "switching")
    many = recorded(config, generations=4, replicates=5)
    few = recorded(config, generations=4, replicates=2)
    spread = recorded(config, generations=4, replicates=5, workers=3)
    assert same(many, few, slice(2)) and same(many, spread)
    assert len({found.tobytes() for found in many.nodes}) > 1


@pytest.mark.parametrize("kind", ON_GRAPHS)
@pytest.mark.parametrize("law", ["constant", "noise", "switching", "feedback"])
@pytest.mark.rota
def test_records_do_not_change_the_path(kind, law):
    """Nor its averages; and a longer run begins like a shorter one."""
    for graph in ("star", on_graph(WEIGHTED, 7)):
        parts = {} if isinstance(graph, str) else {"files": graph["files"]}
        config = config_on(kind, graph if isinstance(graph, str) else graph["population"], law, **parts)
        asked = {"generations": 6, "replicates": 2, "averages": True, "burn_in": 1.5}
        often = recorded(config, record_every=1 / 7, **asked)
        seldom = recorded(config, record_every=2.0, **asked)
        assert np.array_equal(often.nodes[:, -1], seldom.nodes[:, -1])
        assert np.array_equal(often.mix[:, ::14], seldom.mix)
        assert often.means == pytest.approx(seldom.means, rel=1e-12, abs=1e-12)
        assert often.numbers[:, MEAN] == pytest.approx(seldom.numbers[:, MEAN], rel=1e-12)
        shorter = recorded(config, record_every=1 / 7, generations=3, replicates=2)
        assert np.array_equal(often.mix[:, : shorter.mix.shape[1]], shorter.mix)


@pytest.mark.parametrize("kind", IMITATING)
@pytest.mark.parametrize("graph", ["path", "torus", "scale-free"])
def test_absent_strategies_stay_absent(kind, graph):
    config = config_on(kind, graph, mutation={})
    found = recorded(config, generations=30, replicates=5, start={"A": 0.5, "B": 0.5, "C": 0.0})
    assert (found.mix[:, :, 2] == 0).all()
    lost = found.mix == 0
    assert (lost[:, :-1] <= lost[:, 1:]).all()


@pytest.mark.parametrize("kind", [kind for kind in IMITATING if kind != "imitate_best"])
def test_one_strategy_takes_over_a_connected_graph(kind):
    """And the time at which it does is that at which all play it."""
    config = config_on(kind, "path", mutation={})
    if kind == "proportional_imitation":
        config["game"] = {"kind": "matrix", "payoffs": [[3, 3, 3], [1, 1, 1], [0, 0, 0]]}
    found = recorded(config, generations=500, replicates=20, record_every=1 / 6, until="fixed")
    for row in range(20):
        winner, place = found.counts[row, FIXED], round(found.numbers[row, FIXED_AT] * 6)
        assert found.mix[row, place, winner] == 1.0 and found.mix[row, place - 1, winner] < 1.0
        assert found.numbers[row, END] == found.numbers[row, FIXED_AT]
        assert np.isnan(found.mix[row, place + 1 :]).all()


@pytest.mark.parametrize("kind", IMITATING)
def test_parts_without_a_tie_between_them_never_agree(kind):
    """Each part may come to one strategy; a node without ties keeps its own, or has no children."""
    edges = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]
    placed = on_graph(edges, 7)
    config = config_on(kind, placed["population"], mutation={}, files=placed["files"])
    found = recorded(config, generations=200, replicates=200, record_every=None, until="fixed")
    assert (found.nodes[:, :, 6] == found.nodes[:, :1, 6]).all()
    apart = [nodes for nodes in found.nodes if not set(nodes[0, :3]) & set(nodes[0, 3:6])]
    assert apart and all(len(set(nodes[-1])) > 1 for nodes in apart)
    assert (found.counts[:, FIXED] == -1).any()
    assert (found.numbers[found.counts[:, FIXED] == -1, END] == 200).all()


@pytest.mark.parametrize("kind", ON_GRAPHS)
def test_averages_and_watches_are_those_of_the_path(kind):
    """From a record of every step: means of the mix, first times above a level that hold, payoffs as generations begin."""
    size, generations, burn_in = 6, 12, 2.5
    config = config_on(kind, "path", "sine")
    watched = [(0, 0.5, 0.0), (1, 0.5, 0.0), (2, 0.4, 0.9)]
    asked = {"generations": generations, "replicates": 10, "burn_in": burn_in, "watched": watched, "averages": True}
    found = recorded(config, record_every=1 / size, **asked)
    first = round(burn_in * size)
    assert found.means[:, :3] == pytest.approx(found.mix[:, first:-1].mean(axis=1))
    assert found.means[:, 3] == pytest.approx(found.environment[:, first:-1, 0].mean(axis=1))
    begun = [max(first, step // size * size) for step in range(first, generations * size)]
    assert found.numbers[:, MEAN] == pytest.approx(found.payoff[:, begun].mean(axis=1))
    for row, (place, (s, level, hold)) in itertools.product(range(10), enumerate(watched)):
        assert found.tipped[row, place] == pytest.approx(
            first_time(found.mix[row, :, s], level, hold, size), nan_ok=True
        )


def first_time(shares, level, hold, size):
    """The first time from which the share stays at the level or above for so long."""
    above = shares >= level - 1e-12
    for step in range(len(shares)):
        if above[step] and (step == 0 or not above[step - 1]):
            stays = next((later for later in range(step, len(shares)) if not above[later]), len(shares) - 1)
            if (stays - step) / size >= hold - 1e-12:
                return step / size
    return np.nan


@pytest.mark.parametrize("kind", AT_ONCE)
def test_averages_of_everybody_at_once_are_those_of_the_path(kind):
    config = config_on(kind, "torus", "sine")
    config["dynamics"]["update"] = "synchronous"
    found = recorded(config, generations=15, replicates=4, burn_in=3, averages=True)
    assert found.means[:, :3] == pytest.approx(found.mix[:, 3:-1].mean(axis=1))
    assert found.numbers[:, MEAN] == pytest.approx(found.payoff[:, 3:-1].mean(axis=1))


@pytest.mark.pure
@pytest.mark.parametrize("update", ["sequential", "synchronous"])
def test_records_more_often_than_updates_hold_the_state_at_their_time(update):
    """Several records before the first update are all of the start; the environment does not move before its time."""
    config = config_on("pairwise_comparison", "star", "feedback")
    config["dynamics"]["update"] = update
    every = 1 / 4 if update == "synchronous" else 1 / 28
    found = recorded(config, generations=2, record_every=every, replicates=3)
    assert (found.nodes[:, :4] == found.nodes[:, :1]).all() and (found.environment[:, :4] == 0.5).all()
    once = recorded(config, generations=2, record_every=4 * every, replicates=3)
    assert np.array_equal(found.mix[:, ::4], once.mix) and np.array_equal(found.nodes[:, -1], once.nodes[:, -1])


@pytest.mark.pure
def test_a_payoff_that_nobody_can_have_does_not_count():
    """B against C is not finite; it stops a run only where the two meet."""
    payoffs = [["1", "0", "0"], ["0", "1", "log(0)"], ["0", "0", "1"]]
    edges = [(0, 1), (1, 2), (2, 3)]
    placed = on_graph(edges, 4)
    config = config_on("pairwise_comparison", placed["population"], game={"kind": "matrix", "payoffs": payoffs},
                       mutation={}, files=placed["files"])  # fmt: skip
    seen = set()
    for seed in range(12):
        found = recorded(config, generations=3, start={"A": 0.5, "B": 0.25, "C": 0.25}, seed=seed)
        nodes = found.nodes[0, 0].tolist()
        meet = any({nodes[i], nodes[j]} == {1, 2} for i, j in edges)
        seen.add(meet)
        assert meet <= (found.counts[0, ENDED] != 0)
        if not meet:
            assert np.isfinite(found.payoff[0, 0])
    assert seen == {True, False}


# ---- placements


def first_nodes(placement, graph, start, seed=0, **population):
    config = config_on("imitate_best", {"kind": "network", "graph": graph, "placement": placement} | population)
    return recorded(config, generations=1, start=start, replicates=30, seed=seed).nodes[:, 0]


@pytest.mark.pure
def test_placements():
    """The rarer strategy comes first in the order of places."""
    few = {"A": 1 / 7, "B": 2 / 7, "C": 4 / 7}
    star = {"kind": "star", "size": 7}
    assert (first_nodes("hubs", star, few)[:, 0] == 0).all()
    tree = {"kind": "tree", "branching": 2, "depth": 2}
    assert (first_nodes("top", tree, few) == [0, 1, 1, 2, 2, 2, 2]).all()
    square = {"kind": "square", "rows": 5, "columns": 5, "periodic": False}
    centre = first_nodes("centre", square, {"A": 1 / 25, "B": 4 / 25, "C": 20 / 25})
    assert (centre[:, 12] == 0).all() and (centre[:, [7, 11, 13, 17]] == 1).all()
    clusters = first_nodes("cluster", {"kind": "cycle", "size": 9}, {"A": 3 / 9, "B": 0.0, "C": 6 / 9})
    assert all((nodes != np.roll(nodes, 1)).sum() == 2 for nodes in clusters)
    assert len({nodes.tobytes() for nodes in clusters}) > 3
    scattered = first_nodes("random", star, few)
    assert all(np.bincount(nodes).tolist() == [1, 2, 4] for nodes in scattered) and len(set(scattered[:, 0])) == 3


@pytest.mark.parametrize("graphs", ["fresh", "shared"])
def test_random_graphs_are_new_for_each_replicate_or_the_same(graphs):
    """Seen in what everybody earns at the start, where all play the same and payoffs are summed."""
    population = {"kind": "network", "graph": GRAPHS["scale-free"], "payoff": "accumulate", "graphs": graphs}
    config = config_on("imitate_best", population, mutation={}, game={"kind": "matrix", "payoffs": [[1] * 3] * 3})
    degrees = [np.sort(earned).tolist() for earned in recorded(config, generations=1, replicates=6).earned]
    assert (len({tuple(found) for found in degrees}) > 1) == (graphs == "fresh")
    again = recorded(config, generations=1, replicates=6, workers=2)
    assert [np.sort(earned).tolist() for earned in again.earned] == degrees
    assert again.earned.sum(axis=1) == pytest.approx(2 * (12 - 2) * 2, abs=6)


# ---- lattices, which have a way of their own to imitate the best


LATTICES = list(itertools.product(["von_neumann", "moore"], [True, False], [True, False], ["average", "accumulate"]))


def lattice_edges(rows, columns, neighbourhood, periodic):
    steps = [(0, 1), (1, 0)] + [(1, 1), (1, -1)] * (neighbourhood == "moore")
    found = set()
    for (r, c), (down, right) in itertools.product(itertools.product(range(rows), range(columns)), steps):
        to = (r + down, c + right)
        if periodic:
            to = (to[0] % rows, to[1] % columns)
        if 0 <= to[0] < rows and 0 <= to[1] < columns:
            found.add((r * columns + c, to[0] * columns + to[1]))
    return sorted(found)


@pytest.mark.pure
@pytest.mark.parametrize("neighbourhood, periodic, selfish, payoff", LATTICES)
@pytest.mark.rota
def test_imitating_the_best_on_a_lattice(neighbourhood, periodic, selfish, payoff):
    """Against tests/naive node by node, ties included, for two strategies without mutation; with records now and then."""
    lattice = {"kind": "square", "rows": 5, "columns": 6, "neighbourhood": neighbourhood, "periodic": periodic}
    ties = naive.Ties(30, lattice_edges(5, 6, neighbourhood, periodic))
    for payoffs, bias in (([[1, 0], [1.4, 0]], 0.0), ([[1, -0.5], [1.2, 0.1]], 0.0), ([[1, 0], [2, 0]], 0.3)):
        config = {
            "strategies": {"A": {"traits": {"calm": 1.0}}, "B": {}},
            "game": {"kind": "matrix", "payoffs": payoffs},
            "dynamics": {"kind": "imitate_best", "update": "synchronous"},
            "selection": {"bias": {"strength": bias, "weights": {"calm": 1.0}}},
            "population": {"kind": "network", "graph": lattice, "self_interaction": selfish, "payoff": payoff},
        }
        model, start = Model.model_validate(config), {"A": 0.7}
        found = recorded(config, generations=12, replicates=3, seed=3, start=start)
        seldom = recorded(config, generations=12, replicates=3, seed=3, start=start, record_every=5.0, averages=True)
        decided = recorded(config, generations=12, replicates=3, seed=3, start=start, until="fixed")
        for number in range(3):
            replica = naive.Network(config, ties, ties, (0.7, 0.3), 3, number, point_hash(model, start))
            seen = replica.run(12)
            for place, (strategies, _, mean) in enumerate(seen):
                assert found.nodes[number, place].tolist() == strategies
                assert found.payoff[number, place] == pytest.approx(mean, abs=1e-12)
            means = [np.mean(nodes) for nodes, _, _ in seen[:-1]]
            assert seldom.means[number, 1] == pytest.approx(np.mean(means))
            assert seldom.numbers[number, MEAN] == pytest.approx(np.mean([mean for _, _, mean in seen[:-1]]))
            fixed = [place for place, (nodes, _, _) in enumerate(seen) if len(set(nodes)) == 1]
            assert decided.numbers[number, END] == (fixed[0] if fixed else 12)
            assert np.isnan(decided.numbers[number, FIXED_AT]) == (not fixed)


@pytest.mark.pure
@pytest.mark.parametrize("graph", ["torus", "patch"])
def test_imitating_the_best_of_three_or_with_mutation_on_a_lattice(graph):
    """What the lattice's own way does not do."""
    spec = GRAPHS[graph]
    edges = lattice_edges(3, 4, spec.get("neighbourhood", "von_neumann"), spec.get("periodic", True))
    ties = naive.Ties(12, edges)
    for mutation in ({}, MUTATIONS["others"]):
        config = config_on("imitate_best", graph, "sine", mutation=mutation)
        config["dynamics"]["update"] = "synchronous"
        model, start = Model.model_validate(config), dict(zip(LETTERS, (0.3, 0.3, 0.4), strict=False))
        found = recorded(config, generations=8, start=start, seed=9)
        replica = naive.Network(config, ties, ties, (0.3, 0.3, 0.4), 9, 0, point_hash(model, start))
        assert found.nodes[0, :-1].tolist() == [nodes for nodes, _, _ in replica.run(8)]


@pytest.mark.pure
def test_one_node_is_no_population():
    with pytest.raises(ValueError, match="at least 2"):
        Model.model_validate(config_on("imitation", {"kind": "network", "graph": {"kind": "complete", "size": 1}}))

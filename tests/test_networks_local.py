"""Payoffs by the node: degrees and levels, pots of realised groups, and environments that each region has for itself."""

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import evo
import evo.lowering.network
import evo.simulation.networks
from evo.kernels._cache import kernel
from evo.kernels.arrays import NEXT
from evo.kernels.nodes.direct import begin_directly
from evo.kernels.nodes.earn import effective_payoff, look_around
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
from evo.recording import blank_recording, plan_of, scratch
from evo.simulation.networks import graphs_of
from evo.simulation.runs import run_plan

ALPHA = 1e-4
CASES = json.loads((Path(__file__).parent / "reference" / "nplayer_graph.json").read_text())
RANDOM = {"kind": "erdos_renyi", "size": 14, "edges": 24}
HIERARCHY = {"kind": "hierarchy", "span": 3, "depth": 2, "lateral": "siblings", "lateral_weight": 0.5}
PAIRS = {"kind": "matrix", "payoffs": [["3 - degree/4", "-1 + n"], ["5*degree", "where(degree > 2, 1, z)"]]}
GROUPS = {
    "kind": "group",
    "size": "neighbourhood",
    "let": {"each": "pot/n"},
    "contributions": {"C": "z/(degree + 1)", "D": 0.125},
    "payoffs": {"C": "3*each - own + k_D/8", "D": "3*each - own*degree + x_C"},
}
SHOCKS = {"kind": "shocks", "base": 1, "rate": 0.4, "severity": -0.5, "relaxation": 2.5}
NOISE = {"kind": "noise", "mean": 0.6, "relaxation": 2, "sd": 0.3}
SWITCHING = {"kind": "switching", "values": [0.2, 1.4], "rates": [[-0.5, 0.5], [0.8, -0.8]]}


def config(game, population, rule="pairwise_comparison", **parts):
    dynamics = rule if isinstance(rule, dict) else {"kind": rule}
    return {
        "parameters": {"z": 0.7},
        "strategies": ["C", "D"],
        "game": game,
        "selection": {} if dynamics["kind"] == "imitate_best" else {"intensity": 0.8},
        "population": {"kind": "network"} | population,
        "dynamics": dynamics,
        "run": {"generations": 5},
    } | parts


def loaded(*args, data_root=None, **parts):
    return evo.loads(json.dumps(config(*args, **parts)), data_root=data_root).model


def lowered(model, seed=3):
    """Everything that a replicate runs on."""
    graph, learning = graphs_of(model, seed, 0)
    process = network_process(model, graph)
    work = scratch(process)
    net, bonds = lower_bonds(model, lower_net(model, graph, learning))
    region = region_of(model, graph_specs(model)[0], graph.size)
    regions = lower_regions(model, region)
    if directly(model, graph):
        net = net._replace(direct=lower_direct(model, graph, work.scalars, region, regions.values))
    return graph, process, net, bonds, regions, blank_nodes(process, net), work


@kernel
def probe(net, nodes, table, strategy, status, earned):
    """What every node earns with every strategy at the present state."""
    look_around(net, nodes.strategies, nodes.around)
    begin_directly(net.direct, net.plays.starts, net.plays.stops)
    for i in range(earned.shape[0]):
        for s in range(earned.shape[1]):
            earned[i, s] = effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, i, s)


def probed(parts, model, state, values=None):
    """Payoffs (N, d) at a state, the local variables being `values`."""
    _, process, net, _, regions, nodes, work = parts
    assert net.direct is not None
    nodes.strategies[:] = state
    shares = np.bincount(state, minlength=len(model.strategies)) / len(state)
    work.scalars[process.mix : process.mix + len(shares)] = shares
    if values is not None:
        regions.values[:] = values
    earned = np.full((len(state), len(model.strategies)), np.nan)
    probe(net, nodes, work.table, work.strategy, work.status, earned)
    return earned


def neighbourhoods(graph):
    """Neighbours of each node with the weights of ties."""
    matrix = graph.to_matrix().toarray()
    return [{j: matrix[i, j] for j in np.flatnonzero(matrix[i])} for i in range(graph.size)]


def states(count, nodes, strategies=2, seed=5):
    return np.random.default_rng(seed).integers(0, strategies, (count, nodes))


def played_pairs(graph, state, i, s, payoff, payoff_is, selfish):
    """By `payoff(i, s, t)`."""
    met = [(weight, state[j]) for j, weight in neighbourhoods(graph)[i].items()] + [(1, s)] * selfish
    total = sum(weight * payoff(i, s, t) for weight, t in met)
    number = sum(weight for weight, _ in met)
    return total / (number if payoff_is == "average" and number else 1)


def played_groups(graph, state, i, s, payoff, payoff_is, scope):
    """By `payoff(i, s, members, state, centre)`."""
    ties = neighbourhoods(graph)
    changed = np.array(state)
    changed[i] = s
    centres = [i, *ties[i]] if scope == "all" else [i]
    total = sum(payoff(i, s, [c, *ties[c]], changed, c) for c in centres)
    return total / (len(centres) if payoff_is == "average" else 1)


# ---- payoffs at any state


@pytest.mark.pure
@pytest.mark.parametrize("payoff_is", ["average", "accumulate"])
@pytest.mark.parametrize("selfish", [False, True])
def test_pairs_read_the_degree(payoff_is, selfish):
    model = loaded(PAIRS, {"graph": RANDOM, "payoff": payoff_is, "self_interaction": selfish})
    graph, *_ = parts = lowered(model)
    degree = graph.degrees

    def payoff(i, s, t):
        k = degree[i]
        return ((3 - k / 4, -1 + 2), (5 * k, 1 if k > 2 else 0.7))[s][t]

    assert len(set(degree)) > 3
    for state in states(5, graph.size):
        expected = [[played_pairs(graph, state, i, s, payoff, payoff_is, selfish) for s in (0, 1)] for i in range(14)]
        np.testing.assert_allclose(probed(parts, model, state), expected, rtol=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("graph", [HIERARCHY, {"kind": "tree", "branching": 2, "depth": 3}])
def test_pairs_read_the_level(graph):
    model = loaded({"kind": "matrix", "payoffs": [["level", "2*level"], ["1 - level", 0.5]]}, {"graph": graph})
    graph, *_ = parts = lowered(model)
    parents = {3: 13, 2: 15}[3 if graph.size == 13 else 2]
    level = [0] * parents
    for i in range(1, parents):
        level[i] = level[(i - 1) // (3 if parents == 13 else 2)] + 1

    def payoff(i, s, t):
        return ((level[i], 2 * level[i]), (1 - level[i], 0.5))[s][t]

    for state in states(5, graph.size):
        expected = [
            [played_pairs(graph, state, i, s, payoff, "average", False) for s in (0, 1)] for i in range(graph.size)
        ]
        np.testing.assert_allclose(probed(parts, model, state), expected, rtol=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("payoff_is", ["average", "accumulate"])
@pytest.mark.parametrize("scope", ["all", "own"])
def test_pots_are_what_the_members_put_in(payoff_is, scope):
    model = loaded(GROUPS, {"graph": RANDOM, "payoff": payoff_is, "scope": scope})
    graph, *_ = parts = lowered(model)

    def given(j, s):
        return 0.125 if s else 0.7 / (graph.degrees[j] + 1)

    for state in states(5, graph.size):
        share = float(np.mean(state == 0))

        def payoff(i, s, members, changed, centre, share=share):
            each = sum(given(j, changed[j]) for j in members) / len(members)
            own = given(i, s)
            if s:
                return 3 * each - own * graph.degrees[i] + share
            return 3 * each - own + sum(changed[j] for j in members) / 8

        expected = [[played_groups(graph, state, i, s, payoff, payoff_is, scope) for s in (0, 1)] for i in range(14)]
        np.testing.assert_allclose(probed(parts, model, state), expected, rtol=1e-12)


@pytest.mark.pure
def test_the_degree_is_the_present_one_where_ties_come_and_go():
    ties = {"kind": "rewiring", "pace": 2, "leaves": {"C": ["D"]}}
    population = {"graph": RANDOM, "payoff": "accumulate", "ties": ties}
    model = loaded(PAIRS, population, mutation={"rate": 0.1}, selection={"intensity": 0.01})
    found = recorded(model)
    first = graphs_of(model, 4, 0)[0].to_matrix().toarray() > 0
    tied = np.unpackbits(found.ties[0], axis=1, bitorder="little")[:, :14].astype(bool)
    assert (tied == tied.T).all() and (tied.sum(axis=1) != first.sum(axis=1)).sum() > 3
    state = found.nodes[0, -1]
    for i in range(14):
        k, others = tied[i].sum(), state[tied[i]]
        each = [[3 - k / 4, 1], [5 * k, 1 if k > 2 else 0.7]][state[i]]
        assert found.earned[0, i] == pytest.approx(sum(each[t] for t in others), rel=1e-12)


@pytest.mark.pure
def test_local_variables_are_read_where_the_game_is_played_and_contributions_where_the_giver_is():
    game = {
        "kind": "group",
        "size": "neighbourhood",
        "contributions": {"C": "2*e", "D": 0},
        "payoffs": {"C": "pot*e - own*f", "D": "pot*e*f"},
    }
    environment = {
        "f": {"kind": "constant", "value": 3},
        "e": SHOCKS | {"local": True},
        "unread": NOISE | {"local": True},
    }
    model = loaded(game, {"graph": RANDOM, "payoff": "accumulate"}, environment=environment)
    graph, process, *_, work = parts = lowered(model)
    work.scalars[process.environment] = 3
    values = np.random.default_rng(1).random((14, 2))
    e = values[:, 0]

    def payoff(i, s, members, changed, centre):
        pot = sum(2 * e[j] * (changed[j] == 0) for j in members)
        return pot * e[centre] * 3 if s else pot * e[centre] - 2 * e[i] * 3

    for state in states(3, 14):
        expected = [[played_groups(graph, state, i, s, payoff, "accumulate", "all") for s in (0, 1)] for i in range(14)]
        np.testing.assert_allclose(probed(parts, model, state, values), expected, rtol=1e-12)


@pytest.mark.pure
def test_pairs_read_the_local_variable_of_the_focal():
    game = {"kind": "matrix", "let": {"twice": "2*e"}, "payoffs": [["twice", 1], ["e - 1", "t"]]}
    model = loaded(game, {"graph": RANDOM, "regions": 3}, environment={"e": NOISE | {"local": True}})
    graph, *_ = parts = lowered(model)
    values = np.array([[0.3], [1.7], [-2.0]])
    e = values[[i * 3 // 14 for i in range(14)], 0]

    def payoff(i, s, t):
        return ((2 * e[i], 1), (e[i] - 1, 0))[s][t]

    for state in states(3, 14):
        expected = [[played_pairs(graph, state, i, s, payoff, "average", False) for s in (0, 1)] for i in range(14)]
        np.testing.assert_allclose(probed(parts, model, state, values), expected, rtol=1e-12)


def test_groups_too_many_for_a_table():
    names = [f"s{i}" for i in range(7)]
    formulas = {name: f"k_{name}*{place + 1}/n + k_s0" for place, name in enumerate(names)}
    game = {"kind": "group", "size": "neighbourhood", "payoffs": formulas}
    model = loaded(game, {"graph": {"kind": "star", "size": 61}}, strategies=names)
    graph, *_ = parts = lowered(model)

    def payoff(i, s, members, changed, centre):
        return sum(changed[j] == s for j in members) * (s + 1) / len(members) + sum(changed[j] == 0 for j in members)

    for state in states(2, 61, 7):
        earned = probed(parts, model, state)
        for i in (0, 5, 60):
            expected = [played_groups(graph, state, i, s, payoff, "average", "all") for s in range(7)]
            np.testing.assert_allclose(earned[i], expected, rtol=1e-12)
    assert evo.simulate(model, generations=3).mix.sum(axis=2) == pytest.approx(1)
    fixed = loaded(game | {"size": 61}, {"graph": {"kind": "complete", "size": 61}}, strategies=names)
    assert evo.simulate(fixed, generations=1).mix.sum(axis=2) == pytest.approx(1)


# ---- the table and the direct path


def recorded(model, start=(0.5, 0.5)):
    nodes = "all" if model.population.kind == "network" else "none"
    plan = plan_of(
        start, generations=12, record_every=1.0, burn_in=2.0, tolerance=1e-8, until="generations", rest=0.0,
        averages=True, watched=[(0, 0.6, 0.0)], nodes=nodes,
    )  # fmt: skip
    return run_plan(model, plan, seed=4, point=9, replicates=3)


def agree(one, other):
    for name, first, second in zip(one._fields, one, other, strict=True):
        exact = first.dtype.kind in "iu"
        np.testing.assert_allclose(first, second, rtol=0 if exact else 1e-9, atol=0 if exact else 1e-12, err_msg=name)


RULES = [
    "pairwise_comparison",
    "imitation",
    "birth_death",
    "death_birth",
    "logit",
    "introspection",
    {"kind": "imitate_best", "update": "synchronous"},
    {"kind": "aspiration", "level": 0.4},
]
SINE = {"kind": "periodic", "mean": 1, "amplitude": 0.5, "period": 6}
PLAIN = {"kind": "matrix", "payoffs": [["3*e", 0.25], [4, "e"]]}
GOOD = {
    "kind": "group",
    "size": "neighbourhood",
    "contributions": {"C": "e", "D": 0.5},
    "payoffs": {"C": "3*pot/n - own", "D": "3*pot/n - own"},
}


@pytest.mark.pure
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule if isinstance(rule, str) else rule["kind"])
@pytest.mark.parametrize("game", [PLAIN, GOOD], ids=["pairs", "groups"])
def test_both_paths_agree_event_for_event(rule, game, monkeypatch):
    for population in ({"payoff": "accumulate"}, {"self_interaction": True} if game is PLAIN else {"scope": "own"}):
        model = loaded(game, {"graph": RANDOM} | population, rule, environment={"e": SINE}, mutation={"rate": 0.02})
        graph, _ = graphs_of(model, 4, 0)
        assert not directly(model, graph)
        table = recorded(model)
        with monkeypatch.context() as patch:
            for module in (evo.lowering.network, evo.simulation.networks):
                patch.setattr(module, "directly", lambda *_: True)
            agree(table, recorded(model))
    assert np.ptp(table.mix[:, :, 0]) > 0.1


# ---- contributions per player


def chain(case):
    """Chance of fixation of one C from each vertex and mean time, by all states; payoffs from the words of the case."""
    beta, r = case["model"]["beta"], case["model"]["r"]
    ties = {}
    for i, j in case["model"]["edges"]:
        ties.setdefault(i, []).append(j)
        ties.setdefault(j, []).append(i)
    count = len(ties)
    divided = "per_individual" in case["id"]
    gives = [1 / (len(ties[i]) + 1) if divided else 1.0 for i in range(count)]
    places = {state: place for place, state in enumerate(product((0, 1), repeat=count))}
    moves = np.zeros((len(places), len(places)))
    for state, place in places.items():
        earned = [0.0] * count
        for centre in range(count):
            members = [centre, *ties[centre]]
            pot = sum(gives[j] for j in members if state[j])
            for j in members:
                earned[j] += r * pot / len(members) - gives[j] * state[j]
        for i in range(count):
            for j in ties[i]:
                chance = 1 / count / len(ties[i]) / (1 + math.exp(-beta * (earned[j] - earned[i])))
                moves[place, places[(*state[:i], state[j], *state[i + 1 :])]] += chance
        moves[place, place] += 1 - moves[place].sum()
    inner = np.arange(1, len(places) - 1)
    solve = np.linalg.inv(np.eye(len(inner)) - moves[np.ix_(inner, inner)])
    wins, times = solve @ moves[inner, -1], solve.sum(axis=1)
    seeds = [places[tuple(int(j == i) for j in range(count))] - 1 for i in range(count)]
    return wins[seeds], float(times[seeds].mean())


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_chain_of_all_states_is_that_of_the_reference(case):
    wins, time = chain(case)
    np.testing.assert_allclose(wins, case["value"]["per_vertex"], rtol=1e-9)
    assert time == pytest.approx(case["value"]["t"], rel=1e-9)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_fixation_by_simulation(case, tmp_path):
    (tmp_path / "graph.csv").write_text("".join(f"{i},{j}\n" for i, j in case["model"]["edges"]))
    game = {
        "kind": "public_goods",
        "size": "neighbourhood",
        "good": {"kind": "linear", "multiplier": case["model"]["r"]},
    }
    game["contribution"] = "per_player" if "per_individual" in case["id"] else "per_group"
    nodes = len(case["value"]["per_vertex"])
    model = loaded(
        game,
        {"graph": {"kind": "file", "file": "graph.csv"}, "payoff": "accumulate"},
        selection={"intensity": case["model"]["beta"]},
        data_root=tmp_path,
    )
    runs = 20000
    plan = plan_of(
        [1 / nodes, 1 - 1 / nodes], generations=5000, record_every=None, burn_in=0.0, tolerance=1e-8, until="fixed", rest=0.0,
        averages=False, watched=[],
    )  # fmt: skip
    found = run_plan(model, plan, seed=8, point=1, replicates=runs)
    rho, wins = case["value"]["rho_C"], found.final[:, 0].mean()
    assert abs(wins - rho) < 4.5 * math.sqrt(rho * (1 - rho) / runs)
    times = found.numbers[:, 1] * nodes
    assert abs(times.mean() - case["value"]["t"]) < 4.5 * times.std() / math.sqrt(runs)


@pytest.mark.pure
@pytest.mark.parametrize("good", ["linear", "synergy", "threshold", "sigmoid"])
@pytest.mark.parametrize("returns", ["shared", "others"])
def test_one_contribution_for_all_groups_on_a_regular_graph_is_a_part_of_it_in_each(good, returns):
    """On a cycle each gives a third: a good of thirds of contributions."""
    game = {"kind": "public_goods", "size": 3, "cost": 0.9, "good": {"kind": good}, "returns": returns}
    model = loaded(game | {"contribution": "per_player"}, {"graph": {"kind": "cycle", "size": 9}, "scope": "all"})
    graph, *_ = parts = lowered(model)

    def worth(k, n):
        if good == "linear":
            return 3 * 0.9 * k / n
        if good == "synergy":
            return 3 * 0.9 / n * k
        if good == "threshold":
            return float(k >= 3)
        level = [1 / (1 + math.exp(-2 * (j - 2.5))) for j in (0, k, n)]
        return (level[1] - level[0]) / (level[2] - level[0])

    def payoff(i, s, members, changed, centre):
        own = (s == 0) / 3
        pot = sum(changed[j] == 0 for j in members) / 3
        return (worth(pot, 3) if returns == "shared" else worth(pot - own, 2)) - 0.9 * own

    for state in states(3, 9):
        expected = [[played_groups(graph, state, i, s, payoff, "average", "all") for s in (0, 1)] for i in range(9)]
        np.testing.assert_allclose(probed(parts, model, state), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("population", [{"kind": "infinite"}, {"kind": "well_mixed", "size": 12}])
def test_contributions_without_a_graph_are_the_same_as_written_out(population):
    game = {
        "kind": "group",
        "size": 4,
        "let": {"each": "r*pot/n"},
        "contributions": {"big": "c + 0.5", "small": 0.25, "none": 0},
        "payoffs": {"big": "each - own", "small": "each - own**2 - -own", "none": "each"},
    }
    each = "r*(k_big*(c + 0.5) + k_small*0.25)/n"
    payoffs = {"big": f"{each} - (c + 0.5)", "small": f"{each} - 0.25**2 + 0.25", "none": each}
    written = {"kind": "group", "size": 4, "payoffs": payoffs}
    paths = []
    for one in (game, written):
        rule = "replicator" if population["kind"] == "infinite" else "moran"
        data = config(one, {}, rule, strategies=["big", "small", "none"], parameters={"r": 3, "c": 0.5})
        paths.append(recorded(evo.loads(json.dumps(data | {"population": population})).model, start=[0.5, 0.3, 0.2]))
    agree(*paths)
    assert np.ptp(paths[0].mix[:, :, 0]) > 0.05


# ---- local environments


GAME_E = {"kind": "matrix", "payoffs": [["3*e", 0], ["4 - e", "e"]]}


def weather(model, generations, seed=6, every=None):
    """The local variables at the end, (R, L), and the recording."""
    _, process, net, bonds, regions, nodes, work = lowered(model)
    plan = plan_of(
        [0.5, 0.5], generations=generations, record_every=every, burn_in=0.0, tolerance=1e-8, until="generations", rest=0.0,
        averages=False, watched=[],
    )  # fmt: skip
    recording = blank_recording(model.lowered, plan, 1)
    args = process, net, bonds, regions, nodes, plan, stream_key(seed), np.uint64(1), 0, 0, 1, 1, np.zeros(1, np.int8)
    run_nodes(*args, work, recording)
    assert recording.counts[0, 3] == 0
    return regions, recording


@pytest.mark.pure
@pytest.mark.parametrize("law", [SHOCKS, NOISE, SWITCHING, SHOCKS | {"mode": "multiplies", "severity": 0.5}])
@pytest.mark.parametrize(
    "rule", ["pairwise_comparison", "birth_death", {"kind": "imitate_best", "update": "synchronous"}]
)
def test_one_region_is_the_environment_of_all(law, rule):
    plain = loaded(GAME_E, {"graph": RANDOM}, rule, environment={"e": law}, mutation={"rate": 0.05})
    local = loaded(
        GAME_E, {"graph": RANDOM, "regions": 1}, rule, environment={"e": law | {"local": True}}, mutation={"rate": 0.05}
    )
    whole = recorded(plain)
    agree(whole, recorded(local))
    assert np.ptp(whole.environment) > 0.1


@pytest.mark.pure
def test_beside_a_local_variable_a_shared_one_keeps_its_events():
    """The shared law draws first at the start and its events come in their time, whatever regions do."""
    environment = {"e": SHOCKS | {"local": True, "rate": 0.0}, "f": SWITCHING | {"start": "stationary"}}
    game = {"kind": "matrix", "payoffs": [["3*e", "f"], ["4 - e", "e"]]}
    local = recorded(loaded(game, {"graph": RANDOM}, environment=environment))
    plain = recorded(
        loaded(game, {"graph": RANDOM}, environment={"e": {"kind": "constant", "value": 1}, "f": environment["f"]})
    )
    agree(plain, local)


def test_noise_of_nodes_is_independent_with_its_stationary_mean_and_spread():
    size = 30
    model = loaded(
        GAME_E,
        {"graph": {"kind": "square", "rows": size, "columns": size, "neighbourhood": "von_neumann"}},
        environment={"e": NOISE | {"local": True}},
    )
    regions, recording = weather(model, 40, every=1.0)
    values = regions.values[:, 0]
    count = len(values)
    assert count == size**2
    assert abs(values.mean() - 0.6) < 4.5 * 0.3 / size
    chi2 = ((values - 0.6) ** 2).sum() / 0.3**2
    assert ALPHA < stats.chi2.cdf(chi2, count) < 1 - ALPHA
    grid = values.reshape(size, size) - values.mean()
    for shift in ((0, 1), (1, 0), (0, 2), (3, 5)):
        paired = (grid * np.roll(grid, shift, (0, 1))).mean() / grid.var()
        assert abs(paired) < 4.5 / size
    means = recording.environment[0, :, 0]
    assert means[-1] == pytest.approx(values.mean(), rel=1e-12)
    assert means[15:].std() < 0.3 / size * 2  # of the mean over nodes, not of one


def test_shocks_of_nodes_have_the_mean_of_theirs():
    """Adding shocks at rate r with relaxation T have the stationary mean base + r*s*T and variance r*s*s*T/2 (Campbell)."""
    model = loaded(
        GAME_E, {"graph": {"kind": "cycle", "size": 900}}, environment={"e": SHOCKS | {"local": True, "rate": 2}}
    )
    regions, recording = weather(model, 20)
    values = regions.values[:, 0]
    mean, sd = 1 + 2 * -0.5 * 2.5, math.sqrt(2 * 0.25 * 2.5 / 2)
    assert abs(values.mean() - mean) < 4.5 * sd / 30
    assert values.std() == pytest.approx(sd, rel=0.12)
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4.5 / 30
    assert recording.final[0, -1] == pytest.approx(values.mean(), rel=1e-12)
    assert (regions.events[:, NEXT, 0] > 20).all()
    regions, recording = weather(model, 20.5)  # since the last generation the mean has followed events alone
    assert recording.final[0, -1] == pytest.approx(regions.values[:, 0].mean(), rel=1e-12)
    assert abs(regions.values[:, 0].mean() - values.mean()) > 0.1


@pytest.mark.pure
def test_who_shares_a_region():
    assert region(HIERARCHY, "branches") == [0, 1, 2, 3] + [1] * 3 + [2] * 3 + [3] * 3
    deep = region({"kind": "tree", "branching": 2, "depth": 3}, "branches")
    assert deep == [0, 1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2]
    assert region({"kind": "hierarchy", "span": 1, "depth": 3}, "branches") == [0, 1, 1, 1]
    assert region({"kind": "cycle", "size": 7}, "1 + z") == [0, 0, 0, 0, 1, 1, 1]
    assert region({"kind": "square", "rows": 3, "columns": 3, "neighbourhood": "moore"}, 3) == [
        0,
        0,
        0,
        1,
        1,
        1,
        2,
        2,
        2,
    ]
    assert region({"kind": "cycle", "size": 5}, None) == [0, 1, 2, 3, 4]


def region(graph, regions):
    population = {"graph": graph} | ({"regions": regions} if regions else {})
    model = loaded(GAME_E, population, environment={"e": SHOCKS | {"local": True}}, parameters={"z": 1})
    nodes = {"hierarchy": 4 if graph.get("span") == 1 else 13, "tree": 15, "square": 9}
    return region_of(model, graph_specs(model)[0], nodes.get(graph["kind"], graph.get("size"))).tolist()


def test_local_contributions_move_with_their_region():
    """On separate pairs of players, each with its own region, payoffs at the end are those of the values at the end."""
    game = {
        "kind": "group",
        "size": "neighbourhood",
        "contributions": {"C": "e", "D": "e/2"},
        "payoffs": {"C": "2*pot - own", "D": "2*pot - own"},
    }
    model = loaded(
        game, {"graph": RANDOM, "payoff": "accumulate"}, environment={"e": SHOCKS | {"local": True, "rate": 3}}
    )
    _, process, net, bonds, regions, nodes, work = lowered(model)
    plan = plan_of(
        [0.5, 0.5], generations=7, record_every=1.0, burn_in=0.0, tolerance=1e-8, until="generations", rest=0.0,
        averages=False, watched=[], nodes="last",
    )  # fmt: skip
    recording = blank_recording(model.lowered, plan, 1)
    args = process, net, bonds, regions, nodes, plan, stream_key(3), np.uint64(1), 0, 0, 1, 1, np.zeros(1, np.int8)
    run_nodes(*args, work, recording)
    graph, _ = graphs_of(model, 3, 0)
    state, e = recording.nodes[0, -1], regions.values[:, 0]
    given = e * np.where(state == 0, 1.0, 0.5)
    ties = neighbourhoods(graph)
    pots = np.array([given[i] + sum(given[j] for j in ties[i]) for i in range(14)])
    expected = [2 * (pots[i] + sum(pots[j] for j in ties[i])) - (len(ties[i]) + 1) * given[i] for i in range(14)]
    np.testing.assert_allclose(recording.earned[0], expected, rtol=1e-12)


def test_feedback_reads_the_mean_of_local_variables():
    environment = {"e": NOISE | {"local": True}, "f": {"kind": "feedback", "start": 1, "rate": "e - f"}}
    model = loaded(GAME_E, {"graph": RANDOM}, environment=environment)
    path = evo.simulate(model, generations=10, seed=2)
    e, f = path.environment[0].T
    expected = [1.0]
    for before in e[:-1]:
        expected.append(before + (expected[-1] - before) * math.exp(-1))
    np.testing.assert_allclose(f, expected, rtol=1e-7)


# ---- wrong inputs


LOCAL = {"e": SHOCKS | {"local": True}}


@pytest.mark.pure
@pytest.mark.parametrize(
    "game, population, parts, path, message",
    [
        (GAME_E, {"kind": "infinite"}, {"environment": LOCAL}, "environment.e.local", "needs nodes of a graph"),
        (GAME_E, {"kind": "well_mixed", "size": 9}, {"environment": LOCAL}, "environment.e.local", "needs nodes"),
        (PAIRS, {"kind": "well_mixed", "size": 9}, {}, "game.payoffs", "unknown name 'degree'"),
        (PAIRS, {"graph": RANDOM, "regions": 3}, {}, "population.regions", "nothing to act on"),
        (GAME_E, {"graph": RANDOM, "regions": 15}, {"environment": LOCAL}, "population.regions", "from 1 to 14, is 15"),
        (GAME_E, {"graph": RANDOM, "regions": "branches"}, {"environment": LOCAL}, "population.regions", "no branches"),
        (
            GAME_E,
            {"graph": RANDOM},
            {"environment": {"e": NOISE | {"local": True, "per": "step"}}},
            "environment.e.per",
            "once a generation",
        ),
        (
            GAME_E,
            {"graph": RANDOM},
            {
                "environment": {
                    "e": {"kind": "switching", "values": [0, 1], "probabilities": [[1, 0], [0, 1]], "local": True}
                }
            },
            "environment.e.probabilities",
            "once a generation",
        ),
        (
            GAME_E,
            {"graph": RANDOM},
            {
                "environment": LOCAL
                | {"f": {"kind": "feedback", "start": 1, "rate": "-f", "jumps": {"on": "e", "multiply": 2}}}
            },
            "environment.f.jumps.on",
            "is local",
        ),
        (
            {"kind": "matrix", "payoffs": [["level", 0], [0, 0]]},
            {"graph": RANDOM},
            {},
            "population.graph",
            "no levels",
        ),
        (GROUPS | {"contributions": {"C": 1}}, {"graph": RANDOM}, {}, "game.contributions.D", "is missing"),
        (
            GROUPS | {"contributions": {"C": 1, "D": 0, "E": 1}},
            {"graph": RANDOM},
            {},
            "game.contributions.E",
            "is not a strategy",
        ),
        (
            GROUPS | {"contributions": {"C": "k_C", "D": 0}},
            {"graph": RANDOM},
            {},
            "game.contributions.C",
            "before the group is known",
        ),
        (
            GROUPS | {"contributions": {"C": "zz", "D": 0}},
            {"graph": RANDOM},
            {},
            "game.contributions.C",
            "unknown name 'zz'",
        ),
        (GROUPS | {"let": {"each": "own"}}, {"graph": RANDOM}, {}, "game.let.each", "differs between strategies"),
        (
            GROUPS | {"let": {"pot": "1", "each": "pot"}},
            {"graph": RANDOM},
            {},
            "game.contributions",
            "the name 'pot' is taken",
        ),
        (
            GROUPS | {"let": {}, "payoffs": {"C": 1, "D": 2}},
            {"graph": RANDOM},
            {},
            "game.contributions",
            "read by no payoff",
        ),
        (GROUPS | {"size": 4}, {"kind": "infinite"}, {}, "game.contributions.C", "is of nodes on a graph"),
        (
            {"kind": "public_goods", "size": 4, "contribution": "per_player"},
            {"kind": "well_mixed", "size": 9},
            {},
            "game.contribution",
            "needs a graph",
        ),
        (
            {"kind": "public_goods", "size": "neighbourhood", "contribution": "per_player"},
            {"graph": RANDOM, "scope": "own"},
            {},
            "game.contribution",
            "all groups",
        ),
        (
            {"kind": "public_goods", "size": "neighbourhood", "contribution": "per_player"},
            {"graph": RANDOM},
            {"parameters": {"degree": 1}},
            "game.contribution",
            "something else",
        ),
        (
            GROUPS,
            {"graph": RANDOM},
            {"dynamics": {"kind": "local_update"}},
            "dynamics.largest_difference",
            "is missing",
        ),
    ],
)
def test_what_does_not_fit_is_refused(game, population, parts, path, message):
    data = config(game, population, **parts)
    if population.get("kind", "network") == "infinite":
        data["dynamics"] = {"kind": "replicator"}
    with pytest.raises(evo.ConfigError) as caught:
        evo.loads(json.dumps(data))
    found = [(".".join(map(str, problem.path)), problem.message) for problem in caught.value.problems]
    assert any(at.startswith(path) and message in words for at, words in found), found


@pytest.mark.pure
def test_what_the_config_calls_degree_or_level_is_that():
    game = {"kind": "matrix", "let": {"level": "z"}, "payoffs": [["level", "degree"], [0, 1]]}
    model = loaded(game, {"graph": RANDOM}, parameters={"z": 2, "degree": 5})
    assert not directly(model, graphs_of(model, 0, 0)[0])
    assert model.lowered.game.moves is False

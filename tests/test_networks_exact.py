"""Populations on small graphs against exact chains over all states: those of the references, and those that are enumerated
here (naive.GraphChain) for the rules that no reference covers."""

import naive
import numpy as np
import pytest
import reference
from examples import matrix_game, rule_of
from networks import DIRECTED, WEIGHTED, on_graph, recorded
from scipy import stats

from evo.kernels.arrays import FIXED, FIXED_AT

ALPHA, Z = 1e-4, 4.5
RUNS = 20_000
BIRTHS = {"Bd": "birth_death", "dB": "death_birth"}  # bD and Db, where death is selected, are no rules here
CONSTANT = {
    name: case for name, case in reference.cases("graph_constant_fitness").items() if name.split("_")[2] in BIRTHS
}
GAMES = reference.cases("graph_game_finite")
GROUPS = {  # those in which what a member gives depends on how many groups it is in cannot be said by one formula
    name: case
    for name, case in reference.cases("nplayer_graph").items()
    if case["model"]["contribution"] == "c=1 per group" or case["model"]["graph"].startswith("cycle")
}
MUTATING = reference.cases("graph_mutation_stationary")


def model_on(edges, payoffs, kind, size, **parts):
    edges = [tuple(edge[:2]) if all(len(e) == 2 or e[2] == 1 for e in edges) else tuple(edge) for edge in edges]
    game = payoffs if isinstance(payoffs, dict) else {"kind": "matrix", "payoffs": payoffs}
    names = list("ABC")[: len(game["payoffs"])]
    population = parts.pop("population", {})
    placed = on_graph(edges, size, **population)
    return {"strategies": names, "game": game, "dynamics": rule_of(kind)} | placed | parts, naive.Ties(size, edges)


def constant_case(case, linear):
    r, kind = case["model"]["r"], BIRTHS[case["id"].split("_")[2]]
    payoffs = [[r, r], [1.0, 1.0]] if linear else [[np.log(r), np.log(r)], [0.0, 0.0]]
    selection = {"fitness": "linear" if linear else "exponential", "intensity": 1.0}
    return model_on(case["model"]["edges"], payoffs, kind, case["model"]["n"], selection=selection)


def game_case(case):
    model = case["model"]
    selection = {"intensity": model["w_or_beta"]}
    return model_on(model["edges"], model["payoff_matrix"], "death_birth", model["n"], selection=selection)


def group_case(case):
    """Contributions of 1 to each group, or of 1/3 on a cycle, where everybody is in three."""
    model = case["model"]
    gift = "1" if model["contribution"] == "c=1 per group" else "1/n"
    good = f"{model['r']}*({gift})*k_A/n"
    game = {"kind": "group", "size": "neighbourhood", "payoffs": {"A": f"{good} - {gift}", "B": good}}
    selection, population = {"intensity": model["beta"]}, {"payoff": "accumulate"}
    size = 1 + max(max(edge) for edge in model["edges"])
    return model_on(model["edges"], game, "pairwise_comparison", size, selection=selection, population=population)


def takeovers(config, size, seed=3):
    """Who was alone at first, whether A took over, and the steps that it took to be decided, of runs from one A."""
    start, runs = {"A": 1 / size, "B": 1 - 1 / size}, RUNS
    found = recorded(config, generations=1e4, replicates=runs, seed=seed, start=start, record_every=None, until="fixed")
    assert (found.counts[:, FIXED] >= 0).all()
    return (found.nodes[:, 0] == 0).argmax(axis=1), found.counts[:, FIXED] == 0, found.numbers[:, FIXED_AT] * size


def check_takeovers(config, chances, time):
    """Simulation against the chance that one A on each node takes over, and the mean number of steps until it is decided."""
    alone, took_over, steps = takeovers(config, len(chances))
    for i, chance in enumerate(chances):
        won, runs = took_over[alone == i].sum(), (alone == i).sum()
        assert abs(won - runs * chance) < Z * np.sqrt(runs * chance * (1 - chance))
    assert abs(steps.mean() - time) < Z * steps.std() / np.sqrt(RUNS)


def chain_takeovers(config, ties):
    """The same from the chain."""
    chain = naive.GraphChain(config, ties)
    chance, time = chain.takeover(0)
    first = [chain.alone(0, i) for i in range(len(ties.of))]
    return chance[first], time[first].mean()


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("name", CONSTANT)
@pytest.mark.rota
def test_constant_fitness(name, linear):
    value = CONSTANT[name]["value"]
    config, ties = constant_case(CONSTANT[name], linear)
    check_takeovers(config, value["rho_vertex"], value["t_uniform"])
    if len(ties.of) <= 7:
        chances, time = chain_takeovers(config, ties)
        assert chances == pytest.approx(value["rho_vertex"], abs=1e-9)
        assert time == pytest.approx(value["t_uniform"], abs=1e-8)


@pytest.mark.parametrize("name", GAMES)
def test_donation(name):
    value = GAMES[name]["value"]
    config, ties = game_case(GAMES[name])
    check_takeovers(config, value["rho_C_vertex"], value["t"])
    chances, time = chain_takeovers(config, ties)
    assert chances == pytest.approx(value["rho_C_vertex"], abs=1e-9)
    assert time == pytest.approx(value["t"], abs=1e-8)


@pytest.mark.parametrize("name", GROUPS)
def test_public_goods(name):
    value = GROUPS[name]["value"]
    config, ties = group_case(GROUPS[name])
    check_takeovers(config, value["per_vertex"], value["t"])
    chances, time = chain_takeovers(config, ties)
    assert chances == pytest.approx(value["per_vertex"], rel=1e-8)
    assert time == pytest.approx(value["t"], rel=1e-8)


# ---- long runs with mutation


def mutating_case(case):
    model = case["model"]
    size = int(model["graph"][-1])
    edges = model.get("edges") or {
        "cycle": [(i, (i + 1) % size) for i in range(size)],
        "star": [(0, i) for i in range(1, size)],
        "wheel": [(0, i) for i in range(1, size)] + [(i, i % (size - 1) + 1) for i in range(1, size)],
    }[model["graph"][:-1]]  # fmt: skip
    if "u" in model:
        parts = {"selection": {"intensity": model["w"]}, "mutation": {"rate": model["u"]}}
        return model_on(edges, [[3.0, -1.0], [4.0, 0.0]], "death_birth", size, **parts)
    parts = {"selection": {"intensity": model["beta"]}, "mutation": {"rate": model["mu"]}}
    return model_on(edges, model["payoff"], "pairwise_comparison", size, **parts)


@pytest.mark.parametrize("name", MUTATING)
def test_mutation(name):
    """Time averages of 40 long runs, and the stationary distribution of the chain."""
    case = MUTATING[name]
    config, ties = mutating_case(case)
    chain = naive.GraphChain(config, ties)
    shares = chain.stationary() @ np.array(
        [[state.count(s) / len(ties.of) for s in range(3)] for state in chain.states]
    )
    value = case["value"]
    known = value if isinstance(value, float) else value.get("mean_A", value.get("mean"))
    assert shares[: np.size(known)] == pytest.approx(np.atleast_1d(known), abs=1e-8)
    found = recorded(
        config, generations=3000, burn_in=200, replicates=40, seed=4, record_every=None, averages=True, nodes="none"
    )
    means = found.means[:, : len(config["strategies"])]
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    assert (abs(means.mean(axis=0) - shares[: means.shape[1]]) < Z * error).all()


# ---- every rule: the distribution over all states after some steps

FIVE = [edge for edge in WEIGHTED if max(edge[:2]) < 5]  # 5 nodes of degrees 1 to 3, with weights
HOUSE = [edge[:2] for edge in FIVE]
ONE_WAY = [edge for edge in DIRECTED if max(edge[:2]) < 5]
PAIRS = [[0.3, 1.4], [0.9, -0.6]]
IN_GROUPS = {
    "kind": "group",
    "size": "neighbourhood",
    "payoffs": {"A": "1.6*k_A/n - 0.7 + 0.1*n", "B": "1.6*k_A/n + 0.3*(k_B == 2)"},
}
CASES = {
    "compared": {"kind": "pairwise_comparison"},
    "compared at once": {"kind": "pairwise_comparison", "update": "synchronous"},
    "compared by the many": {"kind": "pairwise_comparison", "selection": {"conformity": 2.2}},
    "compared by the few": {"kind": "pairwise_comparison", "selection": {"conformity": 0.3}},
    "compared by success": {"kind": "pairwise_comparison", "selection": {"prestige": 1.1}},
    "compared by degree": {"kind": "pairwise_comparison", "selection": {"prestige": 0.5, "indicator": "degree"}},
    "local": {"kind": "local_update", "largest_difference": 2.0, "selection": {"intensity": 0.9}},
    "local, graph": {"kind": "local_update", "largest_difference": 2.0, "selection": {"intensity": 0.9},
                     "population": {"per_degree": "graph"}},
    "local, sums": {"kind": "local_update", "largest_difference": 2.0, "population": {"payoff": "accumulate"}},
    "gaining": {"kind": "proportional_imitation", "largest_difference": 2.0},
    "gaining, sums": {"kind": "proportional_imitation", "largest_difference": 2.0, "population": {"payoff": "accumulate"}},
    "gaining, sums, graph": {"kind": "proportional_imitation", "largest_difference": 2.0,
                             "population": {"payoff": "accumulate", "per_degree": "graph"}},
    "gaining, sums, none": {"kind": "proportional_imitation", "largest_difference": 9.0,
                            "population": {"payoff": "accumulate", "per_degree": "none"}},
    "copying": {"kind": "imitation"},
    "copying others": {"kind": "imitation", "own": "excluded", "mutation": {"rate": 0.1, "when": "after"}},
    "copying the many": {"kind": "imitation", "selection": {"conformity": 1.8, "prestige": 0.4}},
    "the best": {"kind": "imitate_best", "mutation": {"rate": 0.3}},
    "replying": {"kind": "best_response", "mutation": {"rate": 0.3}},
    "softly": {"kind": "logit"},
    "aspiring": {"kind": "aspiration", "level": 0.6},
    "thinking": {"kind": "introspection", "population": {"self_interaction": True}},
    "thinking at once": {"kind": "introspection", "update": "synchronous"},
    "born": {"kind": "birth_death"},
    "dying": {"kind": "death_birth"},
}  # fmt: skip
PARTS = ("selection", "mutation", "population")
LOUDER = {
    "local",
    "local, graph",
    "local, sums",
    "the best",
    "replying",
    "gaining",
    "gaining, sums",
    "gaining, sums, graph",
    "gaining, sums, none",
}  # fmt: skip  (no intensity above 1, or none at all)


def rule_case(name, edges, directed=False, payoffs=None):
    """Config and exact chain on 5 nodes; mutation rate 0.1 unless the case says otherwise."""
    case = dict(CASES[name])
    parts = {part: case.pop(part) for part in PARTS if part in case}
    game = IN_GROUPS if payoffs == "groups" else {"kind": "matrix", "payoffs": payoffs or PAIRS}
    if name not in LOUDER:
        parts["selection"] = {"intensity": 1.5} | parts.get("selection", {})
    if "largest_difference" in case and payoffs == "groups":
        case["largest_difference"] = 20.0
    population = parts.pop("population", {})
    if payoffs == "groups":
        population.pop("self_interaction", None)
    config = {
        "strategies": ["A", "B"], "game": game, "dynamics": case, "mutation": {"rate": 0.1},
        **on_graph(edges, 5, directed=directed, **population), **parts,
    }  # fmt: skip
    return config, naive.Ties(5, edges, directed)


def goodness(config, chain, steps, seed=1):
    """p-value of chi-square: the states of many runs after so many steps, from two A anywhere."""
    per_generation = 1 if chain.at_once else 5
    expected = RUNS * chain.after(steps, (2, 3))
    found = recorded(
        config, generations=steps / per_generation, replicates=RUNS, seed=seed, start={"A": 0.4}, record_every=None,
        nodes="last",
    )  # fmt: skip
    states = found.nodes[:, -1] @ 2 ** np.arange(4, -1, -1)
    seen = np.bincount(states, minlength=32)
    assert not seen[expected < 1e-9].any()
    rare = expected < 5
    seen = np.append(seen[~rare], seen[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    kept = expected > 0
    return stats.chisquare(seen[kept], expected[kept] * seen[kept].sum() / expected[kept].sum()).pvalue


@pytest.mark.parametrize("name", CASES)
def test_states_are_distributed_as_the_chain_says(name):
    for edges, directed in ((HOUSE, False), (FIVE, False), (ONE_WAY, True)):
        config, ties = rule_case(name, edges, directed)
        chain = naive.GraphChain(config, ties)
        assert chain.matrix.sum(axis=1) == pytest.approx(1)
        assert goodness(config, chain, 3 if chain.at_once else 9) > ALPHA


@pytest.mark.parametrize("scope", ["own", "all"])
@pytest.mark.parametrize("name", [name for name in CASES if "at once" not in name])
@pytest.mark.rota
def test_states_of_groups_are_distributed_as_the_chain_says(name, scope):
    config, ties = rule_case(name, HOUSE, payoffs="groups")
    config["population"]["scope"] = scope
    assert goodness(config, naive.GraphChain(config, ties), 9) > ALPHA


@pytest.mark.parametrize("name", ["compared", "local", "gaining", "copying", "the best", "replying", "softly", "aspiring",
                                  "thinking", "born", "dying"])  # fmt: skip
def test_the_chain_of_another_game_or_graph_is_noticed(name):
    config, ties = rule_case(name, HOUSE)
    other, _ = rule_case(name, HOUSE, payoffs=[[0.3, 1.0], [1.3, -0.6]])
    assert goodness(config, naive.GraphChain(other, ties), 9) < ALPHA
    assert goodness(config, naive.GraphChain(config, naive.Ties(5, HOUSE[:-1])), 9) < ALPHA


def test_two_layers_of_three_strategies():
    """Who plays with whom is another graph than who learns from whom."""
    import random

    learning = [(0, 1), (1, 2), (2, 3), (0, 2)]
    config = {
        "strategies": ["A", "B", "C"], "game": matrix_game(random.Random(3), 3), "dynamics": rule_of("pairwise_comparison"),
        "selection": {"intensity": 3.0}, "mutation": {"rate": 0.1},
        **on_graph([(0, 1), (1, 3), (2, 3), (0, 3)], 4, learning=learning),
    }  # fmt: skip
    plays, learns = naive.Ties(4, [(0, 1), (1, 3), (2, 3), (0, 3)]), naive.Ties(4, learning)
    chances = []
    for one, other in ((plays, learns), (learns, plays)):
        chain = naive.GraphChain(config, one, other)
        found = recorded(
            config, generations=2, replicates=RUNS, seed=2, start={"A": 0.5, "B": 0.25}, record_every=None, nodes="last"
        )
        seen = np.bincount(found.nodes[:, -1] @ 3 ** np.arange(3, -1, -1), minlength=81)
        expected = RUNS * chain.after(8, (2, 1, 1))
        kept = expected >= 5
        chances.append(stats.chisquare(seen[kept], expected[kept] * seen[kept].sum() / expected[kept].sum()).pvalue)
    assert chances[0] > ALPHA > chances[1]

"""Exact answers on graphs: reference cases, a plain-Python chain, closed forms and what must hold on any graph."""

import numpy as np
import pytest
from naive.graph_chain import chain_of, event, fate_of, long_run_of
from reference import cases

from evo.exact.structure import (
    NeighbourhoodGame,
    Structure,
    VertexRule,
    critical_ratio,
    graph_fixation,
    graph_stationary,
    neighbourhood_tables,
    public_goods,
    weights_of_edges,
)

DONATION = [[3.0, -1.0], [4.0, 0.0]]
RULES = {"dB": "death_birth", "Bd": "birth_death", "IM": "imitation", "PC": "pairwise_comparison"}
EVENTS = {
    "birth-death": ("birth_death", None),
    "parent drawn uniformly": ("birth_death", "death"),
    "death-birth": ("death_birth", None),
    "death prop": ("death_birth", "death"),
    "pairwise comparison": ("pairwise_comparison", None),
}


def ring(size):
    return weights_of_edges([(i, (i + 1) % size) for i in range(size)])


def star(leaves):
    return weights_of_edges([(0, i) for i in range(1, leaves + 1)])


def path(size):
    return weights_of_edges([(i, i + 1) for i in range(size - 1)])


def complete(size):
    return np.ones((size, size)) - np.eye(size)


def wheel(size):
    rim = [(i, i % (size - 1) + 1) for i in range(1, size)]
    return weights_of_edges([*((0, i) for i in range(1, size)), *rim])


def torus(side):
    cells = np.arange(side * side).reshape(side, side)
    edges = [pair for axis in (0, 1) for pair in zip(cells.ravel(), np.roll(cells, -1, axis).ravel(), strict=True)]
    return weights_of_edges(edges)


def random_weights(size, seed, directed=False):
    """Connected: a ring with further weights."""
    rng = np.random.default_rng(seed)
    more = rng.random((size, size)) * (rng.random((size, size)) < 0.4)
    found = ring(size) * rng.uniform(0.5, 2, (size, size)) + more
    np.fill_diagonal(found, 0)
    return found if directed else found + found.T


def named(case):
    """The graph of a reference case."""
    import networkx as nx

    model = case["model"]
    if isinstance(model.get("edges"), list):
        return weights_of_edges(model["edges"], size=model.get("n"))
    graphs = {
        "karate_unweighted": lambda: nx.to_numpy_array(nx.karate_club_graph(), weight=None),
        "lesmis_unweighted": lambda: nx.to_numpy_array(nx.les_miserables_graph(), weight=None),
        "icosahedral": lambda: nx.to_numpy_array(nx.icosahedral_graph()),
        "grid5x5_torus": lambda: torus(5),
        "two_stars_hubs_50": lambda: weights_of_edges([(0, 1), *((i // 52, i) for i in range(2, 102))]),
        "cycle5": lambda: ring(5),
        "cycle6": lambda: ring(6),
        "cycle10": lambda: ring(10),
        "star": lambda: star(model["leaves"]),
        "star5": lambda: star(4),
        "wheel7": lambda: wheel(7),
    }
    return graphs[model["graph"]]()


def event_of(case):
    return next(rule for words, rule in EVENTS.items() if case["model"]["event"].startswith(words))


# ---- reference cases


@pytest.mark.parametrize("name", cases("graph_constant_fitness"))
def test_constant_fitness(name):
    case = cases("graph_constant_fitness")[name]
    value, weights = case["value"], named(case)
    if "neutral" in name:
        for key in ("dB", "Bd"):
            found = graph_fixation(weights, [1, 1], rule=VertexRule(RULES[key], fitness="payoff"))
            assert found.at_vertex == pytest.approx(value[key], abs=1e-10)
            assert found.steps == pytest.approx(value[f"t_{key}"], abs=1e-10)
        return
    kind, selection = event_of(case)
    rule = VertexRule(kind, selection=selection, fitness="payoff")
    found = graph_fixation(weights, [case["model"]["r"], 1], rule=rule)
    by_temperature = graph_fixation(weights, [case["model"]["r"], 1], rule=rule, start="temperature")
    assert found.probability == pytest.approx(value["rho_uniform"], abs=1e-10)
    assert by_temperature.probability == pytest.approx(value["rho_temperature"], abs=1e-10)
    if "hub" in value:
        assert found.at_vertex[:2] == pytest.approx([value["hub"], value["leaf"]], rel=1e-9)
        return
    assert found.at_vertex == pytest.approx(value["rho_vertex"], abs=1e-10)
    assert found.steps == pytest.approx(value["t_uniform"], rel=1e-10)


@pytest.mark.parametrize("name", cases("graph_game_finite"))
def test_donation(name):
    case = cases("graph_game_finite")[name]
    model, value = case["model"], case["value"]
    kind, selection = event_of(case)
    rule = VertexRule(kind, selection=selection, intensity=model["w_or_beta"])
    found = graph_fixation(named(case), model["payoff_matrix"], rule=rule)
    assert found.at_vertex == pytest.approx(value["rho_C_vertex"], abs=1e-10)
    assert found.probability == pytest.approx(value["rho_C"], abs=1e-10)
    assert found.reverse == pytest.approx(value["rho_D"], abs=1e-10)
    assert found.steps == pytest.approx(value["t"], abs=1e-10)


@pytest.mark.parametrize("name", cases("nplayer_graph"))
def test_public_goods(name):
    case = cases("nplayer_graph")[name]
    model, value = case["model"], case["value"]
    game = public_goods(factor=model["r"], per="individual" if "per_individual" in name else "game")
    rule = VertexRule("pairwise_comparison", intensity=model["beta"])
    found = graph_fixation(Structure(named(case), payoff="accumulate"), game, rule=rule)
    assert found.at_vertex == pytest.approx(value["per_vertex"], rel=1e-9)
    assert found.probability == pytest.approx(value["rho_C"], rel=1e-9)
    assert found.steps == pytest.approx(value["t"], rel=1e-9)


@pytest.mark.parametrize("name", cases("graph_mutation_stationary"))
def test_stationary(name):
    case = cases("graph_mutation_stationary")[name]
    model, value = case["model"], case["value"]
    if "dB_mut" in name:
        rule = VertexRule("death_birth", intensity=model["w"], mutation=model["u"])
        assert graph_stationary(named(case), DONATION, rule=rule).mean[0] == pytest.approx(value, abs=1e-10)
        return
    rule = VertexRule("pairwise_comparison", intensity=model["beta"], mutation=model["mu"])
    found = graph_stationary(named(case), model["payoff"], rule=rule)
    if "mean_A" in value:
        assert found.mean[0] == pytest.approx(value["mean_A"], abs=1e-10)
        assert found.at_vertex[:, 0] == pytest.approx(value["per_vertex"], abs=1e-10)
        return
    assert found.mean == pytest.approx(value["mean"], abs=1e-10)
    assert found.variance == pytest.approx(value["var"], abs=1e-10)
    assert found.active == pytest.approx(value["active_edges"], abs=1e-10)


@pytest.mark.parametrize("name", cases("imitation_DB_wellmixed"))
def test_complete_graph(name):
    case = cases("imitation_DB_wellmixed")[name]
    model, value = case["model"], case["value"]
    for kind, key in (("death_birth", "excl_self"), ("imitation", "incl_self")):
        found = graph_fixation(complete(model["N"]), model["payoff"], rule=VertexRule(kind, intensity=model["w"]))
        assert found.probability == pytest.approx(value[f"rho_A_{key}"], abs=1e-10)
        assert found.steps == pytest.approx(value[f"t1_{key}"], abs=1e-10)
        assert found.conditional_steps == pytest.approx(value[f"t1_cond_{key}"], abs=1e-10)


@pytest.mark.parametrize("name", cases("graph_donation_weak"))
def test_weak_donation(name):
    case = cases("graph_donation_weak")[name]
    value, weights = case["value"], named(case)
    for key, kind in RULES.items():
        for short, payoff in (("avg", "average"), ("acc", "accumulate")):
            if f"{key}_{short}_bc" in value:
                found = critical_ratio(Structure(weights, payoff=payoff), rule=kind)
                assert found.benefit_slope == pytest.approx(value[f"{key}_{short}_drho_db"], abs=1e-9)
                assert found.cost_slope == pytest.approx(value[f"{key}_{short}_drho_dc"], abs=1e-9)
                assert found.ratio == pytest.approx(value[f"{key}_{short}_bc"], rel=1e-9)
    if "Bd_avg_bc_tempinit" in value:
        found = critical_ratio(weights, rule="birth_death", start="temperature")
        assert found.ratio == pytest.approx(value["Bd_avg_bc_tempinit"], rel=1e-9)


@pytest.mark.parametrize("topic, rule", [("graph_allen_bc", "death_birth"), ("graph_imitation_bc", "imitation")])
def test_critical_ratio(topic, rule):
    for case in cases(topic).values():
        found = critical_ratio(named(case), rule=rule)
        assert found.ratio == pytest.approx(float(case["value"]), rel=1e-8), case["id"]
        assert (found.ratio < np.inf) == ("benefits change nothing" not in found.verdict)


@pytest.mark.parametrize("name", cases("graph_sigma"))
def test_sigma(name):
    case = cases("graph_sigma")[name]
    assert critical_ratio(named(case), rule=event_of(case)[0]).sigma == pytest.approx(case["value"], abs=1e-8)


# ---- a plain-Python chain


KINDS = {
    "birth_death": ({}, {}),
    "birth_death on death": ({"selection": "death"}, {"death": True}),
    "death_birth": ({}, {}),
    "death_birth on death": ({"selection": "death"}, {"death": True}),
    "death_birth linear": ({"fitness": "linear"}, {"fitness": lambda x: 0.7 + 0.3 * x}),
    "imitation": ({}, {}),
    "imitation one_plus": ({"fitness": "one_plus"}, {"fitness": lambda x: 1 + 0.3 * x}),
    "pairwise_comparison": ({}, {}),
    "local_update": ({"largest_difference": 6.0}, {"difference": 6.0}),
}


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("mode", ["average", "accumulate"])
@pytest.mark.parametrize("name", KINDS)
def test_like_a_plain_chain(name, mode, directed):
    kind, (options, naive) = name.split()[0], KINDS[name]
    weights, meet = random_weights(5, 3, directed), random_weights(5, 4, directed)
    matrix = np.array([[0.6, 0.1], [0.8, 0.2]]) / (1 if mode == "average" else weights.sum())
    rule = VertexRule(kind, intensity=0.3, **options)
    found = graph_fixation(Structure(weights, meet, mode), matrix, rule=rule)
    states, chain = chain_of(lambda s: event(weights, meet, matrix, s, kind, mode, beta=0.3, **naive), 5)
    fate = fate_of(states, chain)
    for i in range(5):
        one = tuple(0 if j == i else 1 for j in range(5))
        expected = found.at_vertex[i], found.steps_at_vertex[i], found.conditional_at_vertex[i]
        assert expected == pytest.approx(fate[one], rel=1e-9)
        other = tuple(1 - s for s in one)
        assert found.reverse_at_vertex[i] == pytest.approx(1 - fate[other][0], rel=1e-9)


@pytest.mark.parametrize("degrees", ["pair", "largest", None])
def test_proportional_imitation_with_mutation(degrees):
    """Both normalisations of accumulated payoffs, and averaged ones, on a star with two leaves joined."""
    weights, mode = star(4), "accumulate" if degrees else "average"
    weights[1, 2] = weights[2, 1] = 1
    degree = weights.sum(axis=1)
    over = {"pair": lambda i, j: max(degree[i], degree[j]), "largest": lambda i, j: degree.max()}
    matrix, to = [[1.0, 0.2], [1.3, 0.1]], [[0.4, 0.6], [0.1, 0.9]]
    rule = VertexRule("proportional_imitation", degrees=degrees, largest_difference=1.5, mutation=0.1, to=to)
    found = graph_stationary(Structure(weights, payoff=mode), matrix, rule=rule)
    naive = {"difference": 1.5, "degree": over.get(degrees, lambda i, j: 1.0), "explore": (0.1, to)}
    states, chain = chain_of(lambda s: event(weights, weights, matrix, s, rule.kind, mode, **naive), 5)
    expected = long_run_of(chain) @ (1 - np.array(states))
    assert found.at_vertex[:, 0] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("kind", ["imitate_best", "best_response"])
def test_ties(kind):
    """The own strategy is kept if it is among the best, else one of the best is drawn uniformly."""
    matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.5, 0.5, 0.5]])
    weights, to = star(3), (np.ones((3, 3)) - np.eye(3)) / 2
    found = graph_stationary(weights, matrix, rule=VertexRule(kind, mutation=0.1))
    states, chain = chain_of(lambda s: event(weights, weights, matrix, s, kind, explore=(0.1, to)), 4, 3)
    expected = long_run_of(chain) @ (np.array(states)[:, :, None] == np.arange(3)).reshape(len(states), -1)
    assert found.at_vertex.ravel() == pytest.approx(expected, abs=1e-10)


THREE = np.array([[1.0, 0.2, 3.0], [2.0, 0.5, 0.1], [0.3, 1.5, 1.0]])
LONG_RUN = {
    "birth_death": {"intensity": 0.4},
    "imitation instead": {"intensity": 0.4},
    "imitation after": {"intensity": 0.4, "when": "after"},
    "pairwise_comparison after": {"intensity": 0.4, "when": "after"},
    "imitate_best": {},
    "logit": {"intensity": 0.7},
    "best_response": {},
    "aspiration": {"intensity": 0.7, "level": 0.8},
    "introspection": {"intensity": 0.7},
}


@pytest.mark.parametrize("name", LONG_RUN)
def test_long_run_like_a_plain_chain(name):
    kind, options = name.split()[0], LONG_RUN[name]
    weights = random_weights(4, 8)
    to = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.25, 0.25, 0.5]])
    found = graph_stationary(weights, THREE, rule=VertexRule(kind, mutation=0.1, to=to, **options))
    birth = kind == "birth_death" or options.get("when") == "after"
    naive = {"kernel": 0.9 * np.eye(3) + 0.1 * to} if birth else {"explore": (0.1, to)}
    naive |= {"beta": options.get("intensity", 0.0), "level": options.get("level")}
    states, chain = chain_of(lambda s: event(weights, weights, THREE, s, kind, **naive), 4, 3)
    expected = long_run_of(chain) @ (np.array(states)[:, :, None] == np.arange(3)).reshape(len(states), -1)
    assert found.at_vertex.ravel() == pytest.approx(expected, abs=1e-10)
    assert found.mean == pytest.approx(expected.reshape(4, 3).mean(axis=0), abs=1e-10)


def test_own_group_only_and_averages():
    """Public goods as a game of two on a pair: own group or both, summed or averaged."""
    pair, r, beta = path(2), 1.5, 0.8
    matrix = np.array([[r - 1, r / 2 - 1], [r / 2, 0.0]])
    expected = graph_fixation(pair, matrix, rule=VertexRule("pairwise_comparison", intensity=beta))
    rule = VertexRule("pairwise_comparison", intensity=beta)
    own = graph_fixation(Structure(pair, payoff="accumulate"), public_goods(factor=r, scope="own"), rule=rule)
    mean = graph_fixation(pair, public_goods(factor=r), rule=rule)
    assert own.probability == pytest.approx(expected.probability, rel=1e-12)
    assert mean.probability == pytest.approx(expected.probability, rel=1e-12)
    assert expected.probability == pytest.approx(1 / (1 + np.exp(beta)), rel=1e-12)


def test_a_game_of_neighbourhoods_counts_members():
    """A game that pays by the number of co-players of one kind is the pair game accumulated, in own groups."""
    weights = wheel(7)
    game = NeighbourhoodGame(
        lambda own, counts, size, total, degree: (
            DONATION[own][0] * (counts[..., 0] - (own == 0)) + DONATION[own][1] * (counts[..., 1] - (own == 1))
        ),
        scope="own",
    )
    rule = VertexRule("imitation", intensity=0.1)
    structure = Structure(weights, payoff="accumulate")
    found, expected = (graph_fixation(structure, payoffs, rule=rule) for payoffs in (game, DONATION))
    assert found.at_vertex == pytest.approx(expected.at_vertex, rel=1e-12)
    logit = VertexRule("logit", intensity=0.5)
    found, expected = (graph_stationary(structure, payoffs, rule=logit) for payoffs in (game, DONATION))
    assert found.at_vertex == pytest.approx(expected.at_vertex, rel=1e-12)


def test_tables_by_size_of_group():
    """Public goods as tables P[i, c] for groups of 2, 3 and 6: vertices of a star with two leaves joined."""
    weights = star(5)
    weights[1, 2] = weights[2, 1] = 1
    r, tables = 2.5, {}
    for n in (2, 3, 6):
        others = np.arange(n - 1, -1, -1)  # cooperators among the co-players, in descending order
        tables[n] = [r * (others + 1) / n - 1, r * others / n]
    rule = VertexRule("imitation", intensity=0.3)
    structure = Structure(weights, payoff="accumulate")
    found = graph_fixation(structure, neighbourhood_tables(tables), rule=rule)
    expected = graph_fixation(structure, public_goods(factor=r), rule=rule)
    assert found.at_vertex == pytest.approx(expected.at_vertex, rel=1e-12)
    with pytest.raises(ValueError, match="group of 3"):
        graph_fixation(structure, neighbourhood_tables({2: tables[2], 6: tables[6]}), rule=rule)


# ---- closed forms and what must hold on any graph


@pytest.mark.parametrize("kind", ["birth_death", "death_birth", "imitation", "pairwise_comparison", "local_update"])
def test_neutral_drift_is_reproductive_value(kind):
    weights = random_weights(6, 11)
    degree = weights.sum(axis=1)
    expected = {"birth_death": 1 / degree, "imitation": degree + 1}.get(kind, degree)
    found = graph_fixation(weights, DONATION, rule=VertexRule(kind, intensity=0.0, **_difference(kind)))
    assert found.at_vertex == pytest.approx(expected / expected.sum(), rel=1e-10)
    assert found.probability == pytest.approx(1 / 6, rel=1e-10)


def _difference(kind):
    return {"largest_difference": 5.0} if kind == "local_update" else {}


@pytest.mark.parametrize("r", [0.5, 1.1, 3.0])
def test_isothermal_graphs_fix_as_the_moran_process(r):
    moran = (1 - 1 / r) / (1 - r**-9)
    rule = VertexRule("birth_death", fitness="payoff")
    rng = np.random.default_rng(5)
    circulation = sum(weight * np.eye(9)[rng.permutation(9)] for weight in rng.random(6)) + np.roll(np.eye(9), 1, 0)
    for weights in (ring(9), complete(9), torus(3), circulation):
        assert graph_fixation(weights, [r, 1], rule=rule).probability == pytest.approx(moran, rel=1e-10)
    assert abs(graph_fixation(path(9), [r, 1], rule=rule).probability / moran - 1) > 0.01


def test_a_star_amplifies_towards_r_squared():
    """Lieberman, Hauert & Nowak 2005: fixation as if fitness were r^2."""
    rule, r = VertexRule("birth_death", fitness="payoff"), 1.2
    gaps = [
        abs(graph_fixation(star(n), [r, 1], rule=rule).probability - (1 - r**-2) / (1 - r ** (-2 * (n + 1))))
        for n in (20, 80, 320)
    ]
    assert gaps[2] < gaps[1] < gaps[0] < 0.05
    assert gaps[2] < 0.01


def test_nothing_can_take_over_two_parts():
    weights = np.zeros((5, 5))
    weights[:3, :3] = complete(3)
    weights[3:, 3:] = complete(2)
    found = graph_fixation(weights, [1.5, 1], rule=VertexRule("death_birth", fitness="payoff"))
    assert found.probability == 0
    assert found.mixed == pytest.approx(1 - found.extinction)
    assert found.steps == np.inf
    assert np.isnan(found.conditional_steps)
    assert {tuple(sorted((state[0], state[3]))) for state in found.stuck} == {(0, 1)}
    with pytest.raises(ValueError, match="2 parts of the graph learn from none outside, as vertex 0 and 3"):
        critical_ratio(weights)


def test_without_edges_nothing_happens():
    found = graph_fixation(np.zeros((3, 3)), DONATION, rule=VertexRule("death_birth", intensity=1.0))
    assert (found.probability, found.extinction, found.mixed, found.steps) == (0, 0, 1, np.inf)
    alone = graph_fixation([[0.0]], DONATION, rule=VertexRule("death_birth", intensity=1.0))
    assert (alone.probability, alone.steps) == (1, 0)
    pair = critical_ratio(path(2))  # either copies the other, whatever they earn
    assert pair.verdict == "neither benefits nor costs change anything"


def test_only_the_root_of_a_directed_tree_takes_over():
    weights = weights_of_edges([(0, 1), (0, 2), (1, 3), (1, 4)], directed=True)
    found = graph_fixation(weights, [1.5, 1], rule=VertexRule("death_birth", fitness="payoff"))
    assert found.at_vertex == pytest.approx([1, 0, 0, 0, 0])
    assert found.stuck == ()
    ratio = critical_ratio(Structure(weights, interaction=weights + weights.T))
    assert ratio.neutral == pytest.approx(0.2)


@pytest.mark.parametrize("kind", ["birth_death", "death_birth", "imitation", "pairwise_comparison"])
@pytest.mark.parametrize("mode", ["average", "accumulate"])
@pytest.mark.parametrize("selection", [None, "death"])
def test_weak_selection_is_the_slope(kind, mode, selection):
    """Against differences of fixation probabilities on a directed graph, games on another, all starts."""
    if selection and kind not in ("birth_death", "death_birth"):
        return
    structure = Structure(random_weights(5, 21, directed=True), random_weights(5, 22), mode)
    step = 1e-4
    for start in ("uniform", "temperature", 2):
        weak = critical_ratio(structure, rule=kind, selection=selection, start=start)
        for b, c in ((1.0, 0.0), (2.0, 1.0)):
            sides = []
            for cost, benefit in ((c, b), (-c, -b)):
                matrix = [[benefit - cost, -cost], [benefit, 0.0]]
                rule = VertexRule(kind, intensity=step, selection=selection)
                sides.append(graph_fixation(structure, matrix, rule=rule, start=start).probability)
            slope = (sides[0] - sides[1]) / (2 * step)
            assert slope == pytest.approx(b * weak.benefit_slope + c * weak.cost_slope, rel=1e-6, abs=2e-7)
        assert weak.neutral == pytest.approx((sides[0] + sides[1]) / 2, abs=1e-6)


@pytest.mark.parametrize("size", [8, 30, 120])
def test_critical_ratio_of_cycles(size):
    """Ohtsuki et al. 2006 and Taylor, Day & Wild 2007: (N-2)/(N/k-2) on regular graphs, k as N grows; none for Bd."""
    assert critical_ratio(ring(size)).ratio == pytest.approx((size - 2) / (size / 2 - 2), rel=1e-10)
    assert critical_ratio(ring(size), rule="imitation").ratio == pytest.approx((4 * size - 6) / (size - 6), rel=1e-10)
    birth = critical_ratio(ring(size), rule="birth_death")
    assert birth.ratio < 0
    assert "spite" in birth.verdict
    assert birth.sigma == pytest.approx((size - 2) / size, rel=1e-10)


def test_critical_ratio_of_larger_graphs():
    """Conjugate gradients and BiCGSTAB, beyond 45 vertices, against closed forms and the dense solution."""
    assert critical_ratio(torus(9)).ratio == pytest.approx((81 - 2) / (81 / 4 - 2), rel=1e-10)
    assert critical_ratio(complete(60)).ratio == pytest.approx(-59, rel=1e-9)
    assert critical_ratio(star(60)).ratio == np.inf
    weights = random_weights(44, 5, directed=True)
    larger = np.zeros((46, 46))
    larger[:44, :44] = weights
    larger[44, 3] = larger[45, 44] = 1  # two who follow and whom nobody learns from
    meet = np.zeros((46, 46))
    meet[:44, :44] = weights
    small, large = critical_ratio(Structure(weights, weights)), critical_ratio(Structure(larger, meet))
    assert "dense" in small.method
    assert "BiCGSTAB" in large.method
    assert large.ratio == pytest.approx(small.ratio, rel=1e-8)


def test_sparse_weights_are_weights():
    from scipy.sparse import csr_array

    assert critical_ratio(csr_array(torus(7))).ratio == pytest.approx(critical_ratio(torus(7)).ratio, rel=1e-10)


def test_twins_are_counted_and_the_answer_is_the_same():
    """A graph with twins, and the same graph with weights that differ by 1e-13, which has none."""
    weights = wheel(5)  # opposite vertices of the rim are twins
    nudged = weights * (1 + 1e-13 * np.arange(25).reshape(5, 5))
    rule = VertexRule("imitation", intensity=0.3)
    few, many = (graph_fixation(w, DONATION, rule=rule) for w in (weights, nudged))
    assert "18 states" in few.method
    assert "32 states" in many.method
    assert few.at_vertex == pytest.approx(many.at_vertex, rel=1e-11)
    assert few.steps == pytest.approx(many.steps, rel=1e-11)


def test_iteration_agrees_with_elimination():
    weights = random_weights(9, 2)
    rule = VertexRule("death_birth", intensity=0.3)
    direct, swept = (graph_fixation(weights, DONATION, rule=rule, method=m) for m in ("elimination", "iteration"))
    assert "GMRES" in swept.method
    assert swept.at_vertex == pytest.approx(direct.at_vertex, rel=1e-11)
    assert swept.conditional_at_vertex == pytest.approx(direct.conditional_at_vertex, rel=1e-10)
    rule = VertexRule("death_birth", intensity=0.3, mutation=1e-3)
    direct, swept = (graph_stationary(weights, DONATION, rule=rule, method=m) for m in ("elimination", "iteration"))
    assert "aggregation" in swept.method
    assert swept.probabilities == pytest.approx(direct.probabilities, abs=1e-13)


def test_the_very_unlikely_has_its_digits():
    """On a cycle only the ends of a run of mutants change it: a chain in closed form, here with ratios of exp(9)."""
    beta, size = 9.0, 10
    found = graph_fixation(ring(size), [0.0, 1.0], rule=VertexRule("pairwise_comparison", intensity=beta))
    expected = 1 / np.exp(beta * np.arange(size)).sum()
    assert found.probability == pytest.approx(expected, rel=1e-10)


def test_sixteen_vertices():
    """Neutral drift on a path of 16: degrees over their sum, by 65,536 states."""
    found = graph_fixation(path(16), [1, 1], rule=VertexRule("death_birth", fitness="payoff"))
    degree = path(16).sum(axis=1)
    assert "65,536 states" in found.method
    assert found.at_vertex == pytest.approx(degree / degree.sum(), abs=1e-11)


@pytest.mark.pure
def test_small_and_pure():
    found = graph_fixation(path(3), [2, 1], rule=VertexRule("birth_death", fitness="payoff"), method="iteration")
    direct = graph_fixation(path(3), [2, 1], rule=VertexRule("birth_death", fitness="payoff"))
    assert found.probability == pytest.approx(direct.probability, rel=1e-12)
    rule = VertexRule("logit", intensity=1.0)
    swept, solved = (graph_stationary(path(3), DONATION, rule=rule, method=m) for m in ("iteration", "elimination"))
    assert swept.mean == pytest.approx(solved.mean, rel=1e-12)


# ---- what is refused


REFUSED = {
    "no rule": (lambda: VertexRule("moran", intensity=1.0), "'moran' is no rule"),
    "no intensity": (lambda: VertexRule("death_birth"), "needs an intensity"),
    "intensity": (lambda: VertexRule("best_response", intensity=1.0), "has no intensity"),
    "constant": (lambda: VertexRule("death_birth", fitness="payoff", intensity=1.0), "has no intensity"),
    "fitness": (lambda: VertexRule("logit", intensity=1.0, fitness="linear"), "no fitness"),
    "selection": (lambda: VertexRule("imitation", intensity=1.0, selection="death"), "of birth_death and death_birth"),
    "level": (lambda: VertexRule("aspiration", intensity=1.0), "level belongs to aspiration"),
    "when": (lambda: VertexRule("death_birth", intensity=1.0, when="after"), "those mutate at birth"),
    "square": (lambda: graph_fixation(np.ones((2, 3)), [1, 1], rule=FERMI), "not of shape"),
    "negative": (lambda: graph_fixation([[0, -1], [1, 0]], [1, 1], rule=FERMI), r"weights\[0, 1\] is -1"),
    "twice": (lambda: weights_of_edges([(0, 1), (1, 0)]), "twice"),
    "unknown": (lambda: weights_of_edges([(0, 3)], size=3), "not in 0..2"),
    "many": (lambda: graph_fixation(path(17), [1, 1], rule=FERMI), "131,072 states"),
    "mutates": (
        lambda: graph_fixation(path(3), [1, 1], rule=VertexRule("death_birth", intensity=0.0, mutation=0.1)),
        "graph_stationary",
    ),
    "forgets": (lambda: graph_stationary(path(3), [1, 1], rule=FERMI), "2 sets of states"),
    "three": (lambda: graph_fixation(path(3), np.eye(3), rule=FERMI), "of two strategies"),
    "start": (lambda: graph_fixation(path(3), [1, 1], rule=FERMI, start=3), "a vertex from 0 to 2"),
    "copies": (
        lambda: graph_fixation(
            Structure(star(3), payoff="accumulate"),
            [[2.0, 1.9], [1.0, 1.0]],
            rule=VertexRule("proportional_imitation", degrees="pair"),
        ),
        "larger largest_difference",
    ),
    "degrees": (
        lambda: graph_fixation(path(3), DONATION, rule=VertexRule("proportional_imitation", degrees="pair")),
        "accumulated",
    ),
    "fit": (
        lambda: graph_fixation(path(3), DONATION, rule=VertexRule("birth_death", intensity=0.9, fitness="linear")),
        "fitness of vertex",
    ),
    "neutral": (lambda: critical_ratio(path(3), rule="imitate_best"), "no neutral limit"),
    "sigma": (lambda: critical_ratio(path(3), start=0).sigma, "arise uniformly"),
}
FERMI = VertexRule("pairwise_comparison", intensity=1.0)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ask, words = REFUSED[name]
    with pytest.raises(ValueError, match=words):
        ask()

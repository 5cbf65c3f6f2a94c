"""Exact answers for groups that split, demes with migration, and the Price equation."""

import numpy as np
import pytest
from reference import cases

from evo.exact.structure import (
    VertexRule,
    graph_fixation,
    group_fixation,
    island_fixation,
    multilevel_price,
    price,
    rare_splitting,
    splitting_critical_ratio,
)


def donation(b, c=1.0):
    return np.array([[b - c, -c], [b, 0.0]])


CHAINS = [name for name in cases("group_splitting") if "threshold" not in name]


@pytest.mark.pure
@pytest.mark.parametrize("name", CHAINS)
def test_groups_that_split(name):
    case = cases("group_splitting")[name]
    model, value = case["model"], case["value"]
    selection = {"intensity": model["w"], "fitness": "exponential" if "exp" in model["fitness"] else "linear"}
    payoffs = donation(model["b"], model["c"])
    found = group_fixation(payoffs, groups=model["m"], capacity=model["n"], splitting=model["q"], **selection)
    assert found.probability == pytest.approx(value["rho_C"], rel=1e-8)
    assert found.reverse == pytest.approx(value["rho_D"], rel=1e-8)
    assert found.extinction == pytest.approx(1 - value["rho_C"], rel=1e-8)
    assert found.mixed == 0
    limit = rare_splitting(payoffs, groups=model["m"], size=model["n"] - 1, **selection)
    assert limit.probability == pytest.approx(value["rare_split_limit"], rel=1e-8)


def test_published_thresholds():
    value = cases("group_splitting")["tn_threshold_m10_n10"]["value"]
    assert splitting_critical_ratio(groups=10, size=10) == pytest.approx(value["published"], abs=1e-12)
    assert splitting_critical_ratio(groups=10, size=9) == pytest.approx(value["exact_s_nminus1"], abs=1e-12)
    many = splitting_critical_ratio(groups=10**7, size=10**7)
    assert many == pytest.approx(value["large_limit"], abs=1e-6)
    assert splitting_critical_ratio(groups=2, size=5) == np.inf


@pytest.mark.parametrize("groups, size", [(4, 3), (10, 9), (50, 20)])
def test_threshold_is_where_the_slope_changes_sign(groups, size):
    critical, beta = splitting_critical_ratio(groups=groups, size=size), 1e-7
    for factor, favoured in ((1.02, True), (0.98, False)):
        found = rare_splitting(donation(critical * factor), groups=groups, size=size, intensity=beta)
        assert (found.probability > found.neutral) == favoured


def test_rare_splitting_is_the_limit_of_the_chain():
    """The gap falls in proportion to the chance of splitting."""
    payoffs, gaps = donation(5.0), []
    limit = rare_splitting(payoffs, groups=3, size=3, intensity=0.2)
    for splitting in (1e-2, 1e-3, 1e-4):
        found = group_fixation(payoffs, groups=3, capacity=4, splitting=splitting, intensity=0.2)
        gaps.append(abs(found.probability / limit.probability - 1))
        assert found.reverse == pytest.approx(limit.reverse, rel=40 * splitting)
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.1)
    assert gaps[1] / gaps[2] == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize("splitting, migration", [(0.01, 0.0), (0.3, 0.2), (1.0, 0.0), (0.0, 0.4)])
def test_neutral_groups(splitting, migration):
    """All are alike at the start, so each takes over with the same chance."""
    found = group_fixation(donation(5.0), groups=3, capacity=4, splitting=splitting, migration=migration, intensity=0.0)
    assert found.probability == pytest.approx(1 / 9, rel=1e-10)
    assert found.reverse == pytest.approx(1 / 9, rel=1e-10)


def test_groups_that_never_meet():
    """Without splitting and migration a mutant takes over its own group only."""
    found = group_fixation(donation(5.0), groups=3, capacity=5, splitting=0.0, intensity=0.3)
    limit = rare_splitting(donation(5.0), groups=3, size=4, intensity=0.3)
    assert found.probability == 0
    assert found.mixed == pytest.approx(limit.within, rel=1e-10)
    assert found.steps == np.inf


def _plain_groups(payoffs, groups, capacity, splitting, migration, beta):
    """Fixation of one 0 and mean steps, by value iteration over ordered groups with fair coins drawn one by one."""
    from functools import cache
    from itertools import product

    kinds = [(a, s - a) for s in range(1, capacity) for a in range(s + 1)]
    states = list(product(kinds, repeat=groups))
    place = {state: k for k, state in enumerate(states)}
    matrix = np.zeros((len(states), len(states)))

    def fit(group, own):
        others = group[0] - (own == 0), group[1] - (own == 1)
        return np.exp(beta * (0.0 if sum(others) == 0 else np.dot(payoffs[own], others) / sum(others)))

    @cache
    def coins(group):
        members = [0] * group[0] + [1] * group[1]
        found = []
        for side in product((0, 1), repeat=len(members)):
            halves = tuple(
                tuple(sum(m == own and s == h for m, s in zip(members, side, strict=True)) for own in (0, 1))
                for h in (0, 1)
            )
            if sum(halves[0]) and sum(halves[1]):
                found.append(halves)
        return found

    for state in states:
        total = sum(g[own] * fit(g, own) for g in state for own in (0, 1) if g[own])
        for parent, own, target in product(range(groups), (0, 1), range(groups)):
            if not state[parent][own]:
                continue
            goes = 1 - migration if target == parent else migration / (groups - 1)
            chance = state[parent][own] * fit(state[parent], own) / total * goes
            grown = list(state)
            grown[target] = (grown[target][0] + (own == 0), grown[target][1] + (own == 1))
            if sum(grown[target]) < capacity:
                matrix[place[state], place[tuple(grown)]] += chance
                continue
            for dies in (0, 1):
                if grown[target][dies]:
                    after = list(grown)
                    after[target] = (grown[target][0] - (dies == 0), grown[target][1] - (dies == 1))
                    share = grown[target][dies] / capacity
                    matrix[place[state], place[tuple(after)]] += chance * (1 - splitting) * share
            halves = coins(grown[target])
            for (stays, leaves), other in product(halves, [k for k in range(groups) if k != target]):
                after = list(grown)
                after[target], after[other] = stays, leaves
                matrix[place[state], place[tuple(after)]] += chance * splitting / len(halves) / (groups - 1)
    ends = np.array([len({own for g in state for own in (0, 1) if g[own]}) == 1 for state in states])
    won = np.array([all(g[1] == 0 for g in state) for state in states])
    inner = np.flatnonzero(~ends)
    away = np.eye(len(inner)) - matrix[np.ix_(inner, inner)]
    fixed = np.linalg.solve(away, matrix[np.ix_(inner, np.flatnonzero(won))].sum(axis=1))
    steps = np.linalg.solve(away, np.ones(len(inner)))
    start = place[((1, capacity - 2), *[(0, capacity - 1)] * (groups - 1))]
    at = int(np.searchsorted(inner, start))
    return fixed[at], steps[at]


@pytest.mark.parametrize("groups, capacity, splitting, migration", [(2, 4, 0.3, 0.0), (3, 3, 0.2, 0.25)])
def test_groups_like_a_plain_chain(groups, capacity, splitting, migration):
    payoffs = np.array([[2.0, -0.5], [1.5, 0.7]])
    found = group_fixation(
        payoffs, groups=groups, capacity=capacity, splitting=splitting, migration=migration, intensity=0.4
    )
    expected = _plain_groups(payoffs, groups, capacity, splitting, migration, 0.4)
    assert (found.probability, found.steps) == pytest.approx(expected, rel=1e-10)


# ---- islands


@pytest.mark.pure
@pytest.mark.parametrize("name", cases("island"))
def test_islands(name):
    case = cases("island")[name]
    model, value = case["model"], case["value"]
    selection = "soft" if name.endswith("soft") else "hard"
    found = island_fixation(
        [model["r"], 1], sizes=model["N"], migration=model["migration"], selection=selection, fitness="payoff"
    )
    assert found.probability == pytest.approx([value["rho1"], value["rho2"]], rel=1e-9)
    assert found.steps[0] == pytest.approx(value["t1"], rel=1e-9)


@pytest.mark.parametrize("migration", [0.02, 0.3])
def test_maruyama(migration):
    """Symmetric migration under hard selection changes no fixation probability: as one population of all."""
    r, sizes = 1.3, (3, 3, 3)
    found = island_fixation([r, 1], sizes=sizes, migration=migration, selection="hard", fitness="payoff")
    assert found.probability == pytest.approx(np.full(3, (1 - 1 / r) / (1 - r**-9)), rel=1e-10)
    assert found.uniform == pytest.approx(found.probability[0])


def test_islands_of_one_are_vertices():
    """Demes of one that always send their offspring away are a graph under birth-death updating."""
    moves = np.array([[0, 0.5, 0.5, 0], [0.3, 0, 0.7, 0], [0.2, 0.2, 0, 0.6], [1.0, 0, 0, 0]])
    found = island_fixation([1.4, 1], sizes=[1] * 4, migration=moves, selection="hard", fitness="payoff")
    graph = graph_fixation(moves.T, [1.4, 1], rule=VertexRule("birth_death", fitness="payoff"))
    assert found.probability == pytest.approx(graph.at_vertex, rel=1e-12)
    assert found.steps == pytest.approx(graph.steps_at_vertex, rel=1e-12)


@pytest.mark.parametrize("selection", ["soft", "hard"])
def test_one_deme_is_the_moran_process(selection):
    """With a game: 1/(1 + sum of products of fitness ratios)."""
    size, beta, matrix = 8, 0.3, np.array([[4.0, 0.0], [3.0, 2.0]])
    k = np.arange(1, size)
    lead = ((k - 1) * 4.0 - k * 3.0 - (size - k - 1) * 2.0) / (size - 1)
    found = island_fixation(matrix, sizes=[size], migration=0.0, selection=selection, intensity=beta)
    assert found.probability[0] == pytest.approx(1 / (1 + np.exp(-beta * np.cumsum(lead)).sum()), rel=1e-10)


def test_islands_that_never_meet():
    found = island_fixation([1.0, 1], sizes=[3, 4], migration=0.0, selection="soft", fitness="payoff")
    assert found.probability == pytest.approx([0, 0])
    assert found.mixed == pytest.approx([1 / 3, 1 / 4], rel=1e-12)
    assert (found.steps == np.inf).all()
    assert np.isnan(found.conditional_steps).all()


# ---- the Price equation


def test_price():
    case = cases("price")["price_identity"]
    model, value = case["model"], case["value"]
    found = price(model["z"], fitness=model["w"], change=model["dz"])
    assert found.selection == pytest.approx(value["cov"], abs=1e-10)
    assert found.transmission == pytest.approx(value["trans"], abs=1e-10)
    assert found.total == pytest.approx(value["delta"], abs=1e-10)
    z, w, dz = (np.array(model[key]) for key in ("z", "w", "dz"))
    assert found.total == pytest.approx((w * (z + dz)).sum() / w.sum() - z.mean(), abs=1e-12)


def test_price_in_groups():
    case = cases("price")["price_multilevel"]
    groups, value = case["model"]["groups"], case["value"]
    fitness = [[1 + 3 * np.mean(group) - z for z in group] for group in groups]
    found = multilevel_price(groups, fitness=fitness)
    assert found.between == pytest.approx(value["between"], abs=1e-10)
    assert found.within == pytest.approx(value["within"], abs=1e-10)
    flat = [z for group in groups for z in group], [w for group in fitness for w in group]
    assert found.total == pytest.approx(price(flat[0], fitness=flat[1]).selection, abs=1e-12)


REFUSED = {
    "groups": (lambda: group_fixation(donation(3), groups=1, capacity=4, splitting=0.1, intensity=0.1), "at least 2"),
    "chance": (
        lambda: group_fixation(donation(3), groups=2, capacity=4, splitting=1.1, intensity=0.1),
        "splitting is a probability",
    ),
    "many": (
        lambda: group_fixation(donation(3), groups=10, capacity=10, splitting=0.1, intensity=0.1),
        "10 groups of up to 10 have",
    ),
    "fit": (
        lambda: group_fixation(donation(3), groups=2, capacity=4, splitting=0.1, intensity=0.9, fitness="linear"),
        "must be above 0",
    ),
    "sizes": (
        lambda: island_fixation([1, 1], sizes=[0, 3], migration=0.1, selection="soft", intensity=1),
        "at least 1",
    ),
    "soft": (lambda: island_fixation([1, 1], sizes=[3], migration=0, selection="mild", intensity=1), "soft or hard"),
    "alone": (lambda: island_fixation([1, 1], sizes=[3], migration=0.1, selection="soft", intensity=1), "but one deme"),
    "matrix": (
        lambda: island_fixation([1, 1], sizes=[2, 2], migration=np.eye(3), selection="soft", intensity=1),
        "row-stochastic",
    ),
    "price": (lambda: price([1, 0], fitness=[0, 0]), "not 0 for all"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ask, words = REFUSED[name]
    with pytest.raises(ValueError, match=words):
        ask()

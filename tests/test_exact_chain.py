"""Exact chains over all states: their transition probabilities against the slow definitions in tests/naive."""

import math
from itertools import product

import naive
import numpy as np
import pytest
from finite_models import BIMATRIX, FERMI, MATRIX, PAIR, ROLES, SIZES, THREE, configured, loaded
from naive.payoffs import company_chance, payoff

from evo.exact.chains.chain import chain, closed_classes
from evo.exact.chains.states import compositions_of, rank
from evo.exact.chains.stationary import stationary
from evo.exact.payoff.finite import finite_payoffs
from evo.games import compositions

# ---- states


@pytest.mark.parametrize("strategies, size", [(1, 4), (2, 5), (3, 7), (4, 4), (5, 3)])
def test_states_are_in_the_order_of_compositions(strategies, size):
    found = compositions_of(size, strategies)
    assert (found == compositions(strategies, size)).all()
    assert (rank(found, size) == np.arange(len(found))).all()


def test_a_chain_that_needs_too_much_is_refused_before_it_is_there():
    model = loaded(configured(THREE, 3000, FERMI, mutation={"rate": 0.1}))
    with pytest.raises(ValueError, match=r"4,504,501 states.*GiB.*memory="):
        stationary(model)


# ---- transition probabilities, against definitions


OPTIONS = [
    (FERMI, {}),
    ({"kind": FERMI, "role_models": "all"}, {}),
    (FERMI, {"selection": {"conformity": 2.5, "prestige": 0.7}}),
    (FERMI, {"selection": {"conformity": 0.0}}),
    (FERMI, {"selection": {"conformity": 0.5, "prestige": -1.0, "indicator": "talk"}}),
    ("local_update", {}),
    ({"kind": "local_update", "largest_difference": 20, "role_models": "all"}, {"selection": {"prestige": 0.3}}),
    ("proportional_imitation", {"selection": {"conformity": 1.5}}),
    ("imitation", {}),
    ({"kind": "imitation", "own": "excluded"}, {"selection": {"conformity": 1.4, "prestige": -0.4}}),
    ({"kind": "imitation", "own": "excluded"}, {"selection": {"fitness": "linear", "intensity": 0.1}}),
    ("imitate_best", {}),
    ("best_response", {}),
    ("logit", {}),
    ({"kind": "aspiration", "level": 1.1}, {}),
    ("introspection", {}),
    ("moran", {}),
    ({"kind": "moran", "death": "others"}, {}),
    ({"kind": "moran", "death": "others"}, {"selection": {"fitness": "linear", "intensity": 0.1}}),
]
MUTATIONS = [
    {"rate": 0.0},
    {"rate": 0.07},
    {"rate": 0.2, "to": "any"},
    {"rate": 0.3, "to": MATRIX},
    {"rate": 0.3, "to": MATRIX, "when": "after"},
]
NAMED = {"a": {"traits": {"talk": 0.5}}, "b": {"traits": {"talk": -1.0}}, "c": {}}
BIAS = {"strength": 0.4, "weights": {"talk": 0.5}}
GROUP = {
    "kind": "group",
    "size": 4,
    "payoffs": {"a": "k_a*k_a/n - 0.4", "b": "where(k_a > 1, 1.5, 0.2*k_c)", "c": "0.3*k_b + 0.05*k_a"},
}
READS_MIX = {"kind": "matrix", "payoffs": [["x_a", 1, 0.5], [0.3, "2*x_b", 0.1], [0.7, "x_c*x_a", 0.2]]}


def by_definition(config, counts, world):
    return naive.transitions(config, [int(count) for count in counts], world)


def agrees_with_definitions(config, **given):
    model = loaded(config)
    found = chain(model, **given)
    matrix = found.matrix.toarray()
    assert matrix.sum(axis=1) == pytest.approx(1, abs=1e-14)
    counts = found.states.counts
    for s, row in enumerate(counts):
        expected = np.zeros(len(counts))
        world = naive.world_of(config, 0.0, given.get("environment", {}), [int(n) for n in row])
        for (i, j), probability in by_definition(config, row, world).items():
            if probability > 0:
                after = row.copy()
                after[i] -= 1
                after[j] += 1
                expected[found.states.place(after)] += probability
        expected[s] = 1 - np.delete(expected, s).sum()
        assert matrix[s] == pytest.approx(expected, rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
@pytest.mark.parametrize("rule, parts", OPTIONS, ids=str)
@pytest.mark.rota
def test_one_step_of_every_rule(rule, parts, mutation):
    kind = rule if isinstance(rule, str) else rule["kind"]
    if mutation.get("when") and kind == "moran":
        return  # births mutate at birth
    selection = {"bias": BIAS} | parts.get("selection", {})
    if kind == "local_update" and "largest_difference" not in rule:
        selection["intensity"] = 0.5
    if kind == "proportional_imitation":
        del selection["bias"]
    agrees_with_definitions(
        configured(THREE, 5, rule, names=NAMED, mutation=mutation, **(parts | {"selection": selection}))
    )


@pytest.mark.parametrize("rule", [FERMI, "logit", "introspection", "moran"])
@pytest.mark.parametrize("population", [
    {}, {"self_interaction": True}, {"assortment": 0.3}, {"assortment": 0.3, "assortment_kind": "founder"},
    {"assortment": 0.5, "assortment_kind": "founder", "self_interaction": True},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("game", [GROUP, READS_MIX], ids=["groups", "mix"])
def test_whom_players_meet(game, population, rule):
    names = NAMED if game is GROUP else ["a", "b", "c"]
    selection = {"bias": BIAS} if game is GROUP else {}
    config = configured(game, 5, rule, names=names, population=population, selection=selection, mutation={"rate": 0.1})
    agrees_with_definitions(config)


@pytest.mark.parametrize("rule", [
    FERMI, "moran", {"kind": "moran", "death": "others"}, "imitation", "imitate_best", "best_response", "logit",
    "introspection", {"kind": "aspiration", "level": 1}, "proportional_imitation",
], ids=str)  # fmt: skip
def test_two_roles(rule):
    mutation = {"rate": 0.1}
    agrees_with_definitions(configured(BIMATRIX, SIZES, rule, names=ROLES, mutation=mutation))


@pytest.mark.parametrize("rule", [FERMI, "moran", "imitation", "best_response", "logit"])
def test_one_individual_alone_in_its_role(rule):
    sizes = {"row": 1, "column": 3}
    agrees_with_definitions(configured(BIMATRIX, sizes, rule, names=ROLES, mutation={"rate": 0.1}))


def companies(config, own, counts):
    """Every company of three, one after the other, with its chance for a player of this strategy."""
    population, whole = config["population"], sum(counts)
    a = population.get("assortment", 0.0)
    for company in product(range(3), repeat=3):
        if population.get("sampling") == "with_replacement":
            chance = math.prod(a * (j == own) + (1 - a) * counts[j] / whole for j in company)
        else:
            chance = company_chance(config, company, own, counts)
        yield company, chance


@pytest.mark.parametrize("population", [{}, {"assortment": 0.25}], ids=str)
def test_co_players_drawn_with_replacement(population):
    population |= {"sampling": "with_replacement"}
    config = configured(GROUP, 5, FERMI, names=["a", "b", "c"], population=population)
    states = compositions_of(5, 3)
    found = finite_payoffs(loaded(config), states)
    for s, i in np.argwhere(states > 0):
        counts = states[s].tolist()
        world = naive.world_of(config, 0.0, {}, counts)
        earned = sum(chance * payoff(config, i, company, world) for company, chance in companies(config, i, counts))
        assert found[s, i] == pytest.approx(earned, rel=1e-12)


@pytest.mark.parametrize("rule", [
    FERMI, {"kind": "local_update", "largest_difference": 9}, {"kind": "proportional_imitation", "largest_difference": 9},
    {"kind": "aspiration", "level": 0.6},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("population", [{}, {"assortment": 0.3}, {"sampling": "with_replacement"}], ids=str)
def test_sampled_payoffs(rule, population):
    """The mean of the probability to copy (to leave) over what focal and model met, each apart from the other."""
    population |= {"payoff": "sampled"}
    kind = rule if isinstance(rule, str) else rule["kind"]
    config = configured(GROUP, 5, rule, 1.0, names=["a", "b", "c"], population=population)
    model = loaded(config)
    found = chain(model)
    for s, row in enumerate(found.states.counts):
        counts = row.tolist()
        world = naive.world_of(config, 0.0, {}, counts)
        earned = {
            i: [(payoff(config, i, company, world), chance) for company, chance in companies(config, i, counts)]
            for i in range(3)
            if counts[i]
        }
        for i, j in product(earned, range(3)):
            if i == j or (kind != "aspiration" and j not in earned):
                continue
            models = [(0.6, 1.0)] if kind == "aspiration" else earned[j]
            copied = sum(p * q * CHANCES[kind](b - a) for (a, p), (b, q) in product(earned[i], models))
            met = 1 / 2 if kind == "aspiration" else counts[j] / 4
            after = row - np.eye(3, dtype=int)[i] + np.eye(3, dtype=int)[j]
            assert found.matrix[s, found.states.place(after)] == pytest.approx(counts[i] / 5 * met * copied, rel=1e-11)


CHANCES = {
    FERMI: lambda gain: 1 / (1 + math.exp(-gain)),
    "aspiration": lambda gain: 1 / (1 + math.exp(-gain)),
    "local_update": lambda gain: 0.5 + gain / 18,
    "proportional_imitation": lambda gain: max(0, gain / 9),
}


def test_sampled_payoffs_that_read_the_mix():
    """Pairs: every state has a table of its own."""
    config = configured(READS_MIX, 5, FERMI, names=["a", "b", "c"], population={"payoff": "sampled"})
    found = chain(loaded(config))
    counts = [2, 2, 1]
    x = np.array(counts) / 5
    table = np.array([[x[0], 1, 0.5], [0.3, 2 * x[1], 0.1], [0.7, x[2] * x[0], 0.2]])
    met = [[1 / 4, 2 / 4, 1 / 4], [2 / 4, 1 / 4, 1 / 4]]
    copied = sum(
        met[0][c] * met[1][k] / (1 + math.exp(table[0, c] - table[1, k])) for c, k in product(range(3), repeat=2)
    )
    here, there = found.states.place(counts), found.states.place([1, 3, 1])
    assert found.matrix[here, there] == pytest.approx(2 / 5 * 2 / 4 * copied)


def test_environment_that_is_given():
    payoffs = [["e", 0.2], [2.0, "0.5 + e*e"]]
    law = {"kind": "periodic", "mean": 1, "amplitude": 1, "period": 5}
    config = configured(payoffs, 6, FERMI, environment={"e": law}, mutation={"rate": 0.1})
    agrees_with_definitions(config, environment={"e": 1.7})
    with pytest.raises(ValueError, match="e moves"):
        stationary(loaded(config))
    with pytest.raises(ValueError, match="'f' is not a variable"):
        stationary(loaded(config), environment={"f": 1})
    config = configured([["t", 1], [2, 3]], 6, FERMI, mutation={"rate": 0.1})
    with pytest.raises(ValueError, match="depend on the time"):
        stationary(loaded(config))


# ---- synchronous steps


def generations(config):
    """Transition matrix by the enumeration of everybody's choices, one after the other."""
    model = loaded(config)
    found = chain(model)
    states = found.states.counts
    matrix = np.zeros((len(states), len(states)))
    d = states.shape[1]
    for s, row in enumerate(states):
        counts = [int(n) for n in row]
        world = naive.world_of(config, 0.0, {}, counts)
        earned = naive.payoffs(config, counts, world)
        ways = {(0,) * d: 1.0}
        for i in np.repeat(np.arange(d), row):
            chances = next_of(config, int(i), counts, earned, world)
            grown = {}
            for (way, before), j in product(ways.items(), range(d)):
                after = tuple(n + (k == j) for k, n in enumerate(way))
                grown[after] = grown.get(after, 0.0) + before * chances[j]
            ways = grown
        for way, probability in ways.items():
            if probability > 0:
                matrix[s, found.states.place(way)] += probability
    return found, matrix


def next_of(config, i, counts, earned, world):
    """What an individual is after the step."""
    if config["dynamics"]["kind"] != "wright_fisher":
        return naive.next_strategy(config, i, counts, earned, world)
    born = naive.wright_fisher(config, counts, earned)
    mates = [role_of(config, i) == role_of(config, j) for j in range(len(counts))]
    return [chance if mate else 0.0 for chance, mate in zip(born, mates, strict=True)]


def role_of(config, i):
    named = config["strategies"]
    return (named[list(named)[i]] or {}).get("role") if isinstance(named, dict) else None


@pytest.mark.parametrize("rule", ["wright_fisher", FERMI, "imitation", "best_response", "logit", "introspection"])
@pytest.mark.parametrize("roles", [False, True], ids=["one role", "two roles"])
def test_one_synchronous_step(rule, roles):
    rule = {"kind": rule} if rule == "wright_fisher" else {"kind": rule, "update": "synchronous"}
    parts = {"names": ROLES} if roles else {}
    config = configured(BIMATRIX if roles else THREE, SIZES if roles else 6, rule, mutation={"rate": 0.1}, **parts)
    found, matrix = generations(config)
    assert found.synchronous
    assert found.steps_per_generation == 1
    assert found.matrix.toarray() == pytest.approx(matrix, rel=1e-11, abs=1e-300)


# ---- classes and refusals


def test_closed_classes():
    """Copying the best in a hawk-dove game: the corners, and the states around the middle, which are never left."""
    found = chain(loaded(configured([[-1, 2], [0, 1]], 9, "imitate_best")))
    closed = closed_classes(found.matrix)
    assert closed[0] == 0
    assert closed[-1] == closed.max() == 2
    middle = found.states.counts[closed == 1, 0]
    assert middle.min() > 0
    assert len(middle) > 1


def test_improper_states_are_named():
    steep = configured(PAIR, 6, {"kind": "local_update", "largest_difference": 0.1}, mutation={"rate": 0.1})
    with pytest.raises(ValueError, match=r"leaves \[0, 1\].*in the state 5 S0, 1 S1"):
        stationary(loaded(steep))
    infinite = configured([["1/x_S0 - 1/x_S0", "1/(x_S0 - 0.5)"], [1, 1]], 6, FERMI, mutation={"rate": 0.1})
    with pytest.raises(ValueError, match="payoff of S0 is not finite in the state 3 S0, 3 S1"):
        stationary(loaded(infinite))
    groups = {"kind": "group", "size": 3, "payoffs": {"S0": "where(k_S0 > 2, 0, 1) - 5*(k_S1 > 1)", "S1": "1"}}
    linear = configured(
        groups, 6, "moran", 1.0, names=["S0", "S1"], selection={"fitness": "linear"}, mutation={"rate": 0.1}
    )
    with pytest.raises(ValueError, match=r"negative"):
        stationary(loaded(linear))

"""Exact chains over all states: their transition probabilities against the slow definitions in tests/naive."""

from itertools import product

import naive
import numpy as np
import pytest
from finite_models import BIMATRIX, FERMI, MATRIX, PAIR, ROLES, SIZES, THREE, configured, loaded

from evo.exact.chain import chain, closed_classes
from evo.exact.states import compositions_of, rank
from evo.exact.stationary import stationary
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

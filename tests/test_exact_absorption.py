"""Exact absorption: against cases that were computed another way, closed forms and plain linear solves."""

import math

import numpy as np
import pytest
from finite_models import BIMATRIX, FERMI, PAIR, ROLES, SIZES, THREE, configured, loaded
from reference import cases

from evo.exact.chains.absorption import absorption
from evo.exact.takeover.fixation import fixation_curve


@pytest.mark.parametrize("name", [name for name in cases("three_strategy_full_chain") if "extinction" in name])
def test_absorption_of_three_strategies(name):
    case = cases("three_strategy_full_chain")[name]
    model, value = case["model"], case["value"]
    found = absorption(loaded(configured(model["payoff"], model["N"], FERMI, model["beta"])))
    start = model["initial"]
    assert list(found.probability(start).values()) == pytest.approx(value["p_fix"], abs=1e-10)
    assert found.mean_steps(start) == pytest.approx(value["t_fix"], abs=1e-8)
    assert found.mean_generations(start) == pytest.approx(value["t_fix"] / model["N"], abs=1e-8)
    assert found.mean_steps_to_extinction(start) == pytest.approx(value["t_first"], abs=1e-8)
    row = found.chain.states.place(start)
    total = found.conditional_steps[row] @ found.probabilities[row]
    assert total == pytest.approx(value["t_fix"], abs=1e-8)
    assert found.extinction_steps[0] == 0


@pytest.mark.parametrize("name", [name for name in cases("wright_fisher") if "fix" in name])
def test_absorption_of_generations(name):
    case = cases("wright_fisher")[name]
    model, value = case["model"], case["value"]
    selection = {"fitness": "linear" if model["fitness"] == "linear" else "exponential"}
    config = configured(model["payoff"], model["N"], "wright_fisher", model["w"], selection=selection)
    found = absorption(loaded(config))
    one, other = {"S0": 1, "S1": model["N"] - 1}, {"S0": model["N"] - 1, "S1": 1}
    assert found.probability(one)["S0"] == pytest.approx(value["rho_A"], rel=1e-9)
    assert found.probability(other)["S1"] == pytest.approx(value["rho_B"], rel=1e-9)
    assert found.mean_generations(one) == pytest.approx(value["t1"], rel=1e-9)
    conditional = found.conditional_steps[found.chain.states.place([1, model["N"] - 1]), 0]
    assert conditional == pytest.approx(value["t1_cond"], rel=1e-9)


@pytest.mark.parametrize("name", cases("imitation_DB_wellmixed"))
def test_absorption_under_imitation(name):
    case = cases("imitation_DB_wellmixed")[name]
    model, value = case["model"], case["value"]
    for own, key in (("competes", "incl_self"), ("excluded", "excl_self")):
        rule = {"kind": "imitation", "own": own}
        found = absorption(loaded(configured(model["payoff"], model["N"], rule, model["w"])))
        one = [1, model["N"] - 1]
        assert found.probability(one)["S0"] == pytest.approx(value[f"rho_A_{key}"], rel=1e-9)
        assert found.mean_steps(one) == pytest.approx(value[f"t1_{key}"], rel=1e-9)


def test_takeovers_by_the_very_unlikely():
    """One of two strategies against strong selection: 1/(1 + sum of products of exp(beta*difference))."""
    beta, size = 8.0, 30
    found = absorption(loaded(configured([[1, 1], [2, 2]], size, FERMI, beta)))
    exact = 1 / sum(math.exp(beta * k) for k in range(size))
    assert exact < 1e-100
    assert found.probability([1, size - 1])["S0"] == pytest.approx(exact, rel=1e-11)


def test_a_population_that_gets_stuck():
    """Equal payoffs under proportional imitation: nothing moves. Copying the best in hawk-dove: no end."""
    still = absorption(
        loaded(configured([[1, 1], [1, 1]], 5, {"kind": "proportional_imitation", "largest_difference": 1}))
    )
    assert still.stuck.tolist() == [0, 1, 1, 1, 1, 0]
    assert np.isinf(still.mean_steps([2, 3]))
    moving = absorption(loaded(configured([[-1, 2], [0, 1]], 9, "imitate_best")))
    assert moving.stuck[1:-1].tolist() == pytest.approx([1] * 8)
    assert np.isinf(moving.extinction_steps[1:-1]).all()
    assert moving.probability([9, 0]) == {"S0": 1, "S1": 0}


def test_absorption_of_two_roles():
    """Neutral: each strategy takes over its role with its share; times against a plain linear solve."""
    config = configured(BIMATRIX, SIZES, FERMI, 0.0, names=ROLES)
    found = absorption(loaded(config))
    shares = found.states / np.array([3, 3, 4, 4, 4])
    assert found.probabilities == pytest.approx(shares, abs=1e-13)
    matrix = found.chain.matrix.toarray()
    moving = np.flatnonzero(found.steps > 0)
    steps = np.linalg.solve(np.eye(len(moving)) - matrix[np.ix_(moving, moving)], np.ones(len(moving)))
    assert found.steps[moving] == pytest.approx(steps, rel=1e-11)


def test_absorption_is_refused_where_nothing_absorbs():
    with pytest.raises(ValueError, match="mutation brings back"):
        absorption(loaded(configured(PAIR, 5, FERMI, mutation={"rate": 0.1})))
    with pytest.raises(ValueError, match="the rule, logit, brings back"):
        absorption(loaded(configured(PAIR, 5, "logit")))
    found = absorption(loaded(configured(PAIR, 5, FERMI)))
    with pytest.raises(ValueError, match="sum to the size of the population, 5, not 6"):
        found.probability([3, 3])
    with pytest.raises(ValueError, match="'S7' is not a strategy"):
        found.probability({"S7": 5})


@pytest.mark.parametrize("rule", [
    FERMI, {"kind": FERMI, "role_models": "all"}, "moran", {"kind": "moran", "death": "others"}, "imitation",
    {"kind": "imitation", "own": "excluded"}, "local_update", "proportional_imitation", "wright_fisher",
    {"kind": FERMI, "update": "synchronous"},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("first", ["S0", "S1"])
def test_two_of_three_strategies_agree_with_fixation(rule, first):
    """`fixation` has its own payoffs and rates, in the log domain."""
    size, second = 12, {"S0": "S2", "S1": "S0"}[first]
    model = loaded(configured(THREE, size, rule))
    found, curve = absorption(model), fixation_curve(model, mutant=first, resident=second)
    starts = [{first: k, second: size - k} for k in range(1, size)]
    assert [found.probability(start)[first] for start in starts] == pytest.approx(curve.probability[1:-1], rel=1e-10)
    assert [found.mean_steps(start) for start in starts] == pytest.approx(curve.steps[1:-1], rel=1e-10)
    place = [found.chain.states.place([start.get(name, 0) for name in ("S0", "S1", "S2")]) for start in starts]
    conditional = found.conditional_steps[place, ["S0", "S1", "S2"].index(first)]
    assert conditional == pytest.approx(curve.conditional_steps[1:-1], rel=1e-9)

"""Adaptive dynamics against closed forms, finite differences, and the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import cases
from scipy.linalg import expm

import evo
from evo.exact.traits.adaptive import (
    advantage,
    canonical_path,
    canonical_rate,
    curvature_at,
    invasion_fitness,
    mutually_invasible,
    selection_gradient,
    slopes_at,
)
from evo.exact.traits.intervals import enclosure, zeros
from evo.exact.traits.pip import invasibility
from evo.exact.traits.singular import classify, singular_points
from evo.formulas import evaluate, parse
from evo.traits import TraitModel, trees

SNOWDRIFT = "b2*(own_x + other_x)**2 + b1*(own_x + other_x) - c2*own_x**2 - c1*own_x"
BRANCHING = {"b1": 6.0, "b2": -1.4, "c1": 4.56, "c2": -1.6}
MANY = "exp(-own_x*other_x) + tanh(2*own_x - other_x)*sqrt(1 + own_x) + log(2 + own_x**3)/(1 + other_x**2)" \
    " + own_x**(1 + other_x) + max(own_x, 0.9*other_x - 1)*where(own_x > -1, abs(own_x - 3), 7) + min(own_x, 5)**2"  # fmt: skip


def model(payoff: str = SNOWDRIFT, *, traits: Any = 1, **changes: Any) -> TraitModel:
    if isinstance(traits, int):
        traits = {name: {"low": 0, "high": 1, "start": 0.1, "step": 0.01} for name in "xyz"[:traits]}
    data: dict[str, Any] = {
        "parameters": BRANCHING,
        "traits": traits,
        "game": {"kind": "pair", "payoff": payoff},
        "mutation": {"rate": 0.01},
        "population": {"size": 100},
        "dynamics": {"kind": "moran"},
    }
    return TraitModel.model_validate({**data, **changes})


# ---- derivatives


@pytest.mark.parametrize("x, y", [(0.3, 0.7), (0.51, 0.49), (0.9, 0.2)])
def test_derivatives_are_those_of_finite_differences(x, y):
    tree, h = parse(MANY).tree, 1e-5

    def value(own: float, other: float) -> float:
        return evaluate(MANY, {"own_x": own, "other_x": other})

    def exact(*names: str) -> float:
        derived = tree
        for name in names:
            derived = trees.derivative(derived, name)
        return evaluate(trees.expression(derived), {"own_x": x, "other_x": y})

    assert exact("own_x") == pytest.approx((value(x + h, y) - value(x - h, y)) / (2 * h), rel=1e-8)
    assert exact("other_x") == pytest.approx((value(x, y + h) - value(x, y - h)) / (2 * h), rel=1e-8)
    h = 1e-4
    second = (value(x + h, y) - 2 * value(x, y) + value(x - h, y)) / h**2
    mixed = value(x + h, y + h) - value(x + h, y - h) - value(x - h, y + h) + value(x - h, y - h)
    assert exact("own_x", "own_x") == pytest.approx(second, rel=1e-4)
    assert exact("own_x", "other_x") == pytest.approx(mixed / (4 * h**2), rel=1e-4)
    assert exact("other_x", "own_x") == pytest.approx(exact("own_x", "other_x"), rel=1e-12)


def test_polynomials_have_their_coefficients():
    tree = trees.written_out("(u - v)**2*a/2 - twice", {"twice": "2*(u + a)"})
    found = trees.polynomial(tree, ["u", "v"])
    values = {powers: evaluate(trees.expression(value), {"a": 3.0}) for powers, value in found.items()}
    assert values == {(2, 0): 1.5, (1, 1): -3.0, (0, 2): 1.5, (1, 0): -2.0, (0, 0): -6.0}
    for other in ("exp(u)", "a/u", "u**0.5", "u**a", "max(u, 1)", "u**13"):
        with pytest.raises(trees.NoPolynomialError):
            trees.polynomial(parse(other).tree, ["u"])


# ---- zeros


@pytest.mark.parametrize(
    "formula, expected",
    [
        ("(x - 0.25)*(x - 0.5)*(x - 0.750001)*(x - 0.75)", [0.25, 0.5, 0.75, 0.750001]),
        ("tanh(20*(x - 0.3)) + 0.5", [0.3 - np.arctanh(0.5) / 20]),
        ("sqrt(x) - 0.1", [0.01]),
        ("log(x) + 2", [np.exp(-2)]),
        ("x**2 + 0.001", []),
        ("x - x**2", [0.0, 1.0]),
        ("1/(x - 0.3)", []),
        ("where(x < 0.4, x + 1, x - 0.9)", [0.9]),
        ("where(x < 0.4, -1, 1)", []),
    ],
)
def test_all_zeros_are_found_and_certified(formula, expected):
    found = zeros(parse(formula).tree, "x", low=0.0, high=1.0)
    assert [zero.at for zero in found] == pytest.approx(expected, abs=1e-11)
    assert all(zero.certified for zero in found)


@pytest.mark.parametrize(
    "formula, expected", [("(x - 0.3)**2", 0.3), ("abs(x - 0.6)", 0.6), ("min(x, 0.5) - 0.5*x - 0.25", 0.5)]
)
def test_what_no_certificate_can_be_had_for_is_reported_without(formula, expected):
    found = zeros(parse(formula).tree, "x", low=0.0, high=1.0)
    assert [zero.at for zero in found if not zero.certified] == pytest.approx([expected], abs=1e-6)


def test_a_formula_that_is_zero_everywhere_is_refused():
    with pytest.raises(ValueError, match="0 for every x"):
        zeros(parse("x - x").tree, "x", low=0.0, high=1.0)


@pytest.mark.parametrize("low, high", [(-2.0, 1.5), (0.1, 0.2), (0.49, 0.51), (-1e-3, 1e-3)])
@pytest.mark.parametrize(
    "formula",
    ["x**3 - x**2/(1 + x**4)", "exp(-x)*tanh(3*x) - abs(x)", "max(x, 0.3)*min(x, x**2) + floor(4*x)",
     "where(x > 0.5 and not x < 0.4, x, -x)", "(2.5 + x)**x", "x**-2 + log(3 + x)", "sqrt(x)"],
)  # fmt: skip
def test_bounds_hold(formula, low, high):
    bounds = enclosure(parse(formula).tree, "x", (low, high))
    values = evaluate(formula, {"x": np.linspace(low, high, 1001)})
    values = values[np.isfinite(values)]
    assert bounds.low <= values.min() and values.max() <= bounds.high


# ---- the continuous snowdrift game [Doebeli, Hauert & Killingback 2004]


@pytest.mark.parametrize("seed", range(40))
def test_snowdrift_has_its_closed_form(seed):
    """D(x) = b1 - c1 + (4 b2 - 2 c2) x; convergence stable where 4 b2 < 2 c2, evolutionarily stable where b2 < c2."""
    b2, c2, b1, c1 = np.random.default_rng(seed).uniform([-3, -3, 0, 0], [3, 3, 8, 8])
    asked = model(parameters={"b1": b1, "b2": b2, "c1": c1, "c2": c2})
    pull, bend = 4 * b2 - 2 * c2, 2 * b2 - 2 * c2
    found = singular_points(asked)
    star = (c1 - b1) / pull
    assert len(found) == int(0 <= star <= 1)
    for point in found:
        assert point.traits[0] == pytest.approx(star, abs=1e-12) and point.certified
        assert point.jacobian[0, 0] == pytest.approx(pull) and point.curvature[0, 0] == pytest.approx(bend)
        kinds = {(True, True): "continuously stable", (True, False): "branching point",
                 (False, True): "garden of Eden", (False, False): "repeller"}  # fmt: skip
        assert point.kind == kinds[pull < 0, bend < 0]
        assert point.mutually_invasible == (2 * b2 < 0)
        assert point.invades == (bend + 4 * b2 < 0)
    x = np.linspace(0, 1, 7)
    np.testing.assert_allclose(selection_gradient(asked, x), b1 - c1 + pull * x, atol=1e-12)


@pytest.mark.parametrize(
    "parameters, kind, end",
    [
        ({"b2": -1.4, "b1": 6.0, "c2": -1.6, "c1": 4.56}, "branching point", 0.6),
        ({"b2": -1.5, "b1": 7.0, "c2": -1.0, "c1": 4.6}, "continuously stable", 0.6),
        ({"b2": -0.5, "b1": 3.4, "c2": -1.5, "c1": 4.0}, "repeller", 0.0),
        ({"b2": -1.5, "b1": 7.0, "c2": -1.0, "c1": 8.0}, None, 0.0),
        ({"b2": -1.5, "b1": 7.0, "c2": -1.0, "c1": 2.0}, None, 1.0),
    ],
    ids=["branching", "one compromise", "bistable", "extinction", "full investment"],
)
def test_snowdrift_outcomes(parameters, kind, end):
    asked = model(parameters=parameters)
    assert [point.kind for point in singular_points(asked)] == ([kind] if kind else [])
    assert canonical_path(asked, [0, 100], scale="gradient")[-1, 0] == pytest.approx(end, abs=1e-9)
    if kind == "repeller":
        assert canonical_path(asked, [0, 100], start=0.61, scale="gradient")[-1, 0] == 1


def test_reference_path():
    case = cases("adaptive_dynamics")["csd_canonical"]
    spec = case["model"]
    path = canonical_path(model(), [0, *spec["t"]], start=spec["x0"], scale="gradient")
    np.testing.assert_allclose(path[1:, 0], case["value"], atol=case["tolerance"])


# ---- invasion


def test_invasion_is_that_of_the_strategies_that_play_so():
    """The same two investments as strategies of a matrix game."""
    x, y = 0.2, 0.75

    def payoff(own: float, other: float) -> float:
        both = own + other
        return -1.4 * both**2 + 6 * both + 1.6 * own**2 - 4.56 * own

    table = [[payoff(a, b) for b in (x, y)] for a in (x, y)]
    discrete = evo.Model.model_validate(
        {
            "strategies": ["low", "high"],
            "game": {"kind": "matrix", "payoffs": table},
            "dynamics": {"kind": "replicator"},
        }
    )
    expected = evo.exact.invasion(discrete)
    assert advantage(model(), y, x) == pytest.approx(expected[0, 1])
    assert advantage(model(), x, y) == pytest.approx(expected[1, 0])
    assert mutually_invasible(model(), x, y) and not mutually_invasible(model(), 0.2, 0.3)


@pytest.mark.parametrize(
    "rule, selection, growth",
    [
        ("moran", {"intensity": 0.7}, lambda m, r: np.exp(0.7 * (m - r)) - 1),
        ("wright_fisher", {"intensity": 0.4, "fitness": "linear"}, lambda m, r: (0.6 + 0.4 * m) / (0.6 + 0.4 * r) - 1),
        ("pairwise_comparison", {"intensity": 2.0}, lambda m, r: 1 / (1 + np.exp(-2 * (m - r))) - 1 / (1 + np.exp(2 * (m - r)))),
    ],
)  # fmt: skip
def test_invasion_fitness_is_the_growth_of_a_rare_mutant(rule, selection, growth):
    """Births less deaths per generation: of the rule's own event, with payoffs of mutant and resident among residents."""
    asked = model("1 + own_x - 0.2*other_x", dynamics={"kind": rule}, selection=selection)
    mutants, residents = np.linspace(0, 1, 5)[:, None], np.linspace(0, 1, 4)
    expected = growth(1 + mutants - 0.2 * residents, 1 + residents - 0.2 * residents)
    np.testing.assert_allclose(invasion_fitness(asked, mutants, residents), expected, atol=1e-14)


# ---- the canonical equation


@pytest.mark.parametrize("rule", ["pairwise_comparison", "moran"])
def test_canonical_rate_is_that_of_fixations(rule):
    """Mutants appear Z mu times a generation, take over with probability rho, and carry the population by their step: for
    payoffs that do not depend on others rho = (1 - exp(-y))/(1 - exp(-Z y)) for both rules, y = beta*slope*step."""
    slope, beta, size, step = 0.8, 1.0, 5000, 0.001
    traits = {"x": {"low": 0, "high": 1, "start": 0.1, "step": step}}
    asked = model(
        f"{slope}*own_x", dynamics={"kind": rule}, selection={"intensity": beta}, population={"size": size},
        mutation={"rate": 1e-6}, traits=traits,
    )  # fmt: skip
    nodes = np.linspace(-8, 8, 200_000)  # 0 is not among them
    weights = np.exp(-(nodes**2) / 2)
    y = beta * slope * step * nodes
    rho = np.expm1(-y) / np.expm1(-size * y)
    rate = size * 1e-6 * (weights / weights.sum()) @ (rho * step * nodes)
    assert canonical_rate(asked, 0.5) == pytest.approx(rate, rel=2e-3)


def test_canonical_rate_scales():
    """With covariance, linear fitness and rule; and the finite population's first order, which spite enters."""
    payoff = "1 + 0.3*own_x + 0.2*own_y - 0.4*other_x"
    correlated = {"rate": 0.02, "correlation": [[1, 0.5], [0.5, 1]]}
    for rule, k in (("moran", 1), ("wright_fisher", 2), ("pairwise_comparison", 1)):
        asked = model(payoff, traits=2, mutation=correlated, dynamics={"kind": rule}, selection={"intensity": 0.5})
        expected = 0.5 * 0.02 * 100 * k * 0.5 * 1e-4 * np.array([[1, 0.5], [0.5, 1]]) @ [0.3, 0.2]
        np.testing.assert_allclose(canonical_rate(asked, [0.5, 0.1]), expected, rtol=1e-12)
        finite = 0.5 * 0.02 * k * 0.5 * 1e-4 * np.array([[1, 0.5], [0.5, 1]]) @ [99 * 0.3 + 0.4, 99 * 0.2]
        np.testing.assert_allclose(canonical_rate(asked, [0.5, 0.1], finite=True), finite, rtol=1e-12)
    linear = model(payoff, traits=2, selection={"intensity": 0.5, "fitness": "linear"})
    plain = model(payoff, traits=2, selection={"intensity": 0.5})
    ratio = canonical_rate(plain, [0.5, 0.1]) / canonical_rate(linear, [0.5, 0.1])
    np.testing.assert_allclose(ratio, 0.5 + 0.5 * (1 + 0.15 + 0.02 - 0.2), rtol=1e-12)


def test_canonical_path_of_two_correlated_traits_is_a_matrix_exponential():
    payoff = "-own_x**2 - 1.5*own_y**2 + own_x*other_y + 0.4*own_y*other_x + 0.6*own_x + 0.5*own_y"
    correlation = np.array([[1, -0.6], [-0.6, 1]])
    asked = model(payoff, traits=2, mutation={"rate": 0.5, "correlation": correlation.tolist()})
    jacobian = np.array([[-2, 1], [0.4, -3]])
    star = np.linalg.solve(-jacobian, [0.6, 0.5])
    (point,) = singular_points(asked)
    np.testing.assert_allclose(point.traits, star, atol=1e-12)
    flow = 0.5 * 0.5 * 100 * 1e-4 * correlation @ jacobian
    times = np.array([0.0, 100, 400, 2000])
    expected = [star + expm(flow * t) @ (np.array([0.1, 0.1]) - star) for t in times]
    np.testing.assert_allclose(canonical_path(asked, times), expected, atol=1e-9)


def test_a_trait_waits_at_its_bound_until_it_is_drawn_inward():
    """x' = y - 0.5, y' = 0.1: x falls from 0.1 to 0, waits there until y = 0.5 at t = 4, then rises as (t-4)^2/20."""
    asked = model("own_x*(other_y - 0.5) + 0.1*own_y", traits=2)
    times = np.array([0, 0.2, 2, 3.9, 5, 6, 7])
    expected = np.where(times < 4, np.maximum(0, 0.1 - 0.4 * times + times**2 / 20), (times - 4) ** 2 / 20)
    expected[2:4] = 0
    path = canonical_path(asked, times, scale="gradient")
    np.testing.assert_allclose(path[:, 0], expected, atol=1e-9)
    np.testing.assert_allclose(path[:, 1], 0.1 + 0.1 * times, atol=1e-9)


# ---- several traits


def quadratic(curvature: Any, mixed: Any, **changes: Any) -> TraitModel:
    """P = m'Hm/2 + m'Mr about the middle of two traits."""
    own, other = ["(own_x - 0.5)", "(own_y - 0.5)"], ["(other_x - 0.5)", "(other_y - 0.5)"]
    terms = [
        f"{curvature[i][j] / 2}*{own[i]}*{own[j]} + {mixed[i][j]}*{own[i]}*{other[j]}" for i in (0, 1) for j in (0, 1)
    ]
    return model(" + ".join(terms).replace("+ -", "- "), traits=2, **changes)


@pytest.mark.parametrize(
    "curvature, mixed, kind, strongly",
    [
        ([[-2, 0], [0, -1]], [[0, 0], [0, 0]], "continuously stable", True),
        ([[-2, 0], [0, 1]], [[0, 0], [0, -2]], "branching point", True),
        ([[-1, 0], [0, -1]], [[2, 0], [0, 0]], "garden of Eden", False),
        ([[1, 0], [0, -1]], [[1, 0], [0, 0]], "repeller", False),
        ([[-1, 0], [0, -1]], [[0, 5], [0, 0]], "continuously stable", False),
        ([[-1, 0], [0, -1]], [[0.7, 0], [0, 0]], "continuously stable", True),
        ([[-1, 0], [0, 0]], [[0, 0], [0, -1]], "degenerate", True),
    ],
)
def test_kinds_of_two_traits(curvature, mixed, kind, strongly):
    asked = quadratic(curvature, mixed)
    point = classify(asked, [0.5, 0.5])
    assert point.kind == kind
    assert point.strongly_convergence_stable == strongly
    np.testing.assert_allclose(point.curvature, curvature, atol=1e-12)
    np.testing.assert_allclose(point.jacobian, np.add(curvature, mixed), atol=1e-12)
    around = np.array([[np.cos(a), np.sin(a)] for a in np.linspace(0, 2 * np.pi, 36, endpoint=False)]) * 1e-3
    if kind != "degenerate":
        lead = advantage(asked, 0.5 + around, np.full(2, 0.5))
        assert point.evolutionarily_stable == (lead < 0).all()
        assert point.invades == (advantage(asked, np.full(2, 0.5), 0.5 + around) > 0).all()
        assert point.mutually_invasible == mutually_invasible(asked, 0.5 + around, 0.5 - around).any()


def test_correlated_mutations_may_undo_convergence_that_is_not_strong():
    """Leimar 2009: J stable with an indefinite symmetric part attracts under some covariances, and not under others."""
    curvature, mixed = [[-1, 0], [0, -1]], [[0, 5], [0, 0]]
    for correlation, attracts in ((0.0, True), (0.9, False), (-0.9, True)):
        among = {"rate": 0.01, "correlation": [[1, correlation], [correlation, 1]]}
        point = classify(quadratic(curvature, mixed, mutation=among), [0.5, 0.5])
        assert point.convergence_stable == attracts


def test_all_four_singular_points_of_two_traits():
    asked = model("own_x*(other_x - 0.2)*(0.7 - other_x) + own_y*(other_y - 0.4)*(0.9 - other_y)", traits=2)
    found = [point.traits.tolist() for point in singular_points(asked)]
    np.testing.assert_allclose(found, [[0.2, 0.4], [0.2, 0.9], [0.7, 0.4], [0.7, 0.9]], atol=1e-9)


def test_classify_refuses_a_point_with_a_gradient():
    with pytest.raises(ValueError, match=r"does not vanish at x 0\.5"):
        classify(model(), 0.5)


def test_public_good_with_fines():
    """The note of configs/traits/public_good.yaml: contributions rise above 0.4, vigilance above 0.62."""
    from pathlib import Path

    from evo.traits import load

    asked = load(Path(__file__).parents[1] / "configs/traits/public_good.yaml")
    watch = np.linspace(0, 1, 11)
    points = np.stack([np.full(11, 0.3), watch], axis=-1)
    np.testing.assert_allclose(selection_gradient(asked, points)[:, 0], 2 / 5 - 1 + 1.5 * watch, atol=1e-12)
    np.testing.assert_allclose(selection_gradient(asked, points)[:, 1], -0.1, atol=1e-12)
    rate = canonical_rate(asked, points)[:, 1]
    np.testing.assert_array_equal(rate > 0, watch > (0.6 + 0.1 / 0.3) / 1.5)
    np.testing.assert_allclose(slopes_at(asked, points, "mean")[:, 0], 2 * 4 / 5, atol=1e-12)
    assert not curvature_at(asked, points, "own").any()


# ---- pairwise invasibility


def test_invasibility_has_the_signs_of_the_closed_form():
    """s = exp(d) - 1, d = (m - r)(b1 - c1 + (b2 - c2) m + (3 b2 - c2) r) for payoffs of the snowdrift game."""
    found = invasibility(model(), fine=101)
    m, r = found.values[:, None], found.values[None, :]
    factor = 6 - 4.56 + 0.2 * m + (3 * -1.4 + 1.6) * r
    np.testing.assert_allclose(found.fitness, np.expm1((m - r) * factor), atol=1e-13)
    np.testing.assert_allclose(found.slope[m != r], (found.fitness / np.where(m == r, 1, m - r))[m != r], atol=1e-12)
    np.testing.assert_allclose(np.diag(found.slope), selection_gradient(model(), found.values), atol=1e-12)
    np.testing.assert_array_equal(found.mutual, found.mutual.T)
    assert found.mutual[80, 20] and not found.mutual[30, 20] and found.invades[30, 20]
    assert [point.kind for point in found.singular] == ["branching point"]


def test_invasibility_of_one_of_two_traits():
    asked = model("own_x*other_y - own_x**2 + own_y", traits=2, dynamics={"kind": "pairwise_comparison"})
    found = invasibility(asked, trait="x", at={"y": 0.8}, fine=11)
    m, r = found.values[:, None], found.values[None, :]
    np.testing.assert_allclose(found.fitness, np.tanh((m - r) * (0.8 - m - r) / 2), atol=1e-14)
    np.testing.assert_allclose(np.diag(found.slope), (0.8 - 2 * found.values) / 2, atol=1e-12)
    for wrong, message in (
        ({}, "which trait"),
        ({"trait": "u"}, "not a trait"),
        ({"trait": "x", "at": {"x": 1.0}}, "varies"),
    ):
        with pytest.raises(ValueError, match=message):
            invasibility(asked, **wrong)

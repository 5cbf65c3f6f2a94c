"""Gradient of selection, dominance and weak selection against tests/reference, closed forms and other ways to the number."""

import math

import numpy as np
import pytest
from examples import FINITE, NEEDS
from reference import cases
from scipy import stats

from evo._spec import validate
from evo.exact.chains.chain import chain
from evo.exact.flows.gradient import drift, gradient_of_selection, largest_advantage, sign_changes
from evo.exact.payoff.bernstein import sign_changes_of
from evo.exact.rare.dominance import dominance
from evo.exact.rare.weak_selection import sigma, structure_coefficients, weak_selection
from evo.exact.takeover.fixation import fixation
from evo.exact.thresholds import thresholds
from evo.experiment import Experiment
from evo.model import Model

RISK = cases("collective_risk")
GROUPS = cases("nplayer")
MORAN = cases("moran")
SLOPES = [name for name in MORAN if "weak_derivative" in name]
THIRDS = [name for name in MORAN if "onethird" in name]
PAIR = [[1.3, 3.0], [2.0, 0.5]]


def two(kind, size, payoffs=PAIR, rule=None, **parts):
    population = {"kind": "infinite"} if size is None else {"kind": "well_mixed", "size": size}
    data = {
        "strategies": ["A", "B"],
        "game": {"kind": "matrix", "payoffs": payoffs},
        "population": population,
        "dynamics": {"kind": kind} | (rule or {}),
    }
    return validate(Model, data | parts)


def group(size, let, payoffs, parameters=None, **parts):
    data = {
        "strategies": ["C", "D"],
        "parameters": parameters or {},
        "game": {"kind": "group", "size": size, "let": let, "payoffs": payoffs},
        "dynamics": {"kind": "replicator"},
    }
    return data | parts


def collective_risk(n, m, cost, risk, **parts):
    let = {"kept": f"where(k_C >= {m}, 1, 1 - risk)"}
    return group(n, let, {"C": "kept - cost", "D": "kept"}, {"cost": cost, "risk": risk}, **parts)


# ---- collective risk


@pytest.mark.parametrize("name", [name for name in RISK if name.startswith("crd_inf")])
def test_reference_collective_risk_in_infinite_populations(name):
    given = RISK[name]["model"]
    model = validate(Model, collective_risk(given["N"], given["M"], given["c"], given["risk"]))
    roots = gradient_of_selection(model).roots
    np.testing.assert_allclose([root.share for root in roots], RISK[name]["value"], atol=1e-9)
    assert [root.stable for root in roots] == [False, True][-len(roots) :][: len(roots)]


@pytest.mark.parametrize("name", [name for name in RISK if name.startswith("crd_fin")])
def test_reference_collective_risk_in_finite_populations(name):
    given, value = RISK[name]["model"], RISK[name]["value"]
    size, mu = given["Z"], given["mu"]
    parts = {
        "population": {"kind": "well_mixed", "size": size},
        "selection": {"intensity": given["beta"]},
        "mutation": {"rate": mu, "to": "any" if "allmut" in name else "others"},
        "dynamics": {"kind": "pairwise_comparison", "role_models": "all" if "allpartner" in name else "others"},
    }
    model = validate(Model, collective_risk(given["N"], given["M"], given["c"], given["risk"], **parts))
    found = gradient_of_selection(model)
    np.testing.assert_allclose(found.gradient, value["gradient"], atol=1e-14)
    assert [list(root.between) for root in found.roots] == value["sign_changes"]
    assert [root.stable for root in found.roots] == [False, True][: len(found.roots)]
    both = gradient_of_selection(model, mutation=True)
    leaving = mu * (0.5 if "allmut" in name else 1.0)
    expected = (1 - mu) * np.array(value["gradient"]) + leaving * (1 - 2 * found.shares)
    np.testing.assert_allclose(both.gradient, expected, atol=1e-14)
    np.testing.assert_allclose(drift(model).drift[::-1, 0], both.gradient, atol=1e-14)


@pytest.mark.parametrize("n, m", [(6, 3), (6, 2), (12, 6), (24, 12)])
def test_critical_risk(n, m):
    """Santos & Pacheco 2011: interior points exist above r* = c/[C(N-1, M-1) x^(M-1) (1-x)^(N-M)], x = (M-1)/(N-1)."""
    experiment = validate(Experiment, collective_risk(n, m, 0.1, 1.0) | {"run": {"generations": 1}})
    quantity = lambda model: largest_advantage(model, "C", "D")  # noqa: E731
    x = (m - 1) / (n - 1)
    expected = 0.1 / (math.comb(n - 1, m - 1) * x ** (m - 1) * (1 - x) ** (n - m))
    found = thresholds(experiment, "parameters.risk", quantity, low=0.05, high=1.0, scan=4)
    np.testing.assert_allclose(found, [expected], rtol=1e-10)


# ---- games in groups


def stag_hunt(given, **parts):
    let = {"pot": f"where(k_C >= {given['M']}, F*k_C/n, 0)"}
    return group(given["N"], let, {"C": "pot - 1", "D": "pot"}, {"F": given["F"]}, **parts)


STAG = [name for name in GROUPS if name.startswith("nsh")]


@pytest.mark.parametrize("name", STAG)
def test_reference_stag_hunts(name):
    given, value = GROUPS[name]["model"], GROUPS[name]["value"]
    roots = gradient_of_selection(validate(Model, stag_hunt(given))).roots
    np.testing.assert_allclose([root.share for root in roots], value["roots"], atol=1e-9)
    assert [root.stable for root in roots] == [False, True][: len(roots)]
    population = {"population": {"kind": "well_mixed", "size": 20}}
    local = {"dynamics": {"kind": "local_update", "largest_difference": 10.0}} | population
    finite = gradient_of_selection(validate(Model, stag_hunt(given, **local)))
    k = np.arange(1, 20)
    lead = finite.gradient[1:-1] * 10 * 20 * 19 / (k * (20 - k))
    np.testing.assert_allclose(lead, value["finite_diff_Z20"], atol=1e-9)
    experiment = validate(Experiment, stag_hunt(given) | {"run": {"generations": 1}})
    critical = thresholds(
        experiment, "parameters.F", lambda model: largest_advantage(model, "C", "D"), low=0.5, high=6.9, scan=4
    )
    np.testing.assert_allclose(critical[0], value["F_crit"], atol=1e-9)


OTHERS = {
    "volunteer_N10_c0.2": ({}, {"C": "1 - c", "D": "where(k_C > 0, 1, 0)"}, 10),
    "nperson_snowdrift_N5_c0.4": ({}, {"C": "1 - c/k_C", "D": "where(k_C > 0, 1, 0)"}, 5),
    "threshold_snowdrift_N6_M3_c0.5": (
        {"enough": "where(k_C >= 3, 1, 0)"},
        {"C": "enough - where(k_C >= 3, c/k_C, c/3)", "D": "enough"},
        6,
    ),
    "threshold_pgg_N7_M4_c0.25": ({"enough": "where(k_C >= 4, 1, 0)"}, {"C": "enough - c", "D": "enough"}, 7),
}


@pytest.mark.parametrize("name", OTHERS)
def test_reference_rest_points_of_group_games(name):
    let, payoffs, size = OTHERS[name]
    value = GROUPS[name]["value"]
    data = group(size, let, payoffs, {"c": GROUPS[name]["model"]["c"]})
    roots = gradient_of_selection(validate(Model, data)).roots
    expected = value["roots"] if isinstance(value, dict) else np.atleast_1d(value)
    np.testing.assert_allclose([root.share for root in roots], expected, atol=1e-9)
    assert roots[-1].stable
    if isinstance(value, dict):
        experiment = validate(Experiment, data | {"run": {"generations": 1}})
        quantity = lambda model: largest_advantage(model, "C", "D")  # noqa: E731
        np.testing.assert_allclose(
            thresholds(experiment, "parameters.c", quantity, low=0.01, high=1.0, scan=4), [value["cb_max"]], atol=1e-9
        )


@pytest.mark.parametrize("name", [name for name in GROUPS if name.startswith("pgg")])
def test_reference_linear_public_goods(name):
    given, value = GROUPS[name]["model"], GROUPS[name]["value"]
    parts = {
        "population": {"kind": "well_mixed", "size": given["Z"]},
        "dynamics": {"kind": "local_update", "largest_difference": 10.0},
    }
    data = group(given["N"], {}, {"C": "r*k_C/n - 1", "D": "r*k_C/n"}, {"r": given["r"]}, **parts)
    found = gradient_of_selection(validate(Model, data))
    k = np.arange(1, given["Z"])
    lead = found.gradient[1:-1] * 10 * given["Z"] * (given["Z"] - 1) / (k * (given["Z"] - k))
    np.testing.assert_allclose(lead, value["diff"], rtol=1e-9)
    assert found.roots == ()


# ---- every rule


@pytest.mark.parametrize("kind", FINITE)
@pytest.mark.parametrize("mutation", [{}, {"rate": 0.15, "to": [[0.4, 0.6], [0.9, 0.1]]}], ids=["none", "mutation"])
def test_gradient_is_the_expected_change_of_the_chain(kind, mutation):
    model = two(kind, 14, rule=NEEDS.get(kind), mutation=mutation)
    found = gradient_of_selection(model, mutation=True)
    steps = chain(model)
    share = steps.states.counts[:, 0] / 14
    change = (steps.matrix @ share - share) * steps.steps_per_generation
    np.testing.assert_allclose(found.gradient, change[::-1], atol=1e-13)
    backwards = gradient_of_selection(model, "B", "A", mutation=True)
    np.testing.assert_allclose(backwards.gradient, -found.gradient[::-1], atol=1e-14)
    without = gradient_of_selection(model)
    if not mutation:
        np.testing.assert_allclose(without.gradient, found.gradient, atol=1e-14)
    elif not model.dynamics.facts.innovative:
        assert without.gradient[0] == without.gradient[-1] == 0 < found.gradient[0]


def test_gradient_between_two_of_three():
    data = {
        "strategies": ["A", "B", "C"],
        "game": {"kind": "matrix", "payoffs": [[1.3, 3.0, 9.0], [2.0, 0.5, -9.0], [4.0, 4.0, 4.0]]},
        "population": {"kind": "well_mixed", "size": 20},
        "dynamics": {"kind": "pairwise_comparison"},
        "mutation": {"rate": 0.1},
    }
    model = validate(Model, data)
    found = gradient_of_selection(model, "B", "A")
    alone = gradient_of_selection(two("pairwise_comparison", 20), "B", "A")
    np.testing.assert_allclose(found.gradient, alone.gradient, atol=1e-15)
    assert found.roots == alone.roots
    with pytest.raises(ValueError, match="other strategies come in"):
        gradient_of_selection(model, "B", "A", mutation=True)
    with pytest.raises(ValueError, match="say which two"):
        gradient_of_selection(model)
    with pytest.raises(ValueError, match="both B"):
        gradient_of_selection(model, "B", "B")
    innovative = validate(Model, data | {"dynamics": {"kind": "logit"}})
    with pytest.raises(ValueError, match="brings back"):
        gradient_of_selection(innovative, "A", "B")


def test_drift_of_three_strategies_written_out():
    payoffs = np.array([[0.0, 1.0, -1.0], [-0.5, 0.2, 2.0], [1.0, -1.0, 0.5]])
    beta, mu, size = 1.7, 0.1, 8
    data = {
        "strategies": ["A", "B", "C"],
        "game": {"kind": "matrix", "payoffs": payoffs.tolist()},
        "selection": {"intensity": beta},
        "population": {"kind": "well_mixed", "size": size},
        "dynamics": {"kind": "pairwise_comparison"},
        "mutation": {"rate": mu},
    }
    found = drift(validate(Model, data))
    assert len(found.counts) == math.comb(10, 2)
    for counts, change in zip(found.counts, found.drift, strict=True):
        earned = [(payoffs[i] @ counts - payoffs[i, i]) / (size - 1) for i in range(3)]
        expected = np.zeros(3)
        for i in range(3):
            for j in range(3):
                if i != j and counts[i]:
                    copied = counts[j] / (size - 1) / (1 + np.exp(-beta * (earned[j] - earned[i])))
                    moved = counts[i] / size * ((1 - mu) * copied + mu / 2)
                    expected += moved * (np.eye(3)[j] - np.eye(3)[i])
        np.testing.assert_allclose(change, expected, atol=1e-14)
    flow = drift(validate(Model, data | {"population": {"kind": "infinite"}}), resolution=10)
    assert flow.counts is None and len(flow.mixes) == 66
    x = flow.mixes[20]
    tanh = np.tanh(beta * ((payoffs @ x)[:, None] - (payoffs @ x)[None, :]) / 2)
    np.testing.assert_allclose(flow.drift[20], (1 - mu) * x * (tanh @ x) + mu * ((1 - x) / 2 - x), atol=1e-14)


def test_roots_of_flows_that_do_not_just_copy_success():
    beta = 3.0
    logit = gradient_of_selection(two("logit", None, selection={"intensity": beta}))
    (root,) = logit.roots
    x = root.share
    lead = (1.3 * x + 3 * (1 - x)) - (2 * x + 0.5 * (1 - x))
    assert x == pytest.approx(1 / (1 + math.exp(-beta * lead)), abs=1e-12) and root.stable
    conformist = two("pairwise_comparison", None, [[1, 1], [1, 1]], selection={"conformity": 2.0})
    (middle,) = gradient_of_selection(conformist).roots
    assert middle.share == pytest.approx(0.5, abs=1e-12) and not middle.stable
    mutants = two("pairwise_comparison", None, [[4, 0], [3, 2]], mutation={"rate": 0.01})
    assert [root.stable for root in gradient_of_selection(mutants, mutation=True).roots] == [True, False, True]
    assert [root.stable for root in gradient_of_selection(mutants).roots] == [False]


def test_sign_changes():
    motion = np.array([0, 1, 1, 1, 1, 1, 1, 0.0])
    (over,) = sign_changes(np.array([0, 0.2, 0.1, 0, 0, -0.1, -0.2, 0]), motion)
    assert over.between == (2, 5) and over.share == pytest.approx(0.5) and over.stable
    (next_to,) = sign_changes(np.array([0, -0.2, -0.1, 0.3, 0.1, 0.1, 0.2, 0]), motion)
    assert next_to.between == (2, 3) and next_to.share == pytest.approx(2.25 / 7) and not next_to.stable
    assert sign_changes(np.zeros(8), motion) == ()


# ---- dominance


def test_dominance_of_pairs_and_groups():
    (a, b), (c, d) = PAIR
    pair = dominance(two("replicator", None), "A", "B")
    assert pair.risk == pytest.approx((a + b - c - d) / 2)
    assert pair.one_third == pytest.approx((a + 2 * b - c - 2 * d) / 3)
    assert pair.payoff == pytest.approx(a - d)
    assert pair.risk_dominant == "A" == pair.payoff_dominant and pair.favoured_when_rare
    n = 5
    of_c, of_d = [0.3, -1.0, 2.0, 0.7, 1.1], [0.9, 0.1, -0.4, 1.5, 0.2]  # by the cooperators among the co-players
    step = lambda values, count: " + ".join(f"where({count} == {j}, {v}, 0)" for j, v in enumerate(values))  # noqa: E731
    model = validate(Model, group(n, {}, {"C": step(of_c, "k_C - 1"), "D": step(of_d, "k_C")}))
    found = dominance(model, "C", "D")
    lead = np.subtract(of_c, of_d)
    assert found.risk == pytest.approx(lead.sum() / n)
    assert found.one_third == pytest.approx(2 * (np.arange(n, 0, -1) @ lead) / (n * (n + 1)))
    assert found.payoff == pytest.approx(of_c[-1] - of_d[0])
    assert dominance(model, "D", "C").risk == pytest.approx(-found.risk)


@pytest.mark.parametrize("size", [4, 30])
def test_dominance_in_finite_populations(size):
    (a, b), (c, d) = PAIR
    found = dominance(two("moran", size), "A", "B")
    total = (a * (size - 2) + b * size - c * size - d * (size - 2)) / 2  # Nowak et al. 2004
    assert found.risk == pytest.approx(total / (size - 1))
    alpha, beta = a + 2 * b - c - 2 * d, 2 * a + b + c - 4 * d
    assert found.one_third == pytest.approx((alpha * size - beta) / (3 * (size - 1)))


def test_risk_dominance_decides_at_any_intensity():
    rng = np.random.default_rng(2)
    signs = set()
    for _ in range(20):
        model = two("pairwise_comparison", 12, rng.normal(size=(2, 2)).tolist(), selection={"intensity": 3.0})
        there = fixation(model, mutant="A", resident="B").log_probability
        back = fixation(model, mutant="B", resident="A").log_probability
        found = dominance(model, "A", "B")
        assert (found.risk > 0) == (there > back)
        signs.add(found.risk_dominant)
    assert signs == {"A", "B"}


def test_ties():
    neutral = dominance(two("replicator", None, [[0.1, 0.3], [0.1, 0.3]]), "A", "B")
    assert neutral.risk == 0 and neutral.risk_dominant is None and neutral.payoff_dominant == "B"
    assert dominance(two("replicator", None, [[3, 0], [0, 3]]), "A", "B").risk_dominant is None


@pytest.mark.parametrize("name", THIRDS)
def test_reference_one_third(name):
    given = MORAN[name]["model"]
    model = two("moran", given["N"], given["payoff"], selection={"intensity": given["w"], "fitness": "linear"})
    found = fixation(model, mutant="A", resident="B").probability * given["N"]
    assert found == pytest.approx(MORAN[name]["value"], rel=1e-10)
    assert dominance(model, "A", "B").favoured_when_rare == (found > 1)
    weak = weak_selection(model, mutant="A", resident="B")
    assert (weak.slope > 0) == (found > 1)


def test_the_third_is_where_the_law_turns():
    for x, favoured in ((0.33, True), (0.34, False)):
        assert dominance(two("replicator", None, [[1 - x, 0], [0, x]]), "A", "B").favoured_when_rare == favoured


# ---- weak selection


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("fitness", ["linear", "exponential"])
def test_reference_slopes(name, fitness):
    given = MORAN[name]["model"]
    model = two("moran", given["N"], given["payoff"], selection={"intensity": 0.01, "fitness": fitness})
    found = weak_selection(model, mutant="A", resident="B")
    assert found.slope == pytest.approx(MORAN[name]["value"], abs=1e-12)
    assert found.neutral == pytest.approx(1 / given["N"])


WEAK = {
    "fermi": ("pairwise_comparison", {}, {}),
    "moran": ("moran", {"death": "others"}, {}),
    "imitation": ("imitation", {"own": "competes"}, {}),
    "own excluded": ("imitation", {"own": "excluded"}, {}),
    "local": ("local_update", {}, {}),
    "wright_fisher": ("wright_fisher", {}, {}),
    "synchronous": ("pairwise_comparison", {"update": "synchronous"}, {}),
    "synchronous imitation": ("imitation", {"own": "excluded", "update": "synchronous"}, {}),
    "conformist": ("pairwise_comparison", {}, {"conformity": 1.5}),
    "prestige": ("pairwise_comparison", {}, {"prestige": 0.4}),
    "conformist, own excluded": ("imitation", {"own": "excluded"}, {"conformity": 0.6, "prestige": 0.2}),
}


@pytest.mark.parametrize("name", WEAK)
def test_slope_against_differences(name):
    kind, rule, selection = WEAK[name]
    intensities = 0.004 * np.arange(8)
    found = [
        fixation(
            two(kind, 12, rule=rule, selection={"intensity": float(beta)} | selection), mutant="A", resident="B"
        ).probability
        for beta in intensities
    ]
    line = np.polynomial.Polynomial.fit(intensities, found, 7).deriv()(0.0)
    weak = weak_selection(two(kind, 12, rule=rule, selection=selection), mutant="A", resident="B")
    assert weak.neutral == pytest.approx(found[0], rel=1e-12)
    assert weak.slope == pytest.approx(line, rel=1e-7)


@pytest.mark.parametrize("kind, rule", [(kind, rule) for kind, rule, selection in WEAK.values() if not selection])
def test_sigma_of_a_well_mixed_population(kind, rule):
    assert sigma(two(kind, 15, rule=rule)) == pytest.approx(13 / 15, rel=1e-10)


def test_structure_coefficients():
    population = {"kind": "well_mixed", "size": 30}
    model = validate(Model, group(4, {}, {"C": 1, "D": 0}, population=population, dynamics={"kind": "moran"}))
    np.testing.assert_allclose(structure_coefficients(model), [1, 1, 1, 1 - 4 / 30], rtol=1e-12)
    itself = two("moran", 30, population=population | {"self_interaction": True})
    assert sigma(itself) == pytest.approx(1)
    a = 0.2
    assorted = two("moran", 30, population=population | {"assortment": a})
    assert sigma(assorted) == pytest.approx(((1 - a) * 28 + 2 * a * 29) / ((1 - a) * 30))
    with pytest.raises(ValueError, match="games between two"):
        sigma(model)


@pytest.mark.parametrize("kind, message", [("imitate_best", "no intensity"), ("logit", "brings back")])
def test_weak_selection_refuses(kind, message):
    with pytest.raises(ValueError, match=message):
        weak_selection(two(kind, 12), mutant="A", resident="B")


def test_all_sign_changes_of_a_polynomial():
    rng = np.random.default_rng(6)
    for degree in (1, 2, 5, 11, 30):
        for _ in range(10):
            coefficients = rng.normal(size=degree + 1)
            found = sign_changes_of(coefficients)
            grid = np.linspace(0, 1, 20001)
            j = np.arange(degree + 1)
            basis = stats.binom.pmf(j[:, None], degree, grid)
            values = coefficients @ basis
            at = np.flatnonzero(np.sign(values[1:]) != np.sign(values[:-1]))
            assert len(found) == len(at)
            np.testing.assert_allclose([place for place, _ in found], grid[at], atol=1e-4)
            places = np.array([place for place, _ in found])
            assert np.abs(coefficients @ stats.binom.pmf(j[:, None], degree, places)).max(initial=0) < 1e-12
            assert [falling for _, falling in found] == list(values[at] > 0)
    assert sign_changes_of(np.zeros(5)) == ()
    touching = sign_changes_of(np.array([1.0, -1.0, 1.0]))  # (1 - 2x)^2
    assert touching == ()


def test_zeros_at_the_ends_are_no_roots():
    """x^5 (1-x)^6 (risk - c at the pivot): payoffs that vanish together at an end are no rest points near it."""
    payoffs = {"C": "where(k_C >= 6, 0.9, 0)", "D": "where(k_C >= 6, 1, 0)"}
    roots = gradient_of_selection(validate(Model, group(12, {}, payoffs))).roots
    (root,) = roots
    lead = lambda x: 0.9 * stats.binom.sf(4, 11, x) - stats.binom.sf(5, 11, x)  # noqa: E731
    assert root.stable and lead(root.share) == pytest.approx(0, abs=1e-12) and root.share > 0.5

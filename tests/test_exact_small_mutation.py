"""The limit of rare mutations, strong selection in it, invasion graphs and alpha-rank against values from elsewhere:
tests/reference, fractions, published closed forms, the full chain with mutation at a small rate, naive loops."""

import math
from fractions import Fraction

import numpy as np
import pytest
from reference import cases

from evo._spec import validate
from evo.exact.chains.stationary import stationary
from evo.exact.rare.alpha_rank import alpha_rank
from evo.exact.rare.gth import leading_stationary, log_stationary, recurrent_classes
from evo.exact.rare.invasion_graph import invasion_graph
from evo.exact.rare.small_mutation import small_mutation
from evo.exact.rare.strong_selection import strong_selection
from evo.model import Model

SML = cases("small_mutation_limit") | cases("small_mutation_ten")
OPTIONAL = cases("optional_public_goods")
RPS = [[0, -1, 2], [2, 0, -1], [-1, 2, 0]]
MIXED = [[1.0, 0.2, 1.4], [1.1, 0.5, 0.1], [0.3, 1.2, 0.9]]  # two edges that one dominates, one with a mixed rest point
BATTLE = {"row": [[3.0, 0.0], [0.0, 2.0]], "column": [[2.0, 0.0], [0.0, 3.0]]}


def matrix_model(payoffs, size, kind="pairwise_comparison", beta=1.0, rule=None, **parts):
    selection = {} if beta is None else {"intensity": beta}
    data = {
        "strategies": [f"s{i}" for i in range(len(payoffs))],
        "game": {"kind": "matrix", "payoffs": [[float(x) for x in row] for row in payoffs]},
        "selection": selection | parts.pop("selection", {}),
        "population": {"kind": "well_mixed", "size": size},
        "dynamics": {"kind": kind} | (rule or {}),
    }
    return validate(Model, data | parts)


def two_roles(size, beta=1.0, kind="pairwise_comparison", game=BATTLE, **parts):
    data = {
        "strategies": {"a": {"role": "r"}, "b": {"role": "r"}, "c": {"role": "s"}, "d": {"role": "s"}},
        "game": {"kind": "bimatrix"} | game,
        "selection": {"intensity": beta},
        "population": {"kind": "well_mixed", "size": size},
        "dynamics": {"kind": kind},
    }
    return validate(Model, data | parts)


# ---- reference values


@pytest.mark.parametrize("name", SML)
def test_reference_matrix_games(name):
    model, value = SML[name]["model"], SML[name]["value"]
    found = small_mutation(matrix_model(model["payoff"], model["Z"], beta=model["beta"]))
    np.testing.assert_allclose(found.stationary, value["pi"], rtol=1e-9)
    np.testing.assert_allclose(found.transition.sum(axis=1), 1)
    if "rho" in value:
        np.testing.assert_allclose(found.rho, np.array(value["rho"], dtype=float), rtol=1e-9)


def punishment(letters, process):
    """The optional public good with punishers of the reference, in its own conventions."""
    count = {s: f"k_{s}" if s in letters else "0" for s in "CDLP"}
    let = {
        "parties": f"{count['C']} + {count['D']} + {count['P']}",
        "share": f"3*({count['C']} + {count['P']})/max(parties, 1)",
    }
    alone = "where(parties > 1, {}, 1)"
    payoffs = {
        "C": alone.format("share - 1"),
        "D": alone.format(f"share - {count['P']}"),
        "L": 1.0,
        "P": alone.format(f"share - 1 - 0.3*{count['D']}"),
    }
    fields = {"selection": {"intensity": 1.0}, "dynamics": {"kind": "pairwise_comparison"}}
    if process.startswith("fermi"):
        fields["selection"] = {"intensity": float(process.removeprefix("fermi"))}
    elif process.startswith("moran_lin"):
        fields["selection"] = {"intensity": float(process.removeprefix("moran_lin")), "fitness": "linear"}
        fields["dynamics"] = {"kind": "moran"}
    game = {"kind": "group", "size": 5, "let": let, "payoffs": {s: payoffs[s] for s in letters}}
    return validate(
        Model,
        {"strategies": list(letters), "game": game, "population": {"kind": "well_mixed", "size": 100}} | fields,
    )


@pytest.mark.parametrize("name", OPTIONAL)
def test_reference_optional_public_goods(name):
    letters, process = name.removeprefix("sml_hauert_").split("_", 1)
    model = punishment(letters, process)
    found = strong_selection(model).stationary if process == "strong" else small_mutation(model).stationary
    np.testing.assert_allclose(found, OPTIONAL[name]["value"], rtol=1e-8, atol=1e-14)


def test_reference_sixteen_memory_one_strategies():
    case = cases("repeated_evolution")["mem1_16strategies_Z50_b1_e0.01"]
    found = small_mutation(matrix_model(case["value"]["payoff"], case["model"]["Z"], beta=case["model"]["beta"]))
    np.testing.assert_allclose(found.stationary, case["value"]["pi"], atol=1e-9)


SIGMUND = {  # Sigmund, De Silva, Traulsen & Hauert 2010: closed forms for M individuals
    ("XYZV", False): lambda m: np.array([2, 2, 2, 1]) / 7,
    ("XYZV", True): lambda m: np.array([0, 0, 0, 1]),
    ("XYZW", False): lambda m: np.array([2, 2, 2, m + 2]) / (m + 8),
    ("XYZVW", False): lambda m: np.array([6, 6, 4, 1, 3 * m + 6]) / (3 * m + 23),
    ("XYZVW", True): lambda m: np.array([0, 0, 0, 1, 0]),
    ("XYVW", True): lambda m: np.array([0, 1, 0, 0]),  # compulsory participation
}


def sigmund(letters, second_order, size):
    """Pool (V) and peer (W) punishment in the optional public good whose pot goes to the other participants."""
    count = {s: f"k_{s}" if s in letters else "0" for s in "XYZVW"}
    let = {"parties": f"n - {count['Z']}", "givers": f"{count['X']} + {count['V']} + {count['W']}"}
    give, take = "r*(givers - 1)/max(parties - 1, 1) - 1", "r*givers/max(parties - 1, 1)"
    fine = f" - 0.7*{count['V']}"
    alone = "where(parties > 1, {}, 1)"
    payoffs = {
        "X": alone.format(give + (fine if second_order else "")),
        "Y": alone.format(f"{take}{fine} - 0.7*{count['W']}"),
        "Z": 1.0,
        "V": alone.format(f"{give} - 0.7"),
        "W": alone.format(f"{give} - 0.7*{count['Y']}" + (fine if second_order else "")),
    }
    return validate(
        Model,
        {
            "strategies": list(letters),
            "parameters": {"r": 3.0},
            "game": {"kind": "group", "size": 5, "let": let, "payoffs": {s: payoffs[s] for s in letters}},
            "population": {"kind": "well_mixed", "size": size},
            "dynamics": {"kind": "pairwise_comparison"},
        },
    )


@pytest.mark.parametrize("letters, second_order", SIGMUND)
@pytest.mark.parametrize("size", [60, 100])
def test_published_strong_limits_of_pool_and_peer_punishment(letters, second_order, size):
    found = strong_selection(sigmund(letters, second_order, size)).stationary
    np.testing.assert_allclose(found, SIGMUND[letters, second_order](size), atol=1e-12)


# ---- elimination


def by_fractions(rates):
    """Stationary distribution by Gaussian elimination on fractions."""
    n = len(rates)
    rows = [[rates[j][i] if i != j else -sum(rates[i]) for j in range(n)] + [Fraction(0)] for i in range(n)]
    rows[0] = [Fraction(1)] * (n + 1)
    for c in range(n):
        pivot = next(r for r in range(c, n) if rows[r][c] != 0)
        rows[c], rows[pivot] = rows[pivot], rows[c]
        for r in range(n):
            if r != c and rows[r][c] != 0:
                factor = rows[r][c] / rows[c][c]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[c], strict=True)]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def log_of(number):
    """Natural logarithm of a fraction of any size."""
    shift = number.numerator.bit_length() - number.denominator.bit_length()
    return math.log(number / Fraction(2) ** shift) + shift * math.log(2)


@pytest.mark.parametrize("low, high", [(-3, 0), (-60, 0), (-600, 0), (-78, -76), (76, 78)])
def test_gth_is_exact_relative_to_each_probability(low, high):
    rng = np.random.default_rng(high - low)
    n = 7
    powers, digit = rng.integers(low, high + 1, (n, n)), rng.integers(1, 100, (n, n))
    rates = [
        [Fraction(int(digit[i, j]), 7) * Fraction(10) ** int(powers[i, j]) * (i != j) for j in range(n)]
        for i in range(n)
    ]
    logs = np.array([[log_of(rate) if rate else -np.inf for rate in row] for row in rates])
    exact = np.array([log_of(p) for p in by_fractions(rates)])
    np.testing.assert_allclose(log_stationary(logs), exact, rtol=1e-14, atol=2e-13)


def test_gth_leads_through_missing_ways():
    logs = np.full((4, 4), -np.inf)
    logs[[0, 1, 2, 3], [1, 2, 3, 0]] = np.log([0.1, 0.2, 0.4, 0.8])
    np.testing.assert_allclose(np.exp(log_stationary(logs)), np.array([8, 4, 2, 1]) / 15)


def test_leading_terms_are_the_limit():
    rng = np.random.default_rng(3)
    for _ in range(20):
        exponents, factors = rng.integers(0, 3, (5, 5)).astype(float), rng.normal(size=(5, 5))
        found = leading_stationary(exponents, factors)
        at = log_stationary(factors - 80 * exponents)
        np.testing.assert_allclose(found.log_coefficient - 80 * found.exponent, at, atol=1e-12)
        np.testing.assert_allclose(found.limit.sum(), 1)


def test_recurrent_classes():
    possible = np.zeros((6, 6), dtype=bool)
    possible[[0, 1, 2, 3, 5], [1, 0, 3, 2, 0]] = True  # {0, 1}, {2, 3}, {4}, and 5 that leads to the first
    assert [list(states) for states in recurrent_classes(possible)] == [[0, 1], [2, 3], [4]]
    with pytest.raises(ValueError, match="3 recurrent classes"):
        log_stationary(np.where(possible, 0.0, -np.inf))


# ---- small mutation


def test_probabilities_far_below_the_smallest_double():
    beta, size, lead = 20.0, 200, 0.5
    found = small_mutation(matrix_model([[1, 1], [1.5, 1.5]], size, beta=beta))
    u = beta * lead  # a constant lead: rho = (1-exp(u))/(1-exp(Z*u)) for who is behind
    behind = math.log(math.expm1(u)) - size * u
    np.testing.assert_allclose(found.log_rho[1, 0], behind, rtol=1e-14)
    assert found.rho[1, 0] == 0.0 and behind < -1900
    np.testing.assert_allclose(found.log_stationary, [-(size - 1) * u, 0.0], rtol=1e-14, atol=1e-14)


def test_mutants_that_always_win_leave_a_relative_error_only():
    rng = np.random.default_rng(5)
    payoffs = rng.random((60, 60))
    found = small_mutation(matrix_model(payoffs, 500, beta=5.0))
    assert np.isfinite(found.log_rho[~np.eye(60, dtype=bool)]).all() and found.log_rho[0, 1:].min() < -745
    flow = found.log_stationary[:, None] + found.log_transition
    np.testing.assert_allclose(np.logaddexp.reduce(flow, axis=0), np.logaddexp.reduce(flow, axis=1), atol=1e-10)


SMALL = {
    "fermi": {},
    "all role models": {"rule": {"role_models": "all"}},
    "moran": {"kind": "moran"},
    "linear": {"kind": "moran", "beta": 0.5, "selection": {"fitness": "linear"}},
    "local": {"kind": "local_update"},
    "imitation": {"kind": "imitation", "rule": {"own": "excluded"}, "mutation": {"when": "after"}},
    "conformist": {"selection": {"conformity": 1.4, "prestige": 0.3}},
    "wright_fisher": {"kind": "wright_fisher"},
    "synchronous": {"rule": {"update": "synchronous"}},
    "matrix": {"mutation": {"to": [[0.2, 0.5, 0.3], [0.0, 0.1, 0.9], [0.4, 0.6, 0.0]]}},
    "any": {"mutation": {"to": "any"}},
}


@pytest.mark.parametrize("name", SMALL)
def test_the_full_chain_comes_to_it_as_mutation_vanishes(name):
    parts = {"kind": "pairwise_comparison", "beta": 1.0} | SMALL[name]
    mutation = parts.pop("mutation", {})
    size = 7
    errors = []
    for rate in (1e-5, 1e-6):
        model = matrix_model(MIXED, size, mutation={"rate": rate} | mutation, **parts)
        full = stationary(model)
        corners = [int(np.flatnonzero(full.states[:, i] == size)[0]) for i in range(3)]
        errors.append(np.abs(full.probabilities[corners] - small_mutation(model).stationary).max())
    assert errors[1] < 1e-4 and errors[1] < 0.15 * errors[0]  # first order in the rate


@pytest.mark.parametrize("kind", ["pairwise_comparison", "moran"])
def test_the_full_chain_of_two_roles_comes_to_it(kind):
    model = two_roles({"r": 5, "s": 3}, beta=0.7, kind=kind, mutation={"rate": 1e-7})
    full, found = stationary(model), small_mutation(model)
    assert found.names == ("a, c", "a, d", "b, c", "b, d")
    for s, (i, j) in enumerate(found.states):
        at = (full.states[:, i] == 5) & (full.states[:, j] == 3)
        np.testing.assert_allclose(full.probabilities[at], found.stationary[s], atol=2e-5)
    np.testing.assert_allclose(found.shares, full.mean, atol=2e-5)
    assert np.isnan(found.rho[0, 3]) and np.isnan(found.rho[1, 2])  # two mutations away
    np.testing.assert_allclose(found.mean_payoffs, [(5 * 3 + 3 * 2) / 8, 0, 0, (5 * 2 + 3 * 3) / 8])


def test_relabelling_commutes():
    order = [2, 0, 1]
    model = matrix_model(MIXED, 30, beta=2.0)
    other = matrix_model(np.array(MIXED)[np.ix_(order, order)], 30, beta=2.0)
    first, second = small_mutation(model), small_mutation(other)
    np.testing.assert_allclose(second.stationary, first.stationary[order], rtol=1e-12)
    np.testing.assert_allclose(second.rho, first.rho[np.ix_(order, order)], rtol=1e-12)
    np.testing.assert_allclose(
        strong_selection(other).stationary, strong_selection(model).stationary[order], rtol=1e-12
    )


def test_averages():
    found = small_mutation(matrix_model(MIXED, 20))
    assert found.average({"s0": 1}) == pytest.approx(found.stationary[0])
    assert found.average([1, 2, 3]) == pytest.approx(found.stationary @ [1, 2, 3])
    assert found.mean_payoff == pytest.approx(found.stationary @ [1.0, 0.5, 0.9])
    assert list(found.frame["stationary"]) == list(found.stationary)
    with pytest.raises(ValueError, match="'s7' is not a strategy"):
        found.average({"s7": 1})
    with pytest.raises(ValueError, match="one number for each of 3"):
        found.average([1, 2])


def test_several_recurrent_classes_are_said_and_not_blurred():
    found = small_mutation(matrix_model([[2, 0, 1.5], [0, 1, 0.9], [0, 0.2, 0.5]], 20, kind="imitate_best", beta=None))
    assert [list(states) for states in found.classes] == [[0], [1]]
    assert found.transient == ("s2",)
    np.testing.assert_array_equal(found.distributions, [[1, 0, 0], [0, 1, 0]])
    with pytest.raises(ValueError, match=r"classes: \{s0\}; \{s1\}"):
        found.stationary  # noqa: B018
    assert small_mutation(matrix_model([[3, 0], [5, 1]], 20, kind="proportional_imitation", beta=None)).transient == (
        "s0",
    )


def test_a_mutation_matrix_may_cut_states_off():
    found = small_mutation(matrix_model(MIXED, 20, mutation={"to": [[0, 1, 0], [1, 0, 0], [1, 0, 0]]}))
    assert found.transient == ("s2",)
    assert found.stationary[2] == 0
    ratio = found.rho[1, 0] / found.rho[0, 1]
    np.testing.assert_allclose(found.stationary[0] / found.stationary[1], ratio)


@pytest.mark.parametrize(
    "model, message",
    [
        (matrix_model([[1, 3], [2, 0]], 20, kind="imitate_best", beta=None), "neither takes over nor is lost"),
        (matrix_model([[1, 1], [1, 1]], 20, kind="proportional_imitation", beta=None), "one s1 among s0 neither"),
        (matrix_model(RPS, 20, kind="logit"), "brings back absent strategies"),
        (two_roles(5, kind="logit"), "brings back absent strategies"),
        (matrix_model(RPS, 20, population={"kind": "infinite"}), "finite populations"),
        (two_roles(5, population={"kind": "infinite"}), "finite populations"),
        (
            matrix_model(RPS, 20, dynamics={"kind": "langevin", "of": {"kind": "moran"}}),
            "finite populations of whole individuals",
        ),
    ],
)
def test_refusals(model, message):
    with pytest.raises(ValueError, match=message):
        small_mutation(model)


def test_a_moving_environment_is_held():
    moving = {"e": {"kind": "periodic", "mean": 0.5, "amplitude": 0.5, "period": 10}}
    game = {"kind": "matrix", "payoffs": [[1, "e"], [1.2, 0.7]]}
    model = matrix_model([[0, 0], [0, 0]], 12, game=game, environment=moving)
    with pytest.raises(ValueError, match="e moves"):
        small_mutation(model)
    found = small_mutation(model, environment={"e": 0.9})
    still = small_mutation(matrix_model([[1, 0.9], [1.2, 0.7]], 12))
    np.testing.assert_array_equal(found.rho, still.rho)


def test_payoffs_that_read_the_mix():
    game = {"kind": "matrix", "payoffs": [["1 + x_s0", 0], [1.2, 0.7]]}
    found = small_mutation(matrix_model([[0, 0], [0, 0]], 6, beta=2.0, game=game))
    gap = [((k - 1) * (1 + k / 6) / 5) - (k * 1.2 + (5 - k) * 0.7) / 5 for k in range(1, 6)]  # s0 less s1
    products = np.cumprod(np.exp(-2.0 * np.array(gap)))
    np.testing.assert_allclose(found.rho[1, 0], 1 / (1 + products.sum()), rtol=1e-12)
    np.testing.assert_allclose(found.mean_payoffs, [2.0, 0.7])
    role = {"row": [["x_a", 0.0], [0.0, 2.0]], "column": BATTLE["column"]}
    roles = small_mutation(two_roles(4, game=role))
    products = np.cumprod(np.exp(-np.array([1, 2, 3]) / 4))  # a's lead over b among all c is x_a
    np.testing.assert_allclose(roles.rho[2, 0], 1 / (1 + products.sum()), rtol=1e-12)


# ---- strong selection

STRONG = {
    "fermi": {},
    "moran": {"kind": "moran"},
    "death of others": {"kind": "moran", "rule": {"death": "others"}},
    "imitation": {"kind": "imitation"},
    "own excluded": {"kind": "imitation", "rule": {"own": "excluded"}},
    "conformist": {"selection": {"conformity": 1.5}},
    "conformist, own excluded": {
        "kind": "imitation",
        "rule": {"own": "excluded"},
        "selection": {"conformity": 0.5, "prestige": 0.4},
    },
}
TIES = [[0.0, 1.0, -1.0, 0.0], [0.0, 0.5, 0.5, 0.25], [1.0, 0.5, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0]]


@pytest.mark.parametrize("name", STRONG)
@pytest.mark.parametrize("payoffs", [RPS, MIXED, TIES], ids=["rps", "mixed", "ties"])
def test_strong_selection_is_where_growing_intensity_leads(name, payoffs):
    limit = strong_selection(matrix_model(payoffs, 9, beta=0.3, **STRONG[name]))
    beta = 2000.0
    at = small_mutation(matrix_model(payoffs, 9, beta=beta, **STRONG[name]))
    off = ~np.eye(len(payoffs), dtype=bool)
    leading = limit.log_coefficient - beta * limit.exponent
    np.testing.assert_allclose(at.log_rho[off], leading[off], atol=1e-8)
    np.testing.assert_allclose(at.stationary, limit.stationary, atol=1e-8)
    np.testing.assert_allclose(at.rho[off], limit.limit.rho[off], atol=1e-8)


def test_strong_selection_decides_where_the_limits_of_rho_do_not():
    """Two conventions, both stable: all fixation probabilities go to 0, the slower of them decides [Kandori et al. 1993]."""
    found = strong_selection(matrix_model([[2, 0], [0, 1]], 30))
    assert found.limit.rho[0, 1] == found.limit.rho[1, 0] == 0
    np.testing.assert_array_equal(found.stationary, [1, 0])
    assert 0 < found.exponent[1, 0] < found.exponent[0, 1]


def test_strong_selection_of_two_roles():
    found = strong_selection(two_roles({"r": 6, "s": 6}))
    np.testing.assert_allclose(found.stationary, [0.5, 0, 0, 0.5], atol=1e-14)
    assert (
        strong_selection(two_roles({"r": 9, "s": 6})).stationary[3] == 1
    )  # the fewer, who like it most, hold out longer


@pytest.mark.parametrize(
    "kind, parts, message",
    [
        ("imitate_best", {"beta": None}, "no intensity"),
        ("local_update", {}, "at most 1"),
        ("moran", {"beta": 0.5, "selection": {"fitness": "linear"}}, "at most 1"),
        ("wright_fisher", {}, "one individual changes"),
    ],
)
def test_strong_selection_refuses(kind, parts, message):
    with pytest.raises(ValueError, match=message):
        strong_selection(matrix_model([[1, 1], [1, 1.5]], 9, kind=kind, **parts))


# ---- invasion graphs


def test_invasion_graph_of_a_cycle():
    graph = invasion_graph(matrix_model(RPS, 20, beta=0.5))
    arrows = graph.networkx()
    assert sorted(arrows.edges) == [("s0", "s1"), ("s1", "s2"), ("s2", "s0")]
    assert arrows.nodes["s0"]["stationary"] == pytest.approx(1 / 3)
    rho = SML["sml_RPS_good_Z20_b0.5"]["value"]["rho"]
    assert arrows.edges["s0", "s1"]["relative"] == pytest.approx(20 * rho[0][1], rel=1e-9)
    table = graph.frame.set_index(["resident", "mutant"])
    assert len(table) == 6
    assert table.loc[("s0", "s1"), "relation"] == "dominates" and table.loc[("s1", "s0"), "relation"] == "dominated"


@pytest.mark.parametrize(
    "payoffs, relation, kind",
    [
        ([[0, 3], [1, 2]], "coexist", "favoured"),
        ([[4, 0], [3, 2]], "bistable", "opposed"),
        ([[1, 1], [1, 1]], "neutral", "neutral"),
    ],
)
def test_relations(payoffs, relation, kind):
    edges = invasion_graph(matrix_model(payoffs, 20)).edges
    assert {edge.relation for edge in edges} == {relation} and {edge.kind for edge in edges} == {kind}
    there, back = edges
    assert there.log_bias == -back.log_bias
    assert (there.log_bias > 0) == (there.rho > back.rho)


# ---- alpha-rank


def naive_alpha_rank(tensors, alpha, size):
    """Omidshafiei et al. 2019, written out; profiles in the order of indices."""
    shape = tensors[0].shape
    profiles = list(np.ndindex(shape))
    chain = np.zeros((len(profiles), len(profiles)))
    for s, here in enumerate(profiles):
        for t, there in enumerate(profiles):
            changed = [k for k in range(len(shape)) if here[k] != there[k]]
            if len(changed) == 1:
                u = alpha * (tensors[changed[0]][there] - tensors[changed[0]][here])
                rho = 1 / size if u == 0 else (1 - np.exp(-u)) / (1 - np.exp(-size * u))
                chain[s, t] = rho / sum(n - 1 for n in shape)
        chain[s, s] = 1 - chain[s].sum()
    values, vectors = np.linalg.eig(chain.T)
    vector = vectors[:, np.argmax(values.real)].real
    return chain, vector / vector.sum()


def test_alpha_rank_of_three_populations_against_the_paper_s_formulas():
    rng = np.random.default_rng(8)
    tensors = [rng.normal(size=(3, 4, 2)) for _ in range(3)]
    tensors[0][1] = tensors[0][0]  # ties
    found = alpha_rank(tensors, alpha=0.7, size=12)
    chain, masses = naive_alpha_rank(tensors, 0.7, 12)
    np.testing.assert_allclose(found.transition, chain, atol=1e-13)
    np.testing.assert_allclose(found.masses, masses, atol=1e-10)
    assert [tuple(profile) for profile in found.profiles] == list(np.ndindex((3, 4, 2)))
    assert found.ranking[0][0] == int(np.argmax(masses))


def test_alpha_rank_is_small_mutation_of_the_model():
    one = small_mutation(matrix_model(MIXED, 25, beta=3.0))
    np.testing.assert_allclose(alpha_rank(MIXED, alpha=3.0, size=25).masses, one.stationary, rtol=1e-12)
    both = small_mutation(two_roles(25, beta=0.8))
    games = [np.array(BATTLE["row"]), np.array(BATTLE["column"])]
    np.testing.assert_allclose(alpha_rank(games, alpha=0.8, size=25).masses, both.stationary, rtol=1e-12)
    np.testing.assert_allclose(
        alpha_rank(MIXED, size=25).masses, strong_selection(matrix_model(MIXED, 25)).stationary, atol=1e-12
    )


@pytest.mark.parametrize("alpha", [0.1, 5.0, math.inf])
def test_alpha_rank_of_the_paper_s_games(alpha):
    cycle = alpha_rank([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], alpha=alpha)
    np.testing.assert_allclose(cycle.masses, np.full(3, 1 / 3))
    assert cycle.ranking == ((0, 1, 2),)
    dilemma = np.array([[-1.0, -3.0], [0.0, -2.0]])
    battle = [np.array([[3.0, 0.0], [0.0, 2.0]]), np.array([[2.0, 0.0], [0.0, 3.0]])]
    if alpha == 0.1:
        return
    np.testing.assert_allclose(alpha_rank([dilemma, dilemma.T], alpha=alpha).masses, [0, 0, 0, 1], atol=1e-20)
    found = alpha_rank(battle, alpha=alpha)
    np.testing.assert_allclose(found.masses, [0.5, 0, 0, 0.5], atol=1e-20)
    assert found.ranking[0] == (0, 3)


def test_alpha_rank_perturbed():
    epsilon = 1e-4
    found = alpha_rank([[0, -1, 1], [1, 0, 2], [-1, 2, 0]], epsilon=epsilon)
    better, worse, same = (1 - epsilon) / 2, epsilon / 2, 0.25
    chain = np.array([[0, better, worse], [worse, 0, same], [better, same, 0]])
    chain += np.diag(1 - chain.sum(axis=1))
    np.testing.assert_allclose(found.transition, chain, rtol=1e-14)
    np.testing.assert_allclose(found.masses @ chain, found.masses, rtol=1e-12)


def test_alpha_rank_in_the_limit_is_where_growing_alpha_leads():
    rng = np.random.default_rng(4)
    tensors = [rng.integers(0, 4, (3, 3)).astype(float) for _ in range(2)]  # with ties
    at = alpha_rank(tensors, alpha=60.0, size=10).masses
    np.testing.assert_allclose(alpha_rank(tensors, size=10).masses, at, atol=1e-12)


@pytest.mark.parametrize(
    "payoffs, options, message",
    [
        ([[1, 2, 3], [1, 2, 3]], {}, "is square"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], {}, "K populations"),
        ([[1, np.nan], [0, 1]], {}, "not finite"),
        ([[1, 2], [0, 1]], {"alpha": -1}, "not negative"),
        ([[1, 2], [0, 1]], {"alpha": 1.0, "epsilon": 0.1}, "goes with alpha=inf"),
        ([[1, 2], [0, 1]], {"size": 1}, "2 or more"),
        ([np.zeros((20, 20, 20))] * 3, {}, "8000 profiles"),
    ],
)
def test_alpha_rank_refuses(payoffs, options, message):
    with pytest.raises(ValueError, match=message):
        alpha_rank(payoffs, **options)

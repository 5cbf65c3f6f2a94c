"""Exact stationary distributions: against cases that were computed another way, closed forms and fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from finite_models import BIMATRIX, FERMI, MATRIX, PAIR, ROLES, THREE, configured, loaded, mutating
from reference import cases
from scipy import stats

from evo.exact.chains.chain import chain
from evo.exact.chains.elimination import layers, stationary_vector
from evo.exact.chains.stationary import stationary
from evo.exact.payoff.finite import finite_payoffs
from evo.exact.takeover.birth_death import birth_death

# ---- stationary distributions, against cases


def distribution_agrees(found, pi, mean):
    """`pi` over the number of the first strategy, from 0."""
    assert found.marginal("S0") == pytest.approx(pi, abs=1e-10)
    assert found.mean[0] == pytest.approx(mean, abs=1e-10)
    assert found.residual < 1e-13


def loners(case):
    model = case["model"]
    game = {
        "kind": "group",
        "size": model["group_size"],
        "let": {"taking_part": "k_C + k_D", "share": "where(taking_part > 1, r*c*k_C/taking_part, 0)"},
        "payoffs": {
            "C": "where(taking_part > 1, share - c, sigma)",
            "D": "where(taking_part > 1, share, sigma)",
            "L": "sigma",
        },
    }
    return game, {"names": ["C", "D", "L"], "parameters": {key: model[key] for key in ("r", "c", "sigma")}}


@pytest.mark.parametrize("name", [name for name in cases("three_strategy_full_chain") if "extinction" not in name])
def test_three_strategies(name):
    case = cases("three_strategy_full_chain")[name]
    model, value = case["model"], case["value"]
    game, parts = loners(case) if "group_size" in model else (model["payoff"], {})
    config = configured(game, model["N"], FERMI, model["beta"], mutation=mutating(model["mu"], case), **parts)
    found = stationary(loaded(config))
    assert found.mean == pytest.approx(value["mean"], abs=1e-10)
    assert found.variance == pytest.approx(value["var"], abs=1e-10)
    names = list(parts.get("names", ["S0", "S1", "S2"]))
    alone = [found.probability(**{strategy: model["N"]}) for strategy in names]
    assert alone == pytest.approx(value["p_mono"], abs=1e-10)
    mode = dict(zip(names, value["mode_state"], strict=True))
    assert found.probability(**mode) == pytest.approx(value["mode_prob"], abs=1e-10)
    assert found.probabilities.max() == pytest.approx(value["mode_prob"], abs=1e-10)


@pytest.mark.parametrize("name", cases("pairwise_mutation"))
def test_pairwise_comparison_with_mutation(name):
    case = cases("pairwise_mutation")[name]
    model, value = case["model"], case["value"]
    to = "any" if "BOTH" in model.get("mutation", "") else "others"
    rule = {"kind": FERMI, "role_models": "all" if "withrepl" in name else "others"}
    if "dpi_max" in model:
        rule = {"kind": "proportional_imitation", "largest_difference": model["dpi_max"]}
    parts = {"mutation": {"rate": model["mu"], "to": to}}
    found = stationary(loaded(configured(model["payoff"], model["N"], rule, model.get("beta", 1.0), **parts)))
    distribution_agrees(found, value["pi"], value["mean_A"])


@pytest.mark.parametrize("name", cases("moran_mutation"))
def test_moran_with_mutation(name):
    case = cases("moran_mutation")[name]
    model, value = case["model"], case["value"]
    config = configured(model["payoff"], model["N"], "moran", model["w"], mutation=mutating(model["u"], case))
    found = stationary(loaded(config))
    if "pi" in value:
        distribution_agrees(found, value["pi"], value["mean_A"])
    else:
        assert found.mean == pytest.approx(value["mean"], abs=1e-10)
        assert found.variance == pytest.approx(value["var"], abs=1e-10)


@pytest.mark.parametrize("name", cases("innovative_dynamics"))
def test_innovative_rules(name):
    case = cases("innovative_dynamics")[name]
    model, value = case["model"], case["value"]
    kind = {"kmr": "imitate_best", "introspection3": "introspection"}.get(name.split("_")[0], name.split("_")[0])
    rule, parts = {"kind": kind}, {}
    if kind == "aspiration":
        rule["level"] = model["aspiration"]
    if kind == "imitate_best":  # Kandori, Mailath & Rob compare the payoffs that are earned, not hypothetical ones
        rule["update"] = "synchronous"
        parts = {"mutation": {"rate": model["eps"], "when": "after"}}
    found = stationary(loaded(configured(model["payoff"], model["N"], rule, model.get("beta", 1.0), **parts)))
    if isinstance(value, list):
        assert found.mean == pytest.approx(value, abs=1e-10)
    else:
        distribution_agrees(found, value["pi"], value["mean_A"])


def test_two_populations():
    case = cases("two_population_finite")["twopop_fermi_BoS"]
    model, value = case["model"], case["value"]
    names = {"a": {"role": "x"}, "b": {"role": "x"}, "u": {"role": "y"}, "v": {"role": "y"}}
    game = {"kind": "bimatrix", "row": model["row"], "column": np.transpose(model["col_B"]).tolist()}
    sizes = dict(zip(("x", "y"), model["N"], strict=True))
    config = configured(game, sizes, FERMI, model["beta"], names=names, mutation={"rate": model["mu"]})
    found = stationary(loaded(config))
    both = found.average(lambda counts: counts[:, 0] * counts[:, 2]) / math.prod(model["N"])
    assert [found.mean[0], found.mean[2], both] == pytest.approx([value["x"], value["y"], value["xy"]], abs=1e-10)
    assert found.marginal("a").shape == (11,)
    assert found.marginal("u") @ np.arange(9) / 8 == pytest.approx(value["y"], abs=1e-10)


@pytest.mark.parametrize("name", [name for name in cases("collective_risk") if "fin" in name])
def test_collective_risk(name):
    case = cases("collective_risk")[name]
    model, value = case["model"], case["value"]
    game = {"kind": "collective_risk", "size": model["N"], "threshold": model["M"]}
    game |= {"cost": model["c"], "risk": model["risk"]}
    config = configured(
        game,
        model["Z"],
        {"kind": FERMI, "role_models": "all" if "allpartner" in name else "others"},
        model["beta"],
        names=["S0", "S1"],
        mutation={"rate": model["mu"], "to": "any" if "allmut" in name else "others"},
    )
    found = stationary(loaded(config))
    distribution_agrees(found, value["pi"], value["mean_C"])
    achieved = found.group_average(lambda members: members[:, 0] >= model["M"], size=model["N"])
    assert achieved == pytest.approx(value["eta_G"], abs=1e-10)


@pytest.mark.parametrize("name", [name for name in cases("wright_fisher") if "stat" in name])
def test_wright_fisher_stationary(name):
    case = cases("wright_fisher")[name]
    model, value = case["model"], case["value"]
    config = configured(model["payoff"], model["N"], "wright_fisher", model["w"], mutation=mutating(model["u"], case))
    distribution_agrees(stationary(loaded(config)), value["pi"], value["mean_A"])


@pytest.mark.parametrize("name", [name for name in cases("nplayer") if name.startswith(("pgg", "nsh"))])
def test_finite_payoff_differences(name):
    case = cases("nplayer")[name]
    model, value = case["model"], case["value"]
    if "r" in model:
        pot, size, expected = "r*k_C/n", model["Z"], value["diff"]
        parameters = {"r": model["r"]}
    else:
        pot, size, expected = "where(k_C >= M, F*k_C/n, 0)", 20, value["finite_diff_Z20"]
        parameters = {"M": model["M"], "F": model["F"]}
    game = {"kind": "group", "size": model["N"], "payoffs": {"C": f"{pot} - 1", "D": pot}}
    counts = np.array([[i, size - i] for i in range(1, size)])
    found = finite_payoffs(loaded(configured(game, size, FERMI, names=["C", "D"], parameters=parameters)), counts)
    assert found[:, 0] - found[:, 1] == pytest.approx(np.broadcast_to(expected, size - 1), abs=1e-9)


# ---- stationary distributions, against what is true of them


def test_relabelling():
    mutation, order = {"rate": 0.2, "to": MATRIX}, [2, 0, 1]
    found = stationary(loaded(configured(THREE, 12, FERMI, mutation=mutation)))
    swapped = {"rate": 0.2, "to": np.array(MATRIX)[np.ix_(order, order)].tolist()}
    other = stationary(loaded(configured(np.array(THREE)[np.ix_(order, order)].tolist(), 12, FERMI, mutation=swapped)))
    assert other.mean == pytest.approx(found.mean[order], rel=1e-12)
    place = other.space.index(found.states[:, order])
    assert other.probabilities[place] == pytest.approx(found.probabilities, rel=1e-11)


def test_logit_in_a_potential_game():
    """Detailed balance: multinomial weights times exp(beta * potential) [Blume 1993]; the potential of a symmetric game
    whose payoffs are means over the Z-1 others is sum over pairs / (Z-1)."""
    payoffs, size, beta = np.array([[4.0, 1.0, 0.5], [1.0, 2.0, -1.0], [0.5, -1.0, 3.0]]), 9, 1.3
    found = stationary(loaded(configured(payoffs.tolist(), size, "logit", beta)))
    n = found.states
    potential = (np.einsum("si,ij,sj->s", n, payoffs, n) - n @ np.diag(payoffs)) / 2 / (size - 1)
    weight = stats.multinomial.pmf(n, size, [1 / 3] * 3) * np.exp(beta * potential)
    assert found.probabilities == pytest.approx(weight / weight.sum(), rel=1e-11)


def in_fractions(matrix):
    """Stationary distribution by elimination in exact arithmetic."""
    rows = [[Fraction(float(value)) for value in row] for row in matrix]
    size = len(rows)
    for p in range(size - 1, 0, -1):
        out = sum(rows[p][:p])
        for i in range(p):
            rows[i][p] /= out
            for j in range(p):
                rows[i][j] += rows[i][p] * rows[p][j]
    weights = [Fraction(1)]
    for p in range(1, size):
        weights.append(sum(weights[i] * rows[i][p] for i in range(p)))
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("beta, mutation", [(30.0, 1e-9), (200.0, 1e-60)])
def test_small_probabilities_keep_their_digits(beta, mutation):
    """Coordination with barriers between the corners: probabilities down to 1e-200 against exact arithmetic."""
    payoffs = [[3.0, 0.0, 0.2], [0.3, 2.0, 0.0], [0.1, 0.5, 1.0]]
    model = loaded(configured(payoffs, 7, FERMI, beta, mutation={"rate": mutation}))
    found = stationary(model)
    exact = in_fractions(found.chain.matrix.toarray())
    ratio = [float(Fraction(float(p)) / q) for p, q in zip(found.probabilities, exact, strict=True) if q > 1e-290]
    assert min(exact) < (1e-100 if beta > 100 else 1e-20)
    assert ratio == pytest.approx(np.ones(len(ratio)), abs=1e-12)


@pytest.mark.parametrize("rule, payoffs, size", [
    ("wright_fisher", [[3.0, 3.0], [0.0, 0.0]], 150), (FERMI, [[9.0] * 3, [4.0] * 3, [0.0] * 3], 60),
], ids=str)  # fmt: skip
def test_states_of_no_probability_do_not_matter(rule, payoffs, size):
    """The states that are left out last are so improbable that their weight underflows: the order makes no difference."""
    mutation = {"rate": 1e-9}
    found = stationary(loaded(configured(payoffs, size, rule, 3.0, mutation=mutation)))
    other = stationary(loaded(configured(payoffs[::-1], size, rule, 3.0, mutation=mutation)))
    assert found.probabilities.min() < 1e-300
    places = other.space.index(found.states[:, ::-1])
    assert other.probabilities[places] == pytest.approx(found.probabilities, rel=1e-10, abs=1e-290)


FOUR = [[1.0, 0.2, 0.5, 2.0], [2.0, 0.5, 0.1, 0.3], [0.3, 1.5, 1.0, 0.2], [0.6, 1.1, 0.9, 0.7]]
UNEQUAL = {"row": 3, "column": 25}


@pytest.mark.parametrize("config", [
    configured(THREE, 40, FERMI, 0.5, mutation={"rate": 0.02}),
    configured(FOUR, 14, "moran", 0.5, mutation={"rate": 0.05}),
    configured(BIMATRIX, UNEQUAL, FERMI, 0.5, names=ROLES, mutation={"rate": 0.05}),
    configured(BIMATRIX, {"row": 25, "column": 3}, "logit", 0.5, names=ROLES),
], ids=["three", "four", "a large second role", "a large first role"])  # fmt: skip
def test_methods_agree(config):
    model = loaded(config)
    found, other = stationary(model), stationary(model, method="sparse LU")
    assert "layers" in found.method
    assert other.method == "sparse LU"
    assert np.abs(found.probabilities - other.probabilities).sum() < 1e-12
    assert found.residual < 1e-14


def test_layers_and_one_dense_layer_agree():
    """Blocks larger than a panel, in layers and all at once."""
    matrix = chain(loaded(configured(THREE, 25, FERMI, 0.5, mutation={"rate": 0.02})))
    by_layers = stationary_vector(matrix.matrix, layers(matrix.states.counts[:, 0]))
    at_once = stationary_vector(matrix.matrix, np.array([0, matrix.states.number]))
    assert by_layers == pytest.approx(at_once, rel=1e-12)


def test_what_has_no_one_stationary_distribution():
    with pytest.raises(ValueError, match=r"one of 3 states that it never leaves .*20 S0; 20 S1; 20 S2.*absorption"):
        stationary(loaded(configured(THREE, 20, FERMI)))
    with pytest.raises(ValueError, match="finite well-mixed population, and here it is infinite"):
        stationary(
            loaded(
                configured(PAIR, 20, FERMI) | {"population": {"kind": "infinite"}, "dynamics": {"kind": "replicator"}}
            )
        )


def test_one_absorbing_state_is_a_stationary_distribution():
    """Best replies in a prisoner's dilemma: all defect, and the way there is transient."""
    found = stationary(loaded(configured([[3, 0], [5, 1]], 8, "best_response")))
    assert found.marginal("S0").tolist() == [1.0] + [0.0] * 8


TWO = [
    (rule, parts)
    for rule in (
        FERMI, {"kind": FERMI, "role_models": "all"}, "moran", {"kind": "moran", "death": "others"}, "imitation",
        {"kind": "imitation", "own": "excluded"}, "local_update", "proportional_imitation", "imitate_best",
        "best_response", "logit", "introspection", {"kind": "aspiration", "level": 0.7},
    )
    for parts in ({"mutation": {"rate": 0.05}}, {"mutation": {"rate": 0.02, "to": [[0.9, 0.1], [0.4, 0.6]]}})
]  # fmt: skip


@pytest.mark.parametrize("rule, parts", TWO, ids=str)
def test_two_strategies_agree_with_the_closed_form(rule, parts):
    """`birth_death` has its own payoffs and rates, in the log domain."""
    model = loaded(configured([[-1, 2], [0.1, 1]], 40, rule, **parts))
    found, other = stationary(model), birth_death(model)
    assert found.marginal("S0") == pytest.approx(other.probability, rel=1e-10, abs=1e-300)

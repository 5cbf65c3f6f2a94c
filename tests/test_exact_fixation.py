"""Exact fixation against reference values, closed forms in rational numbers, and linear solves of enumerated chains."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import naive
import numpy as np
import pytest
from examples import COPYING, TRAITS, group_game, matrix_game
from reference import cases
from scipy import stats
from two_strategies import config_of, counts_of, matrix_of, model_of, near, rates_by_enumeration, solved

from evo.exact.takeover.edge_rates import edge_log_rates, edge_log_ratios
from evo.exact.takeover.fixation import fixation, fixation_curve, log_fixation
from evo.exact.takeover.loops import fill_fates
from evo.exact.takeover.passage import fill_times

import random  # isort: skip

MORAN, PAIRWISE = cases("moran"), cases("pairwise")
PAIR = {"mutant": "S0", "resident": "S1"}


# ---- reference values


def check_reference(case, config, value, *, times=("t1", "t1_cond")):
    """Chances and times from one A, one B and, where they are given, every number of A."""
    model = model_of(config)
    curve, size = fixation_curve(model, **PAIR), config["population"]["size"]
    one = curve.at(1)
    assert one.probability == near(case, value["rho_A"])
    assert one.extinction == near(case, 1 - value["rho_A"])
    if "rho_B" in value:
        assert curve.extinction[size - 1] == near(case, value["rho_B"])
        assert fixation(model, mutant="S1", resident="S0").probability == near(case, value["rho_B"])
        assert np.exp(log_fixation(model, np.array([[0, 1], [1, 0]]))) == near(
            case, np.array([[value["rho_A"], value["rho_B"]], [value["rho_B"], value["rho_A"]]])
        )
    assert one.steps == near(case, value[times[0]])
    assert one.conditional_steps == near(case, value[times[1]])
    assert one.generations == one.steps / one.pace and one.notes == ()
    if f"sd_{times[0]}" in value:
        assert one.steps_sd == pytest.approx(value[f"sd_{times[0]}"], rel=1e-8)
        assert one.conditional_steps_sd == pytest.approx(value[f"sd_{times[1]}"], rel=1e-8)
    if "phi" in value:
        assert curve.probability[1:-1] == near(case, np.array(value["phi"]))
    if "t_all" in value:
        assert curve.steps[1:-1] == near(case, np.array(value["t_all"]))
        assert curve.conditional_steps[1:-1] == near(case, np.array(value["tA_all"]))


def moran_config(case):
    model = case["model"]
    selection = {"fitness": "linear" if model["fitness"].startswith("1-w") else "exponential"}
    population = {"self_interaction": model.get("self_interaction", False)}
    return config_of(model["payoff"], model["N"], intensity=model["w"], selection=selection, population=population)


@pytest.mark.pure
@pytest.mark.parametrize("name", [name for name in MORAN if "const" in name or "neutral" in name])
def test_moran_with_constant_fitness(name):
    case = MORAN[name]
    fitness, size = case["model"].get("r", 1.0), case["model"]["N"]
    model = model_of(config_of([[fitness] * 2, [1.0] * 2], size, intensity=1.0, selection={"fitness": "linear"}))
    found, value = fixation(model, **PAIR), case["value"]
    if isinstance(value, dict):
        assert found.steps == near(case, value["t1"])
        assert found.conditional_steps == near(case, value["t1N"])
        assert found.steps_sd == pytest.approx(value["sd_t1"], rel=1e-8)
        assert found.conditional_steps_sd == pytest.approx(value["sd_t1N"], rel=1e-8)
    else:
        assert found.probability == near(case, value)
        assert found.log_probability == pytest.approx(math.log(value), rel=1e-12)


@pytest.mark.parametrize("name", [name for name in MORAN if "payoff" in MORAN[name]["model"] and "weak" not in name])
def test_moran_game(name):
    case = MORAN[name]
    if "onethird" in name:
        found = fixation(model_of(moran_config(case)), **PAIR)
        assert found.probability * case["model"]["N"] == near(case, case["value"])
        return
    check_reference(case, moran_config(case), case["value"])


@pytest.mark.parametrize("name", [name for name in PAIRWISE if "erf" not in name])
@pytest.mark.parametrize("role_models", ["others", "all"])
def test_pairwise_comparison(name, role_models):
    case = PAIRWISE[name]
    rule = {"kind": "pairwise_comparison", "role_models": role_models}
    config = config_of(case["model"]["payoff"], case["model"]["N"], rule, intensity=case["model"]["beta"])
    check_reference(case, config, case["value"], times=(f"t1_{role_models}", f"t1_cond_{role_models}"))


def test_pairwise_comparison_that_an_error_function_approximates():
    case = PAIRWISE["fermi_erf_HD_N50_b0.1"]
    model = case["model"]
    found = fixation(model_of(config_of(model["payoff"], 50, "pairwise_comparison", intensity=model["beta"])), **PAIR)
    assert found.probability == near(case, case["value"]["exact"])


@pytest.mark.parametrize("name", cases("local_update"))
def test_local_update(name):
    case = cases("local_update")[name]
    check_reference(
        case,
        config_of(case["model"]["payoff"], case["model"]["N"], "local_update", intensity=case["model"]["w"]),
        case["value"],
    )


@pytest.mark.parametrize("name", cases("imitation_DB_wellmixed"))
@pytest.mark.parametrize("own, suffix", [("competes", "incl_self"), ("excluded", "excl_self")])
def test_imitation(name, own, suffix):
    case = cases("imitation_DB_wellmixed")[name]
    model, value = case["model"], case["value"]
    config = config_of(model["payoff"], model["N"], {"kind": "imitation", "own": own}, intensity=model["w"])
    renamed = {"rho_A": value[f"rho_A_{suffix}"]} | value
    check_reference(case, config, renamed, times=(f"t1_{suffix}", f"t1_cond_{suffix}"))


@pytest.mark.pure
@pytest.mark.parametrize("name", [name for name in cases("wright_fisher") if "fix" in name])
def test_wright_fisher(name):
    case = cases("wright_fisher")[name]
    model = case["model"]
    selection = {"fitness": {"exp": "exponential", "linear": "linear"}[model["fitness"]]}
    config = config_of(model["payoff"], model["N"], "wright_fisher", intensity=model["w"], selection=selection)
    check_reference(case, config, case["value"])


@pytest.mark.parametrize("name", [name for name in cases("nplayer") if name.startswith("pgg")])
@pytest.mark.parametrize("beta", [0.1, 1])
def test_public_goods_in_groups_drawn_without_replacement(name, beta):
    case = cases("nplayer")[name]
    model = case["model"]
    payoffs = {"S0": f"{model['r']}*k_S0/n - 1", "S1": f"{model['r']}*k_S0/n"}
    game = {"kind": "group", "size": model["N"], "payoffs": payoffs}
    config = config_of(game, model["Z"], "pairwise_comparison", intensity=float(beta), names=["S0", "S1"])
    found = fixation(model_of(config), **PAIR)
    assert found.probability == near(case, case["value"][f"rho_C_beta{beta}"])
    assert found.steps == near(case, case["value"][f"t1_beta{beta}"])


# ---- closed forms, in rational numbers


def log_of(number):
    """Natural logarithm of a fraction, to 40 digits and rounded."""
    with localcontext() as context:
        context.prec = 60
        return float((Decimal(number.numerator) / Decimal(number.denominator)).ln())


@pytest.mark.pure
@pytest.mark.parametrize("weak, power", [(0.1, -45), (4e-9, -400)])
def test_chances_far_below_the_range_of_doubles(weak, power):
    """rho = 1/(1 + sum of products) with payoffs as fitness, in fractions."""
    size, payoffs = 50, [[2 * weak, weak], [1.0, 1.5]]
    model = model_of(config_of(payoffs, size, intensity=1.0, selection={"fitness": "linear"}))
    total = product = Fraction(1)
    for k in range(1, size):
        mutant = (Fraction(payoffs[0][0]) * (k - 1) + Fraction(payoffs[0][1]) * (size - k)) / (size - 1)
        resident = (Fraction(payoffs[1][0]) * k + Fraction(payoffs[1][1]) * (size - k - 1)) / (size - 1)
        product *= resident / mutant
        total += product
    found = fixation(model, **PAIR)
    assert found.log_probability == pytest.approx(log_of(1 / total), rel=1e-14)
    assert found.log_probability < power * math.log(10)
    assert found.log_extinction == pytest.approx(log_of(1 - 1 / total), rel=1e-12)
    back = fixation(model, mutant="S1", resident="S0")
    assert back.log_probability == pytest.approx(log_of(product / total), rel=1e-12)
    assert math.isfinite(found.conditional_steps) and found.conditional_steps > size


def test_fermi_with_a_constant_difference():
    """rho = (e^b - 1)/(e^bZ - 1), here about 1e-45 and 1e-400."""
    for beta in (1.05, 9.3):
        found = fixation(model_of(config_of([[0, 0], [1, 1]], 100, "pairwise_comparison", intensity=beta)), **PAIR)
        with localcontext() as context:
            context.prec = 60
            expected = ((Decimal(beta).exp() - 1) / ((100 * Decimal(beta)).exp() - 1)).ln()
        assert found.log_probability == pytest.approx(float(expected), rel=1e-14)


@pytest.mark.parametrize("rule", ["moran", "pairwise_comparison", "imitation"])
def test_a_million_neutral_individuals(rule):
    size = 10**6
    found = fixation(model_of(config_of([[1, 1], [1, 1]], size, rule, intensity=0.7)), **PAIR)
    scale = size / (size - 1) if rule != "pairwise_comparison" else 2
    harmonic = math.fsum(1 / k for k in range(1, size))
    assert found.probability == pytest.approx(1 / size, rel=1e-11)
    assert found.steps == pytest.approx(scale * (size - 1) * harmonic, rel=1e-9)
    assert found.conditional_steps == pytest.approx(scale * (size - 1) ** 2, rel=1e-9)


def test_a_million_with_an_advantage():
    size, fitness = 10**6, 1 + 2**-20
    payoffs = [[fitness] * 2, [1.0] * 2]
    found = fixation(model_of(config_of(payoffs, size, intensity=1.0, selection={"fitness": "linear"})), **PAIR)
    log_fitness = math.log1p(2**-20)
    expected = math.expm1(-log_fitness) / math.expm1(-size * log_fitness)
    assert found.probability == pytest.approx(expected, rel=1e-10)


def test_what_the_two_chances_of_a_pair_have_to_do_with_each_other():
    """rho_i/rho_j is the product of all T+/T-; many pairs at once give what one gives."""
    config = config_of(matrix_game(random.Random(5), 6), 40, "pairwise_comparison", intensity=3.0, names=list("ABCDEF"))
    model = model_of(config)
    pairs = np.array([(i, j) for i in range(6) for j in range(i)])
    both, ratios = log_fixation(model, pairs), edge_log_ratios(model, pairs)
    assert both[:, 1] - both[:, 0] == pytest.approx(ratios.sum(axis=1), abs=1e-11)
    for (i, j), (one, other) in zip(pairs, both, strict=True):
        assert fixation(model, mutant="ABCDEF"[i], resident="ABCDEF"[j]).log_probability == pytest.approx(
            one, rel=1e-13
        )
        assert fixation(model, mutant="ABCDEF"[j], resident="ABCDEF"[i]).log_probability == pytest.approx(
            other, rel=1e-13
        )


def moments_in_decimals(up, down):
    """Mean and standard deviation of the time to absorption from k = 1..Z-1, from differences."""
    size = len(up) - 1

    def solved_for(source):
        above = [Decimal(0)] * (size + 1)  # T_k = source part + above_k T_{k+1}
        part = [Decimal(0)] * (size + 1)
        for k in range(1, size):
            pivot = up[k] + down[k] - down[k] * above[k - 1]
            above[k] = up[k] / pivot
            part[k] = (source[k] + down[k] * part[k - 1]) / pivot
        for k in range(size - 1, 0, -1):
            part[k] += above[k] * part[k + 1]
        return part

    mean = solved_for([Decimal(1)] * (size + 1))
    square = solved_for([2 * value - 1 for value in mean])
    return mean, [(second - first**2).sqrt() for first, second in zip(mean, square, strict=True)]


@pytest.mark.pure
@pytest.mark.parametrize("depth", [5, 100, 400, 800])
def test_times_at_the_ends_of_the_doubles(depth):
    """Plain numbers, their switch to logarithms, and means beyond 1e308, against differences in
    many digits."""
    rng = np.random.default_rng(depth)
    size, beyond = 5, 0
    for _ in range(2):
        log_up, log_down = np.full((2, size + 1), -np.inf)
        log_up[1:-1], log_down[1:-1] = -0.7 - depth * rng.random((2, size - 1))
        log_fixed, times = np.full(size + 1, -np.inf), np.empty((4, size + 1))
        fill_fates(log_down[1:-1] - log_up[1:-1], log_fixed, np.empty(size + 1))
        fill_times(log_up, log_down, log_fixed, times)
        with localcontext() as context:
            context.prec = 60 + 3 * depth
            up, down, fixed = ([Decimal(float(x)).exp() for x in logs] for logs in (log_up, log_down, log_fixed))
            given_up = [up[k] * fixed[k + 1] / fixed[k] if 0 < k < size else Decimal(0) for k in range(size + 1)]
            given_down = [down[k] * fixed[k - 1] / fixed[k] if 0 < k < size else Decimal(0) for k in range(size + 1)]
            expected = *moments_in_decimals(up, down), *moments_in_decimals(given_up, given_down)
            expected = np.array([[float(value) for value in row] for row in expected])
        for found, right in zip(times[:, 1:-1], expected[:, 1:-1], strict=True):
            assert found == pytest.approx(right, rel=1e-10)
        beyond += np.isinf(times[0]).any() + (times[0] > 1e150).any()
    assert (beyond > 0) == (depth == 800)


# ---- every rule, against enumeration


RULES = {
    "moran": {"kind": "moran"},
    "moran, others": {"kind": "moran", "death": "others"},
    "pairwise_comparison": {"kind": "pairwise_comparison"},
    "pairwise_comparison, all": {"kind": "pairwise_comparison", "role_models": "all"},
    "local_update": {"kind": "local_update", "largest_difference": 4.0},
    "local_update, all": {"kind": "local_update", "largest_difference": 4.0, "role_models": "all"},
    "proportional_imitation": {"kind": "proportional_imitation", "largest_difference": 4.0},
    "imitation": {"kind": "imitation"},
    "imitation, excluded": {"kind": "imitation", "own": "excluded"},
    "imitate_best": {"kind": "imitate_best"},
}
BIASED = [name for name in RULES if name.split(",")[0] not in ("moran", "imitate_best")]
MEETINGS = {
    "others": {},
    "itself": {"self_interaction": True},
    "focal": {"assortment": 0.3},
    "founder": {"assortment": 0.3, "assortment_kind": "founder"},
    "founder, itself": {"assortment": 0.2, "assortment_kind": "founder", "self_interaction": True},
}


def random_config(seed, rule, meeting, copying, fitness="exponential", size=9):
    """Three strategies with traits in a game of pairs, of three or that reads the mix."""
    rng = random.Random(seed)
    game = [matrix_game(rng, 3), group_game(rng, 3, 4)][seed % 2]
    if seed % 3 == 0:
        cells = [[f"{rng.uniform(0.1, 1)} + {rng.uniform(0.1, 1)}*x_A*x_C" for _ in range(3)] for _ in range(3)]
        game = {"kind": "matrix", "payoffs": cells}
    selection = {"bias": {"strength": 0.3, "weights": {"calm": 1.0}}} | copying
    if fitness == "linear":
        selection |= {"fitness": "linear", "intensity": 0.2}
    elif rule["kind"] not in ("proportional_imitation", "imitate_best"):
        selection |= {"intensity": 0.9}
    return config_of(game, size, rule, names=TRAITS, population=meeting, selection=selection)


def check_rates(config):
    log_up, log_down = edge_log_rates(model_of(config), np.array([[2, 0]]))
    up, down = rates_by_enumeration(config, 2, 0)
    assert np.exp(log_up[0]) == pytest.approx(up, rel=1e-12, abs=1e-300)
    assert np.exp(log_down[0]) == pytest.approx(down, rel=1e-12, abs=1e-300)
    ratios = edge_log_ratios(model_of(config), np.array([[2, 0]]))[0]
    with np.errstate(divide="ignore"):
        assert ratios == pytest.approx(np.log(down[1:-1]) - np.log(up[1:-1]), abs=1e-11, nan_ok=True)
    return up, down


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize("name", RULES)
@pytest.mark.rota
def test_rates_and_fixation_are_those_of_the_events(name, meeting):
    for seed in (1, 2, 3):
        config = random_config(seed, RULES[name], MEETINGS[meeting], {})
        up, down = check_rates(config)
        if name.split(",")[0] in ("proportional_imitation", "imitate_best"):
            continue  # not every state leads to both ends: below
        curve = fixation_curve(model_of(config), mutant="C", resident="A")
        found = curve.probability, curve.steps, curve.conditional_steps, curve.steps_sd, curve.conditional_steps_sd
        for values, expected in zip(found, solved(matrix_of(up, down)), strict=True):
            assert values[1:-1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("copying", COPYING)
@pytest.mark.parametrize("name", BIASED)
@pytest.mark.rota
def test_rates_with_biased_transmission(name, copying):
    for seed in (1, 2, 3):
        check_rates(random_config(seed, RULES[name], {}, COPYING[copying]))


@pytest.mark.parametrize("name", ["moran", "moran, others", "imitation", "imitation, excluded"])
def test_rates_with_linear_fitness(name):
    for seed in (2, 4, 5):
        check_rates(random_config(seed, RULES[name], MEETINGS["focal"], {}, fitness="linear"))


@pytest.mark.parametrize("name", [name for name in RULES if not name.startswith("moran")] + ["wright_fisher"])
def test_rules_that_change_everybody_at_once(name):
    """Next counts as sums of two binomials, from the chances of each individual."""
    rule = {"kind": "wright_fisher"} if name == "wright_fisher" else RULES[name] | {"update": "synchronous"}
    for seed in (1, 2):
        config = random_config(seed, rule, {}, {})
        size = config["population"]["size"]
        matrix = np.eye(size + 1)
        for k in range(1, size):
            counts = counts_of(config, 2, 0, k)
            world = naive.world_of(config, 0.0, {}, counts)
            earned = naive.payoffs(config, counts, world)
            if name == "wright_fisher":
                born = naive.wright_fisher(config, counts, earned)[2]
                matrix[k] = stats.binom.pmf(range(size + 1), size, born)
                continue
            kept = naive.next_strategy(config, 2, counts, earned, world)[2]
            won = naive.next_strategy(config, 0, counts, earned, world)[2]
            matrix[k] = np.convolve(
                stats.binom.pmf(range(k + 1), k, kept), stats.binom.pmf(range(size - k + 1), size - k, won)
            )
        curve = fixation_curve(model_of(config), mutant="C", resident="A")
        found = curve.probability, curve.steps, curve.conditional_steps, curve.steps_sd, curve.conditional_steps_sd
        with np.errstate(invalid="ignore"):
            expected = solved(matrix)
        possible = expected[0] > 1e-12
        for values, right in zip(found, expected, strict=True):
            assert values[1:-1][possible] == pytest.approx(right[possible], rel=1e-7, abs=1e-12)
        assert curve.pace == 1
        both = log_fixation(model_of(config), np.array([[2, 0]]))[0]
        assert both == pytest.approx([curve.log_probability[1], curve.log_extinction[size - 1]], rel=1e-12)


# ---- states with one way out, or none


def fates(up, down):
    """Chances to end at Z and at 0, by letting the chain run for ever."""
    matrix = matrix_of(up, down)
    for _ in range(60):
        matrix = matrix @ matrix
        matrix /= matrix.sum(axis=1, keepdims=True)
    return matrix[:, -1], matrix[:, 0]


@pytest.mark.pure
def test_chains_that_cannot_do_everything():
    """Any pattern of impossible gains and losses: states that only gain, that only lose, that cannot be left."""
    rng = np.random.default_rng(4)
    size, mixed, stuck = 7, 0, 0
    for _ in range(200):
        up, down = rng.uniform(0.1, 0.5, (2, size + 1)) * (rng.random((2, size + 1)) < 0.75)
        up[[0, -1]] = down[[0, -1]] = 0
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.log(down[1:-1]) - np.log(up[1:-1])
        log_fixed, log_lost = np.empty((2, size + 1))
        fill_fates(ratios, log_fixed, log_lost)
        fixed, lost = fates(up, down)
        assert np.exp(log_fixed) == pytest.approx(fixed, abs=1e-9)
        assert np.exp(log_lost) == pytest.approx(lost, abs=1e-9)
        mixed += (fixed + lost < 0.999).sum()
        stuck += (up[1:-1] + down[1:-1] == 0).any()
    assert mixed > 100 and stuck > 20


HAWK_DOVE, STAG_HUNT = [[-1, 2], [0, 1]], [[4, 0], [3, 2]]


@pytest.mark.parametrize("rule", ["imitate_best", "proportional_imitation"])
def test_rules_that_never_copy_the_worse(rule):
    """Dominance takes over, coordination goes where it starts, coexistence ends in a tie or in a to and fro."""
    sure = fixation(model_of(config_of([[2, 2], [1, 1]], 10, rule)), **PAIR)
    assert (sure.probability, sure.log_probability, sure.extinction, sure.mixed) == (1, 0, 0, 0)
    assert sure.steps == pytest.approx(sure.conditional_steps) == pytest.approx(sure.steps)
    hunt = fixation_curve(model_of(config_of(STAG_HUNT, 10, rule)), **PAIR)
    assert hunt.probability.tolist() == [0.0] * 8 + [1.0] * 3
    assert math.isnan(hunt.conditional_steps[1])
    neutral = fixation(model_of(config_of([[0.1, 0.1], [0.1, 0.1]], 10, rule)), **PAIR)
    assert (neutral.probability, neutral.extinction, neutral.mixed, neutral.steps) == (0, 0, 1, 0)
    assert "both strategies stay" in neutral.notes[0]
    tie = fixation(model_of(config_of(HAWK_DOVE, 10, rule)), **PAIR)  # payoffs are equal at 6
    assert (tie.probability, tie.extinction, tie.mixed) == (0, 0, 1) and 5 <= tie.steps < 200
    swing = fixation(model_of(config_of([[-1, 2], [0, 1.1]], 10, rule)), **PAIR)  # equal between 5 and 6
    assert (swing.mixed, swing.steps) == (1, math.inf)


def test_payoffs_that_differ_by_rounding_are_equal():
    """0.1 + 0.2 is not 0.3 in binary, but whoever imitates the best does not mind."""
    model = model_of(config_of([["0.1 + 0.2"] * 2, ["0.3"] * 2], 6, "imitate_best"))
    assert fixation(model, **PAIR).mixed == 1


# ---- what is refused, and what is said


@pytest.mark.parametrize(
    "config, words",
    [
        (config_of(HAWK_DOVE, 10, "logit"), "brings back absent strategies"),
        (config_of(HAWK_DOVE, 10, {"kind": "aspiration", "level": 1}), "nothing is ever fixed"),
        (config_of(HAWK_DOVE, 4000, "wright_fisher"), "at most 3000"),
        (config_of([["t", 1], [1, 1]], 10), "read t"),
        (config_of([["e", 1], [1, 1]], 10, environment={"e": {"kind": "trend", "start": 0, "rate": 1}}), "e moves"),
        (config_of([[0, 0], [0, 0]], 10, intensity=1.0, selection={"fitness": "linear"}), "fitness of everybody is 0"),
        (config_of([["1/x_S0", 1], ["1/(x_S0 - 0.5)", 1]], 10), "payoff of S1 is inf with 5 S0 among 5 S1"),
        (config_of([["9*x_S0", 1], [1, 1]], 10, {"kind": "local_update", "largest_difference": 2}), "largest_difference"),
        (config_of(HAWK_DOVE, 10) | {"population": {"kind": "infinite"}}, "finite populations"),
    ],
)  # fmt: skip
def test_what_has_no_fixation_is_refused(config, words):
    with pytest.raises(ValueError, match=words):
        fixation(model_of(config), **PAIR)


def test_wrong_names_and_starts():
    model = model_of(config_of(HAWK_DOVE, 10))
    with pytest.raises(ValueError, match="'S9' is not a strategy; strategies: S0, S1"):
        fixation(model, mutant="S9", resident="S1")
    with pytest.raises(ValueError, match="are both S1"):
        fixation(model, mutant="S1", resident="S1")
    with pytest.raises(ValueError, match="0 to 10, not 11"):
        fixation(model, **PAIR, start=11)
    ends = fixation(model, **PAIR, start=0), fixation(model, **PAIR, start=10)
    assert [(end.probability, end.extinction, end.steps) for end in ends] == [(0, 1, 0), (1, 0, 0)]


def test_mutation_is_left_out_and_the_environment_may_be_given():
    with_mutation = config_of([["e", 2], [0, 1]], 10, mutation={"rate": 0.1})
    with_mutation["environment"] = {"e": {"kind": "switching", "values": [0, -1], "rates": [[-1, 1], [1, -1]]}}
    found = fixation(model_of(with_mutation), **PAIR, environment={"e": -1})
    expected = fixation(model_of(config_of(HAWK_DOVE, 10)), **PAIR)
    assert found.log_probability == expected.log_probability
    assert "mutation (rate 0.1) is left out" in found.notes[0]
    with pytest.raises(ValueError, match="e moves"):
        fixation(model_of(with_mutation), **PAIR)

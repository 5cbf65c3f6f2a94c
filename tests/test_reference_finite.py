"""Finite populations against exact values that were computed another way (tests/reference).

Every comparison is two-sided (goodness of fit: upper tail) at ALPHA / COMPARISONS, so that by Bonferroni ALPHA bounds
the chance that a correct program fails anywhere in this file. Seeds are fixed. The negative controls put a wrong rule,
intensity or option through the same comparisons, which must then reject. `slow` repeats all with more replicates.
"""

import math

import numpy as np
import pytest
from reference import cases
from scipy import stats

from evo._spec import validate
from evo.canonical import point_hash
from evo.kernels.arrays import END, FIXED, FIXED_AT
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

ALPHA = 1e-4
COMPARISONS = 1500
BOUND = ALPHA / COMPARISONS
EVENTS = 1e7  # a run of fixations is given so many events, and
REPLICATES = 2000  # at most so many replicates; four times as many from the start that tells most
SAMPLES = 2000  # of a stationary distribution
APART = 20  # relaxation times between two samples, and before the first
ENOUGH = 200  # takeovers for a mean over them
EFFORT = [1, pytest.param(8, marks=pytest.mark.slow)]

NEEDS_EXACT = "an analytic quantity, which evo.exact gives and sampling cannot resolve"
LEFT_OUT = {
    "moran_weak_derivative_DON_N100": NEEDS_EXACT,
    "moran_weak_derivative_HD_N10": NEEDS_EXACT,
    "moran_weak_derivative_SD_N100": NEEDS_EXACT,
    "moran_weak_derivative_SH_N10": NEEDS_EXACT,
    "moran_onethird_x0.30_N200": "0.3 % from neutral: needs evo.exact",
    "moran_onethird_x0.30_N1000": "0.2 % from neutral: needs evo.exact",
    "fermi_erf_HD_N50_b0.1": "an approximation by formula, not a process",
    "ashcroft_HDSH_slow_switch_then_update": "this order is not offered (its value follows from update_then_switch "
    "by one switch at the start)",
}
# Relaxation times in events, so that a run sees rare visits to the other basin some thirty times, and its time average is
# near enough to normal. (Elsewhere the times follow from the asymptotic variance.)
RARE = {"fermi_stat_SH_N20_b1_mu0.01_other": 5000.0, "fermi_stat_SH_N20_b1_mu0.01_all": 25000.0}
made = []  # the comparisons so far


# ---- comparisons, as p-values


def of_share(successes, trials, probability):
    """Exact binomial test."""
    return stats.binomtest(int(successes), int(trials), min(max(probability, 0.0), 1.0)).pvalue


def of_mean(found, mean, standard_error):
    return 2 * stats.norm.sf(abs(found - mean) / standard_error)


def of_sample(sample, mean, sd=None):
    """z-test of a sample's mean, with the known standard deviation if there is one."""
    return of_mean(sample.mean(), mean, (sample.std(ddof=1) if sd is None else sd) / math.sqrt(len(sample)))


def of_distribution(sample, probabilities):
    """Chi-square goodness of fit of independent draws; neighbouring values are pooled until ten are expected."""
    seen, expected = [], []
    for found, mass in zip(np.bincount(sample, minlength=len(probabilities)), probabilities, strict=True):
        if not expected or expected[-1] >= 10:
            seen.append(0)
            expected.append(0.0)
        seen[-1] += found
        expected[-1] += mass * len(sample)
    if expected[-1] < 10:
        seen[-2:], expected[-2:] = [sum(seen[-2:])], [sum(expected[-2:])]
    return stats.chisquare(seen, np.array(expected) * sum(seen) / sum(expected)).pvalue


def agree(p_values):
    made.extend(p_values)
    assert p_values
    assert {name: p for name, p in p_values.items() if not p > BOUND} == {}


def disagree(p_values):
    assert min(p_values.values()) < BOUND, p_values


# ---- runs


def configured(payoffs, size, rule, intensity, *, fitness="exponential", names=None, self_interaction=False, **parts):
    """A model as data: payoffs is a matrix, or a game."""
    game = payoffs if isinstance(payoffs, dict) else {"kind": "matrix", "payoffs": payoffs}
    return {
        "strategies": names or [f"S{i}" for i in range(len(payoffs))],
        "game": game,
        "selection": {"intensity": intensity, "fitness": fitness},
        "population": {"kind": "well_mixed", "size": size, "self_interaction": self_interaction},
        "dynamics": rule if isinstance(rule, dict) else {"kind": rule},
        **parts,
    }


def planned(config, counts, **asked):
    """Model, plan and start for run_plan; times in generations."""
    model = validate(Model, config)
    start = [count / config["population"]["size"] for count in counts]
    options = {"record_every": None, "burn_in": 0.0, "until": "generations", "averages": False} | asked
    return model, plan_of(start, tolerance=1e-8, rest=0.0, watched=[], **options), start


def run(config, counts, replicates, **asked):
    model, plan, start = planned(config, counts, **asked)
    return run_plan(model, plan, seed=11, point=point_hash(model, start), replicates=replicates, workers=2)


def takeovers(config, counts, replicates):
    """Who took over in each replicate, and after how many events (generations of Wright-Fisher)."""
    recording = run(config, counts, replicates, generations=1e9, until="fixed")
    winner = recording.counts[:, FIXED]
    assert (winner >= 0).all()
    per_generation = 1 if config["dynamics"]["kind"] == "wright_fisher" else config["population"]["size"]
    return winner, recording.numbers[:, FIXED_AT] * per_generation


def fixation(
    config, counts, effort, *, share, time=None, time_sd=None, time_won=None, time_won_sd=None, lasting=1.0, many=1
):
    """p-values of a run from `counts` against the probability that strategy 0 takes over, the mean time until any does
    and the mean time where it does. `lasting`: about how many events, where the time is not known."""
    replicates = int(effort * min(many * REPLICATES, max(EVENTS / (time or lasting), ENOUGH)))
    winner, events = takeovers(config, counts, replicates)
    won = winner == 0
    found = {"share": of_share(won.sum(), replicates, share)}
    if time is not None:
        found["time"] = of_sample(events, time, time_sd)
    if time_won is not None and won.sum() >= ENOUGH:
        found["time if won"] = of_sample(events[won], time_won, time_won_sd)
    return found


def named(prefix, p_values):
    return {f"{prefix}: {name}": p for name, p in p_values.items()}


def sampled(config, counts, relaxation, effort):
    """Independent draws of the counts in the stationary state, (sample, strategy); time averages of the shares, one row
    per replicate; and the number of updates that each goes over."""
    size = config["population"]["size"]
    per_generation = 1 if config["dynamics"]["kind"] == "wright_fisher" else size
    spacing = math.ceil(APART * relaxation / per_generation)
    replicates, records = 10, int(effort * SAMPLES / 10)
    recording = run(
        config,
        counts,
        replicates,
        generations=spacing * (records + 1),
        record_every=spacing,
        burn_in=spacing,
        averages=True,
    )
    draws = np.rint(recording.mix[:, 1:] * size).astype(int)
    return draws.reshape(-1, len(counts)), recording.means[:, : len(counts)], records * spacing * per_generation


def stationary(config, pi, mean, asymptotic_sd, effort, relaxation=0.0):
    """p-values for two strategies: the distribution over the number of A, and the mean share of A."""
    size = config["population"]["size"]
    share = np.arange(size + 1) / size
    variance = pi @ share**2 - (pi @ share) ** 2
    relaxation = max(relaxation, asymptotic_sd**2 / 2 / variance)
    draws, means, updates = sampled(config, [size // 2, size - size // 2], relaxation, effort)
    error = asymptotic_sd / math.sqrt(updates * len(means))
    return {
        "distribution": of_distribution(draws[:, 0], pi),
        "mean": of_mean(means[:, 0].mean(), mean, error),
    }, draws


def chosen(topic, *others):
    """Ids of a topic's cases that are run, fewer those of `others`."""
    return [name for name in cases(topic) if name not in LEFT_OUT and not name.startswith(others)]


# ---- Moran

MORAN = cases("moran")
CONSTANT = [name for name in MORAN if name.startswith(("moran_const", "moran_neutral"))]
GAMES = [name for name in chosen("moran") if name not in CONSTANT]


def moran_game(case, **changed):
    model = case["model"]
    fitness = "linear" if model["fitness"].startswith("1-w") else "exponential"
    options = {"fitness": fitness, "self_interaction": model["self_interaction"]} | changed
    return configured(model["payoff"], model["N"], "moran", options.pop("intensity", model["w"]), **options)


def middle(phi):
    """The number of A from which the takeover is most in doubt."""
    return 1 + int(np.argmin(np.abs(np.array(phi) - 0.5)))


def from_three_starts(config, value, effort):
    """From one A, from one B, and from where the outcome is most in doubt."""
    size = config["population"]["size"]
    times = {"time": "t1", "time_sd": "sd_t1", "time_won": "t1_cond", "time_won_sd": "sd_t1_cond"}
    expected = {name: value.get(key) for name, key in times.items()}
    found = named("one A", fixation(config, [1, size - 1], effort, share=value["rho_A"], **expected))
    expected = {"time": value["t_all"][-1]} if "t_all" in value else {"lasting": value["t1"]}
    found |= named("one B", fixation(config, [size - 1, 1], effort, share=1 - value["rho_B"], **expected))
    if "phi" in value:
        found |= named("middle", from_the_middle(config, value, effort))
    return found


def from_the_middle(config, value, effort):
    place = middle(value["phi"])
    expected = {"share": value["phi"][place - 1]}
    if "t_all" in value:
        expected |= {"time": value["t_all"][place - 1], "time_won": value["tA_all"][place - 1]}
    return fixation(config, [place, config["population"]["size"] - place], effort, many=4, **expected)


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", CONSTANT)
def test_constant_fitness(name, effort):
    case = MORAN[name]
    size, fitness = case["model"]["N"], case["model"].get("r", 1.0)
    config = configured([[fitness] * 2, [1.0] * 2], size, "moran", 1.0, fitness="linear")
    value = case["value"]
    expected = {"share": value}
    if isinstance(value, dict):
        expected = {
            "share": (1 - 1 / fitness) / (1 - fitness**-size) if fitness != 1 else 1 / size,
            "time": value["t1"],
            "time_sd": value["sd_t1"],
            "time_won": value["t1N"],
            "time_won_sd": value["sd_t1N"],
        }
    agree(fixation(config, [1, size - 1], effort, many=4, **expected))


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", GAMES)
def test_moran_game(name, effort):
    agree(from_three_starts(moran_game(MORAN[name]), MORAN[name]["value"], effort))


def test_moran_death_spares_the_parent():
    """Death among the other N-1 instead of all N: the same takeovers, times shorter by (N-1)/N."""
    for name in ("moran_neutral_times_N10", "moran_const_times_N10_r1.1"):
        case = MORAN[name]
        size, fitness, value = case["model"]["N"], case["model"].get("r", 1.0), case["value"]
        share = 1 / size if fitness == 1 else (1 - 1 / fitness) / (1 - fitness**-size)
        times = {"time": value["t1"] * (1 - 1 / size), "time_won": value["t1N"] * (1 - 1 / size)}
        payoffs = [[fitness] * 2, [1.0] * 2]
        config = configured(payoffs, size, {"kind": "moran", "death": "others"}, 1.0, fitness="linear")
        agree(fixation(config, [1, size - 1], 1, share=share, many=4, **times))
        config = configured(payoffs, size, "moran", 1.0, fitness="linear")
        disagree(fixation(config, [1, size - 1], 1, share=share, many=4, **times))


def birth_death_chain(model, spared):
    """Stationary distribution, and relaxation time in events, of a Moran process in which a parent dies with the others
    (spared 0) or never (1); offspring mutate to the other strategy."""
    size, u, payoffs = model["N"], model["u"], np.array(model["payoff"])
    i = np.arange(size + 1)
    a = np.exp(model["w"] * (payoffs[0, 0] * (i - 1) + payoffs[0, 1] * (size - i)) / (size - 1)) * i
    b = np.exp(model["w"] * (payoffs[1, 0] * i + payoffs[1, 1] * (size - i - 1)) / (size - 1)) * (size - i)
    parent = a / (a + b)
    deaths = size - spared
    up = parent * (1 - u) * (size - i) / deaths + (1 - parent) * u * np.maximum(size - i - spared, 0) / deaths
    down = (1 - parent) * (1 - u) * i / deaths + parent * u * np.maximum(i - spared, 0) / deaths
    chain = np.diag(up[:-1], 1) + np.diag(down[1:], -1)
    chain += np.diag(1 - chain.sum(axis=1))
    pi = np.cumprod(np.r_[1.0, up[:-1] / down[1:]])
    return pi / pi.sum(), 1 / (1 - np.sort(np.linalg.eigvals(chain).real)[-2])


def test_moran_death_spares_a_parent_whose_offspring_mutated():
    """Only with mutation does sparing the parent change where the process goes. The chain itself is checked where the
    parent may die, against a case."""
    case = cases("moran_mutation")["moran_mut_PD_other"]
    assert birth_death_chain(case["model"], 0)[0] == pytest.approx(case["value"]["pi"], abs=1e-9)
    model = {"payoff": [[1, 3], [2, 1]], "N": 5, "w": 0.5, "u": 0.3}
    for death, spared in (("all", 0), ("others", 1)):
        mutation = {"rate": model["u"], "to": "others"}
        rule = {"kind": "moran", "death": death}
        config = configured(model["payoff"], model["N"], rule, model["w"], mutation=mutation)
        pi, relaxation = birth_death_chain(model, spared)
        draws, _, _ = sampled(config, [2, 3], relaxation, 10)
        agree({death: of_distribution(draws[:, 0], pi)})
        disagree({death: of_distribution(draws[:, 0], birth_death_chain(model, 1 - spared)[0])})


@pytest.mark.parametrize("own, label", [("competes", "incl_self"), ("excluded", "excl_self")])
@pytest.mark.parametrize("name", cases("imitation_DB_wellmixed"))
def test_imitation(name, own, label):
    """The focal's new strategy is drawn by fitness among all, its own included (then it is moran), or among the others."""
    case = cases("imitation_DB_wellmixed")[name]
    model, value = case["model"], case["value"]
    times = {"time": value[f"t1_{label}"], "time_won": value[f"t1_cond_{label}"]}
    expected = {"share": value[f"rho_A_{label}"], "many": 4, **times}
    rules = [{"kind": "imitation", "own": own}, *([{"kind": "moran"}] if own == "competes" else [])]
    for rule in rules:
        config = configured(model["payoff"], model["N"], rule, model["w"])
        agree(named(rule["kind"], fixation(config, [1, model["N"] - 1], 1, **expected)))
    other = {"kind": "imitation", "own": "excluded" if own == "competes" else "competes"}
    disagree(fixation(configured(model["payoff"], model["N"], other, model["w"]), [1, model["N"] - 1], 6, **expected))


@pytest.mark.parametrize(
    "name, changed",
    [
        ("moran_HD_N10_linear0.3", {"intensity": 0.2}),
        ("moran_HD_N10_linear0.3", {"fitness": "exponential"}),
        ("moran_PD_N10_linear0.1_self", {"self_interaction": False}),
        ("moran_DON_N10_exp0.1", {"self_interaction": True}),
        ("moran_SH_N10_exp1", {"fitness": "linear"}),
        ("moran_HD_N10_exp0.1_self", {"intensity": 0.2}),
    ],
)
def test_a_wrong_moran_game_is_rejected(name, changed):
    value = MORAN[name]["value"]
    disagree(from_the_middle(moran_game(MORAN[name], **changed), value, 4))


# ---- pairwise comparison

PAIRWISE = cases("pairwise")


def fermi(model, role_models="others", **parts):
    return configured(
        model["payoff"],
        model.get("N") or model["Z"],
        {"kind": "pairwise_comparison", "role_models": role_models},
        model["beta"],
        **parts,
    )


def met(value, role_models):
    """The values of one convention, under the names that both share."""
    renamed = {key: f"{key}_{role_models}" for key in ("t1", "t1_cond", "sd_t1", "sd_t1_cond")}
    plain = {key: value[key] for key in ("rho_A", "rho_B", "phi") if key in value}
    return plain | {key: value[old] for key, old in renamed.items() if old in value}


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("role_models", ["others", "all"])
@pytest.mark.parametrize("name", [name for name in chosen("pairwise") if name != "fermi_HD_N50_b1"])
@pytest.mark.rota
def test_pairwise_comparison(name, role_models, effort):
    case = PAIRWISE[name]
    agree(from_three_starts(fermi(case["model"], role_models), met(case["value"], role_models), effort))


@pytest.mark.slow
def test_pairwise_comparison_over_long_coexistence():
    """Mean time to takeover of 7.4 million events."""
    case = PAIRWISE["fermi_HD_N50_b1"]
    agree(from_three_starts(fermi(case["model"]), met(case["value"], "others"), 1))


def local(model, role_models="others", **changed):
    rule = {"kind": "local_update", "role_models": role_models} | changed
    return configured(model["payoff"], model["N"], rule, model["w"])


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("role_models", ["others", "all"])
@pytest.mark.parametrize("name", cases("local_update"))
def test_local_update(name, role_models, effort):
    """Role models from all N: the same takeovers, times longer by N/(N-1)."""
    case = cases("local_update")[name]
    size, value = case["model"]["N"], dict(case["value"])
    for time in ("t1", "t1_cond"):
        value[time] *= size / (size - 1) if role_models == "all" else 1
    agree(from_three_starts(local(case["model"], role_models), value, effort))


def test_a_wrong_largest_difference_is_rejected():
    case = cases("local_update")["local_PD_N10_w0.5"]
    disagree(from_the_middle(local(case["model"], largest_difference=7.0), case["value"], 4))


def test_wrong_role_models_are_rejected():
    case = PAIRWISE["fermi_HD_N10_b0.1"]
    value = met(case["value"], "others")
    expected = {"share": value["rho_A"], "time": value["t1"], "time_won": value["t1_cond"]}
    disagree(fixation(fermi(case["model"], "all"), [1, 9], 2, many=4, **expected))


@pytest.mark.parametrize("factor", [0.7, -1.0])
def test_a_wrong_fermi_function_is_rejected(factor):
    """Another intensity, and the opposite sign (payoffs turned round)."""
    case = PAIRWISE["fermi_SH_N10_b0.1"]
    payoffs = (factor * np.array(case["model"]["payoff"])).tolist()
    disagree(from_the_middle(fermi(case["model"] | {"payoff": payoffs}), case["value"], 4))


@pytest.mark.parametrize("name", chosen("small_mutation_limit"))
def test_one_mutant_among_three_strategies(name):
    """rho[i][j]: a single j takes over a population of i. The third strategy is absent, and has no say. (The stationary
    distribution of the small-mutation limit, `pi`, is an analysis of its own: evo.exact.)"""
    case = cases("small_mutation_limit")[name]
    found = {}
    for resident, row in enumerate(case["value"]["rho"]):
        for mutant, rho in enumerate(row):
            if rho is not None:
                counts = np.zeros(3, int)
                counts[[resident, mutant]] = case["model"]["Z"] - 1, 1
                winner, _ = takeovers(fermi(case["model"]), counts, 1000)
                found[f"{mutant} among {resident}"] = of_share((winner == mutant).sum(), len(winner), rho)
                assert set(winner) <= {resident, mutant}
    agree(found)


# ---- groups


def public_good(model):
    share = f"{model['r']}*k_C/{model['N']}"
    return {"kind": "group", "size": model["N"], "payoffs": {"C": f"{share} - 1", "D": share}}


def stag_hunt(model):
    pot = f"where(k_C >= {model['M']}, {model['F']}*k_C/{model['N']}, 0)"
    return {"kind": "group", "size": model["N"], "payoffs": {"C": f"{pot} - 1", "D": pot}}


def collective_risk(model):
    kept = f"where(k_C >= {model['M']}, 1, 1 - {model['risk']})"
    return {"kind": "group", "size": model["N"], "payoffs": {"C": f"{kept} - {model['c']}", "D": kept}}


def loner_game(model):
    pot = f"{model['r']}*k_C/(k_C + k_D)"
    pair = {"C": f"{pot} - {model['c']}", "D": pot}
    payoffs = {name: f"where(k_C + k_D > 1, {formula}, {model['sigma']})" for name, formula in pair.items()}
    return {"kind": "group", "size": model["group_size"], "payoffs": payoffs | {"L": model["sigma"]}}


def payoffs_at(config, counts):
    """Expected payoffs in a state, of the strategies present."""
    recording = run(config, counts, 1, generations=0)
    return recording.final[0, len(counts) : 2 * len(counts)]


def differences(game, size, **parts):
    """Payoff of the first strategy less that of the second, with 1, 2, ... size-1 of the first."""
    config = configured(game, size, "pairwise_comparison", 1.0, names=list(game["payoffs"]), **parts)
    return np.array([np.subtract(*payoffs_at(config, [i, size - i])) for i in range(1, size)])


@pytest.mark.parametrize("name", [name for name in cases("nplayer") if name.startswith("pgg")])
def test_public_good(name):
    case = cases("nplayer")[name]
    model, value = case["model"], case["value"]
    size = model["Z"]
    assert differences(public_good(model), size) == pytest.approx(value["diff"], rel=1e-9)
    with_replacement = differences(public_good(model), size, self_interaction=True)
    assert np.abs(with_replacement - value["diff"]).min() > 0.01
    found = {}
    for beta in ("0.1", "1"):
        config = configured(public_good(model), size, "pairwise_comparison", float(beta), names=["C", "D"])
        expected = {"share": value[f"rho_C_beta{beta}"], "time": value[f"t1_beta{beta}"]}
        found |= named(beta, fixation(config, [1, size - 1], 1, **expected))
    agree(found)


@pytest.mark.parametrize("name", [name for name in cases("nplayer") if name.startswith("nsh")])
def test_stag_hunt_payoffs(name):
    case = cases("nplayer")[name]
    found = differences(stag_hunt(case["model"]), 20)
    assert found == pytest.approx(case["value"]["finite_diff_Z20"], abs=1e-9)


FINITE_RISK = [name for name in cases("collective_risk") if name.startswith("crd_fin")]


def risk_config(case, **changed):
    model = case["model"] | changed
    return configured(
        collective_risk(model),
        model["Z"],
        {"kind": "pairwise_comparison", "role_models": "all" if "allpartner" in case["id"] else "others"},
        model["beta"],
        names=["C", "D"],
        mutation={"rate": model["mu"], "to": changed.get("to") or ("any" if "allmut" in case["id"] else "others")},
    )


@pytest.mark.parametrize("name", FINITE_RISK)
def test_collective_risk_gradient(name):
    """T+ - T- from evo's payoffs, and where it changes sign."""
    case = cases("collective_risk")[name]
    model, value = case["model"], case["value"]
    size, i = model["Z"], np.arange(1, model["Z"])
    pairs = size if "allpartner" in name else size - 1
    gain = differences(collective_risk(model), size)
    gradient = i * (size - i) / size / pairs * np.tanh(model["beta"] * gain / 2)
    assert gradient == pytest.approx(value["gradient"][1:size], abs=1e-10)
    turns = np.flatnonzero(np.sign(gradient[1:]) != np.sign(gradient[:-1]))
    assert [[i[place], i[place + 1]] for place in turns] == value["sign_changes"]


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", FINITE_RISK)
def test_collective_risk(name, effort):
    case = cases("collective_risk")[name]
    model, value = case["model"], case["value"]
    pi = np.array(value["pi"])
    found, draws = stationary(risk_config(case), pi, value["mean_C"], case["mc_asym_sd_meanC"], effort)
    size, group, least = model["Z"], model["N"], model["M"]
    achieved = stats.hypergeom.sf(least - 1, size, np.arange(size + 1), group)
    spread = math.sqrt(pi @ achieved**2 - (pi @ achieved) ** 2)
    agree(found | {"group achievement": of_sample(achieved[draws[:, 0]], value["eta_G"], spread)})


# ---- mutation: stationary distributions


def mutating(model, rate, all_strategies):
    return {"rate": rate, "to": "any" if all_strategies else "others"}


def moran_mutation(case, **changed):
    model = case["model"] | changed
    to = model.get("to") or ("any" if "ALL" in model["event"] else "others")
    return configured(model["payoff"], model["N"], "moran", model["w"], mutation={"rate": model["u"], "to": to})


def fermi_mutation(case, **changed):
    model = case["model"] | changed
    to = model.get("to") or ("any" if "_all" in case["id"] else "others")
    role_models = model.get("role_models") or ("all" if "withrepl" in case["id"] else "others")
    return fermi(model, role_models, mutation={"rate": model["mu"], "to": to, "when": model.get("when")})


PAIRS = [(topic, name) for topic in ("moran_mutation", "pairwise_mutation") for name in chosen(topic, "moran3")]


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("topic, name", PAIRS)
def test_stationary_distribution(topic, name, effort):
    case = cases(topic)[name]
    config = (moran_mutation if topic == "moran_mutation" else fermi_mutation)(case)
    pi = np.array(case["value"]["pi"])
    spread = case["mc_asym_sd_meanA"]
    agree(stationary(config, pi, case["value"]["mean_A"], spread, effort, RARE.get(name, 0.0))[0])


@pytest.mark.parametrize(
    "topic, name, changed",
    [
        ("moran_mutation", "moran_mut_PD_other", {"to": "any"}),
        ("moran_mutation", "moran_mut_SH_all", {"to": "others"}),
        ("moran_mutation", "moran_mut_HD_other", {"w": 0.1}),
        ("pairwise_mutation", "fermi_stat_PD_N20_b1_mu0.01_other", {"to": "any"}),
        ("pairwise_mutation", "fermi_stat_HD_N20_b1_mu0.01_other", {"beta": 0.8}),
        ("pairwise_mutation", "fermi_stat_SH_N30_b10_mu0.1_other", {"when": "after"}),
        ("collective_risk", "crd_fin_Z50_N6_M3_r0.2_mu0.02_allpartner_othermut", {"to": "any"}),
        ("collective_risk", "crd_fin_Z50_N6_M3_r0.8_mu0.005_othpartner_othermut", {"risk": 0.7}),
    ],
)
def test_a_wrong_stationary_distribution_is_rejected(topic, name, changed):
    case = cases(topic)[name]
    build = {"moran_mutation": moran_mutation, "pairwise_mutation": fermi_mutation, "collective_risk": risk_config}
    mean, spread = ("mean_C", "mc_asym_sd_meanC") if topic == "collective_risk" else ("mean_A", "mc_asym_sd_meanA")
    pi = np.array(case["value"]["pi"])
    disagree(stationary(build[topic](case, **changed), pi, case["value"][mean], case[spread], 1)[0])


# ---- three strategies


def three_strategies(case, **changed):
    """Counts drawn from the stationary state, and p-values for the moments that the case gives."""
    model, value = case["model"] | changed, case["value"]
    size = model["N"] if "N" in model else int(case["id"].split("_Z")[1].split("_")[0])
    rule = "moran" if "u" in model else "pairwise_comparison"
    config = configured(
        loner_game(model) if "game" in model else model["payoff"],
        size,
        rule,
        model["w"] if rule == "moran" else model["beta"],
        names=["C", "D", "L"] if "game" in model else None,
        mutation={"rate": model.get("u", model.get("mu")), "to": "any" if case["id"].endswith("_all") else "others"},
    )
    return config, size, value


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize(
    "topic, name",
    [
        ("moran_mutation", "moran3_stat_asym_N20_other"),
        *(("three_strategy_full_chain", name) for name in chosen("three_strategy_full_chain", "fermi_RPS_ext")),
    ],
)
def test_three_strategies(topic, name, effort):
    agree(of_three(cases(topic)[name], effort))


def of_three(case, effort, **changed):
    config, size, value = three_strategies(case, **changed)
    errors = np.array(case["mc_asym_sd_mean"])
    relaxation = (errors**2 / 2 / np.array(value["var"])).max()
    third = size // 3
    draws, means, updates = sampled(config, [third, third, size - 2 * third], relaxation, effort)
    found = {}
    for i, (mean, error) in enumerate(zip(value["mean"], errors, strict=True)):
        found[f"mean {i}"] = of_mean(means[:, i].mean(), mean, error / math.sqrt(updates * len(means)))
        squares = (draws[:, i] / size - mean) ** 2
        found[f"variance {i}"] = of_sample(squares, value["var"][i])
        if "p_mono" in value:
            found[f"only {i}"] = of_share((draws[:, i] == size).sum(), len(draws), value["p_mono"][i])
    if "mode_state" in value:
        there = (draws == value["mode_state"]).all(axis=1).sum()
        found["mode"] = of_share(there, len(draws), value["mode_prob"])
    return found


@pytest.mark.parametrize(
    "name, changed",
    [
        ("fermi3_asym3_N30_b0.5_mu0.05_other", {"beta": 0.4}),
        ("fermi3_PGGloner_Z30_b2_mu0.05_all", {"r": 2.8}),
        ("fermi3_PGGloner_Z30_b2_mu0.05_all", {"mu": 0.04}),
    ],
)
def test_wrong_three_strategies_are_rejected(name, changed):
    disagree(of_three(cases("three_strategy_full_chain")[name], 1, **changed))


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", ["fermi_RPS_extinction_N20_b0", "fermi_RPS_extinction_N20_b1"])
def test_rock_paper_scissors_to_extinction(name, effort):
    """The first extinction is read off the path, recorded at every event."""
    case = cases("three_strategy_full_chain")[name]
    model, value = case["model"], case["value"]
    size, replicates = model["N"], 400 * effort
    config = fermi(model)
    winner, events = takeovers(config, model["initial"], REPLICATES * effort)
    found = {f"{i} wins": of_share((winner == i).sum(), len(winner), p) for i, p in enumerate(value["p_fix"])}
    first = []
    for batch in range(0, replicates, 400):
        asked = {"generations": 5000 / size, "record_every": 1 / size, "until": "fixed"}
        model, plan, _ = planned(config, model["initial"], **asked)
        path = run_plan(model, plan, seed=12, point=3, replicates=400, first=batch, workers=2).mix
        model = case["model"]
        extinct = (path == 0).any(axis=2)
        assert extinct.any(axis=1).all()
        first.extend(extinct.argmax(axis=1))
    found["takeover"] = of_sample(events, value["t_fix"])
    found["first extinction"] = of_sample(np.array(first), value["t_first"])
    agree(found)


# ---- Wright-Fisher

WRIGHT_FISHER = cases("wright_fisher")


def wright_fisher(case, **changed):
    model = case["model"] | changed
    mutation = {}
    if "u" in model:
        mutation = {"rate": model["u"], "to": "any" if "over both" in model["event"] else "others"}
    fitness = {"exp": "exponential", "linear": "linear"}[model["fitness"]]
    return configured(model["payoff"], model["N"], "wright_fisher", model["w"], fitness=fitness, mutation=mutation)


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", chosen("wright_fisher", "wf_stat"))
def test_wright_fisher_fixation(name, effort):
    case = WRIGHT_FISHER[name]
    agree(from_three_starts(wright_fisher(case), case["value"], effort))


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", chosen("wright_fisher", "wf_fix"))
def test_wright_fisher_stationary_distribution(name, effort):
    case = WRIGHT_FISHER[name]
    pi = np.array(case["value"]["pi"])
    agree(stationary(wright_fisher(case), pi, case["value"]["mean_A"], case["mc_asym_sd_meanA"], effort)[0])


def test_a_wrong_wright_fisher_is_rejected():
    case = WRIGHT_FISHER["wf_fix_HD_N10_exp0.5"]
    disagree(from_three_starts(wright_fisher(case, w=0.4), case["value"], 1))
    case = WRIGHT_FISHER["wf_stat_PD_all"]
    pi = np.array(case["value"]["pi"])
    config = wright_fisher(case, event="to the other strategy")
    disagree(stationary(config, pi, case["value"]["mean_A"], case["mc_asym_sd_meanA"], 1)[0])


# ---- environments that switch

SWITCHING = cases("switching_environment")


def mixed(model):
    """The first matrix where e = 0, the second where e = 1."""
    pairs = zip(np.ravel(model["A_env0"]), np.ravel(model["A_env1"]), strict=True)
    cells = [f"{first}*(1 - e) + {second}*e" for first, second in pairs]
    return [cells[:2], cells[2:]]


def switching(model, start):
    leave = model["switch_prob_per_event"]
    law = {
        "kind": "switching",
        "values": [0, 1],
        "probabilities": [[1 - leave[0], leave[0]], [leave[1], 1 - leave[1]]],
        "start": start,
    }
    fitness = {"exp": "exponential", "linear": "linear"}[model["fitness"]]
    return configured(mixed(model), model["N"], "moran", model["w"], fitness=fitness, environment={"e": law})


def through_switching(case, effort, **changed):
    model, value = case["model"] | changed, case["value"]
    size, found, effort = model["N"], {}, effort / 2  # an environment that moves by steps takes its time
    for start in (0, 1):
        config = switching(model, start)
        expected = {"share": value["rho_env"][start], "time": value["t_env"][start]}
        found |= named(f"one A, {start}", fixation(config, [1, size - 1], effort, **expected))
        half = fixation(config, [size // 2, size // 2], effort, share=value["phi_half"][start], many=0.2)
        found |= named(f"half, {start}", half)
    config = switching(model, "stationary")
    return found | named("stationary", fixation(config, [1, size - 1], effort, share=value["rho_stat"]))


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", chosen("switching_environment", "periodic"))
def test_switching_environment(name, effort):
    agree(through_switching(SWITCHING[name], effort))


@pytest.mark.parametrize("effort", EFFORT)
def test_environment_that_alternates(effort):
    """A thousand events in one environment, a thousand in the other; the edges fall within generations."""
    case = SWITCHING["periodic_env_fermi_K1000"]
    model, value = case["model"], case["value"]
    size, found = model["N"], {}
    config = alternating(model, phase=0.5)
    for label, count, share in (("one A", 1, value["rho"]), ("half", size // 2, value["phi_half"])):
        found |= named(label, fixation(config, [count, size - count], effort, share=share, many=0.3))
    agree(found)


def alternating(model, phase):
    """A square wave: the first environment (e = 0) in the first half of the period where the phase is 1/2."""
    law = {"kind": "periodic", "mean": 0.5, "amplitude": 0.5, "period": 2000 / model["N"], "shape": "square"}
    law |= {"phase": phase, "per": "step"}
    return configured(mixed(model), model["N"], "pairwise_comparison", model["beta"], environment={"e": law})


def test_a_wrong_environment_is_rejected():
    """The other phase; and the odds of switching exchanged."""
    case = SWITCHING["periodic_env_fermi_K1000"]
    config = alternating(case["model"], phase=0.0)
    disagree(fixation(config, [15, 15], 1, share=case["value"]["phi_half"], many=0.3))
    exchanged = {"switch_prob_per_event": [0.1, 0.02]}
    disagree(through_switching(SWITCHING["ashcroft_HDSH_asym_update_then_switch"], 1, **exchanged))


# ---- rules that innovate

INNOVATIVE = cases("innovative_dynamics")


def innovative(name, **changed):
    """The model of a case, by the name that its rule has there."""
    model = INNOVATIVE[name]["model"] | changed
    rules = {
        "logit": {"kind": "logit"},
        "aspiration": {"kind": "aspiration", "level": model.get("aspiration", 0.0)},
        "kmr": {"kind": "best_response", "update": "synchronous"},
        "introspection3": {"kind": "introspection"},
    }
    mutation = {"rate": model["eps"], "to": "others", "when": "after"} if "eps" in model else {}
    rule = rules[name.split("_")[0]]
    return configured(model["payoff"], model["N"], rule, model.get("beta", 1.0), mutation=mutation)


def independent_ends(config, generations, replicates):
    """Counts at the end of runs from about equal shares, (replicate, strategy)."""
    size = config["population"]["size"]
    counts = [size // len(config["strategies"])] * len(config["strategies"])
    counts[0] += size - sum(counts)
    recording = run(config, counts, replicates, generations=generations, record_every=generations)
    return np.rint(recording.mix[:, -1] * size).astype(int)


@pytest.mark.parametrize("effort", EFFORT)
@pytest.mark.parametrize("name", [name for name in INNOVATIVE if "stat" in name or "aspiration" in name])
def test_stationary_distribution_of_innovative_rules(name, effort):
    """Means over time as well, where the asymptotic variance is known."""
    value, case = INNOVATIVE[name]["value"], INNOVATIVE[name]
    found, draws = stationary(
        innovative(name), np.array(value["pi"]), value["mean_A"], case["mc_asym_sd_meanA"], effort, relaxation=60.0
    )
    agree(found)
    if name in ("logit_stat_HD_N12", "aspiration_PD_N12"):
        other = independent_ends(innovative(name, beta=0.6 * case["model"]["beta"]), 30, len(draws))
        disagree({"distribution": of_distribution(other[:, 0], np.array(value["pi"]))})


def test_best_replies_of_all_at_once_with_mistakes():
    """Kandori, Mailath & Rob: from any start all are together in one generation but for mistakes, and the risk-dominant
    equilibrium is left once in 10^6 generations; so from its basin, two generations are the stationary state."""
    value = INNOVATIVE["kmr_SH_N10"]["value"]
    draws = run(innovative("kmr_SH_N10"), [1, 9], 6000, generations=40, record_every=40).mix[:, -1, 0]
    counts = np.rint(draws * 10).astype(int)
    agree({"distribution": of_distribution(counts, np.array(value["pi"]))})
    sequential = innovative("kmr_SH_N10") | {"dynamics": {"kind": "best_response"}}
    other = run(sequential, [1, 9], 6000, generations=1, record_every=1).mix[:, -1, 0]
    disagree({"distribution": of_distribution(np.rint(other * 10).astype(int), np.array(value["pi"]))})


def test_introspection_of_three_strategies():
    case = INNOVATIVE["introspection3_asym_N10"]
    config = innovative("introspection3_asym_N10")
    _, means, updates = sampled(config, [4, 3, 3], 60.0, 1)
    error = np.array(case["mc_asym_sd_mean"]) / math.sqrt(updates * len(means))
    agree({f"mean {i}": of_mean(means[:, i].mean(), case["value"][i], error[i]) for i in range(3)})
    wrong = innovative("introspection3_asym_N10", beta=0.8)
    means = sampled(wrong, [4, 3, 3], 60.0, 1)[1]
    disagree({f"mean {i}": of_mean(means[:, i].mean(), case["value"][i], error[i]) for i in range(3)})


# ---- where a run ends


@pytest.mark.parametrize("rule, payoffs", [
    ("moran", [[1, 1], [1, 1]]),
    ("pairwise_comparison", [["x_S0", 0], [0, "x_S1"]]),
    ("wright_fisher", [[1, 1], [1, 1]]),
])  # fmt: skip
def test_a_run_until_fixation_ends_with_it(rule, payoffs):
    """Its end is the time of fixation, and averages go over the states before, whatever is recorded."""
    config = configured(payoffs, 10, rule, 1.0)
    per_generation = 1 if rule == "wright_fisher" else 10
    asked = {"generations": 1000, "until": "fixed", "averages": True}
    recording = run(config, [5, 5], 20, **asked)
    assert (recording.counts[:, FIXED] >= 0).all()
    assert (recording.numbers[:, END] == recording.numbers[:, FIXED_AT]).all()
    paths = run(config, [5, 5], 20, record_every=1 / per_generation, **asked)
    for row in range(20):
        steps = round(paths.numbers[row, FIXED_AT] * per_generation)
        assert paths.means[row, 0] == pytest.approx(paths.mix[row, :steps, 0].mean())


# ---- the list


def test_what_is_left_out_exists_and_has_a_reason():
    """All else in these files runs: the tests above take their cases from the files."""
    topics = ("moran", "pairwise", "switching_environment")
    assert set(LEFT_OUT) <= {name for topic in topics for name in cases(topic)}
    assert all(LEFT_OUT.values())


def test_there_are_no_more_comparisons_than_the_bound_counts_on():
    assert len(made) <= COMPARISONS

"""Stochastic differential equations of the mix: their laws where these are known, with steps long and short.

Neutral diffusions are martingales whose second moments follow from a linear equation; the chance to be fixed follows from
the scale function; sizes under shocks are lognormal where payoffs do not depend on the mix. Two-sided at ALPHA.
"""

import math

import naive
import numpy as np
import pytest
from examples import model_of, rule_of
from reference import cases
from scipy import stats
from scipy.integrate import quad

import evo
from evo.kernels.arrays import FIXED
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

ALPHA = 1e-4
BOUND = ALPHA / 200  # comparisons in this file
FLAT = [[0.0, 0.0], [0.0, 0.0]]
STEPS = (0.5, 0.1, 0.02)
RUNS = {0.5: 16_000, 0.1: 8000, 0.02: 2500}  # replicates by step


def ends(config, generations, replicates, start, seed=3):
    """Shares at the end, (replicates, strategies)."""
    path = evo.simulate(
        Model.model_validate(config),
        generations=generations,
        record_every=generations,
        replicates=replicates,
        seed=seed,
        start=start,
        workers=2,
    )
    return path.mix[:, -1]


def winners(config, replicates, start, seed=3):
    """Whether A was fixed in each replicate, run until one of two strategies is."""
    model, shares = Model.model_validate(config), [start, 1 - start]
    options = {"record_every": None, "burn_in": 0.0, "until": "fixed", "averages": False, "watched": []}
    plan = plan_of(shares, generations=1e6, tolerance=1e-8, rest=0.0, **options)
    recording = run_plan(model, plan, seed=seed, point=1, replicates=replicates, workers=2)
    assert (recording.counts[:, FIXED] >= 0).all()
    return recording.counts[:, FIXED] == 0


def of_mean(sample, mean):
    return 2 * stats.norm.sf(abs(sample.mean() - mean) / (sample.std() / math.sqrt(len(sample))))


def of_share(hits, share):
    return stats.binomtest(int(hits.sum()), len(hits), share).pvalue


# ---- demographic noise


def diffusion(payoffs, of, size, step, **parts):
    dynamics = {"kind": "langevin", "of": of if isinstance(of, dict) else rule_of(of), "step": step}
    config = model_of(len(payoffs), {"kind": "matrix", "payoffs": payoffs}, dynamics=dynamics)
    return config | {"population": {"kind": "well_mixed", "size": size}} | parts


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("of, speed", [("moran", 2.0), ("pairwise_comparison", 1.0), ("imitation", 2.0)])
@pytest.mark.rota
def test_neutral_shares_are_martingales(of, speed, step):
    """Whatever the step: the mean stays where it was, a start of 0.3 (and of one in twenty) is its chance to be fixed, and
    E[x(1-x)] falls by the factor 1 - speed*step/Z in every step, the variance of a step being speed*x(1-x)*step/Z."""
    size, generations = 20, 10
    for start in (0.3, 0.05):
        begun = ends(diffusion(FLAT, of, size, step), generations, RUNS[step], {"A": start})[:, 0]
        assert of_mean(begun, start) > BOUND
        kept = start * (1 - start) * (1 - speed * step / size) ** round(generations / step)
        assert of_mean(begun * (1 - begun), kept) > BOUND
        assert of_share(winners(diffusion(FLAT, of, size, step), RUNS[step], start), start) > BOUND
    assert of_mean(begun * (1 - begun), kept * 0.7) < BOUND


@pytest.mark.parametrize("step", STEPS)
def test_covariance_of_three_neutral_strategies(step):
    """Cov(x_i, x_j) = x_i (delta_ij - x_j) (1 - (1 - 2 step/Z)^steps), exact in each step but for the boundary, which is
    far away here."""
    size, generations, start = 400, 10, np.array([0.2, 0.5, 0.3])
    config = diffusion([[0.0] * 3] * 3, "moran", size, step)
    mixes = ends(config, generations, RUNS[step], dict(zip("ABC", start, strict=True)))
    spread = 1 - (1 - 2 * step / size) ** round(generations / step)
    centred = mixes - start
    for i in range(3):
        for j in range(i + 1):
            expected = start[i] * ((i == j) - start[j]) * spread
            assert of_mean(centred[:, i] * centred[:, j], expected) > BOUND
            assert of_mean(centred[:, i] * centred[:, j], expected * 1.5) < BOUND


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("size, rate", [(10, 0.04), (40, 0.2)])
def test_mutation_at_the_boundary(size, rate, step):
    """Neutral moran with mutation between two: x' = mu (1-2x), variance (mu + (2-4mu) x(1-x))/Z, so that moments close;
    shares spend much time near 0, where noise must neither be lost nor push inward."""
    config = diffusion(FLAT, "moran", size, step, mutation={"rate": rate})
    found = ends(config, 20, RUNS[step], {"A": 0.5})[:, 0]
    assert found.min() >= 0
    assert of_mean(found, 0.5) > BOUND
    # E[x^2] of the scheme: y + 2h E[x m] + h^2 E[m^2] + h E[V]/Z = y, with m = mu (1-2x), E[x] = 1/2
    h, mu = step, rate
    a = -4 * mu * h + 4 * mu**2 * h**2 - (2 - 4 * mu) * h / size
    b = mu * h + h**2 * mu**2 * (1 - 2) + h * (mu + (2 - 4 * mu) / 2) / size
    second = -b / a
    assert of_mean(found**2, second) > BOUND
    assert of_mean(found**2, second * 1.2) < BOUND


@pytest.mark.parametrize("step", STEPS)
def test_fixation_under_constant_selection(step):
    """local_update with a constant advantage: x' = s x(1-x), variance x(1-x)/Z, fixed with probability
    (1 - exp(-2 s Z x)) / (1 - exp(-2 s Z)) [Kimura 1962]. The scheme's own error is first order in the step."""
    size, gain, start = 50, 0.06, 0.2
    payoffs = [[gain, gain], [0.0, 0.0]]
    config = diffusion(payoffs, {"kind": "local_update", "largest_difference": 1.0}, size, step)
    fixed = winners(config, RUNS[step], start)
    share = (1 - math.exp(-2 * gain * size * start)) / (1 - math.exp(-2 * gain * size))
    assert of_share(fixed, share) > BOUND
    assert of_share(fixed, share * 0.8) < BOUND


HAWKS = [[-1.0, 2.0], [0.0, 1.0]]


def chain(of, payoffs, size, start, generations, mutation):
    """Mean and variance of the share of A after so long, from the finite process with two strategies itself. Players
    meet themselves too, and may be their own models, so that payoffs and chances are those of shares."""
    rule = rule_of(of) | (
        {"role_models": "all"} if of in ("pairwise_comparison", "local_update", "proportional_imitation") else {}
    )
    config = model_of(2, {"kind": "matrix", "payoffs": payoffs}, dynamics=rule, mutation=mutation)
    config["population"] = {"kind": "well_mixed", "size": size, "self_interaction": True}
    up, down = np.zeros(size + 1), np.zeros(size + 1)
    for count in range(size + 1):
        counts = [count, size - count]
        chances = naive.transitions(config, counts, naive.world_of(config, 0.0, {}, counts))
        up[count], down[count] = chances.get((1, 0), 0.0), chances.get((0, 1), 0.0)
    chance = np.zeros(size + 1)
    chance[round(start * size)] = 1.0
    for _ in range(round(generations * size)):
        moved = chance * (1 - up - down)
        moved[1:] += (chance * up)[:-1]
        moved[:-1] += (chance * down)[1:]
        chance = moved
    share = np.arange(size + 1) / size
    mean = chance @ share
    return mean, chance @ (share - mean) ** 2


OF = [
    "pairwise_comparison",
    "local_update",
    "proportional_imitation",
    "imitation",
    "moran",
    "logit",
    "aspiration",
    "introspection",
]


@pytest.mark.parametrize("of", OF)
def test_short_runs_against_the_finite_process(of):
    """Mean and variance of the diffusion and of the process of the same size: the rest is of order 1/Z."""
    size, start, generations, mutation = 400, 0.3, 3.0, {"rate": 0.05}
    mean, variance = chain(of, HAWKS, size, start, generations, mutation)
    rule = rule_of(of)
    found = ends(diffusion(HAWKS, rule, size, 0.05, mutation=mutation), generations, 6000, {"A": start})[:, 0]
    error = math.sqrt(variance / len(found))
    assert abs(found.mean() - mean) < stats.norm.isf(BOUND / 2) * error + 2 / size
    assert abs(found.var() / variance - 1) < stats.norm.isf(BOUND / 2) * math.sqrt(2 / len(found)) + 0.05
    other = ends(diffusion(HAWKS, rule, 200, 0.05, mutation=mutation), generations, 6000, {"A": start})[:, 0]
    assert abs(other.var() / variance - 1) > 0.5


def test_the_mean_of_a_diffusion_of_a_million_is_the_flow():
    """Noise of a thousandth, and the error of Euler's scheme, which halves with the step."""
    flow = model_of(2, {"kind": "matrix", "payoffs": HAWKS}, dynamics={"kind": "moran"})
    exact = ends(flow, 3.0, 1, {"A": 0.1})[0, 0]
    errors = [
        ends(diffusion(HAWKS, "moran", 10**9, step), 3.0, 40, {"A": 0.1})[:, 0].mean() - exact
        for step in (0.2, 0.1, 0.05)
    ]
    assert abs(errors[2]) < 0.01
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.25) and errors[1] / errors[2] == pytest.approx(2, rel=0.25)


def test_two_roles_diffuse_apart():
    """Each role with its own size, neutral: shares are martingales, and independent."""
    people = {name: {"role": "row" if name in "AB" else "column"} for name in "ABXY"}
    game = {"kind": "bimatrix", "row": FLAT, "column": FLAT}
    dynamics = {"kind": "langevin", "of": {"kind": "moran"}, "step": 0.1}
    config = {"strategies": people, "game": game, "dynamics": dynamics}
    config["population"] = {"kind": "well_mixed", "size": {"row": 40, "column": 160}}
    found = ends(config, 8.0, 8000, {"A": 0.4, "X": 0.7})
    for i, start, size in ((0, 0.4, 40), (2, 0.7, 160)):
        assert of_mean(found[:, i], start) > BOUND
        spread = start * (1 - start) * (1 - (1 - 0.2 / size) ** 80)
        assert of_mean((found[:, i] - start) ** 2, spread) > BOUND
    assert of_mean((found[:, 0] - 0.4) * (found[:, 2] - 0.7), 0.0) > BOUND


# ---- aggregate shocks


def shaken(payoffs, sigma, step, **parts):
    dynamics = {"kind": "aggregate_shocks", "sigma": sigma, "step": step}
    return model_of(len(payoffs), {"kind": "matrix", "payoffs": payoffs}, dynamics=dynamics) | parts


@pytest.mark.parametrize("step", [1.0, 0.1])
def test_sizes_are_lognormal_where_payoffs_are_constant(step):
    """log(x_i/x_j) is normal with mean (beta (pi_i - pi_j) - (sigma_i^2 - sigma_j^2)/2) t, variance
    (sigma_i^2 + sigma_j^2) t, and covariance sigma_j^2 t with log(x_k/x_j), for any step."""
    payoffs, sigma, beta = [[0.3] * 3, [0.1] * 3, [-0.2] * 3], [0.5, 0.2, 0.9], 1.5
    config = shaken(payoffs, dict(zip("ABC", sigma, strict=True)), step, selection={"intensity": beta})
    found = np.log(ends(config, 2.0, 20_000, {"A": 0.5, "B": 0.3, "C": 0.2}))
    start = np.log([0.5, 0.3, 0.2])
    logs = found - start - (found - start)[:, [1]]
    for i in (0, 2):
        mean = (beta * (payoffs[i][0] - 0.1) - (sigma[i] ** 2 - 0.04) / 2) * 2
        law = stats.norm(mean, math.sqrt((sigma[i] ** 2 + 0.04) * 2))
        assert stats.kstest(logs[:, i], law.cdf).pvalue > BOUND
        assert stats.kstest(logs[:, i], stats.norm(mean, 1.1 * law.std()).cdf).pvalue < BOUND
        assert stats.kstest(logs[:, i], stats.norm(mean + 0.08, law.std()).cdf).pvalue < BOUND
    centred = logs - logs.mean(axis=0)
    assert of_mean(centred[:, 0] * centred[:, 2], 0.04 * 2) > BOUND
    assert of_mean(centred[:, 0] * centred[:, 2], 0.0) < BOUND


def test_drift_of_the_log_odds_near_the_corners():
    """alpha near x = 0, alpha + beta near x = 1 [Fudenberg & Harris 1992], the Ito correction included."""
    case = cases("stochastic_replicator")["fh_PD_s1_2"]
    payoffs, sigma = case["model"]["payoff"], dict(zip("AB", case["model"]["sigma"], strict=True))
    for near, drift in ((1e-30, case["value"]["alpha"]), (1 - 1e-12, case["value"]["alpha_plus_beta"])):
        mixes = ends(shaken(payoffs, sigma, 0.05), 0.5, 20_000, {"A": near})
        odds = np.log(mixes[:, 0]) - np.log(mixes[:, 1]) - (math.log(near) - math.log1p(-near))
        assert of_mean(odds, drift * 0.5) > BOUND
        assert of_mean(odds, (drift - 1.5) * 0.5) < BOUND  # without the correction


def scale_share(payoffs, sigma, start):
    """P(x -> 1) from the scale function of the log-odds u: s'(u) = exp(-2 int m/v), m the drift and v the variance."""
    (a, b), (c, d) = payoffs
    v, shift = sigma[0] ** 2 + sigma[1] ** 2, -(sigma[0] ** 2 - sigma[1] ** 2) / 2

    def density(u):  # int of x(u) du is log(1 + e^u)
        return math.exp(-2 / v * ((b - d + shift) * u + (a - b - c + d) * np.logaddexp(0.0, u)))

    middle = math.log(start / (1 - start))
    low, high = (quad(density, *ends, limit=200)[0] for ends in ((-60, middle), (middle, 60)))
    return low / (low + high)


def test_who_wins_a_stag_hunt_under_shocks():
    case = cases("stochastic_replicator")["fh_SH_fix_x0.5"]
    model, expected = case["model"], case["value"]
    assert scale_share(model["payoff"], model["sigma"], model["x0"]) == pytest.approx(expected, abs=1e-8)
    sigma = dict(zip("AB", model["sigma"], strict=True))
    won = ends(shaken(model["payoff"], sigma, 0.05), 30, 8000, {"A": model["x0"]})[:, 0]
    assert ((won < 1e-3) | (won > 1 - 1e-3)).all()
    assert of_share(won > 0.5, expected) > BOUND
    assert of_share(won > 0.5, expected * 1.3) < BOUND
    for start in (0.7, 0.85):
        won = ends(shaken(model["payoff"], sigma, 0.05), 30, 4000, {"A": start})[:, 0]
        assert of_share(won > 0.5, scale_share(model["payoff"], model["sigma"], start)) > BOUND


def test_shocks_of_strength_zero_are_the_replicator():
    """Euler's scheme in logarithms: the error is proportional to the step."""
    flow = model_of(3, {"kind": "matrix", "payoffs": [[0, -1, 2], [2, 0, -1], [-1, 2, 0]]})
    start = {"A": 0.6, "B": 0.3, "C": 0.1}
    exact = ends(flow, 3.0, 1, start)[0]
    errors = []
    for step in (0.1, 0.05, 0.025):
        config = shaken(flow["game"]["payoffs"], 0.0, step)
        errors.append(np.abs(ends(config, 3.0, 1, start)[0] - exact).max())
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.2) and errors[1] / errors[2] == pytest.approx(2, rel=0.1)


def test_weak_order_of_shocks():
    """The mean share after a generation in a game of dilemma: twice the step, twice the error, against a fine step."""
    payoffs, start = [[3.0, 0.0], [5.0, 1.0]], {"A": 0.9}
    means = {step: ends(shaken(payoffs, 0.3, step), 1.0, 60_000, start)[:, 0] for step in (0.5, 0.25, 0.02)}
    coarse, middle = (means[step].mean() - means[0.02].mean() for step in (0.5, 0.25))
    assert coarse / middle == pytest.approx(2, rel=0.3)
    assert abs(middle) > 5 * means[0.25].std() / math.sqrt(60_000)  # more than noise


def test_shares_too_small_for_a_double_come_back():
    """Sizes are carried as logarithms."""
    config = shaken([[0.0] * 2] * 2, 40.0, 0.5)
    path = evo.simulate(Model.model_validate(config), generations=4000, replicates=4, seed=1)
    share = path.mix[:, :, 0]
    gone = share == 0
    assert gone.any()
    for row, lost in zip(share, gone, strict=True):
        if lost.any():
            assert row[np.argmax(lost) :].max() > 0.5
    assert path.mix.sum(axis=2) == pytest.approx(1.0, abs=1e-12) and np.isfinite(path.mix).all()

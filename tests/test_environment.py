"""Environment laws along their paths, in infinite and in finite populations: values, event times, distributions, and
the streams that they are drawn from. Random laws are tested at ALPHA / TESTS with fixed seeds."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp

import evo
from evo._spec import ConfigError, validate
from evo.kernels.random import stream_key
from evo.model import Model
from evo.recording import plan_of
from evo.series import embed
from evo.simulation import run_plan

ALPHA, TESTS = 1e-4, 200
BOUND = ALPHA / TESTS
SIZE = 20  # of the finite populations
STILL = [[0.0, 0.0], [0.0, 0.0]]  # a game in which nothing is at stake
INFINITE = {"population": {"kind": "infinite"}, "dynamics": {"kind": "replicator"}}
FINITE = {"population": {"kind": "well_mixed", "size": SIZE}, "dynamics": {"kind": "moran"}}
REDRAWN = {"population": {"kind": "well_mixed", "size": SIZE}, "dynamics": {"kind": "wright_fisher"}}
MAPPED = {"population": {"kind": "infinite"}, "dynamics": {"kind": "wright_fisher"}}
KINDS = {"infinite": INFINITE, "finite": FINITE, "redrawn": REDRAWN, "mapped": MAPPED}


def model_of(environment, kind="infinite", payoffs=STILL, **parts):
    game = {"kind": "matrix", "payoffs": payoffs}
    config = {"strategies": ["A", "B"], "game": game, "environment": environment, **KINDS[kind]} | parts
    return validate(Model, config)


def run(model, generations, *, every=None, start=(0.5, 0.5), replicates=1, seed=1, point=1, averages=False):
    plan = plan_of(
        start,
        generations=generations,
        record_every=every or generations,
        burn_in=0.0,
        tolerance=1e-10,
        until="generations",
        rest=0.0,
        averages=averages,
        watched=[],
    )
    return run_plan(model, plan, seed=seed, point=point, replicates=replicates, workers=2)


def path(law, generations, kind="infinite", *, every=1.0, **asked):
    """Values of one variable, (replicate, time), and the times."""
    values = run(model_of({"e": law}, kind), generations, every=every, **asked).environment[:, :, 0]
    return values, every * np.arange(values.shape[1])


def likely(p_value):
    assert p_value > BOUND, p_value


def normal_test(sample, mean, sd=None):
    spread = sample.std(ddof=1) if sd is None else sd
    return 2 * stats.norm.sf(abs(sample.mean() - mean) / spread * math.sqrt(len(sample)))


# ---- laws that are functions of time

PERIODIC = {"kind": "periodic", "mean": 2.0, "amplitude": 0.7, "period": 7.3, "phase": 0.15}
TRENDS = [
    ({"shape": "linear", "start": 1.0, "rate": 0.25}, lambda t: 1 + 0.25 * t),
    ({"shape": "linear", "start": 1.0, "rate": 0.25, "ceiling": 3.1}, lambda t: np.minimum(1 + 0.25 * t, 3.1)),
    ({"shape": "linear", "start": 1.0, "rate": -0.3, "floor": -0.5}, lambda t: np.maximum(1 - 0.3 * t, -0.5)),
    ({"shape": "exponential", "start": 2.0, "rate": -0.2}, lambda t: 2 * np.exp(-0.2 * t)),
    (
        {"shape": "exponential", "start": 2.0, "rate": 0.1, "ceiling": 5.0},
        lambda t: np.minimum(2 * np.exp(0.1 * t), 5.0),
    ),
    (
        {"shape": "exponential", "start": -2.0, "rate": 0.1, "floor": -5.0},
        lambda t: np.maximum(-2 * np.exp(0.1 * t), -5.0),
    ),
    (
        {"shape": "exponential", "start": 2.0, "rate": -0.2, "floor": 0.5},
        lambda t: np.maximum(2 * np.exp(-0.2 * t), 0.5),
    ),
    (
        {"shape": "logistic", "start": 0.2, "rate": 0.4, "ceiling": 2.0},
        lambda t: 2 / (1 + (2 / 0.2 - 1) * np.exp(-0.4 * t)),
    ),
    (
        {"shape": "logistic", "start": 1.2, "rate": -0.4, "floor": 1.0, "ceiling": 2.0},
        lambda t: 1 + 1 / (1 + (0.8 / 0.2) * np.exp(0.4 * t)),
    ),
]
TABLE = [(2000.0, 1.0), (2001.0, 3.0), (2003.0, 2.0), (2004.0, 2.5)]


def sine(t):
    return 2 + 0.7 * np.sin(2 * np.pi * (t / 7.3 + 0.15))


def square(t):
    return np.where(np.mod(t / 7.3 + 0.15, 1) < 0.5, 2.7, 1.3)


SMOOTH = [
    ({"kind": "constant", "value": 1.25}, lambda t: np.full_like(t, 1.25)),
    (PERIODIC, sine),
    (PERIODIC | {"shape": "square"}, square),
    *(({"kind": "trend"} | law, function) for law, function in TRENDS),
]


@pytest.mark.parametrize("law, function", SMOOTH)
def test_functions_of_time(law, function):
    """At any time in a flow; once a generation in a population of Z, or with every step."""
    found, t = path(law, 20.0, every=0.05)
    assert found[0] == pytest.approx(function(t), abs=1e-12)
    for kind in ("finite", "redrawn", "mapped"):
        found, t = path(law, 20.0, kind)
        assert found[0] == pytest.approx(function(t), abs=1e-12)
    found, t = path(law, 20.0, "finite", every=1 / SIZE)
    assert found[0] == pytest.approx(function(np.floor(t + 1e-9)), abs=1e-12)  # held within the generation
    if law["kind"] != "constant":
        found, t = path(law | {"per": "step"}, 20.0, "finite", every=1 / SIZE)
        assert found[0] == pytest.approx(function(t), abs=1e-12)


def test_edges_of_a_square_wave_are_exact():
    """In a flow: payoff e for A alone, so that the log-odds of A integrate the wave."""
    model = model_of({"e": PERIODIC | {"shape": "square", "mean": 0.0}}, payoffs=[["e", "e"], [0, 0]])
    mix = run(model, 30.0, every=0.25, start=(0.3, 0.7)).mix[0]
    t = 0.25 * np.arange(len(mix))
    place = np.mod(t / 7.3 + 0.15, 1)
    integral = 0.7 * 7.3 * (np.minimum(place, 1 - place) - 0.15)
    assert np.log(mix[:, 0] / mix[:, 1]) == pytest.approx(math.log(0.3 / 0.7) + integral, abs=1e-8)


def test_formulas_read_time():
    """Payoff t for A: the log-odds grow by t^2/2 in a flow; in a finite population t is that of the generation."""
    mix = run(model_of({}, payoffs=[["t", "t"], [0, 0]]), 4.0, every=0.5, start=(0.2, 0.8)).mix[0]
    t = 0.5 * np.arange(len(mix))
    assert np.log(mix[:, 0] / mix[:, 1]) == pytest.approx(math.log(0.25) + t**2 / 2, abs=1e-8)
    payoff = run(model_of({}, "finite", payoffs=[["t", "t"], ["t", "t"]]), 4.0, every=0.25).payoff[0]
    assert payoff == pytest.approx(np.floor(0.25 * np.arange(len(payoff)) + 1e-9))


# ---- series


def series(**changed):
    return {"kind": "series", "values": TABLE, "start": 2000.0, "generations_per_unit": 2.0, **changed}


@pytest.mark.parametrize("kind", KINDS)
def test_series_is_interpolated(kind):
    found, t = path(series(), 8.0, kind)
    assert found[0] == pytest.approx(np.interp(2000 + t / 2, *zip(*TABLE, strict=True)), abs=1e-12)


def test_series_within_generations():
    found, t = path(series(), 8.0, every=0.05)
    assert found[0] == pytest.approx(np.interp(2000 + t / 2, *zip(*TABLE, strict=True)), abs=1e-12)
    found, t = path(series(per="step"), 8.0, "finite", every=0.05)
    assert found[0] == pytest.approx(np.interp(2000 + t / 2, *zip(*TABLE, strict=True)), abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_series_is_held(kind):
    found, _ = path(series(interpolation="held"), 8.0, kind)
    assert found[0].tolist() == [1, 1, 3, 3, 3, 3, 2, 2, 2.5]


@pytest.mark.parametrize("kind", KINDS)
def test_series_is_transformed(kind):
    found, t = path(series(transform="1 - value/4"), 8.0, kind)
    assert found[0] == pytest.approx(1 - np.interp(2000 + t / 2, *zip(*TABLE, strict=True)) / 4, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_series_outside_its_table(kind):
    """Generation 0 two units before the table, the end two units after it."""
    time, value = zip(*TABLE, strict=True)
    found, t = path(series(start=1998.0, outside="hold"), 16.0, kind)
    assert found[0] == pytest.approx(np.interp(1998 + t / 2, time, value), abs=1e-12)
    found, t = path(series(start=1998.0, outside="extrapolate"), 16.0, kind)
    year = 1998 + t / 2
    expected = np.where(year < 2000, 1 + 2 * (year - 2000), np.interp(year, time, value))
    expected = np.where(year > 2004, 2.5 + 0.5 * (year - 2004), expected)
    assert found[0] == pytest.approx(expected, abs=1e-12)


def test_series_that_ends_too_early_is_refused():
    model = model_of({"e": series()})
    evo.simulate(model, generations=8)
    for law, generations in ((series(), 8.5), (series(start=1999.0), 4)):
        with pytest.raises((ConfigError, ValueError), match="the series has 2000 to 2004"):
            evo.simulate(model_of({"e": law}), generations=generations)


def test_series_from_a_file():
    """Rows are selected, sorted by time, gaps left out."""
    text = "area,year,share\nWorld,2002,6\nMars,2001,99\nWorld,2000,2\nWorld,2001,\nWorld,2003,8\n"
    law = {"kind": "series", "file": "use.csv", "rows": {"area": "World"}, "time": "year", "column": "share"}
    law["start"] = 2000
    model = model_of({"e": law}, files={"use.csv": embed(text).model_dump()})
    assert run(model, 3.0, every=1.0).environment[0, :, 0] == pytest.approx([2, 4, 6, 8])


# ---- switching

THREE = {
    "kind": "switching",
    "values": [1.0, 5.0, 9.0],
    "rates": [[-0.5, 0.3, 0.2], [0.4, -0.4, 0.0], [0.1, 0.9, -1.0]],
}
STATIONARY = np.linalg.solve(np.vstack([np.array(THREE["rates"]).T[:2], np.ones(3)]), [0, 0, 1])


def shares_of(values):
    return np.array([(values == value).sum() for value in THREE["values"]])


@pytest.mark.parametrize("kind", KINDS)
def test_switching_is_stationary(kind):
    """Drawn from the stationary distribution at the start, or come to it from one value after long."""
    for law, generations in ((THREE | {"start": "stationary"}, 1.0), (THREE | {"start": 1}, 40.0)):
        found, _ = path(law, generations, kind, every=generations, replicates=2000)
        for time in (0, 1) if generations == 1 else (1,):
            seen = shares_of(found[:, time])
            assert seen.sum() == 2000
            likely(stats.chisquare(seen, 2000 * STATIONARY).pvalue)
        if generations > 1:
            assert (found[:, 0] == 5.0).all()


def test_switching_occupies_its_values():
    """Time averages over one long run, from a variable that integrates the time spent at the first value."""
    environment = {"e": THREE, "spent": {"kind": "feedback", "start": 0, "rate": "where(e == 1, 1, 0)"}}
    blocks = np.diff(run(model_of(environment), 20000.0, every=100.0).environment[0, :, 1])
    likely(normal_test(blocks / 100, STATIONARY[0]))
    means = run(model_of({"e": THREE}, "finite"), 5000.0, replicates=8, averages=True).means[:, 2]
    expected = np.dot(STATIONARY, THREE["values"])
    assert abs(means.mean() - expected) < 5 * means.std(ddof=1) / math.sqrt(8)


def waiting_times(rates, replicates=2000, kind="infinite"):
    """Exact times until the first switch, and the value after it; every other value is for ever."""
    size = len(rates)
    law = {
        "kind": "switching",
        "values": [float(i) for i in range(size)],
        "rates": [[-sum(rates), *rates[1:]]] + [[0.0] * size] * (size - 1),
    }
    environment = {"e": law, "waited": {"kind": "feedback", "start": 0, "rate": "where(e == 0, 1, 0)"}}
    found = run(model_of(environment, kind), 40.0 / sum(rates), replicates=replicates).environment[:, -1]
    return found[:, 1], found[:, 0]


def test_waiting_times_are_exponential():
    waited, after = waiting_times([0.0, 0.6, 0.2])
    likely(stats.kstest(waited, stats.expon(scale=1 / 0.8).cdf).pvalue)
    likely(stats.binomtest(int((after == 1).sum()), len(after), 0.75).pvalue)
    assert set(after) == {1.0, 2.0}
    likely(stats.ks_2samp(waited[after == 1], waited[after == 2]).pvalue)  # when and where are independent


def test_switching_times_are_those_of_the_flow_in_a_finite_population():
    """The same stream gives the same times, after which the value changes with the end of the step."""
    law = {"kind": "switching", "values": [0.0, 1.0], "rates": [[-0.3, 0.3], [0.8, -0.8]]}
    environment = {"e": law, "spent": {"kind": "feedback", "start": 0, "rate": "e"}}
    fine = run(model_of(environment), 40.0, every=0.5 / SIZE).environment[0]
    changes = np.flatnonzero(np.diff(fine[:, 0]))
    steps, _ = path(law, 40.0, "finite", every=1 / SIZE)
    assert len(changes) > 5
    # a change between records i and i+1 of the flow, half a step apart, shows from the end of that step on
    assert (np.flatnonzero(np.diff(steps[0])) == changes // 2).all()
    # and its exact time follows from the integral of e
    for i in changes:
        rising = fine[i + 1, 0] > fine[i, 0]
        spent = fine[i + 1, 1] - fine[i, 1]
        assert 0 <= spent <= 0.5 / SIZE + 1e-12
        assert rising or spent > 0


def test_switching_by_probabilities_per_step():
    """The number of steps until the first switch is geometric."""
    law = {"kind": "switching", "values": [0.0, 1.0], "probabilities": [[0.98, 0.02], [0.0, 1.0]]}
    means = run(model_of({"e": law}, "finite"), 40.0, replicates=1000, averages=True).means[:, 2]
    steps = np.rint((1 - means) * 40 * SIZE).astype(int)  # in which e was 0
    assert steps.min() >= 1
    edges = np.quantile(steps, np.linspace(0, 1, 21))[1:-1].astype(int)
    seen = np.bincount(np.searchsorted(edges, steps), minlength=20)
    expected = np.diff(np.r_[0, stats.geom(0.02).cdf(edges), 1]) * len(steps)
    likely(stats.chisquare(seen, expected).pvalue)


def test_a_variable_that_switches_beside_one_that_moves_by_steps():
    """Its event times stay exact: no other variable makes it wait for the generation."""
    law = {"kind": "switching", "values": [0.0, 1.0], "rates": [[-3.0, 3.0], [3.0, -3.0]]}
    alone = run(model_of({"e": law}, "finite"), 10.0, every=1 / SIZE).environment[0, :, 0]
    beside = run(model_of({"e": law, "p": PERIODIC | {"per": "step"}}, "finite"), 10.0, every=1 / SIZE).environment[0]
    assert (alone == beside[:, 0]).all()
    changes = np.flatnonzero(np.diff(alone)) + 1
    assert (changes % SIZE != 0).any()


# ---- shocks

SHOCKS = {"kind": "shocks", "base": 1.0, "rate": 0.4, "severity": 0.5, "relaxation": 3.0}
KEPT = {"relaxation": 1e12}  # a shock is never forgotten


@pytest.mark.parametrize("per", ["generation", "step"])
@pytest.mark.parametrize("kind", ["infinite", "finite"])
@pytest.mark.parametrize("mode", ["adds", "multiplies"])
def test_shocks_are_poisson(mode, kind, per):
    """Their number in disjoint intervals."""
    if kind == "infinite" and per == "step":
        return
    base = 0.0 if mode == "adds" else 1e-30
    law = SHOCKS | KEPT | {"base": base, "start": 1.0, "mode": mode, "per": per}
    found, _ = path(law, 20.0, kind, every=10.0, replicates=1500)
    counts = np.diff((found - 1) / 0.5 if mode == "adds" else -np.log2(found), axis=1)
    assert counts == pytest.approx(np.rint(counts), abs=1e-6)
    counts = np.rint(counts).astype(int)
    for interval in counts.T:
        seen = np.bincount(np.minimum(interval, 9), minlength=10)
        expected = np.r_[stats.poisson(4).pmf(range(9)), stats.poisson(4).sf(8)] * len(interval)
        likely(stats.chisquare(seen, expected).pvalue)
    likely(stats.pearsonr(*counts.T).pvalue)


def test_times_between_shocks_are_exponential():
    """Exact times: the integral of the number of shocks so far."""
    law = SHOCKS | KEPT | {"base": 0.0, "severity": 1.0}
    environment = {"e": law, "first": {"kind": "feedback", "start": 0, "rate": "where(e < 0.5, 1, 0)"}}
    environment |= {"second": {"kind": "feedback", "start": 0, "rate": "where(e > 0.5 and e < 1.5, 1, 0)"}}
    found = run(model_of(environment), 80.0, replicates=2000).environment[:, -1]
    for waited in found[:, 1:].T:
        likely(stats.kstest(waited, stats.expon(scale=1 / 0.4).cdf).pvalue)
    likely(stats.spearmanr(found[:, 1], found[:, 2]).pvalue)


@pytest.mark.parametrize("kind", ["infinite", "finite"])
def test_shocks_relax_exactly(kind):
    """Between events the distance from the base decays by exp(-dt/relaxation), however long."""
    law = SHOCKS | {"start": 4.0}
    per_step = law if kind == "infinite" else law | {"per": "step"}
    found, _ = path(per_step, 60.0, kind, every=1 / SIZE)
    distance = found[0] - 1
    kept = distance[1:] / distance[:-1]
    quiet = np.abs(kept - math.exp(-1 / SIZE / 3)) < 1e-9
    assert 0.9 < quiet.mean() < 1
    assert (distance[1:] > distance[:-1])[~quiet].all()
    if kind == "finite":  # once a generation the same values stand, and from an event on the value at its step's end
        coarse, _ = path(law, 60.0, kind, every=1 / SIZE)
        assert coarse[0][::SIZE] == pytest.approx(found[0][::SIZE], abs=1e-12)
        events = np.flatnonzero(~quiet) + 1
        assert coarse[0][events] == pytest.approx(found[0][events], abs=1e-12)


@pytest.mark.parametrize("kind", ["infinite", "finite", "redrawn"])
def test_shocks_in_the_long_run(kind):
    """Mean base + rate*severity*relaxation, variance rate*severity^2*relaxation/2 [Campbell's theorem]."""
    found, _ = path(SHOCKS, 40.0, kind, every=40.0, replicates=2000)
    mean, variance = 1 + 0.4 * 0.5 * 3, 0.4 * 0.25 * 3 / 2
    likely(normal_test(found[:, 1], mean))
    likely(normal_test((found[:, 1] - mean) ** 2, variance))


# ---- noise

NOISE = {"kind": "noise", "mean": 2.0, "relaxation": 4.0, "sd": 0.5}


@pytest.mark.parametrize("kind, per", [(kind, "generation") for kind in KINDS] + [("finite", "step")])
def test_noise_is_stationary(kind, per):
    law = NOISE | {"start": "stationary", "per": per}
    found, _ = path(law, 2.0, kind, every=2.0, replicates=3000)
    for values in found.T:
        likely(stats.kstest(values, stats.norm(2.0, 0.5).cdf).pvalue)
    product = (found[:, 0] - 2) * (found[:, 1] - 2) / 0.25
    likely(normal_test(product, math.exp(-2 / 4)))


@pytest.mark.parametrize("kind, per", [("infinite", "generation"), ("finite", "generation"), ("finite", "step")])
def test_noise_is_discretised_exactly(kind, per):
    """From node to node: a part exp(-dt/relaxation) is kept, the rest is normal, independent, of the exact variance."""
    step = {"infinite": 0.2, "finite": 1.0}[kind] if per == "generation" else 1 / SIZE  # 0.2 = relaxation/20
    found, _ = path(NOISE | {"per": per}, 10000 * step, kind, every=step)
    kept = math.exp(-step / 4)
    fresh = (found[0][1:] - 2 - kept * (found[0][:-1] - 2)) / (0.5 * math.sqrt(1 - kept**2))
    likely(stats.kstest(fresh, stats.norm.cdf).pvalue)
    likely(2 * min(stats.chi2.cdf((fresh**2).sum(), len(fresh)), stats.chi2.sf((fresh**2).sum(), len(fresh))))
    likely(stats.pearsonr(fresh[1:], fresh[:-1]).pvalue)
    likely(stats.pearsonr(fresh, found[0][:-1]).pvalue)


def test_noise_between_its_nodes():
    """Interpolated in a flow, held in a finite population; a resolution may be given."""
    found, _ = path(NOISE | {"resolution": 0.5}, 20.0, every=0.25)
    assert found[0][1::2] == pytest.approx((found[0][:-1:2] + found[0][2::2]) / 2, abs=1e-12)
    found, t = path(NOISE, 20.0, "finite", every=1 / SIZE)
    assert (found[0] == found[0][::SIZE][np.floor(t + 1e-9).astype(int)]).all()


def test_where_noise_starts():
    for start, expected in ((None, 2.0), (3.5, 3.5)):
        found, _ = path(NOISE | ({} if start is None else {"start": start}), 1.0)
        assert found[0, 0] == expected


# ---- feedback


def test_feedback_against_another_integrator():
    """Two variables, the mix, the mean payoff and time, all in one flow."""
    environment = {
        "e": {"kind": "feedback", "start": 0.5, "rate": "0.5*(x_A - e) + 0.1*cos_like"},
        "cos_like": {"kind": "periodic", "mean": 0, "amplitude": 1, "period": 5, "phase": 0.25},
        "w": {"kind": "feedback", "start": 1.0, "rate": "payoff_A - 0.3*mean_payoff*w + 0.05*t"},
    }
    payoffs = [["1 - 2*e", 2], [0.5, "1 + 0.1*w"]]

    def field(t, state):
        x, e, w = state
        first, second = x * (1 - 2 * e) + (1 - x) * 2, x * 0.5 + (1 - x) * (1 + 0.1 * w)
        mean = x * first + (1 - x) * second
        wave = math.cos(2 * math.pi * t / 5)
        return [x * (first - mean), 0.5 * (x - e) + 0.1 * wave, first - 0.3 * mean * w + 0.05 * t]

    recording = run(model_of(environment, payoffs=payoffs), 30.0, every=1.0, start=(0.2, 0.8))
    times = np.arange(31.0)
    expected = solve_ivp(field, (0, 30), [0.2, 0.5, 1.0], t_eval=times, method="DOP853", rtol=1e-11, atol=1e-12).y
    assert recording.mix[0, :, 0] == pytest.approx(expected[0], abs=1e-8)
    assert recording.environment[0, :, 0] == pytest.approx(expected[1], abs=1e-8)
    assert recording.environment[0, :, 2] == pytest.approx(expected[2], rel=1e-8)


@pytest.mark.parametrize("per", ["generation", "step"])
@pytest.mark.parametrize("start, rate", [(0.1, lambda e: e * (1 - e)), (3.0, lambda e: 1 - 40 * e)])
def test_feedback_in_a_finite_population_that_stands_still(start, rate, per):
    """With the mix at rest nothing is approximate, also where the law is stiff."""
    formula = "e*(1 - e)" if start == 0.1 else "x_A - 40*e"
    law = {"kind": "feedback", "start": start, "rate": formula, "per": per}
    found = run(model_of({"e": law}, "finite"), 10.0, every=1.0, start=(1.0, 0.0)).environment[0, :, 0]
    t = np.arange(11.0)
    exact = {0.1: 1 / (1 + 9 * np.exp(-t)), 3.0: 1 / 40 + (3 - 1 / 40) * np.exp(-40 * t)}[start]
    assert found == pytest.approx(exact, abs=1e-8)


def test_feedback_holds_the_mix_for_a_generation():
    """de/dt = x - e with the mix at the end of the generation, or of each step."""
    law = {"kind": "feedback", "start": 0.5, "rate": "x_A - e"}
    for kind, per, length in (
        ("finite", "generation", 1.0),
        ("mapped", "generation", 1.0),
        ("finite", "step", 1 / SIZE),
    ):
        recording = run(
            model_of({"e": law | {"per": per}}, kind, payoffs=[[1.0, 1.0], [0.5, 0.5]]),
            10.0,
            every=length,
            start=(0.3, 0.7),
        )
        e, x = recording.environment[0, :, 0], recording.mix[0, :, 0]
        kept = math.exp(-length)
        assert e[1:] == pytest.approx(kept * e[:-1] + (1 - kept) * x[1:], abs=1e-8)


def test_feedback_of_a_large_population_approaches_that_of_the_flow():
    """First order in the interval: the error of a generation is many times that of a step."""
    law = {"kind": "feedback", "start": 0.5, "rate": "0.3*(x_A - e)"}
    parts = {"payoffs": [["1 - e", 1], ["e", "1 - e"]], "dynamics": {"kind": "moran"}}
    flow = run(model_of({"e": law}, **parts), 10.0, every=1.0, start=(0.2, 0.8)).environment[0, :, 0]
    errors = {}
    for per in ("generation", "step"):
        large = {"population": {"kind": "well_mixed", "size": 2 * 10**4}}
        model = model_of({"e": law | {"per": per}}, "finite", **(parts | large))
        errors[per] = np.abs(run(model, 10.0, every=1.0, start=(0.2, 0.8)).environment[0, :, 0] - flow).max()
    assert errors["step"] < 0.012  # demographic noise
    assert 2 * errors["step"] < errors["generation"] < 0.1


# ---- jumps of a feedback variable


@pytest.mark.parametrize("kind, per", [("infinite", "generation"), ("finite", "generation"), ("finite", "step")])
def test_fit_that_is_lost_at_shocks(kind, per):
    """U' = (1-U)/tau - delta*U, and a part s is lost at shocks of rate nu: the stationary mean is
    1/(1 + (delta + s*nu)*tau), as the flagship says."""
    tau, delta, lost, rate = 2.0, 0.1, 0.4, 0.5
    environment = {
        "shock": SHOCKS | {"rate": rate},
        "U": {
            "kind": "feedback",
            "start": 1.0,
            "rate": f"(1 - U)/{tau} - {delta}*U",
            "jumps": {"on": "shock", "multiply": 1 - lost},
            "per": per,
        },
    }
    found = run(model_of(environment, kind), 15.0, replicates=500).environment[:, -1, 1]
    if kind == "infinite" or per == "step":
        likely(normal_test(found, 1 / (1 + (delta + lost * rate) * tau)))
    else:  # relaxed once a generation: first order in a generation over tau
        assert found.mean() == pytest.approx(1 / (1 + (delta + lost * rate) * tau), abs=0.08)


@pytest.mark.parametrize("kind", ["infinite", "finite"])
def test_jumps_are_counted_one_by_one(kind):
    """A variable that does nothing but jump holds a power of its factor: the number of events."""
    shock = SHOCKS | KEPT | {"base": 0.0, "severity": 1.0}
    switch = {"kind": "switching", "values": [0.0, 1.0], "rates": [[-0.7, 0.7], [0.7, -0.7]]}
    environment = {
        "down": {"kind": "feedback", "start": 1.0, "rate": "0", "jumps": {"on": "shock", "multiply": 0.5}},
        "shock": shock,
        "turned": {"kind": "feedback", "start": 1.0, "rate": "0", "jumps": {"on": "switch", "multiply": 3.0}},
        "switch": switch,
    }
    found = run(model_of(environment, kind), 20.0, every=1 / SIZE).environment[0]
    assert found[:, 0] == pytest.approx(0.5 ** found[:, 1], rel=1e-12)
    turns = np.r_[0, np.cumsum(np.diff(found[:, 3]) != 0)]
    assert turns[-1] > 5
    ahead = np.rint(np.log(found[:, 2]) / math.log(3)) - turns
    assert (ahead % 2 == 0).all()  # two turns between two records go unseen in the value
    assert (ahead >= 0).all()


# ---- streams


def test_the_environment_has_a_stream_of_its_own():
    """The same seed, point and replicate give the same environment to any rule, game and population that is asked the
    same way; the strategies differ."""
    environment = {"e": NOISE, "s": THREE, "k": SHOCKS}
    first = run(model_of(environment, "finite"), 30.0, every=1.0, replicates=3)
    others = [
        model_of(environment, "finite", payoffs=[[2, 0], [3, 1]]),
        model_of(environment, "finite", mutation={"rate": 0.1}),
        model_of(environment, "finite", dynamics={"kind": "pairwise_comparison"}),
        model_of(environment, "redrawn"),
    ]
    for other in others:
        again = run(other, 30.0, every=1.0, replicates=3)
        assert (again.environment[:, :, 0] == first.environment[:, :, 0]).all()
        if other is not others[-1]:  # Wright-Fisher has its steps, at whose ends events show, once a generation
            assert (again.environment == first.environment).all()
        assert not (again.mix == first.mix).all()
    flow = run(model_of(environment), 30.0, every=1.0, replicates=3)
    assert not (flow.environment[:, :, 0] == first.environment[:, :, 0]).all()  # noise has other nodes


def test_replicates_seeds_and_points_have_other_environments():
    base = {"seed": 1, "point": 1}
    paths = [path(NOISE, 5.0, "finite", replicates=2, **(base | other))[0] for other in ({}, {"seed": 2}, {"point": 2})]
    rows = np.concatenate(paths)[:, 1:]
    assert len(np.unique(rows, axis=0)) == 6
    assert not (stream_key(1) == stream_key(2)).all()
    alone = run_plan(
        model_of({"e": NOISE}, "finite"),
        plan_of(
            [0.5, 0.5], generations=5.0, record_every=1.0, burn_in=0.0, tolerance=1e-8, until="generations", rest=0.0,
            averages=False, watched=[],
        ),
        seed=1, point=1, replicates=1, first=1,
    )  # fmt: skip
    assert (alone.environment[0, :, 0] == paths[0][1]).all()


def test_variables_do_not_share_their_draws():
    """Two variables of one law are independent."""
    found = run(model_of({"e": NOISE, "f": NOISE}, "finite"), 10.0, replicates=2000).environment[:, -1]
    likely(stats.pearsonr(found[:, 0], found[:, 1]).pvalue)


# ---- averages


@pytest.mark.parametrize("kind", KINDS)
def test_time_averages_of_the_environment(kind):
    """Two whole periods; in a finite population the values that stood. (In a flow they are sampled thrice a step, and
    it is the mix that sizes the steps: the game must feel the variable.)"""
    law = PERIODIC | {"period": 10.0}
    found = run(model_of({"e": law}, kind, payoffs=[["e - 2"] * 2, [0, 0]]), 20.0, averages=True).means[0, 2]
    assert found == pytest.approx(2.0, abs=1e-6)


def test_time_averages_across_events():
    """Exact in a flow: the integral of a law that jumps."""
    environment = {"e": THREE, "whole": {"kind": "feedback", "start": 0, "rate": "e"}}
    recording = run(model_of(environment), 50.0, averages=True)
    assert recording.means[0, 2] == pytest.approx(recording.environment[0, -1, 1] / 50, abs=1e-8)

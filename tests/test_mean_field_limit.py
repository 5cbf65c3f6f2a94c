"""A large well-mixed population follows its rule's own mean field, but for noise of the size that it should have.

The expected noise is the linear-noise approximation [van Kampen 2007, ch. X]: deviations are normal with covariance
C/Z, C' = JC + CJ^T + D along the mean field's path (for Wright-Fisher its discrete form), worked out here in plain
NumPy from the definition of each rule. Chi-square tests of deviations over C/Z, two-sided at ALPHA / TESTS.
"""

import math

import numpy as np
import pytest
from reference import BIG_SHIFT, big_shift, big_shift_payoff
from scipy import stats
from scipy.integrate import solve_ivp

from evo._spec import validate
from evo.canonical import point_hash
from evo.games import compositions
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

ALPHA, TESTS = 1e-4, 200
BOUND = ALPHA / TESTS
CYCLE = [[1, 0.2, 3], [2, 0.5, 0.1], [0.3, 1.5, 1]]
MUTATION = {"rate": 1e-3, "to": "any"}
RULES = {
    "pairwise_comparison": {},
    "pairwise_comparison, mutation after": {"mutation": {"rate": 0.02, "to": "others", "when": "after"}},
    "pairwise_comparison, biased": {"selection": {"conformity": 1.4, "prestige": 0.5, "intensity": 1.0}},
    "moran": {},
    "wright_fisher": {},
}
# chi, omega, start, generations: from a hierarchy with a seed, and from among all four, away from separatrices
FLAGSHIP = {
    "tips": (0.2, 0.3, [0.7, 0.3, 0.0, 0.0], 6.0),
    "held": (0.6, 0.1, [0.4, 0.3, 0.2, 0.1], 6.0),
}


# ---- the theory, in plain NumPy


def matrix_payoffs(payoffs, assortment):
    payoffs = np.array(payoffs, float)
    return lambda x: (1 - assortment) * payoffs @ x + assortment * np.diag(payoffs)


def flagship_payoffs(chi, omega):
    values = BIG_SHIFT | {"chi": chi, "omega": omega}
    others, own = compositions(4, values["size"] - 1), np.eye(4, dtype=int)
    factorial = np.array([math.factorial(k) for k in range(values["size"])], float)
    ways = factorial[-1] / np.prod(factorial[others], axis=1)
    table = np.array([[big_shift_payoff((row + own[i]).tolist(), i, values) for row in others] for i in range(4)])

    def payoffs(x):
        met = (1 - values["a"]) * x + values["a"] * own
        return np.array([table[i] @ (ways * np.prod(met[i] ** others, axis=1)) for i in range(4)])

    return payoffs


def imitation(x, pi, *, conformity=1.0, prestige=0.0, intensity=1.0):
    """rates[i, j]: a focal of strategy i copies j, in one event."""
    weight = np.where(x > 0, x**conformity * np.exp(prestige * pi), 0.0)
    return np.outer(x, weight / weight.sum()) / (1 + np.exp(-intensity * (pi[None, :] - pi[:, None])))


def births(x, pi, mutate):
    fitness = x * np.exp(pi)
    return fitness / fitness.sum() @ mutate


def transition_rates(rule, x, pi, mutation, options):
    """rates[i, j] of one event; definitions.md, Update rules."""
    size = len(x)
    to = np.full((size, size), 1 / size) if mutation["to"] == "any" else (1 - np.eye(size)) / (size - 1)
    mu = mutation["rate"]
    if rule == "moran":
        return np.outer(x, births(x, pi, (1 - mu) * np.eye(size) + mu * to))
    rates = imitation(x, pi, **options)
    if mutation.get("when") != "after":
        return (1 - mu) * rates + mu * x[:, None] * to
    np.fill_diagonal(rates, 0.0)
    np.fill_diagonal(rates, x - rates.sum(axis=1))
    return rates @ ((1 - mu) * np.eye(size) + mu * to)


def jacobian(drift, x, step=1e-6):
    """On the plane of mixes: each column moves one share against all others."""
    size = len(x)
    columns = []
    for i in range(size):
        towards = np.eye(size)[i] - 1 / size
        columns.append((drift(x + step * towards) - drift(x - step * towards)) / (2 * step))
    return np.array(columns).T


def expected_noise(rule, payoffs, start, generations, mutation, options):
    """Mean field and covariance C at the end."""
    size = len(start)
    if rule == "wright_fisher":
        mutate = (1 - mutation["rate"]) * np.eye(size) + mutation["rate"] / size
        x, covariance = np.array(start), np.zeros((size, size))
        for _ in range(int(generations)):
            slopes = jacobian(lambda y: births(y, payoffs(y), mutate), np.maximum(x, 1e-5))
            x = births(x, payoffs(x), mutate)
            covariance = slopes @ covariance @ slopes.T + np.diag(x) - np.outer(x, x)
        return x, covariance

    def drift(x):
        rates = transition_rates(rule, x, payoffs(x), mutation, options)
        return rates.sum(axis=0) - rates.sum(axis=1)

    def slope(_, state):
        x, covariance = state[:size], state[size:].reshape(size, size)
        rates = transition_rates(rule, x, payoffs(x), mutation, options)
        moves = rates + rates.T
        np.fill_diagonal(moves, 0.0)
        spread = np.diag(moves.sum(axis=1)) - moves
        slopes = jacobian(drift, np.maximum(x, 1e-5))
        change = slopes @ covariance + covariance @ slopes.T + spread
        return np.r_[drift(x), change.ravel()]

    state = solve_ivp(slope, (0, generations), np.r_[start, np.zeros(size * size)], rtol=1e-6, atol=1e-9).y[:, -1]
    return state[:size], state[size:].reshape(size, size)


# ---- the runs


def at_end(config, start, generations, replicates=1):
    model = validate(Model, config)
    plan = plan_of(
        start,
        generations=generations,
        record_every=generations,
        burn_in=0.0,
        tolerance=1e-10,
        until="generations",
        rest=0.0,
        averages=False,
        watched=[],
    )
    recording = run_plan(
        model.lowered, plan, seed=5, point=point_hash(model, start), replicates=replicates, workers=min(replicates, 2)
    )
    return recording.mix[:, -1]


def finite(config, size):
    return config | {"population": config["population"] | {"kind": "well_mixed", "size": size}}


def deviations(config, start, generations, sizes):
    """The mean field's end, and by size the deviations of the replicates from it."""
    field = at_end(config, start, generations)[0]
    found = {size: at_end(finite(config, size), start, generations, count) - field for size, count in sizes.items()}
    return field, found


def statistic(deviation, covariance, size):
    """Sum over replicates of the squared deviation in units of the expected noise, and its degrees of freedom."""
    free = deviation.shape[1] - 1  # shares sum to 1
    inverse = np.linalg.inv(covariance[:free, :free])
    whitened = np.einsum("ri,ij,rj->r", deviation[:, :free], inverse, deviation[:, :free]) * size
    return whitened.sum(), free * len(deviation)


def fits(statistic, freedom):
    p = 2 * min(stats.chi2.cdf(statistic, freedom), stats.chi2.sf(statistic, freedom))
    assert p > BOUND, (statistic, freedom)


def on_cycle(rule):
    """A three-strategy game of pairs, cheap to run."""
    kind = rule.split(",")[0]
    config = {
        "strategies": ["A", "B", "C"],
        "game": {"kind": "matrix", "payoffs": CYCLE},
        "mutation": MUTATION,
        "population": {"kind": "infinite", "assortment": 0.2},
        "dynamics": {"kind": kind},
    } | RULES[rule]
    return kind, config


def on_flagship(rule, path):
    chi, omega, start, generations = FLAGSHIP[path]
    kind = rule.split(",")[0]
    config = big_shift({"dynamics": {"kind": kind}} | RULES[rule], chi=chi, omega=omega)
    return kind, config, start, generations, flagship_payoffs(chi, omega)


def theory(kind, config, payoffs, start, generations):
    options = config.get("selection", {}) if kind == "pairwise_comparison" else {}
    return expected_noise(kind, payoffs, start, generations, config["mutation"], options)


def check(kind, config, payoffs, start, generations, sizes):
    """Mean field against the plain one; deviations against the expected noise; and their scale, 1/sqrt(Z)."""
    mean, covariance = theory(kind, config, payoffs, start, generations)
    field, found = deviations(config, start, generations, sizes)
    assert field == pytest.approx(mean, abs=1e-5)
    scaled = []
    for size in sorted(found):
        total, freedom = statistic(found[size], covariance, size)
        fits(total, freedom)
        scaled.append((total / freedom, freedom))
    (small, of_small), (large, of_large) = scaled
    ratio = stats.f.cdf(large / small, of_large, of_small)
    assert BOUND / 2 < ratio < 1 - BOUND / 2


# ---- tests


@pytest.mark.parametrize("rule", RULES)
def test_pairs(rule):
    kind, config = on_cycle(rule)
    payoffs = matrix_payoffs(CYCLE, 0.2)
    check(kind, config, payoffs, [0.5, 0.3, 0.2], 4.0, {10**4: 40, 10**6: 2 if kind != "wright_fisher" else 200})


@pytest.mark.parametrize("path", FLAGSHIP)
@pytest.mark.parametrize("rule", RULES)
def test_flagship(rule, path):
    kind, config, start, generations, payoffs = on_flagship(rule, path)
    sizes = {10**4: 200, 10**6: 200} if kind == "wright_fisher" else {10**4: 8, 4 * 10**4: 4}
    check(kind, config, payoffs, start, generations, sizes)


@pytest.mark.slow
@pytest.mark.parametrize("path", FLAGSHIP)
@pytest.mark.parametrize("rule", RULES)
def test_flagship_in_a_million(rule, path):
    kind, config, start, generations, payoffs = on_flagship(rule, path)
    check(kind, config, payoffs, start, generations, {10**4: 40, 10**6: 4})


def test_the_flow_of_another_rule_is_rejected():
    """Moran's path against the mean field of pairwise comparison; and Wright-Fisher against Moran's."""
    start, generations = [0.5, 0.3, 0.2], 4.0
    for rule, other in (("moran", "pairwise_comparison"), ("wright_fisher", "moran")):
        _, config = on_cycle(other)
        field = at_end(config, start, generations)
        _, covariance = theory(other, config, matrix_payoffs(CYCLE, 0.2), start, generations)
        _, config = on_cycle(rule)
        found, freedom = statistic(at_end(finite(config, 10**5), start, generations, 4) - field, covariance, 10**5)
        assert stats.chi2.sf(found, freedom) < BOUND


def test_noise_of_another_size_is_rejected():
    kind, config = on_cycle("pairwise_comparison")
    start, generations = [0.5, 0.3, 0.2], 4.0
    _, covariance = theory(kind, config, matrix_payoffs(CYCLE, 0.2), start, generations)
    field = at_end(config, start, generations)[0]
    deviation = at_end(finite(config, 5000), start, generations, 100) - field
    found, freedom = statistic(deviation, covariance, 10**4)
    assert stats.chi2.sf(found, freedom) < BOUND

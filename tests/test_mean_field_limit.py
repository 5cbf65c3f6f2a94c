"""A large well-mixed population follows its rule's own mean field, but for noise of the size that it should have.

The expected noise is the linear-noise approximation [van Kampen 2007]: deviations are normal with covariance
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
    "pairwise_comparison, synchronous": {"dynamics": {"kind": "pairwise_comparison", "update": "synchronous"}},
    "pairwise_comparison, mutation after": {"mutation": {"rate": 0.02, "to": "others", "when": "after"}},
    "pairwise_comparison, biased": {"selection": {"conformity": 1.4, "prestige": 0.5, "intensity": 1.0}},
    "moran": {},
    "wright_fisher": {},
}
OTHERS = {  # in games of pairs only: 2.9 is the largest difference of CYCLE
    "local_update": {"selection": {"intensity": 0.8}},
    "local_update, biased": {"selection": {"intensity": 0.8, "conformity": 1.3}},
    "proportional_imitation": {},
    "proportional_imitation, biased": {"selection": {"conformity": 0.7, "prestige": -0.3}},
    "imitation": {},
    "imitation, biased": {"selection": {"conformity": 1.3, "prestige": 0.2}},
    "imitation, excluded": {"dynamics": {"kind": "imitation", "own": "excluded"}},
    "logit": {"selection": {"intensity": 2.0}},
    "logit, synchronous": {"dynamics": {"kind": "logit", "update": "synchronous"}},
    "aspiration": {"dynamics": {"kind": "aspiration", "level": 1.2}, "selection": {"intensity": 2.0}},
    "introspection": {"selection": {"intensity": 2.0}},
    "introspection, mutation after": {"mutation": {"rate": 0.1, "to": "any", "when": "after"}},
    "imitation, synchronous": {"dynamics": {"kind": "imitation", "update": "synchronous"}},
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


def role_models(x, pi, conformity=1.0, prestige=0.0):
    """Weight with which each strategy is looked at."""
    return np.where(x > 0, x**conformity * np.exp(prestige * pi), 0.0)


def births(x, pi, mutate):
    fitness = x * np.exp(pi)
    return fitness / fitness.sum() @ mutate


def chances(kind, x, pi, dynamics, intensity=1.0, **copying):
    """chances[i, j]: what a focal of strategy i becomes by the rule alone, j other than i; definitions.md, Update rules."""
    ahead, d = pi[None, :] - pi[:, None], len(x)  # of a j over an i
    fermi = 1 / (1 + np.exp(-intensity * ahead))
    if kind == "logit":
        return np.tile(np.exp(intensity * pi) / np.exp(intensity * pi).sum(), (d, 1))
    if kind == "introspection":
        return fermi / (d - 1)
    if kind == "aspiration":
        return np.tile(1 / (1 + np.exp(-intensity * (dynamics["level"] - pi)))[:, None], (1, d)) / (d - 1)
    weight = role_models(x, pi, **copying)
    if kind == "imitation":
        weight = weight * np.exp(intensity * pi)
    met = np.tile(weight / weight.sum(), (d, 1))
    if kind == "imitation":
        return met
    copies = {
        "pairwise_comparison": fermi,
        "local_update": 0.5 + intensity / 2 * ahead / 2.9,
        "proportional_imitation": np.maximum(ahead, 0) / 2.9,
    }
    return met * copies[kind]


def transition_rates(rule, x, pi, mutation, options):
    """rates[i, j] of one event."""
    size = len(x)
    to = np.full((size, size), 1 / size) if mutation["to"] == "any" else (1 - np.eye(size)) / (size - 1)
    mu = mutation["rate"]
    if rule["kind"] == "moran":
        return np.outer(x, births(x, pi, (1 - mu) * np.eye(size) + mu * to))
    rates = x[:, None] * chances(rule["kind"], x, pi, rule, **options)
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


def generation(rule, payoffs, mutation, options):
    """What everybody is after one synchronous update, in expectation, and the covariance that it brings, times Z."""

    def after(x):
        """after[i, j]: the share that was i and is j."""
        if rule["kind"] == "wright_fisher":
            mutate = (1 - mutation["rate"]) * np.eye(len(x)) + mutation["rate"] / len(x)
            return births(x, payoffs(x), mutate)[None, :]
        rates = transition_rates(rule, x, payoffs(x), mutation, options)
        np.fill_diagonal(rates, 0.0)
        return rates + np.diag(x - rates.sum(axis=1))

    def spread(x):
        moved = after(x)
        whole = moved.sum(axis=1, keepdims=True)
        within = np.divide(moved, whole, out=np.zeros_like(moved), where=whole > 0)
        return np.diag(moved.sum(axis=0)) - moved.T @ within

    return lambda x: after(x).sum(axis=0), spread


def at_once(rule):
    return rule["kind"] == "wright_fisher" or rule.get("update") == "synchronous"


def expected_noise(rule, payoffs, start, generations, mutation, options):
    """Mean field and covariance C at the end."""
    size = len(start)
    if at_once(rule):
        following, spread = generation(rule, payoffs, mutation, options)
        x, covariance = np.array(start), np.zeros((size, size))
        for _ in range(int(generations)):
            slopes = jacobian(following, np.maximum(x, 1e-5))
            covariance = slopes @ covariance @ slopes.T + spread(x)
            x = following(x)
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
        model, plan, seed=5, point=point_hash(model, start), replicates=replicates, workers=min(replicates, 2)
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
    config = {
        "strategies": ["A", "B", "C"],
        "game": {"kind": "matrix", "payoffs": CYCLE},
        "mutation": MUTATION,
        "population": {"kind": "infinite", "assortment": 0.2},
        "dynamics": {"kind": rule.split(",")[0]},
    } | (RULES | OTHERS)[rule]
    return config["dynamics"], config


def on_flagship(rule, path):
    chi, omega, start, generations = FLAGSHIP[path]
    config = big_shift({"dynamics": {"kind": rule.split(",")[0]}} | RULES[rule], chi=chi, omega=omega)
    return config["dynamics"], config, start, generations, flagship_payoffs(chi, omega)


def theory(rule, config, payoffs, start, generations):
    options = {} if rule["kind"] in ("moran", "wright_fisher") else config.get("selection", {})
    return expected_noise(rule, payoffs, start, generations, config["mutation"], options)


def check(rule, config, payoffs, start, generations, sizes):
    """Mean field against the plain one; deviations against the expected noise; and their scale, 1/sqrt(Z)."""
    mean, covariance = theory(rule, config, payoffs, start, generations)
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


@pytest.mark.parametrize("rule", [*RULES, *OTHERS])
@pytest.mark.rota
def test_pairs(rule):
    dynamics, config = on_cycle(rule)
    payoffs = matrix_payoffs(CYCLE, 0.2)
    check(dynamics, config, payoffs, [0.5, 0.3, 0.2], 4.0, {10**4: 40, 10**6: 200 if at_once(dynamics) else 2})


@pytest.mark.parametrize("path", FLAGSHIP)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.rota
def test_flagship(rule, path):
    dynamics, config, start, generations, payoffs = on_flagship(rule, path)
    sizes = {10**4: 200, 10**6: 200} if at_once(dynamics) else {10**4: 8, 4 * 10**4: 4}
    check(dynamics, config, payoffs, start, generations, sizes)


@pytest.mark.slow
@pytest.mark.parametrize("path", FLAGSHIP)
@pytest.mark.parametrize("rule", RULES)
def test_flagship_in_a_million(rule, path):
    dynamics, config, start, generations, payoffs = on_flagship(rule, path)
    check(dynamics, config, payoffs, start, generations, {10**4: 40, 10**6: 4})


def test_the_flow_of_another_rule_is_rejected():
    """The path of one rule against the mean field of another that is near it."""
    start, generations = [0.5, 0.3, 0.2], 4.0
    pairs = [("moran", "pairwise_comparison"), ("wright_fisher", "moran"), ("logit, synchronous", "introspection")]
    for rule, other in [*pairs, ("imitation", "imitation, biased"), ("local_update", "proportional_imitation")]:
        dynamics, config = on_cycle(other)
        field = at_end(config, start, generations)
        _, covariance = theory(dynamics, config, matrix_payoffs(CYCLE, 0.2), start, generations)
        _, config = on_cycle(rule)
        found, freedom = statistic(at_end(finite(config, 10**5), start, generations, 4) - field, covariance, 10**5)
        assert stats.chi2.sf(found, freedom) < BOUND


def test_noise_of_another_size_is_rejected():
    dynamics, config = on_cycle("pairwise_comparison")
    start, generations = [0.5, 0.3, 0.2], 4.0
    _, covariance = theory(dynamics, config, matrix_payoffs(CYCLE, 0.2), start, generations)
    field = at_end(config, start, generations)[0]
    deviation = at_end(finite(config, 5000), start, generations, 100) - field
    found, freedom = statistic(deviation, covariance, 10**4)
    assert stats.chi2.sf(found, freedom) < BOUND

"""The simulation against exact chains, which share no code with it: end states of independent replicates by chi-square.

Every comparison is at ALPHA / COMPARISONS, so that by Bonferroni ALPHA bounds the chance that a correct program fails
anywhere in this file; seeds are fixed. The negative controls put a slightly wrong intensity, mutation or option through
the same comparisons, which must then reject.
"""

import json

import numpy as np
import pytest
from scipy import stats

import evo
from evo.exact.chains.absorption import absorption
from evo.exact.chains.stationary import stationary

ALPHA, COMPARISONS = 1e-4, 60
BOUND = ALPHA / COMPARISONS
SIZE = 7
REPLICATES = 5000
NEAR = 1e-3  # total variation from the stationary distribution, from every start, that runs are long enough for
THREE = [[1.0, 0.2, 1.5], [1.4, 0.5, 0.1], [0.3, 1.5, 1.0]]
NAMED = {"a": {"traits": {"calm": 0.5}}, "b": {"traits": {"calm": 1.0}}, "c": {}}
GROUP = {
    "kind": "group",
    "size": 4,
    "payoffs": {"a": "k_a*k_a/n - 0.4", "b": "where(k_a > 1, 1.5, 0.2*k_c)", "c": "0.3*k_b + 0.05*k_a"},
}
ROLES = {
    "a": {"role": "row"},
    "b": {"role": "row"},
    "u": {"role": "column"},
    "v": {"role": "column"},
    "w": {"role": "column"},
}
BIMATRIX = {"kind": "bimatrix", "row": [[3, 0, 1], [0, 2, 1]], "column": [[2, 0, 1], [0.5, 3, 1.2]]}

RULES = {
    "pairwise comparison": "pairwise_comparison",
    "all as role models": {"kind": "pairwise_comparison", "role_models": "all"},
    "local update": {"kind": "local_update", "largest_difference": 3},
    "proportional imitation": "proportional_imitation",
    "imitation": "imitation",
    "imitation of others": {"kind": "imitation", "own": "excluded"},
    "imitate best": "imitate_best",
    "moran": "moran",
    "moran, others die": {"kind": "moran", "death": "others"},
    "wright-fisher": "wright_fisher",
    "best response": "best_response",
    "logit": "logit",
    "aspiration": {"kind": "aspiration", "level": 0.8},
    "introspection": "introspection",
}
SYNCHRONOUS = ["pairwise_comparison", "imitation", "imitate_best", "best_response", "logit", "introspection"]
VARIANTS = {
    "conformity and prestige": {"selection": {"conformity": 2.0, "prestige": 0.8}},
    "indicated": {"selection": {"prestige": -1.5, "indicator": "calm"}},
    "mutation after": {"mutation": {"rate": 0.2, "when": "after"}},
    "mutation to any": {"mutation": {"rate": 0.2, "to": "any"}},
    "groups": {"game": GROUP},
    "groups with kin": {"game": GROUP, "population": {"assortment": 0.3}},
    "groups with a founder": {"game": GROUP, "population": {"assortment": 0.3, "assortment_kind": "founder"}},
    "groups with replacement": {"game": GROUP, "population": {"sampling": "with_replacement"}},
    "sampled payoffs": {"game": GROUP, "population": {"payoff": "sampled"}},
    "bias": {"selection": {"bias": {"strength": 0.7, "weights": {"calm": 1.0}}}},
    "self-interaction": {"population": {"self_interaction": True}},
}


def model_of(rule, **parts):
    config = {
        "strategies": NAMED,
        "game": {"kind": "matrix", "payoffs": THREE},
        "population": {"kind": "well_mixed", "size": SIZE},
        "selection": {"intensity": 1.0},
        "mutation": {"rate": 0.15},
        "dynamics": rule if isinstance(rule, dict) else {"kind": rule},
        "run": {"generations": 1},
    }
    for part, value in parts.items():
        config[part] = config[part] | value if part in ("population", "selection") else value
    return evo.loads(json.dumps(config)).model


def ends(model, generations, *, replicates=REPLICATES, start=None):
    """Mix in which each replicate ends."""
    asked = {"generations": generations, "record_every": generations, "replicates": replicates, "seed": 5}
    return evo.simulate(model, start=start, **asked).mix[:, -1]


def fits(indices, probabilities):
    """p-value of goodness of fit; states are pooled, rarest first, until ten are expected in each pool."""
    order = np.argsort(probabilities, kind="stable")
    expected, seen = probabilities[order] * len(indices), np.bincount(indices, minlength=len(order))[order]
    if seen[expected == 0].any():
        return 0.0
    pools = np.minimum(np.cumsum(expected) // 10, np.floor(expected.sum() / 10) - 1).astype(int)
    seen, expected = np.bincount(pools, weights=seen), np.bincount(pools, weights=expected)
    some = expected > 0
    return stats.chisquare(seen[some], expected[some] * seen.sum() / expected[some].sum()).pvalue


def long_enough(found):
    """Generations after which the start is forgotten, a power of 2."""
    after = np.linalg.matrix_power(found.chain.matrix.toarray(), found.chain.steps_per_generation)
    generations = 1
    while np.abs(after - found.probabilities).sum(axis=1).max() / 2 > NEAR:
        after, generations = after @ after, 2 * generations
        assert generations < 5000
    return generations


def long_run(model, exact_model=None, **asked):
    """p-value of end states after long runs against the stationary distribution."""
    found = stationary(exact_model or model)
    sizes = np.repeat(found.space.sizes, found.space.strategies)
    counts = np.rint(ends(model, long_enough(found), **asked) * sizes).astype(int)
    return fits(found.space.index(counts), found.probabilities)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_in_the_long_run(rule):
    assert long_run(model_of(rule)) > BOUND


@pytest.mark.parametrize("kind", SYNCHRONOUS)
def test_all_at_once(kind):
    """With much mutation: best replies of all at once go round and round for long."""
    assert long_run(model_of({"kind": kind, "update": "synchronous"}, mutation={"rate": 0.4})) > BOUND


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_options(variant):
    assert long_run(model_of("pairwise_comparison", **variant)) > BOUND


@pytest.mark.parametrize("rule", [
    "pairwise_comparison", "moran", "wright_fisher", "logit", "introspection", "imitate_best",
    {"kind": "pairwise_comparison", "update": "synchronous"},
], ids=str)  # fmt: skip
def test_two_roles(rule):
    sizes = {"row": 4, "column": 3}
    assert long_run(model_of(rule, strategies=ROLES, game=BIMATRIX, population={"size": sizes})) > BOUND


@pytest.mark.parametrize("rule", [
    rule for name, rule in RULES.items() if name not in ("best response", "logit", "aspiration", "introspection")
], ids=str)  # fmt: skip
def test_takeovers(rule):
    """Who has taken over in the end, and how often nobody has."""
    model = model_of(rule, mutation={})
    found = absorption(model)
    start = found.chain.states.place([2, 3, 2])
    shares = ends(model, 400, start={"a": 2 / SIZE, "b": 3 / SIZE, "c": 2 / SIZE})
    winner = np.where(shares.max(axis=1) == 1, shares.argmax(axis=1), 3)
    assert fits(winner, np.r_[found.probabilities[start], found.stuck[start]]) > BOUND


@pytest.mark.parametrize("wrong", [
    {"selection": {"intensity": 1.3}}, {"mutation": {"rate": 0.17}}, {"population": {"self_interaction": True}},
    {"selection": {"conformity": 1.2}}, {"rule": {"kind": "pairwise_comparison", "role_models": "all"}},
], ids=str)  # fmt: skip
def test_what_is_slightly_wrong_is_rejected(wrong):
    exact = model_of(**{"rule": "pairwise_comparison"} | wrong)
    assert long_run(model_of("pairwise_comparison"), exact, replicates=60_000) < BOUND

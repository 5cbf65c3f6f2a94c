"""Stationary distributions in closed form against reference values and linear solves of enumerated chains."""

import random

import numpy as np
import pytest
from examples import KINDS, group_game, matrix_game, rule_of
from reference import cases
from two_strategies import config_of, matrix_of, model_of, near, rates_by_enumeration

from evo.exact.takeover.birth_death import birth_death, log_rates
from evo.exact.takeover.fixation import fixation

MATRIX = [[0.9, 0.1], [0.3, 0.7]]
MUTATIONS = {
    "others": {"rate": 0.1},
    "any": {"rate": 0.2, "to": "any"},
    "matrix": {"rate": 0.3, "to": MATRIX},
    "always": {"rate": 1.0, "to": MATRIX},
}
RULES = [
    {"kind": "moran"},
    {"kind": "moran", "death": "others"},
    {"kind": "imitation", "own": "excluded"},
    {"kind": "pairwise_comparison", "role_models": "all"},
    *(
        rule_of(kind)
        for kind in sorted(KINDS)
        if KINDS[kind].facts.finite and not KINDS[kind].facts.generational and kind not in ("langevin", "moran")
    ),
]


def rate_of(model):
    """Mutation as the case says it."""
    return {"rate": model.get("u", model.get("mu", 0))}


def reference(topic, prefix):
    return [
        name for name, case in cases(topic).items() if name.startswith(prefix) and len(case["model"]["payoff"]) == 2
    ]


def check_reference(case, rule, to):
    model, value = case["model"], case["value"]
    intensity = model.get("beta", model.get("w"))
    mutation = rate_of(model) | {"to": to}
    found = birth_death(model_of(config_of(model["payoff"], model["N"], rule, intensity=intensity, mutation=mutation)))
    assert found.probability == near(case, np.array(value["pi"]))
    assert found.mean == near(case, value["mean_A"])


def to_of(name):
    return "any" if "_all" in name else "others"


@pytest.mark.parametrize("name", reference("moran_mutation", "moran_mut"))
def test_moran_with_mutation(name):
    check_reference(cases("moran_mutation")[name], "moran", to_of(name))


@pytest.mark.parametrize("name", reference("pairwise_mutation", "fermi"))
def test_pairwise_comparison_with_mutation(name):
    rule = {"kind": "pairwise_comparison", "role_models": "all" if "withrepl" in name else "others"}
    check_reference(cases("pairwise_mutation")[name], rule, to_of(name))


@pytest.mark.parametrize("name", cases("proportional_imitation"))
def test_proportional_imitation_with_mutation(name):
    check_reference(cases("proportional_imitation")[name], "proportional_imitation", "others")


@pytest.mark.parametrize("name", reference("innovative_dynamics", ("logit", "aspiration")))
def test_innovation(name):
    case = cases("innovative_dynamics")[name]
    rule = {"kind": "logit"}
    if name.startswith("aspiration"):
        rule = {"kind": "aspiration", "level": case["model"]["aspiration"]}
    check_reference(case, rule, "others")


def by_linear_solve(matrix):
    conditions = np.vstack([matrix.T - np.eye(len(matrix)), np.ones(len(matrix))])
    return np.linalg.lstsq(conditions, np.r_[np.zeros(len(matrix)), 1.0], rcond=None)[0]


def random_config(seed, rule, mutation):
    """A game of pairs, of three, or one that reads the mix; traits, bias, assortment."""
    rng = random.Random(seed)
    game = [matrix_game(rng, 2), group_game(rng, 2, 3)][seed % 2]
    if seed % 3 == 0:
        game = {"kind": "matrix", "payoffs": [[f"{rng.uniform(0, 1)}*(1 + x_A)" for _ in range(2)] for _ in range(2)]}
    intensity = 0.9 if KINDS[rule["kind"]].facts.intensity else None
    bias = {"bias": {"strength": 0.2, "weights": {"calm": 1.0}}}
    names = {"A": {"traits": {"calm": 0.4}}, "B": {}}
    population = {"assortment": 0.2} if seed % 2 else {}
    return config_of(
        game, 8, rule, intensity=intensity, names=names, population=population, mutation=mutation, selection=bias
    )


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(str(value) for value in rule.values()))
@pytest.mark.rota
def test_rates_and_distribution_are_those_of_the_events(rule, mutation):
    for seed, when in ((1, {}), (2, {"when": "after"}), (3, {})):
        timed = {} if rule["kind"] == "moran" else when
        config = random_config(seed, rule, MUTATIONS[mutation] | timed)
        up, down = rates_by_enumeration(config)
        log_up, log_down = log_rates(model_of(config))
        assert np.exp(log_up) == pytest.approx(up, rel=1e-11, abs=1e-300)
        assert np.exp(log_down) == pytest.approx(down, rel=1e-11, abs=1e-300)
        found = birth_death(model_of(config))
        expected = by_linear_solve(matrix_of(up, down))
        assert found.probability == pytest.approx(expected, abs=1e-12)
        share = np.arange(9) / 8
        assert (found.mean, found.variance) == pytest.approx(
            (expected @ share, expected @ share**2 - (expected @ share) ** 2)
        )


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["best_response", "logit", "aspiration", "introspection"])
def test_innovation_needs_no_mutation(kind):
    config = random_config(5, rule_of(kind), {})
    up, down = rates_by_enumeration(config)
    assert birth_death(model_of(config)).probability == pytest.approx(by_linear_solve(matrix_of(up, down)), abs=1e-12)


def test_rare_mutation_leaves_what_fixation_says():
    """pi_Z/pi_0 tends to the ratio of the two fixation probabilities as mutation becomes rare, here 1e-150 in all."""
    config = config_of([[1, 1], [2, 2]], 150, "pairwise_comparison", intensity=2.3, mutation={"rate": 1e-12})
    found, plain = birth_death(model_of(config)), model_of(config | {"mutation": {}})
    there, back = (fixation(plain, mutant=one, resident=other) for one, other in (("S0", "S1"), ("S1", "S0")))
    assert found.log_probability[-1] - found.log_probability[0] == pytest.approx(
        there.log_probability - back.log_probability, rel=1e-9
    )
    assert found.log_probability[-1] < -300


def test_logit_in_a_potential_game():
    """Coordination: detailed balance with exp(beta*potential) and the number of ways to choose who plays what."""
    size, beta = 12, 0.8
    found = birth_death(model_of(config_of([[1, 0], [0, 2]], size, "logit", intensity=beta)))
    k = np.arange(size + 1)
    potential = (k * (k - 1) / 2 + 2 * (size - k) * (size - k - 1) / 2) / (size - 1)
    ways = np.cumsum(np.log(np.r_[1, (size + 1 - k[1:]) / k[1:]]))
    assert np.diff(found.log_probability) == pytest.approx(np.diff(ways + beta * potential), rel=1e-12)


def test_what_ends_somewhere_and_what_does_not():
    """Best replies without mutation: dominance ends in one state, coordination in one of two; imitation in both."""
    found = birth_death(model_of(config_of([[2, 2], [1, 1]], 10, "best_response")))
    assert found.probability.tolist() == [0.0] * 10 + [1.0]
    with pytest.raises(ValueError, match="does not forget its start: the number of S0 ends up at one of 0, 10;"):
        birth_death(model_of(config_of([[4, 0], [3, 2]], 10, "best_response")))
    with pytest.raises(ValueError, match="ends up at one of 0, 10;"):
        birth_death(model_of(config_of([[4, 0], [3, 2]], 10, "moran")))
    swing = config_of([[-1, 2], [0, 1.1]], 10, "imitate_best")  # between 5 and 6
    with pytest.raises(ValueError, match="one of 0, 5 to 6, 10;"):
        birth_death(model_of(swing))


@pytest.mark.parametrize(
    "config, words",
    [
        (config_of([[1, 2, 3]] * 3, 10), "two strategies"),
        (config_of([[1, 2], [2, 1]], 10, "wright_fisher", mutation={"rate": 0.1}), "no closed form"),
        (config_of([[1, 2], [2, 1]], 10, {"kind": "logit", "update": "synchronous"}), "no closed form"),
        (config_of([[1, 2], [2, 1]], 10) | {"population": {"kind": "infinite"}}, "finite populations"),
    ],
)
def test_what_has_no_closed_form_is_refused(config, words):
    with pytest.raises(ValueError, match=words):
        birth_death(model_of(config))

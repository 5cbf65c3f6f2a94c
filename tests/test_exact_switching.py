"""Fixation in environments that move, against reference values and linear solves of the whole chain by enumeration."""

import math

import numpy as np
import pytest
from reference import cases
from scipy.linalg import expm
from two_strategies import config_of, matrix_of, model_of, near, rates_by_enumeration, solved

import evo
from evo.exact.takeover.fixation import fixation_curve
from evo.exact.takeover.periodic import environments, periodic_fixation
from evo.exact.takeover.switching import switching_fixation, transition

CASES = cases("switching_environment")
PAIR = {"mutant": "S0", "resident": "S1"}
HAWK_DOVE, STAG_HUNT = [[-1.0, 2.0], [0.0, 1.0]], [[4.0, 0.0], [3.0, 2.0]]


def between(first, second):
    """Payoffs that are the first matrix at e = 0 and the second at e = 1."""
    rows = zip(first, second, strict=True)
    return [[f"{a} + e*({b} - {a})" for a, b in zip(one, other, strict=True)] for one, other in rows]


def switching(**law):
    return {"e": {"kind": "switching", "values": [0, 1], **law}}


def by_linear_solve(config, chain, environments):
    """(probability, steps, conditional steps), (m, Z-1) each: the whole chain as one matrix, updates first."""
    size, states = config["population"]["size"], len(chain)
    matrix = np.zeros((states * (size - 1) + 2,) * 2)
    matrix[0, 0] = matrix[-1, -1] = 1
    for e, environment in enumerate(environments):
        step = matrix_of(*rates_by_enumeration(config, environment=environment))
        for k in range(1, size):
            row = 1 + e * (size - 1) + k - 1
            matrix[row, 0], matrix[row, -1] = step[k, 0], step[k, size]
            for f in range(states):
                first = 1 + f * (size - 1)
                matrix[row, first : first + size - 1] += chain[e, f] * step[k, 1:size]
    chance, time, given = solved(matrix)[:3]
    return [values.reshape(states, size - 1) for values in (chance, time, given)]


@pytest.mark.parametrize("name", [name for name in CASES if "ashcroft" in name])
def test_two_environments(name):
    case = CASES[name]
    model, value = case["model"], case["value"]
    leave = model["switch_prob_per_event"]
    chain = [[1 - leave[0], leave[0]], [leave[1], 1 - leave[1]]]
    config = config_of(
        between(model["A_env0"], model["A_env1"]),
        model["N"],
        intensity=model["w"],
        selection={"fitness": {"exp": "exponential", "linear": "linear"}[model["fitness"]]},
        environment=switching(probabilities=chain),
    )
    order = "environment_first" if "switch_then_update" in name else "update_first"
    found = switching_fixation(model_of(config), **PAIR, order=order)
    assert found.probability[:, 1] == near(case, np.array(value["rho_env"]))
    assert found.mean_probability[1] == near(case, value["rho_stat"])
    assert found.steps[:, 1] == near(case, np.array(value["t_env"]))
    assert found.probability[:, model["N"] // 2] == near(case, np.array(value["phi_half"]))
    assert found.environments == ({"e": 0.0}, {"e": 1.0}) and found.mixed.max() == 0


@pytest.mark.pure
@pytest.mark.parametrize("order", ["update_first", "environment_first"])
@pytest.mark.parametrize("rule", ["moran", {"kind": "pairwise_comparison", "role_models": "all"}])
def test_the_whole_chain_as_one_matrix(rule, order):
    """Three values, rates; chances, times and times given fixation."""
    rates = [[-0.6, 0.4, 0.2], [0.3, -0.8, 0.5], [0.0, 0.7, -0.7]]
    law = {"kind": "switching", "values": [0.1, 0.5, 1.2], "rates": rates}
    config = config_of(between(HAWK_DOVE, STAG_HUNT), 7, rule, intensity=0.8, environment={"e": law})
    chain, states = expm(np.array(rates) / 7), [{"e": value} for value in law["values"]]
    chance, time, given = by_linear_solve(config, chain, states)
    if order == "environment_first":
        chance, time, given = chain @ chance, chain @ time, chain @ (chance * given) / (chain @ chance)
    found = switching_fixation(model_of(config), **PAIR, order=order)
    assert found.probability[:, 1:-1] == pytest.approx(chance, rel=1e-10)
    assert np.exp(found.log_extinction)[:, 1:-1] == pytest.approx(1 - chance, rel=1e-9)
    assert found.steps[:, 1:-1] == pytest.approx(time, rel=1e-10)
    assert found.conditional_steps[:, 1:-1] == pytest.approx(given, rel=1e-9)
    weights = np.linalg.matrix_power(chain, 10**4)[0]
    assert found.mean_steps[1:-1] == pytest.approx(weights @ time, rel=1e-9)


def test_two_variables_that_switch():
    one = {"kind": "switching", "values": [0, 1], "rates": [[-2, 2], [1, -1]]}
    two = {"kind": "switching", "values": [1, 3, 2], "probabilities": [[0.5, 0.5, 0], [0, 0.5, 0.5], [0.2, 0.2, 0.6]]}
    payoffs = [["e", "f"], ["1", "2 - e"]]
    config = config_of(
        payoffs, 6, intensity=0.5, environment={"e": one, "f": two, "g": {"kind": "constant", "value": 1}}
    )
    chain = np.kron(expm(np.array(one["rates"]) / 6), two["probabilities"])
    states = [{"e": e, "f": f} for e in one["values"] for f in two["values"]]
    found = switching_fixation(model_of(config), **PAIR)
    assert list(found.environments) == states
    assert found.probability[:, 1:-1] == pytest.approx(by_linear_solve(config, chain, states)[0], rel=1e-10)


def test_an_environment_that_changes_nothing():
    config = config_of(STAG_HUNT, 200, "pairwise_comparison", intensity=6.0)
    still = fixation_curve(model_of(config), **PAIR)
    config["environment"] = switching(rates=[[-3, 3], [5, -5]])
    for order in ("update_first", "environment_first"):
        found = switching_fixation(model_of(config), **PAIR, order=order)
        for e in range(2):
            assert found.log_probability[e] == pytest.approx(still.log_probability, rel=1e-11)
            assert found.log_extinction[e] == pytest.approx(still.log_extinction, rel=1e-11)
            assert found.steps[e] == pytest.approx(still.steps, rel=1e-9)
            assert found.conditional_steps[e] == pytest.approx(still.conditional_steps, rel=1e-9, nan_ok=True)
    assert still.log_probability[1] < -400 * math.log(10) / 2


def test_fixation_peaks_where_the_environment_switches_at_the_right_pace():
    """Ashcroft, Altrock & Galla 2014: between coexistence at 0.3 and a threshold at 0.2 a mutant does better than in
    either, at a rate near 0.0178 per generation."""
    payoffs = between([[1.0, 1.6], [2.4, 1.0]], [[2.6, 1.0], [1.0, 1.4]])
    rates = np.logspace(-5, 2, 29)
    found = []
    for rate in rates:
        law = switching(rates=[[-rate, rate], [rate, -rate]])
        config = config_of(payoffs, 50, "pairwise_comparison", intensity=1.0, environment=law)
        found.append(switching_fixation(model_of(config), **PAIR).probability[0, 1])
    best = int(np.argmax(found))
    assert found[best] == pytest.approx(0.203, abs=5e-4) and rates[best] == pytest.approx(0.0178, rel=0.01)
    assert found[-1] == pytest.approx(0.084, abs=1e-3)
    model = model_of(config)
    still = [fixation_curve(model, **PAIR, environment={"e": e}).probability[1] for e in (0, 1)]
    assert still == pytest.approx([1.5e-9, 0.0102], rel=0.05)


def test_environments_in_which_nobody_copies_the_other():
    """Hawk and dove that imitate the best meet for ever, unless the environment lets one of them win."""
    for switches, mixed in ((0.0, 1.0), (0.1, 0.0)):
        law = switching(probabilities=[[1 - switches, switches], [0.5, 0.5]])
        config = config_of(between(HAWK_DOVE, [[2, 2], [1, 1]]), 10, "imitate_best", environment=law)
        found = switching_fixation(model_of(config), **PAIR)
        assert found.mixed[0, 1] == mixed and found.probability[0, 1] == pytest.approx(1 - mixed, rel=1e-14)
        assert math.isinf(found.steps[0, 1]) == (mixed == 1)
        assert math.isnan(found.conditional_steps[0, 1]) == (mixed == 1)


def test_transition_of_rates():
    for scale in (1e-9, 0.3, 40.0):
        rates = scale * np.array([[-1.2, 0.9, 0.3], [0.0, 0.0, 0.0], [5.0, 2.0, -7.0]])
        found = transition(rates, 0.7)
        assert found == pytest.approx(expm(rates * 0.7), rel=1e-12, abs=1e-15)
        assert (found >= 0).all() and found.sum(axis=1) == pytest.approx(1, abs=1e-15)


# ---- periodic


def alternating(model):
    law = {"kind": "periodic", "mean": 0.5, "amplitude": 0.5, "period": 2000 / model["N"], "shape": "square"}
    law |= {"phase": 0.5, "per": "step"}
    payoffs = between(model["A_env0"], model["A_env1"])
    return config_of(payoffs, model["N"], "pairwise_comparison", intensity=model["beta"], environment={"e": law})


@pytest.mark.pure
def test_an_environment_that_alternates():
    case = CASES["periodic_env_fermi_K1000"]
    found = periodic_fixation(model_of(alternating(case["model"])), **PAIR)
    assert found.period == 2000
    assert found.probability[1] == near(case, case["value"]["rho"])
    assert found.probability[15] == near(case, case["value"]["phi_half"])


WAVES = {
    "sine": {"period": 3, "phase": 0.2},
    "sine, steps": {"period": 3.7, "phase": 0.2, "per": "step"},
    "square": {"period": 2.5, "phase": 0.1, "shape": "square"},
    "square, steps": {"period": 1.3, "phase": 0.35, "shape": "square", "per": "step"},
    "square, halves": {"period": 0.5, "shape": "square", "per": "step"},
}


def waving(name, size=10):
    law = {"kind": "periodic", "mean": 0.5, "amplitude": 0.4} | WAVES[name]
    return config_of(between(HAWK_DOVE, STAG_HUNT), size, "pairwise_comparison", intensity=1.0, environment={"e": law})


@pytest.mark.parametrize("name", WAVES)
def test_steps_meet_the_environment_that_they_meet_in_a_run(name):
    model = model_of(waving(name))
    values, schedule = environments(model)
    path = evo.simulate(model, generations=15, record_every=0.1, seed=1)
    met = [values[schedule[step % len(schedule)]]["e"] for step in range(150)]
    assert path.environment[0, :150, 0] == pytest.approx(met, abs=1e-9)


@pytest.mark.parametrize("name", WAVES)
def test_periods_step_by_step(name):
    """Chances and times by letting the distribution run until nobody is left, or nearly."""
    config = waving(name, size=8)
    model = model_of(config)
    values, schedule = environments(model)
    matrices = [matrix_of(*rates_by_enumeration(config, environment=value)) for value in values]
    found = periodic_fixation(model, **PAIR)
    for start in (1, 4):
        state, arrived = np.eye(9)[start], np.zeros(9)
        steps = joint = before = 0.0
        for step in range(60_000):
            steps += state[1:-1].sum()
            state = state @ matrices[schedule[step % len(schedule)]]
            joint += (step + 1) * (state[8] - before)
            before, arrived = state[8], state
        assert arrived[1:-1].sum() < 1e-12
        assert found.probability[start] == pytest.approx(arrived[8], rel=1e-9)
        assert found.extinction[start] == pytest.approx(arrived[0], rel=1e-9)
        assert found.steps[start] == pytest.approx(steps, rel=1e-9)
        assert found.conditional_steps[start] == pytest.approx(joint / arrived[8], rel=1e-8)


# ---- what is refused


@pytest.mark.parametrize(
    "environment, words",
    [
        ({}, "no variable of the environment switches"),
        ({"e": {"kind": "trend", "start": 0, "rate": 1}}, "e moves by trend"),
    ],
)
def test_what_does_not_switch_is_refused(environment, words):
    with pytest.raises(ValueError, match=words):
        switching_fixation(model_of(config_of(HAWK_DOVE, 10, environment=environment)), **PAIR)


def test_what_does_not_come_round_is_refused():
    for law, words in (
        ({"kind": "periodic", "mean": 0, "amplitude": 1, "period": math.pi}, "does not come round"),
        ({"kind": "periodic", "mean": 0, "amplitude": 1, "period": 10**6}, "at most 1,000,000"),
        ({"kind": "switching", "values": [0, 1], "rates": [[-1, 1], [1, -1]]}, "e moves by switching"),
    ):
        with pytest.raises(ValueError, match=words):
            periodic_fixation(model_of(config_of(HAWK_DOVE, 10, environment={"e": law})), **PAIR)
    with pytest.raises(ValueError, match="order is"):
        switching_fixation(model_of(config_of(HAWK_DOVE, 10)), **PAIR, order="both")

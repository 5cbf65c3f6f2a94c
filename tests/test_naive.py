"""Kernels against tests/naive.py: payoffs, rates, flows, environments, whole runs; and what holds for every rule.

Where a model is drawn at random, the seed is the test's parameter.
"""

import copy
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import get_args

import naive
import numba
import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp

import evo
from evo.canonical import point_hash
from evo.codes import ALL
from evo.dynamics import Dynamics
from evo.games import compositions
from evo.kernels._cache import kernel
from evo.kernels.arrays import PAYOFF, PULL
from evo.kernels.environment import begin_environment, evaluate
from evo.kernels.field import fill_field, imitates_only, write_mix
from evo.kernels.meanfield import run_flow
from evo.kernels.payoffs import begin_table, fill_payoffs
from evo.kernels.rates import fill_births, fill_rates
from evo.kernels.stepped import run_steps
from evo.model import Model
from evo.recording import scratch

ALPHA = 1e-4
LETTERS = "ABCD"
KINDS = {kind.model_fields["kind"].default: kind for kind in get_args(get_args(Dynamics)[0])}
FINITE = sorted(name for name, kind in KINDS.items() if kind.finite)
TRAITS = {"A": {"traits": {"calm": 0.4, "care": 1.0}}, "B": {"traits": {"calm": 0.9}}, "C": {"traits": {"care": 0.3}}}


# ---- the kernels' answers


@kernel
def probe(process, whole, amounts, mix, rng, work, births):
    """Payoffs, rates and (where there is fitness) births at these amounts and time 0."""
    begin_environment(process.laws, 1.0, rng, work)
    evaluate(process, 0.0, np.int64(ALL), np.bool_(False), work)
    for i in range(len(mix)):
        work.scalars[process.mix + i] = mix[i]
    begin_table(process.game, process.meeting, work)
    fill_payoffs(process.meeting, process.game.prefix, amounts, work.table, work.factors, work.status, work.strategy)
    fill_rates(
        process.rule, process.to, whole, process.meeting.whole > 0, amounts, work.status, work.strategy, work.rates
    )
    fill_births(process.rule, process.to, amounts, work.status, work.strategy)
    for i in range(len(mix)):
        births[i] = work.strategy[PULL, i]


@kernel
def probe_field(process, t, mix, rng, state, work, derivative):
    """x' at this mix and time t, which must come before the first event."""
    logarithmic = imitates_only(process.rule)
    write_mix(mix, logarithmic, state)
    begin_environment(process.laws, 0.0, rng, work)
    evaluate(process, 0.0, np.int64(ALL), np.bool_(True), work)
    begin_table(process.game, process.meeting, work)
    fill_field(process, t, logarithmic, state, mix, work, derivative)
    if logarithmic:
        for i in range(len(mix)):
            derivative[i] *= mix[i]


def probed(config, amounts):
    """The scratch after `probe`, and the births."""
    process = Model.model_validate(config).lowered
    work, births, amounts = scratch(process), np.zeros(len(amounts)), np.array(amounts, float)
    whole = float(process.meeting.whole or 1)
    probe(process, whole, amounts, amounts / whole, np.ones(4, np.uint64), work, births)
    return work, births


def evo_payoffs(config, amounts):
    return probed(config, amounts)[0].strategy[PAYOFF]


def evo_field(config, mix, t=0.0):
    process = Model.model_validate(config).lowered
    mix = np.array(mix)
    state, derivative = np.zeros(len(mix)), np.zeros(len(mix))
    probe_field(process, t, mix, np.ones(4, np.uint64), state, scratch(process), derivative)
    return derivative


# ---- random models


def group_game(rng, d, n):
    """A game with an arbitrary table: a number for each strategy and whole group, picked out by comparisons."""
    names = LETTERS[:d]

    def cell(group):
        return "*".join(
            [repr(rng.uniform(0.1, 2.0)), *(f"(k_{who} == {count})" for who, count in zip(names, group, strict=True))]
        )

    groups = compositions(d, n).tolist()
    return {"kind": "group", "size": n, "payoffs": {who: " + ".join(cell(group) for group in groups) for who in names}}


def matrix_game(rng, d):
    return {"kind": "matrix", "payoffs": [[rng.uniform(-1.0, 1.0) for _ in range(d)] for _ in range(d)]}


def random_game(rng, d, n):
    return matrix_game(rng, d) if n == 2 and rng.random() < 0.5 else group_game(rng, d, n)


def random_mix(rng, d):
    weights = [rng.expovariate(1.0) for _ in range(d)]
    return [weight / sum(weights) for weight in weights]


def random_counts(rng, d, whole, absent=0):
    """Everybody at random, none of the last strategies."""
    places = [rng.randrange(d - absent) for _ in range(whole)]
    return [places.count(i) for i in range(d)]


def model_of(d, game, **parts):
    return {"strategies": list(LETTERS[:d]), "game": game, "dynamics": {"kind": "replicator"}, **parts}


def present(values, amounts):
    return [value for value, amount in zip(values, amounts, strict=True) if amount > 0]


# ---- payoffs


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["none", "focal", "founder"])
@pytest.mark.parametrize("d, n", [(2, 2), (2, 5), (3, 2), (3, 3), (3, 4), (4, 3), (4, 5)])
def test_payoffs_of_an_infinite_population(d, n, kind):
    rng = random.Random(100 * d + n)
    for a in (0.0,) if kind == "none" else (0.07, 0.6, 1.0):
        population = {} if kind == "none" else {"assortment": a, "assortment_kind": kind}
        config = model_of(d, random_game(rng, d, n), population={"kind": "infinite", **population})
        mix = random_mix(rng, d)
        expected = naive.payoffs(config, mix, naive.world_of(config, 0.0, {}, mix))
        assert evo_payoffs(config, mix) == pytest.approx(expected, rel=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("self_interaction", [False, True])
@pytest.mark.parametrize("kind", ["none", "focal", "founder"])
@pytest.mark.parametrize("d, n", [(2, 2), (2, 5), (3, 2), (3, 3), (3, 4), (4, 3), (4, 5)])
def test_payoffs_of_a_finite_population(d, n, kind, self_interaction):
    rng = random.Random(1000 + 100 * d + n)
    for a in (0.0,) if kind == "none" else (0.07, 0.6, 1.0):
        for whole, absent in ((n, 0), (11, 0), (17, 1)):
            population = {"kind": "well_mixed", "size": whole, "self_interaction": self_interaction}
            population |= {} if kind == "none" else {"assortment": a, "assortment_kind": kind}
            config = model_of(d, random_game(rng, d, n), population=population, dynamics={"kind": "moran"})
            counts = random_counts(rng, d, whole, absent)
            expected = naive.payoffs(config, counts, naive.world_of(config, 0.0, {}, counts))
            assert present(evo_payoffs(config, counts), counts) == pytest.approx(present(expected, counts), rel=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["focal", "founder"])
def test_payoffs_of_a_large_population(kind):
    counts = [999_999_000, 999, 1]
    population = {"kind": "well_mixed", "size": sum(counts), "assortment": 0.4, "assortment_kind": kind}
    config = model_of(3, group_game(random.Random(3), 3, 5), population=population, dynamics={"kind": "moran"})
    expected = naive.payoffs(config, counts, naive.world_of(config, 0.0, {}, counts))
    assert evo_payoffs(config, counts) == pytest.approx(expected, rel=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["focal", "founder"])
def test_an_absent_strategy_has_the_payoff_of_a_rare_invader(kind):
    rng = random.Random(7)
    config = model_of(
        3, group_game(rng, 3, 4), population={"kind": "infinite", "assortment": 0.3, "assortment_kind": kind}
    )
    expected = naive.payoffs(config, [0.4, 0.6 - 1e-14, 1e-14], naive.world_of(config, 0.0, {}, [0.4, 0.6, 0.0]))
    assert evo_payoffs(config, [0.4, 0.6, 0.0]) == pytest.approx(expected, rel=1e-11)


@pytest.mark.pure
@pytest.mark.parametrize("population", [{"kind": "infinite"}, {"kind": "well_mixed", "size": 12, "assortment": 0.2}])
def test_payoffs_from_formulas_with_bias(population):
    """A threshold game in a global pool: let lines, parameters, a shadowed one, environment, t, n and the mix."""
    game = {
        "kind": "group",
        "size": 4,
        "let": {"givers": "k_A + 0.5*k_B", "pot": "r*c*givers/n", "met": "where(givers >= 2, 1, 0.3)"},
        "payoffs": {"A": "pot*met - c + x_C**2", "B": "pot*met - c/2 + 0.1*log(1 + k_C)", "C": "pot*met*(1 + t)*e"},
    }
    config = {
        "parameters": {"r": 2.5, "c": {"value": 0.7, "range": [0, 1]}, "e": 9.0},
        "strategies": TRAITS,
        "game": game,
        "environment": {"e": {"kind": "constant", "value": 0.8}},
        "selection": {"bias": {"strength": 0.3, "weights": {"calm": 0.25, "care": 0.75}}},
        "population": population,
        "dynamics": {"kind": "moran"},
    }
    amounts = [4, 3, 5] if population["kind"] == "well_mixed" else [0.2, 0.3, 0.5]
    expected = naive.payoffs(config, amounts, naive.world_of(config, 0.0, {"e": 0.8}, amounts))
    assert evo_payoffs(config, amounts) == pytest.approx(expected, rel=1e-12)


# ---- rates

MUTATIONS = {
    "none": {},
    "others": {"rate": 0.2},
    "any": {"rate": 0.3, "to": "any"},
    "matrix": {"rate": 0.15, "to": [[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.0, 1.0, 0.0]]},
    "always": {"rate": 1.0},
}
COPYING = {
    "unbiased": {},
    "conformist": {"conformity": 2.5},
    "anticonformist": {"conformity": 0.4},
    "prestige": {"prestige": 0.8},
    "indicated": {"prestige": -1.5, "indicator": "care"},
    "all at once": {"conformity": 1.7, "prestige": 0.6, "indicator": "calm"},
}


def rates_config(rng, dynamics, selection, mutation, whole):
    return {
        "strategies": TRAITS,
        "game": group_game(rng, 3, 3),
        "selection": {"intensity": 1.3, "bias": {"strength": 0.4, "weights": {"calm": 1.0}}} | selection,
        "mutation": mutation,
        "population": {"kind": "well_mixed", "size": whole} if whole else {"kind": "infinite"},
        "dynamics": dynamics,
    }


def check_rates(config, counts):
    work, _ = probed(config, counts)
    expected = naive.transitions(config, counts, naive.payoffs(config, counts, naive.world_of(config, 0.0, {}, counts)))
    for i in range(3):
        for j in range(3):
            if i != j:
                assert work.rates[i, j] == pytest.approx(expected.get((i, j), 0.0), rel=1e-12, abs=1e-16)
    assert sum(expected.values()) <= 1 + 1e-12


@pytest.mark.pure
@pytest.mark.parametrize("when", ["instead", "after"])
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("copying", COPYING)
@pytest.mark.parametrize("role_models", ["others", "all"])
def test_rates_of_pairwise_comparison(role_models, copying, mutation, when):
    rng = random.Random(f"{role_models}{copying}{mutation}{when}")
    dynamics = {"kind": "pairwise_comparison", "role_models": role_models}
    config = rates_config(rng, dynamics, COPYING[copying], MUTATIONS[mutation] | {"when": when}, 9)
    for counts in ([3, 2, 4], [1, 0, 8], [0, 9, 0]):
        check_rates(config, counts)


@pytest.mark.pure
@pytest.mark.parametrize("selection", [{}, {"conformity": 2.0}, {"prestige": -1e-9}])
def test_overwhelming_selection_copies_whoever_earns_more(selection):
    config = model_of(2, {"kind": "matrix", "payoffs": [[2, 2], [1, 1]]}, dynamics={"kind": "pairwise_comparison"})
    config |= {"population": {"kind": "well_mixed", "size": 5}, "selection": {"intensity": 1e6} | selection}
    rates = probed(config, [2, 3])[0].rates
    met = 4 / 8 if "conformity" in selection else 2 / 4  # an A by a B
    assert rates[1, 0] == pytest.approx(3 / 5 * met, rel=1e-8) and rates[0, 1] < 1e-300


@pytest.mark.pure
@pytest.mark.parametrize("fitness", ["exponential", "linear"])
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("death", ["all", "others"])
def test_rates_of_moran(death, mutation, fitness):
    rng = random.Random(f"{death}{mutation}{fitness}")
    selection = {"fitness": fitness, "intensity": 0.6 if fitness == "linear" else 2.0}
    config = rates_config(rng, {"kind": "moran", "death": death}, selection, MUTATIONS[mutation], 9)
    for counts in ([3, 2, 4], [1, 0, 8], [0, 9, 0]):
        check_rates(config, counts)


@pytest.mark.pure
@pytest.mark.parametrize("fitness", ["exponential", "linear"])
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_sampling_probabilities_of_wright_fisher(mutation, fitness):
    rng = random.Random(f"{mutation}{fitness}")
    selection = {"fitness": fitness, "intensity": 0.6 if fitness == "linear" else 2.0}
    config = rates_config(rng, {"kind": "wright_fisher"}, selection, MUTATIONS[mutation], 9)
    for counts in ([3, 2, 4], [1, 0, 8], [0, 9, 0]):
        earned = naive.payoffs(config, counts, naive.world_of(config, 0.0, {}, counts))
        assert probed(config, counts)[1] == pytest.approx(naive.wright_fisher(config, counts, earned), rel=1e-12)


# ---- flows


def flows():
    """(dynamics, selection, mutation) of every flow and the mean field of every rule."""
    for mutation in MUTATIONS:
        for form in ("additive", "offspring"):
            yield {"kind": "replicator_mutator", "form": form}, {}, MUTATIONS[mutation]
        for fitness in ("exponential", "linear"):
            yield {"kind": "moran"}, {"fitness": fitness, "intensity": 0.6}, MUTATIONS[mutation]
            yield {"kind": "wright_fisher"}, {"fitness": fitness, "intensity": 0.6}, MUTATIONS[mutation]
        for copying in COPYING:
            for when in ("instead", "after"):
                yield {"kind": "pairwise_comparison"}, COPYING[copying], MUTATIONS[mutation] | {"when": when}
    yield {"kind": "replicator"}, {}, {}


@pytest.mark.pure
@pytest.mark.parametrize("place, dynamics, selection, mutation", [(place, *flow) for place, flow in enumerate(flows())])
def test_flows(place, dynamics, selection, mutation):
    rng = random.Random(place)
    config = rates_config(rng, dynamics, selection, mutation, 0)
    for mix in ([0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3], random_mix(rng, 3), [0.98, 0.015, 0.005]):
        expected = naive.field(config, 0.0, {}, mix)
        if dynamics["kind"] == "wright_fisher":
            assert probed(config, mix)[1] == pytest.approx(expected, rel=1e-12)
        else:
            assert evo_field(config, mix) == pytest.approx(expected, rel=1e-11, abs=1e-14)
            assert sum(expected) == pytest.approx(0.0, abs=1e-14)


# ---- laws of the environment, and whole trajectories of flows

LAWS = {
    "constant": {"kind": "constant", "value": 0.4},
    "sine": {"kind": "periodic", "mean": 0.5, "amplitude": 0.4, "period": 3.7, "phase": 0.2},
    "square": {"kind": "periodic", "mean": 0.5, "amplitude": 0.4, "period": 2.5, "phase": 0.1, "shape": "square"},
    "linear": {"kind": "trend", "start": 0.1, "rate": 0.11, "ceiling": 0.7},
    "falling": {"kind": "trend", "start": 0.9, "rate": -0.2, "floor": 0.25},
    "exponential": {"kind": "trend", "start": 0.1, "rate": 0.3, "shape": "exponential", "ceiling": 0.8},
    "logistic": {"kind": "trend", "start": 0.2, "rate": 0.7, "floor": 0.1, "ceiling": 0.9, "shape": "logistic"},
    "series": {"kind": "series", "values": [[1990, 80], [1990.5, 30], [1992, 50], [1995.25, 10]], "start": 1990,
               "generations_per_unit": 2, "transform": "1 - value/100", "outside": "hold"},
    "held": {"kind": "series", "values": [[0, 0.2], [2.4, 0.9], [3, 0.1], [6.5, 0.5]], "interpolation": "held",
             "outside": "hold"},
    "extrapolated": {"kind": "series", "values": [[1, 0.2], [5, 0.4], [6, 0.3]], "outside": "extrapolate"},
    "switching": {"kind": "switching", "values": [0.05, 0.5, 0.9], "start": "stationary",
                  "rates": [[-0.6, 0.4, 0.2], [0.3, -0.8, 0.5], [0.0, 0.7, -0.7]]},
    "shocks": {"kind": "shocks", "base": 0.3, "rate": 0.5, "severity": 0.4, "relaxation": 1.5, "start": 0.6},
    "blows": {"kind": "shocks", "base": 0.8, "rate": 0.7, "severity": 0.3, "mode": "multiplies", "relaxation": 2.0},
    "noise": {"kind": "noise", "mean": 0.5, "relaxation": 2.0, "sd": 0.2, "start": "stationary"},
    "feedback": {"kind": "feedback", "start": 0.5, "rate": "e*(1 - e)*(2*x_A - 0.8) + 0.05*(payoff_A - mean_payoff)"},
}  # fmt: skip
CYCLE = [["0.1", "e - 1", "1.2*e"], ["1", "0.2", "-1"], ["-0.5", "0.8 - e", "e"]]


def changing(law, **parts):
    config = model_of(3, {"kind": "matrix", "payoffs": CYCLE}, environment={"e": law}, **parts)
    return config | {"selection": {"intensity": 1.5}}


def solve(config, weather, mix, times):
    """Mix and environment at these times, by a solver of order 8 from event to event, on the naive right-hand side."""
    moved = [name for name, law in weather.laws.items() if law["kind"] == "feedback"]
    state, t, seen = np.array([*mix, *(weather.level[name] for name in moved)]), 0.0, []
    d = len(mix)

    def environment(t, state):
        return weather.values(t) | dict(zip(moved, state[d:].tolist(), strict=True))

    def slope(t, state):
        around, mix = environment(t, state), state[:d].tolist()
        earned = naive.payoffs(config, mix, naive.world_of(config, t, around, mix))
        rates = [naive.feedback_rate(config, name, t, around, mix, earned) for name in moved]
        return naive.field(config, t, around, mix) + rates

    while t < times[-1]:
        end = min(min(weather.due.values(), default=math.inf), times[-1])
        sol = solve_ivp(slope, (t, end), state, "DOP853", rtol=1e-11, atol=1e-13, max_step=0.5, dense_output=True).sol
        within = [time for time in times if t <= time < end or time == end == times[-1]]
        seen += [(sol(time)[:d].tolist(), list(environment(time, sol(time)).values())) for time in within]
        state, t = sol(end), end
        weather.level.update(zip(moved, state[d:], strict=True))
        weather.cross(end)
        state[d:] = [weather.level[name] for name in moved]
    return np.array([mix for mix, _ in seen]), np.array([around for _, around in seen])


def check_trajectory(config, generations=8.0, start=(0.5, 0.2, 0.3), seed=5, tolerance=1e-9):
    model, shares = Model.model_validate(config), dict(zip(LETTERS, start, strict=False))
    path = evo.simulate(model, generations=generations, record_every=0.5, seed=seed, start=shares, tolerance=tolerance)
    weather = naive.Weather(config, naive.stream(seed, 0, point_hash(model, shares), naive.ENVIRONMENT))
    mix, environment = solve(config, weather, start, path.time.tolist())
    assert path.mix[0] == pytest.approx(mix, abs=1e-6)
    assert path.environment[0] == pytest.approx(environment, abs=1e-6)
    assert np.ptp(path.mix[0], axis=0).max() > 0.05  # something happened


@pytest.mark.parametrize("law", LAWS)
def test_replicator_in_every_environment(law):
    check_trajectory(changing(LAWS[law]))


@pytest.mark.parametrize("dynamics", ["replicator_mutator", "pairwise_comparison", "moran"])
@pytest.mark.parametrize("law", ["sine", "switching", "feedback"])
def test_mean_fields_with_mutation_in_changing_environments(dynamics, law):
    check_trajectory(changing(LAWS[law], dynamics={"kind": dynamics}, mutation={"rate": 0.05}))


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["replicator", "pairwise_comparison", "moran"])
def test_trajectory_of_a_group_game(kind):
    rng = random.Random(kind)
    config = model_of(3, group_game(rng, 3, 4), dynamics={"kind": kind})
    config |= {"population": {"kind": "infinite", "assortment": 0.2, "assortment_kind": "founder"}}
    check_trajectory(config, generations=4.0, tolerance=1e-8)


def test_feedback_jumps_with_shocks_and_time_is_read():
    config = changing(LAWS["shocks"])
    config["environment"]["stock"] = {
        "kind": "feedback", "start": 1.0, "rate": "0.4*(1 - stock) - 0.1*x_B*t", "jumps": {"on": "e", "multiply": 0.5}
    }  # fmt: skip
    lines, payoffs = {"slow": "tanh(t/4)", "y": "stock*slow"}, [["y", "e - 1", "1.2*e"], *CYCLE[1:]]
    config["game"] = {"kind": "matrix", "let": lines, "payoffs": payoffs}
    check_trajectory(config)


@pytest.mark.pure
@pytest.mark.parametrize("law", ["constant", "sine", "series", "noise"])
def test_the_map_of_wright_fisher(law):
    """An infinite population redrawn once a generation: x <- s M, then the environment."""
    config = changing(LAWS[law], dynamics={"kind": "wright_fisher"}, mutation={"rate": 0.1, "to": "any"})
    model, mix = Model.model_validate(config), [1 / 3] * 3
    path = evo.simulate(model, generations=6, seed=3)
    weather = naive.Weather(config, naive.stream(3, 0, point_hash(model, {}), naive.ENVIRONMENT), step=1.0)
    for generation in range(7):
        weather.cross(generation)
        assert path.environment[0, generation, 0] == pytest.approx(weather.value("e", generation), rel=1e-12)
        assert path.mix[0, generation] == pytest.approx(mix, rel=1e-10)
        mix = naive.field(config, generation, weather.values(generation), mix)


# ---- the same seed, step by step


def check_replica(config, generations=12, shares=(0.4, 0.35, 0.25), record_every=1.0, seed=11):
    model, start = Model.model_validate(config), dict(zip(LETTERS, shares, strict=False))
    whole = config["population"]["size"]
    path = evo.simulate(model, generations=generations, replicates=2, seed=seed, start=start, record_every=record_every)
    for number in range(2):
        replica = naive.Replica(config, shares, seed, number, point_hash(model, start))
        for place, (counts, environment, mean) in enumerate(replica.run(generations, record_every)):
            assert np.rint(path.mix[number, place] * whole).tolist() == counts
            assert path.environment[number, place] == pytest.approx(list(environment.values()), rel=1e-7, abs=1e-9)
            assert path.payoff[number, place] == pytest.approx(mean, rel=1e-7, abs=1e-9)
        assert place == len(path.time) - 1
    return path


def finite_config(kind, law=None, **parts):
    config = changing(law or LAWS["constant"], dynamics={"kind": kind})
    config |= {"population": {"kind": "well_mixed", "size": 10}, "mutation": {"rate": 0.1}}
    return config | parts


@pytest.mark.pure
@pytest.mark.parametrize("kind", FINITE)
@pytest.mark.parametrize("mutation", [*MUTATIONS, "rare"])
def test_same_seed_same_counts(kind, mutation):
    chosen = {"rate": 0.002} if mutation == "rare" else MUTATIONS[mutation]
    path = check_replica(finite_config(kind, mutation=chosen), generations=30)
    assert path.mix.std() > 0


@pytest.mark.pure
@pytest.mark.parametrize("copying", COPYING)
@pytest.mark.parametrize("when", ["instead", "after"])
def test_same_seed_with_biased_role_models(copying, when):
    for law in (LAWS["switching"], LAWS["sine"] | {"per": "step"}):
        config = finite_config("pairwise_comparison", law, mutation={"rate": 0.05, "when": when}, strategies=TRAITS)
        check_replica(config | {"selection": COPYING[copying]}, generations=8)


@pytest.mark.pure
@pytest.mark.parametrize(
    "dynamics", [{"kind": "pairwise_comparison", "role_models": "all"}, {"kind": "moran", "death": "others"}]
)
def test_same_seed_with_other_options(dynamics):
    game = group_game(random.Random(4), 3, 3)
    check_replica(finite_config(dynamics["kind"], LAWS["sine"], dynamics=dynamics, game=game), record_every=2.5)


PACED = [
    "sine",
    "square",
    "linear",
    "falling",
    "exponential",
    "logistic",
    "series",
    "held",
    "noise",
    "feedback",
    "shocks",
]


@pytest.mark.pure
@pytest.mark.parametrize("kind", FINITE)
@pytest.mark.parametrize(
    "law, per",
    [*((law, per) for law in PACED for per in ("generation", "step")), ("switching", None), ("blows", "generation")],
)
def test_same_seed_in_every_environment(kind, law, per):
    config = finite_config(kind, LAWS[law] | ({"per": per} if per else {}), mutation={"rate": 0.3})
    check_replica(config, generations=9)


@pytest.mark.pure
@pytest.mark.parametrize("kind", FINITE)
def test_same_seed_with_a_chain_per_step(kind):
    chain = {
        "kind": "switching",
        "values": [0.1, 0.9, 0.4],
        "probabilities": [[0.9, 0.1, 0], [0.05, 0.8, 0.15], [0.2, 0, 0.8]],
    }
    check_replica(finite_config(kind, chain))
    check_replica(finite_config(kind, chain, mutation={"rate": 0.001}))


@pytest.mark.pure
@pytest.mark.parametrize("paced", ["generation", "step"])
@pytest.mark.parametrize("kind", FINITE)
def test_same_seed_with_many_variables(kind, paced):
    """Two chains, shocks and noise draw from one stream in the order of their events; a stock jumps with the shocks;
    payoffs read the time and the mix. One variable that moves with every step must leave the others to their pace."""
    config = finite_config(kind, LAWS["switching"])
    config["environment"] |= {
        "shock": LAWS["shocks"],
        "wave": LAWS["sine"] | {"per": paced},
        "chain": {"kind": "switching", "values": [0.0, 0.3], "rates": [[-2, 2], [3, -3]], "start": 1},
        "wind": LAWS["noise"],
        "stock": {
            "kind": "feedback",
            "start": 1.0,
            "rate": "0.4*(1 - stock) - 0.1*x_B + 0.01*t",
            "jumps": {"on": "shock", "multiply": 0.5},
        },
    }
    config["game"] = {
        "kind": "matrix",
        "payoffs": [
            ["stock", "e - 1", "1.2*e"],
            ["1 + 0.1*wave", "0.2", "shock + wind - 1"],
            ["-0.5", "0.8 - e + chain", "e + x_A*tanh(t/5)"],
        ],
    }
    check_replica(config, generations=6)
    config["environment"]["crop"] = {"kind": "feedback", "start": 0.3, "rate": "0.3*(stock - crop)", "per": paced}
    config["game"]["payoffs"][2][2] = "e + crop - 0.3"
    check_replica(config | {"mutation": {"rate": 0.004}}, generations=8, record_every=0.5)


@pytest.mark.pure
def test_a_random_start_is_uniform_on_the_simplex_and_drawn_by_number():
    config = finite_config("moran", LAWS["constant"], population={"kind": "well_mixed", "size": 1000})
    model = Model.model_validate(config)
    path = evo.simulate(model, generations=1e-3, record_every=1e-3, replicates=20, seed=6, start="random")
    for number in range(20):
        rng = naive.stream(6, number, point_hash(model, "random"), naive.START)
        waits = [naive.exponential(rng) for _ in range(3)]  # normalised exponentials: Dirichlet(1, 1, 1)
        assert path.mix[number, 0] * 1000 == pytest.approx(naive.whole_counts([w / sum(waits) for w in waits], 1000))


@pytest.mark.pure
@pytest.mark.parametrize("kind", FINITE)
def test_feedback_and_records_do_not_count_the_bias(kind):
    """Trait bias moves the mix; payoffs in formulas and records are those of the game, 0 for who is not there."""
    law = LAWS["feedback"] | {"rate": "0.1*payoff_A - 0.2*payoff_B + 0.3*payoff_C - 0.1*mean_payoff"}
    config = finite_config(kind, law, mutation={"rate": 0.02}, strategies=TRAITS)
    config["selection"] = {"bias": {"strength": 1.5, "weights": {"calm": 1.0, "care": -0.5}}}
    path = check_replica(config)
    assert (path.mix == 0).any()


# ---- many runs of individuals

RUNS = 2000
CROWDS = {
    "compared": {"dynamics": {"kind": "pairwise_comparison"}, "mutation": {"rate": 0.05}},
    "compared, all": {"dynamics": {"kind": "pairwise_comparison", "role_models": "all"}},
    "after": {"dynamics": {"kind": "pairwise_comparison"}, "mutation": {"rate": 0.2, "to": "any", "when": "after"}},
    "conformist": {"dynamics": {"kind": "pairwise_comparison"}, "selection": {"conformity": 2.0, "prestige": 0.5}},
    "born": {"dynamics": {"kind": "moran"}, "mutation": {"rate": 0.1}},
    "born, spared": {"dynamics": {"kind": "moran", "death": "others"}, "mutation": {"rate": 0.1, "to": "any"}},
    "redrawn": {"dynamics": {"kind": "wright_fisher"}, "mutation": {"rate": 0.1}},
    "linear": {"dynamics": {"kind": "wright_fisher"}, "selection": {"fitness": "linear", "intensity": 0.5}},
}


def crowd_config(name, intensity=1.5, **population):
    earned = {"A": "2.5*(k_A == 3) + 0.5*k_B", "B": "1 + 0.3*k_C", "C": "0.2 + 1.2*(k_C == 2)"}
    config = model_of(3, {"kind": "group", "size": 3, "payoffs": earned}, **CROWDS[name])
    config["selection"] = {"intensity": intensity} | config.get("selection", {})
    return config | {"population": {"kind": "well_mixed", "size": 7, **population}}


def named_runs(config, generations=5):
    """Final counts of individuals, (runs, strategies)."""
    rng, known = random.Random(1), {}
    return np.array([naive.individuals(config, generations, [3, 2, 2], rng, known) for _ in range(RUNS)])


def counted_runs(config, generations=5):
    """Final counts of evo, (runs, strategies)."""
    start = {"A": 3 / 7, "B": 2 / 7}
    path = evo.simulate(Model.model_validate(config), generations=generations, replicates=RUNS, seed=2, start=start)
    return np.rint(path.mix[:, -1] * 7)


def agreement(some, others):
    """The smallest p-value for equal means and equal variances of each strategy's counts."""
    apart = [(sample - sample.mean(axis=0)) ** 2 for sample in (some, others)]
    means = stats.ttest_ind(some, others, equal_var=False).pvalue
    variances = stats.ttest_ind(*apart, equal_var=False).pvalue
    return min(means.min(), variances.min())


@pytest.mark.parametrize("name", CROWDS)
def test_individuals_and_counts_agree(name):
    assert agreement(named_runs(crowd_config(name)), counted_runs(crowd_config(name))) > ALPHA


@pytest.mark.parametrize("name", ["compared", "born", "redrawn"])
def test_individuals_of_a_slightly_other_model_do_not_agree(name):
    people = named_runs(crowd_config(name))
    assert agreement(people, counted_runs(crowd_config(name, intensity=1.0))) < ALPHA
    assert agreement(people, counted_runs(crowd_config(name, self_interaction=True))) < ALPHA


# ---- what holds for every rule


def ways(random_weather=False):
    """Every rule in every population that it can have, with mutation where it has any."""
    for kind, rule in KINDS.items():
        for whole in (0, 12) if rule.finite else (0,):
            config = changing(LAWS["switching" if random_weather else "sine"], dynamics={"kind": kind})
            config |= {"mutation": {"rate": 0.05} if rule.mutates else {}}
            yield pytest.param(
                config | {"population": {"kind": "well_mixed", "size": whole} if whole else {"kind": "infinite"}},
                id=f"{kind}-{whole or 'infinite'}",
            )


CALM, STORMY = list(ways()), list(ways(random_weather=True))


def recorded(config, generations=6.0, **asked):
    return evo.simulate(Model.model_validate(config), generations=generations, **{"seed": 8, "replicates": 4} | asked)


def same(one, other, rows=slice(None), tolerance=0.0):
    """Whether two recordings say the same."""
    pairs = [(a[rows], b[rows]) for a, b in zip(one.recording, other.recording, strict=True)]
    return all(np.allclose(a, b, rtol=0, atol=tolerance, equal_nan=True) for a, b in pairs)


@pytest.mark.pure
@pytest.mark.parametrize("config", CALM)
def test_mixes_stay_on_the_simplex(config):
    path = recorded(config, start="random", record_every=0.5)
    assert path.mix.sum(axis=2) == pytest.approx(1.0, abs=1e-12)
    assert path.mix.min() >= 0


@pytest.mark.pure
@pytest.mark.parametrize("config", STORMY)
def test_without_mutation_what_is_gone_stays_away(config):
    config = config | {"mutation": {}}
    assert (recorded(config, start={"A": 0.5, "B": 0.5}).mix[:, :, 2] == 0).all()
    path = recorded(config, start={"B": 1.0})
    assert (path.mix == [0.0, 1.0, 0.0]).all()
    if config["population"]["kind"] == "well_mixed":
        mix = recorded(config, generations=60.0).mix
        assert (mix.max(axis=2) == 1).any()
        fixed = np.maximum.accumulate(mix.max(axis=2) == 1, axis=1)
        assert (mix.max(axis=2)[fixed] == 1).all()


@pytest.mark.pure
@pytest.mark.parametrize("config", [way for way in CALM if way.id.endswith("infinite")])
def test_relabelled_strategies_do_the_same(config):
    order = [2, 0, 1]
    other = config | {"strategies": [LETTERS[i] for i in order]}
    other["game"] = {"kind": "matrix", "payoffs": [[CYCLE[i][j] for j in order] for i in order]}
    start = {"A": 0.5, "B": 0.2, "C": 0.3}
    assert recorded(other, start=start).mix == pytest.approx(recorded(config, start=start).mix[:, :, order], abs=1e-10)


@pytest.mark.pure
@pytest.mark.parametrize("config", CALM)
def test_nothing_of_the_callers_is_changed(config):
    model, start, said = Model.model_validate(config), {"A": 0.5}, copy.deepcopy(config)
    before, plain = copy.deepcopy(model.lowered), model.model_dump()
    evo.simulate(model, generations=3, seed=1, start=start)
    assert config == said and start == {"A": 0.5} and model.model_dump() == plain

    def leaves(part):
        return [leaf for member in part for leaf in leaves(member)] if isinstance(part, tuple) else [part]

    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(leaves(before), leaves(model.lowered), strict=True))


@pytest.mark.pure
@pytest.mark.parametrize("config", STORMY)
def test_a_replicate_depends_on_its_number_alone(config):
    path = recorded(config, start="random")
    assert same(path, recorded(config, start="random", workers=2))
    assert same(path, recorded(config, start="random", replicates=2), slice(2))
    assert len(np.unique(path.mix[:, -1], axis=0)) > 1
    assert not same(path, recorded(config, start="random", seed=9))


@pytest.mark.pure
@pytest.mark.parametrize("config", STORMY)
def test_a_longer_run_begins_like_a_shorter(config):
    """To the last bit where events are drawn; a flow's steps depend a little on where it must stop."""
    short, long = recorded(config), recorded(config, generations=9.0)
    tolerance = (
        0.0 if config["dynamics"]["kind"] == "wright_fisher" or config["population"]["kind"] != "infinite" else 1e-7
    )
    assert np.allclose(long.mix[:, :7], short.mix, rtol=0, atol=tolerance)
    assert np.allclose(long.environment[:, :7], short.environment, rtol=0, atol=tolerance)


def test_every_rule_runs_on_one_compiled_signature():
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    for way in CALM:
        recorded(way.values[0], generations=1.0)
    assert len(run_steps.signatures) == len(run_flow.signatures) == 1


# ---- compiled and not


def fingerprint():
    """Final mixes, environments and payoffs of small runs, every rule once in a changing world."""
    runs = [recorded(way.values[0], generations=3.0, start={"A": 0.5}) for way in STORMY]
    return [[part.ravel().tolist() for part in (run.mix, run.environment, run.payoff)] for run in runs]


def test_compiled_and_plain_python_agree():
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(evo.__file__).parent.parent)])
    environment = os.environ | {"NUMBA_DISABLE_JIT": str(1 - numba.config.DISABLE_JIT), "PYTHONPATH": paths}
    script = "import json, test_naive; print(json.dumps(test_naive.fingerprint()))"
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    for way, ours, theirs in zip(STORMY, fingerprint(), json.loads(other.stdout), strict=True):
        stepped = "infinite" not in way.id
        assert ours[0] == theirs[0] if stepped else ours[0] == pytest.approx(theirs[0], abs=1e-13)
        assert ours[1] == pytest.approx(theirs[1], rel=1e-13) and ours[2] == pytest.approx(
            theirs[2], rel=1e-12, abs=1e-13
        )


@pytest.mark.pure
@pytest.mark.parametrize("every", [1.0, 0.3, 7.5])
@pytest.mark.parametrize("rate", [0.0, 0.001])
def test_records_change_nothing_of_what_is_drawn(rate, every):
    """Waits over null events go on beyond a record: the same path however often it is looked at."""
    config = {
        "strategies": ["a", "b"],
        "game": {"kind": "matrix", "payoffs": [[0, "good"], [1, 0.5]]},
        "environment": {"good": {"kind": "switching", "values": [-1, 1], "rates": [[-0.2, 0.2], [0.3, -0.3]]}},
        "mutation": {"rate": rate},
        "population": {"kind": "well_mixed", "size": 20},
        "dynamics": {"kind": "pairwise_comparison"},
    }
    model = Model.model_validate(config)
    ends = [
        evo.simulate(model, generations=30, replicates=3, record_every=each, seed=3, start={"a": 0.1}).recording.final
        for each in (30, every)
    ]
    assert np.array_equal(*ends)

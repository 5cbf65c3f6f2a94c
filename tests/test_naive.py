"""Kernels against tests/naive: payoffs, rates of one event, mean fields and flows, and whole trajectories of flows.

Where a model is drawn at random, the seed is the test's parameter.
"""

import math
import random

import naive
import numpy as np
import pytest
from examples import (
    COPYING,
    CYCLE,
    FOCAL,
    KINDS,
    LAWS,
    LETTERS,
    MUTATIONS,
    TRAITS,
    changing,
    group_game,
    model_of,
    random_counts,
    random_game,
    random_mix,
    rule_of,
)
from probes import evo_field, evo_payoffs, probed
from scipy.integrate import solve_ivp

import evo
from evo.canonical import point_hash
from evo.model import Model


def present(values, amounts):
    return [value for value, amount in zip(values, amounts, strict=True) if amount > 0]


# ---- payoffs


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["none", "focal", "founder"])
@pytest.mark.parametrize("d, n", [(2, 2), (2, 5), (3, 2), (3, 3), (3, 4), (4, 3), (4, 5)])
@pytest.mark.rota
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
@pytest.mark.rota
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


def rates_config(rng, dynamics, selection, mutation, whole):
    config = {
        "strategies": TRAITS,
        "game": group_game(rng, 3, 3),
        "selection": {"intensity": 1.3, "bias": {"strength": 0.4, "weights": {"calm": 1.0}}} | selection,
        "mutation": mutation,
        "population": {"kind": "well_mixed", "size": whole} if whole else {"kind": "infinite"},
        "dynamics": dynamics,
    }
    if not KINDS[dynamics["kind"]].facts.intensity:
        config["selection"].pop("intensity")
    elif dynamics["kind"] == "local_update":
        config["selection"]["intensity"] = 0.8
    if dynamics["kind"] in ("local_update", "proportional_imitation") and "largest_difference" not in dynamics:
        config["selection"].pop("bias")  # it could take payoffs further apart than the table's largest difference
    return config


def check_rates(config, counts):
    work, _ = probed(config, counts)
    expected = naive.transitions(config, counts, naive.world_of(config, 0.0, {}, counts))
    for i in range(len(counts)):
        for j in range(len(counts)):
            if i != j:
                assert work.rates[i, j] == pytest.approx(expected.get((i, j), 0.0), rel=1e-11, abs=1e-15)
    assert sum(expected.values()) <= 1 + 1e-12
    assert work.status[0] == 0


def options():
    """Every rule of a focal with every way to copy that it has, and its own options."""
    own = {
        "pairwise_comparison": [{}, {"role_models": "all"}],
        "local_update": [{}, {"role_models": "all", "largest_difference": 3.1}],
        "proportional_imitation": [{}, {"role_models": "all", "largest_difference": 2.7}],
        "imitation": [{}, {"own": "excluded"}],
        "aspiration": [{"level": 0.7}, {"level": -0.5}],
    }
    for kind in FOCAL:
        for option in own.get(kind, [{}]):
            for copying in COPYING if KINDS[kind].facts.role_model else ["unbiased"]:
                yield {"kind": kind} | option, copying


@pytest.mark.pure
@pytest.mark.parametrize("when", ["instead", "after"])
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("dynamics, copying", list(options()))
@pytest.mark.rota
def test_rates_of_a_focal(dynamics, copying, mutation, when):
    rng = random.Random(f"{dynamics}{copying}{mutation}{when}")
    config = rates_config(rng, dynamics, COPYING[copying], MUTATIONS[mutation] | {"when": when}, 9)
    for counts in ([3, 2, 4], [1, 0, 8], [0, 9, 0], [1, 1, 7]):
        check_rates(config, counts)


@pytest.mark.pure
@pytest.mark.parametrize("self_interaction", [False, True])
@pytest.mark.parametrize("alike", ["focal", "founder"])
@pytest.mark.parametrize("kind", FOCAL)
@pytest.mark.rota
def test_rates_with_assortment(kind, alike, self_interaction):
    """What a focal would earn as another leaves out itself, whoever it meets."""
    rng = random.Random(f"{kind}{alike}{self_interaction}")
    for n in (2, 3, 4):
        config = rates_config(rng, rule_of(kind), {}, MUTATIONS["matrix"], 9) | {"game": group_game(rng, 3, n)}
        config["population"] |= {"assortment": 0.3, "assortment_kind": alike, "self_interaction": self_interaction}
        for counts in ([3, 2, 4], [1, 0, 8], [0, 9, 0]):
            check_rates(config, counts)


@pytest.mark.pure
@pytest.mark.parametrize("fitness", ["exponential", "linear"])
@pytest.mark.parametrize("own", ["competes", "excluded"])
def test_rates_of_imitation_with_either_fitness(own, fitness):
    rng = random.Random(f"{own}{fitness}")
    selection = {"fitness": fitness, "intensity": 0.6, "conformity": 1.4}
    config = rates_config(rng, {"kind": "imitation", "own": own}, selection, MUTATIONS["any"], 9)
    for counts in ([3, 2, 4], [1, 0, 8], [0, 9, 0]):
        check_rates(config, counts)


@pytest.mark.pure
def test_imitation_with_its_own_competing_is_moran():
    """Who is replaced and who is copied come in the other order; without mutation the chances are the same."""
    rng = random.Random(8)
    imitating = rates_config(rng, {"kind": "imitation"}, {}, {}, 9)
    counts = [3, 2, 4]
    assert probed(imitating, counts)[0].rates == pytest.approx(
        probed(imitating | {"dynamics": {"kind": "moran"}}, counts)[0].rates * (1 - np.eye(3)), rel=1e-13
    )


EQUAL = {  # strategies, payoffs, counts: ties that rounding could break
    "by crossing": ([[0.1, 0.4], [0.3, 0.2]], [[4, 3], [3, 4], [2, 5]]),
    "identical": ([[0.1, 0.7, 0.3], [0.1, 0.7, 0.3], [0.0, 0.1, 0.2]], [[3, 2, 2], [1, 1, 5], [0, 3, 4]]),
    "constant": ([[0.1] * 3, [0.1] * 3, [0.1] * 3], [[3, 2, 2], [1, 0, 6]]),
    "two above one": ([[0.3, 0.3, 0.3], [0.3, 0.3, 0.3], [0.1, 0.1, 0.1]], [[1, 2, 4], [2, 0, 5], [0, 0, 7]]),
}


@pytest.mark.pure
@pytest.mark.parametrize("self_interaction", [False, True])
@pytest.mark.parametrize("kind", ["imitate_best", "best_response"])
@pytest.mark.parametrize("tie", EQUAL)
def test_ties_keep_the_own_strategy_or_are_drawn_uniformly(tie, kind, self_interaction):
    payoffs, states = EQUAL[tie]
    config = model_of(len(payoffs), {"kind": "matrix", "payoffs": payoffs}, dynamics={"kind": kind})
    config["population"] = {"kind": "well_mixed", "size": 7, "self_interaction": self_interaction}
    for counts in states:
        check_rates(config, counts)


@pytest.mark.pure
def test_a_copying_probability_beyond_its_range_is_reported():
    """local_update whose largest difference is said to be less than it is, and with a bias that counts in success."""
    game = {"kind": "matrix", "payoffs": [[0, 4], [1, 1]]}
    config = model_of(2, game, population={"kind": "well_mixed", "size": 9})
    for kind in ("local_update", "proportional_imitation"):
        given = config | {"dynamics": {"kind": kind, "largest_difference": 1.0}}
        assert probed(given, [1, 8])[0].status[0] != 0
        with pytest.raises(evo.SimulationError):
            evo.simulate(Model.model_validate(given), generations=5, start={"A": 0.2})
        assert probed(config | {"dynamics": {"kind": kind}}, [1, 8])[0].status[0] == 0


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
        for kind in ("bnn", "smith"):
            yield {"kind": kind}, {}, MUTATIONS[mutation]
        for fitness in ("exponential", "linear"):
            for kind in ("moran", "wright_fisher", "imitation"):
                yield {"kind": kind}, {"fitness": fitness, "intensity": 0.6}, MUTATIONS[mutation]
        for dynamics, copying in options():
            for when in ("instead", "after"):
                yield dynamics, COPYING[copying], MUTATIONS[mutation] | {"when": when}
    for kind in ("replicator", "projection"):
        yield {"kind": kind}, {}, {}


@pytest.mark.pure
@pytest.mark.parametrize("place, dynamics, selection, mutation", [(place, *flow) for place, flow in enumerate(flows())])
@pytest.mark.rota
def test_flows(place, dynamics, selection, mutation):
    rng = random.Random(place)
    config = rates_config(rng, dynamics, selection, mutation, 0)
    for mix in ([0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3], random_mix(rng, 3), [0.98, 0.015, 0.005], [0.6, 0.0, 0.4]):
        expected = naive.field(config, 0.0, {}, mix)
        if dynamics["kind"] == "wright_fisher":
            assert probed(config, mix)[1] == pytest.approx(expected, rel=1e-12)
        else:
            assert evo_field(config, mix) == pytest.approx(expected, rel=1e-11, abs=1e-14)
            assert sum(expected) == pytest.approx(0.0, abs=1e-14)


def closed_form(kind, pi, x, beta, rule):
    """x' as the literature writes it, in NumPy; definitions.md and the docstrings of evo/dynamics."""
    mean, ahead = x @ pi, pi[:, None] - pi[None, :]
    if kind in ("replicator", "replicator_mutator", "local_update", "proportional_imitation"):
        speed = {"local_update": beta / 4, "proportional_imitation": 1 / 4}.get(kind, beta)
        return speed * x * (pi - mean)
    if kind == "pairwise_comparison":
        return x * (np.tanh(beta * ahead / 2) @ x)
    if kind in ("moran", "imitation"):
        fit = np.exp(beta * pi)
        return x * (fit / (x @ fit) - 1)
    if kind == "logit":
        return np.exp(beta * pi) / np.exp(beta * pi).sum() - x
    if kind in ("imitate_best", "best_response"):
        return np.eye(len(x))[np.argmax(pi)] - x
    if kind == "smith":
        gain = np.maximum(beta * ahead, 0)
        return gain @ x - x * gain.sum(axis=0)
    if kind == "bnn":
        k = np.maximum(beta * (pi - mean), 0)
        return k - x * k.sum()
    if kind == "projection":
        return beta * (pi - pi.mean())
    leaves = 1 / (1 + np.exp(-beta * (rule["level"] - pi))) if kind == "aspiration" else None
    goes = np.tile(leaves, (len(x), 1)) if kind == "aspiration" else 1 / (1 + np.exp(-beta * ahead))
    goes = goes * (1 - np.eye(len(x))) / (len(x) - 1)  # goes[i, j]: a j becomes an i
    return goes @ x - x * goes.sum(axis=0)


@pytest.mark.pure
@pytest.mark.parametrize("kind", [k for k, r in KINDS.items() if r.facts.infinite and not r.facts.noisy])
def test_mean_fields_in_closed_form(kind):
    """Pairs, no mutation, in the interior."""
    rng = random.Random(kind)
    payoffs = np.array([[rng.uniform(-1, 1) for _ in range(4)] for _ in range(4)])
    rule, beta = rule_of(kind), 0.9 if KINDS[kind].facts.intensity else 1.0
    config = model_of(4, {"kind": "matrix", "payoffs": payoffs.tolist()}, dynamics=rule)
    config["selection"] = {"intensity": beta}
    for _ in range(3):
        x = np.array(random_mix(rng, 4))
        if kind in ("wright_fisher", "discrete_replicator"):
            fit = np.exp(beta * payoffs @ x) if kind == "wright_fisher" else rule["background"] + beta * payoffs @ x
            path = evo.simulate(Model.model_validate(config), generations=1, start=dict(zip(LETTERS, x, strict=True)))
            assert path.mix[0, 1] == pytest.approx(x * fit / (x @ fit), rel=1e-12)
        else:
            expected = closed_form(kind, payoffs @ x, x, beta, rule)
            assert evo_field(config, x) == pytest.approx(expected, rel=1e-11, abs=1e-14)


@pytest.mark.pure
@pytest.mark.parametrize("d", [3, 4, 5])
def test_projection_on_every_face(d):
    """Some strategies absent: those that gain come in, as many as the closest feasible vector has."""
    rng, came = random.Random(d), set()
    for _ in range(40):
        config = model_of(d, {"kind": "matrix", "payoffs": [[rng.uniform(-1, 1)] * d for _ in range(d)]})
        config |= {"strategies": list("ABCDE"[:d]), "dynamics": {"kind": "projection"}}
        mix = random_mix(rng, d)
        mix = [0.0 if rng.random() < 0.5 else x for x in mix]
        mix = [x / sum(mix) for x in mix] if sum(mix) else [1.0] + [0.0] * (d - 1)
        expected = naive.field(config, 0.0, {}, mix)
        assert evo_field(config, mix) == pytest.approx(expected, rel=1e-11, abs=1e-14)
        came.add(sum(1 for x, moved in zip(mix, expected, strict=True) if x == 0 and moved > 0))
    assert len(came) > 1


# ---- whole trajectories of flows


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


def check_trajectory(config, generations=8.0, start=(0.5, 0.2, 0.3), seed=5, tolerance=1e-9, least=0.05):
    model, shares = Model.model_validate(config), dict(zip(LETTERS, start, strict=False))
    path = evo.simulate(model, generations=generations, record_every=0.5, seed=seed, start=shares, tolerance=tolerance)
    weather = naive.Weather(config, naive.stream(seed, 0, point_hash(model, shares), naive.ENVIRONMENT))
    mix, environment = solve(config, weather, start, path.time.tolist())
    assert path.mix[0] == pytest.approx(mix, abs=1e-6)
    assert path.environment[0] == pytest.approx(environment, abs=1e-6)
    assert np.ptp(path.mix[0], axis=0).max() > least  # something happened


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.rota
def test_replicator_in_every_environment(law):
    check_trajectory(changing(LAWS[law]))


SMOOTH = [
    kind
    for kind, rule in KINDS.items()
    if rule.facts.mutates and rule.facts.infinite and kind not in ("wright_fisher", "imitate_best", "best_response")
]


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("law", ["sine", "switching", "feedback"])
@pytest.mark.rota
def test_mean_fields_with_mutation_in_changing_environments(kind, law):
    check_trajectory(changing(LAWS[law], dynamics=rule_of(kind), mutation={"rate": 0.05}), least=0.01)


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


def check_map(config):
    model, mix = Model.model_validate(config), [0.5, 0.2, 0.3]
    start = dict(zip(LETTERS, mix, strict=False))
    path = evo.simulate(model, generations=6, seed=3, start=start)
    weather = naive.Weather(config, naive.stream(3, 0, point_hash(model, start), naive.ENVIRONMENT), step=1.0)
    for generation in range(7):
        weather.cross(generation)
        assert path.environment[0, generation, 0] == pytest.approx(weather.value("e", generation), rel=1e-12)
        assert path.mix[0, generation] == pytest.approx(mix, rel=1e-10)
        mix = naive.field(config, generation, weather.values(generation), mix)


@pytest.mark.pure
@pytest.mark.parametrize("law", ["constant", "sine", "series", "noise"])
def test_the_map_of_wright_fisher(law):
    """An infinite population redrawn once a generation: x <- s M, then the environment."""
    check_map(changing(LAWS[law], dynamics={"kind": "wright_fisher"}, mutation={"rate": 0.1, "to": "any"}))


@pytest.mark.pure
@pytest.mark.parametrize("law", ["constant", "sine", "noise"])
@pytest.mark.parametrize("kind", ["discrete_replicator", *FOCAL])
def test_maps_of_everybody_at_once(kind, law):
    """The mix after one update of everybody: x_j <- sum_i x_i p_i(j), once a generation."""
    dynamics = rule_of(kind) | ({"background": 2.5} if kind == "discrete_replicator" else {"update": "synchronous"})
    mutation = {} if kind == "discrete_replicator" else {"rate": 0.1, "to": "any", "when": "after"}
    check_map(changing(LAWS[law], dynamics=dynamics, mutation=mutation))

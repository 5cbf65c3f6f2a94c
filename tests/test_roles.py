"""Two roles: a game between two populations, each of which meets the whole other and looks at its own.

A focal is uniform over both together; mixes are normalised per role [definitions.md; evo/dynamics; Hofbauer & Sigmund
1998].
"""

import json
import math
import random

import naive
import numpy as np
import pytest
from examples import FINITE, FOCAL, KINDS, LAWS, matrix_game, model_of, random_mix, rule_of, selection_for
from probes import evo_field, evo_payoffs, probed
from reference import cases
from scipy import stats
from scipy.integrate import solve_ivp

import evo
from evo.canonical import point_hash
from evo.model import Model

ALPHA = 1e-4
NAMES = ["A", "B", "X", "Y", "W"]
PEOPLE = {
    "A": {"role": "shop", "traits": {"calm": 0.4}},
    "B": {"role": "shop", "traits": {"calm": 1.0, "care": 0.3}},
    "X": {"role": "guest", "traits": {"calm": 0.2}},
    "Y": {"role": "guest", "traits": {"care": 0.7}},
    "W": {"role": "guest"},
}
BLOCKS = {
    "rate": 0.2,
    "to": [[0.3, 0.7, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, 1], [0, 0, 0.1, 0.2, 0.7]],
}
MUTATIONS = {"none": {}, "others": {"rate": 0.2}, "any": {"rate": 0.3, "to": "any"}, "blocks": BLOCKS}
MOVING = {
    "kind": "bimatrix",
    "let": {"push": "0.5*e + 0.3*x_X"},
    "row": [["push", "e - 1", "0.3"], ["0.8 - e", "0.2", "x_A - push"]],
    "column": [["1", "-e", "0.5*x_Y"], ["e - 0.2", "0.7", "-0.4"]],
}


def random_bimatrix(rng, rows=2, columns=3):
    return {
        "kind": "bimatrix",
        **{key: [[rng.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)] for key in ("row", "column")},
    }


def between(game, dynamics, size=None, people=PEOPLE, **parts):
    """A model of two roles; size: None, one number, or one for each role."""
    population = {"kind": "well_mixed", "size": size} if size else {"kind": "infinite"}
    return {
        "strategies": people,
        "game": game,
        "dynamics": dynamics,
        "selection": selection_for(dynamics, 1.3),
        "population": population,
    } | parts


SIZES = {"shop": 7, "guest": 10}
STATES = ([3, 4, 2, 5, 3], [0, 7, 1, 0, 9], [1, 6, 10, 0, 0], [7, 0, 0, 0, 10])


# ---- payoffs, rates, fields against tests/naive


@pytest.mark.pure
def test_payoffs_are_means_over_the_whole_other_population():
    rng = random.Random(1)
    bias = {"strength": 0.3, "weights": {"calm": 1.0}}
    config = between(random_bimatrix(rng), {"kind": "moran"}, SIZES, selection={"bias": bias})
    row, column = (np.array(config["game"][key]) for key in ("row", "column"))
    calm = 0.3 * np.array([0.4, 1.0, 0.2, 0.0, 0.0])
    found = evo_payoffs(config, [3, 4, 2, 5, 3])
    by_hand = np.r_[row @ [2, 5, 3] / 10, np.array([3, 4]) @ column / 7] + calm
    assert found == pytest.approx(by_hand, rel=1e-13)
    expected = naive.payoffs(config, [3, 4, 2, 5, 3], naive.world_of(config, 0.0, {}, [3, 4, 2, 5, 3]))
    assert found == pytest.approx(expected, rel=1e-13)
    mix = [0.25, 0.75, 0.2, 0.5, 0.3]
    found = evo_payoffs(config | {"population": {"kind": "infinite"}}, mix)
    assert found == pytest.approx(np.r_[row @ mix[2:], mix[:2] @ column] + calm, rel=1e-13)


def check_rates(config, counts):
    work, _ = probed(config, counts)
    expected = naive.transitions(config, counts, naive.world_of(config, 0.0, {}, counts))
    for i in range(len(counts)):
        for j in range(len(counts)):
            if i != j:
                assert work.rates[i, j] == pytest.approx(expected.get((i, j), 0.0), rel=1e-11, abs=1e-15)
    assert work.status[0] == 0


@pytest.mark.pure
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("kind", [kind for kind in FINITE if kind != "wright_fisher"])
@pytest.mark.rota
def test_rates(kind, mutation):
    rng = random.Random(f"{kind}{mutation}")
    for when in ("instead", "after") if kind in FOCAL else (None,):
        chosen = MUTATIONS[mutation] | ({"when": when} if when else {})
        config = between(random_bimatrix(rng), rule_of(kind), SIZES, mutation=chosen)
        for counts in STATES:
            check_rates(config, counts)


@pytest.mark.pure
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("kind", [k for k in FOCAL if KINDS[k].facts.role_model])
def test_rates_with_biased_role_models(kind, mutation):
    rng = random.Random(f"{kind}{mutation}")
    for option in ({}, {"own": "excluded"} if kind == "imitation" else {"role_models": "all"}):
        config = between(random_bimatrix(rng), rule_of(kind, **option), SIZES, mutation=MUTATIONS[mutation])
        config["selection"] |= {"conformity": 1.6, "prestige": 0.7, "indicator": "care"}
        for counts in STATES:
            check_rates(config, counts)


@pytest.mark.pure
def test_moran_spares_the_parent_in_its_own_role():
    rng = random.Random(3)
    dynamics = {"kind": "moran", "death": "others"}
    for counts in STATES:
        check_rates(between(random_bimatrix(rng), dynamics, SIZES, mutation=BLOCKS), counts)


def test_a_strategy_that_is_alone_in_its_role_stays_what_it_is():
    rng = random.Random(5)
    people = {name: PEOPLE[name] for name in ("A", "X", "Y")}
    for kind in FOCAL:
        config = between(random_bimatrix(rng, 1, 2), rule_of(kind), SIZES, people, mutation={"rate": 0.3})
        check_rates(config, [7, 4, 6])
        assert (probed(config, [7, 4, 6])[0].rates[0, 1:] == 0).all()


FLOWING = [kind for kind, rule in KINDS.items() if rule.facts.infinite and not rule.facts.noisy]
MAPS = ("wright_fisher", "discrete_replicator")


@pytest.mark.pure
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("kind", [kind for kind in FLOWING if kind not in MAPS])
@pytest.mark.rota
def test_fields(kind, mutation):
    rng = random.Random(f"{kind}{mutation}")
    chosen = MUTATIONS[mutation] if KINDS[kind].facts.mutates else {}
    config = between(random_bimatrix(rng), rule_of(kind), mutation=chosen)
    for mix in ([0.25, 0.75, 0.2, 0.5, 0.3], [*random_mix(rng, 2), *random_mix(rng, 3)], [0.6, 0.4, 0.0, 0.9, 0.1]):
        expected = naive.field(config, 0.0, {}, mix)
        assert evo_field(config, mix) == pytest.approx(expected, rel=1e-11, abs=1e-14)
        assert sum(expected[:2]) == pytest.approx(0.0, abs=1e-14) == sum(expected[2:])


@pytest.mark.pure
@pytest.mark.parametrize("kind", [*MAPS, *FOCAL])
def test_maps(kind):
    dynamics = rule_of(kind) | ({} if kind in MAPS else {"update": "synchronous"})
    mutation = {} if kind == "discrete_replicator" else BLOCKS
    config = between(MOVING, dynamics, mutation=mutation, environment={"e": LAWS["sine"]})
    model, start = Model.model_validate(config), {"A": 0.3, "X": 0.2, "Y": 0.5}
    path, mix = evo.simulate(model, generations=5, start=start), [0.3, 0.7, 0.2, 0.5, 0.3]
    for generation in range(6):
        assert path.mix[0, generation] == pytest.approx(mix, rel=1e-10)
        weather = {"e": naive.Weather(config, None, step=1.0).value("e", generation)}
        mix = naive.field(config, generation, weather, mix)


# ---- trajectories


SMOOTH = [kind for kind in FLOWING if kind not in (*MAPS, "imitate_best", "best_response", "projection")]


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.rota
def test_trajectories(kind):
    """Against another integrator on the naive field, in an environment that the mix moves."""
    law = {"kind": "feedback", "start": 0.4, "rate": "0.3*(x_A - e) + 0.1*x_Y + 0.05*(payoff_B - mean_payoff)"}
    mutation = {"rate": 0.02} if KINDS[kind].facts.mutates else {}
    config = between(MOVING, rule_of(kind), mutation=mutation, environment={"e": law})

    def slope(t, state):
        around, mix = {"e": state[5]}, state[:5].tolist()
        earned = naive.payoffs(config, mix, naive.world_of(config, t, around, mix))
        return [*naive.field(config, t, around, mix), naive.feedback_rate(config, "e", t, around, mix, earned)]

    path = evo.simulate(
        Model.model_validate(config), generations=8, start={"A": 0.3, "X": 0.2, "Y": 0.5}, tolerance=1e-9
    )
    start = [0.3, 0.7, 0.2, 0.5, 0.3, 0.4]
    expected = solve_ivp(slope, (0, 8), start, "DOP853", t_eval=range(9), rtol=1e-10, atol=1e-12, max_step=0.1).y.T
    assert path.mix[0] == pytest.approx(expected[:, :5], abs=1e-6)
    assert path.environment[0, :, 0] == pytest.approx(expected[:, 5], abs=1e-6)
    for place, mix in enumerate(path.mix[0].tolist()):
        around = {"e": path.environment[0, place, 0]}
        earned = naive.payoffs(config, mix, naive.world_of(config, 0.0, around, mix))
        halves = (np.dot(mix[:2], earned[:2]) + np.dot(mix[2:], earned[2:])) / 2  # the mean over both roles alike
        assert path.payoff[0, place] == pytest.approx(halves, abs=1e-9)


def of_two(model, kind="replicator", **parts):
    """A two by two game of the reference, where B[j][i] is the column's payoff of j against i."""
    people = {"A": {"role": "row"}, "B": {"role": "row"}, "X": {"role": "column"}, "Y": {"role": "column"}}
    turned = model.get("B", model.get("col_B"))
    column = np.array(turned).T.tolist() if turned else model["col"]
    game = {"kind": "bimatrix", "row": model["row"], "column": column}
    return between(game, rule_of(kind), people=people, selection={}) | parts


@pytest.mark.parametrize("name", cases("two_population"))
def test_trajectories_of_the_reference(name):
    case = cases("two_population")[name]
    model, value = case["model"], case["value"]
    start = model.get("z0", [0.55, 0.45, 0.4, 0.6])
    path = evo.simulate(
        Model.model_validate(of_two(model)), generations=10, start={"A": start[0], "X": start[2]}, tolerance=1e-12
    )
    times = np.array(model.get("t", [1, 5, 10]), int)
    assert path.mix[0, times] == pytest.approx(np.array(value["traj"]), abs=1e-9)
    if "H" in value:  # matching pennies keep x1 x2 y1 y2
        assert path.mix[0].prod(axis=1) == pytest.approx(value["H"], abs=1e-9)


@pytest.mark.parametrize(
    "name, point, rates", [("bimatrix_MP", [0.5, 0.5], [1j, -1j]), ("bimatrix_BoS", [0.6, 0.4], [1.2, -1.2])]
)
def test_eigenvalues_at_the_interior_rest_point(name, point, rates):
    """From the flow's own map over a unit of time, exp(J)."""
    config, step = of_two(cases("two_population")[name]["model"]), 1e-5

    def after(a, x):
        start = {"A": a, "B": 1 - a, "X": x, "Y": 1 - x}
        return evo.simulate(Model.model_validate(config), generations=1, start=start, tolerance=1e-12).mix[
            0, -1, [0, 2]
        ]

    assert after(*point) == pytest.approx(point, abs=1e-12)
    moves = [(after(*(np.array(point) + d)) - after(*(np.array(point) - d))) / (2 * step) for d in step * np.eye(2)]
    spectrum = np.sort_complex(np.log(np.linalg.eigvals(np.array(moves).T).astype(complex)))
    assert spectrum == pytest.approx(np.sort_complex(np.array(rates)), abs=1e-6)


@pytest.mark.parametrize("name", [name for name in cases("logit_qre") if name.startswith("qre")])
def test_logit_rests_at_the_quantal_response_equilibrium(name):
    case = cases("logit_qre")[name]
    config = of_two(case["model"], "logit", selection={"intensity": case["model"]["lam"]})
    path = evo.simulate(Model.model_validate(config), generations=200, record_every=200, tolerance=1e-12)
    assert path.mix[0, -1, [0, 2]] == pytest.approx(case["value"], abs=1e-9)


def test_best_replies_to_matching_pennies_spiral_in():
    """x' = b(x) - x in both roles: straight lines to the corners in turn, from quarter to quarter; here followed leg by
    leg, each leg ending where one of the two shares passes 1/2, from (0.9, 0.5)."""
    config = of_two(cases("two_population")["bimatrix_MP"]["model"], "best_response")
    state, t, corner, expected = np.array([0.9, 0.6]), 0.0, None, {}
    while t < 3:
        corner = np.array([1.0 if state[1] > 0.5 else 0.0, 1.0 if state[0] < 0.5 else 0.0])
        waits = [math.log((s - c) / (0.5 - c)) for s, c in zip(state, corner, strict=True) if (s - 0.5) * (c - 0.5) < 0]
        leg = min([wait for wait in waits if wait > 1e-12], default=1.0)
        for due in np.arange(0, 3.1, 0.25):
            if t <= due < t + leg:
                expected[float(due)] = corner + (state - corner) * math.exp(t - due)
        # a hair beyond the line, so that the next leg is on its other side
        state, t = corner + (state - corner) * math.exp(-leg) + 1e-13 * (corner - 0.5), t + leg
    path = evo.simulate(
        Model.model_validate(config), generations=3, record_every=0.25, start={"A": 0.9, "X": 0.6}, tolerance=1e-12
    )
    for place, due in enumerate(path.time):
        assert path.mix[0, place, [0, 2]] == pytest.approx(expected[float(due)], abs=1e-7)
    assert len(path.time) == 13


# ---- finite populations


def check_replica(config, generations=10, shares=(0.4, 0.6, 0.3, 0.3, 0.4), seed=11):
    model, start = Model.model_validate(config), dict(zip(NAMES, shares, strict=True))
    path = evo.simulate(model, generations=generations, replicates=2, seed=seed, start=start)
    wholes = np.array([7, 7, 10, 10, 10])
    for number in range(2):
        replica = naive.Replica(config, shares, seed, number, point_hash(model, start))
        for place, (counts, environment, mean) in enumerate(replica.run(generations)):
            assert np.rint(path.mix[number, place] * wholes).tolist() == counts
            assert path.environment[number, place] == pytest.approx(list(environment.values()), rel=1e-7, abs=1e-9)
            assert path.payoff[number, place] == pytest.approx(mean, rel=1e-7, abs=1e-9)
        assert place == len(path.time) - 1
    assert path.mix.std(axis=1).max() > 0


@pytest.mark.pure
@pytest.mark.parametrize("law", ["constant", "switching", "feedback"])
@pytest.mark.parametrize("kind", FINITE)
@pytest.mark.rota
def test_same_seed_same_counts(kind, law):
    law = LAWS[law] if law != "feedback" else LAWS[law] | {"rate": "0.2*(x_A - e) + 0.05*(payoff_Y - mean_payoff)"}
    for mutation in (BLOCKS, {"rate": 0.004}):
        check_replica(between(MOVING, rule_of(kind), SIZES, mutation=mutation, environment={"e": law}))


@pytest.mark.pure
@pytest.mark.parametrize("kind", FOCAL)
def test_same_seed_with_everybody_at_once(kind):
    dynamics = rule_of(kind, update="synchronous")
    check_replica(between(MOVING, dynamics, SIZES, mutation=BLOCKS, environment={"e": LAWS["switching"]}))


def named_and_counted(config, runs=1500, generations=4):
    """Final counts of individuals that are followed by name, and of evo, (runs, strategies)."""
    rng, known = random.Random(1), {}
    people = np.array([naive.individuals(config, generations, [3, 4, 2, 5, 3], rng, known) for _ in range(runs)])
    start = {"A": 3 / 7, "X": 0.2, "Y": 0.5}
    path = evo.simulate(
        Model.model_validate(config), generations=generations, replicates=runs, seed=2, start=start, workers=2
    )
    return people, np.rint(path.mix[:, -1] * [7, 7, 10, 10, 10])


def agreement(some, others):
    """The smallest p-value for equal means, and for equal products of two counts, one of each role."""
    products = [sample[:, :2, None] * sample[:, None, 2:] for sample in (some, others)]
    pairs = [stats.ttest_ind(some[:, 1:], others[:, 1:], equal_var=False), stats.ttest_ind(*products, equal_var=False)]
    return min(np.min(pair.pvalue) for pair in pairs)


@pytest.mark.parametrize("kind", FINITE)
@pytest.mark.rota
def test_individuals_and_counts_agree(kind):
    rng = random.Random(kind)
    config = between(random_bimatrix(rng), rule_of(kind), SIZES, mutation={"rate": 0.1})
    people, counted = named_and_counted(config)
    assert agreement(people, counted) > ALPHA
    if kind == "logit":
        config["selection"] = {"intensity": 0.5}
        assert agreement(people, named_and_counted(config)[1]) < ALPHA


def test_stationary_mix_of_the_reference():
    """Mean shares, and mean product of two shares, in the stationary state of a battle of the sexes; independent ends."""
    case = cases("two_population_finite")["twopop_fermi_BoS"]
    model, value = case["model"], case["value"]
    sizes = dict(zip(["row", "column"], model["N"], strict=True))
    population = {"kind": "well_mixed", "size": sizes}
    config = of_two(model, "pairwise_comparison", population=population, mutation={"rate": model["mu"]})
    path = evo.simulate(
        Model.model_validate(config), generations=150, record_every=150, replicates=8000, seed=4, workers=2
    )
    x, y = path.mix[:, -1, 0], path.mix[:, -1, 2]
    for found, expected in ((x, value["x"]), (y, value["y"]), (x * y, value["xy"])):
        error = found.std() / math.sqrt(len(found))
        assert abs(found.mean() - expected) < stats.norm.isf(ALPHA / 6) * error
        assert abs(found.mean() - expected - 0.06) > stats.norm.isf(ALPHA / 6) * error  # it would tell


# ---- what holds for every rule


def ways():
    """Every rule, in every population that it can have, everybody at once where it can."""
    for kind, rule in KINDS.items():
        dynamics = rule_of(kind)
        mutates = KINDS[dynamics.get("of", dynamics)["kind"]].facts.mutates
        parts = {"environment": {"e": LAWS["sine"]}, "mutation": {"rate": 0.05} if mutates else {}}
        updates = [{}, {"update": "synchronous"}] if "update" in rule.model_fields else [{}]
        for update in updates:
            name = "-".join([kind, *update.values()])
            if rule.facts.finite:
                yield pytest.param(between(MOVING, dynamics | update, SIZES, **parts), id=f"{name}-finite")
            if rule.facts.infinite and (update or kind not in ("best_response", "imitate_best")):  # they may slide
                yield pytest.param(between(MOVING, dynamics | update, **parts), id=f"{name}-infinite")


WAYS = list(ways())


def recorded(config, generations=6.0, **asked):
    return evo.simulate(Model.model_validate(config), generations=generations, **{"seed": 8, "replicates": 3} | asked)


@pytest.mark.pure
@pytest.mark.parametrize("config", WAYS)
def test_mixes_stay_on_both_simplices(config):
    path = recorded(config, start="random", record_every=0.5)
    assert path.mix[:, :, :2].sum(axis=2) == pytest.approx(1.0, abs=1e-12)
    assert path.mix[:, :, 2:].sum(axis=2) == pytest.approx(1.0, abs=1e-12)
    assert path.mix.min() >= 0
    if config["population"]["kind"] == "well_mixed" and config["dynamics"]["kind"] != "langevin":
        counts = path.mix * [7, 7, 10, 10, 10]
        assert np.abs(counts - np.rint(counts)).max() < 1e-12


@pytest.mark.pure
@pytest.mark.parametrize("config", WAYS)
def test_what_is_gone_from_a_role_stays_away(config):
    config = config | {"mutation": {}}
    mix = recorded(config, start={"A": 1.0, "X": 0.5, "Y": 0.5}, generations=20.0).mix
    if KINDS[config["dynamics"].get("of", config["dynamics"])["kind"]].facts.innovative:
        assert mix[:, :, 1].max() > 0  # W is never worth while to some
    else:
        assert (mix[:, :, [1, 4]] == 0).all()


@pytest.mark.pure
@pytest.mark.parametrize("config", [way for way in WAYS if "infinite" in way.id and "aggregate" not in way.id])
def test_roles_change_places(config):
    """The column player listed first, its matrix turned: the same mixes."""
    game = config["game"]
    turned = {"kind": "bimatrix", "let": game["let"]}
    turned |= {"row": np.array(game["column"]).T.tolist(), "column": np.array(game["row"]).T.tolist()}
    order = ["X", "Y", "W", "A", "B"]
    other = config | {"strategies": {name: PEOPLE[name] for name in order}, "game": turned}
    start = {"A": 0.3, "X": 0.2, "Y": 0.5}
    mix = recorded(config, start=start).mix[:, :, [NAMES.index(name) for name in order]]
    assert recorded(other, start=start).mix == pytest.approx(mix, abs=1e-7)


@pytest.mark.pure
def test_a_random_start_is_uniform_on_both_simplices():
    config = between(MOVING, {"kind": "moran"}, {"shop": 700, "guest": 1000}, environment={"e": LAWS["constant"]})
    model = Model.model_validate(config)
    path = evo.simulate(model, generations=1e-3, record_every=1e-3, replicates=10, seed=6, start="random")
    for number in range(10):
        rng = naive.stream(6, number, point_hash(model, "random"), naive.START)
        for members, size in (([0, 1], 700), ([2, 3, 4], 1000)):
            waits = [naive.exponential(rng) for _ in members]
            counts = naive.whole_counts([w / sum(waits) for w in waits], size)
            assert path.mix[number, 0, members] * size == pytest.approx(counts)


@pytest.mark.pure
@pytest.mark.parametrize("size", [6, SIZES])
def test_starts_are_shares_within_a_role(size):
    """The remainder of a role is split over those of it that are not named."""
    path = recorded(between(random_bimatrix(random.Random(1)), {"kind": "moran"}, size), start={"B": 1.0, "X": 0.5})
    wholes = [size["shop"]] * 2 + [size["guest"]] * 3 if isinstance(size, dict) else [size] * 5
    counts = np.rint(path.mix[0, 0] * wholes)
    assert counts[:2].tolist() == [0, wholes[0]]
    assert counts[2] == wholes[2] / 2 and abs(counts[3] - counts[4]) <= 1


def problem_of(config):
    with pytest.raises(evo.ConfigError) as caught:
        evo.loads(json.dumps(config | {"run": {"generations": 1}}))
    return caught.value.problems[0]


def test_what_two_roles_refuse():
    game = random_bimatrix(random.Random(2))
    good = between(game, {"kind": "moran"}, SIZES)
    evo.loads(json.dumps(good | {"run": {"generations": 1}}))
    mixed = {name: PEOPLE[name] for name in ("A", "X", "B", "Y", "W")}
    third = PEOPLE | {"W": {"role": "cook"}}
    refused = {
        ("strategies",): [
            good | {"strategies": NAMES},
            good | {"strategies": mixed},
            good | {"strategies": third},
            good | {"strategies": {name: {"role": "shop"} for name in NAMES}},
        ],
        ("strategies", "W", "role"): [good | {"strategies": PEOPLE | {"W": {}}}],
        ("population", "assortment"): [good | {"population": good["population"] | {"assortment": 0.1}}],
        ("population", "self_interaction"): [good | {"population": good["population"] | {"self_interaction": True}}],
        ("population", "size"): [
            good | {"population": {"kind": "well_mixed", "size": {"shop": 7}}},
            good | {"population": {"kind": "well_mixed", "size": {"shop": 7, "guests": 10}}},
            model_of(2, matrix_game(random.Random(1), 2), dynamics={"kind": "moran"})
            | {"population": {"kind": "well_mixed", "size": {"shop": 7, "guest": 3}}},
        ],
        ("mutation", "to"): [good | {"mutation": {"rate": 0.1, "to": [[0.2] * 5] * 5}}],
        ("game", "kind"): [good | {"game": matrix_game(random.Random(1), 4) | {"payoffs": [[1] * 5] * 5}}],
        ("game", "row"): [good | {"game": game | {"row": game["row"][:1]}}],
        ("game", "column", 0): [good | {"game": game | {"column": [[1, 2], [1, 2, 3]]}}],
    }
    for path, configs in refused.items():
        for config in configs:
            problem = problem_of(config)
            assert problem.path == path, (path, problem)

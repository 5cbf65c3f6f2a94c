"""Populations in groups: the kernels against everybody by name on the same seed, published chains, and chains of our own."""

import json
import math
import random
from itertools import product

import numpy as np
import pytest
from examples import FINITE, MUTATIONS, TRAITS, group_game, matrix_game, model_of, rule_of
from naive.demes import Demes
from reference import cases
from scipy.linalg import expm
from scipy.stats import chi2_contingency

import evo
from evo.canonical import point_hash
from evo.kernels.arrays import FIXED, FIXED_AT
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan
from evo.simulation.groups import number_of_groups

SPLITS = {"kind": "splitting", "chance": 0.3}
CONTESTS = {"kind": "contests", "rate": 0.8, "intensity": 2.0}
DEATHS = {"kind": "extinction", "rate": 0.9, "intensity": 1.5, "level": 0.3}
ROWS = [[0, 1, 0, 2.5], [1, 0, 3, 0], [0.5, 0.5, 0, 1], [0, 0, 1, 0]]


def in_groups(config, **population):
    return config | {"population": {"kind": "groups", "groups": 4, "size": 3} | population}


def config_of(d=3, rule="pairwise_comparison", seed=1, n=2, **parts):
    rng = random.Random(seed)
    game = matrix_game(rng, d) if n == 2 else group_game(rng, d, n)
    population = parts.pop("population", {})
    return in_groups(model_of(d, game, dynamics=rule_of(rule), **parts), **population)


def recorded(config, generations=3.0, replicates=2, seed=4, **asked):
    return evo.simulate(Model.model_validate(config), generations=generations, replicates=replicates, seed=seed,
                        groups=True, **asked)  # fmt: skip


# ---- the same run, by name


SAME = {
    **{rule: {"rule": rule, "population": {"migration": 0.0}} for rule in FINITE},
    **{
        f"{rule} crossing": {"rule": rule, "population": {"migration": 0.4}}
        for rule in FINITE
        if rule not in ("best_response", "logit", "aspiration", "introspection")
    },
    **{f"mutation {name}": {"mutation": mutation, "population": {"migration": 0.3}}
       for name, mutation in MUTATIONS.items()},
    "mutation after": {"mutation": {"rate": 0.4, "when": "after"}, "population": {"migration": 0.5}},
    "born mutants": {"rule": "moran", "mutation": {"rate": 0.3}, "population": {"migration": 0.3}},
    "conformist": {"selection": {"conformity": 2.5, "prestige": 0.7}, "population": {"migration": 0.6}},
    "conformist imitation": {"rule": "imitation", "selection": {"conformity": 0.5, "prestige": 0.7},
                             "population": {"migration": 0.6}},
    "unequal": {"population": {"size": [2, 5, 3, 4], "migration": [0.1, 0.0, 0.9, 1.0]}},
    "ring": {"population": {"groups": 5, "pattern": "ring", "migration": 0.5}},
    "square": {"population": {"groups": 9, "pattern": "square", "migration": 0.5}},
    "rows": {"population": {"pattern": ROWS, "migration": 0.5}},
    "even": {"population": {"arrangement": "even", "size": 5}},
    "clustered": {"population": {"arrangement": "clustered"}},
    "game of three": {"n": 3, "population": {"size": 4, "migration": 0.2}},
    "global": {"rule": "moran", "population": {"competition": "global", "migration": 0.3}},
    "global, others die": {"rule": {"kind": "moran", "death": "others"},
                           "population": {"competition": "global", "migration": 0.1}},
    "global, linear": {"rule": "moran", "selection": {"intensity": 0.3, "fitness": "linear"},
                       "population": {"competition": "global", "migration": 0.1}},
    "global, strong": {"rule": "moran", "selection": {"intensity": 9.0}, "mutation": {"rate": 0.2},
                       "population": {"competition": "global", "migration": 0.1, "groups": 6}},
    "splitting": {"rule": "moran", "population": {"competition": "global", "dynamics": SPLITS, "size": 4}},
    "splitting, all": {"rule": "moran", "mutation": {"rate": 0.1}, "population": {
        "competition": "global", "dynamics": SPLITS | {"resident": "full"}, "alone": 0.7, "migration": 0.2}},
    "contests": {"population": {"dynamics": CONTESTS}, "mutation": {"rate": 0.1}},
    "contests on a ring": {"population": {"dynamics": CONTESTS, "pattern": "ring"}, "mutation": {"rate": 0.1}},
    "contests by formula": {"mutation": {"rate": 0.1}, "population": {"dynamics": CONTESTS | {
        "fitness": "2*x_A - x_B**2 + 0.3*mean_payoff",
        "bias": {"strength": 1.5, "weights": {"calm": 1.0, "care": -0.5}}}}},
    "extinction": {"population": {"dynamics": DEATHS}, "mutation": {"rate": 0.1}},
    "extinction, all": {"population": {"dynamics": DEATHS | {"colonists": "all"}, "size": [2, 4, 3, 3]}},
    "sectors": {"mutation": {"rate": 0.05}, "population": {
        "groups": 3, "size": 3, "migration": 0.3, "dynamics": CONTESTS,
        "levels": [{"number": 4, "migration": 0.2, "pattern": "ring", "dynamics": CONTESTS | {"fitness": "x_A"}}]}},
    "three levels": {"mutation": {"rate": 0.05}, "population": {
        "groups": 2, "size": 2, "migration": 0.3, "dynamics": DEATHS | {"colonists": "all"}, "levels": [
            {"number": 2, "migration": 0.2, "dynamics": CONTESTS},
            {"number": 3, "migration": 0.1, "dynamics": DEATHS | {"colonists": "one"}}]}},
    "sectors of groups that split": {"rule": "moran", "population": {
        "groups": 3, "size": 3, "competition": "global", "dynamics": SPLITS,
        "levels": [{"number": 2, "migration": 0.1, "dynamics": CONTESTS}]}},
}  # fmt: skip


@pytest.mark.pure
@pytest.mark.parametrize("name", SAME)
def test_is_the_run_of_everybody_by_name(name):
    """Counts of every group and mean payoffs, at every record; three replicates each."""
    case = {"selection": {}, "mutation": {}} | SAME[name]
    rule = case.pop("rule", "pairwise_comparison")
    population = case.pop("population")
    if isinstance(rule, dict):
        config = config_of(rule="moran", strategies=TRAITS, population=population, **case) | {"dynamics": rule}
    else:
        config = config_of(rule=rule, strategies=TRAITS, population=population, **case)
    path = recorded(config, replicates=3, start={"A": 0.3, "B": 0.5}, record_every=1.0)
    changed = 0
    for replicate in range(3):
        point = point_hash(path.model, {"A": 0.3, "B": 0.5})
        twin = Demes(config, [0.3, 0.5, 0.2], 4, replicate, point).run(3.0)
        for time, (counts, mean) in enumerate(twin):
            np.testing.assert_array_equal(path.groups[replicate, time], counts)
            assert path.payoff[replicate, time] == pytest.approx(mean, abs=1e-11)
        changed += twin[0][0] != twin[-1][0]
    assert changed


# ---- published chains


def donation(b, c, first):
    return [[b - c, -c], [b, 0.0]] if first == "C" else [[0.0, b], [-c, b - c]]


def fixed(config, start, replicates, seed=3):
    """The strategy that took over, and after how many events."""
    model = Model.model_validate(config)
    plan = plan_of(start, generations=1e7, record_every=None, burn_in=0.0, tolerance=1e-8, until="fixed", rest=0.0,
                   averages=False, watched=[])  # fmt: skip
    recording = run_plan(model, plan, seed=seed, point=7, replicates=replicates, workers=2)
    winner = recording.counts[:, FIXED]
    assert (winner >= 0).all()
    return winner, recording.numbers[:, FIXED_AT] * model.lowered.meeting.whole


def near(share, expected, replicates):
    return abs(share - expected) < 4.5 * math.sqrt(expected * (1 - expected) / replicates)


@pytest.mark.parametrize("first", ["C", "D"])
@pytest.mark.parametrize("name", [name for name in cases("group_splitting") if "threshold" not in name])
def test_splitting_takes_over_as_often_as_the_chain_says(name, first):
    case = cases("group_splitting")[name]
    asked, replicates = case["model"], 6000
    whole = asked["m"] * (asked["n"] - 1)
    config = {
        "strategies": ["A", "B"],
        "game": {"kind": "matrix", "payoffs": donation(asked["b"], asked["c"], first)},
        "selection": {"intensity": asked["w"], "fitness": "exponential" if "exp" in asked["fitness"] else "linear"},
        "population": {"kind": "groups", "groups": asked["m"], "size": asked["n"], "competition": "global",
                       "dynamics": {"kind": "splitting", "chance": asked["q"]}},
        "dynamics": {"kind": "moran"},
    }  # fmt: skip
    winner, _ = fixed(config, [1 / whole, 1 - 1 / whole], replicates)
    assert near((winner == 0).mean(), case["value"][f"rho_{first}"], replicates)


@pytest.mark.parametrize("deme", [1, 2])
@pytest.mark.parametrize("name", cases("island"))
def test_islands_take_over_as_often_as_the_chain_says(name, deme):
    """One mutant in the first or in the second deme, which is where the first or the last of the strategies is put."""
    case, replicates = cases("island")[name], 6000
    asked = case["model"]
    whole = sum(asked["N"])
    payoffs = [[math.log(asked["r"])] * 2, [0.0, 0.0]]
    start = [1 / whole, 1 - 1 / whole]
    config = {
        "strategies": ["A", "B"],
        "game": {"kind": "matrix", "payoffs": payoffs if deme == 1 else payoffs[::-1]},
        "population": {"kind": "groups", "groups": 2, "size": asked["N"], "migration": asked["migration"],
                       "competition": "global" if name.endswith("hard") else "local", "arrangement": "clustered"},
        "dynamics": {"kind": "moran"},
    }  # fmt: skip
    winner, time = fixed(config, start if deme == 1 else start[::-1], replicates)
    assert near((winner == deme - 1).mean(), case["value"][f"rho{deme}"], replicates)
    if deme == 1:
        assert abs(time.mean() - case["value"]["t1"]) < 4.5 * time.std() / math.sqrt(replicates)


@pytest.mark.parametrize("benefit", [1.5, 6.0])
def test_rare_splitting_is_two_takeovers_one_after_the_other(benefit):
    """rho = phi(n-1) Phi(m): in one group by Moran's process, then among groups by Moran's process with the ratio
    r = F_C/F_D [Traulsen & Nowak 2006, eqs 3-5]; weak selection favours C if b/c > 1 + n/(m-2), so here above 2."""
    m, n, w, replicates = 6, 4, 0.1, 8000
    members = n - 1

    def fit(k):  # of the two in a group with k cooperators
        own = (benefit * (k - 1) - (members - 1)) / (members - 1) if k else 0.0
        return math.exp(w * own), math.exp(w * benefit * k / (members - 1))

    ratios = np.cumprod([fit(k)[1] / fit(k)[0] for k in range(1, members)])
    r = math.exp(w * (benefit - 1))
    expected = 1 / (1 + ratios.sum()) * (1 - 1 / r) / (1 - r**-m)
    config = in_groups(
        model_of(2, {"kind": "matrix", "payoffs": donation(benefit, 1.0, "C")}), groups=m, size=n, competition="global",
        dynamics={"kind": "splitting", "chance": 0.002},
    ) | {"dynamics": {"kind": "moran"}, "selection": {"intensity": w}}  # fmt: skip
    winner, _ = fixed(config, [1 / (m * members), 1 - 1 / (m * members)], replicates)
    share = (winner == 0).mean()
    assert abs(share - expected) < 0.03 * expected + 4.5 * math.sqrt(expected / replicates)


# ---- chains of our own


def test_contests_among_pairs_take_over_as_a_chain_says():
    """Two groups of two: moran in each, and a winner that is copied at exponential times."""
    payoffs, beta, rate, strength = [[2.0, -1.0], [3.0, 0.0]], 0.4, 0.7, 1.3
    states = list(product(range(3), repeat=2))  # first strategy in each group

    def pay(k, i):
        return payoffs[i][0] * (k - (i == 0)) + payoffs[i][1] * (2 - k - (i == 1))

    def within(state):
        for group in (0, 1):
            k = state[group]
            fit = [math.exp(beta * pay(k, i)) if (k, 2 - k)[i] else 0.0 for i in (0, 1)]
            born = k * fit[0] / (k * fit[0] + (2 - k) * fit[1])
            up, down = born * (2 - k) / 2, (1 - born) * k / 2
            for step, chance in ((1, up), (-1, down), (0, 1 - up - down)):
                yield tuple(x + step * (g == group) for g, x in enumerate(state)), chance / 2

    def mean(k):
        return (k * pay(k, 0) * (k > 0) + (2 - k) * pay(k, 1) * (k < 2)) / 2

    update, meet = np.zeros((2, 9, 9))
    for row, state in enumerate(states):
        for after, chance in within(state):
            if min(after) >= 0 and max(after) <= 2:
                update[row, states.index(after)] += chance
        wins = 1 / (1 + math.exp(-strength * (mean(state[0]) - mean(state[1]))))
        meet[row, states.index((state[0], state[0]))] += wins
        meet[row, states.index((state[1], state[1]))] += 1 - wins
    chain = update @ expm(rate * 2 / 4 * (meet - np.eye(9)))
    assert chain.sum(axis=1) == pytest.approx(1)
    inner = [row for row, state in enumerate(states) if state not in ((0, 0), (2, 2))]
    system = np.eye(len(inner)) - chain[np.ix_(inner, inner)]
    chance = np.linalg.solve(system, chain[inner, states.index((2, 2))])
    expected = chance[inner.index(states.index((1, 0)))]
    config = {
        "strategies": ["A", "B"],
        "game": {"kind": "matrix", "payoffs": payoffs},
        "selection": {"intensity": beta},
        "population": {"kind": "groups", "groups": 2, "size": 2,
                       "dynamics": {"kind": "contests", "rate": rate, "intensity": strength}},
        "dynamics": {"kind": "moran"},
    }  # fmt: skip
    winner, _ = fixed(config, [0.25, 0.75], 20000)
    assert near((winner == 0).mean(), expected, 20000)
    assert not near((winner == 0).mean(), 0.25, 20000)  # what it would be without any selection


@pytest.mark.parametrize("population", [
    {"groups": 3, "size": 4, "migration": 0.2},
    {"groups": 3, "size": 4, "migration": 0.2, "competition": "global"},
    {"groups": 3, "size": 5, "competition": "global", "dynamics": SPLITS},
    {"groups": 3, "size": 4, "dynamics": CONTESTS},
    {"groups": 3, "size": 4, "dynamics": DEATHS},
    {"groups": 2, "size": 3, "migration": 0.1, "levels": [{"number": 2, "migration": 0.1, "dynamics": CONTESTS}]},
])  # fmt: skip
def test_without_selection_everybody_is_as_likely_to_take_over(population):
    config = in_groups(model_of(2, {"kind": "matrix", "payoffs": [[1, 1], [1, 1]]}), **population)
    config |= {"dynamics": {"kind": "moran"}, "selection": {"intensity": 0.0}}
    winner, _ = fixed(config, [1 / 12, 11 / 12], 6000)
    assert near((winner == 0).mean(), 1 / 12, 6000)


# ---- limits


@pytest.mark.parametrize("rule", FINITE)
def test_one_group_is_a_well_mixed_population(rule):
    """In law: counts after two generations."""
    config = config_of(rule=rule, mutation={"rate": 0.05}, population={"groups": 1, "size": 7})
    mixed = config | {"population": {"kind": "well_mixed", "size": 7}}
    found = [recorded(config, 2.0, 3000, seed=5).mix[:, -1], evo.simulate(
        Model.model_validate(mixed), generations=2.0, replicates=3000, seed=6).mix[:, -1]]  # fmt: skip
    states = [np.rint(mix[:, :2] * 7) @ [8, 1] for mix in found]
    seen = np.unique(np.concatenate(states))
    table = np.array([[(each == state).sum() for state in seen] for each in states])
    assert chi2_contingency(table[:, table.sum(axis=0) > 10]).pvalue > 1e-4


def test_all_who_cross_are_a_population_without_groups():
    """Two groups, migration 1/2: parents from both alike. Constant fitness, so that who meets whom does not matter."""
    payoffs = [[0.5, 0.5], [0.0, 0.0]]
    config = in_groups(model_of(2, {"kind": "matrix", "payoffs": payoffs}), groups=2, size=4, migration=0.5,
                       competition="global")  # fmt: skip
    winner, time = fixed(config | {"dynamics": {"kind": "moran"}}, [1 / 8, 7 / 8], 6000)
    r = math.exp(0.5)
    assert near((winner == 0).mean(), (1 - 1 / r) / (1 - r**-8), 6000)
    mixed = config | {"dynamics": {"kind": "moran"}, "population": {"kind": "well_mixed", "size": 8}}
    _, whole = fixed(mixed, [1 / 8, 7 / 8], 6000)
    assert abs(time.mean() - whole.mean()) < 4.5 * math.hypot(time.std(), whole.std()) / math.sqrt(6000)


def test_groups_that_win_carry_those_who_help():
    """Cooperation is lost within groups and kept among them [Traulsen & Nowak 2006; contests]."""
    config = in_groups(model_of(2, {"kind": "matrix", "payoffs": donation(4.0, 1.0, "C")}), groups=20, size=5)
    config |= {"selection": {"intensity": 0.5}, "mutation": {"rate": 0.005}, "dynamics": {"kind": "moran"}}
    lost = recorded(config, 200.0, 6, start={"A": 0.5}).mix[:, 100:, 0].mean()
    config["population"] |= {"dynamics": {"kind": "contests", "rate": 1.0, "intensity": 5.0}}
    kept = recorded(config, 200.0, 6, start={"A": 0.5}).mix[:, 100:, 0].mean()
    assert lost < 0.2 and kept > 0.8


# ---- what holds for all


@pytest.mark.parametrize("name", SAME)
def test_nobody_is_lost(name):
    case = {"selection": {}, "mutation": {}} | SAME[name]
    rule, population = case.pop("rule", "pairwise_comparison"), case.pop("population")
    config = config_of(
        rule="moran" if isinstance(rule, dict) else rule, strategies=TRAITS, population=population, **case
    )
    path = recorded(config, 5.0, 3, start="random", record_every=0.5)
    assert path.groups.min() >= 0 and (path.groups == np.rint(path.groups)).all()
    members = path.groups.sum(axis=3)
    if "splitting" in str(population):
        full = population.get("size", 3) - (population["dynamics"].get("resident") != "full")
        assert members.min() >= 1 and members.max() <= full
    else:
        size = population.get("size", 3)
        assert (members == size).all()
    shares = path.groups.sum(axis=2) / path.groups.sum(axis=(2, 3))[:, :, None]
    np.testing.assert_allclose(path.mix, shares, atol=1e-12)
    assert np.isfinite(path.payoff).all()


@pytest.mark.parametrize(
    "name", ["sectors", "splitting, all", "global, strong", "extinction", "wright_fisher crossing"]
)
def test_a_replicate_depends_on_its_number_alone(name):
    case = {"selection": {}, "mutation": {}} | SAME[name]
    config = config_of(rule=case.pop("rule", "pairwise_comparison"), strategies=TRAITS, **case)
    model = Model.model_validate(config)
    plan = plan_of([0.4, 0.4, 0.2], generations=6.0, record_every=1.0, burn_in=2.0, tolerance=1e-8,
                   until="generations", rest=0.0, averages=True, watched=[(0, 0.5, 1.0)])  # fmt: skip
    asked = {"seed": 3, "point": 5, "groups": number_of_groups(model)}
    together = run_plan(model, plan, replicates=5, workers=2, **asked)
    for number in range(5):
        alone = run_plan(model, plan, replicates=1, first=number, **asked)
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], many[number])
    often = run_plan(model, plan._replace(record_every=0.5, records=13), replicates=5, **asked)
    np.testing.assert_array_equal(often.groups[:, ::2], together.groups)


@pytest.mark.parametrize("name", ["pairwise_comparison crossing", "splitting, all", "global", "contests", "extinction",
                                  "imitation crossing", "wright_fisher crossing", "game of three"])  # fmt: skip
def test_averages_are_those_of_every_step(name):
    case = {"selection": {}, "mutation": {"rate": 0.1}} | SAME[name]
    config = config_of(rule=case.pop("rule", "pairwise_comparison"), strategies=TRAITS, **case)
    model = Model.model_validate(config)
    whole = model.lowered.meeting.whole if name != "wright_fisher crossing" else 1
    plan = plan_of([0.4, 0.4, 0.2], generations=8.0, record_every=1 / whole, burn_in=2.0, tolerance=1e-8,
                   until="generations", rest=0.0, averages=True, watched=[(0, 0.5, 0.0)])  # fmt: skip
    recording = run_plan(model, plan, seed=3, point=5, replicates=4)
    states, pays = recording.mix[:, 2 * whole : -1], recording.payoff[:, 2 * whole : -1]
    np.testing.assert_allclose(recording.means[:, :3], states.mean(axis=1), atol=1e-11)
    np.testing.assert_allclose(recording.numbers[:, 3], pays.mean(axis=1), atol=1e-11)
    np.testing.assert_allclose(recording.final[:, :3], recording.mix[:, -1])
    present = recording.final[:, :3] > 0
    earned = np.where(present, recording.final[:, :3] * recording.final[:, 3:6], 0).sum(axis=1)
    np.testing.assert_allclose(earned, recording.payoff[:, -1], atol=1e-11)
    first = [np.argmax(row >= 0.5) / whole if (row >= 0.5).any() else np.nan for row in recording.mix[:, :, 0]]
    np.testing.assert_allclose(recording.tipped[:, 0], first, atol=1e-9)


def test_payoffs_follow_environment_and_mix_of_the_whole():
    """A cell that reads the environment and the population's mix: mean payoffs worked out from every group's counts."""
    config = in_groups(
        model_of(2, {"kind": "matrix", "payoffs": [["e*x_A", "1"], ["e - x_B", "0.5"]]}),
        groups=3,
        size=4,
        migration=0.2,
    ) | {
        "environment": {"e": {"kind": "trend", "start": 0.5, "rate": 0.25}},
        "dynamics": {"kind": "moran"},
    }
    for competition in ("local", "global"):
        config["population"]["competition"] = competition
        path = recorded(config, 6.0, 3)
        for counts, mix, mean, e in zip(path.groups.reshape(-1, 3, 2), path.mix.reshape(-1, 2), path.payoff.ravel(),
                                        path.environment.ravel(), strict=True):  # fmt: skip
            table = [[e * mix[0], 1.0], [e - mix[1], 0.5]]
            total = sum(
                k[i] * sum(table[i][j] * (k[j] - (i == j)) for j in (0, 1)) / 3 for k in counts for i in (0, 1) if k[i]
            )
            assert mean == pytest.approx(total / 12, abs=1e-12)
        assert np.ptp(path.environment[0, :, 0]) > 1


# ---- what is refused


REFUSED = [
    ({"groups": 0}, "groups", "whole number"),
    ({"size": [2, 3]}, "size", "one for each of the 4"),
    ({"size": 2.5}, "size", ""),
    ({"migration": 1.2}, "migration", "from 0 to 1"),
    ({"migration": [0.1, 0.2]}, "migration", "one for each of the 4"),
    ({"groups": 1, "migration": 0.1}, "migration", "only one"),
    ({"groups": 5, "pattern": "square"}, "pattern", "square number"),
    ({"pattern": [[0, 1], [1, 0]]}, "pattern", "4 rows of 4"),
    ({"pattern": [[1, 1, 1, 1]] * 4}, "pattern", "0 on its diagonal"),
    ({"pattern": [[0, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]}, "pattern.1", "nothing next to it"),
    ({"competition": "global"}, "competition", "moran"),
    ({"dynamics": SPLITS}, "competition", "competition: global"),
    ({"dynamics": CONTESTS, "size": [2, 3, 3, 3]}, "dynamics", "one size"),
    ({"dynamics": CONTESTS, "groups": 1}, "dynamics", "two units"),
    ({"dynamics": CONTESTS | {"rate": -1}}, "dynamics.rate", "negative"),
    ({"dynamics": CONTESTS | {"fitness": "mean_payof"}}, "dynamics.fitness", "mean_payof"),
    ({"dynamics": CONTESTS | {"bias": {"weights": {"rank": 1}}}}, "dynamics.bias.weights.rank", "not a trait"),
    ({"levels": [{"number": 2, "migration": 2}]}, "levels.0.migration", "from 0 to 1"),
    ({"levels": [{"number": 0}]}, "levels.0.number", "whole number"),
    ({"levels": [{"number": 1, "dynamics": CONTESTS}]}, "levels.0.dynamics", "two units"),
    ({"levels": [{"number": 2, "dynamics": SPLITS}]}, "levels.0.dynamics", "splitting"),
    ({"assortment": 0.2}, "assortment", ""),
]


@pytest.mark.parametrize("population, path, words", REFUSED)
def test_what_makes_no_sense_is_refused(population, path, words):
    config = config_of(population=population)
    with pytest.raises(evo.ConfigError) as caught:
        evo.loads(json.dumps(config | {"run": {"generations": 1}}))
    (problem, *_) = caught.value.problems
    assert ".".join(map(str, problem.path)).startswith(f"population.{path}"), problem
    assert words in f"{problem.message} {problem.hint}", problem


@pytest.mark.parametrize("parts, path", [
    ({"dynamics": {"kind": "logit"}, "population": {"migration": 0.1}}, "population.migration"),
    ({"dynamics": {"kind": "replicator"}}, "population.kind"),
    ({"dynamics": {"kind": "langevin", "of": {"kind": "moran"}}}, "population.kind"),
    ({"dynamics": {"kind": "moran", "death": "others"}, "population": {"competition": "global", "dynamics": SPLITS}},
     "population.dynamics"),
    ({"game": {"kind": "group", "size": 4, "payoffs": {"A": "1", "B": "1", "C": "1"}}}, "population.size"),
])  # fmt: skip
def test_rules_and_games_that_do_not_fit_are_refused(parts, path):
    config = config_of(population=parts.pop("population", {})) | parts
    with pytest.raises(evo.ConfigError) as caught:
        evo.loads(json.dumps(config | {"run": {"generations": 1}}))
    assert path in [".".join(map(str, problem.path)) for problem in caught.value.problems]


def test_groups_are_recorded_where_there_are_some():
    model = Model.model_validate(config_of() | {"population": {"kind": "well_mixed", "size": 9}})
    with pytest.raises(ValueError, match="well_mixed"):
        evo.simulate(model, generations=1, groups=True)

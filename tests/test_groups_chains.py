"""Populations in groups against published chains, a chain of our own, and limits in which they are something simpler."""

import math
from itertools import product

import numpy as np
import pytest
from examples import FINITE, model_of
from grouped import CONTESTS, DEATHS, SPLITS, config_of, donation, fixed, in_groups, near, recorded
from reference import cases
from scipy.linalg import expm
from scipy.stats import chi2_contingency

import evo
from evo.model import Model

# ---- published chains


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
    r = F_C/F_D [Traulsen & Nowak 2006]; weak selection favours C if b/c > 1 + n/(m-2), so here above 2."""
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

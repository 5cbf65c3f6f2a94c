"""Least-cost policies: against enumeration, and published costs of incentives as expected visits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import evo
from evo.policy import Aim, control_of, incentive_cost, least_cost, steer
from evo.policy.decisions import world_of

HUNT = {
    "strategies": ["stag", "hare"],
    "game": {"kind": "matrix", "payoffs": [[4, 0], [3, 2]]},
    "population": {"kind": "well_mixed", "size": 4},
    "dynamics": {"kind": "pairwise_comparison"},
    "mutation": {"rate": 0.01},
    "interventions": [{"kind": "subsidy", "at": 0, "size": 2, "to": "stag"}],
    "run": {"generations": 10, "start": {"stag": 0.25}},
}


def experiment(**changed):
    return evo.Experiment.model_validate(HUNT).replace(
        {key.replace("__", "."): value for key, value in changed.items()}
    )


def test_no_policy_of_all_costs_less():
    """Every policy of two generations and two sizes, (2^5)^2 of them: none that is likely enough costs less than the bound,
    and the one given is the cheapest of those at least as likely."""
    asked, aim = experiment(), Aim("stag", by=2, probability=0.15, hold=1)
    control = control_of(asked)
    world, counts = world_of(control, aim, control.sizes(2))
    rows = list(itertools.product((0, 1), repeat=len(counts)))
    every = [world.follow(np.array(acts)) for acts in itertools.product(rows, repeat=2)]
    found = least_cost(asked, aim, levels=2)
    good = [cost for cost, chance in every if chance >= aim.probability]
    assert found.bound <= min(good) + 1e-12
    assert found.best.probability >= aim.probability
    as_likely = [cost for cost, chance in every if chance >= found.best.probability - 1e-12]
    assert found.cost == pytest.approx(min(as_likely), abs=1e-12)
    assert min(cost for cost, _ in every) == 0


def test_a_policy_is_cheaper_than_a_constant_size_and_simulation_agrees_on_that_one():
    asked = experiment(population__size=30, run__start={"stag": 0.4})
    aim = Aim("stag", by=10, probability=0.8, hold=10)
    found = least_cost(asked, aim)
    assert found.bound <= found.cost < found.constant.cost
    size = float(found.constant.words.split()[-1])
    spec = control_of(asked).sized(size, lasts=10.0)
    path = evo.simulate(
        asked.model, generations=20, start={"stag": 0.4}, seed=1, replicates=2000, record_every=20, interventions=[spec]
    )
    share = (path.mix[:, -1, 0] >= 0.5).mean()
    assert share == pytest.approx(found.constant.probability, abs=4 * np.sqrt(0.25 / 2000))
    assert path.cost.mean() == pytest.approx(found.constant.cost, rel=0.03)


@pytest.mark.parametrize("size", [5, 20])
def test_incentives_cost_their_expected_visits(size):
    """Neutral drift, from one of each kind: theta N (N-1) H_(N-1), where a role model is never oneself [Duong & Han 2021]."""
    asked = experiment(population__size=size, mutation__rate=0, selection__intensity=1e-9)
    control = control_of(asked)
    ends = [{"stag": 1, "hare": size - 1}, {"stag": size - 1, "hare": 1}]
    cost = np.mean([incentive_cost(control, size=2.0, start=start) for start in ends])
    harmonic = sum(1 / k for k in range(1, size))
    assert cost * size**2 == pytest.approx(2 * size * (size - 1) * harmonic, rel=1e-6)


def test_incentives_under_selection_by_the_fundamental_matrix():
    """Against visits of a birth-death chain written out here."""
    n, theta, beta = 12, 1.5, 0.3
    control = control_of(experiment(population__size=n, mutation__rate=0, selection__intensity=beta))
    q = np.zeros((n - 1, n - 1))
    for i in range(1, n):
        stag = (4 * (i - 1) + 0 * (n - i)) / (n - 1) + theta
        hare = (3 * i + 2 * (n - i - 1)) / (n - 1)
        met = i * (n - i) / (n * (n - 1))
        up, down = met / (1 + np.exp(-beta * (stag - hare))), met / (1 + np.exp(beta * (stag - hare)))
        q[i - 1, i - 1] = 1 - up - down
        if i > 1:
            q[i - 1, i - 2] = down
        if i < n - 1:
            q[i - 1, i] = up
    visits = np.linalg.inv(np.eye(n - 1) - q)[2]  # from three stags
    wanted = (visits * theta * np.arange(1, n) / n).sum() / n
    assert incentive_cost(control, size=theta, start={"stag": 3, "hare": n - 3}) == pytest.approx(wanted, rel=1e-10)


AIM = Aim("stag", by=10, probability=0.9, hold=10)
PUSHED = {"population__size": 30, "run__start": {"stag": 0.4}, "mutation__rate": 0}


def test_the_push_that_is_told_is_scored_by_other_runs_than_chose_it():
    asked = experiment(**PUSHED)
    found = steer(asked, AIM, runs=60)
    *before, chosen = found.tried
    assert before and all(push.probability < 0.9 for push in before) and chosen.probability >= 0.9
    spec = control_of(asked).sized(found.safe.size, lasts=found.safe.lasts)
    path = evo.simulate(
        asked.model, generations=20, start={"stag": 0.4}, seed=1, replicates=60, record_every=20, interventions=[spec]
    )
    share = path.mix[:, -1, 0]
    assert (found.safe.size, found.safe.lasts) == (chosen.size, chosen.lasts)
    assert found.safe.succeeded == (share >= 0.5).sum()
    assert found.safe.cost == path.cost.sum(axis=1).mean() != chosen.cost
    assert str(found.safe) in found.statement
    assert found.table["scored"].tolist() == ["to choose"] * len(found.tried) + ["the chosen"]
    assert found.table["cost"].iloc[-1] == found.safe.cost


def test_what_only_finite_populations_have_does_not_keep_a_push_from_being_found():
    asked = experiment(**PUSHED, run__until="fixed", measure=["cost", "fixed"])
    assert steer(asked, AIM, runs=10).cost == steer(experiment(**PUSHED), AIM, runs=10).cost


@pytest.mark.parametrize(
    "changed, aim, words",
    [
        ({"interventions": []}, {}, "none to decide upon"),
        (
            {
                "interventions": [
                    *HUNT["interventions"],
                    {"kind": "seed", "at": 3, "size": 0.5, "to": "stag", "name": "shift"},
                ]
            },
            {},
            "decides upon one, and there are 2: subsidy, shift",
        ),
        ({"interventions.0.paid_by": "hare"}, {}, "paid from outside"),
        ({}, {"target": "deer"}, "not a strategy"),
        ({}, {"probability": 1.0}, "cannot be 1"),
        ({"interventions.0.size": 0.01}, {"probability": 0.99}, "no policy makes it likelier"),
        ({"population": {"kind": "infinite"}}, {}, "finite"),
        ({"interventions.0.price": "t"}, {}, "a price may read"),
    ],
)
def test_refused(changed, aim, words):
    with pytest.raises(evo.ConfigError, match=words):
        least_cost(experiment(**changed), Aim(**{"target": "stag", "by": 2, **aim}))

"""Continuous traits in groups: one group is a well-mixed population, plain Python on the same seed, drift, and the Price
equation's direction."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from test_traits import expected_payoff, naive_birth, naive_parent, naive_step

import evo
from evo import traits
from evo.canonical import point_hash
from evo.codes import STRATEGY_STREAM
from evo.exact.traits.adaptive import selection_gradient
from evo.exact.traits.pip import invasibility
from evo.exact.traits.singular import singular_points
from evo.kernels.random import below, seed_stream, stream_key, uniform
from evo.kernels.trait_arrays import TraitPlan
from evo.organisations import study
from evo.traits import simulation

ALPHA = 1e-4
RULES = ("moran", "wright_fisher", "pairwise_comparison")
GOOD = {"kind": "group", "size": 4, "payoff": "2*(own_x + (n - 1)*mean_x)/n - own_x"}
GAMES = [
    GOOD,
    {"kind": "pair", "payoff": "exp(own_x - other_x) + own_x/(1 + other_x)"},
    {"kind": "group", "size": 5, "payoff": "exp(own_x*mean_x)"},  # all five of a group: no polynomial is needed
]
IDS = ["power sums", "everybody", "all together"]


def model(**changes: Any) -> traits.TraitModel:
    data: dict[str, Any] = {
        "traits": {"x": {"low": 0, "high": 1, "start": 0.2, "step": 0.1}},
        "game": GOOD,
        "mutation": {"rate": 0.2},
        "population": {"kind": "groups", "groups": 3, "size": 5},
        "dynamics": {"kind": "wright_fisher"},
    }
    return traits.TraitModel.model_validate(data | changes)


@pytest.mark.pure
@pytest.mark.parametrize("game", GAMES, ids=IDS)
@pytest.mark.parametrize("rule", RULES)
def test_one_group_is_a_well_mixed_population(rule, game):
    """To the last digit, where both draw from the same stream."""
    found = []
    for population in ({"size": 5}, {"kind": "groups", "groups": 1, "size": 5}):
        asked = model(population=population, game=game, dynamics={"kind": rule})
        plan = TraitPlan(8, 1, 1.0, 9) if rule == "wright_fisher" else TraitPlan(40, 5, 1.0, 9)
        recording = simulation._blank(asked, plan, 2, 10)
        simulation._run(asked.lowered, asked.lowered_groups, plan, 3, 77, 2, 1, recording)
        found.append(recording)
    for name in ("histogram", "mean", "final", "payoff", "ended"):
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))
    np.testing.assert_allclose(found[0].covariance, found[1].covariance, atol=1e-15)
    assert np.abs(found[1].between).max() < 1e-15 and len(np.unique(found[0].final)) > 2


# ---- plain Python on the same seed


class Naive:
    """Groups as lists of one trait each. The order of draws is part of what is checked."""

    def __init__(self, asked: traits.TraitModel, seed: int, replicate: int) -> None:
        self.asked, self.rng = asked, np.zeros(4, np.uint64)
        point = np.uint64(point_hash(asked, None))
        seed_stream(stream_key(seed), np.uint64(replicate), point, np.uint64(STRATEGY_STREAM), self.rng)
        self.groups = [[float(asked.start[0])] * asked.members for _ in range(asked.groups)]

    def payoff(self, group: int, who: int) -> float:
        return expected_payoff(self.asked, self.groups[group], who)

    def origin(self, group: int) -> int:
        migration = self.asked.population.migration
        return self.another(group) if migration > 0 and uniform(self.rng) < migration else group

    def another(self, group: int) -> int:
        other = below(len(self.groups) - 1, self.rng)
        return other + (other >= group)

    def born(self, source: int) -> float:
        here = self.groups[source]
        payoffs = [self.payoff(source, who) for who in range(len(here))]
        return naive_birth(self.asked, here, naive_parent(self.asked, payoffs, self.rng), self.rng)

    def wright_fisher(self) -> None:
        self.groups = [[self.born(self.origin(g)) for _ in group] for g, group in enumerate(self.groups)]

    def moran(self) -> None:
        group = below(len(self.groups), self.rng)
        child = self.born(self.origin(group))
        self.groups[group][below(self.asked.members, self.rng)] = child

    def pairwise_comparison(self) -> None:
        group = below(len(self.groups), self.rng)
        focal = below(self.asked.members, self.rng)
        if uniform(self.rng) < self.asked.value(self.asked.mutation.rate):
            self.groups[group][focal] = naive_step(self.asked, self.groups[group][focal], self.rng)
            return
        source = self.origin(group)
        role_model = below(self.asked.members - (source == group), self.rng)
        role_model += source == group and role_model >= focal
        seen = self.groups[source][role_model]
        if seen == self.groups[group][focal]:
            return
        lead = self.payoff(source, role_model) - self.payoff(group, focal)
        if uniform(self.rng) < 1 / (1 + math.exp(-self.asked.intensity * lead)):
            self.groups[group][focal] = seen

    def contest(self) -> None:
        contests = self.asked.population.contests
        means = [np.mean([self.payoff(g, who) for who in range(len(each))]) for g, each in enumerate(self.groups)]
        after = []
        for g, group in enumerate(self.groups):
            kept = group
            if uniform(self.rng) < contests.rate:
                other = self.another(g)
                if uniform(self.rng) < 1 / (1 + math.exp(-contests.intensity * (means[other] - means[g]))):
                    kept = self.groups[other]
            after.append(list(kept))
        self.groups = after

    def run(self, generations: int) -> list[float]:
        kind = self.asked.dynamics.kind
        for _ in range(generations):
            for _ in range(1 if kind == "wright_fisher" else self.asked.size):
                getattr(self, kind)()
            if self.asked.population.contests:
                self.contest()
        return [value for group in self.groups for value in group]


@pytest.mark.pure
@pytest.mark.parametrize("game", GAMES, ids=IDS)
@pytest.mark.parametrize("rule", RULES)
def test_the_same_as_plain_python(rule, game):
    contests = {"rate": 0.6, "intensity": 3.0}
    population = {"kind": "groups", "groups": 3, "size": 5, "migration": 0.3, "contests": contests}
    asked = model(population=population, game=game, dynamics={"kind": rule}, mutation={"rate": 0.4})
    found = traits.simulate(asked, generations=4, replicates=2, seed=9, record_every=1)
    for replicate in (0, 1):
        expected = Naive(asked, 9, replicate).run(4)
        np.testing.assert_allclose(found.final[replicate, 0], expected, atol=1e-12)
        assert len(set(expected)) > 3
    groups = found.final[:, 0].reshape(2, 3, 5)
    np.testing.assert_allclose(found.between[:, -1, 0, 0], groups.mean(axis=2).var(axis=1), atol=1e-14)
    np.testing.assert_allclose(found.covariance[:, -1, 0, 0], groups.reshape(2, -1).var(axis=1), atol=1e-14)
    alone = traits.simulate(asked, generations=4, replicates=1, seed=9, workers=1)
    np.testing.assert_array_equal(alone.final, found.final[:1])
    assert (found.histogram.sum(axis=-1) == 15).all()


# ---- theory


def drift(groups: int, size: int, migration: float, grows: float, generations: int) -> tuple[float, float]:
    """Expected squared differences of two members of one group and of two groups, neutral Wright-Fisher: two newborn have
    parents in one group, who are the same with probability 1/size, or in different groups, and each adds its mutations."""
    stay, away = 1 - migration, migration / max(groups - 1, 1)
    together = stay**2 + (groups - 1) * away**2
    apart = 2 * stay * away + (groups - 2) * away**2
    within = between = 0.0
    for _ in range(generations):
        of_one = (1 - 1 / size) * within
        within, between = (
            together * of_one + (1 - together) * between + grows,
            apart * of_one + (1 - apart) * between + grows,
        )
    return within, between


@pytest.mark.parametrize("migration", [0.0, 0.1])
def test_groups_drift_apart_as_theory_says(migration):
    """Without migration each group drifts by itself; migration holds them together."""
    groups, size, rate, step, generations, replicates = 4, 6, 0.3, 0.01, 30, 3000
    asked = model(
        traits={"x": {"low": -100, "high": 100, "start": 0, "step": step}}, mutation={"rate": rate},
        selection={"intensity": 0},
        population={"kind": "groups", "groups": groups, "size": size, "migration": migration},
    )  # fmt: skip
    found = traits.simulate(asked, generations=generations, replicates=replicates, seed=3, record_every=30)
    within, between = drift(groups, size, migration, 2 * rate * step**2, generations)
    # A mean of six differs from another by what members of two groups differ, less what members of one do.
    expected = (groups - 1) / groups * (between - (size - 1) / size * within) / 2
    spread = found.between[:, -1, 0, 0]
    score = (spread.mean() - expected) / (spread.std() / math.sqrt(replicates))
    assert abs(score) < stats.norm.isf(ALPHA / 2)
    assert abs(spread.mean() - 1.15 * expected) > stats.norm.isf(ALPHA / 2) * spread.std() / math.sqrt(replicates)


def test_without_migration_groups_are_independent():
    asked = model(
        traits={"x": {"low": -100, "high": 100, "start": 0, "step": 0.01}}, mutation={"rate": 0.5},
        selection={"intensity": 0},
    )  # fmt: skip
    final = traits.simulate(asked, generations=20, replicates=3000, seed=1).final[:, 0].reshape(3000, 3, 5).mean(axis=2)
    correlations = np.corrcoef(final.T)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < stats.norm.isf(ALPHA / 6) / math.sqrt(3000)


def test_a_contribution_rises_by_contests_alone():
    """Within groups those who give less earn more, between groups those who give more [Price 1972]: r < n, so that the
    contribution is lost without contests, or with contests that do not look at payoffs, and rises with those that do."""
    found = {}
    for name, contests in (
        ("none", None), ("blind", {"rate": 0.5, "intensity": 0}), ("by payoff", {"rate": 0.5, "intensity": 10}),
    ):  # fmt: skip
        population = {"kind": "groups", "groups": 30, "size": 4, "migration": 0.02, "contests": contests}
        asked = model(population=population, traits={"x": {"low": 0, "high": 1, "start": 0.5, "step": 0.1}})
        found[name] = traits.simulate(asked, generations=400, replicates=4, seed=2).mean[:, -1, 0]
    assert (found["none"] < 0.2).all() and (found["blind"] < 0.35).all() and (found["by payoff"] > 0.65).all()


def test_contests_move_the_mean_by_the_covariance_between_groups():
    """The Price equation for one round of weak contests: the mean moves by rate*intensity/2 times the covariance of the
    means of groups with their mean payoffs (each group meets one of the others, hence M/(M-1))."""
    groups, rate, intensity = 5, 1.0, 0.2
    population = {"kind": "groups", "groups": groups, "size": 4, "contests": {"rate": rate, "intensity": intensity}}
    asked = model(
        population=population, selection={"intensity": 0}, mutation={"rate": 1.0},
        traits={"x": {"low": -100, "high": 100, "start": 0, "step": 0.5}},
    )  # fmt: skip
    replicates = 40_000
    found = traits.simulate(asked, generations=1, replicates=replicates, seed=4, record_every=1)
    # After one generation all differ by their own mutation; the mean payoff of a group is its mean trait (r - 1 = 1).
    variance = 0.5**2 / 4 * (groups - 1) / groups  # of the means of groups, divided by M
    expected = rate * intensity / 2 * variance * groups / (groups - 1)
    moved = found.mean[:, 1, 0]
    error = moved.std() / math.sqrt(replicates)
    assert abs(moved.mean() - expected) < 4 * error + 0.02 * expected and expected > 8 * error


# ---- configs


BROKEN = [
    ({"population": {"kind": "groups", "groups": 2, "size": 3, "migration": 2}, "game": GAMES[1]}, "migration", "between 0"),
    ({"population": {"kind": "groups", "groups": 1, "size": 5, "migration": 0.1}}, "migration", "no other group"),
    ({"population": {"kind": "groups", "groups": 1, "size": 5, "contests": {"rate": 0.1}}}, "contests", "take two groups"),
    ({"population": {"kind": "groups", "groups": 2, "size": 5, "contests": {"rate": 2}}}, "rate", "between 0 and 1"),
    ({"population": {"kind": "groups", "groups": 1.5, "size": 5}}, "groups", "whole number"),
    ({"population": {"kind": "groups", "groups": 2, "size": 3}}, "size", "no less than a group"),
    ({"population": {"kind": "group", "groups": 2, "size": 5}}, "kind", "did you mean 'groups'"),
]  # fmt: skip


@pytest.mark.parametrize("changes, key, message", BROKEN, ids=[message for _, _, message in BROKEN])
def test_refused(changes, key, message):
    from evo._yaml import dump, load

    plain = traits.dump(model())
    with pytest.raises(evo.ConfigError, match=message) as error:
        traits.loads(dump(load(plain).data | changes))
    assert error.value.problems[0].path[-1] == key


def test_adaptive_dynamics_is_that_of_a_well_mixed_population():
    two = {name: {"low": 0, "high": 1, "start": 0.2, "step": 0.1} for name in "xy"}
    for question in (
        lambda: selection_gradient(model(), 0.3), lambda: invasibility(model()), lambda: singular_points(model()),
        lambda: singular_points(model(traits=two)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="well-mixed"):
            question()


def test_the_mind_set_config_is_a_study():
    path = Path(__file__).parents[1] / "configs" / "traits" / "self_organisation.yaml"
    asked = study.load(path)
    assert len(asked.points) == 4 and study.loads(study.dump(asked)).points == asked.points
    short = study.load(path, settings={"run.generations": 3, "run.replicates": 1, "run.record_every": 1})
    result = study.run(short)
    assert not result.failures and len(result.outcomes) == 4 and "between_agency" in result.paths

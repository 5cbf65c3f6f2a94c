"""Individual, social and critical learners: the config against Rogers' theory, individuals against plain Python on the same
seed and against what must hold on average."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import evo
from evo.canonical import point_hash
from evo.kernels.organisations.learners import PURPOSE
from evo.kernels.random import below, seed_stream, stream_key, uniform
from evo.organisations import Learners
from evo.organisations.learners import TYPES

CONFIG = Path(__file__).parents[1] / "configs" / "rogers.yaml"


def theory(u: float, b: float, c: float) -> tuple[float, float, float]:
    """Individual learners, what is copied and works, mean payoff without its base [Rogers 1988]."""
    q = 1 - c / b
    return u * q / ((1 - u) * (1 - q)), q, b - c


@pytest.fixture(scope="module")
def experiment():
    return evo.load(CONFIG)


@pytest.mark.parametrize("u", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("c", [0.4, 0.5])
def test_social_learning_adds_nothing(experiment, u, c):
    settings = {"parameters.u": u, "parameters.c": c, "parameters.pace": 0.05}
    asked = experiment.replace(settings)
    path = evo.simulate(asked.model, generations=8000, start=asked.run.start, seed=1)
    share, q, payoff = theory(u, 1, c)
    assert path.mix[0, -1] == pytest.approx([share, 1 - share, 0], abs=2e-4)
    assert path.environment[0, -1, 0] == pytest.approx(q, abs=2e-4)
    found = path.mix[0, -1] @ np.array([2 - c, 1 + path.environment[0, -1, 0], 0])
    assert found == pytest.approx(1 + payoff, abs=2e-4)
    if (u, c) == (0.1, 0.4):
        assert share == pytest.approx(1 / 6) and payoff == pytest.approx(0.6)


def test_critical_learners_take_over_and_fare_better(experiment):
    (point,) = [
        point for point in experiment.points() if point.part == "critical" and point.settings["parameters.u"] == 0.1
    ]
    asked = point.experiment
    path = evo.simulate(asked.model, generations=40_000, start=asked.run.start, seed=1)
    q = path.environment[0, -1, 0]
    assert path.mix[0, -1, 2] > 0.999 and 2 - 0.4 * (1 - q) == pytest.approx(1.96, abs=1e-3)


def test_changes_at_random_moments_leave_the_mean_where_it_was(experiment):
    """Selection slow against the environment: q is 1 - c/b on average, though it falls to 0 with every change."""
    asked = next(point.experiment for point in experiment.points() if point.part == "events")
    path = evo.simulate(
        asked.replace({"parameters.pace": 0.02}).model, generations=20_000, replicates=4, seed=2,
        start=asked.run.start,
    )  # fmt: skip
    variables = list(asked.environment)
    q = path.environment[:, len(path.time) // 4 :, variables.index("q")]
    mix = path.mix[:, len(path.time) // 4 :, 0]
    assert q.min() < 0.2 and q.max() > 0.9
    assert mix.mean() == pytest.approx(1 / 6, abs=0.03)


# ---- individuals


class Naive:
    def __init__(self, model: Learners, seed: int, replicate: int) -> None:
        self.model, self.rng = model, np.zeros(4, np.uint64)
        seed_stream(
            stream_key(seed), np.uint64(replicate), np.uint64(point_hash(model, None)), np.uint64(PURPOSE), self.rng
        )
        self.people = [(TYPES[kind], 0) for kind, count in enumerate(model.begin) for _ in range(count)]
        self.fitness = [1.0] * model.size
        self.since = 0

    def generation(self) -> dict[str, float]:
        model, rng = self.model, self.rng
        self.since = 0 if uniform(rng) < model.change else self.since + 1
        present = [name for name, count in zip(TYPES, model.begin, strict=True) if count]
        learners = []
        for _ in self.people:
            total = np.cumsum(self.fitness)
            kind = self.people[int(np.searchsorted(total, uniform(rng) * total[-1], side="right"))][0]
            if model.mutation and len(present) > 1 and uniform(rng) < model.mutation:
                others = [name for name in present if name != kind]
                kind = others[below(len(others), rng)]
            heard = self.people[below(len(self.people), rng)][1] + 1 if kind != "individual" else None
            learners.append((kind, heard))
        payoffs, self.people = [], []
        works = [heard <= self.since for _, heard in learners if heard is not None]
        for kind, heard in learners:
            age, payoff = heard or 0, model.benefit
            if kind == "individual":
                payoff -= model.cost
            elif heard > self.since:
                payoff -= model.copying + (model.benefit if kind == "social" else model.cost)
                age = heard if kind == "social" else 0
            else:
                payoff -= model.copying
            self.people.append((kind, age))
            payoffs.append(payoff)
        self.fitness = [math.exp(model.intensity * payoff) for payoff in payoffs]
        shares = {name: sum(kind == name for kind, _ in self.people) / model.size for name in TYPES}
        fresh = float(np.mean(works)) if works else math.nan
        return shares | {
            "fresh": fresh, "mean_payoff": np.mean(payoffs), "age": np.mean([age for _, age in self.people]),
        }  # fmt: skip


@pytest.mark.pure
@pytest.mark.parametrize("mutation", [0.0, 0.1])
@pytest.mark.parametrize(
    "start", [{"individual": 0.4, "social": 0.6}, {"individual": 0.2, "social": 0.5, "critical": 0.3}]
)
def test_the_same_as_plain_python(start, mutation):
    model = Learners(size=12, change=0.3, copying=0.05, intensity=0.8, mutation=mutation, start=start)
    found = model.simulate(generations=12, replicates=2, seed=5, record_every=1).frame
    for replicate in (0, 1):
        naive = Naive(model, 5, replicate)
        own = found[found["replicate"] == replicate]
        for generation in range(12):
            expected = naive.generation()
            row = own.iloc[generation]
            for name, value in expected.items():
                assert row[name] == pytest.approx(value, abs=1e-12, nan_ok=True), (generation, name)
    assert found["age"].max() > 1


def test_a_record_is_a_mean_and_a_replicate_its_own():
    model = Learners(size=200, intensity=0.1)
    fine = model.simulate(generations=60, replicates=3, seed=2, record_every=1)
    coarse = model.simulate(generations=60, replicates=2, seed=2, record_every=20, workers=2)
    means = fine.records[:2].reshape(2, 3, 20, -1).mean(axis=2)
    np.testing.assert_allclose(coarse.records, means, atol=1e-12)
    assert coarse.time.tolist() == [20, 40, 60]


def test_critical_learners_alone():
    """q = 1 - u, exactly: whatever a critical learner ends up with works when it is learned."""
    found = Learners(size=500, change=0.2, start={"critical": 1.0}).simulate(
        generations=4000, seed=1, record_every=4000
    )
    assert found.fresh[0, 0] == pytest.approx(0.8, abs=0.03)
    assert found.payoff[0, 0] == pytest.approx(1 - 0.4 * (1 - found.fresh[0, 0]), abs=1e-9)


@pytest.mark.slow
def test_the_paradox_among_individuals():
    """While both are there, the mean of the log of p/(1-p) stands still, so that what is copied works with frequency
    1 - c/b on average and copying adds nothing; selection is slow here, so that shares are those of theory, too."""
    found = Learners(size=10_000, intensity=0.05).simulate(
        generations=20_000, replicates=2, seed=3, record_every=200, workers=2
    )
    late = found.time > 3000
    share, q, payoff = theory(0.1, 1, 0.4)
    assert found.mix[:, late, 0].min() > 0
    assert found.fresh[:, late].mean() == pytest.approx(q, abs=0.02)
    assert found.payoff[:, late].mean() == pytest.approx(payoff, abs=0.02)
    assert found.mix[:, late, 0].mean() == pytest.approx(share, abs=0.03)


def test_selection_as_fast_as_the_environment_loses_those_who_find_out():
    """Aoki & Feldman's warning: strong selection for what works between two changes drives individual learners out, and
    nobody knows anything any more."""
    found = Learners(size=500, intensity=3.0).simulate(generations=2000, replicates=4, seed=1)
    assert (found.mix[:, -1, 0] == 0).all() and (found.payoff[:, -1] == 0).all()


def test_shares_sum_to_one():
    with pytest.raises(ValueError, match=r"sum to 0\.9"):
        Learners(start={"individual": 0.5, "social": 0.4})
    assert Learners(size=10, start={"individual": 1 / 3, "social": 1 / 3, "critical": 1 / 3}).begin.tolist() == [
        4,
        3,
        3,
    ]

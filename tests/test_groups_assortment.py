"""Groups beside the meeting process that `founder` assortment stands for: whole groups of clones are a = 1, groups dealt at
random a = 0, and groups of which a part has one founder lie between, as the mean payoff of everybody shows."""

import numpy as np
import pytest

from evo import Model, simulate

GAME = {"kind": "group", "size": 4, "payoffs": {"C": "4*(k_C/n)**2 - 1", "D": "4*(k_C/n)**2"}}
START = {"C": 0.3, "D": 0.7}


def mean_payoff(population, dynamics):
    model = Model(strategies=["C", "D"], game=GAME, population=population, dynamics={"kind": dynamics})
    return simulate(model, generations=0.001, record_every=0.001, start=START, seed=3, replicates=8).payoff[:, 0]


def founded(assortment):
    population = {"kind": "infinite", "assortment": assortment, "assortment_kind": "founder"}
    return mean_payoff(population, "replicator")[0]


def test_groups_of_clones_are_founder_assortment_of_one():
    population = {"kind": "groups", "groups": 1000, "size": 4, "arrangement": "clustered"}
    assert mean_payoff(population, "pairwise_comparison") == pytest.approx(founded(1.0), abs=1e-12)


def test_groups_dealt_at_random_are_founder_assortment_of_zero():
    found = mean_payoff({"kind": "groups", "groups": 1000, "size": 4}, "pairwise_comparison")
    assert abs(found.mean() - founded(0.0)) < 4.5 * found.std(ddof=1) / np.sqrt(len(found)) + 1e-3
    assert founded(0.0) < founded(0.5) < founded(1.0)

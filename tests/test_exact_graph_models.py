"""Exact answers of a model on a graph are those of its parts as arrays, and those of its simulation."""

from __future__ import annotations

import numpy as np
import pytest

from evo import Model
from evo.exact import Structure, VertexRule, graph, graph_fixation, graph_stationary
from evo.exact.structure import public_goods
from evo.kernels.arrays import FIXED, FIXED_AT
from evo.recording import plan_of
from evo.simulation import run_plan

DONATION = [[3.0, -1.0], [4.0, 0.0]]
STAR = np.zeros((6, 6))
STAR[0, 1:] = STAR[1:, 0] = 1.0


def on(shape: dict, dynamics: dict, *, game=None, selection=None, mutation=0.0, **population) -> Model:
    return Model(
        strategies=["C", "D"],
        game=game or {"kind": "matrix", "payoffs": DONATION},
        selection=selection or {},
        mutation={"rate": mutation},
        population={"kind": "network", "graph": shape, **population},
        dynamics=dynamics,
    )


RULES = [
    ({"kind": "death_birth"}, {"intensity": 0.3}, VertexRule("death_birth", intensity=0.3)),
    ({"kind": "birth_death"}, {"intensity": 0.3}, VertexRule("birth_death", intensity=0.3)),
    ({"kind": "imitation"}, {"intensity": 0.3}, VertexRule("imitation", intensity=0.3)),
    ({"kind": "imitation", "own": "excluded"}, {"intensity": 0.3}, VertexRule("death_birth", intensity=0.3)),
    ({"kind": "pairwise_comparison"}, {"intensity": 0.3}, VertexRule("pairwise_comparison", intensity=0.3)),
    (
        {"kind": "local_update", "largest_difference": 5.0},
        {"intensity": 0.3},
        VertexRule("local_update", intensity=0.3, largest_difference=5.0),
    ),
]


@pytest.mark.parametrize(("dynamics", "selection", "rule"), RULES, ids=[str(case[0]) for case in RULES])
def test_fixation_of_a_model_is_that_of_its_arrays(dynamics, selection, rule):
    model = on({"kind": "star", "size": 6}, dynamics, selection=selection)
    found = graph.fixation(model, mutant="C", resident="D")
    known = graph_fixation(STAR, DONATION, rule=rule)
    assert found.probability == pytest.approx(known.probability, rel=1e-12)
    assert found.steps == pytest.approx(known.steps, rel=1e-12)
    mirrored = graph.fixation(model, mutant="D", resident="C")
    assert mirrored.probability == pytest.approx(known.reverse, rel=1e-12)


def test_groups_around_the_nodes():
    game = {"kind": "group", "size": "neighbourhood", "payoffs": {"C": "3*k_C/n - 1", "D": "3*k_C/n"}}
    model = on({"kind": "star", "size": 6}, {"kind": "pairwise_comparison"}, game=game, selection={"intensity": 0.5})
    known = graph_fixation(STAR, public_goods(factor=3), rule=VertexRule("pairwise_comparison", intensity=0.5))
    assert graph.fixation(model, mutant="C", resident="D").probability == pytest.approx(known.probability, rel=1e-12)


def test_the_long_run_of_a_model():
    model = on(
        {"kind": "star", "size": 6}, {"kind": "pairwise_comparison"}, selection={"intensity": 0.5}, mutation=0.05,
        payoff="accumulate",
    )  # fmt: skip
    rule = VertexRule("pairwise_comparison", intensity=0.5, mutation=0.05)
    known = graph_stationary(Structure(STAR, payoff="accumulate"), DONATION, rule=rule)
    np.testing.assert_allclose(graph.stationary(model).at_vertex, known.at_vertex, rtol=1e-10)


@pytest.mark.parametrize("kind", ["death_birth", "birth_death", "imitation", "pairwise_comparison"])
def test_simulated_fixation_agrees(kind):
    model = on({"kind": "wheel", "size": 7}, {"kind": kind}, selection={"intensity": 0.3})
    exact = graph.fixation(model, mutant="C", resident="D")
    plan = plan_of(
        [1 / 7, 6 / 7], generations=1e4, record_every=None, burn_in=0.0, tolerance=1e-8, until="fixed", rest=0.0,
        averages=False, watched=[],
    )  # fmt: skip
    runs = 4000
    recording = run_plan(model, plan, seed=5, point=1, replicates=runs)
    won = recording.counts[:, FIXED] == 0
    assert abs(won.mean() - exact.probability) < 4.5 * np.sqrt(exact.probability * (1 - exact.probability) / runs)
    steps = recording.numbers[:, FIXED_AT] * 7
    assert abs(steps.mean() - exact.steps) < 4.5 * steps.std() / np.sqrt(runs)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            on({"kind": "cycle", "size": 6}, {"kind": "pairwise_comparison", "update": "synchronous"}),
            "all at once",
        ),
        (on({"kind": "cycle", "size": 6}, {"kind": "pairwise_comparison"}, selection={"conformity": 2}), "conformity"),
        (
            on({"kind": "cycle", "size": 6}, {"kind": "pairwise_comparison"}, ties={"kind": "rewiring", "pace": 1}),
            "come and go",
        ),
        (
            Model(
                strategies=["C", "D"],
                game={"kind": "matrix", "payoffs": DONATION},
                population={"kind": "well_mixed", "size": 6},
                dynamics={"kind": "moran"},
            ),
            "not on a graph",
        ),
    ],
)
def test_what_has_no_such_chain_is_refused(model, words):
    with pytest.raises(ValueError, match=words):
        graph.fixation(model, mutant="C", resident="D")

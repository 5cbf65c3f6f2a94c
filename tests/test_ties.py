"""Ties that come and go: what stays the same, what follows in the long run, and what is refused."""

import numpy as np
import pytest
from pydantic import ValidationError

import evo
from evo import Model
from evo.recording import plan_of
from evo.simulation import last_graph, run_plan

DONATION = [[1.0, -1.0], [2.0, 0.0]]
COMPARING = {"kind": "pairwise_comparison"}
IDLE = {"kind": "aspiration", "level": -100}


def model_of(ties, *, size=30, payoffs=DONATION, dynamics=COMPARING, intensity=0.1, **parts):
    population = {
        "kind": "network",
        "graph": {"kind": "random_regular", "size": size, "degree": 4},
        "payoff": "accumulate",
    }
    return Model(
        strategies=["C", "D"],
        game={"kind": "matrix", "payoffs": payoffs},
        selection={"intensity": intensity},
        population=population | {"ties": ties} | parts,
        dynamics=dynamics,
    )


def ran(model, *, generations=40.0, replicates=2, seed=1, start=(0.5, 0.5)):
    plan = plan_of(
        start, generations=generations, record_every=5.0, burn_in=0.0, tolerance=1e-8, until="generations", rest=0.0,
        averages=False, watched=[], nodes="last",
    )  # fmt: skip
    return run_plan(model, plan, seed=seed, point=1, replicates=replicates)


@pytest.mark.pure
def test_rewiring_keeps_every_tie_and_leaves_nobody_alone():
    model = model_of({"kind": "rewiring", "pace": 3.0})
    recording = ran(model)
    for row in range(2):
        graph = last_graph(model, recording, row, seed=1, replicate=row)
        assert graph.edges == 60
        assert graph.degrees.min() >= 1
        assert graph.degrees.max() > 4  # ties did move


@pytest.mark.pure
def test_without_events_ties_last():
    still = ran(model_of({"kind": "rewiring", "pace": 0.0}))
    lasting = model_of(None)
    assert last_graph(lasting, still, 0, seed=1, replicate=0).edges == 60
    bits = np.unpackbits(still.ties[0], axis=1, count=30, bitorder="little")
    np.testing.assert_array_equal(bits, last_graph(lasting, still, 0, seed=1, replicate=0).to_matrix().toarray() > 0)


@pytest.mark.pure
def test_satisfied_neighbours_stay():
    recording = ran(model_of({"kind": "rewiring", "pace": 5.0}), start=(1.0, 0.0))
    bits = np.unpackbits(recording.ties[0], axis=1, count=30, bitorder="little")
    assert (bits.sum(axis=1) == 4).all()


def test_who_earns_less_is_left():
    """Of a pair in which both want to leave, the one that earns more goes on average; defectors end with fewer ties."""
    model = model_of({"kind": "rewiring", "pace": 20.0}, size=60, intensity=0.0)
    recording = ran(model, generations=5, replicates=20)
    degrees = {0: [], 1: []}
    for row in range(20):
        bits = np.unpackbits(recording.ties[row], axis=1, count=60, bitorder="little").sum(axis=1)
        for s in (0, 1):
            degrees[s] += bits[recording.nodes[row, -1] == s].tolist()
    assert np.mean(degrees[0]) > np.mean(degrees[1]) + 1.0


def test_linking_in_the_long_run():
    """Of strategies that nobody leaves (nobody aspires to anything), a pair is tied with p/(p + breaks)
    [Pacheco, Traulsen & Nowak 2006]."""
    alpha, breaks = {"C": 0.8, "D": 0.5}, [[0.2, 0.4], [0.4, 0.7]]
    model = model_of(
        {"kind": "linking", "pace": 400.0, "propensity": alpha, "breaks": breaks}, dynamics=IDLE, intensity=10
    )
    recording = ran(model, generations=20, replicates=40)
    tied, pairs = np.zeros((2, 2)), np.zeros((2, 2))
    for row in range(40):
        bits = np.unpackbits(recording.ties[row], axis=1, count=30, bitorder="little")
        plays = np.eye(2)[recording.nodes[row, -1]]
        tied += plays.T @ bits @ plays
        pairs += plays.T @ (1 - np.eye(30)) @ plays
    each = np.array(list(alpha.values()))
    forms = np.outer(each, each)
    expected = forms / (forms + breaks)
    error = np.sqrt(expected * (1 - expected) / (pairs / 2))
    assert (np.abs(tied / pairs - expected) < 4.5 * error).all()


@pytest.mark.pure
def test_trust_grows_where_nobody_wants_to_leave():
    """All cooperate, ties last but grow: after t generations the weight is 1 - (1 - start)(1 - growth)^t, and so is what a
    tie earns in sums."""
    trust = {"start": 0.2, "growth": 0.25, "decay": 0.5}
    model = model_of({"kind": "rewiring", "pace": 0.0, "trust": trust})
    recording = ran(model, generations=10, start=(1.0, 0.0))
    weight = 1 - 0.8 * 0.75 ** np.array([0, 5, 10])
    np.testing.assert_allclose(recording.payoff[0], 4 * weight, rtol=1e-12)
    faded = ran(model, generations=10, start=(0.0, 1.0))
    assert faded.payoff[0] == pytest.approx(0.0)


@pytest.mark.pure
def test_a_tie_costs():
    plain, dear = (model_of({"kind": "rewiring", "pace": 1.0}, tie_cost=cost) for cost in (0.0, 0.25))
    one, other = (ran(model, start=(1.0, 0.0)) for model in (plain, dear))
    np.testing.assert_allclose(one.payoff[0] - other.payoff[0], 4 * 0.25)


@pytest.mark.pure
def test_alone_and_in_company():
    model = model_of({"kind": "rewiring", "pace": 2.0})
    both, alone = ran(model, replicates=3), ran(model, replicates=1)
    np.testing.assert_array_equal(both.mix[0], alone.mix[0])
    np.testing.assert_array_equal(both.ties[0], alone.ties[0])


@pytest.mark.parametrize(
    ("ties", "parts", "words"),
    [
        ({"kind": "rewiring", "pace": -1}, {}, "cannot be negative"),
        ({"kind": "rewiring", "pace": 1, "leaves": {"C": ["X"]}}, {}, "'X' is not a strategy"),
        ({"kind": "rewiring", "pace": 1, "trust": {"start": 2}}, {}, "must be from 0 to 1"),
        (
            {"kind": "linking", "pace": 1, "propensity": {"C": 0.5}, "breaks": [[0, 0], [0, 0]]},
            {},
            "one number for each",
        ),
        (
            {"kind": "linking", "pace": 1, "propensity": {"C": 0.5, "D": 0.5}, "breaks": [[0, 0.1], [0, 0]]},
            {},
            "the same both ways",
        ),
        ({"kind": "rewiring", "pace": 1}, {"learning": {"kind": "cycle", "size": 30}}, "the same ties"),
        ({"kind": "rewiring", "pace": 1}, {"dynamics": {"kind": "birth_death"}}, "other than birth_death"),
        ({"kind": "rewiring", "pace": 1}, {"size": 6000}, "up to 5,000"),
    ],
)
def test_what_is_refused(ties, parts, words):
    with pytest.raises(ValidationError, match=words):
        model_of(ties, **parts)


def test_fast_enough_to_leave_defectors():
    """configs/coevolving_ties.yaml: none at W = 0, most at W = 4."""
    experiment = evo.load("configs/coevolving_ties.yaml")
    shares = []
    for pace in (0, 4):
        chosen = experiment.replace({"parameters.W": pace})
        recording = run_plan(
            chosen.model, plan_of(**chosen.plan_arguments, record_every=None), seed=3, point=1, replicates=12
        )
        shares.append(recording.final[:, 0].mean())
    assert shares[0] < 0.1
    assert shares[1] > 0.9

"""Interventions: nothing before them changes, and what follows is what another computation with the same switching gives."""

import json

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import binomtest, ks_2samp

import evo
from evo.exact import fixation
from evo.interventions import Change, Sandbox, Seed, Subsidy, TraitBias, Vote
from evo.simulation.seeding import portions

ALPHA = 1e-4
STAG = np.array([[4.0, 0.0], [3.0, 2.0]])
HUNT = {
    "strategies": {"stag": {"traits": {"courage": 1.0}}, "hare": {"traits": {"courage": 0.2}}},
    "parameters": {"g": 1.0},
    "game": {"kind": "matrix", "payoffs": [["4*g", 0], [3, 2]]},
    "dynamics": {"kind": "replicator"},
}
RING = {"kind": "network", "graph": {"kind": "cycle", "size": 24}}
POPULATIONS = {
    "flow": {},
    "map": {"dynamics": {"kind": "discrete_replicator", "background": 1}},
    "counts": {"population": {"kind": "well_mixed", "size": 30}, "dynamics": {"kind": "pairwise_comparison"}},
    "births": {"population": {"kind": "well_mixed", "size": 30}, "dynamics": {"kind": "moran"}},
    "generations": {"population": {"kind": "well_mixed", "size": 30}, "dynamics": {"kind": "wright_fisher"}},
    "groups": {
        "population": {"kind": "groups", "groups": 6, "size": 5, "migration": 0.1},
        "dynamics": {"kind": "pairwise_comparison"},
    },
    "ring": {"population": RING, "dynamics": {"kind": "pairwise_comparison"}},
}


def model(**changed):
    return evo.Experiment.model_validate({**HUNT, **changed, "run": {"generations": 1}}).model


def path(chosen, *interventions, generations=20.0, **kwargs):
    return evo.simulate(
        chosen,
        generations=generations,
        interventions=interventions,
        tolerance=1e-9,
        **{"start": {"stag": 0.4}, **kwargs},
    )


def switched(stretches, x):
    """Share of stag, at the end of each stretch (length, jump before it, extra payoff of stag as a function of x)."""
    ends, paid = [], 0.0
    for length, jump, extra in stretches:
        x = x + jump * (1 - x)

        def flow(_, y, extra=extra):
            gain = STAG[0] @ [y[0], 1 - y[0]] + extra(y[0]) - STAG[1] @ [y[0], 1 - y[0]]
            return [y[0] * (1 - y[0]) * gain, y[0]]

        found = solve_ivp(flow, (0, length), [x, 0.0], rtol=1e-11, atol=1e-13, method="DOP853")
        x, paid = found.y[:, -1]
        ends.append((x, paid))
    return ends


def nothing(_):
    return 0.0


@pytest.mark.parametrize("name", POPULATIONS)
def test_nothing_before_an_intervention_changes_by_a_bit(name):
    chosen = model(**POPULATIONS[name])
    plain = path(chosen, replicates=4, seed=2)
    seeded = path(
        chosen, Seed(at=7, size=0.5, to="stag"), Subsidy(at=12, size=1.0, to="stag", lasts=2), replicates=4, seed=2
    )
    assert np.array_equal(plain.mix[:, :7], seeded.mix[:, :7])
    assert (plain.mix[:, 7] != seeded.mix[:, 7]).any()  # the record at its time is after it
    assert np.allclose(seeded.mix.sum(axis=2), 1)


def test_a_flow_is_the_one_that_is_switched_by_hand():
    found = path(model(), Seed(at=3.3, size=0.1, to="stag"), Subsidy(at=5, lasts=2.5, size=0.7, to="stag"))
    ends = switched([(3.3, 0, nothing), (1.7, 0.1 / 1, nothing)], 0.4)
    x = ends[0][0] + 0.1  # a tenth of all, not of the others
    after = switched([(1.7, 0, nothing), (2.5, 0, lambda _: 0.7), (12.5, 0, nothing)], x)
    assert found.mix[0, 5, 0] == pytest.approx(after[0][0], abs=1e-7)
    assert found.mix[0, -1, 0] == pytest.approx(after[2][0], abs=1e-6)
    assert found.cost[0] == pytest.approx([0.1, 0.7 * after[1][1]], abs=1e-7)


def test_a_condition_is_met_at_its_moment_and_ends_what_it_ends():
    """With two strategies and a constant gain s the odds grow as exp(s t)."""
    chosen = model(game={"kind": "matrix", "payoffs": [[1, 1], [0, 0]]})
    found = path(chosen, Subsidy(when="x_stag > 0.5", until="x_stag > 0.9", size=1.0, to="stag"), start={"stag": 0.1})
    begins = np.log(9)  # odds 1/9 to 1
    lasts = np.log(9) / 2  # odds 1 to 9 at twice the gain
    assert found.recording.began[0, 0] == pytest.approx(begins, abs=1e-6)
    times = np.linspace(0, lasts, 100001)
    shares = 1 / (1 + np.exp(-2 * times))
    assert found.cost[0, 0] == pytest.approx(np.trapezoid(shares, times), abs=1e-6)


@pytest.mark.parametrize("name", ["counts", "births", "generations", "groups", "ring"])
def test_whoever_had_taken_over_has_not_once_strategies_come_back(name):
    """Ten hares and nobody else, until a mutation rate of one half brings stags back, for good or for a while."""
    few = {"kind": "well_mixed", "size": 10}
    parts = {"population": few, **POPULATIONS[name]} | ({"population": few} if name == "counts" else {})
    back = {"kind": "change", "at": 20, "size": 1, "set": {"mutation.rate": 0.5}}
    for until, more in (("generations", {}), ("fixed", {}), ("generations", {"lasts": 5})):
        asked = evo.Experiment.model_validate(
            HUNT | parts
            | {"run": {"generations": 40, "start": {"hare": 1.0}, "until": until, "replicates": 3, "seed": 4}}
            | {"interventions": [back | more], "measure": ["fixed", "time_to_fixation", "final_mix"]}
        )  # fmt: skip
        table = evo.run(asked, progress=False, workers=1).outcomes
        if not more:
            assert table["fixed"].isna().all() and table["time_to_fixation"].isna().all()
            assert (table["final_mix.stag"] > 0).any()
        else:  # none has taken over before the change ends
            assert not (table["time_to_fixation"] < 25).any()


@pytest.mark.parametrize("name", ["flow", "counts"])
def test_what_would_end_at_once_is_nothing(name):
    chosen = model(**POPULATIONS[name])
    ended = path(chosen, Subsidy(at=2, until="x_stag >= 0", size=1.0, to="stag"), generations=5.0)
    assert ended.cost[0, 0] == 0 and ended.recording.began[0, 0] == 2
    if name == "flow":
        assert ended.mix == pytest.approx(path(chosen, generations=5.0).mix, abs=1e-7)


@pytest.mark.parametrize("name", ["flow", "counts"])
def test_what_would_come_at_the_end_leaves_the_last_record(name):
    found = path(model(**POPULATIONS[name]), Subsidy(at=2, lasts=3, size=1.0, to="stag"), generations=5.0)
    late = path(model(**POPULATIONS[name]), Seed(when="t >= 5", size=0.1, to="stag"), generations=5.0)
    assert np.isfinite(found.mix).all() and np.isfinite(late.mix).all() and late.cost[0, 0] == 0


def test_what_everybody_pays_changes_no_replicator_and_one_strategy_pays_for_itself():
    outside, everybody = (
        path(model(), Subsidy(at=4, size=0.5, to="stag", paid_by=who), start={"stag": 0.5})
        for who in ("outside", "all")
    )
    assert everybody.mix == pytest.approx(outside.mix, abs=1e-7)
    hares = path(model(), Subsidy(at=0, size=0.5, to="stag", paid_by="hare", limit=0.4), start={"stag": 0.5})
    levied = switched([(20, 0, lambda x: 0.5 + min(0.5 * x / max(1 - x, 1e-9), 0.4))], 0.5)
    assert hares.mix[0, -1, 0] == pytest.approx(levied[0][0], abs=1e-6)


def test_a_sandbox_keeps_what_selection_would_remove():
    alone = path(model(), start={"stag": 0.2})
    kept = path(model(), Sandbox(at=2, lasts=10, to="stag"), start={"stag": 0.2})
    assert kept.mix[0, 2:12, 0].min() >= kept.mix[0, 2, 0] - 1e-9
    assert alone.mix[0, 12, 0] < kept.mix[0, 12, 0]
    x = kept.mix[0, 8, 0]
    assert kept.payoff[0, 8] == pytest.approx([x, 1 - x] @ STAG @ [x, 1 - x], abs=1e-9)  # payoffs are the game's


def test_a_bias_is_voted_for_by_those_who_gain_more_than_they_pay():
    ask = {"at": 0, "size": 1.0, "weights": {"courage": 1.0}, "every": 5.0, "quorum": 0.3}
    cheap = path(model(), Vote(**ask, price=0.01), generations=1.0)
    plain = path(model(), TraitBias(at=0, size=1.0, weights={"courage": 1.0}), generations=1.0)
    dear = path(model(), Vote(**ask, price=0.4), generations=1.0)  # 1 each, more than 0.48 gained
    nobody = path(model(), generations=1.0)
    assert nobody.mix[0, -1, 0] < cheap.mix[0, -1, 0] < plain.mix[0, -1, 0]
    assert dear.mix == pytest.approx(nobody.mix, abs=1e-9)
    assert (cheap.cost[0, 0], dear.cost[0, 0]) == (pytest.approx(0.01), 0.0)


@pytest.mark.parametrize("name", ["counts", "births", "generations"])
def test_a_seed_of_counts_is_whole_and_takes_over_as_often_as_the_textbook_says(name):
    """A seed of one at time 0 in a population of residents is the mutant of the textbook."""
    chosen = model(
        **POPULATIONS[name] | {"population": {"kind": "well_mixed", "size": 10}}, selection={"intensity": 0.1}
    )
    runs = 1000
    ran = path(
        chosen,
        Seed(at=0, size=0.1, to="stag"),
        start={"hare": 1.0},
        replicates=runs,
        generations=400.0,
        record_every=400,
    )
    assert (ran.mix[:, 0, 0] == 0.1).all()
    if name != "generations":
        chance = fixation(chosen, mutant="stag", resident="hare").probability
        assert binomtest(int((ran.mix[:, -1, 0] == 1).sum()), runs, chance).pvalue > ALPHA


def test_portions_are_whole_in_proportion_and_no_more_than_there_are():
    assert portions(np.array([50.0, 30.0, 20.0]), 10).tolist() == [5, 3, 2]
    assert portions(np.array([1.0, 1.0, 1.0]), 2).tolist() == [1, 1, 0]
    assert portions(np.array([7.0, 0.0, 3.0]), 10).tolist() == [7, 0, 3]


def test_hubs_regions_and_whole_groups_are_converted():
    star = model(
        population={"kind": "network", "graph": {"kind": "star", "size": 20}}, dynamics={"kind": "pairwise_comparison"}
    )
    asked = {"start": {"hare": 1.0}, "generations": 1.0, "nodes": True}
    hub = path(star, Seed(at=0, size=0.05, to="stag", where="hubs"), **asked)
    assert np.flatnonzero(hub.nodes[0, 0] == 0).tolist() == [int(hub.graph().degrees.argmax())]
    ring = path(model(**POPULATIONS["ring"]), Seed(at=0, size=0.25, to="stag", where="region"), **asked)
    chosen = np.flatnonzero(ring.nodes[0, 0] == 0)
    gaps = np.sort(np.diff([*chosen, chosen[0] + 24]))
    assert len(chosen) == 6 and gaps[-2] == 1  # in a row
    islands = path(
        model(**POPULATIONS["groups"]), Seed(at=0, size=1 / 3, to="stag", where="groups"), start={"hare": 1.0},
        generations=1.0, groups=True,
    )  # fmt: skip
    assert sorted(islands.groups[0, 0, :, 0].tolist()) == [0, 0, 0, 0, 5, 5]


def test_a_graph_that_becomes_another_is_played_on():
    """What follows on the other graph is what follows on it from the start, and not on the ring."""
    complete = {"kind": "complete", "size": 24}
    ring, straight = (
        model(
            population={"kind": "network", "graph": graph},
            dynamics={"kind": "pairwise_comparison"},
            selection={"intensity": 5},
        )
        for graph in (RING["graph"], complete)
    )
    ask = {"replicates": 200, "generations": 3.0, "record_every": 3.0}
    changed, there, here = (
        found.mix[:, -1, 0]
        for found in (
            path(ring, Change(at=0, set={"population.graph": complete}), **ask),
            path(straight, **ask, seed=1),
            path(ring, **ask, seed=2),
        )
    )
    assert ks_2samp(changed, there).pvalue > ALPHA
    assert ks_2samp(changed, here).pvalue < ALPHA


REFUSED = [
    ({"kind": "seed", "size": 0.1, "to": "stag"}, {}, "interventions.0", "one of `at`"),
    ({"kind": "seed", "at": 30, "size": 0.1, "to": "stag"}, {}, "interventions.0.at", "generations of the run"),
    ({"kind": "seed", "at": 1, "size": 0.1, "to": "stak"}, {}, "interventions.0.to", "did you mean 'stag'"),
    ({"kind": "seed", "at": 1, "size": 2, "to": "stag"}, {}, "interventions.0.size", "share of the population"),
    ({"kind": "seed", "at": 1, "size": 0.01, "to": "stag"}, POPULATIONS["counts"], "interventions.0.size", "nobody"),
    ({"kind": "seed", "at": 1, "size": 0.1, "to": "stag", "where": "hubs"}, {}, "interventions.0.where", "no graph"),
    ({"kind": "seed", "at": 1, "size": 0.1, "to": "stag", "where": "groups"}, {}, "interventions.0.where", "no groups"),
    ({"kind": "seed", "when": "x_stak > 1", "size": 0.1, "to": "stag"}, {}, "interventions.0.when", "x_stag"),
    ({"kind": "change", "at": 1, "set": {"parameters.h": 1}}, {}, 'interventions.0.set."parameters.h"', "not a parameter"),
    ({"kind": "change", "at": 1, "set": {"run.seed": 1}}, {}, 'interventions.0.set."run.seed"', "cannot change"),
    ({"kind": "change", "at": 1, "set": {"population.size": 40}}, POPULATIONS["counts"], "interventions.0.set", "its size"),
    ({"kind": "bias", "at": 1, "size": 1}, {}, "interventions.0.weights", "needs the traits"),
    ({"kind": "sandbox", "at": 1, "to": "stag"}, POPULATIONS["ring"], "interventions.0.kind", "well-mixed"),
    ({"kind": "subsidy", "at": 1, "size": 1, "to": "stag", "paid_by": "all"}, POPULATIONS["groups"],
     "interventions.0.paid_by", "well-mixed"),
    ({"kind": "subsidy", "at": 1, "size": 1, "to": "stag", "paid_by": "all", "price": "payoff_stag"}, {},
     "interventions.0.price", "cannot read"),
    ({"kind": "subsidy", "at": 1, "size": 1, "to": "stag", "lasts": 1, "until": "t > 2"}, {}, "interventions.0.until", "beside"),
]  # fmt: skip


@pytest.mark.parametrize("said, changed, where, words", REFUSED)
def test_refused_with_path_and_words(said, changed, where, words):
    data = {**HUNT, **changed, "interventions": [said], "run": {"generations": 20}}
    with pytest.raises(evo.ConfigError) as refused:
        evo.loads(json.dumps(data))
    message = str(refused.value)
    assert where in message and words in message


def test_a_sweep_over_sizes_is_paid_for_in_columns(tmp_path):
    data = {
        **HUNT,
        **POPULATIONS["counts"],
        "interventions": [{"kind": "seed", "at": 2, "size": 0.1, "to": "stag", "name": "pioneers"}],
        "run": {"generations": 10, "replicates": 6, "start": {"hare": 1.0}},
        "sweep": {"grid": {"interventions.0.size": [0.1, 0.5]}},
        "measure": ["final_mix", "cost"],
    }
    experiment = evo.Experiment.model_validate(data)
    one, two = (evo.run(experiment, progress=False, workers=workers).outcomes for workers in (1, 2))
    assert one.equals(two)
    assert one.groupby("point")["cost.pioneers"].first().tolist() == pytest.approx([0.1, 0.5])
    assert (one["cost"] == one["cost.pioneers"]).all() and (one["began.pioneers"] == 2).all()
    assert evo.loads(evo.dump(experiment)) == experiment


def test_theory_refuses_what_it_would_ignore():
    from evo.analysis import analyse

    data = {**HUNT, "interventions": [{"kind": "seed", "at": 2, "size": 0.1, "to": "stag"}], "run": {"generations": 10}}
    with pytest.raises(evo.ConfigError, match="interventions=\\[\\]"):
        analyse(evo.Experiment.model_validate(data))

"""Two strategies, whose rates at each count are kept, and three that compare in pairs, which have a kernel of their own."""

import naive
import numpy as np
import pytest
from examples import LETTERS, MUTATIONS, TRAITS, model_of, rule_of

import evo
from evo.canonical import point_hash
from evo.kernels.arrays import FIXED, FIXED_AT, MEAN
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

SIZE = 12
HOLD = 0.96  # generations: no whole number of updates, so that rounding decides nothing
COEXISTING = [[-0.5, 2.0], [0.0, 1.0]]
CHASING = [[0.1, -0.6, 1.2], [1.0, 0.2, -1.0], [-0.5, 0.4, 0.4]]
THRESHOLD = {"kind": "group", "size": 4, "payoffs": {"A": "2.0*(k_A >= 2) - 0.4", "B": "2.0*(k_A >= 2)"}}
RATES = {"none": {}, "rare": {"rate": 0.002}, "often": {"rate": 0.1}}
POPULATIONS = {
    "plain": {},
    "with oneself": {"self_interaction": True},
    "assorted": {"assortment": 0.3},
    "a pair": {"size": 2},
}


def config_of(game, *, intensity=1.5, dynamics="pairwise_comparison", population=(), **parts):
    payoffs = game if isinstance(game, dict) else {"kind": "matrix", "payoffs": game}
    rule = rule_of(dynamics) if isinstance(dynamics, str) else dynamics
    people = {"kind": "well_mixed", "size": SIZE} | dict(population)
    selection = {"selection": {"intensity": intensity}} if rule["kind"] != "imitate_best" else {}
    parts = {"dynamics": rule, "population": people} | selection | parts
    return model_of(len(payoffs["payoffs"]), payoffs, **parts)


def check_replica(config, *, shares, generations, record_every):
    """All records are those of the naive run on the same stream."""
    model, start = Model.model_validate(config), dict(zip(LETTERS, shares, strict=False))
    path = evo.simulate(model, generations=generations, replicates=2, seed=5, start=start, record_every=record_every)
    for number in range(2):
        replica = naive.Replica(config, shares, 5, number, point_hash(model, start))
        for place, (counts, _, mean) in enumerate(replica.run(generations, record_every)):
            assert np.rint(path.mix[number, place] * sum(counts)).tolist() == counts
            assert path.payoff[number, place] == pytest.approx(mean, rel=1e-9, abs=1e-12)
        assert place == len(path.time) - 1


@pytest.mark.pure
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("dynamics", ["pairwise_comparison", "moran", "imitate_best", "introspection"])
@pytest.mark.parametrize("game", [COEXISTING, THRESHOLD], ids=["matrix", "group"])
def test_two_strategies_take_the_steps_of_the_naive_run(game, dynamics, rate):
    config = config_of(game, dynamics=dynamics, mutation=RATES[rate])
    check_replica(config, shares=(0.4, 0.6), generations=40, record_every=0.7)


@pytest.mark.pure
@pytest.mark.parametrize("mutation", [*MUTATIONS, "rare"])
@pytest.mark.parametrize("population", POPULATIONS)
def test_three_strategies_take_the_steps_of_the_naive_run(population, mutation):
    chosen = RATES["rare"] if mutation == "rare" else MUTATIONS[mutation]
    config = config_of(CHASING, population=POPULATIONS[population], mutation=chosen)
    check_replica(config, shares=(0.4, 0.35, 0.25), generations=30, record_every=0.75)


@pytest.mark.pure
@pytest.mark.parametrize(
    "parts",
    [
        {"dynamics": {"kind": "pairwise_comparison", "role_models": "all"}},
        {"intensity": 200.0},
        {"intensity": 0.0},
        {"strategies": TRAITS, "selection": {"intensity": 1.0, "bias": {"strength": 1.5, "weights": {"calm": 1.0}}}},
        {"selection": {"intensity": 1.0, "conformity": 2.0}},
    ],
    ids=["met oneself", "strong", "neutral", "biased", "not plain"],
)
def test_three_strategies_with_other_options(parts):
    config = config_of(CHASING, mutation={"rate": 0.03}, **parts)
    check_replica(config, shares=(0.4, 0.35, 0.25), generations=20, record_every=1.0)


def recorded(model, *, every, generations=40.0, until="generations", averages=True, watched=()):
    plan = plan_of(
        [1 / len(model.strategies)] * len(model.strategies),
        generations=generations,
        record_every=every,
        burn_in=2.0,
        tolerance=1e-8,
        until=until,
        rest=0.0,
        averages=averages,
        watched=list(watched),
    )
    return run_plan(model, plan, seed=3, point=1, replicates=5)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("game", [COEXISTING, THRESHOLD, CHASING], ids=["matrix", "group", "three"])
def test_averages_watchers_and_fixation_are_those_of_the_states_step_by_step(game, rate):
    """Averages hold the state before each step; a share is watched, and a fixation noted, after it."""
    model = Model.model_validate(config_of(game, mutation=RATES[rate]))
    seen = recorded(model, every=1 / SIZE, watched=[(0, 0.5, HOLD)])
    for row in range(5):
        mix, payoff = seen.mix[row, 2 * SIZE : -1], seen.payoff[row, 2 * SIZE : -1]
        assert seen.means[row, : mix.shape[1]] == pytest.approx(mix.mean(axis=0), rel=1e-9)
        assert seen.numbers[row, MEAN] == pytest.approx(payoff.mean(), rel=1e-9, abs=1e-12)
        counts = np.rint(seen.mix[row] * SIZE)
        assert seen.tipped[row, 0] == pytest.approx(tipping(counts[:, 0] >= SIZE / 2, HOLD), nan_ok=True)
        alone = np.flatnonzero((counts == SIZE).any(axis=1)) if rate == "none" else []
        if len(alone) > 0:
            assert seen.numbers[row, FIXED_AT] == pytest.approx(alone[0] / SIZE)
            assert seen.counts[row, FIXED] == counts[alone[0]].argmax()
        else:
            assert seen.counts[row, FIXED] == -1 and np.isnan(seen.numbers[row, FIXED_AT])


def tipping(above, hold):
    """When the first stretch began that lasted so many generations, to the end perhaps; nan if none did."""
    edges = np.flatnonzero(np.diff(np.r_[False, above, False]))
    starts, stops = edges[::2] / SIZE, np.minimum(edges[1::2], len(above) - 1) / SIZE
    long = starts[stops - starts >= hold]
    return long[0] if len(long) > 0 else np.nan


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("game", [COEXISTING, THRESHOLD, CHASING], ids=["matrix", "group", "three"])
def test_records_and_averages_change_nothing_of_what_is_drawn(game, rate):
    model = Model.model_validate(config_of(game, mutation=RATES[rate]))
    ends = [
        recorded(model, every=every, averages=averages, watched=watched)
        for every, averages, watched in ((40.0, False, ()), (1 / SIZE, False, ()), (0.3, True, [(0, 0.5, HOLD)]))
    ]
    for end in ends[1:]:
        assert np.array_equal(end.final, ends[0].final)
        assert np.array_equal(end.counts[:, 1:], ends[0].counts[:, 1:])


@pytest.mark.parametrize("game", [COEXISTING, CHASING], ids=["two", "three"])
def test_a_run_until_fixation_ends_where_the_longer_run_was_alone(game):
    model = Model.model_validate(config_of(game, intensity=0.2))
    ended, went_on = (
        recorded(model, every=500.0, generations=500.0, until=until) for until in ("fixed", "generations")
    )
    assert (ended.counts[:, FIXED] >= 0).all()
    assert np.array_equal(ended.counts[:, FIXED], went_on.counts[:, FIXED])
    assert np.array_equal(ended.numbers[:, [0, FIXED_AT]], went_on.numbers[:, [FIXED_AT, FIXED_AT]])

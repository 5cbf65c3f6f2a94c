"""Leaps: many events drawn at once, against the process that takes them one by one.

The exact process of two strategies is a chain whose distribution is worked out here, from tests/naive; the limit of many
individuals is the flow. A leap's error must fall with the leap, and that of the coarsest must be seen.
"""

import math

import naive
import numpy as np
import pytest
from examples import FINITE, KINDS, LAWS, changing, model_of, rule_of
from scipy import stats

import evo
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

ALPHA = 1e-4
LEAPING = [kind for kind in FINITE if kind != "wright_fisher"]
SMOOTH = [kind for kind in LEAPING if kind not in ("imitate_best", "best_response")]
HAWKS = [[-2.0, 4.0], [0.0, 2.0]]


def leaping(kind, size, leap, payoffs=HAWKS, **parts):
    config = model_of(len(payoffs), {"kind": "matrix", "payoffs": payoffs}, dynamics=rule_of(kind))
    return config | {"population": {"kind": "well_mixed", "size": size, "leap": leap}} | parts


def ends(config, generations, replicates, start, seed=3):
    path = evo.simulate(
        Model.model_validate(config),
        generations=generations,
        record_every=generations,
        replicates=replicates,
        seed=seed,
        start=start,
        workers=2,
    )
    return path.mix[:, -1]


# ---- the limit of many: the midpoint rule for the flow


@pytest.mark.parametrize("mutation", [{}, {"rate": 0.1}])
@pytest.mark.parametrize("kind", SMOOTH)
def test_the_mean_is_of_second_order(kind, mutation):
    """A thousand million individuals, so that noise is under the error of a leap: half the leap, a quarter of it."""
    payoffs, start = [[0, -1, 2], [2, 0, -1], [-1, 2, 0]], {"A": 0.6, "B": 0.3, "C": 0.1}
    flow = model_of(3, {"kind": "matrix", "payoffs": payoffs}, dynamics=rule_of(kind), mutation=mutation)
    exact = ends(flow, 2.0, 1, start)[0]
    errors = []
    for leap in (0.5, 0.25, 0.125):
        mixes = ends(leaping(kind, 10**9, leap, payoffs, mutation=mutation), 2.0, 80, start)
        errors.append(np.abs(mixes.mean(axis=0) - exact).max())
    order = math.log2(errors[0] / errors[2]) / 2
    assert errors[0] < 0.05
    assert order > 1.6 or errors[0] < 1e-4, (errors, order)


@pytest.mark.parametrize("kind", ["imitate_best", "best_response"])
def test_leaps_of_rules_that_jump(kind):
    """Where the best reply stays the same a leap is exact: each keeps its strategy with probability exp(-t)."""
    payoffs = [[4.0, 3.0], [1.0, 0.0]]
    mixes = ends(leaping(kind, 10**6, 0.25, payoffs), 2.0, 400, {"A": 0.2})
    left = 0.8 * math.exp(-2)
    assert mixes[:, 1].mean() == pytest.approx(left, abs=5 * math.sqrt(left / 10**6 / 400))
    spread = 0.8 * math.exp(-2) * (1 - math.exp(-2)) / 10**6
    assert (400 - 1) * mixes[:, 1].var(ddof=1) / spread == pytest.approx(399, abs=5 * math.sqrt(2 * 399))


# ---- the exact process


def chain(config, start, generations, most=None):
    """The exact distribution of the number of A of two strategies after so long; at most `most`, where it stays small."""
    size = config["population"]["size"]
    states = (most or size) + 1
    up, down = np.zeros(states), np.zeros(states)
    for count in range(states):
        counts = [count, size - count]
        chances = naive.transitions(config, counts, naive.world_of(config, 0.0, {}, counts))
        up[count], down[count] = chances.get((1, 0), 0.0), chances.get((0, 1), 0.0)
    chance = np.zeros(states)
    chance[start] = 1.0
    for _ in range(round(generations * size)):
        moved = chance * (1 - up - down)
        moved[1:] += (chance * up)[:-1]
        moved[:-1] += (chance * down)[1:]
        chance = moved
    return chance


HUNT = [[4.0, 0.0], [3.0, 2.0]]


@pytest.mark.parametrize(
    "kind, payoffs, start",
    [("pairwise_comparison", HUNT, 0.6), ("moran", HUNT, 0.6), ("logit", HAWKS, 0.1), ("introspection", HAWKS, 0.1)],
)
@pytest.mark.rota
def test_mean_and_variance_are_of_second_order(kind, payoffs, start):
    """A thousand, pulled apart or together. Errors of mean and variance against the exact process: small at a short leap,
    seen at a long one, and where the leap is halved less than a third, but for the sampling error of the estimate."""
    mutation, size, generations, runs = {"rate": 0.05}, 1000, 3, 20_000
    chance = chain(leaping(kind, size, 0.0, payoffs, mutation=mutation), round(start * size), generations)
    share = np.arange(size + 1) / size
    mean = chance @ share
    variance = chance @ (share - mean) ** 2
    errors = {}
    for leap in (1.0, 0.5, 0.25, 0.05):
        found = ends(leaping(kind, size, leap, payoffs, mutation=mutation), generations, runs, {"A": start})[:, 0]
        errors[leap] = np.array([(found.mean() - mean) / math.sqrt(variance), found.var() / variance - 1])
    noise = np.array([1.0, math.sqrt(2)]) / math.sqrt(runs)
    far = stats.norm.isf(ALPHA / 40)
    assert (np.abs(errors[1.0]) > far * noise).any()  # whole generations at once are another process
    assert (np.abs(errors[0.25]) < np.abs(errors[0.5]) / 3 + far * noise).all(), errors
    assert (np.abs(errors[0.05]) < far * noise + 0.01).all(), errors


def test_events_one_by_one_are_the_process():
    config = leaping("logit", 1000, 0.0, HAWKS, mutation={"rate": 0.05})
    chance, share = chain(config, 100, 3), np.arange(1001) / 1000
    found = ends(config, 3, 2000, {"A": 0.1})[:, 0]
    variance = chance @ (share - chance @ share) ** 2
    far = stats.norm.isf(ALPHA / 4)
    assert abs(found.mean() - chance @ share) < far * math.sqrt(variance / 2000)
    assert abs(found.var() / variance - 1) < far * math.sqrt(2 / 2000)


@pytest.mark.parametrize(
    "kind, conformity",
    [
        ("pairwise_comparison", 1.0),
        ("pairwise_comparison", 1.5),
        ("moran", 1.0),
        ("imitation", 1.0),
        ("imitation", 1.5),
    ],
)
@pytest.mark.rota
def test_a_few_among_many_die_out_as_often(kind, conformity):
    """Three of a strategy in ten thousand, better off by a little: gone after five generations as often as the process
    has it, to within a few per cent."""
    payoffs, size = [[1.0, 1.3], [0.8, 1.0]], 10_000
    selection = {"selection": {"conformity": conformity}} if conformity != 1.0 else {}
    gone = chain(leaping(kind, size, 0.0, payoffs, **selection), 3, 5.0, most=600)[0]
    for leap in (0.1, 0.02):
        lost = ends(leaping(kind, size, leap, payoffs, **selection), 5.0, 6000, {"A": 3 / size})[:, 0] == 0
        error = math.sqrt(gone * (1 - gone) / 6000)
        assert abs(lost.mean() - gone) < 5 * error + 0.6 * leap * gone


# ---- when leaps are taken


def counted(config, generations=3.0, **asked):
    """One run at a given point, so that the streams are the same for models that differ."""
    model = Model.model_validate(config)
    options = {"record_every": 1.0, "burn_in": 0.0, "until": "generations", "averages": True, "watched": []} | asked
    plan = plan_of([0.1, 0.9], generations=generations, tolerance=1e-8, rest=0.0, **options)
    return run_plan(model, plan, seed=1, point=1, replicates=3)


def without_leap(size):
    config = leaping("pairwise_comparison", size, 0.0)
    del config["population"]["leap"]
    return config


def test_leaps_are_taken_beyond_a_million_unless_told_otherwise():
    for size, leap in ((10**5, 0.0), (2 * 10**6, 0.05)):
        assert np.array_equal(counted(without_leap(size)).mix, counted(leaping("pairwise_comparison", size, leap)).mix)
        assert not np.array_equal(
            counted(without_leap(size)).mix, counted(leaping("pairwise_comparison", size, 0.1)).mix
        )


def test_a_step_is_a_leap_in_every_count():
    """Records, averages and the length of a run are in generations, however long a step is."""
    for leap in (0.0, 0.05, 0.25):
        recording = counted(leaping("pairwise_comparison", 20_000, leap), generations=12.0, burn_in=4.0)
        flow = evo.simulate(
            Model.model_validate(leaping("pairwise_comparison", 2, 0.0) | {"population": {"kind": "infinite"}}),
            generations=12,
            record_every=0.01,
            start={"A": 0.1},
        )
        assert recording.mix[:, :, 0] == pytest.approx(np.tile(flow.mix[0, ::100, 0], (3, 1)), abs=0.03)
        assert recording.means[:, 0] == pytest.approx(flow.mix[0, 400:, 0].mean(), abs=0.02)
        assert (recording.numbers[:, 0] == 12.0).all()


@pytest.mark.pure
@pytest.mark.parametrize("kind", LEAPING)
def test_whole_individuals_in_every_environment(kind):
    for law in ("switching", "feedback", "shocks", "noise"):
        config = changing(LAWS[law], dynamics=rule_of(kind), mutation={"rate": 0.05})
        if KINDS[kind].facts.role_model:
            config["selection"] |= {"conformity": 1.7}
        config["population"] = {"kind": "well_mixed", "size": 15, "leap": 0.5}
        path = evo.simulate(Model.model_validate(config), generations=10, replicates=4, seed=2, start="random")
        assert np.abs(path.mix * 15 - np.rint(path.mix * 15)).max() < 1e-12
        assert path.mix.sum(axis=2) == pytest.approx(1.0, abs=1e-12)
        assert np.isfinite(path.payoff).all() and np.isfinite(path.environment).all()

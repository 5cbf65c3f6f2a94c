"""Continuous traits: configs, payoffs, every rule against plain Python on the same seed, and against theory."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy import stats

import evo
from evo import traits
from evo.canonical import point_hash
from evo.codes import STRATEGY_STREAM
from evo.exact.traits.adaptive import canonical_path, canonical_rate
from evo.exact.traits.pip import invasibility
from evo.kernels.random import below, normal, seed_stream, stream_key, uniform
from evo.kernels.trait_arrays import EVERYBODY, MOMENTS, SAMPLED
from evo.plots.density import density
from evo.plots.invasibility import pairwise_invasibility
from evo.plots.page import PictureError, save
from evo.traits.moments import expected_product, set_partitions

ALPHA = 1e-4
CONFIGS = sorted((Path(__file__).parents[1] / "configs" / "traits").glob("*.yaml"))
SNOWDRIFT = "b2*(own_x + other_x)**2 + b1*(own_x + other_x) - c2*own_x**2 - c1*own_x"
RULES = ("moran", "wright_fisher", "pairwise_comparison")


def config(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "parameters": {"b1": 6.0, "b2": -1.4, "c1": 4.56, "c2": -1.6},
        "traits": {"x": {"low": 0, "high": 1, "start": 0.1, "step": 0.02}},
        "game": {"kind": "pair", "payoff": SNOWDRIFT},
        "selection": {"intensity": 3},
        "mutation": {"rate": 0.05},
        "population": {"size": 400},
        "dynamics": {"kind": "wright_fisher"},
    }
    return data | changes


def model(**changes: Any) -> traits.TraitModel:
    return traits.TraitModel.model_validate(config(**changes))


# ---- configs


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_load_run_and_come_back(path):
    asked = traits.load(path)
    assert asked.title and asked.question.endswith("?") and asked.note and path.read_text().startswith("# ")
    assert traits.loads(traits.dump(asked)) == asked
    found = traits.simulate(asked, generations=3)
    assert found.mean.shape == (1, 4, len(asked.traits)) and np.isfinite(found.payoff).all()


BROKEN = [
    ({"traits": {}}, "traits", "at least 1"),
    ({"traits": {"x": {"low": 0, "high": 0, "start": 0, "step": 1}}}, "traits.x.high", "must be more than low"),
    ({"traits": {"x": {"low": 0, "high": 1, "start": 2, "step": 1}}}, "traits.x.start", "must lie between low"),
    ({"traits": {"x": {"low": 0, "high": 1, "start": 0, "step": -1}}}, "traits.x.step", "at least 0"),
    ({"traits": {"x": {"low": 0, "high": "top", "start": 0, "step": 1}}}, "traits.x.high", "unknown parameter 'top'"),
    ({"game": {"kind": "pair", "payoff": "own_x - othr_x"}}, "game.payoff", "did you mean 'other_x'"),
    ({"game": {"kind": "pair", "let": {"y": "mean_x"}, "payoff": "y"}}, "game.let.y", "unknown name 'mean_x'"),
    ({"game": {"kind": "pair", "let": {"own_x": "1"}, "payoff": "own_x"}}, "game.let.own_x", "means something else"),
    ({"game": {"kind": "pair", "payoff": "own_x", "size": 3}}, "game.size", "unknown key"),
    ({"game": {"kind": "group", "size": 3, "payoff": "own_x + other_x"}}, "game.payoff", "unknown name 'other_x'"),
    ({"game": {"kind": "group", "size": 2.5, "payoff": "own_x"}}, "game.size", "whole number"),
    ({"game": {"kind": "group", "size": "2*2.6", "payoff": "own_x"}}, "game.size", "from 2 to 1000"),
    ({"game": {"kind": "group", "size": 500, "payoff": "own_x"}}, "population.size", "no less than a group"),
    ({"game": {"kind": "group", "size": 3, "payoff": "exp(mean_x)"}}, "game.payoff", "no closed form: this is no poly"),
    ({"game": {"kind": "group", "size": 3, "payoff": "mean_x**7"}}, "game.payoff", "of a degree above 6"),
    ({"mutation": {"rate": 1.5}}, "mutation.rate", "between 0 and 1"),
    ({"mutation": {"rate": 0.1, "correlation": [[1, 0], [0, 1]]}}, "mutation.correlation", "needs 1 rows of 1"),
    ({"mutation": {"rate": 0.1, "correlation": [[2]]}}, "mutation.correlation", "1 on the diagonal"),
    ({"selection": {"intensity": -1}}, "selection.intensity", "at least 0"),
    ({"selection": {"intensity": 2, "fitness": "linear"}}, "selection.intensity", "at most 1"),
    ({"selection": {"intensity": 0.9, "fitness": "linear"}, "parameters": {"b1": 1, "b2": -1.4, "c1": 4.56, "c2": -1.6}},
     "selection.fitness", "for an individual with x 1 among co-players with x 1"),
    ({"selection": {"fitness": "linear"}, "dynamics": {"kind": "pairwise_comparison"}}, "selection.fitness", "no fitness"),
    ({"population": {"size": 2}}, "population.size", "from 3"),
    ({"population": {"size": 10, "games": 3}}, "population.games", "`payoff: expected` none"),
    ({"population": {"size": 10, "payoff": "sampled"}}, "population.games", "is missing"),
    ({"population": {"size": 10, "payoff": "sampled", "games": 1}, "dynamics": {"kind": "moran"}}, "population.payoff",
     "use wright_fisher"),
    ({"dynamics": {"kind": "morran"}}, "dynamics.kind", "did you mean 'moran'"),
    ({"schema_version": 2}, "schema_version", "a newer evo wrote it"),
]  # fmt: skip


@pytest.mark.parametrize("changes, path, message", BROKEN, ids=[f"{path}: {message}" for _, path, message in BROKEN])
def test_refused(changes, path, message):
    from evo._yaml import dump

    with pytest.raises(evo.ConfigError) as error:
        traits.loads(dump(config(**changes)), source="broken.yaml")
    assert [evo._spec.render_path(problem.path) for problem in error.value.problems] == [path]
    assert message in str(error.value) and "broken.yaml:" in str(error.value)


def test_correlations_need_a_matrix_that_is_one():
    two = {name: {"low": 0, "high": 1, "start": 0.5, "step": 0.1} for name in "xy"}
    for rows, message in (([[1, 0.5], [0.4, 1]], "symmetric"), ([[1, 1.2], [1.2, 1]], "negative eigenvalue")):
        with pytest.raises(ValueError, match=message):
            model(traits=two, mutation={"rate": 0.1, "correlation": rows})


# ---- expected payoffs


@pytest.mark.parametrize("powers", [(1, 0), (0, 2), (2, 1), (3, 0), (2, 2), (4, 1), (3, 3)])
@pytest.mark.parametrize("size, whole", [(2, 5), (3, 6), (4, 7), (6, 6)])
def test_means_over_co_players_are_sums_over_power_sums(powers, size, whole):
    others = np.random.default_rng(1).normal(size=(whole - 1, 2))
    means = [np.mean(group, axis=0) for group in combinations(others, size - 1)]
    expected = np.mean([np.prod(mean ** np.array(powers)) for mean in means])
    terms = expected_product(powers, size=size, whole=whole)
    found = sum(
        weight * np.prod([np.prod(others**each, axis=1).sum() for each in sums]) for sums, weight in terms.items()
    )
    assert found == pytest.approx(expected, rel=1e-9)


def test_set_partitions_are_counted_by_bell():
    assert [sum(1 for _ in set_partitions(size)) for size in range(7)] == [1, 1, 2, 5, 15, 52, 203]


PAYOFFS = [
    (MOMENTS, {"kind": "pair", "payoff": SNOWDRIFT}, {}),
    (EVERYBODY, {"kind": "pair", "payoff": "exp(own_x - other_x) + own_x/(1 + other_x)"}, {}),
    (MOMENTS, {"kind": "group", "size": 4, "payoff": "n*own_x*mean_x**3 - (own_x + mean_x)**2"}, {}),
    (SAMPLED, {"kind": "pair", "payoff": "sqrt(own_x + other_x)"}, {"payoff": "sampled", "games": 3}),
    (SAMPLED, {"kind": "group", "size": 4, "payoff": "exp(own_x*mean_x)"}, {"payoff": "sampled", "games": 2}),
]
IDS = ["power sums", "everybody", "groups by power sums", "sampled pairs", "sampled groups"]


@pytest.mark.parametrize("way, game, meeting", PAYOFFS, ids=IDS)
def test_mean_payoff_of_a_record(way, game, meeting):
    """Of the last record, from the individuals as they are then; sampled payoffs vary around it."""
    asked = model(
        game=game, population={"size": 9, **meeting}, mutation={"rate": 1},
        traits={"x": {"low": 0, "high": 2, "start": 1, "step": 0.3}},
    )  # fmt: skip
    assert asked.lowered.game.way == way
    found = traits.simulate(asked, generations=4, replicates=400 if way == SAMPLED else 3, seed=5)
    expected = np.array([np.mean([expected_payoff(asked, x, i) for i in range(9)]) for x in found.final[:, 0]])
    if way == SAMPLED:
        error = found.payoff[:, -1] - expected
        assert abs(error.mean()) < 4.5 * error.std() / 20 and error.std() > 1e-3
    else:
        np.testing.assert_allclose(found.payoff[:, -1], expected, rtol=1e-12)


def expected_payoff(asked: traits.TraitModel, x: Any, who: int) -> float:
    """Mean payoff of one individual over all groups of co-players, one trait."""
    others = [x[j] for j in range(len(x)) if j != who]
    means = [np.mean(group) for group in combinations(others, asked.group_size - 1)]
    return float(np.mean(asked.payoffs(np.array([x[who]]), np.array(means)[:, None])))


# ---- every rule in plain Python, on the same seed


def naive_run(asked: traits.TraitModel, *, steps: int, seed: int, replicate: int = 0) -> list[float]:
    """One trait. The order of draws is part of what is checked."""
    rng = np.zeros(4, np.uint64)
    seed_stream(
        stream_key(seed), np.uint64(replicate), np.uint64(point_hash(asked, None)), np.uint64(STRATEGY_STREAM), rng
    )
    x = [float(asked.start[0])] * asked.size
    rule = {"moran": naive_moran, "wright_fisher": naive_wright_fisher, "pairwise_comparison": naive_comparison}
    for _ in range(steps):
        rule[asked.dynamics.kind](asked, x, rng)
    return x


def naive_payoff(asked: traits.TraitModel, x: list[float], who: int, rng: Any) -> float:
    if asked.population.payoff == "expected":
        return expected_payoff(asked, x, who)
    found = []
    for _ in range(asked.population.games):
        drawn: list[int] = []
        for last in range(len(x) - asked.group_size, len(x) - 1):
            place = below(last + 1, rng)
            drawn.append(last if place in drawn else place)
        mean = np.mean([x[place + (place >= who)] for place in drawn])
        found.append(float(asked.payoffs(np.array([x[who]]), np.array([mean]))))
    return float(np.mean(found))


def naive_step(asked: traits.TraitModel, value: float, rng: Any) -> float:
    (low,), (high,) = asked.bounds
    value += math.sqrt(asked.covariance[0, 0]) * normal(rng)
    if asked.mutation.at_bounds == "clip":
        return min(max(value, low), high)
    while not low <= value <= high:
        value = 2 * low - value if value < low else 2 * high - value
    return value


def naive_parent(asked: traits.TraitModel, payoffs: list[float], rng: Any) -> int:
    beta = asked.intensity
    linear = asked.selection.fitness == "linear"
    fitness = [1 - beta + beta * payoff if linear else math.exp(beta * payoff) for payoff in payoffs]
    return int(np.searchsorted(np.cumsum(fitness), uniform(rng) * sum(fitness), side="right"))


def naive_birth(asked: traits.TraitModel, x: list[float], parent: int, rng: Any) -> float:
    return naive_step(asked, x[parent], rng) if uniform(rng) < asked.value(asked.mutation.rate) else x[parent]


def naive_moran(asked: traits.TraitModel, x: list[float], rng: Any) -> None:
    payoffs = [naive_payoff(asked, x, i, rng) for i in range(len(x))]
    child = naive_birth(asked, x, naive_parent(asked, payoffs, rng), rng)
    x[below(len(x), rng)] = child


def naive_wright_fisher(asked: traits.TraitModel, x: list[float], rng: Any) -> None:
    payoffs = [naive_payoff(asked, x, i, rng) for i in range(len(x))]
    x[:] = [naive_birth(asked, x, naive_parent(asked, payoffs, rng), rng) for _ in range(len(x))]


def naive_comparison(asked: traits.TraitModel, x: list[float], rng: Any) -> None:
    focal = below(len(x), rng)
    if uniform(rng) < asked.value(asked.mutation.rate):
        x[focal] = naive_step(asked, x[focal], rng)
        return
    role_model = below(len(x) - 1, rng)
    role_model += role_model >= focal
    if x[role_model] == x[focal]:
        return
    own, seen = (naive_payoff(asked, x, who, rng) for who in (focal, role_model))
    if uniform(rng) < 1 / (1 + math.exp(-asked.intensity * (seen - own))):
        x[focal] = x[role_model]


@pytest.mark.pure
@pytest.mark.parametrize("way, game, meeting", PAYOFFS, ids=IDS)
@pytest.mark.parametrize("rule", RULES)
def test_the_same_as_plain_python(rule, way, game, meeting):
    if way == SAMPLED and rule == "moran":
        pytest.skip("moran takes expected payoffs")
    asked = model(
        game=game, dynamics={"kind": rule}, population={"size": 8, **meeting},
        mutation={"rate": 0.3, "at_bounds": "clip" if way == EVERYBODY else "reflect"},
        selection={"intensity": 0.5 if way == MOMENTS else 2},
        traits={"x": {"low": 0, "high": 1, "start": 0.2, "step": 0.4}},
    )  # fmt: skip
    found = traits.simulate(asked, generations=6, seed=11, replicates=2, record_every=1.5)
    steps = 6 if rule == "wright_fisher" else 48
    for replicate in (0, 1):
        expected = naive_run(asked, steps=steps, seed=11, replicate=replicate)
        np.testing.assert_allclose(found.final[replicate, 0], expected, atol=1e-12)
        assert len(set(expected)) > 1


def test_linear_fitness_is_the_same_as_plain_python():
    game = {"kind": "pair", "payoff": "1 + own_x - 0.5*other_x"}
    for rule in RULES[:2]:
        asked = model(
            game=game,
            dynamics={"kind": rule},
            population={"size": 8},
            selection={"intensity": 0.9, "fitness": "linear"},
        )
        found = traits.simulate(asked, generations=10, seed=3)
        expected = naive_run(asked, steps=10 if rule == "wright_fisher" else 80, seed=3)
        np.testing.assert_allclose(found.final[0, 0], expected, atol=1e-12)


# ---- what a replicate depends on


@pytest.mark.parametrize("rule, way", [("wright_fisher", 0), ("pairwise_comparison", 4), ("moran", 1)])
def test_a_replicate_depends_on_seed_and_number_alone(rule, way):
    _, game, meeting = PAYOFFS[way]
    asked = model(game=game, dynamics={"kind": rule}, population={"size": 20, **meeting})
    one = traits.simulate(asked, generations=20, replicates=5, seed=4)
    for options in (
        {"workers": 3, "replicates": 5},
        {"replicates": 3},
        {"replicates": 5, "record_every": 3.3, "bins": 7},
    ):
        other = traits.simulate(asked, generations=20, seed=4, **options)
        np.testing.assert_array_equal(other.final, one.final[: len(other.final)])
    again = traits.simulate(asked, generations=20, replicates=5, seed=4)
    for name in one.recording._fields:
        np.testing.assert_array_equal(getattr(one.recording, name), getattr(again.recording, name))
    assert not np.array_equal(traits.simulate(asked, generations=20, replicates=5, seed=5).final, one.final)


def test_records_say_what_the_individuals_are():
    two = {name: {"low": -1, "high": 1, "start": 0.25, "step": 0.2} for name in "xy"}
    asked = model(
        traits=two, game={"kind": "pair", "payoff": "own_x - other_y"}, population={"size": 30},
        mutation={"rate": 0.5, "correlation": [[1, 0.9], [0.9, 1]]},
    )  # fmt: skip
    found = traits.simulate(asked, generations=50, replicates=2, seed=1, record_every=25, bins=10)
    np.testing.assert_array_equal(found.time, [0, 25, 50])
    for row in (0, 1):
        x = found.final[row]
        np.testing.assert_allclose(found.mean[row, -1], x.mean(axis=1), atol=1e-12)
        np.testing.assert_allclose(found.covariance[row, -1], np.cov(x, ddof=0), atol=1e-12)
        for place in (0, 1):
            np.testing.assert_array_equal(
                found.histogram[row, -1, place], np.histogram(x[place], found.edges[place])[0]
            )
    np.testing.assert_array_equal(found.histogram.sum(axis=-1), 30)
    np.testing.assert_allclose(found.mean[:, 0], 0.25)
    assert found.frame.shape == (6, 7)
    assert list(found.frame.columns) == ["replicate", "time", "mean_x", "sd_x", "mean_y", "sd_y", "mean_payoff"]


# ---- theory


def pairs(rule: str, size: int, rate: float, generations: np.ndarray) -> np.ndarray:
    """E(x_i - x_j)^2 of two individuals without selection, in units of the variance of a mutation.

    A newborn beside one other: its parent is that other with probability 1/Z, else someone else (or itself), as different
    as before. So for moran D' = D(1 - 2/Z^2) + 2 mu/Z each step, for wright_fisher D' = D(1 - 1/Z) + 2 mu; in
    pairwise_comparison a copy, (1-mu)/2, makes two alike where the model was the other one, 1/(Z-1).
    """
    if rule == "wright_fisher":
        shrinks, grows, steps = 1 / size, 2 * rate, generations
    elif rule == "moran":
        shrinks, grows, steps = 2 / size**2, 2 * rate / size, generations * size
    else:
        shrinks, grows, steps = (1 - rate) / (size * (size - 1)), 2 * rate / size, generations * size
    return grows / shrinks * (1 - (1 - shrinks) ** steps)


@pytest.mark.parametrize("rule", RULES)
def test_neutral_variance_grows_as_theory_says(rule):
    size, rate, step = 12, 0.2, 0.01
    asked = model(
        dynamics={"kind": rule}, population={"size": size}, mutation={"rate": rate}, selection={"intensity": 0},
        traits={"x": {"low": -100, "high": 100, "start": 0, "step": step}},
    )  # fmt: skip
    found = traits.simulate(asked, generations=40, replicates=4000, seed=7, record_every=5)
    spread = found.covariance[:, :, 0, 0] * size / (size - 1) / step**2  # half the mean square difference of two
    expected = pairs(rule, size, rate, found.time) / 2
    error = spread.std(axis=0) / math.sqrt(4000)
    score = (spread.mean(axis=0) - expected)[1:] / error[1:]
    assert np.abs(score).max() < stats.norm.isf(ALPHA / 16)
    assert np.abs((spread.mean(axis=0) - 1.1 * expected)[1:] / error[1:]).max() > stats.norm.isf(ALPHA / 16)


@pytest.mark.parametrize("rule", RULES)
def test_the_mean_moves_as_the_canonical_equation_says(rule):
    """Weak selection: after 5 Z generations the variance is at rest, and the mean moves at the finite canonical rate, which
    here, with a payoff that also hurts others, is nearly twice that of an infinite population."""
    asked = model(
        dynamics={"kind": rule}, population={"size": 12}, mutation={"rate": 0.1}, selection={"intensity": 1},
        game={"kind": "pair", "payoff": "own_x - 12*other_x"},
        traits={"x": {"low": -100, "high": 100, "start": 0, "step": 0.012}},
    )  # fmt: skip
    found = traits.simulate(asked, generations=240, replicates=1000, seed=2, record_every=60)
    rate = (found.mean[:, -1, 0] - found.mean[:, 1, 0]) / 180
    expected, error = float(canonical_rate(asked, 0.0, finite=True)), rate.std() / math.sqrt(1000)
    assert expected == pytest.approx((11 + 12) / 12 * float(canonical_rate(asked, 0.0)))
    assert error < 0.07 * expected
    assert abs(rate.mean() - expected) < 4 * error


def test_two_correlated_traits_move_together():
    """Selection on one trait carries the other along by their covariance, at the canonical rate."""
    two = {name: {"low": -100, "high": 100, "start": 0, "step": step} for name, step in (("x", 0.005), ("y", 0.01))}
    asked = model(
        traits=two, population={"size": 30}, mutation={"rate": 0.1, "correlation": [[1, -0.5], [-0.5, 1]]},
        selection={"intensity": 1}, game={"kind": "pair", "payoff": "own_x"},
    )  # fmt: skip
    found = traits.simulate(asked, generations=600, replicates=800, seed=2, record_every=150)
    rate = (found.mean[:, -1] - found.mean[:, 1]) / 450
    error = rate.std(axis=0) / math.sqrt(800)
    expected = canonical_rate(asked, [0.0, 0.0], finite=True)
    assert expected[1] == pytest.approx(-expected[0])
    assert (np.abs(rate.mean(axis=0) - expected) < 4 * error).all() and (error < 0.2 * np.abs(expected)).all()


def test_branching_and_one_compromise():
    """Doebeli, Hauert & Killingback 2004: both gather around x* = 0.6; then one population splits, the other stays."""
    branching = traits.simulate(model(), generations=6000, replicates=2, seed=1, workers=2)
    compromise = {"b1": 7, "b2": -1.5, "c1": 4.6, "c2": -1}
    stays = traits.simulate(model(parameters=compromise), generations=6000, replicates=2, seed=1, workers=2)
    early = (branching.time > 300) & (branching.time < 1200)
    for row in (0, 1):
        assert np.abs(branching.mean[row, early, 0] - 0.6).min() < 0.02
        split, together = branching.final[row, 0], stays.final[row, 0]
        assert (split < 0.4).sum() > 40 and (split > 0.7).sum() > 40
        assert ((split > 0.45) & (split < 0.65)).sum() < 20
        assert abs(together.mean() - 0.6) < 0.08 and together.std() < 0.06
        assert split.std() > 4 * together.std()


def test_mutations_stay_within_bounds():
    for at_bounds in ("reflect", "clip"):
        asked = model(
            traits={"x": {"low": 0, "high": 1, "start": 0.5, "step": 3}}, selection={"intensity": 0},
            mutation={"rate": 1, "at_bounds": at_bounds}, population={"size": 2000},
        )  # fmt: skip
        x = traits.simulate(asked, generations=2, seed=1).final[0, 0]
        assert x.min() >= 0 and x.max() <= 1
        at_the_end = ((x == 0) | (x == 1)).mean()
        if at_bounds == "reflect":  # a step of three times the range leaves nothing of where it began
            assert at_the_end == 0 and stats.kstest(x, "uniform").pvalue > ALPHA
        else:
            assert at_the_end > 0.8


def test_trouble_says_where():
    asked = model(game={"kind": "pair", "payoff": "1/(own_x - 0.1) + other_x"})
    with pytest.raises(evo.SimulationError, match=r"not finite for an individual with x 0\.1, at generation 0"):
        traits.simulate(asked, generations=5)
    for wrong in ({"generations": 0}, {"generations": 1, "bins": 1}, {"generations": 1, "workers": 0}):
        with pytest.raises(ValueError, match="positive"):
            traits.simulate(asked, **wrong)
    with pytest.raises(ValueError, match="GiB"):
        traits.simulate(model(), generations=10**6, record_every=1, replicates=100)


def test_theory_reaches_no_random_numbers():
    import subprocess
    import sys

    script = (
        "import sys, evo.exact.traits.pip, evo.exact.traits.singular; assert 'evo.kernels.random' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


# ---- pictures


def test_pictures_are_drawn(tmp_path):
    found = invasibility(model(), fine=41)
    figure = pairwise_invasibility(found, mutual=True)
    gids = {artist.get_gid() for artist in figure.findobj() if artist.get_gid()}
    assert {"invades", "mutual", "diagonal", "zero", "singular: branching point"} <= gids
    (ax,) = figure.axes
    assert {text.get_text() for text in ax.texts} == {"+", "\N{MINUS SIGN}"}
    assert ax.get_ylabel() == "mutant: x"
    (point,) = (line for line in ax.lines if line.get_gid() == "singular: branching point")
    assert point.get_xydata()[0].tolist() == pytest.approx([0.6, 0.6])
    path = traits.simulate(model(), generations=100, replicates=2, seed=1)
    over_time = density(path, replicates=(0, 1), canonical=True)
    lines = [line for ax in over_time.axes for line in ax.lines if line.get_gid() == "canonical"]
    np.testing.assert_allclose(lines[0].get_ydata(), canonical_path(path.model, path.time)[:, 0])
    assert len(over_time.axes) == 2
    files = save(figure, tmp_path / "pip") + save(over_time, tmp_path / "density")
    assert all(file.stat().st_size > 1000 for file in files)
    with pytest.raises(PictureError, match="no replicate 2"):
        density(path, replicates=(2,))


def test_pictures_shade_where_mutants_invade():
    """Pixels of the picture against the sign of the fitness, away from its zeros."""
    found = invasibility(model(), fine=101)
    figure = pairwise_invasibility(found)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., 0]
    (ax,) = figure.axes
    for row in range(5, 100, 10):
        for column in range(2, 100, 10):
            if np.abs(found.fitness[row, column]) > 0.1:
                x, y = ax.transData.transform((found.values[column], found.values[row]))
                shade = pixels[pixels.shape[0] - 1 - round(y), round(x)]
                assert shade == (0xC9 if found.fitness[row, column] > 0 else 0xFF)

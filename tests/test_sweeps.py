"""What varies: grids, samples, formulas of other values, conditions, and configs that include others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest

import evo
from evo.batch.plan import make_plan
from evo.loading import dump
from evo.sweeps import Range, Scene, Spaced, Sweep

BASE = """
parameters: {stag: {value: 4, range: [3, 6]}, inert: 1}
strategies: [stag_hunter, hare_hunter]
game: {kind: matrix, payoffs: [[stag, 1], [3, 3]]}
mutation: {rate: 0.01}
population: {kind: well_mixed, size: 20}
dynamics: {kind: pairwise_comparison}
run: {generations: 5, replicates: 2, seed: 3}
"""
SCENE = Scene({"stag": 4.0, "inert": 1.0}, {"stag": (3.0, 6.0)}, seed=3)


def sweep(**keys: object) -> Sweep:
    return Sweep.model_validate(keys)


def sample(kind: str, size: int, over: object, **more: object) -> list[dict]:
    return list(sweep(sample={"kind": kind, "size": size, "over": over} | more).settings(SCENE))


def refusal(text: str) -> str:
    with pytest.raises(evo.ConfigError) as refused:
        make_plan(evo.loads(BASE + "sweep: " + text))
    return str(refused.value)


@pytest.mark.parametrize("kind", ["random", "latin_hypercube", "sobol"])
def test_a_sample_fills_its_ranges_evenly(kind):
    over = {"parameters.stag": None, "mutation.rate": {"log_range": [1e-4, 1e-1]}}
    points = sample(kind, 256, over)
    stag = np.array([point["parameters.stag"] for point in points])
    rate = np.log(np.array([point["mutation.rate"] for point in points]))
    for values, low, high in ((stag, 3, 6), (rate, math.log(1e-4), math.log(1e-1))):
        shares = (values - low) / (high - low)
        assert shares.min() >= 0 and shares.max() <= 1
        assert kstest(shares, "uniform").pvalue > 1e-4
        strata = np.bincount((shares * 256).astype(int), minlength=256)
        assert (strata.max() > 1) == (kind == "random")  # one in each stratum is what the others promise
    assert abs(np.corrcoef(stag, rate)[0, 1]) < 0.3


def test_samples_of_one_seed_are_the_same_and_larger_ones_begin_alike():
    over = ["parameters.stag"]
    for kind in ("random", "sobol"):
        assert sample(kind, 100, over)[:32] == sample(kind, 32, over)
    for kind in ("random", "latin_hypercube", "sobol", "saltelli", "morris"):
        assert sample(kind, 8, over) == sample(kind, 8, over)
        assert sample(kind, 8, over) != sample(kind, 8, over, seed=4)
        assert sample(kind, 8, over, seed=3) == sample(kind, 8, over)  # that of the run


def test_whole_numbers_and_choices_are_all_as_likely():
    points = sample(
        "sobol", 512, {"population.size": {"range": [10, 13], "whole": True}, "dynamics": {"choice": ["a", "b"]}}
    )
    sizes = [point["population.size"] for point in points]
    assert all(type(size) is int for size in sizes)
    assert [sizes.count(size) for size in (10, 11, 12, 13)] == [128] * 4
    assert sum(point["dynamics"] == "a" for point in points) == 256
    logarithmic = Range(log_range=(1, 4), whole=True)
    assert [logarithmic.at(share) for share in (0, 0.43, 0.44, 0.999, 1)] == [1, 1, 2, 4, 4]  # log 2 / log 5 is 0.4307
    assert Spaced(geomspace=(1, 16, 9), whole=True).values == (1, 2, 3, 4, 6, 8, 11, 16)


def test_values_follow_from_others_and_conditions_keep_points_out():
    found = list(
        sweep(
            grid={"parameters.stag": [3, 4, 5], "population.size": [10, 20]},
            derive={"parameters.inert": "stag/2 + 1/size", "mutation.rate": "inert/100"},
            only=["stag < 5", "population_size > 10 or stag == 3"],
        ).settings(SCENE)
    )
    assert [(point["parameters.stag"], point["population.size"]) for point in found] == [(3, 10), (3, 20), (4, 20)]
    assert [point["parameters.inert"] for point in found] == [1.6, 1.55, 2.05]
    assert [point["mutation.rate"] for point in found] == [0.016, 0.0155, 0.0205]


def test_a_derived_whole_number_does_for_a_size():
    experiment = evo.loads(BASE + "sweep: {grid: {parameters.inert: [1, 2]}, derive: {population.size: 10*inert}}")
    assert [point.experiment.population.size for point in experiment.points()] == [10, 20]


def test_what_varies_is_combined_in_one_order():
    part = sweep(
        grid={"a": [1, 2]},
        zip={"b": [1, 2], "c": [3, 4]},
        sample={"kind": "random", "size": 2, "over": {"d": {"choice": ["x"]}}},
        points=[{"e": 1}, {"e": 2}],
    )
    found = list(part.settings())
    assert len(found) == part.size == part.count() == 16
    assert found[0] == {"a": 1, "b": 1, "c": 3, "d": "x", "e": 1}
    assert found[1] == {"a": 1, "b": 1, "c": 3, "d": "x", "e": 2}
    assert part.paths == ("a", "b", "c", "d", "e")


def test_a_sampled_experiment_reads_back_and_counts_its_points():
    text = """sweep:
  sample: {kind: sobol, over: [parameters.stag], size: 16}
  derive: {parameters.inert: 2*stag}
  only: stag > 4
"""
    experiment = evo.loads(BASE + text)
    assert evo.loads(dump(experiment)) == experiment
    plan = make_plan(experiment)
    assert len(plan.parts) == experiment.sizes[0] == 11
    assert experiment.point(10).settings == plan.settings[10]
    for point in plan:
        assert point.experiment.parameter_values["inert"] == pytest.approx(
            2 * point.settings["parameters.stag"], rel=1e-11
        )


@pytest.mark.parametrize(
    "text, words",
    [
        ("{sample: {kind: sobl, over: [parameters.stag], size: 8}}", "unknown value 'sobl'; did you mean 'sobol'?"),
        (
            "{sample: {kind: sobol, over: [run.generations], size: 8}}",
            "has no range of its own; say {range: [from, to]}",
        ),
        ("{sample: {kind: sobol, over: [parameters.inert], size: 8}}", 'over."parameters.inert": has no range'),
        ("{sample: {kind: sobol, over: {parameters.stag: {range: [4, 3]}}, size: 8}}", "4 is not less than 3"),
        ("{sample: {kind: sobol, over: {parameters.stag: {log_range: [0, 3]}}, size: 8}}", "numbers above 0, not 0"),
        ("{sample: {kind: sobol, over: {parameters.stag: {range: [1, 2], choice: [1]}}, size: 8}}", "range and choice"),
        ("{sample: {kind: saltelli, over: [parameters.stag], size: 7}}", "is a power of two, such as 4 or 8, not 7"),
        ("{sample: {kind: morris, over: [parameters.stag], size: 7}, only: stag > 4}", "does not go with morris"),
        (
            "{sample: {kind: random, over: [parameters.stag], size: 7}, grid: {parameters.stag: [3]}}",
            "varies in two places",
        ),
        ("{grid: {parameters.stag: [3]}, derive: {parameters.stag: '2'}}", "varies in two places"),
        ("{grid: {parameters.stag: [3]}, only: stak > 2}", "unknown name 'stak'"),
        ("{grid: {parameters.stag: [3]}, only: 'stag >'}", "sweep.0.only.0: the formula stops too early"),
        ("{grid: {parameters.stag: [3]}, only: stag > 5}", "sweep.0.only: leaves no point"),
        ("{grid: {parameters.stag: [3]}, derive: {parameters.inert: 1/(stag-3)}}", "must be a finite number, is inf"),
        ("{refine: {over: {population.size: {range: [2, 9], whole: true}}}}", "cannot be halved"),
        ("{refine: {over: [parameters.stag], measure: prevaling}}", "did you mean 'prevailing'?"),
        ("{refine: {over: [parameters.stag], measure: final_mix}}", "is several columns"),
        ("{refine: {over: [parameters.stag], measure: final_mix.stag_hunter}}", "must change for a cell to be split"),
        ("{refine: {over: [parameters.stag], change: 0.1}}", "is for numbers, and prevailing is a word"),
        ("{refine: {over: [parameters.stag], budget: 3}}", "less than the 9 points of the first grid"),
        ("[{refine: {over: [parameters.stag]}}, {grid: {parameters.stag: [3]}}]", "needs a name of its own"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text, words):
    assert words in refusal(text)


def test_an_included_config_is_the_base(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "base.yaml").write_text(BASE + "title: base\nsweep: {grid: {parameters.stag: [3, 4]}}\n")
    (tmp_path / "between.yaml").write_text("include: parts/base.yaml\nrun: {generations: 7}\nmutation: null\n")
    (tmp_path / "top.yaml").write_text(
        "include: between.yaml\nparameters: {stag: 5, inert: null, more: 1}\ndynamics: {kind: moran}\nmutation: {rate: 0.1}\n"
        "run: {start: {hare_hunter: 0.9}}\nsweep: {grid: {parameters.more: [1]}}\n"
    )
    found = evo.load(tmp_path / "top.yaml")
    assert found.title == "base"
    assert (found.run.generations, found.run.replicates, found.run.start) == (7, 2, {"hare_hunter": 0.9})
    assert found.parameter_values == {"stag": 5, "more": 1}
    assert found.parameters["stag"].range == (3, 6)
    assert found.dynamics.kind == "moran" and found.mutation.rate == 0.1
    assert [part.grid for part in found.sweep] == [{"parameters.more": (1,)}]
    assert evo.load(tmp_path / "between.yaml").mutation.rate == 0
    assert "include" not in dump(found)


@pytest.mark.parametrize(
    "top, words",
    [
        ("include: ../away.yaml", "top.yaml:1: include: '../away.yaml' lies outside the config's folder"),
        ("include: away.yaml", "cannot read 'away.yaml': No such file"),
        ("include: top.yaml", "includes itself"),
        ("include: [base.yaml]", "is the name of a config"),
        ("include: base.yaml\nrun: {seed: -1}", "top.yaml:2: run.seed: must be at least 0, is -1"),
        ("title: x\ninclude: base.yaml\ngame: {size: 3}", "top.yaml:3: game.size"),
        ("include: broken.yaml", "top.yaml: mutation.rte: unknown key (broken.yaml, line 5); did you mean 'rate'?"),
    ],
)
def test_a_wrong_include_is_told_with_its_file(tmp_path, top, words):
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "broken.yaml").write_text(BASE.replace("rate:", "rte:"))
    (tmp_path / "top.yaml").write_text(top)
    with pytest.raises(evo.ConfigError) as refused:
        evo.load(tmp_path / "top.yaml")
    assert words in str(refused.value)


def test_files_that_an_included_config_names_lie_beside_it(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "use.csv").write_text("year,value\n1990,1\n1991,2\n")
    (tmp_path / "parts" / "base.yaml").write_text(
        BASE + "environment: {inert: {kind: series, file: use.csv, time: year, column: value, start: 1990}}\n"
    )
    (tmp_path / "top.yaml").write_text("include: parts/base.yaml\nrun: {generations: 1}\n")
    assert "use.csv" in evo.load(tmp_path / "top.yaml").files


def test_nothing_is_included_without_a_folder():
    with pytest.raises(evo.ConfigError, match="files are included where a config is read from a file"):
        evo.loads("include: base.yaml\n" + BASE)

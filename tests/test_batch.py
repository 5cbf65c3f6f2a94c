"""Plans, tasks and runs: the same rows however they are computed; failures, interruptions and large plans."""

from __future__ import annotations

import math
import os
import signal
import threading

import numpy as np
import pandas as pd
import pytest

import evo
from evo.batch import plan as planning
from evo.batch import runner, tasks
from evo.batch.interrupts import Interrupted
from evo.batch.plan import LargePlanError, config_hash, make_plan
from evo.batch.progress import Lines, Progress, Silent, duration
from evo.batch.tasks import Pace, missing
from evo.measures.networks import gini_of
from evo.prevalence import wilson

STAG_HUNT = """
parameters: {stag: 4, inert: 0}
strategies: [stag_hunter, hare_hunter]
game: {kind: matrix, payoffs: [[stag, 1], [3, 3]]}
mutation: {rate: 0.01}
population: {kind: well_mixed, size: 20}
dynamics: {kind: pairwise_comparison}
run: {generations: 30, replicates: 7, seed: 3, start: {stag_hunter: 0.6}}
sweep:
  - {name: payoff, grid: {parameters.stag: [4, 5, 6]}}
  - {name: start, points: [{run.start: {stag_hunter: 0.2}}, {run.start: random}]}
measure: [final_mix, mean_mix, prevailing, {kind: time_to_tip, strategy: stag_hunter}, mean_payoff, gini]
"""
FLOW = """
parameters: {a: 1}
strategies: [left, right]
game: {kind: matrix, payoffs: [[a, 0], [0, 2]]}
dynamics: {kind: replicator}
run: {generations: 20, replicates: 5, start: {left: 0.5}}
sweep: {grid: {parameters.a: [1, 2, 3]}}
"""
BREAKS_AT_ONE = """
parameters: {b: 1}
strategies: [one, other]
game: {kind: matrix, payoffs: [[log(b), 0], [0, 1]]}
population: {kind: well_mixed, size: 10}
dynamics: {kind: pairwise_comparison}
run: {generations: 5, replicates: 3, seed: 9}
sweep: {grid: {parameters.b: [1, -1, 2]}}
"""


def settings(text: str, **changes: object) -> evo.Experiment:
    return evo.loads(text).replace({path.replace("__", "."): value for path, value in changes.items()})


@pytest.fixture(scope="module")
def whole() -> evo.Result:
    return evo.run(evo.loads(STAG_HUNT), workers=1)


def test_outcomes_have_a_row_for_each_point_and_replicate_in_order(whole):
    assert list(whole.outcomes.columns[:2]) == ["point", "replicate"]
    expected = [(point, replicate) for point in range(5) for replicate in range(7)]
    assert list(whole.outcomes[["point", "replicate"]].itertuples(index=False, name=None)) == expected
    assert list(whole.points["part"]) == ["payoff"] * 3 + ["start"] * 2
    assert list(whole.points["parameters.stag"]) == [4, 5, 6, "-", "-"]
    assert list(whole.points["run.start"]) == ["-", "-", "-", "{stag_hunter: 0.2}", "random"]
    assert whole.complete and whole.folder is None and not len(whole.failures) and whole.paths is None


def test_columns_follow_from_the_measures_not_from_the_data():
    never = evo.loads(STAG_HUNT.replace("strategy: stag", "level: 1, strategy: stag"))
    plan, other = make_plan(evo.loads(STAG_HUNT)), make_plan(never)
    kinds = [str(field.type) for field in plan.outcomes]
    assert kinds == [str(field.type) for field in other.outcomes]
    assert kinds == ["int64", "int64", *["double"] * 4, "string", *["double"] * 5]


@pytest.mark.parametrize("workers, seconds, part_rows", [(1, 1e-9, 1), (2, 1e-9, 3), (2, 10.0, 10**6), (3, 0.003, 10)])
def test_rows_depend_on_neither_workers_nor_tasks(whole, monkeypatch, workers, seconds, part_rows):
    monkeypatch.setattr(tasks, "SECONDS", seconds)
    monkeypatch.setattr(runner, "PART_ROWS", part_rows)
    again = evo.run(evo.loads(STAG_HUNT), workers=workers)
    pd.testing.assert_frame_equal(again.outcomes, whole.outcomes, check_exact=True)


def test_a_replicate_depends_on_its_own_number_only(whole):
    more = evo.run(evo.loads(STAG_HUNT), replicates=9)
    kept = more.outcomes[more.outcomes["replicate"] < 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, whole.outcomes, check_exact=True)


def test_another_seed_gives_other_rows(whole):
    other = evo.run(evo.loads(STAG_HUNT), seed=4)
    assert other.manifest["seed"] == 4 and other.experiment.run.seed == 4
    assert not other.outcomes["mean_mix.stag_hunter"].equals(whole.outcomes["mean_mix.stag_hunter"])


def test_common_random_numbers_are_common_to_points():
    sweep = {"name": "inert", "grid": {"parameters.inert": [0, 1]}}
    text = STAG_HUNT.split("sweep:")[0] + f"sweep: {sweep}\nmeasure: [mean_mix]\n"
    own = evo.run(evo.loads(text)).outcomes.groupby("point")["mean_mix.stag_hunter"].apply(list)
    shared = evo.run(evo.loads(text.replace("seed: 3", "seed: 3, common_random_numbers: true")))
    shared = shared.outcomes.groupby("point")["mean_mix.stag_hunter"].apply(list)
    assert own[0] != own[1]
    assert shared[0] == shared[1]


def test_a_run_without_randomness_is_run_once_with_a_notice():
    plan = make_plan(evo.loads(FLOW))
    assert plan.rows == 3
    assert plan.notices == ["nothing is random here: each point is run once, not 5 times"]
    mixed = make_plan(evo.loads(FLOW.split("sweep:")[0] + "sweep: {points: [{run.start: random}, {}]}"))
    assert mixed.replicates.tolist() == [5, 1]
    assert mixed.notices == ["nothing is random at 1 of 2 points: these are run once each, not 5 times"]


def test_paths_are_those_of_simulate():
    experiment = settings(STAG_HUNT, run__record={"every": 10.0}, run__replicates=2)
    result = evo.run(experiment)
    assert list(result.paths.columns) == ["point", "replicate", "time", "stag_hunter", "hare_hunter", "mean_payoff"]
    assert len(result.paths) == 5 * 2 * 4
    point = experiment.point(2).experiment
    path = evo.simulate(point.model, generations=30, replicates=2, seed=3, start=point.run.start, record_every=10)
    mine = result.paths[result.paths["point"] == 2].drop(columns="point").reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, path.frame, check_exact=True)


def test_paths_of_runs_that_end_early_stop_there():
    text = FLOW.replace("run: {", "run: {until: converged, rest: 0.01, record: {every: 1}, ")
    result = evo.run(evo.loads(text))
    assert 0 < len(result.paths) < 3 * 21
    assert result.paths.notna().all(axis=None)


def test_a_broken_replicate_is_recorded_and_stops_nothing():
    result = evo.run(evo.loads(BREAKS_AT_ONE))
    assert list(result.failures["point"]) == [1, 1, 1]
    assert list(result.failures["replicate"]) == [0, 1, 2]
    assert set(result.failures["seed"]) == {9}
    assert result.failures["message"].str.startswith("a payoff is not finite for one").all()
    assert sorted(set(result.outcomes["point"])) == [0, 2]
    assert result.complete


def test_an_unexpected_error_at_one_point_is_told_and_stops_nothing(monkeypatch):
    outcomes = tasks.outcomes

    def breaks(measures, model, *rest):
        if model.parameters["stag"].value == 5:
            raise MemoryError("no room")
        return outcomes(measures, model, *rest)

    monkeypatch.setattr(tasks, "outcomes", breaks)
    result = evo.run(evo.loads(STAG_HUNT), workers=2)
    assert set(result.failures["point"]) == {1} and len(result.failures) == 7
    assert set(result.failures["message"]) == {"MemoryError: no room"}
    assert sorted(set(result.outcomes["point"])) == [0, 2, 3, 4]
    assert not result.complete


class StopsAfter(Silent):
    """Presses Ctrl-C once some replicates are done."""

    def __init__(self, replicates: int) -> None:
        self.replicates = replicates

    def running(self, progress: Progress) -> None:
        if progress.replicates_done >= self.replicates:
            self.replicates = math.inf
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_run_goes_on_where_it_was(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "SECONDS", 1e-9)  # one replicate a task
    former = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted) as caught:
        evo.run(evo.loads(STAG_HUNT), out=tmp_path / "run", workers=2, progress=StopsAfter(11))
    assert isinstance(caught.value, KeyboardInterrupt)
    assert caught.value.signal == signal.SIGINT and caught.value.folder == tmp_path / "run"
    assert signal.getsignal(signal.SIGINT) is former
    kept = evo.Result.load(tmp_path / "run")
    assert 11 <= len(kept.outcomes) < 35 and not kept.complete

    ran = []
    run_plan = tasks.run_plan
    monkeypatch.setattr(tasks, "run_plan", lambda *a, **k: ran.append(k["replicates"]) or run_plan(*a, **k))
    result = evo.run(evo.loads(STAG_HUNT), out=tmp_path / "run", resume=True)
    assert sum(ran) == 35 - len(kept.outcomes)
    pd.testing.assert_frame_equal(result.outcomes, whole.outcomes, check_exact=True)
    assert len(result.manifest["sessions"]) == 1 and result.complete

    ran.clear()
    evo.run(evo.loads(STAG_HUNT), out=tmp_path / "run", resume=True)
    assert not ran


def test_a_long_replicate_is_interrupted_in_the_middle(tmp_path):
    long = evo.loads(STAG_HUNT.split("sweep:")[0].replace("generations: 30", "generations: 1e9"))
    evo.run(settings(STAG_HUNT, run__replicates=1))  # kernels compiled
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(Interrupted):
        evo.run(long, out=tmp_path / "run", workers=2)
    assert len(evo.Result.load(tmp_path / "run").outcomes) == 0


def test_a_point_that_is_refused_is_named_with_its_place_in_the_sweep():
    text = STAG_HUNT.replace("parameters.stag: [4, 5, 6]", "population.size: [20, 1, 30]")
    experiment = evo.loads(text)
    with pytest.raises(evo.ConfigError, match=r"sweep\.0: population\.size: must be .*population\.size=1"):
        make_plan(experiment)


def test_large_plans_need_a_word(monkeypatch):
    experiment = evo.loads(STAG_HUNT)
    monkeypatch.setattr(planning, "available_memory", lambda: 1000)
    with pytest.raises(LargePlanError, match=r"it may need .* of memory and 1 kB are free"):
        evo.run(experiment)
    assert len(evo.run(experiment, allow_large=True).outcomes) == 35
    monkeypatch.setattr(planning, "available_memory", lambda: None)
    monkeypatch.setattr(planning, "MANY_POINTS", 4)
    with pytest.raises(LargePlanError, match=r"it has 5 points: to check them alone takes about \d+ s$"):
        evo.run(experiment)
    monkeypatch.setattr(planning, "KEPT_POINTS", 2)
    assert make_plan(experiment, allow_large=True).kept is None
    assert len(evo.run(experiment, allow_large=True).outcomes) == 35


def test_building_is_told(monkeypatch):
    told = []
    make_plan(evo.loads(STAG_HUNT), building=lambda *args: told.append(args))
    assert told == [(5, 5)]


def test_the_hash_of_a_config_leaves_out_what_changes_no_row():
    experiment = evo.loads(STAG_HUNT)
    same = {"title": "A", "question": "B?", "run.replicates": 3, "strategies.stag_hunter.color": "#112233"}
    assert config_hash(experiment.replace(same)) == config_hash(experiment)
    for path, value in {"run.seed": 2**60 + 1, "parameters.stag": 5, "run.generations": 31, "plots": ["paths"]}.items():
        assert config_hash(experiment.replace({path: value})) != config_hash(experiment)
    seeds = [config_hash(experiment.replace({"run.seed": seed})) for seed in (2**60, 2**60 + 1)]
    assert seeds[0] != seeds[1]


def test_the_hash_of_a_config_knows_the_ranges_that_samples_borrow():
    lent = STAG_HUNT.replace("stag: 4", "stag: {value: 4, range: [1, 6]}").split("sweep:")[0]
    wider = lent.replace("[1, 6]", "[1, 9]")
    own, other = "{parameters.stag: {range: [1, 6]}}", "[parameters.stag]"
    for way in ("sample: {kind: random, size: 5, over: OVER}", "refine: {depth: 2, over: OVER}"):
        hashes = [
            config_hash(evo.loads(f"{text}\nsweep: {{{way.replace('OVER', over)}}}\n"))
            for over in (own, other)
            for text in (lent, wider)
        ]
        assert hashes[0] == hashes[1]  # the parameter's range tells nothing where the sweep has its own
        assert len({hashes[0], hashes[2], hashes[3]}) == 3


def test_missing_replicates_are_found():
    stride = planning.STRIDE
    done = np.array([0, 1, 4, stride + 2, 3 * stride])
    assert missing(done, 0, 0, 6) == [(2, 4), (5, 6)]
    assert missing(done, 0, 3, 5) == [(3, 4)]
    assert missing(done, 1, 0, 3) == [(0, 2)]
    assert missing(done, 2, 0, 3) == [(0, 3)]
    assert missing(done, 2, 1, 1) == []
    assert missing(done, 3, 0, 1) == []


def test_tasks_take_about_as_long_as_they_should():
    pace = Pace()
    assert pace.replicates() == 1
    pace.heard(20.0, 1)  # the first one compiled kernels
    for _ in range(4):
        pace.heard(0.01 * pace.replicates(), pace.replicates())
    assert 20 <= pace.replicates() <= 40
    plan = make_plan(evo.loads(STAG_HUNT))
    sizes = [sum(job.count for job in task) for task in tasks.tasks(plan, np.empty(0, np.int64), pace)]
    assert sum(sizes) == 35 and max(sizes) == pace.replicates()


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_are_at_least_one(workers):
    with pytest.raises(ValueError, match="workers must be at least 1"):
        evo.run(evo.loads(FLOW), workers=workers)


def test_who_prevails(whole):
    table = whole.who_prevails()
    assert list(table.columns) == [
        "part", "parameters.stag", "run.start", "strategy", "count", "of", "unit", "share", "low", "high", "mean_share",
    ]  # fmt: skip
    assert len(table) >= 10 and set(table["unit"]) == {"replicates"}
    assert table.groupby(["part", "parameters.stag", "run.start"])["count"].sum().eq(7).all()
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()
    flow = evo.run(evo.loads(FLOW)).who_prevails()
    assert set(flow["unit"]) == {"points"} and flow["low"].isna().all()
    assert sorted(set(flow["parameters.a"])) == [1, 2, 3]


def test_wilson_intervals():
    low, high = wilson(0, 20)  # Brown, Cai & DasGupta 2001: 0 of n gives (0, z^2/(n+z^2))
    assert low == 0 and high == pytest.approx(3.8414588 / 23.8414588)
    low, high = wilson(10, 20)
    assert (low, high) == pytest.approx((0.299298, 0.700702), abs=1e-6)


def test_lines_come_every_tenth(capsys):
    lines = Lines()
    progress = Progress(points=10, replicates=100)
    for done in range(101):
        progress.replicates_done = progress.points_done = done
        lines.running(progress)
    told = capsys.readouterr().err.splitlines()
    assert 9 <= len(told) <= 11 and told[-1].startswith("100 %: ")


@pytest.mark.parametrize("seconds, words", [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize("nodes", [7, 16, 100])
def test_measures_of_a_replicate_do_not_depend_on_what_is_measured_with_it(nodes):
    earned = np.random.default_rng(nodes).random((9, nodes))
    together, _ = gini_of(earned)
    alone = [gini_of(earned[row : row + 1])[0][0] for row in range(9)]
    threes = np.concatenate([gini_of(earned[row : row + 3])[0] for row in (0, 3, 6)])
    assert together.tolist() == alone == threes.tolist()

"""Replicates until an interval is narrow: the promise of its coverage, and which replicates are run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

import evo
from evo.estimates import estimates
from evo.precision import Precise, student, wilson

STAG_HUNT = """
parameters: {stag: 4}
strategies: [stag_hunter, hare_hunter]
game: {kind: matrix, payoffs: [[stag, 1], [3, 3]]}
population: {kind: well_mixed, size: 20}
dynamics: {kind: pairwise_comparison}
run: {generations: 30, replicates: {width: 0.3, at_least: 8, at_most: 512}, seed: 3, start: {stag_hunter: 0.6}}
sweep: {grid: {parameters.stag: [3, 4.5, 9]}}
measure: [prevailing, final_mix]
"""


def missing(rule: Precise, share: float, confidence: float) -> float:
    """The probability that the interval at which a rule stops misses the true share, exactly: the distribution of the
    count, look by look, of what has not stopped yet."""
    z, chances, done, missed = float(stats.norm.ppf((1 + confidence) / 2)), np.ones(1), 0, 0.0
    for look in rule.looks:
        fresh = stats.binom.pmf(np.arange(look - done + 1), look - done, share)
        chances, done = np.convolve(chances, fresh), look
        for count in range(look + 1):
            low, high = wilson(count, look, z)
            if high - low <= rule.width or look == rule.looks[-1]:
                missed += chances[count] * (not low <= share <= high)
                chances[count] = 0
    return missed


def test_intervals_are_those_of_scipy():
    for count, of in ((0, 8), (3, 17), (17, 17)):
        low, high = stats.binomtest(count, of).proportion_ci(0.95, method="wilson")
        assert wilson(count, of) == pytest.approx((low, high), abs=1e-12)
    values = np.array([1.0, 2.5, 4.0, 4.5])
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert student(values.mean(), values.std(ddof=1), 4, 0.9) == pytest.approx(tuple(expected))


@pytest.mark.parametrize("rule", [Precise(width=0.25, at_least=4, at_most=512), Precise(width=0.2)])
def test_looking_often_keeps_the_promise_and_naive_intervals_do_not(rule):
    shares = np.linspace(0.02, 0.5, 25)
    assert max(missing(rule, share, rule.each) for share in shares) < 0.05
    assert max(missing(rule, share, rule.confidence) for share in shares) > 0.06


def test_looks_double_up_to_the_last():
    rule = Precise(width=0.1, at_least=16, at_most=100)
    assert rule.looks == (16, 32, 64, 100)
    assert rule.each == pytest.approx(1 - 0.05 / 4)
    assert [rule.next_look(done) for done in (0, 16, 50, 100)] == [16, 32, 64, None]


def test_each_point_stops_at_the_first_look_that_is_narrow():
    experiment = evo.loads(STAG_HUNT)
    rule = experiment.run.replicates
    result = evo.run(experiment)
    fixed = evo.run(experiment.replace({"run.replicates": 512}))
    for point, rows in fixed.outcomes.groupby("point"):
        won = (rows["prevailing"] == "stag_hunter").to_numpy()
        ran = int((result.outcomes["point"] == point).sum())
        ends = [wilson(won[:look].sum(), look, stats.norm.ppf((1 + rule.each) / 2)) for look in rule.looks]
        narrow = [look for look, (low, high) in zip(rule.looks, ends, strict=True) if high - low <= rule.width]
        assert ran == min(narrow, default=512)
        same = result.outcomes.query(f"point == {point}")["prevailing"].to_numpy()
        assert (same == rows["prevailing"].to_numpy()[:ran]).all()
    table = result.precision()
    assert table["precise"].all() and (table["width"] <= 0.3).all()
    assert table["replicates"].tolist() == result.outcomes.groupby("point").size().tolist()


def test_a_mean_is_precise_too_and_the_cap_holds():
    text = STAG_HUNT.replace("width: 0.3", "width: 0.05, measure: final_mix.stag_hunter").replace("512", "32")
    result = evo.run(evo.loads(text))
    assert result.outcomes.groupby("point").size().max() == 32
    table = result.precision().set_index("point")
    for point, rows in result.outcomes.groupby("point"):
        values = rows["final_mix.stag_hunter"]
        assert table.loc[point, "estimate"] == pytest.approx(values.mean())
    assert not table["precise"].all()


def test_where_nothing_is_random_one_replicate_is_run():
    text = STAG_HUNT.replace("{kind: well_mixed, size: 20}", "{kind: infinite}").replace(
        "pairwise_comparison", "replicator"
    )
    assert len(evo.run(evo.loads(text)).outcomes) == 3


def test_a_narrower_interval_goes_on_from_what_is_there(tmp_path):
    experiment = evo.loads(STAG_HUNT)
    evo.run(experiment, out=tmp_path / "run")
    with pytest.raises(evo.FolderError, match="another experiment"):
        evo.run(experiment.replace({"run.replicates.measure": "final_mix"}), out=tmp_path / "run", resume=True)
    with pytest.raises(evo.FolderError, match="ask for as many or more"):
        evo.run(experiment.replace({"run.replicates.at_most": 256}), out=tmp_path / "run", resume=True)
    more = experiment.replace({"run.replicates.at_most": 1024})
    evo.run(more, out=tmp_path / "run", resume=True)
    evo.run(more, out=tmp_path / "fresh")
    assert (tmp_path / "run/outcomes.parquet").read_bytes() == (tmp_path / "fresh/outcomes.parquet").read_bytes()


def test_estimates_of_columns():
    table = pa.table({"point": [0, 0, 0, 2], "word": ["b", None, "a", "a"], "number": [1.0, 2.0, None, 5.0]})
    words = estimates(table, "word", 3)
    assert words.outcomes == ("(none)", "a", "b")
    assert words.counts.tolist() == [[1, 1, 1], [0, 0, 0], [0, 1, 0]]
    numbers = estimates(table, "number", 3)
    assert numbers.of.tolist() == [2, 0, 1] and numbers.mean[0] == 1.5
    assert numbers.deviation[0] == pytest.approx(np.std([1, 2], ddof=1))
    assert numbers.interval(2, Precise(width=1)).width == np.inf


@pytest.mark.parametrize(
    "text, words",
    [
        ("{width: 0.3, measure: prevaling}", "did you mean 'prevailing'?"),
        ("{width: 0.3, at_least: 9, at_most: 8}", "is less than at_least, 9"),
        ("{width: 0}", "must be greater than 0"),
        ("{measure: prevailing}", "width"),
    ],
)
def test_a_wrong_rule_is_refused(text, words):
    config = STAG_HUNT.replace("{width: 0.3, at_least: 8, at_most: 512}", text)
    with pytest.raises(evo.ConfigError) as refused:
        evo.run(evo.loads(config))
    assert words in str(refused.value) and "run.replicates" in str(refused.value)

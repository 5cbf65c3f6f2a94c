"""The price list: what stands in it is what the outcomes say, and it is readable."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.lines import Line2D
from test_exact_plots import LONG, marked, words_of
from test_plots import _assert_readable, result_of

import evo
from evo import plots
from evo.plots.page import PictureError
from evo.precision import student, wilson
from evo.shifts import trials


def asked(**changes):
    seed = {"kind": "seed", "at": 1, "size": 0.2, "to": "stag"}
    subsidy = {"kind": "subsidy", "at": 1, "lasts": 5, "size": 1, "to": "stag"}
    change = {"kind": "change", "at": 1, "size": 0.2, "set": {"mutation.rate": "size"}}
    data = {
        "title": "Shifts",
        "strategies": {"stag": {}, "hare": {}},
        "game": {"kind": "matrix", "payoffs": [[4, 0], [3, 2]]},
        "dynamics": {"kind": "pairwise_comparison"},
        "population": {"kind": "well_mixed", "size": 20},
        "run": {"generations": 20, "replicates": 10, "start": {"hare": 1}},
        "interventions": [seed],
        "sweep": [
            {"name": "subsidy", "set": {"interventions": [subsidy]}, "grid": {"interventions.0.size": [1, 2, 3]}},
            {"name": "seed", "grid": {"interventions.0.size": [0.1, 0.5]}},
            {"name": "noise", "set": {"interventions": [change]}, "grid": {"interventions.0.size": [0.1, 0.5]}},
        ],
        "measure": ["cost", {"kind": "time_to_tip", "strategy": "stag", "level": 0.8}],
    }
    return evo.Experiment.model_validate(data | changes)


COLUMN = "time_to_tip.stag.level_0.8"


def outcomes(tipped, cost):
    """A table with so many of ten replicates that tip at each point, costs spread by a tenth."""
    rows = [
        (point, r, cost[point] * (1 + (r - 4.5) / 45), 7.0 if r < tipped[point] else np.nan)
        for point in range(len(tipped))
        for r in range(10)
    ]
    return pd.DataFrame(rows, columns=["point", "replicate", "cost", COLUMN])


def test_the_cheapest_that_tips_stands_first_with_its_size_and_price():
    table = outcomes([0, 5, 10, 1, 9, 0, 6], [1, 2, 4, 0.1, 0.5, 0, 0])
    figure = plots.prices(result_of(asked(), table))
    labels = [ax.get_ylabel() for ax in figure.axes]
    assert labels == ["seed", "subsidy"]
    least = [text.get_text() for text in marked(figure, "least")]
    assert least == ["size 0.5\ncosts 0.5", "size 3\ncosts 4"]
    dots = [
        (*np.ravel(dot.get_data()).tolist(), dot.get_gid())
        for dot in marked(figure, "", Line2D)
        if dot.get_marker() == "o"
    ]
    none, tips, half = "does not tip", "tips", "cannot tell"
    expected = [(0.1, 0.1, none), (0.5, 0.9, tips), (1, 0, none), (2, 0.5, half), (4, 1, tips)]
    assert [pytest.approx(each[:2]) for each in expected] == [each[:2] for each in dots]
    assert [each[2] for each in expected] == [each[2] for each in dots]
    [bars] = [bars for bars in figure.axes[0].collections if bars.get_gid() == "interval of the share"]
    assert bars.get_segments()[1][:, 1] == pytest.approx(wilson(9, 10))
    [bars] = [bars for bars in figure.axes[0].collections if bars.get_gid() == "interval of the price"]
    costs = table.loc[table["point"] == 4, "cost"]
    assert bars.get_segments()[1][:, 0] == pytest.approx(student(costs.mean(), costs.std(), 10, 0.95))
    words = " ".join(words_of(figure))
    assert "Without a price: noise (cannot tell)." in words and "stag reaches 80\xa0%" in words
    _assert_readable(figure)


def test_the_picture_says_what_the_sentences_say():
    """A seed of 0.5 tips, but is lost again: nine times it came to the level, once it is there at the end."""
    table = outcomes([0, 5, 10, 1, 9, 0, 6], [1, 2, 4, 0.1, 0.5, 0, 0])
    table["final_mix.stag"] = np.where(table["point"].isin([3, 4]) & (table["replicate"] > 0), 0.0, 1.0)
    result = result_of(asked(), table)
    verdicts = {trial.part: trial.smallest for trial in trials(result)}
    assert verdicts["seed"] is None and verdicts["subsidy"].size == 3
    assert [text.get_text() for text in marked(plots.prices(result), "least")] == ["size 3\ncosts 4", "does not tip"]


def test_a_real_run_of_flows_and_long_names():
    strategies = {"stag": {"label": LONG}, "hare": {}}
    parts = [{**part.model_dump(exclude_defaults=True), "name": f"{LONG} {k}"} for k, part in enumerate(asked().sweep)]
    flow = {"population": {"kind": "infinite"}, "dynamics": {"kind": "replicator"}, "sweep": parts[:2]}
    run = {"generations": 20, "start": {"hare": 0.9}}
    result = evo.run(asked(strategies=strategies, run=run, plots=["prices"], **flow), progress=False)
    figure = plots.prices(result)
    assert len(figure.axes) == 2
    page = evo.report.html(result)
    assert "At what price" in page and re.search(
        r'alt="Price list of interventions: [^"]*wait and see 0: (size|does not) [^"]*"', page
    )
    _assert_readable(figure)


@pytest.mark.parametrize(
    "changes, options, words",
    [
        ({"measure": ["cost"]}, {}, "add `cost` and `{kind: time_to_tip, strategy: NAME}` to the config's `measure`"),
        ({}, {"strategy": "hare"}, "add `cost` and `{kind: time_to_tip, strategy: hare}`"),
        ({}, {"part": "noise"}, "no intervention of this run has a price: state one, `price: size`"),
        ({}, {"part": "nose"}, "the sweep has no part 'nose'"),
    ],
)
def test_refusals_say_what_would_be_right(changes, options, words):
    result = result_of(asked(**changes), outcomes([0, 5, 10, 1, 9, 0, 6], [1, 2, 4, 0.1, 0.5, 0, 0]))
    with pytest.raises(PictureError, match=re.escape(words)):
        plots.prices(result, **options)


# ---- the critical dose over a number


def doses(hares, **changes):
    hunt = evo.load("configs/stag_hunt.yaml").replace({"run.start": {"gather": 1}, **changes})
    target = evo.tipping.Target("hunt", horizon=100)
    at = [hunt.replace({"parameters.hare": hare}) for hare in hares]
    return [evo.tipping.critical(each, by="seed", target=target, scan=9) for each in at]


def test_the_curve_of_the_stag_hunt_is_that_of_its_rest_points():
    """Hunters earn 4x, the others a constant: it takes a share of hare/4."""
    figure = plots.critical_curve(doses([3, 1, 2]), "parameters.hare")
    [line], [theory] = marked(figure, "dose", Line2D), marked(figure, "theory", Line2D)
    assert line.get_xdata() == pytest.approx([1, 2, 3])
    assert line.get_ydata() == pytest.approx([0.25, 0.5, 0.75], abs=1e-3)
    assert theory.get_ydata() == pytest.approx([0.25, 0.5, 0.75])
    _assert_readable(figure)


def test_where_none_is_needed_and_where_none_helps():
    started = {"run.start": {"hunt": 0.3}, "mutation": {"rate": 0.01}}
    figure = plots.critical_curve(doses([5, 0.5, 2, 3], **started), "parameters.hare")
    [line], [none], [grey] = (marked(figure, gid) for gid in ("dose", "none needed", "not reached"))
    assert line.get_ydata()[1:3] == pytest.approx([0.2, 0.45], abs=0.04) and np.isnan(line.get_ydata()[[0, 3]]).all()
    assert none.get_xdata() == pytest.approx([0.5]) and grey.get_x() == 4 and grey.get_width() == 1
    assert not marked(figure, "theory")  # which is a share, and some hunt already
    _assert_readable(figure)


def test_the_curve_with_chance_has_intervals_and_a_band():
    hunt = evo.load("configs/stag_hunt.yaml").replace(
        {
            "run.start": {"gather": 1},
            "run.until": "generations",
            "population": {"kind": "well_mixed", "size": 20},
            "dynamics": {"kind": "pairwise_comparison"},
        }
    )
    at = [hunt.replace({"parameters.hare": hare}) for hare in (1, 3)]
    target, budget = evo.tipping.Target("hunt", horizon=20), evo.tipping.Budget(most=100)
    found = [evo.tipping.critical(each, by="seed", target=target, budget=budget) for each in at]
    figure = plots.critical_curve(found, "parameters.hare")
    [bars] = marked(figure, "interval")
    for one, segment in zip(found, bars.get_segments(), strict=True):
        assert segment[:, 1] == pytest.approx([one.least.middle.low, one.least.middle.high])
    [band] = marked(figure, "band")
    assert {tuple(point) for point in band.get_paths()[0].vertices.round(9)} >= {
        (hare, round(each.amount, 9))
        for hare, one in zip((1, 3), found, strict=True)
        for each in (one.least.crossings[0], one.least.crossings[-1])
        if each.outcome == "found"
    }
    _assert_readable(figure)


def test_what_is_no_curve_is_refused():
    found = doses([1, 2])
    with pytest.raises(PictureError, match="two values or more, and here are 1"):
        plots.critical_curve(found[:1], "parameters.hare")
    with pytest.raises(PictureError, match=r"parameters\.stag has the same value in two"):
        plots.critical_curve(found, "parameters.stag")
    with pytest.raises(PictureError, match="game is no number"):
        plots.critical_curve(found, "game")
    other = evo.tipping.critical(found[0].experiment, by="seed", target=evo.tipping.Target("hunt", horizon=50), scan=9)
    with pytest.raises(PictureError, match="ask for different things"):
        plots.critical_curve([found[0], other], "parameters.hare")

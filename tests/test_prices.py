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
from evo.plots.intervals import mean_interval
from evo.plots.page import PictureError
from evo.plots.prices import _mean


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
    assert least == ["size 0.5\ncosts 0.5", "size 2\ncosts 2"]
    dots = [
        (*np.ravel(dot.get_data()).tolist(), dot.get_gid())
        for dot in marked(figure, "", Line2D)
        if dot.get_marker() == "o"
    ]
    none, tips = "does not tip", "tips"
    expected = [(0.1, 0.1, none), (0.5, 0.9, tips), (1, 0, none), (2, 0.5, tips), (4, 1, tips)]
    assert [pytest.approx(each[:2]) for each in expected] == [each[:2] for each in dots]
    assert [each[2] for each in expected] == [each[2] for each in dots]
    [bars] = [bars for bars in figure.axes[0].collections if bars.get_gid() == "interval of the share"]
    _, low, high = mean_interval(np.array([1.0] * 9 + [0.0])[:, None])
    assert bars.get_segments()[1][:, 1] == pytest.approx([low[0], high[0]])
    words = " ".join(words_of(figure))
    assert "Without a price: noise (size 0.5)." in words and "stag reaches 80\xa0%" in words
    _assert_readable(figure)


def test_prices_have_intervals_of_means():
    mean, low, high = _mean(np.array([1.0, 2, 3, 4]))
    assert (mean, high - mean) == pytest.approx((2.5, 3.182446 * np.sqrt(5 / 3) / 2)) and mean - low == pytest.approx(
        high - mean
    )
    assert _mean(np.array([3.0])) == (3, 3, 3)


def test_a_real_run_of_flows_and_long_names():
    strategies = {"stag": {"label": LONG}, "hare": {}}
    parts = [{**part.model_dump(exclude_defaults=True), "name": f"{LONG} {k}"} for k, part in enumerate(asked().sweep)]
    flow = {"population": {"kind": "infinite"}, "dynamics": {"kind": "replicator"}, "sweep": parts[:2]}
    run = {"generations": 20, "start": {"hare": 0.9}}
    result = evo.run(asked(strategies=strategies, run=run, plots=["prices"], **flow), progress=False)
    figure = plots.prices(result)
    assert len(figure.axes) == 2
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

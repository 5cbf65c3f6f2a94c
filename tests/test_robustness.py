"""Robustness: shares and breaks against a threshold that is known: hunters of stags prevail iff their share exceeds hare/stag."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import evo
from evo.robustness import designed, findings

HUNT = Path(__file__).parent.parent / "configs" / "stag_hunt.yaml"


@pytest.fixture(scope="module")
def hunt():
    data = evo.load(HUNT).data
    data["parameters"] = {"stag": 4, "hare": {"value": 2, "range": [0, 4]}, "conformity": 1}
    data["run"]["start"] = {"hunt": 0.62}
    return evo.Experiment.model_validate({**data, "sweep": [], "plots": []})


def test_the_share_of_the_space_and_what_breaks_it(hunt):
    study = designed(hunt, samples=60, steps=10, spread=0)
    (found,) = findings(study, evo.run(study.experiment, progress=False, workers=1))
    assert found.winner == "hunt"
    low, high = found.interval
    assert low < 0.62 < high  # hare below 2.48 of 0 to 4
    assert abs(found.holds - 37) <= 1  # a Latin hypercube has a point in each sixtieth
    (broken,) = found.breaks
    assert (broken.last, broken.value, broken.winner) == (pytest.approx(2.4), pytest.approx(2.6), "gather")


def test_what_is_set_does_not_vary_and_kinds_of_assortment_do():
    shift = evo.load(HUNT.parent / "big_shift.yaml")
    study = designed(shift, samples=10, parts=["map"])
    assert [one.settings["run.start"] for one in study.conclusions] == [{"command": 0.97}, {"collaborate": 0.97}, {}]
    paths = [axis.path for axis in study.axes[0]]
    assert "population.assortment_kind" in paths and "parameters.chi" in paths and "run.start" not in paths
    kinds = {point.settings["population.assortment_kind"] for point in study.experiment.points()}
    assert kinds == {"focal", "founder"}
    held = {axis.path: (axis.low, axis.high) for axis in study.axes[0]}
    assert held["parameters.chi"] == (0.02, 1) and held["parameters.kappa"] == pytest.approx((0.2, 0.3))
    assert np.isclose(study.experiment.point(0).settings["parameters.chi"], 0.3)


def test_measures_of_the_config_stay(hunt):
    """A run of as many replicates as a measure needs still has that measure."""
    precise = {"measure": "final_mix", "width": 0.5, "at_least": 2, "at_most": 2}
    study = designed(
        hunt.replace({"run.replicates": precise, "measure": ["prevailing", "final_mix"]}), samples=4, steps=1
    )
    assert [measure.kind for measure in study.experiment.measure] == ["prevailing", "final_mix"]


class Told:
    """What a run says: who prevails at each point that did not fail."""

    def __init__(self, winners):
        self.outcomes = {"point": np.array(list(winners)), "prevailing": np.array(list(winners.values()), dtype=object)}


def test_where_every_sample_failed_there_is_no_share(hunt):
    study = designed(hunt, samples=3, steps=2, spread=0)
    with pytest.raises(evo.ConfigError, match="failed at every sample"):
        findings(study, Told({0: "hunt"}))


def test_a_conclusion_is_not_said_to_hold_where_the_run_failed(hunt):
    """Steps of hare, from 2: 1.5, 2.5, 1, 3, 0.5, 3.5, 0, 4; at 2.5 nothing is known, at 3 it is broken."""
    study = designed(hunt, samples=1, steps=4, spread=0)
    alone = dict(enumerate(["hunt", None, "hunt", "gather", "hunt", "gather", "hunt", "gather"], start=2))
    told = {0: "hunt", 1: "hunt"} | {point: name for point, name in alone.items() if name is not None}
    (found,) = findings(study, Told(told))
    (broken,) = found.breaks
    assert (broken.last, broken.value) == (2, 3)


def test_refused(hunt):
    with pytest.raises(evo.ConfigError, match="no part is called"):
        designed(hunt, parts=["nothing"])
    with pytest.raises(evo.ConfigError, match="who prevails"):
        designed(hunt.replace({"measure": ["final_mix"], "plots": []}))

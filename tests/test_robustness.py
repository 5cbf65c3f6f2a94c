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


def test_refused(hunt):
    with pytest.raises(evo.ConfigError, match="no part is called"):
        designed(hunt, parts=["nothing"])
    with pytest.raises(evo.ConfigError, match="who prevails"):
        designed(hunt.replace({"measure": ["final_mix"], "plots": []}))

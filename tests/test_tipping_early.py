"""Early warnings: measures against closed forms, and what they tell of ramps to a fold."""

import numpy as np
import pytest
from tipping_models import finite_hunt, stag_hunt

import evo
from evo.tipping import early_warnings
from evo.tipping.early import RECORDS, Warnings, _measures


def test_measures_of_a_known_process():
    """x <- r x + noise has variance s^2/(1 - r^2), autocorrelation r and return time -1/log r."""
    rng = np.random.default_rng(2)
    series = np.zeros(40_000)
    for k in range(1, len(series)):
        series[k] = 0.8 * series[k - 1] + rng.normal()
    variance, memory, back = _measures(series, 0.5)[0]
    assert (variance, memory) == pytest.approx((1 / (1 - 0.64), 0.8), rel=0.05)
    assert back == pytest.approx(-0.5 / np.log(0.8), rel=0.1)


def test_area_below_the_curve():
    """Of two normal samples a unit apart: Phi(1/sqrt 2) = 0.760; it is the area below the curve that is drawn."""
    rng = np.random.default_rng(3)
    trends, controls = rng.normal(1, 1, (800, 3)), rng.normal(0, 1, (800, 3))
    found = Warnings("p", 0.0, trends, controls, (0.0, 0.0), np.zeros((1, 2)))
    area, se = found.area("variance")
    assert abs(area - 0.7602) < 4 * se < 0.06
    curve = found.roc("variance")
    assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(area, abs=1e-3)


def test_a_fold_is_announced():
    """The hare's state slows down until its fold: variance rises before it, and not where nothing is led."""
    experiment = finite_hunt(400).replace({"mutation": {"rate": 0.05, "to": "any"}})
    found = early_warnings(experiment, "parameters.h", first=3, last=0, generations=RECORDS, replicates=12)
    assert 0 < found.fold < 1.5
    assert found.slowing[-1, 1] > 3 * found.slowing[0, 1]  # by theory the return takes longer and longer
    area, se = found.area("variance")
    assert area > 0.5 + 2 * se
    assert found.frame["trend"].iloc[0] > 0.3 > abs(found.frame["trend without fold"].iloc[0])


def test_refused():
    with pytest.raises(evo.ConfigError, match="finite, well-mixed"):
        early_warnings(stag_hunt(), "parameters.h", first=1, last=0)
    experiment = finite_hunt(100).replace({"mutation": {"rate": 0.05, "to": "any"}})
    with pytest.raises(evo.ConfigError, match="has no fold"):
        early_warnings(experiment, "parameters.h", first=3, last=2.5, generations=50)

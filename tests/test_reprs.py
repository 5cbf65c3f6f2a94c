"""How things show themselves: short on a terminal, a table in a notebook, whatever a config says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import evo
from evo._reprs import short
from evo.dynamics import Moran
from evo.selection import Selection

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.fixture(scope="module")
def experiment() -> evo.Experiment:
    return evo.load(CONFIGS / "hawk_dove.yaml")


def test_experiments_and_models_in_a_line(experiment: evo.Experiment) -> None:
    line = "2 strategies: hawk, dove; matrix game; well mixed population of 100; pairwise comparison"
    assert repr(experiment.model) == f"<Model: {line}>"
    assert repr(experiment) == f"<Experiment Hawk and dove: {line}; 300 generations × 32 replicates; 7 points>"


def test_parts_tell_what_is_not_at_its_default() -> None:
    assert repr(Moran()) == "Moran()" and repr(Selection()) == "Selection()"
    assert repr(Selection(intensity=0.5)) == "Selection(intensity=0.5)"
    assert "0.5" in Selection(intensity=0.5)._repr_html_()


def test_what_is_said_is_text_in_notebooks(experiment: evo.Experiment) -> None:
    hostile = experiment.replace(
        {"title": "<script>alert(1)</script>", "strategies": {"hawk": {"label": "<b>h</b>"}, "dove": {}}}
    )
    for thing in (hostile, hostile.model):
        html = thing._repr_html_()
        assert "<script>" not in html and "<b>" not in html and "&lt;b&gt;h" in html
    alone = {key: value for key, value in hostile.data.items() if key not in ("sweep", "plots")}
    result = evo.run(evo.Experiment.model_validate(alone), replicates=2, progress=False, workers=1)
    html = result._repr_html_()
    assert "<script>" not in html and "hawk" in html and "<b>" not in html


def test_exact_results_are_short_and_have_their_tables(experiment: evo.Experiment) -> None:
    flow = experiment.replace({"population": {"kind": "infinite"}}).model
    points = evo.exact.rest_points(flow)
    assert len(repr(points)) < 600 and "stability" in points._repr_html_()
    found = evo.exact.stationary(experiment.model)
    assert repr(found).startswith("Stationary(method=") and len(repr(found)) < 300
    assert "<table>" in found._repr_html_() and "residual" in found._repr_html_()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((3, 4)), "<3 x 4 numbers>"),
        (np.array([0.5, 1 / 3]), "(0.5, 0.333333)"),
        (np.float64(2.0), "2"),
        (True, "True"),
        (None, "None"),
        (tuple(range(9)), "(0, 1, 2, 3, 4, 5, … 3 more)"),
        ({"a": 1.23456789}, "{a: 1.23457}"),
        ("x" * 80, "x" * 59 + "…"),
        (float("inf"), "inf"),
        (12345678, "12345678"),
    ],
)
def test_values_in_a_few_letters(value: object, words: str) -> None:
    assert short(value) == words

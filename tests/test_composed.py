"""Pictures in axes of the reader's own figure: one panel each, the same drawing, legends below, the figure theirs."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.lines import Line2D
from test_exact_plots import COORDINATION, marked
from test_plots import GRID, _assert_readable, _random_result, experiment
from test_prices import doses

import evo
from evo import exact, plots
from evo.plots.page import PictureError
from evo.tipping import levers, ramp


@pytest.fixture
def ours():
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained")
    yield figure, axes
    plt.close(figure)


HUNT = {
    "strategies": ["stag", "hare"],
    "parameters": {"safe": {"value": 3, "range": [0, 4]}},
    "game": {"kind": "matrix", "payoffs": [[4, 0], ["safe", "safe"]]},
    "dynamics": {"kind": "replicator"},
    "run": {"generations": 50},
}


def hunt(**changes):
    return evo.Experiment.model_validate(HUNT | changes)


def finite(number):
    return hunt(
        strategies=[f"s{k}" for k in range(number)],
        game={"kind": "matrix", "payoffs": (2 * np.eye(number)).tolist()},
        population={"kind": "well_mixed", "size": 12},
        dynamics={"kind": "moran"},
        mutation={"rate": 0.05},
    ).model


def one_map():
    return _random_result(experiment(sweep={"grid": GRID}), 4)


def along_b():
    return _random_result(experiment(sweep={"grid": {"parameters.b": [0, 1, 2, 3]}}), 6)


def there_and_back():
    moved = {"mutation": {"rate": 0.01}, "dynamics": {"kind": "replicator_mutator"}}
    started = hunt(run={"generations": 50, "start": {"hare": 1}}, **moved)
    way = {"first": 3.5, "last": 0.1, "rate": 0.2, "rest": 20, "observable": "stag", "slower": False}
    return ramp(started, "parameters.safe", **way)


DRAWN = {
    "prevail": lambda ax: plots.prevail(one_map(), ax=ax),
    "compare": lambda ax: plots.compare(along_b(), ax=ax),
    "paths": lambda ax: plots.paths(evo.simulate(hunt().model, generations=5, start={"stag": 0.8}), ax=ax),
    "mix": lambda ax: plots.mix(evo.simulate(hunt().model, generations=5, start={"stag": 0.8}), ax=ax),
    "simplex": lambda ax: plots.simplex(
        hunt(strategies=["a", "b", "c"], game={"kind": "matrix", "payoffs": COORDINATION}).model, ax=ax
    ),
    "gradient": lambda ax: plots.gradient(hunt(), exact.gradient_of_selection(hunt().model), ax=ax),
    "stationary of three": lambda ax: plots.stationary(finite(3), exact.stationary(finite(3)), ax=ax),
    "stationary of two": lambda ax: plots.stationary(finite(2), exact.stationary(finite(2)), ax=ax),
    "invasion": lambda ax: plots.invasion(finite(3), exact.invasion_graph(finite(3)), ax=ax),
    "bifurcation": lambda ax: plots.bifurcation(
        hunt(), exact.continuation(hunt(), "parameters.safe", low=0.5, high=3.5), ax=ax
    ),
    "critical_curve": lambda ax: plots.critical_curve(doses([1, 3]), "parameters.hare", ax=ax),
    "dose_response": lambda ax: plots.dose_response(doses([1])[0], ax=ax),
    "levers": lambda ax: plots.levers(levers(doses([1])[0], paths=["parameters.hare", "parameters.stag"]), ax=ax),
    "loop": lambda ax: plots.loop(there_and_back(), ax=ax),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_stands_in_the_axes_it_is_given(name, ours):
    figure, (left, right) = ours
    before = dict(mpl.rcParams)
    drawn = DRAWN[name](right)
    assert drawn is figure and not left.has_data() and dict(mpl.rcParams) == before
    assert right.has_data() or right.patches or right.collections
    _assert_readable(figure)


def test_it_is_the_same_drawing(ours):
    _, (left, right) = ours
    result = one_map()
    plots.prevail(result, ax=left)
    alone = plots.prevail(result).findobj(QuadMesh)[0]
    assert np.array_equal(left.findobj(QuadMesh)[0].get_array(), alone.get_array())
    plots.gradient(hunt(), exact.gradient_of_selection(hunt().model), ax=right)
    roots = [line.get_xdata()[0] for line in marked(right.figure, "root: ", Line2D)]
    assert roots == pytest.approx([0, 0.75, 1])


def test_more_panels_than_one_are_refused(ours):
    figure, (left, _) = ours
    four = hunt(strategies=list("abcd"), game={"kind": "matrix", "payoffs": np.eye(4).tolist()}).model
    with pytest.raises(PictureError, match="this picture has 2 panels and is given one Axes: leave `ax` out"):
        plots.simplex(four, ax=left)
    with pytest.raises(PictureError, match=r"not a picture of evo\.plots alone"):
        plots.save(figure, "x")

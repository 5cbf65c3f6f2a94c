"""Pictures with long names: no text is cut, none overlaps another. (Of results: test_plots; of theory: test_exact_plots.)"""

import pytest
from test_exact_plots import LONG
from test_plots import _assert_readable

import evo
from evo import plots
from evo.tipping import Budget, Target, critical, levers, ramp

SAFE = "what those earn who would rather not depend on what anybody else may do or leave undone"
HUNT = {
    "title": "What it takes to go for the larger prize together, told at some length",
    "strategies": {"stag": {"label": f"{LONG} together"}, "hare": {"label": f"{LONG} alone"}},
    "parameters": {
        "safe": {"value": 3, "range": [0, 4], "unit": "payoff per hunt", "label": SAFE},
        "prize": {"value": 4, "label": f"{SAFE}, and more"},
        "mu": {"value": 0.01, "label": "exploration"},
    },
    "game": {"kind": "matrix", "payoffs": [["prize", 0], ["safe", "safe"]]},
    "mutation": {"rate": "mu"},
    "dynamics": {"kind": "replicator_mutator"},
    "run": {"generations": 40, "start": {"hare": 1}},
}
CROWD = {"population": {"kind": "well_mixed", "size": 20}, "dynamics": {"kind": "pairwise_comparison"}}
COMMONS = {
    "environment": {"safe": {"kind": "feedback", "start": 2, "rate": "0.1*safe*(4 - safe)*(x_stag - x_hare)"}},
    "mutation": {"rate": 0},
    "dynamics": {"kind": "replicator"},
}
TARGET = Target("stag", horizon=30)


def hunt(**changes):
    return evo.Experiment.model_validate(HUNT | changes)


def dose(asked):
    return critical(asked, by="seed", target=TARGET, scan=9, budget=Budget(most=60))


def along():
    return [dose(hunt().replace({"parameters.safe": value})) for value in (1, 3)]


PICTURES = {
    "dose with chance": lambda: plots.dose_response(dose(hunt(**CROWD))),
    "dose without": lambda: plots.dose_response(dose(hunt())),
    "dose both ways": lambda: plots.dose_response(critical(hunt(), by="parameters.safe", target=TARGET, scan=9)),
    "critical_curve": lambda: plots.critical_curve(along(), "parameters.safe"),
    "levers": lambda: plots.levers(levers(dose(hunt()), paths=["parameters.safe", "parameters.prize"])),
    "loop": lambda: plots.loop(ramp(hunt(), "parameters.safe", first=3.5, last=0.1, rate=0.2, rest=20, slower=False)),
    "phase_plane": lambda: plots.phase_plane(hunt(**COMMONS)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_cut_or_overlaps(name):
    _assert_readable(PICTURES[name]())

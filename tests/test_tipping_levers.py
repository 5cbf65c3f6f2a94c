"""Levers: derivatives of the critical dose against closed forms and against searches beside."""

import numpy as np
import pytest
from test_tipping import CONFIGS
from tipping_models import experiment_of, finite_hunt, stag_hunt

import evo
from evo.tipping import Budget, Target, critical, levers
from evo.tipping.folds import fold_beside
from evo.tipping.sensitivity import lever_of


def test_a_threshold_in_closed_form():
    """x* = h/s: derivatives 1/s and -h/s^2, elasticities 1 and -1; raising h pays today and delays the shift."""
    found = levers(
        critical(stag_hunt(), target=Target("stag", horizon=60)), prices={"parameters.h": 2, "parameters.s": 1}
    )
    by = {effect.path: effect for effect in found.effects}
    assert by["parameters.h"].critical == pytest.approx(1 / 4, abs=1e-6)
    assert by["parameters.s"].critical == pytest.approx(-1 / 16, abs=1e-6)
    assert [found.elasticity(by[f"parameters.{name}"]) for name in "hs"] == pytest.approx([1, -1], abs=1e-5)
    assert by["parameters.h"].welfare == pytest.approx(1) and found.perverse(by["parameters.h"])
    assert not found.perverse(by["parameters.s"]) and found.easier(by["parameters.s"]) == "up"
    assert list(found.frame["lever"]) == ["parameters.h", "parameters.s"]  # 1/8 and 1/16 per unit of price


def test_with_a_horizon_that_counts():
    """The seed that reaches one half at T = 12: by searches beside."""
    target = Target("stag", horizon=12)
    found = levers(critical(stag_hunt(), target=target))
    for effect in found.effects:
        step = 1e-3
        beside = [
            critical(stag_hunt().replace({effect.path: effect.value + way * step}), target=target).amount
            for way in (1, -1)
        ]
        assert effect.critical == pytest.approx((beside[0] - beside[1]) / (2 * step), rel=1e-4)


def test_levers_of_the_flagship():
    """Cutting the details delays the shift; cutting friction brings it nearer; both as a search beside says."""
    shift = evo.load(CONFIGS / "big_shift.yaml").replace({"parameters.chi": 0.2, "parameters.omega": 0.3})
    shift = shift.replace({"run.start": {"command": 1}})
    found = critical(shift, target=Target("collaborate"), scan=11)
    made = levers(found, paths=["parameters.details", "parameters.chi", "parameters.B"])
    by = {effect.path.removeprefix("parameters."): effect for effect in made.effects}
    assert made.perverse(by["details"]) and made.easier(by["details"]) == "up"
    assert not made.perverse(by["chi"]) and made.easier(by["chi"]) == "down"
    assert np.isnan(made.elasticity(by["B"])) and made.frame["lever"].iloc[-1] == "parameters.B"
    step = 0.05
    beside = [
        critical(shift.replace({"parameters.details": 10 + way * step}), target=Target("collaborate"), scan=11).amount
        for way in (1, -1)
    ]
    assert by["details"].critical == pytest.approx((beside[0] - beside[1]) / (2 * step), rel=1e-3)


def test_the_derivative_diverges_at_a_fold():
    """x' = (p - p_f + (x - 1/2)^2) x (1-x) has its saddle at 1/2 + sqrt(p_f - p)."""
    experiment = experiment_of(
        ["up", "down"],
        {"up": "p - 0.2 + (x_up - 0.5)**2", "down": "0"},
        parameters={"p": {"value": 0.198, "range": [0, 1]}},
        start={"down": 1.0},
    )

    def fold(value):
        moved = experiment.replace({"parameters.p": value})
        root = (0.2 - value) ** 0.5
        return fold_beside(
            evo.exact.field_of(moved.model),
            lever_of(moved, "parameters.p"),
            np.array([0.51 + root, 0.49 - root]),
            1.0,
            lambda at: evo.exact.field_of(experiment.replace({"parameters.p": at}).model),
        )

    assert fold(0.198) == pytest.approx(0.2, abs=3e-4)
    assert np.isnan(fold(0.05))


def test_with_chance_by_regression():
    """Signs and sizes as those of the flow, whose threshold is h/s."""
    found = critical(finite_hunt(60), target=Target("stag", horizon=40, hold=0), budget=Budget(width=0.1, most=800))
    made = levers(found, runs=1500)
    by = {effect.path: effect for effect in made.effects}
    for path, slope in (("parameters.h", 1 / 4), ("parameters.s", -1 / 16)):
        assert abs(by[path].critical - slope) < 3 * by[path].se + 0.3 * abs(slope)
        assert by[path].se > 0


def test_without_a_flow_in_a_still_environment_by_differences():
    """An environment that moves, but so little that the threshold stays h/s."""
    still = {"g": {"kind": "periodic", "mean": 0, "amplitude": 1e-9, "period": 10}}
    moving = experiment_of(
        ["stag", "hare"],
        {"stag": "s*(k_stag - 1) + g", "hare": "h"},
        parameters={"s": 4, "h": 1},
        start={"hare": 1.0},
        environment=still,
    )
    made = levers(critical(moving, target=Target("stag", horizon=60)), paths=["parameters.h"])
    assert made.method.startswith("differences")
    assert made.effects[0].critical == pytest.approx(1 / 4, abs=1e-4)


def test_refused():
    with pytest.raises(evo.ConfigError, match="no critical dose"):
        levers(critical(stag_hunt().replace({"run.start": {"stag": 0.4}}), target=Target("stag", horizon=60)))
    found = critical(stag_hunt(), target=Target("stag", horizon=60), scan=5)
    with pytest.raises(evo.ConfigError, match="is the price of no lever"):
        levers(found, prices={"parameters.x": 1})

"""Ramps, loops and the pace: the flagship's hysteresis, a loop integrated another way, and a critical rate in closed form."""

import numpy as np
import pytest
from test_tipping import CONFIGS
from tipping_models import drifting, experiment_of, stag_hunt

import evo
from evo.tipping import overshoot, ramp, rate_tipping
from evo.tipping.leading import lead, value_along


def shift(**parameters):
    loaded = evo.load(CONFIGS / "big_shift.yaml")
    return loaded.replace({f"parameters.{name}": value for name, value in parameters.items()})


@pytest.mark.parametrize(("chi", "closed"), [(0.1, False), (0.9, True)])
def test_turbulence_up_and_down(chi, closed):
    """At low friction the shift does not come back, at high friction command returns."""
    found = ramp(shift(chi=chi), "parameters.omega", first=0.05, last=1.2, rate=0.004, rest=200, slower=False)
    assert found.closed == closed
    assert found.observable in ("command", "collaborate" if chi < 0.5 else "go_alone")
    assert ("closed" if closed else "open") in found.statement


def bistable(**parts):
    """x' = x(1-x)(4x + g - 2) with mutation, so that both ends are left and a loop closes."""
    return experiment_of(
        ["up", "down"],
        {"up": "4*(k_up - 1) + g", "down": "2"},
        parameters={"g": {"value": -2.5, "range": [-3, 3]}},
        start={"down": 1.0},
        generations=60,
        mutation={"rate": 0.02, "to": "any"},
        dynamics="replicator_mutator",
        **parts,
    )


def test_a_loop_integrated_another_way():
    """Area and turns by scipy on the two-strategy flow, written out."""
    from scipy.integrate import solve_ivp

    first, last, rate, rest = -2.5, 2.5, 0.05, 60.0
    lasts = (last - first) / rate

    def value(t):
        up = first + rate * (t - rest)
        return (
            np.clip(up, first, last)
            if t < 2 * rest + lasts
            else np.clip(last - rate * (t - 2 * rest - lasts), first, last)
        )

    def flow(t, x):
        return x * (1 - x) * (4 * x + value(t) - 2) + 0.02 * (0.5 - x)

    end = 3 * rest + 2 * lasts
    path = solve_ivp(flow, (0, end), [0.0], rtol=1e-10, atol=1e-12, max_step=0.2, dense_output=True)
    line = np.linspace(first, last, 4001)
    there = path.sol(rest + (line - first) / rate)[0]
    back = path.sol(2 * rest + lasts + (last - line) / rate)[0]
    found = ramp(bistable(), "parameters.g", first=first, last=last, rate=rate, rest=rest, observable="up")
    assert found.closed and found.area == pytest.approx(np.trapezoid(back - there, line), rel=2e-3)
    assert found.turn(found.there) == pytest.approx(np.interp(0.5, there, line), abs=0.01)
    assert found.turn(found.back) == pytest.approx(np.interp(0.5, back, line), abs=0.01)
    assert 0 < found.slower < found.area  # lag adds to the loop


def test_what_only_formulas_read_and_what_else():
    """The same ramp by a variable of the environment and in steps."""
    schedule = [(0.0, -1.0), (20.0, 1.0)]
    exactly = lead(bistable(), "parameters.g", schedule, generations=30, records=30)
    numbered = bistable().replace({"parameters.g": 0}).data
    numbered = evo.Experiment.model_validate(
        numbered | {"selection": {"intensity": 1, "bias": {"strength": "g", "weights": {"t": 1}}},
                    "strategies": {"up": {"traits": {"t": 1}}, "down": {"traits": {"t": 0}}},
                    "game": {"kind": "group", "size": 2, "payoffs": {"up": "4*(k_up - 1)", "down": "2"}}}
    )  # fmt: skip
    steps = lead(numbered, "parameters.g", schedule, generations=30, records=30)
    ends = [np.interp(exactly.time, led.time, led.mix[0, :, 0]) for led in (exactly, steps)]
    assert ends[0] == pytest.approx(ends[1], abs=5e-3)
    assert value_along([(0, 1), (2, 1), (2, 5), (4, 7)], np.array([0, 2, 3, 9])) == pytest.approx([1, 5, 6, 7])


def test_a_run_that_may_converge_is_led_as_exactly():
    """What moves never converges, so that the run goes to its end; and not in steps, whose records meet more often."""
    schedule = [(0.0, -1.0), (20.0, 1.0)]
    plain, asked = (
        lead(bistable().replace({"run.until": until}), "parameters.g", schedule, generations=30, records=30)
        for until in ("generations", "converged")
    )
    assert asked.time.tolist() == plain.time.tolist() and (asked.mix == plain.mix).all()


def critical_rate(k, mu, length):
    """y' = k y^2 - mu + r from the stable point -q, q = sqrt(mu/k): y passes q at time length/r [Ashwin et al. 2012]."""
    from scipy.optimize import brentq

    def late(r):
        a = np.sqrt((r - mu) / k)
        return a * k * length / r - 2 * np.arctan(np.sqrt(mu / k) / a)

    return brentq(late, mu * (1 + 1e-6), 2 * mu, xtol=1e-15)


def test_the_pace_alone_tips():
    found = rate_tipping(drifting(), "parameters.lam", first=0, last=0.6, rates=(2e-4, 2e-3))
    assert found.outcome == "found"
    assert found.rate == pytest.approx(critical_rate(4.0, 4e-4, 0.6), rel=2e-4)
    assert found.frozen[-1, 1] == pytest.approx(0.2 - 0.01, abs=1e-8)


def test_not_by_the_pace():
    """The flagship's hierarchy tracks at every pace while it is stable; beyond its fold it is lost whatever the pace."""
    calm = rate_tipping(shift(chi=0.2), "parameters.omega", first=0.05, last=0.3, rates=(1e-3, 1), rest=100)
    assert calm.outcome == "none" and calm.tracked.all() and calm.rates[-1] == np.inf
    wild = rate_tipping(shift(chi=0.2), "parameters.omega", first=0.05, last=0.5, rest=100)
    assert wild.outcome == "bifurcation" and wild.lost == pytest.approx(0.3811, abs=0.007)


def test_overshoot_and_return():
    """At h = 0 stags grow from the rest point x of h = 1 until, back at h = 1, they would go on: the time to the unstable one."""
    from scipy.integrate import solve_ivp

    def flow(x, h):
        return x * (1 - x) * (4 * x - h) + 0.01 * (0.5 - x)

    low, between, _ = sorted(np.roots([-4, 5, -1.01, 0.005]).real)  # of h = 1
    assert flow(low, 1) == pytest.approx(0, abs=1e-12) and flow(between, 1) == pytest.approx(0, abs=1e-12)
    times = np.linspace(0, 100, 400_001)
    path = solve_ivp(lambda _, x: flow(x, 0), (0, 100), [low], t_eval=times, rtol=1e-11, atol=1e-13).y[0]
    experiment = stag_hunt(mutation={"rate": 0.01, "to": "any"}, dynamics="replicator_mutator")
    found = overshoot(experiment, "parameters.h", base=1, peak=0, rest=50)
    assert found.outcome == "found"
    assert found.longest == pytest.approx(np.interp(between, path, times), rel=1e-3)
    assert "even after" in overshoot(experiment, "parameters.h", base=1, peak=0.99, rest=20).outcome


NOISE = {"w": {"kind": "switching", "values": [0, 1], "rates": [[-0.1, 0.1], [0.1, -0.1]]}}


@pytest.mark.parametrize("chance", [{"population": {"kind": "well_mixed", "size": 30}}, {"environment": NOISE}])
def test_how_long_it_may_stay_is_not_asked_of_chance(chance):
    few = stag_hunt(dynamics="pairwise_comparison")
    with pytest.raises(evo.ConfigError, match="has chance"):
        overshoot(few.replace(chance), "parameters.h", base=1, peak=0, rest=5)


def test_refused():
    with pytest.raises(evo.ConfigError, match="no strategy"):
        ramp(stag_hunt(), "parameters.h", first=0, last=1, rate=0.1, rest=5, observable="deer")
    with pytest.raises(evo.ConfigError, match="is not a parameter"):
        ramp(stag_hunt(), "parameters.x", first=0, last=1, rate=0.1)
    periodic = {"w": {"kind": "periodic", "mean": 0, "amplitude": 1, "period": 3}}
    with pytest.raises(evo.ConfigError, match="in steps while w moves"):
        ramp(stag_hunt(environment=periodic), "selection.intensity", first=0.5, last=1, rate=0.1, rest=5)

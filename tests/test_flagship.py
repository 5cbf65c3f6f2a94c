"""The Big Shift: what is known of it without simulation, by evo.exact, and the same by simulation."""

from pathlib import Path

import numpy as np
import pytest

import evo
from evo.exact import critical_seed, homogeneous, invasion, payoffs_at, thresholds

CONFIG = Path(__file__).parent.parent / "configs" / "big_shift.yaml"
COMMAND, COLLABORATE, FREE_RIDE, GO_ALONE = range(4)


@pytest.fixture(scope="module")
def shift():
    return evo.load(CONFIG).replace({"run.record": None})


def at(experiment, **parameters):
    return experiment.replace({f"parameters.{name}": value for name, value in parameters.items()})


def final(experiment, start, **parameters):
    model = at(experiment, **parameters).model
    return evo.simulate(model, generations=400, start=start, record_every=400, tolerance=1e-9).mix[0, -1]


def test_coase_line_without_turbulence(shift):
    """chi_0 = sigma details level(n)/(kappa (n-1)) = 0.2484: below it all-collaborate earns more than all-command."""
    found = thresholds(
        at(shift, omega=0.0), "parameters.chi", lambda m: homogeneous(m)[1] - homogeneous(m)[0], low=0.02, high=1
    )
    closed = 0.03 * 10 * (1 + np.log(12) / np.log(7)) / (0.25 * 11)
    assert found == pytest.approx([closed], abs=1e-9)
    assert closed == pytest.approx(0.2484, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_coase_line_in_closed_form(shift, seed):
    """W_C - W_H = b[u_C - u_H] - kappa chi (n-1) + sigma details level(n), at any parameters."""
    rng = np.random.default_rng(seed)
    p = {
        "b": rng.uniform(1, 8),
        "chi": rng.uniform(0.02, 1),
        "omega": rng.uniform(0, 1.6),
        "sigma": rng.uniform(0, 0.1),
        "details": rng.uniform(0, 40),
        "kappa": rng.uniform(0.05, 0.5),
        "t1": rng.uniform(0.5, 2),
        "tc": rng.uniform(0, 0.5),
    }
    n = int(rng.integers(3, 20))
    model = at(shift, **p).replace({"game.size": n}).model
    level = 1 + np.log(n) / np.log(7)
    tau_h, tau_c = p["t1"] * level, p["t1"] / n + p["tc"] * p["chi"] * (n - 1)
    gap = p["b"] * (1 / (1 + p["omega"] * tau_c) - 1 / (1 + p["omega"] * tau_h))
    gap += -p["kappa"] * p["chi"] * (n - 1) + p["sigma"] * p["details"] * level
    earned = homogeneous(model)
    assert earned[COLLABORATE] - earned[COMMAND] == pytest.approx(gap, rel=1e-11, abs=1e-12)


def test_command_collapses_into_going_alone(shift):
    """At omega = (b/(c + sigma details level + sigma_L) - 1)/tau_H(n) = 0.46958."""
    found = thresholds(shift, "parameters.omega", lambda m: invasion(m)[COMMAND, GO_ALONE], low=0, high=1.6)
    level = 1 + np.log(12) / np.log(7)
    assert found == pytest.approx([(4 / (1 + 0.3 * level + 0.25) - 1) / level], abs=1e-9)
    assert found == pytest.approx([0.46958], abs=1e-4)


@pytest.mark.parametrize(
    ("omega", "kind", "share"), [(0.1, "focal", 0.419), (0.3, "focal", 0.100), (0.3, "founder", 0.150)]
)
def test_critical_seed(shift, omega, kind, share):
    model = at(shift, chi=0.2, omega=omega).replace({"population.assortment_kind": kind}).model
    assert critical_seed(model, "command", "collaborate") == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize(("omega", "share"), [(0.1, 0.419), (0.3, 0.100)])
def test_critical_seed_by_simulation(shift, omega, share):
    """The flow with mutation tips on either side of the exact seed, within half a point (0.2 points for mutation)."""
    for seed, tips in ((share - 0.007, False), (share + 0.007, True)):
        mix = final(shift, {"command": 1 - seed, "collaborate": seed}, chi=0.2, omega=omega)
        assert (mix.argmax() == COLLABORATE) == tips


@pytest.mark.parametrize(("bias", "omega"), [(0.0, 0.406), (0.5, 0.281), (1.0, 0.192)])
def test_bias_lowers_the_turbulence_at_which_collaboration_invades(shift, bias, omega):
    found = thresholds(
        at(shift, chi=0.2, B=bias), "parameters.omega", lambda m: invasion(m)[COMMAND, COLLABORATE], low=0, high=1
    )
    assert found[0] == pytest.approx(omega, abs=1e-3)


def test_bias_that_destabilises_command(shift):
    """B*_i = (W_H - pi_i^mutant)/(w.(T_i - T_H)): at chi = 0.6, omega = 0.45 go_alone first, at 0.213, collaborate 0.431."""
    experiment = at(shift, chi=0.6, omega=0.45)
    payoff = payoffs_at(experiment.model, "command")
    score = np.mean([experiment.model.trait_values(trait) for trait in experiment.model.trait_names], axis=0)
    least = {
        i: (payoff[COMMAND] - payoff[i]) / (score[i] - score[COMMAND]) for i in range(4) if score[i] > score[COMMAND]
    }
    assert least[COLLABORATE] == pytest.approx(0.431, abs=1e-3)
    assert least[GO_ALONE] == pytest.approx(0.213, abs=1e-3)
    for i, strength in least.items():
        below, above = (invasion(at(experiment, B=strength + shift_by).model)[COMMAND, i] for shift_by in (-1e-6, 1e-6))
        assert below < 0 < above


def test_three_phases_and_their_meeting(shift):
    """Each of three mind-sets prevails somewhere; they meet near (0.48, 0.47)."""
    winners = {
        final(shift, {"command": 0.97}, chi=chi, omega=omega).argmax()
        for chi, omega in ((0.8, 0.1), (0.1, 1.0), (0.8, 1.0))
    }
    assert winners == {COMMAND, COLLABORATE, GO_ALONE}
    around = {
        final(shift, start, chi=0.48 + dx, omega=0.47 + dy).argmax()
        for start in ({"command": 0.97}, {"collaborate": 0.97})
        for dx in (-0.06, 0.06)
        for dy in (-0.06, 0.06)
    }
    assert around == {COMMAND, COLLABORATE, GO_ALONE}


def test_bistable_wedge(shift):
    """At chi = 0.2, omega = 0.1 who prevails is who was there."""
    assert final(shift, {"command": 0.97}, chi=0.2, omega=0.1).argmax() == COMMAND
    assert final(shift, {"collaborate": 0.97}, chi=0.2, omega=0.1).argmax() == COLLABORATE


@pytest.mark.parametrize(("chi", "comes_back"), [(0.1, False), (0.9, True)])
def test_omega_ramp(shift, chi, comes_back):
    """Turbulence up and down again: at low friction the shift does not come back, at high friction command returns."""
    ramp = {"kind": "series", "values": [[0, 0.05], [1500, 1.2], [3000, 0.05]]}
    model = at(shift, chi=chi).replace({"environment": {"omega": ramp}}).model
    path = evo.simulate(model, generations=3000, start={"command": 0.97}, record_every=10)
    leaders = path.mix[0].argmax(axis=1)
    assert leaders[0] == COMMAND
    assert leaders[150] == (COLLABORATE if chi < 0.5 else GO_ALONE)
    assert (leaders[-1] == COMMAND) == comes_back


def test_bias_shifts_payoffs_and_no_reported_payoff(shift):
    """Every conclusion is given at B = 0: the config's bias is 0, and a bias is selection, not income."""
    assert shift.parameters["B"].value == 0
    plain, biased = (at(shift, chi=0.2, omega=0.3, B=strength).model for strength in (0.0, 1.0))
    start = {"collaborate": 1.0}
    mean = [evo.simulate(model, generations=1, start=start).payoff[0, 0] for model in (plain, biased)]
    assert mean[0] == pytest.approx(mean[1], rel=1e-12)
    assert homogeneous(biased)[COLLABORATE] - homogeneous(plain)[COLLABORATE] == pytest.approx(0.825, rel=1e-12)

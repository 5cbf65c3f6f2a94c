"""Pictures of windows, policies and robustness show the numbers that they are made from."""

from __future__ import annotations

import numpy as np
import pytest
from test_policy import AIM, PUSHED, experiment
from tipping_models import experiment_of, stag_hunt
from typer.testing import CliRunner

import evo
from evo import plots
from evo.cli import app
from evo.policy import Aim, least_cost, steer
from evo.robustness import designed, findings
from evo.tipping import Target, windows


def named(figure, gid):
    """The artist of this name on a figure."""
    return next(artist for artist in figure.findobj() if artist.get_gid() == gid)


def test_a_policy_beside_the_constant_size():
    found = least_cost(
        experiment(population__size=20, run__start={"stag": 0.4}), Aim("stag", by=6, probability=0.6, hold=6)
    )
    figure = plots.policy(found)
    shown, at = named(figure, "generation 3"), found.counts[:, 0].argsort()
    x, y = shown.get_data()
    likely = found.visits[3][at] >= 1e-3
    assert x.tolist() == list(range(21)) and (np.isfinite(y) == likely).all() and likely.sum() > 10
    assert np.flatnonzero(np.isfinite(named(figure, "generation 0").get_ydata())).tolist() == [8]
    assert y[likely] == pytest.approx(found.sizes[3][at][likely])
    assert found.visits.sum(axis=1) == pytest.approx(np.ones(6))
    size = float(found.constant.words.split()[-1])
    assert named(figure, "constant").get_ydata() == pytest.approx([size, size])
    assert named(figure, f"cost: {found.constant.words}").get_width() == pytest.approx(found.constant.cost)


def test_a_push_over_time():
    found = steer(experiment(**PUSHED), AIM, runs=20)
    figure = plots.policy(found)
    lasts, size = found.optimum.lasts, found.optimum.size
    times, sizes = named(figure, f"push: {lasts:.4g}").get_data()
    assert times[1] == times[2] == lasts and list(sizes) == [size, size, 0, 0]
    assert named(figure, "mean field").get_ydata()[-1] == pytest.approx(
        AIM.level, abs=0.02
    )  # it ends on the separatrix


def test_shares_of_the_space_and_the_nearest_break():
    hunt = stag_hunt(measure=["prevailing"]).replace({"run.start": {"stag": 0.6}})
    study = designed(hunt, samples=40, steps=4)
    found = findings(study, evo.run(study.experiment, progress=False))
    figure = plots.robustness(study, found)
    one = found[0]
    assert named(figure, f"share: {one.winner}").get_width() == pytest.approx(100 * one.holds / one.of)
    path = one.breaks[0].axis.path
    assert named(figure, f"break: {path}").get_xdata() == [pytest.approx(one.breaks[0].away)]


def test_moments_that_need_nothing_and_moments_at_which_nothing_tips():
    """Up loses at pace 1 until generation 30, gains until 60, then loses fast; and there are few to convert."""
    pace = {"kind": "series", "values": [[0, -1], [30, 10], [60, -100]], "interpolation": "held", "outside": "hold"}
    course = experiment_of(
        ["up", "down", "few"],
        {"up": "e", "down": "0", "few": "0"},
        parameters={},
        start={"up": 0.01, "down": 0.95, "few": 0.04},
        environment={"e": pace},
    )
    found = windows(course, at=[0, 35, 70], target=Target("up", horizon=20, hold=2), source="few")
    figure = plots.windows(found)
    outcomes = [one.middle.outcome for one in found.ways[0]]
    assert outcomes == ["not reached", "without it", "not reached"]
    for outcome in set(outcomes):
        expected = [at for at, told in zip(found.moments, outcomes, strict=True) if told == outcome]
        assert named(figure, outcome).get_xdata().tolist() == expected
    assert "nothing does, up to all of them, at 0 and at 70" in found.statement
    assert "none is needed at 35" in found.statement


def test_the_commands_draw_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paid.yaml").write_text(evo.dump(experiment(population__size=12, run__start={"stag": 0.5})))
    (tmp_path / "hunt.yaml").write_text(evo.dump(stag_hunt(measure=["prevailing"])))
    words = ["policy", "paid.yaml", "--target", "stag", "--by", "4", "--probability", "0.5"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "runs" / "paid-policy" / "policy.svg").exists()
    done = CliRunner().invoke(app, ["robust", "hunt.yaml", "--samples", "10", "--steps", "2"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "runs" / "hunt-robust" / "robustness.pdf").exists()

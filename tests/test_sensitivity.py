"""Which parameter decides: indices against closed forms and SALib's own, and the command."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from typer.testing import CliRunner

import evo
from evo import sensitivity
from evo.cli import app
from evo.sweeps import Scene
from evo.sweeps.samples import Morris, Saltelli, shares_of, unit_problem

OVER = {"a": {"range": [0, 1]}, "b": {"range": [0, 1]}, "c": {"range": [0, 1]}}
# left wins if and only if a > b**2 + 1/2 there; c does nothing
FLOW = """
parameters: {a: {value: 1, range: [0, 2]}, b: {value: 0.2, range: [0, 0.5]}, c: {value: 1, range: [0, 1]}}
strategies: [left, right]
game: {kind: matrix, payoffs: [["a - b**2", "0*c"], [0, 0.5]]}
dynamics: {kind: replicator}
run: {generations: 300, start: {left: 0.5}, tolerance: 1e-4}
measure: [prevailing, final_mix]
"""


def ishigami(shares: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * shares - 1)
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


def blocks(sample: Saltelli | Morris) -> np.ndarray:
    return shares_of(sample, Scene(seed=1)).reshape(sample.size, -1, 3)


def test_sobols_indices_of_ishigamis_function():
    """S1 and ST in closed form [Ishigami & Homma 1990], and SALib's own to the last digit."""
    shares = blocks(Saltelli(over=OVER, size=2048))
    values = ishigami(shares)
    found = sensitivity.sobol(values[:, :, None], shares)
    assert found["S1"] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.03)
    assert found["ST"] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.03)
    theirs = salib_sobol.analyze(unit_problem(dict.fromkeys("abc")), values.ravel(), calc_second_order=False, seed=1)
    assert found["S1"] == pytest.approx(theirs["S1"], abs=1e-3)  # theirs are centred by all values, ours by A and B
    assert found["ST"] == pytest.approx(theirs["ST"], abs=1e-9)


def test_morriss_effects_are_salibs():
    shares = blocks(Morris(over=OVER, size=40))
    values = ishigami(shares)
    found = sensitivity.morris(values[:, :, None], shares)
    problem = unit_problem(dict.fromkeys("abc"))
    theirs = salib_morris.analyze(problem, shares.reshape(-1, 3), values.ravel(), num_levels=4, seed=1)
    for index in ("mu_star", "mu", "sigma"):
        assert found[index] == pytest.approx(np.asarray(theirs[index], float))


def test_several_outcomes_together():
    """Of two outcomes either's indices are those of both; of three, each moved by a path of its own, as their variances."""
    shares = blocks(Saltelli(over=OVER, size=512))
    one = (shares[..., [0]] > 0.3).astype(float)
    both = sensitivity.sobol(np.concatenate([one, 1 - one], axis=2), shares)
    assert both["S1"] == pytest.approx(sensitivity.sobol(one, shares)["S1"])
    apart = sensitivity.sobol(shares * np.array([1.0, 2.0, 4.0]), shares)
    assert apart["S1"] == pytest.approx(np.array([1, 4, 16]) / 21, abs=0.05)
    steps = blocks(Morris(over=OVER, size=10))
    one = steps[..., [0]]
    effect = sensitivity.morris(np.concatenate([one, 1 - one], axis=2), steps)
    assert effect["mu_star"] == pytest.approx([1, 0, 0]) and "mu" not in effect


@pytest.fixture(scope="module")
def result() -> evo.Result:
    return evo.run(sensitivity.designed(evo.loads(FLOW), size=64, trajectories=12))


def test_who_prevails_is_decided_by_what_decides_it(result):
    table = sensitivity.indices(result)
    assert result.experiment.run.common_random_numbers
    together = table[(table["measure"] == "prevailing") & table["outcome"].isna()]
    total = together[together["index"] == "ST"].set_index("path")["value"]
    assert list(total.index) == ["parameters.a", "parameters.b", "parameters.c"]
    assert total["parameters.a"] > 0.9 and total["parameters.b"] < 0.25 and total["parameters.c"] == 0
    effect = together[together["index"] == "mu_star"].set_index("path")["value"]
    assert effect["parameters.a"] > 0.5 and effect["parameters.c"] == 0
    rows = table[table["index"] == "ST"]
    assert ((rows["low"] <= rows["value"] + 1e-9) & (rows["value"] <= rows["high"] + 1e-9)).mean() > 0.9
    assert set(sensitivity.named(table)) >= {"prevailing", "prevailing: left", "final_mix.left"}


def test_blocks_with_a_failed_point_are_left_out(result):
    broken = result.outcomes[result.outcomes["point"] != 7]
    table = sensitivity.indices(evo.Result(**{**vars(result), "outcomes": broken}))
    assert np.isfinite(table["value"]).all() and len(table)


def test_bars_are_drawn(result):
    figure = evo.plots.sensitivity(result)
    assert len(figure.axes) >= 2
    with pytest.raises(evo.plots.PictureError, match=r"did you mean 'final_mix\.left'"):
        evo.plots.sensitivity(result, measure=["final_mix.lefd"])
    with pytest.raises(evo.plots.PictureError, match="no part of the sweep is a design"):
        evo.plots.sensitivity(evo.run(evo.loads(FLOW)))


def test_the_command(tmp_path):
    (tmp_path / "flow.yaml").write_text(FLOW)
    run = CliRunner()
    command = ["sensitivity", str(tmp_path / "flow.yaml"), "--over", "parameters.a", "--over", "parameters.b=0..0.4"]
    command += ["--samples", "8", "--trajectories", "4", "--out", str(tmp_path / "out")]
    done = run.invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "What decides prevailing" in done.output and "8 Saltelli" not in done.output
    table = pd.read_csv(tmp_path / "out" / "sensitivity.csv")
    assert set(table["path"]) == {"parameters.a", "parameters.b"} and set(table["method"]) == {"sobol", "morris"}
    assert (tmp_path / "out" / "sensitivity.pdf").exists()
    for wrong in (
        ["--over", "parameters.a=x..1"],
        ["--samples", "7"],
        ["--over", "parameters.z"],
        ["--samples", "0", "--trajectories", "0"],
    ):
        refused = run.invoke(app, [*command, *wrong])
        assert refused.exit_code == 2 and "Traceback" not in refused.output


def test_without_ranges_nothing_varies():
    with pytest.raises(evo.ConfigError, match="give parameters a `range`"):
        sensitivity.designed(
            evo.loads(
                FLOW.replace(", range: [0, 2]", "").replace(", range: [0, 0.5]", "").replace(", range: [0, 1]", "")
            )
        )


def test_the_report_says_what_decides_of_a_run_beside_its_sensitivity(tmp_path):
    experiment = evo.loads(FLOW)
    result = evo.run(experiment, out=tmp_path / "flow", progress=False)
    assert "What decides" not in evo.report.html(result)
    found = evo.run(
        sensitivity.designed(experiment, size=32, trajectories=8), out=tmp_path / "flow-sensitivity", progress=False
    )
    table = sensitivity.indices(found)
    row = table[(table["measure"] == "prevailing") & table["outcome"].isna() & (table["index"] == "ST")].set_index(
        "path"
    )
    for page, beside in ((evo.report.html(result), True), (evo.report.html(found), False)):
        a = row.loc["parameters.a"]
        assert f"a {a['value']:.2f} ({a['low']:.2f} to {a['high']:.2f})" in page
        assert page.index("What decides") < page.index("What to keep in mind")
        assert ("a run of the same model" in page) == beside
    other = evo.run(experiment.replace({"parameters.b": 0.3}), out=tmp_path / "other", progress=False)
    (tmp_path / "flow-sensitivity").rename(tmp_path / "other-sensitivity")
    assert "What decides" not in evo.report.html(other)  # which was asked of another model

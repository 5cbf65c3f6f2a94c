"""Targets of several strategies: against one of its own, split in two that are alike, and beside one that nobody plays."""

import numpy as np
import pytest
from tipping_models import experiment_of, stag_hunt
from typer.testing import CliRunner

import evo
from evo.cli import app
from evo.tipping import Target, critical, levers
from evo.tipping.runs import reached


def split(**parts):
    """The stag hunt with two kinds of stag that are one to everybody."""
    both = "s*(k_stag + k_deer - 1)"
    return experiment_of(
        ["stag", "deer", "hare"],
        {"stag": both, "deer": both, "hare": "h"},
        parameters={"s": {"value": 4, "range": [1, 8]}, "h": {"value": 1, "range": [0, 4]}},
        start={"hare": 1.0},
        **parts,
    )


def test_two_that_are_alike_need_what_one_needs():
    """What splits a strategy in two changes nothing about their sum: critical seed and number, and what moves them."""
    start = {"stag": 0.12, "deer": 0.08}
    one = stag_hunt().replace({"run.start": {"stag": 0.2}})
    two = split().replace({"run.start": start})
    alone, both = Target("stag", horizon=60), Target("stag, deer", horizon=60)
    for by in ("seed", "parameters.h"):
        first, second = critical(one, by=by, target=alone), critical(two, by=by, target=both)
        assert second.amount == pytest.approx(first.amount, abs=2e-6)
    effects = [
        {effect.path: effect.critical for effect in levers(found).effects}
        for found in (critical(one, target=alone), critical(two, target=both))
    ]
    assert effects[1] == pytest.approx(effects[0], rel=1e-3)


def test_beside_one_that_nobody_plays_times_are_the_same():
    """Looked at once a generation, or along the flow, instead of at each step."""
    flow = split().replace({"run.start": {"stag": 0.4, "hare": 0.6}})
    (alone,), (both,) = (reached(flow, Target(name, horizon=50, hold=5.0)) for name in ("stag", "stag,deer"))
    assert both == pytest.approx(alone, abs=1e-4) and alone > 0.5
    few = split(population={"kind": "well_mixed", "size": 40}, dynamics="pairwise_comparison").replace(
        {"run.start": {"stag": 0.35, "hare": 0.65}}
    )
    alone, both = (reached(few, Target(name, horizon=60, hold=5.0), replicates=60) for name in ("stag", "stag,deer"))
    assert 10 < np.isfinite(alone).sum() < 55 and np.isnan(both[np.isnan(alone)]).mean() > 0.9
    late = (both - alone)[np.isfinite(alone) & np.isfinite(both)]
    assert len(late) > 0.9 * np.isfinite(alone).sum() and (late > -5).all() and np.median(late) < 2


def test_sets_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "split.yaml").write_text(evo.dump(split()))
    done = CliRunner().invoke(app, ["tip", "split.yaml", "--target", "stag,deer", "--horizon", "60"])
    assert done.exit_code == 0, done.output
    assert "stag and deer together hold 0.5" in done.output and "seed of stag out of hare: 0.25" in done.output
    for wrong, told in (("stag,dear", "deer"), ("stag,stag", "twice"), ("stag,deer,hare", "all strategies")):
        refused = CliRunner().invoke(app, ["tip", "split.yaml", "--target", wrong])
        assert refused.exit_code == 2 and told in refused.output

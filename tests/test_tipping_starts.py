"""What tips from each start: against single questions, closed forms and the flagship."""

import json
from pathlib import Path

import pytest
from tipping_models import stag_hunt
from typer.testing import CliRunner

import evo
from evo.cli import app
from evo.tipping import Target, by_start, critical

CONFIGS = Path(__file__).parent.parent / "configs"


def test_each_start_is_a_question_of_its_own():
    """From a share x of stag the temptation must fall to 4x; from stags alone nothing is needed, from hares alone nothing helps."""
    starts = [{"stag": 1.0}, {"hare": 1.0}, {"stag": 0.2, "hare": 0.8}, {"stag": 0.1, "hare": 0.9}]
    asked = {"by": "parameters.h", "target": Target("stag", horizon=5000)}
    found = by_start(stag_hunt(), starts, **asked)
    assert [one.least.middle.outcome for one in found.found] == ["without it", "not reached", "found", "found"]
    assert [one.value for one in found.found[2:]] == pytest.approx([0.8, 0.4], abs=1e-4)
    for start, one in zip(starts, found.found, strict=True):
        assert one.table.equals(critical(stag_hunt().replace({"run.start": start}), **asked).table)
    assert "from stag 0.2, hare 0.8: parameters.h: 0.8" in found.statement
    assert list(found.table["start"].unique()) == ["all stag", "all hare", "stag 0.2, hare 0.8", "stag 0.1, hare 0.9"]


def test_critical_turbulence_of_the_flagship_from_command_and_from_going_alone():
    """From command the value that `evo tip` finds; from those who go alone less is enough; once there, nothing is needed."""
    shift = evo.load(CONFIGS / "big_shift.yaml").replace({"parameters.chi": 0.3, "parameters.omega": 0.2})
    asked = {"by": "parameters.omega", "target": Target("collaborate", horizon=400), "scan": 5}
    starts = [{"command": 1.0}, {"collaborate": 1.0}, {"go_alone": 1.0}]
    found = by_start(shift.bare, starts, **asked)
    alone = critical(shift.bare.replace({"run.start": {"command": 1.0}}), **asked)
    assert found.found[0].value == pytest.approx(alone.value, rel=1e-9) and 0.42 < alone.value < 0.43
    assert found.found[1].amount == 0
    assert 0.36 < found.found[2].value < 0.37


def test_starts_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hunt.yaml").write_text(evo.dump(stag_hunt()))
    words = ["tip", "hunt.yaml", "--target", "stag", "--by", "parameters.h", "--horizon", "900"]
    done = CliRunner().invoke(app, [*words, "--start", "pure", "--start", "{stag: 0.2, hare: 0.8}"])
    assert done.exit_code == 0, done.output
    assert "from all hare: parameters.h: not reached" in done.output
    about = json.loads((tmp_path / "runs" / "hunt-tip" / "tipping.json").read_text())
    assert about["starts"] == [{"stag": 1.0}, {"hare": 1.0}, {"stag": 0.2, "hare": 0.8}]
    for wrong, told in (("bear", "neither pure"), ("{bear: 1}", "bear"), ("{stag: 2}", "at most 1")):
        refused = CliRunner().invoke(app, [*words, "--start", wrong])
        assert refused.exit_code == 2 and told in " ".join(refused.output.split()), refused.output

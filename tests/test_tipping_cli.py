"""`evo tip`, `evo levers` and `evo ramp` as a user meets them: files, words, and what is refused."""

import json

import pytest
from tipping_models import finite_hunt, stag_hunt
from typer.testing import CliRunner

import evo
from evo.cli import app
from evo.cli.tip import target_from


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hunt.yaml").write_text(evo.dump(stag_hunt(measure=[{"kind": "time_to_tip", "strategy": "stag"}])))
    (tmp_path / "few.yaml").write_text(evo.dump(finite_hunt(20)))
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_tip_writes_what_it_says(config):
    found = run("tip", "hunt.yaml", "--horizon", 60)
    assert found.exit_code == 0, found.output
    assert "seed of stag out of hare: 0.25" in found.output and "start: stag 0, hare 1" in found.output
    folder = config / "runs" / "hunt-tip"
    about = json.loads((folder / "tipping.json").read_text())
    assert {path.name for path in folder.iterdir()} == {*about["files"], "tipping.json"}
    assert {"critical.csv", "doses.csv", "dose-response.pdf"} <= set(about["files"])
    again = run("tip", "hunt.yaml", "--horizon", 60, "--no-figures")  # in place of the former
    assert again.exit_code == 0 and not (folder / "dose-response.pdf").exists()


def test_tip_with_chance(config):
    found = run("tip", "few.yaml", "--target", "stag", "--horizon", 40, "--width", 0.4, "--most", 200)
    assert found.exit_code == 0, found.output
    assert "with probability 0.5" in found.output and "without: 0 (0 to" in found.output


def test_levers_and_prices(config):
    found = run(
        "levers", "hunt.yaml", "--horizon", 60, "--price", "parameters.h=2", "--price", "parameters.s=1"
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    assert "perverse" in found.output and "critical per price" in found.output
    assert (config / "runs" / "hunt-levers" / "levers.svg").exists()


def test_ramps(config):
    found = run("ramp", "hunt.yaml", "--of", "parameters.h=1..0.2", "--rate", 0.1, "--rest", 20)
    assert found.exit_code == 0, found.output
    assert "closed" in found.output and (config / "runs" / "hunt-ramp" / "loop.png").exists()
    found = run("ramp", "hunt.yaml", "--of", "parameters.h=1..2", "--pace", "--rest", 20)
    assert found.exit_code == 0 and "none: the frozen state is stable" in found.output


INTERVENED = ["--set", "interventions=[{kind: seed, at: 5, size: 0.4, to: stag}]"]


@pytest.mark.parametrize(
    "words",
    [
        ["tip", "hunt.yaml", "--horizon", 20],
        ["levers", "hunt.yaml", "--horizon", 20],
        ["ramp", "hunt.yaml", "--of", "parameters.h=1..0.2", "--rate", 0.1, "--rest", 20],
        ["ramp", "hunt.yaml", "--of", "parameters.h=1..2", "--pace", "--rest", 20],
        ["ramp", "hunt.yaml", "--of", "parameters.h=1..2", "--overshoot", "--rest", 20],
        ["ramp", "few.yaml", "--of", "parameters.h=1..0", "--warnings", "--rest", 20],
    ],
    ids=lambda words: " ".join(map(str, words[:1] + words[4:5])),
)
def test_what_tips_is_not_asked_where_something_intervenes(config, words):
    found = run(*words, *INTERVENED)
    assert found.exit_code == 2, found.output
    said = " ".join((found.output + found.stderr).replace("│", " ").split())
    assert "interventions: what tips is asked of a model that nothing intervenes in" in said
    assert "--set 'interventions=[]'" in said


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "stag holds 0.8 of all by generation 200, for 12 generations"),
        (["--horizon", 60], "stag holds 0.8 of all by generation 60, for 12 generations"),
        (["--level", 0.6], "stag holds 0.6 of all by generation 200, for 12 generations"),
        (["--hold", 3], "stag holds 0.8 of all by generation 200, for 3 generations"),
        (["--target", "hare"], "hare holds 0.5 of all by generation 200, for 20 generations"),
    ],
)
def test_the_target_is_that_of_the_config_but_for_what_the_options_say(words, said):
    asked = {"strategy": None, "level": None, "horizon": None, "hold": None}
    for key, value in zip(words[::2], words[1::2], strict=True):
        asked["strategy" if key == "--target" else key.strip("-")] = value
    measured = {"kind": "time_to_tip", "strategy": "stag", "level": 0.8, "hold": 12}
    assert str(target_from(stag_hunt(measure=[measured]), **asked)) == said


@pytest.mark.parametrize(
    "words, said",
    [
        (["tip", "hunt.yaml", "--target", "stga"], "did you mean 'stag'"),
        (["tip", "few.yaml"], "target: is missing"),
        (["tip", "hunt.yaml", "--from", "deer"], "cannot come from 'deer'"),
        (["tip", "hunt.yaml", "--by", "parameters.x"], "is not a parameter"),
        (["tip", "hunt.yaml", "--by", "game.kind"], "is no number"),
        (["tip", "hunt.yaml", "--by", "bias"], "there is no bias"),
        (["tip", "hunt.yaml", "--by", "selection.intensity"], "say how far it may go"),
        (["tip", "hunt.yaml", "--by", "parameters.h", "--between", "3..2"], "not below the second"),
        (["tip", "hunt.yaml", "--by", "parameters.h", "--between", "2..3"], "does not lie between"),
        (["tip", "hunt.yaml", "--between", "0..1"], "is for numbers"),
        (["tip", "hunt.yaml", "--level", "2"], "cannot be 2"),
        (["tip", "hunt.yaml", "--set", "run.start=random"], "is random"),
        (["levers", "hunt.yaml", "--price", "h"], "PATH=NUMBER"),
        (["ramp", "hunt.yaml", "--of", "parameters.h"], "PATH=FIRST..LAST"),
        (["ramp", "hunt.yaml", "--of", "parameters.h=1..2", "--pace", "--rate", "1"], "is for loops"),
        (["ramp", "few.yaml", "--of", "parameters.h=1..2", "--pace"], "has no frozen states"),
        (["ramp", "hunt.yaml", "--of", "parameters.h=1..2", "--warnings"], "finite, well-mixed"),
        (["ramp", "hunt.yaml", "--of", "parameters.h=1..2", "--rate", "-1"], "a rate and a rest above 0"),
    ],
)
def test_refused(config, words, said):
    found = run(*words)
    assert found.exit_code == 2, found.output
    assert said in " ".join((found.output + found.stderr).replace("│", " ").split())
    assert "Traceback" not in found.output and not (config / "runs").exists()

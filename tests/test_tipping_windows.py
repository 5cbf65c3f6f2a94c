"""The moment at which an intervention comes: against closed forms of a stag hunt whose temptation changes, and what is refused."""

import json

import numpy as np
import pytest
from tipping_models import experiment_of, stag_hunt
from typer.testing import CliRunner

import evo
from evo import plots
from evo.cli import app
from evo.tipping import Budget, Target, critical, windows

STEP = {"h": {"kind": "series", "values": [[0, 2], [50, 1]], "interpolation": "held", "outside": "hold"}}
LONG = Target("stag", horizon=300, hold=10)


def needed(before):
    """The seed that falls to h/s = 1/4 in so many generations of h = 2: x' = x(1 - x)(4x - 2), in closed form."""
    from scipy.optimize import brentq

    def primitive(x):  # of 1/(x(1 - x)(4x - 2))
        return -0.5 * (np.log(x) + np.log(1 - x)) + np.log(abs(x - 0.5))

    return brentq(lambda x: primitive(0.25) - primitive(x) - before, 0.25, 0.5 - 1e-9)


def test_a_seed_before_and_after_a_step_in_temptation():
    """Afterwards the critical seed is h/s = 1/4 whenever it comes; before, what still holds 1/4 when the step comes."""
    found = windows(stag_hunt(environment=STEP), at=[40, 48, 49.5, 50, 80], target=LONG)
    (way,) = found.ways
    expected = [needed(10), needed(2), needed(0.5), 0.25, 0.25]
    assert [one.middle.amount for one in way] == pytest.approx(expected, abs=3e-6)
    assert found.best[0] == 50 and "a share of 0.25 suffices at generation 50" in found.statement


def test_at_the_start_it_is_the_critical_dose_itself():
    asked = {"target": Target("stag", horizon=12), "source": "hare"}
    start = {"hare": 0.9, "stag": 0.1}
    hunt = stag_hunt().replace({"run.start": start})
    (way,) = windows(hunt, at=[0], **asked).ways
    assert way[0].middle.amount == pytest.approx(critical(hunt, **asked).amount, abs=2e-6)


def test_a_seed_takes_from_whom_there_is():
    """Stags grow from 0.6 of all to nearly all: a seed of hares leaves less than h/s = 1/4, up to all that are there."""
    hunt = stag_hunt().replace({"run.start": {"stag": 0.6}})
    found = windows(hunt, at=[0, 2], target=Target("hare", horizon=200), source="stag")
    there = evo.simulate(hunt.model, generations=2, start={"stag": 0.6}, tolerance=1e-10).mix[0, -1, 0]
    first, later = found.ways[0]
    assert [first.question.done.most, later.question.done.most] == pytest.approx([0.6, there], abs=1e-8)
    assert [first.middle.amount, later.middle.amount] == pytest.approx([0.35, there - 0.25], abs=1e-5)


def test_what_is_held_before_the_moment_does_not_count():
    """Up holds more than half until generation 24.6, and again only where p is moved."""
    wave = experiment_of(
        ["up", "down"],
        {"up": "e + p", "down": "0"},
        parameters={"p": {"value": 0, "range": [0, 4]}},
        start={"up": 0.99},
        environment={"e": {"kind": "series", "values": [[0, 0], [20, -1]], "interpolation": "held", "outside": "hold"}},
    )
    found = windows(wave, by="parameters.p", at=[0, 60], target=Target("up", horizon=20, hold=2))
    (way,) = found.ways
    assert way[0].middle.outcome == "without it"
    assert way[1].middle.outcome == "found"
    # at 60 up has lost for 40 generations at pace 1; with p it regains log-odds at p - 1, and one half within 20
    logit = np.log(0.99 / 0.01)
    assert way[1].middle.amount == pytest.approx(1 + (40 - logit) / 20, abs=1e-4)


def test_for_a_while_and_back():
    """Up lost at pace 1 from one half on; p = 1 + a for T generations gains a*T and is lost again: the level need only be held."""
    lost = experiment_of(
        ["up", "down"],
        {"up": "p", "down": "1"},
        parameters={"p": {"value": 0, "range": [0, 8]}},
        start={"up": 0.5},
    )
    asked = {"by": "parameters.p", "at": [4], "target": Target("up", horizon=2, hold=3)}
    (way,) = windows(lost, lasts=2, **asked).ways
    # log-odds -4 at the moment; + (p - 1)*2 by 6; then - 1 per generation until 9, where one half must still be held
    assert way[0].middle.amount == pytest.approx(1 + (4 + 3) / 2, abs=1e-4)
    (good,) = windows(lost, **asked).ways
    assert good[0].middle.amount == pytest.approx(1 + 4 / 2, abs=1e-4)


def test_with_chance_runs_of_one_number_see_one_environment():
    """A finite hunt whose temptation falls: a smaller seed is enough after it, and the same seed gives the same answer."""
    population = {"kind": "well_mixed", "size": 60}
    few = stag_hunt(population=population, dynamics="pairwise_comparison", environment=STEP).replace(
        {"selection.intensity": 4}
    )
    asked = {"at": [0, 60], "target": Target("stag", horizon=150, hold=10), "budget": Budget(width=0.2, most=160)}
    found, again = (windows(few, workers=workers, **asked) for workers in (1, 2))
    assert found.table.equals(again.table)
    before, after = (one.middle for one in found.ways[0])
    assert after.low < 0.25 + 0.08 and after.high < before.low
    assert found.spent <= 2 * 160


def test_tip_at_writes_and_draws_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "step.yaml").write_text(evo.dump(stag_hunt(environment=STEP)))
    words = ["tip", "step.yaml", "--target", "stag", "--horizon", "60", "--at", "45,60"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "a share of 0.25 suffices at generation 60" in done.output
    about = json.loads((tmp_path / "runs" / "step-tip" / "tipping.json").read_text())
    assert about["at"] == [45, 60] and set(about["files"]) == {
        "windows.csv",
        *(f"windows.{e}" for e in plots.page.FORMATS),
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--at", "5", "--for", "3"], "a seed is done at once"),
        (["--for", "3"], "give --at"),
        (["--at", "soon"], "LOW..HIGH or A,B,C"),
        (["--at", "-1"], "from 0 on"),
        (["--at", "5", "--target", "stag,hare"], "all strategies"),
    ],
)
def test_what_does_not_fit_is_refused(words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hunt.yaml").write_text(evo.dump(stag_hunt()))
    refused = CliRunner().invoke(app, ["tip", "hunt.yaml", "--target", "stag", *words])
    assert refused.exit_code == 2 and told in " ".join(refused.output.replace("│", " ").split()), refused.output

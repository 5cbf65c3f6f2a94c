"""The command: what it prints, what it writes, and its exit status; wrong input is answered in words."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import evo
from evo.batch import plan as planning
from evo.cli import app, kinds

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(evo.__file__).parents[1])}
HAWK_DOVE = """
title: Hawks and doves
question: How many hawks?
parameters: {prize: 2, cost: 4}
strategies: [hawk, dove]
game:
  kind: matrix
  payoffs:
    - [(prize - cost)/2, prize]
    - [0, prize/2]
population: {kind: infinite}
dynamics: {kind: replicator}
run:
  generations: 60
  start: {hawk: 0.1}
sweep:
  grid: {parameters.cost: [1, 4, 8]}
measure: [final_mix, prevailing]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hawks.yaml").write_text(HAWK_DOVE)
    return tmp_path


def call(*arguments: str, status: int = 0) -> str:
    """Output of a command, standard error included, after its exit status was checked."""
    result = CliRunner().invoke(app, list(arguments), prog_name="evo")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


def test_run_writes_a_folder_and_says_who_prevails():
    output = call("run", "hawks.yaml")
    assert output.startswith("Hawks and doves\nHow many hawks?\n2 strategies: hawk, dove\n")
    assert "3 cost = 3 points" in output and "running into runs/hawks" in output
    assert "Who prevails" in output and re.search(r"│ 1 +│ 100 % · 1.00 │ +0 % · 0.00 │ +0 % │\n", output)
    for name in ("experiment.yaml", "manifest.json", "outcomes.parquet", "points.parquet", "failures.parquet"):
        assert f"  runs/hawks/{name}" in output and Path("runs/hawks", name).exists()
    assert len(evo.Result.load("runs/hawks").outcomes) == 3


def test_a_second_run_is_refused_without_resume():
    call("run", "hawks.yaml", "--no-plots")
    assert "add --resume" in call("run", "hawks.yaml", status=2)
    assert "Who prevails" in call("run", "hawks.yaml", "--resume")
    assert "choose another folder (--out)" in call("run", "hawks.yaml", "--resume", "--seed", "4", status=2)


def test_settings_of_the_command_line(folder):
    random = ["--set", "population={kind: well_mixed, size: 10}", "--set", "dynamics.kind=moran"]
    call("run", "hawks.yaml", *random, "--replicates", "4", "--seed", "8", "--out", "out/there", "--workers", "1")
    result = evo.Result.load(folder / "out" / "there")
    assert result.experiment.run.replicates == 4 and result.experiment.run.seed == 8
    assert result.experiment.population.size == 10
    assert len(result.outcomes) == 12
    assert result.manifest["workers"] == 1


def test_a_dry_run_writes_nothing(folder):
    output = call("run", "hawks.yaml", "--dry-run")
    assert "plan: 3 points, 60 generations, seed 0; tables of" in output and "nothing was run or written" in output
    assert [path.name for path in folder.iterdir()] == ["hawks.yaml"]


def test_failures_are_listed_and_give_status_1(folder):
    (folder / "breaks.yaml").write_text(HAWK_DOVE.replace("(prize - cost)/2", "log(prize - cost)"))
    output = call("run", "breaks.yaml", status=1)
    assert "2 replicates failed; the others are not affected" in output
    assert "point 1 (cost 4), replicate 0, seed 0: a payoff is not finite for hawk" in output
    assert "Who prevails" in output
    shown = call("show", "runs/breaks")
    assert "2 replicates failed" in shown


def test_a_large_plan_asks_first(monkeypatch, folder):
    monkeypatch.setattr(planning, "available_memory", lambda: 100)
    output = call("run", "hawks.yaml", status=2)
    assert "This plan is large: it may need" in output and "add --yes" in output
    assert not (folder / "runs").exists()
    call("run", "hawks.yaml", "--yes")


def test_check_says_what_a_config_holds(folder):
    output = call("check", "hawks.yaml")
    assert "matrix game, infinite population, replicator\n" in output
    assert output.endswith("hawks.yaml is right\n")
    (folder / "once.yaml").write_text(HAWK_DOVE.replace("generations: 60", "generations: 60\n  replicates: 9"))
    assert "note: nothing is random here: each point is run once, not 9 times" in call("check", "once.yaml")
    assert "population.size" in call("check", "hawks.yaml", "--set", "population={kind: well_mixed}", status=2)


def test_show_prints_a_config_that_reads_back_and_a_run():
    text = call("show", "hawks.yaml", "--set", "parameters.prize=3")
    assert evo.loads(text).parameters["prize"].value == 3
    call("run", "hawks.yaml")
    output = call("show", "runs/hawks")
    assert "Who prevails" in output and "seed 0" in output and "numba" in output
    assert "runs/hawks/outcomes.parquet" in output
    assert "nothing can be set" in call("show", "runs/hawks", "--set", "a=1", status=2)


@pytest.mark.parametrize("section", [*kinds.KINDS, "configs", None])
def test_list_has_a_line_for_every_kind(section, folder):
    (folder / "configs").mkdir()
    (folder / "configs" / "hawks.yaml").write_text(HAWK_DOVE)
    output = call("list", *([section] if section else []))
    for name in kinds.KINDS if section is None else {section} & kinds.KINDS.keys():
        for kind, _, line in kinds.members(*kinds.KINDS[name]):
            assert re.search(rf"^  {kind} +\S", output, re.MULTILINE) and line in output
    assert ("How many hawks?" in output) == (section in ("configs", None))


def test_first_lines_are_sentences():
    for module, union in kinds.KINDS.values():
        for kind, _, line in kinds.members(module, union):
            assert len(line) > 15 and "[" not in line.replace("payoffs[i][j]", "").replace("rates[i][j]", ""), kind


def test_schema_is_that_of_a_config():
    schema = json.loads(call("schema"))
    assert set(yaml.safe_load(HAWK_DOVE)) <= set(schema["else"]["properties"])


def test_new_writes_a_config_that_is_right_and_runs(folder):
    assert "wrote mine.yaml" in call("new", "mine")
    assert "mine.yaml is right" in call("check", "mine.yaml")
    assert "exists already" in call("new", "mine.yaml", status=2)
    assert "there is no folder nowhere" in call("new", "nowhere/mine", status=2)
    less = ["--replicates", "2", "--set", "run.generations=5", "--no-plots"]
    assert "Who prevails" in call("run", "mine.yaml", *less)


@pytest.mark.parametrize(
    "change, message",
    [
        (("hawk, dove", "hawk"), "broken.yaml:5: strategies: "),
        (
            ("kind: replicator", "kind: replicater"),
            "broken.yaml:12: dynamics.kind: unknown value 'replicater'; did you",
        ),
        (("population", "populaton"), "broken.yaml:11: populaton: unknown key; did you mean 'population'?"),
        (("generations: 60", "generations: sixty"), "broken.yaml:14: run.generations: needs a number, not the text"),
        (("generations: 60", "generations: -1"), "broken.yaml:14: run.generations: must be greater than 0, is -1"),
        (("generations: 60", "seed: 1"), "broken.yaml:13: run.generations: is missing"),
        (("[0, prize/2]", "[0, prise/2]"), "did you mean 'prize'?"),
        (
            ("[0, prize/2]", "[0, value/2, 1]"),
            "broken.yaml:10: game.payoffs.1: needs 2 entries, one per strategy, has 3",
        ),
        (("[0, prize/2]", "[0, __import__('os')]"), "broken.yaml:10: game.payoffs.1.1: "),
        (("hawk: 0.1", "hwak: 0.1"), "broken.yaml:15: run.start: 'hwak' is not a strategy"),
        (("hawk: 0.1", "hawk: 1.1"), "broken.yaml:15: run.start"),
        (("parameters.cost", "parameters.cots"), "sweep.0: parameters.cots: is not a parameter"),
        (
            ("[1, 4, 8]", "[1, x, 8]"),
            "broken.yaml:16: sweep.0: parameters.cost.value: needs a number, not the text 'x' (at parameters.cost=x)",
        ),
        (
            ("final_mix", "final_mxi"),
            "broken.yaml:18: measure.0.kind: unknown value 'final_mxi'; did you mean 'final_mix'?",
        ),
        (
            ("final_mix", "fixed"),
            "an infinite population never fixes a strategy; use prevailing, or a finite population",
        ),
        (("title:", "title: [\nx:"), "broken.yaml:"),
        (("question", "title"), "title: is given twice, first on line 2"),
        (("kind: infinite", "kind: well_mixed, size: 10"), "replicator is a flow of infinite populations"),
        (("[hawk, dove]", "[hawk, time]"), "strategies.time: is a column of every table of paths; choose another name"),
    ],
)
def test_broken_configs_are_refused_in_words(folder, change, message):
    assert change[0] in HAWK_DOVE
    (folder / "broken.yaml").write_text(HAWK_DOVE.replace(*change))
    for command in ("check", "run"):
        output = call(command, "broken.yaml", status=2)
        assert re.match(r"broken\.yaml: \d+ problem", output)
        assert message in output
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["run", "hawk.yaml"], "there is no file hawk.yaml; did you mean hawks.yaml?"),
        (["run", "."], ". is a folder; a config is a YAML file"),
        (["check", "xyz.yaml"], "there is no file xyz.yaml; `evo new xyz` writes one to start from"),
        (
            ["run", "hawks.yaml", "--set", "parameters.przie=3"],
            "parameters.przie: is not a parameter; did you mean 'prize'?",
        ),
        (["run", "hawks.yaml", "--set", "prize"], "--set: 'prize' is not of the form path=value"),
        (
            ["run", "hawks.yaml", "--set", "parameters.prize=a"],
            "parameters.prize.value: needs a number, not the text 'a'",
        ),
        (["run", "hawks.yaml", "--replicates", "0"], "run.replicates: must be at least 1, is 0"),
        (["run", "hawks.yaml", "--seed", "-1"], "run.seed: must be at least 0, is -1"),
        (["run", "hawks.yaml", "--workers", "none"], "neither auto nor a number of threads"),
        (["run", "hawks.yaml", "--out", "hawks.yaml"], "hawks.yaml is a file, not a run folder"),
        (["run", "hawks.yaml", "--out", "full"], "full is not empty and holds no run"),
        (["run", "hawks.yaml", "--nonsense"], "No such option"),
        (["show", "full"], "full is not a run folder: it has no manifest.json"),
        (["plot", "nowhere"], "nowhere does not exist"),
        (["plot", "full", "--kind", "pie"], "'pie' is no kind of picture: prevail, paths, mix, compare"),
        (["list", "rulse"], "'rulse' is not one of rules, games"),
    ],
)
def test_wrong_calls_are_answered_in_words(folder, arguments, message):
    (folder / "full").mkdir()
    (folder / "full" / "mine.txt").write_text("mine")
    output = " ".join(call(*arguments, status=2).replace("│", " ").split())
    assert message in output
    assert (folder / "hawks.yaml").read_text() == HAWK_DOVE and not (folder / "runs").exists()


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(folder):
    text = HAWK_DOVE.replace("kind: infinite", "kind: well_mixed, size: 100").replace("kind: replicator", "kind: moran")
    text = text.replace("generations: 60", "generations: 1e9") + "mutation: {rate: 0.1}\n"
    (folder / "long.yaml").write_text(text)
    command = [sys.executable, "-m", "evo.cli", "run", "long.yaml", "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert process.stdout
    while "running into" not in process.stdout.readline():
        assert process.poll() is None
    while not Path("runs/long/points.parquet").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "evo: stopped. What is finished is kept in runs/long; the same command with --resume goes on" in errors
    assert "Traceback" not in errors
    assert json.loads(Path("runs/long/manifest.json").read_text())["status"] == "interrupted"


def test_import_is_light():
    heavy = ("pandas", "pyarrow", "seaborn", "matplotlib", "dask", "numba", "pydantic", "rich", "typer")
    code = f"import evo, sys; print([name for name in {heavy} if name in sys.modules]); dir(evo)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout == "[]\n"
    code = (
        "import evo, sys; evo.load, evo.Experiment, evo.ConfigError, evo.Model, evo.simulate, evo.Result; "
        "print([name for name in ('pandas', 'seaborn', 'matplotlib', 'dask') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout == "[]\n"


def test_public_names_exist_and_are_few():
    assert len(evo.__all__) <= 25
    assert set(evo.__all__) <= set(dir(evo))
    for name in evo.__all__:
        assert getattr(evo, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        evo.nothing  # noqa: B018

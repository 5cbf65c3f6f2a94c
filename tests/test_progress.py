"""Who is told how far a run is, and what `evo status` says of running, finished, stopped and killed runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

import evo
from evo.batch import progress as progress_module
from evo.batch import progress_file, progress_notebook, runner, status
from evo.batch.progress import Progress, Silent, reporter
from evo.batch.progress_panel import Panel
from evo.batch.tally import Tally
from evo.cli import app

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(evo.__file__).parents[1])}
CONFIG = """
title: A run to look at
parameters: {benefit: 4}
strategies: [cooperate, defect]
game: {kind: matrix, payoffs: [["benefit - 1", -1], [benefit, 0]]}
population: {kind: well_mixed, size: 12}
dynamics: {kind: moran}
selection: {intensity: 0.1}
mutation: {rate: 0.1}
run: {generations: 40, replicates: 20, seed: 5, start: {cooperate: 0.5}}
sweep: {grid: {parameters.benefit: [2, 4, 8]}}
measure: [final_mix, prevailing]
"""
BREAKS = CONFIG.replace("benefit, 0]", '"log(benefit - 3)", 0]')


def some(**more: object) -> Progress:
    found = Progress(points=10, replicates=200, crew="2 threads", **more)
    found.heard(Tally({0: 20, 1: 20, 2: 10}, failed=3, prevailing=Counter(command=40, collaborate=7)))
    found.points_done = 2
    return found


def told(folder: Path, *options: str) -> str:
    return CliRunner().invoke(app, ["status", str(folder), *options]).output


def test_the_rate_is_that_of_late_and_leaves_the_wait_for_the_first_answer_out(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: clock[0])
    found = Progress(points=1, replicates=10_000, began=clock[0])
    clock[0] += 60.0  # kernels are compiled
    for rate in (10, 100):
        for _ in range(80):
            clock[0] += 1.0
            found.heard(Tally({0: rate}))
    assert found.rate == pytest.approx(100, rel=0.02)
    assert found.left == pytest.approx((10_000 - 8_800) / 100, rel=0.02)
    assert len(found.answers) < 70
    slow = Progress(points=1, replicates=100, began=clock[0])
    for _ in range(20):
        clock[0] += 600.0
        slow.heard(Tally({0: 1}))
    assert slow.rate == pytest.approx(1 / 600)


def test_the_panel_of_a_terminal():
    from rich.console import Console

    screen = StringIO()
    panel = Panel(Console(file=screen, force_terminal=True, width=100, color_system=None))
    panel.running(some())
    panel.live.refresh()
    panel.note("careful: [bold] is not markup")
    panel.close()
    text = screen.getvalue()
    for words in ("running", "25 %", "2 of 10 points", "50 of 200 replicates", "3 failed", "on 2 threads", "[bold]"):
        assert words in text
    assert "85 %" in text and "15 %" in text and "prevails, of 47 so far" in text  # 40 and 7 of 47


def test_the_panel_of_a_notebook_is_one_output_that_changes(monkeypatch):
    shown = []

    class Handle:
        def update(self, what):
            shown.append(what.data)

    def display(what, display_id=False):
        shown.append(what.data)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    panel = progress_notebook.Notebook()
    named = some()
    named.prevailing = Counter({"<script>": 1})
    panel.running(named)
    panel.running(named)  # too soon
    panel.close()
    assert len(shown) == 2
    assert "50 of 200 replicates" in shown[0] and "&lt;script&gt;" in shown[0] and "<script>" not in shown[0]


def test_a_notebook_shows_the_panel(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    (tmp_path / "config.yaml").write_text(CONFIG)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import evo; evo.run(evo.load('config.yaml'), workers=1).complete")]
    )
    nbclient.NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    kinds = [output["output_type"] for output in notebook.cells[0]["outputs"]]
    assert kinds.count("display_data") == 1  # changed in place
    text = notebook.cells[0]["outputs"][0]["data"]["text/html"]
    assert "100 %" in text and "60 of 60 replicates" in text and "defect" in text


def test_who_is_told(monkeypatch):
    assert isinstance(reporter(False), Silent) and isinstance(reporter("auto"), Silent)
    monkeypatch.setattr(progress_module.sys.stderr, "isatty", lambda: True, raising=False)
    assert isinstance(reporter("auto"), Panel) and isinstance(reporter(True), Panel)
    monkeypatch.setattr(progress_module, "in_notebook", lambda: True)
    assert isinstance(reporter(True), progress_notebook.Notebook)


def test_a_finished_run(tmp_path):
    evo.run(evo.loads(BREAKS), out=tmp_path / "run")
    found = status.status_of(tmp_path / "run")
    assert (found.state, found.replicates_done, found.failed) == ("complete", 60, 20)
    assert sum(found.prevailing.values()) == 40
    assert not (tmp_path / "run" / progress_file.PROGRESS).exists()
    text = told(tmp_path / "run")
    assert "A run to look at" in text and "finished in" in text and "60 of 60 replicates, 20 failed" in text
    assert json.loads(told(tmp_path / "run", "--json"))["state"] == "complete"


def test_a_run_under_way_and_one_that_was_killed(tmp_path):
    config, folder = tmp_path / "config.yaml", tmp_path / "run"
    config.write_text(CONFIG.replace("generations: 40,", "generations: 1e6,"))
    code = (
        "import evo, sys; from evo.batch import progress_file, runner, tasks; "
        "progress_file.SECONDS = 0.05; runner.PART_ROWS = 1; tasks.SECONDS = 1e-9; "
        "evo.run(evo.load(sys.argv[1]), out=sys.argv[2], workers=1)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(config), str(folder)], env=ENVIRONMENT)
    try:
        while len(list(folder.glob("outcomes/part-*"))) < 3 and process.poll() is None:
            time.sleep(0.01)
        found = status.status_of(folder)
        assert found.state == "running" and found.pid == process.pid and found.crew == "1 thread"
        assert 1 <= found.replicates_done < 60 and found.replicates == 60 and found.heard < 60
        assert "running for" in told(folder) and f"process {process.pid}" in told(folder)
        old = time.time() - 1000
        os.kill(process.pid, signal.SIGSTOP)  # it writes nothing, and yet it is there
        os.utime(folder / progress_file.PROGRESS, (old, old))
        assert status.status_of(folder).state == "running"
    finally:
        process.kill()
        process.wait()
    found = status.status_of(folder)
    assert found.state == "dead" and found.replicates_done >= 3 and found.rate is None
    assert "looks dead: nobody writes to the folder" in told(folder) and "--resume" in told(folder)
    kept = status.prevailing(folder)
    assert sum(kept.values()) == found.replicates_done


def test_a_run_that_was_stopped_and_goes_on_counts_what_was_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "PART_ROWS", 1)
    seen = []

    class Stops(Silent):
        def running(self, progress):
            if progress.replicates_done >= 20:
                os.kill(os.getpid(), signal.SIGINT)

    class Looks(Silent):
        def running(self, progress):
            seen.append((progress.replicates_done, sum(progress.prevailing.values()), progress.crew))

    monkeypatch.setattr(evo.batch.tasks, "SECONDS", 1e-9)
    with pytest.raises(KeyboardInterrupt):
        evo.run(evo.loads(CONFIG), out=tmp_path / "run", progress=Stops())
    found = status.status_of(tmp_path / "run")
    assert found.state == "interrupted" and 20 <= found.replicates_done < 60
    assert "stopped before the end; the same command with --resume" in told(tmp_path / "run")
    evo.run(evo.loads(CONFIG), out=tmp_path / "run", resume=True, progress=Looks())
    assert seen[0][:2] == (found.replicates_done, found.replicates_done) and seen[-1][:2] == (60, 60)
    assert "thread" in seen[-1][2]


def test_a_file_that_cannot_be_written_stops_no_run(tmp_path, monkeypatch):
    def full(progress):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress_file, "told", full)
    assert evo.run(evo.loads(CONFIG), out=tmp_path / "run").complete


def test_what_is_no_run(tmp_path):
    result = CliRunner().invoke(app, ["status", str(tmp_path)])
    assert result.exit_code == 2

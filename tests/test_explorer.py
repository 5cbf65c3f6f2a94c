"""The explorer: what it computes against the library's own answers, its widgets without a browser, and a real JupyterLab."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import chromium
import numpy as np
import pytest
from typer.testing import CliRunner

import evo
from evo.cli import app
from evo.explorer.drawing import picture
from evo.explorer.knobs import knobs_of
from evo.explorer.portrait import Gradient, Plan
from evo.explorer.session import Session, flow_of

CONFIGS = Path(__file__).parents[1] / "configs"
OWN = """
title: My own game
parameters:
  benefit: {value: 3, range: [1, 6], unit: points, label: benefit of help}
  cost: {value: 1, range: [0.01, 3], label: cost <of> help}
  bonus: -2
strategies: [help, take]
game:
  kind: matrix
  payoffs:
    - [benefit - cost, -cost]
    - [bonus, 0]
dynamics: {kind: replicator}
run: {generations: 60, start: {help: 0.5}}
"""

ROLES = """
strategies: {up: {role: men}, down: {role: men}, left: {role: women}, right: {role: women}}
game: {kind: bimatrix, row: [[2, 0], [0, 1]], column: [[1, 0], [0, 2]]}
dynamics: {kind: replicator}
run: {generations: 30}
"""


@pytest.fixture
def own() -> evo.Experiment:
    return evo.loads(OWN)


def session(name: str) -> Session:
    return Session(evo.load(CONFIGS / f"{name}.yaml"))


def test_knobs_are_what_the_config_says(own: evo.Experiment) -> None:
    knobs = {knob.path: knob for knob in knobs_of(own)}
    benefit, cost, bonus = (knobs[f"parameters.{name}"] for name in ("benefit", "cost", "bonus"))
    assert (benefit.low, benefit.value, benefit.high) == (1, 3, 6)
    assert "benefit of help" in benefit.label and "points" in benefit.label
    assert cost.logarithmic and not benefit.logarithmic
    assert (bonus.low, bonus.high, bonus.stated) == (-4, 0, False)
    assert knobs["run.start.help"].value == knobs["run.start.take"].value == 0.5


def test_a_variable_of_the_environment_is_no_knob() -> None:
    assert "parameters.omega" not in {knob.path for knob in session("switching").knobs}


def test_every_shipped_config_has_a_scene() -> None:
    for name in ("hawk_dove", "rock_paper_scissors", "stag_hunt", "public_goods", "prisoners_dilemma"):
        now = session(name)
        for knob in now.knobs[:2]:
            now.move(knob.path, knob.high)
            ElementTree.fromstring(picture([now.look()]))
        for switch in now.switches:
            for option in switch.options:
                now.reset()
                now.choose(switch, option)
                ElementTree.fromstring(picture([now.look()]))


def test_the_flow_is_that_of_simulate(own: evo.Experiment) -> None:
    now = Session(own)
    now.move("parameters.benefit", 4.0)
    now.move("run.start.help", 0.25)
    course = now.look().flow
    path = evo.simulate(
        own.replace({"parameters.benefit": 4}).model, generations=60, record_every=0.1, start={"help": 0.25}
    )
    assert course is not None
    np.testing.assert_allclose(course.mix, path.mix, atol=1e-9)


def test_shares_of_the_start_make_room() -> None:
    now = session("rock_paper_scissors")
    now.move("run.start.rock", 0.8)
    assert now.values()["run.start.paper"] == pytest.approx(0.2 * 0.3 / 0.5)
    now.move("run.start.scissors", 1.0)
    now.move("run.start.scissors", 0.4)
    assert [now.values()[f"run.start.{name}"] for name in ("rock", "paper", "scissors")] == pytest.approx(
        [0.3, 0.3, 0.4]
    )


def test_switches_and_reset() -> None:
    now = session("hawk_dove")
    before = now.experiment
    rule, people = now.switches
    now.choose(people, "infinite")
    now.choose(rule, "moran")
    assert (now.experiment.population.kind, now.experiment.dynamics.kind) == ("infinite", "moran")
    now.choose(people, "100 individuals")
    assert now.experiment.population == before.population
    now.reset()
    assert now.experiment == before


def test_replicates_are_those_of_a_run_and_arrive_in_batches() -> None:
    now = session("hawk_dove")
    scenes = list(now.more(now.look(), np.zeros(1, np.int8)))
    counts = [len(scene.replicates.mix) for scene in scenes if scene.replicates is not None]
    assert counts == [1, 2, 4, 8, 16, 32]
    result = evo.run(now.experiment, progress=False)
    np.testing.assert_array_equal(scenes[-1].replicates.mix[:, -1, 0], result.outcomes["final_mix.hawk"])  # type: ignore[union-attr]


def test_replicates_stop_when_something_else_is_asked() -> None:
    now, flag = session("hawk_dove"), np.zeros(1, np.int8)
    seen = 0
    for _ in now.more(now.look(), flag):
        flag[0], seen = 1, seen + 1
    assert seen == 1


def test_a_slow_flow_is_waited_for_aside() -> None:
    now = session("rock_paper_scissors")
    at_once = now.look()
    now.slow = True
    scene = now.look()
    assert scene.pending and scene.flow is None
    scene = next(now.more(scene, np.zeros(1, np.int8)))
    np.testing.assert_array_equal(scene.flow.mix, at_once.flow.mix)  # type: ignore[union-attr]
    assert not now.slow  # it was quick


def test_two_roles_have_a_square_and_starts_of_their_own() -> None:
    now = Session(evo.loads(ROLES))
    now.move("run.start.up", 0.7)
    assert [now.values()[f"run.start.{name}"] for name in ("up", "down", "left", "right")] == pytest.approx(
        [0.7, 0.3, 0.5, 0.5]
    )
    scene = list(now.more(now.look(), np.zeros(1, np.int8)))[-1]
    assert isinstance(scene.portrait, Plan) and scene.rest is not None and len(scene.rest) == 5
    drawn = picture([scene])
    ElementTree.fromstring(drawn)
    assert "share of up (men)" in drawn


def test_the_gradient_has_the_roots_of_theory() -> None:
    now = session("hawk_dove")
    flow = flow_of(now.experiment)
    assert flow is not None
    portrait = now.look().portrait
    assert isinstance(portrait, Gradient)
    inner = [share for share, stable in portrait.roots if stable]
    expected = [point.mix[0] for point in evo.exact.rest_points(flow.model).attractors]
    assert inner == pytest.approx(expected, abs=1e-4)


def test_ways_follow_the_flow_and_rest_points_are_those_of_theory() -> None:
    now = session("rock_paper_scissors")
    scene = now.look()
    assert isinstance(scene.portrait, Plan)
    plane, ways = scene.portrait.plane, scene.portrait.ways
    mixes = plane.mixes(ways[:, 0])
    for start, way in list(zip(mixes, ways, strict=True))[::17]:
        names = dict(zip(now.base.strategy_names, start.tolist(), strict=True))
        path = evo.simulate(now.base.model, generations=0.01, record_every=0.01, start=names)
        true = plane.at(path.mix[0, -1]) - plane.at(path.mix[0, 0])
        drawn = way[1] - way[0]
        assert true @ drawn / np.linalg.norm(true) / np.linalg.norm(drawn) > 0.99
    last = list(now.more(scene, np.zeros(1, np.int8)))[-1]
    assert last.rest is not None and len(last.rest) == len(evo.exact.rest_points(now.base.model))


def test_the_panel_follows_its_sliders(own: evo.Experiment) -> None:
    panel = evo.explore(own)
    rows = {row.knob.path: row for row in panel.rows}
    before = panel.picture.value
    rows["parameters.benefit"].slider.value = 5.0
    assert panel.experiment.parameters["benefit"].value == 5 and panel.picture.value != before
    rows["run.start.help"].slider.value = 0.9
    assert rows["run.start.take"].slider.value == pytest.approx(0.1)
    panel._keep(None)
    rows["parameters.benefit"].slider.value = 2.0
    assert "kept: benefit = 5" in panel.svg and "now: benefit = 2" in panel.svg
    panel._reset()
    assert rows["parameters.benefit"].slider.value == 3 and "kept" not in panel.svg
    assert panel.picture.value == before


def test_a_label_is_text_and_not_a_page(own: evo.Experiment) -> None:
    panel = evo.explore(own)
    assert all("<of>" not in row.label.value for row in panel.rows)


def test_the_panel_exports_the_picture_and_the_config(own: evo.Experiment) -> None:
    panel = evo.explore(own)
    panel.rows[0].slider.value = 4.5
    panel._export(None)
    files = dict(re.findall(r'href="data:([^;]+);base64,([^"]+)"', panel.exported.value))
    texts = {kind: base64.b64decode(data).decode() for kind, data in files.items()}
    assert evo.loads(texts["application/yaml"]) == panel.experiment
    drawn = ElementTree.fromstring(texts["image/svg+xml"])
    assert "4.5" in str(next(iter(drawn)).text)  # says what made it


def test_a_config_is_edited_in_place_and_refused_in_words(own: evo.Experiment) -> None:
    panel = evo.explore(own)
    panel.tabs.selected_index = 2
    panel.text.value = panel.text.value.replace("benefit - cost", "benefit - costs")
    panel._apply(None)
    assert "costs" in panel.says.value and "did you mean" in panel.says.value
    panel.text.value = panel.text.value.replace("costs", "2*cost")
    panel._apply(None)
    assert panel.experiment.game.model_dump()["payoffs"][0][0] == "benefit - 2*cost"


def test_the_tipping_point_along_a_slider(own: evo.Experiment) -> None:
    """From half, help takes over where (b - c)/2 - c/2 > bonus/2, that is b > 2c + bonus = 0 at once; from 0.2 elsewhere."""
    now = Session(own)
    now.move("parameters.bonus", 0.0)
    panel = evo.explore(now.experiment)
    row = next(row for row in panel.rows if row.knob.path == "parameters.benefit")
    panel.target.value = "help"
    panel._tip(row)
    while "looking for" in panel.says.value:
        time.sleep(0.01)
    found = float(re.search(r"tips at ([\d.]+)", row.found.value)[1])  # type: ignore[index]
    assert found == pytest.approx(
        2.0, abs=0.1
    )  # half of the others help: b/2 > c, and a little more to be there in time


@pytest.mark.parametrize("helped", [True, False])
def test_what_knows_of_no_interventions_says_so(helped: bool) -> None:
    done = "interventions: [{kind: subsidy, at: 0, size: 2, to: help}]\n"
    panel = evo.explore(evo.loads(OWN.replace("bonus: -2", "bonus: 0") + (done if helped else "")))
    assert ("without the interventions" in str(panel.svg)) is helped
    panel.target.value = "help"
    row = next(row for row in panel.rows if row.knob.path == "parameters.benefit")
    panel._tip(row)
    assert "looking for" in panel.says.value
    while "looking for" in panel.says.value:
        time.sleep(0.01)
    assert ("Without the interventions: help holds 0.5" in panel.says.value) is helped


def test_a_phase_diagram_of_two_sliders(own: evo.Experiment) -> None:
    panel = evo.explore(own)
    panel.map.x.value, panel.map.y.value = "parameters.benefit", "parameters.cost"
    panel.map.cells.value = 5
    panel.map._asked(None)
    while panel.map.button.disabled:
        time.sleep(0.01)
    assert panel.map.shown.value.startswith("<img") and panel.map.result is not None
    assert len(panel.map.result.outcomes) == 25
    assert "parameters.benefit" in panel.map.says.value


def test_the_command_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("game: 3\n")
    answer = CliRunner().invoke(app, ["explore", str(tmp_path / "bad.yaml")])
    assert answer.exit_code == 2 and "strategies: is missing" in answer.output


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


def until_served(address: str, process: subprocess.Popen) -> None:
    while True:
        assert process.poll() is None
        try:
            urllib.request.urlopen(address).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)


def moves_the_picture(page: chromium.Browser) -> None:
    """A slider is moved by its keys, and the picture changes."""
    page.wait("document.querySelectorAll('.evo-picture svg .flow').length")
    before = page.value("document.querySelector('.evo-picture .flow').getAttribute('d')")
    page.value("document.querySelector('.evo-slider .noUi-handle').focus()")
    page.press("ArrowRight")
    page.wait(f"document.querySelector('.evo-picture .flow').getAttribute('d') !== {json.dumps(before)}")


@pytest.fixture(scope="module")
def browser():
    if chromium.found() is None:
        pytest.skip("no Chromium is installed")
    with chromium.browser() as opened:
        yield opened


@pytest.mark.slow
def test_in_jupyterlab(browser: chromium.Browser, tmp_path: Path) -> None:
    pytest.importorskip("jupyterlab")
    code = f"import evo\nevo.explore({str(CONFIGS / 'hawk_dove.yaml')!r})"
    cell = {"cell_type": "code", "id": "a", "execution_count": None, "metadata": {}, "outputs": [], "source": code}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
    (tmp_path / "try.ipynb").write_text(json.dumps(book))
    port, token = free_port(), secrets.token_hex(16)
    options = [
        f"--port={port}",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={tmp_path}",
        "--no-browser",
    ]
    options += ["--ip=127.0.0.1", "--LabApp.expose_app_in_browser=True", "--allow-root", "--LabApp.news_url=None"]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "c"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "s"),
    }
    environment |= {"JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "w")}
    with (tmp_path / "lab.log").open("w") as log:
        lab = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], stdout=log, stderr=log, env=environment, cwd=tmp_path
        )
        try:
            address = f"http://127.0.0.1:{port}/lab/tree/try.ipynb?token={token}"
            until_served(address, lab)
            browser.open(address, width=1500, height=1100)
            browser.wait("!!window.jupyterapp && !!document.querySelector('.jp-Notebook .jp-Cell')")
            browser.wait(
                "(s => s?.isReady && s.session?.kernel?.connectionStatus === 'connected' && s.session.kernel.status === 'idle')"
                "(window.jupyterapp.shell.currentWidget?.sessionContext)"
            )
            browser.value("window.jupyterapp.commands.execute('notebook:run-all-cells') && 1")
            moves_the_picture(browser)
            browser.screenshot(tmp_path / "lab.png", whole=False)
        finally:
            lab.terminate()
            lab.wait()


@pytest.mark.slow
def test_as_a_local_page(browser: chromium.Browser, tmp_path: Path) -> None:
    pytest.importorskip("voila")
    command = [sys.executable, "-m", "evo.cli", "explore", str(CONFIGS / "rock_paper_scissors.yaml"), "--no-browser"]
    page = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert page.stdout is not None
        address = page.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:") and "?token=" in address
        until_served(address.partition("?")[0] + "static/none", page)
        for wrong in (address.partition("?")[0], address[:-1]):
            with urllib.request.urlopen(wrong) as answer:
                assert "/login?" in answer.url
                assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        browser.open(address, width=1400, height=900)
        moves_the_picture(browser)
        browser.screenshot(tmp_path / "page.png")
    finally:
        page.terminate()
        page.communicate()

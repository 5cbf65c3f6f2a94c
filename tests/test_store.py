"""Run folders: the same bytes in whatever way they came about; nothing lost, nothing of others destroyed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import evo
from evo.batch import compaction, runner, store, tasks
from evo.batch.compaction import windows
from evo.batch.plan import STRIDE, make_plan
from evo.batch.store import part_name
from evo.places import locked
from evo.runfolder import FOLDER_VERSION, FolderError, read_rows, read_table, sorted_rows

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(evo.__file__).parents[1])}
MORAN = """
title: A small run
parameters: {benefit: 4}
strategies: [cooperate, defect]
game: {kind: matrix, payoffs: [["benefit - 1", -1], [benefit, 0]]}
population: {kind: well_mixed, size: 12}
dynamics: {kind: moran}
selection: {intensity: 0.1}
run: {generations: 40, replicates: 20, seed: 5, start: {cooperate: 0.5}, record: {every: 20}}
sweep: {grid: {parameters.benefit: [2, 4, 8], population.size: [12, 20]}}
measure: [final_mix, prevailing, fixed, {kind: time_to_tip, strategy: cooperate, level: 1}, mean_payoff]
"""
BREAKS_AT_ONE = MORAN.replace("benefit, 0]", '"log(benefit - 3)", 0]')
TABLES = ("outcomes.parquet", "paths.parquet", "failures.parquet", "points.parquet", "experiment.yaml")


def digest(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    evo.run(evo.loads(MORAN), out=folder, workers=1)
    return folder


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    return shutil.copytree(finished, tmp_path / "copy")


@pytest.fixture
def unfinished(tmp_path, monkeypatch) -> Path:
    """A run that was killed when most of its parts were written."""
    folder = tmp_path / "unfinished"
    write = store.Folder.write
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "SECONDS", 1e-9)
        patch.setattr(runner, "PART_ROWS", 11)

        def write_and_die(self, rows):
            if len(list((folder / "outcomes").glob("part-*"))) == 7:
                raise SystemExit
            write(self, rows)

        patch.setattr(store.Folder, "write", write_and_die)
        with pytest.raises(SystemExit):
            evo.run(evo.loads(MORAN), out=folder, workers=2)
    return folder


def test_a_finished_folder_holds_what_it_should(finished):
    names = {path.name for path in finished.iterdir() if not path.name.startswith(".")}
    assert names == {*TABLES, "manifest.json"}
    manifest = json.loads((finished / "manifest.json").read_text())
    assert manifest["schema_version"] == FOLDER_VERSION and manifest["status"] == "complete"
    assert manifest["outcomes"] == manifest["rows"] == 120 and manifest["failures"] == 0
    assert set(manifest["versions"]) == {"evo", "kernels", "python", "numpy", "numba", "pyarrow"}
    table = pq.read_table(finished / "outcomes.parquet")
    label = json.loads(table.schema.metadata[b"evo"])
    assert label == {key: manifest[key] for key in ("config_hash", "seed", "versions")}


def test_a_result_comes_back_from_its_folder(finished):
    loaded, fresh = evo.Result.load(finished), evo.run(evo.loads(MORAN))
    assert loaded.complete and loaded.folder == finished
    assert loaded.experiment == fresh.experiment
    for name in ("points", "outcomes", "paths", "failures"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(fresh, name), check_exact=True)
    assert repr(loaded) == f"<Result A small run: 6 points, 120 outcomes, 360 rows of paths, in {finished}>"
    assert loaded.at(3).population.size == 20 and loaded.at(3).parameters["benefit"].value == 4


@pytest.mark.parametrize("text", [MORAN, BREAKS_AT_ONE], ids=["sound", "with failures"])
def test_the_bytes_depend_on_neither_workers_nor_tasks_nor_parts(tmp_path, monkeypatch, text):
    cases = [(1, 10.0, 10**6), (1, 1e-9, 10**6), (2, 1e-9, 9), (3, 2e-3, 50)]
    found = []
    for place, (workers, seconds, part_rows) in enumerate(cases):
        monkeypatch.setattr(tasks, "SECONDS", seconds)
        monkeypatch.setattr(runner, "PART_ROWS", part_rows)
        evo.run(evo.loads(text), out=tmp_path / str(place), workers=workers)
        found.append(digest(tmp_path / str(place)))
    assert all(tables == found[0] for tables in found)
    assert pq.read_table(tmp_path / "0" / "failures.parquet").num_rows == (40 if "log" in text else 0)


def test_the_bytes_depend_on_no_window(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(compaction, "WINDOW", 7)  # fewer than a point's rows
    evo.run(evo.loads(MORAN), out=tmp_path / "run")
    table = pq.read_table(tmp_path / "run" / "paths.parquet")
    assert table.equals(pq.read_table(finished / "paths.parquet"))


def test_row_groups_are_of_fixed_size(tmp_path, monkeypatch):
    monkeypatch.setattr(compaction, "ROW_GROUP", 50)
    evo.run(evo.loads(MORAN), out=tmp_path / "run")
    file = pq.ParquetFile(tmp_path / "run" / "outcomes.parquet")
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [50, 50, 20]


def test_a_run_that_was_cut_off_goes_on_to_the_same_bytes(finished, unfinished, monkeypatch):
    there = read_rows(unfinished, "outcomes").num_rows
    assert 70 <= there < 120
    assert not evo.Result.load(unfinished).complete
    ran = []
    run_plan = tasks.run_plan
    monkeypatch.setattr(tasks, "run_plan", lambda *a, **k: ran.append(k["replicates"]) or run_plan(*a, **k))
    evo.run(evo.loads(MORAN), out=unfinished, resume=True)
    assert sum(ran) == 120 - there
    assert digest(unfinished) == digest(finished)


def test_what_a_kill_leaves_half_done_is_cleared_away(finished, unfinished):
    part = next((unfinished / "outcomes").glob("part-*"))
    part.unlink()  # its paths were written before it
    stray = unfinished / "paths" / part.name
    store.Folder(unfinished, make_plan(evo.loads(MORAN)), {}).clear()
    assert not stray.exists() and len(list((unfinished / "paths").iterdir())) == 6
    (unfinished / "outcomes" / ".part-0.parquet.new").write_bytes(b"half")
    (unfinished / ".manifest.json.new").write_bytes(b"{")
    evo.run(evo.loads(MORAN), out=unfinished, resume=True)
    assert digest(unfinished) == digest(finished)
    assert not (unfinished / "outcomes").exists()


def test_a_kill_between_compaction_and_clearing_up_does_no_harm(finished, unfinished, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda self, **_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            evo.run(evo.loads(MORAN), out=unfinished, resume=True)
    assert (unfinished / "outcomes.parquet").exists() and list((unfinished / "outcomes").glob("part-*"))
    assert len(evo.Result.load(unfinished).outcomes) == 120
    evo.run(evo.loads(MORAN), out=unfinished, resume=True)
    assert digest(unfinished) == digest(finished)


def test_more_replicates_are_added_to_a_finished_run(copy, tmp_path, monkeypatch):
    evo.run(evo.loads(MORAN), out=tmp_path / "afresh", replicates=30)
    ran = []
    run_plan = tasks.run_plan
    monkeypatch.setattr(tasks, "run_plan", lambda *a, **k: ran.append(k["replicates"]) or run_plan(*a, **k))
    evo.run(evo.loads(MORAN), out=copy, replicates=30, resume=True)
    assert sum(ran) == 60
    assert digest(copy) == digest(tmp_path / "afresh")


def test_a_point_that_failed_is_not_run_again(tmp_path, monkeypatch):
    first = evo.run(evo.loads(BREAKS_AT_ONE), out=tmp_path / "run")
    assert set(first.failures["point"]) == {0, 1} and len(first.failures) == 40
    monkeypatch.setattr(tasks, "run_plan", None)
    again = evo.run(evo.loads(BREAKS_AT_ONE), out=tmp_path / "run", resume=True)
    pd.testing.assert_frame_equal(first.failures, again.failures)
    pd.testing.assert_frame_equal(first.failures, evo.Result.load(tmp_path / "run").failures)


def test_a_point_left_out_by_an_unexpected_error_is_run_again(finished, tmp_path, monkeypatch):
    outcomes = tasks.outcomes

    def breaks(measures, model, *rest):
        if model.parameters["benefit"].value == 4:
            raise OSError("disk on fire")
        return outcomes(measures, model, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "outcomes", breaks)
        result = evo.run(evo.loads(MORAN), out=tmp_path / "run")
    assert not result.complete and len(result.failures) == 40
    assert "disk on fire" in json.loads((tmp_path / "run" / "manifest.json").read_text())["errors"][0]
    evo.run(evo.loads(MORAN), out=tmp_path / "run", resume=True)
    assert digest(tmp_path / "run") == digest(finished)


def test_a_killed_process_loses_nothing_finished(finished, tmp_path):
    config = tmp_path / "config.yaml"
    slow = MORAN.replace("generations: 40, replicates: 20", "generations: 20000, replicates: 8")
    slow = slow.replace(", fixed", "").replace("every: 20", "every: 10000") + "mutation: {rate: 0.1}\n"
    config.write_text(slow)
    code = (
        "import evo, sys; from evo.batch import runner, tasks; runner.PART_ROWS = 4; tasks.SECONDS = 1e-9; "
        "evo.run(evo.load(sys.argv[1]), out=sys.argv[2], workers=2)"
    )
    folder = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", code, str(config), str(folder)], env=ENVIRONMENT)
    while len(list(folder.glob("outcomes/part-*"))) < 3 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    there = read_rows(folder, "outcomes").num_rows
    assert 3 <= there < 48
    with pytest.raises(FolderError, match="holds an unfinished run of this experiment: add --resume"):
        evo.run(evo.load(config), out=folder)
    resumed = evo.run(evo.load(config), out=folder, resume=True)
    assert len(resumed.outcomes) == 48
    evo.run(evo.load(config), out=tmp_path / "whole")
    assert digest(folder) == digest(tmp_path / "whole")


def _newer(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"schema_version": FOLDER_VERSION + 1}))


def _of_another(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"config_hash": "0" * 64, "title": "Other"}))
    points = pq.read_table(folder / "points.parquet")
    others = pa.array([1, 2, 3, *points["address"].to_pylist()[3:]])
    pq.write_table(points.set_column(points.num_columns - 1, "address", others), folder / "points.parquet")


def _without_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _damaged_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def _more_replicates(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"replicates": 30}))


def _cut(folder: Path) -> None:
    path = folder / "outcomes.parquet"
    path.write_bytes(path.read_bytes()[:-100])


def _flipped(folder: Path) -> None:
    content = bytearray((folder / "outcomes.parquet").read_bytes())
    content[60] ^= 1
    (folder / "outcomes.parquet").write_bytes(content)


@pytest.mark.parametrize(
    "change, words",
    [
        (None, "holds a finished run of this experiment: add --resume"),
        (_newer, r"written by a newer evo \(folder version 3, this evo reads 2\)"),
        (
            _of_another,
            r"holds the run of another experiment \(Other\), or of this one before its config changed; 3 of its 6",
        ),
        (_without_manifest, "is not empty and holds no run: choose another folder"),
        (_damaged_manifest, "manifest.json is damaged"),
        (_more_replicates, "has 30 replicates of each point, this run asks for 20"),
        (_cut, "outcomes.parquet is damaged .* remove the file and run with --resume"),
        (_flipped, "outcomes.parquet is damaged .* remove the file and run with --resume"),
    ],
)
def test_a_folder_of_something_else_is_refused_and_left_alone(copy, change, words):
    if change:
        change(copy)
    before = tree(copy)
    with pytest.raises(FolderError, match=words):
        evo.run(evo.loads(MORAN), out=copy, resume=change is not None)
    assert tree(copy) == before


def test_no_flipped_bit_of_the_data_goes_unnoticed(finished, tmp_path):
    content = (finished / "outcomes.parquet").read_bytes()
    whole, path = pq.read_table(finished / "outcomes.parquet"), tmp_path / "flipped.parquet"
    data = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    noticed = 0
    for place in range(4, data, 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        try:
            assert read_table(path).equals(whole)
        except FolderError:
            noticed += 1
    assert noticed > data / 7 / 2


def test_a_damaged_file_that_was_removed_is_computed_again(copy, finished):
    (copy / "outcomes.parquet").unlink()
    evo.run(evo.loads(MORAN), out=copy, resume=True)
    assert digest(copy) == digest(finished)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderError, match="is a file, not a run folder"):
        evo.run(evo.loads(MORAN), out=tmp_path / "file")
    with pytest.raises(FolderError, match="nowhere does not exist"):
        evo.Result.load(tmp_path / "nowhere")


def test_two_runs_do_not_write_to_one_folder(copy):
    with locked(copy), pytest.raises(FolderError, match="another evo is writing to"):
        evo.run(evo.loads(MORAN), out=copy, resume=True)


def test_words_and_colours_may_change_before_a_run_goes_on(copy, finished):
    named = MORAN.replace("A small run", "A fine run")
    result = evo.run(evo.loads(named), out=copy, resume=True)
    assert result.experiment.title == evo.Result.load(copy).experiment.title == "A fine run"
    assert (copy / "outcomes.parquet").read_bytes() == (finished / "outcomes.parquet").read_bytes()


def test_what_was_begun_elsewhere_is_said(unfinished):
    manifest = json.loads((unfinished / "manifest.json").read_text())
    manifest["versions"]["numba"] = "0.1"
    (unfinished / "manifest.json").write_text(json.dumps(manifest))
    told = []

    class Listens(evo.batch.progress.Silent):
        def note(self, text):
            told.append(text)

    evo.run(evo.loads(MORAN), out=unfinished, resume=True, progress=Listens())
    assert len(told) == 1 and "numba 0.1 then" in told[0]


def test_a_part_is_named_by_what_it_holds():
    def name(addresses, replicates):
        return part_name(pa.table({"address": addresses, "replicate": replicates}))

    assert name([7, -1, 7], [1, 0, 0]) == name([-1, 7, 7], [0, 0, 1])
    assert len({name([7], [0]), name([7], [1]), name([8], [0]), name([7, 7], [0, 1])}) == 4


def test_windows_cover_every_row_once(monkeypatch):
    monkeypatch.setattr(compaction, "WINDOW", 10)
    monkeypatch.setattr(compaction, "MOST_WINDOWS", 100)
    sizes, replicates = np.array([3, 3, 25, 0, 4, 10, 1]), np.array([3, 3, 5, 1, 4, 10, 1])
    point = np.repeat(np.arange(7), replicates)
    replicate = np.concatenate([np.arange(count) for count in replicates])
    window = np.searchsorted(windows(sizes, replicates), point * STRIDE + replicate, side="right") - 1
    assert window.tolist() == sorted(window) and len(set(window)) == len(windows(sizes, replicates))
    rows = np.bincount(window, (sizes / replicates)[point])
    assert rows.max() <= 10 and len(rows) < 8


def test_rows_that_stand_twice_are_taken_once():
    table = pa.table({"point": [1, 0, 1], "replicate": [0, 0, 0], "x": [1.0, 2.0, 1.0]})
    assert sorted_rows(table, ("point", "replicate")).to_pydict() == {
        "point": [0, 1],
        "replicate": [0, 0],
        "x": [2.0, 1.0],
    }


def test_a_full_disk_is_an_error_and_loses_nothing(tmp_path, monkeypatch, finished):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            evo.run(evo.loads(MORAN), out=tmp_path / "run")
    evo.run(evo.loads(MORAN), out=tmp_path / "run", resume=True)
    assert digest(tmp_path / "run") == digest(finished)

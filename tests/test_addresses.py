"""Points by what is computed there: a wider sweep, shards, merged runs and reused rows compute only what is new."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from test_store import BREAKS_AT_ONE, ENVIRONMENT, MORAN, digest, tree

import evo
from evo.batch import adoption, tasks
from evo.batch.limits import Limit
from evo.batch.merging import merge
from evo.batch.plan import make_plan
from evo.batch.shards import Shard
from evo.batch.store import Rows, write_part
from evo.runfolder import FolderError, parts, read_rows
from evo.simulation import interrupted, run_plan

NARROW = MORAN.replace("[2, 4, 8]", "[4, 8]")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    evo.run(evo.loads(MORAN), out=folder)
    return folder


@pytest.fixture(scope="module")
def narrow(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("narrow") / "run"
    evo.run(evo.loads(NARROW), out=folder)
    return folder


@pytest.fixture
def ran(monkeypatch) -> list[int]:
    """How many replicates each call computes."""
    counts: list[int] = []
    monkeypatch.setattr(tasks, "run_plan", lambda *a, **k: counts.append(k["replicates"]) or run_plan(*a, **k))
    return counts


def test_an_address_follows_from_what_is_computed():
    experiment = evo.loads(MORAN)
    same = {"title": "A", "strategies.cooperate.color": "#112233", "run.replicates": 3, "plots": ["prevail"]}
    assert experiment.replace(same).address == experiment.address
    changed = {
        "run.seed": 6,
        "parameters.benefit": 5,
        "run.generations": 41,
        "measure": ["final_mix"],
        "run.record": {"every": 10.0},
        "run.start": {"cooperate": 0.4},
        "run.common_random_numbers": True,
    }
    others = [experiment.replace({path: value}).address for path, value in changed.items()]
    seeds = [experiment.replace({"run.seed": seed}).address for seed in (2**60, 2**60 + 1)]
    assert len({experiment.address, *others, *seeds}) == 3 + len(changed)


def test_a_wider_sweep_computes_only_what_is_new(narrow, whole, tmp_path, ran):
    folder = shutil.copytree(narrow, tmp_path / "run")
    evo.run(evo.loads(MORAN), out=folder, resume=True)
    assert sum(ran) == 40
    assert digest(folder) == digest(whole)


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_kill_while_a_finished_run_becomes_parts_does_no_harm(narrow, whole, tmp_path, monkeypatch, kept, ran):
    folder = shutil.copytree(narrow, tmp_path / "run")
    monkeypatch.setattr(adoption, "BLOCK", 37)
    write, remove, calls = adoption.write_part, Path.unlink, []

    def dies(function, at):
        def called(*arguments, **more):
            calls.append(1)
            if len(calls) > at:
                raise SystemExit
            return function(*arguments, **more)

        return called

    with monkeypatch.context() as patch:
        if kept < 2:
            patch.setattr(adoption, "write_part", dies(write, kept))
        else:
            patch.setattr(Path, "unlink", dies(remove, 1))  # when one of the tables is removed
        with pytest.raises(SystemExit):
            evo.run(evo.loads(MORAN), out=folder, resume=True)
    evo.run(evo.loads(MORAN), out=folder, resume=True)
    assert sum(ran) == 40
    assert digest(folder) == digest(whole)


def test_a_narrower_sweep_is_refused_and_nothing_is_lost(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "run")
    before = tree(folder)
    with pytest.raises(FolderError, match=r"4 of its 6 points are the same: choose another folder .* --reuse"):
        evo.run(evo.loads(NARROW), out=folder, resume=True)
    assert tree(folder) == before


def test_rows_of_another_run_are_reused(whole, narrow, tmp_path, ran):
    evo.run(evo.loads(NARROW), out=tmp_path / "run", reuse=[whole])
    assert not ran
    assert digest(tmp_path / "run") == digest(narrow)


def test_failures_are_reused_too(tmp_path, ran):
    evo.run(evo.loads(BREAKS_AT_ONE), out=tmp_path / "one")
    ran.clear()
    evo.run(evo.loads(BREAKS_AT_ONE), out=tmp_path / "other", reuse=[tmp_path / "one"])
    assert not ran
    assert digest(tmp_path / "one") == digest(tmp_path / "other")


def test_points_that_are_the_same_are_computed_once(ran):
    text = MORAN.replace("[2, 4, 8]", "[2, 4, 2]")
    result = evo.run(evo.loads(text))
    assert sum(ran) == 80 and len(result.outcomes) == 120 and len(result.paths) == 360
    first, last = (result.outcomes[result.outcomes["point"].isin(two)] for two in ((0, 1), (4, 5)))
    first, last = (table.drop(columns="point").reset_index(drop=True) for table in (first, last))
    pd.testing.assert_frame_equal(first, last, check_exact=True)


@pytest.mark.parametrize("points, replicates, count", [(6, 20, 4), (1, 1000, 64), (100, 1, 7), (3, 1, 5), (2, 3, 3)])
def test_shards_have_every_replicate_once(points, replicates, count):
    seen = np.zeros((points, replicates), int)
    loads = []
    for number in range(1, count + 1):
        before = seen.sum()
        for point in range(points):
            for first, last in Shard(number, count).ranges(point, replicates, points):
                seen[point, first:last] += 1
        loads.append(seen.sum() - before)
    assert (seen == 1).all()
    if points * replicates > 50 * count:
        assert max(loads) <= 1.25 * points * replicates / count


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/2/3", "-1/3"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match="is not a share such as 3/64"):
        Shard.parse(text)


@pytest.mark.parametrize("text", [MORAN, BREAKS_AT_ONE], ids=["sound", "with failures"])
def test_merged_shards_are_one_undisturbed_run(tmp_path, text):
    evo.run(evo.loads(text), out=tmp_path / "whole")
    shards = [tmp_path / str(number) for number in (1, 2, 3)]
    for folder in shards:
        result = evo.run(evo.loads(text), out=folder, shard=f"{folder.name}/3")
        assert not result.complete and result.manifest["shard"] == f"{folder.name}/3"
    with pytest.raises(FolderError, match="holds the share 1/3 of this experiment"):
        evo.run(evo.loads(text), out=shards[0], resume=True)
    part = merge(shards[:2], out=tmp_path / "merged")
    assert not part.complete and len(part.outcomes) + len(part.failures) == 80
    result = merge([tmp_path / "merged", shards[2]], out=tmp_path / "merged")
    assert result.complete and len(result.manifest["merged"]) == 2
    assert digest(tmp_path / "merged") == digest(tmp_path / "whole")


def test_what_a_merged_run_lacks_is_computed(tmp_path, whole, ran):
    evo.run(evo.loads(MORAN), out=tmp_path / "one", shard="1/3")
    merge([tmp_path / "one"], out=tmp_path / "merged")
    ran.clear()
    evo.run(evo.loads(MORAN), out=tmp_path / "merged", resume=True)
    assert sum(ran) == 80
    assert digest(tmp_path / "merged") == digest(whole)


def test_runs_of_other_points_and_more_replicates_are_merged(narrow, tmp_path):
    evo.run(evo.loads(MORAN.replace("[2, 4, 8]", "[8, 16]")), out=tmp_path / "more", replicates=25)
    result = merge([narrow, tmp_path / "more"], out=tmp_path / "merged")
    assert not result.complete  # points of the first have 20 replicates
    counts = result.outcomes.groupby("point").size().tolist()
    assert list(result.points["parameters.benefit"]) == [4, 4, 8, 8, 8, 8, 16, 16]
    assert counts == [20, 20, 25, 25, 25, 25, 25, 25]


def test_runs_of_different_experiments_are_not_merged(narrow, tmp_path):
    evo.run(evo.loads(NARROW.replace("seed: 5", "seed: 6")), out=tmp_path / "other")
    with pytest.raises(FolderError, match=r"not runs of the same experiment \(run.seed: 5 and 6\)"):
        merge([narrow, tmp_path / "other"], out=tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_many_processes_write_parts_of_one_folder(whole, tmp_path):
    """The same parts, and others, at the same time: as workers of a cluster do."""
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from pathlib import Path; import pyarrow as pa, numpy as np\n"
        "from evo.batch.store import Rows, write_part\n"
        "for k in range(40):\n"
        "    part = pa.table({'address': np.full(5, k % 20), 'replicate': np.arange(5), 'x': np.full(5, 0.5)})\n"
        "    write_part(Path(sys.argv[1]), Rows(part, part))\n"
    )
    folder = tmp_path / "run"
    folder.mkdir()
    writers = [subprocess.Popen([sys.executable, "-c", code, str(folder)], env=ENVIRONMENT) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(parts(folder, "outcomes")) == len(parts(folder, "paths")) == 20
    assert not list(folder.rglob("*.new"))


def test_outcomes_whose_paths_were_lost_are_computed_again(whole, tmp_path, ran):
    folder = shutil.copytree(whole, tmp_path / "run")
    (folder / "paths.parquet").unlink()
    evo.run(evo.loads(MORAN), out=folder, resume=True)
    assert sum(ran) == 120 and digest(folder) == digest(whole)


def test_a_point_that_takes_too_long_is_left_out_and_told(tmp_path):
    text = MORAN.replace("generations: 40, replicates: 20", "generations: 1e9, replicates: 3")
    text = text.replace(", fixed", "").replace("record: {every: 20}", "until: generations") + "mutation: {rate: 0.1}\n"
    evo.run(evo.loads(text), limit=0.01, replicates=1)  # kernels compiled
    result = evo.run(evo.loads(text), out=tmp_path / "run", limit=0.05, workers=2)
    assert not len(result.outcomes) and len(result.failures) == 18 and not result.complete
    assert set(result.failures["message"]) == {str(Limit(0.05))}
    assert result.failures["command"][5] == "evo rerun . --point 1 --replicate 2"
    assert "point 0, replicate" in result.manifest["errors"][0]
    assert not len(evo.Result.load(tmp_path / "run").failures)  # they are run again with a longer limit


def test_a_limit_that_nobody_reaches_changes_nothing(whole, tmp_path):
    evo.run(evo.loads(MORAN), out=tmp_path / "run", limit=1000)
    assert digest(tmp_path / "run") == digest(whole)


def test_a_stopped_run_on_graphs_says_so():
    """Each replicate has a graph of its own: those that were not begun count as stopped, not as finished."""
    model = evo.loads(
        MORAN.split("sweep:")[0]
        .replace("{kind: well_mixed, size: 12}", "{kind: network, graph: {kind: erdos_renyi, size: 20, degree: 4}}")
        .replace("{kind: moran}", "{kind: death_birth}")
    )
    chosen = make_plan(model).kept[0].experiment
    plan = tasks.plan_of(**chosen.plan_arguments, record_every=None)
    stopped = run_plan(chosen.model, plan, seed=1, point=1, replicates=3, flag=np.ones(1, np.int8))
    assert [interrupted(stopped, row) for row in range(3)] == [True] * 3


def test_a_manifest_says_what_made_the_run(whole):
    made = json.loads((whole / "manifest.json").read_text())
    assert made["packages"]["numba"] == made["versions"]["numba"]
    assert len(made["code"]["sources"]) == 16 and made["machine"]["cpus"] >= 1 and made["machine"]["host"]
    assert made["seed"] == 5 and made["seconds"] > 0 and made["command"] and made["workers"] >= 1


def test_a_part_with_fewer_columns_than_the_wider_sweep_is_taken(tmp_path):
    """Another point may measure what the first ones do not; there it is null."""
    text = MORAN.split("sweep:")[0]
    measures = "measure: [final_mix, prevailing]\n"
    one = evo.loads(text + "sweep: {points: [{population.size: 12}]}\n" + measures)
    three = "{population.size: 12}, {strategies: [cooperate, defect, watch], game.payoffs: [[1,0,0],[0,1,0],[0,0,1]]}"
    evo.run(one, out=tmp_path / "run")
    result = evo.run(evo.loads(text + f"sweep: {{points: [{three}]}}\n" + measures), out=tmp_path / "run", resume=True)
    assert result.outcomes["final_mix.watch"].isna().tolist() == [True] * 20 + [False] * 20
    assert read_rows(tmp_path / "run", "outcomes").num_rows == 40
    assert pq.read_table(tmp_path / "run" / "outcomes.parquet").num_rows == 40


def test_a_part_is_written_twice_to_the_same_file(whole, tmp_path):
    table = read_rows(whole, "outcomes").rename_columns(["address", *read_rows(whole, "outcomes").column_names[1:]])
    for _ in range(2):
        write_part(tmp_path, Rows(table, None))
    assert len(parts(tmp_path, "outcomes")) == 1

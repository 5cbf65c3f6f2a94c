"""What people do with a run: ask it in SQL, take it elsewhere, check it, look at one replicate."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_cli import call
from test_store import BREAKS_AT_ONE, MORAN

import evo
from evo.batch.checking import rerun, verify
from evo.exports import ExportError
from evo.queries import QueryError


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "run"
    evo.run(evo.loads(MORAN), out=folder)
    return folder


@pytest.fixture(scope="module")
def failing(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("failing") / "run"
    evo.run(evo.loads(BREAKS_AT_ONE), out=folder)
    return folder


def test_questions_in_sql_are_answered(sound):
    result = evo.Result.load(sound)
    sql = """select "parameters.benefit" as b, avg("final_mix.cooperate") as share from joined group by b order by b"""
    asked = result.query(sql)
    joined = result.outcomes.merge(result.points, on="point")
    expected = joined.groupby("parameters.benefit")["final_mix.cooperate"].mean()
    assert asked["b"].tolist() == [2, 4, 8]
    np.testing.assert_allclose(asked["share"], expected, rtol=1e-14)
    assert result.query("select count(*) as n from paths")["n"].tolist() == [360]
    assert "outcomes" not in {name for name, held in result.__dict__.items() if isinstance(held, pa.Table)}
    with pytest.raises(QueryError, match=r"nothing.*\n(.*\n)*.*points: point, part, \"parameters.benefit\""):
        result.query("select nothing from outcomes")


def test_questions_to_a_result_in_memory_and_to_an_unfinished_run(sound, tmp_path):
    sql = "select point, count(*) as n from outcomes group by point order by point"
    in_memory = evo.run(evo.loads(MORAN)).query(sql)
    pd.testing.assert_frame_equal(in_memory, evo.Result.load(sound).query(sql))
    shard = evo.run(evo.loads(MORAN), out=tmp_path / "run", shard="1/2")
    assert shard.query(sql)["n"].sum() == len(shard.outcomes) == 60


def test_tables_are_read_when_they_are_looked_at(sound):
    result = evo.Result.load(sound)
    assert all(callable(result.__dict__[name]) for name in ("points", "outcomes", "paths", "failures"))
    assert len(result.outcomes) == 120
    assert callable(result.__dict__["paths"]) and result.outcomes is result.outcomes


def test_a_grid_as_xarray(sound):
    result = evo.Result.load(sound)
    data = result.to_xarray(paths=True)
    assert dict(data.sizes) == {"parameters.benefit": 3, "population.size": 2, "replicate": 20, "time": 3}
    assert data["population.size"].values.tolist() == [12, 20] and data.attrs["seed"] == "5"
    assert evo.loads(data.attrs["config"]) == result.experiment
    for row in result.outcomes.itertuples():
        point = result.points.iloc[row.point]
        place = {name: point[name] for name in ("parameters.benefit", "population.size")}
        cell = data.sel({**place, "replicate": row.replicate})
        assert cell["prevailing"] == row.prevailing
        np.testing.assert_equal(
            float(cell["final_mix.cooperate"]), result.outcomes.loc[row.Index, "final_mix.cooperate"]
        )
    last = result.paths.iloc[-1]
    cell = data.isel({"parameters.benefit": 2, "population.size": 1}).sel(
        replicate=last["replicate"], time=last["time"]
    )
    assert float(cell["path.cooperate"]) == last["cooperate"]


def test_points_that_are_no_grid_as_xarray():
    text = MORAN.replace(
        "sweep: {grid: {parameters.benefit: [2, 4, 8], population.size: [12, 20]}}",
        "sweep: [{name: a, grid: {parameters.benefit: [2, 4]}}, {name: b, points: [{run.start: {cooperate: 0.9}}, {}]}]",
    )
    result = evo.run(evo.loads(text), replicates=3)
    data = result.to_xarray()
    assert dict(data.sizes) == {"point": 4, "replicate": 3}
    assert data["parameters.benefit"].values.tolist() == ["2", "4", "-", "-"]
    assert data["part"].values.tolist() == ["a", "a", "b", "b"]
    assert dict(result.to_xarray("a").sizes) == {"parameters.benefit": 2, "replicate": 3}
    with pytest.raises(ExportError, match="the sweep has no part 'c': a, b"):
        result.to_xarray("c")


def test_files_for_other_tools(sound, tmp_path):
    import xarray as xr

    assert str(tmp_path / "x.csv") in call("export", str(sound), str(tmp_path / "x.csv"))
    rows = pd.read_csv(tmp_path / "x.csv")
    assert (
        list(rows.columns[:4]) == ["point", "parameters.benefit", "population.size", "replicate"] and len(rows) == 120
    )
    call("export", str(sound), str(tmp_path / "p.parquet"), "--table", "paths")
    assert pq.read_table(tmp_path / "p.parquet").num_rows == 360
    call("export", str(sound), str(tmp_path / "x.nc"))
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as data:
        result = evo.Result.load(sound)
        assert float(data["mean_payoff"].sum()) == pytest.approx(result.outcomes["mean_payoff"].sum(), rel=1e-12)
        assert data["path.cooperate"].sizes["time"] == 3
    assert "ends in none of .csv, .parquet and .nc" in call("export", str(sound), str(tmp_path / "x.txt"), status=2)
    assert "is none of outcomes, paths" in call("export", str(sound), str(tmp_path / "x.csv"), "--table", "x", status=2)


def test_a_run_is_verified(sound, failing):
    found = verify(evo.Result.load(sound), sample=15, seed=1)
    assert found.checked == 15 and found.held == 120 and not found.differing and not found.changes
    found = verify(evo.Result.load(failing), sample=40, seed=1)
    assert found.checked == 40 and not found.differing


def test_a_changed_bit_is_found(sound, failing, tmp_path):
    import shutil

    folder = shutil.copytree(sound, tmp_path / "run")
    table = pq.read_table(folder / "outcomes.parquet")
    column = table.column_names.index("mean_payoff")
    values = table["mean_payoff"].to_numpy().copy()
    values[7] = np.nextafter(values[7], 9.0)
    pq.write_table(table.set_column(column, table.schema.field(column), pa.array(values)), folder / "outcomes.parquet")
    output = call("verify", str(folder), "--sample", "120", status=1)
    assert "120 of 120 replicates run again: 1 differ" in output
    assert "point 0, replicate 7: mean_payoff was " in output
    folder = shutil.copytree(failing, tmp_path / "failing")
    table = pq.read_table(folder / "failures.parquet")
    messages = pa.array(["another", *table["message"].to_pylist()[1:]])
    pq.write_table(table.set_column(3, "message", messages), folder / "failures.parquet")
    assert "point 0, replicate 0: failed with 'another', now" in call(
        "verify", str(folder), "--sample", "120", status=1
    )


def test_a_folder_made_elsewhere_is_verified_with_a_note(sound, tmp_path):
    import shutil

    folder = shutil.copytree(sound, tmp_path / "run")
    made = json.loads((folder / "manifest.json").read_text())
    made["versions"]["numba"] = "0.1"
    (folder / "manifest.json").write_text(json.dumps(made))
    assert "note: numba 0.1 then" in call("verify", str(folder), "--sample", "2")


def test_one_replicate_again(sound, failing, tmp_path):
    output = call("rerun", str(sound), "--point", "3", "--replicate", "2", "--paths")
    assert "point 3 (benefit 4, population.size 20), replicate 2" in output and "as in the folder, bit by bit" in output
    assert "mean_payoff" in output
    call("rerun", str(sound), "--point", "3", "--out", str(tmp_path / "p.csv"), "--every", "1")
    assert len(pd.read_csv(tmp_path / "p.csv")) == 41
    command = pq.read_table(failing / "failures.parquet")["command"][5].as_py().split()
    assert command == ["evo", "rerun", ".", "--point", "0", "--replicate", "5"]
    assert "it stops: a payoff is not finite" in call("rerun", str(failing), *command[3:], status=1)
    assert "no point 30" in call("rerun", str(sound), "--point", "30", status=2)
    assert "point 0 has no replicate 20" in call("rerun", str(sound), "--replicate", "20", status=2)
    again = rerun(evo.Result.load(sound).point(5), 19)
    kept = evo.Result.load(sound).paths.query("point == 5 and replicate == 19").reset_index(drop=True)
    pd.testing.assert_frame_equal(again.path.to_pandas(), kept, check_exact=True)


def test_a_question_on_the_command_line(sound, tmp_path):
    asked = call("query", str(sound), "select prevailing, count(*) as n from outcomes group by all order by n", "--csv")
    assert pd.read_csv(io.StringIO(asked))["n"].sum() == 120
    output = call("query", str(sound), "select * from outcomes")
    assert "and 70 more rows" in output
    call("query", str(sound), "select * from outcomes", "--out", str(tmp_path / "x.parquet"))
    assert pq.read_table(tmp_path / "x.parquet").num_rows == 120
    assert "Binder Error" in call("query", str(sound), "select x from outcomes", status=2)


def test_shards_and_merge_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(MORAN)
    for number in (1, 2):
        assert f"running into runs/m-{number}-of-2" in call("run", "m.yaml", "--shard", f"{number}/2")
    output = call("merge", "runs/m-1-of-2", "runs/m-2-of-2", "--out", "runs/m")
    assert "120 of 120 replicates, from 2 folders" in output and "Who prevails" in output
    assert "some are missing" in call("merge", "runs/m-1-of-2", "--out", "runs/half", status=1)
    assert "is not a share such as 3/64" in call("run", "m.yaml", "--shard", "3/2", status=2)
    assert "number of seconds above 0" in call("run", "m.yaml", "--limit", "-1", status=2)
    assert "60 of 120 replicates were taken over" in call(
        "run", "m.yaml", "--reuse", "runs/half", "--out", "runs/again"
    )

"""Points that are the same experiment with unequal replicates, and what rounds, shards, reuse and merging make of them."""

from __future__ import annotations

import pytest
from test_refine import NOISY
from test_store import MORAN, digest

import evo
from evo.batch import tasks
from evo.batch.merging import merge
from evo.batch.plan import make_plan
from evo.batch.shards import Shard
from evo.runfolder import FolderError, read_manifest
from evo.simulation import run_plan

TWICE = MORAN.split("sweep:")[0] + (
    "sweep:\n"
    "  - {name: few, set: {run.replicates: 3}, grid: {parameters.benefit: [4, 8]}}\n"
    "  - {name: many, set: {run.replicates: 8}, grid: {parameters.benefit: [2, 4]}}\n"
)
UNTIL_PRECISE = MORAN.replace(
    "replicates: 20", "replicates: {width: 0.5, at_least: 8, at_most: 32, measure: prevailing}"
)


@pytest.fixture
def ran(monkeypatch) -> list[int]:
    """How many replicates each call computes."""
    counts: list[int] = []
    monkeypatch.setattr(tasks, "run_plan", lambda *a, **k: counts.append(k["replicates"]) or run_plan(*a, **k))
    return counts


def rows(result, part: str, benefit: float):
    table = result.merged if hasattr(result, "merged") else result.outcomes.merge(result.points, on="point")
    chosen = table[(table["part"] == part) & (table["parameters.benefit"] == benefit)]
    return chosen.drop(columns=["point", "part"]).reset_index(drop=True)


def test_the_most_replicates_of_any_are_computed_once(tmp_path, ran):
    in_memory = evo.run(evo.loads(TWICE))
    assert sum(ran) == 3 + 8 + 8
    assert len(in_memory.outcomes) == 3 + 3 + 8 + 8
    assert rows(in_memory, "few", 4).equals(rows(in_memory, "many", 4).head(3))
    result = evo.run(evo.loads(TWICE), out=tmp_path / "run")
    assert result.complete and result.outcomes.equals(in_memory.outcomes)
    ran.clear()
    assert evo.run(evo.loads(TWICE), out=tmp_path / "run", resume=True).outcomes.equals(in_memory.outcomes)
    assert not ran


def test_shards_of_them_merge_into_the_same_bytes(tmp_path):
    whole = evo.run(evo.loads(TWICE), out=tmp_path / "whole")
    plan = make_plan(evo.loads(TWICE))
    shards = [Shard(number, 3) for number in (1, 2, 3)]
    jobs = [make_plan(evo.loads(TWICE), shard=shard).jobs for shard in shards]
    assert sum(jobs) == plan.jobs == 3 + 8 + 8
    for shard, count in zip(shards, jobs, strict=True):
        evo.run(evo.loads(TWICE), out=tmp_path / f"shard{shard.number}", shard=f"{shard.number}/3")
        assert read_manifest(tmp_path / f"shard{shard.number}")["rows"] == count
    merge([tmp_path / f"shard{shard.number}" for shard in shards], out=tmp_path / "merged")
    assert digest(tmp_path / "merged") == digest(tmp_path / "whole")
    assert evo.Result.load(tmp_path / "merged").complete and whole.complete


def test_runs_that_decide_as_they_go_are_not_merged(tmp_path):
    for name in ("one", "two"):
        evo.run(evo.loads(NOISY), out=tmp_path / name)
    with pytest.raises(FolderError, match="decide"):
        merge([tmp_path / "one", tmp_path / "two"], out=tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_every_round_reuses_what_was_computed_elsewhere(tmp_path, ran):
    first = evo.run(evo.loads(UNTIL_PRECISE), out=tmp_path / "first")
    assert (first.outcomes.groupby("point").size() > 8).any()  # more than one round
    ran.clear()
    evo.run(evo.loads(UNTIL_PRECISE), out=tmp_path / "again", reuse=[tmp_path / "first"])
    assert not ran
    assert digest(tmp_path / "again") == digest(tmp_path / "first")
    assert read_manifest(tmp_path / "again")["reused"] == [str(tmp_path / "first")]

"""Where runs go: stores of objects, disks that are full or read-only, processes that are killed at any moment."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_store import ENVIRONMENT, MORAN, TABLES, digest

import evo
from evo.places import FolderError, place_of
from evo.runfolder import count_rows, parts

LONG = (
    MORAN.replace("generations: 40, replicates: 20", "generations: 3000, replicates: 40")
    .replace(", fixed", "")
    .replace("every: 20", "every: 1500")
    + "mutation: {rate: 0.1}\n"
)
CODE = (
    "import evo, sys; from evo.batch import runner, tasks; runner.PART_ROWS = 7; tasks.SECONDS = 0.01\n"
    "evo.run(evo.load(sys.argv[1]), out=sys.argv[2], workers=2, resume=True)"
)


def command(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "evo.cli", *map(str, arguments)],
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def bucket(monkeypatch):
    """A bucket of a local server that speaks S3."""
    moto = pytest.importorskip("moto.server", reason="the extra [test] brings moto")
    pytest.importorskip("s3fs", reason="the extra [store] brings s3fs")
    import boto3
    import s3fs

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**keys, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="runs")
    yield "s3://runs"
    client.close()
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_run_in_a_store_of_objects_has_the_same_bytes(bucket, tmp_path):
    evo.run(evo.loads(MORAN), out=tmp_path / "here")
    evo.run(evo.loads(MORAN), out=f"{bucket}/narrow", shard="1/2")
    with pytest.raises(FolderError, match="holds a finished run of this experiment"):
        evo.run(evo.loads(MORAN), out=f"{bucket}/narrow", shard="1/2")
    result = evo.run(evo.loads(MORAN), out=f"{bucket}/run", reuse=[f"{bucket}/narrow"])
    there = place_of(f"{bucket}/run")
    assert sorted(path.name for path in there.iterdir()) == sorted([*TABLES, "manifest.json"])
    assert {name: (there / name).read_bytes() for name in TABLES} == digest(tmp_path / "here")
    loaded = evo.Result.load(f"{bucket}/run")
    assert loaded.complete and loaded.outcomes.equals(result.outcomes) and len(loaded.paths) == 360
    assert loaded.query("select count(*) as n from joined")["n"].tolist() == [120]
    with pytest.raises(FolderError, match="s3://runs/nothing does not exist"):
        evo.Result.load(f"{bucket}/nothing")


def test_a_protocol_that_nobody_knows_is_refused():
    with pytest.raises(FolderError, match=r"nosuch://x/y: .*nosuch"):
        place_of("nosuch://x/y")
    assert place_of("runs/a") == Path("runs/a") and place_of("file:///tmp/a") == Path("/tmp/a")


@pytest.fixture
def disk(tmp_path):
    """A disk of 100 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", place], check=False).returncode
    ):
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_told_and_nothing_is_lost(disk, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(MORAN.replace("every: 20", "every: 0.5"))
    evo.run(evo.load(config), out=tmp_path / "whole")
    (disk / "ballast").write_bytes(bytes(60_000))
    process = command("run", config, "--out", disk / "run", "--workers", 1, "--yes")
    _, errors = process.communicate()
    assert process.returncode == 1 and "Traceback" not in errors
    assert f"{disk / 'run'}: No space left on device; what is finished is kept, and --resume" in errors
    assert not list(disk.rglob("*.new"))
    (disk / "ballast").unlink()
    shutil.copytree(disk / "run", tmp_path / "moved")
    evo.run(evo.load(config), out=tmp_path / "moved", resume=True)
    assert digest(tmp_path / "moved") == digest(tmp_path / "whole")


def test_a_disk_that_is_read_only_is_told(disk, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(MORAN)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    process = command("run", config, "--out", disk / "run", "--yes")
    _, errors = process.communicate()
    assert process.returncode == 1
    assert f"evo: {disk / 'run'}: Read-only file system" in errors and "Traceback" not in errors


@pytest.mark.slow
def test_twenty_kills_lose_nothing_that_was_written(tmp_path):
    config, folder = tmp_path / "config.yaml", tmp_path / "run"
    config.write_text(LONG)
    evo.run(evo.load(config), out=tmp_path / "whole")
    moments = random.Random(1)
    written = 0
    for _ in range(20):
        process = subprocess.Popen([sys.executable, "-c", CODE, config, folder], env=ENVIRONMENT)
        while not folder.exists() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 3))
        process.kill()
        process.wait()
        files = [*parts(folder, "outcomes"), *folder.glob("outcomes.parquet")]
        held = sum(map(count_rows, files))
        assert held >= written
        written = min(held, 240)
    result = evo.run(evo.load(config), out=folder, resume=True)
    assert result.complete and digest(folder) == digest(tmp_path / "whole")


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]], ids=["SIGTERM", "Ctrl-C twice"])
def test_a_stopped_run_keeps_what_is_finished(tmp_path, signals):
    config, folder = tmp_path / "config.yaml", tmp_path / "run"
    config.write_text(LONG)
    process = subprocess.Popen([sys.executable, "-c", CODE, config, folder], env=ENVIRONMENT, stderr=subprocess.PIPE)
    while not parts(folder, "outcomes") and process.poll() is None:
        time.sleep(0.001)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.01)
    process.communicate()
    assert process.returncode != 0
    kept = sum(map(count_rows, parts(folder, "outcomes")))
    assert 7 <= kept < 240
    assert json.loads((folder / "manifest.json").read_text())["status"] == "interrupted"
    evo.run(evo.load(config), out=tmp_path / "whole")
    evo.run(evo.load(config), out=folder, resume=True)
    assert digest(folder) == digest(tmp_path / "whole")

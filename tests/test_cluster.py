"""Dask: the same bytes on any number of workers, whatever dies in the middle; clusters that do not fit are refused in words."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("distributed", reason="needs the extra [dask]")

import pyarrow.parquet as pq
from distributed import Client

import evo
from evo.batch import tasks
from evo.batch.cluster import connect, crew, deploy, worker
from evo.batch.cluster.local import Local, local
from evo.batch.interrupts import Interrupted
from evo.batch.plan import config_hash, make_plan
from evo.batch.progress import Silent
from evo.clusters import Cluster
from evo.runfolder import read_rows

CONFIGS = Path(__file__).parents[1] / "configs"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(evo.__file__).parents[1])}
MORAN = """
title: A run for clusters
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
BREAKS = MORAN.replace("benefit, 0]", '"log(benefit - 3)", 0]')
LONG = MORAN.replace("generations: 40,", "generations: 30000,").replace("every: 20", "every: 10000")
LONG = LONG.replace(", fixed", "") + "mutation: {rate: 0.1}\n"
TABLES = ("outcomes.parquet", "paths.parquet", "failures.parquet", "points.parquet", "experiment.yaml")


def digest(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


def undisturbed(text: str, folder: Path) -> dict[str, bytes]:
    evo.run(evo.loads(text), out=folder, workers=2)
    return digest(folder)


@pytest.fixture(scope="module")
def cluster():
    with local(2) as processes, Client(scheduler_file=str(processes.file)) as client:
        client.wait_for_workers(2)
        yield client.scheduler.address


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return undisturbed(MORAN, tmp_path_factory.mktemp("sound") / "run")


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    return undisturbed(LONG, tmp_path_factory.mktemp("long") / "run")


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(crew, "SECONDS", 0.05)


def parts(folder: Path) -> int:
    return len(list(folder.glob("outcomes/part-*")))


def when_parts(folder: Path, count: int, act) -> threading.Thread:
    """Act once so many parts are written."""

    def watch():
        deadline = time.monotonic() + 600
        while parts(folder) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_the_bytes_are_those_of_threads_on_one_worker_and_on_two(sound, cluster, tmp_path):
    one = evo.run(evo.loads(MORAN), out=tmp_path / "one", dask="local", workers=1)
    assert digest(tmp_path / "one") == sound
    assert one.manifest["workers"] == 1 and one.complete and one.manifest["cluster"]["processors"]
    two = evo.run(evo.loads(MORAN), out=tmp_path / "two", dask=cluster)
    assert digest(tmp_path / "two") == sound
    assert two.manifest["workers"] == 2
    assert not list((tmp_path / "two").glob("*/part-*"))


def test_without_a_folder_rows_come_back(sound, cluster, tmp_path):
    (tmp_path / "outcomes.parquet").write_bytes(sound["outcomes.parquet"])
    (tmp_path / "paths.parquet").write_bytes(sound["paths.parquet"])
    with Client(cluster) as client:
        result = evo.run(evo.loads(MORAN), dask=client)
        assert client.status == "running"  # who opened it closes it
    assert result.outcomes.equals(pq.read_table(tmp_path / "outcomes.parquet").to_pandas())
    assert result.paths.equals(pq.read_table(tmp_path / "paths.parquet").to_pandas())


def test_failures_are_those_of_threads(cluster, tmp_path, small_chunks):
    here = undisturbed(BREAKS, tmp_path / "here")
    result = evo.run(evo.loads(BREAKS), out=tmp_path / "there", dask=cluster)
    assert digest(tmp_path / "there") == here
    assert len(result.failures) == 40 and result.complete


def test_chunks_are_as_long_as_they_should_be_and_bounded(cluster, tmp_path, monkeypatch):
    """Chunks are sized by what replicates are heard to have cost, here always a tenth of what a chunk should take."""
    under_way, sizes = [], []
    submit, heard = crew.Workers.submit, tasks.Pace.heard

    def counted(self, task):
        sizes.append(sum(job.count for job in task))
        answer = submit(self, task)
        under_way.append(len(self.chunks))
        return answer

    monkeypatch.setattr(crew.Workers, "submit", counted)
    monkeypatch.setattr(tasks.Pace, "heard", lambda self, _, number: heard(self, number * crew.SECONDS / 10, number))
    evo.run(evo.loads(MORAN.replace("replicates: 20", "replicates: 200")), out=tmp_path / "run", dask=cluster)
    assert crew.SECONDS >= 1
    assert sum(sizes) == 1200
    full = [size for size in sizes if size > 1]  # the first are of one replicate, to learn what it costs
    assert len(sizes) - len(full) <= 2 * 2 and set(full[:-1]) == {10} and full[-1] <= 10
    assert max(under_way) == 2 * 2


def test_what_is_done_is_not_computed_again(sound, cluster, tmp_path, small_chunks):
    folder = tmp_path / "run"
    evo.run(evo.loads(MORAN), out=folder, dask=cluster, replicates=8)
    asked = []
    send = crew.Workers.submit

    class Counts(crew.Workers):
        def submit(self, task):
            asked.extend((job.point.index, job.first, job.count) for job in task)
            return send(self, task)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew, "Workers", Counts)
        evo.run(evo.loads(MORAN), out=folder, dask=cluster, resume=True)
    assert sum(count for *_, count in asked) == 120 - 48 and min(first for _, first, _ in asked) == 8
    assert digest(folder) == sound


def test_a_worker_that_is_killed_costs_its_chunks_only(long, tmp_path, small_chunks):
    folder = tmp_path / "run"
    with local(2) as processes, Client(scheduler_file=str(processes.file)) as client:
        client.wait_for_workers(2)
        victim = min(client.run(os.getpid).values())
        killer = when_parts(folder, 5, lambda: os.kill(victim, signal.SIGKILL))
        result = evo.run(evo.loads(LONG), out=folder, dask=client)
        killer.join()
        assert victim not in client.run(os.getpid).values()
    assert result.complete and not len(result.failures)
    assert digest(folder) == long


def test_a_client_that_is_killed_loses_nothing_written_and_goes_on(long, cluster, tmp_path):
    config, folder = tmp_path / "config.yaml", tmp_path / "run"
    config.write_text(LONG)
    code = (
        "import evo, sys; from evo.batch.cluster import crew; crew.SECONDS = 0.05; "
        "evo.run(evo.load(sys.argv[1]), out=sys.argv[2], dask=sys.argv[3])"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(config), str(folder), cluster], env=ENVIRONMENT)
    while parts(folder) < 6 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    there = read_rows(folder, "outcomes").num_rows
    assert 6 <= there < 120
    evo.run(evo.load(config), out=folder, dask=cluster, resume=True)
    assert digest(folder) == long


def test_a_scheduler_that_is_killed_ends_the_run_in_words_and_it_goes_on(long, tmp_path, small_chunks):
    folder = tmp_path / "run"
    config = {"distributed.comm.timeouts.connect": "2s"}
    import dask

    with dask.config.set(config), local(1) as processes:
        address = json.loads(processes.file.read_text())["address"]
        killer = when_parts(folder, 5, processes.scheduler.kill)
        with pytest.raises(
            evo.ClusterError, match=r"the connection to .* is lost\. What is finished is kept in"
        ) as told:
            evo.run(evo.loads(LONG), out=folder, dask=address)
        killer.join()
    assert "--resume" in str(told.value)
    assert json.loads((folder / "manifest.json").read_text())["status"] == "interrupted"
    assert 5 <= read_rows(folder, "outcomes").num_rows < 120
    evo.run(evo.loads(LONG), out=folder, workers=2, resume=True)
    assert digest(folder) == long


def test_the_local_scheduler_that_dies_is_noticed_at_once(tmp_path, monkeypatch, small_chunks):
    started = []
    begin = connect.ExitStack.enter_context

    def noted(self, what):
        entered = begin(self, what)
        started.extend([entered] if isinstance(entered, Local) else [])
        return entered

    monkeypatch.setattr(connect.ExitStack, "enter_context", noted)
    killer = when_parts(tmp_path / "run", 2, lambda: started[0].scheduler.kill())
    with pytest.raises(evo.ClusterError, match="of the local cluster ended; the last it said:"):
        evo.run(evo.loads(LONG), out=tmp_path / "run", dask="local", workers=1)
    killer.join()
    assert all(process.poll() is not None for process in (started[0].scheduler, started[0].workers))


class StopsAfter(Silent):
    """Presses Ctrl-C once some replicates are done."""

    def __init__(self, replicates: int) -> None:
        self.replicates = replicates

    def running(self, progress):
        if progress.replicates_done >= self.replicates:
            self.replicates = 10**9
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_stops_workers_in_the_middle_of_a_replicate(long, cluster, tmp_path, small_chunks):
    with pytest.raises(Interrupted):
        evo.run(evo.loads(LONG), out=tmp_path / "run", dask=cluster, progress=StopsAfter(10))
    assert 10 <= read_rows(tmp_path / "run", "outcomes").num_rows < 120
    endless = evo.loads(LONG.split("sweep:")[0].replace("30000", "1e9") + "mutation: {rate: 0.1}\n")
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(Interrupted):
        evo.run(endless, out=tmp_path / "endless", dask=cluster)
    evo.run(evo.loads(LONG), out=tmp_path / "run", dask=cluster, resume=True)  # workers are free again
    assert digest(tmp_path / "run") == long


@pytest.mark.slow
def test_a_chunk_that_kills_its_workers_is_a_failure_and_stops_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "TRIES", 3)
    right = worker.work

    def kills(order, pieces):
        if pieces[0].point == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return right(order, pieces)

    kills.__module__ = "__main__"  # so that it travels whole
    monkeypatch.setattr(worker, "work", kills)
    monkeypatch.setattr(crew, "SECONDS", 1e-9)
    config = MORAN.replace("replicates: 20", "replicates: 1").replace("[12, 20]", "[12, 13, 20]")
    with local(1) as processes, Client(scheduler_file=str(processes.file)) as client:
        client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 0))
        result = evo.run(evo.loads(config), out=tmp_path / "run", dask=client)
    assert set(result.failures["point"]) == {5} and len(result.outcomes) == 8 and not result.complete
    assert result.failures["message"].str.contains("its workers died, 3 times over").all()


def test_workers_that_differ_are_refused_with_words(cluster, tmp_path, monkeypatch):
    here = worker.likeness()
    monkeypatch.setattr(worker, "likeness", lambda: here | {"numpy": "1.0"})
    with pytest.raises(evo.ClusterError, match=r"differs from this machine \(numpy .* there, 1\.0 here\)"):
        evo.run(evo.loads(MORAN), out=tmp_path / "run", dask=cluster)
    assert not (tmp_path / "run").exists()


def test_a_worker_that_comes_later_is_looked_at_too(cluster, tmp_path, monkeypatch):
    here = worker.likeness()
    monkeypatch.setattr(crew.Workers, "_meet", lambda self: None)
    monkeypatch.setattr(worker, "likeness", lambda: here | {"sources": "other"})
    with pytest.raises(evo.ClusterError, match=r"a worker differs from this machine \(sources"):
        evo.run(evo.loads(MORAN), out=tmp_path / "run", dask=cluster)


@pytest.mark.parametrize(
    "change, words",
    [
        (
            lambda order: order | {"place": "/nowhere/run"},
            r"does not find the run in /nowhere/run: the folder \(--out\)",
        ),
        (lambda order: order | {"started": "long ago"}, "finds another run in"),
    ],
)
def test_a_folder_that_workers_do_not_share_is_told(cluster, tmp_path, monkeypatch, change, words):
    order = worker.Order
    monkeypatch.setattr(worker, "Order", lambda **told: order(**change(told)))
    with pytest.raises(evo.ClusterError, match=words):
        evo.run(evo.loads(MORAN), out=tmp_path / "run", dask=cluster)


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_points_travel_as_what_differs(config):
    try:
        experiment = evo.load(config)
    except evo.ConfigError:
        pytest.skip("a study of individuals")
    base = {key: value for key, value in experiment.data.items() if key != "sweep"}
    order = types.SimpleNamespace(base=pickle.loads(pickle.dumps(base)))
    for point in itertools.islice(experiment.points(), 0, 30, 13):
        changes = crew._difference(base, point.experiment.data)
        assert len(pickle.dumps(changes)) < 4000
        there = worker._point(order, worker.Piece(point.index, changes, 0, 1))
        assert there.index == point.index and there.experiment == point.experiment
        assert there.experiment.stream == point.experiment.stream


def test_a_section_that_a_point_lacks_is_left_out():
    base, data = {"run": {"seed": 1}, "mutation": {"rate": 0.1}}, {"run": {"seed": 2}}
    assert crew._difference(base, data) == {"run": {"seed": 2}, "mutation": None}


def test_parts_that_come_late_are_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(crew.Workers, "_meet", lambda self: None)
    client = types.SimpleNamespace(status="running")
    workers = crew.Workers(connect.Connection(client, "a cluster"), print)
    workers.place, workers.what = tmp_path, types.SimpleNamespace(paths=None)
    workers.parts = {"part-1.parquet"}
    monkeypatch.setattr(crew, "SETTLE_SECONDS", 0.1)
    with pytest.raises(evo.ClusterError, match="1 parts that workers wrote do not appear in"):
        workers.settle()
    (tmp_path / "outcomes").mkdir()
    (tmp_path / "outcomes" / "part-1.parquet").write_bytes(b"")
    workers.settle()


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "node7:8786", "tls://head.example.org:80", "inproc://1/2"])
def test_addresses(address):
    assert connect.ADDRESS.fullmatch(address)


@pytest.mark.parametrize(
    "dask, words",
    [
        ("here", "is none of local, slurm, kubernetes, the address of a scheduler"),
        ("slurm", r"needs a section in the config, such as\s+cluster: \{slurm: \{jobs:"),
        ("kubernetes", r"needs a section in the config, such as\s+cluster: \{kubernetes: \{pods:"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_what_is_no_cluster_is_refused(dask, words, tmp_path):
    import dask as dask_itself

    with (
        dask_itself.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(evo.ClusterError, match=words),
    ):
        evo.run(evo.loads(MORAN), out=tmp_path / "run", dask=dask)
    assert not (tmp_path / "run").exists()


def test_workers_are_the_clusters_own():
    with pytest.raises(ValueError, match="workers is for threads and for dask='local'"):
        evo.run(evo.loads(MORAN), dask="tcp://127.0.0.1:1", workers=3)


SECTION = "cluster: {slurm: {jobs: 3, cores: 2, queue: fast}, kubernetes: {pods: 2, image: evo:1, namespace: lab}}\n"


def test_examples_in_messages_are_right():
    for kind, text in deploy.EXAMPLES.items():
        assert getattr(evo.loads(MORAN + text).cluster, kind) is not None


def test_a_cluster_changes_no_hash_and_can_be_set():
    plain, told = evo.loads(MORAN), evo.loads(MORAN + SECTION)
    assert config_hash(plain) == config_hash(told)
    assert evo.loads(evo.dump(told)).cluster == told.cluster
    assert told.replace({"cluster.slurm.jobs": 64}).cluster.slurm.jobs == 64
    assert make_plan(told).rows == make_plan(plain).rows
    with pytest.raises(evo.ConfigError, match=r"cluster\.slurm\.walltime"):
        told.replace({"cluster.slurm.walltime": "two hours"})


@pytest.mark.parametrize("kind", ["slurm", "kubernetes"])
def test_a_missing_package_is_named(kind, monkeypatch):
    monkeypatch.setattr(deploy.shutil, "which", lambda name: name)
    for name in ("dask_jobqueue", "dask_kubernetes.operator"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(evo.ClusterError, match=rf"needs the package {deploy.PACKAGES[kind]} \(pip install"):
        deploy.deploy(kind, evo.loads(MORAN + SECTION).cluster)


def test_kubernetes_is_asked_for_what_the_section_says(monkeypatch):
    asked = {}
    module = types.ModuleType("dask_kubernetes.operator")
    module.KubeCluster = lambda **told: asked.update(told) or "cluster"
    monkeypatch.setitem(sys.modules, "dask_kubernetes.operator", module)
    section = Cluster.model_validate(
        {"kubernetes": {"pods": 5, "image": "evo:1", "cores": 4, "options": {"env": {"A": "b"}}}}
    )
    assert deploy.deploy("kubernetes", section) == "cluster"
    size = {"cpu": "4", "memory": "4G"}
    assert asked.pop("name").startswith("evo-")
    assert asked == {
        "image": "evo:1", "n_workers": 5, "env": {"A": "b"},
        "resources": {"requests": size, "limits": size},
        "worker_command": ["dask", "worker", "--nthreads", "4"],
    }  # fmt: skip


SBATCH = """#!/bin/sh
# What Slurm does, on this machine: run the job script later, in a process group of its own, and name it by a number.
cp "$1" "$FAKE_SLURM/job.sh"
setsid sh "$FAKE_SLURM/job.sh" > "$FAKE_SLURM/job.log" 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
echo "$1" >> "$FAKE_SLURM/cancelled"
kill -TERM "-$1"
"""


def test_slurm_jobs_are_submitted_and_cancelled(sound, tmp_path, monkeypatch):
    """The deployer is the real one; sbatch and scancel are stand-ins that start the job's script here."""
    pytest.importorskip("dask_jobqueue", reason="needs dask-jobqueue, part of the extra [dask]")
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SLURM", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    section = (
        "cluster: {slurm: {jobs: 1, cores: 2, memory: 4GB, walltime: '00:10:00', queue: fast, account: lab, options: "
    )
    section += f"{{local_directory: {tmp_path}, log_directory: {tmp_path}, interface: lo, scheduler_options: "
    section += "{dashboard: false, dashboard_address: '127.0.0.1:0'}}}}\n"
    experiment = evo.loads(MORAN + section)
    result = evo.run(experiment, out=tmp_path / "run", dask="slurm")
    job = (tmp_path / "job.sh").read_text()
    for line in (
        "#SBATCH -p fast",
        "#SBATCH -A lab",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --mem=4G",
        "#SBATCH -t 00:10:00",
    ):
        assert line in job
    assert (tmp_path / "run" / "outcomes.parquet").read_bytes() == sound["outcomes.parquet"]
    assert 1 <= result.manifest["workers"] <= 2
    assert len((tmp_path / "cancelled").read_text().split()) == 1


def test_slurm_is_not_here(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(evo.ClusterError, match="there is no command sbatch here"):
        deploy.deploy("slurm", evo.loads(MORAN + SECTION).cluster)


def test_what_a_deployer_says_is_passed_on(monkeypatch):
    monkeypatch.setattr(deploy.shutil, "which", lambda name: name)
    module = types.ModuleType("dask_jobqueue")

    def fails(**told):
        raise FileNotFoundError("sbatch")

    module.SLURMCluster = fails
    monkeypatch.setitem(sys.modules, "dask_jobqueue", module)
    with pytest.raises(evo.ClusterError, match="--dask slurm: dask-jobqueue says: FileNotFoundError: sbatch"):
        deploy.deploy("slurm", evo.loads(MORAN + SECTION).cluster)


def test_a_part_without_its_paths_counts_for_nothing(sound, cluster, tmp_path, monkeypatch, small_chunks):
    """What a worker leaves whose run was taken over between its two files."""
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(evo.batch.store.Folder, "compact", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            evo.run(evo.loads(MORAN), out=folder, dask=cluster)
    assert parts(folder) > 1
    next((folder / "paths").glob("part-*")).unlink()
    evo.run(evo.loads(MORAN), out=folder, dask=cluster, resume=True)
    assert digest(folder) == sound
    assert np.all(read_rows(folder, "paths")["replicate"].to_numpy() < 20)

"""Clusters through Dask's own deployers: Slurm jobs, Kubernetes pods."""

from __future__ import annotations

import shutil
import uuid
from importlib import import_module
from typing import Any

from evo._errors import ClusterError
from evo.clusters import Cluster, Kubernetes, Slurm

EXAMPLES = {
    "slurm": "cluster: {slurm: {jobs: 16, cores: 8, memory: 16GB, walltime: '02:00:00', queue: normal}}",
    "kubernetes": "cluster: {kubernetes: {pods: 16, cores: 4, memory: 8G, image: registry/evo:1}}",
}
PACKAGES = {"slurm": "dask-jobqueue", "kubernetes": "dask-kubernetes"}


def deploy(kind: str, cluster: Cluster | None) -> Any:
    """A cluster as the config's section has it, its workers asked for. Raises ClusterError where it cannot be had."""
    section = getattr(cluster, kind, None)
    if section is None:
        raise ClusterError(f"--dask {kind} needs a section in the config, such as\n    {EXAMPLES[kind]}")
    try:
        return _slurm(section) if kind == "slurm" else _kubernetes(section)
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"--dask {kind} needs the package {PACKAGES[kind]} (pip install {PACKAGES[kind]}): {error}"
        ) from None
    except ClusterError:
        raise
    except Exception as error:  # the deployer's own: a command that is not there, an option that it does not know
        raise ClusterError(f"--dask {kind}: {PACKAGES[kind]} says: {type(error).__name__}: {error}") from error


def _slurm(section: Slurm) -> Any:
    if shutil.which("sbatch") is None:
        raise ClusterError("--dask slurm: there is no command sbatch here; start evo where jobs are submitted from")
    told = {"cores": section.cores, "processes": section.cores, "memory": section.memory, "walltime": section.walltime}
    told |= {key: value for key in ("queue", "account") if (value := getattr(section, key)) is not None}
    cluster = import_module("dask_jobqueue").SLURMCluster(**(told | section.options))
    cluster.scale(jobs=section.jobs)
    return cluster


def _kubernetes(section: Kubernetes) -> Any:
    size = {"cpu": str(section.cores), "memory": section.memory}
    told: dict[str, Any] = {
        "name": f"evo-{uuid.uuid4().hex[:8]}",
        "image": section.image,
        "n_workers": section.pods,
        "resources": {"requests": size, "limits": size},
        "worker_command": ["dask", "worker", "--nthreads", str(section.cores)],
    }
    told |= {} if section.namespace is None else {"namespace": section.namespace}
    return import_module("dask_kubernetes.operator").KubeCluster(**(told | section.options))

"""Where the workers of `evo run --dask slurm` and `--dask kubernetes` come from: the section `cluster` of a config."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from evo._spec import Spec

Count = Annotated[int, Field(ge=1, le=100_000)]
Size = Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?[kKMGT]i?B?$", description="a size, such as 4GB")]
Options = Annotated[dict[str, Any], Field(description="whatever else the deployer takes, by its own names")]


class Slurm(Spec):
    """Slurm jobs of `cores` workers each, through `dask_jobqueue.SLURMCluster`; memory and walltime are those of a job."""

    jobs: Count
    cores: Count = 1
    memory: Size = "4GB"
    walltime: Annotated[str, Field(pattern=r"^(\d+-)?\d+(:\d\d){1,2}$", description="hours:minutes:seconds")] = (
        "01:00:00"
    )
    queue: str | None = None
    account: str | None = None
    options: Options = Field(default_factory=dict)


class Kubernetes(Spec):
    """Pods of `cores` threads each, through `dask_kubernetes.operator.KubeCluster`; the image has this evo installed."""

    image: str
    pods: Count
    cores: Count = 1
    memory: Size = "4G"
    namespace: str | None = None
    options: Options = Field(default_factory=dict)


class Cluster(Spec):
    """Clusters to run on; no number depends on them."""

    slurm: Slurm | None = None
    kubernetes: Kubernetes | None = None

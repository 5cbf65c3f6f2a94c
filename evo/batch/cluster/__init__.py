"""Dask: a run's tasks on the workers of a cluster, each of which writes its own parts into the run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from evo.batch.crew import Crew, Threads, available_cpus

if TYPE_CHECKING:
    from distributed import Client

    from evo.clusters import Cluster

DaskLike: TypeAlias = "str | Client"
Count: TypeAlias = int | Literal["auto"]


@contextmanager
def hired(
    dask: DaskLike | None, workers: Count, cluster: Cluster | None, *, limit: float | None, note: Callable[[str], None]
) -> Iterator[Crew]:
    """Those who will do the work: threads, or the workers of a Dask cluster, which is there while the block lasts.

    limit: seconds that a point may take, of threads alone. `note` is told what the user should know. Raises ClusterError
    where the cluster cannot be had.
    """
    if dask is None:
        yield Threads(available_cpus() if workers == "auto" else workers, limit)
        return
    from evo.batch.cluster.connect import connected
    from evo.batch.cluster.crew import Workers

    with connected(dask, workers, cluster) as connection:
        yield Workers(connection, note)

"""A connection to the Dask cluster that is meant: an address, one of this machine, one to be deployed, a Client."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evo._errors import ClusterError
from evo.batch.crew import available_cpus

if TYPE_CHECKING:
    from distributed import Client

    from evo.batch.cluster.local import Local
    from evo.clusters import Cluster

ADDRESS = re.compile(r"(?:\w+://)?[^\s/:]+(?:\.[^\s/:]+)*:\d+(?:/.*)?|\w+://\S+")


@dataclass(frozen=True)
class Connection:
    """A client of a cluster, whose it is in words, and its processes where it is a local one."""

    client: Any  # distributed's methods answer at once or, elsewhere, with coroutines: no type says which
    words: str
    local: Local | None = None


@contextmanager
def connected(dask: Any, workers: Any, cluster: Cluster | None) -> Iterator[Connection]:
    """The connection while the block lasts; what was started for it ends with it. Raises ClusterError."""
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ClusterError(f"--dask needs the extra [dask] (pip install 'evo-games[dask]'): {error}") from None

    if workers != "auto" and dask != "local":
        raise ValueError(f"workers is for threads and for dask='local'; the cluster {dask} has its own")
    if isinstance(dask, Client):
        yield Connection(dask, f"the cluster at {_address(dask)}")
        return
    with ExitStack() as stack:
        stack.enter_context(_quiet("distributed", "distributed.client"))
        if dask == "local":
            from evo.batch.cluster.local import local

            processes = stack.enter_context(local(available_cpus() if workers == "auto" else workers))
            client = stack.enter_context(closing(_client(scheduler_file=str(processes.file))))
            yield Connection(client, "the local cluster", processes)
        elif dask in ("slurm", "kubernetes"):
            from evo.batch.cluster.deploy import deploy

            deployed = stack.enter_context(closing(deploy(dask, cluster)))
            yield Connection(stack.enter_context(closing(_client(deployed))), f"the {dask} cluster")
        elif Path(dask).is_file():
            client = stack.enter_context(closing(_client(scheduler_file=dask)))
            yield Connection(client, f"the cluster of {dask}")
        elif ADDRESS.fullmatch(dask):
            yield Connection(stack.enter_context(closing(_client(dask))), f"the cluster at {dask}")
        else:
            raise ClusterError(
                f"--dask {dask}: is none of local, slurm, kubernetes, the address of a scheduler such as "
                "tcp://host:8786, and a scheduler's file"
            )


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """What these loggers would write to the terminal is said in words, or does not matter here."""
    former = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in former.items():
            logging.getLogger(name).setLevel(level)


def _client(*where: Any, **more: Any) -> Client:
    from distributed import Client

    try:
        return Client(*where, **more)
    except (OSError, ValueError, ImportError) as error:
        place = where[0] if where and isinstance(where[0], str) else more.get("scheduler_file", "the cluster")
        raise ClusterError(f"no Dask scheduler answers at {place}: {error}") from None


def _address(client: Client) -> str:
    return str(client.scheduler.address) if client.scheduler is not None else "nowhere"

"""What runs on a Dask worker: it builds points from the experiment's data, computes, and writes its own parts."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from evo import _spec
from evo._errors import ClusterError
from evo.batch.manifest import processor
from evo.batch.store import Rows, write_part
from evo.batch.tally import Tally
from evo.batch.tasks import Job, compute
from evo.experiment import Experiment, Point
from evo.places import place_of
from evo.runfolder import MANIFEST

KEPT_FOLDERS = 16  # that a worker has looked at


@dataclass(frozen=True)
class Piece:
    """Replicates first, first+1, ... of a point: its number, and the sections in which it differs from the experiment."""

    point: int
    changes: dict[str, Any]
    first: int
    count: int


@dataclass(frozen=True)
class Order:
    """What a run asks of every worker.

    run: names the run; base: the experiment's plain data, without its sweep; place: the folder, None where rows go back to
    the client; started: what the folder's manifest says; likeness: what a worker must share with the client.
    """

    run: str
    base: dict[str, Any]
    outcomes: pa.Schema
    paths: pa.Schema | None
    place: str | None
    started: str | None
    likeness: dict[str, str]


@dataclass(frozen=True)
class Report:
    """What a worker tells of a chunk: the tally, which of its pieces broke and why, seconds; rows, or their part's name."""

    tally: Tally
    broken: list[tuple[int, str]]
    seconds: float
    rows: Rows | None
    part: str | None


def accept(order: Order) -> Order:
    """The order, once it is clear that this worker can fill it; raises ClusterError where it cannot."""
    _check(order)
    return order


def work(order: Order, pieces: Sequence[Piece]) -> Report:
    """Compute the pieces and, where there is a folder, write them there as one part."""
    began = time.perf_counter()
    _check(order)
    task = [Job(_point(order, piece), piece.first, piece.count) for piece in pieces]
    answer = compute(task, order.outcomes, order.paths, _flag(order.run))
    rows, part = answer.rows, None
    if order.place is not None and rows is not None:
        part = write_part(place_of(order.place), rows) if len(rows) else None
        rows = None
    broken = [(task.index(error.job), error.message) for error in answer.errors]
    return Report(answer.tally, broken, time.perf_counter() - began, rows, part)


def halt(run: str) -> None:
    """End what this worker computes for a run within milliseconds, and whatever of it is still to come."""
    _flag(run)[0] = 1


def likeness() -> dict[str, str]:
    """What must be the same here and there, or rows would not be: the sources of evo and the versions below them."""
    from evo import __version__

    found = {"evo": __version__, "sources": _sources(), "python": ".".join(platform.python_version_tuple()[:2])}
    return found | {name: version(name) for name in ("numpy", "numba", "llvmlite", "scipy", "pyarrow")}


def introduce() -> tuple[dict[str, str], str]:
    """Likeness and processor of this worker."""
    return likeness(), processor()


def differences(there: dict[str, str], here: dict[str, str]) -> str:
    """`numpy 2.1.0 there, 2.4.6 here`; empty where all is the same."""
    return "; ".join(
        f"{name} {there.get(name, 'missing')} there, {value} here"
        for name, value in here.items()
        if there.get(name) != value
    )


_flags: dict[str, np.ndarray] = {}


def _flag(run: str) -> np.ndarray:
    """The flag that kernels of this run poll, in this process."""
    return _flags.setdefault(run, np.zeros(1, np.int8))


def _check(order: Order) -> None:
    """That this worker can fill the order: the one that accepted it may be another."""
    if unlike := differences(likeness(), order.likeness):
        raise ClusterError(f"a worker differs from this machine ({unlike}): install the same on both")
    if order.place is not None:
        _check_folder(order.place, order.started)


@functools.lru_cache(KEPT_FOLDERS)
def _check_folder(place: str, started: str | None) -> None:
    """That the client's folder is the one of this name here, and can be written to."""
    host = platform.node()
    remedy = "the folder (--out) must be on a file system that all workers share, under the same name"
    try:
        manifest: dict[str, Any] = json.loads((place_of(place) / MANIFEST).read_bytes())
    except (OSError, ValueError):
        raise ClusterError(f"the worker on {host} does not find the run in {place}: {remedy}") from None
    if manifest.get("started") != started:
        raise ClusterError(f"the worker on {host} finds another run in {place}: {remedy}")
    probe = place_of(place) / f".{uuid.uuid4().hex[:8]}.new"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise ClusterError(f"the worker on {host} cannot write to {place}: {error.strerror}") from None


def _point(order: Order, piece: Piece) -> Point:
    """A point as the client has it."""
    data = {key: value for key, value in (order.base | piece.changes).items() if value is not None}
    return Point(piece.point, "", {}, _spec.validate(Experiment, data))


@functools.cache
def _sources() -> str:
    """16 hexadecimal digits of all sources of evo."""
    import evo

    package = Path(evo.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(package).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]

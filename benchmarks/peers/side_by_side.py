"""Two libraries at the same job: the values of both, and how long each takes.

A job says what is computed, how far the two answers may lie apart, and how to get them. Calls alternate (evo, peer, evo,
peer, ...), CPU time of one thread; seconds are medians, the ratio is the median of those of neighbouring calls.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

# Before numpy is imported: both sides are timed on one thread.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

SHORTEST = 0.05  # seconds: quicker calls are timed several at a time
ERRORS = 4.0  # standard errors that two estimates may lie apart
COLUMNS = ("job", "evo", "peer", "difference", "allowed", "evo seconds", "peer seconds", "times as fast")


@dataclass(frozen=True)
class Side:
    """One library's way: `run(repeat)` gives numbers, (q,) or of random runs (runs, q); `work` units are done by a call,
    each estimate of a random run stands for `runs` of them."""

    run: Callable[[int], np.ndarray]
    work: float = 1.0
    runs: int = 1


@dataclass(frozen=True)
class Job:
    """A quantity that both compute.

    allowed: the largest difference of two exact answers; None for random runs, whose means may be ERRORS standard errors
    apart, from `deviation` of a single run (q,) or else from the spread of evo's. truth: the value from elsewhere, to say
    who is off. The shown value is number `shown`; unit: what seconds are per. peer None: it is not run, `note` says why.
    """

    name: str
    evo: Side
    peer: Side | None
    unit: str = "call"
    allowed: float | np.ndarray | None = 1e-9
    deviation: np.ndarray | None = None
    truth: np.ndarray | None = None
    shown: int = 0
    note: str = ""
    repeats: int | None = None
    long: bool = False


@dataclass
class Timed:
    """Seconds per unit of work and the answers, call by call."""

    side: Side
    number: int = 1

    def __post_init__(self) -> None:
        self.seconds: list[float] = []
        self.answers: list[np.ndarray] = []

    def warm(self) -> None:
        """The first call compiles and fills caches; the next says how many are needed for a time that can be measured."""
        self.side.run(0)
        began = time.process_time()
        self.side.run(0)
        self.number = max(1, math.ceil(SHORTEST / max(time.process_time() - began, 1e-6)))

    def call(self, repeat: int) -> None:
        began = time.process_time()
        for _ in range(self.number):
            answer = self.side.run(repeat)
        self.seconds.append((time.process_time() - began) / self.number / self.side.work)
        self.answers.append(np.atleast_1d(answer))

    @property
    def estimates(self) -> np.ndarray:
        """All answers one below the other, (estimates, q)."""
        return np.concatenate([np.atleast_2d(answer) for answer in self.answers])

    @property
    def value(self) -> np.ndarray:
        return self.estimates.mean(axis=0)


def compare(job: Job, repeats: int) -> list[str]:
    """A line of the table, and below it what there is to say."""
    repeats = job.repeats or repeats
    evo, peer = Timed(job.evo), Timed(job.peer) if job.peer else None
    evo.warm()
    if peer and repeats > 1:
        peer.warm()
    for repeat in range(1, repeats + 1):
        evo.call(repeat)
        if peer:
            peer.call(repeat)
    if peer is None:
        return [line(job, evo, None, math.nan, math.nan), job.note]
    allowed = _allowed(job, evo, peer)
    difference = np.abs(evo.value - peer.value)
    worst = int(np.argmax(difference / allowed))
    notes = [job.note]
    if difference[worst] > allowed[worst] and job.truth is not None:
        off = {name: float(np.abs(side.value - job.truth).max()) for name, side in (("evo", evo), ("peer", peer))}
        notes.append(f"**They differ.** Known value {_number(job.truth[worst])}: evo is off by {off['evo']:.1e}, ")
        notes[-1] += f"the peer by {off['peer']:.1e}."
    elif difference[worst] > allowed[worst]:
        notes.append("**They differ.**")
    return [line(job, evo, peer, float(difference[worst]), float(allowed[worst])), " ".join(filter(None, notes))]


def _allowed(job: Job, evo: Timed, peer: Timed) -> np.ndarray:
    """How far apart each number may be, (q,)."""
    if job.allowed is not None:
        return np.broadcast_to(job.allowed, evo.value.shape)
    spread = job.deviation if job.deviation is not None else evo.estimates.std(axis=0, ddof=1)
    count = [side.side.runs * len(side.estimates) for side in (evo, peer)]
    return np.maximum(ERRORS * spread * math.sqrt(1 / count[0] + 1 / count[1]), 1e-12)


def line(job: Job, evo: Timed, peer: Timed | None, difference: float, allowed: float) -> str:
    cells = [job.name, _number(evo.value[job.shown])]
    cells += [_number(peer.value[job.shown]), f"{difference:.1e}", f"{allowed:.0e}"] if peer else ["not run", "", ""]
    cells.append(_seconds(statistics.median(evo.seconds), job.unit))
    if peer:
        ratios = sorted(theirs / ours for ours, theirs in zip(evo.seconds, peer.seconds, strict=True))
        cells.append(_seconds(statistics.median(peer.seconds), job.unit))
        around = f" ({_short(ratios[0])} to {_short(ratios[-1])})" if len(ratios) > 1 else ""
        cells.append(f"**{_short(statistics.median(ratios))}**{around}")
    return "| " + " | ".join(cells + [""] * (len(COLUMNS) - len(cells))) + " |"


def _number(value: float) -> str:
    return f"{value:.6g}"


def _short(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _seconds(seconds: float, unit: str) -> str:
    for size, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")):
        if seconds >= size or name == "ns":
            return f"{seconds / size:.3g} {name} per {unit}"
    raise AssertionError


def mixes_of(equilibria: Iterable[Any], size: int) -> np.ndarray:
    """How many equilibria there are, and the sums of their mixes, (1 + 2 size,): the order does not matter."""
    rows = np.array([np.concatenate(pair) for pair in equilibria]).reshape(-1, 2 * size)
    return np.append(len(rows), rows.sum(axis=0))


def needed(package: str, shown: str) -> None:
    """Ends the script with one line where the peer is not installed."""
    if importlib.util.find_spec(package) is None:
        raise SystemExit(f"{shown} is not installed in this environment: nothing to compare with")


def conditions(packages: Iterable[str]) -> str:
    """Versions and machine."""
    names = ("evo-games", *packages, "numpy", "numba", "scipy")
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except ModuleNotFoundError:
            found.append(f"{name} (not installed as a package)")
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"Python {platform.python_version()}, {', '.join(found)}; {platform.machine()}, {os.cpu_count()} cores, "
        f"load {load}; CPU time, one thread"
    )


def main(doc: str, packages: Iterable[str], jobs: Callable[[], Iterator[Job]]) -> None:
    """The command line of a comparison."""
    options = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=5, help="times that each side is called")
    options.add_argument("--only", default="", help="jobs whose name contains this")
    options.add_argument("--long", action="store_true", help="also those that take the peer minutes")
    asked = options.parse_args()
    print(conditions(packages), "\n")
    print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
    remarks = []
    for job in jobs():
        if asked.only not in job.name or (job.long and not asked.long):
            continue
        row, remark = compare(job, asked.repeats)
        print(row, flush=True)
        remarks += [f"- {job.name}: {remark}"] if remark else []
    print("\n" + "\n".join(remarks))

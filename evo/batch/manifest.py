"""The manifest: what made a result, and when."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from evo.batch.plan import Plan, config_hash
from evo.batch.tasks import Errors
from evo.runfolder import FOLDER_VERSION, MANIFEST, read_manifest


def versions() -> dict[str, str]:
    """What shapes the numbers of a run."""
    import numba

    from evo import __version__
    from evo.kernels._cache import PACKAGE, source_hash

    return {
        "evo": __version__,
        "kernels": source_hash(PACKAGE),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "pyarrow": pa.__version__,
    }


@cache
def packages() -> dict[str, str]:
    """Versions of all packages that evo asks for, extras included, as far as they are installed."""
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        asked = requires("evo-games") or []
    except PackageNotFoundError:
        return {}
    found: dict[str, str] = {}
    for name in sorted({re.split(r"[^A-Za-z0-9._-]", line)[0] for line in asked} - {"evo-games"}, key=str.lower):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


@cache
def code() -> dict[str, str]:
    """The code itself: the hash of all sources of evo, and the commit where it is a checkout of the repository."""
    import subprocess

    from evo.kernels._cache import PACKAGE

    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    found = {"sources": digest.hexdigest()[:16]}
    if (PACKAGE.parent / ".git").exists() and (PACKAGE.parent / "pyproject.toml").exists():
        with suppress(OSError, subprocess.SubprocessError):
            asked = ["git", "-C", str(PACKAGE.parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
            found["commit"] = subprocess.run(
                asked, capture_output=True, text=True, timeout=10, check=True
            ).stdout.strip()
    return found


@cache
def machine() -> dict[str, Any]:
    """What computes: the kind of processor (on which last digits may depend), how many, memory, system, host."""
    from evo.batch.room import total_memory

    return {
        "cpu": processor(),
        "cpus": os.cpu_count(),
        "memory": total_memory(),
        "system": platform.platform(),
        "host": platform.node(),
    }


def first_manifest(plan: Plan, crew: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a run that begins; crew: what is told of those who work on it."""
    experiment = plan.experiment
    return {
        "schema_version": FOLDER_VERSION,
        "status": "running",
        "title": experiment.title,
        "config_hash": config_hash(experiment),
        "seed": experiment.run.seed,
        "shard": None if plan.shard.whole else str(plan.shard),
        "points": len(plan.replicates),
        "replicates": experiment.run.most,
        "rows": plan.rows if plan.shard.whole else plan.jobs,
        "versions": versions(),
        "packages": packages(),
        "code": code(),
        "machine": machine(),
        "command": sys.argv,
        **crew,
        "started": _now(),
        "sessions": [],
    }


def take_over(manifest: dict[str, Any], place: Path) -> str | None:
    """Carry over what a folder that is resumed says of earlier sessions; a warning where they ran on something else."""
    if not (place / MANIFEST).exists():
        return None
    former = read_manifest(place)
    kept = ("status", "started", "finished", "seconds", "versions", "machine", "code", "command", "workers")
    manifest["sessions"] = [*former.get("sessions", []), {key: former[key] for key in kept if key in former}]
    changed = changes(former)
    if not changed or former.get("config_hash") != manifest["config_hash"]:
        return None
    return f"{place} was begun elsewhere ({'; '.join(changed)}): rows may differ in their last digits."


def changes(former: dict[str, Any]) -> list[str]:
    """What is another now than when a folder was made: `numba 0.66 then, 0.68 now`."""
    before, now = _shaping(former), _shaping({"versions": versions(), "machine": machine()})
    return [
        f"{name} {before.get(name, 'unknown')} then, {now[name]} now" for name in now if before.get(name) != now[name]
    ]


def _shaping(manifest: dict[str, Any]) -> dict[str, str]:
    """What the last digits of a run may depend on."""
    return manifest["versions"] | {"cpu": manifest.get("machine", {}).get("cpu", "unknown")}


def finish(manifest: dict[str, Any], errors: list[Errors], outcomes: int, failures: int, *, whole: bool = True) -> None:
    """What is known at the end."""
    began = datetime.fromisoformat(manifest["started"])
    manifest |= {
        "status": "incomplete" if errors or not whole else "complete",
        "finished": _now(),
        "seconds": round((datetime.now(UTC) - began).total_seconds(), 3),
        "outcomes": outcomes,
        "failures": failures,
    }
    if errors:
        manifest["errors"] = [error.words for error in sorted(errors, key=_place)[:100]]


def _place(error: Errors) -> tuple[int, int]:
    return error.job.point.index, error.job.first


def processor() -> str:
    """The kind of processor, on which the last digits of a run may depend."""
    import llvmlite.binding

    return f"{platform.machine()} {llvmlite.binding.get_host_cpu_name()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

"""The manifest: what made a result, and when."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
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


def first_manifest(plan: Plan, threads: int) -> dict[str, Any]:
    """The manifest of a run that begins."""
    experiment = plan.experiment
    return {
        "schema_version": FOLDER_VERSION,
        "status": "running",
        "title": experiment.title,
        "config_hash": config_hash(experiment),
        "seed": experiment.run.seed,
        "points": len(plan.replicates),
        "replicates": experiment.run.most,
        "rows": plan.rows,
        "versions": versions(),
        "platform": platform.platform(),
        "cpu": processor(),
        "workers": threads,
        "started": _now(),
        "sessions": [],
    }


def take_over(manifest: dict[str, Any], place: Path) -> str | None:
    """Carry over what a folder that is resumed says of earlier sessions; a warning where they ran on something else."""
    if not (place / MANIFEST).exists():
        return None
    former = read_manifest(place)
    kept = ("status", "started", "finished", "seconds", "versions", "cpu", "workers")
    manifest["sessions"] = [*former.get("sessions", []), {key: former[key] for key in kept if key in former}]
    changed = [
        f"{name} {former['versions'].get(name, 'unknown')} then, {version} now"
        for name, version in [*manifest["versions"].items(), ("cpu", manifest["cpu"])]
        if (former["versions"] | {"cpu": former.get("cpu")}).get(name) != version
    ]
    if not changed or former.get("config_hash") != manifest["config_hash"]:
        return None
    return f"{place} was begun elsewhere ({'; '.join(changed)}): rows may differ in their last digits."


def finish(manifest: dict[str, Any], errors: list[Errors], outcomes: int, failures: int) -> None:
    """What is known at the end."""
    began = datetime.fromisoformat(manifest["started"])
    manifest |= {
        "status": "incomplete" if errors else "complete",
        "finished": _now(),
        "seconds": round((datetime.now(UTC) - began).total_seconds(), 3),
        "outcomes": outcomes,
        "failures": failures,
    }
    if errors:
        manifest["errors"] = [f"point {error.job.point.index}: {error.message}" for error in errors[:100]]


def processor() -> str:
    """The kind of processor, on which the last digits of a run may depend."""
    import llvmlite.binding

    return f"{platform.machine()} {llvmlite.binding.get_host_cpu_name()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

"""Opening a run folder: whose it is, who else is writing, and what in it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evo.batch.adoption import unpack
from evo.batch.files import write_text
from evo.batch.plan import Plan
from evo.batch.store import Folder
from evo.loading import dump
from evo.places import LOCK, UNNAMED, locked, make_folder
from evo.runfolder import EXPERIMENT, MANIFEST, POINTS, FolderError, read_addresses, read_manifest


@contextmanager
def opened(place: Path, plan: Plan, manifest: dict[str, Any], *, resume: bool) -> Iterator[tuple[Folder, np.ndarray]]:
    """The run folder of this plan, new or resumed, locked against other writers, and what is done in it.

    Raises FolderError where the folder belongs to something else; then nothing in it has changed.
    """
    if place.exists():
        _check_ours(place, plan, manifest, resume=resume)
    make_folder(place)
    with locked(place):
        folder = Folder(place, plan, {key: manifest[key] for key in ("config_hash", "seed", "versions")})
        done = folder.done()
        folder.clear()
        unpack(place, plan)
        folder.describe(manifest)
        write_text(place / EXPERIMENT, dump(plan.experiment))
        yield folder, done


def _check_ours(place: Path, plan: Plan, manifest: dict[str, Any], *, resume: bool) -> None:
    if place.is_dir() and all(entry.name == LOCK or entry.name.endswith(UNNAMED) for entry in place.iterdir()):
        return
    if place.is_dir() and not (place / MANIFEST).exists():
        raise FolderError(f"{place} is not empty and holds no run: choose another folder (--out)")
    there = read_manifest(place)
    if there.get("config_hash") != manifest["config_hash"]:
        _check_widened(place, plan, there)
    if there.get("shard") != manifest.get("shard"):
        held = f"the share {there['shard']}" if there.get("shard") else "all"
        raise FolderError(f"{place} holds {held} of this experiment: choose another folder (--out)")
    if not resume:
        state = "a finished" if there.get("status") == "complete" else "an unfinished"
        raise FolderError(
            f"{place} holds {state} run of this experiment: add --resume to go on from what is there, "
            "or choose another folder (--out)"
        )
    if there.get("replicates", 0) > manifest["replicates"]:
        raise FolderError(
            f"{place} has {there['replicates']:,} replicates of each point, this run asks for "
            f"{manifest['replicates']:,}: ask for as many or more, or choose another folder (--out)"
        )


def _check_widened(place: Path, plan: Plan, there: dict[str, Any]) -> None:
    """A run with another config goes on only where every point that is there is one of this experiment, too, and where
    what is run does not follow from what came out."""
    addresses = read_addresses(place) if (place / POINTS).exists() else np.empty(0, np.int64)
    gone = int((plan.places(addresses) < 0).sum())
    if len(addresses) and not gone and not plan.adaptive:
        return
    title = f" ({there['title']})" if there.get("title") else ""
    some = f"; {len(addresses) - gone:,} of its {len(addresses):,} points are the same" if gone < len(addresses) else ""
    reuse = f", with --reuse {place} to take over what is the same" if some else ""
    raise FolderError(
        f"{place} holds the run of another experiment{title}, or of this one before its config changed{some}: "
        f"choose another folder (--out){reuse or ', or remove it'}"
    )

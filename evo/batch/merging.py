"""Merging: runs and shards of one experiment joined into one folder, as if it had been run there at one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evo import _spec
from evo.batch.adoption import adopt
from evo.batch.manifest import finish, first_manifest
from evo.batch.opening import opened
from evo.batch.plan import make_plan
from evo.experiment import WORDS, Experiment
from evo.loading import loads
from evo.places import place_of
from evo.results import Result
from evo.runfolder import EXPERIMENT, FAILURES, OUTCOMES, FolderError, count_rows, read_bytes, read_manifest

KEPT = ("shard", "status", "started", "finished", "seconds", "versions", "machine", "workers", "sessions")
DECIDED = "runs that decide as they go which points and how many replicates there are cannot be merged"


def merge(
    places: Sequence[str | Path], *, out: str | Path, building: Callable[[int, int], None] | None = None
) -> Result:
    """Join run folders of the same experiment, finished or not: shards of it, other points of its sweep, more replicates.

    What stands in several is taken once, and the folders are left as they are. The bytes of the tables are those of one
    undisturbed run where nothing is missing; else the result is not complete, and `evo.run(..., resume=True)` into the
    folder computes the rest. Raises FolderError where the experiments differ in more than sweep and replicates.
    """
    folders, place = [place_of(each) for each in places], place_of(out)
    manifests = [read_manifest(folder) for folder in folders]
    experiments = [loads(read_bytes(folder / EXPERIMENT), source=str(folder / EXPERIMENT)) for folder in folders]
    plan = make_plan(joined(experiments, folders), allow_large=True, building=building)
    if plan.adaptive:
        raise FolderError(DECIDED)
    manifest = first_manifest(plan, {"workers": 0})
    manifest["versions"] = _versions(manifests)
    manifest["merged"] = [
        {"folder": str(folder), **{key: made[key] for key in KEPT if made.get(key)}}
        for folder, made in zip(folders, manifests, strict=True)
    ]
    with opened(place, plan, manifest, resume=True) as (folder, done):
        folder.begin()
        for other in folders:
            done = adopt(place, plan, other, done)
        folder.compact()
        counts = [count_rows(place / f"{name}.parquet") for name in (OUTCOMES, FAILURES)]
        finish(manifest, [], *counts, whole=sum(counts) == plan.rows)
        folder.describe(manifest)
    return Result.load(place)


def joined(experiments: Sequence[Experiment], places: Sequence[Path]) -> Experiment:
    """The experiment that has the points of all and the most replicates of any; words and pictures are the first one's."""
    first = experiments[0]
    for other, place in zip(experiments[1:], places[1:], strict=True):
        if differing := list(_differences(_compared(first), _compared(other))):
            told = "; ".join(f"{path}: {one} and {another}" for path, one, another in differing[:3])
            more = f"; and {len(differing) - 3:,} more" if len(differing) > 3 else ""
            raise FolderError(
                f"{places[0]} and {place} are not runs of the same experiment ({told}{more}): what may differ between "
                "runs that are merged are the sweep, the replicates, words and pictures"
            )
    if not all(isinstance(each.run.replicates, int) for each in experiments):
        raise FolderError(DECIDED)
    settings = {"run.replicates": max(each.run.most for each in experiments)}
    if all(each.sweep == first.sweep for each in experiments):
        return first.replace(settings)
    parts = [part for each in experiments for part in each.data.get("sweep", [{}])]
    every = [part for place, part in enumerate(parts) if part not in parts[:place]]
    return _spec.validate(Experiment, first.data_with(settings) | {"sweep": every})


def _compared(experiment: Experiment) -> dict[str, Any]:
    """What runs that are merged have in common."""
    data = {key: item for key, item in experiment.data.items() if key not in WORDS}
    data["run"] = {key: item for key, item in data["run"].items() if key not in ("replicates", "record")}
    data["run"]["record.every"] = experiment.record_every
    return data


def _differences(one: Any, other: Any, path: str = "") -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            yield from _differences(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif one != other:
        yield path, _short(one), _short(other)


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _versions(manifests: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The versions that made the rows; where they differ, each of them."""
    names = dict.fromkeys(name for made in manifests for name in made["versions"])
    found = {name: dict.fromkeys(made["versions"].get(name, "unknown") for made in manifests) for name in names}
    return {name: ", ".join(each) for name, each in found.items()}

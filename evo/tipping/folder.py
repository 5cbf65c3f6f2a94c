"""The folder of an answer: a CSV file per table, and tipping.json, which says what was asked, answered, and by what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import evo
from evo.canonical import canonical, sha256
from evo.runfolder import FolderError

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

ABOUT = "tipping.json"


def write_tables(
    folder: Path, experiment: Experiment, tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]
) -> None:
    """Write these tables into `folder`, in place of those of an answer that is there.

    Raises FolderError, and changes nothing, where the folder holds anything else.
    """
    _clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    made = {
        "evo": evo.__version__,
        "config_hash": sha256(canonical(experiment)),
        "title": experiment.title,
        "seed": experiment.run.seed,
    }
    _write(folder / ABOUT, made | dict(about) | {"files": [f"{name}.csv" for name in tables]})


def add_files(folder: Path, files: list[Path]) -> None:
    """Note files as belonging to the answer in this folder."""
    data = json.loads((folder / ABOUT).read_bytes())
    _write(folder / ABOUT, data | {"files": [*data["files"], *(path.name for path in files)]})


def _write(place: Path, data: Mapping[str, Any]) -> None:
    place.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _clear(folder: Path) -> None:
    """Remove what an earlier answer wrote."""
    if folder.exists() and not folder.is_dir():
        raise FolderError(f"{folder} is a file, not a folder")
    about = folder / ABOUT
    if not about.exists():
        if folder.exists() and any(folder.iterdir()):
            raise FolderError(f"{folder} is not empty and holds no such answer: choose another folder (--out)")
        return
    try:
        names = json.loads(about.read_bytes())["files"]
    except (ValueError, KeyError, TypeError):
        raise FolderError(f"{about} is damaged: choose another folder (--out)") from None
    for name in names:
        (folder / Path(name).name).unlink(missing_ok=True)
    about.unlink()

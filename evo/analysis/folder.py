"""The folder of an analysis: a CSV file per table, and analysis.json, which says what made them and how exact they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import evo
from evo.canonical import canonical, sha256
from evo.runfolder import MANIFEST, FolderError

if TYPE_CHECKING:
    from evo.analysis.answers import Analysis

ABOUT = "analysis.json"


def write_answers(analysis: Analysis, folder: Path) -> list[Path]:
    """Write all tables into `folder`, in place of those of an analysis that is there; the files, in order.

    Raises FolderError, and changes nothing, where the folder holds anything else.
    """
    _clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for answer in analysis.answers:
        tables = {answer.name: answer.table} | {f"{answer.name}-{name}": more for name, more in answer.more.items()}
        for name, table in tables.items():
            written.append(folder / f"{name}.csv")
            table.to_csv(written[-1], index=False)
    about = folder / ABOUT
    about.write_text(json.dumps(_about(analysis, written), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*written, about]


def _about(analysis: Analysis, written: list[Path]) -> dict[str, Any]:
    asked = analysis.asked
    over = None if asked is None or asked.over is None else [asked.over.path, asked.over.low, asked.over.high]
    return {
        "evo": evo.__version__,
        "config_hash": sha256(canonical(analysis.model)),
        "environment": {} if asked is None else dict(asked.environment),
        "over": over,
        "answers": {
            answer.name: {"title": answer.title, "method": answer.method, "error": answer.error, "notes": answer.notes}
            for answer in analysis.answers
        },
        "refused": {refusal.name: refusal.reason for refusal in analysis.refused},
        "files": [path.name for path in written],
    }


def _clear(folder: Path) -> None:
    """Remove what an earlier analysis wrote."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FolderError(f"{folder} is a file, not a folder")
    if (folder / MANIFEST).exists():
        raise FolderError(f"{folder} holds a run: choose another folder (--out)")
    about = folder / ABOUT
    if not about.exists():
        if any(folder.iterdir()):
            raise FolderError(f"{folder} is not empty and holds no analysis: choose another folder (--out)")
        return
    try:
        names = json.loads(about.read_bytes())["files"]
    except (ValueError, KeyError, TypeError):
        raise FolderError(f"{about} is damaged: choose another folder (--out)") from None
    for name in names:
        (folder / Path(name).name).unlink(missing_ok=True)
    about.unlink()


def add_pictures(folder: Path, pictures: list[Path]) -> None:
    """Note pictures as files of the analysis in this folder."""
    about = folder / ABOUT
    data = json.loads(about.read_bytes())
    data["files"] += [path.name for path in pictures]
    about.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

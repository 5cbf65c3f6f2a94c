"""Pictures and patience of commands that answer one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evo.cli.words import complain

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console


def waiting(say: Console, words: str) -> AbstractContextManager[Any]:
    """Says on a terminal what is going on."""
    return say.status(words) if say.is_terminal else nullcontext()


def draw(say: Console, folder: Path, pictures: Mapping[str, Callable[[], Figure]]) -> bool:
    """Draw each picture into the folder; whether all could be drawn."""
    from evo.plots import PictureError, save
    from evo.tipping.folder import add_files

    whole = True
    with waiting(say, "drawing"):
        for name, picture in pictures.items():
            try:
                add_files(folder, save(picture(), folder / name))
            except PictureError as error:
                complain(f"evo: {name}: {error}")
                whole = False
    return whole

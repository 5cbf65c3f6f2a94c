"""The report of a run: one HTML page that needs nothing else, to be read, printed or sent.

    evo.report.write(evo.Result.load("runs/big_shift"))

Question, answer in words made from the numbers (without selection bias first), pictures, tables, exact answers beside
simulated ones, cautions, config, and how to get it again. `evo report RUN` is the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evo.places import place_of, put

if TYPE_CHECKING:
    from evo.results import Result

REPORT = "report.html"

__all__ = ["html", "write"]


def html(result: Result, *, draw: bool = True) -> str:
    """The page as text; `draw` pictures of graphs that the folder does not hold, which may run replicates again."""
    from evo.report.page import page

    return page(result, draw=draw)


def write(result: Result, path: str | Path | None = None, *, draw: bool = True) -> Path:
    """Write the page, into the result's folder unless a file or its URL is named; a reader never sees half of it."""
    if path is None and result.folder is None:
        raise ValueError("the result is in no folder: say where the page goes")
    place = (result.folder or Path()) / REPORT if path is None else place_of(path)
    text = html(result, draw=draw)
    with put(place) as file:
        file.write(text.encode())
    return place

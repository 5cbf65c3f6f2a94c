"""Pictures that a page shows as they are, of populations on graphs and of prices: drawn for the folder, or drawn now."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

from evo.pictures import OfGraphs, Prices
from evo.plots import asked_for, draw_one
from evo.plots.page import PictureError
from evo.plots.prices import price_words
from evo.report.text import percent
from evo.report.tips import Tips
from evo.results import Result


@dataclass(frozen=True)
class Still:
    """A picture as a data URI, with its size in CSS pixels, and what it shows in words."""

    title: str
    source: str
    alt: str
    width: int
    height: int


def stills(result: Result, tips: Tips, *, draw: bool) -> tuple[list[Still], list[str]]:
    """The pictures of graphs and of prices that the experiment asks for, and why others could not be drawn.

    `draw` those that are in no file.
    """
    found: list[Still] = []
    refused: list[str] = []
    for stem, picture in asked_for(result.experiment):
        if not isinstance(picture, OfGraphs | Prices):
            continue
        file = None if result.folder is None else result.folder / f"{stem}.png"
        there = file is not None and file.exists()
        if not (there or draw):
            continue
        try:
            image = file.read_bytes() if file is not None and there else drawn(draw_one(result, picture))
        except PictureError as error:
            refused.append(f"{stem}: {error}")
            continue
        what = (type(picture).__doc__ or "").split(".")[0].replace("`", "")
        what = " ".join(what.split())
        title = what + (f" (part {picture.part})." if picture.part else ".")
        found.append(
            Still(
                title,
                f"data:image/png;base64,{base64.b64encode(image).decode()}",
                _alt(what, picture, tips, result),
                *size_of(image),
            )
        )
    return found, refused


def drawn(figure: Figure) -> bytes:
    """A figure as a PNG."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=200)
    return buffer.getvalue()


def size_of(image: bytes) -> tuple[int, int]:
    """Half the pixels of a PNG: 200 dots per inch shown as 100."""
    wide, high = (int.from_bytes(image[start : start + 4], "big") for start in (16, 20))
    return wide // 2, high // 2


def _alt(what: str, picture: Any, tips: Tips, result: Result) -> str:
    """What is drawn, and how it ended in numbers."""
    if isinstance(picture, Prices):
        return f"{what}. {price_words(result, part=picture.part, strategy=picture.strategy)}."
    points = [point for point, swept in tips.swept.items() if picture.part in (None, swept.part)]
    if picture.points:
        points = [point for point in points if point in picture.points]
    told = []
    for point in points[:6]:
        if point in tips.means:
            mix = ", ".join(
                f"{kind.label} {percent(share)}" for kind, share in zip(tips.kinds, tips.means[point], strict=False)
            )
            told.append(f"{tips.place(point) or 'at the end'}: {mix}")
    return f"{what}. Mean shares at the end: {'; '.join(told)}." if told else f"{what}."

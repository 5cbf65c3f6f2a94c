"""Lines of text in the font of our pictures."""

from __future__ import annotations

import re
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

FONT = "DejaVu Sans"  # comes with matplotlib: the same picture on every machine


def wrap(text: str, *, inches: float, size: float) -> str:
    """Text in lines no wider than this in our font, as far as its words allow."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= inches:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Width of a line in our font, in inches; formulas as they are set."""
    font = FontProperties(family=FONT, size=size, math_fontfamily="dejavusans")
    formula = bool(re.search(r"(?<!\\)\$", text))
    bare = text if formula else text.replace(r"\$", "$")
    return text_to_path.get_text_width_height_descent(bare, font, ismath=formula)[0] / 72

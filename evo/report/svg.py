"""Elements of SVG and HTML as text, escaped; scales from values to pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from matplotlib.ticker import LogLocator, MaxNLocator

from evo.report.text import number

LETTER = 6.3  # mean width of a letter at 12 px, in px
VOID = ("br", "img")  # elements of HTML that have no end
Inside = str | Markup


def tag(name: str, *inside: Inside, **attributes: object) -> Markup:
    """An element. `class_` is class, `_` in a name is `-`; None leaves an attribute out; numbers to a hundredth."""
    words = [
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    close = "" if name in VOID else f"</{name}>"
    return Markup(f"<{name}{''.join(words)}>{''.join(map(escape, inside))}{close}")


def _value(value: object) -> Markup | str:
    if isinstance(value, float | np.floating):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(value)


def together(*inside: Inside) -> Markup:
    """Elements one after another."""
    return Markup("").join(inside)


def polyline(xs: Sequence[float] | np.ndarray, ys: Sequence[float] | np.ndarray) -> str:
    """The `d` of a path through these points; a gap where a coordinate is not finite."""
    words, pen = [], "M"
    for x, y in zip(xs, ys, strict=True):
        if np.isfinite(x) and np.isfinite(y):
            words.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        else:
            pen = "M"
    return "".join(words)


def band(xs: np.ndarray, low: np.ndarray, high: np.ndarray) -> str:
    """The `d` of an area between two lines."""
    there = np.isfinite(low) & np.isfinite(high)
    if not there.any():
        return ""
    return polyline(np.r_[xs[there], xs[there][::-1]], np.r_[high[there], low[there][::-1]]) + "Z"


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` onto pixels from `start` to `stop`."""

    low: float
    high: float
    start: float
    stop: float
    logarithmic: bool = False

    def __call__(self, value: float | np.ndarray) -> np.ndarray:
        turn: Callable[..., np.ndarray] = np.log if self.logarithmic else np.asarray
        wide = turn(self.high) - turn(self.low)
        return self.start + (turn(value) - turn(self.low)) / (wide or 1.0) * (self.stop - self.start)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """At most so many round values, each with its pixel."""
        if self.logarithmic and self.high / self.low >= 4:
            subs = (1.0,) if self.high / self.low > 300 else (1.0, 2.0, 5.0)
            found = LogLocator(subs=subs, numticks=50).tick_values(self.low, self.high)
        else:
            found = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        inside = [float(f"{value:.9g}") for value in found if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]
        return [(float(self(value)), number(value)) for value in inside]


def text_at(
    x: float, y: float, words: str, *, anchor: str = "middle", class_: str | None = None, **more: object
) -> Markup:
    """A line of text."""
    return tag("text", words, x=x, y=y, text_anchor=None if anchor == "start" else anchor, class_=class_, **more)


def lines_of(words: str, width: float) -> list[str]:
    """Text in lines of about so many px at 12 px."""
    lines: list[str] = []
    for word in words.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width / LETTER:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def stacked(x: float, y: float, lines: Sequence[str], *, anchor: str = "middle", class_: str | None = None) -> Markup:
    """Lines of text below each other."""
    spans = [tag("tspan", line, x=x, dy=None if k == 0 else "1.15em") for k, line in enumerate(lines)]
    return tag("text", together(*spans), x=x, y=y, text_anchor=None if anchor == "start" else anchor, class_=class_)

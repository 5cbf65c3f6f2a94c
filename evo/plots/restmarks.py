"""Marks of rest points: filled where they attract, open where they repel, half where they do both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.lines import Line2D

from evo.plots.page import INK

WHITE = "#ffffff"
SIZE = 5.5
ORDER = ("stable", "centre", "saddle", "unstable", "degenerate", "undetermined")


def kind_of(stability: str) -> str:
    """The mark of a class of stability: nodes and foci are told apart by the lines around them."""
    return stability.replace(",", " ").split()[0]


def rest_mark(stability: str, *, size: float = SIZE) -> dict[str, Any]:
    """Options of the mark of a rest point."""
    mark: dict[str, Any] = {"marker": "o", "markersize": size, "markeredgecolor": INK, "markeredgewidth": 0.9}
    kind = kind_of(stability)
    if kind == "saddle":
        return mark | {"fillstyle": "left", "markerfacecolor": INK, "markerfacecoloralt": WHITE}
    if kind == "degenerate":
        return mark | {"marker": "D", "markersize": 0.8 * size, "markerfacecolor": WHITE}
    if kind == "undetermined":
        return mark | {"marker": "X", "markerfacecolor": WHITE}
    if kind == "centre":
        return mark | {"marker": "s", "markersize": 0.85 * size, "markerfacecolor": WHITE}
    return mark | {"markerfacecolor": INK if kind == "stable" else WHITE}


def rest_legend(stabilities: Iterable[str]) -> tuple[list[Any], list[str]]:
    """Handles and labels of the marks that occur."""
    kinds = sorted({kind_of(stability) for stability in stabilities}, key=ORDER.index)
    words = {"centre": "centre", "saddle": "saddle", "stable": "stable", "unstable": "unstable"}
    handles: list[Any] = [Line2D([], [], linestyle="", **rest_mark(kind)) for kind in kinds]
    return handles, [words.get(kind, kind) for kind in kinds]

"""Pictures in axes of somebody else's figure: one panel, its legend below it, no notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.legend_handler import HandlerTuple
from matplotlib.transforms import ScaledTranslation


class PictureError(ValueError):
    """A picture that cannot be drawn from this result; says why and what could be."""


class Guest:
    """What stands for the body of a page where axes are given: a single panel."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax

    def subplots(self, rows: int = 1, columns: int = 1, *, squeeze: bool = True, **_shared: Any) -> Any:
        """The axes, as Figure.subplots would give them."""
        if rows * columns > 1:
            raise PictureError(
                f"this picture has {rows * columns} panels and is given one Axes: leave `ax` out, or choose less (a part, points)"
            )
        return self.ax if squeeze else np.array([[self.ax]])

    def add_gridspec(self, rows: int, columns: int, **_options: Any) -> np.ndarray:
        """Places for `add_subplot`: the one there is."""
        self.subplots(rows, columns)
        return np.array([[None]])

    def add_subplot(self, _place: object, **_shared: Any) -> Axes:
        return self.ax

    def supxlabel(self, text: str, **_options: Any) -> None:
        self.ax.set_xlabel(text)

    def supylabel(self, text: str, **_options: Any) -> None:
        self.ax.set_ylabel(text)


def close_guest(
    ax: Axes, legends: Sequence[tuple[Sequence[Any], Sequence[str], str]], *, aspect: float, inches: float
) -> None:
    """Give a drawing without axes its shape, and all a legend below, in as few rows as the width allows."""
    if not ax.axison:
        ax.set_box_aspect(aspect)
    handles = [handle for each in legends for handle in each[0]]
    labels = [label for each in legends for label in each[1]]
    if not handles:
        return
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    frame, box = ax.get_window_extent(), ax.get_tightbbox()
    assert box is not None
    down = ScaledTranslation(0, (box.y0 - frame.y0) / figure.dpi - 0.06, figure.dpi_scale_trans)
    options: dict[str, Any] = {
        "title": next((title for _, _, title in legends if title), None),
        "loc": "upper left",
        "bbox_to_anchor": (0, 0),
        "bbox_transform": ax.transAxes + down,
        "borderaxespad": 0,
        "borderpad": 0,
        "columnspacing": 1.4,
        "alignment": "left",
        "handler_map": {tuple: HandlerTuple(ndivide=None, pad=0)},
    }
    for rows in range(1, len(handles) + 1):
        legend = ax.legend(handles, labels, ncols=-(-len(handles) // rows), **options)
        if legend.get_window_extent().width / figure.dpi < inches:
            return

"""Pictures on dark ground."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from evo.plots.page import provenance_kept

GROUND = np.array([0x15, 0x17, 0x1C]) / 255  # that of the report
INK = np.array([0xEC, 0xEC, 0xEA]) / 255
FINE = 256  # shades of a colour map


def dark(figure: Figure) -> Figure:
    """A copy of a figure for dark ground: lightness is turned round, hues stay. The original is left as it is.

    save(dark(prevail(result)), "prevail-dark")
    """
    copy: Figure = pickle.loads(pickle.dumps(figure))
    for artist in copy.findobj(Artist):
        _turn(artist)
    provenance_kept(figure, copy)
    return copy


def turned(colors: Any) -> np.ndarray:
    """These colours (..., 3 or 4) with their lightness turned round, white to the ground and black to ink.

    Lightness and hue are those of HSL: what is grey stays grey, what is pale becomes deep, and a full colour, which lies
    in the middle, stays nearly as it is.
    """
    colors = np.asarray(colors, float)
    rgb = colors[..., :3]
    high, low = rgb.max(axis=-1, keepdims=True), rgb.min(axis=-1, keepdims=True)
    moved = rgb + (1 - high - low)  # the same differences between channels, lightness 1 - l
    return np.concatenate([GROUND + np.clip(moved, 0, 1) * (INK - GROUND), colors[..., 3:]], axis=-1)


def _one(color: Any) -> Any:
    if color is None or (isinstance(color, str) and color in ("none", "auto", "inherit")):
        return color
    return tuple(turned(np.array(to_rgba(color))).tolist())


def _turn(artist: Artist) -> None:
    if isinstance(artist, Line2D):
        _again(artist, _one, "color", "markerfacecolor", "markeredgecolor", "markerfacecoloralt")
    elif isinstance(artist, Text):
        _again(artist, _one, "color")
        box = artist.get_bbox_patch()  # which is no child of the text
        if box is not None:
            _turn_patch(box)
    elif isinstance(artist, Patch):
        _turn_patch(artist)
    elif isinstance(artist, Collection):
        if artist.get_array() is None:
            _again(artist, turned, "facecolor", "edgecolor")
        else:
            _turn_mapped(artist)
    elif isinstance(artist, AxesImage):
        _turn_mapped(artist)
    elif isinstance(artist, Figure):
        artist.set_facecolor(GROUND.tolist())
    for effect in artist.get_path_effects() or ():
        options: dict[str, Any] | None = getattr(effect, "_gc", None)
        if options and "foreground" in options:
            options["foreground"] = _one(options["foreground"])


def _turn_patch(patch: Patch) -> None:
    for name in ("facecolor", "edgecolor"):
        color = to_rgba(getattr(patch, f"get_{name}")())
        getattr(patch, f"set_{name}")(_one(color) if color[3] else "none")
    patch.set_hatchcolor(_one(patch.get_hatchcolor()))


def _again(artist: Any, turn: Callable[[Any], Any], *names: str) -> None:
    before = {name: getattr(artist, f"get_{name}")() for name in names}  # all at once: one may follow another
    for name, colors in before.items():
        getattr(artist, f"set_{name}")(turn(colors))


def _turn_mapped(artist: Any) -> None:
    """What takes its colours from numbers, or has them for each cell."""
    values = artist.get_array()
    if values is not None and values.ndim == 3:
        colors = turned(values / 255 if values.dtype == np.uint8 else values)
        artist.set_data(colors) if isinstance(artist, AxesImage) else artist.set_array(colors)
        return
    assert isinstance(artist, ScalarMappable)
    artist.set_cmap(ListedColormap(turned(artist.cmap(np.linspace(0, 1, FINE)))))

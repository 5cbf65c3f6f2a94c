"""Pictures as a whole, against images that were looked at; and on dark ground.

`python tests/test_images.py` draws the images anew: look at them before you keep them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.testing.compare import calculate_rms
from matplotlib.text import Text
from PIL import Image

import evo
from evo import exact, plots
from evo.plots.dark import GROUND, turned
from evo.plots.page import PictureError

BASELINE = Path(__file__).parent / "baseline"
TOLERANCE = (
    6.0  # root of the mean square of differences, of 255; letters of other versions of the font engine make about 3
)
DPI = 72


def model(payoffs: object, **parts: object) -> evo.Experiment:
    said = {
        "strategies": {"red": {"color": "#b84a62"}, "blue": {"color": "#4a6fa5"}, "green": {"color": "#5b9279"}},
        "game": {"kind": "matrix", "payoffs": payoffs},
        "dynamics": {"kind": "replicator"},
        "run": {"generations": 20},
    }
    return evo.Experiment.model_validate(said | parts)


TWO = {"strategies": ["hunt", "gather"]}
CHAIN = {"population": {"kind": "well_mixed", "size": 15}, "dynamics": {"kind": "moran"}, "mutation": {"rate": 0.05}}
CIRCLE = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
PAIR = [[4, 0], [3, 3]]
COORDINATION = [[3, 0.5, 1], [0, 2, 1], [1, 0, 2.5]]


def basins(payoffs: object) -> Figure:
    asked = model(payoffs)
    return plots.simplex(asked, regions=exact.basin_grid(asked.model, resolution=30))


def gradient(payoffs: object) -> Figure:
    asked = model(payoffs, **TWO)
    return plots.gradient(asked, exact.gradient_of_selection(asked.model))


def stationary(payoffs: object) -> Figure:
    asked = model(payoffs, **CHAIN)
    return plots.stationary(asked, exact.stationary(asked.model))


def invasion(payoffs: object) -> Figure:
    asked = model(payoffs, **CHAIN)
    return plots.invasion(asked, exact.invasion_graph(asked.model))


def mix(payoffs: object) -> Figure:
    start = {"red": 0.5, "blue": 0.3, "green": 0.2}
    return plots.mix(evo.simulate(model(payoffs).model, generations=20, start=start, record_every=0.25))


def four(payoffs: object) -> Figure:
    return plots.simplex(model(payoffs, strategies=list("abcd")))


LARGER = [[3, 0.5, 1, 0], [0, 2, 1, 1], [1, 0, 2.5, 0], [0, 0, 1, 2]]
DRAWN: dict[
    str, tuple[Callable[[object], Figure], object, object]
] = {  # what is drawn, of which game, and of which other one
    "basins": (basins, COORDINATION, CIRCLE),
    "gradient": (gradient, PAIR, [[3, 3], [4, 0]]),
    "stationary": (stationary, CIRCLE, COORDINATION),
    "invasion": (invasion, CIRCLE, np.transpose(CIRCLE).tolist()),
    "mix": (mix, CIRCLE, COORDINATION),
    "tetrahedron": (four, LARGER, np.transpose(LARGER).tolist()),
}


def pixels(figure: Figure) -> np.ndarray:
    """The picture without what says which config and version made it."""
    for text in figure.findobj(Text):
        if "config " in text.get_text():
            text.set_visible(False)
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI)
    return read(drawn)


def read(file: Path | BytesIO) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB")).astype(np.int16)


def difference(found: np.ndarray, name: str) -> float:
    expected = read(BASELINE / f"{name}.png")
    assert np.abs(np.subtract(found.shape, expected.shape)).max() <= 2, "the picture has another size"
    rows, columns = np.minimum(found.shape, expected.shape)[:2]
    return float(calculate_rms(expected[:rows, :columns], found[:rows, :columns]))


@pytest.mark.parametrize("name", DRAWN)
def test_the_picture_looks_as_it_did(name: str) -> None:
    draw, game, other = DRAWN[name]
    assert difference(pixels(draw(game)), name) < TOLERANCE
    try:
        moved = difference(pixels(draw(other)), name)
    except AssertionError:
        return  # a legend of another height
    assert moved > TOLERANCE, "the tolerance tells nothing"


# ---- dark ground


def test_dark_turns_lightness_round_and_keeps_hue_and_order() -> None:
    colors = np.array([to_rgb(color) for color in ("white", "black", "#b84a62", "#4a6fa5", "#cccccc", "#333333")])
    dark = turned(colors)
    assert dark[0] == pytest.approx(GROUND) and dark[1].min() > 0.9
    light = colors.max(axis=1) + colors.min(axis=1)
    assert (np.argsort(dark.max(axis=1) + dark.min(axis=1)) == np.argsort(-light)).all()
    assert (np.argsort(dark[2:4], axis=1) == np.argsort(colors[2:4], axis=1)).all()  # red is red and blue is blue


@pytest.mark.parametrize("name", DRAWN)
def test_dark_pictures_are_dark_and_leave_the_light_one_alone(name: str) -> None:
    draw, game, _ = DRAWN[name]
    figure = draw(game)
    before = pixels(figure)
    dark = pixels(plots.dark(figure))
    assert np.array_equal(pixels(figure), before)
    pale = (before == 255).all(axis=2)
    assert np.abs(dark[pale] / 255 - GROUND).max() < 0.01  # where there was white there is ground
    fills = [
        to_rgb(line.get_markerfacecolor())
        for line in plots.dark(figure).findobj(Line2D)
        if line.get_marker() in ("o", "P", "s")
    ]
    assert all(np.allclose(fill, GROUND, atol=0.01) or max(fill) > 0.4 for fill in fills)  # none turned twice, to dark
    texts = [text for text in plots.dark(figure).findobj(Text) if text.get_text().strip()]
    assert all(max(to_rgb(text.get_color())) > 0.45 for text in texts)


def test_dark_pictures_are_saved_with_what_made_them(tmp_path: Path) -> None:
    figure = mix(CIRCLE)
    [light] = plots.save(figure, tmp_path / "light", formats=["png"])
    [dark] = plots.save(plots.dark(figure), tmp_path / "dark", formats=["png"])
    with Image.open(light) as first, Image.open(dark) as second:
        assert first.info["Description"] == second.info["Description"]
    assert read(dark).mean() < 100 < read(light).mean()
    with pytest.raises(PictureError):
        plots.save(plots.dark(Figure()), tmp_path / "none")


if __name__ == "__main__":
    BASELINE.mkdir(exist_ok=True)
    for name, (draw, game, _) in DRAWN.items():
        Image.fromarray(pixels(draw(game)).astype(np.uint8)).quantize(128).save(BASELINE / f"{name}.png", optimize=True)
        sys.stdout.write(f"{name}\n")

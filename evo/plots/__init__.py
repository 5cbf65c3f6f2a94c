"""Pictures of a result or of theory, as matplotlib figures that can stand in a paper: one file per picture.

Of a result, each function takes a `Result` (`paths`, `mix` and those of graphs also an `evo.Path`) and gives a `Figure`;
the caller's settings of matplotlib are neither read nor changed. Pictures of one panel may stand in axes of the caller's
(`ax`). `lattice`, `network`, `levels` and `interface` show populations on graphs: of a result they run replicates again,
of a path they need its nodes; `animate` makes a film of any path. `save` writes a figure with the config, seed and versions
that made it; `draw` does both for all that a config asks for; `dark` makes a copy for dark ground. What cannot be drawn
raises PictureError and says why.

Pictures of theory take a model or experiment and what `evo.exact` gives of it: `simplex`, `phase_plane`, `gradient`,
`stationary`, `invasion`, `bifurcation`, `dependence`; `draw_answers` draws all of an analysis (`evo.analysis`).
`dose_response`, `critical_curve`, `levers`, `loop` and `windows` show what `evo.tipping` found, `policy` and `robustness`
what those modules did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from evo.plots.animate import animate
from evo.plots.answers import draw_answers
from evo.plots.bifurcation import bifurcation
from evo.plots.compare import compare
from evo.plots.critical_curve import critical_curve
from evo.plots.dark import dark
from evo.plots.dependence import dependence
from evo.plots.dose_response import dose_response
from evo.plots.gradient import gradient
from evo.plots.interface import interface
from evo.plots.invasion import invasion
from evo.plots.lattice import lattice
from evo.plots.levels import levels
from evo.plots.levers import levers
from evo.plots.loop import loop
from evo.plots.mix import mix
from evo.plots.network import network
from evo.plots.page import FORMATS, PictureError, save
from evo.plots.paths import paths
from evo.plots.phase_plane import phase_plane
from evo.plots.policy import policy
from evo.plots.prevail import prevail
from evo.plots.prices import prices
from evo.plots.ridgeline import ridgeline
from evo.plots.robustness import robustness
from evo.plots.sensitivity import sensitivity
from evo.plots.simplex import simplex
from evo.plots.stationary import stationary
from evo.plots.windows import windows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from evo.experiment import Experiment
    from evo.pictures import Picture
    from evo.results import Result

__all__ = [
    "PictureError",
    "animate",
    "bifurcation",
    "compare",
    "critical_curve",
    "dark",
    "dependence",
    "dose_response",
    "draw",
    "draw_answers",
    "gradient",
    "interface",
    "invasion",
    "lattice",
    "levels",
    "levers",
    "loop",
    "mix",
    "network",
    "paths",
    "phase_plane",
    "policy",
    "prevail",
    "prices",
    "ridgeline",
    "robustness",
    "save",
    "sensitivity",
    "simplex",
    "stationary",
    "windows",
]

_BY_KIND = {
    "prevail": prevail,
    "paths": paths,
    "mix": mix,
    "compare": compare,
    "ridgeline": ridgeline,
    "sensitivity": sensitivity,
    "prices": prices,
    "lattice": lattice,
    "network": network,
    "levels": levels,
    "interface": interface,
}


def draw(
    result: Result, folder: FilePath | str, *, formats: Sequence[str] = FORMATS, on_dark: bool = False
) -> list[FilePath]:
    """Every picture that the experiment asks for, written into `folder`; the files, in order. on_dark: `dark` ones, whose files
    end in -dark.

    Pictures that cannot be drawn are reported together, in one PictureError, after the others are written.
    """
    folder = FilePath(folder)
    written: list[FilePath] = []
    refused: list[str] = []
    for stem, picture in asked_for(result.experiment):
        try:
            figure = draw_one(result, picture)
            ending = "-dark" if on_dark else ""
            written += save(dark(figure) if on_dark else figure, folder / (stem + ending), formats=formats)
        except PictureError as error:
            refused.append(f"{stem}: {error}")
    if refused:
        raise PictureError("\n".join(refused))
    return written


def asked_for(experiment: Experiment) -> Iterator[tuple[str, Picture]]:
    """The pictures that an experiment asks for, each with the name of its files, without their ending."""
    seen: Counter[str] = Counter()
    for picture in experiment.plots:
        stem = "-".join(filter(None, [picture.kind, _file_name(picture.part or "")]))
        seen[stem] += 1
        yield stem + (f"-{seen[stem]}" if seen[stem] > 1 else ""), picture


def draw_one(result: Result, picture: Picture) -> Figure:
    """A picture as a config asks for it."""
    return _BY_KIND[picture.kind](result, **picture.model_dump(exclude={"kind"}))


def _file_name(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in text)

"""A replicate as a film: on a graph its nodes, else its mix."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import numpy as np
from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter

from evo.plots.films import film_of_mix
from evo.plots.nodes import Layout, bare, draw_nodes, draw_ties, is_periodic, layout_of, pixels
from evo.plots.page import FONT, INK, Picture, PictureError, provenance_of, settings
from evo.plots.words import SPACE, number
from evo.populations import Network
from evo.simulation import Path
from evo.strategies import colors

INCHES = 4.5
MOST_FRAMES = 2000


def animate(
    path: Path,
    file: FilePath | str,
    *,
    replicate: int = 0,
    frames_per_second: float = 10,
    layout: Layout = "auto",
    dpi: int = 120,
) -> FilePath:
    """Write a film of one replicate, a frame for each record before its end, as `.gif` or `.mp4` (which needs ffmpeg).

    On a graph the path is one that kept its nodes, `evo.simulate(..., nodes=True)`: a square lattice is drawn as pixels, any
    other graph as `network` does. Elsewhere the mix moves: through the triangle of three strategies or the square of two
    roles, else as lines over time. Raises PictureError where it cannot be drawn or written.
    """
    file = FilePath(file)
    writer = _writer(file, frames_per_second, path)
    if not 0 <= replicate < len(path.mix):
        raise PictureError(f"there is no replicate {replicate}: the path has {len(path.mix)}")
    on_graph = isinstance(path.model.population, Network)
    try:
        states = (path.nodes if on_graph else path.mix)[replicate, : path.records[replicate]]
    except ValueError as error:
        raise PictureError(str(error)) from None
    if len(states) > MOST_FRAMES:
        raise PictureError(f"{len(states):,} records are too many frames ({MOST_FRAMES:,} at most): record more rarely")
    with settings():
        figure = Picture(figsize=(INCHES, INCHES + 0.35), dpi=dpi)
        if on_graph:
            ax = figure.add_axes((0.02, 0.02, 0.96, 0.96 * INCHES / (INCHES + 0.35)))
            show = _lattice(ax, path, replicate, states) or _network(ax, path, replicate, states, layout)
        else:
            ax = figure.add_axes((0.16, 0.14, 0.66, 0.74))
            show = film_of_mix(ax, path, states)
        title = ax.set_title("", family=FONT, color=INK, fontsize=9)

        def frame(place: int) -> list[Any]:
            title.set_text(f"generation{SPACE}{number(float(path.time[place]))}")
            return [*show(place), title]

        file.parent.mkdir(parents=True, exist_ok=True)
        film = FuncAnimation(figure, frame, frames=len(states), init_func=list, cache_frame_data=False)
        film.save(file, writer=writer, dpi=dpi)
    return file


def _writer(file: FilePath, frames_per_second: float, path: Path) -> PillowWriter | FFMpegWriter:
    metadata = {"title": str(provenance_of(path))}
    if frames_per_second <= 0:
        raise PictureError("frames_per_second must be positive")
    if file.suffix == ".gif":
        return PillowWriter(fps=frames_per_second, metadata=metadata)  # type: ignore[arg-type]
    if file.suffix != ".mp4":
        raise PictureError(f"cannot write {file.suffix or file.name!r}: a film is a .gif or an .mp4")
    if not FFMpegWriter.isAvailable():
        raise PictureError("an .mp4 needs the program ffmpeg, which was not found: install it, or write a .gif")
    return FFMpegWriter(fps=frames_per_second, metadata=metadata)  # type: ignore[arg-type]


def _lattice(ax: Any, path: Path, replicate: int, states: np.ndarray) -> Any:
    """What shows a record of a square lattice; None of another graph."""
    lattice, fills = path.graph(replicate).lattice, list(colors(path.model.strategies).values())
    if lattice is None:
        return None
    bare(ax)
    image = ax.imshow(pixels(states[0], lattice, fills), interpolation="nearest", gid="lattice")

    def show(place: int) -> list[Any]:
        image.set_data(pixels(states[place], lattice, fills))
        return [image]

    return show


def _network(ax: Any, path: Path, replicate: int, states: np.ndarray, layout: Layout) -> Any:
    """What shows a record of any other graph."""
    graph, fills = path.graph(replicate), list(colors(path.model.strategies).values())
    places, how = layout_of(graph, layout)
    bare(ax)
    draw_ties(ax, graph, places, how, periodic=is_periodic(path.model))
    discs, order = draw_nodes(ax, graph, places, states[0], fills, inches=(INCHES, INCHES))
    ax.margins(0.05)
    ax.autoscale_view()

    def show(place: int) -> list[Any]:
        discs.set_facecolor([fills[s] for s in states[place][order]])
        return [discs]

    return show

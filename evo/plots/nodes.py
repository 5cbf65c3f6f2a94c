"""Where the nodes of a graph stand in a picture, and how their ties and strategies are drawn."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgb
from matplotlib.path import Path as Outline

from evo.graphs import Graph
from evo.graphs.measures import ends_of
from evo.kernels.adjacency import Lattice
from evo.model import Model
from evo.plots.page import PictureError

Layout = Literal["auto", "levels", "radial", "spring"]
MOST_SPRING = 2000  # nodes whose places are searched for
MOST_DRAWN = 20_000
SETTLING = (120, 50)  # rounds of springs, of small and of large graphs
WIDEST = 130  # nodes on a level that stand beside each other in a row
TIE, LATERAL = "#c9c9c9", "#dedede"


def layout_of(graph: Graph, asked: Layout) -> tuple[np.ndarray, str]:
    """Coordinates (N, 2), and how they were found: `levels` from the top down, `radial` from the top outwards, `places`, the
    graph's own coordinates, or `spring`."""
    if graph.size > MOST_DRAWN:
        raise PictureError(f"a graph of {graph.size:,} nodes is too large to draw ({MOST_DRAWN:,} at most)")
    levelled = len(graph.levels) > 0
    if asked in ("levels", "radial") and not levelled:
        raise PictureError("the graph has no levels: choose another layout")
    if asked == "auto" and levelled:
        asked = "levels" if np.bincount(graph.levels).max() <= WIDEST else "radial"
    if asked in ("levels", "radial"):
        along, depth = _slots(graph), graph.levels / max(1, graph.levels.max())
        if asked == "levels":
            return np.column_stack([along, 1 - depth]), "levels"
        angle = 2 * np.pi * along
        return np.column_stack([depth * np.sin(angle), depth * np.cos(angle)]), "radial"
    if asked == "auto" and graph.positions.shape[1] >= 2 and len(graph.positions):
        flat = graph.positions[:, :2]
        return (flat if graph.positions.shape[1] == 2 else flat + graph.positions[:, 2:] * (0.35, 0.25)), "places"
    if graph.size > MOST_SPRING:
        raise PictureError(
            f"places of {graph.size:,} nodes without coordinates are not searched for ({MOST_SPRING:,} at most)"
        )
    import networkx as nx

    found = nx.spring_layout(graph.to_networkx().to_undirected(), seed=1, iterations=SETTLING[graph.size > 400])
    return np.array([found[node] for node in range(graph.size)]), "spring"


def _slots(graph: Graph) -> np.ndarray:
    """Where each node of a hierarchy stands between 0 and 1: those without reports side by side, everybody else over the
    middle of those below, (N,)."""
    sources, targets, _ = ends_of(graph)
    down = np.abs(graph.levels[sources] - graph.levels[targets]) == 1
    if down.sum() != graph.size - 1:
        return graph.positions[:, 0]  # not a tree from level to level
    ends = np.stack([sources[down], targets[down]])
    above, below = np.take_along_axis(ends, np.argsort(graph.levels[ends], axis=0), axis=0)
    width = np.ones(graph.size)
    order = np.argsort(-graph.levels[below], kind="stable")  # from the lowest level up
    bosses = np.bincount(above, minlength=graph.size) > 0
    width[bosses] = 0
    for boss, report in zip(above[order], below[order], strict=True):
        width[boss] += width[report]
    left = np.zeros(graph.size)
    taken = np.zeros(graph.size)
    for boss, report in sorted(
        zip(above.tolist(), below.tolist(), strict=True)
    ):  # bosses first: numbers go down the levels
        left[report] = left[boss] + taken[boss]
        taken[boss] += width[report]
    return (left + width / 2) / width.max()


def draw_ties(ax: Axes, graph: Graph, places: np.ndarray, how: str, *, periodic: bool) -> bool:
    """Ties in light grey, those within a level as arcs; whether those that lead around the edges of a periodic lattice were
    left out."""
    sources, targets, _ = ends_of(graph)
    first, second = places[sources], places[targets]
    width = float(np.clip(14 / np.sqrt(max(1, graph.edges)), 0.15, 0.9))
    around = np.zeros(len(sources), np.bool_)
    if periodic and how == "places":
        lengths = np.linalg.norm(first - second, axis=1)
        around = lengths > 1.8 * np.median(lengths)
    lateral = (graph.levels[sources] == graph.levels[targets]) if how == "levels" else np.zeros_like(around)
    straight = np.stack([first, second], axis=1)[~around & ~lateral]
    ax.add_collection(LineCollection(list(straight), colors=TIE, linewidths=width, zorder=1, gid="ties"))
    if lateral.any():
        arcs = [_arc(*ends) for ends in zip(first[lateral], second[lateral], strict=True)]
        look: dict[str, Any] = {"facecolors": "none", "edgecolors": LATERAL, "linewidths": width}
        ax.add_collection(PathCollection(arcs, zorder=0.9, gid="lateral ties", **look))
    return bool(around.any())


def _arc(start: np.ndarray, end: np.ndarray) -> Outline:
    """A shallow arc below both ends."""
    sag = min(0.07, 0.015 + 0.12 * abs(float(end[0] - start[0])))
    middle = (start + end) / 2 - (0, 2 * sag)
    return Outline([start, middle, end], [Outline.MOVETO, Outline.CURVE3, Outline.CURVE3])


def draw_nodes(
    ax: Axes, graph: Graph, places: np.ndarray, strategies: np.ndarray, fills: list[str], *, inches: tuple[float, float]
) -> tuple[PathCollection, np.ndarray]:
    """Nodes as discs of their strategy's colour, their area in proportion to the degree as far as there is room for it; the
    discs and the order of nodes in them. inches: size of the axes."""
    extent = np.maximum(np.ptp(places, axis=0), 1e-9)
    scale = np.array(inches) / extent if len(graph.levels) else np.full(2, min(np.array(inches) / extent.max()))
    apart = 72 * _nearest(places * scale)
    degrees = np.maximum(graph.degrees, 0.5)
    typical = float(np.clip(0.8 * np.quantile(apart, 0.25), 2.2, 9))
    across = typical * np.sqrt(np.minimum(degrees / np.median(degrees), 12))
    across = np.maximum(np.minimum(across, np.maximum(0.92 * apart, typical)), 1.2)
    order = np.argsort(-across, kind="stable")  # small discs above large ones
    discs = ax.scatter(
        *places[order].T,
        s=across[order] ** 2,
        c=[fills[s] for s in strategies[order]],
        linewidths=np.where(across[order] > 2, np.minimum(0.4, 0.06 * across[order]), 0).tolist(),
        edgecolors="white",
        zorder=2,
        gid="nodes",
    )
    return discs, order


def _nearest(places: np.ndarray) -> np.ndarray:
    """Distance of each node to the nearest other, (N,)."""
    from scipy.spatial import KDTree

    if len(places) == 1:
        return np.ones(1)
    return KDTree(places).query(places, k=2)[0][:, 1]


def is_periodic(model: Model) -> bool:
    """Whether a model is played on a lattice that wraps around."""
    population: Any = model.population
    return bool(getattr(population.graph, "periodic", False))


def bare(ax: Axes) -> None:
    """Axes without ticks and frame."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def pixels(strategies: np.ndarray, lattice: Lattice, fills: list[str]) -> np.ndarray:
    """A square lattice as an image, a pixel for each node, uint8 (rows, columns, 3)."""
    palette = np.round(255 * np.array([to_rgb(fill) for fill in fills])).astype(np.uint8)
    return palette[strategies].reshape(lattice.rows, lattice.columns, 3)

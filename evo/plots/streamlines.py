"""Streamlines of a field in a plane or a solid, evenly spaced: all candidates are followed at once, then thinned.

A line may not enter a cell that another, or itself before, has passed. Lines are drawn by their speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.lines import Line2D

from evo.plots.plane import Plane, Solid, draw_arrow

Velocity = Callable[[np.ndarray], np.ndarray]

STEP = 0.006  # of the length of a side
LONGEST = 500  # steps each way
SHORTEST = 0.1  # length of a line that is kept
LEVELS = (4, 8, 16, 24)  # seeds along a side, the coarse ones first
REST = 1e-5  # of the largest speed: here a line ends
FAR = 0.5  # length from which a line has two heads
PIECE = 6  # steps that are drawn in one shade
SHADES = LinearSegmentedColormap.from_list("speed", ["#c4c4c4", "#8c8c8c", "#404040"])


def streamlines(space: Plane | Solid, velocity: Velocity, *, cells: int = 20) -> list[np.ndarray]:
    """Lines (n, 2 or 3) along the flow, about one in each cell of `cells` along a side; `velocity` of mixes (n, d) is (n, d)."""
    seeds = np.concatenate(list(_seeds(space) if isinstance(space, Plane) else _seeds_within(space)))
    ahead, behind = (_follow(space, velocity, seeds, sense) for sense in (1.0, -1.0))
    taken = np.zeros((cells + 1,) * seeds.shape[1], dtype=bool)
    lines = []
    for number, seed in enumerate(seeds):
        cell = _cell(seed, cells)
        if taken[cell]:
            continue
        mine = {cell}
        back = _kept(behind[:, number], cells, taken, mine)
        line = np.concatenate([back[::-1], seed[None], _kept(ahead[:, number], cells, taken, mine)])
        if STEP * (len(line) - 1) < SHORTEST:
            continue
        for each in mine:
            taken[each] = True
        lines.append(line)
    return lines


def _seeds(plane: Plane) -> Iterator[np.ndarray]:
    """Points inside the plane, evenly spaced."""
    for level in LEVELS:
        along = (np.arange(level) + 0.5) / level
        places = np.stack(np.meshgrid(along, plane.height * along), axis=-1).reshape(-1, 2)
        places[:, 0] += np.where(np.arange(len(places)) // level % 2, 0.25, -0.25) / level * plane.triangular
        yield places[plane.mixes(places).min(axis=1) > 0.25 / level**1.5]


def _seeds_within(solid: Solid) -> Iterator[np.ndarray]:
    """Points inside a solid, evenly spaced."""
    for level in LEVELS[:3]:
        along = (np.arange(level) + 0.5) / level
        places = np.stack(np.meshgrid(*[along] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        yield places[solid.mixes(places).min(axis=1) > 0.15 / level]


def _follow(plane: Plane | Solid, velocity: Velocity, seeds: np.ndarray, sense: float) -> np.ndarray:
    """Where the field leads from each seed in steps of equal length, (LONGEST, seeds, 2); nan from where a line ends."""
    speed = np.linalg.norm(velocity(plane.mixes(seeds)) @ plane.forth, axis=1).max()

    def direction(places: np.ndarray) -> np.ndarray:
        mixes = np.clip(plane.mixes(places), 0, 1)
        moved = sense * velocity(mixes) @ plane.forth
        size = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.where(size > REST * speed, moved / np.maximum(size, 1e-300), np.nan)

    found = np.full((LONGEST, *seeds.shape), np.nan)
    places, before = seeds.copy(), np.zeros_like(seeds)
    active = np.arange(len(seeds))
    for step in range(LONGEST):
        here = places[active]
        way = direction(here + 0.5 * STEP * np.nan_to_num(direction(here)))
        turns = (way * before[active]).sum(axis=1) < 0  # it has passed a rest point
        after = here + STEP * way
        inside = np.isfinite(after).all(axis=1) & ~turns
        inside[inside] = plane.mixes(after[inside]).min(axis=1) > -1e-4
        active, after, way = active[inside], after[inside], way[inside]
        if not len(active):
            break
        places[active], before[active] = after, way
        found[step, active] = after
    return found


def _kept(line: np.ndarray, cells: int, taken: np.ndarray, mine: set[tuple[int, ...]]) -> np.ndarray:
    """The line as far as it stays clear of others and of itself; `mine` gets its cells."""
    here: tuple[int, ...] | None = None
    for number, place in enumerate(line):
        if np.isnan(place[0]):
            return line[:number]
        cell = _cell(place, cells)
        if cell != here:
            if taken[cell] or (cell in mine and number > 1 and here is not None):
                return line[:number]
            mine.add(cell)
            here = cell
    return line


def _cell(place: np.ndarray, cells: int) -> tuple[int, ...]:
    return tuple(np.clip(place * cells, 0, cells).astype(int).tolist())


def draw_flow(
    ax: Axes,
    space: Plane | Solid,
    lines: Sequence[np.ndarray],
    velocity: Velocity,
    seen: Any = None,
    shades: Sequence[Colormap] = (),
) -> bool:
    """Lines, the darker the faster, with heads in their middle, the long ones with two; whether there is anything to draw.

    seen: where points of a solid are seen, and how near (0 to 1): near lines are thicker. shades: of each line, from slow to
    fast, greys unless given.
    """
    shades = shades or [SHADES] * len(lines)
    parts = [
        (line[k : k + PIECE + 1], shade)
        for line, shade in zip(lines, shades, strict=True)
        for k in range(0, len(line) - 1, PIECE)
    ]
    pieces = [piece for piece, _ in parts]
    middles = np.array([piece[len(piece) // 2] for piece in pieces]).reshape(-1, space.forth.shape[1])
    speed = np.linalg.norm(velocity(np.clip(space.mixes(middles), 0, 1)) @ space.forth, axis=1)
    rank = np.sqrt(speed / max(float(speed.max(initial=0.0)), 1e-300))
    flat = [seen(piece)[0] for piece in pieces] if seen else pieces
    near = seen(middles)[1] if seen and len(pieces) else np.full(len(pieces), 0.5)
    order = np.argsort(near, kind="stable")
    ax.add_collection(
        LineCollection(
            [flat[k] for k in order],
            colors=[parts[k][1](rank[k]) for k in order],
            linewidths=(0.3 + 0.35 * rank + 0.5 * (near - 0.5))[order],
            capstyle="round",
            zorder=2,
            gid="flow",
        ),
        autolim=False,
    )
    for line, shade in zip(lines, shades, strict=True):
        for part in (0.3, 0.75) if STEP * len(line) > FAR else (0.55,):
            middle = line[int(part * (len(line) - 2)) :][:2]
            at = np.linalg.norm(velocity(np.clip(space.mixes(middle[:1]), 0, 1)) @ space.forth)
            color = shade(float(np.sqrt(at / max(float(speed.max()), 1e-300))))
            draw_arrow(ax, seen(middle)[0] if seen else middle, color=color, zorder=2)
    return bool(pieces)


def shades_of(color: tuple[float, float, float]) -> Colormap:
    """Shades of a colour, pale to deep, as SHADES of grey."""
    hue = np.array(color)
    return LinearSegmentedColormap.from_list("hue", [1 - 0.45 * (1 - hue), 1 - 0.9 * (1 - hue), 0.72 * hue])


def flow_handle() -> tuple[Line2D, ...]:
    """What the shades of lines mean, for a legend."""
    return tuple(Line2D([], [], color=SHADES(rank), linewidth=0.4 + 0.5 * rank) for rank in (0.0, 0.35, 0.7, 1.0))

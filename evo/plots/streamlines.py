"""Streamlines of a field in a plane, evenly spaced: all candidates are followed at once, then thinned.

A line may not enter a cell that another, or itself before, has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from evo.plots.plane import Plane

Velocity = Callable[[np.ndarray], np.ndarray]

STEP = 0.006  # of the length of a side
LONGEST = 500  # steps each way
SHORTEST = 0.1  # length of a line that is kept
LEVELS = (4, 8, 16, 24)  # seeds along a side, the coarse ones first
REST = 1e-5  # of the largest speed: here a line ends


def streamlines(plane: Plane, velocity: Velocity, *, cells: int = 20) -> list[np.ndarray]:
    """Lines (n, 2) along the flow, about one in each of `cells` by `cells` cells; `velocity` of mixes (n, d) is (n, d)."""
    seeds = np.concatenate(list(_seeds(plane)))
    ahead, behind = (_follow(plane, velocity, seeds, sense) for sense in (1.0, -1.0))
    taken = np.zeros((cells + 1, cells + 1), dtype=bool)
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


def _follow(plane: Plane, velocity: Velocity, seeds: np.ndarray, sense: float) -> np.ndarray:
    """Where the field leads from each seed in steps of equal length, (LONGEST, seeds, 2); nan from where a line ends."""
    speed = np.linalg.norm(velocity(plane.mixes(seeds)) @ plane.forth, axis=1).max()

    def direction(places: np.ndarray) -> np.ndarray:
        mixes = np.clip(plane.mixes(places), 0, 1)
        moved = sense * velocity(mixes) @ plane.forth
        size = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.where(size > REST * speed, moved / np.maximum(size, 1e-300), np.nan)

    found = np.full((LONGEST, len(seeds), 2), np.nan)
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


def _kept(line: np.ndarray, cells: int, taken: np.ndarray, mine: set[tuple[int, int]]) -> np.ndarray:
    """The line as far as it stays clear of others and of itself; `mine` gets its cells."""
    here: tuple[int, int] | None = None
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


def _cell(place: np.ndarray, cells: int) -> tuple[int, int]:
    row, column = np.clip(place * cells, 0, cells).astype(int)
    return int(row), int(column)

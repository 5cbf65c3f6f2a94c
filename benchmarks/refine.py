"""How many points the phase diagram of the flagship needs: refined where it changes, against all of a grid.

    python benchmarks/refine.py [--depth 5] [--workers N] [--sample POINTS]

Runs configs/big_shift.yaml from a hierarchy (97 % command) over friction and turbulence, refined from 9 x 9 points, and
then the whole grid of the finest points; says how many points each took, whether they agree at every point of the grid,
and how much of the boundary (neighbours in the grid with different winners) refinement computed itself. With --sample,
instead of the whole grid, so many of its points that refinement left out: any, and such as lie within two of the boundary
that the map shows, where a map goes wrong first.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

import evo
from evo.plots.cells import axes_of, cells_of, winners_of
from evo.plots.swept import swept_parts

AXES = {"parameters.chi": [0.02, 1], "parameters.omega": [0, 1.6]}
START = 9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--depth", type=int, default=5, help="halvings; 5 reaches 257 x 257")
    options.add_argument("--workers", type=int, default=None)
    options.add_argument("--sample", type=int, default=None, help="points of the grid instead of all")
    asked = options.parse_args()
    flagship = evo.load(Path(__file__).parent.parent / "configs" / "big_shift.yaml")
    lines = (START - 1) * 2**asked.depth + 1
    refine = {"over": {path: {"range": ends} for path, ends in AXES.items()}, "start": START, "depth": asked.depth}
    refined, seconds = timed(flagship, {"refine": refine}, asked.workers)
    print(f"refined: {len(refined.points):,} points, {seconds:.0f} s", flush=True)
    if asked.sample:
        print(f"{lines**2 / len(refined.points):.1f} times fewer points than a grid of {lines} x {lines}")
        spot_check(flagship, refined, lines, asked)
        return
    grid, seconds = timed(
        flagship, {"grid": {path: {"linspace": [*ends, lines]} for path, ends in AXES.items()}}, asked.workers
    )
    print(f"grid of {lines} x {lines}: {len(grid.points):,} points, {seconds:.0f} s")
    print(f"{len(grid.points) / len(refined.points):.1f} times fewer points")
    compare(refined, grid)


def timed(flagship: evo.Experiment, sweep: dict, workers: int | None) -> tuple[evo.Result, float]:
    data = flagship.data | {"sweep": [sweep], "measure": ["final_mix", "prevailing"], "plots": []}
    began = time.perf_counter()
    result = evo.run(evo.Experiment.model_validate(data), workers=workers or "auto", progress=True)
    return result, time.perf_counter() - began


def spot_check(flagship: evo.Experiment, refined: evo.Result, lines: int, asked: argparse.Namespace) -> None:
    """Points that refinement left out: who prevails there, as the map shows it and as it is."""
    places = [np.linspace(*ends, lines) for ends in AXES.values()]
    shown = map_of(refined)
    left = ~computed_in(refined, places)
    code = np.unique(shown, return_inverse=True)[1].reshape(shown.shape)
    near = maximum_filter(code, 5) != minimum_filter(code, 5)
    rng = np.random.default_rng(1)
    for words, where in (("anywhere", left), ("near the boundary", left & near)):
        nodes = rng.permutation(np.argwhere(where))[: asked.sample // 2]
        points = [dict(zip(AXES, (float(places[0][x]), float(places[1][y])), strict=True)) for y, x in nodes]
        found, _ = timed(flagship, {"points": points}, asked.workers)
        true = winners_of(found)["winner"].tolist()
        right = sum(true[number] == shown[y, x] for number, (y, x) in enumerate(nodes))
        print(f"{words}: the map shows who prevails at {right:,} of {len(nodes):,} points left out as it is")


def map_of(result: evo.Result) -> np.ndarray:
    """Who prevails as the picture shows it, over the points of the grid, (turbulence, friction)."""
    (swept,) = swept_parts(result)
    x, y = axes_of(swept, *AXES)
    return cells_of(winners_of(result), swept, list(swept.points), x, y, 0.95).winner


def computed_in(result: evo.Result, places: list[np.ndarray]) -> np.ndarray:
    """Which points of the grid were computed."""
    known = [axis.round(9).tolist() for axis in places]
    computed = np.zeros((len(known[1]), len(known[0])), bool)
    for chi, omega in result.points[list(AXES)].round(9).itertuples(index=False):
        computed[known[1].index(omega), known[0].index(chi)] = True
    return computed


def compare(refined: evo.Result, grid: evo.Result) -> None:
    """Who prevails at every point of the grid, as the map of the refined points shows it and as it is."""
    shown, true = map_of(refined), map_of(grid)
    print(f"the map shows who prevails at {(shown == true).sum():,} of {true.size:,} points of the grid as it is")
    computed = computed_in(refined, [np.linspace(*ends, true.shape[0]) for ends in AXES.values()])
    pairs = found = 0
    for first, second in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        apart = true[first] != true[second]
        pairs += apart.sum()
        found += (apart & computed[first] & computed[second]).sum()
    print(f"boundary: {found:,} of {pairs:,} pairs of neighbours with different winners were computed, both of them")


if __name__ == "__main__":
    main()

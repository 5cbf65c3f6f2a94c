"""How many points the phase diagram of the flagship needs: refined where it changes, against all of a grid.

    python benchmarks/refine.py [--depth 5] [--workers N]

Runs configs/big_shift.yaml from a hierarchy (97 % command) over friction and turbulence, refined from 9 x 9 points, and
then the whole grid of the finest points; says how many points each took, whether they agree at every point of the grid,
and how much of the boundary (neighbours in the grid with different winners) refinement computed itself.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

import evo
from evo.plots.cells import axes_of, cells_of, winners_of
from evo.plots.swept import swept_parts

AXES = {"parameters.chi": [0.02, 1], "parameters.omega": [0, 1.6]}
START = 9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--depth", type=int, default=5, help="halvings; 5 reaches 257 x 257")
    options.add_argument("--workers", type=int, default=None)
    asked = options.parse_args()
    flagship = evo.load(Path(__file__).parent.parent / "configs" / "big_shift.yaml")
    lines = (START - 1) * 2**asked.depth + 1
    refine = {"over": {path: {"range": ends} for path, ends in AXES.items()}, "start": START, "depth": asked.depth}
    refined, seconds = timed(flagship, {"refine": refine}, asked.workers)
    print(f"refined: {len(refined.points):,} points, {seconds:.0f} s", flush=True)
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


def compare(refined: evo.Result, grid: evo.Result) -> None:
    """Who prevails at every point of the grid, as the map of the refined points shows it and as it is."""
    maps = []
    for result in (refined, grid):
        (swept,) = swept_parts(result)
        x, y = axes_of(swept, *AXES)
        maps.append(cells_of(winners_of(result), swept, list(swept.points), x, y, 0.95).winner)
    shown, true = maps
    print(f"the map shows who prevails at {(shown == true).sum():,} of {true.size:,} points of the grid as it is")
    places = [np.linspace(*ends, true.shape[0]).round(9).tolist() for ends in AXES.values()]
    computed = np.zeros(true.shape, bool)
    for chi, omega in refined.points[list(AXES)].round(9).itertuples(index=False):
        computed[places[1].index(omega), places[0].index(chi)] = True
    pairs = found = 0
    for first, second in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        apart = true[first] != true[second]
        pairs += apart.sum()
        found += (apart & computed[first] & computed[second]).sum()
    print(f"boundary: {found:,} of {pairs:,} pairs of neighbours with different winners were computed, both of them")


if __name__ == "__main__":
    main()

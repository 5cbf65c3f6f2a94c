"""Nanoseconds per nominal and per effective update of a well-mixed population, one thread, CPU time.

    python benchmarks/counts.py [--repeats 7]

Pairwise comparison with mutation, rock-paper-scissors from equal shares, Z = 1000, mu = 0.01; the same with other
sizes and rates. Where EGTtools is installed, its `PairwiseComparisonNumerical` runs the same job and a ratio is printed
(a "generation" of its `run_with_mutation` is one update).
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time

import numpy as np

from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

PAYOFFS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
JOBS = ((1000, 0.01), (100, 0.01), (10_000, 0.01), (1000, 0.001), (1000, 0.1))
UPDATES = 5_000_000


def evo_nanoseconds(size: int, rate: float, repeats: int) -> tuple[float, float]:
    """Median nanoseconds per nominal and per effective update."""
    model = Model(
        strategies=["rock", "paper", "scissors"],
        game={"kind": "matrix", "payoffs": PAYOFFS},
        mutation={"rate": rate},
        population={"kind": "well_mixed", "size": size},
        dynamics={"kind": "pairwise_comparison"},
    )
    plan = plan_of(
        [1 / 3] * 3,
        generations=UPDATES / size,
        record_every=None,
        burn_in=0,
        tolerance=1e-8,
        until="generations",
        rest=0,
        averages=False,
        watched=[],
    )
    took, effective = [], 0
    for repeat in range(repeats + 1):
        began = time.process_time()
        recording = run_plan(model, plan, seed=repeat, point=1, replicates=1)
        took.append(time.process_time() - began)
        effective = int(recording.counts[0, 2])
    seconds = statistics.median(took[1:])  # the first call may compile
    return seconds / UPDATES * 1e9, seconds / effective * 1e9


def egttools_nanoseconds(size: int, rate: float) -> float:
    """The same by EGTtools, per nominal update."""
    from egttools.games import Matrix2PlayerGameHolder
    from egttools.numerical import PairwiseComparisonNumerical

    game = Matrix2PlayerGameHolder(3, np.array(PAYOFFS, dtype=float))
    process = PairwiseComparisonNumerical(size, game, 1_000_000)
    start = np.array([size - 2 * (size // 3), size // 3, size // 3])
    process.run_with_mutation(1000, 1.0, rate, start)
    updates = 200_000
    began = time.process_time()
    process.run_with_mutation(updates, 1.0, rate, start)
    return (time.process_time() - began) / updates * 1e9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=7)
    asked = options.parse_args()
    peer = importlib.util.find_spec("egttools") is not None
    for size, rate in JOBS:
        nominal, effective = evo_nanoseconds(size, rate, asked.repeats)
        line = f"Z = {size:6d}, mu = {rate:5g}: {nominal:6.1f} ns nominal, {effective:6.1f} ns effective"
        if peer:
            other = egttools_nanoseconds(size, rate)
            line += f"; EGTtools {other:7.0f} ns nominal, {other / nominal:5.0f} times as long"
        print(line)


if __name__ == "__main__":
    main()

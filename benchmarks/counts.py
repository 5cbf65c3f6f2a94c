"""Nanoseconds per nominal and per effective update of a well-mixed population, one thread, CPU time.

    python benchmarks/counts.py [--repeats 7]

Pairwise comparison with mutation: rock-paper-scissors, hawk-dove and random games of more strategies, from equal shares;
nothing is kept but the end, or a record every update. Where EGTtools is installed, its `PairwiseComparisonNumerical` runs
the same job and a ratio is printed (a "generation" of its `run_with_mutation` is one update, of which it keeps the state).
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Iterator

import numpy as np

from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

CIRCLE = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
HAWK_DOVE = np.array([[-0.5, 2.0], [0.0, 1.0]])
UPDATES = 5_000_000
RECORDS = 100_000


def jobs() -> Iterator[tuple[str, np.ndarray, int, float, bool]]:
    """Name, payoffs, size, mutation rate, and whether every update is recorded."""
    for size, rate in ((1000, 0.01), (100, 0.01), (10_000, 0.01), (1000, 0.001), (1000, 0.1)):
        yield "rock-paper-scissors", CIRCLE, size, rate, False
    for size in (100, 10_000):
        yield "hawk-dove", HAWK_DOVE, size, 0.01, False
    for strategies in (4, 7, 10):
        payoffs = np.random.default_rng(strategies).random((strategies, strategies))
        yield f"{strategies} strategies", payoffs, 1000, 0.01, False
    yield "rock-paper-scissors", CIRCLE, 100, 0.01, True
    yield "hawk-dove", HAWK_DOVE, 100, 0.01, True


def evo_nanoseconds(payoffs: np.ndarray, size: int, rate: float, recorded: bool, repeats: int) -> tuple[float, float]:
    """Median nanoseconds per nominal and per effective update."""
    updates = RECORDS if recorded else UPDATES
    model = Model(
        strategies=[f"s{i}" for i in range(len(payoffs))],
        game={"kind": "matrix", "payoffs": payoffs.tolist()},
        mutation={"rate": rate},
        population={"kind": "well_mixed", "size": size},
        dynamics={"kind": "pairwise_comparison"},
    )
    plan = plan_of(
        [1 / len(payoffs)] * len(payoffs),
        generations=updates / size,
        record_every=1 / size if recorded else None,
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
    return seconds / updates * 1e9, seconds / effective * 1e9


def egttools_nanoseconds(payoffs: np.ndarray, size: int, rate: float) -> float:
    """The same by EGTtools, per nominal update."""
    from egttools.games import Matrix2PlayerGameHolder
    from egttools.numerical import PairwiseComparisonNumerical

    game = Matrix2PlayerGameHolder(len(payoffs), payoffs)
    process = PairwiseComparisonNumerical(size, game, 1_000_000)
    start = size // len(payoffs) + (np.arange(len(payoffs)) < size % len(payoffs))
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
    for name, payoffs, size, rate, recorded in jobs():
        nominal, effective = evo_nanoseconds(payoffs, size, rate, recorded, asked.repeats)
        line = f"{name}, Z = {size}, mu = {rate:g}{', recorded' if recorded else ''}: "
        line += f"{nominal:.1f} ns nominal, {effective:.1f} ns effective"
        if peer:
            other = egttools_nanoseconds(payoffs, size, rate)
            line += f"; EGTtools {other:.0f} ns nominal, {other / nominal:.0f} times as long"
        print(line)


if __name__ == "__main__":
    main()

"""Replicator trajectories per second against scipy's RK45, DOP853 and LSODA at equal achieved error, in one run.

    python benchmarks/flows.py [--trajectories 10000] [--sample 40] [--error 1e-6]

Random initial conditions of three-strategy games to t = 100, one thread, CPU time. For each method the loosest
tolerance of a ladder is taken whose largest error over a sample of paths (every 10 generations, against a reference at
1e-13) is at most `--error`. scipy is timed on the sample, which it needs long enough for.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from evo.canonical import point_hash
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

GAMES = {
    "rock-paper-scissors (cycles)": [[0, -1, 1], [1, 0, -1], [-1, 1, 0]],
    "rock-paper-scissors (spirals in)": [[0, -1, 2], [2, 0, -1], [-1, 2, 0]],
    "coordination": [[3, 0, 0], [0, 2, 0], [0, 0, 1]],
}
LADDER = [10.0**-k for k in np.arange(3, 12.5, 0.5)]
END, EVERY = 100.0, 10.0
METHODS = ("RK45", "DOP853", "LSODA")


def evo_paths(model: Model, tolerance: float, trajectories: int, *, record: bool) -> tuple[np.ndarray, float]:
    """Paths of random starts, (trajectory, time, strategy), and the seconds they took; only the start without `record`."""
    plan = plan_of(
        [],
        generations=END,
        record_every=EVERY if record else None,
        burn_in=0,
        tolerance=tolerance,
        until="generations",
        rest=0,
        averages=False,
        watched=[],
    )
    began = time.process_time()
    recording = run_plan(model, plan, seed=1, point=point_hash(model, "random"), replicates=trajectories)
    return recording.mix, time.process_time() - began


def scipy_paths(
    matrix: np.ndarray, starts: np.ndarray, method: str, tolerance: float, *, record: bool
) -> tuple[np.ndarray, float]:
    """The same by scipy."""

    def field(_: float, x: np.ndarray) -> np.ndarray:
        payoffs = matrix @ x
        return x * (payoffs - x @ payoffs)

    times = np.arange(0, END + EVERY / 2, EVERY) if record else None
    began = time.process_time()
    paths = [
        solve_ivp(field, (0, END), x, method=method, rtol=tolerance, atol=tolerance * 1e-3, t_eval=times).y.T[:11]
        for x in starts
    ]
    return np.array(paths if record else []), time.process_time() - began


def loosest(paths: Callable[[float], np.ndarray], truth: np.ndarray, allowed: float) -> tuple[float, float]:
    """The loosest tolerance of the ladder that keeps the error, and that error."""
    for tolerance in LADDER:
        error = float(np.abs(paths(tolerance) - truth).max())
        if error <= allowed:
            return tolerance, error
    raise SystemExit(f"no tolerance reaches {allowed:g}")


def compare(name: str, rows: list[list[int]], asked: argparse.Namespace) -> None:
    matrix = np.array(rows, dtype=float)
    model = Model(strategies=["a", "b", "c"], game={"kind": "matrix", "payoffs": rows}, dynamics={"kind": "replicator"})
    starts = evo_paths(model, 1e-6, asked.sample, record=True)[0][:, 0]
    truth = scipy_paths(matrix, starts, "DOP853", 1e-13, record=True)[0]
    print(f"\n{name}: error of {asked.sample} paths at most {asked.error:g}")
    tolerance, error = loosest(lambda tol: evo_paths(model, tol, asked.sample, record=True)[0], truth, asked.error)
    own = statistics.median(
        evo_paths(model, tolerance, asked.trajectories, record=False)[1] for _ in range(asked.repeats)
    )
    own /= asked.trajectories
    print(f"  evo     tolerance {tolerance:7.1e}, error {error:7.1e}: {own * 1e6:8.1f} us, {1 / own:8,.0f} a second")
    ratios = {}
    for method in METHODS:
        tolerance, error = loosest(
            lambda tol, method=method: scipy_paths(matrix, starts, method, tol, record=True)[0], truth, asked.error
        )
        took = statistics.median(scipy_paths(matrix, starts, method, tolerance, record=False)[1] for _ in range(3))
        ratios[method] = took / asked.sample / own
        print(
            f"  {method:7s} tolerance {tolerance:7.1e}, error {error:7.1e}: {took / asked.sample * 1e6:8.1f} us,"
            f" {ratios[method]:5.0f} times as long"
        )
    print(f"  against the fastest of them: {min(ratios.values()):.0f} times")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--trajectories", type=int, default=10_000)
    options.add_argument("--sample", type=int, default=40)
    options.add_argument("--error", type=float, default=1e-6)
    options.add_argument("--repeats", type=int, default=5)
    asked = options.parse_args()
    for name, rows in GAMES.items():
        compare(name, rows, asked)


if __name__ == "__main__":
    main()

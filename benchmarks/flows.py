"""Replicator trajectories per second against scipy's RK45, DOP853 and LSODA at equal achieved error, in one run.

    python benchmarks/flows.py [--trajectories 10000] [--sample 40] [--error 1e-6]

Random initial conditions of three-strategy games to t = 100, one thread. For each method the loosest tolerance of a
ladder is taken whose largest error over a sample of end points, against a reference at 1e-13, is at most `--error`.
scipy is timed on the sample, which it needs long enough for.
"""

from __future__ import annotations

import argparse
import statistics
import time

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
END = 100.0


def evo_ends(model: Model, tolerance: float, trajectories: int) -> tuple[np.ndarray, np.ndarray, float]:
    """First and last mixes of random starts, and the seconds it took."""
    plan = plan_of(
        [], generations=END, record_every=None, burn_in=0, tolerance=tolerance, until="generations", rest=0, averages=False, watched=[]
    )
    began = time.perf_counter()
    recording = run_plan(model.lowered, plan, seed=1, point=point_hash(model, "random"), replicates=trajectories)
    return recording.mix[:, 0], recording.final[:, :3], time.perf_counter() - began


def scipy_ends(matrix: np.ndarray, starts: np.ndarray, method: str, tolerance: float) -> tuple[np.ndarray, float]:
    """Last mixes from these starts, and the seconds it took."""

    def field(_: float, x: np.ndarray) -> np.ndarray:
        payoffs = matrix @ x
        return x * (payoffs - x @ payoffs)

    began = time.perf_counter()
    ends = [solve_ivp(field, (0, END), x, method=method, rtol=tolerance, atol=tolerance * 1e-3).y[:, -1] for x in starts]
    return np.array(ends), time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--trajectories", type=int, default=10_000)
    options.add_argument("--sample", type=int, default=40)
    options.add_argument("--error", type=float, default=1e-6)
    options.add_argument("--repeats", type=int, default=5)
    asked = options.parse_args()
    for name, rows in GAMES.items():
        matrix = np.array(rows, dtype=float)
        model = Model(strategies=["a", "b", "c"], game={"kind": "matrix", "payoffs": rows}, dynamics={"kind": "replicator"})
        starts, _, _ = evo_ends(model, 1e-6, asked.sample)
        truth, _ = scipy_ends(matrix, starts, "DOP853", 1e-13)
        print(f"\n{name}: largest error of {asked.sample} end points at most {asked.error:g}")
        for tolerance in LADDER:
            _, ends, _ = evo_ends(model, tolerance, asked.sample)
            if np.abs(ends - truth).max() <= asked.error:
                break
        error = np.abs(ends - truth).max()
        own = statistics.median(evo_ends(model, tolerance, asked.trajectories)[2] for _ in range(asked.repeats)) / asked.trajectories
        print(f"  evo      tolerance {tolerance:7.1e}  error {error:7.1e}  {own * 1e6:9.1f} us a trajectory  {1 / own:10,.0f} a second")
        fastest = np.inf
        for method in ("RK45", "DOP853", "LSODA"):
            for tolerance in LADDER:
                ends, _ = scipy_ends(matrix, starts, method, tolerance)
                if np.abs(ends - truth).max() <= asked.error:
                    break
            error = np.abs(ends - truth).max()
            took = statistics.median(scipy_ends(matrix, starts, method, tolerance)[1] for _ in range(3)) / asked.sample
            fastest = min(fastest, took)
            print(f"  {method:8s} tolerance {tolerance:7.1e}  error {error:7.1e}  {took * 1e6:9.1f} us a trajectory  ratio {took / own:6.0f}")
        print(f"  evo is {fastest / own:.0f} times as fast as the fastest of them")


if __name__ == "__main__":
    main()

"""Nanoseconds per nominal and per effective update of a population in groups, one thread, CPU time.

    python benchmarks/demes.py [--repeats 5] [--groups 10000] [--size 100]

Traulsen & Nowak's splitting (b = 5, c = 1, weak and strong selection), pairwise comparison on islands, and the same with
contests among the groups. Start: half of all individuals cooperate, dealt to groups at random, so that every group is mixed
at first; `apart`: half of the groups cooperate, the others defect. A nominal update is one step; an effective one changes
the counts of some group.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

DONATION = [[4, -1], [5, 0]]
CONTESTS = {"kind": "contests", "rate": 0.1}


def splitting(intensity: float, **population: Any) -> dict[str, Any]:
    return {
        "selection": {"intensity": intensity},
        "population": {"competition": "global", "dynamics": {"kind": "splitting", "chance": 0.001}, **population},
        "dynamics": {"kind": "moran"},
    }


def islands(**population: Any) -> dict[str, Any]:
    return {
        "selection": {"intensity": 0.1},
        "mutation": {"rate": 1e-3},
        "population": {"migration": 0.01, **population},
        "dynamics": {"kind": "pairwise_comparison"},
    }


JOBS = {
    "splitting, intensity 0.1": splitting(0.1),
    "splitting, intensity 0.1, apart": splitting(0.1, arrangement="clustered"),
    "splitting, intensity 2": splitting(2.0),
    "islands": islands(),
    "islands with contests": islands(dynamics=CONTESTS),
    "islands with contests, apart": islands(dynamics=CONTESTS, arrangement="clustered"),
}


def nanoseconds(config: dict[str, Any], groups: int, size: int, repeats: int) -> tuple[float, float]:
    """Median nanoseconds per nominal and per effective update, over five generations."""
    population = {"kind": "groups", "groups": groups, "size": size, **config["population"]}
    game = {"kind": "matrix", "payoffs": DONATION}
    model = Model(strategies=["cooperate", "defect"], game=game, **(config | {"population": population}))
    plan = plan_of(
        [0.5, 0.5],
        generations=5,
        record_every=None,
        burn_in=0,
        tolerance=1e-8,
        until="generations",
        rest=0,
        averages=False,
        watched=[],
    )
    nominal, effective = [], []
    for repeat in range(repeats + 1):
        began = time.process_time()
        recording = run_plan(model, plan, seed=repeat, point=1, replicates=1)
        took = (time.process_time() - began) * 1e9
        nominal.append(took / recording.counts[0, 1])
        effective.append(took / max(1, recording.counts[0, 2]))
    return statistics.median(nominal[1:]), statistics.median(effective[1:])  # the first call may compile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=100)
    asked = parser.parse_args()
    for name, config in JOBS.items():
        nominal, effective = nanoseconds(config, asked.groups, asked.size, asked.repeats)
        print(f"{name:32} {nominal:7.1f} ns nominal {effective:9.1f} ns effective")


if __name__ == "__main__":
    main()

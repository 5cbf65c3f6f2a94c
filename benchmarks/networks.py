"""Populations on graphs: time per update of each kind of job, from a start in which half the ties join two strategies.

    python benchmarks/networks.py [--only lattice] [--repeats 3] [--large]

CPU time of one thread, graphs built and kernels compiled beforehand. A nominal update is one focal looked at; an effective
one changes a strategy. `--large` adds a hierarchy of 10^7 nodes. EGTtools' network evolver is timed in the same process
where it is installed, and a plain numba loop over a list of neighbours always is.
"""

# ruff: noqa: NPY002 (compiled by numba, np.random is its own generator)

from __future__ import annotations

import argparse
import resource
import statistics
import time
from typing import Any

import numba
import numpy as np

from evo import Model
from evo.kernels.arrays import EFFECTIVE, NOMINAL
from evo.recording import plan_of
from evo.simulation import run_plan
from evo.simulation.networks import graphs_of

DILEMMA = [[1.0, 0.0], [1.02, 0.0]]


def model(
    graph: dict[str, Any], dynamics: dict[str, Any], *, payoffs: Any = DILEMMA, beta: float = 1.0, **population: Any
) -> Model:
    """Cooperators and defectors on a graph, one for all replicates."""
    free = dynamics["kind"] in ("imitate_best", "proportional_imitation")
    return Model(
        strategies=["C", "D"],
        game={"kind": "matrix", "payoffs": payoffs},
        selection={} if free else {"intensity": beta},
        population={"kind": "network", "graph": graph, "graphs": "shared", **population},
        dynamics=dynamics,
    )


def jobs() -> dict[str, tuple[Model, float]]:
    """Name: model, generations of a call."""
    square = {"kind": "square", "rows": 100, "columns": 100}
    moore = {"kind": "square", "rows": 1000, "columns": 1000, "neighbourhood": "moore"}
    regular = {"kind": "random_regular", "size": 100_000, "degree": 4}
    scale_free = {"kind": "barabasi_albert", "size": 1_000_000, "edges": 4}
    return {
        "pairwise comparison, 100 x 100 von Neumann": (
            model(square, {"kind": "pairwise_comparison"}, beta=10.0, payoff="accumulate"),
            100,
        ),
        "imitate the best, all at once, 1000 x 1000 Moore": (
            model(
                moore,
                {"kind": "imitate_best", "update": "synchronous"},
                payoffs=[[1, 0], [1.85, 0]],
                payoff="accumulate",
            ),
            20,
        ),
        "death-birth, random regular, N = 100,000, k = 4": (
            model(regular, {"kind": "death_birth"}, payoffs=[[4, -1], [5, 0]], beta=0.1),
            10,
        ),
        "pairwise comparison, Barabasi-Albert, N = 1,000,000, m = 4, sums": (
            model(scale_free, {"kind": "pairwise_comparison"}, beta=0.1, payoff="accumulate"),
            2,
        ),
    }


def timed(chosen: Model, generations: float, repeats: int) -> tuple[float, float, float]:
    """Nanoseconds per nominal and per effective update, and per node and generation, medians."""
    plan = plan_of(
        [0.5, 0.5], generations=generations, record_every=None, burn_in=0.0, tolerance=1e-8, until="generations", rest=0.0,
        averages=False, watched=[],
    )  # fmt: skip
    graphs_of(chosen, 1, 0)
    run_plan(chosen, plan, seed=1, point=1, replicates=1)
    nominal: list[float] = []
    effective: list[float] = []
    nodes = chosen.lowered.meeting.whole
    for repeat in range(repeats):
        began = time.process_time()
        recording = run_plan(chosen, plan, seed=1, point=1, first=repeat, replicates=1)
        spent = 1e9 * (time.process_time() - began)
        nominal.append(spent / (generations * nodes))
        effective.append(spent / max(1, int(recording.counts[0, EFFECTIVE])))
        assert recording.counts[0, NOMINAL] > 0
    return statistics.median(nominal), statistics.median(effective), nodes


@numba.njit
def plain_loop(neighbours: np.ndarray, strategies: np.ndarray, payoffs: np.ndarray, beta: float, updates: int) -> None:
    """Pairwise comparison as one would write it: payoffs summed anew over the list of neighbours."""
    count, degree = neighbours.shape
    for _ in range(updates):
        i = np.random.randint(0, count)
        j = neighbours[i, np.random.randint(0, degree)]
        if strategies[i] != strategies[j]:
            mine, other = 0.0, 0.0
            for e in range(degree):
                mine += payoffs[strategies[i], strategies[neighbours[i, e]]]
                other += payoffs[strategies[j], strategies[neighbours[j, e]]]
            if np.random.random() < 1.0 / (1.0 + np.exp(-beta * (other - mine))):
                strategies[i] = strategies[j]


def time_plain(chosen: Model, generations: float) -> float:
    """Nanoseconds per update of the plain loop, on the same graph from the same kind of start."""
    graph, _ = graphs_of(chosen, 1, 0)
    neighbours = graph.adjacency.neighbours.reshape(graph.size, -1)
    strategies = np.random.default_rng(1).integers(0, 2, graph.size)
    payoffs, updates = np.array(DILEMMA), int(generations * graph.size)
    plain_loop(neighbours, strategies.copy(), payoffs, 10.0, 10)
    began = time.process_time()
    plain_loop(neighbours, strategies, payoffs, 10.0, updates)
    return 1e9 * (time.process_time() - began) / updates


def time_egttools(side: int, updates: int) -> float | None:
    """Nanoseconds per update of EGTtools' network evolver on a lattice from half and half; None where it is not installed.

    One of its generations is one update.
    """
    try:
        from egttools.games import NormalFormNetworkGame
        from egttools.numerical import NetworkEvolver
        from egttools.numerical.structure import Network
    except ImportError:
        return None
    import networkx

    lattice = networkx.convert_node_labels_to_integers(networkx.grid_2d_graph(side, side, periodic=True))
    neighbours = {node: list(lattice[node]) for node in lattice}
    game = NormalFormNetworkGame(1, np.array(DILEMMA))
    network = Network(nb_strategies=2, beta=10.0, mu=0.0, network=neighbours, game=game, cache_size=1_000_000)
    network.initialize()
    began = time.process_time()
    NetworkEvolver.evolve(updates, network)
    return 1e9 * (time.process_time() - began) / updates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    chosen = parser.parse_args()
    print("| job | ns per nominal update | ns per effective update | nodes |\n| --- | --- | --- | --- |")
    for name, (job, generations) in jobs().items():
        if chosen.only in name:
            nominal, effective, nodes = timed(job, generations, chosen.repeats)
            print(f"| {name} | {nominal:.1f} | {effective:.0f} | {nodes:,} |", flush=True)
    if chosen.only in "pairwise comparison, 100 x 100 von Neumann":
        job, generations = jobs()["pairwise comparison, 100 x 100 von Neumann"]
        print(f"| the same by a plain numba loop | {time_plain(job, generations):.1f} | | 10,000 |")
        if (peer := time_egttools(100, 200_000)) is not None:
            print(f"| the same by EGTtools' network evolver | {peer:.1f} | | 10,000 |")
    if chosen.large:
        report_large()
    print(f"\nlargest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def report_large() -> None:
    tree = {"kind": "hierarchy", "depth": 7, "span": 10, "lateral": "ring"}
    job = model(tree, {"kind": "pairwise_comparison"}, beta=1.0)
    nominal, effective, nodes = timed(job, 100, 1)
    print(f"| hierarchy, 100 generations | {nominal:.1f} | {effective:.0f} | {nodes:,} |", flush=True)


if __name__ == "__main__":
    main()

"""evo and Nashpy side by side: equilibria, Moran process, replicator flows.

python benchmarks/peers/with_nashpy.py [--repeats 5] [--only moran] [--long]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from side_by_side import Job, Side, main, mixes_of, needed

needed("nashpy", "Nashpy")

import nashpy  # noqa: E402
import numpy as np  # noqa: E402

from evo import Model, simulate  # noqa: E402
from evo.exact import birth_death, equilibria, fixation, lemke_howson, support_equilibria  # noqa: E402

DILEMMA = [[3.0, 0.0], [5.0, 1.0]]
CIRCLE = [[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]
COORDINATION = [[3.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 4.0]]
PENNIES = [[1.0, -1.0], [-1.0, 1.0]]
# The second strategies of both are copies of the first: 4 pure pairs, the third strategies, and 4 corners of mixed ones.
TWINS = np.array([[3.0, 3.0, 0.0], [3.0, 3.0, 0.0], [0.0, 0.0, 2.0]])


def equilibrium_jobs() -> Iterator[Job]:
    for size in (3, 4, 5, 6):
        row, column = np.random.default_rng(size).random((2, size, size))
        played = nashpy.Game(row, column)
        ways: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
            ("support enumeration", lambda r=row, c=column: support_equilibria(r, c), played.support_enumeration),
            ("vertex enumeration", lambda r=row, c=column: equilibria(r, c).extreme, played.vertex_enumeration),
            (
                "Lemke-Howson",
                lambda r=row, c=column: [lemke_howson(r, c, drop=0)],
                lambda g=played: [g.lemke_howson(initial_dropped_label=0)],
            ),
        ]
        for name, ours, theirs in ways:
            sides = (Side(lambda _, f=f, size=size: mixes_of(f(), size)) for f in (ours, theirs))
            yield Job(f"{name}, random game {size} x {size}", *sides)
    yield Job(
        "number of extreme equilibria, degenerate game 3 x 3",
        Side(lambda _: np.array([len(equilibria(TWINS, TWINS.T).extreme)])),
        Side(lambda _: np.array([len(list(nashpy.Game(TWINS, TWINS.T).vertex_enumeration()))])),
        truth=np.array([9.0]),
    )


def moran(matrix: Any, size: int, *, rate: float = 0.0) -> Model:
    """Nashpy's process: fitness is the payoff itself, and the dead may be the parent."""
    return Model(
        strategies=[f"s{i}" for i in range(len(matrix))],
        game={"kind": "matrix", "payoffs": matrix},
        selection={"fitness": "linear", "intensity": 1.0},
        mutation={"rate": rate},
        population={"kind": "well_mixed", "size": size},
        dynamics={"kind": "moran"},
    )


def moran_job(size: int, runs: int, *, long: bool = False) -> Job:
    """Share of runs from equal halves in which the first strategy of a game with fitness near 1 takes over."""
    matrix = [[1.1, 1.0], [1.2, 0.9]]
    ours = moran(matrix, size)
    truth = fixation(ours, mutant="s0", resident="s1", start=size // 2).probability
    played = nashpy.Game(np.array(matrix), np.array(matrix).T)
    start = np.repeat([0, 1], size // 2)
    end = 1000.0 * size

    def by_evo(repeat: int) -> np.ndarray:
        path = simulate(ours, generations=end, record_every=end, replicates=2000, seed=repeat)
        return (path.mix[:, -1, 0] == 1).mean(keepdims=True)

    def by_peer(repeat: int) -> np.ndarray:
        np.random.seed(repeat)  # noqa: NPY002  (Nashpy draws from the global state)
        won = [list(played.moran_process(initial_population=start))[-1][0] == 0 for _ in range(runs)]
        return np.array([np.mean(won)])

    return Job(
        f"Moran fixation from halves, N = {size}",
        Side(by_evo, 2000, 2000),
        Side(by_peer, runs, runs),
        unit="run",
        allowed=None,
        deviation=np.array([np.sqrt(truth * (1 - truth))]),
        truth=np.array([truth]),
        note=f"exact: {truth:.6g}",
        repeats=1 if long else None,
        long=long,
    )


def mutation_job() -> Job:
    """Mean share of the first strategy with mutation; the peer mutates to another strategy than the parent's *number*."""
    size, rate, births = 20, 0.2, 2000
    ours = moran(DILEMMA, size, rate=rate)
    played = nashpy.Game(np.array(DILEMMA), np.array(DILEMMA).T)
    start = np.repeat([0, 1], size // 2)
    truth = birth_death(ours).mean

    def by_evo(repeat: int) -> np.ndarray:
        path = simulate(ours, generations=births / size, replicates=200, seed=repeat)
        return path.mix[:, 500 // size :, :1].mean(axis=1)

    def by_peer(repeat: int) -> np.ndarray:
        np.random.seed(repeat)  # noqa: NPY002
        process = played.moran_process(initial_population=start, mutation_probability=rate)
        shares = [np.mean(next(process) == 0) for _ in range(births)]
        return np.array([[np.mean(shares[500:])]])

    sides = Side(by_evo, 200 * births), Side(by_peer, births)
    name = f"mean share under Moran with mutation {rate:g}, N = {size}"
    return Job(name, *sides, unit="birth", allowed=None, truth=np.array([truth]), repeats=10)


def flow(matrix: Any, **dynamics: Any) -> Model:
    return Model(
        strategies=[f"s{i}" for i in range(len(matrix))],
        game={"kind": "matrix", "payoffs": matrix},
        **({"dynamics": {"kind": "replicator"}} | dynamics),
    )


def flow_jobs() -> Iterator[Job]:
    times = np.linspace(0, 100, 201)
    start = [0.5, 0.3, 0.2]
    named = dict(zip(("s0", "s1", "s2"), start, strict=True))
    spread = [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]]
    mutating = {
        "dynamics": {"kind": "replicator_mutator", "form": "offspring"},
        "mutation": {"rate": 1.0, "to": spread},
    }
    for name, matrix, model, given in (
        ("replicator path", CIRCLE, flow(CIRCLE), None),
        ("replicator-mutator path", COORDINATION, flow(COORDINATION, **mutating), np.array(spread)),
    ):
        played = nashpy.Game(np.array(matrix))

        def by_evo(_: int, m: Model = model) -> np.ndarray:
            return simulate(m, generations=100, record_every=0.5, start=named).mix[0].ravel()

        def by_peer(_: int, g: Any = played, q: Any = given) -> np.ndarray:
            return g.replicator_dynamics(y0=np.array(start), timepoints=times, mutation_matrix=q).ravel()

        yield Job(f"{name} to t = 100, 201 times", Side(by_evo), Side(by_peer), allowed=1e-5, shown=-1)
    yield two_roles(times)


def two_roles(times: np.ndarray) -> Job:
    """Matching pennies between two populations."""
    names = {"heads": "row", "tails": "row", "left": "column", "right": "column"}
    pennies = np.array(PENNIES)
    ours = Model(
        strategies={name: {"role": role} for name, role in names.items()},
        game={"kind": "bimatrix", "row": PENNIES, "column": (-pennies).tolist()},
        dynamics={"kind": "replicator"},
    )
    played = nashpy.Game(pennies, -pennies)

    def by_evo(_: int) -> np.ndarray:
        path = simulate(ours, generations=100, record_every=0.5, start={"heads": 0.7, "left": 0.4})
        return path.mix[0].ravel()

    def by_peer(_: int) -> np.ndarray:
        first, second = played.asymmetric_replicator_dynamics(
            x0=np.array([0.7, 0.3]), y0=np.array([0.4, 0.6]), timepoints=times
        )
        return np.hstack([first, second]).ravel()

    return Job("replicator path of two populations to t = 100", Side(by_evo), Side(by_peer), allowed=1e-4, shown=-1)


def jobs() -> Iterator[Job]:
    warnings.simplefilter("ignore")  # Nashpy's, of degenerate games
    yield from equilibrium_jobs()
    yield moran_job(20, 20)
    yield moran_job(50, 2)
    yield moran_job(100, 1, long=True)
    yield mutation_job()
    yield from flow_jobs()


if __name__ == "__main__":
    main(__doc__, ["nashpy"], jobs)

"""evo and QuantEcon's `game_theory` side by side: Nash equilibria, logit and best-response dynamics.

    python benchmarks/peers/with_quantecon.py [--repeats 5] [--only logit]

QuantEcon compiles its equilibrium solvers with numba too. LocalInteraction is left out: evo has no networks yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from side_by_side import Job, Side, main, mixes_of, needed

needed("quantecon", "QuantEcon")

import numpy as np  # noqa: E402
import quantecon.game_theory as theory  # noqa: E402

from evo import Model, simulate  # noqa: E402
from evo.exact import birth_death, equilibria, lemke_howson, pure_equilibria, support_equilibria  # noqa: E402

STAG_HUNT = [[4.0, 0.0], [3.0, 2.0]]
HAWK_DOVE = [[-0.5, 2.0], [0.0, 1.0]]


def bimatrix(row: np.ndarray, column: np.ndarray) -> theory.NormalFormGame:
    """Both players' payoffs have their own action first."""
    return theory.NormalFormGame((theory.Player(row), theory.Player(column.T)))


def equilibrium_jobs() -> Iterator[Job]:
    for size in (3, 4, 5, 6):
        row, column = np.random.default_rng(size).random((2, size, size))
        played = bimatrix(row, column)
        ways: list[tuple[str, Callable[..., Any], Callable[..., Any]]] = [
            ("support enumeration", support_equilibria, theory.support_enumeration),
            ("vertex enumeration", lambda r, c: equilibria(r, c).extreme, theory.vertex_enumeration),
            ("Lemke-Howson", lambda r, c: [lemke_howson(r, c)], lambda g: [theory.lemke_howson(g, init_pivot=0)]),
        ]
        for name, ours, theirs in ways:
            yield Job(
                f"{name}, random game {size} x {size}",
                Side(lambda _, f=ours, r=row, c=column, n=size: mixes_of(f(r, c), n)),
                Side(lambda _, f=theirs, g=played, n=size: mixes_of(f(g), n)),
            )
    row, column = np.random.default_rng(30).integers(0, 9, (2, 30, 30)).astype(float)
    played = bimatrix(row, column)
    yield Job(
        "pure equilibria, random game 30 x 30",
        Side(lambda _: np.sort(np.array(pure_equilibria(row, column)), axis=0).ravel()),
        Side(lambda _: np.sort(np.array(theory.pure_nash_brute(played)), axis=0).ravel()),
    )


def population(matrix: Any, size: int, *, dynamics: str, beta: float = 1.0, rate: float = 0.0) -> Model:
    return Model(
        strategies=["first", "second"],
        game={"kind": "matrix", "payoffs": matrix},
        selection={"intensity": beta} if dynamics == "logit" else {},
        mutation={"rate": rate, "to": "any"} if rate else {},
        population={"kind": "well_mixed", "size": size},
        dynamics={"kind": dynamics},
    )


def share_job(name: str, ours: Model, theirs: Callable[[int], np.ndarray], *, updates: int) -> Job:
    """Time average of the first strategy's share after 200 updates; `theirs` gives that of one path for a seed."""
    size = ours.population.size
    burn_in = 200 // size  # generations: evo keeps one state of each

    def by_evo(repeat: int) -> np.ndarray:
        path = simulate(ours, generations=updates / size, replicates=100, seed=repeat)
        return path.mix[:, burn_in:, :1].mean(axis=1)

    sides = Side(by_evo, 100 * updates), Side(theirs, updates)
    truth = birth_death(ours).mean
    note = f"in the long run {truth:.6g}"
    return Job(name, *sides, unit="update", allowed=None, truth=np.array([truth]), note=note, repeats=10)


def logit_job(size: int, beta: float) -> Job:
    """Eight players, each against the mean of the seven others; the peer needs each player's whole tensor."""
    matrix = np.array(HAWK_DOVE)
    tensor = np.empty((2,) * size)
    for own, *others in product((0, 1), repeat=size):
        tensor[own, *others] = matrix[own, others].mean()

    def by_peer(repeat: int) -> np.ndarray:
        # a game of its own for each: LogitDynamics subtracts from the payoffs that it is given
        game = theory.NormalFormGame([theory.Player(tensor.copy()) for _ in range(size)])
        rng = np.random.default_rng(repeat)
        path = theory.LogitDynamics(game, beta=beta).time_series(5000, (0, 1) * (size // 2), random_state=rng)
        return (path[200:] == 0).mean(keepdims=True)[0]

    ours = population(HAWK_DOVE, size, dynamics="logit", beta=beta)
    return share_job(f"logit, hawk-dove, {size} players, beta = {beta:g}", ours, by_peer, updates=5000)


def mistakes_job(size: int, epsilon: float) -> Job:
    """Best replies with mistakes, one player at a time [Kandori, Mailath & Rob 1993]."""
    ours = population(STAG_HUNT, size, dynamics="best_response", rate=epsilon)
    theirs = theory.KMR(STAG_HUNT, size, epsilon=epsilon)

    def by_peer(repeat: int) -> np.ndarray:
        rng = np.random.default_rng(repeat)
        path = theirs.time_series(5000, init_action_dist=[size // 2, size - size // 2], random_state=rng)
        return path[200:, :1].mean(axis=0) / size

    return share_job(f"KMR, stag hunt, {size} players, epsilon = {epsilon:g}", ours, by_peer, updates=5000)


def jobs() -> Iterator[Job]:
    yield from equilibrium_jobs()
    yield logit_job(8, 2.0)
    yield mistakes_job(10, 0.3)
    yield mistakes_job(100, 0.3)


if __name__ == "__main__":
    main(__doc__, ["quantecon"], jobs)

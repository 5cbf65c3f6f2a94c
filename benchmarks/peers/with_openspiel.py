"""evo and OpenSpiel's `egt` side by side: alpha-rank, replicator field and paths.

python benchmarks/peers/with_openspiel.py [--repeats 5] [--only alpha] [--long]
"""

from __future__ import annotations

from collections.abc import Iterator

from side_by_side import Job, Side, main, needed

needed("open_spiel", "OpenSpiel")

import numpy as np  # noqa: E402
from open_spiel.python.egt import alpharank, dynamics  # noqa: E402
from scipy.integrate import odeint  # noqa: E402

from evo import Model, simulate  # noqa: E402
from evo.exact import alpha_rank, drift  # noqa: E402

SIZE = 50
CIRCLE = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])


def alpha_job(strategies: int, alpha: float, *, long: bool = False) -> Job:
    """One population, payoffs by the whole population's state (OpenSpiel's default looks at one opponent alone)."""
    matrix = np.random.default_rng(strategies).random((strategies, strategies))
    return Job(
        f"alpha-rank, {strategies} strategies, m = {SIZE}, alpha = {alpha:g}",
        Side(lambda _: alpha_rank(matrix, alpha=alpha, size=SIZE).masses),
        Side(lambda _: alpharank.compute([matrix], m=SIZE, alpha=alpha, use_local_selection_model=False)[2]),
        repeats=1 if long else None,
        long=long,
    )


def limit_jobs() -> Iterator[Job]:
    for strategies in (20, 100):
        matrix = np.random.default_rng(strategies).random((strategies, strategies))
        yield Job(
            f"alpha-rank, {strategies} strategies, infinite alpha, epsilon = 0.01",
            Side(lambda _, a=matrix: alpha_rank(a, epsilon=0.01).masses),
            Side(lambda _, a=matrix: alpharank.compute([a], use_inf_alpha=True, inf_alpha_eps=0.01)[2]),
        )
    for actions in (10, 20):
        tables = list(np.random.default_rng(actions).random((2, actions, actions)))
        yield Job(
            f"alpha-rank, two populations of {actions} strategies, m = {SIZE}, alpha = 1",
            Side(lambda _, t=tables: alpha_rank(t, alpha=1.0, size=SIZE).masses),
            Side(lambda _, t=tables: alpharank.compute(t, m=SIZE, alpha=1.0)[2]),
        )


def field_jobs() -> Iterator[Job]:
    ours = Model(
        strategies=["a", "b", "c"],
        game={"kind": "matrix", "payoffs": CIRCLE.tolist()},
        dynamics={"kind": "replicator"},
    )
    theirs = dynamics.SinglePopulationDynamics(np.array([CIRCLE, CIRCLE.T]), dynamics.replicator)
    mixes = drift(ours, resolution=140).mixes
    yield Job(
        f"replicator field at {len(mixes):,} mixes",
        Side(lambda _: drift(ours, resolution=140).drift.ravel(), len(mixes)),
        Side(lambda _: np.ravel([theirs(mix) for mix in mixes]), len(mixes)),
        unit="mix",
        allowed=1e-12,
        note="evo's call makes the mixes too",
    )
    start, times = np.array([0.5, 0.3, 0.2]), np.linspace(0, 100, 201)
    named = dict(zip(("a", "b", "c"), start.tolist(), strict=True))
    yield Job(
        "replicator path to t = 100, 201 times",
        Side(lambda _: simulate(ours, generations=100, record_every=0.5, start=named).mix[0].ravel()),
        Side(lambda _: odeint(theirs, start, times).ravel()),
        allowed=1e-5,
        shown=-1,
    )
    starts = simulate(ours, generations=1, replicates=1000, seed=1, start="random").mix[:, 0]
    yield Job(
        "replicator ends at t = 100, 1,000 starts",
        Side(
            lambda _: (
                simulate(
                    ours, generations=100, record_every=100, replicates=1000, seed=1, start="random", tolerance=1e-6
                )
                .mix[:, 1]
                .ravel()
            ),
            1000,
        ),
        Side(lambda _: _ends(theirs, starts), 1000),
        unit="trajectory",
        allowed=1e-3,
    )


def _ends(field: dynamics.SinglePopulationDynamics, starts: np.ndarray) -> np.ndarray:
    return np.ravel([odeint(field, start, [0, 100], mxstep=10_000)[-1] for start in starts])


def jobs() -> Iterator[Job]:
    yield alpha_job(20, 1.0)
    yield alpha_job(100, 1.0, long=True)
    yield from limit_jobs()
    yield from field_jobs()


if __name__ == "__main__":
    main(__doc__, ["open_spiel"], jobs)

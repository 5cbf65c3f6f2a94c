"""evo and EGTtools side by side: Monte Carlo of pairwise comparison, fixation, small mutations, full chains, replicator.

    python benchmarks/peers/with_egttools.py [--repeats 5] [--only fixation] [--long]

One "generation" of EGTtools is one update. Both mutate instead of imitating, to one of the other strategies.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Any

from side_by_side import Job, Side, main, needed

needed("egttools", "EGTtools")

import egttools  # noqa: E402
import numpy as np  # noqa: E402
from egttools.analytical import PairwiseComparison, StochDynamics, replicator_equation  # noqa: E402
from egttools.games import Matrix2PlayerGameHolder, OneShotCRD  # noqa: E402
from egttools.numerical import PairwiseComparisonNumerical  # noqa: E402
from egttools.utils import (  # noqa: E402
    calculate_stationary_distribution,
    calculate_stationary_distribution_non_hermitian,
)
from scipy.integrate import odeint, solve_ivp  # noqa: E402

from evo import Model, simulate  # noqa: E402
from evo.exact import fixation, log_fixation, small_mutation, stationary  # noqa: E402

CIRCLE = [[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]
SPIRAL = [[0.0, -1.0, 2.0], [2.0, 0.0, -1.0], [-1.0, 2.0, 0.0]]
HAWK_DOVE = [[-0.5, 2.0], [0.0, 1.0]]
DILEMMA = [[3.0, 0.0], [5.0, 1.0]]
CACHE = 1_000_000  # entries of EGTtools' cache
PATIENCE = 10**7  # updates after which it drops a fixation run
HELD: list[Any] = []
PAIR = np.array([[0, 1]])
RISK = {"size": 6, "threshold": 3, "endowment": 1.0, "cost": 0.1, "risk": 0.8}


def game(matrix: Any) -> Matrix2PlayerGameHolder:
    return held(Matrix2PlayerGameHolder(len(matrix), np.array(matrix, dtype=float)))


def held(played: Any) -> Any:
    """The game, kept alive: EGTtools' solvers do not, and crash when it is gone."""
    HELD.append(played)
    return played


def model(played: Any, size: int, *, rate: float = 0.0, beta: float = 1.0) -> Model:
    """A finite population under pairwise comparison; `played` is a matrix, or a game's section of a config."""
    matrix = not isinstance(played, dict)
    names = [f"s{i}" for i in range(len(played) if matrix else 2)]
    return Model(
        strategies=names,
        game={"kind": "matrix", "payoffs": np.array(played).tolist()} if matrix else played,
        selection={"intensity": beta},
        mutation={"rate": rate},
        population={"kind": "well_mixed", "size": size},
        dynamics={"kind": "pairwise_comparison"},
    )


def equal(strategies: int, size: int) -> np.ndarray:
    """Counts as equal as they can be, the first strategies one more."""
    return size // strategies + (np.arange(strategies) < size % strategies)


def path_job(name: str, ours: Model, theirs: Any, *, updates: int, shown: int = 0) -> Job:
    """Time average of the share of strategy `shown` (the peer's first) over so many updates from equal shares; evo makes
    40 such paths a call and keeps one state a generation, the peer one path and every state."""
    size, strategies, beta, rate = (
        ours.population.size,
        len(ours.strategies),
        ours.selection.intensity,
        ours.mutation.rate,
    )
    solver = PairwiseComparisonNumerical(size, theirs, CACHE)
    start = equal(strategies, size)

    def by_evo(repeat: int) -> np.ndarray:
        path = simulate(ours, generations=updates / size, replicates=40, seed=repeat)
        return path.mix[:, :, shown : shown + 1].mean(axis=1)

    def by_peer(_: int) -> np.ndarray:
        states = solver.run_with_mutation(updates, beta, rate, start)
        return states[::size, :1].mean(axis=0) / size

    return Job(name, Side(by_evo, 40 * updates), Side(by_peer, updates), unit="update", allowed=None)


def path_jobs() -> Iterator[Job]:
    for size, rate in ((100, 0.01), (1000, 0.01), (10_000, 0.01), (1000, 0.001)):
        name = f"path, rock-paper-scissors, Z = {size}, mu = {rate:g}"
        yield path_job(name, model(CIRCLE, size, rate=rate), game(CIRCLE), updates=100_000)
    name = "path, hawk-dove, Z = 10000, mu = 0.01"
    yield path_job(name, model(HAWK_DOVE, 10_000, rate=0.01), game(HAWK_DOVE), updates=100_000)
    for strategies in (10, 20, 50):
        matrix = np.random.default_rng(strategies).random((strategies, strategies))
        name = f"path, {strategies} strategies, Z = 1000, mu = 0.01"
        yield path_job(name, model(matrix, 1000, rate=0.01), game(matrix), updates=20_000)
    # EGTtools' first strategy is the defector
    ours = model({"kind": "collective_risk", **RISK}, 100, rate=0.01, beta=5.0)
    name = "path, collective risk in groups of 6, Z = 100, mu = 0.01"
    yield path_job(name, ours, held(OneShotCRD(1.0, 0.1, 0.8, 6, 3)), updates=100_000, shown=1)


def fixation_runs(name: str, matrix: list[list[float]], beta: float, runs: int) -> Job:
    """Share of runs in which one of the first strategy takes over 100, without mutation."""
    ours = model(matrix, 100, beta=beta)
    solver = PairwiseComparisonNumerical(100, game(matrix), CACHE)
    truth = fixation(ours, mutant="s0", resident="s1").probability

    def by_evo(repeat: int) -> np.ndarray:
        end = PATIENCE / 100
        path = simulate(
            ours, generations=end, record_every=end, replicates=10_000, seed=repeat, start={"s0": 0.01, "s1": 0.99}
        )
        return (path.mix[:, -1, 0] == 1).mean(keepdims=True)

    def by_peer(_: int) -> np.ndarray:
        return np.array([solver.estimate_fixation_probability(0, 1, runs, PATIENCE, beta)])

    deviation = np.array([np.sqrt(truth * (1 - truth))])
    sides = Side(by_evo, 10_000, 10_000), Side(by_peer, runs, runs)
    note = f"exact: {truth:.6g}; evo makes 10,000 runs a call, the peer {runs:,}"
    return Job(name, *sides, unit="run", allowed=None, deviation=deviation, truth=np.array([truth]), note=note)


def fixation_jobs() -> Iterator[Job]:
    yield fixation_runs("fixation runs, prisoner's dilemma, Z = 100, beta = 0.01", DILEMMA, 0.01, 2_000)
    yield fixation_runs("fixation runs, hawk-dove, Z = 100, beta = 0.1", HAWK_DOVE, 0.1, 500)
    for name, matrix, beta in (("hawk-dove", HAWK_DOVE, 0.1), ("prisoner's dilemma", DILEMMA, 0.7)):
        label = f"log10 of exact fixation, {name}, Z = 100, beta = {beta:g}"
        ours, truth = model(matrix, 100, beta=beta), np.array([exact_log_fixation(matrix, 100, beta)])
        fast = PairwiseComparison(100, game(matrix)).calculate_fixation_probability
        twin = StochDynamics(2, np.array(matrix), 100).fixation_probability
        alone = Side(lambda _, m=ours: log_fixation(m, PAIR)[0, :1] / np.log(10))
        with_times = Side(
            lambda _, m=ours: np.array([fixation(m, mutant="s0", resident="s1").log_probability / np.log(10)])
        )
        for words, side, ask in (
            ("", alone, fast),
            (", against its Python twin", alone, twin),
            (", evo with mean times", with_times, fast),
        ):
            theirs = Side(lambda _, ask=ask, beta=beta: _log10([ask(0, 1, beta)]))
            yield Job(label + words, side, theirs, truth=truth)


def _log10(values: Any) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log10(values)


def exact_fixation(matrix: Any, first: int, second: int, size: int, beta: float) -> Decimal:
    """1/(1 + sum of products of exp(-beta*delta)) for one of `first` among `second`, in 60 digits."""
    a, b = Decimal(float(matrix[first][first])), Decimal(float(matrix[first][second]))
    c, d = Decimal(float(matrix[second][first])), Decimal(float(matrix[second][second]))
    with localcontext() as context:
        context.prec = 60
        total = product = Decimal(1)
        for k in range(1, size):
            lead = (a * (k - 1) + b * (size - k) - c * k - d * (size - k - 1)) / (size - 1)
            product *= (-Decimal(beta) * lead).exp()
            total += product
        return 1 / total


def exact_log_fixation(matrix: Any, size: int, beta: float) -> float:
    return float(exact_fixation(matrix, 0, 1, size, beta).log10())


def exact_small_mutation(matrix: np.ndarray, size: int, beta: float) -> np.ndarray:
    """Stationary distribution over monomorphic states by elimination of one state after the other, in 60 digits."""
    number = len(matrix)
    with localcontext() as context:
        context.prec = 60
        rho = [
            [exact_fixation(matrix, j, i, size, beta) if i != j else Decimal(0) for j in range(number)]
            for i in range(number)
        ]
        for last in range(number - 1, 0, -1):
            out = sum(rho[last][:last])
            for i in range(last):
                rho[i][last] /= out
                for j in range(last):
                    rho[i][j] += rho[i][last] * rho[last][j]
        weight = [Decimal(1)]
        for j in range(1, number):
            weight.append(sum(weight[i] * rho[i][j] for i in range(j)))
        return np.array([float(w / sum(weight)) for w in weight])


def small_mutation_job(
    strategies: int, *, beta: float, twin: bool = False, advised: bool = False, long: bool = False
) -> Job:
    """Stationary distribution over monomorphic states, and with it all fixation probabilities; `advised`: by the solver
    that EGTtools recommends for chains."""
    matrix = np.random.default_rng(strategies).random((strategies, strategies))
    ours = model(matrix, 100, beta=beta)
    solver = StochDynamics(strategies, matrix, 100) if twin else PairwiseComparison(100, game(matrix))
    solve = calculate_stationary_distribution_non_hermitian if advised else calculate_stationary_distribution

    def by_peer(_: int) -> np.ndarray:
        if twin:  # column-stochastic
            return solve(solver.transition_and_fixation_matrix(beta)[0])
        return solve(solver.calculate_transition_and_fixation_matrix_sml(beta)[0].T)

    words = ", Python twin" if twin else ", advised solver" if advised else ""
    return Job(
        f"small mutations, {strategies} strategies, Z = 100, beta = {beta:g}{words}",
        Side(lambda _: small_mutation(ours).stationary),
        Side(by_peer),
        truth=exact_small_mutation(matrix, 100, beta) if strategies < 100 else None,
        repeats=1 if strategies > 10 else None,
        long=long,
    )


def chain_job(size: int, *, long: bool) -> Job:
    """Full stationary distribution of three strategies: the shares' means and variances."""
    ours = model(SPIRAL, size, rate=0.01)
    solver = PairwiseComparison(size, game(SPIRAL))
    counts = stationary(ours).states
    places = [egttools.calculate_state(size, row) for row in counts]
    by_lu = stationary(ours, method="sparse LU")

    def by_peer(_: int) -> np.ndarray:
        matrix = solver.calculate_transition_matrix(1.0, 0.01)
        return calculate_stationary_distribution_non_hermitian(matrix.transpose())[places]

    return Job(
        f"stationary distribution, 3 strategies, Z = {size}, {len(counts):,} states",
        Side(lambda _: stationary(ours).probabilities),
        Side(by_peer),
        truth=by_lu.probabilities,
        repeats=1 if size > 50 else None,
        long=long,
    )


def estimate_job(every: int) -> Job:
    """How far (in total variation) the estimated probabilities of the states lie from the exact ones, and their sum."""
    size, runs, updates = 30, 4, 200_000
    ours = model(SPIRAL, size, rate=0.01)
    exact = stationary(ours)
    places = [egttools.calculate_state(size, row) for row in exact.states]
    solver = PairwiseComparisonNumerical(size, game(SPIRAL), CACHE)

    def summary(found: np.ndarray) -> np.ndarray:
        return np.array([np.abs(found - exact.probabilities).sum() / 2, found.sum()])

    def by_evo(repeat: int) -> np.ndarray:
        generations = updates / size
        path = simulate(
            ours, generations=generations, record_every=every / size, replicates=runs, seed=repeat, start="random"
        )
        counts = np.rint(path.mix[:, 1000 // every :].reshape(-1, 3) * size).astype(int)
        visited = exact.space.index(counts)
        return summary(np.bincount(visited, minlength=len(exact.states)) / len(visited))

    def by_peer(_: int) -> np.ndarray:
        return summary(np.asarray(solver.estimate_stationary_distribution(runs, updates, 1000, 1.0, 0.01))[places])

    sides = Side(by_evo, runs * updates), Side(by_peer, runs * updates)
    name = f"error of an estimated stationary distribution, Z = {size}, evo looks every {every} updates"
    note = "shown is the total variation from the exact distribution; the sum of all probabilities is compared too"
    return Job(name, *sides, unit="update", allowed=np.array([0.02, 1e-9]), note=note)


def replicator_job(*, equal_error: bool) -> Job:
    """Ends of 1,000 replicator trajectories from random starts at t = 100, at the default tolerances or with evo's such
    that its error is just below the peer's."""
    ours = Model(
        strategies=["a", "b", "c"], game={"kind": "matrix", "payoffs": CIRCLE}, dynamics={"kind": "replicator"}
    )
    matrix = np.array(CIRCLE)

    def by_evo(tolerance: float) -> np.ndarray:
        path = simulate(
            ours, generations=100, record_every=100, replicates=1000, seed=1, start="random", tolerance=tolerance
        )
        return path.mix

    starts = by_evo(1e-8)[:, 0]

    def by_peer(_: int) -> np.ndarray:
        return np.array(
            [
                odeint(lambda x, t: replicator_equation(x, matrix), start, [0, 100], mxstep=10_000)[-1]
                for start in starts
            ]
        )

    def field(_: float, x: np.ndarray) -> np.ndarray:
        return x * (matrix @ x - x @ matrix @ x)

    truth = [solve_ivp(field, (0, 100), x, method="DOP853", rtol=1e-12, atol=1e-15).y[:, -1] for x in starts[:50]]
    theirs = np.abs(by_peer(0)[:50] - truth).max()
    ladder = 10.0 ** -np.arange(4, 8.5, 0.5) if equal_error else [1e-8]
    errors = [np.abs(by_evo(tolerance)[:50, -1] - truth).max() for tolerance in ladder]
    tolerance, error = next(((t, e) for t, e in zip(ladder, errors, strict=True) if e <= theirs), (1e-8, errors[-1]))
    words = "equal errors" if equal_error else "default tolerances"
    note = f"evo at tolerance {tolerance:.0e} is off by {error:.0e}, odeint by {theirs:.0e} (50 of the starts, DOP853 at 1e-12)"
    sides = Side(lambda _: by_evo(tolerance)[:, -1].ravel(), 1000), Side(lambda _: by_peer(0).ravel(), 1000)
    return Job(f"replicator to t = 100, {words}", *sides, unit="trajectory", allowed=1e-4, note=note)


def jobs() -> Iterator[Job]:
    yield from path_jobs()
    yield from fixation_jobs()
    for beta in (0.1, 1.0):
        yield small_mutation_job(10, beta=beta)
    yield small_mutation_job(10, beta=0.1, twin=True)
    yield small_mutation_job(10, beta=0.1, advised=True)
    yield small_mutation_job(50, beta=0.1, twin=True)
    yield small_mutation_job(50, beta=0.1, long=True)
    yield small_mutation_job(100, beta=0.1, twin=True, long=True)
    yield small_mutation_job(100, beta=0.1, long=True)
    yield chain_job(50, long=False)
    yield chain_job(100, long=True)
    largest = model(SPIRAL, 150, rate=0.01)
    note = "EGTtools needs 13 minutes and 7 GB for it (a dense eigenvalue problem), so that it is not run here"
    name = "mean share, stationary distribution, 3 strategies, Z = 150, 11,476 states"
    yield Job(name, Side(lambda _: stationary(largest).mean), None, note=note)
    yield estimate_job(1)
    yield estimate_job(6)
    yield replicator_job(equal_error=False)
    yield replicator_job(equal_error=True)


if __name__ == "__main__":
    egttools.Random.init_with_seed(1)
    main(__doc__, ["egttools"], jobs)

"""How long two vertices stay different under neutral replacement: coalescence times on a graph.

Y[i, j], the expected number of events in which i and j differ when one mutant arises uniformly, solves
(d_i + d_j) Y_ij = 2/N + sum_k e_ik Y_kj + sum_k e_jk Y_ik for i != j and Y_ii = 0, e_ij being the chance per event that j
replaces i and d_i = sum_k e_ik: 2/N times the meeting times of two walks backwards in time [Allen et al. 2017].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from evo.exact.structure.neutral import Replacement

DIRECT = 45  # vertices up to which the N(N-1)/2 equations are solved by a dense factorisation
LARGEST = 5000  # vertices; four matrices of that size are held
TOLERANCE = 1e-14
ROUNDS = 20_000
SPARSE = 0.05  # share of neighbours below which products are sparse


def reproductive_values(replacement: Replacement) -> np.ndarray:
    """v with sum 1 and v_i d_i = sum_j v_j e_ji: the chance that a neutral mutant at i takes over, (N,).

    ValueError where no single vertex's descendants are bound to take over: parts of the graph that nothing enters.
    """
    from scipy.sparse.csgraph import connected_components

    moves = replacement.moves
    number, label = connected_components(moves > 0, directed=True, connection="strong")
    takes = [c for c in range(number) if not moves[np.ix_(label == c, label != c)].any()]  # learn from none outside
    if len(takes) > 1:
        raise ValueError(
            f"{len(takes)} parts of the graph learn from none outside, as vertex "
            f"{' and '.join(str(int(np.flatnonzero(label == c)[0])) for c in takes[:2])}: nobody can take over"
        )
    system = (np.diag(replacement.replaced) - moves).T
    system[0] = 1.0
    side = np.zeros(len(moves))
    side[0] = 1.0
    return np.abs(np.linalg.solve(system, side))


def time_apart(replacement: Replacement, source: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, str, float]:
    """Y of the module's docstring for a source in place of 2/N, symmetric (N, N); method in words, relative residual.

    Dense LU up to 45 vertices; beyond, conjugate gradients where replacement is reversible (every undirected graph), else
    BiCGSTAB, up to 5000 vertices. ValueError beyond that.
    """
    size = len(source)
    if size > LARGEST:
        raise ValueError(f"coalescence times are computed for at most {LARGEST} vertices, not {size}")
    if size <= DIRECT:
        return _direct(replacement, source)
    moves, rate = replacement.moves, replacement.replaced
    reversible = np.allclose(values[:, None] * moves, (values[:, None] * moves).T, rtol=1e-9, atol=0)
    if not (values > 0).all():
        reversible = False
    root = np.sqrt(values) if reversible else np.ones(size)
    inner = root[:, None] * moves / root  # symmetric where reversible
    if np.count_nonzero(inner) < SPARSE * size**2:
        from scipy.sparse import csr_array

        inner = csr_array(inner)
    total = rate[:, None] + rate
    np.fill_diagonal(total, 1.0)

    def apply(x: np.ndarray) -> np.ndarray:
        spread = inner @ x
        if reversible:
            out = total * x - spread - spread.T
        else:
            out = total * x - spread - (inner @ x.T).T
        np.fill_diagonal(out, 0.0)
        return out

    side = root[:, None] * source * root
    np.fill_diagonal(side, 0.0)
    solver = _conjugate_gradients if reversible else _bicgstab
    found, residual = solver(apply, total, side)
    words = "conjugate gradients" if reversible else "BiCGSTAB"
    return found / root[:, None] / root, f"{words} on {size * (size - 1) // 2:,} pairs", residual


def _direct(replacement: Replacement, source: np.ndarray) -> tuple[np.ndarray, str, float]:
    size = len(source)
    first, second = np.triu_indices(size, 1)
    place = np.zeros((size, size), np.int64)
    place[first, second] = place[second, first] = np.arange(len(first))
    moves, rate = replacement.moves, replacement.replaced
    system = np.zeros((len(first), len(first)))
    rows = np.arange(len(first))
    for k in range(size):
        for moving, staying in ((first, second), (second, first)):
            some = staying != k
            np.subtract.at(system, (rows[some], place[k, staying[some]]), moves[moving[some], k])
    system[rows, rows] += rate[first] + rate[second]
    flat = np.linalg.solve(system, source[first, second])
    found = np.zeros((size, size))
    found[first, second] = found[second, first] = flat
    left = np.abs(system @ flat - source[first, second]).max() / np.abs(source[first, second]).max()
    return found, f"dense solution for {len(first):,} pairs", float(left)


def _conjugate_gradients(apply: Callable, total: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, float]:
    found = side / total
    left = side - apply(found)
    scaled = left / total
    direction, power = scaled.copy(), float((left * scaled).sum())
    start = float((side * side / total).sum())
    for _ in range(ROUNDS):
        if power <= TOLERANCE**2 * start:
            break
        image = apply(direction)
        length = power / float((direction * image).sum())
        found += length * direction
        left -= length * image
        scaled = left / total
        before, power = power, float((left * scaled).sum())
        direction *= power / before
        direction += scaled
    else:
        raise ArithmeticError("conjugate gradients did not settle")
    left = side - apply(found)
    return found, float(np.sqrt((left * left / total).sum() / start))


def _bicgstab(apply: Callable, total: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, float]:
    from scipy.sparse.linalg import LinearOperator, bicgstab

    made: Any = LinearOperator  # type checkers do not see its __new__
    shape, flat = side.shape, side.size
    operator = made((flat, flat), matvec=lambda x: apply(x.reshape(shape)).ravel(), dtype=float)
    before = made((flat, flat), matvec=lambda x: x.ravel() / total.ravel(), dtype=float)
    found, residual = np.zeros(flat), side.ravel()
    norm = np.linalg.norm(residual)
    for _ in range(20):  # refinement: its recursive residual drifts off the true one
        more, _ = bicgstab(operator, residual, rtol=1e-8, atol=0.0, maxiter=ROUNDS, M=before)
        left = side.ravel() - operator.matvec(found + more)
        if np.linalg.norm(left) >= 0.5 * np.linalg.norm(residual):
            break
        found, residual = found + more, left
    reached = float(np.linalg.norm(residual) / norm)
    if reached > 1e-9:
        raise ArithmeticError(f"BiCGSTAB did not settle: the relative residual is {reached:.0e}")
    found = found.reshape(shape)
    return (found + found.T) / 2, reached

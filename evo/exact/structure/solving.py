"""Linear equations of chains whose events change a count by at most one: by elimination, or by iteration where large.

Elimination without subtraction (`evo.exact.chains.elimination`) gives each number, however small, to a relative error of
rounding, and takes the cube of the largest layer: about two seconds at 13 vertices, six to eight times that for each
further one. Beyond, GMRES with a symmetric Gauss-Seidel sweep as preconditioner solves for absorption, its error bounded
from the residual, and sweeps with aggregation of layers [Koury, McAllister & Stewart 1984] for the stationary
distribution, which comes with its residual; these errors are absolute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo.exact.chains.elimination import absorbed, layers, stationary_vector
from evo.exact.structure.loops import flows, sweep

if TYPE_CHECKING:
    from scipy.sparse import csr_array

WIDEST = 1716  # states of the largest layer that is eliminated: 13 vertices without twins
ROUNDS = 60
RELATIVE = "each number has a relative error of rounding only, about 1e-12"


def solve_absorption(
    matrix: csr_array, level: np.ndarray, exits: np.ndarray, gains: np.ndarray, *, method: str = "auto"
) -> tuple[np.ndarray, str, str]:
    """Of transient states: probability of each exit (states, e) and mean sum of each gain (states, g) on the way, as one
    array (states, e + g); then method and error in words. matrix: moves among them, without diagonal; level: the count
    that changes by at most one, the same for all where there is none."""
    order = np.argsort(level, kind="stable")
    bounds = layers(level[order])
    inner = matrix[order][:, order].tocsr()
    out = np.empty((len(level), exits.shape[1] + gains.shape[1]))
    if method == "elimination" or (method == "auto" and np.diff(bounds).max() <= WIDEST):
        out[order] = absorbed(inner, bounds, exits[order], gains[order])
        return out, "elimination without subtraction (GTH) by layers", RELATIVE
    sides = np.hstack([exits, gains])[order]
    leaving = np.asarray(inner.sum(axis=1)).ravel() + exits[order].sum(axis=1)
    found, error = _iterated(inner, leaving, sides, exits.shape[1])
    out[order] = found
    return out, "GMRES with symmetric Gauss-Seidel sweeps", f"absolute, below {error:.0e} relative to the largest"


def _iterated(matrix: csr_array, leaving: np.ndarray, sides: np.ndarray, exits: int) -> tuple[np.ndarray, float]:
    """Solve each side; the error follows from the residual r, as the inverse is positive: |x - x*| <= t max|r|, where t,
    the largest mean number of steps, is known from its own residual."""
    from scipy.sparse.linalg import LinearOperator, gmres

    made: Any = LinearOperator  # type checkers do not see its __new__
    rows = matrix.indptr, matrix.indices, matrix.data
    size = len(leaving)

    def swept(residual: np.ndarray) -> np.ndarray:
        x, source = np.zeros(size), np.ascontiguousarray(residual.ravel())
        sweep(*rows, leaving, source, x, True)
        sweep(*rows, leaving, source, x, False)
        return x

    operator = made((size, size), matvec=lambda x: leaving * x.ravel() - matrix @ x.ravel(), dtype=float)
    before = made((size, size), matvec=swept, dtype=float)
    steps_residual, longest = _solve_one(operator, before, gmres, np.ones(size))[1:]
    longest /= max(1 - steps_residual, 1e-3)
    found, error = np.empty(sides.shape), 0.0
    for k in range(sides.shape[1]):
        found[:, k], residual, largest = _solve_one(operator, before, gmres, sides[:, k])
        error = max(error, residual * longest / (1.0 if k < exits else max(largest, 1e-300)))
    if not error < 1e-3:
        raise ArithmeticError(f"iteration did not settle: errors may be {error:.0e}; ask for method elimination")
    return found, error


def _solve_one(operator: Any, before: Any, gmres: Any, side: np.ndarray) -> tuple[np.ndarray, float, float]:
    found, residual = np.zeros(len(side)), side
    for _ in range(ROUNDS):  # refinement
        more, _ = gmres(operator, residual, rtol=1e-8, atol=0.0, restart=60, maxiter=20, M=before)
        closer = found + more
        left = side - operator.matvec(closer)
        if np.abs(left).max() >= 0.5 * np.abs(residual).max():
            break
        found, residual = closer, left
    return found, float(np.abs(residual).max()), float(np.abs(found).max())


def solve_stationary(matrix: csr_array, level: np.ndarray, *, method: str = "auto") -> tuple[np.ndarray, str, str]:
    """Stationary distribution of an irreducible chain (diagonal 0: what is missing to 1 stays); method and error in words."""
    order = np.argsort(level, kind="stable")
    bounds = layers(level[order])
    inner = matrix[order][:, order].tocsr()
    out = np.empty(len(level))
    if method == "elimination" or (method == "auto" and np.diff(bounds).max() <= WIDEST):
        out[order] = stationary_vector(inner, bounds)
        return out, "elimination without subtraction (GTH) by layers", RELATIVE
    out[order], residual = _aggregated(inner, level[order] - level.min())
    return out, "sweeps with aggregation of layers", f"absolute: sum of |pi P - pi| is {residual:.0e}"


def _aggregated(matrix: csr_array, level: np.ndarray) -> tuple[np.ndarray, float]:
    back = matrix.T.tocsr()
    leaving = np.asarray(matrix.sum(axis=1)).ravel()
    weight, nothing = np.full(len(level), 1 / len(level)), np.zeros(len(level))
    last = np.inf
    for _ in range(100 * ROUNDS):
        up, down = np.zeros((2, level.max() + 1))
        flows(matrix.indptr, matrix.indices, matrix.data, level, weight, up, down)
        if not (up[:-1].all() and down[1:].all()):
            raise ArithmeticError("the ways between neighbouring layers of states are lost to underflow")
        scale = np.r_[0.0, np.cumsum(np.log(up[:-1]) - np.log(down[1:]))]  # balances the flow between layers
        weight *= np.exp(scale - scale.max())[level]
        weight /= weight.sum()
        residual = np.abs(back @ weight - leaving * weight).sum()
        if residual < 1e-15 or (residual < 1e-12 and residual > 0.9 * last):
            break
        last = residual
        sweep(back.indptr, back.indices, back.data, leaving, nothing, weight, True)
        sweep(back.indptr, back.indices, back.data, leaving, nothing, weight, False)
    else:
        raise ArithmeticError(f"sweeps did not settle: sum of |pi P - pi| is still {residual:.0e}")
    return weight, float(residual)

"""Zeros of a field: on an edge by a piecewise polynomial that follows it, elsewhere by Newton's method from many starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evo.exact.flows.fields import Field

DEGREE = 32
FOLLOWED = 1e-12  # relative to the largest value
SMALLEST = 1e-7


def on_interval(function: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, bool]:
    """The zeros of a function of a share on [0, 1] (vectorised), and whether a polynomial follows it everywhere.

    The interval is halved until a Chebyshev polynomial of degree 32 follows the function to 1e-12 of its largest value;
    the zeros are that polynomial's, polished: all of them, but for such as the polynomial cannot tell.
    """
    from numpy.polynomial import chebyshev

    nodes = chebyshev.chebpts1(DEGREE + 1)
    basis = np.linalg.inv(chebyshev.chebvander(nodes, DEGREE))
    scale = np.abs(function(np.linspace(0, 1, 257))).max()
    if scale == 0:
        return np.zeros(0), False
    stack, found, followed = [(0.0, 1.0)], [], True
    while stack:
        low, high = stack.pop()
        series = basis @ function(0.5 * (low + high) + 0.5 * (high - low) * nodes)
        if np.abs(series[-4:]).max() > FOLLOWED * scale:
            if high - low > SMALLEST:
                middle = 0.5 * (low + high)
                stack += [(low, middle), (middle, high)]
                continue
            followed = False
        trimmed = chebyshev.chebtrim(series, tol=1e-15 * scale)
        for root in chebyshev.chebroots(trimmed):
            if abs(root.imag) < 1e-6 and -1 - 1e-9 <= root.real <= 1 + 1e-9:
                found.append(0.5 * (low + high) + 0.5 * (high - low) * min(max(root.real, -1.0), 1.0))
    points = sorted(_polished(function, root) for root in found)
    return np.array([p for k, p in enumerate(points) if k == 0 or p - points[k - 1] > 1e-9]), followed


def _polished(function: Callable[[np.ndarray], np.ndarray], root: float) -> float:
    """Newton steps with derivatives by complex steps, while they are small."""
    for _ in range(4):
        value = complex(function(np.array([root + 1e-30j]))[0])
        slope = value.imag / 1e-30
        step = value.real / slope if slope else 0.0
        if not abs(step) < 1e-6 or not 0 <= root - step <= 1:
            break
        root -= step
    return root


def starts(field: Field, support: tuple[int, ...], number: int, seed: int) -> np.ndarray:
    """Mixes on a face, uniform in each role, and its middle, (number + 1, d)."""
    rng = np.random.default_rng(seed)
    mixes = np.zeros((number + 1, field.strategies))
    for block in field.blocks:
        members = [i for i in support if block.start <= i < block.stop]
        mixes[0, members] = 1 / len(members)
        mixes[1:, members] = rng.dirichlet(np.ones(len(members)), number)
    return mixes


def newton(
    field: Field, mixes: np.ndarray, support: tuple[int, ...] | None = None, *, steps: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method on a face, from all these mixes at once: where each ends, and whether at a zero (of a field that is
    not above 1e-12 of its scale, the mix inside the simplex)."""
    basis = field.tangent(support)
    mixes = mixes.copy()
    scale = max(1.0, float(np.abs(field.velocity(mixes)).max()))
    last = np.full(len(mixes), np.inf)
    active = np.arange(len(mixes))
    with np.errstate(all="ignore"):
        for _ in range(steps):
            here = mixes[active]
            slope = basis.T @ field.jacobian(here) @ basis
            step = _solved(slope, field.velocity(here) @ basis) @ basis.T
            step *= np.minimum(1.0, 0.3 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300))
            size = np.abs(step).max(axis=1)
            step *= np.where(size < 1e-9, 1.0, _room(here, step))[:, None]
            ahead = here - step
            mixes[active] = np.where(np.isfinite(ahead), ahead, here)
            last[active] = size
            active = active[size > 1e-15]
            if not len(active):
                break
        residual = np.abs(field.velocity(mixes)).max(axis=1)
    return mixes, (residual < 1e-12 * scale) & (mixes.min(axis=1) > -1e-10) & (last < 1e-6)


def _room(mix: np.ndarray, step: np.ndarray) -> np.ndarray:
    """The part of each step that goes at most half of the way to the boundary."""
    crossing = np.where(mix - step < 0, 0.5 * mix / np.maximum(step, 1e-300), np.inf)
    return np.minimum(1.0, crossing.min(axis=1))


def _solved(slope: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The Newton step of each, by least squares where the derivative is singular."""
    good = np.isfinite(slope).all(axis=(1, 2)) & np.isfinite(value).all(axis=1)
    step = np.zeros_like(value)
    if good.any():
        step[good] = (np.linalg.pinv(slope[good], rcond=1e-13) @ value[good][..., None])[..., 0]
    return step

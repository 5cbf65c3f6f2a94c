"""All zeros of a smooth field on the simplex, with a certificate: subdivision with enclosures (see subdivision)."""

from __future__ import annotations

import numpy as np

from evo.exact.flows.enclosures import enclosure
from evo.exact.flows.fields import Field
from evo.exact.flows.subdivision import SAME, Zeros, apart_from, distinct, halves, lengths

BATCH = 256


def field_zeros(field: Field, *, width: float = 1e-6, pieces: int = 20_000) -> Zeros:
    """The zeros of a field that `enclosures.encloses`, on at most so many pieces of the simplex."""
    table = field.landscape.table
    assert table is not None
    size, degree = field.strategies, field.landscape.degree
    stack = [(table[None], np.eye(size)[None])]
    found: list[np.ndarray] = []
    left: list[np.ndarray] = []
    seen = 0
    while stack and seen < pieces:
        form, corner = stack.pop()
        if len(form) > BATCH:
            stack.append((form[BATCH:], corner[BATCH:]))
            form, corner = form[:BATCH], corner[:BATCH]
        seen += len(form)
        done, points = _resolve(field, form, corner)
        found += points
        form, corner = form[~done], corner[~done]
        small = lengths(corner).max(axis=1, initial=0.0) < width
        left += list(corner[small].mean(axis=1))
        if (~small).any():
            parts = halves(form[~small], corner[~small], size, degree)
            stack.append((np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])))
    points = distinct([point for point in found if point.min() > -1e-12], size, SAME)
    unresolved = distinct([middle for middle in left if apart_from(middle, points, 4 * width)], size, 4 * width)
    return Zeros(points, unresolved, complete=not stack, pieces=seen)


def _resolve(field: Field, form: np.ndarray, corner: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Which pieces are done with (without zero, or with the one that was found), and the zeros."""
    size = field.strategies
    jet = enclosure(field, form, corner)
    margin = 1e-13
    done = np.asarray(((jet.low > margin) | (jet.high < -margin)).any(axis=1))
    points: list[np.ndarray] = []
    low, high = jet.down[:, 1:], jet.up[:, 1:]  # the first component follows from the others
    middle = 0.5 * (low + high)
    fine = np.asarray(np.isfinite(middle).all(axis=(1, 2)))
    fine[fine] &= (
        np.abs(np.linalg.det(middle[fine])) > 1e-12 * np.abs(middle[fine]).max(axis=(1, 2)) ** (size - 1) + 1e-300
    )
    rows = np.flatnonzero(~done & fine)
    if not len(rows):
        return done, points
    inverse = np.linalg.inv(middle[rows])
    spread = (np.abs(inverse) @ (0.5 * (high - low)[rows])).sum(axis=2)
    value = field.velocity(corner[rows].mean(axis=1))[:, 1:]
    centre = 1 / size - (inverse @ value[..., None])[..., 0]
    radius = spread * (1 - 1 / size) + 1e-10
    below, above = centre - radius, centre + radius
    done[rows] = (above < 0).any(axis=1) | (below.sum(axis=1) > 1) | (below > 1).any(axis=1)
    for number in np.flatnonzero((spread.max(axis=1) < 1) & ~done[rows]):
        mix = _newton(field, corner[rows[number]])
        if mix is not None:
            done[rows[number]] = True
            points.append(mix)
    return done, points


def _newton(field: Field, corner: np.ndarray) -> np.ndarray | None:
    """The zero on a piece, None where Newton's method from the middle leads to none on it."""
    mix, basis = corner.mean(axis=0), field.tangent()
    for _ in range(30):
        try:
            step = basis @ np.linalg.solve(basis.T @ field.jacobian(mix) @ basis, basis.T @ field.velocity(mix))
        except np.linalg.LinAlgError:
            return None
        mix = mix - step
        if np.abs(step).max() < 1e-15 or not np.abs(mix).max() < 2:
            break
    share = np.linalg.solve(corner.T, mix)
    return mix if share.min() > -1e-6 and np.abs(step).max() < 1e-10 else None

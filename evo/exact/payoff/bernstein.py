"""Sign changes on (0, 1) of a polynomial in Bernstein form, sum_j C(m, j) b_j x^j (1-x)^(m-j): all of them.

A piece whose coefficients change sign v times has v zeros or fewer by an even number [Farouki 2012]; pieces
are cut until v is 0 or 1. Zeros at the very ends are taken out first: there the leading coefficients vanish exactly, where
an expansion in powers of x would smear them over the neighbourhood.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

VANISHING = 1e-13  # relative to the largest coefficient
NARROW = 1e-12  # pieces that still have several sign changes then: as good as touching, or as one
TOUCH = 3e-8  # two zeros that are nearer cannot be told from touching 0, as the dip between them is a rounding error
CUT = 0.5 - 0.013592  # not in the middle, where games like to have their zeros


class SignChange(NamedTuple):
    """Where the polynomial changes sign, and whether from plus to minus."""

    place: float
    falling: bool


def sign_changes_of(coefficients: np.ndarray) -> tuple[SignChange, ...]:
    """All sign changes within (0, 1), ascending; coefficients (m+1,), none where all vanish. Two that are less than 3e-8
    apart count as none."""
    kept = _without_ends(np.asarray(coefficients, dtype=float))
    pieces, found = [(0.0, 1.0, kept)] if len(kept) else [], list[SignChange]()
    while pieces:
        low, high, piece = pieces.pop()
        signs = np.sign(piece[piece != 0])
        changes = int((signs[1:] != signs[:-1]).sum())
        if changes == 1 or (changes % 2 and high - low < NARROW):
            found.append(SignChange(low + (high - low) * _zero(piece), bool(signs[0] > 0)))
        elif changes > 1 and high - low >= NARROW:
            left, right = _cut(piece)
            middle = low + CUT * (high - low)
            pieces += [(low, middle, left), (middle, high, right)]
    return _apart(sorted(found))


def _apart(found: list[SignChange]) -> tuple[SignChange, ...]:
    """Without pairs of neighbours that cannot be told from a place where the polynomial touches 0."""
    kept = list[SignChange]()
    for change in found:
        if kept and change.place - kept[-1].place < TOUCH:
            kept.pop()
        else:
            kept.append(change)
    return tuple(kept)


def _without_ends(coefficients: np.ndarray) -> np.ndarray:
    """The polynomial without its zeros at 0 and 1: b_j C(m, j), those at the ends left out, over the lower degree's."""
    used = np.flatnonzero(np.abs(coefficients) > VANISHING * np.abs(coefficients).max(initial=0.0))
    if not len(used):
        return coefficients[:0]
    first, last, degree = used[0], used[-1], len(coefficients) - 1
    weights = _log_binomials(degree)[first : last + 1] - _log_binomials(int(last - first))
    return coefficients[first : last + 1] * np.exp(weights - weights.max())


def _log_binomials(degree: int) -> np.ndarray:
    from scipy.special import gammaln

    j = np.arange(degree + 1)
    return gammaln(degree + 1) - gammaln(j + 1) - gammaln(degree - j + 1)


def _cut(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients on both sides of the cut, by de Casteljau's scheme."""
    left, right = np.empty_like(piece), np.empty_like(piece)
    row = piece
    for k in range(len(piece)):
        left[k], right[-1 - k] = row[0], row[-1]
        row = (1 - CUT) * row[:-1] + CUT * row[1:]
    return left, right


def _zero(piece: np.ndarray) -> float:
    """The one place in (0, 1) where a piece changes sign."""
    from scipy.optimize import root_scalar

    def value(place: float) -> float:
        row = piece
        while len(row) > 1:
            row = (1 - place) * row[:-1] + place * row[1:]
        return float(row[0])

    if value(0.0) * value(1.0) >= 0:  # an end is itself the zero but for rounding
        return 0.0 if abs(value(0.0)) <= abs(value(1.0)) else 1.0
    return float(root_scalar(value, bracket=(0.0, 1.0), method="brentq", xtol=1e-15, rtol=1e-14).root)

"""Polynomials on a simplex in Bernstein form: the mean of a payoff over co-players, and what root finding needs of it.

The mean of b[c] over the composition c of m co-players drawn from the mix x, sum_c Multinomial(c; m, x) b[c], is a
polynomial of degree m in Bernstein form: its coefficients are the payoffs themselves. On any part of the simplex its
values lie between the smallest and the largest coefficient of that part (`blended` gives them), which is what certified
root finding rests on [Farouki 2012]. Compositions in descending lexicographic order, as in payoff tables.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from evo.games import compositions

CACHED = 2**16  # numbers worked on at a time, so that they stay in the processor's cache


def values(coefficient: np.ndarray, mix: np.ndarray, degree: int) -> np.ndarray:
    """The polynomials (f, C) at these mixes (..., k), real or complex: (..., f)."""
    if degree == 0:
        return np.broadcast_to(coefficient[:, 0], (*mix.shape[:-1], len(coefficient))) + 0 * mix[..., :1]
    if degree == 1:
        return mix @ coefficient.T
    rows = mix.reshape(-1, mix.shape[-1])
    together = max(1, CACHED // coefficient.shape[1])
    parts = [
        _weights(rows[first : first + together], degree) @ coefficient.T for first in range(0, len(rows), together)
    ]
    return np.concatenate(parts).reshape(*mix.shape[:-1], len(coefficient))


def _weights(mix: np.ndarray, degree: int) -> np.ndarray:
    """The probability of each composition, (rows, C)."""
    counts = compositions(mix.shape[1], degree)
    powers = np.ones((mix.shape[1], degree + 1, len(mix)), dtype=mix.dtype)
    for exponent in range(degree):
        powers[:, exponent + 1] = powers[:, exponent] * mix.T
    weight = powers[0, counts[:, 0]]
    for place in range(1, mix.shape[1]):
        weight *= powers[place, counts[:, place]]
    weight *= ways(mix.shape[1], degree)[:, None]
    return weight.T


@lru_cache(maxsize=64)
def ways(vertices: int, degree: int) -> np.ndarray:
    """The multinomial coefficient of each composition."""
    from scipy.special import gammaln

    coefficient = np.exp(gammaln(degree + 1) - gammaln(compositions(vertices, degree) + 1).sum(axis=1))
    return np.rint(coefficient) if degree <= 20 else coefficient


@lru_cache(maxsize=64)
def _at_most(rest: int, most: int) -> np.ndarray:
    """How many compositions of at most s-1 places there are for `rest` strategies, s = 0..most."""
    from scipy.special import comb

    return np.array([comb(s - 1 + rest, rest, exact=True) if s else 0 for s in range(most + 1)], dtype=np.int64)


def places(counts: np.ndarray) -> np.ndarray:
    """Where each composition (rows of one sum) stands in descending lexicographic order."""
    left = counts.sum(axis=1)
    most = int(left.max(initial=0))
    before = np.zeros(len(counts), np.int64)
    for column in range(counts.shape[1] - 1):
        left = left - counts[:, column]
        before += _at_most(counts.shape[1] - 1 - column, most)[left]
    return before


def blended(
    coefficient: np.ndarray, vertices: int, degree: int, *, source: int, target: int, part: float
) -> np.ndarray:
    """Coefficients (..., C) over the simplex whose vertex `source` has moved by `part` of the way to `target`.

    Read the other way: every co-player of strategy `source` is with this probability replaced by one of `target`.
    """
    counts = compositions(vertices, degree)
    moved = np.zeros_like(coefficient, dtype=float)
    for replaced in range(degree + 1):
        rows = np.flatnonzero(counts[:, source] >= replaced)
        reached = counts[rows].copy()
        reached[:, source] -= replaced
        reached[:, target] += replaced
        weight = _binomial(counts[rows, source], replaced, part)
        moved[..., rows] += weight * coefficient[..., places(reached)]
    return moved


def _binomial(size: np.ndarray, number: int, probability: float) -> np.ndarray:
    from scipy.special import comb

    return comb(size, number) * probability**number * (1 - probability) ** (size - number)


@lru_cache(maxsize=64)
def halving(vertices: int, degree: int, source: int, target: int) -> np.ndarray:
    """The matrix (C, C) that takes coefficients to those of the half of the simplex on the side of `target`."""
    identity = np.eye(len(compositions(vertices, degree)))
    return blended(identity, vertices, degree, source=source, target=target, part=0.5).T


def elevated(by_vertex: np.ndarray, vertices: int, degree: int) -> np.ndarray:
    """Coefficients of sum_f x_f b_f(x), of degree m+1, from those of the b_f of degree m: (f, ..., C) to (..., C')."""
    counts = compositions(vertices, degree + 1)
    total = np.zeros((*by_vertex.shape[1:-1], len(counts)))
    for vertex in range(vertices):
        rows = np.flatnonzero(counts[:, vertex])
        lower = counts[rows].copy()
        lower[:, vertex] -= 1
        total[..., rows] += counts[rows, vertex] / (degree + 1) * by_vertex[vertex][..., places(lower)]
    return total


def slopes(coefficient: np.ndarray, vertices: int, degree: int) -> np.ndarray:
    """Derivatives in the directions from the first vertex to each other one: (..., C) to (..., k-1, C of degree m-1)."""
    counts = compositions(vertices, degree - 1)
    raised = [coefficient[..., places(counts + np.eye(vertices, dtype=np.int64)[place])] for place in range(vertices)]
    return degree * np.stack([raised[place] - raised[0] for place in range(1, vertices)], axis=-2)


def face(coefficient: np.ndarray, support: tuple[int, ...], vertices: int, degree: int) -> np.ndarray:
    """Coefficients on the face of these vertices (ascending)."""
    counts = compositions(len(support), degree)
    whole = np.zeros((len(counts), vertices), np.int64)
    whole[:, list(support)] = counts
    return coefficient[..., places(whole)]

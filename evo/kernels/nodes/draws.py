"""Focal nodes and role models drawn some updates ahead, so that what these read is fetched together, not one by one."""

import numpy as np

from evo.kernels._cache import inline, inner
from evo.kernels.nodes.net import BLOCK
from evo.kernels.random import below, following

HALF, LOW, WHOLE = np.uint64(32), np.uint64(2**32 - 1), np.uint64(2**32)


@inline
def row_of(starts, stops, even, i):
    """Where row i of the ties begins and ends."""
    if even > 0:
        return i * even, (i + 1) * even
    return starts[i], stops[i]


@inline
def from_half(half, bound):
    """A number below `bound`, every one with the same chance, from 32 random bits; -1 where they do not decide."""
    product = half * np.uint64(bound)
    low = product & LOW
    if low < np.uint64(bound) and low < (WHOLE - np.uint64(bound)) % np.uint64(bound):
        return np.int64(-1)
    return np.int64(product >> HALF)


@inner
def draw_ahead(starts, stops, neighbours, even, count, ahead, models, rng):
    """Draw the focal nodes of the next updates, and where `models` one of those that each learns from, -1 for nobody; the two
    halves of a word each, and a number of its own where one does not decide."""
    s0, s1, s2, s3 = rng[0], rng[1], rng[2], rng[3]
    for slot in range(BLOCK):
        word, s0, s1, s2, s3 = following(s0, s1, s2, s3)
        i = from_half(word >> HALF, count)
        if i < 0:
            rng[0], rng[1], rng[2], rng[3] = s0, s1, s2, s3
            i = below(count, rng)
            s0, s1, s2, s3 = rng[0], rng[1], rng[2], rng[3]
        ahead[0, slot] = i
        if models:
            first, stop = row_of(starts, stops, even, i)
            place = from_half(word & LOW, stop - first) if stop > first else np.int64(0)
            if place < 0:
                rng[0], rng[1], rng[2], rng[3] = s0, s1, s2, s3
                place = below(stop - first, rng)
                s0, s1, s2, s3 = rng[0], rng[1], rng[2], rng[3]
            ahead[1, slot] = first + place if stop > first else -1
    rng[0], rng[1], rng[2], rng[3] = s0, s1, s2, s3
    if models:
        for slot in range(BLOCK):
            if ahead[1, slot] >= 0:
                ahead[1, slot] = neighbours[ahead[1, slot]]

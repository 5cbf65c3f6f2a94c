"""A tree of sums: one of many weights drawn, and one changed, in the logarithm of their number.

Weights stand in the second half of `tree`, whose length is a power of two; place k holds the sum of 2k and 2k+1. Sums are
made anew from below, never by differences, so that no rounding piles up.
"""

from evo.kernels._cache import inline, inner


@inline
def put(tree, place, weight):
    """Change one weight."""
    k = place + len(tree) // 2
    tree[k] = weight
    k >>= 1
    while k >= 1:
        tree[k] = tree[2 * k] + tree[2 * k + 1]
        k >>= 1


@inner
def sum_all(tree):
    """All sums, from the weights."""
    for k in range(len(tree) // 2 - 1, 0, -1):
        tree[k] = tree[2 * k] + tree[2 * k + 1]


@inline
def pick(tree, u):
    """The place whose interval of the cumulated weights holds u, in [0, sum of all); never one of weight 0."""
    half = len(tree) // 2
    k = 1
    while k < half:
        k *= 2
        left = tree[k]
        if u >= left and tree[k + 1] > 0.0:
            u -= left
            k += 1
    return k - half

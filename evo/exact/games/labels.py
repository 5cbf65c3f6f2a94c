"""Which vertices of the two best-reply polytopes are complementary: compiled loops (the vertices: see polytopes)."""

import numpy as np

from evo.kernels._cache import entry, inner, kernel

TOLERANCE = 1e-9  # an inequality is tight if it is off by less
APART = 1e-8  # vertices that differ by less are the same
GRID = 1e7  # vertices are ordered by their coordinates to 7 digits
NEGLIGIBLE = 1e-13  # a weight below is none


@kernel
def complementary(first, first_reply, second, second_reply):
    """The pairs of vertices that have all labels: both mixes (e, m + n), the numbers of the vertices (e, 2), and whether
    some pair has a label twice. Labels: 0..m-1 the first's strategies, m..m+n-1 the second's."""
    n, m = first_reply.shape
    first, has = distinct(first, first_reply)
    second, other = distinct(second, second_reply)
    words = (m + n + 63) // 64
    full = label_sets(np.ones((1, m + n), np.bool_), 0, words)[0]
    mine, theirs = label_sets(has, 0, words), label_sets(other, m, words)
    pairs, count, twice = np.empty((8, 2), np.int64), 0, False
    for p in range(len(first)):
        for q in range(len(second)):
            w = 0
            while w < words and mine[p, w] | theirs[q, w] == full[w]:
                w += 1
            if w < words:
                continue
            for w in range(words):
                twice = twice or mine[p, w] & theirs[q, w] != 0
            if count == len(pairs):
                longer = np.empty((2 * count, 2), np.int64)
                longer[:count] = pairs
                pairs = longer
            pairs[count, 0], pairs[count, 1] = p, q
            count += 1
    mixes = np.empty((count, m + n))
    for e in range(count):
        mixes[e, :m], mixes[e, m:] = first[pairs[e, 0]], second[pairs[e, 1]]
    scale(mixes, m)
    return mixes, pairs[:count].copy(), twice


@kernel
def distinct(points, reply):
    """Vertices that are not the same in ascending order, (v, k), and their tight inequalities (v, k + r)."""
    r, k = reply.shape
    order = ascending(points)
    found, tight, count = np.empty(points.shape), np.empty((len(points), k + r), np.bool_), 0
    for p in order:
        point = points[p]
        same, before = False, count - 1
        while before >= 0 and not same and point[0] - found[before, 0] < 2 / GRID:
            same = True
            for j in range(k):
                same = same and abs(point[j] - found[before, j]) <= APART
            before -= 1
        if same:
            continue
        for j in range(k):
            found[count, j] = point[j]
            tight[count, j] = abs(point[j]) <= TOLERANCE
        for i in range(r):
            slack = 1.0
            for j in range(k):
                slack -= reply[i, j] * point[j]
            tight[count, k + i] = abs(slack) <= TOLERANCE
        count += 1
    return found[:count], tight[:count]


@kernel
def ascending(points):
    """The order of the points by their coordinates to 7 digits, the first one foremost: a merge sort."""
    number, k = points.shape
    keys = np.empty(points.shape)
    for p in range(number):
        for j in range(k):
            keys[p, j] = np.rint(points[p, j] * GRID)
    order, merged = np.arange(number), np.empty(number, np.int64)
    width = 1
    while width < number:
        for first in range(0, number, 2 * width):
            middle, stop = min(first + width, number), min(first + 2 * width, number)
            a, b = first, middle
            for place in range(first, stop):
                if b >= stop or (a < middle and not is_less(keys[order[b]], keys[order[a]])):
                    merged[place] = order[a]
                    a += 1
                else:
                    merged[place] = order[b]
                    b += 1
        order, merged = merged, order
        width *= 2
    return order


@inner
def is_less(left, right):
    """Lexicographic."""
    for j in range(len(left)):
        if left[j] != right[j]:
            return left[j] < right[j]
    return False


@kernel
def label_sets(tight, shift, words):
    """Labels of the game as bits, (v, words); an inequality's label is its number plus `shift`, round the end."""
    number, labels = tight.shape
    sets = np.zeros((number, words), np.uint64)
    for v in range(number):
        for place in range(labels):
            if tight[v, place]:
                label = (place + shift) % labels
                sets[v, label // 64] |= np.uint64(1) << np.uint64(label % 64)
    return sets


@entry
def scale(weights, split):
    """Weights (e, m + n) to mixes of the first `split` and of the other strategies; rounding errors are left out."""
    for e in range(len(weights)):
        for first, stop in ((0, split), (split, weights.shape[1])):
            total = 0.0
            for i in range(first, stop):
                total += weights[e, i] if weights[e, i] >= NEGLIGIBLE else 0.0
            for i in range(first, stop):
                weights[e, i] = weights[e, i] / total if weights[e, i] >= NEGLIGIBLE else 0.0

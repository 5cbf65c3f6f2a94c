"""Vertices of best-reply polytopes, and Lemke-Howson paths on them: compiled loops for plain matrices.

Of a bimatrix game with positive payoffs A and B (m, n): P = {x >= 0, B^T x <= 1} and Q = {y >= 0, A y <= 1}. A vertex
has as labels the inequalities that hold with equality; a pair of vertices, neither the origin, that has all m + n labels
is an equilibrium once it is scaled to sum 1 [von Stengel 2002].

A dictionary of {z >= 0, reply z <= 1} with k variables and r slacks (labels 0..k-1 and k..k+r-1): `body` (r, k+1) gives
the basic variables, b = body[:, k] - body[:, :k] z_outside. `order` (r+k,) holds the labels of the rows and then those of
the columns, `place` is its inverse. The columns of the slacks are those of the inverse of the basis, so that ties in the
ratio test are broken as if the bounds were 1 + eps, 1 + eps^2, ...: every vertex of the polytope has a basis that is
feasible for those too, and pivots lead from each of these bases to all others [Dantzig, Orden & Wolfe 1955].
"""

import numpy as np

from evo.kernels._cache import inner, kernel

TOLERANCE = 1e-9  # an inequality that is tight, or broken, by less
PIVOT = 1e-11  # the smallest pivot; ratios that differ by less, relative to 1 and to the larger, are equal
LONGEST = 2**20  # pivots of a path


@kernel
def both_vertices(row, column):
    """Vertices of both polytopes, but the origins, each followed by its reply matrix."""
    first, second = reply_matrix(column, True), reply_matrix(row, False)
    return vertices(first), first, vertices(second), second


@kernel
def follow_path(row, column, drop):
    """Weights (m + n,) of the strategies of both at the end of the path on which label `drop` is missing, and whether it
    was reached."""
    m, n = row.shape
    weights = np.zeros(m + n)
    bodies = np.empty((n, m + 1)), np.empty((m, n + 1))
    orders, places = np.empty((2, m + n), np.int64), np.empty((2, m + n), np.int64)
    set_out(reply_matrix(column, True), bodies[0], orders[0], places[0])
    set_out(reply_matrix(row, False), bodies[1], orders[1], places[1])
    side, label = (0, drop) if drop < m else (1, drop - m)
    for _ in range(LONGEST):
        size = m if side == 0 else n  # variables of this polytope; the other's slacks have the same labels of the game
        body, order, place = bodies[side], orders[side], places[side]
        rows = len(body)
        j = place[label] - rows
        i = leaving(body, place, size, j)
        if i < 0:
            return weights, False
        label = order[i]
        pivot(body, order, place, i, j)
        if (label if side == 0 else (label + m) % (m + n)) == drop:
            for side in range(2):
                size = m if side == 0 else n
                for i in range(len(bodies[side])):
                    if orders[side, i] < size:
                        weights[side * m + orders[side, i]] = bodies[side][i, size]
            return weights, True
        label = label - size if label >= size else label + rows
        side = 1 - side
    return weights, False


@kernel
def reply_matrix(payoff, transposed):
    """The payoffs shifted and scaled into [1, 2], which changes no equilibrium; its rows are the replies to the mix."""
    low, high = payoff.min(), payoff.max()
    width = high - low if high > low else 1.0
    m, n = payoff.shape
    reply = np.empty((n, m) if transposed else (m, n))
    for i in range(m):
        for j in range(n):
            value = 1 + (payoff[i, j] - low) / width
            if transposed:
                reply[j, i] = value
            else:
                reply[i, j] = value
    return reply


@kernel
def vertices(reply):
    """Vertices (v, k) of {z >= 0, reply z <= 1}, but the origin, those with several bases several times: a search through
    all bases that are feasible for the perturbed bounds."""
    r, k = reply.shape
    words = (k + r + 63) // 64
    body, order, place = np.empty((r, k + 1)), np.empty(k + r, np.int64), np.empty(k + r, np.int64)
    bases, count = np.zeros((64, words), np.uint64), 1  # labels outside, a bit each
    slots = np.full(256, -1)
    for label in range(k):
        bases[0, label // 64] |= np.uint64(1) << np.uint64(label % 64)
    slots[hash_of(bases[0]) & 255] = 0
    points, kept = np.empty((64, k)), 0
    done = 0
    while done < count:
        if 2 * count + 2 * k > len(slots):
            slots = np.full(4 * len(slots), -1)
            for b in range(count):
                slots[slot_of(slots, bases, bases[b])] = b
        if count + k > len(bases):
            bases = longer_by(bases, 2 * len(bases) + k)
        if kept == len(points):
            points = longer_by(points, 2 * kept)
        set_out(reply, body, order, place)
        if turn_to(body, order, place, bases[done]):
            if fill_vertex(body, order, points[kept]):
                kept += 1
            for j in range(k):
                i = leaving(body, place, k, j)
                if i < 0:
                    continue
                basis = bases[count]
                basis[:] = bases[done]
                for label in (order[i], order[r + j]):
                    basis[label // 64] ^= np.uint64(1) << np.uint64(label % 64)
                slot = slot_of(slots, bases, basis)
                if slots[slot] < 0:
                    slots[slot] = count
                    count += 1
        done += 1
    return points[:kept]


@kernel
def longer_by(array, rows):
    """A copy with room for this many rows."""
    longer = np.zeros((rows, array.shape[1]), array.dtype)
    longer[: len(array)] = array
    return longer


@inner
def hash_of(basis):
    value = np.uint64(0)
    for word in basis:
        value = (value ^ word) * np.uint64(0x9E3779B97F4A7C15)
        value ^= value >> np.uint64(32)
    return np.int64(value >> np.uint64(1))


@inner
def slot_of(slots, bases, basis):
    """Where the number of this basis is kept, or would be."""
    slot = hash_of(basis) & (len(slots) - 1)
    while slots[slot] >= 0:
        same = True
        for w in range(len(basis)):
            same = same and bases[slots[slot], w] == basis[w]
        if same:
            break
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@inner
def set_out(reply, body, order, place):
    """The dictionary of the origin, whose basic variables are the slacks."""
    r, k = reply.shape
    for i in range(r):
        order[i], place[k + i] = k + i, i
        for j in range(k):
            body[i, j] = reply[i, j]
        body[i, k] = 1.0
    for j in range(k):
        order[r + j], place[j] = j, r + j


@inner
def pivot(body, order, place, i, j):
    """Exchange the basic variable of row i for the one of column j."""
    r, width = body.shape
    inverse = 1 / body[i, j]
    for c in range(width):
        body[i, c] *= inverse
    body[i, j] = inverse
    for row in range(r):
        factor = body[row, j]
        if row != i and factor != 0.0:
            for c in range(width):
                body[row, c] -= factor * body[i, c]
            body[row, j] = -factor * inverse
    order[i], order[r + j] = order[r + j], order[i]
    place[order[i]], place[order[r + j]] = i, r + j


@inner
def turn_to(body, order, place, basis):
    """From the origin's dictionary to the one with these labels outside, by the largest pivots; False if there is none."""
    r, width = body.shape
    k = width - 1
    while True:
        top, row, column = 0.0, -1, -1
        left = False
        for j in range(k):
            if is_in(basis, order[r + j]):
                continue
            left = True
            for i in range(r):
                if abs(body[i, j]) > top and is_in(basis, order[i]):
                    top, row, column = abs(body[i, j]), i, j
        if not left:
            return True
        if not top > PIVOT:
            return False
        pivot(body, order, place, row, column)


@inner
def is_in(basis, label):
    return (basis[label // 64] >> np.uint64(label % 64)) & np.uint64(1) != 0


@inner
def fill_vertex(body, order, point):
    """The variables' values; False for the origin and where a bound is broken."""
    r, width = body.shape
    k = width - 1
    point[:] = 0.0
    away = False
    for i in range(r):
        value = body[i, k]
        if value < -TOLERANCE:
            return False
        if order[i] < k:
            point[order[i]] = value
            away = away or value > TOLERANCE
    return away


@inner
def leaving(body, place, size, j):
    """The row that bounds the increase of column j, by the lexicographic rule; -1 where none does. `size`: variables."""
    r = len(body)
    best = -1
    for i in range(r):
        if body[i, j] > PIVOT and (best < 0 or is_sooner(body, place, size, j, i, best)):
            best = i
    return best


@inner
def is_sooner(body, place, size, j, i, best):
    """Whether the ratios of row i, bound first and then the slacks one after the other, are below those of the best."""
    r = len(body)
    for s in range(r + 1):
        where = r + size if s == 0 else place[size + s - 1]
        if where >= r:
            mine, least = body[i, where - r], body[best, where - r]
        else:
            mine, least = 1.0 if where == i else 0.0, 1.0 if where == best else 0.0
        mine, least = mine / body[i, j], least / body[best, j]
        if abs(mine - least) > PIVOT * max(1.0, abs(mine), abs(least)):
            return mine < least
    return False

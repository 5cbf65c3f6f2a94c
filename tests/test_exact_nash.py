"""Nash equilibria of bimatrix games in three ways, degenerate ones included, and ESS of symmetric games."""

from itertools import combinations, product

import numpy as np
import pytest
from infinite import roles_of, same_points

from evo.exact.flows.linear_rest import Continuum
from evo.exact.games.labels import distinct
from evo.exact.games.nash import (
    equilibria,
    is_equilibrium,
    lemke_howson,
    nash,
    pure_equilibria,
    stable_strategies,
    support_equilibria,
    symmetric_equilibria,
    zero_sum,
)
from evo.exact.games.polytopes import follow_path, reply_matrix, vertices
from evo.games import compositions


def test_known_bimatrix_games():
    pennies = equilibria([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    assert len(pennies.extreme) == 1 and not pennies.degenerate
    assert np.concatenate(pennies.extreme[0]) == pytest.approx([0.5] * 4)
    sexes = nash(roles_of([[3, 0], [0, 2]], [[2, 0], [0, 3]]))
    expected = [[1, 0, 1, 0], [0, 1, 0, 1], [0.6, 0.4, 0.4, 0.6]]
    assert same_points([np.concatenate(pair) for pair in sexes.isolated], expected)
    assert pure_equilibria([[3, 0], [0, 2]], [[2, 0], [0, 3]]) == ((0, 0), (1, 1))
    assert zero_sum([[1, -1], [-1, 1]]).value == pytest.approx(0, abs=1e-12)


def test_degenerate_game():
    """Three rows, two columns [von Stengel 2007]: an isolated equilibrium and a segment, given by its two ends."""
    row, column = np.array([[3, 3], [2, 5], [0, 6]]), np.array([[3, 3], [2, 6], [3, 1]])
    found = equilibria(row, column)
    assert found.degenerate and sorted(map(len, found.components)) == [1, 2]
    part = max(found.components, key=len)
    ends = sorted(found.extreme[k][1][0] for k in part)
    assert ends == pytest.approx([2 / 3, 1]) and all(found.extreme[k][0] == pytest.approx([1, 0, 0]) for k in part)
    everything = equilibria(np.ones((3, 3)), np.ones((3, 3)))
    assert len(everything.extreme) == 9 and len(everything.subsets) == 1 and everything.degenerate


@pytest.mark.parametrize("seed", range(30))
def test_three_ways_to_equilibria(seed):
    """Vertices, supports and complementary pivoting agree; degenerate games are searched by vertices and by a grid."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 5, 2))
    generic = seed % 2 == 0
    row, column = rng.normal(size=(2, *shape)) if generic else rng.integers(0, 3, (2, *shape)).astype(float)
    found = equilibria(row, column)
    assert all(is_equilibrium(row, column, *pair) for pair in found.extreme)
    by_support = [np.concatenate(pair) for pair in support_equilibria(row, column)]
    extreme = [np.concatenate(pair) for pair in found.extreme]
    if generic:
        assert same_points(by_support, extreme) and len(extreme) % 2 == 1 and not found.degenerate
    for mix in by_support:
        assert min(np.abs(mix - other).max() for other in extreme) < 1e-8
    for drop in range(sum(shape)):
        assert is_equilibrium(row, column, *lemke_howson(row, column, drop=drop))
    for part in found.subsets:
        weight = rng.dirichlet(np.ones(len(part)), 2)
        first = sum(w * found.extreme[k][0] for w, k in zip(weight[0], part, strict=True))
        second = sum(w * found.extreme[k][1] for w, k in zip(weight[1], part, strict=True))
        assert is_equilibrium(row, column, first, second)


@pytest.mark.parametrize("seed", range(10))
def test_degenerate_games_are_complete(seed):
    """Every equilibrium on a grid of mixes lies in one of the subsets that were found."""
    rng = np.random.default_rng(100 + seed)
    row, column = rng.integers(0, 2, (2, 2, 3)).astype(float)
    found = equilibria(row, column)
    grids = compositions(2, 6) / 6, compositions(3, 6) / 6
    for first, second in product(*grids):
        if is_equilibrium(row, column, first, second):
            assert any(_within(found, part, first, second) for part in found.subsets)


# ---- the loops against plain NumPy, games with ties of all kinds included


def payoffs_of(kind, rng, shape):
    """Games without ties, with many, with twins, of low rank, with rounding errors, and with large payoffs."""
    payoff = rng.integers(0, 3, shape).astype(float)
    if kind == "generic":
        return rng.normal(size=shape)
    if kind == "twins":
        payoff = rng.normal(size=shape)
        payoff[-1], payoff[:, -1] = payoff[0], payoff[:, 0]
    if kind == "rank":
        return rng.random((shape[0], 1)) @ rng.random((1, shape[1]))
    if kind == "rounding":
        payoff = (payoff + 0.1) / 3 * 3
    return payoff * 1e6 + 7 if kind == "large" else payoff


KINDS = ("generic", "ties", "twins", "rank", "rounding", "large")


def vertices_by_choice(reply):
    """Solve every choice of k inequalities; keep what breaks none."""
    rows, size = reply.shape
    whole, bound = np.vstack([-np.eye(size), reply]), np.r_[np.zeros(size), np.ones(rows)]
    kept = []
    for chosen in map(list, combinations(range(rows + size), size)):
        if np.linalg.matrix_rank(whole[chosen], tol=1e-9) == size:
            point = np.linalg.solve(whole[chosen], bound[chosen])
            if (whole @ point <= bound + 1e-9).all() and point.max() > 1e-9:
                kept.append(point)
    return kept, whole, bound


@pytest.mark.pure
@pytest.mark.parametrize("kind", KINDS)
def test_vertices_are_those_of_every_choice_of_inequalities(kind):
    rng = np.random.default_rng(7)
    for shape in product((1, 2, 3, 4), repeat=2):
        reply = reply_matrix(payoffs_of(kind, rng, shape), False)
        expected, whole, bound = vertices_by_choice(reply)
        found, tight = distinct(vertices(reply), reply)
        assert all(np.abs(found - point).max(axis=1).min() < 1e-9 for point in expected)
        assert all(min(np.abs(point - other).max() for other in expected) < 1e-9 for point in found)
        assert all(np.abs(a - b).max() > 1e-7 for a, b in combinations(found, 2))
        assert found.tolist() == sorted(found.tolist(), key=lambda point: np.round(point, 7).tolist())
        assert (tight == (np.abs(found @ whole.T - bound) < 1e-9)).all()


def indifferent(payoff):
    """The positive mix of the columns at which all rows earn the same, if there is one and no other."""
    size = len(payoff)
    system = np.block([[payoff, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
    if np.linalg.matrix_rank(system, tol=1e-11) <= size:
        return None
    share = np.linalg.solve(system, np.r_[np.zeros(size), 1.0])[:size]
    return share if share.min() > 1e-12 else None


def supports_by_choice(row, column):
    """In units of the largest payoff, by which equilibria do not change."""
    row, column = (payoff / max(1.0, np.abs(payoff).max()) for payoff in (row, column))
    for size in range(1, min(row.shape) + 1):
        for first, second in product(*(combinations(range(number), size) for number in row.shape)):
            shares = indifferent(column[np.ix_(first, second)].T), indifferent(row[np.ix_(first, second)])
            if shares[0] is None or shares[1] is None:
                continue
            mixes = np.zeros(row.shape[0]), np.zeros(row.shape[1])
            mixes[0][list(first)], mixes[1][list(second)] = shares
            if is_equilibrium(row, column, *mixes):
                yield np.concatenate(mixes)


@pytest.mark.pure
@pytest.mark.parametrize("kind", KINDS)
def test_supports_are_those_of_every_choice(kind):
    """In the same order; also of symmetric games."""
    rng = np.random.default_rng(11)
    for shape in product((1, 2, 3, 4), repeat=2):
        row, column = payoffs_of(kind, rng, shape), payoffs_of(kind, rng, shape)
        expected = list(supports_by_choice(row, column))
        found = [np.concatenate(pair) for pair in support_equilibria(row, column)]
        assert len(found) == len(expected)
        assert all(mix == pytest.approx(other, abs=1e-9) for mix, other in zip(found, expected, strict=True))
        if shape[0] == shape[1]:
            both = [np.concatenate(pair) for pair in support_equilibria(row, row.T)]
            same = [mix[: len(row)] for mix in both if mix[: len(row)] == pytest.approx(mix[len(row) :], abs=1e-9)]
            alone = symmetric_equilibria(row)
            assert all(min(np.abs(mix - other).max() for other in alone) < 1e-9 for mix in same)


@pytest.mark.pure
@pytest.mark.parametrize("kind", KINDS)
def test_every_path_ends_at_an_equilibrium(kind):
    rng = np.random.default_rng(13)
    for shape in ((1, 1), (1, 4), (5, 2), (6, 6)):
        row, column = payoffs_of(kind, rng, shape), payoffs_of(kind, rng, shape)
        for drop in range(sum(shape)):
            assert is_equilibrium(row, column, *lemke_howson(row, column, drop=drop))


def test_large_games():
    """More than 64 labels, tables that grow, and paths of many pivots."""
    rng = np.random.default_rng(17)
    row, column = rng.random((2, 2, 70))
    assert len(equilibria(row, column).extreme) == len(support_equilibria(row, column)) > 0
    row, column = rng.random((2, 8, 8))
    both = ([np.concatenate(pair) for pair in way(row, column)] for way in (support_equilibria, _extreme))
    assert same_points(*both)
    row, column = rng.random((2, 80, 80))
    for drop in (0, 79, 80, 159):
        assert is_equilibrium(row, column, *lemke_howson(row, column, drop=drop))
    identity = equilibria(np.eye(6), np.eye(6))
    assert len(identity.extreme) == 2**6 - 1 and not identity.degenerate


def _extreme(row, column):
    return equilibria(row, column).extreme


def test_matrices_of_any_kind_are_taken_and_left_alone():
    """Whole numbers, lists, other layouts and read-only arrays are one type to the loops."""
    row = np.array([[3, 0, 1], [0, 2, 1]])
    frozen = np.asfortranarray(row.astype(float))
    frozen.flags.writeable = False
    expected = [np.concatenate(pair) for pair in equilibria(row.astype(float), row.astype(float)).extreme]
    compiled = len(getattr(follow_path, "signatures", [None]))
    for same in (row, row.tolist(), frozen, np.repeat(row, 2, axis=1)[:, ::2]):
        assert same_points([np.concatenate(pair) for pair in equilibria(same, same).extreme], expected)
        assert is_equilibrium(row, row, *lemke_howson(same, same, drop=1))
        assert len(support_equilibria(same, same)) == 3
    assert len(getattr(follow_path, "signatures", [None])) == max(compiled, 1)
    assert row.tolist() == [[3, 0, 1], [0, 2, 1]]
    with pytest.raises(ValueError, match="two finite matrices of one shape"):
        equilibria(row, row.T)
    with pytest.raises(ValueError, match="two finite matrices"):
        lemke_howson([[np.nan]], [[1.0]])
    with pytest.raises(ValueError, match="from 0 to 4, not 5"):
        lemke_howson(row, row, drop=5)


def _within(found, part, first, second):
    ends = [np.array([found.extreme[k][side] for k in part]) for side in (0, 1)]
    return all(Continuum(corners, 0).holds(mix) for corners, mix in zip(ends, (first, second), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_zero_sum_value_is_that_of_the_equilibria(seed):
    payoff = np.random.default_rng(seed).normal(size=(3, 4))
    found = zero_sum(payoff)
    for first, second in equilibria(payoff, -payoff).extreme:
        assert first @ payoff @ second == pytest.approx(found.value, abs=1e-9)
    assert (found.first @ payoff).min() == pytest.approx(found.value, abs=1e-9)


def test_evolutionarily_stable_strategies():
    """Two on edges, beside an interior equilibrium that is none; and neutral ones where a strategy has a twin."""
    found = stable_strategies([[1, 0, 2], [0, 1, 2], [2, 2, 0]])
    assert same_points(found, [[2 / 3, 0, 1 / 3], [0, 2 / 3, 1 / 3]])
    assert stable_strategies([[1, 1], [1, 1]]) == ()
    assert len(stable_strategies([[1, 1], [1, 1]], neutral=True)) == 2

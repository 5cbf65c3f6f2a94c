"""Nash equilibria of bimatrix games in three ways, degenerate ones included, and ESS of symmetric games."""

from itertools import product

import numpy as np
import pytest
from infinite import roles_of, same_points

from evo.exact.flows.linear_rest import Continuum
from evo.exact.games.nash import (
    equilibria,
    is_equilibrium,
    lemke_howson,
    nash,
    pure_equilibria,
    stable_strategies,
    support_equilibria,
    zero_sum,
)
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
    """Three rows, two columns [von Stengel 2007, eq. 3.7]: an isolated equilibrium and a segment, given by its two ends."""
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

"""Basins of attraction and the curves between them."""

import numpy as np
import pytest
from infinite import model_of, roles_of
from reference import cases
from scipy.integrate import solve_ivp

from evo.exact.flows.basins import basin_grid, basins, stratified
from evo.exact.flows.fields import field_of
from evo.exact.flows.separatrices import separatrices

BAD_ROCK = [[0, -2, 1], [1, 0, -2], [-2, 1, 0]]
COORDINATION = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_basins_between_two_strategies_are_exact():
    found = basins(model_of([[4, 0], [3, 2]]))
    assert dict(zip([point.mix[0] for point in found.points], found.volume, strict=True)) == pytest.approx(
        {1.0: 1 / 3, 0.0: 2 / 3}
    )
    assert found.elsewhere == pytest.approx(0, abs=1e-12)
    chosen = basins(model_of([[1, 0], [0, 1.2]], "logit", selection={"intensity": 8}))
    assert chosen.volume.sum() == pytest.approx(1) and len(chosen.points) == 2
    assert basins(model_of([[-1, 2], [0, 1]])).volume == pytest.approx([1.0])


def test_basins_by_symmetry():
    """A third each, within the standard errors; the grid's largest part of a triangle is exact."""
    found = basins(model_of(COORDINATION), samples=4000)
    assert found.volume == pytest.approx([1 / 3] * 3, abs=5 * found.error.max())
    assert (found.error > 0).all() and (found.error < 0.002).all()
    best = found.starts.argmax(axis=1)
    assert (found.ends == best).all()
    grid = basin_grid(model_of(COORDINATION), resolution=30)
    assert len(grid.starts) == 900 and grid.starts.mean(axis=0) == pytest.approx([1 / 3] * 3)
    clear = np.sort(grid.starts, axis=1)[:, 2] - np.sort(grid.starts, axis=1)[:, 1] > 1e-9
    assert (grid.ends[clear] == grid.starts.argmax(axis=1)[clear]).all()


def test_basins_against_another_integrator():
    """Zeeman's game: where 150 starts go, by LSODA."""
    model = model_of(cases("replicator")["rep_zeeman"]["model"]["payoff"])
    found = basins(model, samples=400)
    field = field_of(model)
    for start, end in list(zip(found.starts, found.ends, strict=True))[::3]:
        last = solve_ivp(lambda _, x: field.velocity(x), (0, 200), start, "LSODA", rtol=1e-9, atol=1e-12).y[:, -1]
        assert np.abs(last - found.points[end].mix).max() < 1e-3
    assert found.volume.sum() == pytest.approx(1) and len(found.points) == 2


def test_basins_of_cycles_maps_and_roles():
    assert basins(model_of(BAD_ROCK), samples=100).elsewhere == 1
    maps = basins(model_of([[1, 0, 0], [0, 2, 0], [0, 0, 3]], "wright_fisher"), samples=500)
    assert maps.volume.sum() == pytest.approx(1) and maps.volume[0] < maps.volume[1] < maps.volume[2]
    sexes = basins(roles_of([[3, 0], [0, 2]], [[2, 0], [0, 3]]), samples=1000)
    assert sexes.volume == pytest.approx([0.5, 0.5], abs=5 * sexes.error.max())  # the game is its own mirror image
    with pytest.raises(ValueError, match="jumps"):
        basins(model_of(COORDINATION, "best_response"))


def test_starts_are_uniform():
    """Means and second moments of the uniform distribution on the simplex, one for each role."""
    field = field_of(model_of(np.zeros((4, 4))))
    drawn, strata = stratified(field, 20000, np.random.default_rng(0))
    assert len(drawn) == 2 * strata and drawn.sum(axis=1) == pytest.approx(np.ones(len(drawn)))
    assert drawn.mean(axis=0) == pytest.approx([0.25] * 4, abs=1e-3)
    assert (drawn**2).mean(axis=0) == pytest.approx([2 / 20] * 4, abs=1e-3)
    assert (drawn[:, 0] * drawn[:, 3]).mean() == pytest.approx(1 / 20, abs=1e-3)


# ---- separatrices


def test_separatrices_of_coordination():
    """Straight lines of equal shares, from the middles of the edges to the centre."""
    found = separatrices(model_of(COORDINATION))
    assert len(found.curves) == 3
    for curve in found.curves:
        pair = np.flatnonzero(found.points[curve.saddle].mix > 0)
        assert np.abs(curve.curve[:, pair[0]] - curve.curve[:, pair[1]]).max() < 1e-6
        assert found.points[curve.end].mix == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("game, rule", [(cases("replicator")["rep_zeeman"]["model"]["payoff"], "replicator"),
                                        ([[1, 0, 0], [0, 1.5, 0], [0, 0, 2]], "logit")], ids=["zeeman", "logit"])  # fmt: skip
def test_separatrices_separate(game, rule):
    """Starts on either side of a saddle's curve end apart."""
    parts = {"selection": {"intensity": 6}} if rule == "logit" else {}
    model = model_of(game, rule, **parts)
    field, found = field_of(model), separatrices(model)
    tried = 0
    for curve in found.curves:
        middle, ahead = curve.curve[len(curve.curve) // 2], curve.curve[len(curve.curve) // 2 + 1]
        along = (ahead - middle) / np.linalg.norm(ahead - middle)
        across = np.cross(along, np.ones(3) / np.sqrt(3))
        if (middle - 2e-3 * np.abs(across)).min() < 0 or found.points[curve.saddle].growth < 0.05:
            continue
        ends = [
            solve_ivp(lambda _, x: field.velocity(x), (0, 300), middle + way * 1e-3 * across, rtol=1e-9, atol=1e-12).y[
                :, -1
            ]
            for way in (1, -1)
        ]
        unstable = separatrices(model, kind="unstable")
        goals = {c.end for c in unstable.curves if c.saddle == curve.saddle}
        assert np.abs(ends[0] - ends[1]).max() > 1e-2 or len(goals) < 2
        tried += 1
    assert tried

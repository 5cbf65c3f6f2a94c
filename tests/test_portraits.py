"""Pictures of flows in more dimensions, and of simulations in them: drawn where they belong, readable."""

import infinite
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from test_exact_plots import COORDINATION, LONG, experiment, marked, words_of
from test_plots import _assert_readable

import evo
from evo import exact, plots
from evo.analysis import analyse
from evo.exact.flows.basins import ends_of
from evo.exact.flows.fields import field_of
from evo.plots.answers import pictures
from evo.plots.page import PictureError
from evo.plots.plane import TETRAHEDRON, solid
from evo.plots.streamlines import PIECE, shades_of, streamlines
from evo.plots.tetrahedron import CELLS, hidden, view_of
from evo.strategies import colors

FOUR = [[3, 0.5, 1, 0], [0, 2, 1, 1], [1, 0, 2.5, 0], [0, 0, 1, 2]]
CYCLES = [[0, -2, 1, -1], [1, 0, -2, -1], [-2, 1, 0, -1], [-1, -1, -1, -2]]  # the fourth dies out, the others go round


def test_the_tetrahedron_is_regular_and_mixes_come_back():
    space = solid()
    lengths = [np.linalg.norm(a - b) for k, a in enumerate(TETRAHEDRON) for b in TETRAHEDRON[:k]]
    assert lengths == pytest.approx([1] * 6)
    mixes = np.random.default_rng(0).dirichlet(np.ones(4), 5)
    assert space.mixes(space.at(mixes)) == pytest.approx(mixes)


@pytest.mark.parametrize("elevation, turn", [(17, 13), (90, 0), (-30, 200)])
def test_a_view_keeps_lengths_across_and_tells_what_is_near(elevation, turn):
    space = solid()
    view = view_of(space, elevation, turn)
    up, around = np.radians([elevation, turn])
    towards = np.array([-np.sin(around) * np.cos(up), -np.cos(around) * np.cos(up), np.sin(up)])  # where the eye is
    points = np.random.default_rng(1).normal(size=(2, 3)) / 9 + TETRAHEDRON.mean(axis=0)
    (a, b), near = view(points)
    apart = points[0] - points[1]
    assert np.linalg.norm(a - b) == pytest.approx(np.linalg.norm(apart - (apart @ towards) * towards))
    assert (near[0] > near[1]) == (apart @ towards > 0)


def test_only_edges_behind_the_solid_are_hidden():
    places = np.array([[0.0, 1], [-1, -1], [1, -1], [0, 0]])
    in_front, behind = np.array([0.0, 0, 0, 1]), np.array([0.0, 0, 0, -1])
    assert not any(hidden(places, in_front, a, b) for a in range(4) for b in range(a))
    assert [(b, a) for a in range(4) for b in range(a) if hidden(places, behind, b, a)] == [(0, 3), (1, 3), (2, 3)]


def test_both_views_have_every_rest_point_of_four_strategies():
    model = infinite.model_of(FOUR)
    found = exact.rest_points(model)
    figure = plots.simplex(model)
    marks = marked(figure, "rest: ", Line2D)
    assert len(marks) == 2 * len(found) > 20
    above = view_of(solid(), 90, 0)(TETRAHEDRON @ np.eye(3))[0]
    for point in found:
        place = point.mix @ above
        assert any(
            np.allclose(np.ravel(mark.get_data()), place) and point.stability in mark.get_gid() for mark in marks
        )
    assert {"from the side", "from above"} <= words_of(figure)
    assert len(marked(figure, "edge, hidden")) == 3


def test_lines_in_a_solid_follow_the_field_and_keep_apart():
    field, space = field_of(infinite.model_of(FOUR)), solid()
    lines = streamlines(space, field.velocity, cells=8)
    assert len(lines) > 15
    for line in lines:
        middle, chord = (line[1:] + line[:-1]) / 2, np.diff(line, axis=0)
        moved = field.velocity(np.clip(space.mixes(middle), 0, 1)) @ space.forth
        assert (
            np.median((chord * moved).sum(axis=1) / np.linalg.norm(chord, axis=1) / np.linalg.norm(moved, axis=1))
            > 0.999
        )
    cells = [{tuple(cell) for cell in (line * 8).astype(int)} for line in lines]
    assert not any(a & b for k, a in enumerate(cells) for b in cells[:k])


def test_what_moves_fast_is_dark():
    model = infinite.model_of(COORDINATION)
    [lines] = marked(plots.simplex(model), "flow", LineCollection)
    field = field_of(model)
    corners = np.array([[0.5, np.sqrt(3) / 2], [0, 0], [1, 0]])
    middles = np.array([piece[len(piece) // 2] for piece in lines.get_segments()])
    mixes = np.column_stack([middles, np.ones(len(middles))]) @ np.linalg.inv(np.column_stack([corners, np.ones(3)]))
    speed = np.linalg.norm(field.velocity(mixes) @ corners, axis=1)
    light = lines.get_colors()[:, 0]
    assert np.corrcoef(np.argsort(np.argsort(speed)), np.argsort(np.argsort(-light)))[0, 1] > 0.99


@pytest.mark.parametrize("payoffs", [COORDINATION, FOUR])
def test_simulated_paths_begin_and_end_where_they_did(payoffs):
    model = infinite.model_of(payoffs)
    crowd = experiment(
        payoffs, population={"kind": "well_mixed", "size": 50}, dynamics={"kind": "moran"},
        strategies=list(model.strategy_names), mutation={"rate": 0.01},
    )  # fmt: skip
    runs = evo.simulate(crowd.model, generations=5, replicates=14, seed=2)
    figure = plots.simplex(model, runs=runs)
    drawn = marked(figure, "run", Line2D)
    panels = 1 if len(payoffs) == 3 else 2
    assert len(drawn) == 12 * panels and len(drawn[0].get_xdata()) == len(runs.time)
    assert any("12 of 14 replicates" in words for words in words_of(figure))
    if panels == 1:
        corners = np.array([[0.5, np.sqrt(3) / 2], [0, 0], [1, 0]])
        assert np.column_stack(drawn[3].get_data()) == pytest.approx(runs.mix[3] @ corners)
    _assert_readable(figure)


COORDINATED = np.diag([1.0, 1.1, 1.2, 1.3]).tolist()  # whoever earns most goes on to do so, and wins


def test_basins_of_four_strategies_are_drawn_on_cuts_with_their_shares():
    model = infinite.model_of(COORDINATED)
    parts = exact.basins(model, samples=2000)
    grid = exact.basin_grid(model, resolution=40, volumes=parts)
    wins = np.array([point.mix.argmax() for point in grid.points])
    assert (wins[grid.ends] == (grid.starts * np.diag(COORDINATED)).argmax(axis=1)).all()
    figure = plots.simplex(model, regions=grid)
    areas = {}
    for tint in marked(figure, "basin", PolyCollection):
        corners = np.array([path.vertices[:3] for path in tint.get_paths()]).reshape(-1, 3, 2)
        color = tuple(tint.get_facecolor()[0])
        areas[color] = areas.get(color, 0) + np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])).sum() / 2
    cut = np.array([np.sqrt(3) / 4 * (1 - share) ** 2 for share in (1 / 8, 3 / 8, 5 / 8, 7 / 8)])
    assert sum(areas.values()) == pytest.approx(cut.sum())
    cells = np.array([1225, 625, 225, 25])  # of 35, 25, 15 and 5 rows: all of the same size
    assert cut / cells == pytest.approx(cut[0] / 1225)
    counts = np.bincount(grid.ends, minlength=4) * cut[0] / 1225
    assert sorted(areas.values()) == pytest.approx(sorted(counts))
    for k, winner in enumerate(wins):
        assert f"to {'abcd'[winner]} ({100 * parts.volume[k]:.0f} %)" in words_of(figure)
    assert {"12.5 % a", "37.5 %", "62.5 %", "87.5 %"} <= words_of(figure)
    assert grid.volume.tolist() == parts.volume.tolist() and grid.error.tolist() == parts.error.tolist()
    _assert_readable(figure)


def test_shares_on_the_cuts_agree_with_those_of_the_simplex():
    """By cuts the share of a basin is the integral of 3 (1-z)^2 times its part of the cut at z: Gauss's rule on cuts of our
    own, within the errors of the sampling."""
    model = infinite.model_of(FOUR)
    field, parts = field_of(model), exact.basins(model, samples=4000)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    volume = np.zeros(len(parts.points))
    rng = np.random.default_rng(0)
    for z, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        starts = np.insert((1 - z) * rng.dirichlet(np.ones(3), 300), 0, z, axis=1)
        ends = ends_of(field, starts, parts.points)
        volume += weight * 3 * (1 - z) ** 2 * np.bincount(ends, minlength=len(volume)) / len(starts)
    assert volume == pytest.approx(parts.volume, abs=0.02)


def test_lines_have_the_colours_of_where_they_lead():
    model, space = infinite.model_of(COORDINATED), solid()
    figure = plots.simplex(model, regions=exact.basin_grid(model, resolution=16))
    lines = streamlines(space, field_of(model).velocity, cells=CELLS)
    pieces = np.zeros(4)
    for line in lines:
        winner = (space.mixes(line[len(line) // 2]) * np.diag(COORDINATED)).argmax()
        pieces[winner] += np.ceil((len(line) - 1) / PIECE)
    hues = [to_rgb(hue) for hue in colors(model.strategies).values()]
    shades = np.array([shades_of(hue)(np.linspace(0, 1, 50))[:, :3] for hue in hues])
    for drawn in marked(figure, "flow", LineCollection):
        apart = np.abs(shades[None] - drawn.get_colors()[:, None, None, :3]).max(axis=-1).min(axis=-1)
        assert np.bincount(apart.argmin(axis=1), minlength=4) == pytest.approx(pieces)


@pytest.mark.parametrize(
    "payoffs", [[[4, 4, 4, 4], [1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]], CYCLES], ids=["one attractor", "none"]
)
def test_nothing_is_added_where_all_comes_to_one_end(payoffs):
    model = infinite.model_of(payoffs)
    regions = exact.basin_grid(model, resolution=8, volumes=exact.basins(model, samples=200))
    figure, plain = plots.simplex(model, regions=regions), plots.simplex(model)
    assert not marked(figure, "basin") and not marked(figure, "cut") and words_of(figure) == words_of(plain)
    assert len(figure.axes) == 2 and figure.get_size_inches() == pytest.approx(plain.get_size_inches())


def test_an_analysis_draws_the_basins_of_four():
    analysis = analyse(experiment(COORDINATED, strategies=list("abcd")), what=["rest-points", "basins"])
    figure, table = pictures(analysis)["simplex"](), analysis["basins"].table
    assert len(marked(figure, "share of a cut")) == 4
    for volume in table["volume"]:
        assert any(f"({100 * volume:.0f} %)" in words for words in words_of(figure))


def test_basins_of_four_that_are_on_no_cuts_are_refused():
    model = infinite.model_of(FOUR)
    with pytest.raises(PictureError, match=r"are drawn on cuts, those of `exact\.basin_grid`"):
        plots.simplex(model, regions=exact.basins(model, samples=200))
    with pytest.raises(
        ValueError, match=r"three or four strategies in one role, not 5 in 1: basins\(\) samples any number"
    ):
        exact.basin_grid(infinite.model_of(np.eye(5).tolist()))


def test_what_has_no_place_in_a_tetrahedron_is_refused():
    model, three = infinite.model_of(FOUR), infinite.model_of(COORDINATION)
    with pytest.raises(PictureError, match="separatrices of four strategies are surfaces"):
        plots.simplex(model, curves=exact.separatrices(three))
    with pytest.raises(PictureError, match="the runs have other strategies than the model"):
        plots.simplex(model, runs=evo.simulate(three, generations=1))


def test_long_names_of_four_strategies_are_readable():
    names = {f"s{k}": {"label": f"{LONG} {k}"} for k in range(4)}
    asked = experiment(FOUR, strategies=names)
    _assert_readable(plots.simplex(asked))
    _assert_readable(plots.simplex(asked, regions=exact.basin_grid(asked.model, resolution=16)))


# ---- mix and environment

COMMONS = {  # [Weitz et al. 2016]: the share rests where richness is 1/2, richness where a third cooperates
    "parameters": {"e": {"value": 0.5, "range": [0, 1], "label": "richness"}},
    "strategies": ["cooperate", "defect"],
    "game": {"kind": "matrix", "payoffs": [["5 - 2*e", "1 - e"], ["3 + 2*e", "e"]]},
    "environment": {"e": {"kind": "feedback", "start": 0.3, "rate": "0.3*e*(1 - e)*(2*x_cooperate - x_defect)"}},
    "dynamics": {"kind": "replicator"},
    "run": {"generations": 10},
}


def _lines_of(figure, gid):
    [lines] = marked(figure, f"nullcline: {gid}")
    return np.concatenate([path.vertices for path in lines.get_paths()])


def test_a_phase_plane_has_its_nullclines_where_they_are_by_hand():
    asked = evo.Experiment.model_validate(COMMONS)
    figure = plots.phase_plane(asked)
    assert _lines_of(figure, "mix")[:, 1] == pytest.approx(0.5)
    assert _lines_of(figure, "environment")[:, 0] == pytest.approx(1 / 3, abs=1e-3)
    rest = {tuple(np.ravel(mark.get_data()).round(6)): mark.get_gid() for mark in marked(figure, "rest: ", Line2D)}
    assert (
        rest[0.333333, 0.5] == "rest: centre" and [rest[x, e] for x in (0, 1) for e in (0, 1)] == ["rest: saddle"] * 4
    )
    _assert_readable(figure)


def test_lines_of_a_phase_plane_follow_the_flow_and_runs_are_those_of_the_simulation():
    asked = evo.Experiment.model_validate(COMMONS)
    runs = evo.simulate(asked.model, generations=10, start={"cooperate": 0.7})
    figure = plots.phase_plane(asked, between=(0.2, 0.9), runs=runs)
    [run] = marked(figure, "run", Line2D)
    assert np.column_stack(run.get_data()) == pytest.approx(
        np.column_stack([runs.mix[0, :, 0], runs.environment[0, :, 0]])
    )
    [flow] = marked(figure, "flow", LineCollection)
    pieces = [piece for piece in flow.get_segments() if len(piece) > 2]
    for x, e, dx, de in [(*piece[1], *(piece[2] - piece[0])) for piece in pieces]:
        moved = x * (1 - x) * (1 + x) * (1 - 2 * e), 0.3 * e * (1 - e) * (3 * x - 1)
        cosine = (dx * moved[0] + de * moved[1] / 0.49) / np.hypot(dx, de / 0.7) / np.hypot(moved[0], moved[1] / 0.7)
        assert cosine > 0.98 or np.hypot(*moved) < 0.02
    assert figure.axes[0].get_ylim() == (0.2, 0.9)


def test_what_is_no_phase_plane_is_refused():
    alone = {**COMMONS, "parameters": {}}
    with pytest.raises(PictureError, match=r"say between which values of e: between=\(low, high\)"):
        plots.phase_plane(evo.Experiment.model_validate(alone))
    with pytest.raises(PictureError, match="two strategies and one variable with a feedback law, and here are 3 and 0"):
        plots.phase_plane(infinite.model_of(COORDINATION))

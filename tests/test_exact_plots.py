"""Pictures of theory: what is drawn is what the exact functions say, drawn where it belongs, and readable."""

import infinite
import numpy as np
import pytest
import two_strategies
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.text import Text
from test_plots import _assert_readable

import evo
from evo import exact, plots
from evo.analysis import Range, analyse
from evo.exact.flows.fields import field_of
from evo.plots.gradient import rest_shares
from evo.plots.page import PictureError
from evo.plots.plane import plane_of
from evo.plots.streamlines import streamlines

LONG = "those who would rather wait and see"
COORDINATION = [[3, 0.5, 1], [0, 2, 1], [1, 0, 2.5]]
CYCLE = [[0, -1, 2], [2, 0, -1], [-1, 2, 0]]


def marked(figure, gid, kind=Artist):
    return [found for found in figure.findobj(kind) if str(found.get_gid()).startswith(gid)]


def words_of(figure):
    return {text.get_text().replace("\n", " ") for text in figure.findobj(Text)}


def long_names(number):
    return {f"s{k}": {"label": f"{LONG} {k}"} for k in range(number)}


def experiment(payoffs, **parts):
    size = len(payoffs)
    data = {
        "title": "A test",
        "parameters": {"b": 1},
        "strategies": [f"s{k}" for k in range(size)],
        "game": {"kind": "matrix", "payoffs": payoffs},
        "dynamics": {"kind": "replicator"},
        "run": {"generations": 1},
    }
    return evo.Experiment.model_validate(data | parts)


# ---- phase portraits


def test_the_triangle_shows_each_rest_point_at_its_mix_with_its_mark():
    model = infinite.model_of(COORDINATION)
    found = exact.rest_points(model)
    figure = plots.simplex(model)
    marks = marked(figure, "rest: ", Line2D)
    assert len(marks) == len(found) == 7
    corners = np.array([[0.5, np.sqrt(3) / 2], [0, 0], [1, 0]])
    for point in found:
        x, y = point.mix @ corners
        [mark] = [m for m in marks if np.allclose([m.get_xdata()[0], m.get_ydata()[0]], [x, y])]
        assert mark.get_gid() == f"rest: {point.stability}"
        filled = mark.get_markerfacecolor() != "#ffffff"
        assert filled == (not point.stability.startswith("unstable")) and (mark.get_fillstyle() == "left") == (
            point.stability == "saddle"
        )
    assert {"stable", "saddle", "unstable"} <= words_of(figure)


def test_streamlines_follow_the_field_and_keep_apart():
    model = infinite.model_of(CYCLE)
    plane, field = plane_of(model), field_of(model)
    lines = streamlines(plane, field.velocity)
    assert len(lines) > 10
    rest = plane.at(np.array([point.mix for point in exact.rest_points(model)]))
    for line in lines:
        middle, chord = (line[1:] + line[:-1]) / 2, np.diff(line, axis=0)
        moved = field.velocity(np.clip(plane.mixes(middle), 0, 1)) @ plane.forth
        cosine = (chord * moved).sum(axis=1) / np.linalg.norm(chord, axis=1) / np.linalg.norm(moved, axis=1)
        away = np.linalg.norm(middle[:, None] - rest, axis=2).min(axis=1) > 0.05  # beside rest points it turns sharply
        assert cosine[away].min() > 0.999
    cells = [{tuple(cell) for cell in (line * 20).astype(int)} for line in lines]
    shared = sum(len(a & b) for k, a in enumerate(cells) for b in cells[:k])
    assert shared == 0
    backwards = streamlines(plane, lambda mix: -field.velocity(mix))
    moved = field.velocity(plane.mixes(backwards[0][1:-1])) @ plane.forth
    assert (moved * (backwards[0][2:] - backwards[0][:-2])).sum(axis=1).max() < 0


def test_basins_are_tinted_where_they_are_and_separatrices_end_at_saddles():
    model = infinite.model_of(COORDINATION)
    grid, curves = exact.basin_grid(model, resolution=20), exact.separatrices(model)
    figure = plots.simplex(model, regions=grid, curves=curves)
    tints = marked(figure, "basin", PolyCollection)
    assert sorted(len(tint.get_paths()) for tint in tints) == sorted((grid.ends == k).sum() for k in set(grid.ends))
    for tint in tints:
        inside = np.array([path.vertices[:3].mean(axis=0) for path in tint.get_paths()])
        mixes = plane_of(model).mixes(inside)
        places = [int(np.abs(grid.starts - mix).max(axis=1).argmin()) for mix in mixes]
        assert len({grid.ends[place] for place in places}) == 1
        assert np.abs(grid.starts[places] - mixes).max() < 1e-9
    assert len(marked(figure, "separatrix")) == len(curves.curves)
    shares = [float((grid.ends == k).mean()) for k in range(len(grid.points)) if grid.points[k].attracts]
    assert sum(f"({100 * share:.0f} %)" in word for word in words_of(figure) for share in set(shares)) == 3


def test_two_roles_of_two_are_a_square():
    model = infinite.roles_of([[2, 0], [0, 1]], [[1, 0], [0, 2]])
    figure = plots.simplex(model, curves=exact.separatrices(model))
    saddle = next(point for point in exact.rest_points(model) if point.stability == "saddle")
    [mark] = marked(figure, "rest: saddle", Line2D)
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx((saddle.mix[0], saddle.mix[2]))
    assert {"share of r0 (row)", "share of s0 (column)"} <= words_of(figure)


def test_continua_are_drawn_as_such():
    model = infinite.model_of(
        [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    )  # the first two are neutral, and at rest where half play the third
    figure = plots.simplex(model)
    drawn = [sorted(np.column_stack(line.get_data()).tolist()) for line in marked(figure, "continuum", Line2D)]
    ends = plane_of(model).at(np.array([[[0, 1, 0], [1, 0, 0]], [[0, 0.5, 0.5], [0.5, 0, 0.5]]]))
    assert np.array(sorted(drawn)) == pytest.approx(ends) and "all at rest" in words_of(figure)
    hatched = plots.simplex(infinite.model_of([[1, 1, 1]] * 3))
    assert len(marked(hatched, "continuum")) == 1 and not marked(hatched, "flow", LineCollection)[0].get_segments()


@pytest.mark.parametrize("number", [2, 5])
def test_other_numbers_of_strategies_are_no_plane(number):
    with pytest.raises(PictureError, match=f"mixes of {number} strategies are no plane"):
        plots.simplex(infinite.model_of(np.eye(number)))


# ---- two strategies


def test_the_gradient_marks_its_zeros_and_ends():
    model = infinite.model_of([[4, 0], [3, 3]])
    found = exact.gradient_of_selection(model)
    figure = plots.gradient(model, found)
    roots = [(line.get_xdata()[0], line.get_gid()) for line in marked(figure, "root: ", Line2D)]
    assert [gid for _, gid in roots] == ["root: stable", "root: unstable", "root: stable"]
    assert [share for share, _ in roots] == pytest.approx([0, 0.75, 1])
    [line] = marked(figure, "gradient", Line2D)
    assert np.array_equal(line.get_ydata(), found.gradient)
    heads = list(figure.findobj(FancyArrowPatch))
    ways = sorted(tuple(np.sign(np.diff([end[0] for end in head._posA_posB]))) for head in heads)
    assert ways == [(-1.0,), (1.0,)]  # towards 0 below 3/4, towards 1 above


def test_with_mutation_the_ends_are_no_rest():
    config = two_strategies.config_of([[0, 3], [1, 2]], 30, "moran", mutation={"rate": 0.1})
    model = two_strategies.model_of(config)
    without, with_ = exact.gradient_of_selection(model), exact.gradient_of_selection(model, mutation=True)
    figure = plots.gradient(model, without, mutation=with_)
    assert [share for share, _ in rest_shares(without)] == [0.0, without.roots[0].share, 1.0]
    assert [share for share, _ in rest_shares(with_)] == [with_.roots[0].share]
    [mark] = marked(figure, "root with mutation", Line2D)
    assert mark.get_xdata()[0] == with_.roots[0].share and {"with mutation", "without mutation"} <= words_of(figure)


# ---- finite populations


@pytest.mark.parametrize("logarithmic", [False, True])
def test_states_of_three_strategies_are_shaded_by_their_probability(logarithmic):
    model = two_strategies.model_of(
        two_strategies.config_of(CYCLE, 12, "moran", mutation={"rate": 0.05}, intensity=0.3)
    )
    found = exact.stationary(model)
    figure = plots.stationary(model, found, logarithmic=logarithmic)
    [tiles] = marked(figure, "states", PolyCollection)
    assert np.array_equal(tiles.get_array(), found.probabilities)
    middles = np.array([path.vertices[:6].mean(axis=0) for path in tiles.get_paths()])
    assert middles == pytest.approx(plane_of(model).at(found.space.shares))
    [mean] = marked(figure, "mean", Line2D)
    assert (mean.get_xdata()[0], mean.get_ydata()[0]) == pytest.approx(tuple(plane_of(model).at(found.mean)))


def test_other_numbers_of_strategies_are_lines():
    model = two_strategies.model_of(two_strategies.config_of([[0, 3], [1, 2]], 20, "moran", mutation={"rate": 0.1}))
    found = exact.stationary(model)
    figure = plots.stationary(model, found)
    [line] = marked(figure, "probability", Line2D)
    assert np.array_equal(line.get_ydata(), found.marginal("S0"))
    four = two_strategies.model_of(two_strategies.config_of(np.eye(4).tolist(), 8, "moran", mutation={"rate": 0.1}))
    assert len(marked(plots.stationary(four, exact.stationary(four)), "probability", Line2D)) == 4


def test_the_invasion_graph_has_an_arrow_for_each_favoured_mutant():
    model = two_strategies.model_of(two_strategies.config_of([[1, 1, 0], [1, 1, 2], [2, 0, 1]], 40))
    found = exact.invasion_graph(model)
    figure = plots.invasion(model, found)
    arrows = marked(figure, "favoured", FancyArrowPatch)
    assert {arrow.get_gid() for arrow in arrows} == {
        f"favoured: {edge.resident} to {edge.mutant}" for edge in found.edges if edge.kind == "favoured"
    }
    assert len(marked(figure, "neutral", FancyArrowPatch)) == 1  # drawn once, not both ways
    area = {circle.center: circle.radius**2 for circle in figure.findobj(Circle) if circle.get_gid() == "state"}
    assert len(area) == 3
    _, right, _ = area.values()  # clockwise from the top, in the order of the strategies
    share = found.chain.stationary
    assert right == max(area.values()) and share[1] == share.max()
    assert {f"S1 {100 * share[1]:.2g} %", "26"} <= words_of(figure)


def test_ten_strategies_have_no_numbers_at_arrows_and_fifty_are_too_many():
    rng = np.random.default_rng(1)
    config = two_strategies.config_of(rng.normal(size=(10, 10)).round(2).tolist(), 30, names=long_names(10))
    model = two_strategies.model_of(config)
    figure = plots.invasion(model, exact.invasion_graph(model))
    assert not marked(figure, "relative") and len(marked(figure, "state: ")) == 10
    _assert_readable(figure)
    many = two_strategies.model_of(two_strategies.config_of(np.eye(50).tolist(), 10))
    with pytest.raises(PictureError, match="room for 24 states, and here are 50"):
        plots.invasion(many, exact.invasion_graph(many))


# ---- over a parameter


def test_branches_are_solid_where_stable_and_dashed_where_not():
    asked = experiment([["b", 0], [3, 3]], parameters={"b": {"value": 4, "label": "a stag"}})
    found = exact.continuation(asked, "parameters.b", low=1, high=6)
    figure = plots.bifurcation(asked, found)
    for line in marked(figure, "branch: ", Line2D):
        value, share = line.get_xdata(), line.get_ydata()
        solid = line.get_linestyle() == "-"
        assert solid == (line.get_gid() == "branch: stable")
        inner = (share > 1e-6) & (share < 1 - 1e-6)
        assert not (solid and inner.any())
        assert share[inner] == pytest.approx(3 / value[inner])
    [event] = marked(figure, "event: transcritical", Line2D)
    assert event.get_xdata()[0] == pytest.approx(3) and "transcritical (3)" in words_of(figure)


def test_a_hopf_point_is_named_in_each_panel():
    payoffs = [[0, -1, 0.5], [0.5, 0, -1], [-1, 0.5, 0]]
    parts = {"parameters": {"mu": 0.01}, "mutation": {"rate": "mu"}, "dynamics": {"kind": "replicator_mutator"}}
    asked = experiment(payoffs, **parts)
    figure = plots.bifurcation(asked, exact.continuation(asked, "parameters.mu", low=0.01, high=0.2))
    assert len(marked(figure, "event: Hopf")) == 3 and "Hopf (0.05556)" in words_of(figure)
    assert (
        len(
            marked(
                plots.bifurcation(
                    asked, exact.continuation(asked, "parameters.mu", low=0.01, high=0.2), strategies=["s1"]
                ),
                "event",
            )
        )
        == 1
    )


def test_dependence_draws_what_was_computed():
    asked = experiment(
        [[0, "b"], [1, 2]],
        population={"kind": "well_mixed", "size": 20},
        dynamics={"kind": "moran"},
        mutation={"rate": 0.01},
    )
    found = analyse(asked, over=Range("parameters.b", 1, 4, 7))["dependence"].result
    figure = plots.dependence(asked, found)
    [line] = marked(figure, "mean: s0", Line2D)
    assert np.array_equal(line.get_ydata(), found.mean[:, 0])
    [contest] = marked(figure, "contest: s1 among s0", Line2D)
    place = found.contests.index(("s0", "s1"))
    assert contest.get_ydata() == pytest.approx(np.exp(found.log_relative[:, place]))


# ---- all of them


def _long_triangle():
    model = infinite.model_of(COORDINATION, strategies=long_names(3))
    return plots.simplex(model, regions=exact.basin_grid(model, resolution=15), curves=exact.separatrices(model))


def _long_gradient():
    model = infinite.model_of([[4, 0], [3, 3]], strategies=long_names(2))
    return plots.gradient(model, exact.gradient_of_selection(model))


def _long_states():
    config = two_strategies.config_of(CYCLE, 10, "moran", mutation={"rate": 0.05}, names=long_names(3))
    model = two_strategies.model_of(config)
    return plots.stationary(model, exact.stationary(model))


def _long_branches():
    asked = experiment(
        [["b", 0, 0], [0, 2, 0], [0, 0, 1]], strategies=long_names(3), parameters={"b": {"value": 2, "label": LONG}}
    )
    return plots.bifurcation(asked, exact.continuation(asked, "parameters.b", low=1, high=3))


def _long_dependence():
    parts = {
        "population": {"kind": "well_mixed", "size": 12},
        "dynamics": {"kind": "moran"},
        "strategies": long_names(3),
    }
    asked = experiment([["b", 0, 1], [0, 2, 0], [2, 0, 1]], **parts)
    return plots.dependence(asked, analyse(asked, over=Range("parameters.b", 0.5, 3, 5))["dependence"].result)


def _square():
    model = infinite.roles_of([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    return plots.simplex(model)


@pytest.mark.parametrize(
    "draw", [_long_triangle, _long_gradient, _long_states, _long_branches, _long_dependence, _square]
)
def test_no_text_is_cut_or_overlaps(draw):
    _assert_readable(draw())


def test_files_say_what_made_them(tmp_path):
    asked = experiment([[4, 0], [3, 3]])
    files = plots.save(plots.gradient(asked, exact.gradient_of_selection(asked.model)), tmp_path / "gradient")
    assert [file.suffix for file in files] == [".pdf", ".svg", ".png"]
    text = (tmp_path / "gradient.svg").read_text()
    assert (
        f"A test · config {evo.canonical.sha256(evo.canonical.canonical(asked.model))[:8]} · evo {evo.__version__}"
        in text
    )

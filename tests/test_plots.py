"""Pictures: what stands where it should, texts that neither overlap nor are cut, files that say what made them."""

from __future__ import annotations

import dataclasses
import itertools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.colors import rgb_to_hsv, to_rgb
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, StepPatch
from matplotlib.text import Text
from PIL import Image

import evo
from evo import plots
from evo.plots.cells import winners_of
from evo.plots.intervals import mean_interval, unseen
from evo.plots.labels import spread
from evo.plots.letters import text_width
from evo.plots.page import PictureError, wrap
from evo.plots.prevail import NOBODY, shade
from evo.plots.swept import is_geometric
from evo.plots.words import axis_label, setting_words, start_words, symbol, variable_label
from evo.strategies import colors

CONFIGS = Path(__file__).parents[1] / "configs"
LONG = "those who would rather wait and see"


def experiment(strategies: int = 3, *, long: bool = False, **changes: object) -> evo.Experiment:
    """A small matrix game with two parameters."""
    names = [f"strategy_{letter}" for letter in "abcdefgh"[:strategies]]
    payoffs: list[list[object]] = [
        [round(float(np.cos(i + 5 * j)), 2) for j in range(strategies)] for i in range(strategies)
    ]
    payoffs[0][0] = "b"
    data: dict[str, object] = {
        "title": "Waiting, for $5",
        "parameters": {
            "b": {"value": 1, "unit": "c", "label": "benefit to all who meet their own kind" if long else "benefit"},
            "c": 1,
            "mu": {"value": 0.01, "label": "exploration"},
        },
        "strategies": {name: {"label": f"{LONG} {name[-1]}"} if long else {} for name in names},
        "game": {"kind": "matrix", "payoffs": payoffs},
        "mutation": {"rate": "mu"},
        "population": {"kind": "well_mixed", "size": 20},
        "dynamics": {"kind": "moran"},
        "run": {"generations": 20, "seed": 3, "replicates": 8, "record": {"every": 1}},
        "measure": ["final_mix", "prevailing"],
    }
    return evo.Experiment.model_validate({**data, **changes})


GRID = {"parameters.b": {"linspace": [0, 3, 4]}, "parameters.mu": {"geomspace": [0.001, 0.1, 3]}}


def result_of(asked: evo.Experiment, outcomes: pd.DataFrame) -> evo.Result:
    """A result with these outcomes, as a run would leave it."""
    settings = [settings for part in asked.sweep for settings in part.settings()]
    parts = [part.name or "" for part in asked.sweep for _ in part.settings()]
    points = pd.DataFrame({"point": range(len(settings)), "part": parts})
    failures = pd.DataFrame(columns=["point", "replicate", "seed", "message"])
    manifest = {"status": "complete", "config_hash": "0123456789abcdef", "versions": {"evo": "1.2.3"}}
    return evo.Result(asked, points, outcomes, None, failures, manifest)


def outcomes_of(mixes: dict[int, list[list[float]]], names: list[str]) -> pd.DataFrame:
    """Final mixes by point, a row per replicate, and who prevails."""
    rows = [(point, r, *mix) for point, each in mixes.items() for r, mix in enumerate(each)]
    table = pd.DataFrame(rows, columns=["point", "replicate", *(f"final_mix.{name}" for name in names)])
    table["prevailing"] = [names[place] for place in table.filter(like="final_mix").to_numpy().argmax(axis=1)]
    return table


@pytest.fixture(scope="module")
def swept() -> evo.Result:
    """A real run: a grid of two numeric paths from two starts, with paths."""
    grid = {**GRID, "run.start": [{}, {"strategy_a": 0.9}]}
    return evo.run(experiment(sweep={"grid": grid}, plots=["prevail"]), progress=False, workers=1)


@pytest.fixture(scope="module")
def driven() -> evo.Result:
    """A real run in an environment of a measured series and of random switching."""
    laws = {
        "c": {"kind": "series", "values": [(1990, 0.0), (2010, 1.0)], "start": 1990, "generations_per_unit": 2},
        "b": {"kind": "switching", "values": [0.5, 2], "rates": [[-0.2, 0.2], [0.2, -0.2]]},
    }
    asked = experiment(
        environment=laws, sweep={"grid": {"run.start": [{}, {"strategy_b": 0.8}]}}, plots=["paths", "mix"]
    )
    return evo.run(asked, progress=False, workers=1)


# what stands where


def test_cells_show_the_winner_its_share_and_who_disagrees() -> None:
    names = ["strategy_a", "strategy_b", "strategy_c"]
    certain, mixed = [[0.9, 0.1, 0.0]] * 20, [[0.0, 0.6, 0.4]] * 20
    split = [[0.8, 0.1, 0.1]] * 18 + [[0.1, 0.1, 0.8]] * 2
    nearly = [[0.8, 0.1, 0.1]] * 19 + [[0.1, 0.1, 0.8]]
    mixes = dict(enumerate([certain, mixed, split, nearly, *[certain] * 6]))  # points 10 and 11 failed
    outcomes = outcomes_of(mixes, names)
    outcomes.loc[outcomes["point"] == 8, "prevailing"] = "cycle"
    outcomes.loc[outcomes["point"] == 9, "prevailing"] = "none"
    result = result_of(experiment(sweep={"grid": GRID}), outcomes)
    figure = plots.prevail(result)
    ax = figure.findobj(QuadMesh)[0].axes
    found = _colors(figure)  # (rows of mu, columns of b), the last path of the grid varying fastest: point = 3 b + mu
    palette = colors(result.experiment.strategies)
    assert _hue(found[0, 0]) == pytest.approx(_hue(palette["strategy_a"]), abs=0.01)
    assert _hue(found[1, 0]) == pytest.approx(_hue(palette["strategy_b"]), abs=0.01)
    assert found[0, 0] == pytest.approx(shade(palette["strategy_a"], 0.9, 3), abs=0.005)
    assert found[1, 0] == pytest.approx(shade(palette["strategy_b"], 0.6, 3), abs=0.005)
    assert found[2, 2] == pytest.approx(to_rgb(NOBODY["cycle"]), abs=0.005)
    assert found[0, 3] == pytest.approx(to_rgb(NOBODY["none"]), abs=0.005)
    assert found[1, 3] == pytest.approx((1, 1, 1))
    # Hatched: only point 2 (18 of 20 agree; 19 of 20 is 95 %), b = 0 and mu = 0.1.
    [hatch] = [patch for patch in ax.findobj(PathPatch) if patch.get_gid() == "disagreement"]
    low, high = hatch.get_path().get_extents().p0, hatch.get_path().get_extents().p1
    assert low == pytest.approx([-0.5, 10**-1.5]) and high == pytest.approx([0.5, 10**-0.5])
    assert hatch.get_hatch()
    [cross] = [line for line in ax.lines if line.get_gid() == "failed"]
    assert sorted(zip(*cross.get_data(), strict=True)) == [(3.0, pytest.approx(0.01)), (3.0, pytest.approx(0.1))]
    assert ax.get_xlim() == pytest.approx((-0.5, 3.5))
    assert ax.get_xscale() == "linear" and ax.get_yscale() == "log"
    assert {"cycle: the lead passes on", "none: a tie", "replicates disagree", "failed"} <= _words(figure)
    assert any("config 01234567 · seed 3 · evo 1.2.3" in words.replace("\n", " ") for words in _words(figure))


def _colors(figure: Figure, place: int = 0) -> np.ndarray:
    mesh = figure.findobj(QuadMesh)[place]
    return np.asarray(mesh.get_array())[..., :3]


def _hue(color: object) -> float:
    return float(rgb_to_hsv(to_rgb(color) if isinstance(color, str) else color)[0])  # type: ignore[arg-type]


def _words(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(Text) if text.get_text()}


def test_the_winner_is_that_of_most_replicates_and_ties_go_to_the_larger_share() -> None:
    names = ["strategy_a", "strategy_b", "strategy_c"]
    tie = [[0.6, 0.4, 0.0]] * 2 + [[0.05, 0.95, 0.0]] * 2
    table = winners_of(result_of(experiment(sweep={"grid": GRID}), outcomes_of({0: tie, 5: [[0.2, 0.2, 0.6]]}, names)))
    assert table.loc[0].tolist() == ["strategy_b", pytest.approx(0.675), 0.5]
    assert table.loc[5].tolist() == ["strategy_c", pytest.approx(0.6), 1.0]


def test_a_smaller_share_is_paler_in_the_same_hue() -> None:
    shades = [shade("#4a6fa5", share, 4) for share in (0.25, 0.5, 0.75, 1.0)]
    assert all(sum(pale) > sum(full) for pale, full in itertools.pairwise(shades))
    assert shades[-1] == pytest.approx(to_rgb("#4a6fa5"))
    assert [_hue(color) for color in shades] == pytest.approx([_hue("#4a6fa5")] * 4)


@pytest.fixture(scope="module")
def map_of_the_shift() -> evo.Result:
    """The flagship on a coarse grid; the outcomes do not matter, the lines do."""
    grid = {"parameters.chi": {"linspace": [0.02, 1, 5]}, "parameters.omega": {"linspace": [0, 1.6, 5]}}
    data = evo.load(CONFIGS / "big_shift.yaml").data
    asked = evo.Experiment.model_validate({**data, "sweep": [{"grid": grid}], "plots": []})
    names = list(asked.strategies)
    return result_of(asked, outcomes_of({point: [[0.7, 0.1, 0.1, 0.1]] for point in range(25)}, names))


def test_lines_pass_through_the_points_that_are_known_without_simulation(map_of_the_shift: evo.Result) -> None:
    figure = plots.prevail(
        map_of_the_shift,
        invasion=[("go_alone", "command"), ("collaborate", "command"), ("command", "go_alone")],
        dominance=[("collaborate", "command")],
        fine=21,
    )
    lines = {found.get_gid(): _vertices(found) for found in figure.findobj(ContourSet)}
    coase = lines["dominance: collaborate, command"]
    assert coase[coase[:, 1].argmin()] == pytest.approx([0.2484, 0], abs=1e-4)
    assert lines["invasion: go_alone, command"][:, 1] == pytest.approx(0.46958, abs=1e-3)
    # Ticks stand at the left of a walker along the line; there, at less friction, collaboration pays more.
    assert np.diff(coase[:2, 1])[0] > 0 and coase[0, 1] < coase[-1, 1]
    entry = lines["invasion: collaborate, command"]
    assert entry[0, 0] < entry[-1, 0]  # and, in more turbulence, invades
    entry = entry[entry[:, 0].argsort()]
    assert np.interp(0.2, entry[:, 0], entry[:, 1]) == pytest.approx(0.406, abs=3e-3)
    words = _words(figure)
    assert {"collaborate invades command", "all collaborate pays more than all command"} <= words
    styles = {str(line.get_linestyle()) + str(line._dash_pattern) for line in _legend_lines(figure)}
    assert len(styles) == len(lines)  # told apart in black and white
    _assert_readable(figure)


def _vertices(contour: ContourSet) -> np.ndarray:
    return np.concatenate([path.vertices for path in contour.get_paths()])


def _legend_lines(figure: Figure) -> list[Line2D]:
    return [line for line in figure.findobj(Line2D) if line.axes is None and line.get_path_effects()]


def test_a_statement_without_a_line_is_told_in_words(map_of_the_shift: evo.Result) -> None:
    figure = plots.prevail(map_of_the_shift, invasion=[("free_ride", "go_alone")], fine=4)
    assert not figure.findobj(ContourSet)
    assert any(
        re.search(r"free ride invades\s+go alone\s+(everywhere|nowhere)\s+here", words) for words in _words(figure)
    )


def test_lines_of_a_finite_population_are_those_of_an_infinite_one(swept: evo.Result) -> None:
    figure = plots.prevail(swept, invasion=[("strategy_b", "strategy_a")], fine=5)
    lines = [_vertices(found) for found in figure.findobj(ContourSet)]
    assert len(lines) == 2  # a panel per start
    assert np.concatenate(lines)[:, 0] == pytest.approx(np.cos(1), abs=0.005)  # rounded in the config


def test_one_swept_path_makes_a_strip_and_categories_make_rows() -> None:
    names = ["strategy_a", "strategy_b", "strategy_c"]
    alone = experiment(sweep={"grid": {"parameters.b": [0, 1, 2]}})
    figure = plots.prevail(result_of(alone, outcomes_of({point: [[1, 0, 0]] for point in range(3)}, names)))
    assert _colors(figure).shape == (1, 3, 3)
    starts = experiment(sweep={"grid": {"run.start": [{}, {"strategy_a": 0.9}], "parameters.b": [0, 1, 2]}})
    figure = plots.prevail(result_of(starts, outcomes_of({point: [[1, 0, 0]] for point in range(6)}, names)))
    assert _colors(figure).shape == (2, 3, 3)
    assert {"from equal shares", "from 90\u00a0% strategy a"} <= {word.replace("\n", " ") for word in _words(figure)}
    low, high = figure.findobj(QuadMesh)[0].axes.get_ylim()
    assert low > high  # the first start on top


def test_bands_and_medians_over_many_replicates(driven: evo.Result) -> None:
    assert driven.paths is not None
    figure = plots.paths(driven, points=[1])
    rows = driven.paths[driven.paths["point"] == 1]
    values = rows.pivot(index="replicate", columns="time", values="strategy_b").to_numpy()
    [line] = [line for line in figure.findobj(Line2D) if line.get_gid() == "mix: strategy_b"]
    assert line.get_ydata() == pytest.approx(np.median(values, axis=0))
    [band] = [found for found in figure.findobj(PolyCollection) if found.get_gid() == "mix: strategy_b: 80 %"]
    corners = band.get_paths()[0].vertices
    for time, low, high in zip(line.get_xdata(), *np.quantile(values, [0.1, 0.9], axis=0), strict=True):
        here = corners[np.isclose(corners[:, 0], time)][:, 1]
        assert here.min() == pytest.approx(low) and here.max() == pytest.approx(high)


def test_few_replicates_are_drawn_one_by_one() -> None:
    path = evo.simulate(experiment(2).model, generations=10, replicates=3, seed=1)
    lines = [line for line in plots.paths(path).findobj(Line2D) if line.get_gid() == "mix: strategy_a"]
    assert len(lines) == 3
    for line, mix in zip(lines, path.mix, strict=True):
        assert line.get_ydata() == pytest.approx(mix[:, 0])


def test_the_environment_stands_below_with_dates_above(driven: evo.Result) -> None:
    figure = plots.paths(driven)
    words = _words(figure)
    assert {"benefit $b$ ($c$)", "$c$", "share of population", "generations", "time of the series"} <= words
    main = next(ax for ax in figure.axes if ax.get_ylabel() == "share of population")
    [dates] = main.child_axes
    assert dates.get_xlim() == pytest.approx((1990, 2000))  # 20 generations, two a year


def test_what_ended_early_stays_where_it_is() -> None:
    names = ["strategy_a", "strategy_b"]
    asked = experiment(2, parameters={"b": 1, "c": 1, "mu": 0.0}, measure=["final_mix", "fixed"]).replace(
        {"run.until": "fixed"}
    )
    result = result_of(asked, outcomes_of({0: [[1, 0], [1, 0]]}, names))
    rows = [(0, 0, t, 1 - 0.5 / (t + 1), 0.5 / (t + 1)) for t in range(4)] + [(0, 1, 0, 0.5, 0.5), (0, 1, 1, 0.0, 1.0)]
    table = pd.DataFrame(rows, columns=["point", "replicate", "time", *names])
    result = dataclasses.replace(result, paths=table, points=pd.DataFrame({"point": [0], "part": [""]}))
    lines = [line for line in plots.paths(result).findobj(Line2D) if line.get_gid() == "mix: strategy_b"]
    assert lines[1].get_ydata().tolist() == [0.5, 1.0, 1.0, 1.0]  # type: ignore[union-attr]


def test_areas_are_stacked_to_the_mean_mix(driven: evo.Result) -> None:
    assert driven.paths is not None
    figure = plots.mix(driven, points=[0])
    mean = driven.paths[driven.paths["point"] == 0].groupby("time")["strategy_a"].mean()
    [area] = [found for found in figure.findobj(PolyCollection) if found.get_gid() == "mix: strategy_a"]
    corners = area.get_paths()[0].vertices
    tops = [corners[np.isclose(corners[:, 0], time)][:, 1].max() for time in mean.index]
    assert tops == pytest.approx(mean.to_list())


def test_final_mixes_are_means_with_intervals(swept: evo.Result) -> None:
    figure = plots.compare(swept, x="parameters.b")
    assert "benefit $b$ ($c$)" in _words(figure)
    table = swept.outcomes.groupby("point")["final_mix.strategy_a"].mean().to_numpy().reshape(4, 3, 2)
    lines = [line for line in figure.findobj(Line2D) if line.get_gid() == "mean: strategy_a"]
    drawn = np.array([line.get_ydata() for line in lines])
    assert drawn == pytest.approx(table.transpose(1, 2, 0).reshape(6, 4))
    assert any(found.get_gid() == "interval: strategy_a" for found in figure.findobj(PolyCollection))
    assert any("8 replicates with 95\u00a0% intervals" in words.replace("\n", " ") for words in _words(figure))


def test_runs_without_randomness_have_no_band() -> None:
    flow = {"population": {"kind": "infinite"}, "dynamics": {"kind": "replicator_mutator"}}
    asked = experiment(sweep={"grid": {"parameters.b": [0, 1, 2]}}, **flow)
    figure = plots.compare(evo.run(asked, progress=False, workers=1))
    assert not any(str(found.get_gid()).startswith("interval") for found in figure.findobj(PolyCollection))
    assert not any("replicates" in words for words in _words(figure))


def test_ridges_are_histograms_of_the_replicates() -> None:
    asked = experiment(2, sweep={"grid": {"parameters.b": [0, 1, 2]}})
    mixes = {0: [[1.0, 0.0]] * 4, 1: [[0.0, 1.0], [1.0, 0.0]] * 2, 2: [[0.5, 0.5], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]}
    figure = plots.ridgeline(result_of(asked, outcomes_of(mixes, ["strategy_a", "strategy_b"])))
    found = [each for each in figure.findobj(StepPatch) if str(each.get_gid()).startswith("ridge")]
    ridges = {int(each.get_gid().split()[1]): each.get_data() for each in found}
    highest = ridges[0].values.max()
    for place, shares in mixes.items():
        height = (ridges[place].values - place) / highest
        seen = np.histogram([share[0] for share in shares], bins=ridges[place].edges)[0] / 4
        assert height == pytest.approx(seen)
    assert highest < 1  # no ridge reaches into the next one


def test_what_is_the_same_in_all_panels_is_told_once(swept: evo.Result) -> None:
    assert swept.paths is not None
    words = {word.replace("\n", " ").replace("\u00a0", " ") for word in _words(plots.paths(swept, points=[0, 1]))}
    assert {"$\\bf{a}$  from equal shares", "$\\bf{b}$  from 90 % strategy a"} <= words
    assert any("In all panels: benefit $b$ = 0, exploration $\\mu$ = 0.001." in word for word in words)


def test_points_of_a_list_stand_side_by_side() -> None:
    listed = [{"parameters.b": 1, "parameters.mu": 0.1}, {"parameters.b": 1, "parameters.mu": 0.2}, {"parameters.b": 2}]
    names = ["strategy_a", "strategy_b", "strategy_c"]
    outcomes = outcomes_of({point: [[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]] for point in range(3)}, names)
    figure = plots.compare(result_of(experiment(sweep={"points": listed}), outcomes))
    ticks = [label.get_text().replace("\u00a0", " ") for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["$b$ = 1\n$\\mu$ = 0.1", "$b$ = 1\n$\\mu$ = 0.2", "$b$ = 2\n$\\mu$ = 0.01"]


def test_a_list_of_points_is_no_map() -> None:
    listed = [{"parameters.b": 1, "parameters.mu": 0.1}, {"parameters.b": 2, "parameters.mu": 0.2}]
    sweep = [{"name": "some", "points": listed}, {"name": "line", "grid": {"parameters.b": [0, 1, 2]}}]
    result = _random_result(experiment(sweep=sweep), 2)
    assert _colors(plots.prevail(result)).shape == (1, 3, 3)  # the part that can be a map
    with pytest.raises(
        PictureError, match="part 'some' of the sweep lists single points, which make no map: use compare"
    ):
        plots.prevail(result, part="some")


def test_paths_that_go_together_share_an_axis() -> None:
    asked = experiment(sweep={"zip": {"parameters.b": [0, 1, 2], "parameters.mu": [0.1, 0.2, 0.3]}})
    names = ["strategy_a", "strategy_b", "strategy_c"]
    result = result_of(asked, outcomes_of({point: [[0.5, 0.3, 0.2]] for point in range(3)}, names))
    for figure in (plots.compare(result), plots.prevail(result)):
        assert any("aries along with" in words and "exploration" in words for words in _words(figure))


# texts


def test_symbols_units_and_settings_in_words() -> None:
    known = {"chi": r"$\chi$", "beta_C": r"$\beta_{C}$", "t1": "$t_{1}$", "b": "$b$", "details": None, "tc": None}
    assert {name: symbol(name) for name in known} == known
    model = evo.load(CONFIGS / "big_shift.yaml")
    assert variable_label("omega", model) == r"turbulence $\omega$ (1/$t_{1}$)"
    assert variable_label("chi", model) == r"interaction friction $\chi$"
    assert variable_label("kappa", model).endswith(r"$\kappa$ ($c$ per tie)")
    assert variable_label("details", model) == "details to supervise"  # the label says the unit
    assert start_words({"free_ride": 0.25}, model) == "from 25\u00a0% free ride"
    assert start_words({}, model) == "from equal shares"
    assert start_words("random", model) == "from random mixes"
    assert setting_words("parameters.omega", 0.3, model).replace("\u00a0", " ") == r"turbulence $\omega$ = 0.3"
    assert setting_words("mutation.rate", -1e-5, model).replace("\u00a0", " ") == "mutation rate = \u22121e\u221205"
    assert setting_words("dynamics.kind", "wright_fisher", model) == "dynamics: wright fisher"
    assert setting_words("environment.chi.rows.area", "World", model) == "area: World"


def test_lines_break_where_they_must() -> None:
    text = r"interaction friction $\chi$ that nobody has ever measured, in \$"
    lines = wrap(text, inches=1.2, size=8).split("\n")
    assert " ".join(lines) == text
    assert all(text_width(line, 8) <= 1.2 for line in lines)
    assert all(text_width(f"{line} {after.split(' ')[0]}", 8) > 1.2 for line, after in itertools.pairwise(lines))


def test_labels_move_apart_as_little_as_they_can() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        targets = rng.uniform(0, 10, 4)
        found = spread(targets, gap=1.0, low=0.0, high=10.0)
        order = np.argsort(targets)
        assert np.diff(found[order]).min() >= 1 - 1e-9
        assert found.min() >= -1e-9 and found.max() <= 10 + 1e-9
        others = found + rng.normal(0, 0.3, (500, 4))
        others = others[
            (np.diff(others[:, order]) >= 1).all(axis=1) & (others >= 0).all(axis=1) & (others <= 10).all(axis=1)
        ]
        if len(others):
            assert ((found - targets) ** 2).sum() <= ((others - targets) ** 2).sum(axis=1).min() + 1e-9


def _drawn_texts(figure: Figure) -> Iterator[tuple[str, np.ndarray]]:
    """Every text that is drawn, with its box in pixels."""
    found: list[tuple[str, np.ndarray]] = []
    draw = matplotlib.text.Text.draw

    def note(self: Text, renderer: object, *args: object, **options: object) -> None:
        if self.get_visible() and self.get_text().strip():
            box = Text.get_window_extent(self)  # of an annotation: without its line
            found.append((self.get_text(), np.array([box.x0, box.y0, box.x1, box.y1])))
        draw(self, renderer, *args, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matplotlib.text.Text, "draw", note)
        figure.canvas.draw() if hasattr(figure.canvas, "buffer_rgba") else figure.draw_without_rendering()
    yield from found


def _assert_readable(figure: Figure) -> None:
    texts = list(_drawn_texts(figure))
    assert len(texts) > 5
    width, height = figure.get_size_inches() * figure.dpi
    for words, (left, low, right, high) in texts:
        assert left >= -0.5 and low >= -0.5 and right <= width + 0.5 and high <= height + 0.5, f"{words!r} is cut"
    for (words, a), (others, b) in itertools.combinations(texts, 2):
        overlap = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        assert overlap.min() <= 1.0, f"{words!r} and {others!r} overlap"


HARD: dict[str, Callable[[], Figure]] = {}


def _hard(function: Callable[[], Figure]) -> Callable[[], Figure]:
    HARD[function.__name__.strip("_")] = function
    return function


def _random_result(asked: evo.Experiment, replicates: int) -> evo.Result:
    names, rng = list(asked.strategies), np.random.default_rng(1)
    points = sum(part.size for part in asked.sweep)
    mixes = {point: rng.dirichlet(np.full(len(names), 0.3), replicates).tolist() for point in range(points)}
    return result_of(asked, outcomes_of(mixes, names))


@_hard
def _nine_maps_with_long_names() -> Figure:
    starts = [{}, {"strategy_a": 0.9}, {"strategy_b": 0.8, "strategy_a": 0.1}]
    grid = {**GRID, "run.start": starts, "selection.intensity": [0.1, 1, 10]}
    return plots.prevail(_random_result(experiment(3, long=True, sweep={"grid": grid}), 20))


@_hard
def _one_map_of_two() -> Figure:
    asked = experiment(2, long=True, sweep={"grid": GRID})
    lines = [("strategy_a", "strategy_b"), ("strategy_b", "strategy_a")]
    return plots.prevail(_random_result(asked, 5), invasion=lines, dominance=lines[:1], fine=5)


@_hard
def _one_map_of_eight() -> Figure:
    grid = {"parameters.b": {"linspace": [0, 3, 13]}, "parameters.mu": {"linspace": [0, 0.1, 13]}}
    return plots.prevail(_random_result(experiment(8, sweep={"grid": grid}), 1))


@_hard
def _eight_paths_of_many_replicates() -> Figure:
    return plots.paths(evo.simulate(experiment(8).model, generations=20, replicates=100, seed=2))


@_hard
def _eight_long_names_beside_areas() -> Figure:
    return plots.mix(evo.simulate(experiment(8, long=True).model, generations=20, replicates=10, seed=2))


@_hard
def _two_paths() -> Figure:
    return plots.paths(evo.simulate(experiment(2).model, generations=20, seed=2))


@_hard
def _nine_comparisons() -> Figure:
    starts = [{}, {"strategy_a": 0.9}, {"strategy_b": 0.8, "strategy_a": 0.1}]
    grid = {"parameters.b": {"linspace": [0, 3, 7]}, "run.start": starts, "mutation.rate": [0.1, 0.2, 0.3]}
    return plots.compare(_random_result(experiment(8, sweep={"grid": grid}), 10))


@_hard
def _sizes_on_a_logarithmic_axis() -> Figure:
    asked = experiment(2, sweep={"grid": {"population.size": [50, 200, 1000], "parameters.mu": [0.01, 0.02]}})
    return plots.compare(_random_result(asked, 10))


@_hard
def _near_values_on_one_axis() -> Figure:
    grid = {"parameters.b": [0, 0.02, 0.05, 1, 2], "parameters.mu": {"geomspace": [0.01, 0.09, 9]}}
    return plots.prevail(_random_result(experiment(2, sweep={"grid": grid}), 10))


@_hard
def _twenty_panels() -> Figure:
    grid = {"parameters.b": {"linspace": [0, 3, 7]}, "parameters.mu": [0.01, 0.02, 0.03, 0.04, 0.05]}
    starts = [{"strategy_a": share} for share in (0.1, 0.4, 0.6, 0.9)]
    return plots.compare(_random_result(experiment(2, sweep={"grid": {**grid, "run.start": starts}}), 5))


@_hard
def _categories() -> Figure:
    grid = {"dynamics.kind": ["moran", "wright_fisher"], "run.start": [{}, {"strategy_a": 0.9}, {"strategy_b": 0.9}]}
    return plots.compare(_random_result(experiment(4, long=True, sweep={"grid": grid}), 10), x="run.start")


@_hard
def _ridges_of_four_with_long_names() -> Figure:
    grid = {"parameters.b": {"linspace": [0, 3, 12]}, "run.start": [{}, {"strategy_a": 0.9}, {"strategy_b": 0.9}]}
    return plots.ridgeline(_random_result(experiment(4, long=True, sweep={"grid": grid}), 40))


@pytest.mark.parametrize("name", list(HARD))
@pytest.mark.rota
def test_no_text_is_cut_or_overlaps(name: str) -> None:
    _assert_readable(HARD[name]())


def test_real_runs_are_readable_and_their_tables_left_as_they_were(swept: evo.Result, driven: evo.Result) -> None:
    assert driven.paths is not None
    before = [swept.outcomes.copy(), swept.points.copy(), driven.paths.copy()]
    for figure in (plots.prevail(swept), plots.compare(swept), plots.paths(driven), plots.mix(driven)):
        _assert_readable(figure)
    for table, old in zip((swept.outcomes, swept.points, driven.paths), before, strict=True):
        pd.testing.assert_frame_equal(table, old)


def test_the_check_of_texts_finds_what_is_wrong() -> None:
    path = evo.simulate(experiment(2).model, generations=5)
    figure = plots.mix(path)
    figure.text(0.99, 0.5, "cut at the right")
    with pytest.raises(AssertionError, match="is cut"):
        _assert_readable(figure)
    figure = plots.mix(path)
    label = next(text for text in figure.findobj(Text) if text.get_text() == "generations")
    at = figure.transFigure.inverted().transform(label.get_window_extent().p0 - 3)
    figure.text(*at, "over it")
    with pytest.raises(AssertionError, match="overlap"):
        _assert_readable(figure)


# intervals


def test_intervals_of_outcomes_that_are_0_or_1_are_wilsons() -> None:
    mean, low, high = mean_interval(np.array([[1.0]] * 3 + [[0.0]] * 17))
    t2 = 2.0930240544083**2  # Student's t, 19 degrees of freedom, 97.5 %
    root = np.sqrt(t2 * 0.15 * 0.85 / 20 + t2**2 / 1600)
    assert [mean[0], low[0], high[0]] == pytest.approx(
        [0.15, (0.15 + t2 / 40 - root) / (1 + t2 / 20), (0.15 + t2 / 40 + root) / (1 + t2 / 20)]
    )


def test_intervals_of_replicates_that_nearly_agree_are_narrow_and_of_equal_ones_empty() -> None:
    rng = np.random.default_rng(1)
    shares = 0.3 + 0.01 * rng.standard_normal((25, 1))
    mean, low, high = mean_interval(shares)
    half = 2.0638985616280 * shares.std(ddof=1) / 5
    assert [low[0], high[0]] == pytest.approx([mean[0] - half, mean[0] + half], rel=2e-3)
    for equal in (0.0, 0.4, 1.0):
        assert [each[0] for each in mean_interval(np.full((10, 1), equal))] == pytest.approx([equal] * 3)
    assert unseen(32) == pytest.approx(1 - 0.05 ** (1 / 32))


@pytest.mark.parametrize("a, b", [(0.5, 0.5), (0.05, 0.05), (2, 5), (0.1, 0.9)])
def test_intervals_hold_the_mean_as_often_as_they_say(a: float, b: float) -> None:
    rng = np.random.default_rng(11)
    _, low, high = mean_interval(rng.beta(a, b, (24, 4000)))
    held = np.mean((low <= a / (a + b)) & (a / (a + b) <= high))
    assert 0.91 < held < 0.985


# files and settings


def test_files_say_what_made_them_and_are_the_same_each_time(swept: evo.Result, tmp_path: Path) -> None:
    files = plots.draw(swept, tmp_path / "one")
    assert [file.name for file in files] == ["prevail.pdf", "prevail.svg", "prevail.png"]
    again = plots.save(plots.prevail(swept), tmp_path / "again")
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in again]
    label = f"config {swept.manifest['config_hash'][:8]} · seed 3 · evo {evo.__version__}"
    pdf, svg, png = files
    assert pdf.read_bytes()[:4] == b"%PDF" and b"/Subject" in pdf.read_bytes() and b"/Title" in pdf.read_bytes()
    assert label in svg.read_text(encoding="utf-8") and "Waiting, for $5" in svg.read_text(encoding="utf-8")
    with Image.open(png) as image:
        assert label in image.info["Description"] and image.info["Title"] == "Waiting, for $5"
        assert image.size[0] == 1400 and image.info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_pictures_of_two_parts_have_names_of_their_own(tmp_path: Path) -> None:
    sweep = [
        {"name": "a line", "grid": {"parameters.b": [0, 1, 2]}},
        {"name": "rates", "grid": {"parameters.mu": [0.1, 0.2]}},
    ]
    pictures = [{"kind": "compare", "part": "a line"}, {"kind": "compare", "part": "rates"}, "compare", "compare"]
    result = _random_result(experiment(sweep=sweep, plots=pictures), 3)
    names = [file.name for file in plots.draw(result, tmp_path, formats=["svg"])]
    assert names == ["compare-a_line.svg", "compare-rates.svg", "compare.svg", "compare-2.svg"]


def test_the_callers_settings_are_neither_changed_nor_used(
    swept: evo.Result, driven: evo.Result, tmp_path: Path
) -> None:
    before = dict(mpl.rcParams)
    plain = [_pixels(plots.prevail(swept)), _pixels(plots.paths(driven))]
    assert dict(mpl.rcParams) == before
    hostile = {
        "font.size": 30, "axes.grid": True, "savefig.bbox": "tight", "axes.facecolor": "red", "lines.linewidth": 9,
        "xtick.labelsize": 20, "ytick.direction": "in", "legend.frameon": True, "axes.spines.left": False,
        "hatch.linewidth": 5, "mathtext.fontset": "cm", "axes.xmargin": 0.4, "figure.autolayout": True,
    }  # fmt: skip
    with mpl.rc_context(hostile):
        figures = [plots.prevail(swept), plots.paths(driven)]
        assert all(mpl.rcParams[name] == value for name, value in hostile.items())
        assert all(np.array_equal(_pixels(figure), pixels) for figure, pixels in zip(figures, plain, strict=True))
        plots.save(figures[0], tmp_path / "map", formats=["png"])
    with Image.open(tmp_path / "map.png") as image:
        assert image.size[0] == 1400
    from matplotlib import pyplot

    assert pyplot.get_fignums() == []


def _pixels(figure: Figure) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def test_importing_evo_imports_no_plotting_library() -> None:
    code = "import sys, evo, evo.experiment; sys.exit(any(name in sys.modules for name in ('seaborn', 'matplotlib', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# what cannot be drawn


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda r: plots.prevail(r, part="mpa"), "the sweep has no part 'mpa'"),
        (lambda r: plots.prevail(r, x="parameters.bb"), "'parameters.bb' does not vary in this sweep: did you mean 'parameters.b'"),
        (lambda r: plots.prevail(r, x="parameters.b", y="parameters.b"), "cannot be on both axes"),
        (lambda r: plots.prevail(r, y="population.size"), "what varies: parameters.b, parameters.mu, run.start"),
        (lambda r: plots.prevail(r, invasion=[("strategy_x", "strategy_a")]), "'strategy_x' is not a strategy"),
        (lambda r: plots.prevail(r, y="run.start", dominance=[("strategy_b", "strategy_a")]), "two numeric paths"),
        (lambda r: plots.compare(r, x="mutation.rate"), "'mutation.rate' does not vary"),
        (lambda r: plots.compare(r, part="x"), "no part 'x'"),
        (lambda r: plots.paths(r, points=[0, 99]), "no path of point 99: points with paths: 0 to 23"),
        (lambda r: plots.paths(r, points=range(24)), "24 points are too many panels: choose up to 20"),
        (lambda r: plots.mix(dataclasses.replace(r, paths=None)), "no paths were kept: set run.record"),
        (lambda r: plots.compare(_without(r, "final_mix")), "add `final_mix` to the config's `measure`"),
        (lambda r: plots.prevail(_without(r, "final_mix", "prevailing")), "add `prevailing` and `final_mix`"),
        (lambda r: plots.save(Figure(), "x"), "not a picture of evo.plots"),
        (lambda r: plots.save(plots.mix(r, points=[0]), "/nowhere", formats=["gif"]), "formats are pdf, svg, png"),
    ],
)  # fmt: skip
def test_refusals_say_what_would_be_right(swept: evo.Result, draw: Callable[[evo.Result], object], words: str) -> None:
    with pytest.raises(PictureError, match=re.escape(words)):
        draw(swept)


def _without(result: evo.Result, *measures: str) -> evo.Result:
    kept = [column for column in result.outcomes if not column.startswith(measures)]
    return dataclasses.replace(result, outcomes=result.outcomes[kept])


def test_a_single_point_and_too_many_panels_are_refused_with_a_way_out() -> None:
    alone = result_of(experiment(), outcomes_of({0: [[1, 0, 0]]}, ["strategy_a", "strategy_b", "strategy_c"]))
    alone = dataclasses.replace(alone, points=pd.DataFrame({"point": [0], "part": [""]}))
    for picture in (plots.prevail, plots.compare):
        with pytest.raises(PictureError, match="nothing varies in this sweep: paths or mix show a single point"):
            picture(alone)
    grid = {"parameters.b": {"linspace": [0, 3, 13]}, "parameters.mu": {"linspace": [0, 0.1, 21]}}
    with pytest.raises(PictureError, match=r"21 panels, one for each value of parameters\.mu, are too many"):
        plots.compare(_random_result(experiment(sweep={"grid": grid}), 1), x="parameters.b")


def test_what_can_be_drawn_is_drawn_before_the_rest_is_refused(tmp_path: Path) -> None:
    asked = experiment(sweep={"grid": GRID}, plots=["paths", "prevail"])
    with pytest.raises(PictureError, match="paths: no paths were kept"):
        plots.draw(_random_result(asked, 2), tmp_path, formats=["svg"])
    assert [file.name for file in tmp_path.iterdir()] == ["prevail.svg"]


def test_a_path_has_no_parts() -> None:
    path = evo.simulate(experiment(2).model, generations=2)
    with pytest.raises(PictureError, match="a path has no sweep"):
        plots.paths(path, points=[0])


@pytest.mark.parametrize(
    "values, geometric", [([1, 2, 3], False), ([1, 10, 100], True), ([0, 1, 10], False), ([0.1, 1], False)]
)
def test_values_in_equal_ratios_want_a_logarithmic_axis(values: list[float], geometric: bool) -> None:
    assert is_geometric(values) is geometric


def test_what_is_said_of_an_intervention_goes_by_its_name():
    shifts = evo.load(CONFIGS / "small_shifts.yaml")
    assert axis_label("interventions.0.size", shifts) == "size of shift"
    assert axis_label("interventions.0.size", shifts.model) == "size of the intervention"  # a model knows of none

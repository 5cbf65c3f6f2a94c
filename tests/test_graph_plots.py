"""Pictures of populations on graphs: what stands where it should, and what is run again is what was run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from matplotlib.animation import FFMpegWriter
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image
from test_plots import _assert_readable

import evo
from evo import plots
from evo.graphs import build
from evo.graphs.trees import Hierarchy
from evo.plots.nodes import layout_of
from evo.plots.page import PictureError
from evo.simulation import simulate_again

SQUARE = {"kind": "square", "rows": 8, "columns": 12}
TREE = {"kind": "tree", "branching": 3, "depth": 2}


def experiment(graph: dict[str, Any], **changes: Any) -> evo.Experiment:
    data: dict[str, Any] = {
        "title": "On a graph",
        "parameters": {"b": {"value": 1.5, "label": "temptation"}},
        "strategies": {"one": {"color": "#4a6fa5"}, "other": {"color": "#e08e45"}, "third": {"color": "#b84a62"}},
        "game": {"kind": "matrix", "payoffs": [[1, 0, 1], ["b", 0, 0], [0.5, 0.5, 0.5]]},
        "population": {"kind": "network", "graph": graph},
        "dynamics": {"kind": "pairwise_comparison"},
        "run": {"generations": 20, "replicates": 3, "seed": 4},
        "measure": ["final_mix", "prevailing"],
        "sweep": {"grid": {"parameters.b": [1, 2]}},
    }
    return evo.loads(yaml.safe_dump(data | changes))


def run(graph: dict[str, Any], **changes: Any) -> evo.Result:
    return evo.run(experiment(graph, **changes), progress=False, workers=1)


def path_of(graph: dict[str, Any], **options: Any) -> evo.Path:
    return evo.simulate(experiment(graph).model, generations=20, seed=4, **options)


@pytest.fixture(scope="module")
def squares() -> evo.Result:
    return run(SQUARE, plots=["lattice", "network", "interface"])


@pytest.fixture(scope="module")
def trees() -> evo.Result:
    return run(TREE, plots=["levels", "network"])


def artists(figure: Figure, gid: str) -> list[Any]:
    return [artist for ax in figure.axes for artist in ax.get_children() if artist.get_gid() == gid]


def words_of(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(lambda each: hasattr(each, "get_text"))).replace(
        "\n", " "
    )


# run again


def test_what_is_run_again_is_what_was_run(squares: evo.Result) -> None:
    for point in (0, 1):
        again = simulate_again(squares.at(point), first=1, replicates=2, record_every=3)
        rows = squares.outcomes[squares.outcomes["point"] == point]
        for row in range(2):
            last = again.recording.nodes[row, -1]
            left = rows[rows["replicate"] == 1 + row][[f"final_mix.{name}" for name in ("one", "other", "third")]]
            np.testing.assert_allclose(left.to_numpy()[0], np.bincount(last, minlength=3) / 96, atol=1e-12)


def test_common_random_numbers_are_run_again_too() -> None:
    result = run(SQUARE, run={"generations": 20, "replicates": 2, "seed": 4, "common_random_numbers": True})
    assert plots.lattice(result)


def test_a_run_of_other_versions_is_noticed(squares: evo.Result) -> None:
    from dataclasses import replace

    outcomes = squares.outcomes.copy()
    outcomes.loc[outcomes["point"] == 1, "final_mix.one"] += 0.01
    with pytest.raises(PictureError, match="replicate 0 of point 1 ends otherwise than it did"):
        plots.lattice(replace(squares, outcomes=outcomes))
    assert plots.lattice(replace(squares, outcomes=outcomes), points=[0])


# what stands where


def test_a_lattice_has_a_pixel_for_each_node(squares: evo.Result) -> None:
    figure = plots.lattice(squares, times=[0, 5, 20, 99])
    images = artists(figure, "lattice")
    assert len(images) == 2 * 3  # 99 is after the end
    palette = {
        name: int(color[1:], 16) for name, color in (("one", "#4a6fa5"), ("other", "#e08e45"), ("third", "#b84a62"))
    }
    for point in (0, 1):
        path = simulate_again(squares.at(point), first=0, replicates=1, record_every=5)
        for place, record in enumerate((0, 1, 4)):
            drawn = np.asarray(images[3 * point + place].get_array()).astype(int) @ [65536, 256, 1]
            states = path.nodes[0, record].reshape(8, 12)
            np.testing.assert_array_equal(drawn, np.array(list(palette.values()))[states])
    _assert_readable(figure)
    assert "run again from config and seed" in words_of(figure)


def test_a_picture_of_a_path_shows_the_nearest_records() -> None:
    path = path_of(SQUARE, nodes=True, record_every=4, replicates=2)
    figure = plots.lattice(path, times=[7, 13], replicate=1)
    assert [ax.get_title("left").split("\u00a0")[1] for ax in figure.axes] == ["8", "12"]


def test_discs_have_the_colours_of_their_nodes(trees: evo.Result) -> None:
    figure = plots.network(trees, points=[1])
    (discs,) = artists(figure, "nodes")
    path = simulate_again(trees.at(1), first=0, replicates=1, record_every=20)
    places, how = layout_of(path.graph(), "auto")
    assert how == "levels"
    fills = ["#4a6fa5", "#e08e45", "#b84a62"]
    expected = {
        tuple(np.round(place, 9)): fills[s] for place, s in zip(places, path.recording.nodes[0, -1], strict=True)
    }
    found = {
        tuple(np.round(place, 9)): to_hex(color)
        for place, color in zip(discs.get_offsets(), discs.get_facecolors(), strict=True)
    }
    assert found == expected
    assert len(artists(figure, "ties")[0].get_segments()) == 12
    _assert_readable(plots.network(trees))


def test_a_hierarchy_stands_over_the_middle_of_its_own() -> None:
    """Also where the last level is not full: nobody stands in another's place."""
    graph = build(Hierarchy(span=4, size=50, lateral="level"), seed=0)
    places, _ = layout_of(graph, "levels")
    assert len(np.unique(np.round(places, 9), axis=0)) == 50 and places.min() >= 0 and places.max() <= 1
    for node in range(50):
        below = places[4 * node + 1 : 4 * node + 5, 0]
        if len(below):
            assert below.min() - 1e-9 <= places[node, 0] <= below.max() + 1e-9
        on_level = places[graph.levels == graph.levels[node], 0]
        assert (np.diff(on_level) > 0).all()


@pytest.mark.parametrize(
    "graph, left_out",
    [
        ({"kind": "cycle", "size": 12}, False),
        ({"kind": "watts_strogatz", "size": 30, "neighbours": 4, "rewiring": 0.5}, False),
        ({"kind": "barabasi_albert", "size": 40, "edges": 2}, False),
        (SQUARE, True),
        (SQUARE | {"periodic": False}, False),
        ({"kind": "cubic", "layers": 3, "rows": 3, "columns": 4}, True),
        ({"kind": "hierarchy", "span": 3, "depth": 2, "lateral": "ring"}, False),
        ({"kind": "star", "size": 9}, False),
    ],
)
def test_every_tie_is_drawn_but_those_around_a_torus(graph: dict[str, Any], left_out: bool) -> None:
    path = path_of(graph, nodes=True)
    figure = plots.network(path)
    drawn = len(artists(figure, "ties")[0].get_segments())
    drawn += sum(len(each.get_paths()) for each in artists(figure, "lateral ties"))
    assert (drawn < path.graph().edges) is left_out
    assert ("around the edges" in words_of(figure)) is left_out


def test_levels_show_the_mean_of_the_replicates(trees: evo.Result) -> None:
    figure = plots.levels(trees, replicates=3)
    path = simulate_again(trees.at(0), first=0, replicates=3, record_every=1)
    third = (path.nodes[:, :, 4:] == 2).mean(axis=(0, 2))  # nine on the last level
    (first_column,) = [ax for ax in figure.axes if ax.get_ylabel().startswith("level 2")]
    areas = [each for each in first_column.collections if each.get_gid() == "level: third"]
    heights = areas[0].get_paths()[0].vertices
    for time, share in enumerate(third):
        at = heights[np.isclose(heights[:, 0], time), 1]
        assert np.ptp(at) == pytest.approx(share, abs=1e-9)
    _assert_readable(figure)


def test_interface_counts_ties(squares: evo.Result) -> None:
    figure = plots.interface(squares, points=[0], replicates=1)
    (line,) = artists(figure, "interface")
    path = simulate_again(squares.at(0), first=0, replicates=1, record_every=1)
    peer = path.graph().to_networkx()
    shares = [np.mean([state[i] != state[j] for i, j in peer.edges]) for state in path.nodes[0]]
    held = np.array(shares[1:]) > 0
    np.testing.assert_allclose(line.get_ydata(), np.array(shares[1:])[held], atol=1e-12)
    _assert_readable(plots.interface(squares))


def test_all_that_a_config_asks_for(squares: evo.Result, trees: evo.Result, tmp_path: Path) -> None:
    files = plots.draw(squares, tmp_path, formats=["png"]) + plots.draw(trees, tmp_path / "b", formats=["svg"])
    assert [file.name for file in files] == ["lattice.png", "network.png", "interface.png", "levels.svg", "network.svg"]
    again = plots.draw(squares, tmp_path / "again", formats=["png"])
    assert [file.read_bytes() for file in files[:3]] == [file.read_bytes() for file in again]


# films


@pytest.mark.parametrize("graph", [SQUARE, TREE])
def test_a_film_has_a_frame_for_each_record(graph: dict[str, Any], tmp_path: Path) -> None:
    path = path_of(graph, nodes=True, record_every=5)
    file = plots.animate(path, tmp_path / "films" / "one.gif", dpi=50)
    with Image.open(file) as film:
        assert film.n_frames == 5 and film.size == (225, 242)


@pytest.mark.parametrize("number", [2, 3, 5])
def test_a_film_of_a_mix_has_a_frame_for_each_record(number: int, tmp_path: Path) -> None:
    said = {
        "strategies": [f"s{k}" for k in range(number)],
        "game": {"kind": "matrix", "payoffs": np.eye(number).tolist()},
        "dynamics": {"kind": "replicator"},
        "run": {"generations": 6},
    }
    path = evo.simulate(evo.Experiment.model_validate(said).model, generations=6, start={"s0": 0.5}, record_every=2)
    with Image.open(plots.animate(path, tmp_path / "mix.gif", dpi=50)) as film:
        assert film.n_frames == 4
        film.seek(0)
        first = np.asarray(film.convert("RGB"), float)
        film.seek(3)
        assert np.abs(np.asarray(film.convert("RGB"), float) - first).max() > 100  # something moves


def test_a_film_needs_a_program_for_mp4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    with pytest.raises(PictureError, match="needs the program ffmpeg"):
        plots.animate(path_of(TREE, nodes=True), tmp_path / "one.mp4")


# what cannot be drawn


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda s, t: plots.lattice(t), "shows square lattices"),
        (lambda s, t: plots.levels(s), "shows trees and hierarchies"),
        (lambda s, t: plots.network(s, layout="radial"), "the graph has no levels"),
        (lambda s, t: plots.network(s, points=[9]), "point 9 is not one of a population on a graph"),
        (lambda s, t: plots.network(s, replicate=3), "there is no replicate 3: point 0 has 3"),
        (lambda s, t: plots.lattice(s, times=range(9)), "9 times are too many"),
        (lambda s, t: plots.lattice(path_of(SQUARE)), "nodes=True"),
        (lambda s, t: plots.lattice(path_of(SQUARE, nodes=True), replicate=1), "there is no replicate 1"),
        (lambda s, t: plots.levels(path_of(TREE, nodes=True), part="x"), "a path has no sweep"),
        (lambda s, t: plots.animate(path_of(SQUARE, nodes=True), "x.avi"), "a film is a .gif or an .mp4"),
        (lambda s, t: plots.animate(path_of(SQUARE), "x.gif"), "nodes=True"),
    ],
)
def test_refusals_say_what_would_be_right(
    squares: evo.Result, trees: evo.Result, draw: Callable[[evo.Result, evo.Result], object], words: str
) -> None:
    with pytest.raises(PictureError, match=re.escape(words)):
        draw(squares, trees)


def test_points_without_a_graph_are_passed_over() -> None:
    on_some = [{"kind": "well_mixed", "size": 10}, {"kind": "network", "graph": {"kind": "cycle", "size": 10}}]
    result = run(SQUARE, sweep={"grid": {"population": on_some}}, plots=["network"])
    assert len(artists(plots.network(result), "nodes")) == 1
    with pytest.raises(PictureError, match="point 0 is not one of a population on a graph"):
        plots.network(result, points=[0])
    mixed = run(SQUARE, population=on_some[0], sweep={"grid": {"population.size": [10, 20]}})
    with pytest.raises(PictureError, match="shows populations on graphs, and there is none here"):
        plots.network(mixed)


def test_long_names_of_lines_stand_below() -> None:
    """Two parts: what each part sets is said, and the axes keep their width."""
    graph = {"kind": "watts_strogatz", "size": 40, "neighbours": 4, "rewiring": 0.2}
    parts = [
        {"name": "sums", "set": {"population.payoff": "accumulate"}, "grid": {"parameters.b": [1, 2]}},
        {"name": "graphs", "grid": {"population.graph": [graph, graph | {"rewiring": 0.4}], "parameters.b": [1, 2]}},
    ]
    figure = plots.interface(run(graph, sweep=parts))
    assert figure.axes[0].get_position().width > 0.6
    assert "population payoff: accumulate" in words_of(figure)
    _assert_readable(figure)

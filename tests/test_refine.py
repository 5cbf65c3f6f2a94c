"""Refinement: the boundary of a fine grid from few of its points, in a course that does not depend on interruptions."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

import evo
from evo.batch.checking import verify
from evo.batch.plan import make_plan
from evo.batch.progress import Silent
from evo.batch.rounds import next_round
from evo.estimates import leading
from evo.plots import PictureError, prevail
from evo.sweeps.lattice import Lattice

COORDINATION = """
parameters: {a: {value: 1, range: [0.5, 3]}, x: {value: 0.5, range: [0, 1]}}
strategies: [left, right]
game: {kind: matrix, payoffs: [["a - x**2", 0], [0, 1]]}
dynamics: {kind: replicator}
run: {generations: 200, replicates: 1, start: {left: 0.5}}
measure: [prevailing, final_mix]
"""
REFINED = "sweep: {refine: {over: [parameters.a, parameters.x], start: 5, depth: 3}}\n"
NOISY = """
parameters: {stag: {value: 4, range: [3, 6]}}
strategies: [stag_hunter, hare_hunter]
game: {kind: matrix, payoffs: [[stag, 1], [3, 3]]}
population: {kind: well_mixed, size: 20}
dynamics: {kind: pairwise_comparison}
run: {generations: 30, replicates: {width: 0.35, at_least: 8, at_most: 64}, seed: 3, start: {stag_hunter: 0.6}}
sweep: {refine: {over: [parameters.stag], start: 3, depth: 4, budget: 20}}
measure: [prevailing]
"""


def three_phases(x: float, y: float) -> int:
    """Regions that meet in a point, one of them a disc."""
    if (x - 0.6) ** 2 + (y - 0.6) ** 2 < 0.07:
        return 2
    return int(y > 0.3 + 0.4 * x)


def refine(lattice: Lattice, answer, budget: int | None = None) -> dict[tuple[int, ...], int]:
    known = {node: answer(node) for node in itertools.product(*lattice.first_lines)}

    def differ(nodes):
        return float(len({known[node] for node in nodes}) > 1)

    for _ in range(100):
        cells = lattice.wanted(known, differ)
        fresh = dict.fromkeys(node for _, _, nodes in cells for node in nodes)
        if not fresh:
            return known
        known |= {node: answer(node) for node in fresh}
    raise AssertionError("does not end")


def neighbours(last: tuple[int, ...]):
    for node in itertools.product(*(range(end + 1) for end in last)):
        for axis, end in enumerate(last):
            if node[axis] < end:
                yield node, (*node[:axis], node[axis] + 1, *node[axis + 1 :])


def test_the_boundary_of_a_256_grid_from_eight_times_fewer_points():
    lattice = Lattice((8, 8), 5)
    full = lattice.last[0]
    known = refine(lattice, lambda node: three_phases(node[0] / full, node[1] / full))
    assert 8 * len(known) < (full + 1) ** 2
    assert len(known) < 3500  # about 19 times fewer
    apart = [
        pair
        for pair in neighbours(lattice.last)
        if three_phases(*np.array(pair[0]) / full) != three_phases(*np.array(pair[1]) / full)
    ]
    assert len(apart) > 600
    assert all(first in known and second in known for first, second in apart)


def test_a_boundary_is_followed_from_where_it_was_met():
    """A tongue that crosses one first cell alone leads into cells whose corners agree."""
    lattice = Lattice((4, 4), 4)
    answer = lambda node: int(abs(node[1] - 20) < 3 and node[0] <= 40)  # noqa: E731  (rows 18 to 22, none of the first grid)
    assert len(set(map(answer, itertools.product(*lattice.first_lines)))) == 1
    assert len(refine(lattice, answer)) == 25  # nothing is seen, so nothing is refined
    seen = lambda node: answer(node) or int(node == (0, 16))  # noqa: E731
    known = refine(lattice, seen)
    assert all(node in known for pair in neighbours(lattice.last) if seen(pair[0]) != seen(pair[1]) for node in pair)


@pytest.mark.parametrize("axes", [1, 3])
def test_other_numbers_of_axes(axes):
    lattice = Lattice((4,) * axes, 2)
    answer = lambda node: int(sum(node) > 7 * axes + 0.5)  # noqa: E731
    known = refine(lattice, answer)
    assert all(
        node in known for pair in neighbours(lattice.last) if answer(pair[0]) != answer(pair[1]) for node in pair
    )
    assert len(known) < 17**axes * (0.6 if axes == 1 else 0.8)


def test_the_known_nodes_alone_say_how_far_it_is():
    lattice = Lattice((4, 4), 3)
    answer = lambda node: int(node[0] ** 2 + node[1] ** 2 < 500)  # noqa: E731
    whole = refine(lattice, answer)
    assert not lattice.wanted(whole, lambda nodes: float(len({whole[node] for node in nodes}) > 1))
    corners = {node for cell in lattice.leaves(whole) for node in lattice.corners(cell)}
    assert corners == set(whole)


def test_a_refined_map_agrees_with_the_whole_grid():
    refined = evo.run(evo.loads(COORDINATION + REFINED))
    axes = "parameters.a: {linspace: [0.5, 3, 33]}, parameters.x: {linspace: [0, 1, 33]}"
    grid = evo.run(evo.loads(COORDINATION + f"sweep: {{grid: {{{axes}}}}}"))
    paths = ["parameters.a", "parameters.x"]
    both = refined.points.merge(grid.points, on=paths, suffixes=("", "_grid"))
    assert len(both) == len(refined.points) < len(grid.points) / 3
    here = refined.outcomes.set_index("point")["prevailing"].loc[both["point"]].to_numpy()
    there = grid.outcomes.set_index("point")["prevailing"].loc[both["point_grid"]].to_numpy()
    assert (here == there).all()
    true = (grid.points["parameters.a"] - grid.points["parameters.x"] ** 2 > 1).map({True: "left", False: "right"})
    sure = (grid.points["parameters.a"] - grid.points["parameters.x"] ** 2 - 1).abs() > 0.05
    assert (grid.outcomes["prevailing"][sure] == true[sure]).all()


def test_every_point_of_a_refined_run_can_be_built_again(tmp_path):
    text = COORDINATION + REFINED.replace("sweep: {", "sweep: {grid: {run.start: [{left: 0.5}, {left: 0.4}]}, ")
    result = evo.run(evo.loads(text), out=tmp_path / "run")
    loaded = evo.Result.load(tmp_path / "run")
    last = len(result.points) - 1
    assert last > sum(result.experiment.sizes)
    for point in (0, sum(result.experiment.sizes), last):
        row = result.points.iloc[point]
        for experiment in (result.at(point), loaded.at(point)):
            assert experiment.parameter_values["a"] == row["parameters.a"]
            assert experiment.run.start == loaded.at(point).run.start
    again = evo.run(loaded.at(last))
    assert again.outcomes["prevailing"].iloc[0] == result.outcomes["prevailing"].iloc[last]
    assert [result.at(0).run.start, result.at(25).run.start] == [{"left": 0.5}, {"left": 0.4}]


def test_a_refined_run_is_verified_and_the_same_on_a_cluster(tmp_path):
    evo.run(evo.loads(NOISY), out=tmp_path / "run")
    found = verify(evo.Result.load(tmp_path / "run"), sample=10**6)
    assert (found.checked, found.differing) == (found.held, [])
    evo.run(evo.loads(NOISY), out=tmp_path / "cluster", dask="local", workers=2)
    assert (tmp_path / "cluster/outcomes.parquet").read_bytes() == (tmp_path / "run/outcomes.parquet").read_bytes()
    with pytest.raises(ValueError, match="cannot be shared out"):
        evo.run(evo.loads(NOISY), shard="1/2")


def test_a_condition_keeps_nodes_out():
    text = COORDINATION + REFINED.replace("sweep: {", "sweep: {only: a + x < 2, ")
    result = evo.run(evo.loads(text))
    assert (result.points["parameters.a"] + result.points["parameters.x"] < 2).all()
    assert len(result.points) > result.experiment.sizes[0]


class Stop(Silent):
    """Stops a run at the n-th thing it is told."""

    def __init__(self, after: int) -> None:
        self.left = after

    def running(self, progress: object) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.running(None)


def test_rounds_end_in_the_same_bytes_however_often_they_stop(tmp_path):
    experiment = evo.loads(NOISY)
    whole = evo.run(experiment, out=tmp_path / "whole")
    assert whole.outcomes.groupby("point").size().nunique() > 2  # rounds of replicates
    assert sum(experiment.sizes) < len(whole.points) <= 20  # and of points
    for workers in (1, 2):
        out = tmp_path / f"stopped{workers}"
        for after in (1, 2, 3, 5, 4, 7, 9, 11):
            try:
                evo.run(experiment, out=out, resume=True, workers=workers, progress=Stop(after))
            except KeyboardInterrupt:
                continue
        for part in sorted((out / "outcomes").glob("part-*"))[1::2]:  # as a crash may, where nothing was acknowledged
            part.unlink()
        evo.run(experiment, out=out, resume=True)
        for name in ("outcomes.parquet", "points.parquet"):
            assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_decision_sees_rows_of_its_own_rounds_only():
    experiment = evo.loads(NOISY)
    plan = make_plan(experiment)
    ahead = evo.run(experiment)
    rows = pa.Table.from_pandas(ahead.outcomes, preserve_index=False)
    mine = ahead.outcomes.query("point < 3 and replicate < 8")
    first = next_round(plan, lambda: rows)
    second = next_round(plan, lambda: pa.Table.from_pandas(mine, preserve_index=False))
    assert first is not None and second is not None
    assert (first.replicates == second.replicates).all() and first.rows > plan.rows


def test_a_budget_is_kept_and_spent_on_coarse_cells_first():
    text = COORDINATION + REFINED.replace("depth: 3", "depth: 3, budget: 60")
    few, all_of_them = (evo.run(evo.loads(each)).points for each in (text, COORDINATION + REFINED))
    assert 50 <= len(few) <= 60 < len(all_of_them)
    paths = ["parameters.a", "parameters.x"]
    assert len(few.merge(all_of_them, on=paths)) == len(few)
    once = (8 * all_of_them["parameters.x"]) % 1 + (3.2 * (all_of_them["parameters.a"] - 0.5)) % 1 == 0
    assert (
        len(few.merge(all_of_them[once], on=paths)) == once.sum()
    )  # every cell of the first grid before any smaller one


def test_numbers_are_refined_where_they_change_by_more():
    text = COORDINATION.replace("generations: 200", "generations: 5") + (
        "sweep: {refine: {over: [parameters.a], start: 3, depth: 6, measure: final_mix.left, change: 0.1}}\n"
    )
    result = evo.run(evo.loads(text))
    table = result.points.merge(result.outcomes, on="point").sort_values("parameters.a")
    assert table["final_mix.left"].diff().abs().max() <= 0.1
    assert len(table) < 40


def test_the_posterior_of_who_leads_is_that_of_many_draws():
    rng = np.random.default_rng(1)
    for counts in ((3, 5), (0, 0, 1), (10, 12, 9), (0, 40), (1, 1, 1, 1)):
        draws = rng.dirichlet(np.array(counts) + 0.5, size=40_000).argmax(axis=1)
        shares = np.bincount(draws, minlength=len(counts)) / len(draws)
        assert np.abs(leading(counts) - shares).max() < 4 * np.sqrt(0.25 / len(draws)) + 1e-3
    assert leading((0, 40))[1] > 0.999999


def test_points_that_lie_anywhere_make_a_map(tmp_path):
    refined = evo.run(evo.loads(COORDINATION + REFINED))
    figure = prevail(refined)
    assert any(artist.get_gid() == "points" for ax in figure.axes for artist in ax.collections)
    sampled = evo.run(
        evo.loads(COORDINATION + "sweep: {sample: {kind: sobol, over: [parameters.a, parameters.x], size: 16}}")
    )
    assert prevail(sampled).axes
    with pytest.raises(PictureError):
        prevail(evo.run(evo.loads(COORDINATION)))

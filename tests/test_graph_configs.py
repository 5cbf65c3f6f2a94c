"""What the configs of populations on graphs say is so, against published numbers, other computations and each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_configs import FOLDER, outcomes, points

import evo
from evo.exact import invasion

REFERENCE = Path(__file__).parent / "reference"


def load(name: str) -> evo.Experiment:
    return evo.load(FOLDER / f"{name}.yaml")


def cases(topic: str) -> dict[str, Any]:
    return {case["id"]: case for case in json.loads((REFERENCE / f"{topic}.json").read_text())}


# Nowak & May


def test_nowak_may_grows_the_fractal_cell_by_cell() -> None:
    point = points(load("nowak_may"), part="fractal", b=1.85)[0]
    path = evo.simulate(point.model, generations=217, seed=1, start=point.run.start)
    defectors = np.rint(path.mix[0, :, 1] * 99 * 99).astype(int)
    assert defectors.tolist() == cases("spatial_deterministic")["nowakmay_single_99_fixed"]["value"]


@pytest.mark.parametrize("b", [2.1, 2.3])
def test_nowak_may_freezes(b: float) -> None:
    point = points(load("nowak_may"), part="fractal", b=b)[0]
    expected = cases("spatial_deterministic")[f"nowakmay_single_99_b{b}"]["value"]
    row = outcomes(point).iloc[0]
    assert row["final_mix.defect"] * 99 * 99 == pytest.approx(expected)
    assert row["clusters.defect"] == 1 and row["largest_cluster.defect"] == expected


def test_nowak_may_settles_at_a_third() -> None:
    """Mean share over 200 generations of one run; runs of 500 differ by 0.0003, a generation by 0.005."""
    case = cases("spatial_deterministic")["nowakmay_random_200"]
    for point in points(load("nowak_may"), part="random"):
        if 1.8 < point.parameters["b"].value < 2:
            rows = outcomes(point, run__replicates=1, run__generations=400, run__burn_in=200)
            assert rows["mean_mix.cooperate"][0] == pytest.approx(case["value"], abs=0.004)
            assert rows["mean_mix.cooperate"][0] == pytest.approx(12 * np.log(2) - 8, abs=0.006)


# Hauert & Doebeli


@pytest.mark.parametrize(
    "neighbourhood, r, case",
    [("von_neumann", 0.4, "vN_r0.4"), ("von_neumann", 0.6, "vN_r0.6"), ("moore", 0.2, "Moore_r0.2"),
     ("moore", 0.4, "Moore_r0.4"), ("moore", 0.6, "Moore_r0.6")],
)  # fmt: skip
def test_hauert_doebeli_shares(neighbourhood: str, r: float, case: str) -> None:
    """The reference is of 100 x 100; 50 x 50 averaged over 300 generations strays by about 0.003."""
    (point,) = points(load("hauert_doebeli"), part="lattice", neighbourhood=neighbourhood, r=r)
    share = outcomes(point, run__replicates=1, run__generations=500, run__burn_in=200)["mean_mix.cooperate"][0]
    assert share == pytest.approx(cases("network_stochastic")[f"hauert_doebeli_{case}_async"]["value"], abs=0.012)


def test_hauert_doebeli_well_mixed_and_on_lattices() -> None:
    experiment = load("hauert_doebeli")
    for r in (0.2, 0.4, 0.8):
        (mixed,) = points(experiment, part="mixed", r=r)
        assert outcomes(mixed)["mean_mix.cooperate"][0] == pytest.approx(1 - r, abs=1e-4)
    (mild,) = points(experiment, part="lattice", neighbourhood="von_neumann", r=0.2)
    assert outcomes(mild, run__replicates=1)["final_mix.cooperate"][0] > 0.85
    (hard,) = points(experiment, part="lattice", neighbourhood="von_neumann", r=0.8)
    assert outcomes(hard, run__replicates=1)["final_mix.cooperate"][0] == 0


def test_hauert_doebeli_note_on_best_replies() -> None:
    for r, share in ((0.2, 0.64), (0.5, 0.51), (0.8, 0.36)):
        (point,) = points(load("hauert_doebeli"), part="lattice", neighbourhood="von_neumann", r=r)
        best = point.replace({"dynamics": {"kind": "best_response"}})
        rows = outcomes(best, run__replicates=1, run__generations=200, run__burn_in=100)
        assert rows["mean_mix.cooperate"][0] == pytest.approx(share, abs=0.015)


# Santos & Pacheco


def test_santos_pacheco_hubs_and_no_hubs() -> None:
    experiment = load("santos_pacheco_scale_free")
    for b in (1.4, 1.6):
        regular, hubs = points(experiment, part="graphs", b=b)
        assert regular.population.graph.kind == "random_regular"
        assert outcomes(regular, run__replicates=4)["mean_mix.cooperate"].mean() < 0.06
        rows = outcomes(hubs, run__replicates=4)
        assert rows["mean_mix.cooperate"].mean() > 0.6
        assert (rows["degree_payoff"] > 0.8).all()
    (averaged,) = points(experiment, part="average", b=1.4)
    rows = outcomes(averaged, run__replicates=4)
    assert rows["mean_mix.cooperate"].mean() < 0.08 and (rows["degree_payoff"].abs() < 0.3).all()


@pytest.mark.slow
def test_santos_pacheco_of_5000() -> None:
    """Graphs differ by 0.14 at b = 2: the mean of eight by 0.05."""
    wanted = cases("network_stochastic")
    settings = {"population.payoff": "accumulate", "run.generations": 4000, "run.burn_in": 3000, "run.replicates": 8}
    graph = {"kind": "barabasi_albert", "size": 5000, "edges": 2}
    point = points(load("santos_pacheco_scale_free"), part="graphs", b=2)[1]
    many = point.replace(settings | {"population.graph": graph})
    share = outcomes(many)["mean_mix.cooperate"].mean()
    case = wanted["santos_pacheco_BA_m2_b2"]
    assert share == pytest.approx(case["value"], abs=4 * 0.136 * np.sqrt(1 / 8 + 1 / 6))


# Nowak's rules


@pytest.mark.parametrize("part, chance", [("direct", "w"), ("indirect", "q"), ("kin", "r")])
def test_five_rules_lines(part: str, chance: str) -> None:
    """Safe from defectors from b/c = 1/w on; taking over from one half from (2 - w)/w on; kin both from 1/r on."""
    first = points(load("five_rules"), part=part)[0]
    for value in (0.3, 0.5, 0.8):
        safe = 1 / value
        takes_over = 1 / value if part == "kin" else (2 - value) / value
        for factor in (0.98, 1.02):
            model = first.replace({f"parameters.{chance}": value, "parameters.b": factor * safe}).model
            assert (invasion(model)[0, 1] < 0) == (factor > 1)
            if factor * takes_over > 1:
                half = first.replace({f"parameters.{chance}": value, "parameters.b": factor * takes_over})
                row = outcomes(half, run__generations=2000).iloc[0]
                assert row["prevailing"] == ("cooperate" if factor > 1 else "defect")


def on_cycle(b: float, c: float, intensity: float, size: int, mutation: float) -> np.ndarray:
    """Transition matrix of death-birth on a cycle over all 2^size states; bit i of a state says whether i co-operates."""
    states = np.arange(2**size)
    plays = (states[:, None] >> np.arange(size)) & 1
    payoff = b * (np.roll(plays, 1, axis=1) + np.roll(plays, -1, axis=1)) / 2 - c * plays
    fitness = np.exp(intensity * payoff)
    chances = np.zeros((2**size, 2**size))
    for dead in range(size):
        beside = [(dead - 1) % size, (dead + 1) % size]
        born = (fitness[:, beside] * plays[:, beside]).sum(axis=1) / fitness[:, beside].sum(
            axis=1
        )  # of those who co-operate
        born = born * (1 - mutation) + (1 - born) * mutation
        np.add.at(chances, (states, states | 1 << dead), born / size)
        np.add.at(chances, (states, states & ~(1 << dead)), (1 - born) / size)
    return chances


def share_on_cycle(b: float, size: int, intensity: float, mutation: float) -> float:
    """Mean share of those who co-operate in the stationary distribution."""
    chances = on_cycle(b, 1, intensity, size, mutation)
    system = np.vstack([chances.T - np.eye(2**size), np.ones(2**size)])
    stationary = np.linalg.lstsq(system, np.eye(2**size + 1)[-1], rcond=None)[0]
    counts = np.array([state.bit_count() for state in range(2**size)])
    return float(stationary @ counts / size)


@pytest.mark.parametrize("b", [1.25, 6])
def test_five_rules_on_a_small_cycle_by_its_whole_chain(b: float) -> None:
    """Of 8 on a cycle, at the config's own selection and mutation: within 4 standard errors."""
    point = points(load("five_rules"), part="network", b=b)[0]
    assert (point.selection.intensity, point.mutation.rate) == (0.1, 0.01)
    rows = outcomes(point, population__graph__size=8)["mean_mix.cooperate"]
    exact = share_on_cycle(b, 8, 0.1, 0.01)
    assert rows.mean() == pytest.approx(exact, abs=4 * rows.std() / np.sqrt(len(rows)))
    assert rows.std() / np.sqrt(len(rows)) < 0.02


def test_five_rules_on_a_cycle() -> None:
    """Weak selection: more than half from (Z - 2)/(Z/2 - 2) on, 3 of 8 and 2.25 of 20; never on a complete graph."""
    assert share_on_cycle(2.9, 8, 1e-3, 1e-4) < 0.5 < share_on_cycle(3.1, 8, 1e-3, 1e-4)
    for point in points(load("five_rules"), part="network"):
        b, graph = point.parameters["b"].value, point.population.graph.kind
        if b in (1.25, 6):
            share = outcomes(point)["mean_mix.cooperate"].mean()
            assert (share > 0.5) == (graph == "cycle" and b > 2.25)


# Hierarchy or mesh


@pytest.mark.parametrize("place", range(5))
def test_hierarchy_or_mesh_command_lasts_in_calm_only(place: int) -> None:
    experiment = load("hierarchy_or_mesh")
    calm, storm = (points(experiment, part="forms", omega=omega)[place] for omega in (0.1, 0.9))
    assert outcomes(calm, run__replicates=4)["final_mix.command"].mean() > 0.95
    assert outcomes(storm, run__replicates=4)["final_mix.command"].mean() < 0.02


def test_hierarchy_or_mesh_groups_that_are_too_large_for_dear_ties() -> None:
    experiment = load("hierarchy_or_mesh")
    for omega in (0.3, 0.9):
        tree, siblings, _ = points(experiment, part="friction", omega=omega)
        assert outcomes(tree, run__replicates=4)["final_mix.collaborate"].mean() > 0.9
        assert outcomes(siblings, run__replicates=4)["final_mix.collaborate"].mean() < 0.1


def test_hierarchy_or_mesh_top_or_anywhere() -> None:
    """At omega = 0.4 a seed gets further from the top; 48 runs each, standard errors of about 0.025."""
    anywhere, top = points(load("hierarchy_or_mesh"), part="top", omega=0.4)
    shares = [outcomes(point, run__replicates=48)["final_mix.collaborate"].mean() for point in (anywhere, top)]
    assert shares[0] == pytest.approx(0.19, abs=0.09) and shares[1] == pytest.approx(0.33, abs=0.09)


def test_hierarchy_or_mesh_is_the_flagship_in_groups_of_neighbours() -> None:
    flagship, here = load("big_shift"), load("hierarchy_or_mesh")
    assert here.strategies == flagship.strategies and here.mutation == flagship.mutation
    assert (here.game.let, here.game.payoffs) == (flagship.game.let, flagship.game.payoffs)
    for name in set(here.parameters) - {"chi"}:
        assert here.parameters[name] == flagship.parameters[name]
    assert here.parameters["B"].value == 0

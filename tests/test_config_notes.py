"""What the notes of configs say of whole parts of their sweeps."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evo

FOLDER = Path(__file__).parent.parent / "configs"


@cache
def part(name: str, wanted: str) -> pd.DataFrame:
    """The outcomes of a part of a config's sweep, its settings as columns: the last key of the path, `shift` for the size of the
    intervention."""
    found = evo.load(FOLDER / f"{name}.yaml")
    sweep = [one for one in found.data["sweep"] if one["name"] == wanted]
    asked = evo.Experiment.model_validate({**found.data, "sweep": sweep, "plots": []})
    result = evo.run(asked, progress=False, workers=1)
    assert result.failures.empty
    names = {"interventions.0.size": "shift"}
    rows = [
        {names.get(path, path.split(".")[-1]): value for path, value in point.settings.items()}
        for point in asked.points()
    ]
    return pd.concat([pd.DataFrame(rows), result.outcomes.set_index("point")], axis=1)


def winners(rows: pd.DataFrame, by: str) -> dict[Any, list[str]]:
    """Who prevails, in the order of the sweep, for each value of one setting."""
    return {value: found["prevailing"].tolist() for value, found in rows.groupby(by)}


def least(rows: pd.DataFrame, key: str = "shift") -> float:
    """The least value at which collaboration prevails; from there on it always does."""
    there = rows["prevailing"] == "collaborate"
    first = rows.loc[there, key].min()
    assert (rows.loc[rows[key] >= first, "prevailing"] == "collaborate").all()
    return float(first)


# The self-organising school


@pytest.mark.slow
def test_school_command_scales_down_with_size_and_details():
    rows = part("self_organizing_school", "scale")
    for first, found in rows.groupby(rows["start"].map(lambda start: "command" in start)):
        for size, line in found.groupby("size"):
            kept = line[line["prevailing"] == "command"]["details"]
            after = set(line["prevailing"]) - {"command"}
            if first:
                assert kept.max() == (12.5 if size <= 12 else 10 if size <= 32 else 7.5)
                assert after == {"collaborate" if size < 32 else "go_alone"}
            elif size < 32:
                assert kept.empty and after == {"collaborate"}
            else:
                assert kept.max() == 7.5 and after == {"go_alone"}


def test_school_reform_by_supervision_ends_what_it_was_to_save_and_relief_does_not():
    supervision = part("self_organizing_school", "supervision")
    assert least(supervision) == 0.5
    relief = part("self_organizing_school", "relief")
    assert set(relief["prevailing"]) == {"command"}
    earned = relief["final_payoff"].iloc[[0, -1]].tolist() + supervision["final_payoff"].iloc[[-1]].tolist()
    assert earned == pytest.approx([0.69, 1.38, 1.91], abs=0.0051)


def test_school_agents_who_organise_themselves():
    rows = part("self_organizing_school", "agents")
    assert {size: least(found) for size, found in rows.groupby("size")} == {6: 0.15, 12: 0.1, 24: 0.125}


# The power of pull


def test_pull_needs_those_of_ones_own_mind():
    rows = part("power_of_pull", "pull")
    rows["a"] = rows["a"].round(9)
    for (a, omega), found in rows.groupby(["a", "omega_1"]):
        if a < 0.2:
            wanted = "command" if omega <= 0.4 else "go_alone"
        else:
            wanted = "command" if omega == 0.2 and a < 0.4 else "collaborate"
        assert set(found["prevailing"]) == {wanted}, (a, omega)
    told = {
        (0.2, 0.4): (198, 297), (0.2, 0.6): (194, 222), (0.2, 0.8): (194, 222), (0.5, 0.4): (111, 128),
        (0.5, 0.6): (111, 128), (0.5, 0.8): (111, 128), (0.4, 0.2): (177, 261), (0.5, 0.2): (128, 165),
    }  # fmt: skip
    times = rows.set_index(["a", "omega_1", "assortment_kind"])["time_to_tip.collaborate"]
    for (a, omega), wanted in told.items():
        assert [times[a, omega, kind] for kind in ("focal", "founder")] == pytest.approx(wanted, abs=0.51)


# Wisdom


def test_wisdom_that_all_share_does_not_make_less_tip():
    rows = part("wisdom", "shared")
    rows["from"] = [start["collaborate"] for start in rows["start"]]
    assert {gain: least(found, "from") for gain, found in rows.groupby("gain")} == {0: 0.45, 0.5: 0.45, 1: 0.45, 2: 0.5}


def test_wisdom_of_ones_own_locks_in():
    rows = part("wisdom", "own")
    rows["from"] = [start["collaborate"] for start in rows["start"]]
    found = {
        gain: rows[(rows["gain"] == gain) & (rows["prevailing"] == "collaborate")]["from"].min() for gain in (0.5, 1, 2)
    }
    assert found == {0.5: 0.4, 1: 0.3, 2: 0.1}
    assert "collaborate" not in winners(rows, "gain")[0]
    undone = part("wisdom", "loss_of_own")
    assert undone["shift"].max() == pytest.approx(0.95)
    assert set(undone[undone["gain"] >= 1]["prevailing"]) == {"collaborate"}
    assert winners(undone, "gain")[0.5][-1] == "command"


def test_wisdom_keeps_out_those_who_go_alone():
    rows = part("wisdom", "lock")
    stands = rows[rows["prevailing"] == "collaborate"].groupby("gain")["omega"].max()
    assert stands.to_dict() == pytest.approx({0: 0.4, 0.5: 0.6, 1: 1.0, 2: 1.4})
    assert set(rows[rows["prevailing"] != "collaborate"]["prevailing"]) == {"go_alone"}


def test_wisdom_does_not_protect_and_is_lost():
    rows = part("wisdom", "loss")
    undone = rows[rows["prevailing"] == "command"]
    assert undone.groupby("gain")["shift"].min().to_dict() == pytest.approx({0: 0.6, 0.5: 0.55, 1: 0.55, 2: 0.5})
    assert undone["final_environment.K"].max() < 1e-6


# Pace


def test_pace_where_practice_refits_at_once():
    for name in ("closure", "at_once"):
        assert part("pace", name)["prevailing"].tolist() == ["command"] * 2 + ["collaborate"] * 4


def test_pace_lag_takes_the_protection_away():
    found = winners(part("pace", "lag"), "refit")
    assert found == {1: ["command"] + ["collaborate"] * 5} | {refit: ["collaborate"] * 6 for refit in (5, 20, 80)}


def test_pace_lag_protects_where_the_mean_does():
    rows = part("pace", "mild")
    assert {refit: least(found, "period") for refit, found in rows.groupby("refit")} == {1: 40, 20: 160, 80: 640}


# Small shifts


@pytest.mark.parametrize("name, size, cost", [("seed", 0.1, 0.10), ("subsidy", 0.3, 5.0), ("bias", 0.6, 15.8)])
def test_small_shifts_that_tip(name, size, cost):
    rows = part("small_shifts", name)
    assert least(rows) == pytest.approx(size)
    assert rows[rows["shift"].round(9) == size]["cost"].item() == pytest.approx(cost, abs=0.051)


def test_small_shifts_without_a_price():
    assert least(part("small_shifts", "assortment")) == pytest.approx(0.1)
    for name in ("friction", "details"):
        assert set(part("small_shifts", name)["prevailing"]) == {"command"}


def test_small_shifts_of_founder_groups():
    place = evo.load(FOLDER / "small_shifts.yaml").replace({"population.assortment_kind": "founder"}).model
    assert evo.exact.critical_seed(place, "command", "collaborate") == pytest.approx(0.15, abs=0.005)

"""What a run says of the shifts that it tried: against closed forms, and against counts that are made up."""

import dataclasses

import numpy as np
import pytest
from tipping_models import stag_hunt
from typer.testing import CliRunner

import evo
from evo import report
from evo.cli import app
from evo.precision import student, wilson
from evo.shifts import by_price, trials

SEED = {"kind": "seed", "at": 5, "size": 0.1, "to": "stag", "name": "push"}
SIZES = [0.1, 0.2, 0.3, 0.4]
WATCHED = [{"kind": "time_to_tip", "strategy": "stag"}, "final_mix", "prevailing", "cost"]


def hunted(**changes):
    """Seeds of four sizes in the stag hunt, whose critical seed is 1/4."""
    sweep = {"grid": {"interventions.0.size": SIZES}}
    data = stag_hunt().data | {"interventions": [SEED], "sweep": [sweep], "measure": WATCHED} | changes
    return evo.run(evo.Experiment.model_validate(data), progress=False)


@pytest.fixture(scope="module")
def found():
    return hunted()


def counted(found, tipped, of=20):
    """The same run with so many of 20 replicates tipped at each point, each at a cost of its size and some luck."""
    rows = []
    for point, count in enumerate(tipped):
        table = found.outcomes[found.outcomes["point"] == point]
        table = table.loc[table.index.repeat(of)].reset_index(drop=True)
        table["replicate"] = range(of)
        table["time_to_tip.stag"] = [10.0] * count + [np.nan] * (of - count)
        table["final_mix.stag"] = [1.0] * count + [0.0] * (of - count)
        table["cost"] = [SIZES[point] + 0.01 * (k % 2) for k in range(of)]
        rows.append(table)
    import pandas as pd

    few = found.experiment.replace({"population": {"kind": "well_mixed", "size": 30}, "dynamics.kind": "moran"})
    return dataclasses.replace(found, experiment=few, outcomes=pd.concat(rows, ignore_index=True))


def test_the_smallest_seed_is_the_first_beyond_the_separatrix(found):
    (trial,) = trials(found)
    assert trial.smallest.size == 0.3 and trial.smallest.cost == pytest.approx(0.3)
    assert "a seed of 0.3 of all for stag at generation 5, at a price of 0.3 per head; 0.2 does not" in trial.statement


def test_intervals_decide_and_disagreement_is_said(found):
    (trial,) = trials(counted(found, [0, 3, 11, 20]))
    verdicts = [one.verdict for one in trial.shifts]
    assert verdicts == ["does not tip", "does not tip", "cannot tell", "tips"]
    last = trial.shifts[-1]
    assert (last.low, last.high) == wilson(20, 20)
    assert (last.cheapest, last.dearest) == pytest.approx(student(0.405, np.std([0, 0.01] * 10, ddof=1), 20, 0.95))
    assert "a seed of 0.4 of all for stag" in trial.statement and "20 of 20 replicates" in trial.statement
    assert "0.2 does not (3 of 20" in trial.statement
    assert "replicates do not tell of 0.3 (11 of 20 replicates, 34% to 74%)" in trial.statement


@pytest.mark.parametrize(
    ("tipped", "told"),
    [
        ([0, 0, 0, 0], "none of the 4 shifts tried tips, up to a seed of 0.4 of all for stag at generation 5"),
        ([0, 0, 9, 12], "none of the 4 shifts tried tips clearly"),
        ([20, 20, 20, 20], "nothing smaller was tried"),
        ([0, 20, 0, 20], "0.1 does not (0 of 20 replicates, 0% to 16%); but 0.3, which is more, does not"),
    ],
)
def test_what_is_said_where_none_or_all_tip(found, tipped, told):
    (trial,) = trials(counted(found, tipped))
    assert told in trial.statement


def test_without_a_time_to_tip_the_point_without_it_is_what_is_left():
    """A change of the temptation, of size 0 at one point: stag prevails from 0.3 of all where h < 1.2 (s = 4)."""
    change = {"kind": "change", "at": 0, "size": 0, "set": {"parameters.h": "h - size"}}
    sweep = {"grid": {"interventions.0.size": [0, 0.5, 1, 1.5]}}
    changes = {"interventions": [change], "sweep": [sweep], "measure": ["prevailing"], "parameters": {"s": 4, "h": 2}}
    ran = hunted(**changes, run={"generations": 100, "start": {"stag": 0.3}})
    (trial,) = trials(ran)
    assert trial.without.point == 0 and trial.without.verdict == "does not tip"
    assert trial.smallest.size == 1 and "who does without" in trial.meaning
    assert "the change h = h - size with size 1 from generation 0; 0.5 does not" in trial.statement
    beyond = hunted(**changes | {"sweep": [{"grid": {"interventions.0.size": [1, 1.5]}}]})
    assert trials(beyond) == []  # nothing says who tipped


def test_parts_are_compared_by_price_and_other_settings_tell_apart():
    subsidy = {"kind": "subsidy", "at": 0, "until": "x_stag > 0.5", "size": 2, "to": "stag", "name": "push"}
    sweep = [
        {"name": "seed", "grid": {"interventions.0.size": SIZES, "parameters.h": [1, 2]}},
        {"name": "paid", "set": {"interventions": [subsidy]}, "grid": {"interventions.0.size": [0.5, 2]}},
    ]
    ran = hunted(sweep=sweep, run={"generations": 100, "start": {"stag": 0.05}})
    low, high, paid = trials(ran)
    assert (low.place, high.place, paid.place) == ({"parameters.h": 1}, {"parameters.h": 2}, {})
    assert low.smallest.size == 0.3 and high.smallest is None  # 0.05 and more of stag, beyond 1/4 and 1/2
    assert by_price([low, high, paid]).startswith("by price, the cheapest that tips of each: a seed of 0.3")


def test_a_parameter_that_is_the_size_is_no_other_setting():
    sweep = {"grid": {"parameters.dose": SIZES, "parameters.h": [1, 2]}}
    parameters = {"s": 4, "h": 1, "dose": 0.1}
    one, two = trials(hunted(sweep=[sweep], parameters=parameters, interventions=[SEED | {"size": "dose"}]))
    assert [shift.size for shift in one.shifts] == SIZES and one.smallest.size == 0.3
    assert two.place == {"parameters.h": 2} and two.smallest is None


def test_a_shift_that_lasts_no_longer_than_it_is_held_has_not_tipped():
    """A seed of 0.6 stands above one half at once; where hare is worth more, it is lost again."""
    sweep = {"grid": {"interventions.0.size": [0.6, 0.9]}}
    (trial,) = trials(hunted(sweep=[sweep], parameters={"s": 4, "h": 3}))
    assert [one.verdict for one in trial.shifts] == ["does not tip", "tips"]


def test_the_command_and_the_report_say_the_same(found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hunt.yaml").write_text(evo.dump(found.experiment))
    done = CliRunner().invoke(app, ["run", "hunt.yaml", "--no-plots"])
    assert done.exit_code == 0, done.output
    (trial,) = trials(found)
    assert trial.statement in " ".join(done.output.split())
    page = (tmp_path / "runs" / "hunt" / "report.html").read_text(encoding="utf-8")
    assert "<h3>Smallest shifts</h3>" in page and trial.statement[1:] in page
    plain = evo.run(stag_hunt(), progress=False)
    assert trials(plain) == [] and report.shifts.shifts(plain) is None

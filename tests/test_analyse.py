"""`evo analyse`: its tables are what the exact functions say; what does not apply says why; wrong input is answered in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from two_strategies import config_of
from typer.testing import CliRunner

import evo
from evo import exact, traits
from evo.analysis import QUESTIONS, Range, analyse
from evo.analysis.finite import nearest_counts
from evo.analysis.infinite import mix_words
from evo.cli import app
from evo.cli.analyse import NAMES
from evo.cli.answers import cell

CONFIGS = Path(__file__).parents[1] / "configs"
STAG = """
title: Stags and hares
parameters: {hare: 3}
strategies: {hunt: {label: hunt the stag}, gather: {}}
game: {kind: matrix, payoffs: [[4, 0], [hare, hare]]}
dynamics: {kind: pairwise_comparison}
run: {generations: 20, until: converged}
"""
FINITE = ["--set", "population={kind: well_mixed, size: 20}"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stag.yaml").write_text(STAG)
    return tmp_path


def call(*arguments, status=0):
    """Output of a command, after its exit status was checked."""
    result = CliRunner().invoke(app, list(arguments), prog_name="evo")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


def finite(payoffs, size=12, rule="moran", **parts):
    config = {"schema_version": 1, "run": {"generations": 1}} | config_of(payoffs, size, rule, **parts)
    return evo.loads(json.dumps(config))


def infinite(payoffs, rule="replicator", **parts):
    config = config_of(payoffs, 2, rule, **parts) | {"population": {"kind": "infinite"}}
    return evo.loads(json.dumps({"schema_version": 1, "run": {"generations": 1}} | config))


# ---- tables


def test_rest_points_are_those_of_the_exact_function_with_how_complete_they_are():
    asked = infinite([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    answer = analyse(asked, what=["rest-points", "stability"])
    found = exact.rest_points(asked.model)
    table = answer["rest-points"].table
    assert table[["S0", "S1", "S2"]].to_numpy() == pytest.approx(np.array([point.mix for point in found]))
    assert table["stability"].tolist() == [point.stability for point in found]
    assert table["Nash"].tolist() == [point.nash for point in found]
    assert answer["rest-points"].method == found.statement
    values = answer["stability"].more["eigenvalues"]
    whole = np.concatenate([point.eigenvalues for point in found])
    assert values["real"].to_numpy() + 1j * values["imaginary"].to_numpy() == pytest.approx(whole, abs=1e-12)
    period = answer["stability"].table["period"].to_numpy()
    assert np.isnan(period[:3]).all() and period[3] == pytest.approx(2 * np.pi * np.sqrt(3))


def test_edges_say_who_invades_and_from_which_share():
    asked = infinite([[4, 0, 5], [3, 3, 1], [1, 2, 2]])
    table = analyse(asked, what=["edges", "invasion"])["edges"].table.set_index(["first", "second"])
    pair = table.loc[("S0", "S1")]
    assert pair["relation"] == "bistable" and pair["rest points (share of first)"] == "0.75 unstable"
    assert (pair["seed of first"], pair["seed of second"]) == pytest.approx((0.75, 0.25))
    assert table.loc[("S0", "S2"), "relation"] == "S0 dominates"
    advantage = analyse(asked, what=["invasion"])["invasion"].table.drop(columns="resident").to_numpy()
    assert advantage == pytest.approx(exact.invasion(asked.model))
    for (first, second), row in table.iterrows():
        i, j = int(first[1]), int(second[1])
        assert (row["seed of first"] == 0) == (advantage[j, i] > 0) and (row["seed of second"] == 0) == (
            advantage[i, j] > 0
        )


def test_edges_are_refused_where_copying_leans():
    asked = infinite([[4, 0], [3, 3]], "pairwise_comparison", selection={"conformity": 2})
    answer = analyse(asked)
    assert "edges" not in answer and "rest-points" in answer
    with pytest.raises(KeyError, match="it leans"):
        answer["edges"]


def test_fixation_of_all_pairs_against_the_exact_function():
    asked = finite([[0, 3, 1], [1, 2, 4], [2, 0, 1]], size=15)
    table = analyse(asked, what=["fixation"])["fixation"].table
    assert len(table) == 6
    for row in table.itertuples(index=False):
        found = exact.fixation(asked.model, mutant=row.mutant, resident=row.resident)
        assert row.rho == pytest.approx(found.probability, rel=1e-12)
        assert row.generations == pytest.approx(found.steps / 15)
        assert row[table.columns.get_loc("given fixation")] == pytest.approx(found.conditional_steps / 15)
        assert row[table.columns.get_loc("rho*Z")] == pytest.approx(15 * found.probability)
        assert row[table.columns.get_loc("against drift")] == ("favoured" if found.probability > 1 / 15 else "opposed")


def test_probabilities_below_the_least_double_keep_their_power_of_ten():
    asked = finite([[0, 0], [1, 1]], size=600, intensity=3)
    answer = analyse(asked, what=["fixation"])["fixation"]
    row = answer.table.set_index("mutant").loc["S0"]
    assert row["rho"] == 0 and row["log10 rho"] == pytest.approx(-3 * 599 / np.log(10), rel=1e-3)
    assert "log10 rho" in answer.shown
    assert "log10 rho" not in analyse(finite([[0, 0], [1, 1]]), what=["fixation"])["fixation"].shown


def test_fixation_in_an_environment_that_switches_is_that_of_its_law():
    law = {"e": {"kind": "switching", "values": [0.0, 2.0], "rates": [[-0.5, 0.5], [0.5, -0.5]]}}
    asked = finite([["e", 1], [1, 1]], size=8, environment=law, parameters={"e": 0})
    answer = analyse(asked)
    row = answer["fixation"].table.set_index("mutant").loc["S0"]
    found = exact.switching_fixation(asked.model, mutant="S0", resident="S1")
    assert row["rho"] == pytest.approx(found.mean_probability[1]) and row["generations"] == pytest.approx(
        found.mean_steps[1] / 8
    )
    weights = found.stationary * found.probability[:, 1]
    assert row["given fixation"] == pytest.approx(weights @ found.conditional_steps[:, 1] / weights.sum() / 8)
    assert "hold it at a value, --environment e=VALUE" in {r.name: r.reason for r in answer.refused}["small-mutation"]
    held = analyse(asked, environment={"e": 2.0})
    assert not held.refused
    constant = exact.fixation(asked.model, mutant="S0", resident="S1", environment={"e": 2.0})
    assert held["fixation"].table.set_index("mutant").loc["S0", "rho"] == pytest.approx(constant.probability)


def test_rare_mutations_and_the_chain_of_all_states():
    asked = finite([[0, 3, 1], [1, 2, 4], [2, 0, 1]], size=10, mutation={"rate": 0.05})
    answer = analyse(asked)
    assert [one.name for one in answer.answers] == ["fixation", "small-mutation", "stationary", "dominance"]
    assert answer["small-mutation"].table["share of the time"].to_numpy() == pytest.approx(
        exact.small_mutation(asked.model).stationary
    )
    found = exact.stationary(asked.model)
    assert answer["stationary"].table["mean share"].to_numpy() == pytest.approx(found.mean)
    states = answer["stationary"].more["states"]
    assert states["probability"].sum() == pytest.approx(1) and len(states) == 66
    assert answer["stationary"].table["nobody plays it"].iloc[0] == pytest.approx(
        states.loc[states["S0"] == 0, "probability"].sum()
    )


def test_without_mutation_someone_takes_over():
    asked = finite([[0, 3], [1, 2]], size=10, run={"generations": 1, "start": {"S0": 0.3}})
    answer = analyse(asked)
    assert "stationary" not in answer
    row = answer["absorption"].table.iloc[0]
    assert row["start"] == "the config's: 3 S0, 7 S1"
    assert row["S0 takes over"] == pytest.approx(
        exact.fixation(asked.model, mutant="S0", resident="S1", start=3).probability
    )


def test_what_is_about_other_models_says_so():
    answer = analyse(finite([[0, 3], [1, 2]]), what=["rest-points", "invasibility", "stationary"])
    reasons = {refusal.name: refusal.reason for refusal in answer.refused}
    assert not answer.answers and "infinite populations" in reasons["rest-points"]
    assert "continuous traits" in reasons["invasibility"] and "see absorption" in reasons["stationary"]
    innovative = analyse(finite([[0, 3], [1, 2]], rule="introspection"))
    assert "stationary" in innovative and "fixation" in {refusal.name for refusal in innovative.refused}
    with pytest.raises(ValueError, match="did you mean 'fixation'"):
        analyse(finite([[0, 3], [1, 2]]), what=["fixatoin"])


def test_dominance_and_gradient_of_a_stag_hunt():
    asked = evo.loads(STAG)
    answer = analyse(asked)
    row = answer["dominance"].table.iloc[0]
    assert (row["risk dominant"], row["payoff dominant"]) == ("gather", "hunt") and not row["first when rare"]
    assert answer["gradient"].table["share of first"].tolist() == pytest.approx([0.75])
    assert answer["basins"].table["volume"].tolist() == pytest.approx([0.25, 0.75])


def test_two_roles_have_equilibria():
    names = {name: {"role": name[:3]} for name in ("his_a", "his_b", "her_a", "her_b")}
    config = {
        "strategies": names,
        "game": {"kind": "bimatrix", "row": [[2, 0], [0, 1]], "column": [[1, 0], [0, 2]]},
        "dynamics": {"kind": "replicator"},
        "run": {"generations": 1},
    }
    answer = analyse(evo.loads(json.dumps(config)))
    table = answer["nash"].table
    inside = table[(table["his_a"] > 0) & (table["his_a"] < 1)].iloc[0]
    assert len(table) == 3 and table["isolated"].all()
    assert inside[["his_a", "her_a", "payoff to his", "payoff to her"]].tolist() == pytest.approx(
        [2 / 3, 1 / 3, 2 / 3, 2 / 3]
    )
    assert {"rest-points", "basins", "separatrices"} <= {one.name for one in answer.answers}


def test_over_a_parameter():
    answer = analyse(evo.loads(STAG), over=Range("parameters.hare", 1, 5))
    [event] = answer["branches"].table.to_dict("records")
    assert event["event"] == "transcritical" and event["parameters.hare"] == pytest.approx(4)
    asked = finite([[0, 3], [1, 2]], size=10, mutation={"rate": 0.02})
    table = analyse(asked, over=Range("population.size", 5, 20, 4))["dependence"].more["all"]
    assert table["population.size"].tolist() == [5, 10, 15, 20]
    for row in table.to_dict("records"):
        model = asked.replace({"population.size": row["population.size"]}).model
        assert row["rare: S0"] == pytest.approx(exact.small_mutation(model).stationary[0])
        assert row["mean: S0"] == pytest.approx(exact.stationary(model).mean[0])


def test_continuous_traits():
    model = traits.load(CONFIGS / "traits" / "continuous_snowdrift.yaml")
    answer = analyse(model)
    assert answer["singular-points"].table["x"].tolist() == pytest.approx([0.6])
    assert answer["singular-points"].table["kind"].tolist() == ["branching point"]
    assert answer["invasibility"].more["fitness"].shape == (201, 202)


def test_counts_nearest_to_shares():
    assert nearest_counts(np.array([0.5, 0.3, 0.2]), 10).tolist() == [5, 3, 2]
    assert nearest_counts(np.full(3, 1 / 3), 10).sum() == 10
    assert nearest_counts(np.array([0.0, 1.0]), 7).tolist() == [0, 7]


def test_words_for_mixes_and_values():
    assert mix_words(("a", "b"), np.array([1.0, 0.0])) == "a"
    assert mix_words(("a", "b"), np.array([0.25, 0.75])) == "0.25 a + 0.75 b"
    assert [cell(value) for value in (None, True, np.nan, 1e-30, -0.5, np.inf, 3)] == [
        "open",
        "yes",
        "–",
        "1e−30",
        "−0.5",
        "∞",
        "3",
    ]


# ---- the command


def test_the_command_prints_tables_and_writes_a_folder(folder):
    output = call("analyse", "stag.yaml")
    for words in ("Rest points", "unstable node", "method: all rest points: the linear system", "error: ", "bistable"):
        assert words in output
    place = folder / "runs" / "stag-analysis"
    about = json.loads((place / "analysis.json").read_text())
    assert sorted(about["files"]) == sorted(path.name for path in place.iterdir() if path.name != "analysis.json")
    assert about["answers"]["basins"]["method"].startswith("exact intervals") and about["refused"] == {}
    assert {"gradient.png", "gradient.svg", "gradient.pdf", "rest-points.csv"} <= set(about["files"])
    table = pd.read_csv(place / "rest-points.csv")
    assert table["hunt"].tolist() == pytest.approx([1, 0, 0.75])


def test_an_analysis_replaces_the_one_before_and_nothing_else(folder):
    call("analyse", "stag.yaml", "--out", "out", "--no-figures")
    assert (folder / "out" / "basins.csv").exists()
    call("analyse", "stag.yaml", "--out", "out", "--what", "invasion", "--no-figures")
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["analysis.json", "invasion.csv"]
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("mine")
    assert "holds no analysis" in call("analyse", "stag.yaml", "--out", "mine", status=2)
    call("run", "stag.yaml", "--no-plots")
    assert "holds a run" in call("analyse", "stag.yaml", "--out", "runs/stag", status=2)


def test_another_population_is_asked_about_whatever_the_run_waits_for():
    output = call("analyse", "stag.yaml", *FINITE, "--what", "fixation,gradient", "--no-figures")
    assert "well-mixed population of 20" in output and "opposed" in output


def test_a_sweep_that_does_not_fit_another_population_does_not_matter(folder):
    swept = STAG.replace("until: converged", "until: generations") + "sweep: {grid: {population.size: [10, 20]}}\n"
    (folder / "swept.yaml").write_text(swept + "population: {kind: well_mixed, size: 10}\n")
    output = call("analyse", "swept.yaml", "--set", "population={kind: infinite}", "--what", "edges", "--no-figures")
    assert "0.75 unstable" in output
    assert "'infinitely'" in call("analyse", "swept.yaml", "--set", "population={kind: infinitely}", status=2)


def test_over_a_path_on_the_command_line(folder):
    output = call("analyse", "stag.yaml", "--over", "parameters.hare=1..5")
    assert "transcritical" in output and (folder / "runs/stag-analysis/branches.png").exists()
    output = call("analyse", "stag.yaml", *FINITE, "--over", "parameters.hare=1..5", "--points", "3", "--out", "finite")
    assert "rare: hunt" in output and (folder / "finite" / "dependence.png").exists()


def test_refusals_are_told_once_per_reason(folder):
    law = "\nenvironment: {hare: {kind: trend, start: 1, rate: 0.1}}\n"
    (folder / "moving.yaml").write_text(STAG.replace("until: converged", "until: generations") + law)
    output = call("analyse", "moving.yaml", status=2)
    assert output.count("hare moves (trend)") == 1 and "there is no answer" in output
    output = call("analyse", "moving.yaml", "--environment", "hare=2", "--what", "edges", "--no-figures")
    assert "0.5 unstable" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--what", "fixatoin"], "did you mean 'fixation'"),
        (["--what", "everything at all"], "questions: nash, rest-points"),
        (["--over", "parameters.hare"], "not of the form PATH=LOW..HIGH"),
        (["--over", "parameters.hare=5..1"], "the first number is not below the second"),
        (["--over", "parameters.hare=a..1"], "'a' is not a number"),
        (["--over", "parameters.rabbit=0..1"], "is not a parameter"),
        (["--over", "dynamics.kind=0..1"], "dynamics"),
        (["--environment", "hare=2"], "no variable of the environment; the config has none"),
        (["--environment", "hare"], "not of the form NAME=VALUE"),
        (["--set", "parameters.rabbit=1"], "is not a parameter"),
        (["--what", "fixation"], "about finite populations"),
    ],
)  # fmt: skip
def test_wrong_input_is_answered_in_words(arguments, words):
    output = " ".join(call("analyse", "stag.yaml", *arguments, status=2).replace("│", " ").split())
    assert words in output


def test_files_that_are_no_configs():
    assert "there is no file" in call("analyse", "none.yaml", status=2)
    Path("broken.yaml").write_text("a: [1, 2")
    call("analyse", "broken.yaml", status=2)


def test_a_config_of_traits_has_a_picture(folder):
    config = str(CONFIGS / "traits" / "continuous_snowdrift.yaml")
    assert "branching point" in call("analyse", config, "--out", "traits")
    assert (folder / "traits" / "invasibility.png").exists()
    assert "nothing can be set" in call("analyse", config, "--set", "parameters.b1=5", status=2)


def test_help_names_every_question():
    named = NAMES.replace(";", ",").replace(":", ",").replace(".", ",").split(",")
    assert set(QUESTIONS) <= {word.strip() for word in named}

"""The command on a population on a lattice: all measures and pictures that well-mixed ones have."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from evo.cli import app

LATTICE = """
title: Cooperation on a lattice
question: Do neighbours help?
strategies: {C: {traits: {calm: 1.0}}, D: {}}
environment:
  e: {kind: periodic, mean: 1.4, amplitude: 0.1, period: 5}
game: {kind: matrix, payoffs: [[1, 0], [e, 0]]}
population: {kind: network, graph: {kind: square, rows: 4, columns: 4}}
dynamics: {kind: pairwise_comparison}
run: {generations: 6, replicates: 3, start: {C: 0.5}, burn_in: 1}
sweep:
  grid: {selection.intensity: [1, 10], game.payoffs.0.0: [1, 1.2]}
measure: [final_mix, mean_mix, prevailing, {kind: time_to_tip, strategy: C}, fixed, time_to_fixation, mean_payoff, gini,
          diversity, environment, duration]
plots: [paths, mix, compare, {kind: prevail, x: selection.intensity, y: game.payoffs.0.0}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(LATTICE)
    return tmp_path


def call(*arguments, status=0):
    result = CliRunner().invoke(app, list(arguments), prog_name="evo")
    assert result.exit_code == status, result.output
    return result.output


@pytest.mark.pure
def test_check_show_run_and_plot(folder):
    assert "network population" in call("check", "net.yaml")
    assert "kind: square" in call("show", "net.yaml")
    assert "Who prevails" in call("run", "net.yaml", "--out", "out")
    outcomes = pd.read_parquet(folder / "out" / "outcomes.parquet")
    assert len(outcomes) == 12
    assert (
        outcomes[["mean_mix.C", "final_payoff", "mean_payoff", "gini", "diversity", "duration"]].notna().all(axis=None)
    )
    assert ((outcomes["fixed"].isna()) | (outcomes["final_mix.C"].isin([0.0, 1.0]))).all()
    for picture in ("paths", "mix", "compare", "prevail"):
        assert (folder / "out" / f"{picture}.png").stat().st_size > 10_000
    again = call("run", "net.yaml", "--out", "again", "--workers", "2")
    assert "Who prevails" in again
    assert outcomes.equals(pd.read_parquet(folder / "again" / "outcomes.parquet"))


@pytest.mark.pure
def test_analyse_answers_nothing_that_it_does_not_know():
    said = call("analyse", "net.yaml", "--environment", "e=1.4", status=2)
    assert "well-mixed" in said and "network" in said

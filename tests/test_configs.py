"""Every config that ships: it loads, comes back from its own dump, and runs."""

from pathlib import Path

import pytest

import evo
from evo.canonical import plain

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_config(path):
    experiment = evo.load(path)
    assert experiment.title and experiment.question and experiment.plots
    assert evo.loads(evo.dump(experiment)) == experiment
    shorter = [part.ends.model_copy(update={"name": part.name}) for part in experiment.sweep]
    short = evo.Experiment.model_validate(
        experiment.data | {"sweep": [plain(part) for part in shorter], "plots": []}
    ).replace({"run.replicates": 2})
    points = sum(1 for _ in short.points())
    result = evo.run(short, progress=False)
    assert result.outcomes["point"].nunique() == points
    assert len(result.failures) == 0
    shares = result.outcomes.filter(like="final_mix.")
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-12)


def result_at(name, **settings):
    """Outcomes of one point of a config, `where` naming paths with __ for the dot."""
    experiment = evo.load(Path(__file__).parent.parent / "configs" / f"{name}.yaml")
    bare = evo.Experiment.model_validate({k: v for k, v in experiment.data.items() if k not in ("sweep", "plots")})
    return evo.run(bare.replace({path.replace("__", "."): value for path, value in settings.items()}), progress=False).outcomes


def test_neutral_takeover_is_one_over_the_size():
    found = result_at("prisoners_dilemma", parameters__beta=0, run__start={"cooperate": 0.05})
    taken = (found["fixed"] == "cooperate").sum()
    from scipy.stats import binomtest

    assert binomtest(int(taken), len(found), 1 / 20).pvalue > 1e-4
    assert binomtest(int(taken), len(found), 1 / 10).pvalue < 1e-4


def test_hawks_settle_at_prize_over_cost():
    experiment = evo.load(Path(__file__).parent.parent / "configs" / "hawk_dove.yaml")
    theory = experiment.parameters["prize"].value / experiment.parameters["cost"].value
    found = result_at("hawk_dove", population__size=1000)
    assert found["mean_mix.hawk"].mean() == pytest.approx(theory, abs=0.01)


@pytest.mark.parametrize(("share", "winner"), [(0.7, "gather"), (0.8, "hunt")])
def test_stag_hunt_divides_at_hare_over_stag(share, winner):
    found = result_at("stag_hunt", run__start={"hunt": share}, run__generations=400)
    assert found["prevailing"].tolist() == [winner]


def test_rock_paper_scissors_cycles_where_a_win_is_worth_a_loss():
    found = result_at("rock_paper_scissors", parameters__win=1)
    assert found["prevailing"].tolist() == ["cycle"]
    assert found["period"].iloc[0] > 2 * 3.14159 * 3**0.5  # of small cycles; larger ones take longer


def test_public_goods_go_round_with_loners():
    assert result_at("public_goods", parameters__r=3)["prevailing"].tolist() == ["cycle"]
    assert result_at("public_goods", parameters__r=1.8)["final_mix.stay_out"].iloc[0] > 0.99

"""Populations in groups: the kernels against everybody by name on the same seed, and what holds for all of them."""

import numpy as np
import pytest
from examples import model_of
from grouped import SAME, case_of, in_groups, recorded
from naive.demes import Demes

from evo.canonical import point_hash
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan
from evo.simulation.groups import number_of_groups


@pytest.mark.pure
@pytest.mark.parametrize("name", SAME)
def test_is_the_run_of_everybody_by_name(name):
    """Counts of every group and mean payoffs, at every record; three replicates each."""
    config = case_of(name)
    path = recorded(config, replicates=3, start={"A": 0.3, "B": 0.5}, record_every=1.0)
    changed = 0
    for replicate in range(3):
        point = point_hash(path.model, {"A": 0.3, "B": 0.5})
        twin = Demes(config, [0.3, 0.5, 0.2], 4, replicate, point).run(3.0)
        for time, (counts, mean) in enumerate(twin):
            np.testing.assert_array_equal(path.groups[replicate, time], counts)
            assert path.payoff[replicate, time] == pytest.approx(mean, abs=1e-11)
        changed += twin[0][0] != twin[-1][0]
    assert changed


@pytest.mark.parametrize("name", SAME)
def test_nobody_is_lost(name):
    config = case_of(name)
    population = config["population"]
    path = recorded(config, 5.0, 3, start="random", record_every=0.5)
    assert path.groups.min() >= 0 and (path.groups == np.rint(path.groups)).all()
    members = path.groups.sum(axis=3)
    if "splitting" in str(population):
        full = population["size"] - (population["dynamics"].get("resident") != "full")
        assert members.min() >= 1 and members.max() <= full
    else:
        assert (members == population["size"]).all()
    shares = path.groups.sum(axis=2) / path.groups.sum(axis=(2, 3))[:, :, None]
    np.testing.assert_allclose(path.mix, shares, atol=1e-12)
    assert np.isfinite(path.payoff).all()


@pytest.mark.parametrize(
    "name", ["sectors", "splitting, all", "global, strong", "extinction", "wright_fisher crossing"]
)
def test_a_replicate_depends_on_its_number_alone(name):
    model = Model.model_validate(case_of(name))
    plan = plan_of([0.4, 0.4, 0.2], generations=6.0, record_every=1.0, burn_in=2.0, tolerance=1e-8,
                   until="generations", rest=0.0, averages=True, watched=[(0, 0.5, 1.0)])  # fmt: skip
    asked = {"seed": 3, "point": 5, "groups": number_of_groups(model)}
    together = run_plan(model, plan, replicates=5, workers=2, **asked)
    for number in range(5):
        alone = run_plan(model, plan, replicates=1, first=number, **asked)
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], many[number])
    often = run_plan(model, plan._replace(record_every=0.5, records=13), replicates=5, **asked)
    np.testing.assert_array_equal(often.groups[:, ::2], together.groups)


@pytest.mark.parametrize("name", ["pairwise_comparison crossing", "splitting, all", "global", "contests", "extinction",
                                  "imitation crossing", "wright_fisher crossing", "game of three"])  # fmt: skip
def test_averages_are_those_of_every_step(name):
    model = Model.model_validate(case_of(name, mutation={"rate": 0.1}))
    whole = model.lowered.meeting.whole if name != "wright_fisher crossing" else 1
    plan = plan_of([0.4, 0.4, 0.2], generations=8.0, record_every=1 / whole, burn_in=2.0, tolerance=1e-8,
                   until="generations", rest=0.0, averages=True, watched=[(0, 0.5, 0.0)])  # fmt: skip
    recording = run_plan(model, plan, seed=3, point=5, replicates=4)
    states, pays = recording.mix[:, 2 * whole : -1], recording.payoff[:, 2 * whole : -1]
    np.testing.assert_allclose(recording.means[:, :3], states.mean(axis=1), atol=1e-11)
    np.testing.assert_allclose(recording.numbers[:, 3], pays.mean(axis=1), atol=1e-11)
    np.testing.assert_allclose(recording.final[:, :3], recording.mix[:, -1])
    present = recording.final[:, :3] > 0
    earned = np.where(present, recording.final[:, :3] * recording.final[:, 3:6], 0).sum(axis=1)
    np.testing.assert_allclose(earned, recording.payoff[:, -1], atol=1e-11)
    first = [np.argmax(row >= 0.5) / whole if (row >= 0.5).any() else np.nan for row in recording.mix[:, :, 0]]
    np.testing.assert_allclose(recording.tipped[:, 0], first, atol=1e-9)


def test_payoffs_follow_environment_and_mix_of_the_whole():
    """A cell that reads the environment and the population's mix: mean payoffs worked out from every group's counts."""
    config = in_groups(
        model_of(2, {"kind": "matrix", "payoffs": [["e*x_A", "1"], ["e - x_B", "0.5"]]}),
        groups=3,
        size=4,
        migration=0.2,
    ) | {
        "environment": {"e": {"kind": "trend", "start": 0.5, "rate": 0.25}},
        "dynamics": {"kind": "moran"},
    }
    for competition in ("local", "global"):
        config["population"]["competition"] = competition
        path = recorded(config, 6.0, 3)
        for counts, mix, mean, e in zip(path.groups.reshape(-1, 3, 2), path.mix.reshape(-1, 2), path.payoff.ravel(),
                                        path.environment.ravel(), strict=True):  # fmt: skip
            table = [[e * mix[0], 1.0], [e - mix[1], 0.5]]
            total = sum(
                k[i] * sum(table[i][j] * (k[j] - (i == j)) for j in (0, 1)) / 3 for k in counts for i in (0, 1) if k[i]
            )
            assert mean == pytest.approx(total / 12, abs=1e-12)
        assert np.ptp(path.environment[0, :, 0]) > 1

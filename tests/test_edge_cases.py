"""What once went wrong in silence: numbers that are not finite, fractions of steps, sole individuals, unequal roles."""

from pathlib import Path

import numpy as np
import pytest

import evo

CONFIGS = Path(__file__).parent.parent / "configs"
ONE = {
    "strategies": ["a", "b"],
    "game": {"kind": "matrix", "payoffs": [[1, 0], [2, 0.5]]},
    "population": {"kind": "well_mixed", "size": 10},
    "dynamics": {"kind": "pairwise_comparison"},
    "run": {"generations": 10},
}


def experiment(**parts):
    import yaml

    return evo.loads(yaml.safe_dump(ONE | parts))


@pytest.mark.parametrize("formula", ["0/z", "1/z", "-1/z"])
@pytest.mark.parametrize(
    "parts",
    [
        {"selection": {"intensity": None}},
        {"selection": {"conformity": None}},
        {"mutation": {"rate": None}},
        {"population": {"kind": "well_mixed", "size": None}},
        {"dynamics": {"kind": "aspiration", "level": None}},
        {"dynamics": {"kind": "local_update", "largest_difference": None}},
    ],
)
def test_a_number_that_is_not_finite_is_refused(parts, formula):
    filled = {
        name: {key: formula if value is None else value for key, value in part.items()} for name, part in parts.items()
    }
    with pytest.raises(evo.ConfigError, match="must be a finite number"):
        experiment(parameters={"z": 0}, **filled)


@pytest.mark.parametrize("kind", ["moran", "imitation", "wright_fisher"])
def test_nobody_with_fitness_stops_the_run(kind):
    model = experiment(
        game={"kind": "matrix", "payoffs": [[0, 0], [0, 0]]}, dynamics={"kind": kind}, selection={"fitness": "linear"}
    ).model
    with pytest.raises(evo.SimulationError, match="0 for everybody"):
        evo.simulate(model, generations=10)


@pytest.mark.parametrize("kind", ["infinite", "well_mixed, size: 10"])
@pytest.mark.parametrize("rule", ["local_update", "proportional_imitation"])
def test_a_chance_beyond_one_stops_the_run(kind, rule):
    population = {"kind": "infinite"} if kind == "infinite" else ONE["population"]
    model = experiment(population=population, dynamics={"kind": rule, "largest_difference": 0.01}).model
    with pytest.raises(evo.SimulationError, match="largest_difference"):
        evo.simulate(model, generations=10)


@pytest.mark.parametrize("generations", [1e19, 1e300])
def test_more_steps_than_can_be_counted_are_refused(generations):
    with pytest.raises(evo.ConfigError, match="steps"):
        experiment(run={"generations": generations})


@pytest.mark.parametrize("run", [{"generations": 10.6}, {"generations": 0.3}, {"generations": 10, "burn_in": 9.9}])
def test_fractions_of_a_generation_that_moves_at_once_are_refused(run):
    with pytest.raises(evo.ConfigError, match="multiple"):
        experiment(dynamics={"kind": "wright_fisher"}, run=run)


@pytest.mark.parametrize("leap", [0.7, 1e-12])
def test_a_leap_is_a_part_of_a_generation(leap):
    with pytest.raises(evo.ConfigError, match=r"population\.leap.*1/n"):
        experiment(population=ONE["population"] | {"leap": leap})


def test_a_sole_best_individual_is_replaced_at_any_strength():
    """Left out of those it may copy, it must not make the weights of all others vanish."""
    parts = {
        "game": {"kind": "matrix", "payoffs": [[1, 1], [0, 0]]},
        "dynamics": {"kind": "imitation", "own": "excluded"},
    }
    gone = {}
    for beta in (10, 1e6):
        model = experiment(selection={"intensity": beta}, **parts).model
        ends = evo.simulate(model, generations=1, replicates=2000, seed=1, start={"a": 0.1}).mix[:, -1, 0]
        gone[beta] = (ends == 0).mean()
    assert gone[1e6] == pytest.approx(gone[10], abs=0.03)
    assert gone[1e6] > 0.05


def test_unequal_roles_weigh_by_their_size_with_noise_too():
    strategies = {"a": {"role": "m"}, "b": {"role": "m"}, "c": {"role": "f"}, "d": {"role": "f"}}
    game = {"kind": "bimatrix", "row": [[1, 1], [1, 1]], "column": [[0, 0], [0, 0]]}
    for dynamics in ({"kind": "moran"}, {"kind": "langevin", "of": {"kind": "moran"}}):
        population = {"kind": "well_mixed", "size": {"m": 5, "f": 20}}
        model = experiment(strategies=strategies, game=game, population=population, dynamics=dynamics).model
        assert evo.simulate(model, generations=2).payoff == pytest.approx(np.full((1, 3), 0.2))


def test_a_feedback_law_that_reads_the_mix_leaves_the_payoffs_alone():
    environment = {"e": {"kind": "feedback", "start": 0.5, "rate": "x_a - e"}}
    model = experiment(environment=environment, game={"kind": "matrix", "payoffs": [["e", 0], [2, 0.5]]}).model
    assert not model.lowered.game.reads_mix


@pytest.mark.parametrize("name", ["rock_paper_scissors", "public_goods"])
def test_separatrices_do_not_run_along_the_boundary(name):
    flow = evo.load(CONFIGS / f"{name}.yaml").replace(
        {"population": {"kind": "infinite"}, "dynamics": {"kind": "replicator"}}
    )
    for curve in evo.exact.separatrices(flow.model).curves:
        assert np.asarray(curve.mix)[len(curve.mix) // 2].min() > 1e-12

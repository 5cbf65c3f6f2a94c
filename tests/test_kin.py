"""Experiments that differ in the values of parameters: built from each other as they are built anew."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evo
from evo import _spec
from evo._errors import ConfigError
from evo.experiment import Experiment

pytestmark = pytest.mark.pure

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
READS_ITS_NUMBERS = """
parameters: {b: 3, c: 1, strength: 0.5, size: 40, rate: 0.01, speed: 0.2, high: 2, unread: 7}
strategies: {give: {traits: {warmth: 1}}, take: {}}
game: {kind: matrix, let: {net: b - c}, payoffs: [[net, -c], ["b * wealth", 0]]}
environment:
  wealth: {kind: feedback, rate: "speed * (x_give - wealth) * high", start: "strength"}
selection: {intensity: "strength * 2", bias: {weights: {warmth: "c"}, strength: "strength"}}
mutation: {rate: rate}
population: {kind: well_mixed, size: "size"}
dynamics: {kind: moran}
run: {generations: 10, start: {give: 0.5}}
"""
LARGEST_DIFFERENCE = """
parameters: {b: 3}
strategies: [one, other]
game: {kind: matrix, payoffs: [[b, 0], [1, 2]]}
population: {kind: well_mixed, size: 20}
dynamics: {kind: local_update}
run: {generations: 10, start: {one: 0.5}}
"""
CALCULATED = """
parameters: {b: 3, c: 1, error: 0.01}
strategies: [tit_for_tat, all_d]
game:
  kind: repeated
  stage: {kind: donation, benefit: b, cost: c}
  plays: {tit_for_tat: TFT, all_d: ALLD}
  discount: 0.9
  error: error
dynamics: {kind: replicator}
run: {generations: 10}
"""
IN_GROUPS = """
parameters: {r: 3, c: 1, members: 4}
strategies: [give, take]
game: {kind: group, size: members, let: {pot: "r * c * k_give / n"}, payoffs: {give: pot - c, take: pot}}
dynamics: {kind: replicator}
run: {generations: 10}
"""
TEXTS = [READS_ITS_NUMBERS, LARGEST_DIFFERENCE, CALCULATED, IN_GROUPS]


def anew(experiment: Experiment, settings: dict[str, float]) -> Experiment:
    return _spec.validate(Experiment, experiment.data_with(settings))


def same(a: object, b: object) -> bool:
    """Arrays, numbers and tuples of them."""
    if isinstance(a, tuple):
        assert isinstance(b, tuple)
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    one, other = np.asarray(a), np.asarray(b)
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def check(experiment: Experiment) -> int:
    """How many changes were found to be the same either way."""
    count = 0
    for name, parameter in experiment.parameters.items():
        if name in experiment.environment:
            continue
        changes: list[dict[str, Any]] = [
            {f"parameters.{name}": value} for value in (parameter.value * 0.75 + 0.125, parameter.value, -1.5, 10**3)
        ]
        run: list[dict[str, Any]] = [
            {"run.seed": 7},
            {"run.generations": 8},
            {"run.record": {"every": 2}},
            {"run.start": "random"},
        ]
        run += [
            {"run.generations": -1},
            {"run.start": {"nobody": 1}},
            {"run.start": {experiment.strategy_names[0]: 1.0}},
        ]
        for settings in changes + ([] if count else run + [changes[0] | one for one in run]):
            try:
                wanted = anew(experiment, settings)
            except ConfigError as error:
                with pytest.raises(ConfigError) as raised:
                    experiment.replace(settings)
                assert raised.value.problems == error.problems
                continue
            found = experiment.replace(settings)
            assert found == wanted
            assert found.data == wanted.data
            assert (found.address, found.stream) == (wanted.address, wanted.stream)
            assert same(found.model.lowered, wanted.model.lowered), settings
            assert found.model == wanted.model
            assert found.model.form == wanted.model.form
            assert found.plan_arguments == wanted.plan_arguments
            again = found.replace({f"parameters.{name}": parameter.value, "run": experiment.data["run"]})
            assert same(again.model.lowered, experiment.model.lowered)
            assert again.address == experiment.address
            count += 1
    return count


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs(path: Path) -> None:
    experiment = evo.load(path)
    if isinstance(experiment, Experiment) and experiment.parameters:
        assert check(experiment.bare)


@pytest.mark.parametrize("text", TEXTS, ids=["numbers", "largest_difference", "calculated", "groups"])
def test_whatever_reads_a_parameter(text: str) -> None:
    assert check(evo.loads(text)) >= 3


def test_several_at_once() -> None:
    experiment = evo.loads(READS_ITS_NUMBERS)
    settings = {"parameters.b": 5, "parameters.size": 30, "parameters.strength": 0.25}
    assert same(experiment.replace(settings).model.lowered, anew(experiment, settings).model.lowered)
    assert experiment.replace(settings).population.size == "size"


def test_what_does_not_fit_is_told_as_ever() -> None:
    experiment = evo.loads(READS_ITS_NUMBERS)
    for settings in (
        {"parameters.size": 30.5},
        {"parameters.rate": 2},
        {"parameters.strength": -1.0},
        {"parameters.nobody": 1},
        {"parameters.b": "text"},
        {"parameters.b": float("inf")},
        {"parameters.b": True},
        {"parameters.wealth": 1},
        {"parameters.b": 1, "selection.intensity": "nobody"},
    ):
        with pytest.raises(ConfigError) as raised:
            experiment.replace(settings)
        with pytest.raises(ConfigError) as wanted:
            anew(experiment, settings)
        assert raised.value.problems == wanted.value.problems


def test_only_what_no_value_changes_is_shared() -> None:
    experiment = evo.loads(READS_ITS_NUMBERS)
    only_payoffs = experiment.replace({"parameters.b": 5})
    assert only_payoffs.model.lowered.meeting is experiment.model.lowered.meeting
    assert only_payoffs.model.lowered.game.program is experiment.model.lowered.game.program
    larger = experiment.replace({"parameters.size": 60})
    assert (larger.model.lowered.meeting.whole, experiment.model.lowered.meeting.whole) == (60, 40)
    calculated = evo.loads(CALCULATED)
    assert calculated.replace({"parameters.error": 0.2}).model.form != calculated.model.form
    assert calculated.model.form == evo.loads(CALCULATED).model.form


def test_a_copy_with_other_pictures_leaves_the_address_alone() -> None:
    experiment = evo.loads(IN_GROUPS)
    paths = evo.loads(IN_GROUPS + "plots: [paths]")
    with_paths = experiment.replace({"parameters.r": 2}).model_copy(update={"plots": paths.plots})
    assert with_paths.address == paths.replace({"parameters.r": 2}).address
    assert experiment.address == evo.loads(IN_GROUPS).address != paths.address

"""What makes no sense of populations in groups is refused, in words."""

import json

import pytest
from grouped import CONTESTS, SPLITS, config_of

import evo
from evo.model import Model

REFUSED = [
    ({"groups": 0}, "groups", "whole number"),
    ({"size": [2, 3]}, "size", "one for each of the 4"),
    ({"size": 2.5}, "size", ""),
    ({"migration": 1.2}, "migration", "from 0 to 1"),
    ({"migration": [0.1, 0.2]}, "migration", "one for each of the 4"),
    ({"groups": 1, "migration": 0.1}, "migration", "only one"),
    ({"groups": 5, "pattern": "square"}, "pattern", "square number"),
    ({"pattern": [[0, 1], [1, 0]]}, "pattern", "4 rows of 4"),
    ({"pattern": [[1, 1, 1, 1]] * 4}, "pattern", "0 on its diagonal"),
    ({"pattern": [[0, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]}, "pattern.1", "nothing next to it"),
    ({"competition": "global"}, "competition", "moran"),
    ({"dynamics": SPLITS}, "competition", "competition: global"),
    ({"dynamics": CONTESTS, "size": [2, 3, 3, 3]}, "dynamics", "one size"),
    ({"dynamics": CONTESTS, "groups": 1}, "dynamics", "two units"),
    ({"dynamics": CONTESTS | {"rate": -1}}, "dynamics.rate", "negative"),
    ({"dynamics": CONTESTS | {"fitness": "mean_payof"}}, "dynamics.fitness", "mean_payof"),
    ({"dynamics": CONTESTS | {"bias": {"weights": {"rank": 1}}}}, "dynamics.bias.weights.rank", "not a trait"),
    ({"levels": [{"number": 2, "migration": 2}]}, "levels.0.migration", "from 0 to 1"),
    ({"levels": [{"number": 0}]}, "levels.0.number", "whole number"),
    ({"levels": [{"number": 1, "dynamics": CONTESTS}]}, "levels.0.dynamics", "two units"),
    ({"levels": [{"number": 2, "dynamics": SPLITS}]}, "levels.0.dynamics", "splitting"),
    ({"assortment": 0.2}, "assortment", ""),
]


@pytest.mark.parametrize("population, path, words", REFUSED)
def test_what_makes_no_sense_is_refused(population, path, words):
    config = config_of(population=population)
    with pytest.raises(evo.ConfigError) as caught:
        evo.loads(json.dumps(config | {"run": {"generations": 1}}))
    (problem, *_) = caught.value.problems
    assert ".".join(map(str, problem.path)).startswith(f"population.{path}"), problem
    assert words in f"{problem.message} {problem.hint}", problem


@pytest.mark.parametrize("parts, path", [
    ({"dynamics": {"kind": "logit"}, "population": {"migration": 0.1}}, "population.migration"),
    ({"dynamics": {"kind": "replicator"}}, "population.kind"),
    ({"dynamics": {"kind": "langevin", "of": {"kind": "moran"}}}, "population.kind"),
    ({"dynamics": {"kind": "moran", "death": "others"}, "population": {"competition": "global", "dynamics": SPLITS}},
     "population.dynamics"),
    ({"game": {"kind": "group", "size": 4, "payoffs": {"A": "1", "B": "1", "C": "1"}}}, "population.size"),
])  # fmt: skip
def test_rules_and_games_that_do_not_fit_are_refused(parts, path):
    config = config_of(population=parts.pop("population", {})) | parts
    with pytest.raises(evo.ConfigError) as caught:
        evo.loads(json.dumps(config | {"run": {"generations": 1}}))
    assert path in [".".join(map(str, problem.path)) for problem in caught.value.problems]


def test_groups_are_recorded_where_there_are_some():
    model = Model.model_validate(config_of() | {"population": {"kind": "well_mixed", "size": 9}})
    with pytest.raises(ValueError, match="well_mixed"):
        evo.simulate(model, generations=1, groups=True)

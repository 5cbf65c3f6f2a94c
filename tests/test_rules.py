"""What holds for every rule, in every population that it can have: shares stay on the simplex, what is gone stays away,
names do not matter, a replicate depends on its number alone; and which rule takes which option.
"""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from examples import (
    ANYWHERE,
    CYCLE,
    FINITE,
    KINDS,
    LAWS,
    LETTERS,
    NEIGHBOURLY,
    NOISY,
    TRAITS,
    changing,
    model_of,
    rule_of,
    ways,
)

import evo
from evo.kernels.meanfield import run_flow
from evo.kernels.stepped import run_steps
from evo.model import Model

CALM = [pytest.param(config, id=name) for name, config in ways()]
STORMY = [pytest.param(config, id=name) for name, config in ways(random_weather=True)]


def recorded(config, generations=6.0, **asked):
    return evo.simulate(Model.model_validate(config), generations=generations, **{"seed": 8, "replicates": 4} | asked)


def counted(config):
    """Whether amounts are whole individuals."""
    return config["population"]["kind"] == "well_mixed" and config["dynamics"]["kind"] not in NOISY


def acting(config):
    return KINDS[config["dynamics"].get("of", config["dynamics"])["kind"]]


def smooth(config):
    """Whether the mix moves as a flow, by an integrator whose steps depend on where it must stop."""
    dynamics = config["dynamics"]
    stepped = dynamics.get("update") == "synchronous" or KINDS[dynamics["kind"]].facts.generational
    return config["population"]["kind"] == "infinite" and not stepped and dynamics["kind"] not in NOISY


def same(one, other, rows=slice(None), tolerance=0.0):
    """Whether two recordings say the same."""
    pairs = [(a[rows], b[rows]) for a, b in zip(one.recording, other.recording, strict=True)]
    return all(np.allclose(a, b, rtol=0, atol=tolerance, equal_nan=True) for a, b in pairs)


@pytest.mark.pure
@pytest.mark.parametrize("config", CALM)
@pytest.mark.rota
def test_mixes_stay_on_the_simplex(config):
    path = recorded(config, start="random", record_every=0.5)
    assert path.mix.sum(axis=2) == pytest.approx(1.0, abs=1e-12)
    assert path.mix.min() >= 0
    if counted(config):
        assert np.abs(path.mix * 12 - np.rint(path.mix * 12)).max() < 1e-12
    assert np.isfinite(path.payoff).all()


def brings_back(config):
    """Whether an absent strategy may come in without mutation."""
    return acting(config).facts.innovative


@pytest.mark.pure
@pytest.mark.parametrize("config", STORMY)
@pytest.mark.rota
def test_without_mutation_what_is_gone_stays_away(config):
    config = config | {"mutation": {}}
    mix = recorded(config, start={"A": 0.5, "B": 0.5}, generations=20.0).mix
    if brings_back(config):
        assert mix[:, :, 2].max() > 0
        return
    assert (mix[:, :, 2] == 0).all()
    assert (recorded(config, start={"B": 1.0}).mix == [0.0, 1.0, 0.0]).all()
    if config["population"]["kind"] == "well_mixed":
        mix = recorded(config, generations=200.0).mix
        assert (mix.max(axis=2) == 1).any()
        fixed = np.maximum.accumulate(mix.max(axis=2) == 1, axis=1)
        assert (mix.max(axis=2)[fixed] == 1).all()


@pytest.mark.pure
@pytest.mark.parametrize("config", [way for way in CALM if "infinite" in way.id and "aggregate" not in way.id])
def test_relabelled_strategies_do_the_same(config):
    order = [2, 0, 1]
    other = config | {"strategies": [LETTERS[i] for i in order]}
    other["game"] = {"kind": "matrix", "payoffs": [[CYCLE[i][j] for j in order] for i in order]}
    start = {"A": 0.5, "B": 0.2, "C": 0.3}
    tolerance = 1e-6 if config["dynamics"]["kind"] == "smith" else 1e-7  # its field has kinks
    expected = recorded(config, start=start).mix[:, :, order]
    assert recorded(other, start=start).mix == pytest.approx(expected, abs=tolerance)


def mean_and_spread(config, order, runs=4000):
    """Means and standard deviations of the strategies' shares in the order of CYCLE, over many runs."""
    names = [LETTERS[i] for i in order]
    game = {"kind": "matrix", "payoffs": [[CYCLE[i][j] for j in order] for i in order]}
    start = {"A": 0.5, "B": 0.25, "C": 0.25}
    path = recorded(config | {"strategies": names, "game": game}, generations=2, replicates=runs, start=start)
    ends = path.mix[:, -1][:, np.argsort(order)]
    return ends.mean(axis=0), ends.std(axis=0)


@pytest.mark.parametrize("config", [way for way in CALM if "12" in way.id or "aggregate" in way.id])
@pytest.mark.rota
def test_relabelled_strategies_do_the_same_on_average(config):
    """The streams go elsewhere, the distribution does not: means to five standard errors, spreads to 10 %."""
    (mean, sd), (other_mean, other_sd) = (mean_and_spread(config, order) for order in ([0, 1, 2], [2, 0, 1]))
    assert (np.abs(mean - other_mean) <= 5 * np.sqrt((sd**2 + other_sd**2) / 4000) + 1e-12).all()
    assert sd == pytest.approx(other_sd, rel=0.1, abs=1e-3)


@pytest.mark.pure
@pytest.mark.parametrize("config", CALM)
def test_nothing_of_the_callers_is_changed(config):
    model, start, said = Model.model_validate(config), {"A": 0.5}, copy.deepcopy(config)
    before, plain = copy.deepcopy(model.lowered), model.model_dump()
    evo.simulate(model, generations=3, seed=1, start=start)
    assert config == said and start == {"A": 0.5} and model.model_dump() == plain

    def leaves(part):
        return [leaf for member in part for leaf in leaves(member)] if isinstance(part, tuple) else [part]

    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(leaves(before), leaves(model.lowered), strict=True))


@pytest.mark.pure
@pytest.mark.parametrize("config", STORMY)
def test_a_replicate_depends_on_its_number_alone(config):
    path = recorded(config, start="random")
    assert same(path, recorded(config, start="random", workers=2))
    assert same(path, recorded(config, start="random", replicates=2), slice(2))
    assert len(np.unique(path.mix[:, -1], axis=0)) > 1
    assert not same(path, recorded(config, start="random", seed=9))


@pytest.mark.pure
@pytest.mark.parametrize("config", STORMY)
@pytest.mark.rota
def test_a_longer_run_begins_like_a_shorter(config):
    """To the last bit where events are drawn; a flow's steps depend a little on where it must stop."""
    short, long = recorded(config), recorded(config, generations=9.0)
    tolerance = 1e-7 if smooth(config) else 0.0
    assert np.allclose(long.mix[:, :7], short.mix, rtol=0, atol=tolerance)
    assert np.allclose(long.environment[:, :7], short.environment, rtol=0, atol=tolerance)


def test_every_rule_runs_on_one_compiled_signature():
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    for way in CALM:
        recorded(way.values[0], generations=1.0)
    assert len(run_steps.signatures) == len(run_flow.signatures) == 1


# ---- compiled and not


def fingerprint():
    """Final mixes, environments and payoffs of small runs, every rule once in a changing world."""
    runs = [recorded(way.values[0], generations=3.0, start={"A": 0.5}) for way in STORMY]
    return [[part.ravel().tolist() for part in (run.mix, run.environment, run.payoff)] for run in runs]


def test_compiled_and_plain_python_agree():
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(evo.__file__).parent.parent)])
    environment = os.environ | {"NUMBA_DISABLE_JIT": str(1 - numba.config.DISABLE_JIT), "PYTHONPATH": paths}
    script = "import json, test_rules; print(json.dumps(test_rules.fingerprint()))"
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    for way, ours, theirs in zip(STORMY, fingerprint(), json.loads(other.stdout), strict=True):
        stepped = not smooth(way.values[0])
        assert ours[0] == theirs[0] if stepped else ours[0] == pytest.approx(theirs[0], abs=1e-13)
        assert ours[1] == pytest.approx(theirs[1], rel=1e-13) and ours[2] == pytest.approx(
            theirs[2], rel=1e-12, abs=1e-13
        )


@pytest.mark.pure
@pytest.mark.parametrize("every", [1.0, 0.3, 7.5])
@pytest.mark.parametrize("rate", [0.0, 0.001])
def test_records_change_nothing_of_what_is_drawn(rate, every):
    """Waits over null events go on beyond a record: the same path however often it is looked at."""
    config = {
        "strategies": ["a", "b"],
        "game": {"kind": "matrix", "payoffs": [[0, "good"], [1, 0.5]]},
        "environment": {"good": {"kind": "switching", "values": [-1, 1], "rates": [[-0.2, 0.2], [0.3, -0.3]]}},
        "mutation": {"rate": rate},
        "population": {"kind": "well_mixed", "size": 20},
        "dynamics": {"kind": "pairwise_comparison"},
    }
    model = Model.model_validate(config)
    ends = [
        evo.simulate(model, generations=30, replicates=3, record_every=each, seed=3, start={"a": 0.1}).recording.final
        for each in (30, every)
    ]
    assert np.array_equal(*ends)


@pytest.mark.pure
@pytest.mark.parametrize("kind", [kind for kind in FINITE if kind != "wright_fisher"])
def test_records_change_nothing_of_any_rule(kind):
    config = changing(LAWS["switching"], dynamics=rule_of(kind), mutation={"rate": 0.003})
    config["population"] = {"kind": "well_mixed", "size": 12}
    ends = [recorded(config, generations=15, record_every=every).recording.final for every in (15, 1.0, 0.3)]
    assert np.array_equal(ends[0], ends[1]) and np.array_equal(ends[0], ends[2])


# ---- which rule takes which option (definitions.md, the table under Biased transmission)

COMPARING = ["pairwise_comparison", "local_update", "proportional_imitation"]
INNOVATING = ["best_response", "logit", "aspiration", "introspection"]
FITNESS = ["moran", "wright_fisher", "imitation"]
MODELS = [*COMPARING, "imitation"]
WAYS = {
    **dict.fromkeys(["replicator", "projection", "discrete_replicator", *NOISY], ()),
    **dict.fromkeys(["replicator_mutator", "bnn", "smith"], ("additive",)),
    **dict.fromkeys(["moran", "wright_fisher"], ("at_birth",)),
    **dict.fromkeys([*MODELS, "imitate_best", *INNOVATING], ("instead", "after")),
}
UNSCALED = ["proportional_imitation", "imitate_best", "best_response"]


def plainly(kind, of=None, **parts):
    """The rule in a game of numbers, in a population that it can have."""
    rule = KINDS[kind]
    dynamics = rule_of(kind) | ({"of": rule_of(of)} if of else {})
    config = model_of(3, {"kind": "matrix", "payoffs": [[3, 1, 0.5], [1, 2.5, 0.2], [0.3, 0.1, 2]]}, dynamics=dynamics)
    finite = {"kind": "well_mixed", "size": 12}
    return (
        config | {"strategies": TRAITS, "population": {"kind": "infinite"} if rule.facts.infinite else finite} | parts
    )


def refused(config, path):
    """Whether the config is refused, for this key and no other, and in the same words when asked again."""
    messages = set()
    for _ in range(2):
        with pytest.raises(evo.ConfigError) as caught:
            evo.loads(json.dumps(config | {"run": {"generations": 1}}))
        assert [problem.path for problem in caught.value.problems] == [path]
        messages.add(str(caught.value))
    assert len(messages) == 1


def taken(config):
    """The rule runs with this option."""
    path = recorded(config, generations=2.0, replicates=1)
    assert np.isfinite(path.mix).all()


def told(config, path, allowed):
    taken(config) if allowed else refused(config, path)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ANYWHERE)
def test_which_rule_takes_a_fitness_map(kind):
    acts = plainly(kind)["dynamics"].get("of", {"kind": kind})["kind"]
    selection = {"fitness": "linear"} | ({} if acts in UNSCALED else {"intensity": 0.5})
    told(plainly(kind, selection=selection), ("selection", "fitness"), acts in FITNESS)


@pytest.mark.pure
@pytest.mark.parametrize("of", [None, "pairwise_comparison", "logit"])
@pytest.mark.parametrize("option", [{"conformity": 1.5}, {"prestige": 0.5}, {"prestige": 0.5, "indicator": "care"}])
@pytest.mark.parametrize("kind", ANYWHERE)
@pytest.mark.rota
def test_which_rule_takes_conformity_and_prestige(kind, option, of):
    if of and kind != "langevin":
        of = None
    config = plainly(kind, of=of, selection=option)
    acts = config["dynamics"].get("of", config["dynamics"])["kind"]
    told(config, ("selection", next(iter(option))), acts in MODELS)
    taken(config | {"selection": {"conformity": 1.0, "prestige": 0.0}})  # what is neutral says nothing


@pytest.mark.pure
@pytest.mark.parametrize("kind", ANYWHERE)
def test_which_rule_mutates_and_when(kind):
    acts = plainly(kind)["dynamics"].get("of", {"kind": kind})["kind"]
    told(plainly(kind, mutation={"rate": 0.1}), ("mutation", "rate"), WAYS[acts])
    for when in ("instead", "after"):
        told(
            plainly(kind, mutation={"rate": 0.1 * bool(WAYS[acts]), "when": when}),
            ("mutation", "when"),
            when in WAYS[acts],
        )


@pytest.mark.pure
@pytest.mark.parametrize("kind", ANYWHERE)
def test_which_rule_takes_an_intensity(kind):
    acts = plainly(kind)["dynamics"].get("of", {"kind": kind})["kind"]
    told(plainly(kind, selection={"intensity": 0.5}), ("selection", "intensity"), acts not in UNSCALED)
    beyond = plainly(kind, selection={"intensity": 1.5})
    told(beyond, ("selection", "intensity"), acts not in [*UNSCALED, "local_update"])
    refused(plainly(kind, selection={"intensity": -1.0}), ("selection", "intensity"))


@pytest.mark.pure
@pytest.mark.parametrize("kind", ANYWHERE)
def test_which_rule_runs_in_which_population(kind):
    facts = KINDS[kind].facts
    finite = kind in [*FINITE, "langevin"]
    told(plainly(kind, population={"kind": "well_mixed", "size": 12}), ("population", "kind"), finite)
    told(plainly(kind, population={"kind": "infinite"}), ("population", "kind"), kind != "langevin")
    assert facts.finite == finite and facts.infinite == (kind != "langevin")


@pytest.mark.pure
@pytest.mark.parametrize("population", [{"kind": "infinite"}, {"kind": "well_mixed", "size": 12}])
@pytest.mark.parametrize("kind", NEIGHBOURLY)
def test_rules_of_neighbours_need_a_graph(kind, population):
    refused(plainly(kind, population=population), ("population", "kind"))
    taken(plainly(kind, population={"kind": "network", "graph": {"kind": "cycle", "size": 12}}))


@pytest.mark.pure
@pytest.mark.parametrize("kind", FINITE)
def test_which_rule_leaps(kind):
    """Whole generations have nothing to leap over."""
    leaping = {"kind": "well_mixed", "size": 12, "leap": 0.1}
    told(plainly(kind, population=leaping), ("population", "leap"), kind != "wright_fisher")
    if "update" in KINDS[kind].model_fields:
        at_once = plainly(kind, population=leaping, dynamics=rule_of(kind, update="synchronous"))
        refused(at_once, ("population", "leap"))


@pytest.mark.pure
def test_a_largest_difference_must_be_given_where_payoffs_move():
    for kind in COMPARING[1:]:
        moving = changing(LAWS["sine"], dynamics={"kind": kind}) | {"population": {"kind": "well_mixed", "size": 12}}
        refused(moving, ("dynamics", "largest_difference"))
        taken(moving | {"dynamics": {"kind": kind, "largest_difference": 4.0}})
        refused(moving | {"dynamics": {"kind": kind, "largest_difference": 0.0}}, ("dynamics", "largest_difference"))


def test_every_kind_is_in_the_table():
    assert set(WAYS) == set(ANYWHERE)
    for kind, rule in KINDS.items():
        if kind in ANYWHERE and kind not in NOISY:
            assert (rule.facts.mutates, rule.facts.fitness, rule.facts.role_model) == (
                WAYS[kind],
                kind in FITNESS,
                kind in MODELS,
            )

"""What is wrong with a population on a graph is said in words, with its path, when it is loaded; and who only answers for
well-mixed populations refuses one on a graph."""

import inspect

import numpy as np
import pytest
import yaml

import evo
from evo import exact
from evo._errors import ConfigError
from evo.batch.plan import make_plan
from evo.model import Model

CYCLE = {"kind": "cycle", "size": 6}
GROUP = {"kind": "group", "size": 4, "payoffs": {"A": "k_A/n - 1", "B": "k_A/n"}}
AROUND = GROUP | {"size": "neighbourhood"}
BASE = {
    "strategies": ["A", "B"],
    "game": {"kind": "matrix", "payoffs": [[3, -1], [4, 0]]},
    "dynamics": {"kind": "pairwise_comparison"},
    "population": {"kind": "network", "graph": CYCLE},
    "run": {"generations": 2, "replicates": 2},
}


def on(graph, **more):
    return {"population": {"kind": "network", "graph": graph, **more}}


def in_file(**more):
    return on({"kind": "file", "file": "e.txt", **more})


def rule(kind, **more):
    return {"dynamics": {"kind": kind, **more}}


WRONG = {
    "moran": (rule("moran"), "population.kind: moran does not run on graphs; use birth_death or death_birth"),
    "wright_fisher": (rule("wright_fisher"), "population.kind: wright_fisher does not run on graphs; use death_birth"),
    "replicator": (rule("replicator"), "population.kind: replicator does not run on graphs"),
    "diffusion": (rule("langevin", of={"kind": "moran"}, step=0.1), "population.kind: langevin does not run on graphs"),
    "roles": (
        {"strategies": {"A": {"role": "x"}, "B": {"role": "y"}}, "game": {"kind": "bimatrix", "row": [[1]], "column": [[1]]}},
        "strategies with roles are for well-mixed populations",
    ),
    "no graph": ({"population": {"kind": "network"}}, "population.graph: is missing"),
    "unknown graph": (on({"kind": "lattice"}), "population.graph.kind: unknown value 'lattice'"),
    "negative": (on({"kind": "cycle", "size": -3}), "population.graph.size: must be at least 3, is -3"),
    "half": (on({"kind": "cycle", "size": 6.5}), "population.graph.size: needs a whole number"),
    "one node": (on({"kind": "erdos_renyi", "size": 1, "probability": 0.5}), "population.graph"),
    "size": (on(CYCLE, size=6), "population.size: unknown key"),
    "too large": (on({"kind": "complete", "size": 200_000}), "population.graph: has 2e+10 ties"),
    "parameter": (on({"kind": "cycle", "size": "M"}), "population.graph.size: unknown parameter 'M'"),
    "broken parameter": (
        on({"kind": "cycle", "size": "N"}) | {"parameters": {"N": 10.5}},
        "population.graph.size: needs a whole number or a formula, not 10.5",
    ),
    "no file": (in_file(), "population.graph.file: cannot read 'e.txt'"),
    "mixed": (rule("birth_death") | {"population": {"kind": "well_mixed", "size": 6}}, "birth_death needs a graph"),
    "infinite": (rule("death_birth") | {"population": {"kind": "infinite"}}, "use `kind: network` with a graph"),
    "assortment": (on(CYCLE, assortment=0.1), "population.assortment: unknown key"),
    "sampled": (on(CYCLE, payoff="sampled"), "population.payoff: unknown value 'sampled'"),
    "leap": (on(CYCLE, leap=0.1), "population.leap: unknown key"),
    "scope": (on(CYCLE, scope="own"), "population.scope: has nothing to act on in a game of pairs"),
    "oneself": (
        on(CYCLE, self_interaction=True) | {"game": AROUND},
        "population.self_interaction: has nothing to act on in groups",
    ),
    "per_degree": (on(CYCLE, per_degree="pair"), "population.per_degree: pairwise_comparison has no largest payoff"),
    "no top": (on(CYCLE, placement="top"), "population.placement: a cycle graph has no levels"),
    "no centre": (
        on({"kind": "barabasi_albert", "size": 20, "edges": 2}, placement="centre"),
        "population.placement: a barabasi_albert graph has no coordinates",
    ),
    "all": (rule("pairwise_comparison", role_models="all"), "on a graph role models are neighbours, not all"),
    "learning": (on(CYCLE, learning=CYCLE | {"size": 7}), "population.learning: has 7 nodes, and the graph to play on 6"),
    "smaller groups": ({"game": GROUP}, "population.graph: has groups of 3 members, and game.size is 4"),
    "uneven groups": (on({"kind": "star", "size": 5}) | {"game": GROUP}, "has groups of 2, 5 members, and game.size is 4"),
    "groups nowhere": (
        {"game": AROUND, "population": {"kind": "well_mixed", "size": 9}},
        "game.size: 'neighbourhood' is for populations on graphs",
    ),
    "n in a law": (
        {"game": AROUND, "environment": {"e": {"kind": "feedback", "start": 0.1, "rate": "0.1*n"}}},
        "a feedback law cannot read n",
    ),
    "largest difference": (rule("local_update") | {"game": AROUND}, "dynamics.largest_difference: is missing"),
    "degree of nobody": (
        {"population": {"kind": "well_mixed", "size": 6}, "selection": {"prestige": 1, "indicator": "degree"}},
        "selection.indicator: must be payoff or a trait, is 'degree'",
    ),
    "birth_death looks at nobody": (
        rule("birth_death") | {"selection": {"conformity": 2}}, "selection.conformity: birth_death draws no role model",
    ),
    "not at birth": (
        rule("death_birth") | {"mutation": {"rate": 0.1, "when": "after"}}, "mutation.when: death_birth mutates at birth",
    ),
    "negative fitness": (
        rule("death_birth") | {"selection": {"fitness": "linear", "intensity": 0.9}},
        "selection.fitness: linear fitness of A among all B is -0.8, which is negative",
    ),
    "all at once": (rule("birth_death", update="synchronous"), "dynamics.update: unknown key"),
    "half a generation": (
        rule("pairwise_comparison", update="synchronous") | {"run": {"generations": 2.5}},
        "run.generations: generations must be a multiple of the 1 generations",
    ),
    "bytes": (
        {"strategies": [f"s{i}" for i in range(300)], "game": {"kind": "matrix", "payoffs": [[0] * 300] * 300}},
        "population.kind: a graph holds up to 255 strategies, not 300",
    ),
}  # fmt: skip
FILES = {
    "loop": ("0 1\n1 1\n", {}, "e.txt, line 2: ties a node to itself"),
    "unknown node": ("0 1\n1 5\n", {"size": 3}, "e.txt, line 2: unknown node '5'"),
    "negative weight": (
        "0 1 1\n1 2 -2\n",
        {"weights": True},
        "e.txt, line 2: weight must be positive and finite, is -2",
    ),
    "twice": ("0 1\n1 0\n", {}, "e.txt, line 2: repeats line 1, turned round"),
    "nothing": ("# nobody\n", {}, "e.txt: holds no edges"),
}
SHAPED = {
    "ways": ("0 1\n1 2\n", {"directed": True}, "groups around nodes need a graph without directions and weights"),
    "weights": ("0 1 1\n1 2 2\n", {"weights": True}, "groups around nodes need a graph without directions and weights"),
}


def refusal(tmp_path, **parts):
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(BASE | parts))
    with pytest.raises(ConfigError) as refused:
        evo.load(tmp_path / "c.yaml")
    return str(refused.value)


@pytest.mark.pure
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_when_it_is_loaded(name, tmp_path):
    parts, words = WRONG[name]
    assert words in refusal(tmp_path, **parts)


@pytest.mark.pure
@pytest.mark.parametrize("name", FILES)
def test_what_is_wrong_with_a_file_is_said_with_its_line_and_path(name, tmp_path):
    text, options, words = FILES[name]
    (tmp_path / "e.txt").write_text(text)
    assert f"population.graph.file: {words}" in refusal(tmp_path, **in_file(**options))
    learning = {"kind": "file", "file": "e.txt"} | options
    assert f"population.learning.file: {words}" in refusal(tmp_path, **on(CYCLE, learning=learning))


@pytest.mark.pure
@pytest.mark.parametrize("name", SHAPED)
def test_groups_need_a_graph_of_ties_alone(name, tmp_path):
    text, options, words = SHAPED[name]
    (tmp_path / "e.txt").write_text(text)
    assert f"population.graph: {words}" in refusal(tmp_path, game=AROUND, **in_file(**options))


@pytest.mark.pure
def test_a_graph_in_parts_runs_with_a_note(tmp_path):
    """Only where strategies are lost for good: else they come back in every part."""
    (tmp_path / "e.txt").write_text("0 1\n2 3\n3 4\n")
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(BASE | in_file()))
    plan = make_plan(evo.load(tmp_path / "c.yaml"))
    assert plan.notices == [
        "the graph is in 2 parts without a tie between them: no strategy can spread from one to another"
    ]
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(BASE | in_file() | {"mutation": {"rate": 0.1}}))
    assert make_plan(evo.load(tmp_path / "c.yaml")).notices == []


@pytest.mark.pure
def test_groups_on_a_random_graph_are_looked_at_when_it_is_there(tmp_path):
    config = BASE | on({"kind": "barabasi_albert", "size": 20, "edges": 2}) | {"game": GROUP}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ValueError, match=r"has groups of 3, .* members, and game.size is 4"):
        evo.simulate(evo.load(tmp_path / "c.yaml").model, generations=1)


# ---- exact answers


def asked(name, model, config):
    """Arguments of a function of `evo.exact` that asks a model, or an experiment."""
    places = {
        "mix": [0.5, 0.5], "pairs": np.array([[0, 1]]), "counts": np.array([[2, 4]]), "mutant": "A", "resident": "B",
        "first": "A", "second": "B", "invader": "A", "between": {"e": (0.0, 1.0)},
        "path": "selection.intensity", "low": 0.0, "high": 1.0,
    }  # fmt: skip
    parameters = inspect.signature(getattr(exact, name)).parameters
    first = evo.loads(yaml.safe_dump(config)) if "experiment" in parameters else model
    wanted = [key for key, of in parameters.items() if of.default is of.empty and key in places]
    return (first,), {key: places[key] for key in wanted}


ASKING = [
    name
    for name in exact.__all__
    if inspect.isfunction(getattr(exact, name))
    and {"model", "experiment"} & set(inspect.signature(getattr(exact, name)).parameters)
    and "TraitModel" not in str(inspect.signature(getattr(exact, name)))
]
OF_THE_GAME = ("payoff_table", "thresholds")  # of the game alone, or of whatever is asked of each model
LAWS = {
    "periodic_fixation": {"kind": "periodic", "mean": 1, "amplitude": 0.5, "period": 4, "per": "step"},
    "switching_fixation": {"kind": "switching", "values": [0.5, 1], "rates": [[-1, 1], [1, -1]]},
    "coupled_rest_points": {"kind": "feedback", "start": 0.5, "rate": "0.1*(x_A - e)"},
}


@pytest.mark.pure
@pytest.mark.parametrize("name", [name for name in ASKING if name not in OF_THE_GAME])
def test_exact_answers_of_well_mixed_populations_refuse_a_graph(name):
    for rate in (0.0, 0.1):
        config = BASE | {"mutation": {"rate": rate}}
        if name in LAWS:
            config["environment"] = {"e": LAWS[name]}
            config["game"] = {"kind": "matrix", "payoffs": [["3*e", -1], [4, 0]]}
        model = Model.model_validate({key: value for key, value in config.items() if key != "run"})
        given, named = asked(name, model, config)
        with pytest.raises(ValueError, match=r"well-mixed|infinite population|nothing is absorbing"):
            getattr(exact, name)(*given, **named)

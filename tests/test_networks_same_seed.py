"""Populations on graphs step by step: the same streams give the same strategy on every node as tests/naive."""

import naive
import numpy as np
import pytest
from examples import COPYING, LAWS, LETTERS, MUTATIONS, TRAITS, changing, rule_of
from networks import AT_ONCE, BIASED, DIRECTED, KITE, ON_GRAPHS, STARRED, WEIGHTED, on_graph, recorded

from evo.canonical import point_hash
from evo.model import Model

GROUPS = {
    "kind": "group",
    "size": "neighbourhood",
    "let": {"good": "1.8*(k_A + 0.5*k_C)/n"},
    "payoffs": {"A": "good - 0.4 - 0.1*n", "B": "good + 0.2*(k_B == 2)", "C": "good - 0.3*k_C/n + 0.05*n"},
}
SHARES = (0.3, 0.3, 0.4)


def check_replica(config, edges, *, size=7, learning=None, directed=False, generations=6, record_every=1.0, seed=5,
                  shares=SHARES):  # fmt: skip
    """Every node, the environment and the mean payoff at every record of two replicates."""
    start = dict(zip(LETTERS, shares, strict=False))
    model = Model.model_validate(config)
    recording = recorded(
        config, generations=generations, replicates=2, seed=seed, start=start, record_every=record_every
    )
    plays = naive.Ties(size, edges, directed)
    learns = plays if learning is None else naive.Ties(size, learning, directed)
    for number in range(2):
        replica = naive.Network(config, plays, learns, shares, seed, number, point_hash(model, start))
        seen = replica.run(generations, record_every)
        assert len(seen) == recording.mix.shape[1]
        for place, (strategies, environment, mean) in enumerate(seen):
            assert recording.nodes[number, place].tolist() == strategies
            counts = [strategies.count(s) for s in range(len(shares))]
            assert np.rint(recording.mix[number, place] * size).tolist() == counts
            assert recording.environment[number, place] == pytest.approx(list(environment.values()), rel=1e-7, abs=1e-9)
            assert recording.payoff[number, place] == pytest.approx(mean, rel=1e-7, abs=1e-9)
        earned = [replica.effective(i) - naive.bias(config, s) for i, s in enumerate(strategies)]
        if record_every * (len(seen) - 1) == generations:
            assert recording.earned[number] == pytest.approx(earned, rel=1e-7, abs=1e-7)
    return recording


def config_on(kind, edges, law="constant", *, learning=None, directed=False, size=7, population=None, **parts):
    config = changing(LAWS[law] if isinstance(law, str) else law, dynamics=rule_of(kind))
    if kind in ("local_update", "proportional_imitation"):
        config["dynamics"]["largest_difference"] = 6.0
    config |= on_graph(edges, size, learning=learning, directed=directed, **(population or {}))
    return config | {"mutation": {"rate": 0.1}} | parts


@pytest.mark.pure
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("kind", ON_GRAPHS)
@pytest.mark.rota
def test_same_seed_same_nodes(kind, mutation):
    recording = check_replica(config_on(kind, KITE, mutation=MUTATIONS[mutation]), KITE, generations=10)
    assert recording.nodes.std() > 0


@pytest.mark.pure
@pytest.mark.parametrize("kind", ON_GRAPHS)
@pytest.mark.parametrize("edges, directed", [(WEIGHTED, False), (DIRECTED, True), (STARRED, False)])
@pytest.mark.rota
def test_same_seed_with_weights_and_directions(kind, edges, directed):
    for population in ({}, {"payoff": "accumulate", "self_interaction": True}):
        config = config_on(kind, edges, directed=directed, population=population)
        check_replica(config, edges, directed=directed)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ON_GRAPHS)
def test_same_seed_on_two_layers(kind):
    check_replica(config_on(kind, WEIGHTED, learning=STARRED), WEIGHTED, learning=STARRED)
    config = config_on(kind, STARRED, learning=DIRECTED[:7], directed=True)
    check_replica(config, STARRED, learning=DIRECTED[:7], directed=True)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ON_GRAPHS)
@pytest.mark.parametrize("scope", ["own", "all"])
@pytest.mark.parametrize("payoff", ["average", "accumulate"])
@pytest.mark.rota
def test_same_seed_in_groups(kind, scope, payoff):
    population = {"scope": scope, "payoff": payoff}
    config = config_on(kind, STARRED, game=GROUPS, population=population)
    if "largest_difference" in config["dynamics"]:
        config["dynamics"]["largest_difference"] = 40.0
    check_replica(config, STARRED)


@pytest.mark.pure
@pytest.mark.parametrize("kind", AT_ONCE)
@pytest.mark.parametrize("when", ["instead", "after"])
def test_same_seed_with_everybody_at_once(kind, when):
    for law in ("switching", "sine"):
        config = config_on(kind, WEIGHTED, law, mutation={"rate": 0.15, "when": when})
        config["dynamics"] |= {"update": "synchronous"}
        check_replica(config, WEIGHTED, generations=12)


@pytest.mark.pure
@pytest.mark.parametrize("kind", AT_ONCE)
def test_same_seed_with_mutation_after(kind):
    check_replica(config_on(kind, KITE, mutation={"rate": 0.3, "when": "after"}), KITE)


@pytest.mark.pure
@pytest.mark.parametrize("copying", [*COPYING, "degree", "degree and many"])
@pytest.mark.parametrize("kind", BIASED)
@pytest.mark.rota
def test_same_seed_with_biased_role_models(kind, copying):
    degree = {"prestige": 0.5, "indicator": "degree"}
    chosen = COPYING.get(copying, degree | ({"conformity": 1.6} if copying == "degree and many" else {}))
    for edges, population in ((KITE, {}), (WEIGHTED, {}), (STARRED, {"scope": "own"})):
        parts = {"game": GROUPS} if population else {}
        config = config_on(kind, edges, strategies=TRAITS, selection=chosen, population=population, **parts)
        check_replica(config, edges, generations=4)


@pytest.mark.pure
def test_same_seed_where_the_focal_is_left_out():
    config = config_on("imitation", WEIGHTED, dynamics={"kind": "imitation", "own": "excluded"})
    check_replica(config, WEIGHTED)
    check_replica(config | {"selection": {"conformity": 2.0, "prestige": 0.4}}, WEIGHTED)


@pytest.mark.pure
@pytest.mark.parametrize("per_degree", ["pair", "graph", "none"])
@pytest.mark.parametrize("kind", ["local_update", "proportional_imitation"])
def test_same_seed_by_degree(kind, per_degree):
    for payoff in ("average", "accumulate"):
        config = config_on(kind, STARRED, population={"per_degree": per_degree, "payoff": payoff})
        config["dynamics"]["largest_difference"] = 12.0
        check_replica(config, STARRED)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["birth_death", "death_birth", "imitation"])
def test_same_seed_with_linear_fitness(kind):
    config = config_on(kind, WEIGHTED, selection={"fitness": "linear", "intensity": 0.3})
    check_replica(config, WEIGHTED)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["pairwise_comparison", "birth_death", "death_birth", "introspection"])
@pytest.mark.parametrize("law, per", [(law, per) for law in ("sine", "square", "linear", "series", "noise", "feedback",
                                      "shocks") for per in ("generation", "step")] + [("switching", None)])  # fmt: skip
@pytest.mark.rota
def test_same_seed_in_every_environment(kind, law, per):
    config = config_on(kind, KITE, LAWS[law] | ({"per": per} if per else {}), mutation={"rate": 0.2})
    check_replica(config, KITE, generations=5, record_every=0.5)


@pytest.mark.pure
@pytest.mark.parametrize("game", ["pairs", "groups"])
@pytest.mark.parametrize("kind", ["pairwise_comparison", "birth_death", "best_response", "logit"])
def test_same_seed_where_payoffs_read_the_mix(kind, game):
    """Every payoff moves with every update, of those far away too."""
    config = config_on(kind, KITE, "sine", strategies=TRAITS)
    config["selection"] = config["selection"] | {"bias": {"strength": 0.5, "weights": {"calm": 1.0}}}
    config["game"] = {"kind": "matrix", "payoffs": [["x_A", "e - x_B", "1"], ["1", "3*x_C", "-1"], ["x_A*e", "1", "e"]]}
    if game == "groups":
        config["game"] = GROUPS | {"payoffs": GROUPS["payoffs"] | {"B": "good + 3*x_A - 2*x_C + 0.1*t"}}
    check_replica(config, KITE, generations=5)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["death_birth", "birth_death", "imitation", "pairwise_comparison", "imitate_best"])
def test_same_seed_with_isolated_nodes_and_in_two_parts(kind):
    """Who has no neighbour earns nothing, keeps its strategy and has no children."""
    edges = [edge for edge in WEIGHTED if 6 not in edge and edge[:2] != (3, 4)]
    check_replica(config_on(kind, edges), edges)


RING = [(i, (i + 1) % 8) for i in range(8)]
CHORDS = RING + [(i, i + 4) for i in range(4)]


@pytest.mark.pure
@pytest.mark.parametrize("mutation", ["none", "others"])
@pytest.mark.parametrize("kind", ["pairwise_comparison", "death_birth", "imitate_best", "birth_death"])
def test_same_seed_where_all_have_as_many_neighbours(kind, mutation):
    """Two strategies and three; the graphs on which quicker loops run, and what keeps them from it."""
    for strategies in (2, 3):
        for edges, learning, population in (
            (RING, None, {}),
            (CHORDS, None, {"payoff": "accumulate"}),
            (CHORDS, RING, {}),
            (RING, None, {"self_interaction": True}),
        ):
            config = config_on(
                kind, edges, "sine", learning=learning, size=8, population=population, mutation=MUTATIONS[mutation]
            )
            config["strategies"] = dict(list(TRAITS.items())[:strategies])
            config["game"] = {
                "kind": "matrix",
                "payoffs": [["0.1", "e - 1", "1"], ["1", "0.2", "-1"], ["-0.5", "e", "1"]],
            }
            config["game"]["payoffs"] = [row[:strategies] for row in config["game"]["payoffs"][:strategies]]
            config["selection"] |= {"bias": {"strength": 0.4, "weights": {"calm": 1.0}}}
            shares = SHARES if strategies == 3 else (0.5, 0.5)
            check_replica(config, edges, size=8, learning=learning, generations=8, shares=shares)


@pytest.mark.pure
def test_same_seed_under_strong_selection():
    """Fitness over hundreds of orders of magnitude: the tree of sums follows its level."""
    for scope in ("all", "own"):
        config = config_on("birth_death", STARRED, game=GROUPS, population={"scope": scope, "payoff": "accumulate"})
        config["selection"] = {"intensity": 600.0}
        with np.errstate(over="raise"):
            check_replica(config | {"mutation": {"rate": 0.3}}, STARRED, generations=30)

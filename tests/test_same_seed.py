"""Finite populations step by step: the same streams give the same counts as tests/naive, to the last individual; and
many runs agree with a crowd of individuals that are followed by name.
"""

import random

import naive
import numpy as np
import pytest
from examples import (
    COPYING,
    FINITE,
    FOCAL,
    KINDS,
    LAWS,
    LETTERS,
    MUTATIONS,
    TRAITS,
    changing,
    group_game,
    model_of,
    rule_of,
)
from scipy import stats

import evo
from evo.canonical import point_hash
from evo.model import Model

ALPHA = 1e-4
IMITATING = [kind for kind in FOCAL if KINDS[kind].facts.role_model]

# ---- the same seed, step by step


def check_replica(config, generations=12, shares=(0.4, 0.35, 0.25), record_every=1.0, seed=11):
    model, start = Model.model_validate(config), dict(zip(LETTERS, shares, strict=False))
    whole = config["population"]["size"]
    path = evo.simulate(model, generations=generations, replicates=2, seed=seed, start=start, record_every=record_every)
    for number in range(2):
        replica = naive.Replica(config, shares, seed, number, point_hash(model, start))
        for place, (counts, environment, mean) in enumerate(replica.run(generations, record_every)):
            assert np.rint(path.mix[number, place] * whole).tolist() == counts
            assert path.environment[number, place] == pytest.approx(list(environment.values()), rel=1e-7, abs=1e-9)
            assert path.payoff[number, place] == pytest.approx(mean, rel=1e-7, abs=1e-9)
        assert place == len(path.time) - 1
    return path


def finite_config(kind, law=None, **parts):
    config = changing(law or LAWS["constant"], dynamics=rule_of(kind))
    config |= {"population": {"kind": "well_mixed", "size": 10}, "mutation": {"rate": 0.1}}
    return config | parts


@pytest.mark.pure
@pytest.mark.parametrize("kind", FINITE)
@pytest.mark.parametrize("mutation", [*MUTATIONS, "rare"])
@pytest.mark.rota
def test_same_seed_same_counts(kind, mutation):
    chosen = {"rate": 0.002} if mutation == "rare" else MUTATIONS[mutation]
    path = check_replica(finite_config(kind, mutation=chosen), generations=30)
    assert path.mix.std() > 0


@pytest.mark.pure
@pytest.mark.parametrize("copying", COPYING)
@pytest.mark.parametrize("when", ["instead", "after"])
@pytest.mark.parametrize("kind", IMITATING)
@pytest.mark.rota
def test_same_seed_with_biased_role_models(kind, copying, when):
    for law in (LAWS["switching"], LAWS["sine"] | {"per": "step"}):
        config = finite_config(kind, law, mutation={"rate": 0.05, "when": when}, strategies=TRAITS)
        check_replica(config | {"selection": COPYING[copying]}, generations=4)


@pytest.mark.pure
@pytest.mark.parametrize(
    "dynamics",
    [
        *(
            rule_of(kind, role_models="all")
            for kind in ("pairwise_comparison", "local_update", "proportional_imitation")
        ),
        {"kind": "imitation", "own": "excluded"},
        {"kind": "moran", "death": "others"},
    ],
)
def test_same_seed_with_other_options(dynamics):
    game = group_game(random.Random(4), 3, 3)
    check_replica(finite_config(dynamics["kind"], LAWS["sine"], dynamics=dynamics, game=game), record_every=2.5)


PACED = [
    "sine",
    "square",
    "linear",
    "falling",
    "exponential",
    "logistic",
    "series",
    "held",
    "noise",
    "feedback",
    "shocks",
]
EVENTFUL = ["pairwise_comparison", "moran", "wright_fisher", "introspection"]


@pytest.mark.pure
@pytest.mark.parametrize("when", ["instead", "after"])
@pytest.mark.parametrize("kind", FOCAL)
def test_same_seed_with_everybody_at_once(kind, when):
    """A multinomial draw for each strategy in turn, by the probabilities that one focal of it would have; mutation is not
    symmetric, as a binomial of chance 1/2 but for rounding may be drawn either way."""
    for law in ("switching", "noise"):
        dynamics, mutation = rule_of(kind, update="synchronous"), MUTATIONS["matrix"] | {"when": when}
        check_replica(finite_config(kind, LAWS[law], dynamics=dynamics, mutation=mutation), generations=20)


@pytest.mark.pure
@pytest.mark.parametrize("kind", ["best_response", "logit", "introspection"])
def test_same_seed_where_payoffs_are_imagined(kind):
    """Groups with assortment, and with oneself: what a focal would earn leaves out itself."""
    game = group_game(random.Random(kind), 3, 3)
    population = {"kind": "well_mixed", "size": 10, "assortment": 0.2, "assortment_kind": "founder"}
    for more in ({}, {"self_interaction": True}):
        check_replica(finite_config(kind, game=game, population=population | more), generations=6)


@pytest.mark.pure
@pytest.mark.parametrize("kind", EVENTFUL)
@pytest.mark.parametrize(
    "law, per",
    [*((law, per) for law in PACED for per in ("generation", "step")), ("switching", None), ("blows", "generation")],
)
@pytest.mark.rota
def test_same_seed_in_every_environment(kind, law, per):
    config = finite_config(kind, LAWS[law] | ({"per": per} if per else {}), mutation={"rate": 0.3})
    check_replica(config, generations=9)


@pytest.mark.pure
@pytest.mark.parametrize("kind", EVENTFUL)
def test_same_seed_with_a_chain_per_step(kind):
    chain = {
        "kind": "switching",
        "values": [0.1, 0.9, 0.4],
        "probabilities": [[0.9, 0.1, 0], [0.05, 0.8, 0.15], [0.2, 0, 0.8]],
    }
    check_replica(finite_config(kind, chain))
    check_replica(finite_config(kind, chain, mutation={"rate": 0.001}))


@pytest.mark.pure
@pytest.mark.parametrize("paced", ["generation", "step"])
@pytest.mark.parametrize("kind", EVENTFUL)
@pytest.mark.rota
def test_same_seed_with_many_variables(kind, paced):
    """Two chains, shocks and noise draw from one stream in the order of their events; a stock jumps with the shocks;
    payoffs read the time and the mix. One variable that moves with every step must leave the others to their pace."""
    config = finite_config(kind, LAWS["switching"])
    config["environment"] |= {
        "shock": LAWS["shocks"],
        "wave": LAWS["sine"] | {"per": paced},
        "chain": {"kind": "switching", "values": [0.0, 0.3], "rates": [[-2, 2], [3, -3]], "start": 1},
        "wind": LAWS["noise"],
        "stock": {
            "kind": "feedback",
            "start": 1.0,
            "rate": "0.4*(1 - stock) - 0.1*x_B + 0.01*t",
            "jumps": {"on": "shock", "multiply": 0.5},
        },
    }
    config["game"] = {
        "kind": "matrix",
        "payoffs": [
            ["stock", "e - 1", "1.2*e"],
            ["1 + 0.1*wave", "0.2", "shock + wind - 1"],
            ["-0.5", "0.8 - e + chain", "e + x_A*tanh(t/5)"],
        ],
    }
    check_replica(config, generations=6)
    config["environment"]["crop"] = {"kind": "feedback", "start": 0.3, "rate": "0.3*(stock - crop)", "per": paced}
    config["game"]["payoffs"][2][2] = "e + crop - 0.3"
    check_replica(config | {"mutation": {"rate": 0.004}}, generations=8, record_every=0.5)


@pytest.mark.pure
def test_a_random_start_is_uniform_on_the_simplex_and_drawn_by_number():
    config = finite_config("moran", LAWS["constant"], population={"kind": "well_mixed", "size": 1000})
    model = Model.model_validate(config)
    path = evo.simulate(model, generations=1e-3, record_every=1e-3, replicates=20, seed=6, start="random")
    for number in range(20):
        rng = naive.stream(6, number, point_hash(model, "random"), naive.START)
        waits = [naive.exponential(rng) for _ in range(3)]  # normalised exponentials: Dirichlet(1, 1, 1)
        assert path.mix[number, 0] * 1000 == pytest.approx(naive.whole_counts([w / sum(waits) for w in waits], 1000))


@pytest.mark.pure
@pytest.mark.parametrize("kind", EVENTFUL)
def test_feedback_and_records_do_not_count_the_bias(kind):
    """Trait bias moves the mix; payoffs in formulas and records are those of the game, 0 for who is not there."""
    law = LAWS["feedback"] | {"rate": "0.1*payoff_A - 0.2*payoff_B + 0.3*payoff_C - 0.1*mean_payoff"}
    config = finite_config(kind, law, mutation={"rate": 0.02}, strategies=TRAITS)
    config["selection"] = {"bias": {"strength": 1.5, "weights": {"calm": 1.0, "care": -0.5}}}
    path = check_replica(config)
    assert (path.mix == 0).any()


# ---- many runs of individuals

RUNS = 2000
CROWDS = {
    "compared": {"dynamics": {"kind": "pairwise_comparison"}, "mutation": {"rate": 0.05}},
    "compared, all": {"dynamics": {"kind": "pairwise_comparison", "role_models": "all"}},
    "after": {"dynamics": {"kind": "pairwise_comparison"}, "mutation": {"rate": 0.2, "to": "any", "when": "after"}},
    "conformist": {"dynamics": {"kind": "pairwise_comparison"}, "selection": {"conformity": 2.0, "prestige": 0.5}},
    "born": {"dynamics": {"kind": "moran"}, "mutation": {"rate": 0.1}},
    "born, spared": {"dynamics": {"kind": "moran", "death": "others"}, "mutation": {"rate": 0.1, "to": "any"}},
    "redrawn": {"dynamics": {"kind": "wright_fisher"}, "mutation": {"rate": 0.1}},
    "linear": {"dynamics": {"kind": "wright_fisher"}, "selection": {"fitness": "linear", "intensity": 0.5}},
    "local": {"dynamics": rule_of("local_update"), "selection": {"intensity": 0.9, "conformity": 0.5}},
    "gaining": {"dynamics": {"kind": "proportional_imitation"}, "mutation": {"rate": 0.05}},
    "copying": {"dynamics": {"kind": "imitation"}, "selection": {"conformity": 1.5}, "mutation": {"rate": 0.1}},
    "copying others": {"dynamics": {"kind": "imitation", "own": "excluded"}, "selection": {"prestige": 0.3}},
    "the best": {"dynamics": {"kind": "imitate_best"}, "mutation": {"rate": 0.3}},
    "replying": {"dynamics": {"kind": "best_response"}, "mutation": {"rate": 0.3, "when": "after"}},
    "softly": {"dynamics": {"kind": "logit"}, "mutation": {"rate": 0.1}},
    "aspiring": {"dynamics": {"kind": "aspiration", "level": 1.2}},
    "thinking": {"dynamics": {"kind": "introspection"}, "mutation": {"rate": 0.1, "to": "any"}},
    "all compare": {"dynamics": {"kind": "pairwise_comparison", "update": "synchronous"}, "mutation": {"rate": 0.05}},
    "all reply": {"dynamics": {"kind": "best_response", "update": "synchronous"}, "mutation": {"rate": 0.3}},
    "all think": {"dynamics": {"kind": "introspection", "update": "synchronous"}},
}


def crowd_config(name, intensity=1.5, **population):
    earned = {"A": "2.5*(k_A == 3) + 0.5*k_B", "B": "1 + 0.3*k_C", "C": "0.2 + 1.2*(k_C == 2)"}
    config = model_of(3, {"kind": "group", "size": 3, "payoffs": earned}, **CROWDS[name])
    if KINDS[config["dynamics"]["kind"]].facts.intensity:
        config["selection"] = {"intensity": intensity} | config.get("selection", {})
    return config | {"population": {"kind": "well_mixed", "size": 7, **population}}


def named_runs(config, generations=5):
    """Final counts of individuals, (runs, strategies)."""
    rng, known = random.Random(1), {}
    return np.array([naive.individuals(config, generations, [3, 2, 2], rng, known) for _ in range(RUNS)])


def counted_runs(config, generations=5):
    """Final counts of evo, (runs, strategies)."""
    start = {"A": 3 / 7, "B": 2 / 7}
    path = evo.simulate(Model.model_validate(config), generations=generations, replicates=RUNS, seed=2, start=start)
    return np.rint(path.mix[:, -1] * 7)


def agreement(some, others):
    """The smallest p-value for equal means and equal variances of each strategy's counts."""
    apart = [(sample - sample.mean(axis=0)) ** 2 for sample in (some, others)]
    means = stats.ttest_ind(some, others, equal_var=False).pvalue
    variances = stats.ttest_ind(*apart, equal_var=False).pvalue
    return min(means.min(), variances.min())


@pytest.mark.parametrize("name", CROWDS)
@pytest.mark.rota
def test_individuals_and_counts_agree(name):
    assert agreement(named_runs(crowd_config(name)), counted_runs(crowd_config(name))) > ALPHA


@pytest.mark.parametrize("name", ["compared", "born", "redrawn", "softly", "thinking", "copying"])
def test_individuals_of_a_slightly_other_model_do_not_agree(name):
    people = named_runs(crowd_config(name))
    assert agreement(people, counted_runs(crowd_config(name, intensity=1.0))) < ALPHA
    assert agreement(people, counted_runs(crowd_config(name, self_interaction=True))) < ALPHA

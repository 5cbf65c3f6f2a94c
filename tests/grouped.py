"""Populations in groups that tests share, as data, and how they are run."""

import math
import random

from examples import FINITE, MUTATIONS, TRAITS, group_game, matrix_game, model_of, rule_of

import evo
from evo.kernels.arrays import FIXED, FIXED_AT
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

SPLITS = {"kind": "splitting", "chance": 0.3}
CONTESTS = {"kind": "contests", "rate": 0.8, "intensity": 2.0}
DEATHS = {"kind": "extinction", "rate": 0.9, "intensity": 1.5, "level": 0.3}
ROWS = [[0, 1, 0, 2.5], [1, 0, 3, 0], [0.5, 0.5, 0, 1], [0, 0, 1, 0]]


def in_groups(config, **population):
    return config | {"population": {"kind": "groups", "groups": 4, "size": 3} | population}


def config_of(d=3, rule="pairwise_comparison", seed=1, n=2, **parts):
    rng = random.Random(seed)
    game = matrix_game(rng, d) if n == 2 else group_game(rng, d, n)
    population = parts.pop("population", {})
    return in_groups(model_of(d, game, dynamics=rule_of(rule), **parts), **population)


def recorded(config, generations=3.0, replicates=2, seed=4, **asked):
    return evo.simulate(Model.model_validate(config), generations=generations, replicates=replicates, seed=seed,
                        groups=True, **asked)  # fmt: skip


def case_of(name, **changed):
    """One of SAME as a config, with these parts instead."""
    case = {"selection": {}, "mutation": {}} | SAME[name] | changed
    rule = case.pop("rule", "pairwise_comparison")
    config = config_of(rule=rule if isinstance(rule, str) else rule["kind"], strategies=TRAITS, **case)
    return config if isinstance(rule, str) else config | {"dynamics": rule}


def donation(b, c, first):
    return [[b - c, -c], [b, 0.0]] if first == "C" else [[0.0, b], [-c, b - c]]


def fixed(config, start, replicates, seed=3):
    """The strategy that took over, and after how many events."""
    model = Model.model_validate(config)
    plan = plan_of(start, generations=1e7, record_every=None, burn_in=0.0, tolerance=1e-8, until="fixed", rest=0.0,
                   averages=False, watched=[])  # fmt: skip
    recording = run_plan(model, plan, seed=seed, point=7, replicates=replicates, workers=2)
    winner = recording.counts[:, FIXED]
    assert (winner >= 0).all()
    return winner, recording.numbers[:, FIXED_AT] * model.lowered.meeting.whole


def near(share, expected, replicates):
    return abs(share - expected) < 4.5 * math.sqrt(expected * (1 - expected) / replicates)


SAME = {
    **{rule: {"rule": rule, "population": {"migration": 0.0}} for rule in FINITE},
    **{
        f"{rule} crossing": {"rule": rule, "population": {"migration": 0.4}}
        for rule in FINITE
        if rule not in ("best_response", "logit", "aspiration", "introspection")
    },
    **{f"mutation {name}": {"mutation": mutation, "population": {"migration": 0.3}}
       for name, mutation in MUTATIONS.items()},
    "mutation after": {"mutation": {"rate": 0.4, "when": "after"}, "population": {"migration": 0.5}},
    "born mutants": {"rule": "moran", "mutation": {"rate": 0.3}, "population": {"migration": 0.3}},
    "conformist": {"selection": {"conformity": 2.5, "prestige": 0.7}, "population": {"migration": 0.6}},
    "conformist imitation": {"rule": "imitation", "selection": {"conformity": 0.5, "prestige": 0.7},
                             "population": {"migration": 0.6}},
    "unequal": {"population": {"size": [2, 5, 3, 4], "migration": [0.1, 0.0, 0.9, 1.0]}},
    "ring": {"population": {"groups": 5, "pattern": "ring", "migration": 0.5}},
    "square": {"population": {"groups": 9, "pattern": "square", "migration": 0.5}},
    "rows": {"population": {"pattern": ROWS, "migration": 0.5}},
    "even": {"population": {"arrangement": "even", "size": 5}},
    "clustered": {"population": {"arrangement": "clustered"}},
    "game of three": {"n": 3, "population": {"size": 4, "migration": 0.2}},
    "global": {"rule": "moran", "population": {"competition": "global", "migration": 0.3}},
    "global, others die": {"rule": {"kind": "moran", "death": "others"},
                           "population": {"competition": "global", "migration": 0.1}},
    "global, linear": {"rule": "moran", "selection": {"intensity": 0.3, "fitness": "linear"},
                       "population": {"competition": "global", "migration": 0.1}},
    "global, strong": {"rule": "moran", "selection": {"intensity": 9.0}, "mutation": {"rate": 0.2},
                       "population": {"competition": "global", "migration": 0.1, "groups": 6}},
    "splitting": {"rule": "moran", "population": {"competition": "global", "dynamics": SPLITS, "size": 4}},
    "splitting, all": {"rule": "moran", "mutation": {"rate": 0.1}, "population": {
        "competition": "global", "dynamics": SPLITS | {"resident": "full"}, "alone": 0.7, "migration": 0.2}},
    "contests": {"population": {"dynamics": CONTESTS}, "mutation": {"rate": 0.1}},
    "contests on a ring": {"population": {"dynamics": CONTESTS, "pattern": "ring"}, "mutation": {"rate": 0.1}},
    "contests by formula": {"mutation": {"rate": 0.1}, "population": {"dynamics": CONTESTS | {
        "fitness": "2*x_A - x_B**2 + 0.3*mean_payoff",
        "bias": {"strength": 1.5, "weights": {"calm": 1.0, "care": -0.5}}}}},
    "extinction": {"population": {"dynamics": DEATHS}, "mutation": {"rate": 0.1}},
    "extinction, all": {"population": {"dynamics": DEATHS | {"colonists": "all"}, "size": [2, 4, 3, 3]}},
    "sectors": {"mutation": {"rate": 0.05}, "population": {
        "groups": 3, "size": 3, "migration": 0.3, "dynamics": CONTESTS,
        "levels": [{"number": 4, "migration": 0.2, "pattern": "ring", "dynamics": CONTESTS | {"fitness": "x_A"}}]}},
    "three levels": {"mutation": {"rate": 0.05}, "population": {
        "groups": 2, "size": 2, "migration": 0.3, "dynamics": DEATHS | {"colonists": "all"}, "levels": [
            {"number": 2, "migration": 0.2, "dynamics": CONTESTS},
            {"number": 3, "migration": 0.1, "dynamics": DEATHS | {"colonists": "one"}}]}},
    "sectors of groups that split": {"rule": "moran", "population": {
        "groups": 3, "size": 3, "competition": "global", "dynamics": SPLITS,
        "levels": [{"number": 2, "migration": 0.1, "dynamics": CONTESTS}]}},
}  # fmt: skip

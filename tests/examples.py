"""Small models that tests share, as data: games at random, laws of the environment, every rule in every population."""

from typing import get_args

from evo.dynamics import Dynamics
from evo.games import compositions

LETTERS = "ABCD"
KINDS = {kind.model_fields["kind"].default: kind for kind in get_args(get_args(Dynamics)[0])}
NEIGHBOURLY = [
    kind for kind, rule in KINDS.items() if not (rule.facts.finite or rule.facts.infinite)
]  # on graphs alone
ANYWHERE = [kind for kind in KINDS if kind not in NEIGHBOURLY]
NOISY = ("langevin", "aggregate_shocks")
FINITE = sorted(kind for kind, rule in KINDS.items() if rule.facts.finite and kind not in NOISY)
FOCAL = [kind for kind in FINITE if kind not in ("moran", "wright_fisher")]  # one individual looks around, or all do
TRAITS = {"A": {"traits": {"calm": 0.4, "care": 1.0}}, "B": {"traits": {"calm": 0.9}}, "C": {"traits": {"care": 0.3}}}
NEEDS = {  # what a rule must be told where payoffs move
    "local_update": {"largest_difference": 4.0},
    "proportional_imitation": {"largest_difference": 4.0},
    "discrete_replicator": {"background": 4.0},
    "aspiration": {"level": 0.4},
    "langevin": {"of": {"kind": "moran"}, "step": 0.1},
    "aggregate_shocks": {"sigma": 0.2, "step": 0.1},
}

MUTATIONS = {
    "none": {},
    "others": {"rate": 0.2},
    "any": {"rate": 0.3, "to": "any"},
    "matrix": {"rate": 0.15, "to": [[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.0, 1.0, 0.0]]},
    "always": {"rate": 1.0},
}
COPYING = {
    "unbiased": {},
    "conformist": {"conformity": 2.5},
    "anticonformist": {"conformity": 0.4},
    "prestige": {"prestige": 0.8},
    "indicated": {"prestige": -1.5, "indicator": "care"},
    "all at once": {"conformity": 1.7, "prestige": 0.6, "indicator": "calm"},
}
LAWS = {
    "constant": {"kind": "constant", "value": 0.4},
    "sine": {"kind": "periodic", "mean": 0.5, "amplitude": 0.4, "period": 3.7, "phase": 0.2},
    "square": {"kind": "periodic", "mean": 0.5, "amplitude": 0.4, "period": 2.5, "phase": 0.1, "shape": "square"},
    "linear": {"kind": "trend", "start": 0.1, "rate": 0.11, "ceiling": 0.7},
    "falling": {"kind": "trend", "start": 0.9, "rate": -0.2, "floor": 0.25},
    "exponential": {"kind": "trend", "start": 0.1, "rate": 0.3, "shape": "exponential", "ceiling": 0.8},
    "logistic": {"kind": "trend", "start": 0.2, "rate": 0.7, "floor": 0.1, "ceiling": 0.9, "shape": "logistic"},
    "series": {"kind": "series", "values": [[1990, 80], [1990.5, 30], [1992, 50], [1995.25, 10]], "start": 1990,
               "generations_per_unit": 2, "transform": "1 - value/100", "outside": "hold"},
    "held": {"kind": "series", "values": [[0, 0.2], [2.4, 0.9], [3, 0.1], [6.5, 0.5]], "interpolation": "held",
             "outside": "hold"},
    "extrapolated": {"kind": "series", "values": [[1, 0.2], [5, 0.4], [6, 0.3]], "outside": "extrapolate"},
    "switching": {"kind": "switching", "values": [0.05, 0.5, 0.9], "start": "stationary",
                  "rates": [[-0.6, 0.4, 0.2], [0.3, -0.8, 0.5], [0.0, 0.7, -0.7]]},
    "shocks": {"kind": "shocks", "base": 0.3, "rate": 0.5, "severity": 0.4, "relaxation": 1.5, "start": 0.6},
    "blows": {"kind": "shocks", "base": 0.8, "rate": 0.7, "severity": 0.3, "mode": "multiplies", "relaxation": 2.0},
    "noise": {"kind": "noise", "mean": 0.5, "relaxation": 2.0, "sd": 0.2, "start": "stationary"},
    "feedback": {"kind": "feedback", "start": 0.5, "rate": "e*(1 - e)*(2*x_A - 0.8) + 0.05*(payoff_A - mean_payoff)"},
}  # fmt: skip
CYCLE = [["0.1", "e - 1", "1.2*e"], ["1", "0.2", "-1"], ["-0.5", "0.8 - e", "e"]]


def group_game(rng, d, n):
    """A game with an arbitrary table: a number for each strategy and whole group, picked out by comparisons."""
    names = LETTERS[:d]

    def cell(group):
        return "*".join(
            [repr(rng.uniform(0.1, 2.0)), *(f"(k_{who} == {count})" for who, count in zip(names, group, strict=True))]
        )

    groups = compositions(d, n).tolist()
    return {"kind": "group", "size": n, "payoffs": {who: " + ".join(cell(group) for group in groups) for who in names}}


def matrix_game(rng, d):
    return {"kind": "matrix", "payoffs": [[rng.uniform(-1.0, 1.0) for _ in range(d)] for _ in range(d)]}


def random_game(rng, d, n):
    return matrix_game(rng, d) if n == 2 and rng.random() < 0.5 else group_game(rng, d, n)


def random_mix(rng, d):
    weights = [rng.expovariate(1.0) for _ in range(d)]
    return [weight / sum(weights) for weight in weights]


def random_counts(rng, d, whole, absent=0):
    """Everybody at random, none of the last strategies."""
    places = [rng.randrange(d - absent) for _ in range(whole)]
    return [places.count(i) for i in range(d)]


def model_of(d, game, **parts):
    return {"strategies": list(LETTERS[:d]), "game": game, "dynamics": {"kind": "replicator"}, **parts}


def rule_of(kind, **more):
    """A rule as data, with what it must be told."""
    return {"kind": kind} | NEEDS.get(kind, {}) | more


def changing(law, **parts):
    """Three strategies that chase each other in an environment of one variable, e."""
    config = model_of(3, {"kind": "matrix", "payoffs": CYCLE}, environment={"e": law}, **parts)
    return config | {"selection": selection_for(config["dynamics"], 1.5)}


def selection_for(dynamics, intensity):
    """Selection of this intensity (of local_update, which takes none above 1, a half of it), where the rule has any."""
    rule = KINDS[dynamics.get("of", dynamics)["kind"]]
    if not rule.facts.intensity:
        return {}
    return {"intensity": intensity / 2 if rule.model_fields["kind"].default == "local_update" else intensity}


def ways(random_weather=False):
    """Every rule in every population that it can have, by name, with mutation where it has any; everybody at once where
    it can; and a jump for every rule that can leap."""
    for kind, rule in KINDS.items():
        dynamics = rule_of(kind)
        config = changing(LAWS["switching" if random_weather else "sine"], dynamics=dynamics)
        config["mutation"] = {"rate": 0.05} if KINDS[dynamics.get("of", dynamics)["kind"]].facts.mutates else {}
        at_once = {"dynamics": dynamics | {"update": "synchronous"}} if "update" in rule.model_fields else None
        infinite, finite = {"kind": "infinite"}, {"kind": "well_mixed", "size": 12}
        if rule.facts.infinite:
            yield f"{kind}-infinite", config | {"population": infinite}
            if at_once:
                yield f"{kind}-synchronous-infinite", config | at_once | {"population": infinite}
        if rule.facts.finite:
            yield f"{kind}-12", config | {"population": finite}
            if at_once:
                yield f"{kind}-synchronous-12", config | at_once | {"population": finite}
            if kind in FINITE and kind != "wright_fisher":
                yield f"{kind}-leap-12", config | {"population": finite | {"leap": 0.25}}

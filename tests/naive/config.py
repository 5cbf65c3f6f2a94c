"""What a config says: its parts, with the defaults of definitions.md, and the names that its formulas know."""

from __future__ import annotations

import math
from functools import cache

WORDS = {
    "where": lambda condition, yes, no: yes if condition else no,
    "min": min,
    "max": max,
    "abs": abs,
    **{name: getattr(math, name) for name in ("floor", "exp", "log", "sqrt", "tanh")},
}


def said(config, path, default):
    """What stands in the config at a dotted path, or the default of definitions.md."""
    for key in path.split("."):
        if key not in config:
            return default
        config = config[key]
    return config


def value_of(formula, world):
    """The value of a formula (Python's syntax and arithmetic), or the number that stands in its place."""
    return eval(compiled(formula), WORDS, world) if isinstance(formula, str) else formula


@cache
def compiled(formula):
    return compile(formula, "formula", "eval")


def strategies(config):
    return range(len(config["strategies"]))


def is_finite(config):
    return said(config, "population.kind", "infinite") == "well_mixed"


def strategy(config, i):
    """What is said of strategy i beside its name."""
    named = config["strategies"]
    return (named[list(named)[i]] or {}) if isinstance(named, dict) else {}


def trait(config, i, name):
    """A trait of strategy i, 0 where it has none."""
    return strategy(config, i).get("traits", {}).get(name, 0.0)


def role(config, i):
    """The role that strategy i is for, None where there are no roles."""
    return strategy(config, i).get("role")


def roles(config):
    """The roles in the order of the strategies; [None] where there are none."""
    return list(dict.fromkeys(role(config, i) for i in strategies(config)))


def mates(config, i):
    """The strategies of the same role as i, itself one of them; all where there are no roles."""
    return [j for j in strategies(config) if role(config, j) == role(config, i)]


def size(config, i):
    """How many individuals there are of the role of strategy i."""
    sizes = config["population"]["size"]
    return sizes[role(config, i)] if isinstance(sizes, dict) else sizes


def within_role(config, i, amounts):
    """The amounts of the strategies of i's role, 0 for all others."""
    return [amount if role(config, j) == role(config, i) else 0 for j, amount in enumerate(amounts)]


def world_of(config, t, environment, amounts):
    """The names that formulas know: parameters, environment (which shadows them), t and the mix, within each role."""
    parameters = {
        name: said(value, "value", None) if isinstance(value, dict) else value
        for name, value in said(config, "parameters", {}).items()
    }
    shares = {
        f"x_{name}": amounts[i] / sum(within_role(config, i, amounts)) for i, name in enumerate(config["strategies"])
    }
    return {**parameters, **environment, **shares, "t": t, "n": said(config, "game.size", 2)}

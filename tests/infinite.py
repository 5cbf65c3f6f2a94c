"""What tests of infinite populations share: models by way of a config's text, group games at random, sets of mixes."""

import json

import numpy as np

import evo
from evo.games import compositions


def model_of(game, rule="replicator", **parts):
    """A model, by way of a config's text; game is a matrix or a game as data."""
    game = game if isinstance(game, dict) else {"kind": "matrix", "payoffs": np.asarray(game).tolist()}
    size = len(game["payoffs"]) if "payoffs" in game else 0
    names = list(game["payoffs"]) if isinstance(game.get("payoffs"), dict) else list("abcdefgh"[:size])
    config = {
        "strategies": names,
        "game": game,
        "dynamics": rule if isinstance(rule, dict) else {"kind": rule},
        "run": {"generations": 1},
        **parts,
    }
    return evo.loads(json.dumps(config)).model


def roles_of(row, column, rule="replicator", **parts):
    """A model with two roles; column[i][j] is the payoff to strategy j of the second role."""
    row, column = np.asarray(row, dtype=float), np.asarray(column, dtype=float)
    names = [f"r{i}" for i in range(row.shape[0])] + [f"s{j}" for j in range(row.shape[1])]
    strategies = {name: {"role": "row" if name[0] == "r" else "column"} for name in names}
    game = {"kind": "bimatrix", "row": row.tolist(), "column": column.tolist()}
    return model_of(game, rule, strategies=strategies, **parts)


def group_table(rng, d, n):
    """A group game with an arbitrary table, as data."""
    names, groups = "abcd"[:d], compositions(d, n).tolist()

    def cell():
        terms = [
            "*".join([repr(rng.normal()), *(f"(k_{who} == {count})" for who, count in zip(names, group, strict=True))])
            for group in groups
        ]
        return " + ".join(terms)

    return {"kind": "group", "size": n, "payoffs": {name: cell() for name in names}}


def same_points(found, expected, tolerance=1e-7):
    """Whether two sets of mixes are the same, in any order."""
    found, expected = np.array(found), np.array(expected)
    if len(found) != len(expected):
        return False
    distance = np.abs(found[:, None] - expected[None]).max(axis=2)
    return bool((distance.min(axis=0) < tolerance).all() and (distance.min(axis=1) < tolerance).all())


def mixes(found):
    return [point.mix for point in found]

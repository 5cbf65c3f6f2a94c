"""Small finite models that tests of exact chains share, as data."""

import json

import evo

PAIR = [[1.0, 0.2], [2.0, 0.5]]
THREE = [[1.0, 0.2, 3.0], [2.0, 0.5, 0.1], [0.3, 1.5, 1.0]]
MATRIX = [[0.6, 0.1, 0.3], [0.0, 0.5, 0.5], [0.9, 0.1, 0.0]]  # of mutation
FERMI = "pairwise_comparison"
ROLES = {
    "l": {"role": "row"},
    "r": {"role": "row"},
    "u": {"role": "column"},
    "v": {"role": "column"},
    "w": {"role": "column"},
}
BIMATRIX = {"kind": "bimatrix", "row": [[3, 0, 1], [0, 2, 1]], "column": [[2, 0, 1], [0.5, 3, 1.2]]}
SIZES = {"row": 3, "column": 4}


def configured(game, size, rule, intensity=1.0, names=None, **parts):
    """A model as data: `game` is a matrix, or a game."""
    matrix = not isinstance(game, dict)
    return {
        "strategies": names or [f"S{i}" for i in range(len(game))],
        "game": {"kind": "matrix", "payoffs": game} if matrix else game,
        "selection": {"intensity": intensity} | parts.pop("selection", {}),
        "population": {"kind": "well_mixed", "size": size} | parts.pop("population", {}),
        "dynamics": rule if isinstance(rule, dict) else {"kind": rule},
    } | parts


def loaded(config):
    return evo.loads(json.dumps(config | {"run": {"generations": 1}})).model


def mutating(rate, case):
    """The mutation of a case, whose id ends on whether it is to all strategies or to the others."""
    return {"rate": rate, "to": "any" if "all" in case["id"].split("_")[-1] else "others"}

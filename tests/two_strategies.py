"""What tests of two-strategy chains share: configs, models from them, and the same chains by enumeration (naive)."""

import json

import naive
import numpy as np
import pytest

import evo


def config_of(payoffs, size, rule="moran", *, intensity=None, names=None, population=None, **parts):
    """A config as data; payoffs is a matrix, or a game."""
    game = payoffs if isinstance(payoffs, dict) else {"kind": "matrix", "payoffs": payoffs}
    selection = {} if intensity is None else {"intensity": intensity}
    return {
        "strategies": names or [f"S{i}" for i in range(len(payoffs))],
        "game": game,
        "population": {"kind": "well_mixed", "size": size} | (population or {}),
        "dynamics": {"kind": rule} if isinstance(rule, str) else rule,
        **parts,
        "selection": selection | parts.get("selection", {}),
    }


def model_of(config):
    """The model of a config, by way of its text."""
    document = {"schema_version": 1, "title": "two strategies", "run": {"generations": 1}} | config
    return evo.loads(json.dumps(document)).model


def tolerance_of(case):
    """The arguments of pytest.approx for a reference case."""
    given = case["tolerance"]
    return {"rel": float(given.removeprefix("rel ")), "abs": 0} if isinstance(given, str) else {"abs": given, "rel": 0}


def near(case, value):
    return pytest.approx(value, **tolerance_of(case))


def counts_of(config, mutant, resident, k):
    """k mutants, the rest residents."""
    counts = [0] * len(config["strategies"])
    counts[mutant], counts[resident] = k, config["population"]["size"] - k
    return counts


def rates_by_enumeration(config, mutant=0, resident=1, environment=None):
    """(up, down), (Z+1,) each: chances of one event, from its definition."""
    size = config["population"]["size"]
    found = np.zeros((2, size + 1))
    for k in range(size + 1):
        counts = counts_of(config, mutant, resident, k)
        chances = naive.transitions(config, counts, naive.world_of(config, 0.0, environment or {}, counts))
        found[:, k] = chances.get((resident, mutant), 0.0), chances.get((mutant, resident), 0.0)
    return found


def matrix_of(up, down):
    """The chain on 0..Z as a matrix."""
    return np.diag(up[:-1], 1) + np.diag(down[1:], -1) + np.diag(1 - up - down)


def solved(matrix, top=-1):
    """Chance to end in the state `top`, mean time to absorption and mean time given `top`, from the states between the
    first and the last, which absorb, by one linear solve each; squares of times too."""
    inside = np.eye(len(matrix) - 2) - matrix[1:-1, 1:-1]
    chance = np.linalg.solve(inside, matrix[1:-1, top])
    time = np.linalg.solve(inside, np.ones(len(inside)))
    joint = np.linalg.solve(inside, chance)
    square = np.linalg.solve(inside, 2 * time - 1)
    joint_square = np.linalg.solve(inside, 2 * joint - chance)
    given = joint / chance
    return chance, time, given, np.sqrt(square - time**2), np.sqrt(joint_square / chance - given**2)

"""Small systems whose critical doses are known in closed form."""

import json

import evo


def experiment_of(strategies, payoffs, *, parameters, start, generations=200, dynamics="replicator", **parts):
    """Groups of two with payoffs as formulas."""
    data = {
        "title": "A test",
        "strategies": strategies,
        "parameters": parameters,
        "game": {"kind": "group", "size": 2, "payoffs": payoffs},
        "dynamics": {"kind": dynamics},
        "run": {"generations": generations, "start": start, "seed": 3},
    }
    return evo.loads(json.dumps(data | parts))


def stag_hunt(**parts):
    """Stag earns s with another and 0 alone, hare h: stag grows from a share of h/s on."""
    return experiment_of(
        ["stag", "hare"],
        {"stag": "s*(k_stag - 1)", "hare": "h"},
        parameters={"s": {"value": 4, "range": [1, 8]}, "h": {"value": 1, "range": [0, 4]}},
        start={"hare": 1.0},
        **parts,
    )


def finite_hunt(size=30):
    """The stag hunt of few people."""
    population = {"kind": "well_mixed", "size": size}
    return stag_hunt(population=population, dynamics="pairwise_comparison", generations=400)


def window():
    """Up grows only where p lies between 0.3 and 0.6."""
    return experiment_of(
        ["up", "down"],
        {"up": "10*(p - 0.3)*(0.6 - p)", "down": "0"},
        parameters={"p": {"value": 0.1, "range": [0, 1]}},
        start={"up": 0.2},
        generations=4000,
    )


def drifting(rate=4.0, margin=4e-4):
    """x' = k (x - c + lam)^2 - mu for the share x of `up`, but near 1: the saddle-node normal form with drift, which steady ramps
    of lam leave at rates above mu [Ashwin et al. 2012]."""
    return experiment_of(
        ["up", "down"],
        {"up": "(k*(x_up - c + lam)**2 - mu)/(x_up*max(x_down, 0.05))", "down": "0"},
        parameters={"k": rate, "mu": margin, "c": 0.8, "lam": {"value": 0, "range": [0, 1]}},
        start={"up": 0.8 - (margin / rate) ** 0.5},
        generations=100,
    )

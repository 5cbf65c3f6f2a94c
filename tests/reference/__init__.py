"""What tests compare with: cases whose values were computed apart from evo (README.md), one JSON file per topic, and
the flagship's model as its definition states it."""

import json
from pathlib import Path

import numpy as np

MIND_SETS = ("command", "collaborate", "free_ride", "go_alone")
BIG_SHIFT = {
    "size": 12, "b": 4.0, "c": 1.0, "beta_H": 0.2, "beta_C": 0.6, "sigma": 0.03, "details": 10.0, "S": 7.0,
    "kappa": 0.25, "chi": 0.3, "t1": 1.0, "tc": 0.2, "omega": 0.1, "phi_H": 1.8, "phi_C": 1.8, "gamma": 0.3,
    "sigma_L": 0.25, "a": 0.2,
}  # fmt: skip


def cases(topic):
    """The cases of a topic by id."""
    text = (Path(__file__).parent / f"{topic}.json").read_text()
    return {case["id"]: case for case in json.loads(text)}


def big_shift(parts, **changed):
    """The flagship's model as data (replicator-mutator unless `parts` say otherwise), with these parameters changed."""
    values = BIG_SHIFT | changed
    let = {
        "level": "1 + log(k_command)/log(S)",
        "fit_H": "1/(1 + omega*t1*level)",
        "fit_C": "1/(1 + omega*(t1/k_collaborate + tc*chi*(k_collaborate - 1)))",
        "able": "k_command + k_collaborate",
        "share": "where(able > 0, able/(able + k_free_ride), 0)",
        "h": "where(able > 0, k_command/able, 0)",
        "V_H": "where(k_command > 0, b*share*(k_command/n)**beta_H*fit_H, 0)",
        "V_C": "where(k_collaborate > 0, b*share*(k_collaborate/n)**beta_C*fit_C, 0)",
    }
    payoffs = {
        "command": "V_H - c - sigma*details*level",
        "collaborate": "V_C - c - kappa*chi*(k_collaborate - 1) - gamma*(1 - h)*k_free_ride/n",
        "free_ride": "where(able > 0, h*(V_H - phi_H) + (1 - h)*(V_C - phi_C*k_collaborate/n), 0)",
        "go_alone": "sigma_L",
    }
    return {
        "strategies": list(MIND_SETS),
        "parameters": {name: value for name, value in values.items() if name != "size"},
        "game": {"kind": "group", "size": values["size"], "let": let, "payoffs": payoffs},
        "mutation": {"rate": 1e-3, "to": "any"},
        "population": {"kind": "infinite", "assortment": "a"},
        "dynamics": {"kind": "replicator_mutator"},
    } | parts


def big_shift_payoff(k, who, v):
    """Payoff of mind-set `who` in a group of composition k (itself included), line by line as in the definition."""
    command, collaborate, free_ride, _ = k
    able, n = command + collaborate, sum(k)
    share, h = (able / (able + free_ride), command / able) if able else (0.0, 0.0)
    level = 1 + np.log(command) / np.log(v["S"]) if command else 0.0
    value = [0.0, 0.0]
    if command:
        value[0] = v["b"] * share * (command / n) ** v["beta_H"] / (1 + v["omega"] * v["t1"] * level)
    if collaborate:
        lag = v["t1"] / collaborate + v["tc"] * v["chi"] * (collaborate - 1)
        value[1] = v["b"] * share * (collaborate / n) ** v["beta_C"] / (1 + v["omega"] * lag)
    if who == 0:
        return value[0] - v["c"] - v["sigma"] * v["details"] * level
    if who == 1:
        ties = v["kappa"] * v["chi"] * (collaborate - 1)
        return value[1] - v["c"] - ties - v["gamma"] * (1 - h) * free_ride / n
    if who == 2:
        return h * (value[0] - v["phi_H"]) + (1 - h) * (value[1] - v["phi_C"] * collaborate / n) if able else 0.0
    return v["sigma_L"]

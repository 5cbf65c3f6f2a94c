"""One event on a graph in plain Python, state by state, for comparison with `evo.exact.structure`."""

import math
from collections import defaultdict

import numpy as np


def payoff(weights, matrix, state, i, mode, own=None):
    """Of vertex i, were it to play `own`."""
    own = state[i] if own is None else own
    total = value = 0.0
    for j in range(len(state)):
        if j != i and weights[i][j] > 0:
            total += weights[i][j]
            value += weights[i][j] * matrix[own][state[j]]
    if mode == "accumulate" or total == 0:
        return value
    return value / total


def event(weights, meet, matrix, state, kind, mode="average", **options):
    """{state after one event: probability}. `kernel`: who is updated or born mutates so; `explore`: (rate, kernel), a focal
    does so instead of what it would do."""
    size, beta = len(state), options.get("beta", 0.0)
    earned = [payoff(meet, matrix, state, i, mode) for i in range(size)]
    fit = [options.get("fitness", lambda x: math.exp(beta * x))(x) for x in earned]
    found = defaultdict(float)

    kernel = options.get("kernel", np.eye(len(matrix)))
    rate, targets = options.get("explore", (0.0, kernel))

    def put(i, strategy, chance):
        for own in range(len(matrix)):
            found[(*state[:i], own, *state[i + 1 :])] += (1 - rate) * chance * kernel[strategy][own]

    if kind == "birth_death":
        for j in range(size):
            out = sum(weights[i][j] / (fit[i] if options.get("death") else 1) for i in range(size))
            parent = 1 / size if options.get("death") else fit[j] / sum(fit)
            for i in range(size):
                if weights[i][j] > 0:
                    put(i, state[j], parent * weights[i][j] / (fit[i] if options.get("death") else 1) / out)
    else:
        for i in range(size):
            drawn = (1 / fit[i]) / sum(1 / f for f in fit) if options.get("death") else 1 / size
            choice = focal(weights, meet, matrix, state, i, kind, mode, earned, fit, options)
            if kind != "death_birth":
                choice[state[i]] += 1 - sum(choice.values())
            for strategy, chance in choice.items():
                put(i, strategy, drawn * chance)
            for own in range(len(matrix)):
                found[(*state[:i], own, *state[i + 1 :])] += rate / size * targets[state[i]][own]
    found[state] += 1 - sum(found.values())
    return found


def focal(weights, meet, matrix, state, i, kind, mode, earned, fit, options):
    """{strategy: chance} for an update of vertex i; what is missing keeps its own."""
    found, beta = defaultdict(float), options.get("beta", 0.0)
    near = [j for j in range(len(state)) if weights[i][j] > 0]
    strategies = range(len(matrix))
    if kind in ("death_birth", "imitation"):
        bids = [(state[j], weights[i][j] * (1 if options.get("death") else fit[j])) for j in near]
        if kind == "imitation":
            bids.append((state[i], fit[i]))
        for strategy, bid in bids:
            found[strategy] += bid / sum(b for _, b in bids)
    elif kind == "imitate_best":
        best = max(earned[j] for j in [*near, i])
        among = {state[j] for j in [*near, i] if earned[j] > best - 1e-9}
        for strategy in [state[i]] if state[i] in among else among:
            found[strategy] += 1 / len(among)
    elif kind == "logit":
        would = [math.exp(beta * payoff(meet, matrix, state, i, mode, own)) for own in strategies]
        for own in strategies:
            found[own] = would[own] / sum(would)
    elif kind == "best_response":
        would = [payoff(meet, matrix, state, i, mode, own) for own in strategies]
        if would[state[i]] < max(would) - 1e-9:
            among = [own for own in strategies if would[own] > max(would) - 1e-9]
            found.update({own: 1 / len(among) for own in among})
    elif kind == "aspiration":
        for own in set(strategies) - {state[i]}:
            found[own] = 1 / (1 + math.exp(-beta * (options["level"] - earned[i]))) / (len(matrix) - 1)
    elif kind == "introspection":
        for own in set(strategies) - {state[i]}:
            lead = payoff(meet, matrix, state, i, mode, own) - earned[i]
            found[own] = 1 / (1 + math.exp(-beta * lead)) / (len(matrix) - 1)
    else:
        for j in near:
            lead = earned[j] - earned[i]
            if kind == "pairwise_comparison":
                copies = 1 / (1 + math.exp(-beta * lead))
            elif kind == "local_update":
                copies = 0.5 + beta / 2 * lead / options["difference"]
            else:
                copies = max(0.0, lead) / options["difference"] / options["degree"](i, j)
            found[state[j]] += weights[i][j] / sum(weights[i]) * copies
    return found


def all_states(size, strategies):
    return [tuple(int(s) for s in row) for row in np.ndindex(*[strategies] * size)]


def chain_of(step, size, strategies=2):
    """The states and the dense matrix of a step {state: probability}."""
    states = all_states(size, strategies)
    place = {state: k for k, state in enumerate(states)}
    matrix = np.zeros((len(states), len(states)))
    for state in states:
        for after, chance in step(state).items():
            matrix[place[state], place[after]] += chance
    return states, matrix


def fate_of(states, matrix):
    """{state: (chance that all come to play 0, mean steps, mean steps if so)} of a chain without other ends."""
    inner = [k for k, state in enumerate(states) if len(set(state)) > 1]
    away = np.eye(len(inner)) - matrix[np.ix_(inner, inner)]
    fixed = np.linalg.solve(away, matrix[inner, 0])
    steps = np.linalg.solve(away, np.ones(len(inner)))
    waits = np.linalg.solve(away, fixed)
    return {states[k]: (fixed[r], steps[r], waits[r] / fixed[r]) for r, k in enumerate(inner)}


def long_run_of(matrix):
    """The stationary distribution by least squares."""
    system = np.vstack([matrix.T - np.eye(len(matrix)), np.ones(len(matrix))])
    return np.linalg.lstsq(system, np.r_[np.zeros(len(matrix)), 1.0], rcond=None)[0]

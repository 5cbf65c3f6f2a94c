"""Populations on small graphs as Markov chains over all d^N states, by enumeration; events as `Network` has them."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from naive.config import said, strategies
from naive.networks import Network
from naive.success import fermi, fitness, intensity, mutants, mutation_rate


class GraphChain(Network):
    """The probabilities of one update (or, where all update at once, of one generation); states are tuples of what every
    node plays, in lexicographic order."""

    def __init__(self, config, plays, learns=None):
        super().__init__(config, plays, learns or plays, self.any_shares(config), 0, 0, 0)
        self.states = list(product(strategies(config), repeat=self.size))
        self.number = {state: place for place, state in enumerate(self.states)}
        self.matrix = np.array([self.row(state) for state in self.states])

    @staticmethod
    def any_shares(config):
        return [1 / len(config["strategies"])] * len(config["strategies"])

    def row(self, state):
        self.plays_what = list(state)
        if self.kind == "birth_death":
            return self.births(state)
        revised = [self.chances(i) for i in range(self.size)]
        row = np.zeros(len(self.states))
        if self.at_once:
            for following in self.states:
                row[self.number[following]] = math.prod(
                    chances[s] for chances, s in zip(revised, following, strict=True)
                )
            return row
        for i, chances in enumerate(revised):
            for s, chance in enumerate(chances):
                row[self.number[(*state[:i], s, *state[i + 1 :])]] += chance / self.size
        return row

    def births(self, state):
        row, fit = np.zeros(len(self.states)), self.relative_fitness()
        for parent, of_parent in enumerate(fit):
            lookers = self.learns.lookers[parent]
            for s, chance in enumerate(self.kernel(self.certain(state[parent]))):
                for i, tie in lookers.items():
                    here = (*state[:i], s, *state[i + 1 :])
                    row[self.number[here]] += of_parent / sum(fit) * chance * tie / sum(lookers.values())
            if not lookers:
                row[self.number[state]] += of_parent / sum(fit)
        return row

    def certain(self, s):
        return [float(s == t) for t in strategies(self.config)]

    def kernel(self, mix):
        mu, q = mutation_rate(self.config), mutants(self.config)
        return [
            (1 - mu) * mix[t] + mu * sum(mix[s] * q[s][t] for s in strategies(self.config))
            for t in strategies(self.config)
        ]

    def chances(self, i):
        """Probability that i plays each strategy after its update."""
        own, late = self.plays_what[i], said(self.config, "mutation.when", "instead") == "after"
        if self.kind == "death_birth":
            return self.kernel(self.revision(i)) if self.learns.of[i] else self.certain(own)
        if late:
            return self.kernel(self.revision(i))
        mu = mutation_rate(self.config)
        return [(1 - mu) * a + mu * b for a, b in zip(self.revision(i), mutants(self.config)[own], strict=True)]

    def revision(self, i):
        own, chances = self.plays_what[i], [0.0] * len(self.config["strategies"])
        if self.kind in ("death_birth", "imitation"):
            with_own = self.kind == "imitation" and said(self.config, "dynamics.own", "competes") == "competes"
            weights = {
                j: w * fitness(self.config, self.effective(j)) for j, w in self.attention(i, with_own).items()
            } or {i: 1.0}
            for j, weight in weights.items():
                chances[self.plays_what[j]] += weight / sum(weights.values())
        elif self.kind == "imitate_best":
            seen = [i, *self.learns.of[i]]
            payoffs = {s: max(self.effective(j) for j in seen if self.plays_what[j] == s)
                       for s in {self.plays_what[j] for j in seen}}  # fmt: skip
            chances = self.among_the_best(payoffs, own)
        elif self.kind == "best_response":
            chances = self.among_the_best({s: self.effective(i, s) for s in strategies(self.config)}, own)
        elif self.kind == "logit":
            weights = [math.exp(intensity(self.config) * self.effective(i, s)) for s in strategies(self.config)]
            chances = [w / sum(weights) for w in weights]
        else:
            for s, met, copied in self.temptations(i):
                chances[s] += met * copied
            chances[own] += 1 - sum(chances)
        return chances

    def among_the_best(self, payoffs, own):
        best = [
            s for s, pay in payoffs.items() if math.isclose(pay, max(payoffs.values()), rel_tol=1e-11, abs_tol=1e-11)
        ]
        return self.certain(own) if own in best else [(s in best) / len(best) for s in strategies(self.config)]

    def temptations(self, i):
        """(another strategy, probability to look at it (at this node), probability to take it)."""
        own = self.plays_what[i]
        if self.kind in ("aspiration", "introspection"):
            others = [s for s in strategies(self.config) if s != own]
            for s in others:
                level = self.effective(i, s) if self.kind == "introspection" else self.config["dynamics"]["level"]
                yield s, 1 / len(others), fermi(self.config, level, self.effective(i))
            return
        weights = self.attention(i)
        for j, weight in weights.items():
            if self.plays_what[j] != own:
                yield self.plays_what[j], weight / sum(weights.values()), self.copying(i, j)

    # ---- answers

    def after(self, steps, counts):
        """Distribution over states so many steps after a start with these counts anywhere at random."""
        start = np.array(
            [[state.count(s) for s in strategies(self.config)] == list(counts) for state in self.states], float
        )
        return start / start.sum() @ np.linalg.matrix_power(self.matrix, steps)

    def takeover(self, strategy):
        """Of every state, the probability that the strategy takes over; and the mean number of steps until one does."""
        ends = [self.number[(s,) * self.size] for s in strategies(self.config)]
        inner = [place for place in range(len(self.states)) if place not in ends]
        left = np.eye(len(inner)) - self.matrix[np.ix_(inner, inner)]
        chance, time = np.zeros(len(self.states)), np.zeros(len(self.states))
        chance[ends[strategy]] = 1.0
        chance[inner] = np.linalg.solve(left, self.matrix[inner, ends[strategy]])
        time[inner] = np.linalg.solve(left, np.ones(len(inner)))
        return chance, time

    def alone(self, strategy, i):
        """The place of the state in which i plays the strategy and all others the other one of two."""
        return self.number[tuple(strategy if j == i else 1 - strategy for j in range(self.size))]

    def stationary(self):
        """Shares of the states in the long run."""
        system = np.vstack([self.matrix.T - np.eye(len(self.states)), np.ones(len(self.states))])
        return np.linalg.lstsq(system, np.array([0.0] * len(self.states) + [1.0]), rcond=None)[0]

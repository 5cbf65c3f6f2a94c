"""Individuals on the nodes of a graph, one by one, on the streams of `evo.simulate`: dicts and lists.

`Ties` say who looks at whom: `of[i]` is {j: weight} of those whom i looks at, the sources of edges into i. A `Network`
has one for playing and one for learning. Draws come in the order in which the kernels make them (kernels/nodes): first
the places at the start; then for each update the focal (or the parent), mutation instead, what the rule draws, mutation
after. Nothing is drawn where nothing hangs on it: of copying, where model and focal are alike; among ties, where there is one
best. Of updates one by one, focal nodes are drawn 16 ahead, and with
them the role models where they follow from chance alone.
"""

from __future__ import annotations

import math

from evo.kernels.random import below, next_word, uniform
from naive.config import said, strategies, trait, value_of, world_of
from naive.environment import Weather
from naive.flows import feedback_rate
from naive.payoffs import bias, largest_difference, mean_payoff, without_bias
from naive.replica import ENVIRONMENT, STRATEGY, stream, whole_counts
from naive.success import fermi, fitness, intensity, mutants, mutation_rate

AHEAD = 16
COMPARING = ("pairwise_comparison", "local_update", "proportional_imitation")
IMAGINING = ("best_response", "logit", "aspiration", "introspection")


class Ties:
    """Who looks at whom: from edges (source, target, weight), both ways unless directed."""

    def __init__(self, size, edges, directed=False):
        self.of = [{} for _ in range(size)]
        for source, target, *weight in edges:
            self.of[target][source] = weight[0] if weight else 1.0
            if not directed:
                self.of[source][target] = weight[0] if weight else 1.0
        self.of = [dict(sorted(row.items())) for row in self.of]
        self.lookers = [{j: row[i] for j, row in enumerate(self.of) if i in row} for i in range(size)]
        self.even = all(weight == 1.0 for row in self.of for weight in row.values())


class Network:
    """A population on a graph, from its start on."""

    def __init__(self, config, plays, learns, shares, seed, number, point):
        self.config, self.plays, self.learns = config, plays, learns
        self.size, self.kind = len(plays.of), config["dynamics"]["kind"]
        self.population = config["population"]
        self.rng = stream(seed, number, point, STRATEGY)
        self.at_once = said(config, "dynamics.update", "sequential") == "synchronous"
        self.per_generation = 1 if self.at_once else self.size
        self.laws = said(config, "environment", {})
        self.weather = Weather(config, stream(seed, number, point, ENVIRONMENT), 1 / self.per_generation)
        self.t, self.step, self.environment = 0.0, 0, self.weather.values(0.0)
        self.ahead = []
        self.plays_what = self.settled(whole_counts(shares, self.size))

    # ---- the start

    def settled(self, counts):
        """Places in random order, the rarer strategy first."""
        places = list(range(self.size))
        for last in range(self.size - 1, 0, -1):
            other = int(below(last + 1, self.rng))
            places[last], places[other] = places[other], places[last]
        found = [None] * self.size
        in_order = [s for s in sorted(strategies(self.config), key=lambda s: counts[s]) for _ in range(counts[s])]
        for place, s in zip(places, in_order, strict=True):
            found[place] = s
        return found

    # ---- payoffs

    @property
    def counts(self):
        return [self.plays_what.count(s) for s in strategies(self.config)]

    @property
    def world(self):
        return world_of(self.config, self.t, self.environment, self.counts)

    def effective(self, i, own=None):
        """What i earns, or would earn as `own`, all others as they are; trait bias included."""
        table = list(self.plays_what)
        table[i] = table[i] if own is None else own
        grouped = self.config["game"]["kind"] == "group"
        return (self.from_groups if grouped else self.from_pairs)(i, table) + bias(self.config, table[i])

    def from_pairs(self, i, table):
        matrix, met = self.config["game"]["payoffs"], list(self.plays.of[i].items())
        if self.population.get("self_interaction"):
            met.append((i, 1.0))
        world = self.world
        earned = [(weight, value_of(matrix[table[i]][table[j]], world)) for j, weight in met]
        total = sum(weight * pay for weight, pay in earned)
        if self.population.get("payoff") == "accumulate" or not earned:
            return total
        return total / sum(weight for weight, _ in earned)

    def from_groups(self, i, table):
        centres = [i, *self.plays.of[i]] if self.population.get("scope", "all") == "all" else [i]
        earned = [self.in_group(table[i], [table[j] for j in (centre, *self.plays.of[centre])]) for centre in centres]
        return sum(earned) if self.population.get("payoff") == "accumulate" else sum(earned) / len(earned)

    def in_group(self, own, members):
        game, names = self.config["game"], list(self.config["strategies"])
        known = self.world | {"n": len(members)} | {f"k_{name}": members.count(s) for s, name in enumerate(names)}
        for name, line in game.get("let", {}).items():
            known[name] = value_of(line, known)
        return value_of(game["payoffs"][names[own]], known)

    def by_strategy(self):
        """Mean effective payoff of each strategy, None for the absent."""
        earned = [
            [self.effective(i) for i, s in enumerate(self.plays_what) if s == own] for own in strategies(self.config)
        ]
        return [sum(of_one) / len(of_one) if of_one else None for of_one in earned]

    def mean(self):
        return mean_payoff(self.counts, without_bias(self.config, self.by_strategy()))

    # ---- draws

    def place(self, weights):
        return Weather.pick(weights, uniform(self.rng) * sum(weights))

    def by_tie(self, row, even):
        """One of {j: weight}, in proportion to the weight."""
        if even:
            return list(row)[int(below(len(row), self.rng))]
        return list(row)[self.place(list(row.values()))]

    def mutant(self, s):
        return self.place(mutants(self.config)[s])

    def mutates(self):
        mu = mutation_rate(self.config)
        return mu > 0 and uniform(self.rng) < mu

    # ---- who is looked at

    def frequency(self, i, with_own):
        """Weight of those that i learns from, by strategy; itself among them with weight 1, or not."""
        seen = dict.fromkeys(strategies(self.config), 0.0)
        for j, weight in self.learns.of[i].items():
            seen[self.plays_what[j]] += weight
        if with_own:
            seen[self.plays_what[i]] += 1.0
        return seen

    def attention(self, i, with_own=False):
        """Weight with which i looks at each: x^conformity * exp(prestige*indicator) of its strategy or itself, in
        proportion to the tie among those of one strategy."""
        conformity, prestige = (
            said(self.config, "selection.conformity", 1.0),
            said(self.config, "selection.prestige", 0.0),
        )
        seen = self.frequency(i, with_own)
        row = self.learns.of[i] | ({i: 1.0} if with_own else {})
        return {
            j: tie * seen[self.plays_what[j]] ** (conformity - 1) * math.exp(prestige * self.indicator(j))
            for j, tie in row.items()
        }

    def indicator(self, j):
        looked_at = said(self.config, "selection.indicator", "payoff")
        if looked_at == "payoff":
            return self.effective(j)
        if looked_at == "degree":
            return sum(self.plays.of[j].values())
        return trait(self.config, self.plays_what[j], looked_at)

    @property
    def unbiased(self):
        return said(self.config, "selection.conformity", 1.0) == 1 and said(self.config, "selection.prestige", 0.0) == 0

    # ---- one update

    def next_of(self, i, model=None):
        """What i plays after its update; model: who was drawn for it already, if anybody."""
        birth = self.kind == "death_birth"
        after = birth or said(self.config, "mutation.when", "instead") == "after"
        if birth and not self.learns.of[i]:
            return self.revised(i, model)
        if not after and self.mutates():
            return self.mutant(self.plays_what[i])
        taken = self.revised(i, model)
        return self.mutant(taken) if after and self.mutates() else taken

    def revised(self, i, model):
        if self.kind in ("death_birth", "imitation"):
            return self.competed(i)
        if self.kind == "imitate_best":
            return self.best_seen(i)
        if self.kind in IMAGINING:
            return self.imagined(i)
        return self.compared(i, model)

    def compared(self, i, model):
        own, row = self.plays_what[i], self.learns.of[i]
        if not row:
            return own
        if model is not None:
            pass
        elif self.unbiased:
            model = self.by_tie(row, self.learns.even)
        else:
            weights = self.attention(i)
            model = list(weights)[self.place(list(weights.values()))]
        if self.plays_what[model] == own:
            return own
        copied = uniform(self.rng) < self.copying(i, model)
        return self.plays_what[model] if copied else own

    def copying(self, i, model):
        gain = self.effective(model) - self.effective(i)
        if self.kind == "pairwise_comparison":
            return fermi(self.config, gain, 0.0)
        largest = largest_difference(self.config, self.world) * self.games_at_most(i, model)
        if self.kind == "local_update":
            return 0.5 + 0.5 * intensity(self.config) * gain / largest
        return max(0.0, gain / largest)

    def games_at_most(self, i, j):
        """By what the largest difference is multiplied."""
        default = "pair" if self.population.get("payoff") == "accumulate" else "none"
        per_degree = self.population.get("per_degree", default)
        if per_degree == "none":
            return 1.0
        return max(1.0, *(self.games(k) for k in ((i, j) if per_degree == "pair" else range(self.size))))

    def games(self, i):
        """Number (weight) of pairs, or of groups, that i plays in."""
        met = sum(self.plays.of[i].values())
        if self.config["game"]["kind"] == "group":
            return 1.0 + met if self.population.get("scope", "all") == "all" else 1.0
        return met + bool(self.population.get("self_interaction"))

    def competed(self, i):
        own, u = self.plays_what[i], uniform(self.rng)
        with_own = self.kind == "imitation" and said(self.config, "dynamics.own", "competes") == "competes"
        weights = self.attention(i, with_own)
        played = {self.plays_what[j] for j in weights}
        if len(played) < 2:
            return played.pop() if played else own
        totals = [0.0 for _ in strategies(self.config)]
        for j, weight in weights.items():
            totals[self.plays_what[j]] += weight * fitness(self.config, self.effective(j))
        return Weather.pick(totals, u * sum(totals))

    def best_seen(self, i):
        payoffs = {self.plays_what[i]: self.effective(i)}
        for j in self.learns.of[i]:
            s = self.plays_what[j]
            payoffs[s] = max(payoffs.get(s, -math.inf), self.effective(j))
        return self.one_of_the_best(payoffs, self.plays_what[i])

    def one_of_the_best(self, payoffs, own):
        most = max(payoffs.values())
        ties = sorted(s for s, pay in payoffs.items() if math.isclose(pay, most, rel_tol=1e-11, abs_tol=1e-11))
        if own in ties:
            return own
        return ties[0] if len(ties) == 1 else ties[int(below(len(ties), self.rng))]

    def imagined(self, i):
        own, beta = self.plays_what[i], intensity(self.config)
        if self.kind in ("best_response", "logit"):
            would = {s: self.effective(i, s) for s in strategies(self.config)}
            if self.kind == "best_response":
                return self.one_of_the_best(would, own)
            most = max(would.values())
            return self.place([math.exp(beta * (pay - most)) for pay in would.values()])
        others = [s for s in strategies(self.config) if s != own]
        other = others[int(below(len(others), self.rng))]
        level = self.effective(i, other) if self.kind == "introspection" else self.config["dynamics"]["level"]
        return other if uniform(self.rng) < fermi(self.config, level, self.effective(i)) else own

    def drawn_ahead(self):
        """The next focal nodes, each with its role model or None: two draws from the halves of one word."""
        models = self.kind in COMPARING and self.unbiased and self.learns.even
        return [self.drawn_pair(models) for _ in range(AHEAD)]

    def drawn_pair(self, models):
        word = int(next_word(self.rng))
        i = self.below_by_half(word >> 32, self.size)
        row = list(self.learns.of[i])
        return i, row[self.below_by_half(word % 2**32, len(row))] if models and row else None

    def below_by_half(self, half, bound):
        """A number below the bound from 32 bits; from a draw of its own where these would favour some numbers."""
        place, rest = divmod(half * bound, 2**32)
        return place if rest >= 2**32 % bound else int(below(bound, self.rng))

    def relative_fitness(self):
        """Fitness of every node; exponential relative to the fittest, so that nothing overflows."""
        earned = [self.effective(i) for i in range(self.size)]
        if said(self.config, "selection.fitness", "exponential") == "linear":
            return [fitness(self.config, pay) for pay in earned]
        return [fitness(self.config, pay - max(earned)) for pay in earned]

    def one(self):
        """One update."""
        if self.kind != "birth_death":
            if not self.ahead:
                self.ahead = self.drawn_ahead()
            i, model = self.ahead.pop(0)
            self.plays_what[i] = self.next_of(i, model)
            return
        parent = self.place(self.relative_fitness())
        child = self.plays_what[parent]
        if self.mutates():
            child = self.mutant(child)
        if self.learns.lookers[parent]:
            self.plays_what[self.by_tie(self.learns.lookers[parent], self.learns.even)] = child

    # ---- a run

    def run(self, generations, record_every=1.0):
        """(what every node plays, environment, mean payoff) at every record, of the last step at its time."""
        steps = round(generations * self.per_generation)
        times = [record_every * place for place in range(math.floor(generations / record_every + 1e-9) + 1)]
        due = [math.floor(time * self.per_generation + 1e-6) for time in times]
        records = [self.seen() for step in due if step == 0]
        while self.step < steps:
            if self.at_once:
                self.plays_what = [self.next_of(i) for i in range(self.size)]
            else:
                self.one()
            self.step += 1
            if self.laws:
                self.move()
            records += [self.seen() for step in due if step == self.step]
        return records

    def seen(self):
        return list(self.plays_what), dict(self.environment), self.mean()

    def stepwise(self, name):
        return self.laws[name].get("per") == "step" or "probabilities" in self.laws[name]

    def move(self):
        """The environment after a step: feedback, events due, chains, then the values that are to be seen."""
        t, generation = self.step / self.per_generation, self.step % self.per_generation == 0
        stepwise = any(self.stepwise(name) for name in self.laws)
        if generation or stepwise:
            self.move_feedback(generation)
        jumped = self.weather.cross(t + 1e-3 / self.per_generation)
        jumped |= self.weather.step_chains() if stepwise else set()
        if generation or stepwise:
            self.t = t
        for name in self.laws:
            if generation or self.stepwise(name) or name in jumped:
                self.environment[name] = self.weather.value(name, t)

    def move_feedback(self, generation):
        """de/dt over the generation (or step) that went by, all else held; Runge and Kutta in 32 small steps."""
        length = {
            name: 1 / self.per_generation if self.stepwise(name) else float(generation)
            for name, law in self.laws.items()
            if law["kind"] == "feedback"
        }
        if not length:
            return
        earned, counts = self.by_strategy(), self.counts

        def slope(levels):
            state = self.t, self.environment | levels, counts, earned
            return {name: length[name] * feedback_rate(self.config, name, *state) for name in length}

        def ahead(levels, slopes, part):
            return {name: levels[name] + part * slopes[name] for name in length}

        levels, small = {name: self.weather.level[name] for name in length}, 1 / 32
        for _ in range(32):
            a = slope(levels)
            b = slope(ahead(levels, a, small / 2))
            c = slope(ahead(levels, b, small / 2))
            d = slope(ahead(levels, c, small))
            levels = {n: levels[n] + small / 6 * (a[n] + 2 * b[n] + 2 * c[n] + d[n]) for n in length}
        self.weather.level.update(levels)

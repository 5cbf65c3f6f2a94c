"""A population in groups, everybody by name: a sorted list of strategies for each group, drawn as the kernels draw.

Words of evo.populations.groups; no environment. A draw that the kernels make is made here at the same place, so that on
the same seed both are the same run; everything else is worked out from the definitions, person by person.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate

import numpy as np

from evo.kernels.random import below, binomial, exponential, multinomial, uniform
from naive.config import said, strategies, trait, value_of, world_of
from naive.events import COMPARING, certain, next_strategy, parents, transitions
from naive.payoffs import bias, expected_payoff, largest_difference, table
from naive.replica import START, STRATEGY, stream, whole_counts
from naive.success import attention, fermi, fitness, intensity, mutants, mutated, mutation_rate

BIRTHS = ("moran", "wright_fisher")
INNOVATIVE = ("best_response", "logit", "aspiration", "introspection")


def levels_of(config):
    """The levels from below: number, migration, pattern, dynamics."""
    population = config["population"]
    return [{**population, "number": population["groups"]}, *said(config, "population.levels", [])]


class Demes:
    """`groups` after each call of `run`; on the streams of a replicate."""

    def __init__(self, config, shares, seed, number, point):
        self.config, self.levels = config, levels_of(config)
        self.number = math.prod(level["number"] for level in self.levels)
        self.splits = said(config, "population.dynamics.kind", None) == "splitting"
        size = config["population"]["size"]
        self.places = [size] * self.number if isinstance(size, int) else list(size)
        if self.splits and said(config, "population.dynamics.resident", "one_less") == "one_less":
            self.places = [place - 1 for place in self.places]
        self.whole = sum(self.places)
        self.at_once = (
            config["dynamics"]["kind"] == "wright_fisher"
            or said(config, "dynamics.update", "sequential") == "synchronous"
        )
        self.groups = self.dealt(shares, stream(seed, number, point, START))
        self.rng = stream(seed, number, point, STRATEGY)
        self.due = [self.wait(level) for level in range(len(self.levels))]
        self.tree = False
        self.step = 0

    # ---- the start

    def dealt(self, shares, rng):
        arrangement = said(self.config, "population.arrangement", "scattered")
        if arrangement == "even":
            return [self.people(whole_counts(shares, place)) for place in self.places]
        left, groups = self.people(whole_counts(shares, self.whole)), []
        for place in self.places:
            scattered = arrangement == "scattered"
            groups.append(sorted(left.pop(below(len(left), rng) if scattered else 0) for _ in range(place)))
        return groups

    @staticmethod
    def people(counts):
        return [i for i, count in enumerate(counts) for _ in range(int(count))]

    def counts(self, group):
        return [self.groups[group].count(i) for i in strategies(self.config)]

    # ---- payoffs

    def world(self):
        everybody = [i for group in self.groups for i in group]
        return world_of(self.config, 0.0, {}, [everybody.count(i) for i in strategies(self.config)])

    def alone(self, group):
        """The config of a population that is this group and nothing more."""
        return {**self.config, "population": {"kind": "well_mixed", "size": len(self.groups[group])}}

    def earns(self, group, i):
        """The effective payoff of a member."""
        if len(self.groups[group]) == 1:
            return said(self.config, "population.alone", 0.0) + bias(self.config, i)
        return expected_payoff(self.alone(group), i, self.counts(group), self.world())

    def earned(self, group):
        return [self.earns(group, i) if i in self.groups[group] else None for i in strategies(self.config)]

    def mean_payoff(self, groups=None):
        chosen = range(self.number) if groups is None else groups
        pay = [self.earns(g, i) - bias(self.config, i) for g in chosen for i in self.groups[g]]
        return math.fsum(pay) / len(pay)

    # ---- where things are

    def span(self, level):
        return math.prod(each["number"] for each in self.levels[:level])

    def next_to(self, level, unit):
        number, pattern = self.levels[level]["number"], self.levels[level].get("pattern", "island")
        first, place = unit - unit % number, unit % number
        if pattern == "island":
            others = [other for other in range(number) if other != place]
            return first + others[below(number - 1, self.rng)]
        if pattern == "ring":
            return first + (place + (1, -1)[below(2, self.rng)]) % number
        if pattern == "square":
            side = math.isqrt(number)
            row, column = divmod(place, side)
            down, right = ((1, 0), (-1, 0), (0, 1), (0, -1))[below(4, self.rng)]
            return first + (row + down) % side * side + (column + right) % side
        total = sum(pattern[place])
        cumulated = list(accumulate(weight / total for weight in pattern[place]))
        return first + bisect_right(cumulated, uniform(self.rng) * cumulated[-1])

    def across(self, group):
        """Where somebody who may cross comes from, or goes to."""
        for level in reversed(range(len(self.levels))):
            migration = self.levels[level].get("migration", 0.0)
            chance = migration if isinstance(migration, float | int) else migration[group]
            if chance > 0 and uniform(self.rng) < chance:
                span = self.span(level)
                unit = self.next_to(level, group // span)
                return unit * span + (below(span, self.rng) if span > 1 else 0)
        return group

    def crosses(self):
        return any(np.any(level.get("migration", 0.0)) for level in self.levels)

    # ---- one update

    def pick(self, weights):
        """One of these weights by one number."""
        total = 0.0
        for weight in weights:
            total += weight
        u = uniform(self.rng) * total
        chosen = 0
        for place, weight in enumerate(weights):
            if weight > 0:
                chosen = place
                u -= weight
                if u < 0:
                    break
        return chosen

    def mutant(self, own):
        return self.pick_of_one(mutants(self.config)[own])

    def pick_of_one(self, chances):
        u, chosen = uniform(self.rng), -1
        for place, chance in enumerate(chances):
            if chance > 0:
                chosen = place
                if u < chance:
                    break
                u -= chance
        return chosen

    def mutates(self):
        mu = mutation_rate(self.config)
        return mu > 0 and uniform(self.rng) < mu

    def offspring(self, parent):
        return self.mutant(parent) if self.mutates() else parent

    def replace(self, group, loser, winner):
        self.groups[group].remove(loser)
        self.groups[group] = sorted([*self.groups[group], winner])

    def update(self):
        if said(self.config, "population.competition", "local") == "global":
            self.birth_anywhere()
            return
        group = self.home()
        other = self.across(group) if self.crosses() else group
        people = self.groups[group]
        if other != group:
            focal = people[int(uniform(self.rng) * len(people))]
            self.replace(group, focal, self.taken(focal, self.earns(group, focal), other))
            return
        innovates = self.config["dynamics"]["kind"] in INNOVATIVE
        if len(set(people)) == 1 and mutation_rate(self.config) == 0 and not innovates:
            return
        chances = self.transitions(group)
        u = uniform(self.rng)
        for (loser, winner), chance in sorted(chances.items()):
            if u < chance:
                self.replace(group, loser, winner)
                return
            u -= chance

    def transitions(self, group):
        """One event of the rule in this group as if it were all."""
        if len(self.groups[group]) > 1:
            return transitions(self.alone(group), self.counts(group), self.world())
        own = self.groups[group][0]
        if self.config["dynamics"]["kind"] == "moran":
            born = mutated(self.config, certain(self.config, own))
            spared = said(self.config, "dynamics.death", "all") == "others"
            return {(own, j): 0.0 if spared else born[j] for j in strategies(self.config) if j != own}
        raise NotImplementedError("one alone does other things than give birth")

    def home(self):
        """A group in proportion to its places."""
        if len(set(self.places)) == 1:
            return below(self.number, self.rng)
        return bisect_right(list(accumulate(self.places)), below(self.whole, self.rng))

    def taken(self, focal, own, other):
        """What a focal becomes that looks at another group."""
        config, kind = self.config, self.config["dynamics"]["kind"]
        counts, earned = self.counts(other), self.earned(other)
        if kind in BIRTHS:
            return self.offspring(self.pick_weighed(counts, earned))
        explores = self.mutates()
        found = focal
        if said(config, "mutation.when", "instead") == "after" or not explores:
            if kind == "imitate_best":
                best = max(pay for pay in [own, *earned] if pay is not None)
                ties = [i for i, pay in enumerate(earned) if pay is not None and math.isclose(pay, best, abs_tol=1e-11)]
                if not math.isclose(own, best, abs_tol=1e-11):
                    found = ties[int(uniform(self.rng) * len(ties))]
            elif kind == "imitation":
                found = self.model(self.weights(counts, earned, True))
            else:
                model = self.model(self.weights(counts, earned, False))
                if model != focal and uniform(self.rng) < self.copies(earned[model] - own):
                    found = model
        return self.mutant(found) if explores else found

    def model(self, weights):
        return self.pick([w / max(weights) for w in weights])

    def weights(self, counts, earned, by_fitness):
        drawn = attention(self.config, counts, earned)
        if not by_fitness:
            return drawn
        return [a * fitness(self.config, pay) if a > 0 else 0.0 for a, pay in zip(drawn, earned, strict=True)]

    def pick_weighed(self, counts, earned):
        fit = [n * fitness(self.config, pay) if n else 0.0 for n, pay in zip(counts, earned, strict=True)]
        return self.pick(fit)

    def copies(self, gain):
        kind = self.config["dynamics"]["kind"]
        assert kind in COMPARING
        if kind == "pairwise_comparison":
            return fermi(self.config, gain, 0.0)
        share = gain / largest_difference(self.config, self.world())
        return 0.5 + intensity(self.config) * share / 2 if kind == "local_update" else max(0.0, share)

    # ---- parents from everywhere

    def most(self):
        """The most that anybody can earn: the payoff table is enough, for means do not exceed it."""
        config, world = self.config, self.world()
        pays = [pay + bias(config, own) for (own, _), pay in table(config, world).items()]
        return max(pays + [said(config, "population.alone", 0.0) + bias(config, i) for i in strategies(config)])

    def parent(self):
        linear = said(self.config, "selection.fitness", "exponential") == "linear"
        largest = fitness(self.config, self.most())
        for _ in range(0 if self.tree else 64):
            x = uniform(self.rng) * self.number
            group, place = int(x), (x - int(x)) * max(self.places)
            if place < len(self.groups[group]):
                parent = self.groups[group][int(place)]
                fit = fitness(self.config, self.earns(group, parent))
                scaled = fit if linear else fit / largest
                if uniform(self.rng) * (largest if linear else 1.0) < scaled:
                    return group, parent
        self.tree = True
        fit = [[fitness(self.config, self.earns(g, i)) for i in self.groups[g]] for g in range(self.number)]
        group = self.pick([sum(of_group) for of_group in fit])
        counts, earned = self.counts(group), self.earned(group)
        return group, self.pick_weighed(counts, earned)

    def birth_anywhere(self):
        origin, parent = self.parent()
        child = self.offspring(parent)
        group = self.across(origin) if self.crosses() else origin
        people = self.groups[group]
        if self.splits:
            chance = self.config["population"]["dynamics"]["chance"]
            full = len(people) >= self.places[group]
            if not full or uniform(self.rng) < chance:
                self.groups[group] = sorted([*people, child])
                if full:
                    self.split(group)
                return
            place = int(uniform(self.rng) * (len(people) + 1))
            if place < len(people):
                self.replace(group, people[place], child)
            return
        spared = said(self.config, "dynamics.death", "all") == "others" and group == origin
        mortal = list(people)
        if spared:
            mortal.remove(parent)
        if mortal:
            self.replace(group, mortal[int(uniform(self.rng) * len(mortal))], child)

    def split(self, group):
        counts = self.counts(group)
        while True:
            one = [binomial(count, 0.5, self.rng) for count in counts]
            if 0 < sum(one) < sum(counts):
                break
        other = self.next_to(0, group)
        self.groups[other] = self.people([a - b for a, b in zip(counts, one, strict=True)])
        self.groups[group] = self.people(one)

    # ---- whole units

    def wait(self, level):
        rate = self.levels[level].get("dynamics", {}).get("rate", 0.0)
        units = self.number // self.span(level)
        return exponential(self.rng) / (rate * units) if rate > 0 else math.inf

    def members(self, level, unit):
        span = self.span(level)
        return range(unit * span, (unit + 1) * span)

    def success(self, level, unit):
        dynamics = self.levels[level]["dynamics"]
        everybody = [i for group in self.members(level, unit) for i in self.groups[group]]
        shares = {f"x_{name}": everybody.count(i) / len(everybody) for i, name in enumerate(self.config["strategies"])}
        world = {**self.world(), **shares, "mean_payoff": self.mean_payoff(self.members(level, unit))}
        favour = dynamics.get("bias", {"strength": 0.0, "weights": {}})
        mean = {
            name: sum(trait(self.config, i, name) for i in everybody) / len(everybody) for name in favour["weights"]
        }
        more = favour["strength"] * sum(weight * mean[name] for name, weight in favour["weights"].items())
        return value_of(dynamics.get("fitness", "mean_payoff"), world) + more

    def events(self, t):
        while min(self.due) <= t:
            level = self.due.index(min(self.due))
            dynamics = self.levels[level]["dynamics"]
            unit = below(self.number // self.span(level), self.rng)
            beta = dynamics.get("intensity", 1.0)
            if dynamics["kind"] == "contests":
                other = self.next_to(level, unit)
                gain = self.success(level, unit) - self.success(level, other)
                won = uniform(self.rng) < 1 / (1 + math.exp(-beta * gain))
                winner, loser = (unit, other) if won else (other, unit)
                for a, b in zip(self.members(level, winner), self.members(level, loser), strict=True):
                    self.groups[b] = list(self.groups[a])
            else:
                ahead = self.success(level, unit) - dynamics.get("level", 0.0)
                if uniform(self.rng) < 1 / (1 + math.exp(beta * ahead)):
                    self.settle(level, unit, dynamics)
            self.due[level] += self.wait(level)

    def settle(self, level, unit, dynamics):
        number = self.levels[level]["number"]
        if dynamics.get("colonists", "one") == "one":
            sources = [self.next_to(level, unit)]
        else:
            sources = [other for other in range(unit - unit % number, unit - unit % number + number) if other != unit]
        pool = [i for source in sources for group in self.members(level, source) for i in self.groups[group]]
        weights = np.array([float(pool.count(i)) for i in strategies(self.config)])
        for group in self.members(level, unit):
            drawn = np.zeros(len(weights), np.int64)
            multinomial(len(self.groups[group]), weights, self.rng, drawn)
            self.groups[group] = self.people(drawn)

    # ---- everybody at once

    def generation(self):
        everybody = []
        for group in range(self.number):
            born = self.config["dynamics"]["kind"] == "wright_fisher"
            counts = self.counts(group)
            everybody.append(self.people(self.reborn(group) if born else self.revised(group, counts)))
        self.groups = everybody

    def reborn(self, group):
        staying, new = 0, np.zeros(len(strategies(self.config)), np.int64)
        for _ in self.groups[group]:
            other = self.across(group) if self.crosses() else group
            if other == group:
                staying += 1
            else:
                new[self.taken(0, 0.0, other)] += 1
        born = mutated(self.config, parents(self.config, 0, self.counts(group), self.earned(group)))
        return new + self.drawn(staying, born)

    def revised(self, group, counts):
        new = np.zeros(len(counts), np.int64)
        config, world = self.alone(group), self.world()
        for focal, count in enumerate(counts):
            staying = 0
            for _ in range(count):
                other = self.across(group) if self.crosses() else group
                if other == group:
                    staying += 1
                else:
                    new[self.taken(focal, self.earns(group, focal), other)] += 1
            if count:
                new += self.drawn(staying, next_strategy(config, focal, counts, self.earned(group), world))
        return new

    def drawn(self, number, chances):
        found = np.zeros(len(chances), np.int64)
        multinomial(number, np.array([chance if chance > 1e-15 else 0.0 for chance in chances]), self.rng, found)
        return found

    # ---- a run

    def run(self, generations, record_every=1.0):
        """(counts of every group, mean payoff) at every record."""
        per_generation = 1 if self.at_once else self.whole
        due = [math.floor(record_every * k * per_generation + 1e-6) for k in range(int(generations / record_every) + 1)]
        records = [self.seen()]
        for step in range(1, round(generations * per_generation) + 1):
            self.generation() if self.at_once else self.update()
            self.events(step / per_generation + 1e-12)
            records += [self.seen() for each in due if each == step]
        return records

    def seen(self):
        return [self.counts(group) for group in range(self.number)], self.mean_payoff()


__all__ = ["Demes"]

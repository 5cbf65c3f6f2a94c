"""Everybody by name: a list with the strategy of each individual, and ordinary random numbers."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import combinations

from naive.config import mates, role, said, strategies, world_of
from naive.payoffs import bias, largest_difference, payoff
from naive.success import fermi, fitness, intensity, mutation_rate


def individuals(config, generations, counts, rng: random.Random, known):
    """Counts after so many generations of the config's rule. `known` remembers payoffs from run to run.

    Without assortment, self-interaction and environment.
    """
    people = [i for i in strategies(config) for _ in range(counts[i])]
    kind = config["dynamics"]["kind"]
    at_once = kind == "wright_fisher" or said(config, "dynamics.update", "sequential") == "synchronous"
    for _ in range(generations * (1 if at_once else len(people))):
        crowd = Crowd(config, people, known)
        if kind == "moran":
            someone_is_born(crowd, people, rng)
        elif kind == "wright_fisher":
            people = [child(crowd, crowd.fellows(who), rng)[1] for who in range(len(people))]
        elif at_once:
            people = [after_update(crowd, who, rng) for who in range(len(people))]
        else:
            who = rng.randrange(len(people))
            people[who] = after_update(crowd, who, rng)
    return [people.count(i) for i in strategies(config)]


class Crowd:
    """Individuals as they are, and what they earn or would earn."""

    def __init__(self, config, people, known):
        self.config, self.people, self.known = config, list(people), known

    def would_earn(self, who, strategy):
        """What an individual would earn on average with a strategy, in all the groups that it can form with others."""
        others = tuple(sorted(self.people[:who] + self.people[who + 1 :]))
        if (others, strategy) not in self.known:
            everybody = [*others, strategy]
            world = world_of(self.config, 0.0, {}, [everybody.count(i) for i in strategies(self.config)])
            earned = [payoff(self.config, strategy, group, world) for group in self.companies(others, strategy)]
            self.known[others, strategy] = math.fsum(earned) / len(earned) + bias(self.config, strategy)
        return self.known[others, strategy]

    def companies(self, others, strategy):
        """The companies that a player can have, all equally likely: of the other role, if there are roles."""
        config = self.config
        if role(config, strategy) is not None:
            return [(other,) for other in others if role(config, other) != role(config, strategy)]
        return combinations(others, said(config, "game.size", 2) - 1)

    def earns(self, who):
        return self.would_earn(who, self.people[who])

    def fellows(self, who):
        """All individuals of the same role, itself one of them."""
        members = mates(self.config, self.people[who])
        return [other for other, strategy in enumerate(self.people) if strategy in members]


def mutant(config, own, rng):
    """Another strategy, or any, or as the matrix says."""
    to = said(config, "mutation.to", "others")
    if to == "others":
        return rng.choice([i for i in mates(config, own) if i != own])
    return rng.choice(mates(config, own)) if to == "any" else rng.choices(strategies(config), to[own])[0]


def after_update(crowd, who, rng):
    """What the individual is after an update: it explores, instead of looking around or after it."""
    config, own = crowd.config, crowd.people[who]
    explores = rng.random() < mutation_rate(config)
    if said(config, "mutation.when", "instead") == "after" or not explores:
        own = UPDATES[config["dynamics"]["kind"]](crowd, who, rng)
    return mutant(config, own, rng) if explores else own


def seen_by(crowd, who, itself):
    """Those whom an individual may look at, and how much they draw its eye: one of many, or of prestige."""
    config, people = crowd.config, crowd.people
    present = [other for other in crowd.fellows(who) if other != who or itself]
    alike = Counter(people[other] for other in present)
    power, prestige = said(config, "selection.conformity", 1.0) - 1, said(config, "selection.prestige", 0.0)
    return present, [alike[people[other]] ** power * math.exp(prestige * crowd.earns(other)) for other in present]


def compare(crowd, who, rng):
    """Look at a model and copy it, or not."""
    config = crowd.config
    present, weights = seen_by(crowd, who, said(config, "dynamics.role_models", "others") == "all")
    model = rng.choices(present, weights)[0]
    ahead = crowd.earns(model) - crowd.earns(who)
    if config["dynamics"]["kind"] == "pairwise_comparison":
        chance = fermi(config, ahead, 0.0)
    else:
        share = ahead / largest_difference(config, {})
        local = config["dynamics"]["kind"] == "local_update"
        chance = 0.5 + intensity(config) * share / 2 if local else max(0.0, share)
    return crowd.people[model if rng.random() < chance else who]


def imitate(crowd, who, rng):
    """Take the strategy of somebody, in proportion to fitness."""
    present, weights = seen_by(crowd, who, said(crowd.config, "dynamics.own", "competes") == "competes")
    fit = [w * fitness(crowd.config, crowd.earns(other)) for w, other in zip(weights, present, strict=True)]
    return crowd.people[rng.choices(present, fit)[0]]


def one_of_the_best(own, earned, rng):
    """Of strategies and what they earn, the own if it is among the best, else any of these."""
    best = [strategy for strategy in earned if earned[strategy] > max(earned.values()) - 1e-9]
    return own if own in best else rng.choice(best)


def imitate_best(crowd, who, rng):
    earned = {crowd.people[other]: crowd.earns(other) for other in crowd.fellows(who)}
    return one_of_the_best(crowd.people[who], earned, rng)


def choices(crowd, who):
    """What each strategy would earn the individual."""
    return {strategy: crowd.would_earn(who, strategy) for strategy in mates(crowd.config, crowd.people[who])}


def best_response(crowd, who, rng):
    return one_of_the_best(crowd.people[who], choices(crowd, who), rng)


def logit(crowd, who, rng):
    earned = choices(crowd, who)
    return rng.choices(list(earned), [math.exp(intensity(crowd.config) * pay) for pay in earned.values()])[0]


def another(crowd, who, rng):
    own = crowd.people[who]
    return rng.choice([strategy for strategy in mates(crowd.config, own) if strategy != own])


def aspire(crowd, who, rng):
    """Try another strategy, the sooner the less is earned."""
    chance = fermi(crowd.config, crowd.config["dynamics"]["level"], crowd.earns(who))
    return another(crowd, who, rng) if rng.random() < chance else crowd.people[who]


def introspect(crowd, who, rng):
    """Think of another strategy and take it, the sooner the more it would have earned."""
    other = another(crowd, who, rng)
    chance = fermi(crowd.config, crowd.would_earn(who, other), crowd.earns(who))
    return other if rng.random() < chance else crowd.people[who]


UPDATES = {
    "pairwise_comparison": compare,
    "local_update": compare,
    "proportional_imitation": compare,
    "imitation": imitate,
    "imitate_best": imitate_best,
    "best_response": best_response,
    "logit": logit,
    "aspiration": aspire,
    "introspection": introspect,
}


def child(crowd, fellows, rng):
    """A parent and the strategy of its offspring."""
    config, people = crowd.config, crowd.people
    parent = rng.choices(fellows, [fitness(config, crowd.earns(other)) for other in fellows])[0]
    return parent, mutant(config, people[parent], rng) if rng.random() < mutation_rate(config) else people[parent]


def someone_is_born(crowd, people, rng):
    """An offspring takes the place of anybody of its role, or of anybody but its parent."""
    fellows = crowd.fellows(rng.randrange(len(people)))
    parent, strategy = child(crowd, fellows, rng)
    spare = said(crowd.config, "dynamics.death", "all") == "others"
    people[rng.choice([who for who in fellows if not (spare and who == parent)])] = strategy

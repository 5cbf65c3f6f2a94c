"""The definitions computed the slow way, with lists, dicts and enumeration: from definitions.md, not from the kernels.

A `config` is a model as plain data, the way YAML gives it; laws of the environment hold plain numbers. Strategies are
places in the config's order. `amounts` are counts of a finite population or shares of an infinite one. A `company` is
the tuple of a player's n-1 co-players, one after the other; a `world` holds every name that a formula may use.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections import Counter
from functools import cache
from itertools import combinations, combinations_with_replacement, product

import numpy as np

from evo.kernels.random import exponential, geometric, multinomial, normal, seed_stream, stream_key, uniform

STRATEGY, ENVIRONMENT, START = 0, 1, 2  # purposes of a stream
WORDS = {
    "where": lambda condition, yes, no: yes if condition else no,
    "min": min,
    "max": max,
    "abs": abs,
    **{name: getattr(math, name) for name in ("floor", "exp", "log", "sqrt", "tanh")},
}


# ---- what a config says


def said(config, path, default):
    """What stands in the config at a dotted path, or the default of definitions.md."""
    for key in path.split("."):
        if key not in config:
            return default
        config = config[key]
    return config


def value_of(formula, world):
    """The value of a formula (Python's syntax and arithmetic), or the number that stands in its place."""
    return eval(_compiled(formula), WORDS, world) if isinstance(formula, str) else formula


@cache
def _compiled(formula):
    return compile(formula, "formula", "eval")


def strategies(config):
    return range(len(config["strategies"]))


def is_finite(config):
    return said(config, "population.kind", "infinite") == "well_mixed"


def trait(config, i, name):
    """A trait of strategy i, 0 where it has none."""
    named = config["strategies"]
    return said(named[list(named)[i]], "traits", {}).get(name, 0.0) if isinstance(named, dict) else 0.0


def world_of(config, t, environment, amounts):
    """The names that formulas know: parameters, environment (which shadows them), t and the mix."""
    parameters = {
        name: said(value, "value", None) if isinstance(value, dict) else value
        for name, value in said(config, "parameters", {}).items()
    }
    shares = {f"x_{name}": amount / sum(amounts) for name, amount in zip(config["strategies"], amounts, strict=True)}
    return {**parameters, **environment, **shares, "t": t, "n": said(config, "game.size", 2)}


# ---- payoffs


def payoff(config, own, company, world):
    """P[own, c]: to one who plays `own` with this company."""
    game, names = config["game"], list(config["strategies"])
    group = Counter([own, *company])
    known = {**world, **({} if game["kind"] == "matrix" else {f"k_{names[i]}": group[i] for i in strategies(config)})}
    for name, line in game.get("let", {}).items():
        known[name] = value_of(line, known)
    cell = game["payoffs"][own][company[0]] if game["kind"] == "matrix" else game["payoffs"][names[own]]
    return value_of(cell, known)


def infinite_focal(company, own, mix, a):
    """Each slot is of the focal's own strategy with probability a, else drawn from the mix."""
    return math.prod(a * (j == own) + (1 - a) * mix[j] for j in company)


def infinite_founder(company, own, mix, a):
    """A founder is drawn from the mix; every member, the focal too, copies it with probability sqrt(a), else draws from
    the mix. The chance of the company, given the focal (which must not be absent), by Bayes."""
    s = math.sqrt(a)

    def chance(members, founder):
        return mix[founder] * math.prod(s * (j == founder) + (1 - s) * mix[j] for j in members)

    founders = range(len(mix))
    return sum(chance([own, *company], f) for f in founders) / sum(chance([own], f) for f in founders)


def drawn(company, pool):
    """The chance to draw these one after the other, without replacement, from a pool of so many of each strategy."""
    pool, chance = list(pool), 1.0
    for j in company:
        if pool[j] == 0:
            return 0.0
        chance *= pool[j] / sum(pool)
        pool[j] -= 1
    return chance


def drawn_or_copied(company, copied, pool, a):
    """Each slot is with probability a a copy of `copied`, which consumes nobody; the others are drawn from the pool."""
    total = 0.0
    for copies in product([True, False], repeat=len(company)):
        if all(j == copied for j, copy in zip(company, copies, strict=True) if copy):
            others = [j for j, copy in zip(company, copies, strict=True) if not copy]
            total += a ** sum(copies) * (1 - a) ** len(others) * drawn(others, pool)
    return total


def finite_founder(company, own, pool, a):
    """The founder is with probability sqrt(a) of the focal's strategy, else drawn; its copies as above."""
    s = math.sqrt(a)
    drawn_founder = sum(
        pool[f] / sum(pool) * drawn_or_copied(company, f, pool, s) for f in range(len(pool)) if pool[f] > 0
    )
    return s * drawn_or_copied(company, own, pool, s) + (1 - s) * drawn_founder


def others(config, counts, own):
    """Those whom a player of strategy `own` may meet: all but itself, or all where it may meet itself."""
    alone = not said(config, "population.self_interaction", False)
    return [count - (alone and i == own) for i, count in enumerate(counts)]


def company_chance(config, company, own, amounts):
    """The chance that a player of strategy `own` meets this company, in this order."""
    a = said(config, "population.assortment", 0.0)
    founder = said(config, "population.assortment_kind", "focal") == "founder"
    if not is_finite(config):
        return (infinite_founder if founder else infinite_focal)(company, own, amounts, a)
    return (finite_founder if founder else drawn_or_copied)(company, own, others(config, amounts, own), a)


def bias(config, own):
    """B * sum_j w_j T_ij."""
    weights = said(config, "selection.bias.weights", {})
    strength = said(config, "selection.bias.strength", 0.0)
    return strength * sum(weight * trait(config, own, name) for name, weight in weights.items())


def expected_payoff(config, own, amounts, world):
    """The effective payoff of a strategy: the mean over all companies, and the bias."""
    size = said(config, "game.size", 2)
    worth = {c: payoff(config, own, c, world) for c in combinations_with_replacement(strategies(config), size - 1)}
    return bias(config, own) + math.fsum(
        company_chance(config, company, own, amounts) * worth[tuple(sorted(company))]
        for company in product(strategies(config), repeat=size - 1)
    )


def payoffs(config, amounts, world):
    """The effective payoff of every strategy; None for the absent of a finite population, who have none."""
    return [
        expected_payoff(config, i, amounts, world) if amounts[i] > 0 or not is_finite(config) else None
        for i in strategies(config)
    ]


def without_bias(config, effective):
    """Payoffs alone, as formulas and records have them; 0 for the absent of a finite population."""
    return [0.0 if pay is None else pay - bias(config, i) for i, pay in enumerate(effective)]


def mean_payoff(amounts, earned):
    return sum(amount * pay for amount, pay in zip(amounts, earned, strict=True) if amount > 0) / sum(amounts)


# ---- selection and mutation


def intensity(config):
    return said(config, "selection.intensity", 1.0)


def fitness(config, pay):
    """F = exp(beta*pi), or 1 - beta + beta*pi."""
    beta, linear = intensity(config), said(config, "selection.fitness", "exponential") == "linear"
    return 1 - beta + beta * pay if linear else math.exp(beta * pay)


def fermi(config, model, focal):
    """Probability to copy a model with this payoff."""
    return 1 / (1 + math.exp(-intensity(config) * (model - focal)))


def mutation_rate(config):
    return said(config, "mutation.rate", 0.0)


def mutants(config):
    """Q[i][j]: what a mutant of strategy i is. `others`: uniform over the other d-1; `any`: over all d; or a matrix."""
    to, d = said(config, "mutation.to", "others"), len(strategies(config))
    if to == "others":
        return [[0.0 if i == j else 1 / (d - 1) for j in range(d)] for i in range(d)]
    return [[1 / d] * d for _ in range(d)] if to == "any" else to


def mutated(config, mix):
    """x M with M = (1-mu) I + mu Q."""
    mu, q = mutation_rate(config), mutants(config)
    return [(1 - mu) * mix[j] + mu * sum(mix[i] * q[i][j] for i in strategies(config)) for j in strategies(config)]


def role_models(config, frequencies, earned):
    """Probability to meet a model of each strategy: x_j^conformity * exp(prestige * indicator_j), the absent never."""
    conformity, prestige = said(config, "selection.conformity", 1.0), said(config, "selection.prestige", 0.0)
    looked_at = said(config, "selection.indicator", "payoff")

    def weight(j):
        if frequencies[j] <= 0:
            return 0.0
        indicator = earned[j] if looked_at == "payoff" else trait(config, j, looked_at)
        return frequencies[j] ** conformity * math.exp(prestige * indicator)

    weights = [weight(j) for j in strategies(config)]
    return [w / sum(weights) for w in weights]


# ---- one update event of a finite population: {(i, j): probability that an i becomes a j}


def compared(config, focal, models, earned):
    """The focal's next strategy, as probabilities, when it meets models with these chances and compares payoffs."""
    result = [0.0 for _ in models]
    for j, met in enumerate(models):
        copies = fermi(config, earned[j], earned[focal]) if met > 0 else 0.0
        result[j] += met * copies
        result[focal] += met * (1 - copies)
    return result


def explored(config, focal, imitated):
    """The focal's next strategy where it explores instead of imitating (default), or mutates after imitating."""
    if said(config, "mutation.when", "instead") == "after":
        return mutated(config, imitated)
    mu = mutation_rate(config)
    return [(1 - mu) * copied + mu * new for copied, new in zip(imitated, mutants(config)[focal], strict=True)]


def pairwise_comparison(config, counts, earned):
    """A focal is drawn uniformly, and a model from the other Z-1, or from all Z."""
    whole, chances = sum(counts), {}
    leave_out = said(config, "dynamics.role_models", "others") == "others"
    for i in strategies(config):
        if counts[i] > 0:
            met = [(count - (leave_out and j == i)) / (whole - leave_out) for j, count in enumerate(counts)]
            result = explored(config, i, compared(config, i, role_models(config, met, earned), earned))
            chances |= {(i, j): counts[i] / whole * result[j] for j in strategies(config) if j != i}
    return chances


def parents(config, amounts, earned):
    """Probability that a parent drawn in proportion to fitness is of each strategy."""
    fit = [amount * fitness(config, pay) if amount > 0 else 0.0 for amount, pay in zip(amounts, earned, strict=True)]
    return [f / sum(fit) for f in fit]


def moran(config, counts, earned):
    """A parent in proportion to fitness; its offspring, mutated perhaps, replaces one of all Z, or of the other Z-1."""
    spare, whole = said(config, "dynamics.death", "all") == "others", sum(counts)
    chances = Counter()
    for parent, chance in enumerate(parents(config, counts, earned)):
        born = mutated(config, [float(i == parent) for i in strategies(config)])
        for dead, child in product(strategies(config), repeat=2):
            if chance > 0 and dead != child:
                dies = (counts[dead] - (spare and dead == parent)) / (whole - spare)
                chances[dead, child] += chance * born[child] * dies
    return dict(chances)


def wright_fisher(config, amounts, earned):
    """What each of the next generation is: s M with s_i = n_i F_i / sum n_j F_j."""
    return mutated(config, parents(config, amounts, earned))


def transitions(config, counts, earned):
    """Probabilities of one update event of the config's rule."""
    rule = {"pairwise_comparison": pairwise_comparison, "moran": moran}[config["dynamics"]["kind"]]
    return rule(config, counts, earned)


# ---- mean fields: x' in an infinite population, time in generations


def replicator(config, mix, earned):
    """x_i (beta*pi_i - beta*mean pi)."""
    mean = mean_payoff(mix, earned)
    return [x * intensity(config) * (pay - mean) for x, pay in zip(mix, earned, strict=True)]


def replicator_mutator(config, mix, earned):
    """Additive: replicator + mu*d/(d-1)*(1/d - x) for `others`, mu*(1/d - x) for `any`, mu (xQ - x) for a matrix.
    Offspring: sum_i x_i beta*pi_i M_ij - x_j beta*mean pi."""
    beta, mu, d = intensity(config), mutation_rate(config), len(mix)
    if said(config, "dynamics.form", "additive") == "offspring":
        born = mutated(config, [x * beta * pay for x, pay in zip(mix, earned, strict=True)])
        return [b - x * beta * mean_payoff(mix, earned) for b, x in zip(born, mix, strict=True)]
    to = said(config, "mutation.to", "others")
    if to in ("others", "any"):
        speed = mu * d / (d - 1) if to == "others" else mu
        drift = [speed * (1 / d - x) for x in mix]
    else:
        drift = [mu * (sum(mix[i] * to[i][j] for i in range(d)) - mix[j]) for j in range(d)]
    return [a + b for a, b in zip(replicator(config, mix, earned), drift, strict=True)]


def imitation_flow(config, mix, earned):
    """The tanh flow x_i sum_j x_j tanh(beta(pi_i - pi_j)/2); with biased models what comes in less what goes out."""
    beta, d = intensity(config), range(len(mix))
    if said(config, "selection.conformity", 1.0) == 1 and said(config, "selection.prestige", 0.0) == 0:
        return [mix[i] * sum(mix[j] * math.tanh(beta * (earned[i] - earned[j]) / 2) for j in d) for i in d]
    models = role_models(config, mix, earned)
    flow = [[mix[i] * models[j] * fermi(config, earned[j], earned[i]) for j in d] for i in d]
    return [sum(flow[j][i] - flow[i][j] for j in d) for i in d]


def pairwise_flow(config, mix, earned):
    """(1-mu) * selection + mu * (xQ - x) where mutants explore instead; (x + selection) M - x where they do after."""
    mu, q, d = mutation_rate(config), mutants(config), range(len(mix))
    selection = imitation_flow(config, mix, earned)
    if said(config, "mutation.when", "instead") == "after":
        changed = mutated(config, [x + s for x, s in zip(mix, selection, strict=True)])
        return [c - x for c, x in zip(changed, mix, strict=True)]
    return [(1 - mu) * selection[j] + mu * (sum(mix[i] * q[i][j] for i in d) - mix[j]) for j in d]


def moran_flow(config, mix, earned):
    """s M - x with s_i = x_i F_i / mean F."""
    return [born - x for born, x in zip(wright_fisher(config, mix, earned), mix, strict=True)]


FLOWS = {
    "replicator": replicator,
    "replicator_mutator": replicator_mutator,
    "pairwise_comparison": pairwise_flow,
    "moran": moran_flow,
}


def field(config, t, environment, mix):
    """x' at time t in this environment; for wright_fisher, a map, the next mix."""
    earned = payoffs(config, mix, world_of(config, t, environment, mix))
    return FLOWS.get(config["dynamics"]["kind"], wright_fisher)(config, mix, earned)


def feedback_rate(config, name, t, environment, amounts, effective):
    """de/dt of a feedback variable: a formula that may use payoffs too."""
    world, earned = world_of(config, t, environment, amounts), without_bias(config, effective)
    world |= {f"payoff_{who}": pay for who, pay in zip(config["strategies"], earned, strict=True)}
    return value_of(config["environment"][name]["rate"], world | {"mean_payoff": mean_payoff(amounts, earned)})


# ---- laws of the environment: the value at time t, given what happened


def periodic(law, t):
    """mean + amplitude * sin(2 pi (t/period + phase)), or its sign; at an edge the sign that follows."""
    after = t + 1e-9 if law.get("shape") == "square" else t
    wave = math.sin(2 * math.pi * (after / law["period"] + law.get("phase", 0.0)))
    return law["mean"] + law["amplitude"] * (math.copysign(1, wave) if law.get("shape") == "square" else wave)


def trend(law, t):
    """start + rate*t or start*exp(rate*t), kept within floor and ceiling; or logistic,
    e' = rate*(e-floor)*(ceiling-e)/(ceiling-floor)."""
    start, rate = law["start"], law["rate"]
    if law.get("shape") == "logistic":
        low, high = law.get("floor", 0.0), law["ceiling"]
        odds = (start - low) / (high - start) * math.exp(rate * t)  # of (e-floor) : (ceiling-e), which grow at the rate
        return (low + high * odds) / (1 + odds)
    value = start * math.exp(rate * t) if law.get("shape") == "exponential" else start + rate * t
    return min(max(value, law.get("floor", -math.inf)), law.get("ceiling", math.inf))


def nodes(law):
    """Times in generations, and values, of a measured series."""
    table = sorted(tuple(row) for row in law["values"])
    times = [(time - law.get("start", 0.0)) * law.get("generations_per_unit", 1.0) for time, _ in table]
    return times, [value_of(law.get("transform", "value"), {"value": value}) for _, value in table]


def series(law, t):
    """Between two nodes on the line through both, or the earlier value (held); outside the end values or lines."""
    times, values = nodes(law)
    later = bisect_right(times, t)
    if law.get("interpolation") == "held" or len(times) == 1:
        return values[max(later - 1, 0)]
    if later in (0, len(times)) and law.get("outside") != "extrapolate":
        return values[0 if later == 0 else -1]
    right = min(max(later, 1), len(times) - 1)
    slope = (values[right] - values[right - 1]) / (times[right] - times[right - 1])
    return values[right] + slope * (t - times[right])


def relaxed(law, level, duration):
    """A shocked variable after it relaxed to its base for a while."""
    return law["base"] + (level - law["base"]) * math.exp(-duration / law["relaxation"])


def shocks(law, times, t):
    """From its start, through shocks at these times, to time t."""
    level, last = law.get("start", law["base"]), 0.0
    for time in times:
        level, last = relaxed(law, level, time - last), time
        level = level * law["severity"] if law.get("mode") == "multiplies" else level + law["severity"]
    return relaxed(law, level, t - last)


def noise_step(law, level, duration, draw):
    """Ornstein-Uhlenbeck noise a while later: normal with mean m + (e-m) exp(-s/T) and variance sd^2 (1-exp(-2s/T))."""
    kept = math.exp(-duration / law["relaxation"])
    return law["mean"] + (level - law["mean"]) * kept + law["sd"] * math.sqrt(1 - kept**2) * draw


def stationary(matrix):
    """The stationary distribution of a chain, from its rates (rows sum to 0) or probabilities (to 1)."""
    size, total = len(matrix), sum(matrix[0])
    fastest = max(abs(entry) for row in matrix for entry in row)
    mix = [1 / size] * size
    for _ in range(20_000):  # lazy steps of the chain, until it has forgotten its start
        pull = [sum(mix[i] * (matrix[i][j] - (total > 0.5) * (i == j)) for i in range(size)) for j in range(size)]
        mix = [share + p / (2 * fastest) for share, p in zip(mix, pull, strict=True)]
    return mix


class Weather:
    """The environment as it happens: random laws draw from `rng` in the order of their events (of equals the first in
    the config first), one wait or one node ahead. `step` is the time of one step, 0 in an infinite population."""

    def __init__(self, config, rng, step=0.0):
        self.laws, self.rng, self.step = said(config, "environment", {}), rng, step
        self.level = {}  # of feedback and noise, as it stands; place in the values of a chain
        self.ahead = {}  # of noise: the next node
        self.times = {name: [] for name in self.laws}  # of what happened
        self.due = dict.fromkeys(self.laws, math.inf)
        for name, law in self.laws.items():
            self.begin(name, law)

    def begin(self, name, law):
        if law["kind"] == "switching":
            self.level[name] = law.get("start", 0)
            if self.level[name] == "stationary":
                chances = stationary(law.get("rates") or law["probabilities"])
                self.level[name] = self.pick(chances, uniform(self.rng))
            self.due[name] = self.next_time(name, 0.0)
        elif law["kind"] == "noise":
            self.level[name] = law.get("start", law["mean"])
            if self.level[name] == "stationary":
                self.level[name] = law["mean"] + law["sd"] * normal(self.rng)
            self.draw_node(name, 0.0)
        elif law["kind"] == "feedback":
            self.level[name] = law["start"]
        elif law["kind"] == "shocks":
            self.due[name] = self.next_time(name, 0.0)

    @staticmethod
    def pick(weights, u):
        """The place where u falls when the weights lie one after the other."""
        for place, weight in enumerate(weights):
            if weight > 0 and u < weight:
                return place
            u -= weight
        return max(place for place, weight in enumerate(weights) if weight > 0)

    def next_time(self, name, t):
        """When shocks or a chain with rates have their next event, seen from the last one at t."""
        law, rate = self.laws[name], 0.0
        if law["kind"] == "shocks":
            rate = law["rate"]
        elif "rates" in law:
            rate = -law["rates"][self.level[name]][self.level[name]]
        return t + exponential(self.rng) / rate if rate > 0 else math.inf

    def draw_node(self, name, t):
        """Noise is drawn one node ahead: a generation, a step, or in an infinite population its resolution."""
        law = self.laws[name]
        length = (self.step if law.get("per") == "step" else 1.0) if self.step else self.resolution(law)
        self.ahead[name] = noise_step(law, self.level[name], length, normal(self.rng))
        self.due[name] = t + length

    @staticmethod
    def resolution(law):
        return law.get("resolution", law["relaxation"] / 20)

    def switch(self, name):
        """Move a chain to another of its values, in proportion to the rates or probabilities out of the present one."""
        law, now = self.laws[name], self.level[name]
        out = [0.0 if j == now else chance for j, chance in enumerate((law.get("rates") or law["probabilities"])[now])]
        self.level[name] = self.pick(out, uniform(self.rng) * sum(out))

    def happen(self, name):
        """Carry out the next event of a variable; returns the variables that jumped."""
        law, t = self.laws[name], self.due[name]
        self.times[name].append(t)
        if law["kind"] == "noise":
            self.level[name] = self.ahead[name]
            self.draw_node(name, t)
            return set()
        if law["kind"] == "switching":
            self.switch(name)
        self.due[name] = self.next_time(name, t)
        return self.jump(name)

    def jump(self, source):
        """The variables that jump with an event of `source`, itself one of them."""
        jumpers = {name for name, law in self.laws.items() if said(law, "jumps.on", None) == source}
        for name in jumpers:
            self.level[name] *= self.laws[name]["jumps"]["multiply"]
        return {source} | jumpers

    def cross(self, t):
        """Carry out what is due up to time t, the earliest first; returns the variables that jumped."""
        jumped = set()
        while min(self.due.values(), default=math.inf) <= t:
            jumped |= self.happen(min(self.due, key=self.due.get))
        return jumped

    def step_chains(self):
        """One step of the chains with a probability per step; returns the variables that jumped."""
        jumped = set()
        for name, law in self.laws.items():
            if "probabilities" in law and uniform(self.rng) >= law["probabilities"][self.level[name]][self.level[name]]:
                self.switch(name)
                jumped |= self.jump(name)
        return jumped

    def value(self, name, t):
        """The value at time t, before the next event."""
        law = self.laws[name]
        if law["kind"] == "constant":
            return law["value"]
        if law["kind"] in ("periodic", "trend", "series"):
            return {"periodic": periodic, "trend": trend, "series": series}[law["kind"]](law, t)
        if law["kind"] == "switching":
            return law["values"][self.level[name]]
        if law["kind"] == "shocks":
            return shocks(law, self.times[name], t)
        if law["kind"] == "noise" and not self.step:  # interpolated
            part = 1 - (self.due[name] - t) / self.resolution(law)
            return self.level[name] + part * (self.ahead[name] - self.level[name])
        return self.level[name]

    def values(self, t):
        return {name: self.value(name, t) for name in self.laws}


# ---- everybody by name: a list with the strategy of each individual, and ordinary random numbers


def met_payoff(config, who, people, world):
    """What an individual earns on average in the groups that it can form with others, all equally likely."""
    company = combinations(people[:who] + people[who + 1 :], said(config, "game.size", 2) - 1)
    earned = [payoff(config, people[who], group, world) for group in company]
    return math.fsum(earned) / len(earned) + bias(config, people[who])


def individuals(config, generations, counts, rng: random.Random, known):
    """Counts after so many generations of the config's rule. `known` remembers payoffs from run to run.

    Without assortment, self-interaction and environment.
    """
    people = [i for i in strategies(config) for _ in range(counts[i])]
    rule = config["dynamics"]["kind"]
    update = {"pairwise_comparison": someone_compares, "moran": someone_is_born, "wright_fisher": all_are_born}[rule]
    for _ in range(generations * (1 if rule == "wright_fisher" else len(people))):
        crowd = tuple(sorted(people))
        if crowd not in known:
            world = world_of(config, 0.0, {}, [crowd.count(i) for i in strategies(config)])
            known[crowd] = {i: met_payoff(config, crowd.index(i), list(crowd), world) for i in set(crowd)}
        update(config, people, known[crowd], rng)
    return [people.count(i) for i in strategies(config)]


def mutant(config, own, rng):
    """Another strategy, or any, or as the matrix says."""
    to = said(config, "mutation.to", "others")
    if to == "others":
        return rng.choice([i for i in strategies(config) if i != own])
    return rng.choice(strategies(config)) if to == "any" else rng.choices(strategies(config), to[own])[0]


def someone_compares(config, people, earned, rng):
    """One explores, or meets a model, more likely one of many (conformity) or of prestige, and compares payoffs."""
    after = said(config, "mutation.when", "instead") == "after"
    focal = rng.randrange(len(people))
    explores = rng.random() < mutation_rate(config)
    if after or not explores:
        itself = said(config, "dynamics.role_models", "others") == "all"
        present = [who for who in range(len(people)) if who != focal or itself]
        alike = Counter(people[who] for who in present)
        power, prestige = said(config, "selection.conformity", 1.0) - 1, said(config, "selection.prestige", 0.0)
        weights = [alike[people[who]] ** power * math.exp(prestige * earned[people[who]]) for who in present]
        model = people[rng.choices(present, weights)[0]]
        if rng.random() < fermi(config, earned[model], earned[people[focal]]):
            people[focal] = model
    if explores:
        people[focal] = mutant(config, people[focal], rng)


def child(config, people, earned, rng):
    """The place of a parent and the strategy of its offspring."""
    parent = rng.choices(range(len(people)), [fitness(config, earned[strategy]) for strategy in people])[0]
    return parent, mutant(config, people[parent], rng) if rng.random() < mutation_rate(config) else people[parent]


def someone_is_born(config, people, earned, rng):
    """An offspring takes the place of anybody, or of anybody but its parent."""
    parent, strategy = child(config, people, earned, rng)
    spare = said(config, "dynamics.death", "all") == "others"
    people[rng.choice([who for who in range(len(people)) if not (spare and who == parent)])] = strategy


def all_are_born(config, people, earned, rng):
    people[:] = [child(config, people, earned, rng)[1] for _ in people]


# ---- the run that `evo.simulate` makes, on the same streams


def stream(seed, number, point, purpose):
    """The stream of a replicate, from the run's seed, the replicate's number, the hash of the point and its purpose."""
    rng = np.zeros(4, np.uint64)
    seed_stream(stream_key(seed), np.uint64(number), np.uint64(point), np.uint64(purpose), rng)
    return rng


def whole_counts(shares, size):
    """Counts by largest remainder: everybody gets the whole part, and the largest remainders one more each."""
    counts = [math.floor(share * size + 1e-9) for share in shares]
    remainders = [round(share * size - count, 9) for share, count in zip(shares, counts, strict=True)]
    for i in sorted(range(len(shares)), key=lambda i: -remainders[i])[: size - sum(counts)]:
        counts[i] += 1
    return counts


class Replica:
    """A finite population step by step, drawn like the kernel draws (kernels/stepped.py) with the rates from above.

    Where an event changes something with probability p >= 0.15 one uniform a step says whether and what; elsewhere a
    geometric wait passes over the null events, drawn anew when the environment may have moved but not for a record, and
    a uniform says what. The intervals of the changes i -> j lie in the order of i, then j. The environment moves after
    the step: laws with `per: step` always, the others at the end of a generation; chains and shocks after the step in
    which their event falls (or, as clocks have rounding, a thousandth of a step before the event). Where a series, a
    trend or a square wave has a kink the kernel puts a boundary as well, so give these cases p >= 0.15.
    """

    def __init__(self, config, shares, seed, number, point):
        self.config, self.whole = config, config["population"]["size"]
        self.rng = stream(seed, number, point, STRATEGY)
        self.per_generation = 1 if config["dynamics"]["kind"] == "wright_fisher" else self.whole
        self.counts, self.step, self.known = whole_counts(shares, self.whole), 0, {}
        self.wait = None  # what is left of a wait that goes on beyond a record
        self.laws = said(config, "environment", {})
        self.weather = Weather(config, stream(seed, number, point, ENVIRONMENT), 1 / self.per_generation)
        self.t, self.environment = 0.0, self.weather.values(0.0)
        game = config["game"]
        texts = [*game.get("let", {}).values(), *(law.get("rate", "") for law in self.laws.values())]
        texts += game["payoffs"].values() if game["kind"] == "group" else [c for row in game["payoffs"] for c in row]
        reads_time = any("t" in _compiled(text).co_names for text in texts if isinstance(text, str) and text)
        self.moves = reads_time or any(law["kind"] != "constant" for law in self.laws.values())

    def run(self, generations, record_every=1.0):
        """(counts, environment, mean payoff) at every record, of the last step at its time."""
        steps = round(generations * self.per_generation)
        times = [record_every * place for place in range(math.floor(generations / record_every + 1e-9) + 1)]
        due = [math.floor(time * self.per_generation + 1e-6) for time in times]
        records = [self.seen() for step in due if step == 0]
        while self.step < steps:
            later = [step for step in due if step > self.step]
            turn = self.next_move()
            self.advance(min([*later[:1], steps, turn]))
            self.wait = self.wait if self.step < turn else None
            if self.moves:
                self.move()
            records += [self.seen() for step in due if step == self.step]
        return records

    def seen(self):
        mean = mean_payoff(self.counts, without_bias(self.config, self.earned()))
        return list(self.counts), dict(self.environment), mean

    def earned(self):
        """Effective payoffs of these counts in this environment, remembered."""
        world = world_of(self.config, self.t, self.environment, self.counts)
        key = tuple(world.items())
        if key not in self.known:
            self.known[key] = payoffs(self.config, self.counts, world)
        return self.known[key]

    def stepwise(self, name):
        return self.laws[name].get("per") == "step" or "probabilities" in self.laws[name]

    def next_move(self):
        """The step after which the environment moves next."""
        if not self.moves:
            return math.inf
        if any(self.stepwise(name) for name in self.laws):
            return self.step + 1
        generation = (self.step // self.per_generation + 1) * self.per_generation
        event = min(self.weather.due.values(), default=math.inf) * self.per_generation
        return generation if event > generation else min(generation, max(self.step + 1, math.ceil(event - 1e-3)))

    def advance(self, boundary):
        """Events up to the boundary."""
        while self.step < boundary:
            if self.config["dynamics"]["kind"] == "wright_fisher":
                self.redraw()
                continue
            chances = transitions(self.config, self.counts, self.earned())
            pairs = sorted(pair for pair in chances if chances[pair] > 0)
            total = sum(chances[pair] for pair in pairs)
            if total >= 0.15:
                self.step += 1
                u = uniform(self.rng)
                if u >= total:
                    continue
            else:
                wait = geometric(total, self.rng) if self.wait is None else self.wait
                self.wait = None
                if self.step + wait >= boundary:
                    self.wait, self.step = wait - (boundary - self.step), boundary
                    return
                self.step += wait + 1
                u = uniform(self.rng) * total
            loser, winner = pairs[Weather.pick([chances[pair] for pair in pairs], u)]
            self.counts[loser] -= 1
            self.counts[winner] += 1

    def redraw(self):
        """A generation of wright_fisher: a multinomial draw."""
        weights = np.array(wright_fisher(self.config, self.counts, self.earned()))
        born = np.zeros(len(weights), np.int64)
        multinomial(self.whole, weights, self.rng, born)
        self.counts, self.step = born.tolist(), self.step + 1

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
        earned = self.earned()

        def slope(levels):
            state = self.t, self.environment | levels, self.counts, earned
            return {name: length[name] * feedback_rate(self.config, name, *state) for name in length}

        def ahead(levels, slopes, part):
            return {name: levels[name] + part * slopes[name] for name in length}

        levels, small = {name: self.weather.level[name] for name in length}, 1 / 32
        for _ in range(32 if length else 0):
            a = slope(levels)
            b = slope(ahead(levels, a, small / 2))
            c = slope(ahead(levels, b, small / 2))
            d = slope(ahead(levels, c, small))
            levels = {n: levels[n] + small / 6 * (a[n] + 2 * b[n] + 2 * c[n] + d[n]) for n in length}
        self.weather.level.update(levels)

"""The run that `evo.simulate` makes, on the same streams."""

from __future__ import annotations

import math

import numpy as np

from evo.kernels.random import exponential, geometric, multinomial, seed_stream, stream_key, uniform
from naive.config import compiled, mates, said, size, strategies, world_of
from naive.environment import Weather
from naive.events import everybody, next_strategy, transitions, wright_fisher
from naive.flows import feedback_rate, is_map
from naive.payoffs import mean_payoff, payoffs, without_bias

__all__ = ["ENVIRONMENT", "START", "STRATEGY", "Replica", "exponential", "stream", "whole_counts"]

STRATEGY, ENVIRONMENT, START = 0, 1, 2  # purposes of a stream


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


def first_of_roles(config):
    """The first strategy of each role."""
    return [i for i in strategies(config) if mates(config, i)[0] == i]


def counts_by_role(config, shares):
    """Counts of all roles, by largest remainder within each."""
    counts = []
    for first in first_of_roles(config):
        of_role = [shares[i] for i in mates(config, first)]
        counts += whole_counts([share / sum(of_role) for share in of_role], size(config, first))
    return counts


class Replica:
    """A finite population step by step, drawn like the kernel draws (kernels/stepped.py) with the rates of events.py.
    Where everybody updates at once, a multinomial is drawn for each strategy in turn (of wright_fisher, for each role).

    Where an event changes something with probability p >= 0.15 one uniform a step says whether and what; elsewhere a
    geometric wait passes over the null events, drawn anew when the environment may have moved but not for a record, and
    a uniform says what. The intervals of the changes i -> j lie in the order of i, then j. The environment moves after
    the step: laws with `per: step` always, the others at the end of a generation; chains and shocks after the step in
    which their event falls (or, as clocks have rounding, a thousandth of a step before the event). Where a series, a
    trend or a square wave has a kink the kernel puts a boundary as well, so give these cases p >= 0.15.
    """

    def __init__(self, config, shares, seed, number, point):
        self.config, self.at_once, self.firsts = config, is_map(config), first_of_roles(config)
        self.rng = stream(seed, number, point, STRATEGY)
        self.per_generation = 1 if self.at_once else everybody(config)
        self.counts, self.step, self.known = counts_by_role(config, shares), 0, {}
        self.wait = None  # what is left of a wait that goes on beyond a record
        self.laws = said(config, "environment", {})
        self.weather = Weather(config, stream(seed, number, point, ENVIRONMENT), 1 / self.per_generation)
        self.t, self.environment = 0.0, self.weather.values(0.0)
        game = config["game"]
        texts = [*game.get("let", {}).values(), *(law.get("rate", "") for law in self.laws.values())]
        tables = [game[key] for key in ("row", "column", "payoffs") if key in game and game["kind"] != "group"]
        texts += (
            game["payoffs"].values() if game["kind"] == "group" else [c for rows in tables for r in rows for c in r]
        )
        reads_time = any("t" in compiled(text).co_names for text in texts if isinstance(text, str) and text)
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
        return self.remembered("earned", lambda world: payoffs(self.config, self.counts, world))

    def remembered(self, what, reckon):
        """What follows from these counts in this environment."""
        world = world_of(self.config, self.t, self.environment, self.counts)
        key = (what, *world.items())
        if key not in self.known:
            self.known[key] = reckon(world)
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
            if self.at_once:
                self.redraw()
                continue
            chances = self.remembered("event", lambda world: transitions(self.config, self.counts, world))
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
        """A generation at once: everybody by the probabilities of its strategy, or all newborn of a role alike."""
        counts, config, earned = self.counts, self.config, self.earned()
        self.counts = [0] * len(counts)
        if config["dynamics"]["kind"] == "wright_fisher":
            born = wright_fisher(config, counts, earned)
            for first in self.firsts:
                members = mates(config, first)
                self.draw(size(config, first), [chance if i in members else 0.0 for i, chance in enumerate(born)])
        else:
            world = world_of(config, self.t, self.environment, counts)
            for i, count in enumerate(counts):
                if count > 0:
                    self.draw(count, next_strategy(config, i, counts, earned, world))
        self.step += 1

    def draw(self, number, chances):
        """So many individuals by these probabilities."""
        drawn = np.zeros(len(chances), np.int64)
        possible = [chance if chance > 1e-15 else 0.0 for chance in chances]  # less is rounding
        multinomial(number, np.array(possible), self.rng, drawn)
        self.counts = [a + b for a, b in zip(self.counts, drawn.tolist(), strict=True)]

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

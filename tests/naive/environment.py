"""Laws of the environment: the value at time t, given what happened; and the environment as it happens."""

from __future__ import annotations

import math
from bisect import bisect_right

from evo.kernels.random import exponential, normal, uniform
from naive.config import said, value_of


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

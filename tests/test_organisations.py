"""Organisations that decide: time to agree, supervised production, patches with leaders, and studies of individuals."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evo
from evo.canonical import point_hash
from evo.cli import app
from evo.formulas import evaluate
from evo.games.deciding import consensus_formula
from evo.kernels.organisations import consensus as consensus_kernel
from evo.kernels.organisations import patches as patches_kernel
from evo.kernels.random import below, normal, seed_stream, stream_key, uniform
from evo.organisations import Consensus, Patches, consensus_time, study
from evo.organisations.patches import NAMES

FOLDER = Path(__file__).parents[1] / "configs"
CONFIG = FOLDER / "organisations" / "powers_lehmann.yaml"

# ---- time to agree


def naive_consensus(size: int, leaders: int, rule: Consensus, seed: int, replicate: int) -> int:
    """Events until agreement, with lists. The order of draws is part of what is checked."""
    rng = np.zeros(4, np.uint64)
    seed_stream(stream_key(seed), np.uint64(replicate), np.uint64(0), np.uint64(consensus_kernel.PURPOSE), rng)
    opinions = [uniform(rng) for _ in range(size)]
    influence = [rule.leader] * leaders + [rule.follower] * (size - leaders)
    totals = np.cumsum(np.array(influence) ** rule.weight)
    order, events = list(range(size)), 0
    while np.std(opinions) > rule.agreed:
        speaker = int(np.searchsorted(totals, uniform(rng) * totals[-1], side="right"))
        place = order.index(speaker)
        order[place], order[-1] = order[-1], speaker
        for k in range(min(rule.listeners, size - 1)):
            chosen = k + below(size - 1 - k, rng)
            order[k], order[chosen] = order[chosen], order[k]
            share = max(influence[speaker] - influence[order[k]], rule.least)
            opinions[order[k]] += share * (opinions[speaker] - opinions[order[k]])
        events += 1
    return events


@pytest.mark.pure
@pytest.mark.parametrize("size, leaders", [(5, 0), (9, 1), (12, 3), (4, 4)])
def test_consensus_is_the_same_as_plain_python(size, leaders):
    rule = Consensus(listeners=6, least=0.1, agreed=0.1)
    found = consensus_time(size, leaders=leaders, rule=rule, replicates=3, seed=4)
    assert found.events.tolist() == [naive_consensus(size, leaders, rule, 4, row) for row in range(3)]


# Computed independently (papers.md, A6): sampled, from an unsaid number of replicates; twenty are assumed.
PUBLISHED = {(50, 0): 288, (100, 0): 581, (200, 0): 1169, (400, 0): 2358, (50, 1): 10.7, (100, 1): 33, (200, 1): 103,
             (400, 1): 358}  # fmt: skip


@pytest.mark.parametrize("size, leaders", PUBLISHED)
def test_consensus_takes_as_long_as_published(size, leaders):
    found = consensus_time(size, leaders=leaders, replicates=200, seed=1, workers=2)
    error = math.hypot(found.se, found.sd / math.sqrt(20))
    assert abs(found.mean - PUBLISHED[size, leaders]) < 3 * error < 0.25 * found.mean


@pytest.mark.parametrize("size", [40, 80])
def test_equals_agree_as_second_moments_say(size):
    """The mean square difference of two members shrinks by a fixed factor an event: of the pairs, speaker and listener and
    two listeners by (1-m)^2, a listener and one who does not hear by 1-m+m^2."""
    listeners, m = 30, 0.01
    hearing = listeners * (listeners + 1) / 2 * (1 - (1 - m) ** 2)
    outside = listeners * (size - 1 - listeners) * (m - m * m)
    shrinks = 1 - (hearing + outside) / (size * (size - 1) / 2)
    expected = math.log(0.05**2 * 12) / math.log(shrinks)
    found = consensus_time(size, replicates=400, seed=2)
    assert found.mean == pytest.approx((1 - 0.5 / size) * expected, rel=0.01)
    assert abs(found.mean - 1.05 * expected) > 4 * found.se


def test_the_formula_is_as_good_as_it_says():
    formula = consensus_formula(members="n", leaders="k")
    off = {}
    for size in (8, 20, 50, 120):
        for leaders in (0, 1, 2, 5, size // 3, size):
            found = consensus_time(size, leaders=leaders, replicates=400, seed=3)
            said = float(evaluate(formula, {"n": float(size), "k": float(leaders)}))
            off[size, leaders] = (said / found.mean - 1, 4 * found.se / found.mean)
    assert all(abs(error) < noise + 0.02 for (_, k), (error, noise) in off.items() if k == 0)
    assert all(abs(error) < noise + 0.08 for (_, k), (error, noise) in off.items() if k == 1)
    assert all(abs(error) < noise + 0.15 for error, noise in off.values())
    assert np.sqrt(np.mean([error**2 for error, _ in off.values()])) < 0.08


def test_a_second_leader_costs_most_of_what_the_first_brought():
    times = [consensus_time(100, leaders=leaders, replicates=300, seed=5).mean for leaders in (0, 1, 2, 10, 100)]
    assert times[1] < 0.1 * times[0] and times[2] > 3 * times[1]
    assert times[2] < times[3] < times[4] == pytest.approx(times[0], rel=0.02)


def test_consensus_refuses():
    for wrong in ({"size": 1}, {"size": 5, "leaders": 6}, {"size": 5, "replicates": 0}):
        with pytest.raises(ValueError, match="size is at least 2"):
            consensus_time(**wrong)
    with pytest.raises(ValueError, match="nobody"):
        consensus_time(5, rule=Consensus(leader=0, follower=0))
    with pytest.raises(evo.SimulationError, match="had not decided after 3 events"):
        consensus_time(50, most=3)
    one = consensus_time(30, replicates=5, seed=1)
    np.testing.assert_array_equal(consensus_time(30, replicates=3, seed=1, workers=3).events, one.events[:3])


# ---- supervised production


def payoffs_in(game: dict, strategies: list[str], counts: dict[str, int]) -> dict[str, float]:
    """Payoff of each strategy that a group of these counts holds, from the formulas as written out."""
    model = evo.Model.model_validate({"strategies": strategies, "game": game, "dynamics": {"kind": "replicator"}})
    values = {f"k_{name}": float(count) for name, count in counts.items()} | {"n": float(sum(counts.values()))}
    return {name: float(evaluate(model.form.payoffs[name], values)) for name, count in counts.items() if count}


def test_control_takes_details_at_every_level():
    game = {
        "kind": "supervised_production", "size": 12, "supervision": 0.05, "tax": 0.2,
        "control": {"span": 7, "details": 10, "cost": 0.03},
    }  # fmt: skip
    found = payoffs_in(game, ["producer_supervised", "leader"], {"producer_supervised": 11, "leader": 1})
    control = 0.03 * 10 * (1 + math.log(11) / math.log(7))  # sigma details level of the Big Shift's pi_H
    assert found["leader"] == pytest.approx(11 * (0.2 * 3 - 0.05 - control))
    assert found["producer_supervised"] == pytest.approx(0.8 * 3 - 1)


def test_a_decision_costs_every_member_its_time():
    def told(decision, **counts):
        game = {"kind": "supervised_production", "size": 20, "decision": decision}
        return payoffs_in(game, ["producer_mutual", "cheat", "leader"], counts)

    for counts in ({"producer_mutual": 20, "cheat": 0, "leader": 0}, {"producer_mutual": 17, "cheat": 2, "leader": 1},
                   {"producer_mutual": 16, "cheat": 0, "leader": 4}):  # fmt: skip
        time = float(evaluate(consensus_formula(), {"n": 20.0})) if not counts["leader"] else float(
            evaluate(consensus_formula(leaders="k"), {"n": 20.0, "k": float(counts["leader"])})
        )  # fmt: skip
        free, slow = told(None, **counts), told({"cost": 0.01}, **counts)
        assert free.keys() == slow.keys()
        for name, payoff in free.items():
            assert slow[name] == pytest.approx(payoff - 0.01 * time, rel=1e-12)


def test_delay_brings_leaders_in():
    """Scalar stress: where the tribute does not pay for control nobody leads, unless delay is dear; then fewer than one in
    a group do, as volunteers."""
    asked = evo.load(FOLDER / "scalar_stress.yaml")
    for size in (12, 30):
        cheap, dear = (asked.replace({"parameters.delay": delay, "parameters.size": size}) for delay in (0.0, 0.016))
        ends = [evo.simulate(each.model, generations=400, start=each.run.start).mix[0, -1, 1] for each in (cheap, dear)]
        assert ends[0] < 1e-6 and 0.3 < size * ends[1] < 1


# ---- patches


class Naive:
    """Patches with a dict per individual. The order of draws is part of what is checked."""

    def __init__(self, model: Patches, seed: int, replicate: int) -> None:
        self.model, self.rng = model, np.zeros(4, np.uint64)
        point = np.uint64(point_hash(model, None))
        seed_stream(stream_key(seed), np.uint64(replicate), point, np.uint64(patches_kernel.PURPOSE), self.rng)
        start = model.start
        self.people = []
        for i in range(model.patches * round(model.living.capacity)):
            wants = float(uniform(self.rng) < start.preference)
            marked = float(uniform(self.rng) < start.marker)
            self.people.append({
                "home": i % model.patches, "preference": wants, "share": start.share, "tolerance": start.tolerance,
                "marker": marked,
            })  # fmt: skip

    def elsewhere(self, home: int) -> int:
        away = below(self.model.patches - 1, self.rng)
        return away + (away >= home)

    def joins(self, person: dict) -> bool:
        leader = self.leaders.get(person["home"])
        if leader is None or not person["preference"]:
            return False
        return person is leader or person["tolerance"] >= leader["share"]

    def work(self) -> dict[str, float]:
        model, self.leaders, exits = self.model, {}, 0
        by_patch = [[p for p in self.people if p["home"] == home] for home in range(model.patches)]
        for home, members in enumerate(by_patch):
            willing = [p for p in members if p["preference"]]
            if len(willing) >= 2:
                self.leaders[home] = willing[below(len(willing), self.rng)]
        led = {id(p): self.joins(p) for p in self.people}
        dead = set()
        for person in [p for members in by_patch for p in members]:
            if person["home"] in self.leaders and person["preference"] and not led[id(person)]:
                exits += 1
                if uniform(self.rng) < model.moving.cost:
                    dead.add(id(person))
                else:
                    person["home"] = self.elsewhere(person["home"])
                    led[id(person)] = self.joins(person)
        self.people = [p for p in self.people if id(p) not in dead]
        self.led = [led[id(p)] for p in self.people]
        return self.record(exits)

    def kinds(self, home: int) -> tuple[int, int]:
        """Members among equals and under a leader."""
        here = [led for p, led in zip(self.people, self.led, strict=True) if p["home"] == home]
        return here.count(False), here.count(True)

    def record(self, exits: int) -> dict[str, float]:
        sizes = [self.kinds(home)[1] for home in self.leaders]
        means = {
            name: np.mean([p[name] for p in self.people]) for name in ("preference", "share", "tolerance", "marker")
        }
        return means | {
            "population": len(self.people), "led": np.mean(self.led), "exits": exits,
            "group_size": np.mean(sizes) if sizes else math.nan,
            "leader_share": np.mean([p["share"] for p in self.leaders.values()]) if self.leaders else math.nan,
        }  # fmt: skip

    def made(self, n: int, led: bool) -> float:
        by = self.model.production
        return by.benefit * n * n / (n + by.half) * math.exp(-(by.led if led else by.equals) * (n - 1))

    def births(self) -> None:
        model, born = self.model, []
        by = model.living
        for person, led in zip(self.people, self.led, strict=True):
            equals, under = self.kinds(person["home"])
            own, other = (under, equals) if led else (equals, under)
            surplus, leader = self.made(own, led), self.leaders.get(person["home"])
            share = surplus / own
            if led:
                share = (1 - leader["share"]) * surplus / own + (leader["share"] * surplus if person is leader else 0)
            capacity = by.capacity + by.room * (1 - math.exp(-by.rate * surplus))
            crowd = own + by.overlap * other
            mean = by.growth / (1 + (by.growth - 1) * crowd / capacity) * (1 + by.gain * share)
            born += [child for _ in range(self.poisson(mean)) if (child := self.child(person))]
        self.people = born

    def poisson(self, mean: float) -> int:
        product, count = uniform(self.rng), 0
        while product > math.exp(-mean):
            product *= uniform(self.rng)
            count += 1
        return count

    def child(self, parent: dict) -> dict | None:
        child, moving, passed = dict(parent), self.model.moving, self.model.inheritance
        if moving.newborn and uniform(self.rng) < moving.newborn:
            if uniform(self.rng) < moving.cost:
                return None
            child["home"] = self.elsewhere(parent["home"])
        if uniform(self.rng) < passed.rate:
            child["preference"] = 1 - child["preference"]
        for name in ("share", "tolerance"):
            if uniform(self.rng) < passed.rate:
                value = abs(child[name] + passed.step * normal(self.rng)) % 2
                child[name] = 2 - value if value > 1 else value
        return child


@pytest.mark.pure
@pytest.mark.parametrize("room, cost", [(0.0, 0.2), (15.0, 0.7)])
def test_patches_are_the_same_as_plain_python(room, cost):
    model = Patches(
        patches=3, living={"capacity": 5, "room": room, "overlap": 0.5, "gain": 0.3}, moving={"newborn": 0.3, "cost": cost},
        inheritance={"rate": 0.3, "step": 0.4}, start={"preference": 0.6, "share": 0.3},
    )  # fmt: skip
    found = model.simulate(generations=8, replicates=2, seed=6, record_every=2).frame
    assert found["exits"].max() > 0 and found["led"].max() > 0
    for replicate in (0, 1):
        naive, own = Naive(model, 6, replicate), found[found["replicate"] == replicate].reset_index(drop=True)
        for generation in range(9):
            record = naive.work()
            if generation % 2 == 0:
                for name in NAMES:
                    value = own.loc[generation // 2, name]
                    assert value == pytest.approx(record[name], abs=1e-12, nan_ok=True), (generation, name)
            naive.births()


def quiet(**changes) -> Patches:
    """Nothing is made, nobody leads."""
    return Patches(production={"benefit": 0}, inheritance={"rate": 0}, **changes)


def test_patches_rest_where_beverton_and_holt_say():
    """Births balance deaths at `capacity`, less what the cost of moving takes: growth(1 - m cost)/(1+(growth-1) N/K) = 1.
    A concave curve of a number that fluctuates: a little less (f'' Var/(2(1-f')), about 1 %)."""
    for moving in ({"newborn": 0.0}, {"newborn": 0.4, "cost": 0.5}):
        model = quiet(patches=20, living={"capacity": 200, "growth": 2}, moving=moving)
        found = model.simulate(generations=300, replicates=4, seed=1, record_every=10).frame
        survive = 1 - moving["newborn"] * moving.get("cost", 0)
        expected = 20 * 200 * (2 * survive - 1)
        assert found[found["time"] > 50]["population"].mean() == pytest.approx(expected, rel=0.015)


def test_a_marker_drifts():
    """Neutral: its mean stays where it began, and heterozygosity falls by 1 - 1/N a generation (Poisson offspring) where
    everybody moves, so that all are one population."""
    model = quiet(patches=10, living={"capacity": 10}, moving={"newborn": 0.9, "cost": 0})
    found = model.simulate(generations=40, replicates=1500, seed=2, record_every=40).frame
    last = found[found["time"] == 40]["marker"]
    assert abs(last.mean() - 0.5) < 4 * last.std() / math.sqrt(1500)
    size = found[found["time"] == 40]["population"].mean()
    left = (2 * last * (1 - last)).mean() / 0.5
    assert left == pytest.approx((1 - 1 / size) ** 40, rel=0.06)


def outcome(model: Patches, generations: int) -> pd.DataFrame:
    """Means over the second half, a row per replicate."""
    frame = model.simulate(generations=generations, replicates=4, seed=1, workers=2).frame
    return frame[frame["time"] > generations / 2].groupby("replicate").mean()


@pytest.mark.slow
def test_leaders_who_help_are_followed_and_large_groups_have_despots():
    """The directions of Powers & Lehmann 2014: leaders are followed where they solve coordination; with room that surplus
    makes and a dear exit groups are large and leaders keep more than where there is neither."""
    points = {str(sorted(point.settings.items())): point.model for point in study.load(CONFIG).points}
    found = {name: outcome(model, 1600) for name, model in points.items()}
    helped, useless = (found[str([("production.led", led)])] for led in (0, 0.1))
    assert helped["led"].min() > 0.8 and useless["led"].max() < 0.65
    corner = {
        (room, cost): found[str([("living.room", room), ("moving.cost", cost)])]
        for room in (0, 60)
        for cost in (0.05, 0.9)
    }
    assert corner[60, 0.9]["group_size"].min() > 4 * corner[0, 0.05]["group_size"].max()
    assert corner[60, 0.9]["leader_share"].mean() > corner[0, 0.05]["leader_share"].mean() + 0.05
    assert corner[0, 0.9]["leader_share"].mean() > corner[0, 0.05]["leader_share"].mean() + 0.04
    assert corner[60, 0.9]["led"].min() > corner[0, 0.05]["led"].max()


def test_patches_stop_where_there_is_no_room():
    crowded = Patches(most=1100, living={"room": 1000, "gain": 5})
    with pytest.raises(evo.SimulationError, match="more than 1100 individuals at generation"):
        crowded.simulate(generations=100)
    with pytest.raises(ValueError, match="more than `most`"):
        Patches(most=100).simulate(generations=1)


# ---- studies


def test_a_study_comes_back_and_runs(tmp_path):
    asked = study.load(CONFIG)
    assert len(asked.points) == 6 and study.loads(study.dump(asked)).points == asked.points
    runner = CliRunner()
    options = ["--set", "patches=4", "--set", "run.generations=20", "--set", "run.record_every=5", "--replicates", "2"]
    done = runner.invoke(app, ["run", str(CONFIG), "--out", str(tmp_path / "out"), *options])
    assert done.exit_code == 0, done.output
    paths = pd.read_parquet(tmp_path / "out" / "paths.parquet")
    assert len(paths) == 6 * 2 * 5 and set(NAMES) <= set(paths.columns)
    outcomes = pd.read_parquet(tmp_path / "out" / "outcomes.parquet")
    late = paths[paths["time"] > 10].groupby(["point", "replicate"])["population"].mean()
    np.testing.assert_allclose(outcomes["population"], late)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["failures"] == []
    assert (tmp_path / "out" / "figures" / "over_time.png").stat().st_size > 10_000
    again = study.load(tmp_path / "out" / "study.yaml")
    pd.testing.assert_frame_equal(study.run(again).paths, paths, check_dtype=False)
    for command in (["check"], ["show"], ["run", "--dry-run"]):
        told = runner.invoke(app, [*command[:1], str(CONFIG), *command[1:]])
        assert told.exit_code == 0, told.output


@pytest.mark.parametrize("text, path, message", [
    ("{kind: patches, patches: 1}", "patches", "greater than or equal to 2|at least 2"),
    ("{kind: patches, run: {generations: 0}}", "run.generations", "at least 1|greater than or equal to 1"),
    ("{kind: learners, sweep: {grid: {chnge: [0.1]}}}", "chnge", "chnge"),
    ("{kind: learners, sweep: {grid: {change: [0.1, 2]}}}", "change", "at most 1|less than or equal to 1"),
])  # fmt: skip
def test_a_study_is_refused(text, path, message):
    with pytest.raises(evo.ConfigError, match=message) as error:
        study.loads(text)
    assert evo._spec.render_path(error.value.problems[0].path) == path


def test_a_point_that_stops_leaves_the_others(tmp_path):
    config = tmp_path / "crowded.yaml"
    config.write_text(
        "{kind: patches, patches: 2, most: 120, run: {generations: 30}, sweep: {grid: {living.gain: [0, 50]}}}"
    )
    done = CliRunner().invoke(app, ["run", str(config), "--out", str(tmp_path / "out"), "--no-plots"])
    assert done.exit_code == 1 and "point 1 stopped" in done.output
    assert pd.read_parquet(tmp_path / "out" / "outcomes.parquet")["point"].tolist() == [0]

"""Who prevails in a group of points, as a sentence made from its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evo.report.text import between, counted, listed, percent

NOBODY = ("none", "cycle")
WHY = {"none": "the largest shares are equal", "cycle": "the lead passes on in a cycle"}
FEW = 5  # replicates; fewer say little whatever they say


@dataclass(frozen=True)
class Contender:
    """One who may prevail in a group: in `count` of its points or replicates, the share with its interval."""

    name: str
    label: str
    count: int
    share: float
    low: float
    high: float
    mean: float  # share at the end, nan where that is not measured


@dataclass(frozen=True)
class Group:
    """Points that are counted together: what is set there, and who prevails how often.

    unit: `replicates`, or `points` where nothing is random. points: how many were pooled. spans: where the points of each
    contender lie on what is not set, in words. moving: one point, whose mix was still moving at the end.
    """

    place: Mapping[str, Any]
    contenders: tuple[Contender, ...]
    of: int
    unit: str
    points: int
    spans: Mapping[str, str]
    moving: bool = False

    @property
    def found(self) -> list[Contender]:
        """Who prevails at least once, most often first."""
        return sorted((each for each in self.contenders if each.count), key=lambda each: -each.count)

    @property
    def random(self) -> bool:
        return self.unit == "replicates"

    @property
    def kind(self) -> str:
        """`all`: the same everywhere; `most`: more than half, beyond its interval; `more`: fewer, yet more often than anybody
        else, beyond both intervals; `open` else. Where nothing is random counts are what they are."""
        first, *others = self.found
        if not others:
            return "all"
        if not self.random:
            return "most" if first.count > self.of / 2 else "more" if first.count > others[0].count else "open"
        if first.low > 0.5:
            return "most"
        return "more" if first.low > others[0].high else "open"


def verdict(group: Group) -> str:
    """The sentence, without the place: `collaborate prevails in 30 of 32 replicates (94 %, 95 % interval 79–99 %).`"""
    return _of_replicates(group) if group.random else _of_points(group)


def _of_points(group: Group) -> str:
    first, *others = group.found
    if group.of == 1:
        if first.name in NOBODY:
            return f"nobody prevails: {WHY[first.name]}."
        share = "" if math.isnan(first.mean) else f", with {percent(first.mean)} at the end"
        if group.moving:
            return f"{first.label} is ahead{share}, but the mix was not at rest."
        return f"{first.label} prevails{share}."
    if not others:
        if first.name in NOBODY:
            return f"nobody prevails at any of {group.of:,} points: {WHY[first.name]}."
        return f"{first.label} prevails at all {group.of:,} points."
    told = [f"{_who(each)} at {each.count:,} ({percent(each.share)}){_span(group, each)}" for each in others]
    lead = f"{_who(first)} prevails at {first.count:,} of {group.of:,} points ({percent(first.share)})"
    return "; ".join([lead + _span(group, first), *told]) + "."


def _span(group: Group, each: Contender) -> str:
    words = group.spans.get(each.name, "")
    return f", within {words}" if words else ""


def _who(each: Contender) -> str:
    return "nobody" if each.name in NOBODY else each.label


def _of_replicates(group: Group) -> str:
    first, *others = group.found
    pooled = f" at {group.points:,} points" if group.points > 1 else ""
    where = f" of {group.of:,} replicates{pooled}"
    nobody = first.name in NOBODY
    if group.of == 1:
        return f"{_who(first)} {'prevails' if nobody else 'prevailed'} in the one replicate that was run, which says little."
    if group.kind == "all":
        who = "nobody prevails in any" if nobody else f"{first.label} prevails in all"
        few = "; so few say little" if group.of < FEW else ""
        return f"{who} {group.of:,} replicates{pooled} ({_interval(first)}){few}.".replace("any ", "any of the ")
    rest = listed([f"{_who(each)} in {each.count:,} ({between(each.low, each.high)})" for each in others])
    told = f"in {first.count:,}{where} ({percent(first.share)}, {_interval(first)})"
    if group.kind == "most":
        return f"{_who(first)} prevails {told}, {rest}."
    if group.kind == "more":
        return f"{_who(first)} prevails most often, {told}, yet not in most; {rest}."
    return f"no clear answer: {_who(first)} {told}, {rest}; the intervals do not part them."


def _interval(each: Contender) -> str:
    return f"95 % interval {between(each.low, each.high)}".replace("95 %", "95\u00a0%")


def alike(groups: Sequence[Group]) -> list[list[Group]]:
    """Runs of neighbours about which the same is to be said: one prevails in all there is of each."""
    runs: list[list[Group]] = []
    for group in groups:
        if runs and _alike(runs[-1][-1], group):
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs


def _alike(first: Group, second: Group) -> bool:
    if first.moving or second.moving:
        return False
    same = first.kind == second.kind == "all" and first.random == second.random
    return same and first.found[0].name == second.found[0].name


def verdict_of_run(run: Sequence[Group]) -> str:
    """One sentence for several groups about which the same is to be said."""
    first = run[0].found[0]
    if len(run) == 1:
        return verdict(run[0])
    who = "nobody prevails" if first.name in NOBODY else f"{first.label} prevails"
    if not run[0].random:
        points = sum(group.of for group in run)
        return f"{who} at all {counted(points, 'point')}."
    least = min(group.found[0].low for group in run)
    fewest = min(group.of for group in run)
    few = "; so few say little" if fewest < FEW else ""
    return f"{who} in all {fewest:,} replicates of each (95\u00a0% intervals from {percent(least)}){few}."

"""What is said of one point when it is pointed at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from evo.plots.swept import Swept
from evo.prevalence import wilson, z_of
from evo.report.answers import contests
from evo.report.look import Kind
from evo.report.text import between, percent, place_words
from evo.results import Result


class Tips:
    """Words for each point of a result: what is set there, who prevails in how many replicates, the mean mix at the end."""

    def __init__(self, result: Result, parts: Sequence[Swept], kinds: Sequence[Kind]) -> None:
        self.result, self.kinds = result, kinds
        self.swept = {point: swept for swept in parts for point in swept.points}

    def place(self, point: int) -> str:
        """What is set at a point, in words."""
        swept = self.swept[point]
        return place_words({path: swept.value(point, path) for path in swept.paths}, self.result.experiment)

    def of(self, point: int) -> str:
        """Lines about a point."""
        place = self.place(point)
        first = f"{place[0].upper()}{place[1:]}" if place else f"Point {point}"
        return "\n".join([first, *self._winners(point), *self._mix(point)])

    def _winners(self, point: int) -> list[str]:
        counts, labels = self.counts.get(point, Counter()), {kind.name: kind.label for kind in self.kinds}
        total = sum(counts.values())
        if not total:
            return [
                "every replicate failed" if "prevailing" in self.result.outcomes else "who prevails was not measured"
            ]
        order = sorted(counts, key=lambda name: -counts[name])
        if total == 1:
            return [f"prevails: {labels.get(order[0], order[0])}"]
        told, z = [], z_of(self.result.experiment)
        for name in order:
            interval = between(*wilson(counts[name], total, z))
            told.append(f"{labels.get(name, name)} prevails in {counts[name]} of {total} replicates ({interval})")
        return told

    def _mix(self, point: int) -> list[str]:
        if point not in self.means:
            return []
        found = [(kind.label, share) for kind, share in zip(self.kinds, self.means[point], strict=False)]
        found = sorted((each for each in found if each[1] >= 0.005), key=lambda each: -each[1])[:6]
        words = ", ".join(f"{label} {percent(share)}" for label, share in found)
        many = sum(self.counts.get(point, Counter()).values()) > 1
        return [f"{'mean mix' if many else 'mix'} at the end: {words}"] if words else []

    @cached_property
    def counts(self) -> Mapping[int, Counter[str]]:
        """How often each prevails, by point."""
        return contests(self.result.outcomes)

    @cached_property
    def means(self) -> Mapping[int, np.ndarray]:
        """Mean final mix by point."""
        names = [f"final_mix.{name}" for name in self.result.experiment.strategies]
        table: Any = self.result.outcomes
        if any(name not in table for name in names) or table.empty:
            return {}
        means = table.groupby("point")[names].mean()
        return dict(zip(means.index.tolist(), means.to_numpy(float), strict=True))

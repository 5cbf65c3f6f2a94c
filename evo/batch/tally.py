"""What is told of finished rows: how many of which points, how many failed, who prevails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from evo.runfolder import FAILURE


@dataclass(frozen=True)
class Tally:
    """Finished replicates. points: how many of each point; failed: of all; prevailing: who prevails in how many."""

    points: dict[int, int] = field(default_factory=dict)
    failed: int = 0
    prevailing: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, points: dict[int, int], outcomes: pa.Table) -> Tally:
        """The tally of a part's outcomes, so many of each point."""
        return cls(points, len(outcomes) - outcomes[FAILURE].null_count, _prevailing(outcomes))

    @property
    def replicates(self) -> int:
        """Replicates in all, those that failed included."""
        return sum(self.points.values())


def _prevailing(outcomes: pa.Table) -> Counter[str]:
    if "prevailing" not in outcomes.column_names:
        return Counter()
    counts = outcomes["prevailing"].drop_null().value_counts().to_pylist()
    return Counter({item["values"]: item["counts"] for item in counts})

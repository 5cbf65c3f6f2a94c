"""Shards: how the pieces of a job array share an experiment without a word between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

PIECES = 8  # that a shard has at least, so that shards of unlike points take about as long


@dataclass(frozen=True)
class Shard:
    """The number-th of `count` shares, from 1.

    Points are dealt in turn, so that neighbours, which take about as long, go to different shards. Where there are few
    points their replicates are cut into pieces, which are dealt in turn. Together the shards have every replicate once.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`3/64`; raises ValueError where it is not of this form."""
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError(f"{text!r} is not a share such as 3/64: the third of 64, counted from 1")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def whole(self) -> bool:
        return self.count == 1

    def ranges(self, point: int, replicates: int, points: int) -> list[tuple[int, int]]:
        """Ranges (first, after the last) of a point's replicates that are of this shard; `points`: how many there are."""
        pieces = max(1, min(replicates, -(-PIECES * self.count // points))) if not self.whole else 1
        if pieces == 1:
            return [(0, replicates)] if point % self.count == self.number - 1 else []
        first = (self.number - 1 - point * pieces) % self.count  # this shard's first piece of the point
        cuts = [piece * replicates // pieces for piece in range(pieces + 1)]
        return [(cuts[piece], cuts[piece + 1]) for piece in range(first, pieces, self.count)]


WHOLE = Shard(1, 1)

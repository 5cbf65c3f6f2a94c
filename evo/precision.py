"""Replicates until an interval is narrow enough: the rule, and the intervals of proportions and means."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, model_validator

from evo._spec import ProblemError, Spec

GROWTH = 2  # from one look to the next
Z95 = 1.959963984540054  # standard normal quantile at 0.975


class Precise(Spec):
    """Replicates of each point until an interval is narrow: that of `measure`, no wider than `width`, looked at when
    `at_least` replicates are done, then each time that their number has doubled, and at last at `at_most`.

    `measure` is a column of the outcomes, or the first word of several, all of which must be narrow. Of words
    (prevailing) it is the share of each outcome and Wilson's interval; of numbers the mean and Student's.

    Looking again and again until an interval happens to be narrow makes it miss too often. So what a look may miss is
    shared out: with K looks ahead each interval has confidence 1 - (1 - confidence)/K, and the probability that the last
    one misses is at most 1 - confidence, whichever look it is [Bonferroni].
    """

    width: Annotated[float, Field(gt=0)]
    measure: str = "prevailing"
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    at_least: Annotated[int, Field(ge=2, le=10**7)] = 16
    at_most: Annotated[int, Field(ge=2, le=10**7)] = 1024

    @model_validator(mode="after")
    def _ordered(self) -> Precise:
        if self.at_most < self.at_least:
            raise ProblemError(("at_most",), f"is less than at_least, {self.at_least:,}")
        return self

    @property
    def looks(self) -> tuple[int, ...]:
        """The numbers of replicates at which the interval is looked at."""
        found = [self.at_least]
        while found[-1] < self.at_most:
            found.append(min(found[-1] * GROWTH, self.at_most))
        return tuple(found)

    @property
    def each(self) -> float:
        """The confidence of each look's interval."""
        return 1 - (1 - self.confidence) / len(self.looks)

    def next_look(self, done: int) -> int | None:
        """How many replicates the next look needs, None where this was the last."""
        return next((look for look in self.looks if look > done), None)


def quantile(confidence: float) -> float:
    """Standard normal quantile of a two-sided interval."""
    from scipy.special import ndtri

    return float(ndtri((1 + confidence) / 2))


def wilson(count: float, of: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a proportion [Wilson 1927], by default of 95 %."""
    share, spread = count / of, z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return middle - half if count else 0.0, middle + half if count < of else 1.0


def student(mean: float, deviation: float, of: int, confidence: float) -> tuple[float, float]:
    """Student's interval of a mean, from the standard deviation of `of` values; unbounded where there is one value."""
    from scipy.special import stdtrit

    if of < 2:
        return -math.inf, math.inf
    half = float(stdtrit(of - 1, (1 + confidence) / 2)) * deviation / math.sqrt(of)
    return mean - half, mean + half

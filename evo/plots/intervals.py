"""Intervals over replicates."""

from __future__ import annotations

import numpy as np

from evo.plots.words import SPACE

LEVEL = 0.95


def mean_interval(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of shares over replicates (first axis) and a 95 % confidence interval that stays between 0 and 1.

    Wilson's score interval [Wilson 1927, JASA 22:209] with Student's t and the effective number of replicates
    n m(1-m)/s^2, for a mean m and a variance s^2. Where outcomes are 0 or 1 that number is n, and this is Wilson's
    interval; where all replicates end near the same mix it is the usual narrow interval of a mean; where all are equal
    it is empty (`unseen` says what they could hide).
    """
    from scipy.special import stdtrit

    count = len(shares)
    mean = shares.mean(axis=0)
    if count < 2:
        return mean, mean, mean
    chance = mean * (1 - mean)
    seen = shares.var(axis=0, ddof=1) / np.where(chance > 0, chance, 1.0)  # 1 where outcomes are 0 or 1, else less
    z2 = stdtrit(count - 1, (1 + LEVEL) / 2) ** 2 * np.minimum(seen, 1.0) / count
    centre = (mean + z2 / 2) / (1 + z2)
    half = np.sqrt(z2 * chance + z2**2 / 4) / (1 + z2)
    return mean, np.clip(centre - half, 0, mean), np.clip(centre + half, mean, 1)


def unseen(count: int) -> float:
    """The largest chance of an outcome that `count` replicates may all have missed, at 95 % confidence."""
    return 1 - (1 - LEVEL) ** (1 / count)


def interval_note(count: int) -> str:
    """What the intervals are, for the reader of a picture."""
    return (
        f"Means over {count} replicates with 95{SPACE}% intervals (Wilson score, from the replicates' own variance). "
        f"Where all agree there is none, though up to {100 * unseen(count):.2g}{SPACE}% of all runs may end otherwise."
    )

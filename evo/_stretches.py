"""Stretches of a row of truths."""

from __future__ import annotations

import numpy as np


def stretches(flags: np.ndarray) -> list[tuple[int, int]]:
    """Where flags (n,) are true without a gap: the first place of each stretch, and the place after its last."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))

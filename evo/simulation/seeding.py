"""Converting individuals to another strategy, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evo.interventions import Seed
    from evo.kernels.arrays import Process, Work


def seed_mixed(process: Process, work: Work, spec: Seed, size: float, names: tuple[str, ...]) -> float:
    """Convert a share of a well-mixed population in place; returns the share of all individuals that was converted.

    Finite: whole numbers by largest remainder. Infinite: shares, and their logarithms, which the flows carry."""
    to = names.index(spec.to)
    role = int(np.searchsorted(process.roles, to, side="right")) - 1
    donors = donors_of(spec, names, range(process.roles[role], process.roles[role + 1]))
    amounts = work.shares[0]
    there = amounts[donors].sum()
    if there <= 0:
        return 0.0
    if process.meeting.whole > 0:
        many = min(round(size * process.wholes[role]), int(there))
        taken = portions(amounts[donors], many)
        amounts[donors] -= taken
        amounts[to] += many
        return many / float(process.sizes.sum())
    part = min(size, there)
    logs = work.states[0]
    with np.errstate(divide="ignore"):
        logs[donors] += np.log(max(0.0, 1.0 - part / there))
        logs[to] = np.log(amounts[to] + part)
    amounts[donors] *= max(0.0, 1.0 - part / there)
    amounts[to] += part
    return float(part) / len(process.wholes)


def donors_of(spec: Seed, names: tuple[str, ...], members: range) -> np.ndarray:
    """Those who may be converted: of one strategy, or of all others in the role."""
    to = names.index(spec.to)
    chosen = [names.index(spec.source)] if spec.source is not None else [i for i in members if i != to]
    return np.array(chosen, dtype=np.int64)


def portions(amounts: np.ndarray, many: int) -> np.ndarray:
    """So many individuals in proportion to the amounts, whole numbers by largest remainder, the first of equals."""
    exact = amounts * (many / amounts.sum())
    taken = np.floor(exact + 1e-9)
    rest = exact - taken
    for _ in range(many - int(taken.sum())):
        place = int(np.argmax(np.where(taken < amounts, rest, -np.inf)))
        taken[place] += 1
        rest[place] -= 1
    return taken

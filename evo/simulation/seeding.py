"""Converting individuals to another strategy, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evo.interventions import Seed
    from evo.kernels.arrays import Process, Work
    from evo.kernels.nodes.net import Net


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


def seed_nodes(
    net: Net, strategies: np.ndarray, spec: Seed, size: float, names: tuple[str, ...], rng: np.random.Generator
) -> float:
    """Convert nodes of a graph in place; returns the share of all that was converted."""
    donors = np.isin(strategies, donors_of(spec, names, range(len(names))))
    many = min(round(size * len(strategies)), int(donors.sum()))
    chosen = _order(net, spec.where, donors, many, rng)[:many]
    strategies[chosen] = names.index(spec.to)
    return many / len(strategies)


def _order(net: Net, where: str, donors: np.ndarray, many: int, rng: np.random.Generator) -> np.ndarray:
    """The donors in the order in which they are converted, at least so many of them."""
    if where == "region":
        return _outwards(net, donors, many, rng)
    order = rng.permutation(len(donors))
    if where == "hubs":
        order = order[np.argsort(-net.degree[order], kind="stable")]
    return order[donors[order]]


def _outwards(net: Net, donors: np.ndarray, many: int, rng: np.random.Generator) -> np.ndarray:
    """Donors as they are reached from one of them drawn at random, nearest first; then from another, if any is left."""
    seen = np.zeros(len(donors), bool)
    found: list[int] = []
    for begin in rng.permutation(np.flatnonzero(donors)):
        front = [] if seen[begin] else [int(begin)]
        seen[begin] = True
        for i in front:  # which grows
            if donors[i]:
                found.append(i)
            if len(found) >= many:
                return np.array(found)
            for j in rng.permutation(net.plays.neighbours[net.plays.starts[i] : net.plays.stops[i]]):
                if not seen[j]:
                    seen[j] = True
                    front.append(int(j))
    return np.array(found, dtype=np.int64)


def seed_groups(counts: np.ndarray, spec: Seed, size: float, names: tuple[str, ...], rng: np.random.Generator) -> float:
    """Convert members of groups in place, `counts` (group, strategy); returns the share of all that was converted. Whole
    groups are converted until the share is reached, so that the last may exceed it."""
    to, donors = names.index(spec.to), donors_of(spec, names, range(len(names)))
    everybody = counts.sum()
    there = counts[:, donors].astype(np.int64)
    many = min(round(size * everybody), int(there.sum()))
    taken = np.zeros_like(there)
    if spec.where == "groups":
        for group in rng.permutation(len(counts)):
            if taken.sum() >= many:
                break
            taken[group] = there[group]
    else:
        taken = rng.multivariate_hypergeometric(there.ravel(), many).reshape(there.shape)
    counts[:, donors] -= taken
    counts[:, to] += taken.sum(axis=1)
    return float(taken.sum() / everybody)

"""Ties that come and go, lowered: what is checked when a model is loaded, and the arrays of a replicate's ties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo import codes
from evo._spec import ProblemError
from evo.games import GroupGame
from evo.kernels.nodes.net import Bonds, Net, Ties
from evo.lowering.names import attributes, moving, reads
from evo.lowering.rule import acting
from evo.lowering.success import still_table
from evo.populations import Network
from evo.populations.ties import Linking, Rewiring, Trust
from evo.quantities import number

if TYPE_CHECKING:
    from evo.model import Model

MOST = 5000  # nodes: the table of who is tied to whom takes 8 bytes a pair


def ties_of(model: Model) -> Rewiring | Linking | None:
    """How ties change beside strategies, None where they last."""
    return model.population.ties if isinstance(model.population, Network) else None


def check_ties(model: Model, nodes: int) -> None:
    """Refuse ties that come and go where the rest of the model does not fit; raises ProblemError, path within the population."""
    population: Any = model.population
    ties = population.ties
    rule = acting(model)
    if nodes > MOST:
        raise ProblemError(("ties",), f"come and go among up to {MOST:,} nodes, not {nodes:,}")
    if population.learning is not None:
        raise ProblemError(("learning",), "who learns from whom goes by the same ties where these come and go")
    if isinstance(model.form, GroupGame):
        raise ProblemError(("ties",), "come and go in games of pairs, not of groups")
    if rule.kind == "birth_death" or getattr(rule, "update", "sequential") != "sequential":
        raise ProblemError(("ties",), "change between updates of one individual, by a rule other than birth_death")
    if isinstance(ties, Rewiring) and ties.leaves is None and reads(model, *moving(model), *attributes(model)):
        raise ProblemError(
            ("ties", "leaves"),
            "is missing: these payoffs move, so that who wants to leave whom does not follow from them",
        )
    _numbers(model)
    if isinstance(ties, Rewiring) and ties.leaves is not None:
        _leaves(model)


def lower_bonds(model: Model, net: Net) -> tuple[Net, Bonds]:
    """The net with ties of its own that may change, and how they do; without them the net as it is."""
    if ties_of(model) is None:
        none = np.zeros((0, 0))
        return net, Bonds(codes.LASTING, 1.0, np.zeros((0, 0), np.int32), none > 0, 0.0, none, none, False, np.zeros(3))
    pace, intensity, forms, breaks, trust = _numbers(model)
    leaves = _leaves(model)
    plays, place = _roomy(net.plays, trust)
    ties = net._replace(
        plays=plays, played=plays, learns=plays, taught=plays, scale=net.scale.copy(), degree=net.degree.copy()
    )
    kind = codes.REWIRING if isinstance(ties_of(model), Rewiring) else codes.LINKING
    growing = trust is not None
    found = np.array(trust if trust is not None else (1.0, 0.0, 0.0))
    return ties, Bonds(kind, 1 / (1 + pace), place, leaves, intensity, forms, breaks, growing, found)


def _numbers(model: Model) -> tuple[float, float, np.ndarray, np.ndarray, tuple[float, float, float] | None]:
    """Pace, intensity, chances that a pair ties and that a tie breaks, and trust."""
    ties = ties_of(model)
    assert ties is not None
    values = model.parameter_values
    pace = number(ties.pace, values)
    if pace < 0:
        raise ProblemError(("ties", "pace"), f"cannot be negative, is {pace:g}")
    strategies = len(model.strategies)
    forms = breaks = np.zeros((strategies, strategies))
    intensity = 0.0
    if isinstance(ties, Rewiring):
        intensity = number(model.selection.intensity if ties.intensity is None else ties.intensity, values)
        if intensity < 0:
            raise ProblemError(("ties", "intensity"), f"cannot be negative, is {intensity:g}")
    else:
        forms, breaks = _linking(model, ties)
    return pace, intensity, forms, breaks, _trust(ties.trust, values)


def _leaves(model: Model) -> np.ndarray:
    """Who wants to leave whom, (d, d)."""
    names = model.strategy_names
    given = getattr(ties_of(model), "leaves", None)
    if given is None:
        table = still_table(model.lowered)
        assert table is not None
        return table < table.max(axis=1, keepdims=True) - 1e-12
    leaves = np.zeros((len(names), len(names)), bool)
    for name, left in given.items():
        for other in (name, *left):
            if other not in names:
                raise ProblemError(
                    ("ties", "leaves", name), f"{other!r} is not a strategy", f"strategies: {', '.join(names)}"
                )
        leaves[names.index(name), [names.index(other) for other in left]] = True
    return leaves


def _linking(model: Model, ties: Linking) -> tuple[np.ndarray, np.ndarray]:
    names = model.strategy_names
    if set(ties.propensity) != set(names):
        raise ProblemError(
            ("ties", "propensity"), "needs one number for each strategy", f"strategies: {', '.join(names)}"
        )
    each = np.array([number(ties.propensity[name], model.parameter_values) for name in names])
    if each.min() < 0 or each.max() > 1:
        raise ProblemError(("ties", "propensity"), "must be from 0 to 1")
    breaks = np.array(ties.breaks, dtype=float)
    if breaks.shape != (len(names), len(names)) or not np.array_equal(breaks, breaks.T):
        raise ProblemError(
            ("ties", "breaks"), f"needs {len(names)} rows of {len(names)} probabilities, the same both ways"
        )
    return np.outer(each, each), breaks


def _trust(trust: Trust | None, values: Any) -> tuple[float, float, float] | None:
    if trust is None:
        return None
    found = {key: number(getattr(trust, key), values) for key in ("start", "growth", "decay")}
    for key, value in found.items():
        if not 0 <= value <= 1:
            raise ProblemError(("ties", "trust", key), f"must be from 0 to 1, is {value:g}")
    return found["start"], found["growth"], found["decay"]


def _roomy(ties: Ties, trust: tuple[float, float, float] | None) -> tuple[Ties, np.ndarray]:
    """The ties in rows with room for everybody, and where in its row each one stands, counted from 1."""
    count = len(ties.starts)
    starts = np.arange(count, dtype=np.int64) * (count - 1)
    degrees = ties.stops - ties.starts
    rows = np.repeat(np.arange(count), degrees)
    within = np.arange(len(ties.neighbours)) - np.repeat(ties.starts, degrees)
    neighbours = np.zeros(count * (count - 1), np.int32)
    neighbours[starts[rows] + within] = ties.neighbours
    place = np.zeros((count, count), np.int32)
    place[rows, ties.neighbours] = within + 1
    weights = np.full(len(neighbours), trust[0]) if trust is not None else np.empty(0)
    return Ties(starts, starts + degrees, neighbours, weights, 0), place

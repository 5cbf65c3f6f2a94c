"""The long run on a graph with mutation or an innovative rule: how often each vertex plays what."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evo._reprs import shown
from evo.exact.chains.chain import closed_classes
from evo.exact.structure.chain import GraphChain, graph_chain, words_on
from evo.exact.structure.fixation import Method
from evo.exact.structure.games import Payoffs
from evo.exact.structure.rules import VertexRule
from evo.exact.structure.solving import solve_stationary
from evo.exact.structure.weights import Structure, Weights, structure_of


@shown
@dataclass(frozen=True)
class GraphStationary:
    """Long-run probabilities of the states of a graph, and averages over them.

    mean, variance: of the share of each strategy, (d,); at_vertex: chance that a vertex plays each strategy, (N, d);
    counts: how many play each strategy, (states, d), and probabilities of these states; active: mean share of the weight of
    the meetings that joins different strategies (nan where nobody meets).
    """

    mean: np.ndarray
    variance: np.ndarray
    at_vertex: np.ndarray = field(repr=False)
    active: float
    counts: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    method: str
    error: str


def graph_stationary(
    graph: Structure | Weights, payoffs: Payoffs, *, rule: VertexRule, method: Method = "auto"
) -> GraphStationary:
    """Stationary distribution of any number of strategies on a graph, by the chain of all its states.

    ValueError where the chain does not forget its start (no mutation), where it has too many states, and for all that a
    rule refuses.
    """
    if method not in ("auto", "elimination", "iteration"):
        raise ValueError(f"method is auto, elimination or iteration, not {method!r}")
    structure = structure_of(graph)
    chain = graph_chain(structure, payoffs, rule)
    occupation = chain.occupation
    closed = closed_classes(chain.matrix)
    if closed.max() > 0:
        raise ValueError(
            f"the chain does not forget its start: it may end in any of {closed.max() + 1} sets of states; "
            "without mutation ask for graph_fixation"
        )
    kept = np.flatnonzero(closed == 0)
    weight = np.zeros(occupation.number)
    inner = chain.matrix[kept][:, kept]
    if len(kept) == 1:
        weight[kept], words, error = 1.0, "one state that is never left", "none"
    else:
        weight[kept], words, error = solve_stationary(inner, occupation.counts[kept, 0], method=method)
    shares = occupation.counts / occupation.size
    mean = weight @ shares
    return GraphStationary(
        mean=mean,
        variance=weight @ (shares - mean) ** 2,
        at_vertex=np.tensordot(weight, occupation.shares, axes=1),
        active=_active(chain, weight),
        counts=occupation.counts,
        probabilities=weight,
        method=f"{words_on(chain)}: {words}",
        error=error,
    )


def _active(chain: GraphChain, weight: np.ndarray) -> float:
    meetings = chain.structure.meetings
    if not meetings.any():
        return float("nan")
    strategies = chain.occupation.strategies(np.arange(len(weight)))
    found = 0.0
    for i, j in np.argwhere(meetings > 0):
        found += meetings[i, j] * float(weight @ (strategies[:, i] != strategies[:, j]))
    return float(found / meetings.sum())

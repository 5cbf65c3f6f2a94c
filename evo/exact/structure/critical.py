"""Weak selection on graphs: how much benefit per cost cooperation needs, by coalescence times.

With e_ij(1 + tilt beta (P_j - P'_i)) for the chance that j replaces i, P and P' payoffs seen from either, the derivative of
the fixation probability is sum_ij v_i tilt e_ij E[(x_j - x_i)(P_j - P'_i)] over the neutral history of one mutant, v being
reproductive values [Allen & McAvoy 2019; McAvoy & Allen 2021]. In the donation game payoffs are linear in the x, so it
takes only how long pairs of vertices differ. For death-birth on undirected graphs and averaged payoffs that is
(b (t3 - t1) - c t2)/(2N) [Allen et al. 2017], and for imitation the same on the graph with loops of weight 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evo._reprs import shown
from evo.exact.structure.coalescence import reproductive_values, time_apart
from evo.exact.structure.fixation import Start, start_share
from evo.exact.structure.neutral import Replacement, neutral_replacement
from evo.exact.structure.rules import VertexRule
from evo.exact.structure.weights import Structure, Weights, structure_of

ZERO = 1e-9  # a slope that is smaller, relative to that of the cost, is 0
WeakKind = Literal["death_birth", "birth_death", "imitation", "pairwise_comparison", "local_update"]


@shown
@dataclass(frozen=True)
class CriticalRatio:
    """Fixation of one cooperator under weak selection: neutral + beta*(b*benefit_slope + c*cost_slope) + O(beta^2).

    A cooperator gives b to whom it meets and pays c for each (payoff matrix (b-c, -c; b, 0)); for local_update beta stands
    for beta/largest_difference. ratio: b/c above which it takes over more often than by chance; inf where benefits do not
    matter; negative where they harm, so that cooperation is never favoured, and for b/c < ratio < 0 spite is. `verdict`
    says it in words.
    """

    start: Start
    ratio: float
    neutral: float
    benefit_slope: float
    cost_slope: float
    verdict: str
    method: str
    error: str

    @property
    def sigma(self) -> float:
        """Structure coefficient: of any two strategies with payoffs (a, b; c, d) the first is favoured over the second iff
        sigma*a + b > c + sigma*d [Tarnita et al. 2009; Allen et al. 2017]; inf where the ratio is 1. ValueError for
        mutants that do not arise uniformly, to which accumulated payoffs add more than that."""
        if self.start != "uniform":
            raise ValueError("sigma is of mutants that arise uniformly")
        rest = -self.cost_slope - self.benefit_slope
        return (self.benefit_slope - self.cost_slope) / rest if rest else float("inf")


def critical_ratio(
    graph: Structure | Weights,
    *,
    rule: WeakKind = "death_birth",
    selection: Literal["birth", "death"] | None = None,
    start: Start = "uniform",
) -> CriticalRatio:
    """The critical benefit-to-cost ratio of any graph from which one vertex's descendants can take over, directed or not.

    Payoffs averaged or accumulated, and over another graph than that of replacement, as the `Structure` says; selection
    and start as in `VertexRule` and `graph_fixation`. Up to 45 vertices by a dense solution, to 5000 by iteration (2000
    vertices of a scale-free graph: a quarter of a minute; slowly mixing graphs such as long cycles take several times as
    long). ValueError where nobody can take over, for rules without a neutral limit, and for larger graphs.
    """
    structure = structure_of(graph)
    if structure.size < 2:
        raise ValueError("a single vertex has nobody to cooperate with")
    replacement = neutral_replacement(structure, rule, selection)
    values = reproductive_values(replacement)
    share = start_share(structure, VertexRule(rule, intensity=0.0, selection=selection), start)
    source = share[:, None] + share
    apart, method, residual = time_apart(replacement, source, values)
    ahead = _ahead(replacement, share, values)
    given = structure.shares  # payoff of k from cooperators l: b * given[k, l]; it pays c * (sum of the row)
    benefit = _slope(replacement, values, given, apart, ahead)
    cost = -_slope(replacement, values, np.diag(given.sum(axis=1)), apart, ahead)
    if abs(benefit) <= ZERO * abs(cost):
        benefit = 0.0
    return CriticalRatio(
        start=start,
        ratio=-cost / benefit if benefit else float("inf"),
        neutral=float(values @ share),
        benefit_slope=benefit,
        cost_slope=cost,
        verdict=_verdict(benefit, cost),
        method=f"coalescence times: {method}",
        error=_error(benefit, cost, residual),
    )


def _ahead(replacement: Replacement, share: np.ndarray, values: np.ndarray) -> np.ndarray:
    """a with a_i - a_j = sum over the neutral history of E[x_i - x_j], (N,); 0 for a mutant that arises uniformly."""
    if np.ptp(share) == 0:
        return np.zeros(len(share))
    system = np.diag(replacement.replaced) - replacement.moves
    return np.linalg.lstsq(system, share - values @ share, rcond=None)[0]


def _slope(
    replacement: Replacement, values: np.ndarray, given: np.ndarray, apart: np.ndarray, ahead: np.ndarray
) -> float:
    """Derivative of the fixation probability where k earns sum_l given[k, l] x_l.

    Summed over the neutral history, E[(x_j - x_i) x_l] = ((a_j - a_i) - (Y_jl - Y_il))/2. With H_jk = sum_l Y_jl given_kl
    and g_k = sum_l given_kl, j's side of the tilt takes U, i's side V, (N, N) each, rows summing to 1.
    """
    size = len(values)
    flow = replacement.tilt * values[:, None] * replacement.moves  # (i, j)
    seen = ahead[:, None] * given.sum(axis=1) - apart @ given.T  # (j, k)
    gaining = np.eye(size) if replacement.gaining is None else replacement.gaining
    losing = np.eye(size) if replacement.losing is None else replacement.losing
    own_j, own_i = (gaining * seen).sum(axis=1), (losing * seen).sum(axis=1)
    # sum_ij flow_ij sum_k (U_jk - V_ik)(seen_jk - seen_ik)
    total = flow.sum(axis=0) @ own_j + flow.sum(axis=1) @ own_i
    total -= (flow * (seen @ gaining.T)).sum() + (flow * (losing @ seen.T)).sum()
    return float(total) / 2


def _error(benefit: float, cost: float, residual: float) -> str:
    if benefit == 0:
        return f"the slope by the benefit is below {ZERO:g} of that by the cost, and counts as 0"
    return f"relative, about {max(residual, 1e-15) * max(1.0, abs(cost / benefit)):.0e} or a few times that"


def _verdict(benefit: float, cost: float) -> str:
    if benefit == 0 and cost == 0:
        return "neither benefits nor costs change anything"
    if benefit == 0:
        return "benefits change nothing: cooperation is favoured at no b/c, however large"
    ratio = -cost / benefit
    if ratio > 0:
        return f"cooperation is favoured where b/c > {ratio:.6g}"
    return f"cooperation is favoured at no b/c; spite, a harm of more than {-ratio:.6g} times its cost, is"

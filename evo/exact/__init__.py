"""Exact answers: what follows from a model without simulation. Textbook mathematics, apart from the kernels' transition
and sampling code, so that each can check the other."""

from evo.exact import graph
from evo.exact.chains.absorption import Absorption, absorption
from evo.exact.chains.chain import Chain, chain
from evo.exact.chains.stationary import Stationary, stationary
from evo.exact.edges import EdgePoint, critical_seed, edge_points
from evo.exact.flows.basins import Basins, basin_grid, basins
from evo.exact.flows.continuation import Continuation, continuation
from evo.exact.flows.coupled import coupled_rest_points
from evo.exact.flows.fields import Field, field_of
from evo.exact.flows.gradient import Drift, Gradient, drift, gradient_of_selection, largest_advantage
from evo.exact.flows.rest_points import RestPoint, RestPoints, rest_points
from evo.exact.flows.separatrices import Separatrices, separatrices
from evo.exact.flows.stability import is_ess, is_nash, is_nss, stability
from evo.exact.games.nash import (
    Equilibria,
    equilibria,
    lemke_howson,
    nash,
    pure_equilibria,
    stable_strategies,
    support_equilibria,
    symmetric_equilibria,
    zero_sum,
)
from evo.exact.invasion import homogeneous, invasion, payoffs_at
from evo.exact.payoff.finite import finite_payoffs
from evo.exact.payoff.infinite import payoff_table, payoffs
from evo.exact.rare.alpha_rank import AlphaRank, alpha_rank
from evo.exact.rare.dominance import Dominance, dominance
from evo.exact.rare.invasion_graph import InvasionGraph, invasion_graph
from evo.exact.rare.small_mutation import SmallMutation, small_mutation
from evo.exact.rare.strong_selection import StrongSelection, strong_selection
from evo.exact.rare.weak_selection import WeakSelection, sigma, structure_coefficients, weak_selection
from evo.exact.structure import (
    CriticalRatio,
    GraphFixation,
    GraphStationary,
    GroupFixation,
    IslandFixation,
    MultilevelPrice,
    NeighbourhoodGame,
    Price,
    RareSplitting,
    Structure,
    VertexRule,
    critical_ratio,
    graph_fixation,
    graph_stationary,
    group_fixation,
    island_fixation,
    multilevel_price,
    neighbourhood_tables,
    price,
    rare_splitting,
    splitting_critical_ratio,
    weights_of_edges,
)
from evo.exact.takeover.birth_death import BirthDeath, birth_death
from evo.exact.takeover.edge_rates import edge_log_rates
from evo.exact.takeover.fixation import Fixation, FixationCurve, fixation, fixation_curve, log_fixation
from evo.exact.takeover.periodic import PeriodicFixation, periodic_fixation
from evo.exact.takeover.switching import SwitchingFixation, switching_fixation
from evo.exact.thresholds import thresholds
from evo.exact.traits.adaptive import (
    advantage,
    canonical_path,
    canonical_rate,
    invasion_fitness,
    mutually_invasible,
    selection_gradient,
)
from evo.exact.traits.pip import Invasibility, invasibility
from evo.exact.traits.singular import SingularPoint, singular_points

__all__ = [
    "Absorption",
    "AlphaRank",
    "Basins",
    "BirthDeath",
    "Chain",
    "Continuation",
    "CriticalRatio",
    "Dominance",
    "Drift",
    "EdgePoint",
    "Equilibria",
    "Field",
    "Fixation",
    "FixationCurve",
    "Gradient",
    "GraphFixation",
    "GraphStationary",
    "GroupFixation",
    "Invasibility",
    "InvasionGraph",
    "IslandFixation",
    "MultilevelPrice",
    "NeighbourhoodGame",
    "PeriodicFixation",
    "Price",
    "RareSplitting",
    "RestPoint",
    "RestPoints",
    "Separatrices",
    "SingularPoint",
    "SmallMutation",
    "Stationary",
    "StrongSelection",
    "Structure",
    "SwitchingFixation",
    "VertexRule",
    "WeakSelection",
    "absorption",
    "advantage",
    "alpha_rank",
    "basin_grid",
    "basins",
    "birth_death",
    "canonical_path",
    "canonical_rate",
    "chain",
    "continuation",
    "coupled_rest_points",
    "critical_ratio",
    "critical_seed",
    "dominance",
    "drift",
    "edge_log_rates",
    "edge_points",
    "equilibria",
    "field_of",
    "finite_payoffs",
    "fixation",
    "fixation_curve",
    "gradient_of_selection",
    "graph",
    "graph_fixation",
    "graph_stationary",
    "group_fixation",
    "homogeneous",
    "invasibility",
    "invasion",
    "invasion_fitness",
    "invasion_graph",
    "is_ess",
    "is_nash",
    "is_nss",
    "island_fixation",
    "largest_advantage",
    "lemke_howson",
    "log_fixation",
    "multilevel_price",
    "mutually_invasible",
    "nash",
    "neighbourhood_tables",
    "payoff_table",
    "payoffs",
    "payoffs_at",
    "periodic_fixation",
    "price",
    "pure_equilibria",
    "rare_splitting",
    "rest_points",
    "selection_gradient",
    "separatrices",
    "sigma",
    "singular_points",
    "small_mutation",
    "splitting_critical_ratio",
    "stability",
    "stable_strategies",
    "stationary",
    "strong_selection",
    "structure_coefficients",
    "support_equilibria",
    "switching_fixation",
    "symmetric_equilibria",
    "thresholds",
    "weak_selection",
    "weights_of_edges",
    "zero_sum",
]

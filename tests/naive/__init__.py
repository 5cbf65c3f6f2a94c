"""The definitions computed the slow way, with lists, dicts and enumeration: from definitions.md, not from the kernels.

A `config` is a model as plain data, the way YAML gives it; laws of the environment hold plain numbers. Strategies are
places in the config's order. `amounts` are counts of a finite population or shares of an infinite one, of all roles one
after the other. A `company` is the tuple of a player's n-1 co-players, one after the other; a `world` holds every name
that a formula may use.
"""

from naive.config import world_of
from naive.environment import Weather
from naive.events import imagined, next_strategy, transitions, wright_fisher
from naive.flows import feedback_rate, field, is_map
from naive.graph_chains import GraphChain
from naive.networks import Network, Ties
from naive.payoffs import bias, largest_difference, payoffs
from naive.people import individuals
from naive.replica import ENVIRONMENT, START, Replica, exponential, stream, whole_counts

__all__ = [
    "ENVIRONMENT",
    "START",
    "GraphChain",
    "Network",
    "Replica",
    "Ties",
    "Weather",
    "bias",
    "exponential",
    "feedback_rate",
    "field",
    "imagined",
    "individuals",
    "is_map",
    "largest_difference",
    "next_strategy",
    "payoffs",
    "stream",
    "transitions",
    "whole_counts",
    "world_of",
    "wright_fisher",
]

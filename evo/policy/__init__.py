"""Least-cost policies: when to do how much of an intervention, so that the target is there by a time with some probability.

    found = policy.least_cost(experiment, policy.Aim("collaborate", by=50, probability=0.9))
    found.cost, found.bound, found.constant

Finite populations whose states can be listed are solved as a Markov decision process (`least_cost`); of an infinite
population, or one with too many states, the mean field is steered (`steer`), and what comes of it is scored in the finite one.
`incentive_cost` is what an incentive costs until somebody has taken over.
"""

from evo.policy.aim import Aim
from evo.policy.control import Control, control_of
from evo.policy.decisions import Plan, Policy, least_cost
from evo.policy.incentives import incentive_cost
from evo.policy.steering import Push, Steered, steer

__all__ = [
    "Aim",
    "Control",
    "Plan",
    "Policy",
    "Push",
    "Steered",
    "control_of",
    "incentive_cost",
    "least_cost",
    "steer",
]

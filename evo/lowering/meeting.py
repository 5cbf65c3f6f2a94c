"""The population, lowered: how many there are of each role, and who meets whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo import codes
from evo._kin import shared
from evo._spec import ProblemError
from evo.dynamics import Aspiration, Langevin, LocalUpdate, PairwiseComparison, ProportionalImitation
from evo.games import BimatrixGame, compositions
from evo.kernels.arrays import Meeting
from evo.lowering.groups import group_places, lower_groups
from evo.lowering.network import check_network, network_size
from evo.lowering.problems import Problems
from evo.lowering.rule import acting, pace, part_of_generation, sizes_of
from evo.lowering.success import within
from evo.populations import Groups, Infinite, Network, WellMixed
from evo.quantities import number
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.model import Model

LARGEST = 10**9
LARGEST_SAMPLE = 1e7


class Crowd(NamedTuple):
    """Who is there, by role."""

    roles: np.ndarray  # int64 (r+1,): where the strategies of each role begin, and their number
    wholes: np.ndarray  # float64 (r,): what amounts sum to
    sizes: np.ndarray  # float64 (r,): individuals, inf in an infinite population
    met: np.ndarray  # float64 (r,): how many a player's payoff averages over, 1 where amounts are shares

    @property
    def parts(self) -> np.ndarray:
        """Which part of all individuals each role is; equal parts in infinite populations, (r,)."""
        if np.isinf(self.sizes).any():
            return np.full(len(self.sizes), 1 / len(self.sizes))
        return self.sizes / self.sizes.sum()


def lower_crowd(model: Model) -> Crowd:
    """The roles and their sizes; one role is the whole population. Raises ProblemError, path within the model."""
    bounds = _role_bounds(model)
    count = len(bounds) - 1
    population = model.population
    if isinstance(population, Network):
        size = np.array([float(network_size(model))])
        return Crowd(bounds, size, size, np.ones(1))
    if isinstance(population, Infinite):
        if not model.dynamics.facts.infinite:
            raise ProblemError(
                ("population", "kind"),
                f"{model.dynamics.kind} needs the size of a finite population",
                "use `kind: network` with a graph"
                if model.dynamics.facts.network
                else "use `kind: well_mixed` with a size",
            )
        ones = np.ones(count)
        return Crowd(bounds, ones, np.full(count, np.inf), ones)
    if not model.dynamics.facts.finite and model.dynamics.facts.network:
        raise ProblemError(
            ("population", "kind"), f"{model.dynamics.kind} needs a graph", "use `kind: network`, or the rule moran"
        )
    if not model.dynamics.facts.finite:
        raise ProblemError(
            ("population", "kind"),
            f"{model.dynamics.kind} is a flow of infinite populations",
            "use `kind: infinite`, or a finite rule such as moran",
        )
    if isinstance(population, Groups):
        return _grouped(bounds, model)
    sizes = _sizes(population, model)
    if isinstance(model.dynamics, Langevin):
        return Crowd(bounds, np.ones(count), sizes, np.ones(count))
    if count == 1:
        everybody = population.self_interaction or population.sampling == "with_replacement"
        met = sizes if everybody else sizes - 1
    else:
        met = sizes[::-1]
    return Crowd(bounds, sizes, sizes, met)


def _grouped(bounds: np.ndarray, model: Model) -> Crowd:
    """Everybody in all groups; whom a player's payoff averages over is a matter of its group."""
    if len(bounds) > 2:
        raise ProblemError(("strategies",), "name roles, and groups are of one population", "leave the roles out")
    problems, size = Problems(), np.zeros(1)
    with problems.at("population"):
        size = group_places(model).sum(keepdims=True)
    problems.stop()
    return Crowd(bounds, size, size, size)


def lower_meeting(model: Model, size: int, crowd: Crowd, values: Mapping[str, float]) -> Meeting:
    """Who meets whom; raises ProblemError, path within the population."""
    population = model.population
    if isinstance(population, Network):
        return check_network(model, size)
    if isinstance(population, Groups):
        lower_groups(model, size)
        return Meeting(size, int(crowd.sizes.sum()), 0.0, codes.FOCAL, False, False, False, False)
    assortment = within(number(population.assortment, values), 0, 1, "assortment")
    alike = codes.FOUNDER if population.assortment_kind == "founder" else codes.FOCAL
    if len(crowd.wholes) > 1 and assortment != 0:
        raise ProblemError(("assortment",), "two roles never meet their own kind, so there is nothing to assort")
    _check_steps(model)
    sampled = population.payoff == "sampled"
    if sampled:
        _check_sampled(model, crowd, size)
    if isinstance(population, Infinite) or isinstance(model.dynamics, Langevin):
        return Meeting(size, 0, assortment, alike, False, False, sampled, False)
    whole = int(crowd.sizes.sum())
    if len(crowd.wholes) > 1 and population.self_interaction:
        raise ProblemError(("self_interaction",), "two roles never meet their own kind, nor themselves")
    if whole < size:
        raise ProblemError(("size",), f"a population of {whole:g} cannot fill a group of {size}")
    replaced = population.sampling == "with_replacement"
    if replaced and len(crowd.wholes) > 1:
        raise ProblemError(("sampling",), "two roles meet in pairs, so that no group is sampled")
    return Meeting(size, whole, assortment, alike, population.self_interaction or replaced, replaced, sampled, False)


def _check_steps(model: Model) -> None:
    population = model.population
    if not isinstance(population, WellMixed):
        return
    noisy = isinstance(model.dynamics, Langevin)
    if population.leap:
        part_of_generation(population.leap, "leap")
    if population.leap and (noisy or pace(model) == codes.SYNCHRONOUS):
        steps = "in steps of its own" if noisy else "whole generations"
        raise ProblemError(("leap",), f"{model.dynamics.kind} moves {steps}: there is nothing to leap")
    for key, neutral in (("self_interaction", False), ("sampling", "without_replacement")):
        if noisy and getattr(population, key) != neutral:
            raise ProblemError(
                (key,), "langevin has the payoffs of an infinite population, where this makes no difference"
            )


def _check_sampled(model: Model, crowd: Crowd, size: int) -> None:
    rule = acting(model)
    if not isinstance(rule, PairwiseComparison | LocalUpdate | ProportionalImitation | Aspiration):
        raise ProblemError(
            ("payoff",),
            f"{rule.kind} weighs what everybody earns in expectation; samples are compared by pairwise_comparison, "
            "local_update, proportional_imitation and aspiration",
        )
    pairs = (len(model.strategies) * len(compositions(len(model.strategies), size - 1))) ** 2
    if pairs > LARGEST_SAMPLE:
        raise ProblemError(
            ("payoff",), f"compares {pairs:.1e} pairs of groups at every event; at most {LARGEST_SAMPLE:.0e} are"
        )
    if len(crowd.wholes) > 1:
        raise ProblemError(("payoff",), "samples are for one population; with two roles payoffs are expected")


@shared
def _role_bounds(model: Model) -> np.ndarray:
    named = roles(model.strategies)
    strategies = len(model.strategies)
    if not named:
        if isinstance(model.form, BimatrixGame):
            raise ProblemError(
                ("strategies",), "name no roles, and a bimatrix game has two", "say `role:` in each strategy"
            )
        return np.array([0, strategies], dtype=np.int64)
    for name, strategy in model.strategies.items():
        if strategy.role is None:
            raise ProblemError(("strategies", name, "role"), "is missing: the other strategies have one")
    if len(named) != 2:
        many = "one role" if len(named) == 1 else f"{len(named)} roles"
        raise ProblemError(("strategies",), f"name {many} ({', '.join(named)}); a game has two")
    first, second = named.values()
    if model.strategy_names != (*first, *second):
        raise ProblemError(("strategies",), "list the strategies of one role together, then those of the other")
    return np.array([0, len(first), strategies], dtype=np.int64)


def _sizes(population: WellMixed, model: Model) -> np.ndarray:
    named = roles(model.strategies)
    given = sizes_of(population, model)
    if set(given) != set(named or [""]):
        known = f"roles: {', '.join(named)}" if named else "the strategies name no roles: give one number"
        raise ProblemError(("population", "size"), "needs one number for each role", known)
    sizes = [given[role] for role in named or [""]]
    for size in sizes:
        if size != int(size) or not (1 if named else 2) <= size <= LARGEST:
            raise ProblemError(
                ("population", "size"), f"must be a whole number from {1 if named else 2} to 1e9, is {size:g}"
            )
    return np.array(sizes)

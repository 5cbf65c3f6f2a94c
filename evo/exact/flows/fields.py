"""The field that moves the mix of an infinite population, for every rule and flow, in one or two roles.

Apart from the kernels: payoffs in Bernstein form (landscape), rules from their definitions (mean_fields), derivatives by
complex steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo.codes import LINEAR
from evo.exact.flows import mean_fields
from evo.exact.flows.mean_fields import Numbers
from evo.exact.payoff.infinite import Values
from evo.exact.payoff.landscape import Landscape, landscape

if TYPE_CHECKING:
    from evo.model import Model

NOISY = ("langevin", "aggregate_shocks")
BEST_REPLIES = ("bnn", "smith", "projection", "best_response")  # rest at Nash equilibria, and there alone
JUMPY = ("projection", "best_response", "imitate_best")  # not continuous


@dataclass(frozen=True, eq=False)
class Field:
    """x' = velocity(x) on the simplex (one for each role), or the map x <- x + velocity(x) where `generational`.

    numbers: those of the rule, for each role.
    """

    kind: str
    landscape: Landscape
    numbers: tuple[Numbers, ...]
    generational: bool = False

    @property
    def strategies(self) -> int:
        return self.landscape.strategies

    @property
    def blocks(self) -> tuple[slice, ...]:
        """The strategies of each role."""
        return tuple(slice(first, last) for first, last in pairwise(self.landscape.roles))

    @property
    def mutates(self) -> bool:
        return any(numbers.mutation > 0 for numbers in self.numbers)

    @property
    def keeps_faces(self) -> bool:
        """Whether strategies that are absent stay so: no mutation, and nobody takes what nobody plays."""
        innovative = ("logit", "aspiration", "introspection", *BEST_REPLIES)
        return not self.mutates and self.kind not in innovative

    @property
    def copies_success(self) -> bool:
        """Whether it rests exactly where all strategies in use earn the same."""
        unbiased = all(numbers.conformity == 1 and numbers.prestige == 0 for numbers in self.numbers)
        return self.keeps_faces and unbiased

    @property
    def rests_at_nash(self) -> bool:
        """Whether it rests exactly at Nash equilibria."""
        return not self.mutates and self.kind in BEST_REPLIES

    @property
    def continuous(self) -> bool:
        return self.kind not in JUMPY

    @property
    def differentiable(self) -> bool:
        """Whether the field has a derivative at its rest points."""
        return self.continuous and not self.rests_at_nash

    def payoffs(self, mix: np.ndarray) -> np.ndarray:
        """Effective payoffs, (..., d)."""
        return self.landscape.payoffs(mix)

    def velocity(self, mix: np.ndarray) -> np.ndarray:
        """Rate of change of these mixes, per generation, (..., d)."""
        payoff = self.payoffs(mix)
        parts = [
            mean_fields.velocity(self.kind, numbers, mix[..., block], payoff[..., block])
            for block, numbers in zip(self.blocks, self.numbers, strict=True)
        ]
        return np.concatenate(parts, axis=-1)

    def jacobian(self, mix: np.ndarray) -> np.ndarray:
        """Derivative of the velocity, (..., d, d): column k is that by x_k. Along the simplex it is the field's own;
        across, that of its formula."""
        step = 1e-30
        moved = mix[..., None, :] + 1j * step * np.eye(mix.shape[-1])
        return np.swapaxes(np.imag(self.velocity(moved)), -1, -2) / step

    def tangent(self, support: tuple[int, ...] | None = None) -> np.ndarray:
        """An orthonormal basis (d, k) of the directions along the simplex, or along the face of these strategies."""
        used = np.zeros(self.strategies, dtype=bool)
        used[list(range(self.strategies) if support is None else support)] = True
        columns = []
        for block in self.blocks:
            members = np.flatnonzero(used[block]) + block.start
            for number in range(1, len(members)):  # Helmert contrasts
                column = np.zeros(self.strategies)
                column[members[:number]] = 1.0
                column[members[number]] = -number
                columns.append(column / np.sqrt(number * (number + 1)))
        return np.array(columns).T.reshape(self.strategies, len(columns))

    def eigenvalues(self, mix: np.ndarray) -> np.ndarray:
        """Of the field linearised along the simplex, largest real part first; nan where it has no derivative."""
        basis = self.tangent()
        if not self.differentiable:
            return np.full(basis.shape[1], complex(np.nan, np.nan))
        found = np.linalg.eigvals(basis.T @ self.jacobian(mix) @ basis).astype(complex)
        return ordered(found)

    def without_mutation(self) -> Field:
        return replace(self, numbers=tuple(numbers._replace(mutation=0.0) for numbers in self.numbers))


def ordered(eigenvalues: np.ndarray) -> np.ndarray:
    """Largest real part first."""
    return eigenvalues[np.lexsort((-np.imag(eigenvalues), -np.real(eigenvalues)))]


def field_of(model: Model, *, environment: Values = None, time: float = 0.0) -> Field:
    """The field of a model with an infinite population, its environment held at these values.

    Raises ValueError where the population is finite, the flow is random, or a moving variable has no value.
    """
    kind = model.dynamics.kind
    if kind in NOISY:
        raise ValueError(f"{kind} is random: it has no field alone; use the rule that it adds noise to")
    process = model.lowered
    rule = process.rule
    found = landscape(model, environment=environment, time=time)
    at_birth = model.dynamics.facts.mutates == ("at_birth",)
    numbers = tuple(
        Numbers(
            intensity=rule.intensity,
            linear=rule.fitness == LINEAR,
            conformity=rule.conformity,
            prestige=rule.prestige,
            indicator=process.strategy[4][first:last] if rule.indicated else None,
            mutation=rule.mutation,
            to=process.to[first:last, first:last],
            after=bool(rule.after) or at_birth,
            offspring=kind == "replicator_mutator" and rule.option == 1,
            number=rule.number,
        )
        for first, last in pairwise(found.roles)
    )
    together = getattr(model.dynamics, "update", "sequential") == "synchronous"
    return Field(kind, found, numbers, generational=model.dynamics.facts.generational or together)

"""Following a branch of rest points while a parameter moves: pseudo-arclength continuation [Keller 1977].

A place on a branch is y = (z, s): the mix is the middle of a face plus its tangent basis times z, the parameter is
low + s (high - low). Rest is F(y) = 0, one equation less than unknowns: F = basis^T velocity, or basis^T payoffs where the
rule rests where payoffs are equal, which stays regular where the branch leaves the face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evo.exact.flows.families import Family, LostError
from evo.exact.flows.fields import Field

CONVERGED = 1e-12
SMALLEST = 1e-7
MOST = 5000  # places on one branch


@dataclass(frozen=True, eq=False)
class System:
    """Rest points on the face of a support, along a parameter."""

    family: Family
    support: tuple[int, ...]

    @cached_property
    def basis(self) -> np.ndarray:
        return self.family.exact(0.5).tangent(self.support)

    @cached_property
    def middle(self) -> np.ndarray:
        some = self.family.exact(0.5)
        mix = np.zeros(some.strategies)
        for block in some.blocks:
            members = [i for i in self.support if block.start <= i < block.stop]
            mix[members] = 1 / len(members)
        return mix

    def mix(self, y: np.ndarray) -> np.ndarray:
        return self.middle + self.basis @ y[:-1]

    def place(self, mix: np.ndarray, s: float) -> np.ndarray:
        return np.r_[self.basis.T @ (mix - self.middle), s]

    def value(self, y: np.ndarray) -> np.ndarray:
        return self.basis.T @ _moved_by(self.family.field(y[-1]), self.mix(y))

    def slope(self, y: np.ndarray) -> np.ndarray:
        """Derivative of F, (k, k+1): exact by the mix, by the parameter a central difference (error near 1e-10; it leads
        the steps, and where they end does not depend on it)."""
        mix, step, s = self.mix(y), 1e-6, y[-1]
        here = self.family.field(s)
        by_mix = here.landscape.derivative(mix) if here.copies_success else here.jacobian(mix)
        side = 0 if step <= s <= 1 - step else (1 if s < step else -1)
        shifts, weights = (
            ((1, -1), (0.5, -0.5)) if side == 0 else ((0, side, 2 * side), (-1.5 * side, 2 * side, -0.5 * side))
        )
        fields = [self.family.field(s + shift * step) for shift in shifts]
        by_parameter = (
            sum(w * (self.basis.T @ _moved_by(one, mix)) for w, one in zip(weights, fields, strict=True)) / step
        )
        return np.column_stack([self.basis.T @ by_mix @ self.basis, by_parameter])

    def tangent(self, y: np.ndarray, along: np.ndarray | None = None) -> np.ndarray:
        """The direction of the branch, on the side of `along`."""
        direction = np.linalg.svd(self.slope(y))[2][-1]
        return -direction if along is not None and direction @ along < 0 else direction

    def corrected(self, guess: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, int]:
        """The rest point in the plane through the guess, and in how many steps of Newton's method."""
        y = guess.copy()
        for number in range(1, 13):
            system = np.vstack([self.slope(y), normal])
            residual = np.r_[self.value(y), normal @ (y - guess)]
            try:
                step = np.linalg.solve(system, residual)
            except np.linalg.LinAlgError:
                raise LostError from None
            y = y - step
            if not np.isfinite(y).all() or np.abs(y - guess).max() > 1:
                raise LostError
            if np.abs(step).max() < CONVERGED:
                return y, number
        if np.abs(step).max() < 1e-9:  # near a branch point convergence is slow
            return y, 12
        raise LostError

    def at(self, y: np.ndarray, s: float) -> np.ndarray:
        """The rest point near y at this value of the parameter."""
        normal = np.zeros(len(y))
        normal[-1] = 1.0
        return self.corrected(np.r_[y[:-1], s], normal)[0]


def _moved_by(field: Field, mix: np.ndarray) -> np.ndarray:
    """What is 0 along the face at a rest point inside it."""
    return field.payoffs(mix) if field.copies_success else field.velocity(mix)


@dataclass(frozen=True, eq=False)
class Track:
    """Places along a branch (n, k+1), the direction at each, and why it ends: range, boundary, closed, or lost."""

    places: np.ndarray
    directions: np.ndarray
    end: str


def track(system: System, y: np.ndarray, direction: np.ndarray, *, longest: float) -> Track:
    """Follow a branch one way, until the parameter leaves its range or a share of the support its own (above 0)."""
    places, directions = [y], [direction]
    length, end = longest / 5, "stopped after many places"
    while len(places) < MOST:
        here, along = places[-1], directions[-1]
        beyond = not 0 <= here[-1] + length * along[-1] <= 1
        try:
            if beyond:
                ahead, steps = system.at(here, 0.0 if along[-1] < 0 else 1.0), 0
            else:
                ahead, steps = system.corrected(here + length * along, along)
            onward = system.tangent(ahead, along)
        except (LostError, ValueError, ArithmeticError):
            ahead, steps, onward = here, 99, along
        turned = onward @ along
        room = length if beyond else 0.3 * length
        if steps > 8 or turned < 0.9 or np.abs(ahead - here - length * along).max() > room + 1e-9:
            length /= 2
            if length < SMALLEST:
                end = "range" if beyond and min(here[-1], 1 - here[-1]) < 1e-6 else "lost"
                break
            continue
        if _leaves(system, here, ahead):
            last = located(system, here, along, length, lambda y: float(system.mix(y)[list(system.support)].min()))
            if last is not None:
                places.append(last)
                directions.append(system.tangent(last, along))
            end = "boundary"
            break
        places.append(ahead)
        directions.append(onward)
        if beyond:
            end = "range"
            break
        if len(places) > 5 and np.abs(ahead - places[0]).max() < 0.6 * length and onward @ directions[0] > 0.9:
            end = "closed"
            break
        if steps <= 4 and turned > 0.98:
            length = min(1.4 * length, longest)
    return Track(np.array(places), np.array(directions), end)


def _leaves(system: System, here: np.ndarray, ahead: np.ndarray) -> bool:
    shares = list(system.support)
    mix, before = system.mix(ahead)[shares], system.mix(here)[shares]
    return bool(((mix < -1e-13) & (mix < before)).any())


def located(
    system: System, here: np.ndarray, along: np.ndarray, length: float, test: Callable[[np.ndarray], float]
) -> np.ndarray | None:
    """The place within the step at which the test is 0, None where it cannot be reached."""
    from scipy.optimize import brentq

    def along_step(part: float) -> float:
        return test(system.corrected(here + part * along, along)[0])

    try:
        part = brentq(along_step, 0.0, length, xtol=1e-14)
        return system.corrected(here + part * along, along)[0]
    except (LostError, ValueError, ArithmeticError):
        return None

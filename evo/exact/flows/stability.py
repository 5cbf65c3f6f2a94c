"""Stability: of a rest point under a flow, by eigenvalues; of a strategy against invaders, by definition.

Nash: no strategy earns more than those in use. Evolutionarily stable (ESS): sum_i (x_i - y_i) pi_i(y) > 0 for every
y near x [Maynard Smith & Price 1973; Hofbauer, Schuster & Sigmund 1979; Pohley & Thomas 1983 for groups]; neutrally
stable (NSS): >= 0. For matrix games these are conditions on a quadratic form, decided exactly [Haigh 1975; Abakuks
1980]. Where payoffs are not linear the same form, of the payoffs' derivative, decides unless it vanishes in some
direction: then the answer is None, left open at second order (None too where more than 16 best replies are not in use).
Of two roles, ESS are the strict equilibria [Selten 1980], and NSS is weak in the same first order.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from evo.exact.flows.fields import Field, field_of
from evo.exact.payoff.infinite import Mix, Values, shares_of
from evo.exact.payoff.landscape import Landscape

if TYPE_CHECKING:
    from evo.model import Model

TIE = 1e-9  # payoffs this close (relative to the largest) are the same
LARGEST_FORM = 16  # strategies beyond those in use that the test of copositivity takes: 2^16 principal submatrices


def is_nash(model: Model, mix: Mix, *, environment: Values = None, time: float = 0.0) -> bool:
    """Whether no strategy earns more at this mix than those in use."""
    field = field_of(model, environment=environment, time=time)
    return nash(field.landscape, shares_of(model, mix))


def is_ess(model: Model, mix: Mix, *, environment: Values = None, time: float = 0.0) -> bool | None:
    """Whether the mix is evolutionarily stable; None where second order leaves it open (payoffs not linear)."""
    field = field_of(model, environment=environment, time=time)
    return evolutionarily_stable(field.landscape, shares_of(model, mix))


def is_nss(model: Model, mix: Mix, *, environment: Values = None, time: float = 0.0) -> bool | None:
    """Whether the mix is neutrally stable; None where second order leaves it open (payoffs not linear)."""
    field = field_of(model, environment=environment, time=time)
    return neutrally_stable(field.landscape, shares_of(model, mix))


def stability(model: Model, mix: Mix, *, environment: Values = None, time: float = 0.0) -> tuple[str, np.ndarray]:
    """The class of a rest point under the model's dynamics and its eigenvalues along the simplex."""
    field = field_of(model, environment=environment, time=time)
    eigenvalues = field.eigenvalues(shares_of(model, mix))
    return classify(eigenvalues, generational=field.generational), eigenvalues


# ---- by eigenvalues


def classify(eigenvalues: np.ndarray, *, generational: bool = False) -> str:
    """stable or unstable node or focus, saddle, centre (linear: purely imaginary pairs, else stable), degenerate (a zero
    eigenvalue, none positive), undetermined (no derivative). Of a map by |1 + eigenvalue|."""
    if not len(eigenvalues):
        return "stable node"
    if not np.isfinite(eigenvalues).all():
        return "undetermined"
    growth = rates(eigenvalues, generational=generational)
    zero = 1e-9 * max(1.0, np.abs(eigenvalues).max())
    turns = bool((np.abs(np.imag(eigenvalues)) > zero).any())
    if (growth > zero).any():
        if (growth < -zero).any():
            return "saddle"
        if (np.abs(growth) <= zero).any():
            return "unstable, degenerate"
        return "unstable focus" if turns else "unstable node"
    flat = np.abs(growth) <= zero
    if flat.any():
        return "centre" if (np.abs(np.imag(eigenvalues[flat])) > zero).all() else "degenerate"
    return "stable focus" if turns else "stable node"


def rates(eigenvalues: np.ndarray, *, generational: bool) -> np.ndarray:
    """How fast deviations grow, per generation: real parts, or log |1 + eigenvalue| of a map."""
    return np.log(np.maximum(np.abs(1 + eigenvalues), 1e-300)) if generational else np.real(eigenvalues)


# ---- by definition


def nash(landscape: Landscape, mix: np.ndarray) -> bool:
    payoff = landscape.payoffs(mix)
    return all(
        payoff[block].max() <= payoff[block][mix[block] > 0].min() + _tie(payoff) for block in _blocks(landscape)
    )


def evolutionarily_stable(landscape: Landscape, mix: np.ndarray) -> bool | None:
    return _against_invaders(landscape, mix, strict=True)


def neutrally_stable(landscape: Landscape, mix: np.ndarray) -> bool | None:
    return _against_invaders(landscape, mix, strict=False)


def _against_invaders(landscape: Landscape, mix: np.ndarray, *, strict: bool) -> bool | None:
    if not nash(landscape, mix):
        return False
    payoff = landscape.payoffs(mix)
    replies = [
        np.flatnonzero(payoff[block] >= payoff[block].max() - _tie(payoff)) + block.start
        for block in _blocks(landscape)
    ]
    if all(len(found) == 1 for found in replies):
        return True
    if len(replies) > 1 and strict:
        return False
    slope = landscape.matrix if landscape.matrix is not None else landscape.derivative(mix)
    if len(replies) > 1:
        return _balanced(slope, replies, mix)
    form, free = _form(slope, mix, replies[0])
    if len(form) - free > LARGEST_FORM:
        return None
    linear = landscape.matrix is not None
    if strict:
        if copositive(form, free, strict=True):
            return True
        return False if linear or not copositive(form, free, strict=False) else None
    if not copositive(form, free, strict=False):
        return False
    return True if linear or copositive(form, free, strict=True) else None


def _balanced(slope: np.ndarray, replies: list[np.ndarray], mix: np.ndarray) -> bool:
    """Of two roles, z.Az = z1.(A+B^T)z2 is bilinear: not positive where it vanishes for every pair of which one may take
    either sign, and is not positive for the others."""
    directions = []
    for found in replies:
        base = found[np.argmax(mix[found])]
        directions.append([(i, base) for i in found if i != base])
    first, second = directions
    cross = [
        slope[i, j] - slope[i, b] - slope[a, j] + slope[a, b] + slope[j, i] - slope[b, i] - slope[j, a] + slope[b, a]
        for i, a in first
        for j, b in second
    ]
    either_way = [mix[i] > 0 or mix[j] > 0 for i, _ in first for j, _ in second]
    tie = 1e-9 * max(1.0, np.abs(slope).max())
    return all(abs(value) <= tie if free else value <= tie for value, free in zip(cross, either_way, strict=True))


def _form(slope: np.ndarray, mix: np.ndarray, replies: np.ndarray) -> tuple[np.ndarray, int]:
    """Minus the form z.Az on z = y - x for best replies y, by its values for z_i, the base strategy taking what they give;
    strategies in use first (`free` of them: their z has either sign)."""
    base = replies[np.argmax(mix[replies])]
    used = [i for i in replies if mix[i] > 0 and i != base]
    rest = [i for i in replies if mix[i] == 0]
    order = used + rest
    direction = np.zeros((len(order), len(mix)))
    for place, i in enumerate(order):
        direction[place, i], direction[place, base] = 1.0, -1.0
    form = -direction @ slope @ direction.T
    return 0.5 * (form + form.T), len(used)


def copositive(form: np.ndarray, free: int, *, strict: bool) -> bool:
    """Whether z.Mz >= 0 (> 0) for all z other than 0 whose coordinates from number `free` on are not negative.

    The free coordinates are eliminated (Schur complement), the rest decided by principal submatrices: one is against it
    if it has a positive eigenvector whose eigenvalue is negative (or, strictly, 0) [Kaplan 2000].
    """
    zero = 1e-10 * max(1.0, np.abs(form).max(initial=0.0))
    inside, cross, rest = form[:free, :free], form[:free, free:], form[free:, free:]
    if free:
        value, vector = np.linalg.eigh(inside)
        if value[0] < -zero or (strict and value[0] <= zero):
            return False
        flat = vector[:, value <= zero]
        if flat.size and np.abs(flat.T @ cross).max(initial=0.0) > zero:
            return False
        rest = rest - cross.T @ np.linalg.pinv(inside, rcond=1e-10) @ cross
    numbers = range(len(rest))
    return not any(
        _against(rest[np.ix_(chosen, chosen)], zero, strict)
        for size in range(1, len(rest) + 1)
        for chosen in combinations(numbers, size)
    )


def _against(block: np.ndarray, zero: float, strict: bool) -> bool:
    """Whether the submatrix has a positive eigenvector of negative (strictly: not positive) eigenvalue."""
    value, vector = np.linalg.eigh(0.5 * (block + block.T))
    for bad in _groups(value, zero):
        against = value[bad[0]] <= zero if strict else value[bad[0]] < -zero
        if against and _positive_in(vector[:, bad]):
            return True
    return False


def _groups(value: np.ndarray, zero: float) -> list[np.ndarray]:
    """Eigenvalues (ascending) that are the same, by number."""
    return np.split(np.arange(len(value)), np.flatnonzero(np.diff(value) > zero) + 1)


def _positive_in(space: np.ndarray) -> bool:
    """Whether a space (columns) holds a positive vector: eigenvectors of one eigenvalue may be mixed."""
    size, width = space.shape
    if width == 1:
        return bool((space > 1e-12).all() or (space < -1e-12).all())
    from scipy.optimize import linprog

    answer = linprog(
        np.r_[np.zeros(width), -1.0],
        A_ub=np.hstack([-space, np.ones((size, 1))]),
        b_ub=np.zeros(size),
        bounds=[(-1, 1)] * width + [(None, 1)],
    )
    return bool(answer.success and -answer.fun > 1e-10)


def _blocks(landscape: Landscape) -> list[slice]:
    return [slice(a, b) for a, b in zip(landscape.roles, landscape.roles[1:], strict=False)]


def _tie(payoff: np.ndarray) -> float:
    return TIE * max(1.0, float(np.abs(payoff).max()))


def field_stability(field: Field, mix: np.ndarray, ess: bool | None) -> tuple[str, np.ndarray]:
    """Class and eigenvalues of a rest point of this field; where it has no derivative, ESS are stable [Sandholm 2010]."""
    eigenvalues = field.eigenvalues(mix)
    found = classify(eigenvalues, generational=field.generational)
    if found == "undetermined" and field.rests_at_nash and ess:
        found = "stable"
    return found, eigenvalues

"""Singular points of adaptive dynamics: where the selection gradient vanishes, and what happens there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evo.exact.traits.adaptive import Traits, as_points, check_mixed, curvature_at, slopes_at
from evo.exact.traits.intervals import zeros
from evo.traits import trees
from evo.traits.model import TraitModel

Kind = Literal["continuously stable", "branching point", "garden of Eden", "repeller", "degenerate"]

FLAT = 1e-9  # an eigenvalue this small, relative to the largest second derivative, has no sign
STARTS = 64
SAME = 1e-6  # singular points closer than this, relative to the traits' ranges, are one


@dataclass(frozen=True, eq=False)
class SingularPoint:
    """A point at which the selection gradient vanishes [Geritz et al. 1998; Leimar 2009 for several traits].

    curvature: second derivatives of P(m, r) in the mutant, (traits, traits). jacobian: of the selection gradient.
    evolutionarily_stable: no mutant nearby can invade; the curvature is negative definite.
    convergence_stable: attracts populations nearby, by mutations of the model's own covariance C: all eigenvalues of
        C times the Jacobian have negative real parts.
    strongly_convergence_stable: attracts by whatever mutations; the symmetric part of the Jacobian is negative definite.
    invades: can invade residents nearby, whichever they are.
    mutually_invasible: pairs of residents nearby, on both sides of it in some direction, can invade each other.
    certified: there is exactly one singular point here; always False for several traits.
    """

    traits: np.ndarray
    curvature: np.ndarray
    jacobian: np.ndarray
    evolutionarily_stable: bool
    convergence_stable: bool
    strongly_convergence_stable: bool
    invades: bool
    mutually_invasible: bool
    degenerate: bool
    certified: bool

    @property
    def kind(self) -> Kind:
        """continuously stable: attracts and cannot be invaded. branching point: attracts and can be invaded from both
        sides, so that the population becomes disruptively selected and splits (with several traits this is where it can,
        along the directions of positive curvature). garden of Eden: cannot be invaded, is never reached. repeller:
        neither. degenerate: second derivatives do not decide."""
        if self.degenerate:
            return "degenerate"
        if self.convergence_stable:
            return "continuously stable" if self.evolutionarily_stable else "branching point"
        return "garden of Eden" if self.evolutionarily_stable else "repeller"


def classify(model: TraitModel, traits: Traits, *, certified: bool = False) -> SingularPoint:
    """What kind of singular point this is. Raises ValueError where the selection gradient does not vanish.

    Near it, with traits counted from there, H = P_mm and M = P_mr: s(m, r) = m'Hm/2 + m'Mr - r'Hr/2 - r'Mr. Hence J = H + M;
    the point itself invades r by -r'(H + 2M)r/2; and u and -u invade each other where u'Mu < 0.
    """
    point = as_points(model, traits).reshape(-1)
    width = np.diff(model.bounds, axis=0)[0]
    scale = np.outer(width, width)  # second derivatives by traits in units of their ranges
    curvature, mixed = curvature_at(model, point, "own"), curvature_at(model, point, model.partner)
    jacobian = curvature + mixed
    size = float(max(np.abs(curvature * scale).max(), np.abs(mixed * scale).max()))
    pull = slopes_at(model, point, "own")
    if not np.isfinite(size) or (np.abs(pull * width) > 1e-5 * size).any():
        raise ValueError(f"the selection gradient does not vanish at {model.words(point)}: it is {pull}")
    steps = model.covariance / scale
    response = steps / max(np.abs(steps).max(), 1e-300) @ (jacobian * scale)
    attracts = float(np.linalg.eigvals(response).real.max())
    bends = _largest(curvature * scale)
    flat = FLAT * size
    return SingularPoint(
        traits=point,
        curvature=curvature,
        jacobian=jacobian,
        evolutionarily_stable=bends < -flat,
        convergence_stable=attracts < -flat,
        strongly_convergence_stable=_largest(jacobian * scale) < -flat,
        invades=_largest((curvature + 2 * mixed) * scale) < -flat,
        mutually_invasible=_largest(-mixed * scale) > flat,
        degenerate=min(abs(bends), abs(attracts)) <= flat,
        certified=certified,
    )


def singular_points(model: TraitModel, *, starts: int = STARTS, seed: int = 0) -> tuple[SingularPoint, ...]:
    """Points within the bounds at which the selection gradient vanishes, in ascending order of the first trait.

    One trait: all of them, by bounds of the gradient's formula on ever smaller intervals; each is certified to be the
    only one in its interval, except where it is a multiple zero or sits at a kink. Several traits: what Newton's method
    finds from `starts` places (Sobol points, scrambled by `seed`), which may not be all. Raises ValueError where the
    gradient vanishes everywhere.
    """
    if not isinstance(model, TraitModel):
        raise TypeError("this is about models of continuous traits: evo.traits.load reads one")
    check_mixed(model)
    if len(model.traits) == 1:
        return _on_the_line(model)
    return tuple(classify(model, point) for point in _by_newton(model, starts, seed))


def _on_the_line(model: TraitModel) -> tuple[SingularPoint, ...]:
    (name,), (low, high) = model.trait_names, model.bounds[:, 0]
    pull = trees.derivative(model.payoff_tree, f"own_{name}")
    at = trees.Name(name, 0)
    pull = trees.substituted(pull, {f"own_{name}": at, f"{model.partner}_{name}": at})
    try:
        found = zeros(pull, name, low=low, high=high)
    except ValueError as error:
        raise ValueError(f"the selection gradient {error}") from None
    return tuple(classify(model, zero.at, certified=zero.certified) for zero in found)


def _by_newton(model: TraitModel, starts: int, seed: int) -> list[np.ndarray]:
    from scipy.optimize import root
    from scipy.stats import qmc

    low, high = model.bounds
    width = high - low

    def pull(scaled: np.ndarray) -> np.ndarray:
        return slopes_at(model, low + width * scaled, "own") * width

    def jacobian(scaled: np.ndarray) -> np.ndarray:
        point = low + width * scaled
        both = curvature_at(model, point, "own") + curvature_at(model, point, model.partner)
        return both * np.outer(width, width)

    places = qmc.Sobol(len(low), rng=seed).random_base2(int(np.ceil(np.log2(max(starts, 1)))))[:starts]
    found: list[np.ndarray] = []
    for place in places:
        with np.errstate(all="ignore"):
            solved = root(pull, place, jac=jacobian, method="hybr", options={"xtol": 1e-13})
        scaled = np.clip(solved.x, 0, 1)
        if np.abs(scaled - solved.x).max() > 1e-9 or not np.isfinite(scaled).all():
            continue
        size = np.abs(jacobian(scaled)).max()
        if np.abs(pull(scaled)).max() > 1e-9 * size:
            continue
        if all(np.abs(scaled - former).max() > SAME for former in found):
            found.append(scaled)
    if len(found) > starts // 2 > 8:
        raise ValueError("the selection gradient vanishes on more than single points")
    return [low + width * scaled for scaled in sorted(found, key=lambda scaled: tuple(scaled))]


def _largest(form: np.ndarray) -> float:
    """The largest eigenvalue of a form's symmetric part: negative where the form is negative definite."""
    return float(np.linalg.eigvalsh((form + form.T) / 2)[-1])

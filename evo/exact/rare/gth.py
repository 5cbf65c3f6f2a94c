"""Stationary distributions of small dense chains by state reduction [Grassmann, Taksar & Heyman 1985; Sheskin 1985].

States are taken out one by one and their traffic is led past them. Only rates between different states enter and nothing
is ever subtracted, so each probability comes out with a relative error of a few rounding errors per state, however
small it is [O'Cinneide 1993]. Rates are given as logarithms, of numbers far outside the range of doubles too: what is
lost is what their own rounding leaves open, 1e-16 of a logarithm's size.

The same elimination on leading terms, c*exp(-beta*e) for beta to infinity, gives the limit of the stationary
distribution exactly where the limits of the rates alone, many of them 0, would leave it open.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from evo.exact.rare.gth_loops import leading_weights, scaled_weights

LOG_BASE = 512 * math.log(2)  # of gth_loops.BASE


def log_stationary(log_rates: np.ndarray) -> np.ndarray:
    """Log of the stationary distribution of an irreducible chain, (n,).

    log_rates[s, t]: log of the rate (or probability per step) from s to t, -inf where there is none, (n, n); the
    diagonal is not read. Time grows with n^3, about a second at n = 1,000. Raises ValueError where the chain is
    reducible: see `recurrent_classes`.
    """
    rates = _square(log_rates)
    possible = rates > -np.inf
    _check_irreducible(possible)
    logs = np.where(possible, rates, 0.0)
    power = np.rint(logs / LOG_BASE).astype(np.int64)
    mantissa = np.where(possible, np.exp(logs - power * LOG_BASE), 0.0)
    weight, height = np.empty(len(rates)), np.empty(len(rates), np.int64)
    scaled_weights(mantissa, power, weight, height)
    found = np.log(weight) + (height - height.max()) * LOG_BASE
    return found - np.logaddexp.reduce(found)


class Leading(NamedTuple):
    """Leading terms of a stationary distribution, mass[s] ~ coefficient[s] * exp(-beta*exponent[s]) for beta to infinity."""

    exponent: np.ndarray  # (n,), 0 for the states that keep mass in the limit
    log_coefficient: np.ndarray  # (n,)

    @property
    def limit(self) -> np.ndarray:
        """The limit of the distribution, (n,): its coefficients where the exponent is 0, else 0."""
        return np.where(self.exponent == 0, np.exp(self.log_coefficient), 0.0)


def leading_stationary(exponents: np.ndarray, log_coefficients: np.ndarray, *, tolerance: float = 1e-9) -> Leading:
    """Leading terms of the stationary distribution of a chain whose rates are c*exp(-beta*e), beta to infinity.

    exponents[s, t] is e, inf where there is no such rate at any beta, and log_coefficients[s, t] log c, (n, n) each; the
    diagonals are not read. Sums of exponents that differ by less than `tolerance` are taken for equal.
    """
    orders = -np.where(np.eye(len(exponents), dtype=bool), np.inf, exponents)
    possible = _square(orders) > -np.inf
    _check_irreducible(possible)
    factors = np.where(possible, _square(log_coefficients), -np.inf)
    order, factor = np.empty(len(orders)), np.empty(len(orders))
    leading_weights(orders, factors, tolerance, order, factor)
    kept = order >= order.max() - tolerance
    factor -= np.logaddexp.reduce(factor[kept])
    return Leading(np.where(kept, 0.0, order.max() - order), factor)


def recurrent_classes(possible: np.ndarray) -> tuple[np.ndarray, ...]:
    """The sets of states that a chain never leaves and moves within, by least state; the other states are transient.

    possible[s, t]: whether t can follow s, bool (n, n); the diagonal is not read.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    edges = np.asarray(possible, dtype=bool) & ~np.eye(len(possible), dtype=bool)
    count, component = connected_components(csr_array(edges), directed=True, connection="strong")
    leaves = np.zeros(count, dtype=bool)
    starts, ends = np.nonzero(edges)
    leaves[component[starts[component[starts] != component[ends]]]] = True
    classes = [np.flatnonzero(component == c) for c in range(count) if not leaves[c]]
    return tuple(sorted(classes, key=lambda states: states[0]))


def _square(rates: np.ndarray) -> np.ndarray:
    rates = np.asarray(rates, dtype=float)
    if rates.ndim != 2 or rates.shape[0] != rates.shape[1]:
        raise ValueError(f"rates are a square matrix, not of shape {rates.shape}")
    if np.isnan(rates[~np.eye(len(rates), dtype=bool)]).any():
        raise ValueError("a rate is not a number")
    return np.where(np.eye(len(rates), dtype=bool), -np.inf, rates)


def _check_irreducible(possible: np.ndarray) -> None:
    classes = recurrent_classes(possible)
    if len(classes) != 1 or len(classes[0]) < possible.shape[0]:
        raise ValueError(
            f"the chain is reducible: of {len(possible)} states it has {len(classes)} recurrent classes, of "
            f"{', '.join(str(len(states)) for states in classes)} states"
        )

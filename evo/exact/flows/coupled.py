"""Rest points of mix and environment together, where feedback laws move the environment [Weitz et al. 2016].

The state is the mix and the variables with a feedback law; other variables stand still. Found by Newton's method from
many starts on every face, with derivatives by differences of fourth order (error near 1e-11 of the field's scale).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._reprs import shown
from evo.environments import Constant, Feedback, parameter_value
from evo.exact.flows.families import Family, LostError
from evo.exact.flows.fields import Field, field_of, ordered
from evo.exact.flows.finding import supports
from evo.exact.flows.search import starts
from evo.exact.flows.stability import classify
from evo.formulas import evaluate

if TYPE_CHECKING:
    from evo.model import Model

STEP = 1e-3
SAME = 1e-6


@dataclass(frozen=True, eq=False)
class CoupledPoint:
    """A rest point of mix (d,) and environment (by name), its eigenvalues (of both together, along the simplex), and what
    they make of it."""

    mix: np.ndarray
    environment: dict[str, float]
    eigenvalues: np.ndarray
    stability: str


@shown
@dataclass(frozen=True, eq=False)
class CoupledPoints:
    """points, and how often the search found each."""

    points: tuple[CoupledPoint, ...]
    found: tuple[int, ...]
    statement: str

    @property
    def attractors(self) -> tuple[CoupledPoint, ...]:
        return tuple(point for point in self.points if point.stability.startswith("stable"))


def coupled_rest_points(
    model: Model,
    *,
    between: Mapping[str, tuple[float, float]],
    environment: Mapping[str, float] | None = None,
    time: float = 0.0,
    starts: int = 40,
    seed: int = 0,
) -> CoupledPoints:
    """Rest points with every feedback variable `between` its bounds, other moving variables at the values given.

        coupled_rest_points(model, between={"richness": (0, 1)})

    `starts` on each face, from `seed`. Raises ValueError where a feedback variable has no bounds, there is none, or the
    field has no derivative.
    """
    names = [name for name, law in model.environment.items() if isinstance(law, Feedback)]
    if not names:
        raise ValueError("no variable of the environment has a feedback law: see rest_points")
    for name in names:
        if name not in between or not between[name][0] < between[name][1]:
            raise ValueError(f"say between which values {name} may rest: between={{{name!r}: (low, high)}}")
    system = Together(model, names, np.array([between[name] for name in names]), environment, time)
    if not system.field(system.bounds.mean(axis=1)).differentiable:
        raise ValueError(f"{model.dynamics.kind} has no derivative at its rest points")
    kept: list[np.ndarray] = []
    times: list[int] = []
    for state in system.search(starts, seed):
        same = [k for k, other in enumerate(kept) if np.abs(state - other).max() < SAME]
        if same:
            times[same[0]] += 1
        else:
            kept.append(state)
            times.append(1)
    points = tuple(system.describe(state) for state in kept)
    statement = f"what Newton's method found from {starts} starts on each face"
    return CoupledPoints(points, tuple(times), statement)


class Together:
    """The field of mix and feedback variables: state (d + q,)."""

    def __init__(
        self, model: Model, names: list[str], bounds: np.ndarray, values: Mapping[str, float] | None, time: float
    ) -> None:
        self.model, self.names, self.bounds, self.values, self.time = model, names, bounds, dict(values or {}), time
        self.size = len(model.strategies)
        margin = 3 * STEP * np.ptp(bounds, axis=1)[:, None] * np.array([-1, 1])
        self.reach = bounds + margin
        value = parameter_value(model.parameter_values)
        still = {name: law for name, law in model.environment.items() if isinstance(law, Constant)}
        self.constants = {name: law.numbers(value)[0] for name, law in still.items()}
        alone = len(names) == 1
        self.family = Family(lambda e: self._built(np.array([e])), *self.reach[0]) if alone else None

    def _built(self, variables: np.ndarray) -> Field:
        given = self.values | dict(zip(self.names, variables.tolist(), strict=True))
        return field_of(self.model, environment=given, time=self.time)

    def field(self, variables: np.ndarray) -> Field:
        """The field of the mix in this environment."""
        if (variables < self.reach[:, 0]).any() or (variables > self.reach[:, 1]).any():
            raise LostError("outside of the bounds")
        if self.family is None:
            return self._built(variables)
        return self.family.field(float((variables[0] - self.reach[0, 0]) / np.ptp(self.reach[0])))

    def rate(self, state: np.ndarray) -> np.ndarray:
        """Rates of change of the mix, then of the variables."""
        return self.rates(state[None, : self.size], state[self.size :])[0]

    def rates(self, mixes: np.ndarray, variables: np.ndarray) -> np.ndarray:
        """Rates of change of each of these mixes (n, d), then of the variables, in one environment, (n, d + q)."""
        field = self.field(variables)
        earned = field.payoffs(mixes) - self.model.lowered.strategy[3]
        names: dict[str, Any] = {**self.model.parameter_values, **self.constants, **self.values}
        names |= dict(zip(self.names, variables, strict=True))
        names |= {"t": self.time, "n": float(self.model.lowered.meeting.size), "mean_payoff": (mixes * earned).sum(1)}
        names |= {f"x_{name}": share for name, share in zip(self.model.strategy_names, mixes.T, strict=True)}
        names |= {f"payoff_{name}": value for name, value in zip(self.model.strategy_names, earned.T, strict=True)}
        laws = [self.model.environment[name] for name in self.names]
        moved = [evaluate(law.rate, names) for law in laws if isinstance(law, Feedback)]
        columns = [np.broadcast_to(each, len(mixes)) for each in moved]
        return np.column_stack([field.velocity(mixes), *columns])

    def slope(self, state: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """Derivatives of the rates along these directions (columns)."""
        columns = []
        for way in ways.T:
            back2, back, ahead, ahead2 = (self.rate(state + k * STEP * way) for k in (-2, -1, 1, 2))
            columns.append((back2 - 8 * back + 8 * ahead - ahead2) / (12 * STEP))
        return np.array(columns).T

    def ways(self, field: Field, support: tuple[int, ...] | None) -> np.ndarray:
        """Directions along a face and along each variable, by its range, as columns (d + q, k)."""
        basis = field.tangent(support)
        scale = np.diag(np.ptp(self.bounds, axis=1))
        return np.block([[basis, np.zeros((len(basis), len(scale)))], [np.zeros((len(scale), basis.shape[1])), scale]])

    def search(self, number: int, seed: int) -> list[np.ndarray]:
        """Rest points from many starts on every face."""
        rng = np.random.default_rng(seed)
        field = self.field(self.bounds.mean(axis=1))
        faces = supports(field) if field.keeps_faces else [tuple(range(self.size))]
        found = []
        for support in faces:
            for mix in starts(field, support, number, seed):
                state = self.settle(np.concatenate([mix, rng.uniform(*self.bounds.T)]), self.ways(field, support))
                inside = state is not None and (not field.keeps_faces or state[list(support)].min() > 1e-7)
                if state is not None and inside:
                    found.append(state)
        return found

    def settle(self, state: np.ndarray, ways: np.ndarray) -> np.ndarray | None:
        """Newton's method; None where it leaves the simplex or the bounds, or does not converge."""
        for _ in range(40):
            try:
                step = np.linalg.lstsq(ways.T @ self.slope(state, ways), ways.T @ self.rate(state), rcond=1e-12)[0]
            except (LostError, np.linalg.LinAlgError):
                return None
            size = np.abs(step).max()
            moved = ways @ step * min(1.0, 0.3 / max(size, 1e-300))
            state = state - moved
            low, high = self.bounds.T
            if state[: self.size].min() < -0.5 or not np.isfinite(state).all():
                return None
            state[self.size :] = np.clip(state[self.size :], low, high)
            if size < 1e-13:
                break
        try:
            rests = np.abs(self.rate(state)).max() < 1e-10 and size < 1e-7
        except LostError:
            return None
        return state if rests and state[: self.size].min() > -1e-10 else None

    def describe(self, state: np.ndarray) -> CoupledPoint:
        mix = np.clip(state[: self.size], 0, None)
        field = self.field(state[self.size :])
        ways = self.ways(field, None)
        back: Callable[[np.ndarray], np.ndarray] = np.linalg.pinv(ways).__matmul__
        found = np.linalg.eigvals(back(self.slope(state, ways))).astype(complex)
        found = ordered(found)
        variables = dict(zip(self.names, state[self.size :].tolist(), strict=True))
        return CoupledPoint(mix, variables, found, classify(found, generational=field.generational))

"""Environments: the laws by which the named variables of the environment move."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from evo import codes
from evo._spec import ProblemError, Spec
from evo.quantities import Formula, Quantity, number
from evo.strategies import Name

Numbers = list[float]
Local = Annotated[
    bool,
    Field(
        description="on a graph: each of the population's regions has the variable for itself, with draws of its own"
    ),
]
Value = Callable[[float | str], float]


class Constant(Spec):
    """A value that stays: e(t) = value."""

    kind: Literal["constant"] = "constant"
    value: Quantity
    code: ClassVar[int] = codes.FIXED
    random: ClassVar[bool] = False

    def numbers(self, value: Value) -> Numbers:
        return [value(self.value)]


class Periodic(Spec):
    """e(t) = mean + amplitude * sin(2 pi (t/period + phase)), or the sign of that sine (square); t and period in generations."""

    kind: Literal["periodic"] = "periodic"
    mean: Quantity
    amplitude: Quantity
    period: Quantity
    phase: Quantity = 0.0
    shape: Literal["sine", "square"] = "sine"
    per: Literal["generation", "step"] = "generation"
    code: ClassVar[int] = codes.PERIODIC
    random: ClassVar[bool] = False

    def numbers(self, value: Value) -> Numbers:
        period = _positive(value(self.period), "period")
        shape = codes.SQUARE if self.shape == "square" else codes.SINE
        return [value(self.mean), value(self.amplitude), period, value(self.phase), shape]


class Trend(Spec):
    """A trend from `start`: linear start + rate*t; exponential start*exp(rate*t); logistic from start towards `ceiling`
    (above `floor`), e' = rate*(e-floor)*(ceiling-e)/(ceiling-floor). Linear and exponential trends stop at floor and ceiling.
    """

    kind: Literal["trend"] = "trend"
    start: Quantity
    rate: Quantity
    floor: Quantity | None = None
    ceiling: Quantity | None = None
    shape: Literal["linear", "exponential", "logistic"] = "linear"
    per: Literal["generation", "step"] = "generation"
    code: ClassVar[int] = codes.TREND
    random: ClassVar[bool] = False

    def numbers(self, value: Value) -> Numbers:
        low = -math.inf if self.floor is None else value(self.floor)
        high = math.inf if self.ceiling is None else value(self.ceiling)
        start = value(self.start)
        if low >= high:
            raise ProblemError(("floor",), f"must be below the ceiling: {low:g} is not below {high:g}")
        shape = ("linear", "exponential", "logistic").index(self.shape)
        if shape == codes.LOGISTIC_TREND:
            low = 0.0 if self.floor is None else low
            if not (math.isfinite(high) and low < start < high):
                raise ProblemError(
                    ("start",),
                    f"a logistic trend starts between floor and ceiling: {low:g} < {start:g} < {high:g} fails",
                )
        elif not low <= start <= high:
            raise ProblemError(("start",), f"{start:g} is outside floor and ceiling, {low:g} to {high:g}")
        return [start, value(self.rate), low, high, shape]


class Switching(Spec):
    """A continuous-time Markov chain on a list of values; `rates[i][j]` is the rate from value i to value j, per
    generation (rows sum to 0). Or, in a finite population, `probabilities[i][j]` per step (rows sum to 1), drawn after
    each update. Event times are exact; in a finite population the value changes after the step in which they fall.
    """

    kind: Literal["switching"] = "switching"
    values: tuple[Quantity, ...] = Field(min_length=2)
    rates: tuple[tuple[Quantity, ...], ...] | None = None
    probabilities: tuple[tuple[Quantity, ...], ...] | None = None
    start: int | Literal["stationary"] = Field(
        default=0, description="index of the first value, or `stationary` to draw it"
    )
    local: Local = False
    code: ClassVar[int] = codes.SWITCHING
    random: ClassVar[bool] = True

    def numbers(self, value: Value) -> Numbers:
        if (self.rates is None) == (self.probabilities is None):
            raise ProblemError(("rates",), "switching needs either rates or probabilities")
        key, rows, total = (
            ("rates", self.rates, 0.0) if self.rates is not None else ("probabilities", self.probabilities, 1.0)
        )
        size = len(self.values)
        matrix = [[value(entry) for entry in row] for row in rows or ()]
        if len(matrix) != size or any(len(row) != size for row in matrix):
            raise ProblemError((key,), f"needs {size} rows of {size} numbers, one per value")
        for i, row in enumerate(matrix):
            wrong = [j for j, entry in enumerate(row) if not (entry >= 0 or (total == 0 and i == j))]
            if wrong:
                raise ProblemError(
                    (key, i, wrong[0]), f"a {'rate' if total == 0 else 'probability'} cannot be {row[wrong[0]]:g}"
                )
            if abs(sum(row) - total) > 1e-9 * max(1.0, max(map(abs, row))):
                raise ProblemError((key, i), f"must sum to {total:g}, sums to {sum(row):g}")
        if self.start != "stationary" and not 0 <= self.start < size:
            raise ProblemError(("start",), f"is the index of a value, 0 to {size - 1}, not {self.start}")
        first = -1.0 if self.start == "stationary" else float(self.start)
        flat = [entry for row in matrix for entry in row]
        return [float(size), total, first, *(value(entry) for entry in self.values), *flat, *_stationary(matrix, total)]


class Shocks(Spec):
    """Poisson events at `rate` per generation; each adds `severity` to the variable, or multiplies it by `severity`,
    after which it relaxes exponentially to `base` with time constant `relaxation`. Event times are exact.
    """

    kind: Literal["shocks"] = "shocks"
    base: Quantity
    rate: Quantity
    severity: Quantity
    mode: Literal["adds", "multiplies"] = "adds"
    relaxation: Quantity
    start: Quantity | None = None
    per: Literal["generation", "step"] = "generation"
    local: Local = False
    code: ClassVar[int] = codes.SHOCKS
    random: ClassVar[bool] = True

    def numbers(self, value: Value) -> Numbers:
        rate = value(self.rate)
        if rate < 0:
            raise ProblemError(("rate",), f"a rate cannot be {rate:g}")
        mode = codes.ADDS if self.mode == "adds" else codes.MULTIPLIES
        return [value(self.base), rate, value(self.severity), mode, _positive(value(self.relaxation), "relaxation")]


class Noise(Spec):
    """Ornstein-Uhlenbeck noise around `mean` with relaxation time `relaxation` and stationary standard deviation `sd`,
    drawn exactly at nodes: in a finite population every generation (or step), where it is held; in an infinite
    one every `resolution` generations (default relaxation/20), between which it is interpolated: an error of first
    order in the resolution.
    """

    kind: Literal["noise"] = "noise"
    mean: Quantity
    relaxation: Quantity
    sd: Quantity
    resolution: Quantity | None = None
    start: Literal["stationary"] | Quantity | None = None
    per: Literal["generation", "step"] = "generation"
    local: Local = False
    code: ClassVar[int] = codes.NOISE
    random: ClassVar[bool] = True

    def numbers(self, value: Value) -> Numbers:
        relaxation = _positive(value(self.relaxation), "relaxation")
        sd = value(self.sd)
        if sd < 0:
            raise ProblemError(("sd",), f"a standard deviation cannot be {sd:g}")
        resolution = relaxation / 20 if self.resolution is None else _positive(value(self.resolution), "resolution")
        return [value(self.mean), relaxation, sd, resolution, float(self.start == "stationary")]


class Jumps(Spec):
    """At each event of the variable `on` (switching or shocks), the variable is multiplied by `multiply`."""

    on: Name
    multiply: Quantity


class Feedback(Spec):
    """de/dt = a formula of environment, mix (x_NAME), payoffs (payoff_NAME, mean_payoff), parameters and t
    [Weitz et al. 2016]. In an infinite population integrated together with the mix; in a finite one once a generation
    (or step) with the mix held, an error of first order in that interval.
    """

    kind: Literal["feedback"] = "feedback"
    start: Quantity
    rate: Formula = Field(description="de/dt, per generation")
    jumps: Jumps | None = None
    per: Literal["generation", "step"] = "generation"
    code: ClassVar[int] = codes.FEEDBACK
    random: ClassVar[bool] = False

    def numbers(self, value: Value) -> Numbers:
        return []


class Series(Spec):
    """A measured series: `column` of a CSV file at the rows that match `rows`, against its column `time`.

    Generation 0 is at `start` on the table's time axis, and one unit of that axis lasts `generations_per_unit`;
    `transform` is a formula of `value`. Values are interpolated linearly, or held. Outside the table: an error, `hold`
    the first or last value, or `extrapolate` the first or last slope. Instead of a file, `values` lists (time, value).
    """

    kind: Literal["series"] = "series"
    file: str | None = None
    rows: dict[str, str | int | float] = Field(default_factory=dict)
    column: str | None = None
    time: str | None = None
    values: tuple[tuple[float, float], ...] | None = None
    start: float = 0.0
    generations_per_unit: float = Field(default=1.0, gt=0)
    transform: Formula = "value"
    interpolation: Literal["linear", "held"] = "linear"
    outside: Literal["error", "hold", "extrapolate"] = "error"
    per: Literal["generation", "step"] = "generation"
    code: ClassVar[int] = codes.SERIES
    random: ClassVar[bool] = False


Law = Annotated[
    Constant | Series | Periodic | Trend | Switching | Shocks | Noise | Feedback, Field(discriminator="kind")
]


def is_local(law: Law) -> bool:
    """Whether each region of a graph has the variable for itself."""
    return getattr(law, "local", False)


def start_value(law: Law, value: Value) -> float:
    """Value at time 0 of a law that remembers (nan where it is drawn or follows from the law's numbers)."""
    if isinstance(law, Feedback):
        return value(law.start)
    if isinstance(law, Shocks):
        return value(law.base if law.start is None else law.start)
    if isinstance(law, Noise) and law.start != "stationary":
        return value(law.mean if law.start is None else law.start)
    return math.nan


def parameter_value(parameters: Mapping[str, float]) -> Value:
    """The function that turns a quantity into its value at these parameters."""
    return lambda quantity: number(quantity, parameters)


def _positive(number: float, key: str) -> float:
    if not number > 0:
        raise ProblemError((key,), f"must be greater than 0, is {number:g}")
    return number


def _stationary(matrix: list[list[float]], total: float) -> list[float]:
    import numpy as np

    size = len(matrix)
    generator = np.array(matrix, dtype=float) - total * np.eye(size)
    conditions = np.vstack([generator.T, np.ones(size)])
    solution = np.linalg.pinv(conditions)[:, size].clip(0, None)
    shares: list[float] = (solution / solution.sum()).tolist()
    return shares

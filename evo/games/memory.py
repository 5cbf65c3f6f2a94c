"""Strategies of a repeated game that remember one round."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from evo._errors import suggest
from evo._spec import ProblemError, Spec
from evo.formulas import FormulaError
from evo.quantities import Quantity, number

PURE = tuple("p" + "".join(bits) for bits in product("01", repeat=4))  # p0000 (ALLD) to p1111 (ALLC)
NAMED: dict[str, tuple[float, float, float, float]] = {
    "ALLC": (1, 1, 1, 1),
    "ALLD": (0, 0, 0, 0),
    "TFT": (1, 0, 1, 0),
    "WSLS": (1, 0, 0, 1),
    "GRIM": (1, 0, 0, 0),
    "RANDOM": (0.5, 0.5, 0.5, 0.5),
}


class Memory(NamedTuple):
    """A memory-one strategy in numbers."""

    after: np.ndarray  # (4,): probability of C after CC, CD, DC, DD (own action first)
    first: float  # probability of C in the first round


class Payoffs(NamedTuple):
    """The payoffs of a stage game to its row player."""

    R: float
    S: float
    T: float
    P: float


class MemoryOne(Spec):
    """Probability of cooperating `after` CC, CD, DC and DD (own action first), and in the `first` round.

    Without `first` it is that after CC: the game begins as though all had gone well [Nowak & Sigmund 1993].
    """

    kind: Literal["memory_one"] = "memory_one"
    after: tuple[Quantity, Quantity, Quantity, Quantity]
    first: Quantity | None = None

    def memory(self, payoffs: Payoffs | None, parameters: Mapping[str, float]) -> Memory:
        """In numbers; raises ProblemError for what is no probability."""
        after = [_probability(p, parameters, ("after", place)) for place, p in enumerate(self.after)]
        first = after[0] if self.first is None else _probability(self.first, parameters, ("first",))
        return Memory(np.array(after), first)


class GenerousTitForTat(Spec):
    """Generous tit for tat: like tit for tat, but forgives a defection with probability `generosity`.

    By default the most that does not pay those who exploit it, min(1 - (T-R)/(R-S), (R-P)/(T-P)) [Nowak & Sigmund 1992].
    """

    kind: Literal["gtft"] = "gtft"
    generosity: Quantity | None = None

    def memory(self, payoffs: Payoffs | None, parameters: Mapping[str, float]) -> Memory:
        """In numbers; raises ProblemError where the generosity is no probability or cannot be told."""
        if self.generosity is not None:
            generosity = _probability(self.generosity, parameters, ("generosity",))
        else:
            R, S, T, P = _stage(payoffs, ("generosity",), "say the generosity")
            if not (T >= R > P and R > S):
                raise ProblemError(("generosity",), "has no default in this stage game: T >= R > P, R > S", "say it")
            generosity = max(0.0, min(1 - (T - R) / (R - S), (R - P) / (T - P)))
        return Memory(np.array([1, generosity, 1, generosity]), 1.0)


class ZeroDeterminant(Spec):
    """Zero-determinant strategy: enforces own - baseline = slope*(other - baseline) between the mean payoffs.

    `baseline: P` extorts: own gains over mutual defection are `slope` times the other's; `baseline: R` is generous: own
    losses against mutual cooperation are `slope` times the other's. `scale` (phi) is how strongly one reacts, by default
    half of what keeps all probabilities within 0 and 1; it is without effect on the line. Without errors and discount
    [Press & Dyson 2012; Stewart & Plotkin 2013].
    """

    kind: Literal["zero_determinant"] = "zero_determinant"
    slope: Quantity
    baseline: Literal["P", "R"] | Quantity = "P"
    scale: Quantity | None = None
    first: Quantity = 1.0

    def memory(self, payoffs: Payoffs | None, parameters: Mapping[str, float]) -> Memory:
        """In numbers; raises ProblemError where no such strategy exists in this stage game."""
        slope = _value(self.slope, parameters, ("slope",))
        known = _stage(payoffs, ("kind",), "give its four probabilities")
        if self.baseline in ("P", "R"):
            baseline = known.P if self.baseline == "P" else known.R
        else:
            baseline = _value(self.baseline, parameters, ("baseline",))
        own = np.array([known.R, known.S, known.T, known.P]) - baseline
        other = np.array([known.R, known.T, known.S, known.P]) - baseline
        reaction = own - slope * other
        keep = np.array([1.0, 1.0, 0.0, 0.0])
        slack = 1e-12 * np.abs(reaction).max()
        if not reaction.any() or max(reaction[0], reaction[1], -reaction[2], -reaction[3]) > slack:
            raise ProblemError(("slope",), f"no memory-one strategy enforces a slope of {slope:g} from this baseline")
        largest = 1 / np.abs(reaction).max()
        scale = largest / 2 if self.scale is None else _value(self.scale, parameters, ("scale",))
        if not 0 < scale <= largest * (1 + 1e-12):
            raise ProblemError(("scale",), f"must be above 0 and at most {largest:g}, is {scale:g}")
        first = _probability(self.first, parameters, ("first",))
        return Memory(np.clip(keep + scale * reaction, 0, 1), first)


def _word(word: str) -> str:
    named(word)
    return word


Rule = (
    Annotated[str, AfterValidator(_word)]
    | tuple[Quantity, Quantity, Quantity, Quantity]
    | Annotated[MemoryOne | GenerousTitForTat | ZeroDeterminant, Field(discriminator="kind")]
)


def named(word: str) -> MemoryOne | GenerousTitForTat:
    """The rule of this name: ALLC, ALLD, TFT, GTFT, WSLS, GRIM, RANDOM in any case, or p and the four bits of a pure
    strategy, C = 1 (p1001 is WSLS). Raises ValueError for another.
    """
    if re.fullmatch("p[01]{4}", word):
        a, b, c, d = (float(bit) for bit in word[1:])
        return MemoryOne(after=(a, b, c, d))
    if word.upper() == "GTFT":
        return GenerousTitForTat()
    if word.upper() not in NAMED:
        known = [*NAMED, "GTFT"]
        hint = suggest(word, known) or f"rules: {', '.join(known)}, p0000 to p1111"
        raise ValueError(f"{word!r} is not a known rule; {hint}")
    return MemoryOne(after=NAMED[word.upper()])


def memory(rule: Rule, payoffs: Payoffs | None, parameters: Mapping[str, float]) -> Memory:
    """A rule in numbers; `payoffs` of the stage game where they are numbers. Raises ProblemError."""
    if isinstance(rule, str):
        return named(rule).memory(payoffs, parameters)
    if isinstance(rule, tuple):
        after = [_probability(p, parameters, (place,)) for place, p in enumerate(rule)]
        return Memory(np.array(after), after[0])
    return rule.memory(payoffs, parameters)


def _stage(payoffs: Payoffs | None, path: tuple[str, ...], hint: str) -> Payoffs:
    if payoffs is None:
        raise ProblemError(path, "needs one stage game whose payoffs are numbers and stay so", hint)
    return payoffs


def _value(quantity: float | str, parameters: Mapping[str, float], path: tuple[str | int, ...]) -> float:
    try:
        return number(quantity, parameters)
    except FormulaError as error:
        raise ProblemError(path, str(error), "a formula of parameters: what moves is refused here") from None


def _probability(quantity: float | str, parameters: Mapping[str, float], path: tuple[str | int, ...]) -> float:
    return within(quantity, parameters, path, 1.0)


def within(quantity: float | str, parameters: Mapping[str, float], path: tuple[str | int, ...], high: float) -> float:
    """The value of a quantity from 0 to `high`; raises ProblemError for another, or for a name that is no parameter."""
    value = _value(quantity, parameters, path)
    if not 0 <= value <= high:
        raise ProblemError(path, f"must be from 0 to {high:g}, is {value:g}")
    return value

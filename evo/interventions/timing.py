"""When an intervention happens, for how long, what it costs and who pays: the keys that kinds of them share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from evo._spec import ProblemError, Spec
from evo.quantities import Cell, Formula, Quantity
from evo.strategies import Name


class Timed(Spec):
    """It begins `at` a time in generations, or at the first moment `when` a formula is not 0 (it may read t, the shares
    x_NAME, mean_payoff, payoff_NAME, parameters and the environment; looked at once a generation, and in an infinite
    population also between). `name` is what its columns of the results are called, by default its kind.

    price: what it costs, in payoff per head of the whole population; a number or a formula that may also read size, Z (the
    population's size, 1 where it is infinite), duration (generations since it began) and, of a seed, `converted`.
    """

    name: Name | None = None
    at: Quantity | None = None
    when: Formula | None = None
    price: Cell | None = None

    @model_validator(mode="after")
    def _begins_once(self) -> Timed:
        if (self.at is None) == (self.when is None):
            raise ValueError("needs one of `at`, a time in generations, and `when`, a condition")
        return self


class During(Timed):
    """It is under way for `lasts` generations, `until` a formula is not 0, or for good where neither is given. Nobody pays
    more than `limit` per generation from a payoff; what is lacking comes from outside."""

    lasts: Quantity | None = None
    until: Formula | None = None
    limit: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _ends_once(self) -> During:
        if self.lasts is not None and self.until is not None:
            raise ProblemError(("until",), "stands beside lasts: give one of them, or none for good")
        return self


class Lasting(During):
    """The price is per generation, or is paid `once`, when it begins. paid_by: `outside`; or from payoffs, `all` (everybody
    the same, whatever the limit) or a strategy, whose individuals share it."""

    priced: Literal["per_generation", "once"] = "per_generation"
    paid_by: str = "outside"

    @model_validator(mode="after")
    def _paid_from_somewhere(self) -> Lasting:
        if self.priced == "once" and self.paid_by != "outside":
            raise ProblemError(
                ("paid_by",), "a price that is paid once cannot be taken from payoffs", "use `priced: per_generation`"
            )
        return self

"""Mutation: how the new comes in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evo._spec import Spec
from evo.quantities import Quantity

Row = tuple[Annotated[float, Field(ge=0, le=1)], ...]


class Mutation(Spec):
    """Mutation (exploration) of an individual, with probability `rate` per update.

    `to` is others (uniform over the other d-1), any (uniform over all d, the own included) or a row-stochastic matrix.
    `when`: instead of the imitation or after it (pairwise rules; default instead); birth rules mutate at birth.
    """

    rate: Quantity = 0.0
    to: Literal["others", "any"] | tuple[Row, ...] = "others"
    when: Literal["instead", "after"] | None = None

"""What interventions cost, as formulas of the run: what is said in a config, or the default, with its own names as numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evo._errors import suggest
from evo._spec import ProblemError
from evo.formulas import parse
from evo.interventions.kinds import Seed, Subsidy
from evo.interventions.timing import Lasting
from evo.lowering import payoff_names, scalar_names
from evo.quantities import number

if TYPE_CHECKING:
    from evo.interventions import Intervention
    from evo.model import Model

OWN = ("size", "Z", "duration", "converted")  # what a price may read beside what any formula does


def price_of(spec: Intervention) -> str:
    """The formula of the price, the default where none is given."""
    if spec.price is not None:
        return spec.price if isinstance(spec.price, str) else f"({spec.price!r})"
    if isinstance(spec, Seed):
        return "converted"
    return f"size*x_{spec.to}" if isinstance(spec, Subsidy) else "0"


def written(spec: Intervention, model: Model, *, began: float, converted: float = 0.0) -> str:
    """The price with the intervention's own names as numbers; a name that the config has for something else means that."""
    size = getattr(spec, "size", 1.0)
    whole = model.lowered.sizes.sum() if model.population.finite else 1.0
    values = {
        "size": f"({number(size, model.parameter_values)!r})",
        "Z": f"({float(whole)!r})",
        "duration": f"(t - ({began!r}))",
        "converted": f"({converted!r})",
    }
    taken = scalar_names(model).keys() - {"t", "n"}
    return replaced(price_of(spec), {name: text for name, text in values.items() if name not in taken})


def replaced(text: str, values: Mapping[str, str]) -> str:
    """The formula with these names replaced."""
    return re.sub(r"(?<![\w.])[A-Za-z_]\w*", lambda found: values.get(found.group(), found.group()), f"({text})")


def payers(spec: Intervention, model: Model) -> tuple[str, ...]:
    """The strategies whose payoffs the price is taken from; of a vote these are known once it is held."""
    if not isinstance(spec, Lasting) or spec.paid_by == "outside":
        return ()
    return model.strategy_names if spec.paid_by == "all" else (spec.paid_by,)


def share_of(price: str, paying: tuple[str, ...], limit: float, model: Model) -> str:
    """What each of those who pay a price per head of the population pays: everybody the price, some no more than `limit`."""
    if set(paying) == set(model.strategy_names):
        return price
    there = " + ".join(f"x_{name}" for name in paying)
    return f"min({price}/max({there}, 1e-9), {limit!r})"


def check_formula(text: str, model: Model, own: tuple[str, ...], *, static: bool = False) -> None:
    """Refuse a formula that reads what is not there; `static`: one that payoffs themselves will read."""
    known = {**scalar_names(model), **({} if static else payoff_names(model))}
    for name in sorted(parse(text).names - set(own)):
        if name not in known:
            if static and name in payoff_names(model):
                raise ProblemError((), f"a price that is taken from payoffs cannot read {name!r}")
            hint = suggest(name, (*known, *own)) or f"known: {', '.join(sorted({*known, *own}))}"
            raise ProblemError((), f"unknown name {name!r}", hint)

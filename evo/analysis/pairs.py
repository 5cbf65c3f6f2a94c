"""Answers about two strategies, in finite and infinite populations: gradient of selection, dominance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo.analysis.answers import Answer
from evo.exact.flows.gradient import gradient_of_selection
from evo.exact.rare.dominance import dominance

if TYPE_CHECKING:
    import pandas as pd

    from evo.analysis.asked import Asked
    from evo.exact.flows.gradient import Gradient

WITHOUT, WITH = "no", "yes"  # in the column `mutation`


def answer_gradient(asked: Asked) -> Answer:
    """Where the gradient of selection changes sign; its values are in the further tables."""
    import pandas as pd

    if asked.roles > 1:
        raise ValueError("of two roles each has a mix of its own: there is no one gradient")
    found: dict[str, Gradient] = {}
    for first, second in asked.pairs:
        for mutation in (False, True) if len(asked.names) == 2 and asked.model.lowered.rule.mutation > 0 else (False,):
            one = gradient_of_selection(asked.model, first, second, mutation=mutation, environment=asked.environment)
            found[f"{first}-{second}" + ("-with-mutation" if mutation else "")] = one
    rows = [row for name, one in found.items() for row in _rows(name, one)]
    unit = (
        "expected change of the share in a generation (T+ - T- of an update)" if asked.finite else "x', per generation"
    )
    return Answer(
        "gradient",
        "Gradient of selection: where it changes sign",
        pd.DataFrame(rows),
        f"{unit}; {next(iter(found.values())).method}",
        next(iter(found.values())).error,
        more={name: _curve(one) for name, one in found.items()},
        result=found,
    )


def _rows(name: str, one: Gradient) -> list[dict[str, Any]]:
    first, second = one.strategies
    mutation = WITH if name.endswith("-with-mutation") else WITHOUT
    start = {"first": first, "second": second, "mutation": mutation}
    if not one.roots:
        inner = one.gradient[1:-1]
        way = (
            "rises everywhere" if (inner > 0).any() else "falls everywhere" if (inner < 0).any() else "is 0 everywhere"
        )
        return [start | {"share of first": np.nan, "there": way, "between counts": ""}]
    return [
        start
        | {
            "share of first": root.share,
            "there": "stable" if root.stable else "unstable",
            "between counts": "" if root.between is None else f"{root.between[0]} and {root.between[1]}",
        }
        for root in one.roots
    ]


def _curve(one: Gradient) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame({"share": one.shares, "gradient": one.gradient})
    return table if one.up is None else table.assign(up=one.up, down=one.down)


def answer_dominance(asked: Asked) -> Answer:
    """Risk and payoff dominance of each pair, and the one-third law both ways."""
    import pandas as pd

    rows = []
    for first, second in asked.pairs:
        there = dominance(asked.model, first, second, environment=asked.environment)
        back = dominance(asked.model, second, first, environment=asked.environment)
        rows.append(
            {
                "first": first,
                "second": second,
                "risk dominant": there.risk_dominant or "tie",
                "payoff dominant": there.payoff_dominant or "tie",
                "first when rare": there.favoured_when_rare,
                "second when rare": back.favoured_when_rare,
                "risk": there.risk,
                "one third": there.one_third,
                "payoff": there.payoff,
            }
        )
    return Answer(
        "dominance",
        "Risk dominance, payoff dominance and the one-third law",
        pd.DataFrame(rows),
        there.method,
        there.error,
        ("when rare: weak selection favours one among the others over drift (the one-third law)",),
        shown=("first", "second", "risk dominant", "payoff dominant", "first when rare", "second when rare", "risk"),
    )

"""Which strategy plays which part of a named game."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evo._errors import suggest
from evo._spec import ProblemError


def in_order(strategies: Sequence[str], *parts: str) -> tuple[str, ...]:
    """The strategies, one for each part in this order; raises ProblemError for another number of them."""
    if len(strategies) != len(parts):
        raise ProblemError(
            ("kind",),
            f"needs {len(parts)} strategies, there are {len(strategies)}",
            f"in this order: {', '.join(parts)}",
        )
    return tuple(strategies)


def assigned(plays: Mapping[str, str], strategies: Sequence[str], parts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The strategies that play each part, none, one or several; a strategy that is called like a part plays it.

    Raises ProblemError for a strategy without a part and for a name that is no strategy.
    """
    for name in plays:
        if name not in strategies:
            raise ProblemError(("plays", name), "is not a strategy", suggest(name, strategies))
    played = {name: plays.get(name, name) for name in strategies}
    for name, part in played.items():
        if part not in parts:
            raise ProblemError(("plays", name), "is missing: which part does it play?", f"parts: {', '.join(parts)}")
    return {part: tuple(name for name in strategies if played[name] == part) for part in parts}


def members(strategies: Sequence[str]) -> str:
    """Formula for how many of the group, the focal included, play one of these strategies."""
    return f"({' + '.join(f'k_{name}' for name in strategies)})" if strategies else "0"


def share(strategies: Sequence[str]) -> str:
    """Formula for the population's share of these strategies."""
    return f"({' + '.join(f'x_{name}' for name in strategies)})" if strategies else "0"

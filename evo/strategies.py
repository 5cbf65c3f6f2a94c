"""Strategies: names, traits, colours."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Annotated, cast

from pydantic import AfterValidator, BeforeValidator, Field

from evo._spec import Spec

PALETTE = ("#4a6fa5", "#e08e45", "#b84a62", "#5b9279", "#8c6bb1", "#c9a227", "#5aa9c4", "#7a7a7a")


def identifier(name: str) -> str:
    """A name that formulas may use: letters, digits and underscores, not a word of the language."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} is not a name that formulas can use: letters, digits and underscores, a letter first"
        )
    return name


Name = Annotated[str, AfterValidator(identifier)]


class Strategy(Spec):
    """A mind-set: what it is called, its heritable traits and its colour in pictures.

    In a game between two roles each strategy says which `role` it is for; a mix is then one of each role's own strategies.
    """

    label: str | None = None
    role: Name | None = None
    traits: dict[Name, float] = Field(default_factory=dict)
    color: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")


def _named(value: object) -> object:
    """`[rock, paper]` for `{rock: {}, paper: {}}`, and an empty entry for one without traits."""
    empty: dict[str, object] = {}
    if isinstance(value, list | tuple):
        names = cast("tuple[object, ...]", value)
        if not all(isinstance(name, str) for name in names):
            return names
        if len(set(names)) < len(names):
            raise ValueError("names a strategy twice")
        return dict.fromkeys(names, empty)
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value)
        return {name: empty if spec is None else spec for name, spec in entries.items()}
    return value


_Written = tuple[str, ...] | dict[str, Strategy]
Strategies = Annotated[
    dict[Name, Strategy],
    BeforeValidator(_named, json_schema_input_type=_Written),
    Field(min_length=2, max_length=1000),
]


def roles(strategies: Mapping[str, Strategy]) -> dict[str, tuple[str, ...]]:
    """The strategies of each role, in order; empty where no roles are named."""
    named = dict.fromkeys(strategy.role for strategy in strategies.values() if strategy.role is not None)
    return {role: tuple(name for name, strategy in strategies.items() if strategy.role == role) for role in named}


def colors(strategies: Mapping[str, Strategy]) -> dict[str, str]:
    """The colour of each strategy: its own, else the next of a palette that colour-blind readers can tell apart."""
    return {
        name: strategy.color or PALETTE[place % len(PALETTE)]
        for place, (name, strategy) in enumerate(strategies.items())
    }


def labels(strategies: Mapping[str, Strategy]) -> dict[str, str]:
    """What a strategy is called in pictures and tables: its label, else its name in words."""
    return {name: strategy.label or name.replace("_", " ") for name, strategy in strategies.items()}

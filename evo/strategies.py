"""Strategies: names, traits, colours."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Annotated

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
    """A mind-set: what it is called, its heritable traits and its colour in pictures."""

    label: str | None = None
    traits: dict[Name, float] = Field(default_factory=dict)
    color: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")


def _named(value: object) -> object:
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        if len(set(value)) < len(value):
            raise ValueError("names a strategy twice")
        return {name: {} for name in value}
    if isinstance(value, Mapping):
        return {name: {} if spec is None else spec for name, spec in value.items()}
    return value


Strategies = Annotated[dict[Name, Strategy], BeforeValidator(_named), Field(min_length=2, max_length=1000)]


def colors(strategies: Mapping[str, Strategy]) -> dict[str, str]:
    """The colour of each strategy: its own, else the next of a palette that colour-blind readers can tell apart."""
    return {
        name: strategy.color or PALETTE[place % len(PALETTE)]
        for place, (name, strategy) in enumerate(strategies.items())
    }


def labels(strategies: Mapping[str, Strategy]) -> dict[str, str]:
    """What a strategy is called in pictures and tables: its label, else its name in words."""
    return {name: strategy.label or name.replace("_", " ") for name, strategy in strategies.items()}

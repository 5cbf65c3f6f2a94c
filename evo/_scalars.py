"""What a plain scalar of YAML means here, and how a float is written.

A plain scalar is
    null      when empty, `null` or `~`;
    a boolean when `true` or `false` (`yes`, `no`, `on`, `off`, `True` are text);
    an integer  `7`, `+7`, `-7`;
    a float   `1.5`, `1.`, `.5`, `1e-3`, `1e5`, `.inf`, `-.inf`, `-inf`, `+inf`, `.nan`;
    text      otherwise: `2024-01-01`, `1:30`, `0x1F`, `1_000`, `inf` and `nan` are text.
Refused: numbers with a leading zero (`010` is eight in YAML 1.1 and ten in 1.2) and numbers that a float cannot hold.
"""

from __future__ import annotations

import math
import re
from typing import TypeAlias

from evo._errors import short

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|[-+]inf\Z")
_NAN = re.compile(r"\.(nan|NaN|NAN)\Z")


class NumberError(ValueError):
    """Looks like a number and cannot be read as one; args are a message and a hint."""


def resolve(text: str) -> Plain:
    """The value of a plain scalar."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _LEADING_ZERO.match(text):
        hint = f'write {short(text.lstrip("+-0") or "0")}, or "{short(text)}" for text'
        raise NumberError(f"{short(text)} can be read as octal or as decimal", hint)
    if _INTEGER.match(text):
        _float(text)
        return int(text)
    if _FLOAT.match(text):
        return _float(text)
    if _INFINITE.match(text):
        return float("-inf" if text[0] == "-" else "inf")
    return float("nan") if _NAN.match(text) else text


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NumberError(
            f"{short(text)} is too large", "the largest number is about 1.8e308; infinity is written .inf"
        )
    if number == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        raise NumberError(f"{short(text)} is too small to tell from 0", "the smallest number is about 5e-324")
    return number


def float_text(number: float) -> str:
    """The shortest text that reads back as the same float, in YAML 1.1 too (which needs `1.0e-05`)."""
    if math.isnan(number):
        return ".nan"
    if math.isinf(number):
        return ".inf" if number > 0 else "-.inf"
    text = float.__repr__(number)
    return text if "." in text else text.replace("e", ".0e")

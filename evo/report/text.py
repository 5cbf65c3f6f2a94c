"""Words for the page: those of pictures, without the mathematics that matplotlib sets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from evo.model import Parts
from evo.plots.words import SPACE, axis_label, number, setting_words, symbol_words, tick_words

GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK: dict[str, str] = dict(zip(GREEK_NAMES.split(), "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LOW_LETTERS = str.maketrans("aehijklmnoprstuvx", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")


def unset(text: str) -> str:
    r"""Plain text of what matplotlib would set: `$\chi$` is χ, `$t_{1}$` is t₁, `\$` is $."""
    return re.sub(r"(?<!\\)\$(.+?)(?<!\\)\$", lambda found: _letters(found[1]), text).replace(r"\$", "$")


def _letters(formula: str) -> str:
    match = re.fullmatch(r"\\?([A-Za-z]+)(?:_\{(?:\\mathrm\{)?([^}]*)\}+)?", formula)
    if not match:
        return formula
    base, low = match.groups()
    below = "" if not low else low.translate(LOW) if low.isdigit() else _low_letters(low)
    return GREEK.get(base, base) + below


def _low_letters(low: str) -> str:
    small = low.translate(LOW_LETTERS)
    return small if not re.search(r"[A-Za-z ]", small) else f"_{low}"


def axis_words(path: str, model: Parts) -> str:
    """What an axis shows."""
    return "start" if path == "run.start" else unset(axis_label(path, model))


def path_name(path: str, model: Parts) -> str:
    """What varies, without its unit."""
    return re.sub(r" \([^()]*\)$", "", axis_words(path, model))


def tick(path: str, value: Any, model: Parts) -> str:
    """A value on an axis or in a table that says what varies."""
    return unset(tick_words(path, value, model))


def place_words(settings: Mapping[str, Any], model: Parts, *, short: bool = False) -> str:
    """Settings in words, those of the start first; what is at its default is not named."""
    named = [path for path, value in settings.items() if value is not None]
    order = sorted(named, key=lambda path: path != "run.start")
    return ", ".join(unset(setting_words(path, settings[path], model, short=short)) for path in order)


def symbols(paths: Sequence[str], model: Parts) -> str:
    """What symbols stand for."""
    return unset(symbol_words(list(paths), model))


def percent(share: float) -> str:
    """A share in per cent; what is not quite nothing or all says so."""
    if not math.isfinite(share):
        return "–"
    whole = f"{100 * share:.0f}"
    if whole == "0" and share > 0:
        return f"<1{SPACE}%"
    if whole == "100" and share < 1:
        return f">99{SPACE}%"
    return f"{whole}{SPACE}%"


def between(low: float, high: float) -> str:
    """An interval of shares in per cent; outwards, so that it is never narrower than it is."""
    return f"{math.floor(100 * low + 1e-9)}–{math.ceil(100 * high - 1e-9)}{SPACE}%"


def listed(words: Sequence[str], last: str = " and ") -> str:
    """`a, b and c`."""
    return last.join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def counted(count: int, noun: str) -> str:
    """`1 point`, `2,187 points`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


__all__ = [
    "SPACE",
    "axis_words",
    "between",
    "counted",
    "listed",
    "number",
    "path_name",
    "percent",
    "place_words",
    "symbols",
    "tick",
    "unset",
]

"""Words of a picture: symbols, units, axis labels, panel titles."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from evo._spec import parse_path
from evo.model import Parts
from evo.strategies import labels

SPACE = "\u00a0"  # does not break
_GREEK = re.compile(
    "alpha|beta|[Gg]amma|[Dd]elta|epsilon|zeta|eta|[Tt]heta|iota|kappa|[Ll]ambda|mu|nu|[Xx]i|[Pp]i|rho|[Ss]igma|tau"
    "|[Uu]psilon|[Pp]hi|chi|[Pp]si|[Oo]mega"
)


def plain(text: str) -> str:
    """Text of a user, safe from being read as mathematics."""
    return text.replace("$", r"\$")


def strategy_labels(model: Parts) -> dict[str, str]:
    """What each strategy is called in pictures."""
    return {name: plain(label) for name, label in labels(model.strategies).items()}


def symbol(name: str) -> str | None:
    """A name as mathematics: chi, beta_C, t1, b; None for a name that is a word."""
    match = re.fullmatch(r"([A-Za-z]+?)(?:(\d+)|_(\w+))?", name)
    base, digits, below = match.groups() if match else ("", None, None)
    if _GREEK.fullmatch(base):
        base = "\\" + base
    elif len(base) != 1:
        return None
    low = digits or below
    if low and len(low) > 1 and not low.isdigit():
        low = rf"\mathrm{{{low.replace('_', ' ')}}}"
    return f"${base}_{{{low}}}$" if low else f"${base}$"


def unit(text: str | None, model: Parts, *, beside: str = "") -> str | None:
    """A unit, with parameters in it as symbols; None for pure numbers and where the text beside it says as much."""
    if text is None or text.strip() in ("", "1") or re.search(rf"\b{re.escape(text)}\b", beside):
        return None
    known = {name: symbol(name) or name for name in model.parameters}
    return re.sub(r"[A-Za-z_]\w*", lambda word: known.get(word.group(), word.group()), plain(text))


def parameter_words(name: str, model: Parts) -> str:
    """Label and symbol of a parameter or environment variable: `turbulence ω`."""
    parameter = model.parameters.get(name)
    label = plain(parameter.label) if parameter and parameter.label else ""
    sign = symbol(name)
    if sign is None:
        return label or name.replace("_", " ")
    return f"{label} {sign}" if label else sign


def variable_label(name: str, model: Parts) -> str:
    """Label, symbol and unit of a parameter or of the variable that shadows it: `turbulence ω (1/t₁)`."""
    words = parameter_words(name, model)
    parameter = model.parameters.get(name)
    of = unit(parameter.unit, model, beside=words) if parameter else None
    return f"{words} ({of})" if of else words


def axis_label(path: str, model: Parts) -> str:
    """What an axis shows that a sweep's path runs along."""
    keys = list(parse_path(path))
    if keys[0] == "parameters" and len(keys) > 1:
        return variable_label(keys[1], model)
    return _path_words(keys, model)


def setting_words(path: str, value: Any, model: Parts, *, short: bool = False) -> str:
    """One setting in words: `from 97 % command`, `turbulence ω = 0.3` (short: `ω = 0.3`), `area: World`."""
    keys = list(parse_path(path))
    if path == "run.start":
        return start_words(value, model)
    parameter = keys[0] == "parameters" and len(keys) > 1
    name = parameter_words(keys[1], model) if parameter else _path_words(keys, model)
    if short and parameter:
        name = symbol(keys[1]) or name
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{name}{SPACE}={SPACE}{number(value)}"
    if keys[-1] == "rows":
        return tick_words(path, value, model)
    return f"{name}: {value_words(value, model)}"


def tick_words(path: str, value: Any, model: Parts) -> str:
    """A value as the label of a tick, on an axis that says what varies."""
    if path == "run.start":
        return start_words(value, model)
    if path.endswith(".rows") and isinstance(value, Mapping):  # which rows of a table: {area: World}
        return ", ".join(value_words(item, model) for item in value.values())
    return value_words(value, model)


def settings_words(settings: Mapping[str, Any], model: Parts, *, short: bool = False) -> str:
    """All settings of a panel in words."""
    return ", ".join(setting_words(path, value, model, short=short) for path, value in settings.items())


def symbol_words(paths: Sequence[str], model: Parts) -> str:
    """What symbols stand for: `χ: interaction friction; ω: turbulence (1/t₁)`."""
    found = []
    for path in paths:
        keys = list(parse_path(path))
        sign = symbol(keys[1]) if keys[0] == "parameters" and len(keys) > 1 else None
        if sign and variable_label(keys[1], model).startswith(sign) is False:
            found.append(f"{sign}: " + variable_label(keys[1], model).replace(f" {sign}", "", 1))
    return "; ".join(found)


def start_words(start: Any, model: Parts) -> str:
    """A start in words: `from 97 % command`; the strategies that share the remainder are not named."""
    if start == "random":
        return "from random mixes"
    if not start or not isinstance(start, Mapping):
        return "from equal shares"
    called = strategy_labels(model)
    return "from " + ", ".join(
        f"{number(100 * share)}{SPACE}% {called.get(name, name)}" for name, share in start.items()
    )


def value_words(value: Any, model: Parts) -> str:
    """A value in words."""
    if isinstance(value, str):
        return strategy_labels(model).get(value, plain(value.replace("_", " ")))
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "default"}[value]
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping) and "kind" in value:
        rest = {key: item for key, item in value.items() if key != "kind"}
        return value_words(value["kind"], model) + (f" ({value_words(rest, model)})" if rest else "")
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value_words(item, model)}" for key, item in value.items()) or "none"
    if isinstance(value, Sequence):
        return ", ".join(value_words(item, model) for item in value) or "none"
    return plain(json.dumps(value, default=str))


def number(value: float) -> str:
    """A number as short as four digits allow, whole numbers in full, with a true minus."""
    whole = value == round(value) and abs(value) < 1e7
    return (f"{value:.0f}" if whole else f"{value:.4g}").replace("-", "\N{MINUS SIGN}")


def _path_words(keys: list[str], model: Parts) -> str:
    """The last one or two keys of a path: `mutation rate`, `population size`; a law's variable by its label; what is said of an
    intervention by its name."""
    if len(keys) > 1 and keys[-1] in ("kind", "value"):
        keys = keys[:-1]
    if keys[0] == "environment" and len(keys) > 1:
        if "rows" in keys[2:]:
            return "series" if keys[-1] == "rows" else plain(keys[-1].replace("_", " "))
        return ": ".join([parameter_words(keys[1], model), *(plain(key.replace("_", " ")) for key in keys[2:])])
    if keys[0] == "interventions" and len(keys) > 2:
        names = getattr(model, "intervention_names", ())
        called = plain(names[int(keys[1])].replace("_", " ")) if int(keys[1]) < len(names) else "the intervention"
        return f"{plain(keys[-1].replace('_', ' '))} of {called}"
    alone = keys[0] in ("run", "game") or "_" in keys[-1]
    return plain(" ".join(keys[-1:] if alone else keys[-2:]).replace("_", " "))

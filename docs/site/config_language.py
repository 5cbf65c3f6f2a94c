"""The config language as a page, from the JSON Schema that `evo schema` prints: every kind, its keys, what they default to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

INTRODUCTION = """# The config language

Every key that a config may have, made from the JSON Schema that `evo schema` prints. [The config](../config.md) explains it in
order; `evo check` tells what is wrong with a config, by line. A *quantity* is a number or a formula of the parameters.
"""


def page() -> str:
    from evo.loading import schema

    whole = schema()
    parts = [INTRODUCTION, "## Keys at the top\n", *_keys(whole["else"], whole["$defs"])]
    for name, kind in sorted(whole["$defs"].items()):
        if kind.get("properties"):
            parts += [f"\n## {_title(name, kind)}\n", _words(kind), *_keys(kind, whole["$defs"])]
    return "\n".join(part for part in parts if part) + "\n"


def _title(name: str, kind: Schema) -> str:
    own = kind["properties"].get("kind", {}).get("const")
    return f"`{own}` ({name})" if own else name


def _words(kind: Schema) -> str:
    return _escaped(kind.get("description", "")) + "\n"


def _keys(kind: Schema, known: Schema) -> Iterator[str]:
    rows = [(name, key) for name, key in kind.get("properties", {}).items() if name != "kind"]
    if not rows:
        return
    yield "| key | value | default | |\n| --- | --- | --- | --- |"
    needed = kind.get("required", ())
    for name, key in rows:
        default = "*needed*" if name in needed else _default(key["default"]) if "default" in key else ""
        said = _escaped(key.get("description", "")).replace("\n", " ")
        yield f"| `{name}` | {_value(key, known)} | {_cell(default)} | {_cell(said)} |"
    yield ""


def _default(value: Any) -> str:
    """As it would be written; of a whole section only its kind, since what it defaults to stands with it."""
    if isinstance(value, dict):
        return f"`{value['kind']}`" if "kind" in value else ""
    return f"`{json.dumps(value)}`"


def _value(key: Schema, known: Schema) -> str:
    """What may stand there, in words, with links to the kinds."""
    return " or ".join(dict.fromkeys(_values(key, known))) or "anything"


def _values(key: Schema, known: Schema) -> Iterator[str]:
    if _is_quantity(key):
        yield "quantity"
    elif "$ref" in key:
        name = key["$ref"].rsplit("/", 1)[-1]
        target = known[name]
        if target.get("properties"):
            yield f"[{target['properties'].get('kind', {}).get('const', name)}](#{_anchor(_title(name, target))})"
        else:
            yield from _values(target, known)
    elif "const" in key:
        yield f"`{json.dumps(key['const'])}`"
    elif "enum" in key:
        yield from (f"`{json.dumps(one)}`" for one in key["enum"])
    elif "anyOf" in key or "oneOf" in key:
        for one in key.get("anyOf") or key.get("oneOf") or ():
            yield from _values(one, known)
    elif key.get("type") == "array":
        inside = key.get("items") or {"anyOf": key.get("prefixItems", [])}
        yield "list of " + (_value(inside, known) if inside else "anything")
    elif key.get("type") == "object":
        inside = key.get("additionalProperties")
        yield "names with " + _value(inside, known) if isinstance(inside, dict) else "names with anything"
    elif "type" in key:
        yield {"boolean": "true or false", "integer": "whole number", "string": "text"}.get(key["type"], key["type"])


def _is_quantity(key: Schema) -> bool:
    return key.get("description", "").startswith("a number, or a formula") and "anyOf" in key


def _anchor(title: str) -> str:
    """The address of a heading, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _escaped(text: str) -> str:
    """Plain text as Markdown that looks the same; what stands in backticks stays code."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*_<>\[\]$#])", r"\\\1", piece) for piece in pieces)

"""Canonical form of a spec: plain data without defaults and decoration, and the hash that a random stream is drawn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from evo._kin import SHARED, shared

DECORATION = frozenset({"label", "color", "range", "unit", "title", "question", "note"})


def plain(value: object, *, bare: bool = False) -> Any:
    """A spec as plain data (dicts, lists, scalars); keys that stand at their default are left out, `kind` is kept.

    `bare` leaves out labels, colours and the like, and writes whole numbers as floats.
    """
    if isinstance(value, BaseModel):
        data: dict[str, Any] = {}
        for name, key, default in _fields(type(value)):
            item = getattr(value, name)
            kept = name == "kind" or default is PydanticUndefined or (item is not default and item != default)
            if kept and not (bare and name in DECORATION):
                data[key] = plain(item, bare=bare)
        return _shortened(value, data)
    if isinstance(value, Mapping):
        return {str(key): plain(item, bare=bare) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item, bare=bare) for item in value]
    if bare and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return str(value) if isinstance(value, str) else value


@cache
def _fields(kind: type[BaseModel]) -> tuple[tuple[str, str, Any], ...]:
    """Name, key and default of each field of a kind of spec; asking pydantic each time takes most of a short run."""
    found = kind.model_fields.items()
    return tuple(
        (name, field.alias or name, field.get_default(call_default_factory=True, validated_data={}))
        for name, field in found
    )


def _shortened(spec: BaseModel, data: dict[str, Any]) -> Any:
    """A parameter with nothing but its value is written as that."""
    return data["value"] if type(spec).__name__ == "Parameter" and list(data) == ["value"] else data


def canonical(value: object) -> str:
    """JSON of what matters to a run: plain data without labels, colours and ranges, numbers as floats, keys in order.

    Order counts where it does in the model: strategies stay in theirs.
    """
    if getattr(value, "parameters", None) and hasattr(value, SHARED):
        before, after = _beside_parameters(value)
        return before + _json(plain(cast("Any", value).parameters, bare=True)) + after
    return _json(plain(value, bare=True))


@shared
def _beside_parameters(spec: BaseModel) -> tuple[str, str]:
    return around(plain(spec, bare=True), "parameters")


def around(data: Mapping[str, Any], key: str) -> tuple[str, str]:
    """The JSON text of plain data before and after what stands at one of its keys."""
    hole = "\0here\0"  # no config can hold this character
    before, after = _json({**data, key: hole}).split(_json(hole))
    return before, after


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=True)


def sha256(text: str) -> str:
    """Hexadecimal digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def short_hash(text: str) -> int:
    """64 bits, as a signed integer, that name a text."""
    return int.from_bytes(bytes.fromhex(sha256(text)[:16]), signed=True)


def point_hash(model: BaseModel, start: object) -> int:
    """64 bits that name a model and its start: the second word of a stream's counter."""
    return int(sha256(canonical(model) + canonical(start))[:16], 16)

"""How things show themselves: one short line on a terminal, a small table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any, TypeVar

MOST_LETTERS, MOST_ITEMS, MOST_ROWS = 60, 6, 20
T = TypeVar("T")


def shown(cls: type[T]) -> type[T]:
    """A dataclass of results whose arrays are told by their shape where they are long, and which is a table in a notebook."""
    cls.__repr__ = lambda self: (
        f"{type(self).__name__}({', '.join(f'{name}={short(value)}' for name, value in _told(self))})"
    )
    cls._repr_html_ = _html  # type: ignore[attr-defined]
    return cls


def _told(thing: Any) -> Iterable[tuple[str, Any]]:
    return ((field.name, getattr(thing, field.name)) for field in fields(thing) if field.repr)


def _html(thing: Any) -> str:
    rows = [(name.replace("_", " "), short(value)) for name, value in _told(thing)]
    frame = getattr(thing, "frame", None)
    below = "" if frame is None else frame.head(MOST_ROWS).to_html(index=False)
    if frame is not None and len(frame) > MOST_ROWS:
        below += f"<p>{len(frame) - MOST_ROWS:,} more rows in <code>.frame</code></p>"
    return table(type(thing).__name__, rows) + below


def table(title: str, rows: Iterable[tuple[str, str]], *, below: str = "") -> str:
    """A heading and a table of two columns as HTML; everything is text, but for `below`."""
    cells = "".join(
        f'<tr><th style="text-align:left;vertical-align:top">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<div><strong>{escape(title)}</strong><table>{cells}</table>{below}</div>"


def short(value: Any) -> str:
    """A value in a few letters: numbers to six digits, long arrays and lists by their size."""
    if hasattr(value, "shape") and hasattr(value, "dtype") and getattr(value, "ndim", 0):
        if value.size > MOST_ITEMS:
            return f"<{' x '.join(map(str, value.shape))} numbers>"
        return short(value.tolist())
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float) or (hasattr(value, "item") and not isinstance(value, str)):
        return f"{value:.6g}"
    if isinstance(value, str):
        return value if len(value) <= MOST_LETTERS else value[: MOST_LETTERS - 1] + "…"
    if isinstance(value, Mapping):
        return "{" + _items(f"{key}: {short(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list | set | frozenset):
        return "(" + _items(short(item) for item in value) + ")"
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__
    return repr(value)


def _items(words: Iterable[str]) -> str:
    told = list(words)
    return ", ".join(told[:MOST_ITEMS]) + (f", … {len(told) - MOST_ITEMS} more" if len(told) > MOST_ITEMS else "")

"""What is wrong with a formula, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

WIDEST = 120


class FormulaError(ValueError):
    """A refused formula.

    `text` is the whole formula, `column` counts its characters from 0 (over line ends), `reason` says what is wrong and
    `hint` what would be right. `part` and `name` say which line it was, where several were compiled together.
    """

    part: Literal["let", "outputs"] | None = None
    name: str | None = None

    def __init__(self, text: str, column: int, reason: str, hint: str | None = None) -> None:
        super().__init__(text, column, reason, hint)  # all four, so that the error can be pickled
        self.text = text
        self.column = column
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        line, column = _line_at(self.text, self.column)
        shown = [self.reason, line, " " * column + "^"]
        return "\n".join(shown if self.hint is None else [*shown, self.hint])


def _line_at(text: str, column: int) -> tuple[str, int]:
    """The line of `text` that holds `column`, on one screen and without control characters, and the column in it."""
    start = max(text.rfind("\n", 0, column), text.rfind("\r", 0, column)) + 1
    ends = [end for end in (text.find("\n", column), text.find("\r", column)) if end >= 0]
    line, column = text[start : min(ends, default=len(text))], column - start
    line = "".join(" " if char.isspace() else char if char.isprintable() else "\ufffd" for char in line)
    if len(line) <= WIDEST:
        return line, column
    first = max(0, min(column - WIDEST // 2, len(line) - WIDEST))
    return line[first : first + WIDEST], column - first


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def unknown_name(text: str, column: int, name: str, known: Iterable[str]) -> FormulaError:
    known = sorted(known)
    near = nearest(name, known)
    hint = f"did you mean '{near}'?" if near else f"known names: {', '.join(known[:20])}" if known else None
    return FormulaError(text, column, f"unknown name '{name}'", hint)

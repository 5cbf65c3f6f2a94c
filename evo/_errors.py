"""What is wrong with a config, where, and what would be right; and that a run could not go on."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[^\s.\"'=]+\Z")
_MOST_NAMES = 16


class SimulationError(RuntimeError):
    """A run that stopped at a state it could not go on from; says which."""


class MissingError(ImportError):
    """A package that is not installed, with the extra of evo that brings it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"this needs the package {package}, which is not installed: pip install 'evo-games[{extra}]'")


class ClusterError(RuntimeError):
    """A cluster that cannot be had or does not fit; says what to do."""


class ClusterLostError(ClusterError):
    """A cluster that was lost in the midst of a run; says what is kept."""


@dataclass(frozen=True)
class ConfigProblem:
    """One mistake: the path of the offending key, its line in the file, what is wrong, what would be right."""

    path: Path
    line: int | None
    message: str
    hint: str | None = None


class ConfigError(ValueError):
    """A config that is refused, with every problem found in it.

    A validator of a spec may raise one too, with paths relative to that spec, to report several problems at once.
    """

    def __init__(self, problems: Iterable[ConfigProblem], source: str | None = None) -> None:
        ordered = tuple(sorted(problems, key=lambda problem: (problem.line is None, problem.line or 0)))
        super().__init__(ordered, source)
        self.problems = ordered
        self.source = source

    def __str__(self) -> str:
        count = f"{len(self.problems)} problem" + ("" if len(self.problems) == 1 else "s")
        heading = count if self.source is None else f"{self.source}: {count}"
        return "\n".join([heading, *(_render(problem, self.source) for problem in self.problems)])


class ProblemError(ValueError):
    """Raised by a validator to point at a key below the spec that it checks; `path` is relative to that spec."""

    def __init__(self, path: Path | str, message: str, hint: str | None = None) -> None:
        super().__init__(path, message, hint)
        self.path: Path = (path,) if isinstance(path, str) else path
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}; {self.hint}"


def render_path(path: Path) -> str:
    """`run.start.0`, as `--set` reads it; a key that is not one bare word is quoted."""
    return ".".join(part if _BARE_KEY.match(part) else json.dumps(part, ensure_ascii=False) for part in map(str, path))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one most likely stands for, if any is near."""
    folded = {_fold(name): name for name in known}
    near = difflib.get_close_matches(_fold(word), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word as a question."""
    near = nearest(word, known)
    return None if near is None else f"did you mean '{near}'?"


def listed(names: Sequence[object], *, last: str = ", ") -> str:
    """Names in a row, cut short when there are very many."""
    shown = [str(name) for name in names[:_MOST_NAMES]]
    if len(names) > len(shown):
        return ", ".join(shown) + f" and {len(names) - len(shown)} more"
    return last.join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else "none"


def short(text: str) -> str:
    """Text cut to a length that fits into a message."""
    return text if len(text) <= 40 else text[:37] + "..."


def _fold(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def _render(problem: ConfigProblem, source: str | None) -> str:
    place = [] if source is None else [source if problem.line is None else f"{source}:{problem.line}"]
    if source is None and problem.line is not None:
        place = [f"line {problem.line}"]
    if problem.path:
        place.append(render_path(problem.path))
    first, *rest = problem.message.rstrip().split("\n")
    if problem.hint and not rest:
        first = f"{first}; {problem.hint}"
    elif problem.hint:
        rest.append(problem.hint)
    return "\n".join([": ".join([*place, first]), *(f"    {line}" for line in rest)])

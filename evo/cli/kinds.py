"""`evo list`: every kind that a config may name, with one line of its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from evo.cli.words import console, plainly

if TYPE_CHECKING:
    from rich.console import Console

KINDS = {  # section of a config -> module and union
    "rules": ("evo.dynamics", "Dynamics"),
    "games": ("evo.games", "Game"),
    "laws": ("evo.environments", "Law"),
    "populations": ("evo.populations", "Population"),
    "interventions": ("evo.interventions", "Intervention"),
    "measures": ("evo.measures", "Measure"),
    "pictures": ("evo.pictures", "Picture"),
}
KEYS = {
    "rules": "dynamics",
    "games": "game",
    "laws": "environment.NAME",
    "populations": "population",
    "interventions": "interventions.0",
    "measures": "measure",
    "pictures": "plots",
}


@plainly
def kinds(
    section: Annotated[
        str | None,
        typer.Argument(metavar=f"[{'|'.join([*KINDS, 'configs'])}]", help="All, if none is named.", show_default=False),
    ] = None,
) -> None:
    """List every rule, game, law, population, intervention, measure and picture, and the configs in ./configs."""
    if section is not None and section not in KINDS and section != "configs":
        raise typer.BadParameter(f"{section!r} is not one of {', '.join([*KINDS, 'configs'])}", param_hint="SECTION")
    say = console()
    for name in [section] if section else [*KINDS, "configs"]:
        rows = _configs() if name == "configs" else [(kind, line) for kind, _, line in members(*KINDS[name])]
        if not section:
            where = "in ./configs" if name == "configs" else f"as `{KEYS[name]}: {{kind: …}}`"
            say.print(f"{name}  ({where})", style="bold")
        _tell(say, rows or [("none", "")])


def _tell(say: Console, rows: list[tuple[str, str]]) -> None:
    """Two columns; on a terminal the second is wrapped, elsewhere each row is one line."""
    from rich.table import Table

    width = max(len(kind) for kind, _ in rows)
    if not say.is_terminal:
        print("\n".join(f"  {kind.ljust(width)}  {words}".rstrip() for kind, words in rows))
        return
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=True)
    grid.add_column(no_wrap=True)
    for kind, words in rows:
        grid.add_row(f"  {kind}", words)
    say.print(grid)


def members(module: str, union: str) -> list[tuple[str, type[Any], str]]:
    """Kind, class and first line of each member of a union."""
    return [
        (spec.model_fields["kind"].default, spec, first_sentence(spec))
        for spec in _classes(getattr(import_module(module), union))
    ]


def first_sentence(spec: type[Any]) -> str:
    """The first sentence of a docstring, without its sources."""
    text = " ".join((inspect.getdoc(spec) or "").split("\n\n")[0].split())
    text = re.sub(r" \[[A-Z][^\[\]]*\d{4}[^\[\]]*\]", "", text)
    return re.split(r"(?<=\.)\s(?=[A-Z])", text, maxsplit=1)[0]


def _classes(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type):
        if hasattr(annotation, "model_fields"):
            yield annotation
        return
    for inner in get_args(annotation):
        yield from _classes(inner)


def _configs() -> list[tuple[str, str]]:
    from evo import _yaml
    from evo._errors import ConfigError

    rows: list[tuple[str, str]] = []
    for path in sorted(Path("configs").glob("*.y*ml")):
        try:
            data: Any = _yaml.load(path.read_bytes()).data
            words = data.get("question") or data.get("title") or ""
        except (ConfigError, OSError, AttributeError):
            words = "(cannot be read)"
        rows.append((str(path), " ".join(words.split())))
    return rows

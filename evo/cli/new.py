"""`evo new`: a config to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from evo.cli.words import REFUSED, complain, plainly


@plainly
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the config; .yaml is added.")] = "experiment",
) -> None:
    """Write a commented config to start from."""
    path = Path(name) if Path(name).suffix in (".yaml", ".yml") else Path(f"{name}.yaml")
    text = files("evo.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        complain(f"evo: {path} exists already; choose another name")
        raise typer.Exit(REFUSED) from None
    except FileNotFoundError:
        complain(f"evo: there is no folder {path.parent}")
        raise typer.Exit(REFUSED) from None
    print(f"wrote {path}; now: evo check {path}, then: evo run {path}")

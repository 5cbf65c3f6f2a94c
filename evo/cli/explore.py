"""`evo explore`: a config with sliders, as a page of this machine alone."""

from __future__ import annotations

from typing import Annotated

import typer

from evo.cli.options import Config, Settings, read
from evo.cli.words import console, plainly


@plainly
def explore(
    config: Config,
    settings: Settings = None,
    port: Annotated[
        int | None, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535, show_default="any that is free")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
) -> None:
    """Explore a config with sliders, in a browser: a page that this machine alone can open, with a token. Ctrl-C ends it."""
    from evo.explorer.page import serve

    experiment = read(config, settings)
    say = console()
    serve(
        experiment,
        port=port,
        browser=not no_browser,
        tell=lambda address: say.print(f"{address}\nCtrl-C ends it.", soft_wrap=True),
    )

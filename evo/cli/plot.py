"""`evo plot`: draw the pictures of a run again."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from evo.cli.options import Run
from evo.cli.words import FAILED, complain, console, plainly


@plainly
def plot(
    run: Run,
    kind: Annotated[list[str] | None, typer.Option(help="Draw this kind of picture only; repeatable.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="For dark ground, into files that end in -dark.")] = False,
) -> None:
    """Draw the pictures of a run's config again, into its folder; or one kind of picture, asked for or not."""
    from evo.cli.kinds import KINDS, members
    from evo.results import Result

    known = {name: spec for name, spec, _ in members(*KINDS["pictures"])}
    for name in kind or []:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is no kind of picture: {', '.join(known)}", param_hint="--kind")
    result = Result.load(run)
    if kind:
        asked = [picture for picture in result.experiment.plots if picture.kind in kind]
        asked += [known[name]() for name in kind if all(picture.kind != name for picture in asked)]
        result = replace(result, experiment=result.experiment.model_copy(update={"plots": tuple(asked)}))
    if not result.experiment.plots:
        complain(f"evo: the config asks for no pictures; choose with --kind: {', '.join(known)}")
        raise typer.Exit(FAILED)
    from evo.places import written_into
    from evo.plots import PictureError, draw

    try:
        with written_into(run) as here:
            written = draw(result, here, on_dark=dark)
    except PictureError as error:
        complain(f"evo: {error}")
        raise typer.Exit(FAILED) from None
    say = console()
    for path in written:
        say.print(str(run / path.name), soft_wrap=True)

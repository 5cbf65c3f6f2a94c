"""How the command speaks: its console, exit statuses, and errors in words instead of tracebacks."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from evo.batch.interrupts import Interrupted

FAILED, REFUSED = 1, 2
WIDTH = 110  # where the output is no terminal

P = ParamSpec("P")
R = TypeVar("R")


def console() -> Console:
    """Standard output. Colours go to terminals only, and not where NO_COLOR is set."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
    return Console(highlight=False, width=width, emoji=False, markup=False)


def complain(text: str) -> None:
    """One message to standard error, wrapped between words on a terminal."""
    if sys.stderr.isatty():
        from rich.console import Console

        Console(stderr=True, highlight=False, markup=False, emoji=False).print(text)
    else:
        print(text, file=sys.stderr, flush=True)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Tell errors that have a remedy in words; exit status 2 for what was refused, 1 for what failed."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        from evo._errors import ClusterError, ClusterLostError, ConfigError, MissingError
        from evo.exports import ExportError
        from evo.queries import QueryError
        from evo.runfolder import FolderError

        try:
            return command(*args, **kwargs)
        except (ConfigError, ExportError, FolderError, MissingError, QueryError) as error:
            complain(str(error) if isinstance(error, ConfigError) else f"evo: {error}")
            raise typer.Exit(REFUSED) from None
        except ClusterError as error:
            complain(f"evo: {error}")
            raise typer.Exit(FAILED if isinstance(error, ClusterLostError) else REFUSED) from None
        except BrokenPipeError:  # `evo show run | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(FAILED) from None
        except OSError as error:
            complain(f"evo: {error.filename or 'output'}: {error.strerror or error}")
            raise typer.Exit(FAILED) from None
        except KeyboardInterrupt as interrupt:
            _stopped(interrupt)
            raise typer.Exit(130) from None

    return told


def _stopped(interrupt: KeyboardInterrupt) -> None:
    from evo.batch.interrupts import Interrupted

    number = 2
    if isinstance(interrupt, Interrupted):
        complain(_farewell(interrupt))
        number = interrupt.signal
    else:
        complain("evo: stopped")
    if any(thread.name.startswith("evo") for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(128 + number)  # a thread that compiles a kernel hears nobody, and nothing is left to be lost
    raise typer.Exit(128 + number)


def _farewell(interrupt: Interrupted) -> str:
    from evo.batch.interrupts import resumable

    if interrupt.folder is None:
        return "evo: stopped"
    return f"evo: stopped. {resumable(interrupt.folder)}"


def counted(count: int, noun: str) -> str:
    """`1 point`, `2,187 points`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def short_path(path: object) -> str:
    """A path without what goes without saying."""
    return str(path).removeprefix("parameters.").removeprefix("run.")

"""The explorer as a page of this machine alone: a notebook of one cell, shown by Voila to whoever has the token."""

from __future__ import annotations

import json
import logging
import secrets
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evo._errors import MissingError
from evo.experiment import Experiment
from evo.loading import dump

HOST = "127.0.0.1"
NAME = "explore"
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws:; frame-ancestors 'self'"


def serve(
    experiment: Experiment, *, port: int | None = None, browser: bool = True, tell: Callable[[str], None]
) -> None:
    """Serve the explorer on 127.0.0.1 until it is stopped; `tell` gets the address with its token.

    Raises MissingError where Voila is not installed, OSError where the port is taken.
    """
    try:
        from traitlets.config import Config
        from voila.app import Voila
    except ModuleNotFoundError as error:
        raise MissingError(str(error.name), "jupyter") from None
    port = _free(port)
    token = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="evo-explore-") as folder:
        page = Path(folder) / f"{NAME}.ipynb"
        config = Path(folder) / "experiment.yaml"
        config.write_text(dump(experiment), encoding="utf-8")
        page.write_text(json.dumps(notebook(config)), encoding="utf-8")
        tell(f"http://{HOST}:{port}/?token={token}")
        Voila.launch_instance([str(page), f"--port={port}"], config=Config(settings(token, browser)))


def settings(token: str, browser: bool) -> dict[str, Any]:
    """What the page is served with: here alone, to whoever has the token, nothing but the page, nothing from elsewhere."""
    return {
        "Voila": {
            "ip": HOST,
            "token": token,
            "port_retries": 0,
            "open_browser": browser,
            "log_level": logging.ERROR,
            "tornado_settings": {"headers": {"Content-Security-Policy": POLICY}},
        },
        "VoilaConfiguration": {"file_allowlist": ["$^"]},
    }


def notebook(config: Path) -> dict[str, object]:
    """A notebook of one cell that explores a config."""
    lines = ["import evo", f"evo.explore(evo.load({str(config)!r}))"]
    cell = {"cell_type": "code", "execution_count": None, "id": "explore", "metadata": {}, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, "title": "evo"},
        "cells": [cell | {"source": "\n".join(lines)}],
    }


def _free(port: int | None) -> int:
    """The port, or any that is free; raises OSError where it is taken."""
    with socket.socket() as tried:
        tried.bind((HOST, port or 0))
        return tried.getsockname()[1]

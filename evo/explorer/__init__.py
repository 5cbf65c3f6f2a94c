"""The explorer: sliders made from a config, and a picture that follows them, in Jupyter or as a local page.

    evo.explore(evo.load("configs/hawk_dove.yaml"))

`evo explore CONFIG` opens the same in a browser. What is computed (`session`) knows no browser; `panel` is the widgets.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evo.experiment import Experiment
from evo.loading import load

if TYPE_CHECKING:
    from evo.explorer.panel import Panel

__all__ = ["explore"]


def explore(experiment: Experiment | str | Path) -> Panel:
    """Sliders and switches of an experiment, or of a config's file, with a picture that follows; show it as a cell's last line.

    The panel's `experiment` is what is set now, `svg` the picture. Raises ConfigError for a config that is refused and
    MissingError where ipywidgets is not installed.
    """
    from evo._errors import MissingError

    try:
        from evo.explorer.panel import Panel
    except ModuleNotFoundError as error:
        if error.name not in ("ipywidgets", "IPython"):
            raise
        raise MissingError("ipywidgets", "jupyter") from None
    return Panel(experiment if isinstance(experiment, Experiment) else load(experiment))

"""A phase diagram over two knobs, computed beside the picture."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from evo.explorer.session import Session
from evo.explorer.work import Work

if TYPE_CHECKING:
    from evo.results import Result

CELLS = 15  # of a map, each way
MOST_REPLICATES = 16  # of each cell, where the population is finite


@dataclass
class Mapped:
    """Two axes to choose, a button, and the map; `result` is the run that it shows."""

    session: Session
    work: Work
    result: Result | None = None

    def __post_init__(self) -> None:
        knobs = [knob for knob in self.session.knobs if knob.start is None and knob.path != "run.generations"]
        options = [(knob.label, knob.path) for knob in knobs]
        self.says = widgets.HTML()
        self.says.add_class("evo-map-says")
        self.shown = widgets.HTML()
        self.shown.add_class("evo-map")
        if len(options) < 2:
            self.box = widgets.HTML("A phase diagram needs two numbers: give the config two <code>parameters</code>.")
            return
        layout = widgets.Layout(width="330px")
        self.x = widgets.Dropdown(options=options, value=options[0][1], description="across", layout=layout)
        self.y = widgets.Dropdown(options=options, value=options[1][1], description="up", layout=layout)
        self.cells = widgets.IntSlider(value=CELLS, min=5, max=41, description="cells each way", layout=layout)
        self.cells.style.description_width = "initial"
        self.button = widgets.Button(description="Draw the phase diagram", layout=widgets.Layout(width="auto"))
        self.button.on_click(self._asked)
        self.button.add_class("evo-map-button")
        choose = widgets.HBox([self.x, self.y], layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([choose, self.cells, self.button, self.says, self.shown])

    def _asked(self, _: object) -> None:
        if self.x.value == self.y.value:
            self.says.value = "Choose two different numbers."
            return
        self.button.disabled = True
        self.says.value = "computing ..."
        asked = (
            Session(self.session.base, dict(self.session.settings)),
            str(self.x.value),
            str(self.y.value),
            self.cells.value,
        )
        self.work.aside(lambda _: self._draw(*asked))

    def _draw(self, session: Session, x: str, y: str, cells: int) -> None:
        from evo.batch.runner import run
        from evo.plots import prevail

        try:
            experiment = session.map_of(x, y, cells)
            most = min(MOST_REPLICATES, experiment.replicates) if experiment.random else None
            self.result = run(experiment, replicates=most, progress=_Told(self.says))
            self.shown.value = _image(prevail(self.result, part="map", x=x, y=y))
            self.says.value = (
                "To have it as a run of your own, with a report: put this under <code>sweep</code> and <code>plots</code> of "
                f"the config.<pre>{escape(_lines(experiment))}</pre>"
            )
        except (ValueError, RuntimeError) as error:
            self.says.value = f"<pre style='color:#b00020;white-space:pre-wrap'>{escape(str(error))}</pre>"
        finally:
            self.button.disabled = False


class _Told:
    """Progress of a run as one line."""

    def __init__(self, says: Any) -> None:
        self.says = says

    def checking(self, points: int, total: int) -> None:
        pass

    def running(self, progress: Any) -> None:
        self.says.value = f"computing: {100 * progress.share:.0f} %"

    def note(self, text: str) -> None:
        self.says.value = escape(text)

    def close(self) -> None:
        pass


def _image(figure: Any) -> str:
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=150)
    width = round(96 * figure.get_size_inches()[0] * 1.35)
    data = base64.b64encode(drawn.getvalue()).decode()
    return f"<img alt='phase diagram' style='width:100%;max-width:{width}px' src='data:image/png;base64,{data}'>"


def _lines(experiment: Any) -> str:
    from evo import _yaml

    return _yaml.dump({key: experiment.data[key] for key in ("sweep", "plots")})

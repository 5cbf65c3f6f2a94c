"""The explorer as widgets: knobs at the left; at the right the picture, a phase diagram, and the config."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from evo.experiment import Experiment
from evo.explorer.drawing import picture
from evo.explorer.exports import links
from evo.explorer.mapping import Mapped
from evo.explorer.rows import Row, switch_of
from evo.explorer.session import Scene, Session
from evo.explorer.work import Work
from evo.loading import dump, loads

CONFIG = 2  # the tab
ERRORS = (ValueError, RuntimeError, ArithmeticError)


class Panel(widgets.VBox):
    """An experiment to play with. `experiment` is what is set now, `svg` the picture, `scene` what it shows."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.work = Work()
        self.kept: tuple[Scene, dict[str, float]] | None = None
        self.svg = Markup("")
        self.scene: Scene | None = None
        self.picture = widgets.HTML(layout=widgets.Layout(width="100%", min_height="200px"))
        self.picture.add_class("evo-picture")
        self.says = widgets.HTML()
        self.says.add_class("evo-says")
        self.exported = widgets.HTML()
        self.text = widgets.Textarea(layout=widgets.Layout(width="100%", height="420px"))
        self._open(experiment)

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is set now."""
        return self.session.experiment

    @property
    def config(self) -> str:
        """The experiment as it is set now, as the YAML of a config."""
        return dump(self.experiment)

    def _open(self, experiment: Experiment) -> None:
        """Begin with an experiment: its own knobs, nothing kept."""
        self.session, self.kept = Session(experiment), None
        self.rows = [Row(knob, self._moved, self._tip) for knob in self.session.knobs]
        self.switches = [switch_of(switch, self._chosen) for switch in self.session.switches]
        self.map = Mapped(self.session, self.work)
        wanted = widgets.Layout(width="330px")
        names = [(kind.replace("_", " "), kind) for kind in experiment.strategy_names]
        self.target = widgets.Dropdown(options=names, value=names[-1][1], description="who tips", layout=wanted)
        stated = [row.box for row in self.rows if row.knob.stated]
        others = [row.box for row in self.rows if not row.knob.stated]
        more = widgets.Accordion([widgets.VBox(others)], titles=("more numbers",), selected_index=None)
        left = [*self.switches, *stated, self.target, *([more] if others else [])]
        buttons = widgets.HBox(
            [
                _button("Reset", "back to the config's own values", self._reset),
                _button("Keep for comparison", "keep this setting beside the one that moves", self._keep),
                _button("Export", "picture and config as files", self._export),
            ]
        )
        config = widgets.VBox(
            [
                widgets.HTML("The config as it is set now. Edit it, your own game included, and apply."),
                self.text,
                _button("Apply", "read the text as a config", self._apply),
            ]
        )
        self.tabs = widgets.Tab(
            [widgets.VBox([self.picture, buttons, self.exported]), self.map.box, config],
            titles=("Picture", "Phase diagram", "Config"),
            layout=widgets.Layout(flex="1 1 560px", min_width="320px"),
        )
        self.tabs.observe(self._write, "selected_index")
        knobs = widgets.VBox(left, layout=widgets.Layout(flex="0 0 390px", max_height="640px", overflow="auto"))
        body = widgets.HBox([knobs, self.tabs], layout=widgets.Layout(flex_flow="row wrap"))
        title = escape(experiment.title or "evo")
        head = widgets.HTML(f"<b style='font-size:120%'>{title}</b><br>{escape(experiment.question)}")
        self.children = [head, body, self.says]
        self._look()

    def _moved(self, path: str, value: float) -> None:
        self.session.move(path, value)
        self._settle()
        self._look()

    def _settle(self) -> None:
        """Show every knob where it stands: a share at the start moves the others."""
        values = self.session.values()
        for row in self.rows:
            row.show(values[row.knob.path])

    def _chosen(self, switch: Any, option: str) -> None:
        self.session.choose(switch, option)
        self._look()

    def _reset(self, _: object = None) -> None:
        self.session.reset()
        self.kept = None
        self._settle()
        for switch in self.switches:
            switch.reset()
        self.exported.value = ""
        self._look()

    def _keep(self, _: object) -> None:
        self.kept = None if self.kept is not None or self.scene is None else (self.scene, self.session.values())
        self._draw()

    def _look(self) -> None:
        """Draw at once what can be; the rest arrives as it is ready."""
        self.work.stop()
        try:
            self.scene = self.session.look()
        except ERRORS as error:
            self._say(str(error), wrong=True)
            return
        self._say("computing the mean field ..." if self.scene.pending else "")
        if not self.scene.pending:
            self._draw()
        self._write()
        if self.scene.more:
            self.work.start(lambda flag: self._more(flag))

    def _more(self, flag: Any) -> None:
        assert self.scene is not None
        try:
            for scene in self.session.more(self.scene, flag):
                with self.work.lock:
                    if flag[0]:
                        return
                    if self.scene.pending:
                        self._say("")
                    self.scene = scene
                    self._draw()
        except ERRORS as error:
            if not flag[0]:
                self._say(str(error), wrong=True)

    def _draw(self) -> None:
        if self.scene is None:
            return
        if self.kept is None:
            self.svg = picture([self.scene])
        else:
            scene, values = self.kept
            now = self.session.values()
            self.svg = picture(
                [scene, self.scene], [f"kept: {self._words(values, now)}", f"now: {self._words(now, values)}"]
            )
        self.picture.value = str(self.svg)

    def _write(self, _: object = None) -> None:
        """The config as text, where somebody sees it."""
        if self.tabs.selected_index == CONFIG:
            self.text.value = self.config

    def _words(self, values: dict[str, float], other: dict[str, float]) -> str:
        """The knobs that differ."""
        differ = [row.knob for row in self.rows if abs(values[row.knob.path] - other[row.knob.path]) > 1e-12]
        return ", ".join(f"{knob.short} = {values[knob.path]:.4g}" for knob in differ[:3]) or "the same"

    def _tip(self, row: Row) -> None:
        """Look for the point along a slider at which the chosen strategy tips, and mark it there."""
        strategy = str(self.target.value)
        self._say(f"looking for where {strategy.replace('_', ' ')} tips along {row.knob.label} ...")
        session = Session(self.session.base, dict(self.session.settings))

        def search(_: object) -> None:
            try:
                found = session.tip(row.knob.path, strategy)
            except ERRORS as error:
                self._say(str(error), wrong=True)
                return
            row.tells(found)
            without = "Without the interventions: " if session.base.interventions else ""
            self._say(f"{without}{found.target}. {found.statement}")

        self.work.aside(search)

    def _export(self, _: object) -> None:
        self.exported.value = links(self.experiment, str(self.svg), self.config)

    def _apply(self, _: object) -> None:
        try:
            experiment = loads(self.text.value)
        except ERRORS as error:
            self._say(str(error), wrong=True)
            return
        self.work.stop()
        self._open(experiment)

    def _say(self, words: str, *, wrong: bool = False) -> None:
        color = "#b00020" if wrong else "inherit"
        self.says.value = f"<div style='white-space:pre-wrap;color:{color}'>{escape(words)}</div>" if words else ""


def _button(label: str, tip: str, pressed: Any) -> widgets.Button:
    button = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="auto"))
    button.on_click(pressed)
    return button

"""One knob as a row of widgets: what it is called, a slider, and a button that looks for the tipping point along it."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from evo.explorer.knobs import Knob, Switch
from evo.tipping.results import ALREADY, FOUND

if TYPE_CHECKING:
    from evo.tipping import Critical

LINE = "20px"  # height of a line of text
STEPS = 200  # of a slider from end to end


class Row:
    """A slider of a knob; `moved` is called with path and value, `tip` with the row."""

    def __init__(self, knob: Knob, moved: Callable[[str, float], None], tip: Callable[[Row], None]) -> None:
        self.knob, self.quiet = knob, False
        self.moved = moved
        self.slider = _slider(knob)
        self.slider.observe(self._changed, "value")
        self.label = widgets.HTML(f"<span title='{knob.path}'>{escape(knob.label)}</span>", layout=_line())
        self.found = widgets.HTML(layout=_line())
        self.found.layout.display = "none"
        button = widgets.Button(
            description="tip?",
            tooltip=f"find the tipping point along {knob.label}",
            layout=widgets.Layout(width="44px", height="24px", padding="0"),
        )
        button.on_click(lambda _: tip(self))
        button.add_class("evo-tip")
        self.slider.add_class("evo-slider")
        tips = [button] if knob.path != "run.generations" else []
        line = widgets.HBox([self.slider, *tips])
        self.box = widgets.VBox([self.label, line, self.found], layout=widgets.Layout(margin="0 0 2px 0"))

    def show(self, value: float) -> None:
        """Stand at a value without telling anybody."""
        self.quiet = True
        try:
            self.slider.value = min(max(value, self.knob.low), self.knob.high)
        finally:
            self.quiet = False

    def tells(self, found: Critical) -> None:
        """Say below the slider where it tips."""
        points = switches(found)
        seed = "a seed of " if self.knob.start is not None else ""
        if points:
            told = f"tips at {' and '.join(f'{seed}{point:.4g}' for point in points)}"
        elif all(one.middle.outcome == ALREADY for one in found.responses):
            told = f"{found.target.strategy.replace('_', ' ')} holds wherever this stands"
        else:
            told = f"{found.target.strategy.replace('_', ' ')} tips nowhere here"
        self.found.layout.display = ""
        self.found.value = f"<span class='evo-tipped' style='color:#c2410c'>{escape(told)}</span>"

    def _changed(self, change: Any) -> None:
        if not self.quiet:
            self.moved(self.knob.path, float(change["new"]))


def switches(found: Critical) -> list[float]:
    """Values at which the answer switches, either way, ascending: of each stretch that tips its ends, or where half of the runs
    do."""
    points: set[float] = set()
    for one in found.responses:
        most = one.question.done.most
        ends = {end for window in one.windows for end in (window.low, window.high) if 0 < end < most}
        if one.curve is not None and one.middle.outcome == FOUND:
            ends = {one.middle.amount}
        points |= {float(one.value(end)) for end in ends}
    return sorted(points)


class Choice(widgets.Dropdown):
    """A switch as a list of options."""

    def __init__(self, switch: Switch, chosen: Callable[[Switch, str], None]) -> None:
        options = list(switch.options)
        super().__init__(options=options, value=options[0], description=switch.label)
        self.layout.width = "330px"
        self.quiet = False
        self.observe(lambda change: None if self.quiet else chosen(switch, change["new"]), "value")

    def reset(self) -> None:
        """Stand at the config's own option without telling anybody."""
        self.quiet = True
        try:
            self.value = self.options[0]
        finally:
            self.quiet = False


def switch_of(switch: Switch, chosen: Callable[[Switch, str], None]) -> Choice:
    """The widget of a switch."""
    return Choice(switch, chosen)


def _line() -> widgets.Layout:
    return widgets.Layout(height=LINE, margin="0 2px")


def _slider(knob: Knob) -> Any:
    layout = widgets.Layout(width="330px")
    if knob.whole and not knob.logarithmic:
        return widgets.IntSlider(value=round(knob.value), min=round(knob.low), max=round(knob.high), layout=layout)
    if knob.logarithmic:
        low, high = math.log10(knob.low), math.log10(knob.high)
        form = ".0f" if knob.whole else ".3g"
        return widgets.FloatLogSlider(
            value=knob.value, min=low, max=high, step=(high - low) / STEPS, readout_format=form, layout=layout
        )
    step = 10 ** math.floor(math.log10((knob.high - knob.low) / STEPS * 5))
    return widgets.FloatSlider(
        value=knob.value, min=knob.low, max=knob.high, step=step, readout_format=".3g", layout=layout
    )

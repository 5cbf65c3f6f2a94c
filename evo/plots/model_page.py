"""The page of a picture of theory: made from a model alone."""

from __future__ import annotations

from matplotlib.axes import Axes

from evo.experiment import Experiment
from evo.model import Model
from evo.plots.page import Page, blank_page, derived_from

Source = Experiment | Model


def open_model_page(source: Source, *, width: float, height: float, ax: Axes | None = None) -> Page:
    """An empty page, with this height for its body."""
    made_by = derived_from(model_of(source), title=getattr(source, "title", ""))
    return blank_page(made_by, width=width, height=height, ax=ax)


def model_of(source: Source) -> Model:
    """The model that a picture is of."""
    return source if isinstance(source, Model) else source.model

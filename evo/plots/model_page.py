"""The page of a picture of theory: made from a model alone, so it names no seed."""

from __future__ import annotations

from typing import Any, cast

import evo
from evo.canonical import canonical, sha256
from evo.experiment import Experiment
from evo.model import Model
from evo.plots.page import Page, Picture, Provenance
from evo.plots.trait_page import Derivation

Source = Experiment | Model


def open_model_page(source: Source, *, width: float, height: float) -> Page:
    """An empty page, with this height for its body."""
    figure = Picture(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04, wspace=0.02, hspace=0.02)  # type: ignore[union-attr]
    rows = figure.add_gridspec(2, 1, height_ratios=[1, 1])
    made: Any = Derivation(getattr(source, "title", ""), sha256(canonical(model_of(source)))[:8], evo.__version__)
    return Page(figure, rows, figure.add_subfigure(rows[0]), figure.add_subfigure(rows[1]), cast(Provenance, made))


def model_of(source: Source) -> Model:
    """The model that a picture is of."""
    return source if isinstance(source, Model) else source.model

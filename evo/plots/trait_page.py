"""The page of a picture of continuous traits: the same as of any other, made by a `TraitModel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import evo
from evo.canonical import canonical, sha256
from evo.plots.page import Page, Picture, Provenance
from evo.traits.model import TraitModel


@dataclass(frozen=True)
class Derivation:
    """What made a picture that holds no simulation, and so has no seed."""

    title: str
    config: str
    version: str

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.title, f"config {self.config}", f"evo {self.version}"]))


def open_trait_page(model: TraitModel, *, seed: int | None, width: float, height: float) -> Page:
    """An empty page, with this height for its body; `seed` is None where nothing was simulated."""
    figure = Picture(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04, wspace=0.02, hspace=0.02)  # type: ignore[union-attr]
    rows = figure.add_gridspec(2, 1, height_ratios=[1, 1])
    config = sha256(canonical(model))[:8]
    made: Any = Derivation(model.title, config, evo.__version__)
    if seed is not None:
        made = Provenance(model.title, config, seed, evo.__version__)
    return Page(figure, rows, figure.add_subfigure(rows[0]), figure.add_subfigure(rows[1]), cast(Provenance, made))


def trait_label(model: TraitModel, name: str) -> str:
    """What a trait is called on an axis: its label, else its name in words."""
    return model.traits[name].label or name.replace("_", " ")

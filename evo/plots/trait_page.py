"""The page of a picture of continuous traits: made by a `TraitModel`."""

from __future__ import annotations

from evo.plots.page import Page, blank_page, derived_from
from evo.traits.model import TraitModel


def open_trait_page(model: TraitModel, *, seed: int | None, width: float, height: float) -> Page:
    """An empty page, with this height for its body; `seed` is None where nothing was simulated."""
    return blank_page(derived_from(model, title=model.title, seed=seed), width=width, height=height)


def trait_label(model: TraitModel, name: str) -> str:
    """What a trait is called on an axis: its label, else its name in words."""
    return model.traits[name].label or name.replace("_", " ")

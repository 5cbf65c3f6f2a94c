"""Variants of a model: the same with some of its parts exchanged, checked and lowered anew."""

from __future__ import annotations

from typing import Any

from evo.model import Model, Parts


def variant(model: Model, **parts: Any) -> Model:
    """The model with these parts (game, selection, mutation, ...) in place of its own; raises as loading a model does."""
    return Model.model_validate({name: getattr(model, name) for name in Parts.model_fields} | parts)

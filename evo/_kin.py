"""Kin: specs that differ in the values of their parameters alone share what does not follow from these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from pydantic import BaseModel

Kind = TypeVar("Kind", bound=BaseModel)
Asked = ParamSpec("Asked")
Found = TypeVar("Found")
SHARED = "in_common"  # the attribute that kin have in common: a dict, by name of what was found


def shared(
    function: Callable[Concatenate[Any, Asked], Found],
) -> Callable[Concatenate[Any, Asked], Found]:
    """A function of a spec that looks at the value of no parameter: worked out once for the spec and its kin.

    What it gives is the same object every time and must not be changed; what else it is asked must be hashable.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def found(spec: Any, *asked: Asked.args, **named: Asked.kwargs) -> Found:
        key, known = (name, *asked, *named.items()), getattr(spec, SHARED)
        if key not in known:
            known[key] = function(spec, *asked, **named)
        return known[key]

    return found


def kin(spec: Kind, changes: Mapping[str, Any]) -> Kind:
    """A copy of a frozen spec with these fields changed, not validated: of what was computed it keeps only what kin share."""
    getattr(spec, SHARED, None)  # from now on it is there to be copied
    twin = spec.model_copy(update=dict(changes))
    fields = type(spec).model_fields
    held = vars(twin)
    for key in [key for key in held if key not in fields and key != SHARED]:
        del held[key]
    return twin

"""Setting one path of a config: what sweeps, `--set` and interventions do."""

from __future__ import annotations

from typing import Any, cast

from evo import _spec
from evo._errors import suggest
from evo._spec import ProblemError

ORDER = (
    "schema_version", "title", "question", "note", "parameters", "strategies", "game", "environment", "selection",
    "mutation", "population", "dynamics", "interventions", "run", "sweep", "measure", "plots", "files", "cluster",
)  # fmt: skip


def set_path(data: Any, path: str, value: Any) -> Any:
    """The data of an experiment or a model with the value at one path set, not yet validated.

    Raises ProblemError or ConfigError where the path cannot be set.
    """
    keys = _spec.parse_path(path)
    if keys[0] in ("sweep", "files", "schema_version"):
        raise ProblemError(keys, f"{keys[0]} cannot be set")
    if keys[0] == "parameters" and len(keys) == 2:
        if keys[1] in data.get("environment", {}):
            raise ProblemError(keys, "the environment variable of this name shadows the parameter: set the law instead")
        if keys[1] not in data.get("parameters", {}):
            known = ", ".join(data.get("parameters", {})) or "none"
            raise ProblemError(
                keys, "is not a parameter", suggest(keys[1], data.get("parameters", {})) or f"parameters: {known}"
            )
        if not isinstance(cast("object", value), dict):
            former: Any = data["parameters"][keys[1]]
            kept = cast("dict[str, Any]", former) if isinstance(former, dict) else {}
            return _spec.replace(data, path, kept | {"value": value})
    if len(keys) > 1 and keys[0] in ORDER and keys[0] not in data:  # sections at their defaults are not written out
        data = data | {keys[0]: dict[str, Any]()}
    if len(keys) > 2 and keys[:2] in (("run", "record"), ("selection", "bias")):
        data = data | {keys[0]: {keys[1]: dict[str, Any]()} | data[keys[0]]}
    return _spec.replace(data, path, value)

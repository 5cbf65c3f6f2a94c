"""How an experiment is read and written: YAML in and out, data files embedded, its sweep checked, the JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, cast

from evo import _spec, _yaml
from evo._spec import ConfigError
from evo.datafiles import with_files
from evo.experiment import Experiment
from evo.includes import with_includes
from evo.lowering import Problems
from evo.pictures import OfGraphs


def load(
    path: str | FilePath, *, settings: Mapping[str, Any] | None = None, data_root: str | FilePath | None = None
) -> Experiment:
    """Read an experiment from a YAML file, with data files embedded and the points of its sweep checked.

    `settings` are set before anything is checked (`--set`). Data files must lie below the config's own folder, or below
    `data_root`. Raises ConfigError with every problem, its path and line; OSError where the file cannot be read.
    """
    path = FilePath(path)
    root = FilePath(data_root) if data_root is not None else path.parent
    return loads(path.read_bytes(), source=path.name, settings=settings, data_root=root)


def loads(
    text: str | bytes,
    *,
    source: str = "<config>",
    settings: Mapping[str, Any] | None = None,
    data_root: str | FilePath | None = None,
) -> Experiment:
    """`load` from text; without `data_root` no data files are read."""
    root = None if data_root is None else FilePath(data_root)
    written = _yaml.load(text, source=source)
    included = with_includes(written, root)
    document, data = included.document, cast("Any", included.document.data)
    try:
        data = with_files(document.data, root)
        experiment = _spec.validate(Experiment, data, document=document, source=source)
        if settings:
            data = experiment.data_with(settings)
            data = with_files(data, root)
            experiment = _spec.validate(Experiment, data)
        check_sweep(experiment)
    except ConfigError as error:  # what was set stands on no line
        raise included.placed(_spec.refuse(error, document=document, data=data, source=source), data) from None
    return experiment


def dump(experiment: Experiment) -> str:
    """The experiment as YAML; `loads` gives it back."""
    return _yaml.dump(experiment.data)


def schema() -> dict[str, Any]:
    """The JSON Schema of a config; of one that includes another only the names of its keys, for each may be a part."""
    whole = Experiment.model_json_schema()
    names = {name: {"description": said.get("description", "")} for name, said in whole["properties"].items()}
    part = {"type": "object", "properties": names, "additionalProperties": False}
    head = {key: whole.pop(key) for key in ("$defs", "title", "description")}
    return head | {"if": {"required": ["include"]}, "then": part, "else": whole}


def check_sweep(experiment: Experiment) -> None:
    """Refuse a sweep of which a part sets what cannot be set: the points at the ends of its values are built; and pictures
    of graphs where no point is of a population on one."""
    ends = [bench.at(settings) for bench in experiment.benches for settings in bench.settings(ends=True)]
    kinds = {experiment.population.kind, *(end.population.kind for end in ends)}
    problems = Problems()
    for place, picture in enumerate(experiment.plots):
        if isinstance(picture, OfGraphs) and "network" not in kinds:
            problems.add(("plots", place), f"{picture.kind} shows populations on graphs, and there is none here")
    problems.stop()

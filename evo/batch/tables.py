"""Tables as Arrow: the fixed columns of outcomes, paths and points, and the rows that a recording gives."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from evo import _yaml
from evo.experiment import Experiment
from evo.kernels.arrays import RECORDED, Recording
from evo.measures import outcomes
from evo.recording import blank_recording, plan_of
from evo.runfolder import ADDRESS, FAILURE

_KEY_FIELDS = [pa.field("point", pa.int64(), nullable=False), pa.field("replicate", pa.int64(), nullable=False)]
_NUMBER, _TEXT = pa.float64(), pa.string()


def outcome_types(experiment: Experiment) -> dict[str, pa.DataType]:
    """The measures' columns and their types, from the measures themselves: no run needed, no value looked at."""
    model = experiment.model
    names = experiment.intervention_names
    plan = plan_of(**experiment.plan_arguments, record_every=None)
    blank = blank_recording(model.lowered, plan, 1, interventions=len(names))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a blank recording is all nan
        columns = outcomes(experiment.measure, model, blank, interventions=names)
    return {name: _NUMBER if values.dtype.kind in "fiu" else _TEXT for name, values in columns.items()}


def path_types(experiment: Experiment) -> dict[str, pa.DataType]:
    """Columns of a path: the strategies, the environment, the mean payoff."""
    model = experiment.model
    return dict.fromkeys([*model.strategies, *model.environment, "mean_payoff"], _NUMBER)


def outcome_schema(types: Mapping[str, pa.DataType]) -> pa.Schema:
    """Columns point, replicate, then the measures; each measure may be null."""
    return pa.schema([*_KEY_FIELDS, *(pa.field(name, kind) for name, kind in types.items())])


def path_schema(types: Mapping[str, pa.DataType]) -> pa.Schema:
    """Columns point, replicate, time, then the path's."""
    time = pa.field("time", _NUMBER, nullable=False)
    return pa.schema([*_KEY_FIELDS, time, *(pa.field(name, kind) for name, kind in types.items())])


def failure_schema() -> pa.Schema:
    """Replicates that stopped: point, replicate, seed, message, and the command that runs this one alone."""
    return pa.schema(
        [*_KEY_FIELDS, pa.field("seed", pa.int64()), pa.field("message", _TEXT), pa.field("command", _TEXT)]
    )


def part_schema(schema: pa.Schema) -> pa.Schema:
    """Outcomes of a part: by address, and a replicate that failed has its seed and message, and nulls for measures."""
    return by_address(schema).append(pa.field("seed", pa.int64())).append(pa.field(FAILURE, _TEXT))


def by_address(schema: pa.Schema) -> pa.Schema:
    """Rows that name their point by its address, not by its number."""
    return schema.set(0, pa.field(ADDRESS, pa.int64(), nullable=False))


def rows(schema: pa.Schema, blocks: Iterable[Mapping[str, np.ndarray]]) -> pa.Table:
    """A table of this schema from blocks of columns; a column that is not given is null, and nan is null everywhere."""
    tables = [schema.empty_table()]
    for names, alike in groupby(blocks, key=tuple):  # one table of all that follow each other with the same columns
        found = list(alike)
        columns = {name: np.concatenate([block[name] for block in found]) for name in names}
        length = len(columns["replicate"])
        arrays = [
            pa.array(columns[field.name], type=field.type, from_pandas=True)
            if field.name in columns
            else pa.nulls(length, field.type)
            for field in schema
        ]
        tables.append(pa.Table.from_arrays(arrays, schema=schema))
    return pa.concat_tables(tables)


def path_columns(
    experiment: Experiment, replicates: np.ndarray, every: float, recording: Recording
) -> dict[str, np.ndarray]:
    """Tidy columns of the paths of these replicates, as far as they were recorded."""
    kept = recording.counts[:, RECORDED]
    places = np.arange(recording.mix.shape[1])
    there = places < kept[:, None]
    model = experiment.model
    times = np.broadcast_to(every * places, there.shape)[there]
    columns = {
        ADDRESS: np.full(len(times), experiment.address),
        "replicate": np.repeat(replicates, kept),
        "time": times,
    }
    columns |= {name: recording.mix[:, :, i][there] for i, name in enumerate(model.strategies)}
    columns |= {name: recording.environment[:, :, v][there] for v, name in enumerate(model.environment)}
    return columns | {"mean_payoff": recording.payoff[there]}


def points_table(parts: Sequence[str], settings: Sequence[Mapping[str, Any]], paths: Iterable[str]) -> pa.Table:
    """One row per point: point, part, and what the sweep varies.

    A column of numbers stays one; any other holds compact YAML, `-` where a point's part does not vary it.
    """
    columns: dict[str, pa.Array] = {
        "point": pa.array(range(len(parts)), pa.int64()),
        "part": pa.array(parts, _TEXT),
    }
    for path in paths:
        values = [chosen.get(path, _ABSENT) for chosen in settings]
        if all(type(value) is int and abs(value) < 2**63 for value in values):
            columns[path] = pa.array(values, pa.int64())
        elif all(type(value) in (int, float) for value in values):
            columns[path] = pa.array([float(value) for value in values], _NUMBER)
        else:
            columns[path] = pa.array(["-" if value is _ABSENT else compact(value) for value in values], _TEXT)
    return pa.table(columns)


_ABSENT = object()
_BARE = re.compile(r"[^\s,:#\[\]{}\"'](?:[^\n,:#\[\]{}\"']*[^\s,:#\[\]{}\"'])?")


def compact(value: Any) -> str:
    """A value as YAML on one line: `{command: 0.97}`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{compact(str(key))}: {compact(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(compact(item) for item in value) + "]"
    if isinstance(value, str) and not _BARE.fullmatch(value):
        return json.dumps(value, ensure_ascii=False)
    return _yaml.dump(value).strip().removesuffix("\n...").strip()

"""The frozen, strict base of everything a config can say, and how a config becomes one or is refused."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from evo._errors import ConfigError, ConfigProblem, Path, ProblemError, listed, nearest, render_path
from evo._problems import problems_of
from evo._reprs import short, table
from evo._yaml import Document, Plain, load_value

__all__ = [
    "ConfigError",
    "ConfigProblem",
    "Path",
    "ProblemError",
    "Spec",
    "parse_assignment",
    "parse_path",
    "refuse",
    "render_path",
    "replace",
    "validate",
    "value_at",
]

Model = TypeVar("Model", bound=BaseModel)


class Spec(BaseModel):
    """Frozen; unknown keys, other scalar types than the field's, infinities and NaN are refused.

    An integer does for a float; lists do for tuples, at any depth, so fields are tuples, never lists. A field that
    takes infinity says `Annotated[float, Field(allow_inf_nan=True)]`. A field whose key is a Python keyword has an
    alias: configs write the alias, Python may write either. Defaults are validated like anything else.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
    )

    def __eq__(self, other: object) -> bool:
        """Equal in every field; what was computed from them and kept does not count."""
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).model_fields)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is not at its default, and not said by the class."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name != "kind" and value != field.get_default(call_default_factory=True):
                yield name, value

    def _repr_html_(self) -> str:
        """What is not at its default, for notebooks."""
        rows = ((str(name), short(value)) for name, value in self.__repr_args__())
        return table(type(self).__name__, rows)

    @model_validator(mode="before")
    @classmethod
    def _take_lists_for_tuples(cls, data: Any) -> Any:
        return _with_tuples(data)


def validate(cls: type[Model], data: object, *, document: Document | None = None, source: str | None = None) -> Model:
    """Plain data as a spec; raises ConfigError with every problem, its path and, given the document, its line."""
    try:
        return cls.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        raise refuse(error, model=cls, data=data, document=document, source=source) from None


def refuse(
    error: ValueError,
    *,
    at: Path = (),
    model: type[BaseModel] | None = None,
    data: object = None,
    document: Document | None = None,
    source: str | None = None,
) -> ConfigError:
    """The ConfigError that says what a ValidationError, a ProblemError, a ConfigError or a ValueError found.

    `at` is the path of what was being checked, `model` and `data` what pydantic validated.
    """
    found = problems_of(error, model, data, at)
    if document is not None:
        current = document.data if data is None or at else data
        found = [dataclasses.replace(problem, line=_line(problem.path, document, current)) for problem in found]
    return ConfigError(found, source or (document.source if document else None))


def replace(data: Plain, path: str, value: object) -> Plain:
    """New data with the value at a dotted path, such as `run.start.0`; the old data is left as it was.

    Only the last key may be new: what a config leaves out has a default, and validation refuses what nobody knows.
    """
    return _replaced(data, parse_path(path), (), value)


def parse_assignment(text: str, *, source: str = "--set") -> tuple[str, Plain]:
    """Path and value of `parameters.b=5`; the value is one YAML scalar, or a list or mapping in brackets."""
    path, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not path:
        raise ConfigError([ConfigProblem((), None, f"{text!r} is not of the form path=value")], source)
    at = parse_path(path, source=source)
    if not value:
        hint = f"write {path}=null, or {path}='\"\"' for empty text"
        raise ConfigError([ConfigProblem(at, None, "has no value", hint)], source)
    try:
        return path, load_value(value, source=source)
    except ConfigError as error:
        problems = [dataclasses.replace(problem, path=at + problem.path, line=None) for problem in error.problems]
        raise ConfigError(problems, source) from None


def parse_path(text: str, *, source: str | None = None) -> tuple[str, ...]:
    """The keys of a dotted path; a key with a dot in it stands in double quotes."""
    part = r'"(?:[^"\\]|\\.)*"|[^."]+'
    if not re.fullmatch(rf"({part})(\.({part}))*", text):
        hint = 'write keys with dots between, as in parameters.b; a key with a dot in it as "a.b"'
        raise ConfigError([ConfigProblem((), None, f"{text!r} is not a path", hint)], source)
    return tuple(json.loads(key) if key.startswith('"') else key for key in re.findall(part, text))


def _with_tuples(value: Any) -> Any:
    if type(value) in (list, tuple):
        return tuple(_with_tuples(item) for item in value)
    if type(value) is dict:
        return {key: _with_tuples(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value


def _replaced(here: Any, path: tuple[str, ...], done: Path, value: object) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(here, Mapping):
        mapping = cast("Mapping[str, Any]", here)
        if rest and head not in mapping:
            raise _no_such_path((*done, *path), done, head, list(mapping))
        return {**mapping, head: _replaced(mapping.get(head), rest, (*done, head), value)}
    if isinstance(here, (list, tuple)):
        items = list(cast("list[Any]", here))
        if not re.fullmatch("[0-9]{1,9}", head) or int(head) >= len(items):
            raise _no_such_path((*done, *path), done, head, [str(place) for place in range(len(items))])
        items[int(head)] = _replaced(items[int(head)], rest, (*done, int(head)), value)
        return items
    message = f"'{render_path(done)}' {'is empty' if here is None else 'is a single value'}: nothing is below it"
    raise ConfigError([ConfigProblem((*done, *path), None, message)])


def _no_such_path(path: Path, done: Path, head: str, known: list[str]) -> ConfigError:
    near = nearest(head, known)
    hint = f"known here: {listed(known)}"
    if near is not None:
        hint = f"did you mean '{render_path((*done, near, *path[len(done) + 1 :]))}'?"
    return ConfigError([ConfigProblem(path, None, f"no such path: nothing at '{render_path((*done, head))}'", hint)])


def _line(path: Path, document: Document, data: object) -> int | None:
    """The line of a key, or of the nearest one above it; None where `data` no longer says what the document does."""
    if path in document.lines:
        said = [value_at(data, path)] == [value_at(document.data, path)]  # in lists, for NaN equals itself there
        return document.lines[path] if said else None
    above = [path[:length] for length in range(len(path), -1, -1) if path[:length] in document.lines]
    return document.lines[above[0]] if above else None


def value_at(data: Any, path: Path) -> object:
    """What stands at a path of plain data, None where nothing does."""
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data

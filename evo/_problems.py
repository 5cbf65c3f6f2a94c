"""pydantic's errors in the words and places of a config.

A pydantic location names union branches besides keys (`population.group.size.float`), so the annotations are walked
along with it: that drops the branches, however a key is called, and finds the names known at each place.
"""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from evo._errors import ConfigError, ConfigProblem, Path, ProblemError, listed, nearest, short, suggest
from evo._scalars import float_text

Branch: TypeAlias = tuple[Path, str]  # where a union stands, and pydantic's label of the member that was tried

_WANTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "none_required": "null",
    **dict.fromkeys(["tuple_type", "list_type", "set_type", "frozen_set_type"], "a list"),
    **dict.fromkeys(["dict_type", "mapping_type", "model_type", "model_attributes_type"], "a mapping (key: value)"),
}
_LIMITS = {
    "greater_than": ("must be greater than", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be at most", "le"),
    "multiple_of": ("must be a multiple of", "multiple_of"),
}
_LENGTHS = {
    "too_short": ("at least", "min_length", "item"),
    "too_long": ("at most", "max_length", "item"),
    "string_too_short": ("at least", "min_length", "character"),
    "string_too_long": ("at most", "max_length", "character"),
}


def problems_of(error: ValueError, annotation: Any, data: object, prefix: Path = ()) -> list[ConfigProblem]:
    """What a validator or pydantic found, with paths into the config and no lines yet."""
    if isinstance(error, ValidationError):
        faults = [_fault(dict(item), annotation, data) for item in error.errors(include_url=False)]
        found = _without_echoes(_settle(faults))
    elif isinstance(error, ConfigError):
        found = list(error.problems)
    elif isinstance(error, ProblemError):
        found = [ConfigProblem(error.path, None, error.message, error.hint)]
    else:
        found = [ConfigProblem((), None, str(error) or "is not valid")]
    return [replace(problem, path=prefix + problem.path) for problem in found]


@dataclass(frozen=True)
class _Place:
    """A location as a path of the config, with the annotations at its end and one level above."""

    path: Path
    branches: tuple[Branch, ...]
    annotation: Any
    parent: Any = None

    def below(self, key: str | int, annotation: Any) -> _Place:
        return _Place((*self.path, key), self.branches, annotation, self.annotation)

    def member(self, label: str | int, annotation: Any) -> _Place:
        return _Place(self.path, (*self.branches, (self.path, str(label))), annotation, self.parent)


@dataclass(frozen=True)
class _Fault:
    """One pydantic error at its place."""

    kind: str
    place: _Place
    value: Any
    context: Mapping[str, Any]
    message: str

    @property
    def path(self) -> Path:
        return self.place.path


def _fault(item: dict[str, Any], annotation: Any, data: object) -> _Fault:
    kind, location, value, context = item["type"], item["loc"], item["input"], item.get("ctx", {})
    start = _Place((), (), annotation)
    place = next(_along_annotations(start, location), None) or _along_data(start, location, data, kind)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        place = place.below(context["discriminator"].strip("'"), None)
    return _Fault(kind, place, value, context, item["msg"])


def _along_annotations(place: _Place, location: Path) -> Iterator[_Place]:
    """Every way to read a location along the annotations; the first is right unless names are perverse."""
    if not location:
        yield place
        return
    head, rest = location[0], location[1:]
    shape = _bare(place.annotation)
    place = replace(place, annotation=shape)
    if members := _members(shape):
        for member in sorted(members, key=lambda member: not _is_called(member, head)):
            yield from _along_annotations(place.member(head, member), rest)
    elif fields := _fields(shape):
        if head in fields:
            yield from _along_annotations(place.below(head, fields[str(head)]), rest)
        elif not rest:
            yield place.below(head, None)
    elif issubclass(_class(shape), Mapping) and (arguments := get_args(shape)):
        if rest == ("[key]",):
            yield place.below(head, arguments[0])
        else:
            yield from _along_annotations(place.below(head, arguments[1]), rest)
    elif isinstance(head, int) and (arguments := get_args(shape)):
        fixed = get_origin(shape) is tuple and arguments[-1] is not Ellipsis
        if not fixed or head < len(arguments):
            yield from _along_annotations(place.below(head, arguments[head if fixed else 0]), rest)


def _along_data(place: _Place, location: Path, data: object, kind: str) -> _Place:
    """Where annotations do not lead: what is neither a key nor an index of the data is a branch."""
    here: Any = data
    for step, head in enumerate(location):
        is_last = step == len(location) - 1
        if head in _mapping(here) or head in range(len(_list(here))):
            here = here[head]
            place = place.below(head, None)
        elif isinstance(head, int) or (is_last and kind in ("missing", "extra_forbidden")):
            place = place.below(head, None)
        elif head != "[key]":
            place = place.member(head, None)
    return place


def _bare(annotation: Any) -> Any:
    """The annotation without aliases, metadata and None."""
    while True:
        if hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated or len(_all_members(annotation)) == 1:
            annotation = get_args(annotation)[0] if get_origin(annotation) is Annotated else _all_members(annotation)[0]
        else:
            return annotation


def _all_members(annotation: Any) -> list[Any]:
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return [member for member in get_args(annotation) if member is not type(None)] if is_union else []


def _members(annotation: Any) -> list[Any]:
    return _all_members(_bare(annotation))


def _class(annotation: Any) -> type[Any]:
    origin: Any = get_origin(annotation) or annotation
    return cast("type[Any]", origin) if isinstance(origin, type) else object


def _fields(annotation: Any) -> dict[str, Any]:
    """The keys a model knows, as a config writes them, and their annotations."""
    model = _class(annotation)
    if not issubclass(model, BaseModel):
        return {}
    aliases = {name: field.validation_alias or field.alias for name, field in model.model_fields.items()}
    names = {name: alias if isinstance(alias, str) else name for name, alias in aliases.items()}
    return {names[name]: field.annotation for name, field in model.model_fields.items()}


def _is_called(member: Any, label: str | int) -> bool:
    shape = _bare(member)
    if str(label).partition("[")[0] == getattr(get_origin(shape) or shape, "__name__", ""):
        return True
    kinds = [get_args(inner) for inner in _fields(shape).values() if get_origin(inner) is Literal]
    return any(label in values for values in kinds)


def _kinds(annotation: Any, discriminator: str) -> list[str]:
    """The values of a discriminator that a union knows."""
    found: list[str] = []
    for member in _members(annotation) or [_bare(annotation)]:
        inner = _fields(_bare(member)).get(discriminator)
        found += get_args(inner) if get_origin(inner) is Literal else []
        found += _kinds(member, discriminator) if _members(member) else []
    return found


def _settle(faults: Sequence[_Fault], level: int = 0) -> list[ConfigProblem]:
    """Problems out of faults: of the members of a union that were tried, only the one that was meant speaks."""
    unions: dict[Path, dict[str, list[_Fault]]] = {}
    found: list[ConfigProblem] = []
    for fault in faults:
        if len(fault.place.branches) <= level:
            found += _problems(fault)
            continue
        path, label = fault.place.branches[level]
        unions.setdefault(path, {}).setdefault(label, []).append(fault)
    for path, members in unions.items():
        meant = [tried for tried in members.values() if not all(_is_misfit(fault, path) for fault in tried)]
        everything = [fault for tried in members.values() for fault in tried]
        if meant:  # the member whose first fault lies deepest, then the one with the fewest faults
            closest = min(meant, key=lambda tried: (-min(len(fault.path) for fault in tried), len(tried)))
            found += _settle(closest, level + 1)
        elif len(everything) == 1:
            found += _problems(everything[0])
        else:
            found.append(_misfit(everything, path))
    return found


def _is_misfit(fault: _Fault, path: Path) -> bool:
    """Whether a member of the union at this path was not meant at all: a number where text stands."""
    return fault.path == path and (fault.kind in _WANTED or fault.kind in ("literal_error", "enum"))


def _misfit(faults: Sequence[_Fault], path: Path) -> ConfigProblem:
    """One problem for a value that no member of a union takes."""
    wanted: list[str] = []
    choices: list[Any] = []
    for fault in faults:
        known = _choices(fault.context.get("expected", ""))
        choices += known
        wanted += [repr(choice) for choice in known] or [_WANTED[fault.kind]]
    wanted = list(dict.fromkeys(wanted))
    if "a number" in wanted and "a whole number" in wanted:
        wanted.remove("a whole number")
    if any("number" in noun for noun in wanted):
        wanted = ["a formula" if noun == "text" else noun for noun in wanted]
    value = faults[0].value
    hint = suggest(value, map(str, choices)) if isinstance(value, str) else None
    hint = hint or next(
        filter(None, (_remedy(fault) for fault in faults if "number" in _WANTED.get(fault.kind, ""))), None
    )
    return ConfigProblem(path, None, f"needs {listed(wanted, last=' or ')}{_but(value)}", hint)


def _problems(fault: _Fault) -> list[ConfigProblem]:
    if isinstance(error := fault.context.get("error"), ValueError):
        return problems_of(error, None, fault.value, fault.path)
    path, value, context = fault.path, fault.value, fault.context
    message, hint = f"{re.sub('^Input should ', 'must ', fault.message)}{_is(value)}", None
    if fault.kind == "missing" and isinstance(path[-1], int):
        path, message = path[:-1], f"needs {len(get_args(fault.place.parent))} items, has {len(value)}"
    elif fault.kind == "missing":
        message = "is missing"
    elif fault.kind == "extra_forbidden":
        message, hint = "unknown key", _known_keys(fault)
    elif fault.kind == "union_tag_not_found":
        message, hint = "is missing", _known_kinds(fault)
    elif fault.kind == "union_tag_invalid":
        value = _mapping(value).get(path[-1], getattr(value, str(path[-1]), None))
        message, hint = _unknown_choice(value, _choices(context["expected_tags"]))
    elif fault.kind in ("literal_error", "enum"):
        message, hint = _unknown_choice(value, _choices(context["expected"]))
    elif fault.kind in _WANTED:
        message, hint = f"needs {_WANTED[fault.kind]}{_but(value)}", _remedy(fault)
    elif fault.kind in _LIMITS:
        words, key = _LIMITS[fault.kind]
        message = f"{words} {_show(context[key])}{_is(value)}"
    elif fault.kind in _LENGTHS:
        words, key, noun = _LENGTHS[fault.kind]
        message = (
            "must not be empty"
            if value == ""
            else f"needs {words} {context[key]} {noun}{'' if context[key] == 1 else 's'}, has {len(value)}"
        )
    elif fault.kind == "finite_number":
        message = f"must be a finite number{_is(value)}"
    elif fault.kind == "string_pattern_mismatch":
        message = f"must have the form {context['pattern']}{_is(value)}"
    return [ConfigProblem(path, None, message, hint)]


def _without_echoes(problems: list[ConfigProblem]) -> list[ConfigProblem]:
    """Every problem once; a missing key is no news where a misspelt one was found that stands for it."""
    meant = {(problem.path[:-1], problem.hint) for problem in problems if problem.message == "unknown key"}

    def is_echo(problem: ConfigProblem) -> bool:
        return problem.message == "is missing" and (problem.path[:-1], f"did you mean '{problem.path[-1]}'?") in meant

    return list(dict.fromkeys(problem for problem in problems if not is_echo(problem)))


def _known_keys(fault: _Fault) -> str | None:
    known = list(_fields(fault.place.parent))
    hint = suggest(str(fault.path[-1]), known)
    return hint or (f"known keys: {listed(known)}" if known else None)


def _known_kinds(fault: _Fault) -> str | None:
    key = str(fault.path[-1])
    if misspelt := nearest(key, map(str, _mapping(fault.value))):
        return f"did you write '{misspelt}' for '{key}'?"
    known = _kinds(fault.place.parent, key)
    return f"must be one of {listed([repr(kind) for kind in known])}" if known else None


def _unknown_choice(value: object, known: list[Any]) -> tuple[str, str | None]:
    names = [repr(choice) for choice in known]
    must = f"must be {names[0]}" if len(names) == 1 else f"must be one of {listed(names)}"
    if not isinstance(value, str):
        return f"{must}{_is(value)}", None
    return f"unknown value {_show(value)}", suggest(value, map(str, known)) or must


def _choices(expected: str) -> list[Any]:
    """The values out of pydantic's `'a', 'b' or 3`."""
    literals = re.findall(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?\d+|True|False|None", expected)
    return [ast.literal_eval(literal) for literal in literals]


def _remedy(fault: _Fault) -> str | None:
    """What to write instead, where that is plain."""
    value, wanted = fault.value, _WANTED.get(fault.kind, "")
    if isinstance(value, str):
        if "number" in wanted and re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", value):
            return f"write {value.strip()} without quotes"
        if wanted == "true or false" and value.lower() in ("yes", "no", "on", "off", "true", "false"):
            return f"write {'true' if value.lower() in ('yes', 'on', 'true') else 'false'}"
        if "mapping" in wanted and (kind := nearest(value, _kinds(fault.place.annotation, "kind"))):
            return f"write {{kind: {kind}}}"
    if isinstance(value, float) and wanted == "a whole number" and value.is_integer():
        return f"write {int(value)}"
    if wanted == "text" and isinstance(value, (bool, int, float)):
        return f'write "{_show(value)}"'
    if wanted == "text" and value is None:
        return "text that starts with # needs quotes"
    if wanted == "a list" and isinstance(value, (bool, int, float, str)):
        return f"write [{value if isinstance(value, str) and len(value) < 40 else _show(value)}]"
    known = list(_fields(_bare(fault.place.annotation))) if "mapping" in wanted else []
    return f"known keys: {listed(known)}" if known else None


def _list(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else ()


def _mapping(value: Any) -> Mapping[Any, Any]:
    return cast("Mapping[Any, Any]", value) if isinstance(value, Mapping) else {}


def _show(value: object) -> str:
    """A value as a config writes it, in short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value).removesuffix(".0")
    if isinstance(value, str):
        return repr(short(value))
    if isinstance(value, (list, tuple, Mapping)):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    return short(repr(value)) if isinstance(value, int) else f"a {type(value).__name__}"


def _is(value: object) -> str:
    return ", is empty" if value is None else f", is {_show(value)}"


def _but(value: object) -> str:
    if value is None or isinstance(value, float):
        return ", is empty" if value is None else f", not {float_text(value)}"
    return f", not {'the text ' if isinstance(value, str) else ''}{_show(value)}"

"""YAML as evo reads and writes it: a strict subset of YAML 1.2 on PyYAML's parser.

What a plain scalar means is said in `evo._scalars`.
Refused, with the line: two equal keys, keys that are not text, merge keys `<<`, tags, directives, several documents,
numbers with a leading zero (`010` is eight in YAML 1.1 and ten in 1.2), numbers that a float cannot hold, control
characters, and files that are too large, too deep, or expand through aliases into too many values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml

from evo._errors import ConfigError, ConfigProblem, Path, listed, short
from evo._scalars import NumberError, Plain, float_text, resolve

MOST_BYTES = 10_000_000
MOST_NODES = 100_000
MOST_LEVELS = 64

_WIDEST_FLOW = 88
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Document:
    """Plain data, and the line (from 1) on which each key or list item stands."""

    data: Plain
    lines: Mapping[Path, int]
    source: str


def load(text: str | bytes, *, source: str = "<config>") -> Document:
    """Read one YAML document; raises ConfigError with every problem found."""
    decoded = _decode(text, source)
    builder = _Builder(cast(Any, yaml).parse(decoded, Loader=yaml.SafeLoader), source)
    try:
        data = builder.document()
    except yaml.YAMLError as error:
        builder.problems.append(_syntax_problem(error))
    else:
        if not builder.problems:
            return Document(data, dict(builder.entries), source)
    raise ConfigError(builder.problems, source)


def load_value(text: str, *, source: str = "<value>") -> Plain:
    """Read one value on one line: a scalar, or a list or mapping in brackets."""
    if "\n" in text.strip():
        raise ConfigError([ConfigProblem((), None, "must stand on one line")], source)
    document = load(text, source=source)
    if isinstance(document.data, (dict, list)) and text.strip()[0] not in "[{&":
        hint = "write lists as [1, 2] and mappings as {key: value}; put text that contains ': ' in quotes"
        raise ConfigError([ConfigProblem((), None, "is not a single value", hint)], source)
    return document.data


def dump(data: object) -> str:
    """Write plain data (tuples count as lists) as YAML that `load` reads back equal, in the order given."""
    return yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 30, indent=2
    )


class _Builder:
    """Builds plain data from parser events; collects problems and goes on where it can."""

    def __init__(self, events: Iterator[yaml.Event], source: str) -> None:
        self.events = events
        self.source = source
        self.problems: list[ConfigProblem] = []
        self.entries: list[tuple[Path, int]] = []  # in document order, so that a subtree is a slice
        self.nodes = 0
        self.anchors: dict[str, _Anchor | None] = {}  # None while the anchored value is being read

    def document(self) -> Plain:
        next(self.events)  # stream start
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            self._stop(start, (), "is empty")
        assert isinstance(start, yaml.DocumentStartEvent)
        if start.version or start.tags:
            self._refuse(start, (), "directives (%YAML, %TAG) are not used here", "remove the line")
        first = next(self.events)
        self.entries.append(((), _line(first)))
        data = self._value(first, ())
        next(self.events)  # document end
        end = next(self.events)
        if not isinstance(end, yaml.StreamEndEvent):
            self._stop(end, (), "a second document starts here ('---')", "a config is one document")
        return data

    def _value(self, event: yaml.Event, path: Path) -> Plain:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        assert isinstance(event, (yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent))
        self._spend(1, event, path)
        if len(path) > MOST_LEVELS:
            self._stop(event, path[:3], f"is nested more than {MOST_LEVELS} levels deep")
        if event.tag is not None:
            self._refuse(
                event, path, f"tags are not used here: {short(event.tag)}", "put text that starts with ! in quotes"
            )
        anchor, nodes, entries = cast("str | None", event.anchor), self.nodes, len(self.entries)
        if anchor is not None:
            if anchor in self.anchors:
                self._refuse(event, path, f"the anchor &{anchor} is given twice")
            self.anchors[anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path)
        else:
            value = self._mapping(path)
        if anchor is not None:
            self.anchors[anchor] = _Anchor(value, path, slice(entries, len(self.entries)), self.nodes - nodes + 1)
        return value

    def _alias(self, event: yaml.AliasEvent, path: Path) -> Plain:
        name = cast(str, event.anchor)
        anchor = self.anchors.get(name)
        if anchor is None and name in self.anchors:
            self._refuse(event, path, f"the alias *{name} stands inside &{name}: it would contain itself")
        elif anchor is None:
            message = f"the alias *{name} has no anchor &{name} above it"
            self._refuse(event, path, message, "put text that starts with * in quotes")
        if anchor is None:
            self._spend(1, event, path)
            return None
        self._spend(anchor.nodes, event, path)
        if any(len(path) + len(inner) - len(anchor.path) > MOST_LEVELS for inner, _ in self.entries[anchor.entries]):
            self._stop(event, path[:3], f"is nested more than {MOST_LEVELS} levels deep")
        cut = len(anchor.path)
        self.entries += [(path + inner[cut:], line) for inner, line in self.entries[anchor.entries]]
        return anchor.value

    def _sequence(self, path: Path) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            place = (*path, len(items))
            self.entries.append((place, _line(event)))
            items.append(self._value(event, place))
        return items

    def _mapping(self, path: Path) -> dict[str, Plain]:
        result: dict[str, Plain] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key, line = self._key(event, path), _line(event)
            value_event = next(self.events)
            if key is None:
                self._value(value_event, (*path, "?"))
                continue
            place = (*path, key)
            if key in lines:
                self._refuse(event, place, f"is given twice, first on line {lines[key]}")
            if ":" in key and _is_plain(event) and _is_plain(value_event) and not cast(Any, value_event).value:
                self._refuse(event, place, "has no value", "is a space missing after the ':'?")
            lines.setdefault(key, line)
            self.entries.append((place, line))
            result[key] = self._value(value_event, place)
        return result

    def _key(self, event: yaml.Event, path: Path) -> str | None:
        """The key, or None where it is refused."""
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and _is_plain(event):
            self._spend(1, event, path)
            self._refuse(event, path, "merge keys (<<) are not used here", "write the keys out")
            return None
        found = len(self.problems)
        key = self._value(event, (*path, "?"))
        if isinstance(key, str) and isinstance(event, yaml.ScalarEvent):
            return key if len(self.problems) == found else None
        if len(self.problems) > found:
            return None
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, path, f"an alias (*{event.anchor}) cannot be a key")
        elif not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, path, f"a {'list' if isinstance(key, list) else 'mapping'} cannot be a key")
        elif event.value == "":
            self._refuse(event, path, "a key is missing before the ':'")
        else:
            self._refuse(event, path, f"the key {short(event.value)} is not text", f'write "{short(event.value)}"')
        return None

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Plain:
        text = event.value
        if _SURROGATE.search(text):
            self._refuse(event, path, "half of a surrogate pair (\\ud800 to \\udfff) is not a character")
        if not _is_plain(event):
            return text
        try:
            return resolve(text)
        except NumberError as refusal:
            self._refuse(event, path, *refusal.args)
            return None

    def _spend(self, nodes: int, event: yaml.Event, path: Path) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            self._stop(event, path, f"the config holds more than {MOST_NODES:,} values, aliases (*name) expanded")

    def _refuse(self, event: yaml.Event, path: Path, message: str, hint: str | None = None) -> None:
        self.problems.append(ConfigProblem(path, _line(event), message, hint))

    def _stop(self, event: yaml.Event, path: Path, message: str, hint: str | None = None) -> None:
        self._refuse(event, path, message, hint)
        raise ConfigError(self.problems, self.source)


@dataclass(frozen=True)
class _Anchor:
    value: Plain
    path: Path
    entries: slice
    nodes: int


def _decode(text: str | bytes, source: str) -> str:
    """Text fit for the parser: of bounded size, UTF-8, without control characters."""
    problem = None
    if len(text) > MOST_BYTES:
        problem = ConfigProblem((), None, f"is larger than {MOST_BYTES // 1_000_000} MB")
    elif isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            problem = ConfigProblem((), line, "is not UTF-8 text", "save the file with the encoding UTF-8")
    if isinstance(text, str) and not problem and (bad := _UNPRINTABLE.search(text)):
        line = text.count("\n", 0, bad.start()) + 1
        message = f"contains the control character U+{ord(bad.group()):04X}"
        problem = ConfigProblem((), line, message, "remove it, or write it as an escape in double quotes")
    if problem:
        raise ConfigError([problem], source)
    assert isinstance(text, str)
    return text


# What PyYAML says, whether the place to look at is where the construct began, what we say, and what would be right.
_SYNTAX: tuple[tuple[str, bool, str, str | None], ...] = (
    (r"found character '\\t'|found a tab", False, "a tab stands where spaces are needed", "use spaces"),
    (r"found character '(.)' that cannot", False, r"text cannot start with \1", "put it in quotes"),
    (
        r"mapping values are not",
        False,
        "a ':' where no key can stand",
        "check the indentation, and quotes around text with ': '",
    ),
    (r"could not find expected ':'", True, "a key without ':'", "write 'key: value'"),
    (
        r"expected <block end>, but found '([\]},])'",
        False,
        r"a \1 that closes or divides nothing",
        "check the brackets",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        False,
        "text after the end of a value",
        "check quotes and indentation",
    ),
    (r"expected the node content, but found '(.)'", False, r"a value is missing before \1", None),
    (r"sequence entries are not", False, "a list item '- ' cannot stand here", "put it on a line of its own"),
    (r"expected <block end>", False, "does not line up with what stands above it", "check the indentation"),
    (r"expected ',' or '\]'", True, "a list opened with [ is not closed with ]", "check commas and brackets"),
    (r"expected ',' or '\}'", True, "a mapping opened with { is not closed with }", "check commas and brackets"),
    (r"unexpected end of stream", True, "a quote is opened and not closed", None),
    (r"unexpected document separator", True, "a quote is opened and not closed", None),
    (r"did not find expected .*whitespace", False, "text cannot start with *, & or !", "put it in quotes"),
    (r"alphabetic or numeric character", False, "text cannot start with * or &", "put it in quotes"),
    (
        r"unknown escape character",
        False,
        "an unknown escape in double quotes",
        "use single quotes, or write \\\\ for \\",
    ),
)


def _syntax_problem(error: yaml.YAMLError) -> ConfigProblem:
    """A parser's complaint in plain words."""
    problem = str(getattr(error, "problem", None) or error)
    here, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    for pattern, at_start, message, hint in _SYNTAX:
        if match := re.search(pattern, problem):
            mark = began if at_start and began is not None else here
            return ConfigProblem((), None if mark is None else mark.line + 1, match.expand(message), hint)
    return ConfigProblem((), None if here is None else here.line + 1, f"is not valid YAML: {problem}")


def _line(event: yaml.Event) -> int:
    return cast(Any, event).start_mark.line + 1


def _is_plain(event: yaml.Event) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.style is None


class _Dumper(yaml.SafeDumper):
    """Blocks for structure, one line for short lists, quotes wherever any reader of YAML could see another type."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_data(self, data: Any) -> yaml.Node:
        if data is None or isinstance(data, (bool, int, float, str)):
            kind, text = _scalar_text(data)
            node = yaml.ScalarNode(f"tag:yaml.org,2002:{kind}", text)
            node.style = _style(text) if kind == "str" else None
            return node
        if isinstance(data, (list, tuple)):
            items = list(cast("list[object]", data))
            return self.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=_is_short(items))
        if isinstance(data, dict):
            pairs = cast("dict[object, object]", data)
            if all(isinstance(key, str) for key in pairs):
                return self.represent_mapping("tag:yaml.org,2002:map", pairs.items(), flow_style=not pairs)
            raise TypeError(f"keys must be text: {listed([key for key in pairs if not isinstance(key, str)])}")
        raise TypeError(f"cannot be written as YAML: {data!r}")


def _scalar_text(data: str | float | bool | None) -> tuple[str, str]:
    """The YAML type of a scalar, and its text."""
    if data is None or isinstance(data, bool):
        return ("null", "null") if data is None else ("bool", "true" if data else "false")
    if isinstance(data, int):
        return "int", int.__repr__(data)
    return ("float", float_text(data)) if isinstance(data, float) else ("str", str.__str__(data))


def _style(text: str) -> str | None:
    """`|` for readable text of several lines, quotes where it could be misread, else what the emitter finds."""
    if _SURROGATE.search(text):
        raise ValueError(f"half of a surrogate pair cannot be written: {text!r}")
    if _UNPRINTABLE.search(text) or re.search("[\t\r\x85\u2028\u2029\ufeff]", text):
        return '"'
    if "\n" in text:
        ragged = text[0] in " \n" or any(line != line.rstrip() for line in text.split("\n"))
        return '"' if ragged else "|"
    try:
        return None if resolve(text) == text else "'"
    except NumberError:
        return "'"


def _is_short(items: list[object]) -> bool:
    """Whether a list, of scalars or of such lists, fits on one line."""

    def width(item: object) -> int:
        if isinstance(item, (list, tuple)):
            return 2 + sum(width(inner) + 2 for inner in cast("list[object]", item))
        if isinstance(item, dict) or (isinstance(item, str) and not re.match(r"[\w.+*/()<>= -]{1,40}\Z", item)):
            return _WIDEST_FLOW + 1
        return len(str(item))

    return width(items) <= _WIDEST_FLOW

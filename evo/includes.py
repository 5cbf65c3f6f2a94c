"""Includes: a config that starts from another one and says only what is different."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, cast

from evo import _yaml
from evo._spec import ConfigError, ConfigProblem, Path, value_at
from evo._yaml import Document
from evo.datafiles import LARGEST_FILE, with_files

KEY = "include"
MOST_LEVELS = 8
WHOLE = frozenset({("sweep",), ("run", "start")})  # what is one thing, though it is written as a mapping


@dataclass(frozen=True)
class Included:
    """A config with what it includes: one document, and which file says what it does not say itself."""

    document: Document
    bases: tuple[Document, ...] = field(default=())

    def placed(self, error: ConfigError, data: Any = None) -> ConfigError:
        """The error, with the file and line of what stands in an included config and is still so in the `data`."""
        return ConfigError([self._placed(problem, data) for problem in error.problems], error.source)

    def _placed(self, problem: ConfigProblem, data: Any) -> ConfigProblem:
        own = _depth(problem.path, self.document)
        for base in self.bases:
            depth = _depth(problem.path, base)
            said = data is None or value_at(data, problem.path) == value_at(base.data, problem.path)
            if depth > own and said:
                where = f"({base.source}, line {base.lines[problem.path[:depth]]})"
                return dataclasses.replace(problem, line=None, message=f"{problem.message} {where}")
        return problem if own or not self.bases else dataclasses.replace(problem, line=None)


def with_includes(document: Document, root: FilePath | None) -> Included:
    """The document with the config that it includes, and what that one includes, below it.

    Mappings are merged key by key, all else is replaced, so are a sweep and a start; a mapping of another `kind` replaces
    the former whole; a parameter given as a number keeps its range and label; a key set to null is taken out (as in a JSON
    merge patch [RFC 7396]). Files that an included config names are looked for beside it.
    Raises ConfigError where a file lies outside the config's folder, cannot be read, or includes itself.
    """
    if root is None or not isinstance(document.data, dict) or document.data.get(KEY) is None:
        return Included(document)
    return _merged(document, root, root, ())


def _merged(document: Document, folder: FilePath, root: FilePath, above: tuple[FilePath, ...]) -> Included:
    data = cast("dict[str, Any]", document.data)
    if (name := data.get(KEY)) is None:
        return Included(document)
    place = _place(name, folder, root, above, document)
    base = _yaml.load(_text(place, name, document), source=place.relative_to(root.resolve()).as_posix())
    if not isinstance(base.data, dict):
        raise _refused(document, f"{name!r} is no config: it is not a mapping of keys")
    below = _merged(base, place.parent, root, (*above, place))
    try:
        lower = with_files(below.document.data, place.parent)
    except ConfigError as error:
        raise ConfigError(below.placed(error).problems, base.source) from None
    own = {key: value for key, value in data.items() if key != KEY}
    return Included(dataclasses.replace(document, data=merge(lower, own)), (base, *below.bases))


def _place(name: object, folder: FilePath, root: FilePath, above: tuple[FilePath, ...], document: Document) -> FilePath:
    if not isinstance(name, str):
        raise _refused(document, "is the name of a config, such as base.yaml")
    place = (folder / name).resolve()
    if not place.is_relative_to(root.resolve()):
        raise _refused(document, f"{name!r} lies outside the config's folder")
    if place in above or len(above) >= MOST_LEVELS:
        raise _refused(document, f"{name!r} includes itself, by way of {' and '.join(path.name for path in above)}")
    return place


def _text(place: FilePath, name: str, document: Document) -> bytes:
    try:
        if place.stat().st_size > LARGEST_FILE:
            raise _refused(document, f"{name!r} is larger than {LARGEST_FILE // 2**20} MiB")
        return place.read_bytes()
    except OSError as error:
        raise _refused(document, f"cannot read {name!r}: {error.strerror}") from None


def _refused(document: Document, message: str) -> ConfigError:
    return ConfigError([ConfigProblem((KEY,), document.lines.get((KEY,)), message)], document.source)


def merge(lower: Any, upper: Any, at: Path = ()) -> Any:
    """What stands above goes before what stands below."""
    if not isinstance(lower, Mapping) or at in WHOLE:
        return upper
    below = cast("Mapping[str, Any]", lower)
    if not isinstance(upper, Mapping):
        return {**below, "value": upper} if len(at) == 2 and at[0] == "parameters" else upper
    over = cast("Mapping[str, Any]", upper)
    if "kind" in over and over["kind"] != below.get("kind"):
        return over
    merged = dict(below)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(below[key], value, (*at, key)) if key in below else value
    return merged


def _depth(path: Path, document: Document) -> int:
    """How many keys of a path the document has itself."""
    return next((length for length in range(len(path), 0, -1) if path[:length] in document.lines), 0)

"""Data files: what a config names is read once, below its own folder, and embedded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, cast

from evo._spec import ConfigError, ConfigProblem, Path
from evo.series import embed

LARGEST_FILE = 5 * 2**20
READERS = ("series", "table", "file")  # kinds whose `file` is read


def with_files(data: Any, root: FilePath | None) -> Any:
    """The plain data of a config with the text of every file that a series, a table or a graph names embedded under `files`.

    Without a root nothing is read. Raises ConfigError where a file lies outside the root or cannot be read.
    """
    if not isinstance(data, dict) or root is None:
        return cast(Any, data)
    config = cast("dict[str, Any]", data)
    held: dict[str, Any] = config.get("files") or {}
    problems: list[ConfigProblem] = []
    read: dict[str, Any] = {}
    for name, at in _named_files({key: value for key, value in config.items() if key != "files"}):
        if name not in held and name not in read:
            try:
                read[name] = embed(_text(root, name)).model_dump()
            except ValueError as error:
                problems.append(ConfigProblem(at, None, str(error)))
    if problems:
        raise ConfigError(problems)
    return {**config, "files": {**held, **read}} if read else config


def _named_files(value: Any, path: Path = ()) -> Iterator[tuple[str, Path]]:
    """Every file that a series, a table or a graph names, in the model and in what a sweep sets."""
    if isinstance(value, Mapping):
        section = cast("Mapping[str, Any]", value)
        if section.get("kind") in READERS and isinstance(section.get("file"), str):
            yield section["file"], (*path, "file")
        for key, item in section.items():
            yield from _named_files(item, (*path, key))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(cast("list[Any]", value)):
            yield from _named_files(item, (*path, place))


def _text(root: FilePath, name: str) -> str:
    full = (root / name).resolve()
    if not full.is_relative_to(root.resolve()):
        raise ValueError(f"{name!r} lies outside the config's folder")
    try:
        if full.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{name!r} is larger than {LARGEST_FILE // 2**20} MiB")
        return full.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name!r} is not text in UTF-8") from None
    except OSError as error:
        raise ValueError(f"cannot read {name!r}: {error.strerror}") from None

"""Where files are: a folder on a disk, or a URL (`s3://bucket/run`) of any store that fsspec knows.

A local place is a `pathlib.Path`. A URL becomes a `UPath`, which answers to the same names, so that what reads a run
folder need not know which it is. What differs is here: how a file comes to be there whole, and who may write.
"""

from __future__ import annotations

import os
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

try:
    import fcntl
except ModuleNotFoundError:  # Windows: two writers are not told apart there
    fcntl = None

LOCK = ".lock"
UNNAMED = ".new"  # ends the name of a file that is being written


class FolderError(ValueError):
    """A folder that is not a run's, or not one that this evo can use; nothing in it was changed."""


def place_of(text: str | Path) -> Path:
    """The place of a path or URL. Raises FolderError where the URL's protocol is unknown or needs a package."""
    if not isinstance(text, str) or not re.match(r"[a-z][a-z0-9+.-]+://", text):
        return Path(text) if isinstance(text, str) else text
    if text.startswith("file://"):
        return Path(text.removeprefix("file://"))
    protocol = text.split("://")[0]
    try:
        from upath import UPath

        # others write there, too: no listing is remembered
        place = UPath(text.rstrip("/"), use_listings_cache=False)
        _ = place.fs  # imports what the protocol needs
    except ImportError as error:
        package = f"pip install 'evo-games[store]' ({error.name or error})"
        raise FolderError(
            f"{text}: places with {protocol}:// need packages that are not installed: {package}"
        ) from None
    except ValueError as error:
        raise FolderError(f"{text}: {error}") from None
    return cast("Path", place)


def is_local(place: Path) -> bool:
    """Whether a place is on a disk of this machine, with renaming and locks."""
    return isinstance(place, Path)


def make_folder(place: Path) -> None:
    """A folder to write into; in a store of objects there is nothing to make."""
    if is_local(place):
        place.mkdir(parents=True, exist_ok=True)


@contextmanager
def put(place: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name only when it is whole and kept for good; any number of writers may do so at once.

    On a disk it is written under another name, brought to the disk, and renamed. Elsewhere it is sent whole.
    """
    if not is_local(place):
        with tempfile.NamedTemporaryFile() as file:
            yield cast("BinaryIO", file)
            file.flush()
            cast("Any", place).fs.put_file(file.name, cast("Any", place).path)
        return
    place.parent.mkdir(exist_ok=True)
    new = place.with_name(f".{place.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}{UNNAMED}")
    try:
        with open(new, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, place)
    except BaseException:
        new.unlink(missing_ok=True)  # on a full disk this is what makes room
        raise
    _sync(place.parent)


@contextmanager
def written_into(place: Path) -> Iterator[Path]:
    """A folder on a disk; what is written there is in `place` afterwards, also where something fails."""
    if is_local(place):
        yield place
        return
    with tempfile.TemporaryDirectory() as here:
        try:
            yield Path(here)
        finally:
            for path in sorted(Path(here).iterdir()):
                with put(place / path.name) as file:
                    file.write(path.read_bytes())


def _sync(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    if hasattr(os, "O_DIRECTORY"):
        entries = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(entries)
        finally:
            os.close(entries)


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """Refuses a folder that another process holds (FolderError); the lock goes with the process, however it ends.

    A store of objects has no locks: there two runs of one experiment do the same work twice and harm nothing.
    """
    if not is_local(place) or fcntl is None:
        yield
        return
    with open(place / LOCK, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderError(f"another evo is writing to {place}: wait for it, or choose another folder") from None
        yield


def is_locked(place: Path) -> bool:
    """Whether a process writes to the folder; True where that cannot be told."""
    if not is_local(place) or fcntl is None:
        return True
    try:
        with open(place / LOCK, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False

"""How kernels are compiled and where their machine code is kept: `from evo.kernels._cache import kernel`.

Numba's own cache has four gaps that matter here, each closed below:

* a cached caller is not renewed when a callee in another file changes (numba #1833), so the folder is named after a
  hash of all kernel sources and of the versions and the processor they are compiled for;
* cache files are unpickled, which executes code, so the folder is private and one that is not is refused;
* a damaged file stops the program, or crashes it where the damage sits in the machine code, so every file carries its
  digest and a damaged one counts as missing: the function is compiled again and the file is replaced;
* processes that fill a cold cache together may give two signatures one data file, so every data file has its own name.

The user's numba settings (`numba.config.CACHE_DIR` and the like) are neither read nor changed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import inspect
import io
import os
import platform
import re
import shutil
import stat
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding
import numba
import numpy as np
from numba.core import caching
from numba.core.registry import CPUDispatcher

from evo.kernels._apart import Renewed, set_apart

PACKAGE = Path(__file__).resolve().parent.parent
SOURCES = ("kernels/**/*.py", "codes.py")  # what compiled code may depend on, below the package
KEPT = 8  # folders of former sources that stay, for switching between branches
DIGEST_SIZE = hashlib.sha256().digest_size

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` on its first call: `@kernel`, with no options, is how a kernel is declared.

    The lock of the interpreter is released while it runs (threads carry replicates) and x/0 is inf or nan as in NumPy.
    No fastmath and no `parallel=True`: bits matter, and so does forking. With NUMBA_DISABLE_JIT=1 the function runs as
    plain Python, as silent as compiled code about overflow (which wraps in uint64, by intention) and division by zero.
    """
    return _compiled(function, {"_nrt": True})  # else inherited from the caller that first compiles it


def entry(function: Function) -> Function:
    """A kernel that Python calls and that allocates nothing: compiled without reference counts, as what it calls is."""
    return _compiled(function, {"_nrt": False})


def inner(function: Function) -> Function:
    """A kernel that only kernels call and that allocates nothing, compiled without entry from Python and without
    reference counts: a third less to compile for functions that take the large tuples, and faster calls."""
    dispatcher = _compiled(function, {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False})
    if not numba.config.DISABLE_JIT:
        dispatcher.__class__ = _Inner
    return dispatcher


def apart(function: Function) -> Function:
    """An inner kernel that its callers call by its symbol, instead of each holding a copy that is compiled once more: for
    the large ones that carry out a stretch of a run. What is called with every event should be `inner`, so that the
    compiler may write it into the loop."""
    dispatcher = inner(function)
    if not numba.config.DISABLE_JIT:
        dispatcher._cache.apart = True
    return dispatcher


def inline(function: Function) -> Function:
    """An inner kernel that is written into its callers: for the few small ones that run once an event, where handing over
    their arrays would take longer than they do."""
    return _compiled(
        function, {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False, "forceinline": True}
    )


class _Inner(CPUDispatcher):
    """Refuses calls from Python, for which there is no entry (numba would follow a null pointer)."""

    def __call__(self, *_: object, **__: object) -> None:
        raise TypeError(f"{self.py_func.__name__} is an inner kernel: it can be called by kernels only")


def _compiled(function: Function, options: dict[str, bool]) -> Any:
    if numba.config.DISABLE_JIT:
        return np.errstate(all="ignore")(function)
    dispatcher = numba.njit(nogil=True, error_model="numpy", **options)(function)
    dispatcher._cache = _Cache(function)
    return dispatcher


def source_hash(package: Path) -> str:
    """16 hexadecimal digits that change with any kernel source and with whatever else shapes the machine code."""
    versions = numba.__version__, llvmlite.__version__, np.__version__, platform.python_version()
    machine = platform.system(), platform.machine(), llvmlite.binding.get_host_cpu_name()
    settings = numba.config.OPT, numba.config.BOUNDSCHECK, numba.config.DEBUGINFO_DEFAULT  # which numba leaves out
    digest = hashlib.sha256(repr((versions, machine, settings)).encode())
    for path in sorted(path for pattern in SOURCES for path in package.glob(pattern)):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(package).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


@functools.cache
def cache_folder() -> Path:
    """The folder of this process: in EVO_CACHE_DIR, else the user's cache folder, else a temporary one."""
    try:
        return _open_folder(_base_folder(), source_hash(PACKAGE))
    except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home
        warnings.warn(f"kernels are compiled anew in every process, which takes a while: {error}", stacklevel=2)
        return _temporary_folder()


def _base_folder() -> Path:
    if chosen := os.environ.get("EVO_CACHE_DIR"):
        return Path(chosen).expanduser()
    cache_home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (cache_home if cache_home.is_absolute() else Path.home() / ".cache") / "evo"


def _open_folder(base: Path, name: str) -> Path:
    folder = base.resolve() / f"kernels-{name}"
    is_new = not folder.exists()
    for place in (folder.parent, folder):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(place):
            raise PermissionError(f"{place} must be a folder of yours that nobody else can write (chmod 700)")
    tempfile.TemporaryFile(dir=folder).close()  # a read-only file system says so here, not in the midst of a run
    os.utime(folder)
    if is_new:
        _prune(folder)
    return folder


def _is_private(folder: Path) -> bool:
    status = folder.lstat()  # lstat: a link to a folder elsewhere is refused
    if os.name == "nt":  # no owner or mode bits; the profile folder is private by its access list
        return stat.S_ISDIR(status.st_mode)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _prune(current: Path) -> None:
    """Remove all but the newest folders of former sources; a process that still uses one compiles again."""
    pattern = re.compile(r"kernels-[0-9a-f]{16}")
    former = []
    for folder in current.parent.iterdir():
        with contextlib.suppress(OSError):  # another process prunes too
            if pattern.fullmatch(folder.name) and folder != current and _is_private(folder):
                former.append((folder.stat().st_mtime, folder))
    for _, folder in sorted(former, reverse=True)[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def _temporary_folder() -> Path:
    folder, owner = Path(tempfile.mkdtemp(prefix="evo-kernels-")), os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))  # not in a forked child
    return folder


class _Locator(caching.UserProvidedCacheLocator):
    """Puts a function's files below `cache_folder`, one folder for each folder of sources.

    Those of evo itself go by their place in the package, not on the disk: what they hold is in the folder's name, so
    another checkout or environment with the same sources has nothing to compile.
    """

    def __init__(self, function, file):
        self._py_file, self._lineno = file, function.__code__.co_firstlineno
        source = Path(file).resolve()
        self._ours = source.is_relative_to(PACKAGE)
        place = source.parent.relative_to(PACKAGE) if self._ours else self.get_suitable_cache_subpath(file)
        self._cache_path = str(cache_folder() / place)

    def get_source_stamp(self):
        return "" if self._ours else super().get_source_stamp()

    def ensure_cache_path(self):
        cache_folder().mkdir(mode=0o700, exist_ok=True)  # another process may have pruned it
        os.makedirs(self._cache_path, exist_ok=True)


class _Files(caching.IndexDataCacheFile):
    """Numba's index and data files, each followed by the digest of what it holds (a pickle ends before that)."""

    @contextlib.contextmanager
    def _open_for_write(self, filepath) -> Iterator[io.BytesIO]:
        content = io.BytesIO()
        yield content
        with super()._open_for_write(filepath) as file:
            file.write(content.getvalue() + hashlib.sha256(content.getvalue()).digest())

    def _data_name(self, number):
        return super()._data_name(number).replace(".nbc", f"-{uuid.uuid4().hex}.nbc")

    def _load_index(self):
        return super()._load_index() if _is_whole(self._index_path) else {}

    def _load_data(self, name):
        if not _is_whole(self._data_path(name)):
            raise OSError("damaged")  # which numba takes for a missing file
        return super()._load_data(name)


def _is_whole(path: str) -> bool:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return False
    return hashlib.sha256(content[:-DIGEST_SIZE]).digest() == content[-DIGEST_SIZE:]


class _Implementation(caching.CompileResultCacheImpl):
    def __init__(self, function):
        self._lineno = function.__code__.co_firstlineno
        self._locator = _Locator(function, inspect.getfile(function))
        self._filename_base = self.get_filename_base(f"{function.__module__}.{function.__qualname__}", "")


class _Cache(caching.FunctionCache):
    """The cache of one kernel. Trouble with its files costs time, never the run."""

    _impl_class = _Implementation

    def __init__(self, function):
        super().__init__(function)
        self._function, self.apart = function, False
        files = self._cache_file
        self._cache_file = _Files(files._cache_path, self._impl.filename_base, files._source_stamp)

    def load_overload(self, sig, target_context):
        try:
            found = super().load_overload(sig, target_context)
        except Renewed:
            return None
        except Exception as error:  # unpickling and linking may raise anything
            warnings.warn(f"{self._name} is compiled again, its cache cannot be read: {error!r}", stacklevel=2)
            return None
        if found is not None:
            found.library._reload_init.update(found.reload_init)  # for whoever links it
            if self.apart:
                set_apart(found, self._function, sig)
        return found

    def save_overload(self, sig, data):
        if self.apart:
            set_apart(data, self._function, sig)
        try:
            super().save_overload(sig, data)
        except OSError as error:
            warnings.warn(
                f"{self._name} is compiled again each time, its cache cannot be written: {error}", stacklevel=2
            )

"""The compilation cache: private, named after all it depends on, and never in the way of a run."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from evo.kernels import _cache

SCRIPT = """
import numba
numba.config.CACHE_DIR = "/nowhere/of/the/user"
from evo.kernels import _cache
import test_cache
double = _cache.kernel(test_cache.double)
assert (double(20), double(0.5)) == (40, 1.0)
assert numba.config.CACHE_DIR == "/nowhere/of/the/user"
print(sum(double.stats.cache_hits.values()), _cache.cache_folder())
"""
ROOT = Path(__file__).parent.parent

compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def double(x):
    return 2 * x


def run(script, **environment):
    """The words and the warnings of a fresh process."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": path, **environment}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split(), done.stderr


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@compiled_only
def test_a_second_process_compiles_nothing(tmp_path):
    base = tmp_path / "cache"
    (hits, folder), said = run(SCRIPT, EVO_CACHE_DIR=str(base))
    assert (hits, Path(folder).parent, said) == ("0", base, "")
    assert re.fullmatch("kernels-[0-9a-f]{16}", Path(folder).name)
    assert mode(base) == mode(Path(folder)) == 0o700
    assert run(SCRIPT, EVO_CACHE_DIR=str(base)) == (["2", folder], "")


@compiled_only
def test_another_copy_of_the_same_sources_compiles_nothing(tmp_path):
    script = """
import numpy as np
from evo.kernels.random import next_word
next_word(np.ones(4, np.uint64))
print(sum(next_word.stats.cache_hits.values()), next_word.py_func.__code__.co_filename)
"""
    seen = []
    for copy in ("one", "two"):
        place = tmp_path / copy
        shutil.copytree(ROOT / "evo", place / "evo", ignore=shutil.ignore_patterns("__pycache__"))
        seen.append(run(script, EVO_CACHE_DIR=str(tmp_path / "cache"), PYTHONPATH=str(place))[0])
    assert [hits for hits, _ in seen] == ["0", "1"]
    assert all(file.startswith(str(tmp_path)) for _, file in seen)


CHAIN = """
from evo.kernels._cache import apart, entry, inner
@apart
def deepest(x): return 3.0 * x
@apart
def deep(x): return deepest(x) + 1.0
@inner
def middle(x): return deep(x) * deep(x + 1.0)
@entry
def top(x): return middle(x) - 1.0
@entry
def other(x): return middle(x)
@entry
def unrelated(x): return x
"""
CALL = """
import warnings; warnings.simplefilter("error")
import chain
for name in "{before}".split(): getattr(chain, name)(2)
assert chain.top(2.0) == 69.0
assert chain.other(3.0) == 130.0
module = str(chain.top.overloads[chain.top.signatures[0]].library._get_module_for_linking())
defined = [line for line in module.splitlines() if line.startswith("define")]
hits = [sum(f.stats.cache_hits.values()) for f in (chain.top, chain.middle, chain.deep, chain.deepest)]
print(any("5chain4deep" in line or "5chain7deepest" in line for line in defined), *hits)
"""


@compiled_only
@pytest.mark.parametrize(
    ("lost", "before"),
    [("", ""), ("deepest", ""), ("deepest", "unrelated"), ("deep top", "unrelated"), ("middle top", "")],
)
def test_kernels_apart_come_from_the_cache_before_their_callers(tmp_path, lost, before):
    """Also where some files are gone, or where what is apart was compiled anew and has another symbol."""
    (tmp_path / "chain.py").write_text(CHAIN)
    environment = {"EVO_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    cold = run(CALL.format(before=""), **environment)
    assert cold == (["False", "0", "0", "0", "0"], "")
    for name in lost.split():
        for file in (tmp_path / "cache").rglob(f"chain.{name}-*"):
            file.unlink()
    for _ in range(2):
        (holds, *hits), said = run(CALL.format(before=before), **environment)
        assert (holds, said) == ("False", "")
    assert hits == ["1", "0", "1", "1"]  # the second time; nobody asks for what is written into its callers


@pytest.fixture
def hits(tmp_path, monkeypatch):
    """Doubles afresh, as a new process would, with its cache in `tmp_path`: how often it need not compile."""
    monkeypatch.setattr(_cache, "cache_folder", lambda: tmp_path)

    def count():
        compiled = _cache.kernel(double)
        assert (compiled(20), compiled(0.5)) == (40, 1.0)
        return sum(compiled.stats.cache_hits.values())

    return count


def truncate(content):
    return content[: len(content) // 2]


def empty(content):
    return b""


def zero_the_middle(content):  # as after a power cut: unpickled without complaint, a crash when linked
    third = len(content) // 3
    return content[:third] + bytes(third) + content[2 * third :]


def garbage(content):
    return b"garbage" * 20


@compiled_only
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", [truncate, empty, zero_the_middle, garbage])
def test_damaged_files_are_replaced(tmp_path, hits, suffix, damage):
    assert [hits(), hits()] == [0, 2]
    files = list(tmp_path.rglob(f"*.{suffix}"))
    assert len(files) == {"nbi": 1, "nbc": 2}[suffix]
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert [hits(), hits()] == [0, 2]


@compiled_only
def test_trouble_with_the_cache_is_told_and_survived(tmp_path, hits, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(_cache._Files, "_save_index", fail)
        with pytest.warns(UserWarning, match="cannot be written: disk full"):
            assert hits() == 0
    assert [hits(), hits()] == [0, 2]
    monkeypatch.setattr(_cache._Implementation, "rebuild", fail)
    with pytest.warns(UserWarning, match="cannot be read: .*disk full"):
        assert hits() == 0


@compiled_only
def test_a_pruned_folder_is_made_again(tmp_path, hits, monkeypatch):
    monkeypatch.setattr(_cache, "cache_folder", lambda: tmp_path / "pruned")
    assert [hits(), hits()] == [0, 2]
    shutil.rmtree(tmp_path / "pruned")
    assert [hits(), hits()] == [0, 2]
    assert mode(tmp_path / "pruned") == 0o700


def test_processes_that_fill_a_cold_cache_together_do_not_mix_their_code(tmp_path):
    """With numba's own numbers both data files would be number 1, and the index would call int code for floats."""
    first, second, later = (_cache._Files(str(tmp_path), "name", "stamp") for _ in range(3))
    name = first._data_name(1)
    first._save_index({"int": name})
    second._load_index = dict  # it looked before the first one wrote
    second.save("float", "code for floats")
    first._save_data(name, "code for ints")
    assert later.load("float") == "code for floats"
    assert later.load("int") is None


def test_the_hash_covers_every_kernel_source_and_the_codes(tmp_path):
    sources = {"codes.py": "A = 1", "kernels/callee.py": "a", "kernels/caller.py": "b", "kernels/folder/deep.py": "c"}
    for name, text in sources.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "model.py").write_text("not a kernel")
    hashes = [_cache.source_hash(tmp_path)]
    for name in sources:
        (tmp_path / name).write_text("changed")
        hashes.append(_cache.source_hash(tmp_path))
    (tmp_path / "kernels/callee.py").rename(tmp_path / "kernels/other.py")
    hashes.append(_cache.source_hash(tmp_path))
    assert len(set(hashes)) == len(hashes) == len(sources) + 2
    (tmp_path / "model.py").write_text("changed")
    assert _cache.source_hash(tmp_path) == hashes[-1]


def test_the_hash_covers_versions_and_processor(tmp_path, monkeypatch):
    before = _cache.source_hash(tmp_path)
    for owner, name, value in [
        (numba, "__version__", "0.1"),
        (_cache.np, "__version__", "1.0"),
        (_cache.platform, "python_version", lambda: "3.99"),
        (_cache.llvmlite.binding, "get_host_cpu_name", lambda: "i386"),
        (numba.config, "BOUNDSCHECK", 1),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, value)
            assert _cache.source_hash(tmp_path) != before
    assert _cache.source_hash(tmp_path) == before


def open_folder(base, name="0123456789abcdef"):
    return _cache._open_folder(base, name)


@pytest.mark.skipif(os.name == "nt", reason="no mode bits")
def test_a_planted_folder_is_refused(tmp_path):
    base = tmp_path / "cache"
    folder = open_folder(base)
    for place in (folder, base):
        for bits in (0o777, 0o770, 0o720):
            place.chmod(bits)
            with pytest.raises(PermissionError, match=str(place)):
                open_folder(base)
        place.chmod(0o700)
    assert open_folder(base) == folder
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError):
        open_folder(base)


@pytest.mark.skipif(os.name == "nt", reason="no owners")
def test_a_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    open_folder(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="must be a folder of yours"):
        open_folder(tmp_path)


@compiled_only
@pytest.mark.skipif(os.name == "nt", reason="no mode bits")
def test_a_run_goes_on_in_a_temporary_folder(tmp_path):
    tmp_path.chmod(0o777)
    (hits, folder), said = run(SCRIPT, EVO_CACHE_DIR=str(tmp_path))
    assert hits == "0"
    assert Path(folder).name.startswith("evo-kernels-")
    assert not Path(folder).exists()  # gone with its process
    assert "compiled anew in every process" in said
    assert "chmod 700" in said
    assert not list(tmp_path.iterdir())


def test_where_the_folder_is(tmp_path, monkeypatch):
    monkeypatch.setenv("EVO_CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert _cache._base_folder() == tmp_path / "chosen"
    monkeypatch.setenv("EVO_CACHE_DIR", "")
    assert _cache._base_folder() == tmp_path / "xdg" / "evo"
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert _cache._base_folder() == tmp_path / "home" / ".cache" / "evo"


def test_only_the_newest_former_folders_stay(tmp_path):
    made = []
    for age in range(_cache.KEPT + 3):
        made.append(open_folder(tmp_path, f"{age:016x}"))
        os.utime(made[-1], (1e9 + age, 1e9 + age))
    (tmp_path / "kernels-mine").mkdir()
    (tmp_path / "other").mkdir()
    current = open_folder(tmp_path, "f" * 16)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted([path.name for path in (*made[3:], current)] + ["kernels-mine", "other"])
    open_folder(tmp_path, f"{3:016x}")  # one that is used again counts as new
    open_folder(tmp_path, "e" * 16)
    assert made[3].exists()
    assert not made[4].exists()


def test_a_kernel_is_plain_and_silent_without_the_jit():
    script = (
        "import warnings; warnings.simplefilter('error'); import numpy as np; from evo.kernels._cache import kernel\n"
        "@kernel\ndef f(x): return x * x, np.float64(1) / np.float64(0)\n"
        "print(*f(np.uint64(2**63 + 1)))"
    )
    assert run(script, NUMBA_DISABLE_JIT="1") == (["1", "inf"], "")

"""How much memory and disk there is, and amounts in words."""

from __future__ import annotations

import os
from pathlib import Path

from evo.places import is_local


def available_memory() -> int | None:
    """Bytes that this process may still take, where the system says so."""
    found: list[int] = []
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            found += [int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:")]
    except OSError:
        if (total := total_memory()) is not None:
            found.append(total)
    try:  # a container's own limit
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii").strip()
        found += [int(limit) - int(used)] if limit != "max" else []
    except (OSError, ValueError):
        pass
    return max(0, min(found)) if found else None


def total_memory() -> int | None:
    """Bytes of memory of this machine, where the system says so."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def free_space(folder: Path) -> int:
    """Bytes free on the disk of a folder that need not exist yet; a store of objects never says that it is full."""
    import shutil

    if not is_local(folder):
        return 2**63
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def in_bytes(count: float) -> str:
    """`3.2 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.2g} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"

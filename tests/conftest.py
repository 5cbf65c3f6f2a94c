"""What holds for all tests: how long a line is, and which cases of a long table are tried today.

A test marked `rota` has many cases of a kind. A run tries a third of them, another third on the next day; `--rota all` tries
all of them, and so does a run of tests that are named one by one.
"""

import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

SHARES = 3
CHOSEN = "EVO_TESTS_ROTA"  # what the controller of several processes chose, so that all of them choose the same

os.environ.pop("COLUMNS", None)  # lines are as long as where nobody says otherwise; tests over several processes say it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rota", choices=["today", "all", *map(str, range(SHARES))], help="which share of the cases marked rota"
    )


def pytest_configure(config: pytest.Config) -> None:
    asked = config.getoption("--rota") or ("all" if any("::" in name for name in config.args) else "today")
    if asked == "today":
        asked = str(datetime.now(UTC).toordinal() % SHARES)
    os.environ.setdefault(CHOSEN, asked)


def pytest_unconfigure() -> None:
    os.environ.pop(CHOSEN, None)


def pytest_report_header() -> str:
    chosen = os.environ[CHOSEN]
    which = "all" if chosen == "all" else f"share {int(chosen) + 1} of {SHARES}; --rota all for the others"
    return f"cases marked rota: {which}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = os.environ[CHOSEN]
    if chosen != "all":
        others = set(_others(items, int(chosen)))
        config.hook.pytest_deselected(items=[item for item in items if item in others])
        items[:] = [item for item in items if item not in others]


def _others(items: list[pytest.Item], share: int) -> Iterator[pytest.Item]:
    """Cases that are for another day; by name, so that a new case moves no other one."""
    for item in items:
        if item.get_closest_marker("rota") and zlib.crc32(item.nodeid.encode()) % SHARES != share:
            yield item

"""The verification page's table, from the results that `make test` leaves in build/tests.xml."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from pathlib import Path


def page(root: Path) -> str:
    file = root / "build" / "tests.xml"
    title = "# Results of the tests\n\nWhat is compared with what: [verification](../verification.md).\n\n"
    if not file.exists():
        return title + "No results lie here: `make test` leaves them, and `make docs` shows them.\n"
    suite = next(ElementTree.parse(file).getroot().iter("testsuite"))
    counts = _counts(suite)
    lines = [f"| `tests/{name}.py` | {_about(root, name)} | {_said(count)} |" for name, count in sorted(counts.items())]
    total = sum(counts.values(), Counter())
    head = f"{_said(total).capitalize()}, at {suite.get('timestamp', '')[:16].replace('T', ' ')}.\n\n"
    return title + head + "| file | what it tests | |\n| --- | --- | --- |\n" + "\n".join(lines) + "\n"


def _counts(suite: ElementTree.Element) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for case in suite.iter("testcase"):
        name = next(part for part in case.get("classname", "").split(".") if part.startswith("test_"))
        kinds = {child.tag for child in case}
        found[name]["failed" if kinds & {"failure", "error"} else "left out" if "skipped" in kinds else "passed"] += 1
    return found


def _said(count: Counter[str]) -> str:
    return ", ".join(f"{count[kind]} {kind}" for kind in ("passed", "failed", "left out") if count[kind])


def _about(root: Path, name: str) -> str:
    text = ast.get_docstring(ast.parse((root / "tests" / f"{name}.py").read_text())) or ""
    return text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")

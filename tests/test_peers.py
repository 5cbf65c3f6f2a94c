"""docs/coming_from.md: the names are evo's, and the code runs."""

import importlib
import json
import re
from pathlib import Path

import pytest

import evo

PAGE = (Path(__file__).parent.parent / "docs" / "coming_from.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NAMES = sorted(set(re.findall(r"\bevo(?:\.[A-Za-z_]\w*)+", PAGE)))
KINDS = sorted(set(re.findall(r"kind\"?: \"?(\w+)", PAGE)))
WORDS = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
OPTIONS = sorted({option for word in WORDS for option in re.findall(r"(?:^|[{,.] ?)([a-z_]+): ", word)})


def named(name: str) -> object:
    """What a dotted name stands for."""
    found = evo
    path = "evo"
    for part in name.split(".")[1:]:
        path += "." + part
        if not hasattr(found, part):
            importlib.import_module(path)
        found = getattr(found, part)
    return found


def properties(schema: object) -> set[str]:
    """All names of fields anywhere in a JSON Schema."""
    if isinstance(schema, list):
        return set().union(*map(properties, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})) | properties(list(schema.values()))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_in_evo(name):
    assert named(name) is not None


def test_every_kind_can_be_asked_for():
    text = json.dumps(evo.schema())
    assert [kind for kind in KINDS if f'"const": "{kind}"' not in text] == []


def test_every_option_is_one_of_a_config():
    assert set(OPTIONS) - properties(evo.schema()) == set()


def test_the_code_runs_and_agrees():
    names: dict = {}
    for block in BLOCKS:
        exec(compile(block, "coming_from.md", "exec"), names)
    assert names["chance"] == pytest.approx(names["rare"].rho[1, 0], rel=1e-12)
    assert names["ranks"].masses == pytest.approx([1 / 3] * 3, abs=1e-9)
    assert sum(names["winners"].values()) == pytest.approx(1, abs=1e-12)
    assert names["mixed"][0][0] == pytest.approx([3 / 5, 2 / 5])  # leaves the second player indifferent: 2x = 3(1-x)

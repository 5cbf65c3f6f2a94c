"""The pages of docs/ run as they are shown, and what their comments say comes out is what comes out."""

import ast
import re
import tokenize
from decimal import Decimal
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if "```python" in page.read_text()]
ANSWERS = {"exact.md": 50, "traits.md": 1}  # at the least, so that none is left out unnoticed


def blocks(page):
    """The Python of a page, block by block, each with the line on which it begins."""
    text = page.read_text()
    for found in re.finditer(r"```python\n(.*?)```", text, re.DOTALL):
        yield found[1], text[: found.start(1)].count("\n")


def claimed(comment):
    """The literal that a comment begins with, None where it is in words."""
    text = comment.lstrip("# ")
    for end in range(len(text), 0, -1):
        if end < len(text) and text[end] not in ",:;":
            continue
        try:
            return ast.literal_eval(text[:end])
        except (SyntaxError, ValueError):
            continue
    return None


def agrees(got, said):
    """Whether a value is the one that was said, numbers to half a unit of the last digit written."""
    if isinstance(said, list | tuple):
        return len(got) == len(said) and all(map(agrees, got, said))
    if isinstance(said, dict):
        return got.keys() == said.keys() and all(agrees(got[key], said[key]) for key in said)
    if isinstance(said, float):
        unit = float(Decimal(1).scaleb(Decimal(repr(said)).as_tuple().exponent))
        return bool(abs(got - said) <= 0.5001 * unit)
    if isinstance(said, int) and not isinstance(said, bool):
        return bool(np.isclose(got, said, rtol=1e-9, atol=1e-12))
    return bool(got == said)


def answers(block):
    """Statements in order, each with what the comment behind it says comes out, if it is an expression."""
    behind = {
        token.end[0]: token.string
        for token in tokenize.generate_tokens(StringIO(block).readline)
        if token.type == tokenize.COMMENT
    }
    for statement in ast.parse(block).body:
        comment = behind.get(statement.end_lineno, "") if isinstance(statement, ast.Expr) else ""
        yield statement, claimed(comment)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_in_the_docs(page, tmp_path, monkeypatch):
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    compared = 0
    for block, line in blocks(page):
        for statement, said in answers(block):
            ast.increment_lineno(statement, line)
            if said is None:
                exec(compile(ast.Module([statement], []), str(page), "exec"), known)
                continue
            got = eval(compile(ast.Expression(statement.value), str(page), "eval"), known)
            assert agrees(got, said), f"{page.name}, line {statement.end_lineno}: {got!r}, not {said!r}"
            compared += 1
    assert compared >= ANSWERS.get(page.name, 0)


def test_wrong_answers_are_noticed():
    assert agrees(0.0134414, 0.01344)
    assert not agrees(0.0134414, 0.01345)
    assert agrees(np.array([0.25, 0.75]), [0.25, 0.75])
    assert not agrees(np.array([0.25, 0.75]), [0.75, 0.25])
    assert not agrees({"a": 1.0}, {"b": 1.0})
    assert claimed("# computed, not sampled") is None
    assert claimed("# 0.75: three quarters") == 0.75
    assert claimed("# ['branching point'], at x = 0.6") == ["branching point"]

"""YAML as evo reads and writes it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evo._errors import ConfigError, ConfigProblem
from evo._yaml import MOST_BYTES, MOST_NODES, dump, load, load_value

SCALARS: list[tuple[str, object]] = [
    ("", None),
    ("null", None),
    ("~", None),
    ("true", True),
    ("false", False),
    *[(text, text) for text in ("no", "yes", "on", "off", "y", "n", "True", "FALSE", "NULL", "None")],
    ("7", 7),
    ("+7", 7),
    ("-7", -7),
    ("0", 0),
    ("1" + "0" * 300, 10**300),
    ("1e-3", 0.001),
    ("1e5", 1e5),
    ("1E+5", 1e5),
    ("1.", 1.0),
    (".5", 0.5),
    ("-.5", -0.5),
    ("+1.5", 1.5),
    ("1.5e-7", 1.5e-7),
    ("5e-324", 5e-324),
    ("0e-999", 0.0),
    (".inf", math.inf),
    ("+.inf", math.inf),
    ("-.inf", -math.inf),
    ("-inf", -math.inf),
    ("+inf", math.inf),
    *[
        (text, text)
        for text in ("inf", "nan", "1_000", "0x1F", "0o17", "1:30", "190:20:30", "1,5", "e5", ".", "-", "=")
    ],
    *[(text, text) for text in ("2024-01-01", "2024-01-01T10:00:00Z", "b*z*(k_C/n)**beta_C - c", "1 + 2", "\u0661")],
    ("'1e3'", "1e3"),
    ('"no"', "no"),
    ("'null'", "null"),
    ("''", ""),
    ('"a\\tb"', "a\tb"),
    ("é😀", "é😀"),
]


def same(left: Any, right: Any) -> bool:
    """Equal with equal types, the order of keys, signs of zeros and NaN included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return repr(left) == repr(right)


def refusal(text: str | bytes) -> tuple[ConfigProblem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(text, source="x.yaml")
    assert caught.value.source == "x.yaml"
    return caught.value.problems


@pytest.mark.parametrize(("text", "value"), [pair for pair in SCALARS if pair[0] != "-"])
def test_plain_scalars_mean_what_they_look_like(text: str, value: object) -> None:
    assert same(load(f"a: {text}\n").data, {"a": value})


def test_nan_is_read() -> None:
    assert same(load("[.nan, .NaN]").data, [math.nan, math.nan])


def test_lines_are_those_of_keys_and_items() -> None:
    document = load("# comment\na: 1\nb:\n  - x\n\n  - {c: 2,\n     d: 3}\ne: |\n  text\nf: 4\n")
    assert document.data == {"a": 1, "b": ["x", {"c": 2, "d": 3}], "e": "text\n", "f": 4}
    assert document.lines == {
        (): 2, ("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 1): 6, ("b", 1, "c"): 6, ("b", 1, "d"): 7,
        ("e",): 8, ("f",): 10,
    }  # fmt: skip


def test_aliases_repeat_data_and_keep_the_lines_of_their_anchor() -> None:
    document = load("a: &rows\n  - [1, 2]\nb: *rows\n")
    assert document.data == {"a": [[1, 2]], "b": [[1, 2]]}
    assert document.lines["b",] == 3
    assert document.lines["b", 0, 1] == 2


@pytest.mark.parametrize(
    "text", ["---\na: 1\n...\n", "\ufeffa: 1\n", "{a: 1}", "a: 1\r\n", b"\xef\xbb\xbfa: 1", "'a' : 1"]
)
def test_harmless_dress_is_accepted(text: str | bytes) -> None:
    assert load(text).data == {"a": 1}


REFUSED: list[tuple[str | bytes, tuple[object, ...], int | None, str]] = [
    ("", (), 1, "is empty"),
    ("# nothing\n", (), 2, "is empty"),
    ("a: 1\nb: 2\na: 3\n", ("a",), 3, "given twice, first on line 1"),
    ("x:\n  - {c: 1, c: 2}\n", ("x", 0, "c"), 2, "given twice, first on line 2"),
    ("a: &x {b: 1}\nc:\n  <<: *x\n", ("c",), 3, "merge keys"),
    ("a: !!python/object/apply:os.system ['true']\n", ("a",), 1, "tags are not used here: tag:yaml.org"),
    ("a:\n  b: !thing 1\n", ("a", "b"), 2, "tags are not used here: !thing"),
    ("a: !!str 1\n", ("a",), 1, "tags"),
    ("a: !\n", ("a",), 1, "tags"),
    ("a: &x [*x]\n", ("a", 0), 1, "*x stands inside &x"),
    ("a: b*c\nd: *c\n", ("d",), 2, "*c has no anchor"),
    ("a: &x 1\nb: &x 2\n", ("b",), 2, "&x is given twice"),
    ("&x a: 1\n*x : 2\n", (), 2, "an alias (*x) cannot be a key"),
    ("a: 1\n1: b\n", (), 2, "the key 1 is not text"),
    ("true: b\n", (), 1, "the key true is not text"),
    ("a: {2.5: b}\n", ("a",), 1, "the key 2.5 is not text"),
    ("? [1]\n: b\n", (), 1, "a list cannot be a key"),
    ("{a: 1}: b\n", (), 1, "a mapping cannot be a key"),
    ("a: 1\n?\n: b\n", (), 2, "a key is missing"),
    ("{a:1, b: 2}\n", ("a:1",), 1, "has no value"),
    ("a: 010\n", ("a",), 1, "octal"),
    ("a: -007\n", ("a",), 1, "octal"),
    ("a: 1e999\n", ("a",), 1, "too large"),
    ("a: 1" + 400 * "0" + "\n", ("a",), 1, "too large"),
    ("a: 1" + 10_000 * "0" + "\n", ("a",), 1, "too large"),
    ("a: 1e-999\n", ("a",), 1, "too small"),
    ("a: 1\n---\nb: 2\n", (), 2, "second document"),
    ("a: 1\n...\nb: 2\n", (), 3, "not valid YAML"),
    ("%YAML 1.1\n---\na: no\n", (), 1, "directives"),
    ("a:\n\tb: 1\n", (), 2, "tab"),
    ("a: 1\nb:\t2\n", (), 2, "tab"),
    ("a: b: c\n", (), 1, "a ':' where no key can stand"),
    ("a: 1\n b: 2\n", (), 2, "a ':' where no key can stand"),
    ("a:\n  b: 1\n c: 2\n", (), 3, "does not line up"),
    ("a: 1\nb\n", (), 2, "a key without ':'"),
    ("b: 1\na: [1, 2\nc: 3\n", (), 2, "a list opened with [ is not closed"),
    ("b: 1\na: {b: 1\nc: 2\n", (), 2, "a mapping opened with { is not closed"),
    ("a: [1]]\n", (), 1, "a ] that closes"),
    ("a: ]\n", (), 1, "a value is missing before ]"),
    ("b: 1\na: 'x\nc: 2\n", (), 2, "a quote is opened and not closed"),
    ("a: 'b' c\n", (), 1, "text after the end of a value"),
    ("a: - 1\n", (), 1, "a list item"),
    ("a: @x\n", (), 1, "cannot start with @"),
    ("a: %x\n", (), 1, "cannot start with %"),
    ("a: *\n", (), 1, "cannot start with *"),
    ('a: "C:\\q"\n', (), 1, "unknown escape"),
    ('a: "\\ud800"\n', ("a",), 1, "surrogate"),
    ("a: 1\nb: \x07\n", (), 2, "control character U+0007"),
    ("a: \ud800\n", (), 1, "control character U+D800"),
    ("a: \x00\n", (), 1, "control character U+0000"),
    (b"a: 1\nb: \xff\n", (), 2, "not UTF-8"),
    ("a: 1".encode("utf-16"), (), 1, "not UTF-8"),
    ("[" * 100_000, (0, 0, 0), 1, "nested more than"),
    ("- " * 100_000, (0, 0, 0), 1, "nested more than"),
    ("{a: " * 100_000, ("a", "a", "a"), 1, "nested more than"),
    ("a: &a [1]\n" + "".join(f"{c}: &{c} [[[[[[[[[[*{p}]]]]]]]]]]\n" for p, c in pairwise("abcdefgh")),
     ("h", 0, 0), 8, "nested more than"),
    ("#" * (MOST_BYTES + 1), (), None, "larger than 10 MB"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "line", "words"), REFUSED, ids=[repr(text[:30]) + words for text, _, _, words in REFUSED]
)
def test_refused(text: str | bytes, path: tuple[object, ...], line: int | None, words: str) -> None:
    (problem,) = refusal(text)
    assert (problem.path, problem.line) == (path, line)
    assert words in problem.message
    assert len(problem.message) < 120


def test_all_problems_are_reported_at_once_and_in_order() -> None:
    problems = refusal("a: 1\nb: 010\na: 2\n3: c\nd: !x [*y, {e: 1, e: 2}]\n")
    assert [problem.line for problem in problems] == [2, 3, 4, 5, 5, 5]
    with pytest.raises(ConfigError, match=r"x.yaml: 2 problems\nx.yaml:1: a: 010 can .*\nx.yaml:2: a: is given twice"):
        load("a: 010\na: 1", source="x.yaml")


def test_a_billion_laughs_are_refused() -> None:
    """Ten thousand million values if they were expanded: a test that fails does not end."""
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, here in pairwise("abcdefghij"):
        bomb += f"{here}: &{here} [{', '.join([f'*{before}'] * 10)}]\n"
    (problem,) = refusal(bomb)
    assert f"more than {MOST_NODES:,} values" in problem.message
    assert problem.line == 5


@pytest.mark.parametrize(
    "opening", ["*x", "&x [", "!<", "? ", "- - ", "{[", "'", '"\\x', "|9", ">-", "%TAG ! x", "\ufeff\ufeff", ":"]
)
def test_whatever_is_broken_is_refused_in_words(opening: str) -> None:
    for text in (opening, f"a: {opening}\nb: 1", f"a:\n  - {opening}"):
        try:
            load(text)
        except ConfigError as error:
            assert "Traceback" not in str(error)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=" \n\t:#-'\"a1,[]{}?|>\\&*!%@~<.e", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        load(text)
    except ConfigError as error:
        assert error.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("1e-3", 0.001), ("no", "no"), ("[1, {a: b}]", [1, {"a": "b"}]), ("{a: 1}", {"a": 1}), ("a, b", "a, b"),
     ("-1", -1), ("'x: y'", "x: y"), ("b*z - c", "b*z - c"), ("null", None)],
)  # fmt: skip
def test_one_value(text: str, value: object) -> None:
    assert same(load_value(text), value)


@pytest.mark.parametrize("text", ["", "# c", "a: 1", "- 1", "a: 1\nb: 2", "|\n x", "[1", "*x", "010", "!x 1"])
def test_not_one_value(text: str) -> None:
    with pytest.raises(ConfigError):
        load_value(text)


TRICKY = [
    *[text for text, _ in SCALARS],
    *[
        "no",
        " a",
        "a ",
        "a\nb",
        "a\n",
        "\na",
        "a \nb",
        "a\n\n",
        "  a\n b",
        "010",
        "08",
        "-007",
        "<<",
        "- a",
        "a: b",
        "#x",
    ],
    *["a #b", "a\tb", "\t", "\u2028", "\x85", "\ufeff", "\x00", "\x1b", "'", '"', "*a", "&a", "!a", "%a", "@a", "`a"],
    *[
        "[",
        "{",
        "}",
        ",",
        "?",
        "? a",
        ":",
        "a:",
        ": a",
        "---",
        "...",
        "--- a",
        "x\n---\ny",
        "x\n...\ny",
        "#\nx",
        "\r",
        "a\r\n",
    ],
    *["\U0010ffff", "a" * 200, "word " * 300, "|", ">", ".nan", "1e999", "\\", "\u00a0"],
]
TEXT = st.sampled_from(TRICKY) | st.text() | st.text(alphabet=" \n\t:#-'\"ab,[]{}?|>\\\r", max_size=12)
NUMBERS = st.integers() | st.floats() | st.sampled_from([1e-7, 1e22, -0.0, 1e-5, 5e-324, 10**30])
DATA = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DATA)
def test_what_is_written_is_read_back(data: object) -> None:
    assert same(load(dump(data)).data, data)


@pytest.mark.parametrize("text", TRICKY)
def test_other_readers_of_yaml_see_text_where_text_was_written(text: str) -> None:
    assert yaml.safe_load(dump([text, {text: text}])) == [text, {text: text}]


@pytest.mark.parametrize("number", [1e-7, 1e22, 1e-5, 0.1, -0.0, 4.0, math.inf, -math.inf, 1.7976931348623157e308])
def test_other_readers_of_yaml_see_the_same_float(number: float) -> None:
    assert same(yaml.safe_load(dump([number])), [number])


def test_what_is_written_is_pleasant_to_read() -> None:
    formula = "b*z*(k_C/n)**beta_C*u_C - c + " * 10 + "0"
    data = {
        "title": "Größe 😀",
        "rate": 1e-05,
        "answer": "no",
        "color": "#4a6fa5",
        "rates": ((-0.1, 0.1), (0.1, -0.1)),
        "payoffs": [["b - c", 0], ["b", 0]],
        "plots": ["prevail", "paths"],
        "laws": [{"kind": "fixed", "start": []}],
        "formula": formula,
        "note": "two\nlines\n",
        "long": [number / 7 for number in range(30)],
    }
    text = dump(data)
    assert text.startswith(
        "title: Größe 😀\n"
        "rate: 1.0e-05\n"
        "answer: 'no'\n"
        "color: '#4a6fa5'\n"
        "rates: [[-0.1, 0.1], [0.1, -0.1]]\n"
        "payoffs: [[b - c, 0], [b, 0]]\n"
        "plots: [prevail, paths]\n"
        "laws:\n"
        "  - kind: fixed\n"
        "    start: []\n"
        f"formula: {formula}\n"
        "note: |\n"
        "  two\n"
        "  lines\n"
        "long:\n"
        "  - 0.0\n"
    )


@pytest.mark.parametrize("data", [{1: 2}, {"a": object()}, [{1, 2}], {None: 1}])
def test_what_is_not_plain_data_is_not_written(data: object) -> None:
    with pytest.raises(TypeError):
        dump(data)


def test_half_a_surrogate_pair_is_not_written() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        dump(["\ud800"])


def test_repeated_data_is_written_out() -> None:
    rows = [{"a": 1}]
    assert "*" not in dump({"b": rows, "c": rows})

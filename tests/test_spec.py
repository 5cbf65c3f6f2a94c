"""How plain data becomes a spec, and how it is refused."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator, model_validator
from typing_extensions import TypedDict

from evo._spec import (
    ConfigError,
    ConfigProblem,
    ProblemError,
    Spec,
    parse_assignment,
    parse_path,
    refuse,
    render_path,
    replace,
    validate,
)
from evo._yaml import dump, load


class Fixed(Spec):
    kind: Literal["fixed"] = "fixed"
    value: float


class Switching(Spec):
    kind: Literal["switching"] = "switching"
    values: tuple[float, ...]
    rates: tuple[tuple[float, ...], ...] = ()
    switching: float = 0  # named like the kind, on purpose

    @model_validator(mode="after")
    def _square(self) -> Switching:
        for place, row in enumerate(self.rates):
            if len(row) != len(self.values):
                raise ProblemError(
                    ("rates", place), f"needs {len(self.values)} numbers, has {len(row)}", "one per value"
                )
        return self


Law = Annotated[Fixed | Switching, Field(discriminator="kind")]


def _formula(text: str) -> str:
    if "$" in text:
        raise ValueError(f"unexpected '$'\n{text}\n{' ' * text.index('$')}^")
    return text


def _names(value: object) -> object:
    is_names = isinstance(value, tuple) and all(isinstance(name, str) for name in value)
    return {name: {"value": 1} for name in value} if is_names else value  # type: ignore


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(f"{name!r} is not a name")
    return name


Quantity = float | Annotated[str, AfterValidator(_formula)]


class Parameter(Spec):
    value: float
    range: tuple[float, float] | None = None
    label: str | None = None


class Run(Spec):
    generations: int = Field(default=2, gt=0, multiple_of=2)
    seed: int | Literal["random"] = 0
    start: tuple[float, ...] | dict[str, float] | None = None
    since: float = Field(default=1, alias="from", ge=0, lt=10)
    share: float = Field(default=1, gt=0, le=1)
    endless: Annotated[float, Field(allow_inf_nan=True)] = math.inf
    resume: bool = False
    workers: int | Literal["auto", "all"] | None = None


class Extra(TypedDict, total=False):
    size: float


class Sums(Spec):
    numbers: tuple[int, ...] = ()
    total: int = 0

    @model_validator(mode="after")
    def _report_all(self) -> Sums:
        wrong = [
            ConfigProblem(("numbers", at), None, f"is {n}, negative") for at, n in enumerate(self.numbers) if n < 0
        ]
        if sum(self.numbers) != self.total:
            wrong.append(ConfigProblem(("total",), None, f"must be {sum(self.numbers)}"))
        if wrong:
            raise ConfigError(wrong)
        return self

    @field_validator("total")
    @classmethod
    def _via_another_spec(cls, total: int) -> int:
        Fixed(value=total if total < 100 else "x")  # type: ignore
        return total


class Experiment(Spec):
    schema_version: Literal[1] = 1
    title: str = Field(default="x", min_length=1)
    parameters: dict[str, Quantity | Parameter] = Field(default_factory=dict)
    environment: dict[str, Law] = Field(default_factory=dict)
    run: Run = Run()
    law: Law | None = None
    laws: tuple[Law, ...] = ()
    color: str | None = Field(default=None, pattern="^#[0-9a-f]{6}$")
    names: Annotated[tuple[str, ...], Field(min_length=2, max_length=3)] = ("a", "b")
    some: Annotated[dict[Annotated[str, AfterValidator(_identifier)], Parameter], BeforeValidator(_names)] = Field(
        default_factory=dict
    )
    sums: Sums = Sums()
    extra: Extra | None = None
    either: Law | tuple[float, ...] | tuple[tuple[float, ...], ...] = ()


def problems(text: str) -> tuple[ConfigProblem, ...]:
    document = load(text, source="x.yaml")
    with pytest.raises(ConfigError) as caught:
        validate(Experiment, document.data, document=document)
    return caught.value.problems


GOOD = """
schema_version: 1
parameters: {b: 4, chi: "1 - b", d: {value: 1e-3, range: [0, 1]}}
environment:
  omega: {kind: switching, values: [0, 1], rates: [[-1, 1], [1, -1]]}
  switching: {kind: fixed, value: 2}
run: {from: 2, start: [0.5, 0.5], endless: .inf, workers: auto}
laws: [{kind: fixed, value: 1}]
some: [a, b]
"""


def test_a_config_and_python_say_the_same() -> None:
    spoken = Experiment(
        parameters={"b": 4, "chi": "1 - b", "d": Parameter(value=1e-3, range=(0, 1))},
        environment={
            "omega": Switching(values=[0, 1], rates=[[-1, 1], [1, -1]]),  # type: ignore
            "switching": Fixed(value=2),
        },
        run=Run(since=2, start=[0.5, 0.5], endless=math.inf, workers="auto"),  # type: ignore
        laws=(Fixed(value=1),),
        some=["a", "b"],  # type: ignore
    )
    read = validate(Experiment, load(GOOD).data)
    assert read == spoken
    assert isinstance(read.parameters["b"], float)
    assert read.run.start == (0.5, 0.5)
    assert read.environment["omega"] == Switching(values=(0, 1), rates=((-1, 1), (1, -1)))
    assert validate(Experiment, read.model_dump()) == read
    with pytest.raises(ValidationError):
        read.title = "y"  # type: ignore


def test_defaults_are_read_like_anything_else() -> None:
    assert isinstance(Switching(values=()).switching, float)


def test_what_the_caller_owns_is_left_alone() -> None:
    data = load(GOOD).data
    before = copy.deepcopy(data)
    validate(Experiment, data)
    assert data == before


# A config, and the one problem it has: path, line, message, hint.
REFUSED: list[tuple[str, tuple[str | int, ...], int | None, str, str | None]] = [
    # keys
    ("title: a\nrunn: 3", ("runn",), 2, "unknown key", "did you mean 'run'?"),
    ("run:\n  genrations: 4", ("run", "genrations"), 2, "unknown key", "did you mean 'generations'?"),
    ("law: {kind: fixed, value: 1, zzz: 1}", ("law", "zzz"), 1, "unknown key", "known keys: kind, value"),
    ("law: {kind: fixed, valeu: 1}", ("law", "valeu"), 1, "unknown key", "did you mean 'value'?"),
    ("laws:\n- {kind: fixed, value: 1, Value: 1}", ("laws", 0, "Value"), 2, "unknown key", "did you mean 'value'?"),
    ("run: {since: 1}", ("run", "since"), 1, "unknown key",
     "known keys: generations, seed, start, from, share, endless, resume, workers"),
    ("parameters:\n  a:\n    valeu: 1", ("parameters", "a", "valeu"), 3, "unknown key", "did you mean 'value'?"),
    ("law:\n  kind: fixed", ("law", "value"), 1, "is missing", None),
    # kinds
    ("title: a\nlaw: {kind: fixd}", ("law", "kind"), 2, "unknown value 'fixd'", "did you mean 'fixed'?"),
    ("environment:\n  w: {kind: zzz}", ("environment", "w", "kind"), 2, "unknown value 'zzz'",
     "must be one of 'fixed', 'switching'"),
    ("law: {kind: 3}", ("law", "kind"), 1, "must be one of 'fixed', 'switching', is 3", None),
    ("law: {kind: }", ("law", "kind"), 1, "must be one of 'fixed', 'switching', is empty", None),
    ("law: {kind: [fixed]}", ("law", "kind"), 1, "must be one of 'fixed', 'switching', is a list", None),
    ("environment:\n  fixed: {value: 1}", ("environment", "fixed", "kind"), 2, "is missing",
     "must be one of 'fixed', 'switching'"),
    ("laws: [{}]", ("laws", 0, "kind"), 1, "is missing", "must be one of 'fixed', 'switching'"),
    ("law: {knd: fixed}", ("law", "kind"), 1, "is missing", "did you write 'knd' for 'kind'?"),
    ("law: fixd", ("law",), 1, "needs a mapping (key: value), not the text 'fixd'", "write {kind: fixed}"),
    ("law: 3", ("law",), 1, "needs a mapping (key: value), not 3", None),
    # a key that is called like a kind
    ("environment:\n  switching:\n    kind: switching\n    values: [1]\n    switching: q",
     ("environment", "switching", "switching"), 5, "needs a number, not the text 'q'", None),
    # choices
    ("schema_version: 2", ("schema_version",), 1, "must be 1, is 2", None),
    ("run: {seed: randm}", ("run", "seed"), 1, "needs a whole number or 'random', not the text 'randm'",
     "did you mean 'random'?"),
    ("run: {workers: 1.5}", ("run", "workers"), 1, "needs a whole number, 'auto' or 'all', not 1.5", None),
    # types
    ("run: {share: abc}", ("run", "share"), 1, "needs a number, not the text 'abc'", None),
    ("run: {share: '0.5'}", ("run", "share"), 1, "needs a number, not the text '0.5'", "write 0.5 without quotes"),
    ("run: {share: true}", ("run", "share"), 1, "needs a number, not true", None),
    ("run: {share: }", ("run", "share"), 1, "needs a number, is empty", None),
    ("run: {share: [1]}", ("run", "share"), 1, "needs a number, not a list", None),
    ("run: {generations: 1e3}", ("run", "generations"), 1, "needs a whole number, not 1000.0", "write 1000"),
    ("run: {generations: true}", ("run", "generations"), 1, "needs a whole number, not true", None),
    ("run: {resume: yes}", ("run", "resume"), 1, "needs true or false, not the text 'yes'", "write true"),
    ("run: {resume: 1}", ("run", "resume"), 1, "needs true or false, not 1", None),
    ("title: 3", ("title",), 1, "needs text, not 3", 'write "3"'),
    ("title: false", ("title",), 1, "needs text, not false", 'write "false"'),
    ("title: #4a6fa5", ("title",), 1, "needs text, is empty", "text that starts with # needs quotes"),
    ("names: a", ("names",), 1, "needs a list, not the text 'a'", "write [a]"),
    ("laws: {kind: fixed}", ("laws",), 1, "needs a list, not a mapping", None),
    ("parameters: [1]", ("parameters",), 1, "needs a mapping (key: value), not a list", None),
    ("run:\ntitle: a", ("run",), 1, "needs a mapping (key: value), is empty",
     "known keys: generations, seed, start, from, share, endless, resume, workers"),
    # numbers and lengths
    ("run: {share: -1}", ("run", "share"), 1, "must be greater than 0, is -1", None),
    ("run: {share: 1.5}", ("run", "share"), 1, "must be at most 1, is 1.5", None),
    ("run: {from: -0.5}", ("run", "from"), 1, "must be at least 0, is -0.5", None),
    ("run: {from: 1e30}", ("run", "from"), 1, "must be less than 10, is 1.0e+30", None),
    ("run: {generations: 3}", ("run", "generations"), 1, "must be a multiple of 2, is 3", None),
    ("run: {share: .nan}", ("run", "share"), 1, "must be a finite number, is .nan", None),
    ("run: {share: -.inf}", ("run", "share"), 1, "must be a finite number, is -.inf", None),
    ("title: ''", ("title",), 1, "must not be empty", None),
    ("names: [a]", ("names",), 1, "needs at least 2 items, has 1", None),
    ("names: [a, b, c, d]", ("names",), 1, "needs at most 3 items, has 4", None),
    ("color: red", ("color",), 1, "must have the form ^#[0-9a-f]{6}$, is 'red'", None),
    # lists
    ("law:\n  kind: switching\n  values:\n  - 1\n  - a",
     ("law", "values", 1), 5, "needs a number, not the text 'a'", None),
    ("law: {kind: switching, values: [1, 2], rates: [[1, 2], [1, x]]}", ("law", "rates", 1, 1), 1,
     "needs a number, not the text 'x'", None),
    ("law: {kind: switching, values: [1, 2], rates: [3]}", ("law", "rates", 0), 1, "needs a list, not 3", "write [3]"),
    ("some: {a: {value: 1, range: [1]}}", ("some", "a", "range"), 1, "needs 2 items, has 1", None),
    ("some: {a: {value: 1, range: []}}", ("some", "a", "range"), 1, "needs 2 items, has 0", None),
    ("some: {a: {value: 1, range: [1, 2, 3]}}", ("some", "a", "range"), 1, "needs at most 2 items, has 3", None),
    # unions without a kind: one problem each
    ("parameters: {a: [1]}", ("parameters", "a"), 1,
     "needs a number, a formula or a mapping (key: value), not a list", None),
    ("parameters: {a: true}", ("parameters", "a"), 1,
     "needs a number, a formula or a mapping (key: value), not true", None),
    ("parameters: {a: .nan}", ("parameters", "a"), 1, "must be a finite number, is .nan", None),
    ("parameters: {a: {value: b}}", ("parameters", "a", "value"), 1, "needs a number, not the text 'b'", None),
    ("parameters: {a: 1 + $}", ("parameters", "a"), 1, "unexpected '$'\n1 + $\n    ^", None),
    ("run: {start: 1}", ("run", "start"), 1, "needs a list or a mapping (key: value), not 1", None),
    ("run: {start: [1, a]}", ("run", "start", 1), 1, "needs a number, not the text 'a'", None),
    ("run: {start: {a: b}}", ("run", "start", "a"), 1, "needs a number, not the text 'b'", None),
    ("either: {kind: fixed, value: a}", ("either", "value"), 1, "needs a number, not the text 'a'", None),
    ("either: {kind: fixd}", ("either", "kind"), 1, "unknown value 'fixd'", "did you mean 'fixed'?"),
    ("either: [[1, 2], [3, a]]", ("either", 1, 1), 1, "needs a number, not the text 'a'", None),
    # validators
    ("title: a\nlaw:\n  kind: switching\n  values: [1, 2]\n  rates:\n  - [1, 2]\n  - [1]", ("law", "rates", 1), 7,
     "needs 2 numbers, has 1", "one per value"),
    ("some: {a b: {value: 1}}", ("some", "a b"), 1, "'a b' is not a name", None),
    ("title: a\nsome: [a, b c]", ("some", "b c"), 2, "'b c' is not a name", None),
    ("sums: {total: 100}", ("sums", "total"), 1, "needs a number, not the text 'x'", None),
    ("title: a\nsums: {numbers: [1]}", ("sums", "total"), 2, "must be 1", None),
    # where annotations do not lead
    ("extra: {size: a}", ("extra", "size"), 1, "needs a number, not the text 'a'", None),
    ("extra: {sise: 1}", ("extra", "sise"), 1, "unknown key", None),
    # the whole
    ("- 1", (), 1, "needs a mapping (key: value), not a list",
     f"known keys: {', '.join(Experiment.model_fields)}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "line", "message", "hint"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refused(text: str, path: tuple[str | int, ...], line: int | None, message: str, hint: str | None) -> None:
    (problem,) = problems(text)
    assert problem == ConfigProblem(path, line, message, hint)


WORDS = st.sampled_from([
    *Experiment.model_fields, *Run.model_fields, "kind", "fixed", "switching", "value", "values", "rates", "range",
    "float", "str", "Parameter", "numbers", "total", "[key]", "size",
])  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | WORDS
WILD = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(list(Experiment.model_fields)), WILD, max_size=4))
def test_any_data_is_read_or_refused_with_paths_into_it(data: dict[str, Any]) -> None:
    document = load(dump(data))
    try:
        validate(Experiment, document.data, document=document)
    except ConfigError as error:
        assert str(error)
        for problem in error.problems:
            missing = (
                problem.message == "is missing" or problem.path[-1] == "kind" or problem.path[0] in ("some", "sums")
            )
            assert missing or problem.path in document.lines
            assert problem.line is not None


def test_all_problems_are_rendered_in_the_order_of_the_file() -> None:
    document = load(
        "title: ''\nlaw: {kind: fixd}\nparameters:\n  a: 1 + $x\n  b.c: [1]\nsums: {numbers: [-1, -2]}\n",
        source="x.yaml",
    )
    with pytest.raises(ConfigError) as caught:
        validate(Experiment, document.data, document=document)
    assert str(caught.value) == (
        "x.yaml: 7 problems\n"
        "x.yaml:1: title: must not be empty\n"
        "x.yaml:2: law.kind: unknown value 'fixd'; did you mean 'fixed'?\n"
        "x.yaml:4: parameters.a: unexpected '$'\n"
        "    1 + $x\n"
        "        ^\n"
        'x.yaml:5: parameters."b.c": needs a number, a formula or a mapping (key: value), not a list\n'
        "x.yaml:6: sums.numbers.0: is -1, negative\n"
        "x.yaml:6: sums.numbers.1: is -2, negative\n"
        "x.yaml:6: sums.total: must be -3"
    )


def test_without_a_document_there_are_paths_and_no_lines() -> None:
    with pytest.raises(ConfigError) as caught:
        validate(Experiment, {"run": {"share": 2}})
    assert str(caught.value) == "1 problem\nrun.share: must be at most 1, is 2"
    with pytest.raises(ConfigError, match=r"a\.yaml: run\.share"):
        validate(Experiment, {"run": {"share": 2}}, source="a.yaml")


def test_a_value_set_from_outside_has_no_line_in_the_file() -> None:
    document = load("title: a\nrun: {share: 1, from: 11}\n", source="x.yaml")
    with pytest.raises(ConfigError) as caught:
        validate(Experiment, replace(document.data, "run.share", 2), document=document)
    assert {problem.path: problem.line for problem in caught.value.problems} == {
        ("run", "share"): None,
        ("run", "from"): 2,
    }


def test_an_error_found_later_is_located_too() -> None:
    document = load("title: a\nrun:\n  share: 1\n", source="x.yaml")
    error = refuse(ProblemError("share", "is too large", "try less"), at=("run",), document=document)
    assert str(error) == "x.yaml: 1 problem\nx.yaml:3: run.share: is too large; try less"
    assert str(refuse(ValueError("no"), at=("run", "from"), document=document)).endswith("x.yaml:2: run.from: no")


def test_errors_survive_pickling() -> None:
    error = ConfigError([ConfigProblem(("a", 0), 3, "is wrong", "do right")], "x.yaml")
    again = pickle.loads(pickle.dumps(error))
    assert (again.problems, again.source, str(again)) == (error.problems, error.source, str(error))
    assert str(pickle.loads(pickle.dumps(ProblemError("a", "b", "c")))) == "b; c"


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, 1 + 0j, [1.0], 10**400])
def test_scalars_are_strict_in_python_too(value: Any) -> None:
    with pytest.raises(ValidationError):
        Fixed(value=value)


@pytest.mark.parametrize("values", [{1.0}, range(2), "12", iter([1.0]), {0: 1.0}])
def test_only_lists_do_for_tuples(values: Any) -> None:
    with pytest.raises(ValidationError):
        Switching(values=values)


SETTINGS: dict[str, Any] = {
    "parameters": {"chi": {"value": 0.3}, "b": 4},
    "run": {"start": [1, [2, 3]], "seed": None},
    "sweep": {"grid": {"parameters.chi": [1]}},
}


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("parameters.chi", 0.5, ["parameters", "chi"]),
        ("parameters.chi.value", 0.5, ["parameters", "chi", "value"]),
        ("parameters.new", 1, ["parameters", "new"]),
        ("title", "t", ["title"]),
        ("run.start.0", 7, ["run", "start", 0]),
        ("run.start.1.1", 7, ["run", "start", 1, 1]),
        ('sweep.grid."parameters.chi"', [2], ["sweep", "grid", "parameters.chi"]),
        ('sweep.grid."parameters.chi".0', 2, ["sweep", "grid", "parameters.chi", 0]),
    ],
)
def test_replace_sets_one_value_in_new_data(path: str, value: object, where: list[str | int]) -> None:
    before = copy.deepcopy(SETTINGS)
    found: Any = replace(SETTINGS, path, value)
    expected: Any = copy.deepcopy(SETTINGS)
    inner = expected
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    assert found == expected
    assert before == SETTINGS
    assert render_path(tuple(where)) == path


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("parametrs.b", "no such path: nothing at 'parametrs'", "did you mean 'parameters.b'?"),
        ("parameters.chy.value", "no such path: nothing at 'parameters.chy'", "did you mean 'parameters.chi.value'?"),
        ("zzz.a", "no such path: nothing at 'zzz'", "known here: parameters, run, sweep"),
        ("run.start.2", "no such path: nothing at 'run.start.2'", "known here: 0, 1"),
        ("run.start.-1", "no such path: nothing at 'run.start.-1'", "did you mean 'run.start.1'?"),
        ("run.start.x", "no such path: nothing at 'run.start.x'", "known here: 0, 1"),
        ("parameters.b.value", "'parameters.b' is a single value: nothing is below it", None),
        ("run.seed.x", "'run.seed' is empty: nothing is below it", None),
    ],
)
def test_replace_refuses_paths_that_lead_nowhere(path: str, message: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        replace(SETTINGS, path, 1)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", '"a', 'a"b"'])
def test_what_is_not_a_path_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="is not a path"):
        parse_path(path)


@given(st.lists(st.text(min_size=1), min_size=1).map(tuple))
def test_paths_read_back_as_they_are_rendered(path: tuple[str, ...]) -> None:
    assert parse_path(render_path(path)) == path


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("parameters.b=5", "parameters.b", 5),
        ("a = 1e-3", "a", 0.001),
        ("a=no", "a", "no"),
        ("a=[1, 2.5]", "a", [1, 2.5]),
        ("a={b: {c: 1}}", "a", {"b": {"c": 1}}),
        ("a=b*z - 1 >= c", "a", "b*z - 1 >= c"),
        ("a=null", "a", None),
        ("a=''", "a", ""),
    ],
)
def test_assignments(text: str, path: str, value: object) -> None:
    assert parse_assignment(text) == (path, value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("b", "'b' is not of the form path=value"),
        ("=3", "'=3' is not of the form path=value"),
        ("a.b=", "--set: a.b: has no value; write a.b=null"),
        ("a=b: c", "a: is not a single value"),
        ("a=- 1", "a: is not a single value"),
        ("a=[1", r"a: a list opened with \[ is not closed"),
        ("a=010", "a: 010 can be read as octal"),
        ("a={b: !x 1}", "a.b: tags"),
        ("a=1\nb=2", "a: must stand on one line"),
        ("a..b=1", "is not a path"),
        ("a..b=[", "is not a path"),
    ],
)
def test_what_is_not_an_assignment_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_assignment(text)


def test_the_base_imports_nothing_heavy() -> None:
    heavy = "numpy,pandas,numba,scipy,matplotlib,dask,typer"
    code = f"import sys, evo._spec; print([name for name in {heavy!r}.split(',') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"

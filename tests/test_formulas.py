"""Formulas against plain Python and NumPy: what is refused, what it says, and what comes out, compiled or not."""

import copy
import pickle
import warnings
from functools import lru_cache, reduce
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evo import codes
from evo.formulas import Expression, FormulaError, compile_program, evaluate, parse
from evo.formulas.tree import Apply, Number
from evo.kernels.program import execute, prepare, refresh

# text, column of the error, words that the message holds
REFUSED = [
    ("", 0, ["empty"]),
    (" \n ", 0, ["empty"]),
    ("x" * 10_001, 10_000, ["10000 characters"]),
    # symbols
    ("x^2", 1, ["'^'", "use ** for powers"]),
    ("é + é ^ 2", 6, ["'^'"]),
    ("a // b", 2, ["'//'", "floor(a / b)"]),
    ("a % b", 2, ["'%'", "floor"]),
    ("a @ b", 2, ["'@'"]),
    ("a << 2", 2, ["'<<'"]),
    ("~a", 0, ["'~'", "use not"]),
    ("!a", 0, ["'!'", "use not"]),
    ("a & b", 2, ["'&'", "use and"]),
    ("a || b", 2, ["'||'", "use or"]),
    ("a = b", 2, ["'='", "use =="]),
    ("a =< b", 2, ["use <="]),
    ("a <> b", 2, ["use !="]),
    ("(a := 1)", 3, ["':='"]),
    ("a \N{LESS-THAN OR EQUAL TO} b", 2, ["use <="]),
    ("a \N{MINUS SIGN} b", 2, ["use -"]),
    ("'text'", 0, ["no meaning"]),
    ('x + "text"', 4, ["no meaning"]),
    ("f'{x}'", 1, ["no meaning"]),
    ("a[0]", 1, ["'['", "round brackets"]),
    ("{1}", 0, ["'{'"]),
    ("a # b", 2, ["'#'"]),
    ("a \\\n b", 2, ["no meaning"]),
    ("a; b", 1, ["';'"]),
    ("a\0b", 1, ["no meaning"]),
    ("a + \ud800", 4, ["no meaning"]),
    ("\ufeffa", 0, ["U+FEFF"]),
    # words
    ("a if b else c", 2, ["'if'", "use where(condition, a, b)"]),
    ("1if a else c", 6, ["'else'", "use where"]),
    ("lambda: 1", 0, ["'lambda'", "reserved"]),
    ("2 * lambda", 4, ["'lambda'", "reserved"]),
    ("a is b", 2, ["'is'"]),
    ("a in b", 2, ["'in'"]),
    ("True + 1", 0, ["'True'", "write 1"]),
    ("a + False", 4, ["'False'", "write 0"]),
    ("None", 0, ["'None'"]),
    ("min(a for a in b)", 6, ["'for'"]),
    ("yield a", 0, ["'yield'"]),
    # brackets and lines
    ("(a", 0, ["never closed"]),
    ("log(a + (b)", 3, ["never closed"]),
    ("a)", 1, ["never opened"]),
    ("a) + (b", 1, ["never opened"]),
    ("()", 0, ["nothing in these brackets"]),
    ("(" * 101 + "a" + ")" * 101, 100, ["brackets"]),
    ("a\n+ b", 1, ["the text goes on", "round brackets"]),
    ("a\r\n+ b", 1, ["the text goes on"]),
    ("  (a\n  + b ^ 2)\n", 11, ["'^'"]),
    # numbers
    ("5j", 0, ["real number"]),
    ("1 + ...", 4, ["real number"]),
    ("1 + 0x" + "f" * 300, 4, ["too large"]),
    ("1 + " + "9" * 400, 4, ["too large"]),
    ("1 + " + "9" * 5000, 4, ["too large"]),
    ("2 * 1e999", 4, ["too large"]),
    ("1 + 2x", 4, ["number cannot be read", "use * to multiply"]),
    ("0,5", 1, ["comma", "point"]),
    ("(a, b)", 2, ["comma"]),
    # shape
    ("a b", 2, ["cannot be read"]),
    ("a +", 3, ["too early"]),
    (" a + ", 4, ["too early"]),
    ("a ** / b", 5, ["cannot be read"]),
    ("(a b)", 1, ["missing"]),
    ("-" * 5000 + "a", 0, ["deeply"]),
    ("-" * 300 + "a", 201, ["deeply"]),
    ("2**" * 3000 + "2", 0, ["deeply"]),
    ("+".join("a" * 5000), 0, ["deeply"]),
    # functions
    ("1 + lgo(a)", 4, ["unknown function 'lgo'", "did you mean 'log'?"]),
    ("\N{GREEK SMALL LETTER BETA}*\N{GREEK SMALL LETTER GAMMA} + lgo(a)", 6, ["unknown function 'lgo'"]),
    ("sqr(a)", 0, ["did you mean 'sqrt'?"]),
    ("ln(a)", 0, ["unknown function", "natural logarithm"]),
    ("b(1 + a)", 0, ["unknown function 'b'", "b*(...)"]),
    ("2(a)", 1, ["only a function", "use * to multiply"]),
    ("(a + b) (a)", 8, ["only a function"]),
    ("min(a, b)(a)", 9, ["only a function"]),
    ("np.log(a)", 2, ["dot", "write log(...)"]),
    ("a.real", 1, ["dot"]),
    ("a + log", 4, ["'log' is a function"]),
    ("where(a, b)", 0, ["where takes 3 values, not 2"]),
    ("1 + min(a)", 4, ["min takes 2 or more values, not 1"]),
    ("log(a, b)", 0, ["log takes 1 value, not 2"]),
    ("exp()", 0, ["exp takes 1 value, not 0"]),
    ("log(x=a)", 5, ["'='"]),
    ("log(*a)", 4, ["plain values"]),
    ("min(a, **b)", 7, ["plain values"]),
    ("__import__(a)", 0, ["unknown function"]),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED, ids=[repr(row[0])[:30] for row in REFUSED])
def test_refused_with_column_and_reason(text, column, words):
    with pytest.raises(FormulaError) as caught:
        parse(text)
    error = caught.value
    assert (error.text, error.column) == (text, column)
    assert all(word in str(error) for word in words), str(error)
    copies = copy.copy(error), pickle.loads(pickle.dumps(error))
    assert all(str(other) == str(error) for other in copies)


def test_caret_stands_under_the_column():
    with pytest.raises(FormulaError) as caught:
        parse("b*z + k^2")
    assert str(caught.value) == "'^' has no meaning in a formula\nb*z + k^2\n       ^\nuse ** for powers"
    assert str(FormulaError("a +", 3, "why")) == "why\na +\n   ^"


@pytest.mark.parametrize(
    ("text", "column", "shown"),
    [
        ("(a\n\t+ b ^ c\n)", 8, ["  + b ^ c"[1:], "      ^"[1:]]),
        ("(a\r\n+ b ^ c)", 8, ["+ b ^ c)", "    ^"]),
        ("a\x1b^", 2, ["a\ufffd^", "  ^"]),
    ],
)
def test_caret_in_other_lines(text, column, shown):
    assert str(FormulaError(text, column, "why")).splitlines()[1:] == shown


def test_long_lines_are_shown_around_the_column():
    text = "a + " * 100 + "b ^ 2 + " + "c + " * 100 + "d"
    with pytest.raises(FormulaError) as caught:
        parse(text)
    _, line, caret, _ = str(caught.value).split("\n")
    assert len(line) == 120
    assert line[caret.index("^")] == "^"


def test_parser_warnings_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert evaluate("1or 0", {}) == 1.0


def test_expression():
    one = parse(" (b*z\n  + max(b, k_C, \N{MICRO SIGN})) ")
    assert one.names == {"b", "z", "k_C", "\N{MICRO SIGN}"}  # as written, though Python's parser would change the last
    assert one == parse(one.text) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(parse(one.text))
    assert parse("a + b").tree == parse("  a+b").tree  # columns do not enter
    with pytest.raises(AttributeError):
        one.text = "b"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/0", np.inf),
        ("-1/0", -np.inf),
        ("0/0", np.nan),
        ("(-8)**(1/3)", np.nan),
        ("9**9**9", np.inf),
        ("9**9**9**9**9", np.inf),
        ("0**0", 1.0),
        ("1/-0", -np.inf),
        ("log(0)", -np.inf),
        ("exp(1000)", np.inf),
        ("2**53 + 1", 2.0**53),
        ("0x10 + 1_000 + .5e1", 1021.0),
        ("min(1, 0/0)", np.nan),
        ("max(0/0, 3, 1)", np.nan),
        ("where(0/0, 2, 3)", 2.0),
        ("not 0/0", 0.0),
        ("0/0 and 5", 1.0),
        ("0 or 0", 0.0),
        ("1 < 2 < 3 > 2", 1.0),
        ("1 < 2 < 2", 0.0),
        ("0/0 != 0/0", 1.0),
        ("floor(-1.5)", -2.0),
        ("where(1 < 2, 5, 1/0)", 5.0),
    ],
)
def test_constants_are_folded(text, value):
    assert isinstance(parse(text).tree, Number)
    assert np.array_equal(evaluate(text, {}), value, equal_nan=True)


def test_names_survive_folding():
    expression = parse("0*a + where(1, 2*3, b)")
    assert expression.names == {"a", "b"}
    assert isinstance(expression.tree, Apply)
    assert np.isnan(evaluate(expression, {"a": np.inf, "b": 0.0}))


PRECEDENCE = ["-a**2", "a**-b", "a**b**2", "a - b - c", "a/b/c", "a/b*c", "-a*b", "a + b*c", "+a - -b", "--a", "a*-b"]


@pytest.mark.parametrize("text", PRECEDENCE)
def test_python_precedence(text):
    names = {"a": 1.5, "b": 2.25, "c": -0.75}
    assert evaluate(text, names) == pytest.approx(eval(text, {}, names), rel=1e-14)


@pytest.mark.parametrize("text", ["not a == b", "a or b and c", "not a or b", "a < b == c", "a + 1 < b", "not not c"])
def test_python_precedence_of_logic(text):
    for bits in range(8):
        names = {"a": float(bits & 1), "b": float(bits >> 1 & 1), "c": float(bits >> 2)}
        assert evaluate(text, names) == float(bool(eval(text, {}, names)))


def test_evaluate_kinds():
    row = np.arange(3.0)
    assert type(evaluate("a + 1", {"a": 2})) is float
    assert type(evaluate("a", {"a": np.array(2)})) is float
    assert evaluate("n/2", {"n": np.arange(3)}).tolist() == [0.0, 0.5, 1.0]
    assert evaluate("a", {"a": row}) is not row
    assert not np.shares_memory(evaluate("+a", {"a": row}), row)
    assert evaluate("a + b", {"a": row, "b": row[:, None], "unused": None}).shape == (3, 3)


def test_unknown_name():
    with pytest.raises(FormulaError) as caught:
        evaluate("b + 2*xhi", {"b": 1.0, "chi": 2.0})
    assert (caught.value.column, caught.value.hint) == (6, "did you mean 'chi'?")
    with pytest.raises(FormulaError, match="known names: b"):
        evaluate("whatever", {"b": 1.0})
    with pytest.raises(FormulaError, match=r"did you mean 'b'"):
        evaluate("B", {"b": 1.0})


VALUES = [0.0, -0.0, 1.0, -1.0, 2.0, 3.0, 0.5, -0.25, 0.1, -3.7, 30.0, 1e308, -1e308, 1e-300, np.inf, -np.inf, np.nan]
SCALARS = {"a": 0, "b": 1, "c": 2}
VECTORS = {"u": 0, "v": 1}


def _compiled(outputs, let=None, moving=()):
    return compile_program(let=let or {}, outputs=outputs, scalars=SCALARS, vectors=VECTORS, moving=frozenset(moving))


class _Run:
    """A program beside its arrays; every cell that it has not filled itself holds a number that would show."""

    def __init__(self, program, scalars, vectors, width):
        self.program, self.width = program, width
        self.scalars, self.vectors = np.full(len(SCALARS), 7e77), np.full((len(VECTORS), width), 7e77)
        self._memory = [np.full((rows + 1, width), 7e77) for rows in (program.registers, program.depth)]
        self.registers, self.stack = (block[:-1] for block in self._memory)
        self.set(scalars, vectors)

    def set(self, scalars, vectors):
        for name, value in scalars.items():
            self.scalars[SCALARS[name]] = value
        for name, value in vectors.items():
            self.vectors[VECTORS[name]] = value[: self.width]

    def _call(self, kernel):
        with np.errstate(all="ignore"):
            kernel(self.program, self.scalars, self.vectors, self.registers, self.stack)
        assert all((block[-1] == 7e77).all() for block in self._memory)  # nothing written past the end
        return self

    def prepare(self):
        return self._call(prepare)

    def refresh(self):
        return self._call(refresh)

    @property
    def outputs(self):
        return self.registers[: self.program.outputs]


def _operations(code):
    return code[:, 0].tolist()


def test_nested_chains_do_not_multiply():
    def size(node):
        return 1 + sum(map(size, node.operands)) if isinstance(node, Apply) else 1

    chain = "a"
    for _ in range(18):
        chain = f"(0 < {chain} < 2)"  # a tree that repeated its middle would have 2**18 leaves
    assert size(parse(chain).tree) < 100
    assert evaluate(chain, {"a": 1.0}) == 1.0
    program = _compiled({"y": chain}, moving=["a"])
    assert len(program.moving_code) < 200
    assert _Run(program, {"a": 1.0}, {}, 1).prepare().refresh().outputs[0, 0] == 1.0


def test_let_lines_in_order():
    program = _compiled({"y": "q*2", "z": "p"}, let={"p": "a + u", "q": "p*p"}, moving=["a"])
    run = _Run(program, {"a": 3.0}, {"u": np.array([1.0, 2.0])}, 2).prepare().refresh()
    assert run.outputs.tolist() == [[32.0, 50.0], [4.0, 5.0]]


@pytest.mark.parametrize(
    ("let", "outputs", "part", "name", "column", "words"),
    [
        ({"p": "a + q", "q": "b"}, {"y": "p"}, "let", "p", 4, ["'q' is not known yet", "lines above"]),
        ({"p": "1 + p"}, {"y": "p"}, "let", "p", 4, ["'p' is not known yet", "lines above"]),
        ({"unused": "a + d1"}, {"y": "a"}, "let", "unused", 4, ["unknown name 'd1'"]),
        ({"unused": "a ^ 2"}, {"y": "a"}, "let", "unused", 2, ["'^'"]),
        ({"level": "a"}, {"y": "b", "z": "2*levl"}, "outputs", "z", 2, ["unknown name", "did you mean 'level'?"]),
        ({}, {"a b": "y"}, "outputs", "a b", 0, ["unknown name 'y'"]),
        ({"a": "b"}, {"y": "a"}, "let", "a", 0, ["'a' is taken"]),
        ({"u": "b"}, {"y": "a"}, "let", "u", 0, ["'u' is taken"]),
        ({"log": "b"}, {"y": "a"}, "let", "log", 0, ["'log' cannot be the name"]),
        ({"if": "b"}, {"y": "a"}, "let", "if", 0, ["'if' cannot be the name"]),
        ({"k C": "b"}, {"y": "a"}, "let", "k C", 0, ["'k C' cannot be the name"]),
    ],
)
def test_refused_programs_name_the_line(let, outputs, part, name, column, words):
    with pytest.raises(FormulaError) as caught:
        _compiled(outputs, let=let)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.part, error.name, error.column) == (part, name, column)
    assert all(word in str(error) for word in words), str(error)


def test_refused_places():
    with pytest.raises(ValueError, match="both a scalar and a vector: a"):
        compile_program(let={}, outputs={"y": "a"}, scalars={"a": 0}, vectors={"a": 0}, moving=set())
    with pytest.raises(ValueError, match="neither a scalar nor a vector: tt"):
        compile_program(let={}, outputs={"y": "t"}, scalars={"t": 0}, vectors={}, moving={"tt"})


def test_programs_have_one_type():
    programs = [_compiled({}), _compiled({"y": "a"}), _compiled({"y": "u"}, moving=["u"]), _compiled({"y": "2*exp(u)"})]
    for program in programs:
        for code in (program.static_code, program.moving_code):
            assert (code.dtype, code.shape[1], code.ndim, code.flags.c_contiguous) == (np.int64, 3, 2, True)
        assert (program.constants.dtype, program.constants.ndim) == (np.float64, 1)
    assert programs[0].static_code.shape == programs[0].moving_code.shape == (0, 3)
    assert programs[0].constants.shape == (0,)
    if hasattr(execute, "signatures"):
        counts = set()
        for program in programs:
            for width in (1, 7):
                _Run(program, {}, {}, width).prepare().refresh()
                counts.add((len(execute.signatures), len(refresh.signatures)))
        assert len(counts) == 1


def test_static_values_are_hoisted_whole():
    program = _compiled({"y": "s*exp(b*u + 1) + a"}, let={"s": "sqrt(b)"}, moving=["a"])
    assert program.registers == 2  # the output, and everything in front of + a
    assert _operations(program.moving_code) == [codes.REGISTER, codes.SCALAR, codes.ADD, codes.STORE]
    assert codes.EXP in _operations(program.static_code)


def test_static_outputs_need_no_refresh():
    program = _compiled({"y": "2*u", "z": "b", "again": "u*2 + 0*b", "same": "2*u"}, moving=["a"])
    assert len(program.moving_code) == 0
    run = _Run(program, {"b": 5.0}, {"u": np.array([1.0, 3.0])}, 2).prepare()
    assert run.outputs.tolist() == [[2.0, 6.0], [5.0, 5.0], [2.0, 6.0], [2.0, 6.0]]


def test_uniform_values_are_computed_once_and_spread():
    program = _compiled({"y": "exp(a)*u + log(a*b)"}, moving=["a"])
    wide = {operation: flag for operation, _, flag in program.moving_code.tolist()}
    assert wide[codes.EXP] == wide[codes.LOG] == 0
    assert wide[codes.ADD] == 1
    assert _operations(program.moving_code).count(codes.SPREAD) == 2


def test_shared_values_are_computed_once():
    outputs = {"y": "exp(a*u)**2 + p", "z": "exp(a * u) - v"}
    program = _compiled(outputs, let={"p": "exp(a*u)/3", "unused": "tanh(u)"}, moving=["a"])
    assert _operations(program.moving_code).count(codes.EXP) == 1
    assert codes.TANH not in _operations(program.static_code) + _operations(program.moving_code)


def test_let_chains_may_be_long():
    let = {"p0": "a + u"} | {f"p{i}": f"p{i - 1}*1 + 1" for i in range(1, 1500)}  # each used once: inlined
    let |= {"q0": "p1499"} | {f"q{i}": f"(q{i - 1} + q{i - 1})/2" for i in range(1, 16)}  # a tree of 2**15 leaves
    program = _compiled({"y": "q15"}, let=let, moving=["a"])
    assert len(program.moving_code) < 10_000
    run = _Run(program, {"a": 1.0}, {"u": np.ones(2)}, 2)
    assert run.prepare().refresh().outputs.tolist() == [[1501.0, 1501.0]]


def test_zeros_of_both_signs_stay_apart():
    run = _Run(_compiled({"y": "u/0 + u/0", "z": "u/-0"}, moving=["u"]), {}, {"u": np.ones(1)}, 1)
    assert run.prepare().refresh().outputs.tolist() == [[np.inf], [-np.inf]]


@pytest.mark.parametrize("exponent", [2, 3, 4])
def test_small_powers_are_within_a_few_ulp(exponent):
    u = np.concatenate(
        [np.random.default_rng(1).normal(size=500) * 10.0 ** np.arange(-250, 250), [0.0, np.inf, np.nan]]
    )
    program = _compiled({"y": f"u**{exponent}"}, moving=["u"])
    assert codes.POWER not in _operations(program.moving_code)
    run = _Run(program, {}, {"u": u}, len(u)).prepare().refresh()
    with np.errstate(all="ignore"):
        expected = np.power(u, float(exponent))
        close = np.abs(run.outputs[0] - expected) <= 3 * np.spacing(np.abs(expected))
    assert np.all(close | (run.outputs[0] == expected) | np.isnan(expected) & np.isnan(run.outputs[0]))


OPERATIONS = {
    "{0} + {1}": np.add,
    "{0} - {1}": np.subtract,
    "{0} * {1}": np.multiply,
    "{0} / {1}": np.divide,
    "{0} ** {1}": np.power,
    "-{0}": lambda a, b: np.negative(a),
    "{0} < {1}": np.less,
    "{0} <= {1}": np.less_equal,
    "{0} > {1}": np.greater,
    "{0} >= {1}": np.greater_equal,
    "{0} == {1}": np.equal,
    "{0} != {1}": np.not_equal,
    "{0} and {1}": np.logical_and,
    "{0} or {1}": np.logical_or,
    "not {0}": lambda a, b: np.logical_not(a),
    "where({0}, {1}, 7)": lambda a, b: np.where(a != 0, b, 7.0),
    "where({1}, 7, {0})": lambda a, b: np.where(b != 0, 7.0, a),
    "min({0}, {1})": np.minimum,
    "max({0}, {1})": np.maximum,
    "abs({0})": lambda a, b: np.abs(a),
    "exp({0})": lambda a, b: np.exp(a),
    "log({0})": lambda a, b: np.log(a),
    "sqrt({0})": lambda a, b: np.sqrt(a),
    "tanh({0})": lambda a, b: np.tanh(a),
    "floor({0})": lambda a, b: np.floor(a),
    "{0} < {1} <= 2": lambda a, b: (a < b) & (b <= 2),
    "{0}**2": lambda a, b: np.power(a, 2.0),
    "{0}**3": lambda a, b: np.power(a, 3.0),
    "{0}**4": lambda a, b: np.power(a, 4.0),
}


@pytest.mark.parametrize("text", OPERATIONS)
def test_every_operation_on_every_pair_of_values(text):
    u, v = (side.ravel() for side in np.meshgrid(VALUES, VALUES))
    with np.errstate(all="ignore"):
        expected = OPERATIONS[text](u, v) * 1.0
    line = text.format("u", "v")
    assert _same(evaluate(line, {"u": u, "v": v}), expected, 1e-12).all()
    program = _compiled({"y": line}, moving=["u"])
    assert _same(_Run(program, {}, {"u": u, "v": v}, len(u)).prepare().refresh().outputs[0], expected, 1e-12).all()
    program = _compiled({"y": text.format("a", "b")}, moving=["b"])
    for i in range(0, len(u), 5):
        run = _Run(program, {"a": u[i], "b": v[i]}, {}, 2).prepare().refresh()
        assert _same(run.outputs[0], expected[i], 1e-12).all()
        if abs(u[i]) < 100:  # inf and nan cannot be written
            folded = evaluate(text.format(f"({float(u[i])!r})", "b"), {"b": v[i]})
            assert _same(folded, expected[i], 1e-12)


# Property: random formulas against Python's own eval of NumPy expressions, written down beside them.


class _Line(NamedTuple):
    text: str  # in our language
    numpy: str  # for Python, where arithmetic between float64 values is NumPy's


class _Case(NamedTuple):
    let: dict
    outputs: dict
    moving: frozenset
    first: dict  # values of all names, before
    second: dict  # and after the moving ones have moved


LITERALS = ["0", "1", "2", "3", "4", "0.5", "1.5", "10", "1e308", "1e-308", "5e-324", "7.25"]
ARITHMETIC = ["+", "-", "*", "/"]
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]
ONE = ["abs", "exp", "log", "sqrt", "tanh", "floor"]


def _call(name, lines):
    text = f"{name}({', '.join(line.text for line in lines)})"
    if len(lines) == 1:
        return _Line(text, f"{name}({lines[0].numpy})")
    return _Line(text, reduce(lambda a, b: f"{name}imum({a}, {b})", [line.numpy for line in lines]))


def _larger(inner):
    pair = st.tuples(inner, inner)
    binary = st.tuples(st.sampled_from(ARITHMETIC), pair).map(
        lambda d: _Line(*(f"({a} {d[0]} {b})" for a, b in zip(*d[1], strict=True)))
    )
    power = pair.map(lambda d: _Line(f"({d[0].text})**({d[1].text})", f"power({d[0].numpy}, {d[1].numpy})"))
    small_power = st.tuples(inner, st.sampled_from("0234")).map(
        lambda d: _Line(f"({d[0].text})**{d[1]}", f"power({d[0].numpy}, f({d[1]}))")
    )
    sign = st.tuples(st.sampled_from("+-"), inner).map(lambda d: _Line(*(f"({d[0]}{side})" for side in d[1])))
    compare = st.tuples(st.sampled_from(COMPARISONS), pair).map(
        lambda d: _Line(f"({d[1][0].text} {d[0]} {d[1][1].text})", f"num({d[1][0].numpy} {d[0]} {d[1][1].numpy})")
    )
    chain = st.tuples(st.sampled_from(COMPARISONS), st.sampled_from(COMPARISONS), inner, inner, inner).map(
        lambda d: _Line(
            f"({d[2].text} {d[0]} {d[3].text} {d[1]} {d[4].text})",
            f"num(({d[2].numpy} {d[0]} {d[3].numpy}) & ({d[3].numpy} {d[1]} {d[4].numpy}))",
        )
    )
    logic = st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)).map(
        lambda d: _Line(
            "(" + f" {d[0]} ".join(line.text for line in d[1]) + ")",
            "num(" + f" {'&|'[d[0] == 'or']} ".join(f"true({line.numpy})" for line in d[1]) + ")",
        )
    )
    negation = inner.map(lambda line: _Line(f"(not {line.text})", f"num(~true({line.numpy}))"))
    where = st.tuples(inner, inner, inner).map(
        lambda d: _Line(
            f"where({d[0].text}, {d[1].text}, {d[2].text})",
            f"where(true({d[0].numpy}), {d[1].numpy}, {d[2].numpy})",
        )
    )
    one = st.tuples(st.sampled_from(ONE), inner).map(lambda d: _call(d[0], [d[1]]))
    many = st.tuples(st.sampled_from(["min", "max"]), st.lists(inner, min_size=2, max_size=3)).map(lambda d: _call(*d))
    return st.one_of(binary, binary, one, power, small_power, sign, compare, chain, logic, negation, where, many)


def _lines(names):
    name = st.sampled_from(sorted(names)).map(lambda word: _Line(word, word))
    literal = st.sampled_from(LITERALS).map(lambda word: _Line(word, f"f({word})"))
    return st.recursive(st.one_of(name, name, literal), _larger, max_leaves=10)


BASE = [*SCALARS, *VECTORS]
WIDTH = 7
_base_lines, _p_lines, _all_lines = _lines(BASE), _lines([*BASE, "p"]), _lines([*BASE, "p", "q"])
_cells = st.sampled_from(VALUES) | st.floats(-4, 4)
_values = st.fixed_dictionaries(
    dict.fromkeys(SCALARS, _cells)
    | {name: st.lists(_cells, min_size=WIDTH, max_size=WIDTH).map(np.array) for name in VECTORS}
)


@st.composite
def _cases(draw):
    let = {"p": draw(_base_lines), "q": draw(_p_lines)}
    outputs = {f"y{i}": draw(_all_lines) for i in range(draw(st.integers(1, 3)))}
    moving = draw(st.frozensets(st.sampled_from(BASE)))
    first, other = draw(_values), draw(_values)
    return _Case(let, outputs, moving, first, {name: (other if name in moving else first)[name] for name in BASE})


def _namespace(rng):
    """NumPy's functions; with a random generator, each result that may be inexact wobbles by up to four ulp."""

    def wobbly(function):
        def shaken(*values):
            exact = np.asarray(function(*values))
            steps = np.where(np.isfinite(exact) & (exact != 0), rng.integers(-4, 5, exact.shape), 0)
            return np.where(steps == 0, exact, exact + steps * np.spacing(np.where(steps == 0, 1.0, exact)))

        return shaken

    def either_zero(function):  # which of 0.0 and -0.0 is the smaller, NumPy leaves to the processor
        def shaken(a, b):
            result = np.asarray(function(a, b))
            return np.where(result == 0, np.copysign(0.0, rng.integers(0, 2, result.shape) - 0.5), result)

        return shaken

    inexact = {name: getattr(np, name) for name in ("exp", "log", "tanh", "power")}
    ties = {name: getattr(np, name) for name in ("minimum", "maximum")}
    if rng is not None:
        inexact = {name: wobbly(function) for name, function in inexact.items()}
        ties = {name: either_zero(function) for name, function in ties.items()}
    exact = {"abs": np.abs, "sqrt": np.sqrt, "floor": np.floor, "where": np.where}
    own = {"f": np.float64, "num": lambda test: test * np.float64(1), "true": lambda value: value != np.float64(0)}
    return {"__builtins__": {}} | inexact | ties | exact | own


@lru_cache(maxsize=64)
def _code(text):
    return compile(text, "oracle", "eval")


def _oracle(case, values, rng=None):
    space = _namespace(rng)
    known = {name: np.float64(value) if name in SCALARS else value for name, value in values.items()}
    with np.errstate(all="ignore"):
        for name, line in case.let.items():
            known[name] = eval(_code(line.numpy), space, known)
        rows = [eval(_code(line.numpy), space, known) for line in case.outputs.values()]
    return np.array([np.broadcast_to(row, WIDTH) for row in rows])


def _same(a, b, rel):
    with np.errstate(all="ignore"):
        return (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= rel * np.abs(b))


def _steady(case, values, expected):
    """Where no rounding of exp, log, tanh and power would change the result much, or flip a comparison."""
    wobbles = [_oracle(case, values, np.random.default_rng(seed)) for seed in range(5)]
    return np.all([_same(other, expected, 1e-13) for other in wobbles], axis=0)


def _evaluated(case, values):
    known = dict(values)
    for name, line in case.let.items():
        known[name] = evaluate(line.text, known)
    return np.array([np.broadcast_to(evaluate(line.text, known), WIDTH) for line in case.outputs.values()])


def _texts(lines):
    return {name: line.text for name, line in lines.items()}


def test_random_formulas_agree_with_numpy():
    cells = steady_cells = 0

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(_cases())
    def check(case):
        nonlocal cells, steady_cells
        program = _compiled(_texts(case.outputs), let=_texts(case.let), moving=case.moving)
        expected = [_oracle(case, values) for values in (case.first, case.second)]
        steady = [_steady(case, *pair) for pair in zip((case.first, case.second), expected, strict=True)]
        for values, rows, sure in zip((case.first, case.second), expected, steady, strict=True):
            assert np.all(_same(_evaluated(case, values), rows, 1e-12) | ~sure)
        for width in (1, WIDTH):
            run = _Run(program, {n: case.first[n] for n in SCALARS}, {n: case.first[n] for n in VECTORS}, width)
            run.prepare().refresh()
            assert np.all((_same(run.outputs, expected[0][:, :width], 1e-12)) | ~steady[0][:, :width])
            run.set({n: case.second[n] for n in SCALARS}, {n: case.second[n] for n in VECTORS})
            run.refresh()
            assert np.all((_same(run.outputs, expected[1][:, :width], 1e-12)) | ~steady[1][:, :width])
        cells += steady[0].size
        steady_cells += steady[0].sum()

    check()
    assert steady_cells > 0.9 * cells


@settings(max_examples=300, deadline=1000, derandomize=True, database=None)
@given(st.lists(st.sampled_from([*"ab()+-*/<>=!.,^ \n1é", "log", "min(", "**", "and", "not", "if", "e5"]), max_size=60))
def test_parse_accepts_or_refuses(pieces):
    text = "".join(pieces)
    try:
        expression = parse(text)
    except FormulaError as error:
        assert 0 <= error.column <= len(text)
        assert str(error)
    else:
        assert isinstance(expression, Expression)

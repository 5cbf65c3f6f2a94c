"""Text to syntax tree: Python's own parser reads it, and a whitelist decides what is a formula."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from evo import codes
from evo.formulas.errors import FormulaError, nearest
from evo.formulas.tree import FUNCTIONS, Apply, Name, Node, Number, fold, unfold

LONGEST = 10_000
DEEPEST = 200
MOST_BRACKETS = 100

_BINARY: dict[type[ast.operator], int] = {
    ast.Add: codes.ADD,
    ast.Sub: codes.SUBTRACT,
    ast.Mult: codes.MULTIPLY,
    ast.Div: codes.DIVIDE,
    ast.Pow: codes.POWER,
}
_COMPARISONS: dict[type[ast.cmpop], int] = {
    ast.Lt: codes.LESS,
    ast.LtE: codes.LESS_EQUAL,
    ast.Gt: codes.GREATER,
    ast.GtE: codes.GREATER_EQUAL,
    ast.Eq: codes.EQUAL,
    ast.NotEq: codes.NOT_EQUAL,
}

_WORDS = [word for word in keyword.kwlist if word not in ("and", "or", "not")]
_REFUSED = re.compile(
    rf"(?<!\w)(?:{'|'.join(_WORDS)})(?!\w)"
    r"|//|<>|<<|>>|=<|=>|:=|&&|\|\||!(?!=)|(?<![=<>!])=(?!=)"
    r"|[\^%@&|~\[\]{}'\"#\\;:$?`\0\ud800-\udfff\u2212\u00d7÷≤≥≠²³√]"
)
_HINTS = {
    "if": "use where(condition, a, b)",
    "else": "use where(condition, a, b)",
    "True": "write 1",
    "False": "write 0",
    "^": "use ** for powers",
    "//": "use floor(a / b)",
    "%": "use a - b*floor(a / b)",
    "=": "use == to compare",
    "=<": "use <=",
    "=>": "use >=",
    "<>": "use !=",
    "!": "use not",
    "~": "use not",
    "&": "use and",
    "&&": "use and",
    "|": "use or",
    "||": "use or",
    "[": "use round brackets",
    "{": "use round brackets",
    "\u2212": "use -",
    "\u00d7": "use *",
    "÷": "use /",
    "≤": "use <=",
    "≥": "use >=",
    "≠": "use !=",
    "²": "use **2",
    "³": "use **3",
    "√": "use sqrt(x)",
}
_OTHER_FUNCTIONS = {
    "ln": "log(x) is the natural logarithm",
    "log2": "use log(x)/log(2)",
    "log10": "use log(x)/log(10)",
    "pow": "use ** for powers",
    "ceil": "use -floor(-x)",
    "round": "use floor(x + 0.5)",
    "mod": "use a - b*floor(a / b)",
}


@dataclass(frozen=True)
class Expression:
    """A parsed formula: its `text`, the `names` in it, and its `tree` with constants folded. Pickled as text."""

    text: str
    names: frozenset[str]
    tree: Node = field(repr=False)

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        return parse, (self.text,)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read a formula; raises FormulaError."""
    source = _Source.of(text)
    names: set[str] = set()
    try:
        tree = _convert(source.read(), source, names, 0)
    except (RecursionError, MemoryError):
        raise source.error(0, "the formula is nested too deeply", "use lines under let") from None
    except FormulaError as error:
        raise error.with_traceback(None) from None  # which is as deep as the formula, and some pickle it
    return Expression(text, frozenset(names), tree)


def as_expression(line: str | Expression) -> Expression:
    return parse(line) if isinstance(line, str) else line


def is_name(word: str) -> bool:
    """Whether a formula can use this word as a name."""
    return word.isidentifier() and not keyword.iskeyword(word) and word not in FUNCTIONS


@dataclass(frozen=True)
class _Source:
    """A formula's text beside its one-line form without leading blanks, which Python's parser sees."""

    text: str
    line: str
    start: int  # of `line` in `text`

    @staticmethod
    def of(text: str) -> _Source:
        if len(text) > LONGEST:
            raise FormulaError(text, LONGEST, f"the formula has more than {LONGEST} characters")
        if not text.strip():
            raise FormulaError(text, 0, "the formula is empty")
        blank = re.sub(r"\s", " ", text)
        source = _Source(text, blank.strip(), len(blank) - len(blank.lstrip()))
        source._check_symbols()
        source._check_brackets()
        return source

    def error(self, column: int, reason: str, hint: str | None = None) -> FormulaError:
        """An error at a column of `line`."""
        return FormulaError(self.text, self.start + column, reason, hint)

    def _check_symbols(self) -> None:
        if found := _REFUSED.search(self.line):
            symbol = found.group()
            known = "is a reserved word" if symbol.isidentifier() else "has no meaning in a formula"
            raise self.error(found.start(), f"{symbol!r} {known}", _HINTS.get(symbol))

    def _check_brackets(self) -> None:
        opened: list[int] = []
        for column, char in enumerate(self.text[self.start : self.start + len(self.line)]):
            if char == "(":
                opened.append(column)
                if len(opened) > MOST_BRACKETS:
                    raise self.error(column, f"more than {MOST_BRACKETS} brackets are open", "use lines under let")
            elif char == ")":
                if not opened:
                    raise self.error(column, "this bracket was never opened")
                opened.pop()
            elif char in "\r\n" and not opened:
                raise self.error(column, "the formula ends here, but the text goes on", "put it all in round brackets")
        if opened:
            raise self.error(opened[-1], "this bracket is never closed")

    def read(self) -> ast.expr:
        """Python's syntax tree, not yet checked."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.line, mode="eval").body
        except SyntaxError as error:
            raise self._syntax_error(error) from None

    def _syntax_error(self, error: SyntaxError) -> FormulaError:
        message, column = error.msg, (error.offset or 0) - 1
        if message.startswith("Exceeds the limit"):
            found = re.search(r"(?<![\w.])\d[\d_]{4299,}", self.line)
            return self.error(found.start() if found else 0, "the number is too large")
        if not 0 <= column < len(self.line):
            return self.error(len(self.line), "the formula stops too early")
        if "forgot a comma" in message:
            return self.error(column, "an operator or a comma is missing after this")
        if message.startswith("invalid syntax"):
            return self.error(column, "the formula cannot be read from here on")
        if message.startswith("invalid decimal literal"):
            return self.error(column, "this number cannot be read", "use * to multiply")
        return self.error(column, message)

    def column(self, node: ast.expr | ast.keyword) -> int:
        """Where a node starts; Python counts bytes, we count characters."""
        return self._characters(node.col_offset)

    def written(self, node: ast.expr) -> str:
        """A node's text as written; Python would change µ (U+00B5) to μ (U+03BC)."""
        return self.line[self.column(node) : self._characters(node.end_col_offset or 0)]

    def after(self, node: ast.expr) -> int:
        """Where the first symbol after a node is, closing brackets left out."""
        end = self._characters(node.end_col_offset or 0)
        return end + len(self.line[end:]) - len(self.line[end:].lstrip(" )"))

    def _characters(self, count: int) -> int:
        return len(self.line.encode()[:count].decode())


def _convert(node: ast.expr, source: _Source, names: set[str], depth: int) -> Node:
    """The tree of a node, as deep as `depth` allows; adds its names to `names`."""
    if depth > DEEPEST:
        raise source.error(source.column(node), "the formula is nested too deeply", "use lines under let")
    if isinstance(node, ast.Constant):
        return Number(_number(node, source))
    if isinstance(node, ast.Name):
        names.add(name := _name(node, source))
        return Name(name, source.start + source.column(node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
        return _convert(node.operand, source, names, depth + 1)
    operations, children = _operations(node, source)
    operands = tuple([_convert(child, source, names, depth + 1) for child in children])
    values = [operand.value for operand in operands if isinstance(operand, Number)]
    if len(values) == len(operands):
        return Number(unfold(operations, values, fold))
    return Apply(operations, operands)


def _number(node: ast.Constant, source: _Source) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise source.error(source.column(node), "this is not a real number")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number == float("inf"):
        raise source.error(source.column(node), "the number is too large", "the largest is about 1.8e308; 1/0 is inf")
    return number


def _name(node: ast.Name, source: _Source) -> str:
    name = source.written(node)
    if name in FUNCTIONS:
        raise source.error(source.column(node), f"'{name}' is a function", f"write {name}(...)")
    return name


def _operations(node: ast.expr, source: _Source) -> tuple[tuple[int, ...], list[ast.expr]]:
    """What a node does, and to which nodes; anything that is not on the list is refused."""
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return (_BINARY[type(node.op)],), [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        return (codes.NEGATE if isinstance(node.op, ast.USub) else codes.NOT,), [node.operand]
    if isinstance(node, ast.BoolOp):
        return (codes.AND if isinstance(node.op, ast.And) else codes.OR,), node.values
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
        return tuple([_COMPARISONS[type(op)] for op in node.ops]), [node.left, *node.comparators]
    if isinstance(node, ast.Call):
        return (_function(node, source),), node.args
    raise _refusal(node, source)


def _function(node: ast.Call, source: _Source) -> int:
    """The operation of a call whose function and arguments are in order."""
    if not isinstance(node.func, ast.Name):
        if isinstance(node.func, ast.Attribute):
            raise _refusal(node.func, source)
        raise source.error(source.after(node.func), "only a function can be called", "use * to multiply")
    name, column = source.written(node.func), source.column(node.func)
    if name not in FUNCTIONS:
        raise source.error(column, f"unknown function '{name}'", _function_hint(name))
    for argument in [*node.args, *node.keywords]:
        if isinstance(argument, ast.Starred | ast.keyword):
            raise source.error(source.column(argument), f"{name} takes plain values only")
    operation, least, most = FUNCTIONS[name]
    if not least <= len(node.args) <= most:
        wanted = f"{least} value{'s' * (least > 1)}" if least == most else f"{least} or more values"
        hint = "write where(condition, a, b)" if name == "where" else None
        raise source.error(column, f"{name} takes {wanted}, not {len(node.args)}", hint)
    return operation


def _function_hint(name: str) -> str:
    if name in _OTHER_FUNCTIONS:
        return _OTHER_FUNCTIONS[name]
    if near := nearest(name, FUNCTIONS):
        return f"did you mean '{near}'?"
    return f"functions: {', '.join(FUNCTIONS)}; to multiply, write {name}*(...)"


def _refusal(node: ast.expr, source: _Source) -> FormulaError:
    if isinstance(node, ast.Attribute):
        hint = f"write {node.attr}(...) alone" if node.attr in FUNCTIONS else None
        return source.error(source.after(node.value), "a dot has no meaning after a name or a value", hint)
    if isinstance(node, ast.Tuple) and node.elts:
        hint = "a decimal number has a point: 0.5"
        return source.error(source.after(node.elts[0]), "a comma has no meaning outside a function", hint)
    if isinstance(node, ast.Tuple):
        return source.error(source.column(node), "there is nothing in these brackets")
    hint = _HINTS["if"] if isinstance(node, ast.IfExp) else None
    return source.error(source.column(node), "this has no meaning in a formula", hint)

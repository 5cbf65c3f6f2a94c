"""The value of a formula, straight from its tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evo.formulas.errors import unknown_name
from evo.formulas.parsing import Expression, as_expression
from evo.formulas.tree import Name, Node, Number, calculate, unfold

Value = float | NDArray[np.float64]


def evaluate(expression: Expression | str, names: Mapping[str, Value]) -> Value:
    """The formula's value where `names` have theirs; arrays broadcast as in NumPy, a single value comes as a float.

    Raises FormulaError for a name that is not in `names`.
    """
    expression = as_expression(expression)
    with np.errstate(all="ignore"):
        result = _value(expression.tree, names, expression.text)
    return np.array(result, dtype=np.float64) if np.ndim(result) else float(result)


def _value(node: Node, names: Mapping[str, Value], text: str) -> Any:
    if isinstance(node, Number):
        return np.float64(node.value)
    if isinstance(node, Name):
        if node.name not in names:
            raise unknown_name(text, node.column, node.name, names)
        return np.asarray(names[node.name], dtype=np.float64)
    return unfold(node.operations, [_value(operand, names, text) for operand in node.operands], calculate)

"""Formulas as data: text -> whitelisted syntax tree -> a postfix program of integers and numbers. Nothing is executed.

All arithmetic is that of IEEE doubles with NumPy's semantics: 1/0 is inf, (-8)**(1/3) is nan, a comparison is 1.0 or
0.0, whatever is not 0 (nan included) counts as true, and both branches of `where` are evaluated.
"""

from evo.formulas.errors import FormulaError
from evo.formulas.evaluation import evaluate
from evo.formulas.parsing import Expression, parse
from evo.formulas.programs import compile_program

__all__ = ["Expression", "FormulaError", "compile_program", "evaluate", "parse"]

"""Kernels that are compiled once, by themselves, and called by their symbol: what `@apart` in _cache.py adds.

Numba links a copy of everything that a kernel calls into that kernel and optimises it again, and so on at each level up
to the entry: in a deep tree most of the time to compile goes there. Here the module that callers link in holds only the
declaration of the kernel; its address stands under its symbol for the process; and whatever is loaded from the cache
first loads the kernels apart that it calls. Measured in docs/decisions/0007-kernels-apart.md.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import llvmlite.binding

ALTERING = ("zeroext", "signext", "byval", "sret", "inreg")  # attributes without which a call would be another call


class Renewed(Exception):
    """The kernel apart that machine code calls has been compiled anew since, under another symbol."""


@dataclass(frozen=True)
class Load:
    """What has to be there before the machine code that calls `symbol`: one signature of the kernel `module.name`."""

    module: str
    name: str
    signature: Any
    symbol: str

    def __call__(self) -> None:
        getattr(importlib.import_module(self.module), self.name).compile(self.signature)
        if not is_known(self.symbol):
            raise Renewed(self.symbol)

    def __hash__(self) -> int:
        return hash(self.symbol)


def is_known(symbol: str) -> bool:
    """Whether this process has the kernel apart of that symbol."""
    return llvmlite.binding.address_of_symbol(symbol) is not None


def set_apart(result, function, signature) -> None:
    """Let later callers of this compiled or loaded kernel find it by its symbol."""
    library, symbol = result.library, result.fndesc.llvm_func_name
    declared = library._get_module_for_linking().get_function(symbol)
    header = str(declared).split("{", 1)[0]
    if is_known(symbol) or any(f" {word}" in header for word in ALTERING):
        return  # it is linked as a copy
    llvmlite.binding.add_symbol(symbol, library.codegen._engine.get_function_address(symbol))
    if not declared.is_declaration:
        returned, taken = str(declared.global_value_type).split(" ", 1)
        library._shared_module = llvmlite.binding.parse_assembly(f'declare {returned} @"{symbol}"{taken}')
    library._reload_init.add(Load(function.__module__, function.__qualname__, signature, symbol))

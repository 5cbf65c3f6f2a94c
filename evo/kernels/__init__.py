"""Everything compiled: functions over arrays, numbers and integer codes, which know numpy, math and numba only.

Each is declared with `@kernel` (evo.kernels._cache), which says how it is compiled and where the machine code is kept.
Arguments come in this order: what is fixed, what is asked, what changes, what is filled.
"""

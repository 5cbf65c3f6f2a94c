"""Who meets whom, as kernels read it: the neighbours of every node, row by row, and the square lattice that needs no list."""

from typing import NamedTuple

import numpy as np

Array = np.ndarray

# Neighbourhoods of the square lattice, by their number of neighbours.
VON_NEUMANN, MOORE = 4, 8


class Adjacency(NamedTuple):
    """The neighbours of node i are `neighbours[starts[i]:starts[i+1]]`: those whom it meets and learns from."""

    starts: Array  # int64 (N+1,)
    neighbours: Array  # int32 (E,), ascending in each row
    weights: Array  # float64 (E,), positive; (0,) where all are 1


class Lattice(NamedTuple):
    """A square lattice; node row*columns + column; numbers only."""

    rows: int
    columns: int
    neighbourhood: int  # VON_NEUMANN or MOORE
    periodic: bool

"""What is true of a kind of graph, whatever its size."""

from __future__ import annotations

from typing import NamedTuple

ENDS = 36  # bytes for each tie, twice an entry of the adjacency, while rows are sorted
LIBRARY = 170 + ENDS  # bytes for each tie that igraph draws: there, as pairs of Python's numbers, and as entries
EXCHANGED = 430  # bytes for each tie of a graph of given degrees: likewise, with the table of its ties


class Facts(NamedTuple):
    """Facts of one kind of graph."""

    random: bool = False  # another seed gives another graph
    places: int = 0  # coordinates of a node, 0 where it has none
    tie: int = ENDS  # bytes for each tie, at the peak of building

"""Graphs in files: edge lists and GraphML, embedded in the experiment as other data files are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from evo._spec import ProblemError, Spec
from evo.graphs.edge_lists import Columns, read_edge_list
from evo.graphs.facts import Facts
from evo.graphs.fields import at_least, whole
from evo.graphs.graph import Graph
from evo.graphs.graphml import read_graphml
from evo.quantities import Size

if TYPE_CHECKING:
    from evo.series import File


class FileGraph(Spec):
    """A graph in a data file: GraphML where its name ends in `.graphml`, else a list of edges, one a line: source and
    target, and a third column of weights if `weights`, apart by commas, semicolons, tabs or spaces (as in the first line);
    empty lines and lines that begin with # or % don't count, nor the first one if `header`.

    Nodes are numbered by their labels where all are whole numbers, else in the order in which they appear; with `size`
    labels are numbers from 0 to size-1, so that nodes without ties count. Ties go both ways unless `directed`: then the
    target learns from the source. Loops, double ties, unknown nodes and weights that are not positive and finite are
    refused with their line. In GraphML, `weights` are the edges' attribute `weight`.
    """

    kind: Literal["file"] = "file"
    file: str
    directed: bool = False
    weights: bool = False
    header: bool = False
    size: Size | None = None
    facts: ClassVar[Facts] = Facts()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.is_graphml:
            for key, neutral in (("header", False), ("size", None)):
                if getattr(self, key) != neutral:
                    raise ProblemError(key, "is for lists of edges; GraphML says it itself")
        at_least(1, "size", self.size, "a graph has a node")
        return self

    @property
    def is_graphml(self) -> bool:
        return self.file.lower().endswith(".graphml")

    def text(self, files: Mapping[str, File]) -> str:
        """The file's text; raises ProblemError where it was not read or is not what was read."""
        if self.file not in files:
            raise ProblemError("file", f"{self.file!r} was not read", "load the experiment from its file")
        found = files[self.file]
        if hashlib.sha256(found.text.encode()).hexdigest() != found.sha256:
            raise ProblemError("file", f"the embedded text of {self.file!r} does not have its sha256")
        return found.text

    def graph(self, files: Mapping[str, File]) -> Graph:
        """The graph; raises ProblemError, with the line, where the file is wrong."""
        text = self.text(files)
        try:
            if self.is_graphml:
                return read_graphml(text, directed=self.directed, weights=self.weights)
            size = None if self.size is None else whole(self.size)
            return read_edge_list(text, columns=Columns(self.header, self.weights), directed=self.directed, size=size)
        except ProblemError as error:
            raise ProblemError("file", f"{self.file}{_line(error)}: {error.message}", error.hint) from None


def _line(error: ProblemError) -> str:
    return f", line {error.path[1]}" if error.path[:1] == ("line",) else ""

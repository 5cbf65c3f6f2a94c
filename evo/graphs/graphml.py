"""GraphML to graphs: nodes, edges and the edges' attribute `weight`; anything else in it is left aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from evo._spec import ProblemError
from evo.graphs.assembly import fault_of
from evo.graphs.graph import Graph


def read_graphml(text: str, *, directed: bool, weights: bool) -> Graph:
    """The graph, its nodes in the order of the file, named by their ids; raises ProblemError, path `("line", number)`
    where a line is wrong. A file with declarations of its own (DOCTYPE) is refused: they could make it expand.
    """
    reading = _Reading(directed, weights)
    parser = expat.ParserCreate()
    reading.parser = parser
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.characters
    parser.StartDoctypeDeclHandler = reading.declared
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise ProblemError(("line", error.lineno), f"is no XML: {expat.ErrorString(error.code)}") from None
    return reading.graph()


@dataclass
class _Reading:
    """What was read so far."""

    directed: bool
    weighted: bool
    parser: expat.XMLParserType = field(init=False)
    nodes: dict[str, int] = field(default_factory=dict[str, int])
    ends: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    lines: list[int] = field(default_factory=list[int])
    weights: list[str | None] = field(default_factory=list[str | None])
    key: str | None = None  # of the attribute `weight`
    usual: str | None = None  # its default
    graphs: int = 0
    inside: list[str] = field(default_factory=list[str])
    reading: str | None = None  # the text of what is being read
    is_default: bool = False

    def start(self, name: str, given: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "graph":
            self._begin(given)
        elif name == "key" and given.get("attr.name") == "weight" and given.get("for") in ("edge", "all"):
            self.key = given.get("id")
        elif name == "node":
            self._add_node(given)
        elif name == "edge":
            self._add_edge(given)
        elif name in ("hyperedge", "port"):
            raise self._problem(f"has a <{name}>, which is not read")
        elif (name == "data" and self._of_edge() and given.get("key") == self.key is not None) or (
            name == "default" and self.inside[-1:] == ["key"] and self.is_default
        ):
            self.reading = ""
        if name == "key":
            self.is_default = given.get("id") == self.key is not None
        self.inside.append(name)

    def end(self, name: str) -> None:
        name = self.inside.pop()
        if self.reading is not None and name == "data":
            self.weights[-1], self.reading = self.reading, None
        elif self.reading is not None and name == "default":
            self.usual, self.reading = self.reading, None

    def characters(self, text: str) -> None:
        if self.reading is not None:
            self.reading += text

    def declared(self, *declaration: object) -> None:
        raise self._problem("has a DOCTYPE, which is not read")

    def graph(self) -> Graph:
        if not self.nodes:
            raise ProblemError((), "holds no nodes")
        sources = [self._number(source, line) for (source, _), line in zip(self.ends, self.lines, strict=True)]
        targets = [self._number(target, line) for (_, target), line in zip(self.ends, self.lines, strict=True)]
        weights = list(map(self._weight, self.weights, self.lines)) if self.weighted else None
        fault = fault_of(len(self.nodes), sources, targets, weights=weights, directed=self.directed)
        if fault is not None:
            words = fault.words
            if fault.earlier is not None:
                words = words.replace(f"edge {fault.earlier}", f"the edge of line {self.lines[fault.earlier]}")
            raise ProblemError(("line", self.lines[fault.place]), words, fault.hint)
        names = tuple(self.nodes)
        return Graph.of_edges(len(names), sources, targets, weights=weights, directed=self.directed, names=names)

    def _begin(self, given: dict[str, str]) -> None:
        self.graphs += 1
        if self.graphs > 1:
            raise self._problem("has a second graph")
        said = given.get("edgedefault")
        if said not in ("directed", "undirected"):
            raise self._problem("needs edgedefault, directed or undirected")
        if (said == "directed") != self.directed:
            raise self._problem(f"the graph is {said}", f"say `directed: {'true' if said == 'directed' else 'false'}`")

    def _add_node(self, given: dict[str, str]) -> None:
        if "id" not in given:
            raise self._problem("has a node without id")
        if given["id"] in self.nodes:
            raise self._problem(f"has node {given['id']!r} twice")
        self.nodes[given["id"]] = len(self.nodes)

    def _add_edge(self, given: dict[str, str]) -> None:
        if "source" not in given or "target" not in given:
            raise self._problem("has an edge without source or target")
        if given.get("directed", str(self.directed).lower()) != str(self.directed).lower():
            raise self._problem("has an edge unlike the others: all are directed, or none")
        self.ends.append((given["source"], given["target"]))
        self.lines.append(self.parser.CurrentLineNumber)
        self.weights.append(None)

    def _of_edge(self) -> bool:
        return self.inside[-1:] == ["edge"]

    def _number(self, node: str, line: int) -> int:
        if node not in self.nodes:
            raise ProblemError(("line", line), f"unknown node {node!r}")
        return self.nodes[node]

    def _weight(self, text: str | None, line: int) -> float:
        said = self.usual if text is None else text
        if said is None:
            raise ProblemError(("line", line), "the edge has no weight")
        try:
            return float(said)
        except ValueError:
            raise ProblemError(("line", line), f"weight {said.strip()!r} is not a number") from None

    def _problem(self, words: str, hint: str | None = None) -> ProblemError:
        return ProblemError(("line", self.parser.CurrentLineNumber), words, hint)

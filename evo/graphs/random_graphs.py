"""Random graphs: regular, Erdős-Rényi, Watts-Strogatz, Barabási-Albert and stochastic blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from evo._spec import ProblemError, Spec
from evo.graphs.assembly import adjacency_of
from evo.graphs.degrees import of_degrees
from evo.graphs.facts import EXCHANGED, LIBRARY, Facts
from evo.graphs.fields import at_least, between, known, real, whole
from evo.graphs.graph import Graph
from evo.graphs.rewiring import rewired
from evo.graphs.simple import circle
from evo.quantities import Quantity, Size

if TYPE_CHECKING:
    from evo.graphs.chance import Chance


class RandomRegular(Spec):
    """Everybody has `degree` neighbours, otherwise at random: a graph of given degrees drawn as in `configuration`; where the
    degree is above half of the others, it is those who are not tied that are drawn.
    """

    kind: Literal["random_regular"] = "random_regular"
    size: Size
    degree: Size
    facts: ClassVar[Facts] = Facts(random=True, tie=EXCHANGED)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(2, "size", self.size, "two nodes make a tie")
        at_least(1, "degree", self.degree, "everybody has a neighbour")
        if known(self.size, self.degree):
            size, degree = whole(self.size), whole(self.degree)
            if degree >= size:
                raise ProblemError("degree", f"must be less than the {size} nodes, is {degree}")
            if size * degree % 2:
                raise ProblemError(
                    "degree", f"{size} nodes of degree {degree} have {size * degree} ends of ties", "make one even"
                )
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        return self.nodes * whole(self.degree) / 2

    def graph(self, chance: Chance) -> Graph:
        """A graph by this chance."""
        size, degree = self.nodes, whole(self.degree)
        drawn = min(degree, size - 1 - degree)
        first, second = of_degrees(np.full(size, drawn), chance)
        if drawn < degree:
            tied = np.ones((size, size), dtype=np.bool_)
            tied[first, second] = tied[second, first] = False
            first, second = np.nonzero(np.triu(tied, 1))
        return Graph(adjacency_of(size, first, second))


class ErdosRenyi(Spec):
    """Each pair is tied with the same `probability`, independently [Gilbert 1959]; or with probability degree/(size-1), so
    that `degree` is the mean number of neighbours; or just `edges` pairs are, drawn uniformly [Erdős & Rényi 1959].
    """

    kind: Literal["erdos_renyi"] = "erdos_renyi"
    size: Size
    degree: Quantity | None = None
    probability: Quantity | None = None
    edges: Size | None = None
    facts: ClassVar[Facts] = Facts(random=True, tie=LIBRARY)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(2, "size", self.size, "two nodes make a tie")
        given = [key for key in ("degree", "probability", "edges") if getattr(self, key) is not None]
        if len(given) != 1:
            said = "none of them is there" if not given else f"{' and '.join(given)} are there"
            raise ProblemError((), f"needs one of degree, probability and edges; {said}")
        between(0, 1, "probability", self.probability)
        if known(self.size):
            others = whole(self.size) - 1
            between(0, others, "degree", self.degree, f"each of {others + 1} nodes has {others} others")
            between(0, (others + 1) * others // 2, "edges", self.edges, "that many pairs there are")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        if self.edges is not None:
            return whole(self.edges)
        return self.nodes * (self.nodes - 1) / 2 * self._chance_of_tie()

    def graph(self, chance: Chance) -> Graph:
        """A graph by this chance."""
        if self.edges is not None:
            edges = whole(self.edges)
            ends = chance.edges(lambda igraph: igraph.Graph.Erdos_Renyi(n=self.nodes, m=edges))
        else:
            ends = chance.edges(lambda igraph: igraph.Graph.Erdos_Renyi(n=self.nodes, p=self._chance_of_tie()))
        return Graph(adjacency_of(self.nodes, *ends))

    def _chance_of_tie(self) -> float:
        return real(self.degree) / (self.nodes - 1) if self.degree is not None else real(self.probability)


class WattsStrogatz(Spec):
    """A small world: a ring in which everybody is tied to the `neighbours` nearest, half of them on each side; each tie is
    rewired with probability `rewiring`: it keeps its first end and gets another, drawn uniformly, for its second; one that
    would be a loop or a double tie is drawn again, and a tie that finds no place stays [Watts & Strogatz 1998].
    """

    kind: Literal["watts_strogatz"] = "watts_strogatz"
    size: Size
    neighbours: Size
    rewiring: Quantity
    facts: ClassVar[Facts] = Facts(random=True, places=2, tie=60)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(3, "size", self.size, "three nodes make a ring")
        at_least(2, "neighbours", self.neighbours, "one on each side")
        between(0, 1, "rewiring", self.rewiring)
        if known(self.neighbours) and whole(self.neighbours) % 2:
            raise ProblemError("neighbours", f"must be even, half of them on each side, is {self.neighbours}")
        if known(self.size, self.neighbours) and whole(self.neighbours) >= whole(self.size):
            raise ProblemError("neighbours", f"must be less than the {self.size} nodes, is {self.neighbours}")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        return self.nodes * whole(self.neighbours) / 2

    def graph(self, chance: Chance) -> Graph:
        """A graph by this chance, its nodes on a circle."""
        ends = rewired(self.nodes, whole(self.neighbours) // 2, real(self.rewiring), chance.generator())
        return Graph(adjacency_of(self.nodes, *ends), positions=circle(self.nodes))


class BarabasiAlbert(Spec):
    """Preferential attachment: to a complete graph of edges+1 nodes come the others one by one, each tied to `edges`
    different nodes that are there, drawn in proportion to their degree [Barabási & Albert 1999]; degrees k follow
    2m(m+1)/(k(k+1)(k+2)), m the edges of each, in large graphs. Older nodes have lower numbers.
    """

    kind: Literal["barabasi_albert"] = "barabasi_albert"
    size: Size
    edges: Size
    facts: ClassVar[Facts] = Facts(random=True, tie=LIBRARY)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at_least(1, "edges", self.edges, "each new node is tied to somebody")
        at_least(2, "size", self.size, "two nodes make a tie")
        if known(self.size, self.edges) and whole(self.size) <= whole(self.edges):
            raise ProblemError("size", f"must be above the {self.edges} edges of each new node, is {self.size}")
        return self

    @property
    def nodes(self) -> int:
        return whole(self.size)

    @property
    def expected_ties(self) -> float:
        each = whole(self.edges)
        return each * (each + 1) / 2 + each * (self.nodes - each - 1)

    def graph(self, chance: Chance) -> Graph:
        """A graph by this chance."""
        size, each = self.nodes, whole(self.edges)
        ends = chance.edges(
            lambda igraph: igraph.Graph.Barabasi(
                size, each, outpref=True, power=1, zero_appeal=0, start_from=igraph.Graph.Full(each + 1)
            )
        )
        return Graph(adjacency_of(size, *ends))


class StochasticBlock(Spec):
    """Blocks of these sizes; a member of block i and one of block j are tied with probability `probabilities[i][j]`, each
    pair independently [Holland, Laskey & Leinhardt 1983]. The nodes of a block follow each other.
    """

    kind: Literal["stochastic_block"] = "stochastic_block"
    sizes: Annotated[tuple[Size, ...], Field(min_length=1)]
    probabilities: tuple[tuple[Quantity, ...], ...]
    facts: ClassVar[Facts] = Facts(random=True, tie=LIBRARY)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for place, size in enumerate(self.sizes):
            if known(size) and whole(size) < 1:
                raise ProblemError(("sizes", place), f"must be at least 1, is {size}")
        if known(*self.sizes) and sum(map(whole, self.sizes)) < 2:
            raise ProblemError("sizes", "have one node together, and two nodes make a tie")
        count = len(self.sizes)
        if len(self.probabilities) != count:
            raise ProblemError(
                "probabilities", f"needs a row for each of {count} blocks, has {len(self.probabilities)}"
            )
        for i, row in enumerate(self.probabilities):
            if len(row) != count:
                raise ProblemError(("probabilities", i), f"needs {count} numbers, one for each block, has {len(row)}")
        for i, row in enumerate(self.probabilities):
            for j, chance in enumerate(row):
                self._check_probability(i, j, chance)
        return self

    def _check_probability(self, i: int, j: int, chance: float | str) -> None:
        turned = self.probabilities[j][i]
        if known(chance) and not 0 <= real(chance) <= 1:
            raise ProblemError(("probabilities", i, j), f"must be from 0 to 1, is {chance:g}")
        if known(chance, turned) and chance != turned:
            raise ProblemError(
                ("probabilities", i, j), f"is {chance:g}, and {turned:g} the other way", "ties go both ways"
            )

    @property
    def nodes(self) -> int:
        return sum(map(whole, self.sizes))

    @property
    def expected_ties(self) -> float:
        sizes = [whole(size) for size in self.sizes]
        ends = 0.0
        for i, row in enumerate(self.probabilities):
            for j, chance in enumerate(row):
                ends += real(chance) * sizes[i] * (sizes[j] - (i == j))
        return ends / 2

    def graph(self, chance: Chance) -> Graph:
        """A graph by this chance."""
        sizes = [whole(size) for size in self.sizes]
        matrix = [[real(probability) for probability in row] for row in self.probabilities]
        ends = chance.edges(lambda igraph: igraph.Graph.SBM(matrix, sizes))
        return Graph(adjacency_of(self.nodes, *ends))

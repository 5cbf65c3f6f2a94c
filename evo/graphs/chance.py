"""The chance that a random graph is drawn by: a stream of its own for each seed and number, in numpy and in igraph."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from evo.kernels.adjacency import Array

GRAPHS = 0x67726170  # sets these streams apart from others of the same seed


@dataclass(frozen=True)
class Chance:
    """Streams of one graph; the same seed and number give the same ones, on every call and thread."""

    seed: int
    number: int = 0

    def generator(self, part: int = 0) -> np.random.Generator:
        """numpy's, from its beginning; another for each part of what is drawn."""
        return np.random.Generator(np.random.PCG64(self._sequence(part)))

    def edges(self, draw: Callable[[Any], Any]) -> tuple[Array, Array]:
        """Sources and targets, int32 each, of the graph that `draw` makes out of the igraph package.

        igraph has one generator for the whole process. While it draws here, it draws from this stream in this thread and
        from the `random` module in every other; afterwards from `random` everywhere, as after import.
        """
        import igraph

        words = self._sequence().generate_state(4).tolist()
        with _LOCK:
            igraph.set_random_number_generator(_BY_THREAD)
            _BY_THREAD.stream.current = random.Random(sum(word << (32 * place) for place, word in enumerate(words)))
            try:
                graph = draw(igraph)
            finally:
                del _BY_THREAD.stream.current
                igraph.set_random_number_generator(random)
        pairs = graph.get_edgelist()
        ends = np.fromiter(itertools.chain.from_iterable(pairs), dtype=np.int32, count=2 * len(pairs))
        return ends[0::2], ends[1::2]

    def _sequence(self, part: int = 0) -> np.random.SeedSequence:
        return np.random.SeedSequence(self.seed, spawn_key=(GRAPHS, self.number, part))


class _ByThread:
    """What igraph asks for random numbers: a thread's own stream where it has one, else the `random` module's."""

    def __init__(self) -> None:
        self.stream = threading.local()

    def random(self) -> float:
        return self._now().random()

    def randint(self, low: int, high: int) -> int:
        return self._now().randint(low, high)

    def gauss(self, mean: float, deviation: float) -> float:
        return self._now().gauss(mean, deviation)

    def getrandbits(self, bits: int) -> int:
        return self._now().getrandbits(bits)

    def _now(self) -> Any:
        return getattr(self.stream, "current", random)


_LOCK = threading.Lock()
_BY_THREAD = _ByThread()

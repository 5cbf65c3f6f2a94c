"""Expected payoffs without a sum over partners: what the mean over random co-players is, in power sums of the others.

With n-1 co-players drawn without replacement from the other Z-1, the mean of a product of group means splits by which of
its factors fall on the same co-player, and products over distinct individuals are polynomials of the power sums
sum_j prod_t x_tj^p_t by inclusion and exclusion on the lattice of set partitions.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

Powers = tuple[int, ...]
Terms = dict[tuple[Powers, ...], float]

MOST_FACTORS = 6  # 203 set partitions, in groups of more than two


def expected_product(powers: Powers, *, size: int, whole: int) -> Terms:
    """E of prod_t m_t^powers_t, m_t being the mean of trait t over n-1 co-players (`size` is n, `whole` Z).

    A sum of coefficients times products of power sums over the other Z-1, each named by its powers.
    """
    co_players, others = size - 1, whole - 1
    if co_players == 1:
        return {(powers,): 1 / others}
    factors = [trait for trait, power in enumerate(powers) for _ in range(power)]
    found: Terms = defaultdict(float)
    for coarse in set_partitions(len(factors)):
        blocks = [[factors[place] for place in block] for block in coarse]
        sums = tuple(sorted(tuple(block.count(trait) for trait in range(len(powers))) for block in blocks))
        found[sums] += _weight(tuple(len(block) for block in coarse), co_players, others)
    return {sums: weight / co_players ** len(factors) for sums, weight in found.items() if weight != 0}


def _weight(sizes: tuple[int, ...], co_players: int, others: int) -> float:
    """Over all ways to split the blocks further: the chance that the co-players so drawn are distinct, times Moebius."""
    total = 0.0
    for parts in product(*[_splits(size) for size in sizes]):
        distinct = sum(count for count, _ in parts)
        if distinct > co_players:
            continue
        ways = math.prod(weight for _, weight in parts)
        total += ways * math.perm(co_players, distinct) / math.perm(others, distinct)
    return total


@lru_cache(maxsize=32)
def _splits(size: int) -> Sequence[tuple[int, float]]:
    """Partitions of a block by their number of parts k: how many there are, times (-1)^(k-1) (k-1)!."""
    counts: dict[int, int] = defaultdict(int)
    for partition in set_partitions(size):
        counts[len(partition)] += 1
    return [(k, count * (-1) ** (k - 1) * math.factorial(k - 1)) for k, count in counts.items()]


def set_partitions(size: int) -> Iterator[list[list[int]]]:
    """All ways to split 0 .. size-1 into blocks."""
    if size == 0:
        yield []
        return
    for smaller in set_partitions(size - 1):
        yield [*smaller, [size - 1]]
        for place in range(len(smaller)):
            yield [*smaller[:place], [*smaller[place], size - 1], *smaller[place + 1 :]]

"""Pairs of ties that exchange ends: the Markov chain on the simple graphs of given degrees.

Ties stand in a hash table with linear probing; 0 is an empty place.
"""

from evo.kernels._cache import entry, inline


@entry
def enter(size, ends, table):
    """Put ties, int64 (E, 2), into an empty table, int64, of more places than ties."""
    for tie in range(len(ends)):
        first, second = ends[tie, 0], ends[tie, 1]
        table[place(size, first, second, table)] = key(size, first, second)


@entry
def exchange(size, draws, ends, table):
    """For each draw, int64 (S, 3), two ties and how they are turned, exchange their second ends.

    Where that makes a loop or a double tie they stay as they are, and the draw counts: so every graph of these degrees is
    reached as often in the long run.
    """
    for step in range(len(draws)):
        one, other, turn = draws[step, 0], draws[step, 1], draws[step, 2]
        a, b = ends[one, 0], ends[one, 1]
        c, d = ends[other, turn], ends[other, 1 - turn]
        if a == d or c == b or one == other:
            continue
        if table[place(size, a, d, table)] != 0 or table[place(size, c, b, table)] != 0:
            continue
        remove(size, place(size, a, b, table), table)
        remove(size, place(size, c, d, table), table)
        table[place(size, a, d, table)] = key(size, a, d)
        table[place(size, c, b, table)] = key(size, c, b)
        ends[one, 1] = d
        ends[other, 0] = c
        ends[other, 1] = b


@inline
def key(size, first, second):
    """One positive number for each unordered pair of nodes."""
    return min(first, second) * size + max(first, second) + 1


@inline
def home(size, held, table):
    """Where a pair is looked for first; no product of 32-bit nodes with these primes overflows."""
    low, high = (held - 1) // size, (held - 1) % size
    return ((low * 73856093) ^ (high * 19349663)) % len(table)


@inline
def place(size, first, second, table):
    """Where the pair stands, or the empty place where it would."""
    wanted = key(size, first, second)
    here = home(size, wanted, table)
    while table[here] != 0 and table[here] != wanted:
        here = here + 1 if here + 1 < len(table) else 0
    return here


@inline
def remove(size, gap, table):
    """Empty a place and move up those behind it that were displaced by it [Knuth 1998, volume 3, algorithm 6.4R]."""
    count = len(table)
    here = gap
    while True:
        here = here + 1 if here + 1 < count else 0
        if table[here] == 0:
            break
        if (here - home(size, table[here], table)) % count >= (here - gap) % count:
            table[gap] = table[here]
            gap = here
    table[gap] = 0

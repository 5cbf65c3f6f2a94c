"""Pairs of ties that exchange ends: the Markov chain on the simple graphs of given degrees.

Ties stand in a hash table with linear probing, int64, of 2**p places, more than there are ties; 0 is an empty place.
"""

from evo.kernels._cache import entry, inline


@entry
def enter(ends, table):
    """Put ties, int64 (E, 2), into an empty table."""
    for tie in range(len(ends)):
        held = key(ends[tie, 0], ends[tie, 1])
        table[place(held, table)] = held


@entry
def exchange(draws, ends, table):
    """For each draw, int64 (S, 3), two ties and whether the second is turned, exchange their second ends.

    Where that makes a loop or a double tie they stay as they are, and the draw counts: so every graph of these degrees is
    reached as often in the long run.
    """
    for step in range(len(draws)):
        one, other, turn = draws[step, 0], draws[step, 1], draws[step, 2]
        a, b = ends[one, 0], ends[one, 1]
        c, d = ends[other, turn], ends[other, 1 - turn]
        if a == d or c == b or one == other:
            continue
        first, second = key(a, d), key(c, b)
        if table[place(first, table)] != 0 or table[place(second, table)] != 0:
            continue
        remove(place(key(a, b), table), table)
        remove(place(key(c, d), table), table)
        table[place(first, table)] = first
        table[place(second, table)] = second
        ends[one, 1] = d
        ends[other, 0] = c
        ends[other, 1] = b


@inline
def key(first, second):
    """One positive number for each unordered pair of 31-bit nodes."""
    return (first << 32) | second if first < second else (second << 32) | first


@inline
def home(held, table):
    """Where a pair is looked for first; no product of a node with these primes overflows."""
    mixed = ((held >> 32) * 73856093) ^ ((held & 0xFFFFFFFF) * 19349663)
    return (mixed ^ (mixed >> 21)) & (len(table) - 1)


@inline
def place(held, table):
    """Where the pair stands, or the empty place where it would."""
    here = home(held, table)
    while table[here] != 0 and table[here] != held:
        here = (here + 1) & (len(table) - 1)
    return here


@inline
def remove(gap, table):
    """Empty a place and move up those behind it that were displaced by it [Knuth 1998, volume 3, algorithm 6.4R]."""
    last = len(table) - 1
    here = (gap + 1) & last
    while table[here] != 0:
        if ((here - home(table[here], table)) & last) >= ((here - gap) & last):
            table[gap] = table[here]
            gap = here
        here = (here + 1) & last
    table[gap] = 0

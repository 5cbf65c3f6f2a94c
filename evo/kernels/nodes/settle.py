"""How strategies settle on the nodes at the start: anywhere, in a given order of places, or as one cluster."""

from evo.kernels._cache import apart, inner
from evo.kernels.random import below


@apart
def settle(net, nodes, amounts, rng):
    """Give every node a strategy so that there are `amounts` of each; in ordered places the rarer strategy comes first."""
    queue, strategies = nodes.queue, nodes.strategies
    count = len(strategies)
    if net.clustered:
        spread(net.plays.starts, net.plays.stops, net.plays.neighbours, below(count, rng), strategies, queue, rng)
    elif len(net.order) > 0:
        for place in range(count):
            queue[place] = net.order[place]
    else:
        shuffle(queue, rng)
    place = 0
    former = -1.0
    for _ in range(len(amounts)):  # strategies from the rarest on, equal ones in their order
        least = count + 1.0
        for s in range(len(amounts)):
            if former < amounts[s] < least:
                least = amounts[s]
        for s in range(len(amounts)):
            if amounts[s] == least:
                for _ in range(int(least)):
                    strategies[queue[place]] = s
                    place += 1
        former = least
        if place == count:
            break


@inner
def shuffle(queue, rng):
    """All places in random order."""
    for place in range(len(queue)):
        queue[place] = place
    for place in range(len(queue) - 1, 0, -1):
        other = below(place + 1, rng)
        queue[place], queue[other] = queue[other], queue[place]


@inner
def spread(starts, stops, neighbours, seed, marked, queue, rng):
    """Places in the order in which they are reached from `seed`, neighbours first; then from another place, if any is left.
    `marked` is scratch."""
    for i in range(len(marked)):
        marked[i] = 0
    marked[seed] = 1
    queue[0] = seed
    done, found, unseen = 0, 1, 0
    while done < len(queue):
        if done == found:
            while marked[unseen] == 1:
                unseen += 1
            marked[unseen] = 1
            queue[found] = unseen
            found += 1
        i = queue[done]
        done += 1
        for e in range(starts[i], stops[i]):
            j = neighbours[e]
            if marked[j] == 0:
                marked[j] = 1
                queue[found] = j
                found += 1

"""Patches whose members work among equals or under a leader, leave a leader who keeps too much, and multiply.

One generation of evo.organisations.patches.Patches. P patches, R replicates, T records; individuals are columns.
"""

import math
from typing import NamedTuple

import numpy as np

from evo.codes import COMPLETED, INTERRUPTED, NONFINITE_STATE
from evo.kernels._cache import entry, inner
from evo.kernels.random import below, normal, seed_stream, uniform

Array = np.ndarray

# Rows of the traits: preference for a leader (0 or 1), retained share, tolerance of it, a marker that does nothing.
PREFERENCE, SHARE, TOLERANCE, MARKER = 0, 1, 2, 3
TRAITS = 4

# Numbers of the model.
CAPACITY, GROWTH, OVERLAP, BENEFIT, HALF, EQUALS, LED = 0, 1, 2, 3, 4, 5, 6
GAIN, ROOM, ROOM_RATE, DISPERSAL, COST, RATE, STEP = 7, 8, 9, 10, 11, 12, 13
NUMBERS = 14

# Columns of a record.
POPULATION, LED_SHARE, GROUP_SIZE, LEADER_SHARE, EXITS = 0, 1, 2, 3, 4
MEANS = 5  # of the traits, from here on
COLUMNS = 9

FULL = 100  # why a run ended: more individuals than there is room for

PURPOSE = 12  # of the stream


class PatchesWork(NamedTuple):
    """Scratch of one run, for at most C individuals."""

    traits: Array  # float64 (4, C)
    newborn: Array  # float64 (4, C)
    home: Array  # int64 (C,): patch
    birthplace: Array  # int64 (C,)
    led: Array  # int8 (C,): works under a leader
    share: Array  # float64 (C,): of the surplus
    place: Array  # int64 (C,): individuals in order of their patches
    first: Array  # int64 (P+1,): where a patch begins in that order
    leader: Array  # int64 (P,): -1 where there is none
    count: Array  # int64 (2, P): members among equals, and under a leader
    surplus: Array  # float64 (2, P)
    seen: Array  # int64 (2,): exits, individuals who worked under a leader
    rng: Array  # uint64 (4,)


@entry
def run_patches(numbers, begin, every, key, point, start, stride, flag, work, records, ended):
    """Replicates start, start+stride, ... : records (R, T, COLUMNS), one every so many generations, the first at 0.

    begin: traits of all, (4,), the first and the last being the shares of individuals with 1; ended: (R, 2), why and when.
    """
    for row in range(start, len(records), stride):
        seed_stream(key, np.uint64(row), point, np.uint64(PURPOSE), work.rng)
        size = found(numbers, begin, work)
        ended[row, 0], generation = COMPLETED, np.int64(0)
        while True:
            organise(size, work)
            size = leave(numbers, size, work)
            produce(numbers, size, work)
            if generation % every == 0:
                keep(size, work, records[row, generation // every])
            if flag[0] != 0:
                ended[row, 0] = INTERRUPTED
            if generation == (records.shape[1] - 1) * every or ended[row, 0] != COMPLETED:
                break
            size = reproduce(numbers, size, work)
            generation += 1
            if size < 0:
                ended[row, 0] = FULL if size == -1 else NONFINITE_STATE
                break
        ended[row, 1] = generation


@inner
def found(numbers, begin, work):
    """Every patch at its capacity; the preference and the marker are drawn."""
    patches = len(work.leader)
    each = max(1, int(numbers[CAPACITY] + 0.5))
    for i in range(patches * each):
        work.home[i] = i % patches
        work.traits[PREFERENCE, i] = 1.0 if uniform(work.rng) < begin[PREFERENCE] else 0.0
        work.traits[SHARE, i] = begin[SHARE]
        work.traits[TOLERANCE, i] = begin[TOLERANCE]
        work.traits[MARKER, i] = 1.0 if uniform(work.rng) < begin[MARKER] else 0.0
    return patches * each


@inner
def sort_by_patch(size, work):
    """Individuals in order of their patches, those of one patch in their own order."""
    for p in range(len(work.first)):
        work.first[p] = 0
    for i in range(size):
        work.first[work.home[i] + 1] += 1
    for p in range(len(work.leader)):
        work.first[p + 1] += work.first[p]
        work.count[0, p] = work.first[p]
    for i in range(size):
        work.place[work.count[0, work.home[i]]] = i
        work.count[0, work.home[i]] += 1


@inner
def organise(size, work):
    """A leader for each patch, drawn uniformly among its members who want one, where there are two of them."""
    sort_by_patch(size, work)
    for p in range(len(work.leader)):
        willing = np.int64(0)
        for k in range(work.first[p], work.first[p + 1]):
            willing += np.int64(work.traits[PREFERENCE, work.place[k]])
        work.leader[p] = -1
        if willing >= 2:
            drawn = below(willing, work.rng)
            for k in range(work.first[p], work.first[p + 1]):
                if work.traits[PREFERENCE, work.place[k]] == 1.0:
                    if drawn == 0:
                        work.leader[p] = work.place[k]
                    drawn -= 1
    for i in range(size):
        work.led[i] = joins(i, work)


@inner
def joins(i, work):
    """Whether an individual works under the leader of its patch: it wants one and tolerates what this one keeps."""
    leader = work.leader[work.home[i]]
    if leader < 0 or work.traits[PREFERENCE, i] == 0.0:
        return 0
    return 1 if i == leader or work.traits[TOLERANCE, i] >= work.traits[SHARE, leader] else 0


@inner
def leave(numbers, size, work):
    """Who wants a leader but not this one leaves for another patch, or dies on the way; gives the size that is left."""
    patches = len(work.leader)
    work.seen[0] = 0
    for k in range(size):  # in order of patches, all by the leaders that were drawn
        i = work.place[k]
        if work.leader[work.home[i]] >= 0 and work.traits[PREFERENCE, i] == 1.0 and work.led[i] == 0:
            work.seen[0] += 1
            if uniform(work.rng) < numbers[COST]:
                work.led[i] = -1
            else:
                away = below(patches - 1, work.rng)
                work.home[i] = away + (away >= work.home[i])
                work.led[i] = joins(i, work)
    kept = np.int64(0)
    for i in range(size):
        if work.led[i] >= 0:
            if kept < i:
                for trait in range(TRAITS):
                    work.traits[trait, kept] = work.traits[trait, i]
                if work.leader[work.home[i]] == i:
                    work.leader[work.home[i]] = kept
                work.home[kept], work.led[kept] = work.home[i], work.led[i]
            kept += 1
    return kept


@inner
def produce(numbers, size, work):
    """Surplus of those among equals and of those under a leader, and what each individual has of it."""
    for p in range(len(work.leader)):
        work.count[0, p], work.count[1, p] = 0, 0
    for i in range(size):
        work.count[work.led[i], work.home[i]] += 1
    work.seen[1] = 0
    for p in range(len(work.leader)):
        work.seen[1] += work.count[1, p]
        for led in range(2):
            n = float(work.count[led, p])
            stress = numbers[LED] if led == 1 else numbers[EQUALS]
            made = numbers[BENEFIT] * n / (n + numbers[HALF]) * math.exp(-stress * (n - 1.0)) if n > 0.0 else 0.0
            work.surplus[led, p] = n * made
    for i in range(size):
        p, led = work.home[i], work.led[i]
        each = work.surplus[led, p] / work.count[led, p]
        if led == 1:
            kept = work.traits[SHARE, work.leader[p]]
            each *= 1.0 - kept
            if work.leader[p] == i:
                each += kept * work.surplus[1, p]
        work.share[i] = each


@inner
def reproduce(numbers, size, work):
    """Poisson offspring, mutated and dispersed, take the place of all; gives how many, -1 if there is no room for them."""
    patches, room = len(work.leader), len(work.home)
    born = np.int64(0)
    for i in range(size):
        mean = offspring(numbers, i, work)
        if not mean < 500.0:
            return np.int64(-2)
        for _ in range(poisson(mean, work.rng)):
            place = work.home[i]
            if patches > 1 and numbers[DISPERSAL] > 0.0 and uniform(work.rng) < numbers[DISPERSAL]:
                if uniform(work.rng) < numbers[COST]:
                    continue
                place = below(patches - 1, work.rng)
                place += place >= work.home[i]
            if born == room:
                return np.int64(-1)
            for trait in range(TRAITS):
                work.newborn[trait, born] = work.traits[trait, i]
            mutate(numbers, born, work)
            work.birthplace[born] = place
            born += 1
    for i in range(born):
        work.home[i] = work.birthplace[i]
        for trait in range(TRAITS):
            work.traits[trait, i] = work.newborn[trait, i]
    return born


@inner
def offspring(numbers, i, work):
    """Mean number: Beverton-Holt in its way of life, whose capacity surplus raises, and the gain by its own share."""
    p, led = work.home[i], work.led[i]
    capacity = numbers[CAPACITY] + numbers[ROOM] * (1.0 - math.exp(-numbers[ROOM_RATE] * work.surplus[led, p]))
    crowd = work.count[led, p] + numbers[OVERLAP] * work.count[1 - led, p]
    growth = numbers[GROWTH]
    gained = 1.0 + numbers[GAIN] * work.share[i]
    return growth / (1.0 + (growth - 1.0) * crowd / capacity) * gained


@inner
def mutate(numbers, i, work):
    """Each trait by itself: the preference turns, a share makes a normal step, reflected at 0 and 1; never the marker."""
    if uniform(work.rng) < numbers[RATE]:
        work.newborn[PREFERENCE, i] = 1.0 - work.newborn[PREFERENCE, i]
    for trait in range(SHARE, MARKER):
        if uniform(work.rng) < numbers[RATE]:
            value = abs(work.newborn[trait, i] + numbers[STEP] * normal(work.rng)) % 2.0
            work.newborn[trait, i] = 2.0 - value if value > 1.0 else value


@inner
def poisson(mean, rng):
    """A Poisson number: how many factors in (0, 1] it takes until their product is below exp(-mean); for means under 500."""
    least, product, count = math.exp(-mean), uniform(rng), np.int64(0)
    while product > least:
        product *= uniform(rng)
        count += 1
    return count


@inner
def keep(size, work, record):
    """A record of those who have worked this generation."""
    for column in range(COLUMNS):
        record[column] = 0.0
    leaders = np.int64(0)
    for p in range(len(work.leader)):
        if work.leader[p] >= 0:
            leaders += 1
            record[GROUP_SIZE] += work.count[1, p]
            record[LEADER_SHARE] += work.traits[SHARE, work.leader[p]]
    record[POPULATION], record[EXITS] = size, work.seen[0]
    record[LED_SHARE] = work.seen[1] / size if size > 0 else math.nan
    record[GROUP_SIZE] = record[GROUP_SIZE] / leaders if leaders > 0 else math.nan
    record[LEADER_SHARE] = record[LEADER_SHARE] / leaders if leaders > 0 else math.nan
    for trait in range(TRAITS):
        for i in range(size):
            record[MEANS + trait] += work.traits[trait, i]
        record[MEANS + trait] = record[MEANS + trait] / size if size > 0 else math.nan

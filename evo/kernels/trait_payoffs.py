"""Payoffs of individuals with continuous traits: from power sums of the others, against everybody, or in sampled games."""

import math

import numpy as np

from evo.codes import NONFINITE_PAYOFF
from evo.kernels._cache import inner
from evo.kernels.program import refresh
from evo.kernels.random import below
from evo.kernels.trait_arrays import EVERYBODY, MOMENTS, REASON, WHO


@inner
def fill_payoffs(game, individuals, count, rng, work, payoffs):
    """Mean payoffs of the first `count` individuals listed, into their places of `payoffs`."""
    batch = work.vectors.shape[1] // game.columns
    done = np.int64(0)
    while done < count:
        now = min(batch, count - done)
        if game.way == MOMENTS:
            fill_moments(game, individuals, done, now, work)
        else:
            for k in range(now):
                fill_games(game, individuals[done + k], k * game.columns, rng, work)
        refresh(game.program, game.scalars, work.vectors, work.registers, work.stack)
        for k in range(now):
            total = 0.0
            for column in range(k * game.columns, (k + 1) * game.columns):
                total += work.registers[0, column]
            payoffs[individuals[done + k]] = total / game.columns
            if not math.isfinite(total):
                work.status[REASON], work.status[WHO] = NONFINITE_PAYOFF, individuals[done + k]
        done += now


@inner
def fill_games(game, who, column, rng, work):
    """One individual's own traits and those of its co-players, game by game, from this column of `work.vectors` on."""
    traits = work.traits
    for trait in range(len(traits)):
        for k in range(game.columns):
            work.vectors[trait, column + k] = traits[trait, who]
    for k in range(game.columns):
        if game.way == EVERYBODY:
            other = k + (k >= who)
            for trait in range(len(traits)):
                work.vectors[len(traits) + trait, column + k] = traits[trait, other]
        else:
            meet(game, who, rng, work)
            for trait in range(len(traits)):
                total = 0.0
                for other in work.drawn:
                    total += traits[trait, other]
                work.vectors[len(traits) + trait, column + k] = total / len(work.drawn)


@inner
def meet(game, who, rng, work):
    """Draw n-1 different co-players among the other Z-1 [Floyd's algorithm]."""
    others = work.traits.shape[1] - 1
    for k in range(len(work.drawn)):
        last = others - len(work.drawn) + k
        place = below(last + 1, rng)
        for earlier in range(k):
            if work.drawn[earlier] == place:
                place = last
        work.drawn[k] = place
    for k in range(len(work.drawn)):
        work.drawn[k] += work.drawn[k] >= who


@inner
def fill_moments(game, individuals, done, count, work):
    """Own traits, and means of products of co-players' traits from the power sums of all less one's own share, of
    `count` individuals listed from place `done` on; a column each."""
    traits = len(work.traits)
    for trait in range(traits):
        for k in range(count):
            work.vectors[trait, k] = work.traits[trait, individuals[done + k]]
    for moment in range(game.moments):
        for k in range(count):
            work.vectors[traits + moment, k] = 0.0
    for term in range(len(game.weights)):
        row = traits + game.terms[term, 0]
        for k in range(count):
            value = game.weights[term]
            for place in range(1, game.terms.shape[1]):
                power = game.terms[term, place]
                if power >= 0:
                    value *= work.sums[power] - work.powers[power, individuals[done + k]]
            work.vectors[row, k] += value


@inner
def add_powers(game, who, work):
    """One individual's share of each power sum: into `work.powers`, and added to the sums."""
    for k in range(len(work.sums)):
        value = 1.0
        for trait in range(len(work.traits)):
            for _ in range(game.monomials[k, trait]):
                value *= work.traits[trait, who]
        work.powers[k, who] = value
        work.sums[k] += value


@inner
def fill_sums(game, work):
    for k in range(len(work.sums)):
        work.sums[k] = 0.0
    for who in range(work.traits.shape[1]):
        add_powers(game, who, work)

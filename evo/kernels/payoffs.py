"""Expected payoffs: the table over co-player compositions and its mean over who is met (definitions.md, Payoffs).

A composition c of the n-1 co-players has weight coefficient(c) * prod_j factor_j(c_j). The factor of a strategy is a
power of its share (infinite population) or a falling factorial of its count (finite), times the copies that
assortment makes of one strategy: the focal's, or that of the group's founder. A finite population scales each factor
by the number of others, so that nothing overflows.
"""

import math

from evo.codes import FOCAL, NONFINITE_PAYOFF
from evo.kernels._cache import inline, inner, kernel
from evo.kernels.arrays import (
    BIAS,
    BROKEN,
    COPIED,
    GAP,
    LESS,
    OTHER,
    OWN,
    PAYOFF,
    REASON,
    SCALE,
    SHIELD,
    WAYS,
    WEIGHT,
    WHERE,
    WHO,
)
from evo.kernels.program import prepare, refresh


@inner
def begin_table(game, meeting, work):
    """Run what is static of the payoff program, then fill the table."""
    prepare(game.program, work.scalars, game.vectors, work.registers, work.stack)
    if meeting.whole > 0:
        fill_ways(meeting, work.factors[WAYS, 0])
    fill_table(game, work)


@inner
def fill_table(game, work):
    """Run what moves of the payoff program and gather its outputs into table[i, c], times the coefficient of c."""
    refresh(game.program, work.scalars, game.vectors, work.registers, work.stack)
    broken = 0
    for i in range(work.table.shape[0]):
        for c in range(work.table.shape[1]):
            payoff = work.registers[game.source[0, i, c], game.source[1, i, c]]
            if not math.isfinite(payoff):
                broken += 1
            work.table[i, c] = payoff * game.coefficient[c]
    work.status[BROKEN] = broken
    if game.transfers > 0:
        for i in range(work.table.shape[0]):
            work.strategy[BIAS, i] = work.registers[game.transfers + i, 0]
            work.strategy[GAP, i] = 0.0


@inner
def fill_ways(meeting, ways):
    """ways[s] = pool (pool-1) ... (pool-s+1) / pool^s, the ordered draws of s co-players from the pool of others."""
    pool = meeting.whole - (0.0 if meeting.self_interaction else 1.0)
    product = 1.0
    for s in range(len(ways)):
        ways[s] = product
        product *= (pool - s) / pool


@inner
def powers(base, factor):
    """factor[c] = base^c."""
    product = 1.0
    for c in range(len(factor)):
        factor[c] = product
        product *= base


@inner
def falling(count, step, factor):
    """factor[c] = (step*count) (step*(count-1)) ... c times: ordered draws without replacement, step = (1-a)/pool."""
    product = 1.0
    for c in range(len(factor)):
        factor[c] = product
        product *= step * max(count - c, 0.0)


@inner
def with_copies(drawn, ways, copying, factor):
    """factor[c]: c co-players of the copied strategy, m of them copies and the others drawn, divided by the number of
    ways to draw the n-1-m co-players that are not copies."""
    slots = len(factor) - 1
    if copying == 0.0:
        for c in range(slots + 1):
            factor[c] = drawn[c] / ways[slots]
        return
    for c in range(slots + 1):
        total = 0.0
        chosen = 1.0  # C(c, m) * copying^m
        for m in range(c + 1):
            if drawn[c - m] > 0.0:
                total += chosen * drawn[c - m] / ways[slots - m]
            chosen *= copying * (c - m) / (m + 1.0)
        factor[c] = total


@inline
def depletes(meeting):
    """Whether a co-player that is drawn is not there to be drawn again."""
    return meeting.whole > 0 and not meeting.replaced


@inner
def fill_factors(meeting, copying, amounts, factors):
    """Weights of c co-players of each strategy, for amounts that are shares (infinite) or counts (finite)."""
    if not depletes(meeting):
        for j in range(len(amounts)):
            share = amounts[j] / max(meeting.whole, 1)
            powers((1.0 - copying) * share, factors[OTHER, j])
            powers((1.0 - copying) * share + copying, factors[OWN, j])
        return
    focal = 0.0 if meeting.self_interaction else 1.0
    step = (1.0 - copying) / (meeting.whole - focal)
    ways = factors[WAYS, 0]
    for j in range(len(amounts)):
        falling(amounts[j], step, factors[OTHER, j])
        if amounts[j] > 0:
            falling(amounts[j] - focal, step, factors[LESS, j])
            with_copies(factors[LESS, j], ways, copying, factors[OWN, j])
        if meeting.alike != FOCAL:
            with_copies(factors[OTHER, j], ways, copying, factors[COPIED, j])


@inner
def which_factor(finite, j, focal, founder):
    """The table that holds the factor of strategy j for this focal in a group where `founder` is copied."""
    if j == founder:
        return OWN if j == focal or not finite else COPIED
    return LESS if j == focal and finite else OTHER


@inner
def table_mean(finite, focal, founder, used, prefix, table, factors, status):
    """Mean of the focal's payoffs over compositions, `founder` being copied; a payoff that has weight and is not finite
    is reported where it is `used`."""
    strategies = table.shape[0]
    first = factors[which_factor(finite, strategies - 2, focal, founder), strategies - 2]
    last = factors[which_factor(finite, strategies - 1, focal, founder), strategies - 1]
    checked = status[BROKEN] > 0
    total = 0.0
    place = 0
    for row in range(prefix.shape[0]):
        left = prefix[row, strategies - 2]
        weight = 1.0
        for j in range(strategies - 2):
            if prefix[row, j] > 0 or j == founder:  # else the factor is 1
                weight *= factors[which_factor(finite, j, focal, founder), j, prefix[row, j]]
        if weight != 0.0:
            part = 0.0
            for c in range(left + 1):
                chance = first[left - c] * last[c]
                if not checked or chance != 0.0:
                    part += chance * table[focal, place + c]
                    if checked and used and not math.isfinite(table[focal, place + c]):
                        report(focal, place + c, status)
            total += weight * part
        place += left + 1
    return total


@inner
def report(focal, composition, status):
    """Note the first payoff that is used and not finite."""
    if status[REASON] == 0:
        status[REASON] = NONFINITE_PAYOFF
        status[WHO] = focal
        status[WHERE] = composition


@inline
def pair_payoffs(meeting, amounts, table, status, strategy):
    """Payoffs of a two-player game: linear in the mix, so assortment of either kind adds its share of own kind."""
    finite = meeting.whole > 0
    focal = 1.0 if finite and not meeting.self_interaction else 0.0
    if status[BROKEN] > 0:
        checked_pair_payoffs(meeting.assortment, focal, finite, amounts, table, status, strategy)
        return
    for i in range(len(amounts)):
        total = 0.0
        if amounts[i] > 0 or not finite:
            for j in range(len(amounts)):
                total += (amounts[j] - focal if i == j else amounts[j]) * table[i, j]
            total = (1.0 - meeting.assortment) * strategy[SCALE, i] * total + meeting.assortment * table[i, i]
        strategy[PAYOFF, i] = total + strategy[BIAS, i]


@inner
def checked_pair_payoffs(assortment, focal, finite, amounts, table, status, strategy):
    """The same where some payoffs are not finite: those without weight are left out, those that are used reported."""
    for i in range(len(amounts)):
        scale = (1.0 - assortment) * strategy[SCALE, i]
        total = strategy[BIAS, i]
        if amounts[i] > 0 or not finite:
            for j in range(len(amounts)):
                weight = scale * (amounts[j] - focal) + assortment if i == j else scale * amounts[j]
                if weight != 0.0:
                    total += weight * table[i, j]
                    if amounts[i] > 0 and not math.isfinite(table[i, j]):
                        report(i, j, status)
        strategy[PAYOFF, i] = total


@inner
def group_payoffs(meeting, prefix, amounts, table, factors, status, strategy):
    """Payoffs of a group game, of every strategy (infinite population) or of every present one (finite)."""
    fill_factors(meeting, copied(meeting), amounts, factors)
    for i in range(len(amounts)):
        total = 0.0
        if meeting.whole == 0 or amounts[i] > 0:
            total = group_payoff(meeting, prefix, i, amounts[i] > 0, amounts, table, factors, status)
        strategy[PAYOFF, i] = total + strategy[BIAS, i]


@inner
def copied(meeting):
    """The probability that a slot is a copy, of the focal or of the group's founder."""
    return math.sqrt(meeting.assortment) if meeting.alike != FOCAL else meeting.assortment


@inner
def group_payoff(meeting, prefix, i, used, amounts, table, factors, status):
    """Payoff of strategy i in a group game, trait bias not counted, from factors that are filled."""
    finite = depletes(meeting)
    copying = copied(meeting)
    if meeting.alike == FOCAL or copying == 0.0:
        return table_mean(finite, i, i, used, prefix, table, factors, status)
    focal = 1.0 if finite and not meeting.self_interaction else 0.0
    pool = meeting.whole - focal if meeting.whole > 0 else 1.0
    total = 0.0
    for f in range(len(amounts)):
        weight = (1.0 - copying) * (amounts[f] - (focal if f == i else 0.0)) / pool
        if f == i:
            weight += copying
        if weight > 0.0:
            total += weight * table_mean(finite, i, f, used, prefix, table, factors, status)
    return total


@inner
def fill_hypothetical(meeting, prefix, roles, amounts, table, factors, status, strategy, payoffs):
    """payoffs[i, j]: what a present i would earn as a j, the others as they are; finite populations.

    That is the payoff of a j in the population where it is one already; the game reads the present mix.
    """
    for role in range(len(roles) - 1):
        for i in range(roles[role], roles[role + 1]):
            if amounts[i] <= 0:
                continue
            for j in range(roles[role], roles[role + 1]):
                amounts[i] -= 1.0
                amounts[j] += 1.0
                if meeting.size == 2:
                    payoffs[i, j] = pair_payoff(meeting, j, amounts, table, status, strategy)
                else:
                    fill_factors(meeting, copied(meeting), amounts, factors)
                    payoffs[i, j] = group_payoff(meeting, prefix, j, True, amounts, table, factors, status)
                    payoffs[i, j] += strategy[BIAS, j]
                amounts[i] += 1.0
                amounts[j] -= 1.0


@inner
def pair_payoff(meeting, i, amounts, table, status, strategy):
    """Effective payoff of one strategy in a two-player game of a finite population."""
    total = strategy[BIAS, i]
    for j in range(len(amounts)):
        met = amounts[j] - 1.0 if i == j and not meeting.self_interaction else amounts[j]
        weight = (1.0 - meeting.assortment) * strategy[SCALE, i] * met + (meeting.assortment if i == j else 0.0)
        if weight != 0.0:
            total += weight * table[i, j]
            if not math.isfinite(table[i, j]):
                report(i, j, status)
    return total


@kernel
def fill_payoffs(meeting, prefix, amounts, table, factors, status, strategy):
    """Effective payoffs (trait bias included) at these shares or counts, into row PAYOFF.

    In an infinite population a strategy of share 0 has the payoff of an invader; in a finite one an absent strategy has
    none (0 stands there). A payoff that is used and not finite is reported in `status`.
    """
    if meeting.size == 2:
        pair_payoffs(meeting, amounts, table, status, strategy)
    else:
        group_payoffs(meeting, prefix, amounts, table, factors, status, strategy)
    shield(amounts, strategy)


@inner
def shield(amounts, strategy):
    """Raise the success of those who are protected to the mean of those who are not, where it is less: by their bias, so
    that payoffs without it stay what the game gives."""
    total, others, shielded = 0.0, 0.0, False
    for i in range(len(amounts)):
        if strategy[SHIELD, i] > 0.0:
            shielded = True
        elif amounts[i] > 0.0:
            total += amounts[i] * strategy[PAYOFF, i]
            others += amounts[i]
    if not shielded:
        return
    for i in range(len(amounts)):
        if strategy[SHIELD, i] > 0.0:
            own = strategy[PAYOFF, i] - strategy[GAP, i]
            gap = max(0.0, total / others - own) if others > 0.0 else 0.0
            strategy[BIAS, i] += gap - strategy[GAP, i]
            strategy[GAP, i] = gap
            strategy[PAYOFF, i] = own + gap


@inner
def mean_payoff(amounts, strategy):
    """The mean payoff of all individuals, trait bias not counted."""
    total = 0.0
    for i in range(len(amounts)):
        if amounts[i] > 0:
            total += amounts[i] * strategy[WEIGHT, i] * (strategy[PAYOFF, i] - strategy[BIAS, i])
    return total


@inline
def mean_success(first, stop, mix, strategy):
    """The mean effective payoff, trait bias included, of the strategies of one role."""
    total = 0.0
    for i in range(first, stop):
        if mix[i] > 0.0:
            total += mix[i] * strategy[PAYOFF, i]
    return total

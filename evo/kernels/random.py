"""Random numbers inside kernels: a stream is the four words of a xoshiro256++ generator, seeded by one Philox block.

`seed_stream` gives every (key, replicate, point, purpose) a stream of its own, in any order and on any thread; the
samplers take the stream as `rng` and move it on. How many words a sampler uses depends on its arguments.

Words are uint64 throughout: numba turns uint64 with int64 into float64, so every constant that meets a word is a word.
Sources: [Blackman2021] xoshiro; [Salmon2011] Philox; [Lemire2019] `below`; [Kachitvichyanukul1988] and [Hoermann1993]
`binomial`, whose exact test uses the expansion of [Loader2000].
"""

import math

import numpy as np

from evo.kernels._cache import inline, kernel

GEOMETRIC_CAP = 2**62

_ONE = np.uint64(1)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_WORD = np.uint64(64)
_2_TO_32 = np.uint64(2**32)
_TO_53_BITS = np.uint64(11)
_ULP = 2.0**-53

_PHILOX_M0, _PHILOX_M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_PHILOX_W0, _PHILOX_W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)

_INVERSION_BELOW = 25.0  # expected successes from which rejection is faster (53 against 100 ns at 10); valid from 10
_INVERSION_END = 110  # the chance to pass it is under 1e-30: whoever does got there by rounding and draws again
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
# log(k!) minus Stirling's formula, for k = 0 (unused) to 15
_STIRLING_ERRORS = np.array(
    [0.0] + [math.log(math.factorial(k)) - (k + 0.5) * math.log(k) + k - _HALF_LOG_2PI for k in range(1, 16)]
)


def stream_key(seed):
    """The key of all streams of a run, uint64[2], from its seed (a non-negative integer of any size)."""
    return np.random.SeedSequence(seed).generate_state(2, np.uint64)


# ---- words


@kernel
def seed_stream(key, replicate, point, purpose, rng):
    """Fill `rng` (uint64[4]) as `numpy.random.Philox(counter=[replicate, point, purpose, 0], key=key).random_raw(4)`.

    NumPy counts up before it outputs, hence the one. Words above 2**63 must come as np.uint64, here and to NumPy, which
    silently rounds them in a list.
    """
    rng[0], rng[1], rng[2], rng[3] = _philox_block(
        key[0], key[1], np.uint64(replicate) + _ONE, np.uint64(point), np.uint64(purpose), np.uint64(0)
    )


@kernel
def philox(key, counter, filled):
    """Fill four words with the Philox4x64-10 block of `counter` (uint64[4]) under `key` (uint64[2])."""
    filled[0], filled[1], filled[2], filled[3] = _philox_block(
        key[0], key[1], counter[0], counter[1], counter[2], counter[3]
    )


@kernel
def _philox_block(key_0, key_1, word_0, word_1, word_2, word_3):
    for _ in range(10):
        high_0, low_0 = _high_product(_PHILOX_M0, word_0), _PHILOX_M0 * word_0
        high_1, low_1 = _high_product(_PHILOX_M1, word_2), _PHILOX_M1 * word_2
        word_0, word_1, word_2, word_3 = high_1 ^ word_1 ^ key_0, low_1, high_0 ^ word_3 ^ key_1, low_0
        key_0, key_1 = key_0 + _PHILOX_W0, key_1 + _PHILOX_W1
    return word_0, word_1, word_2, word_3


@kernel
def _high_product(a, b):
    """The upper word of a * b, by halves."""
    a_low, a_high, b_low, b_high = a & _LOW_HALF, a >> _HALF, b & _LOW_HALF, b >> _HALF
    middle = a_high * b_low + (a_low * b_low >> _HALF)
    return a_high * b_high + (middle >> _HALF) + (a_low * b_high + (middle & _LOW_HALF) >> _HALF)


@kernel
def next_word(rng):
    """The next uint64 of the stream: xoshiro256++."""
    word, rng[0], rng[1], rng[2], rng[3] = following(rng[0], rng[1], rng[2], rng[3])
    return word


@inline
def following(s0, s1, s2, s3):
    """The next uint64 of a stream that is held in four numbers, and the four that hold it then."""
    word = _rotate(s0 + s3, np.uint64(23)) + s0
    s2, s3, shifted = s2 ^ s0, s3 ^ s1, s1 << np.uint64(17)
    return word, s0 ^ s3, s1 ^ s2, s2 ^ shifted, _rotate(s3, np.uint64(45))


@inline
def _rotate(word, left):
    return (word << left) | (word >> (_WORD - left))


# ---- numbers


@kernel
def uniform(rng):
    """In [0, 1), a multiple of 2**-53."""
    return to_uniform(next_word(rng))


@kernel
def uniform_positive(rng):
    """In (0, 1], a multiple of 2**-53."""
    return to_uniform_positive(next_word(rng))


@inline
def to_uniform(word):
    return np.int64(word >> _TO_53_BITS) * _ULP


@inline
def to_uniform_positive(word):
    return (np.int64(word >> _TO_53_BITS) + 1) * _ULP


@kernel
def below(n, rng):
    """An integer in [0, n), every one with the same chance, for n from 1 to 2**63 - 1."""
    bound = np.uint64(n)
    if bound <= _2_TO_32:
        product = (next_word(rng) >> _HALF) * bound
        if product & _LOW_HALF < bound:
            surplus = (_2_TO_32 - bound) % bound
            while product & _LOW_HALF < surplus:
                product = (next_word(rng) >> _HALF) * bound
        return np.int64(product >> _HALF)
    word = next_word(rng)
    if word * bound < bound:
        surplus = (~bound + _ONE) % bound  # 2**64 % bound
        while word * bound < surplus:
            word = next_word(rng)
    return np.int64(_high_product(word, bound))


@kernel
def exponential(rng):
    """Mean 1."""
    return -math.log(uniform_positive(rng))


@kernel
def normal(rng):
    """Mean 0, variance 1: Marsaglia's polar method. The second value is dropped: the stream is all the state."""
    while True:
        x, y = 2.0 * uniform(rng) - 1.0, 2.0 * uniform(rng) - 1.0
        square = x * x + y * y
        if 0.0 < square < 1.0:
            return x * math.sqrt(-2.0 * math.log(square) / square)


@kernel
def simplex(rng, mix):
    """Fill `mix` with a point drawn uniformly from the simplex."""
    total = 0.0
    for i in range(mix.size):
        mix[i] = exponential(rng)
        total += mix[i]
    for i in range(mix.size):
        mix[i] /= total


# ---- counts


@kernel
def geometric(p, rng):
    """The number of failures before the first success, at most GEOMETRIC_CAP, which is also the answer for p = 0."""
    if p >= 1.0:
        return 0
    if not p > 0.0:  # written so that nan, too, ends here
        return GEOMETRIC_CAP
    failures = math.log(uniform_positive(rng)) / math.log1p(-p)
    return GEOMETRIC_CAP if failures >= GEOMETRIC_CAP else int(failures)


@kernel
def binomial(n, p, rng):
    """The number of successes in n trials (up to 1e12) of chance p. A p outside [0, 1] counts as the nearer end."""
    if n <= 0 or not p > 0.0:  # nan, too, ends here
        return 0
    if p >= 1.0:
        return n
    if p > 0.5:
        return n - _rarer_outcomes(n, 1.0 - p, rng)
    return _rarer_outcomes(n, p, rng)


@kernel
def _rarer_outcomes(n, p, rng):
    return _invert(n, p, rng) if n * p < _INVERSION_BELOW else _reject(n, p, rng)


@kernel
def _invert(n, p, rng):
    """Add up the masses from 0 on until they pass a uniform [Kachitvichyanukul1988, algorithm BINV]."""
    odds = p / (1.0 - p)
    mass_of_none = math.exp(n * math.log1p(-p))
    while True:
        left, mass, successes = uniform(rng), mass_of_none, 0
        while left >= mass and successes < min(n, _INVERSION_END):
            left -= mass
            successes += 1
            mass *= odds * (n - successes + 1) / successes
        if left < mass:
            return successes


@kernel
def _reject(n, p, rng):
    """Transformed rejection with squeeze, for n p >= 10 and p <= 1/2 [Hoermann1993, algorithm BTRS]."""
    deviation = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = n * p + 0.5
    squeeze = 0.92 - 4.2 / b
    while True:
        u = uniform_positive(rng) - 0.5
        v = uniform_positive(rng)
        edge = 0.5 - abs(u)
        successes = math.floor((2.0 * a / edge + b) * u + centre) if edge > 0.0 else -1.0
        if edge >= 0.07 and v <= squeeze:
            return int(successes)
        if 0 <= successes <= n:
            scaled = v * (2.83 + 5.1 / b) * deviation / (a / (edge * edge) + b)
            mode = math.floor((n + 1) * p)
            if math.log(scaled) <= _log_mass(successes, n, p) - _log_mass(mode, n, p):
                return int(successes)


@kernel
def _log_mass(successes, n, p):
    """The log of the binomial mass but for a term of n alone: no difference of large numbers, unlike lgamma at 1e12."""
    return _log_poisson(successes, n * p) + _log_poisson(n - successes, n * (1.0 - p))


@kernel
def _log_poisson(count, mean):
    """The log of the Poisson mass, to full precision [Loader 2000]."""
    if count == 0:
        return -mean
    return -_deviance(float(count), mean) - _stirling_error(float(count)) - 0.5 * math.log(count) - _HALF_LOG_2PI


@kernel
def _deviance(x, mean):
    """x log(x / mean) + mean - x, by its series where the terms nearly cancel."""
    if abs(x - mean) >= 0.1 * (x + mean):
        return x * math.log(x / mean) + mean - x
    v = (x - mean) / (x + mean)
    total, term, divisor = (x - mean) * v, 2.0 * x * v, 1.0
    while True:
        term *= v * v
        divisor += 2.0
        if total + term / divisor == total:
            return total
        total += term / divisor


@kernel
def _stirling_error(x):
    """log(x!) minus Stirling's formula, for whole x > 0."""
    if x < _STIRLING_ERRORS.size:
        return _STIRLING_ERRORS[int(x)]
    y = 1.0 / (x * x)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - y / 1188) * y) * y) * y) / x


@kernel
def multinomial(n, weights, rng, counts):
    """Fill `counts` with how often each category comes up in n draws; weights need not add up to one.

    One binomial per category with its share of the weights from there on, each a sum and never a difference: the last
    positive weight has share 1 and takes what is left, a zero weight gets nothing.
    """
    left = n
    for i in range(weights.size):
        onward = 0.0
        for j in range(weights.size - 1, i - 1, -1):
            onward += weights[j]
        counts[i] = binomial(left, weights[i] / onward if weights[i] > 0.0 else 0.0, rng)
        left -= counts[i]

"""Streams against published answers, samplers against their laws, compiled code against plain Python."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from scipy import stats

import evo.kernels.random as evo_random
from evo.kernels._cache import kernel
from evo.kernels.random import (
    GEOMETRIC_CAP,
    below,
    binomial,
    exponential,
    geometric,
    multinomial,
    next_word,
    normal,
    philox,
    seed_stream,
    simplex,
    stream_key,
    uniform,
    uniform_positive,
)

ALPHA = 1e-4
DRAWS = 2_000 if numba.config.DISABLE_JIT else 200_000
BINOMIALS = [
    (1, 0.3), (5, 0.5), (10, 1e-3), (12, 0.99), (50, 0.499), (51, 0.5), (100, 0.2), (100, 0.26), (100, 0.75),
    (60, 0.5), (1000, 0.024), (1000, 0.026), (1000, 0.3), (1000, 0.976), (10**5, 1e-6), (10**6, 0.9999),
    (10**6, 0.123), (10**9, 1e-9), (10**9, 2.6e-8), (10**9, 1e-4), (10**9, 0.5), (10**9, 0.7), (10**9, 1 - 1e-6),
]  # fmt: skip


def stream(replicate, point=11, purpose=0):
    rng = np.zeros(4, np.uint64)
    seed_stream(stream_key(2024), np.uint64(replicate), np.uint64(point), np.uint64(purpose), rng)
    return rng


@kernel
def fill_numbers(which, rng, drawn):
    for i in range(drawn.size):
        if which == 0:
            drawn[i] = uniform(rng)
        elif which == 1:
            drawn[i] = uniform_positive(rng)
        elif which == 2:
            drawn[i] = exponential(rng)
        else:
            drawn[i] = normal(rng)


@kernel
def fill_below(n, rng, drawn):
    for i in range(drawn.size):
        drawn[i] = below(n, rng)


@kernel
def fill_geometric(p, rng, drawn):
    for i in range(drawn.size):
        drawn[i] = geometric(p, rng)


@kernel
def fill_binomial(n, p, rng, drawn):
    for i in range(drawn.size):
        drawn[i] = binomial(n, p, rng)


@kernel
def fill_rejected(n, p, rng, drawn):
    for i in range(drawn.size):
        drawn[i] = evo_random._reject(n, p, rng)


@kernel
def fill_multinomial(n, weights, rng, drawn):
    for i in range(len(drawn)):
        multinomial(n, weights, rng, drawn[i])


@kernel
def fill_simplex(rng, drawn):
    for i in range(len(drawn)):
        simplex(rng, drawn[i])


def integers(fill, *law, draws=DRAWS):
    drawn = np.empty(draws, np.int64)
    fill(*law, stream(0), drawn)
    return drawn


def p_value_of_counts(drawn, law):
    """Chi-square of integers against a scipy law, over at most 50 classes that each expect at least 5 draws."""
    edges = np.unique(law.ppf(np.linspace(0, 1, min(50, drawn.size // 40) + 1)[1:-1]))  # a class ends with its edge
    edges = edges[law.sf(edges) * drawn.size >= 5]
    if not edges.size:  # nearly a constant: count what is not that
        likely = law.ppf(0.5)
        return stats.binomtest(np.count_nonzero(drawn != likely), drawn.size, 1 - law.pmf(likely)).pvalue
    expected = drawn.size * np.diff(law.cdf(edges), prepend=0.0, append=1.0)
    assert expected.min() >= 5
    return stats.chisquare(np.bincount(np.searchsorted(edges, drawn), minlength=expected.size), expected).pvalue


# ---- streams


@pytest.mark.parametrize("counter", [(0, 0, 0), (1, 2, 3), (2**64 - 2, 2**63 + 5, 2**64 - 1)])
def test_a_stream_is_seeded_as_numpy_philox(counter):
    words = np.array([*counter, 0], np.uint64)
    rng = np.zeros(4, np.uint64)
    seed_stream(stream_key(7), words[0], words[1], words[2], rng)
    assert rng.tolist() == np.random.Philox(counter=words, key=stream_key(7)).random_raw(4).tolist()


def test_philox_published_answers():
    """[Salmon2011], kat_vectors of Random123, philox4x64 with 10 rounds."""
    filled = np.zeros(4, np.uint64)
    philox(np.zeros(2, np.uint64), np.zeros(4, np.uint64), filled)
    assert [hex(word) for word in filled.tolist()] == [
        "0x16554d9eca36314c", "0xdb20fe9d672d0fdc", "0xd7e772cee186176b", "0x7e68b68aec7ba23b",
    ]  # fmt: skip
    philox(np.full(2, 2**64 - 1, np.uint64), np.full(4, 2**64 - 1, np.uint64), filled)
    assert [hex(word) for word in filled.tolist()] == [
        "0x87b092c3013fe90b", "0x438c3c67be8d0224", "0x9cc7d7c69cd777b6", "0xa09caebf594f0ba0",
    ]  # fmt: skip


def test_xoshiro_published_answers():
    """The vectors that rand_xoshiro and others take from Blackman and Vigna's C code."""
    rng = np.array([1, 2, 3, 4], np.uint64)
    assert [int(next_word(rng)) for _ in range(10)] == [
        41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205, 9973669472204895162,
        14011001112246962877, 12406186145184390807, 15849039046786891736, 10450023813501588000,
    ]  # fmt: skip


def test_streams_differ_in_each_part_of_their_name():
    starts = [stream(0), stream(1), stream(0, point=12), stream(0, purpose=1)]
    assert len({tuple(rng.tolist()) for rng in starts}) == 4
    assert stream_key(2**200).dtype == np.uint64
    assert stream_key(3).tolist() != stream_key(4).tolist()


# ---- laws


@pytest.mark.parametrize(
    ("which", "law"), [(0, stats.uniform()), (1, stats.uniform()), (2, stats.expon()), (3, stats.norm())]
)
def test_numbers_follow_their_law(which, law):
    drawn = np.empty(DRAWS)
    fill_numbers(which, stream(1), drawn)
    assert stats.kstest(drawn, law.cdf).pvalue > ALPHA
    assert stats.kstest(drawn + 5 / np.sqrt(DRAWS), law.cdf).pvalue < ALPHA  # negative control
    assert abs(stats.pearsonr(drawn[1:], drawn[:-1]).statistic) < stats.norm.isf(ALPHA) / np.sqrt(DRAWS)


def test_uniform_ends():
    least, greatest = np.zeros(4, np.uint64), np.array([0, 0, 0, 2**64 - 1], np.uint64)  # of the words they give next
    assert (uniform(least.copy()), uniform_positive(least.copy())) == (0.0, 2.0**-53)
    assert (uniform(greatest.copy()), uniform_positive(greatest.copy())) == (1 - 2.0**-53, 1.0)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 100, 2**32 - 1, 2**32, 2**32 + 1, 3 * 2**61, 2**63 - 1])
def test_below_is_unbiased(n):
    drawn = integers(fill_below, n)
    assert drawn.min() >= 0
    assert drawn.max() < n
    if n <= 100:
        assert n == 1 or stats.chisquare(np.bincount(drawn, minlength=n)).pvalue > ALPHA
    else:
        assert stats.kstest(drawn / n, stats.uniform.cdf).pvalue > ALPHA


def test_below_without_rejection_would_be_biased_at_three_quarters():
    """With n = 3 * 2**61 the plain product gives every third number twice the chance; 2**31 * 1.5 likewise."""
    for n in (3 * 2**61, 3 * 2**30):
        drawn = integers(fill_below, n)
        assert stats.chisquare(np.bincount(drawn % 3, minlength=3)).pvalue > ALPHA


@pytest.mark.parametrize("p", [0.9999, 0.9, 0.5, 0.1, 1e-3])
def test_geometric_follows_its_law(p):
    drawn = integers(fill_geometric, p)
    assert p_value_of_counts(drawn, stats.geom(p, loc=-1)) > ALPHA


@pytest.mark.parametrize("p", [1e-6, 1e-12, 1e-15, 1e-17, 1e-18])
def test_rare_geometric_is_exponential(p):
    drawn = integers(fill_geometric, p)
    whole = drawn < GEOMETRIC_CAP
    expected = -np.expm1(-GEOMETRIC_CAP * p)
    assert stats.kstest(-np.expm1(-drawn[whole] * p) / expected, stats.uniform.cdf).pvalue > ALPHA
    assert stats.binomtest(int(whole.sum()), DRAWS, expected).pvalue > ALPHA


def test_geometric_ends():
    rng = stream(3)
    assert [int(geometric(p, rng)) for p in (1.0, 0.0, 1e-300, np.nan)] == [0] + 3 * [GEOMETRIC_CAP]


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial_follows_its_law(n, p):
    assert p_value_of_counts(integers(fill_binomial, n, p), stats.binom(n, p)) > ALPHA


@pytest.mark.parametrize(("n", "p"), [(20, 0.5), (100, 0.1), (10**6, 1.1e-5), (10**4, 0.5)])
def test_rejection_follows_its_law_down_to_ten_expected(n, p):
    """Ten times the draws: with fewer, a squeeze that is a twentieth too generous goes unnoticed."""
    assert p_value_of_counts(integers(fill_rejected, n, p, draws=10 * DRAWS), stats.binom(n, p)) > ALPHA


@pytest.mark.parametrize(("n", "p"), [(40, 0.4), (1000, 0.3), (10**9, 0.3)])
def test_a_wrong_binomial_is_noticed(n, p):
    """Negative control: a chance that moves the mean by ten standard errors, and a law that is one too low."""
    drawn = integers(fill_binomial, n, p + 10 * np.sqrt(p * (1 - p) / n / DRAWS))
    assert p_value_of_counts(drawn, stats.binom(n, p)) < ALPHA
    if n == 40:
        assert p_value_of_counts(integers(fill_binomial, n, p) + 1, stats.binom(n, p)) < ALPHA


@pytest.mark.parametrize("p", [1e-12, 3e-11, 1e-6, 0.37, 1 - 1e-9])
def test_binomial_of_a_trillion(p):
    """The exact law is close to a Poisson or normal one; mean and variance are checked where neither is."""
    n = 10**12
    drawn = integers(fill_binomial, n, p)
    rare = drawn if p < 0.5 else n - drawn
    chance = min(p, 1 - p)
    if n * chance < 1e4:
        assert p_value_of_counts(rare, stats.poisson(n * chance)) > ALPHA
    else:
        scaled = (rare - n * chance) / np.sqrt(n * chance * (1 - chance))
        assert stats.kstest(scaled, stats.norm.cdf).pvalue > ALPHA


def test_log_mass_is_precise_at_a_trillion():
    """Neighbouring masses have the ratio (n - k) p / (k + 1) / (1 - p), which lgamma misses by percents there."""
    for n, p in ((10**12, 0.3), (10**9, 1e-6), (40, 0.3)):
        k = float(round(n * p * 1.001))
        ratio = evo_random._log_mass(k + 1, n, p) - evo_random._log_mass(k, n, p)
        assert ratio == pytest.approx(np.log((n - k) / (k + 1) * p / (1 - p)), abs=1e-8)


def test_binomial_ends():
    rng = stream(4)
    before = rng.copy()
    cases = [(0, 0.5), (10, 0.0), (10, -1e-17), (10, np.nan), (10, 1.0), (10, 1 + 1e-15), (10**12, 1.0)]
    assert [int(binomial(n, p, rng)) for n, p in cases] == [0, 0, 0, 0, 10, 10, 10**12]
    assert rng.tolist() == before.tolist()  # certain outcomes draw nothing
    assert int(binomial(10**12, 5e-324, rng)) == 0
    assert int(binomial(1, np.nextafter(1.0, 0.0), rng)) in (0, 1)


def test_multinomial_follows_its_law():
    """Each count is binomial, and so is the sum of two."""
    weights = np.array([0.0, 2.0, 0.5, 0.0, 1.5, 4.0, 0.0])
    drawn = np.empty((DRAWS, weights.size), np.int64)
    fill_multinomial(30, weights, stream(5), drawn)
    assert (drawn.sum(axis=1) == 30).all()
    assert not drawn[:, weights == 0].any()
    share = weights / weights.sum()
    for i in np.flatnonzero(weights):
        assert p_value_of_counts(drawn[:, i], stats.binom(30, share[i])) > ALPHA
    assert p_value_of_counts(drawn[:, 2] + drawn[:, 5], stats.binom(30, share[2] + share[5])) > ALPHA


def test_multinomial_shares_out_small_weights_after_a_large_one():
    """One minus the cumulative share would be 0 after the first: the small ones must still split evenly."""
    counts = np.zeros(4, np.int64)
    split = np.zeros(4, np.int64)
    rng = stream(6)
    for _ in range(2000):
        multinomial(10**12, np.array([1.0, 1e-11, 1e-11, 0.0]), rng, counts)
        assert counts.sum() == 10**12
        assert counts[3] == 0
        split += counts
    assert stats.chisquare(split[1:3]).pvalue > ALPHA
    assert abs(split[1] + split[2] - 40_000) < 800  # four standard deviations


@pytest.mark.parametrize(
    ("weights", "expected"),
    [([3.0], [9]), ([0.0, 1e-300, 0.0], [0, 9, 0]), ([0.0, 0.0], [0, 0]), ([1e-200, 1e200], [0, 9])],
)
def test_multinomial_ends(weights, expected):
    counts = np.full(len(weights), -1)
    multinomial(9, np.array(weights), stream(7), counts)
    assert counts.tolist() == expected


def test_simplex_is_uniform():
    """A coordinate of a uniform point on the simplex of four is Beta(1, 3)."""
    drawn = np.empty((DRAWS, 4))
    fill_simplex(stream(8), drawn)
    assert np.abs(drawn.sum(axis=1) - 1).max() < 1e-15
    for i in range(4):
        assert stats.kstest(drawn[:, i], stats.beta(1, 3).cdf).pvalue > ALPHA
    assert stats.kstest(drawn[:, 0] + drawn[:, 1], stats.beta(2, 2).cdf).pvalue > ALPHA


# ---- compiled and not


def first_draws():
    """Thirty draws of every sampler on one stream, as exact text."""
    rng = stream(9)
    counts, mix = np.zeros(3, np.int64), np.zeros(3)
    drawn = []
    for i in range(30):
        drawn += [int(next_word(rng)), int(below(10 + i, rng)), int(below(2**40 + i, rng)), int(below(3 << 61, rng))]
        drawn += [float(sampler(rng)).hex() for sampler in (uniform, uniform_positive, exponential, normal)]
        drawn += [int(geometric(p, rng)) for p in (0.3, 1e-9, 1e-18)]
        drawn += [int(binomial(n, p, rng)) for n, p in BINOMIALS]
        multinomial(1000, np.array([0.2, 0.0, 0.7]), rng, counts)
        simplex(rng, mix)
        drawn += counts.tolist() + [share.hex() for share in mix.tolist()]
    return repr(drawn)


def test_the_same_numbers_compiled_and_not():
    script = "import warnings; warnings.simplefilter('error'); import test_random; print(test_random.first_draws())"
    here = Path(__file__).parent
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "0" if numba.config.DISABLE_JIT else "1",
        "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)]),
    }
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == first_draws()


def test_one_compiled_signature_each():
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    integers(fill_binomial, 10, 0.5)
    assert len(binomial.signatures) == len(next_word.signatures) == 1

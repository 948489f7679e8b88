"""Tests of `rank.intervals`: by hand, against scipy and numpy, and by how often simulated intervals hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from momentwise.rank.intervals import Sample, mean_interval, pool, quantile_ranks, welch, wilson

COVERED = (0.93, 0.975)  # what a fixed seed may find for 95 %
NUMBERS = st.lists(st.floats(-1e4, 1e4), max_size=12)


def sample_of(numbers: object) -> Sample:
    """The sufficient statistics of some numbers, by numpy."""
    array = np.asarray(numbers, dtype=float)
    variance = float(array.var(ddof=1)) if array.size > 1 else 0.0
    return Sample(array.size, float(array.mean()) if array.size else 0.0, variance)


def test_wilson_by_hand() -> None:
    """One of four: z² = 3.8415, centre (0.25 + 0.48018) / 1.96036 = 0.37248, half-width 0.32691."""
    # half: 1.95996 · √(0.25 · 0.75 / 4 + 3.8415 / 64) / 1.96036 = 1.95996 · √(0.046875 + 0.060023) / 1.96036 = 0.32689
    assert pytest.approx((0.04559, 0.69936), abs=1e-4) == wilson(1, 4)


@pytest.mark.parametrize(("count", "n"), [(0, 1), (1, 1), (0, 40), (40, 40), (1156, 14552), (3, 7), (10**7, 10**9)])
def test_wilson_agrees_with_scipy(count: int, n: int) -> None:
    """The same bounds as scipy's, at the edges too."""
    expected = stats.binomtest(count, n).proportion_ci(method="wilson")
    assert pytest.approx((expected.low, expected.high), abs=1e-12) == wilson(count, n)


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_between_0_and_1(n: int, share: float) -> None:
    """A bound outside of 0–1 would be shown as more than all."""
    count = round(share * n)
    low, high = wilson(count, n)
    assert 0 <= low <= count / n + 1e-12
    assert count / n - 1e-12 <= high <= 1


def test_wilson_of_nothing_is_a_programmers_mistake() -> None:
    """A share of nothing has no interval; who calls must know."""
    with pytest.raises(AssertionError):
        wilson(0, 0)


def test_mean_interval_by_hand() -> None:
    """Of 1, 2, 3, 4, 5: mean 3, variance 2.5, t(4) = 2.77645, half-width 2.77645 · √0.5 = 1.96324."""
    assert pytest.approx((1.03676, 4.96324), abs=1e-5) == mean_interval(Sample(5, 3.0, 2.5))


@pytest.mark.parametrize("n", [2, 3, 30, 5000])
def test_mean_interval_agrees_with_scipy(n: int) -> None:
    """The same bounds as those of scipy's one-sample t test."""
    numbers = np.random.default_rng(n).gamma(2.0, 3.0, n)
    expected = stats.ttest_1samp(numbers, 0.0).confidence_interval(0.95)
    assert pytest.approx((expected.low, expected.high), rel=1e-9) == mean_interval(sample_of(numbers))


@pytest.mark.parametrize("sample", [Sample(0), Sample(1, 4.0), Sample(2, 5.0, 0.0)])
def test_a_mean_of_too_few_or_equal_numbers_has_no_interval(sample: Sample) -> None:
    """Two customers who both gave a five do not make it certain."""
    assert mean_interval(sample) is None


def test_welch_by_hand() -> None:
    """Variances 4 of n 100 each: error √0.08 = 0.28284, freedom 198, t = 1.97202, half-width 0.55777."""
    assert pytest.approx((-2.0, -2.55777, -1.44223), abs=1e-5) == welch(Sample(100, 3.0, 4.0), Sample(100, 5.0, 4.0))


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 400), (98, 13383)])
def test_welch_agrees_with_scipy(n: int, m: int) -> None:
    """The same bounds as those of scipy's t test with unequal variances."""
    rng = np.random.default_rng(n)
    one, other = rng.normal(2.6, 1.5, n), rng.normal(4.3, 0.9, m)
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    found = welch(sample_of(one), sample_of(other))
    assert pytest.approx((one.mean() - other.mean(), expected.low, expected.high), rel=1e-9) == found


def test_welch_without_spread_or_numbers() -> None:
    """Samples that do not vary have a difference without width; a single number has none."""
    assert welch(Sample(30, 1.0), Sample(30, 5.0)) == (-4.0, -4.0, -4.0)
    assert welch(Sample(1, 1.0), Sample(30, 5.0, 1.0)) is None
    assert welch(Sample(30, 1.0, 1.0), Sample(1, 5.0)) is None


def test_pool_by_hand() -> None:
    """Of {0, 2} and {4}: mean 2; squares within 2, between 2 · 1 + 1 · 4 = 6; variance 8 / 2 = 4."""
    assert Sample(3, 2.0, 4.0) == pool([Sample(2, 1.0, 2.0), Sample(1, 4.0)])


@given(st.lists(NUMBERS, max_size=6))
@settings(max_examples=60)
def test_pool_is_as_if_the_numbers_had_never_been_split(groups: list[list[float]]) -> None:
    """Counts, means and variances of the parts give those of the whole exactly."""
    expected, found = sample_of([number for group in groups for number in group]), pool(map(sample_of, groups))
    assert expected.n == found.n
    assert expected.mean == pytest.approx(found.mean, abs=1e-6)
    assert expected.variance == pytest.approx(found.variance, rel=1e-6, abs=1e-6)


@given(NUMBERS, NUMBERS, NUMBERS)
@settings(max_examples=40)
def test_pool_is_associative(one: list[float], other: list[float], third: list[float]) -> None:
    """The order in which endings are put together does not matter."""
    a, b, c = map(sample_of, (one, other, third))
    left, right = pool([pool([a, b]), c]), pool([a, pool([b, c])])
    assert left.n == right.n
    assert left.mean == pytest.approx(right.mean, abs=1e-6)
    assert left.variance == pytest.approx(right.variance, rel=1e-6, abs=1e-6)


def test_quantile_ranks_by_hand() -> None:
    """The median of ten: P(B ≤ 1) = 11/1024 = 0.011 and P(B ≤ 2) = 56/1024 = 0.055, so the 2nd to the 9th number."""
    assert pytest.approx((1 / 9, 8 / 9)) == quantile_ranks(10, 0.5)


@pytest.mark.parametrize(("n", "quantile"), [(0, 0.5), (1, 0.5), (5, 0.5), (71, 0.95)])
def test_quantile_ranks_of_too_few(n: int, quantile: float) -> None:
    """Five numbers do not enclose their median with 95 %: 2 / 2⁵ = 6 %; nor 71 their p95: 0.95⁷¹ = 2.6 %."""
    assert quantile_ranks(n, quantile) is None


@pytest.mark.parametrize("n", [6, 10, 37, 73, 500])
@pytest.mark.parametrize("quantile", [0.5, 0.75, 0.9, 0.95])
def test_quantile_ranks_agree_with_scipys_quantile_test(n: int, quantile: float) -> None:
    """At least 2.5 % lie beyond neither end, and the next order statistic inwards would be too far in."""
    ranks = quantile_ranks(n, quantile)
    number = stats.binom(n, quantile)
    if ranks is None:
        assert number.cdf(0) > 0.025 or number.sf(n - 1) > 0.025
        return
    low, high = (round(1 + rank * (n - 1)) for rank in ranks)
    assert number.cdf(low - 1) <= 0.025 < number.cdf(low)
    assert number.sf(high - 1) <= 0.025 < number.sf(high - 2)
    by_scipy = stats.quantile_test(np.arange(1.0, n + 1), q=0, p=quantile).confidence_interval(0.95)
    assert by_scipy.low in (low, low - 1)
    assert by_scipy.high in (high, high + 1)


def share_covered(hits: object) -> float:
    """How many of the simulated intervals held the truth, 0–1."""
    return float(np.mean(np.asarray(hits)))


def test_wilson_covers() -> None:
    """Over true shares between 2 % and 98 %, 95 % of the intervals hold the truth."""
    rng = np.random.default_rng(1)
    shares, sizes = rng.uniform(0.02, 0.98, 4000), rng.integers(20, 400, 4000)
    bounds = (wilson(int(rng.binomial(n, share)), int(n)) for n, share in zip(sizes, shares, strict=True))
    hits = [low <= share <= high for (low, high), share in zip(bounds, shares, strict=True)]
    assert COVERED[0] <= share_covered(hits) <= COVERED[1]


@pytest.mark.parametrize("n", [5, 40])
def test_mean_interval_covers(n: int) -> None:
    """Of normal numbers, few or many."""
    rng = np.random.default_rng(2)
    bounds = [mean_interval(sample_of(rng.normal(3.0, 1.2, n))) for _ in range(2000)]
    hits = [found is not None and found[0] <= 3.0 <= found[1] for found in bounds]
    assert COVERED[0] <= share_covered(hits) <= COVERED[1]


def test_mean_interval_covers_for_scores_on_five_stars() -> None:
    """Of thirty five-star scores, most of them fives, as reviews are."""
    rng, chance = np.random.default_rng(3), (0.1, 0.05, 0.1, 0.25, 0.5)
    truth = math.fsum(star * p for star, p in zip(range(1, 6), chance, strict=True))
    bounds = [mean_interval(sample_of(rng.choice(np.arange(1, 6), 30, p=chance))) for _ in range(2000)]
    hits = [found is not None and found[0] <= truth <= found[1] for found in bounds]
    assert COVERED[0] <= share_covered(hits) <= COVERED[1]


def test_welch_covers_where_spreads_and_sizes_differ() -> None:
    """A small group that spreads three times as far as the large one."""
    rng = np.random.default_rng(4)
    bounds = [welch(sample_of(rng.normal(2.5, 1.8, 30)), sample_of(rng.normal(4.2, 0.6, 300))) for _ in range(2000)]
    hits = [found is not None and found[1] <= 2.5 - 4.2 <= found[2] for found in bounds]
    assert COVERED[0] <= share_covered(hits) <= COVERED[1]


@pytest.mark.parametrize(("quantile", "n"), [(0.5, 101), (0.75, 200), (0.9, 300), (0.95, 400)])
def test_quantile_interval_covers(quantile: float, n: int) -> None:
    """Of long-tailed waits, interpolated as the engine does."""
    rng, ranks = np.random.default_rng(5), quantile_ranks(n, quantile)
    waits = rng.lognormal(1.0, 1.5, (4000, n))
    truth = math.exp(1.0 + 1.5 * stats.norm.ppf(quantile))
    low, high = np.quantile(waits, ranks, axis=1)
    assert COVERED[0] <= share_covered((low <= truth) & (truth <= high)) <= COVERED[1]


def test_pooled_interval_covers_for_a_mixture() -> None:
    """A mean over late and on-time customers together, from the statistics of each."""
    rng, hits = np.random.default_rng(6), []
    for _ in range(2000):
        late = int(rng.binomial(80, 0.3))
        found = mean_interval(pool([sample_of(rng.normal(2, 1, late)), sample_of(rng.normal(4, 1, 80 - late))]))
        hits.append(found is not None and found[0] <= 0.3 * 2 + 0.7 * 4 <= found[1])
    assert COVERED[0] <= share_covered(hits) <= COVERED[1]

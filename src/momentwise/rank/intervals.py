"""Intervals: pure functions of counts and moments, 95 % throughout."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy import stats

Z = 1.959963984540054  # normal quantile at 97.5 %
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Sample:
    """Sufficient statistics of some numbers.

    Args:
        n: How many; missing ones are not among them.
        mean: Their mean; 0 where n is 0.
        variance: Their sample variance (divided by n - 1); 0 where n is below 2.
    """

    n: int
    mean: float = 0.0
    variance: float = 0.0


def pool(samples: Iterable[Sample]) -> Sample:
    """The sufficient statistics of all the numbers together, exactly: squares within the samples plus between them.

    Source:
        The decomposition of the sum of squares of a one-way analysis of variance (Fisher 1925).

    Example:
        >>> pool([Sample(2, 1.0, 2.0), Sample(1, 4.0)])  # of 0, 2 and 4
        Sample(n=3, mean=2.0, variance=4.0)
    """
    kept = [sample for sample in samples if sample.n]
    n = sum(sample.n for sample in kept)
    if n == 0:
        return Sample(0)
    mean = math.fsum(sample.n * sample.mean for sample in kept) / n
    within = math.fsum((sample.n - 1) * sample.variance for sample in kept)
    between = math.fsum(sample.n * (sample.mean - mean) ** 2 for sample in kept)
    return Sample(n, mean, (within + between) / (n - 1) if n > 1 else 0.0)


def wilson(count: int, n: int) -> tuple[float, float]:
    """The interval of a share, 0–1.

    Args:
        count: How many of them.
        n: Of how many; at least 1.

    Source:
        Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209–212.

    Example:
        >>> [round(bound, 4) for bound in wilson(1156, 14552)]
        [0.0752, 0.0839]
    """
    assert n > 0, "a share needs at least one row"
    share, spread = count / n, Z * Z / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(sample: Sample) -> tuple[float, float] | None:
    """The interval of a mean by Student's t; `None` below two numbers, and where all are equal.

    Numbers that do not differ say nothing about how far others would: an interval without width would claim certainty.

    Source:
        Student (1908). The probable error of a mean. Biometrika 6, 1–25.
    """
    if sample.n < 2 or sample.variance <= 0:
        return None
    half = float(stats.t.ppf(0.975, sample.n - 1)) * math.sqrt(sample.variance / sample.n)
    return sample.mean - half, sample.mean + half


def welch(one: Sample, other: Sample) -> tuple[float, float, float] | None:
    """The difference of two means, `one - other`, with its interval; `None` where either has fewer than two numbers.

    Where neither sample varies the interval has no width; compare samples that are large enough for that to mean
    something.

    Source:
        Welch, B. L. (1947). The generalization of "Student's" problem when several different population variances are
        involved. Biometrika 34, 28–35; degrees of freedom by Satterthwaite (1946).

    Example:
        >>> [round(part, 4) for part in welch(Sample(100, 3.0, 4.0), Sample(100, 5.0, 4.0))]
        [-2.0, -2.5578, -1.4422]
    """
    if min(one.n, other.n) < 2:
        return None
    first, second = one.variance / one.n, other.variance / other.n
    difference, error = one.mean - other.mean, first + second
    if error == 0:
        return difference, difference, difference
    freedom = error**2 / (first**2 / (one.n - 1) + second**2 / (other.n - 1))
    half = float(stats.t.ppf(0.975, freedom)) * math.sqrt(error)
    return difference, difference - half, difference + half


def quantile_ranks(n: int, quantile: float) -> tuple[float, float] | None:
    """The shares of the sorted numbers between which a quantile lies; `None` where n is too small to say.

    Distribution-free: how many of n numbers lie below the quantile is binomial.

    Args:
        n: How many numbers.
        quantile: 0–1.

    Source:
        Conover, W. J. (1999). Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    if n < 2:
        return None
    low = stats.binom.ppf(0.025, n, quantile)
    high = stats.binom.ppf(0.975, n, quantile) + 1
    if low < 1 or high > n:
        return None
    return (float(low) - 1) / (n - 1), (float(high) - 1) / (n - 1)

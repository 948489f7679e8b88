"""Contrasts: two groups beside each other, with the chance of seeing them so far apart where nothing differs.

Intervals of single numbers stand in `intervals`, those of differences of shares in `differences`; how many contrasts of
many may be chance, in `discoveries`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import stats

from momentwise.define.finding import Estimate, Unit
from momentwise.rank.differences import share_difference
from momentwise.rank.intervals import Sample, Z, mean_interval, welch, wilson

# Two groups are compared only where both are at least so large.
FEWEST = 30


class Contrast(NamedTuple):
    """One group minus another one.

    Args:
        value: The difference.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p: Chance of a difference at least as wide, either way, where there is none.
    """

    value: float
    low: float
    high: float
    p: float

    @property
    def error(self) -> float:
        """The standard error, from the interval as the normal distribution has it."""
        return (self.high - self.low) / (2 * Z)

    def estimate(self, n: int, unit: Unit, rows: str, table: str = "occurrences") -> Estimate:
        """The difference as an estimate over the rows of both groups."""
        return Estimate(self.value, n, unit, self.low, self.high, rows, table)


class Ratio(NamedTuple):
    """Sums over customers from which a share of occurrences follows that takes customers for independent.

    Args:
        people: Customers.
        n: Occurrences.
        counted: Those that are counted.
        nn: Sum over customers of the square of their `n`.
        cc: Sum of the square of their `counted`.
        nc: Sum of the products.
    """

    people: int
    n: float
    counted: float
    nn: float
    cc: float
    nc: float

    @property
    def share(self) -> float:
        """How many of them; 0 where there is none."""
        return self.counted / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """Variance of the share, linearised.

        Source:
            Cochran, W. G. (1977). Sampling Techniques, 3rd ed., section 2.11 (the ratio of two means).
        """
        if self.people < 2 or not self.n:
            return 0.0
        spread = self.cc - 2 * self.share * self.nc + self.share**2 * self.nn
        return max(0.0, spread) / self.n**2 * self.people / (self.people - 1)


def compare_shares(one: tuple[int, int], other: tuple[int, int]) -> Contrast:
    """The contrast of two shares, each as how many out of how many; p by the pooled normal approximation.

    Example:
        >>> [round(part, 3) for part in compare_shares((56, 70), (48, 80))]
        [0.2, 0.052, 0.334, 0.008]
    """
    (count, n), (others, m) = one, other
    pooled = (count + others) / (n + m)
    value, low, high = share_difference(one, other)
    return Contrast(value, low, high, _chance(value, math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))))


def compare_means(one: Sample, other: Sample) -> Contrast | None:
    """The contrast of two means, Welch's; `None` below two numbers in either."""
    found = welch(one, other)
    if found is None:
        return None
    first, second = one.variance / one.n, other.variance / other.n
    error = first + second
    if error == 0:
        return Contrast(*found, _chance(found[0], 0.0))
    freedom = error**2 / (first**2 / (one.n - 1) + second**2 / (other.n - 1))
    return Contrast(*found, float(2 * stats.t.sf(abs(found[0]) / math.sqrt(error), freedom)))


def compare_ratios(one: Ratio, other: Ratio) -> Contrast:
    """The contrast of two shares of occurrences where a customer may have several; normal approximation."""
    value, error = one.share - other.share, math.sqrt(one.variance + other.variance)
    return Contrast(value, value - Z * error, value + Z * error, _chance(value, error))


def share_of(count: int, n: int, rows: str, table: str = "occurrences") -> Estimate:
    """A share with Wilson's interval, over any table.

    Args:
        count: How many were counted.
        n: Out of how many.
        rows: The condition that gives the rows that were counted.
        table: Where these are.
    """
    if not n:
        return Estimate(None, 0, "share", rows=rows, table=table)
    return Estimate(count / n, n, "share", *wilson(count, n), rows, table)


def mean_of(sample: Sample, unit: Unit, rows: str, table: str = "occurrences") -> Estimate:
    """A mean with Student's interval, over any table."""
    if not sample.n:
        return Estimate(None, 0, unit, rows=rows, table=table)
    low, high = mean_interval(sample) or (None, None)
    return Estimate(sample.mean, sample.n, unit, low, high, rows, table)


def _chance(value: float, error: float) -> float:
    if error == 0:
        return 0.0 if value else 1.0
    return float(2 * stats.norm.sf(abs(value) / error))

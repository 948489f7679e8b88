"""Differences of shares, and the arithmetic of numbers with their errors: what is built from several estimates."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import stats

from momentwise.define.finding import Estimate
from momentwise.rank.intervals import Z


class Number(NamedTuple):
    """A number with its standard error."""

    value: float
    error: float = 0.0

    def times(self, other: Number) -> Number:
        """The product of two independent numbers.

        Source:
            Goodman, L. A. (1960). On the exact variance of products. JASA 55, 708–713, equation 2.

        Example:
            >>> Number(10.0, 1.0).times(Number(2.0, 0.5))
            Number(value=20.0, error=5.408326913195984)
        """
        error = math.hypot(self.value * other.error, other.value * self.error, self.error * other.error)
        return Number(self.value * other.value, error)

    def plus(self, other: Number) -> Number:
        """The sum of two independent numbers."""
        return Number(self.value + other.value, math.hypot(self.error, other.error))

    def scaled(self, factor: float) -> Number:
        """The number times one that has no error."""
        return Number(self.value * factor, self.error * abs(factor))

    @property
    def bounds(self) -> tuple[float, float]:
        """The 95 % interval of a normal number."""
        return self.value - Z * self.error, self.value + Z * self.error


def number_of(estimate: Estimate) -> Number:
    """An estimate as a number with an error: its interval's width over two normal quantiles; none where it has none."""
    low, high = estimate.low, estimate.high
    error = 0.0 if low is None or high is None else (high - low) / (2 * Z)
    return Number(estimate.value or 0.0, error)


def poisson(count: float) -> tuple[float, float]:
    """The interval of a count of independent events.

    Source:
        Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437–442.

    Example:
        >>> [round(bound, 2) for bound in poisson(10)]
        [4.8, 18.39]
    """
    low = float(stats.chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    return low, float(stats.chi2.ppf(0.975, 2 * count + 2)) / 2


def share_difference(one: tuple[int, int], other: tuple[int, int], z: float = Z) -> tuple[float, float, float]:
    """The difference of two shares, `one - other`, with its interval.

    Args:
        one: How many, out of how many; at least one.
        other: The same of the other group.
        z: The normal quantile; that of 97.5 % for a 95 % interval.

    Source:
        Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions. Statistics in
        Medicine 17, 873–890, method 10.

    Example:
        >>> [round(part, 4) for part in share_difference((56, 70), (48, 80))]
        [0.2, 0.0524, 0.3339]
    """
    (count, n), (others, m) = one, other
    share, rest = count / n, others / m
    low, high = _score_interval(count, n, z)
    least, most = _score_interval(others, m, z)
    difference = share - rest
    return (
        difference,
        difference - math.hypot(share - low, most - rest),
        difference + math.hypot(high - share, rest - least),
    )


def _score_interval(count: int, n: int, z: float) -> tuple[float, float]:
    share, spread = count / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)

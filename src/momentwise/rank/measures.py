"""Measures: counts and sufficient statistics → estimates, each with its interval and the condition that gives its rows.

What the rows are counted with stands in `queries`; what a moment's summary holds, in `summary`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from momentwise.define.finding import Estimate, Unit
from momentwise.rank import queries
from momentwise.rank.intervals import Sample, mean_interval, quantile_ranks, wilson

Numbers = npt.NDArray[np.float64]

QUANTILES = {"p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}


def rows_of(moment: str, condition: str) -> str:
    """The condition that picks the rows of one moment that fulfil another condition."""
    return f"{queries.of_moment(moment)} AND {condition}"


def measure_share(moment: str, count: int, n: int, rows: str) -> Estimate:
    """A share with Wilson's interval.

    Args:
        moment: Its name.
        count: How many were counted.
        n: Out of how many.
        rows: The condition that gives the rows that were counted.
    """
    if n == 0:
        return Estimate(None, 0, "share", rows=rows_of(moment, rows))
    low, high = wilson(count, n)
    return Estimate(count / n, n, "share", low, high, rows_of(moment, rows))


def measure_mean(moment: str, sample: Sample, unit: Unit, rows: str, table: str = "occurrences") -> Estimate:
    """A mean with Student's interval, where its numbers differ at all.

    Args:
        moment: Its name.
        sample: The numbers.
        unit: Theirs.
        rows: The condition that gives exactly the rows that hold them.
        table: Where these are.
    """
    if sample.n == 0:
        return Estimate(None, 0, unit, rows=rows_of(moment, rows), table=table)
    low, high = mean_interval(sample) or (None, None)
    return Estimate(sample.mean, sample.n, unit, low, high, rows_of(moment, rows), table)


def measure_quantiles(moment: str, span: str, values: Numbers) -> dict[str, Estimate]:
    """The quantiles of a span in seconds, each with a distribution-free interval where n allows one.

    Args:
        moment: Its name.
        span: A name of `queries.SPANS`.
        values: The span's numbers, sorted.
    """
    rows = rows_of(moment, queries.SPANS[span][1])
    return {name: measure_quantile(values, quantile, rows) for name, quantile in QUANTILES.items()}


def measure_quantile(values: Numbers, quantile: float, rows: str, has_interval: bool = True) -> Estimate:
    """One quantile in seconds.

    Args:
        values: The numbers, sorted.
        quantile: 0–1.
        rows: The condition that gives the rows that hold them.
        has_interval: Whether to say between which of the numbers it lies, where n allows that.
    """
    n = len(values)
    if n == 0:
        return Estimate(None, 0, "seconds", rows=rows)
    ranks = quantile_ranks(n, quantile) if has_interval else None
    low, high = (quantile_of(values, share) for share in ranks) if ranks else (None, None)
    return Estimate(quantile_of(values, quantile), n, "seconds", low, high, rows)


def quantile_of(values: Numbers, share: float) -> float:
    """The quantile of sorted numbers, linear between the two nearest.

    Source:
        Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages. The American Statistician 50,
        361–365; their definition 7, as numpy, R and DuckDB have it.
    """
    place = (len(values) - 1) * share
    below = math.floor(place)
    low, high = float(values[below]), float(values[math.ceil(place)])
    return low + (high - low) * (place - below)


def read_number(value: object) -> float | None:
    """The finite number that a query gave, or `None`."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def read_whole(value: object) -> int:
    """The whole number that a query gave; 0 where it gave none."""
    return int(value) if isinstance(value, int | float) else 0


def read_sample(row: Sequence[object]) -> Sample:
    """The sufficient statistics that a query gave as count, mean and variance."""
    return Sample(read_whole(row[0]), read_number(row[1]) or 0.0, read_number(row[2]) or 0.0)

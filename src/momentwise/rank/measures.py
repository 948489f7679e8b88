"""Measures: counts and sufficient statistics → estimates, each with its interval and the condition that gives its rows.

What the rows are counted with stands in `queries`; what a moment's summary holds, in `summary`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from momentwise.define.finding import Estimate, Unit
from momentwise.rank import queries
from momentwise.rank.intervals import Sample, mean_interval, quantile_ranks, wilson
from momentwise.rank.queries import Ask

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


def measure_quantiles(moment: str, span: str, n: int, ask: Ask) -> dict[str, Estimate]:
    """The quantiles of a span in seconds, each with a distribution-free interval where n allows one."""
    _, kept = queries.SPANS[span]
    rows = rows_of(moment, kept)
    if n == 0:
        return {name: Estimate(None, 0, "seconds", rows=rows) for name in QUANTILES}
    wanted = [share for quantile in QUANTILES.values() for share in interval_ranks(n, quantile)]
    (values,) = ask(queries.quantiles_sql(moment, span, wanted))[0]
    assert isinstance(values, list), "DuckDB gives a list for a list of quantiles"
    return {
        name: _quantile(values[3 * index : 3 * index + 3], n, quantile, rows)
        for index, (name, quantile) in enumerate(QUANTILES.items())
    }


def measure_medians(moment: str, ways: Sequence[tuple[str, str, int]], ask: Ask) -> list[Estimate]:
    """The median duration of each way of ending, in seconds, with a distribution-free interval where n allows one.

    Args:
        moment: Its name.
        ways: Outcome, ending and how many durations there are.
        ask: Runs a query.
    """
    if not ways:
        return []
    wanted = [(queries.of_way(outcome, ending), interval_ranks(n, 0.5)) for outcome, ending, n in ways]
    found = ask(queries.medians_sql(moment, wanted))[0]
    return [
        _quantile(values if isinstance(values, list) else [None] * 3, n, 0.5, rows_of(moment, condition))
        for values, (condition, _), (_, _, n) in zip(found, wanted, ways, strict=True)
    ]


def interval_ranks(n: int, quantile: float) -> list[float]:
    """A quantile, and the shares of the sorted numbers at which its interval ends; itself where it has no interval."""
    return [quantile, *(quantile_ranks(n, quantile) or (quantile, quantile))]


def _quantile(values: list[float | None], n: int, quantile: float, rows: str) -> Estimate:
    value, low, high = values
    if quantile_ranks(n, quantile) is None:
        low = high = None
    return Estimate(value, n, "seconds", low, high, rows)


def read_number(value: object) -> float | None:
    """The finite number that a query gave, or `None`."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def read_whole(value: object) -> int:
    """The whole number that a query gave; 0 where it gave none."""
    return int(value) if isinstance(value, int | float) else 0


def read_sample(row: Sequence[object]) -> Sample:
    """The sufficient statistics that a query gave as count, mean and variance."""
    return Sample(read_whole(row[0]), read_number(row[1]) or 0.0, read_number(row[2]) or 0.0)

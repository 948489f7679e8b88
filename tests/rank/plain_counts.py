"""Plain Python over the rows of a small audit: what queries and arrays are held against."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import mean, variance

from tests.rank.small_audits import Row


def known(rows: Iterable[Row], name: str) -> list[float]:
    """The values of a column, missing ones left out."""
    return [float(str(row[name])) for row in rows if row[name] is not None]


def ended(rows: Iterable[Row]) -> list[Row]:
    """The rows that are not open."""
    return [row for row in rows if row["outcome"] != "open"]


def done(rows: Iterable[Row]) -> list[Row]:
    """The rows that completed."""
    return [row for row in rows if row["outcome"] == "completed"]


def by_moment(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each moment."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["moment"]), []).append(row)
    return found


def sample_of(numbers: list[float]) -> tuple[int, float | None, float | None]:
    """Count, mean and variance; `None` where there are too few."""
    return len(numbers), mean(numbers) if numbers else None, variance(numbers) if len(numbers) > 1 else None


def close(expected: Iterable[object], found: Iterable[object]) -> bool:
    """Whether two rows agree; numbers up to rounding."""
    return all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
        if isinstance(a, float) and isinstance(b, float | int)
        else a == b
        for a, b in zip(expected, found, strict=True)
    )

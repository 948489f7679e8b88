"""Strata: what occurrences must have in common to be compared, properties of the customer and time of the start.

A property that by itself decides who meets a friction (a button that only small screens hide) leaves nobody to compare
with, so it is not matched on, and the finding says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from momentwise.define.evaluate import quote, quote_name
from momentwise.rank.queries import Ask

# More values of one property than this are matched on as one; more strata than this leave too few in each.
MOST_VALUES, MOST_STRATA = 8, 60

# A property is matched on where at least this part of the occurrences that meet a friction have others beside them, of
# the same value, that do not: a tenth as many at least.
LEAST_OVERLAP, FEWEST_BESIDE = 0.6, 0.1

MOST_PERIODS = 4

# The time is cut into so many parts; a period is one or several of them.
PARTS = 8
RETURNING = "is_returning"


@dataclass(frozen=True)
class Property:
    """A property with the values that are told apart, most frequent first; all others are one."""

    name: str
    values: tuple[str, ...]

    @property
    def sql(self) -> str:
        """The value's number, 0 for any other and for none."""
        if self.name == RETURNING:
            return "CASE WHEN is_returning THEN 1 ELSE 0 END"
        listed = ", ".join(map(quote, self.values))
        return f"coalesce(list_position([{listed}], properties.{quote_name(self.name)}), 0)"

    @property
    def levels(self) -> int:
        """How many numbers there are."""
        return len(self.values) + 1

    @property
    def coarse_levels(self) -> int:
        """How many numbers there are for matching."""
        return min(len(self.values), MOST_VALUES) + 1

    def coarse(self, place: int, most: int = MOST_VALUES) -> str:
        """The number over the column `part_…`, with the rarer values as one."""
        if len(self.values) <= most:
            return f"part_{place}"
        return f"CASE WHEN part_{place} > {most} THEN 0 ELSE part_{place} END"


def read_properties(names: Sequence[str], ask: Ask, most: int) -> tuple[Property, ...]:
    """The properties with more than one value, each with its most frequent values; whether they came back is one more."""
    found = [Property(RETURNING, ("true",))]
    for name in names:
        column = f"properties.{quote_name(name)}"
        rows = ask(
            f"SELECT {column} AS value, count(*) AS n FROM occurrences WHERE {column} IS NOT NULL "
            f"GROUP BY 1 ORDER BY n DESC, value LIMIT {most}"
        )
        if rows:
            found.append(Property(name, tuple(str(value) for value, _ in rows)))
    return tuple(found)


@dataclass(frozen=True)
class Strata:
    """What one moment's occurrences are matched on.

    Args:
        matched: Places of the properties among all of them.
        left_out: Names of those that decide who meets a friction.
    """

    matched: tuple[int, ...]
    left_out: tuple[str, ...] = ()

    def sql(self, properties: Sequence[Property], periods: int) -> str:
        """The number of a stratum, over the columns `time` and `part_…`."""
        text = f"time * {periods} // {PARTS}"
        levels = periods
        for place in self.matched:
            text += f" + {levels} * ({properties[place].coarse(place)})"
            levels *= properties[place].coarse_levels
        return text


def choose_strata(
    profile: Iterable[tuple[int, int, float, float, float]],
    meetings: Iterable[tuple[int, int, int, float]],
    properties: Sequence[Property],
    periods: int,
) -> Strata:
    """What to match one moment on: properties by how much the outcome differs with them, while enough is left in each.

    Args:
        profile: Property's place, value's number, occurrences, completed share, mean seconds.
        meetings: Friction's number, property's place, value's number, occurrences that met it.
        properties: All of them.
        periods: How many periods there are.
    """
    sizes: dict[int, dict[int, npt.NDArray[np.float64]]] = {}
    for place, value, n, share, seconds in profile:
        sizes.setdefault(place, {})[value] = np.array([n, share, seconds])
    met: dict[tuple[int, int], dict[int, float]] = {}
    for friction, place, value, n in meetings:
        met.setdefault((friction, place), {})[value] = n
    poor = {place for (_, place), values in met.items() if _overlap(values, sizes.get(place, {})) < LEAST_OVERLAP}
    able = sorted((place for place in sizes if place not in poor), key=lambda place: (-_relevance(sizes[place]), place))
    matched, left = [], MOST_STRATA / periods
    for place in able:
        if len(sizes[place]) > 1 and len(sizes[place]) <= left:
            matched.append(place)
            left /= len(sizes[place])
    return Strata(tuple(matched), tuple(properties[place].name for place in sorted(poor)))


def _overlap(met: Mapping[int, float], sizes: Mapping[int, npt.NDArray[np.float64]]) -> float:
    """The part of those that met it beside whom there are others of the same value."""
    beside = sum(n for value, n in met.items() if sizes[value][0] - n >= FEWEST_BESIDE * n)
    return beside / sum(met.values())


def _relevance(sizes: Mapping[int, npt.NDArray[np.float64]]) -> float:
    """How far the values lie apart: the spread of completed shares and of mean seconds against their means."""
    table = np.asarray(list(sizes.values()))
    weight = table[:, 0] / table[:, 0].sum()
    apart = 0.0
    for column in table[:, 1:].T:
        mean = float(weight @ column)
        if mean > 0:
            apart += float(np.sqrt(weight @ (column - mean) ** 2)) / mean
    return apart

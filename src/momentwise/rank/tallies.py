"""Tallies: how many occurrences of each moment there are, how they ended, and when they began."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from momentwise.define.finding import TrendPoint
from momentwise.define.span import DAY_US
from momentwise.rank import queries
from momentwise.rank.intervals import Sample
from momentwise.rank.measures import read_whole
from momentwise.rank.queries import Ask
from momentwise.rank.scores import Way

Row = Sequence[object]

# Up to so many days the trend is shown by day, and up to so many by week.
MOST_DAYS, MOST_WEEKS = 31, 370


@dataclass
class Tally:
    """The counts of one moment, its versions together; of open ones only how many there are.

    Args:
        volume: Occurrences.
        people: Customers.
        open: Occurrences that have not ended.
        ways: How many ended so, by outcome and ending, the most frequent first.
        with_errors: How many met an error.
        multichannel: How many used several channels.
        channelled: Of how many a channel is known.
        understood: How many said that they understood.
        said: How many said whether they did.
        retried: Starts that came again, in all.
        retried_squares: The sum of their squares.
    """

    volume: int = 0
    people: int = 0
    open: int = 0
    ways: dict[Way, int] = field(default_factory=dict)
    with_errors: int = 0
    multichannel: int = 0
    channelled: int = 0
    understood: int = 0
    said: int = 0
    retried: int = 0
    retried_squares: int = 0

    @property
    def of_outcome(self) -> dict[str, int]:
        """How many ended so, by outcome."""
        counts = dict.fromkeys(queries.ENDS, 0)
        for (outcome, _), count in self.ways.items():
            counts[outcome] += count
        return counts

    @property
    def ended(self) -> int:
        """How many have ended."""
        return sum(self.ways.values())

    @property
    def retries(self) -> Sample:
        """Starts that came again, per occurrence that ended."""
        n, total, squares = self.ended, self.retried, self.retried_squares
        if n == 0:
            return Sample(0)
        return Sample(n, total / n, (n * squares - total * total) / (n * (n - 1)) if n > 1 else 0.0)

    def add(self, row: Row) -> None:
        """Count one row of `queries.tallies_sql`."""
        outcome, ending, erred, joined, comprehension = row[1:6]
        count, retried, squares = (read_whole(value) for value in row[6:9])
        self.volume += count
        if outcome == "open":
            self.open += count
            return
        way = (str(outcome), str(ending or ""))
        self.ways[way] = self.ways.get(way, 0) + count
        self.with_errors += count if erred else 0
        self.multichannel += count if joined else 0
        self.channelled += 0 if joined is None else count
        self.understood += count if comprehension == "understood" else 0
        self.said += 0 if comprehension is None else count
        self.retried += retried
        self.retried_squares += squares


def read_tallies(moments: Sequence[str], ask: Ask) -> dict[str, Tally]:
    """The tally of each moment, also of those that never happened.

    Args:
        moments: Their names.
        ask: Runs a query over the audit's tables.
    """
    found = {moment: Tally() for moment in moments}
    for row in ask(queries.tallies_sql()):
        if str(row[0]) in found:
            found[str(row[0])].add(row)
    people = ask(queries.people_of_each_sql([(moment, "true") for moment in moments]))[0] if moments else ()
    for tally, count in zip(found.values(), people, strict=True):
        tally.people = read_whole(count)
        tally.ways = dict(sorted(tally.ways.items(), key=lambda way: (-way[1], way[0])))
    return found


def read_trends(ask: Ask) -> dict[str, tuple[tuple[TrendPoint, ...], str]]:
    """By moment: every period in order by time of start, empty ones too, and what a period is: day, week or month."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in ask(queries.days_sql()):
        rows[str(row[0])].append(row[1:])
    return {moment: _trend(days) for moment, days in rows.items()}


def _trend(rows: Sequence[Row]) -> tuple[tuple[TrendPoint, ...], str]:
    days = (max(read_whole(row[4]) for row in rows) - min(read_whole(row[3]) for row in rows)) / DAY_US
    unit = "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS else "month"
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    for outcome, day, count, *_ in rows:
        period = counts[_floor(date.fromordinal(read_whole(day)), unit)]
        period["open" if outcome == "open" else "ended"] += read_whole(count)
        period["completed"] += read_whole(count) if outcome == "completed" else 0
    periods = _periods(min(counts), max(counts), unit)
    return tuple(TrendPoint(_instant(at), *_counts(counts.get(at))) for at in periods), unit


def _counts(period: Counter[str] | None) -> tuple[int, int, int]:
    return (period["ended"], period["completed"], period["open"]) if period else (0, 0, 0)


def _floor(day: date, unit: str) -> date:
    """The first day of the period; weeks begin on Monday."""
    return day - timedelta(days={"day": 0, "week": day.weekday(), "month": day.day - 1}[unit])


def _periods(first: date, last: date, unit: str) -> Iterator[date]:
    step = timedelta(days={"day": 1, "week": 7, "month": 31}[unit])
    while first <= last:
        yield first
        first = _floor(first + step, unit)


def _instant(day: date) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days * DAY_US

"""Tests of `rank.tallies`: the counts of every moment, and when its occurrences began, against plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest

from momentwise.define.finding import TrendPoint
from momentwise.rank.tallies import read_tallies, read_trends
from tests.rank.plain_counts import by_moment, done, ended, known, sample_of
from tests.rank.small_audits import DAY, OUTCOMES, START, OpenAudit, draw_rows, make_row

SEEDS = range(8)


def test_tally_of_six_occurrences(open_audit: OpenAudit) -> None:
    """Three completed, one failed, one abandoned; of the open one nothing counts but that it is there."""
    audit = open_audit(
        [
            make_row(comprehension="understood"),
            make_row(customer="bob", channels="app+web"),
            make_row(retries=3, channels=None),
            make_row("failed", errors=2, comprehension="confused"),
            make_row("abandoned"),
            make_row("open", errors=1, channels="app+web", comprehension="understood", retries=9),
        ]
    )
    tally = read_tallies(["track-delivery"], audit.ask)["track-delivery"]
    assert (6, 2, 1, 5) == (tally.volume, tally.people, tally.open, tally.ended)
    assert {"completed": 3, "escalated": 0, "failed": 1, "abandoned": 1} == tally.of_outcome
    assert (1, 1, 4) == (tally.with_errors, tally.multichannel, tally.channelled)
    assert (1, 2) == (tally.understood, tally.said)
    # Retries of five that ended: mean 0.6, variance (4 * 0.36 + 5.76) / 4 = 1.8.
    assert (5, 0.6, 1.8) == (tally.retries.n, tally.retries.mean, tally.retries.variance)


@pytest.mark.parametrize("seed", SEEDS)
def test_tallies_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """Every count, mean and variance of random tables; the most frequent way of ending first."""
    rows = draw_rows(random.Random(seed))
    found = read_tallies(["pay", "track-delivery"], open_audit(rows).ask)
    for name, group in by_moment(rows).items():
        tally = found[name]
        said = [row["comprehension"] for row in ended(group) if row["comprehension"] is not None]
        channels = [str(row["channels"]) for row in ended(group) if row["channels"] is not None]
        ways = Counter((str(row["outcome"]), str(row["ending"] or "")) for row in ended(group))
        assert list(tally.ways.items()) == sorted(ways.items(), key=lambda way: (-way[1], way[0]))
        assert (len(group), len({row["customer"] for row in group})) == (tally.volume, tally.people)
        assert len(group) - len(ended(group)) == tally.open
        assert sum(errors > 0 for errors in known(ended(group), "errors")) == tally.with_errors
        assert (sum("+" in channel for channel in channels), len(channels)) == (tally.multichannel, tally.channelled)
        assert (said.count("understood"), len(said)) == (tally.understood, tally.said)
        n, middle, spread = sample_of(known(ended(group), "retries"))
        sample = tally.retries
        assert (n, pytest.approx(middle or 0), pytest.approx(spread or 0)) == (sample.n, sample.mean, sample.variance)


def test_a_moment_that_never_happened_has_a_tally(open_audit: OpenAudit) -> None:
    """Of zeros; and one that the playbook does not name has none."""
    found = read_tallies(["never"], open_audit([make_row()]).ask)
    assert [("never", 0, 0, 0)] == [(name, tally.volume, tally.people, tally.ended) for name, tally in found.items()]


def floor_to(unit: str, at: datetime) -> datetime:
    """The beginning of a period: weeks begin on Monday."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    back = {"day": 0, "week": day.weekday(), "month": day.day - 1}[unit]
    return day - back * DAY


NEXT: dict[str, Callable[[datetime], datetime]] = {
    "day": lambda at: at + DAY,
    "week": lambda at: at + 7 * DAY,
    "month": lambda at: (at + 31 * DAY).replace(day=1),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("unit", "days"), [("day", 31), ("week", 90), ("month", 999)])
def test_trend_agrees_with_python(open_audit: OpenAudit, unit: str, days: int, seed: int) -> None:
    """Every period from the first start to the last, empty ones with zeros."""
    rng = random.Random(seed)
    rows = [make_row(started_at=START), make_row("open", started_at=START + days * DAY)]
    rows += [make_row(rng.choice(OUTCOMES), started_at=START + rng.random() * days * DAY) for _ in range(9)]
    expected, starts = [], [floor_to(unit, row["started_at"]) for row in rows]  # type: ignore[arg-type]  # an instant
    period = min(starts)
    while period <= max(starts):
        own = [row for row, start in zip(rows, starts, strict=True) if start == period]
        counts = (len(ended(own)), len(done(own)), len(own) - len(ended(own)))
        expected.append(TrendPoint(round(period.timestamp() * 1e6), *counts))
        period = NEXT[unit](period)
    assert {"track-delivery": (tuple(expected), unit)} == read_trends(open_audit(rows).ask)


def test_starts_before_the_epoch_have_their_day(open_audit: OpenAudit) -> None:
    """The last microsecond of 1969 is of 31 December."""
    start = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=START.tzinfo)
    ((points, _),) = read_trends(open_audit([make_row(started_at=start)]).ask).values()
    assert [-86_400_000_000] == [point.at for point in points]

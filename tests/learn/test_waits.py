"""Waits: shares by hand, censoring, and time running backwards."""

from __future__ import annotations

import pytest

from momentwise.define.span import HOUR_US, MINUTE_US
from momentwise.learn.waits import BINS, EDGES_US, bin_of, measure_waits, reverse
from tests.learn.small_logs import DAY, HOUR, log_of


def test_shares_by_hand() -> None:
    """Two of three searches are followed by a find within the hour."""
    searches = [("a", 0, "search", ""), ("b", 0, "search", ""), ("c", 0, "search", "")]
    finds = [("a", 60, "find", ""), ("b", 1200, "find", "")]
    log = log_of([*searches, *finds, ("d", 10 * DAY, "other", "")])
    waits = measure_waits(log)
    find, search = log.names.index("find"), log.names.index("search")
    assert 3 == waits.starts[search]
    assert 1 / 3 == pytest.approx(waits.share_within(5 * MINUTE_US)[search, find])
    assert 2 / 3 == pytest.approx(waits.share_within(HOUR_US)[search, find])
    assert 0 == waits.share_within(HOUR_US)[find, search]
    assert 2 == waits.hits[search, find]


def test_the_next_counts_and_not_the_last() -> None:
    """A start waits for the next goal, and only of the same customer."""
    log = log_of([("a", 0, "a", ""), ("a", 10, "b", ""), ("a", HOUR, "b", ""), ("b", 5, "b", ""), ("z", DAY, "z", "")])
    waits = measure_waits(log)
    assert 1 == waits.share[0, 1, bin_of(10_000_000)]
    assert 0 == waits.share[0, 1, bin_of(5_000_000)]


def test_a_start_before_the_end_of_the_data_is_censored() -> None:
    """Who started a minute before the data end has not failed: the share is that of those who could be seen."""
    seen = [(f"c{n}", 0, "a", "") for n in range(10)] + [(f"c{n}", HOUR, "b", "") for n in range(5)]
    late = [(f"l{n}", DAY - 60, "a", "") for n in range(10)] + [("z", DAY, "z", "")]
    waits = measure_waits(log_of(seen + late))
    assert 0.5 == pytest.approx(waits.share_within(2 * HOUR_US)[0, 1])


def test_backwards() -> None:
    """What came after comes before when time runs backwards."""
    log = log_of([("a", 0, "a", ""), ("a", 60, "b", ""), ("b", 0, "a", "")])
    back = measure_waits(reverse(log))
    assert 1 == back.share[1, 0, bin_of(60_000_000)]
    assert 0 == back.share[0, 1, -1]


@pytest.mark.parametrize(("span_us", "place"), [(0, 0), (100_000, 0), (200_000, 3), (10**18, BINS - 1)])
def test_bins(span_us: int, place: int) -> None:
    """A span lies in the first bin that is not shorter; three bins make an octave."""
    assert place == bin_of(span_us)
    assert span_us <= EDGES_US[place] * (1 + 1e-9) or place == BINS - 1

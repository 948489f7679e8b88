"""Passes: opened, tried again, completed and censored as an audit would, and what lies between start and goal."""

from __future__ import annotations

import math

import pytest

from momentwise.define.span import DAY_US, HOUR_US
from momentwise.learn.log import Log
from momentwise.learn.passes import OnTheWay, Passes, find_longest_wait, find_on_the_way, walk_passes
from tests.learn.small_logs import DAY, HOUR, log_of

ROWS = [
    ("a", 0.0, "start", ""), ("a", 10.0, "start", ""), ("a", 60.0, "goal", ""), ("a", 70.0, "goal", ""),
    ("b", 0.0, "start", ""), ("b", 30.0, "call", ""), ("b", 2 * HOUR, "goal", ""),
    ("c", 9 * DAY, "start", ""), ("c", 9 * DAY + 20, "look", ""), ("c", 9 * DAY + 50, "goal", ""),
    ("z", 10 * DAY, "start", ""),
]  # fmt: skip


def walk(log: Log, by: str = "", window_us: int = HOUR_US) -> Passes:
    """The passes from start to goal."""
    return walk_passes(log, log.names.index("start"), log.names.index("goal"), by, window_us)


def test_passes_by_hand() -> None:
    """A second start is a try, a late goal is none, and a start at the end of the data is left out."""
    passes = walk(log_of(ROWS))
    assert [True, False, True] == passes.came.tolist()
    assert [2, 1, 1] == passes.tries.tolist()
    assert [60_000_000, HOUR_US, 50_000_000] == (passes.stop_us - passes.start_us).tolist()
    assert 2 / 3 == passes.share
    assert 55_000_000 == passes.quantile_us(0.5)
    assert (3, 3) == (len(passes), passes.people)


def test_the_window_includes_its_bound() -> None:
    """A goal at the last instant counts, as in an audit."""
    rows = [("a", 0.0, "start", ""), ("a", HOUR, "goal", ""), ("z", DAY, "other", "")]
    assert [True] == walk(log_of(rows)).came.tolist()


def test_a_start_after_the_window_opens_another_pass() -> None:
    """Who comes back after an hour passes through again."""
    rows = [("a", 0.0, "start", ""), ("a", 2 * HOUR, "start", ""), ("a", 2 * HOUR + 5, "goal", ""), ("z", DAY, "z", "")]
    assert [False, True] == walk(log_of(rows)).came.tolist()


def test_passes_by_order() -> None:
    """Two orders of one customer at the same time are two passes, each with its own goal."""
    rows = [("a", 0.0, "start", "1"), ("a", 5.0, "start", "2"), ("a", 20.0, "goal", "2"), ("z", DAY, "goal", "9")]
    log = log_of(rows)
    passes = walk(log, "order_id")
    assert [False, True] == passes.came.tolist()
    assert 1 == passes.people
    assert [0] == walk(log).came.tolist()[1:] or [True] == walk(log).came.tolist()


def test_no_pass() -> None:
    """Where nothing starts there is nothing to say."""
    passes = walk(log_of([("a", 0.0, "goal", ""), ("a", 1.0, "other", ""), ("z", DAY, "start", "")]))
    assert (0, 0.0) == (len(passes), passes.share)
    assert math.isnan(passes.quantile_us(0.5))


def on_the_way(log: Log, by: str = "") -> dict[str, OnTheWay]:
    """What lies between start and goal, by name."""
    return {log.names[one.event]: one for one in find_on_the_way(log, walk(log, by), by)}


def test_on_the_way_by_hand() -> None:
    """The call lies in the pass that failed, the look in one that did not; the goals themselves are not on the way."""
    found = on_the_way(log_of(ROWS))
    assert {"start", "call", "look"} == set(found)
    assert (1, 0.0, 1.0) == (found["call"].passes, found["call"].goal_after, found["call"].inside)
    assert (1, 1.0) == (found["look"].passes, found["look"].goal_after)
    assert 30_000_000 == found["call"].within_us


def test_the_rise_is_over_the_usual_rate() -> None:
    """One call in an hour of waiting, of one in ten days of four customers, is a rise of hundreds."""
    exposed = 60 + 3_600 + 50
    assert 4 * 10 * DAY / exposed == pytest.approx(on_the_way(log_of(ROWS))["call"].rise)


def test_events_without_a_number_count_for_every_order() -> None:
    """A call that names no order lies in both orders that are waited for; a note of one order lies in that one."""
    rows = [
        ("a", 0.0, "start", "1"), ("a", 5.0, "start", "2"), ("a", 20.0, "call", ""), ("a", 25.0, "note", "1"),
        ("a", 30.0, "goal", "1"), ("z", DAY, "z", ""),
    ]  # fmt: skip
    found = on_the_way(log_of(rows), "order_id")
    assert 2 == found["call"].passes
    assert 1 == found["note"].passes
    assert 1.0 == found["note"].goal_after


def test_the_longest_wait() -> None:
    """Most who reach the goal wait longest after the second step."""
    rows = [(f"c{n}", at, event, "") for n in range(3) for at, event in ((0.0, "start"), (5.0, "mid"), (95.0, "goal"))]
    log = log_of([*rows, ("z", DAY, "z", "")])
    longest = find_longest_wait(log, walk(log, window_us=DAY_US // 2), "")
    assert longest is not None
    assert ("mid", 90_000_000) == (log.names[longest[0]], longest[1])


def test_no_longest_wait_without_steps() -> None:
    """Where nothing lies between start and goal, no step is named."""
    log = log_of([("a", 0.0, "start", ""), ("a", 5.0, "goal", ""), ("z", DAY, "z", "")])
    assert find_longest_wait(log, walk(log), "") is None
    nothing = log_of([("a", 0.0, "start", ""), ("z", DAY, "goal", "")])
    assert find_longest_wait(nothing, walk(nothing), "") is None

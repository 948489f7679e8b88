"""Tests of `rank.headline`: the last week in words, and how small frictions add up."""

from __future__ import annotations

import pytest

from momentwise.define.finding import Estimate, Where
from momentwise.rank.headline import Week, measure_headline, say_headline, stack_frictions
from tests.rank.journey_tables import Tables, happen, signal
from tests.rank.made_findings import between, make_finding

SLOW = make_finding(
    moment="track-delivery",
    where=Where(signal="rage_click", page="map"),
    weekly_seconds=between(120.0, 100.0, 140.0, "seconds"),
)


def week(seconds: float | None, people: int, promises: int) -> Week:
    """A week of so many."""
    lost = None if seconds is None else Estimate(seconds, 1, "seconds")
    return Week(lost, Estimate(float(people), people, "count"), Estimate(float(promises), promises, "count"))


@pytest.mark.req("U09")
def test_two_weeks_side_by_side() -> None:
    """The data end on day 180.

    Ann failed and Bob's promise broke in the last week; Cid asked for help and two promises broke in the week before; who
    only looked round was not hurt. Of
    ten rage clicks in all, four and one fell into these weeks; 120 seconds a week over 180 days are 3,086, a tenth 308.6.
    """
    occurrences = [
        happen("ann", 174, 1, outcome="failed"),
        happen("cid", 168, 1, outcome="escalated"),
        happen("gil", 168, 1, outcome="abandoned"),
        happen("dan", 174, 1),
        happen("eva", 100, 1, outcome="failed"),
    ]
    signals = [signal("bob", "broken_promise", 170, 6, key="1")]
    signals += [signal(f"x{i}", "broken_promise", 160, 8, key="1") for i in range(2)]
    signals += [signal("ann", "rage_click", 175, page="map") for _ in range(4)]
    signals += [signal("cid", "rage_click", 169, page="map")]
    signals += [signal("fay", "rage_click", 20, page="map") for _ in range(5)]
    headline = measure_headline(Tables().open(occurrences=occurrences, signals=signals), [SLOW])
    assert headline.before is not None
    assert headline.now.seconds is not None
    assert pytest.approx(4 * 120 * 180 / 7 / 10) == headline.now.seconds.value
    assert (2, 1) == (headline.now.people.n, headline.now.promises.n)
    assert (3, 2) == (headline.before.people.n, headline.before.promises.n)
    assert (
        "In the last 7 days customers lost 21 minutes to frictions, 2 people were hurt and 1 promise was broken.",
        "The week before: 5 minutes, 3 people, 2 broken promises.",
    ) == headline.sentences


def test_a_quiet_week_is_said() -> None:
    """Nothing happened, and the data are too short to compare."""
    headline = measure_headline(Tables(since_us=0, until_us=8 * 86_400_000_000).open(), [])
    assert (
        "In the last 7 days nobody was hurt as far as the data show: no bad ending and no broken promise.",
    ) == headline.sentences
    assert headline.before is None


@pytest.mark.req("U09")
@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (
            week(None, 1, 0),
            week(None, 0, 1),
            (
                "In the last 7 days 1 person was hurt and no promise was broken.",
                "The week before: 0 people, 1 broken promise.",
            ),
        ),
        (
            week(360_000.0, 1_203, 85),
            None,
            (
                "In the last 7 days customers lost 100 hours to frictions, 1,203 people were hurt and 85 promises were broken.",
            ),
        ),
    ],
)
def test_words(now: Week, before: Week | None, expected: tuple[str, ...]) -> None:
    """One or many, with or without a week before."""
    assert expected == say_headline(now, before)


def test_the_end_of_the_data_counts_once() -> None:
    """A promise that passes at the last instant is of the last week; one a week earlier is of the week before."""
    signals = [signal("a", "broken_promise", 170, 10, key="1"), signal("b", "broken_promise", 170, 3, key="2")]
    headline = measure_headline(Tables().open(signals=signals), [])
    assert headline.before is not None
    assert (2, 0) == (headline.now.promises.n, headline.before.promises.n)


@pytest.mark.req("U10")
def test_small_frictions_are_stacked_per_stage() -> None:
    """Sorted, with their sum, and how many customers had one too many."""
    more = make_finding(
        "b",
        moment="track-delivery",
        where=Where(signal="dead_click", page="map", element="pan"),
        weekly_seconds=between(300.0, 1.0, 2.0, "seconds"),
    )
    evidence = Tables().open(
        occurrences=[happen("ann"), happen("ann", 3), happen("bob")],
        signals=[signal("ann", "friction_overdrawn"), signal("zoe", "friction_overdrawn")],
    )
    (stack,) = stack_frictions(evidence, [SLOW, more, make_finding(kind="silence")])
    assert ("retention", 420.0, 1) == (stack.stage, stack.weekly_seconds, stack.overdrawn)
    assert ["dead click on map pan", "rage click on map"] == [name for name, _ in stack.parts]

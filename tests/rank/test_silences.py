"""Silences are named with their two steps and their length; where customers ask or score lower in them, as harm."""

from __future__ import annotations

import random

import pytest

from momentwise.define.finding import Finding
from momentwise.define.moment import Trigger
from momentwise.rank.silences import find_silences
from tests.rank.journey_tables import Row, Tables, counts_its_rows, declare, happen, open_olist, part, score, step

olist = pytest.fixture(scope="module", name="olist")(open_olist)
TRAVEL = declare("travel", start=(Trigger(("booking_confirmed",)),), complete=(Trigger(("travel_started",)),))


def book(asked: int = 0) -> list[Row]:
    """The flow of 400 bookings: 12 days of quiet in the middle, before which some ask on day 6."""
    flow = [
        step("booking_confirmed", "travel_started", 400 - asked, 12.0, moment="travel"),
        step("booking_started", "booking_confirmed", 400, 0.1, moment="travel"),
    ]
    if asked:
        flow.append(step("booking_confirmed", "ticket_opened", asked, 6.0, moment="travel"))
    return flow


def find(**tables: list[Row]) -> tuple[Tables, list[Finding]]:
    """The silences of travels that take 12 days, and the tables that they are in."""
    opened = Tables(moments=(TRAVEL,))
    waits = [happen(f"c{place}", 0, 11 + place % 3, moment="travel") for place in range(300)]
    return opened, find_silences(opened.open(**({"occurrences": waits} | tables)))


@pytest.mark.req("D15")
def test_between_booking_and_travel() -> None:
    """The gap is named with its two steps, its length and the day of a message; by itself it is observed."""
    tables, found = find(flow=book())
    (finding,) = found
    assert "travel/silence/booking_confirmed/travel_started" == finding.id
    assert finding.title == (
        "After 'booking confirmed' customers hear nothing until 'travel started': 12 days in the middle, 36 days or longer "
        "for one in ten."
    )
    assert "Send a message on day 6 after 'booking confirmed'" in finding.next_step
    assert ("observed", "booking_confirmed") == (finding.standing, finding.where.step)
    # Of the waits of 11, 12 and 13 days two in three are at least 12 days long.
    assert (2 / 3, 300, 200) == (finding.estimate.value, finding.estimate.n, finding.people)
    assert counts_its_rows(tables, finding.estimate)
    assert [12 * 86_400, 36 * 86_400] == [one.value for one in part(finding.splits, "How long").values()]


@pytest.mark.req("D15")
def test_contacts_fall_into_it() -> None:
    """120 of 400 ask before it ends and none elsewhere: established, and the message goes out before they ask."""
    (finding,) = find(flow=book(asked=120))[1]
    assert ("established", ("behaviour", "contacts")) == (finding.standing, finding.sources)
    assert "120 contacts or exits fall into it (30.0 % of the times, against 0.0 % elsewhere)." == finding.detail
    assert "on day 4" in finding.next_step  # between day 3, a tenth of those who ask, and day 6, half of them


def test_scores_fall_with_it() -> None:
    """Those who waited longest scored lower than those who waited less than most."""
    rng = random.Random(1)
    waits, scores = [], []
    for place in range(600):
        days = (5, 12, 40)[place % 3]
        waits.append(happen(f"c{place}", 0, days, moment="travel", key=f"k{place}"))
        scores.append(score(f"c{place}", rng.gauss(8 - days / 10, 1), 41, key=f"k{place}", moment="travel"))
    tables, found = find(flow=book(), occurrences=waits, scores=scores)
    (finding,) = found
    assert ("established", ("behaviour", "survey")) == (finding.standing, finding.sources)
    assert finding.emotion is not None
    assert -3.5 == pytest.approx(finding.emotion.value, abs=0.3)
    assert finding.emotion.n == tables.count(finding.emotion) == 400
    assert 200 == finding.people  # those who waited as long as one in ten, for whom the score shows it


def test_short_and_rare_ones() -> None:
    """Nothing is said of a few hours, of a step that few take, of customers' own pauses, and without a flow."""
    short = [step("booking_confirmed", "travel_started", 400, 0.5, moment="travel")]
    rare = [step("booking_confirmed", "travel_started", 29, 12.0, moment="travel")]
    own = [step("page_viewed", "booking_started", 400, 12.0, moment="travel")]
    assert [[], [], [], []] == [find(flow=flow)[1] for flow in (short, rare, own, [])]


def test_olist(olist: Tables) -> None:
    """Between approval and hand-over customers of the Brazilian shop hear nothing for 1.8 days in the middle."""
    found = {(one.where.step, one.moment): one for one in find_silences(olist.evidence())}
    finding = found["order_approved", "hand-over-parcel"]
    assert "until 'order shipped'" in finding.title
    half, tail = part(finding.splits, "How long").values()
    assert (1.84, 6.05, 14_509) == (
        pytest.approx((half.value or 0) / 86_400, abs=0.02),
        pytest.approx((tail.value or 0) / 86_400, abs=0.05),
        pytest.approx(half.n, abs=150),
    )
    assert "established" == finding.standing
    assert counts_its_rows(olist, finding.estimate)
    delivery = found["order_shipped", "track-delivery"]
    assert 7.1 == pytest.approx((part(delivery.splits, "How long")["the middle customer"].value or 0) / 86_400, abs=0.1)

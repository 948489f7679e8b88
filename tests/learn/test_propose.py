"""Proposals: what a drawn shop proposes, with its evidence; nothing by chance; and names."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from momentwise.define.reading import NAME
from momentwise.define.span import DAY_US, HOUR_US, MINUTE_US
from momentwise.learn.log import Log, shuffle_names
from momentwise.learn.proposal import Discovery, Proposal
from momentwise.learn.propose import _with_names, discover_moments, name_moment, nice_span_us
from tests.learn.small_logs import DAY, draw_shop, log_of


def discover(log: Log, most: int = 15) -> Discovery:
    """What a log proposes, with one seed."""
    return discover_moments(log, np.random.default_rng(7), most=most)


@pytest.fixture(scope="module")
def found() -> Discovery:
    """What the drawn shop proposes."""
    return discover(draw_shop())


def named(found: Discovery, start: str, goal: str) -> Proposal:
    """The proposal of that start and goal."""
    return next(one for one in found.proposals if (one.start, one.complete) == (start, goal))


@pytest.mark.req("C06")
def test_the_journeys_are_proposed(found: Discovery) -> None:
    """Help that is looked for, checkout, delivery and coming back are among the proposals."""
    pairs = {(one.start, one.complete) for one in found.proposals}
    assert {
        ("help_searched", "help_shown"),
        ("checkout_started", "order_placed"),
        ("order_placed", "order_delivered"),
        ("order_delivered", "order_placed"),
    } <= pairs


def test_evidence(found: Discovery) -> None:
    """Seven of ten checkouts reach an order in one to five minutes, and every order comes from one."""
    one = named(found, "checkout_started", "order_placed")
    assert 0.7 == pytest.approx(one.evidence.share, abs=0.04)
    assert 180 == pytest.approx(one.evidence.median_seconds, abs=25)
    assert 275 == pytest.approx(one.evidence.p90_seconds, abs=20)
    assert 1.0 == pytest.approx(one.evidence.need, abs=0.01)
    assert 15 * MINUTE_US == one.within_us
    assert ("buy", "decision", "friction", "") == (one.intent, one.stage, one.archetype, one.by)
    assert "After checkout started, " in one.about


def test_failure_and_escalation(found: Discovery) -> None:
    """After a cancelled order no parcel comes; who waits in vain calls."""
    one = named(found, "order_placed", "order_delivered")
    assert ["order_cancelled"] == [ending.event for ending in one.fail]
    assert 0.0 == one.fail[0].goal_after
    assert 0.08 == pytest.approx(one.fail[0].share, abs=0.03)
    assert ["call_started"] == [ending.event for ending in one.escalate]
    assert one.escalate[0].rise > 1.5
    assert "order_id" == one.by


def test_where_they_wait(found: Discovery) -> None:
    """From dispatch to delivery it takes longest."""
    assert "order_shipped" == named(found, "order_placed", "order_delivered").evidence.waits_after


def test_coming_back(found: Discovery) -> None:
    """Who got a parcel orders again; the window is from the data, and a person is asked whether it is meant."""
    one = named(found, "order_delivered", "order_placed")
    assert one.is_return
    assert "order-again" == one.name
    assert ("delight", "retention", "buy") == (one.archetype, one.stage, one.intent)
    assert 14 * DAY_US <= one.within_us <= 30 * DAY_US
    assert any("for you to say" in doubt for doubt in one.doubts)


def test_tracker_events_are_no_moments(found: Discovery) -> None:
    """Clicks and pages are most of the events and begin nothing; they are listed as used by no proposal."""
    assert not {"click", "page_view"} & {name for one in found.proposals for name in (one.start, one.complete)}
    assert {"click", "page_view"} <= {name for name, _ in found.unused}


def test_what_is_not_proposed_says_why(found: Discovery) -> None:
    """Inner steps are listed with their reason."""
    reasons = {(one.start, one.complete): one.reason for one in found.not_proposed}
    assert "only follows from order_placed" in reasons["checkout_started", "order_paid"]


def test_ranked_by_what_is_at_stake(found: Discovery) -> None:
    """Most at stake first; every name once; no more than asked for."""
    stakes = [one.stake for one in found.proposals]
    assert sorted(stakes, reverse=True) == stakes
    assert len(found.proposals) == len({one.name for one in found.proposals})
    assert 2 == len(discover(draw_shop(), most=2).proposals)


def test_the_same_data_give_the_same_proposals(found: Discovery) -> None:
    """Nothing depends on a clock or an unseeded draw."""
    assert found == discover(draw_shop())


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_proposed_by_chance(seed: int) -> None:
    """With every customer's names dealt out among their times, nothing is proposed."""
    assert () == discover(shuffle_names(draw_shop(), np.random.default_rng(seed))).proposals


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_proposed_of_noise(seed: int) -> None:
    """Events of eight names at random times of two hundred customers propose nothing."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"c{rng.integers(200)}", float(rng.uniform(0, 60 * DAY)), f"event_{rng.integers(8)}", "") for _ in range(6_000)
    ]
    assert () == discover(log_of(rows)).proposals


def test_a_tracker_alone_is_still_read() -> None:
    """Where nothing but a tracker wrote, its events are judged like any others."""
    rows = [
        (f"c{n}", at, event, "")
        for n in range(200)
        for at, event in ((n * 900.0, "page_view"), (n * 900.0 + 20, "click"))
        if event == "page_view" or n % 5
    ]
    found = discover(log_of([*rows, *((f"x{n}", n * 7_000.0, "scroll", "") for n in range(200))]))
    assert [] == [one.name for one in found.proposals]
    assert ("page_view", "click") in {(one.start, one.complete) for one in found.not_proposed}


def test_few_passes_are_doubted() -> None:
    """Thirty passes are proposed with a warning."""
    rows = [(f"c{n}", n * DAY + at, event, "") for n in range(30) for at, event in ((0.0, "asked"), (60.0, "answered"))]
    rows += [(f"c{n}", n * DAY + 400, "else", "") for n in range(30)] + [(f"c{n}", 0.0, "else", "") for n in range(30)]
    found = discover(log_of([*rows, ("z", 40 * DAY, "else", "")]))
    one = named(found, "asked", "answered")
    assert "only 30 passes were seen" in one.doubts
    assert any("nearly nobody fails" in doubt for doubt in one.doubts)
    assert any("nothing was seen that escalates or fails it" in doubt for doubt in one.doubts)


@pytest.mark.parametrize(
    ("span_us", "nice_us"), [(0, 1_000_000), (HOUR_US, HOUR_US), (25 * HOUR_US, 2 * DAY_US), (10**18, 365 * DAY_US)]
)
def test_nice_spans(span_us: int, nice_us: int) -> None:
    """A window is a round span, never shorter than what was measured unless it is longer than a year."""
    assert nice_us == nice_span_us(span_us)


@pytest.mark.parametrize(
    ("start", "goal", "name"),
    [("checkout_started", "order_placed", "checkout-to-order"), ("order_placed", "order_paid", "order-to-paid"),
     ("Anfrage_eröffnet", "Anfrage_gelöst", "anfrage-to-gelost"), ("search", "found", "search-to-found"), ("注文", "配達", "")],
)  # fmt: skip
def test_names(start: str, goal: str, name: str) -> None:
    """Names are made of the events' words, in letters that a name may have."""
    assert name == name_moment(start, goal)


def test_a_name_that_is_taken_and_one_without_letters(found: Discovery) -> None:
    """Where the words give a name that is taken, or none, another one is found; every one is a valid name."""
    events = [("plan_made", "trip_begun"), ("plan_ended", "trip_over"), ("plan_ended", "trip_over"), ("注文", "配達")]
    same = [msgspec.structs.replace(found.proposals[0], start=start, complete=goal) for start, goal in events]
    names = [one.name for one in _with_names(same)]
    assert ["plan-to-trip", "plan-ended-to-trip-over", "plan-ended-to-trip-over-3", "moment-4"] == names
    assert all(NAME.match(name) for name in names)

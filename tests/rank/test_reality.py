"""What happens and is on no map is proposed, what is on the map and never happens is named, and demand is counted."""

from __future__ import annotations

import pytest

from momentwise.define.moment import Trigger
from momentwise.rank.reality import SOURCES, count_demand, find_unmapped, measure_coverage
from tests.rank.journey_tables import DAY, START, Row, Tables, declare, happen, part, say, step

EVENTS = {"order_placed": 1_000, "order_delivered": 950, "ticket_opened": 80, "page_viewed": 90_000}
MOMENT = declare(escalate=(Trigger(("ticket_opened",)),))


@pytest.mark.req("C05")
def test_coverage() -> None:
    """Every touchpoint by stage and moment, with what arrives and from where."""
    tables = Tables(moments=(MOMENT,), events=EVENTS, event_sources={"ticket_opened": ("helpdesk",)})
    found = measure_coverage(tables.open())
    assert (1.0, ()) == (found.share, found.missing)
    assert [("retention", "track-delivery", "order_placed", ("start",), 1_000)] == [
        (one.stage, one.moment, one.event, one.roles, one.count) for one in found.touchpoints[:1]
    ]
    assert ("helpdesk",) == found.touchpoints[2].sources


@pytest.mark.req("C05")
def test_coverage_without_one_touchpoint() -> None:
    """Without the events of one touchpoint coverage drops to two of three, and it is named."""
    events = {name: n for name, n in EVENTS.items() if name != "ticket_opened"}
    found = measure_coverage(Tables(moments=(MOMENT,), events=events).open())
    assert 2 / 3 == found.share
    assert ["ticket_opened"] == [one.event for one in found.missing]


def test_coverage_of_nothing() -> None:
    """An empty map has no share."""
    assert None is measure_coverage(Tables(moments=()).open()).share


@pytest.mark.req("C06")
@pytest.mark.req("C07")
def test_a_hidden_stage() -> None:
    """Two frequent events that follow one another and are in no moment are one finding, in their order."""
    events = EVENTS | {"return_parcel_dropped": 120, "return_requested": 130, "field_changed": 5_000, "rare": 3}
    flow = [
        step("return_requested", "return_parcel_dropped", 110, 2.0, moment=None),
        step("order_delivered", "return_requested", 100, 5.0, moment=None),
    ]
    found = find_unmapped(Tables(moments=(MOMENT,), events=events).open(flow=flow))
    assert ["unmapped/return_requested+return_parcel_dropped"] == [finding.id for finding in found]
    assert found[0].title.startswith(
        "Observed, not mapped: 'return requested' → 'return parcel dropped' happened 250 times"
    )
    assert "110 times, after 2 days" in found[0].detail.replace("48h", "2 days")
    assert 250 / 2_283 == pytest.approx(found[0].estimate.value)
    assert {"return requested": 130, "return parcel dropped": 120} == {
        name: one.n for name, one in part(found[0].splits, "How often").items()
    }


def test_everything_is_mapped() -> None:
    """Events of moments, of signals and gestures are no news; nor is anything where a trigger takes any event."""
    assert [] == find_unmapped(Tables(moments=(MOMENT,), events=EVENTS | {"guide_viewed": 500}).open())
    anything = declare(complete=(Trigger(()),))
    assert [] == find_unmapped(Tables(moments=(anything,), events=EVENTS | {"unheard_of": 500}).open())


@pytest.mark.req("C13")
def test_demand() -> None:
    """Each of four sources, counted per moment from a day before the start to the end, with the rows behind it.

    ann's order runs from day 0 to day 1: of her two searches one is a day and a half before, so that one counts.
    """
    words = [
        say("ann", "delivery times", -0.5, "search_performed"),
        say("ann", "red shoes", -1.5, "search_performed"),
        say("ann", "when will it come?", 0.2, "chat_message"),
        say("ann", "is it on its way?", 0.3, "chat_message"),
        say("ann", "asked about her parcel", 0.4, "call_noted"),
        say("bob", "no order of his", 0.4, "call_noted"),
    ]
    exposures: list[Row] = [{"customer": "ann", "at": START + 0.5 * DAY, "event": "help_viewed", "content": "shipping"}]
    tables = Tables(moments=(declare(), declare("pay")))
    evidence = tables.open(
        occurrences=[happen("ann"), happen("ann", 0.1, moment="track-delivery", key="2")],
        words=words,
        exposures=exposures,
    )
    found = count_demand(evidence)
    assert [("track-delivery", source) for source in SOURCES] == [(one.moment, one.source) for one in found[:4]]
    assert [1, 1, 2, 1, 0, 0, 0, 0] == [one.count.n for one in found]
    assert all(tables.count(one.count) == one.count.n for one in found)

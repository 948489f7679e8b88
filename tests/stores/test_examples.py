"""The shipped examples over the real data that they were written for, held to facts that others published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from momentwise.collect.mapping import events_query
from momentwise.collect.propose import propose
from momentwise.define.reading_sources import parse_sources, read_sources
from momentwise.define.source import Sources
from momentwise.define.writing_sources import write_sources
from momentwise.stores.tables import Tables

OpenTables = Callable[..., Tables]
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
NOW_US = 1_800_000_000_000_000

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the data sets in ../shared/data")


def read_events(tables: Tables, sources: Sources, *wanted: str) -> None:
    """Makes a table of each source's events, by the source's name, with the wanted fields by theirs."""
    for source in sources.sources:
        query = events_query(source, tables.facts_for(source), wanted, zone=sources.zone, now_us=NOW_US)
        fields = "".join(f', {column.sql} AS "{name}"' for name, column in query.columns.items())
        tables.con.execute(
            f'CREATE TABLE "e_{source.name}" AS SELECT customer, "at", event, reason, identity{fields} FROM ({query.sql})'
        )


def example(name: str) -> Sources:
    """The sources of a shipped example."""
    return read_sources(ROOT / "examples" / name / "sources.yaml")


def counts(tables: Tables, source: str) -> dict[str, int]:
    """How many events of each name a source has; rejected rows count under their reason's number."""
    sql = f'SELECT if(reason = 0, event, reason::VARCHAR), count(*) FROM "e_{source}" GROUP BY ALL'
    return dict(tables.con.execute(sql).fetchall())


def test_olist_deliveries_are_late_as_counted_elsewhere(open_paths: OpenTables) -> None:
    """Of 14,552 delivered orders 1,156 came later than promised; the median order took 10.13 days."""
    tables = open_paths(DATA / "olist" / "sample15k")
    read_events(tables, example("olist"), "key", "promised_at")
    expected = {
        "order_placed": 15_000,
        "order_approved": 14_969,
        "order_shipped": 14_722,
        "order_delivered": 14_552,
        "order_cancelled": 113,
    }
    assert expected == counts(tables, "orders")
    found = tables.con.execute(
        'SELECT count(*), count(*) FILTER (d."at" > d.promised_at), round(median(d."at" - p."at") / 86400e6, 2) '
        "FROM e_orders p JOIN e_orders d USING (key) WHERE p.event = 'order_placed' AND d.event = 'order_delivered'"
    ).fetchall()
    assert [(14_552, 1_156, 10.13)] == found


def test_olist_reviews_of_late_orders_are_worse(open_paths: OpenTables) -> None:
    """Mean score 2.603 of 1,135 reviews late against 4.284 of 13,383 on time."""
    tables = open_paths(DATA / "olist" / "sample15k")
    read_events(tables, example("olist"), "key", "promised_at", "score")
    found = tables.con.execute(
        'SELECT d."at" > d.promised_at AS late, count(r.score), round(avg(r.score), 3) FROM e_orders d '
        "JOIN e_reviews r USING (key) WHERE d.event = 'order_delivered' AND r.event = 'review_given' GROUP BY ALL ORDER BY late"
    ).fetchall()
    assert [(False, 13_383, 4.284), (True, 1_135, 2.603)] == found


def test_nyc311_requests_are_one_table_of_ten_weeks(open_paths: OpenTables) -> None:
    """100,000 requests, 57,505 of them closed at the pull."""
    tables = open_paths(DATA / "nyc311_weekly")
    read_events(tables, example("nyc311"), "borough")
    assert {"request_opened": 100_000, "request_closed": 57_505} == counts(tables, "requests")


def test_flights_leave_late_as_published(open_paths: OpenTables) -> None:
    """336,776 flights, 8,255 cancellations, mean delay 12.639 minutes; passengers are due an hour before the schedule."""
    tables = open_paths(DATA / "nycflights13")
    read_events(tables, example("flights"), "key", "dep_delay")
    expected = {"passengers_due": 336_776, "flight_departed": 328_521, "flight_cancelled": 8_255}
    assert expected == counts(tables, "flights")
    found = tables.con.execute(
        'SELECT round(avg(d.dep_delay), 3), round(avg(d."at" - s."at") / 60e6, 1) FROM e_flights s JOIN e_flights d '
        "USING (customer, key) WHERE s.event = 'passengers_due' AND d.event = 'flight_departed'"
    ).fetchall()
    assert [(12.639, 72.6)] == found


def test_cfpb_complaints_become_events(open_paths: OpenTables) -> None:
    """1,000 complaints, 991 of them answered on time."""
    tables = open_paths(DATA / "cfpb_sample")
    read_events(tables, example("cfpb"), "Product")
    expected = {
        "complaint_received": 1_000,
        "complaint_sent": 1_000,
        "answered_on_time": 991,
        "answered_late": 9,
        "answer_disputed": 10,
    }
    assert expected == counts(tables, "complaints")


def test_twitter_brands_answer_in_twelve_minutes(open_paths: OpenTables) -> None:
    """1,154 opening questions have an answer, the first after 11.99 minutes in the median."""
    tables = open_paths(DATA / "twcs_head")
    read_events(tables, example("twitter"), "key")
    found = tables.con.execute(
        'SELECT count(*), round(median(minutes), 2) FROM (SELECT (min(a."at") - q."at") / 60e6 AS minutes '
        "FROM e_questions q JOIN e_answers a USING (customer, key) WHERE q.event = 'question_asked' GROUP BY key, q.\"at\")"
    ).fetchall()
    assert [(1_154, 11.99)] == found


def test_a_torn_tweet_is_whole_again(open_paths: OpenTables) -> None:
    """The two stray returns in tweet 3399 end no row, and that the file was mended is said."""
    tables = open_paths(DATA / "twcs_head")
    tables.facts("twcs")
    found = tables.con.execute("SELECT text FROM twcs WHERE tweet_id = '3399'").fetchall()
    assert str(found[0][0]).startswith("@AskPayPal  I just love the start of email")
    assert "twcs.csv: lines end in different ways; a copy with one way is read." in tables.notes


@pytest.mark.parametrize(
    ("folder", "events"),
    [
        (
            "olist/sample15k",
            {
                "order_purchase",
                "order_approved",
                "order_delivered_carrier",
                "order_delivered_customer",
                "review_creation",
                "review_answer",
            },
        ),
        ("nyc311_weekly", {"nyc311_created", "nyc311_closed"}),
        ("cfpb_sample", {"complaint_received", "sent_to_company"}),
        ("twcs_head", {"twc_created"}),
    ],
)
def test_data_that_nobody_described_is_read(open_paths: OpenTables, folder: str, events: set[str]) -> None:
    """The proposal as it is written gives events, and rejects none of the rows."""
    tables = open_paths(DATA / folder)
    sources = parse_sources(write_sources(propose(tables.all_facts())), "proposal.yaml")
    read_events(tables, sources)
    assert events == {name for source in sources.sources for name in counts(tables, source.name)}
